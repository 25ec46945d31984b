"""A multipart form, read as it comes: files to the disk with their hash, fields to text."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bottle import request
from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from bellhop.base.errors import Problem, invalid_field, too_large
from bellhop.base.texts import cleaned
from bellhop.storage.files import safe_suffix
from bellhop.stores.folders import remove_tree
from bellhop.stores.incoming import IncomingFile
from bellhop.web.filenames import names_of
from bellhop.web.site import Site

CHUNK_BYTES = 1 << 18
# Of a field, and of all of them.
MOST_FIELD_BYTES, MOST_FIELDS_BYTES = 1 << 16, 1 << 20
MOST_FIELDS = 200


@dataclass
class Form:
    """What a form held; `folder` is where its files are until the job is accepted."""

    folder: Path
    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[tuple[IncomingFile, str]] = field(default_factory=list)


@contextlib.contextmanager
def received(site: Site) -> Iterator[Form]:
    """The form of this request; what the handler does not move away is removed after it."""
    folder = site.files.new_incoming()
    try:
        yield _Reader(site, folder).read()
    finally:
        remove_tree(folder)


class _Reader:
    def __init__(self, site: Site, folder: Path):
        self._form = Form(folder)
        self._left_bytes = self._limit_bytes = site.settings.server.max_upload_bytes
        self._left_field_bytes = MOST_FIELDS_BYTES
        self._most_files = site.settings.server.max_items
        self._file: IncomingFile | None = None
        self._field: tuple[str, bytearray] | None = None

    def read(self) -> Form:
        # Not request.content_type: it is lower-cased, and a boundary is not.
        _, options = parse_options_header(request.environ.get("CONTENT_TYPE", ""))
        stream = request.environ["wsgi.input"]
        try:
            with PushMultipartParser(
                options.get("boundary", ""),
                content_length=max(0, request.content_length),
                max_segment_count=self._most_files + MOST_FIELDS,
            ) as parser:
                while not parser.closed:
                    for event in parser.parse(stream.read(CHUNK_BYTES)):
                        self._take(event)
        except ParserLimitReached as error:
            raise Problem("too-many-items", f"The form has too many parts ({error}).") from None
        except (MultipartError, UnicodeDecodeError) as error:
            raise Problem("bad-multipart", f"The form cannot be read: {error}.") from None
        finally:
            if self._file:
                self._file.close()
        return self._form

    def _take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        if isinstance(event, MultipartSegment):
            self._start(event)
        elif event is None:
            self._end()
        elif self._file:
            self._left_bytes -= len(event)
            if self._left_bytes < 0:
                raise too_large(self._limit_bytes)
            self._file.write(event)
        elif self._field:
            self._field[1].extend(event)
            self._left_field_bytes -= len(event)
            if len(self._field[1]) > MOST_FIELD_BYTES or self._left_field_bytes < 0:
                most = f"{MOST_FIELD_BYTES >> 10} KiB, all fields {MOST_FIELDS_BYTES >> 10} KiB"
                raise invalid_field(self._field[0], f"is too long; a field may have {most}")

    def _start(self, part: MultipartSegment) -> None:
        names = names_of(part)
        if not names:
            self._field = part.name, bytearray()
            return
        index = len(self._form.files)
        if index >= self._most_files:
            raise Problem("too-many-items", f"A job may have at most {self._most_files} files.")
        name = next(filter(None, map(display_name, names)), "")
        suffix = next(filter(None, map(safe_suffix, (name, *names))), "")
        self._file = IncomingFile(self._form.folder / f"{index}{suffix}", name, part.name)

    def _end(self) -> None:
        if self._file:
            self._keep(self._file)
            self._file = None
        elif self._field:
            name, content = self._field
            self._form.fields.setdefault(name, []).append(content.decode())
            self._field = None

    def _keep(self, file: IncomingFile) -> None:
        sha256 = file.finish()
        if file.filename:
            self._form.files.append((file, sha256))
        elif file.size:
            raise invalid_field("files", "a file has no name")
        else:
            file.path.unlink()  # a form sends an empty part when no file was chosen


def display_name(filename: str) -> str:
    """The name to show: no folders, in whatever script it is.

    Raises the problem of a name that holds what no name can.
    """
    name = re.split(r"[/\\]", filename)[-1].strip()
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        raise invalid_field("files", "a file name contains control characters")
    name = cleaned(name).strip()
    if len(name) > 255:
        raise invalid_field("files", "a file name is longer than 255 characters")
    return name if name not in (".", "..") else ""
