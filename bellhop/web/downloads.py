"""Downloads: answers that are a file or a part of one.

Such an answer is neither bytes in memory nor an iterator that a thread must pump: the server reads
it from the disk as fast as the client takes it.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

from bottle import HTTPResponse, request

from bellhop.web.answers import is_known

PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}


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


def download(descriptor: int, name: str) -> HTTPResponse:
    """An open file as an attachment (RFC 6266); one range works (RFC 9110).

    It has a type no browser shows, but for pictures, which a result may show on its page.
    """
    ascii_name = name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_")
    disposition = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
    headers = {
        "Content-Type": PICTURES.get(Path(name).suffix.lower(), "application/octet-stream"),
        "Content-Disposition": disposition,
        "Cache-Control": "private, no-cache",
    }
    return file_answer(descriptor, headers)


def file_answer(descriptor: int, given: Mapping[str, str]) -> HTTPResponse:
    """An open file with the headers `given`, or the range of it that is asked for, or 304.

    The descriptor belongs to the answer from here on.
    """
    status = os.fstat(descriptor)
    tag, size = f'"{status.st_mtime_ns:x}-{status.st_size:x}"', status.st_size
    headers = {**given, "ETag": tag, "Last-Modified": formatdate(status.st_mtime, usegmt=True)}
    if _is_kept(tag, status.st_mtime):
        os.close(descriptor)
        return HTTPResponse("", 304, headers)
    headers["Accept-Ranges"] = "bytes"
    asked = _range(request.environ, tag, size)
    first, end = asked or (0, size)
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
    """The first byte and the end of the part that is asked for.

    None for what names not one part that is there, or a part of another version.
    """
    found = re.fullmatch(r"(?i)bytes=(\d{1,18})?-(\d{1,18})?", environ.get("HTTP_RANGE", ""))
    if not found or environ.get("HTTP_IF_RANGE", tag) != tag:
        return None
    first, last = (None if text is None else int(text) for text in found.groups())
    if first is None:
        return (max(0, size - last), size) if last and size else None
    end = size if last is None else min(last + 1, size)
    return (first, end) if first < end else None
