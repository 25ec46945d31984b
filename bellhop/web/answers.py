"""Answers: JSON, problem documents, pages of a list, downloads."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from bottle import HTTPResponse, request, static_file

from bellhop.base import documents
from bellhop.base.errors import Problem, too_large
from bellhop.storage.models import STATUSES

MOST_PER_PAGE = 200
PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
# What one request may be where no files are sent.
JSON_BYTES = 8 * 1024 * 1024
ENCODER = json.JSONEncoder(ensure_ascii=False)


def sent_headers() -> dict[str, str]:
    """The headers of the request, their names in capitals with underscores, as WSGI has them."""
    return {k[5:]: v for k, v in request.environ.items() if k.startswith("HTTP_")}


def encoded(document: Any) -> bytes:
    """A document as JSON; UnicodeEncodeError for half a surrogate pair."""
    return ENCODER.encode(document).encode()


def json_answer(
    document: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> HTTPResponse:
    body = encoded(document)
    return HTTPResponse(body, status, {"Content-Type": "application/json", **(headers or {})})


def tagged_answer(document: Any, **headers: str) -> HTTPResponse:
    """JSON with a strong ETag; 304 without a body when the client has it (RFC 9110)."""
    body = encoded(document)
    headers["ETag"] = etag(body)
    if is_known(headers["ETag"]):
        return HTTPResponse("", 304, headers)
    return HTTPResponse(body, 200, {"Content-Type": "application/json", **headers})


def etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def is_known(tag: str) -> bool:
    """Whether the request's If-None-Match names `tag`."""
    given = request.environ.get("HTTP_IF_NONE_MATCH", "").split(",")
    known = [part.strip().removeprefix("W/") for part in given]
    return tag in known or known == ["*"]


def problem_answer(problem: Problem) -> HTTPResponse:
    body = json.dumps(problem.document(), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/problem+json", **problem_headers(problem)}
    return HTTPResponse(body, problem.status, headers)


def problem_headers(problem: Problem) -> dict[str, str]:
    """What a problem says in headers too (RFC 9110)."""
    headers = {} if problem.status != 401 else {"WWW-Authenticate": "Bearer"}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    return headers


def download(path: Path, name: str) -> HTTPResponse:
    """A file as an attachment (RFC 6266); one range works (RFC 9110).

    It has a type no browser shows, but for pictures, which a result may show on its page.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        raise Problem("not-found", "Bellhop no longer has this file.") from None
    ascii_name = name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_")
    disposition = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
    if not _is_range(request.environ.get("HTTP_RANGE", ""), status.st_size):
        # What is no range of this file counts as none, and bottle does not know that.
        request.environ.pop("HTTP_RANGE", None)
    return static_file(
        path.name,
        root=path.parent,
        mimetype=PICTURES.get(Path(name).suffix.lower(), "application/octet-stream"),
        headers={"Content-Disposition": disposition, "Cache-Control": "private, no-cache"},
        etag=f'"{status.st_mtime_ns:x}-{status.st_size:x}"',
    )


def _is_range(text: str, size: int) -> bool:
    """Whether a Range names one part that is there."""
    found = re.fullmatch(r"bytes=(\d{1,18})?-(\d{1,18})?", text)
    if not found or found[0] == "bytes=-":
        return False
    first, last = found.groups()
    if first is None:
        return int(last) > 0 and size > 0
    return int(first) < size and (last is None or int(first) <= int(last))


def require_content_type(*allowed: str) -> str:
    """The request's media type, which must be one of `allowed`."""
    media_type = str(request.content_type or "").partition(";")[0].strip().lower()
    if media_type not in allowed:
        raise Problem(
            "unsupported-media-type",
            f"Send {' or '.join(allowed)}, not {media_type or 'a body without a content type'}.",
        )
    return media_type


def read_json() -> Any:
    """The request's JSON document."""
    body = request.environ["wsgi.input"].read(JSON_BYTES + 1)
    if len(body) > JSON_BYTES:
        raise too_large(JSON_BYTES)
    try:
        return documents.parsed(body)
    except ValueError as error:
        raise Problem("bad-json", f"The body cannot be read as JSON: {error}.") from None


def read_object() -> dict[str, Any]:
    """The request's JSON object; an empty body is an empty object."""
    if request.content_length <= 0:  # -1 without the header
        return {}
    require_content_type("application/json")
    body = read_json()
    if not isinstance(body, dict):
        raise Problem("bad-json", "The body must be a JSON object.")
    return body


def status_names(text: str) -> list[str]:
    """The statuses that a text names, with commas between them."""
    names = [name for name in text.split(",") if name]
    if unknown := [name for name in names if name not in STATUSES]:
        allowed = ", ".join(STATUSES)
        raise Problem("invalid-parameter", f"status {unknown[0]!r} is not one of {allowed}.")
    return names


def page_headers(cursor: str | None) -> dict[str, str]:
    """The Link to the next page (RFC 8288), as far as there is one."""
    if cursor is None:
        return {}
    query = [(n, v) for n, v in request.query.allitems() if n != "cursor"] + [("cursor", cursor)]
    return {"Link": f'<{quote(request.path)}?{urlencode(query)}>; rel="next"'}


def page_limit(default: int = 50) -> int:
    """The `limit` of the request, 1 to `MOST_PER_PAGE`."""
    text = request.query.get("limit") or str(default)
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_PER_PAGE))
    if not is_number or not 1 <= int(text) <= MOST_PER_PAGE:
        raise Problem("invalid-parameter", f"limit must be a number from 1 to {MOST_PER_PAGE}.")
    return int(text)


def number_parameter(name: str) -> int | None:
    """A non-negative number of the query, or None."""
    text = request.query.get(name)
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Problem("invalid-parameter", f"{name} must be a number.")
    return int(text)


def cursor_of(row_id: int) -> str:
    return base64.urlsafe_b64encode(b"c%d" % row_id).decode().rstrip("=")


def read_cursor() -> int | None:
    """The row id in the request's `cursor`, or None without one."""
    text = request.query.get("cursor")
    if not text:
        return None
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), "-_", validate=True)
        if decoded[:1] == b"c" and decoded[1:].isdigit() and len(decoded) < 20:
            return int(decoded[1:])
    except ValueError:
        pass
    raise Problem("invalid-parameter", "cursor must be a value that Bellhop returned.")
