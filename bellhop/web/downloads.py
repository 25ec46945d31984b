"""Files as answers: whole or a part, as a download or to look at.

Such an answer is neither bytes in memory nor an iterator that a thread must pump: the server reads
it from where it is as fast as the client takes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime
from pathlib import PurePath
from urllib.parse import quote

from bottle import HTTPResponse, request

from bellhop.base.errors import Problem
from bellhop.stores.contents import Content, Opened, content_of
from bellhop.web.answers import is_known, problem_answer
from bellhop.web.media_types import HEAD_BYTES, PDF, shown_type

PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
# What a file may do that is shown: nothing that reaches others, and no script. Only our own pages
# show it in a frame.
ALONE = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "media-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


def given(opened: Opened, name: str, *, to_look_at: bool) -> HTTPResponse:
    """An open file, which a browser may show if it is safe `to_look_at`; else it is a download.

    One range of it works (RFC 9110). What was opened belongs to the answer from here on.
    """
    content = content_of(opened)
    shown = shown_type(name, _head(content)) if to_look_at else None
    if shown is None:
        return download(opened, name)
    # In a sandbox, browsers show no PDF; they run what is in one apart from the page anyway.
    policy = ALONE if shown == PDF else f"sandbox; {ALONE}"
    headers = {"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"}
    return file_answer(content, {**named(name, shown, "inline"), **headers})


def _head(content: Content) -> bytes:
    return b"".join(content.chunks(0, min(content.size, HEAD_BYTES)))


def download(opened: Opened, name: str) -> HTTPResponse:
    """An open file as an attachment.

    It has a type no browser shows, but for pictures, which a result may show on its page.
    """
    media_type = PICTURES.get(PurePath(name).suffix.lower(), "application/octet-stream")
    return file_answer(content_of(opened), named(name, media_type))


def named(name: str, media_type: str, disposition: str = "attachment") -> dict[str, str]:
    """The headers of a file with this name (RFC 6266) and type."""
    ascii_name = name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_")
    names = f"filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
    return {
        "Content-Type": media_type,
        "Content-Disposition": f"{disposition}; {names}",
        "Cache-Control": "private, no-cache",
    }


def file_answer(content: Content, named: Mapping[str, str]) -> HTTPResponse:
    """An open file with the headers `named`; the range of it that is asked for; 304 or 416."""
    tag, size = content.tag, content.size
    headers = {**named, "ETag": tag, "Last-Modified": formatdate(content.changed_at, usegmt=True)}
    if _is_kept(tag, content.changed_at):
        content.close()
        return HTTPResponse("", 304, headers)
    headers["Accept-Ranges"] = "bytes"
    asked = _range(request.environ, tag, size)
    first, end = asked or (0, size)
    if asked and first >= end:
        content.close()
        return _unsatisfiable(size)
    headers["Content-Length"] = str(end - first)
    if asked:
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
    status_code = 206 if asked else 200
    if request.method == "HEAD":
        content.close()
        return HTTPResponse("", status_code, headers)
    return HTTPResponse(content.part(first, end), status_code, headers)


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
