"""Files as answers: whole or a part, as a download or to look at.

Such an answer is neither bytes in memory nor an iterator that a thread must pump: the server reads
it from the disk as fast as the client takes it.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime
from pathlib import PurePath
from urllib.parse import quote

from bottle import HTTPResponse, request

from bellhop.base.errors import Problem
from bellhop.web.answers import is_known, problem_answer
from bellhop.web.media_types import HEAD_BYTES, PDF, shown_type

PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
# What a file may do that is shown: nothing that reaches others, and no script. Only our own pages
# show it in a frame.
ALONE = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "media-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


class FilePart(io.RawIOBase):
    """`length` bytes of an open file from `offset` on; closing it closes the descriptor."""

    def __init__(self, descriptor: int, offset: int, length: int):
        self._descriptor, self._offset, self._length, self._at = descriptor, offset, length, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, (0, self._at, self._length)[whence] + offset)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._length - self._at)
        wanted = left if size is None or size < 0 else min(size, left)
        data = os.pread(self._descriptor, wanted, self._offset + self._at)
        self._at += len(data)
        return data

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def given(descriptor: int, name: str, *, to_look_at: bool) -> HTTPResponse:
    """An open file, which a browser may show if it is safe `to_look_at`; else it is a download.

    One range of it works (RFC 9110). The descriptor belongs to the answer from here on.
    """
    shown = shown_type(name, os.pread(descriptor, HEAD_BYTES, 0)) if to_look_at else None
    return view(descriptor, name, shown) if shown else download(descriptor, name)


def download(descriptor: int, name: str) -> HTTPResponse:
    """An open file as an attachment.

    It has a type no browser shows, but for pictures, which a result may show on its page.
    """
    media_type = PICTURES.get(PurePath(name).suffix.lower(), "application/octet-stream")
    return file_answer(descriptor, named(name, media_type))


def view(descriptor: int, name: str, media_type: str) -> HTTPResponse:
    """An open file for a browser to show, on its own or in a page of ours, without its scripts.

    In a sandbox, browsers show no PDF; they run what is in one apart from the page anyway.
    """
    policy = ALONE if media_type == PDF else f"sandbox; {ALONE}"
    headers = {"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"}
    return file_answer(descriptor, {**named(name, media_type, "inline"), **headers})


def named(name: str, media_type: str, disposition: str = "attachment") -> dict[str, str]:
    """The headers of a file with this name (RFC 6266) and type."""
    ascii_name = name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_")
    names = f"filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
    return {
        "Content-Type": media_type,
        "Content-Disposition": f"{disposition}; {names}",
        "Cache-Control": "private, no-cache",
    }


def file_answer(descriptor: int, named: Mapping[str, str]) -> HTTPResponse:
    """An open file with the headers `named`; the range of it that is asked for; 304 or 416."""
    status = os.fstat(descriptor)
    tag, size = f'"{status.st_mtime_ns:x}-{status.st_size:x}"', status.st_size
    headers = {**named, "ETag": tag, "Last-Modified": formatdate(status.st_mtime, usegmt=True)}
    if _is_kept(tag, status.st_mtime):
        os.close(descriptor)
        return HTTPResponse("", 304, headers)
    headers["Accept-Ranges"] = "bytes"
    asked = _range(request.environ, tag, size)
    first, end = asked or (0, size)
    if asked and first >= end:
        os.close(descriptor)
        return _unsatisfiable(size)
    headers["Content-Length"] = str(end - first)
    if asked:
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
    status_code = 206 if asked else 200
    if request.method == "HEAD":
        os.close(descriptor)
        return HTTPResponse("", status_code, headers)
    return HTTPResponse(FilePart(descriptor, first, end - first), status_code, headers)


def _is_kept(tag: str, changed_at: float) -> bool:
    """Whether the client says that it has this version."""
    if "HTTP_IF_NONE_MATCH" in request.environ:
        return is_known(tag)
    try:
        since = parsedate_to_datetime(request.environ.get("HTTP_IF_MODIFIED_SINCE", ""))
    except ValueError:
        return False
    return since.timestamp() >= int(changed_at)


def _range(environ: Mapping[str, str], tag: str, size: int) -> tuple[int, int] | None:
    """The first byte and the end of the part that is asked for, which may hold nothing.

    None for what names not one part, or a part of another version.
    """
    found = re.fullmatch(r"(?i)bytes=(\d{1,18})?-(\d{1,18})?", environ.get("HTTP_RANGE", ""))
    if not found or environ.get("HTTP_IF_RANGE", tag) != tag:
        return None
    first, last = (None if text is None else int(text) for text in found.groups())
    if first is None:
        is_none = last is None or (last and not size)
        return None if is_none else (max(0, size - (last or 0)), size)
    if last is not None and last < first:
        return None
    return first, size if last is None else min(last + 1, size)


def _unsatisfiable(size: int) -> HTTPResponse:
    """416: the part that is asked for begins behind the end of the file."""
    said = f"The file has {size} bytes; ask for a part of them, or send no Range."
    answer = problem_answer(Problem("range-not-satisfiable", said))
    answer.set_header("Content-Range", f"bytes */{size}")
    return answer
