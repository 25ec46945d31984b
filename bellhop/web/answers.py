"""Answers: JSON, problem documents, pages of a list; what is read of a body."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bottle import HTTPResponse, request

from bellhop.base import documents
from bellhop.base.errors import Problem, invalid_field, too_large
from bellhop.base.units import MEBIBYTE
from bellhop.web import compression

# What one request may be where no files are sent.
JSON_BYTES = 8 * MEBIBYTE
# The most of an answer that is no file, and of the rows of a page: who encodes one holds up all
# others for as long.
MOST_ANSWER_BYTES, PAGE_BYTES = 8 * MEBIBYTE, 2 * MEBIBYTE
# A row that alone is larger, which only earlier versions recorded, is shown without what is.
MOST_ROW_BYTES = 7 * MEBIBYTE
# Of an If-None-Match; further ones are not looked at.
MOST_TAGS = 100
# Stands in a document where JSON text will stand; nobody can know it.
MARK = secrets.token_hex(16)
log = logging.getLogger("bellhop.web")


@dataclass(frozen=True)
class Written:
    """A part of a document that is JSON text already.

    To read and write megabytes of it again would hold up every other thread for as long.
    """

    text: str


def sent_headers() -> dict[str, str]:
    """The headers of the request, their names in capitals with underscores, as WSGI has them."""
    return {k[5:]: v for k, v in request.environ.items() if k.startswith("HTTP_")}


def encoded(document: Any) -> bytes:
    """A document as JSON; UnicodeEncodeError for half a surrogate pair.

    Raises the problem of one that is too large, which the bounds of what is stored and the pages
    of lists leave no way to.
    """
    body = _text(document).encode()
    if len(body) > MOST_ANSWER_BYTES:
        log.error("an answer to %s would have %d bytes", request.path, len(body))
        raise Problem("answer-too-large", f"An answer has at most {MOST_ANSWER_BYTES >> 20} MiB.")
    return body


def _text(document: Any) -> str:
    """A document as JSON text, with null for what JSON has no number for."""
    try:
        return _strict_text(document)
    except ValueError:
        return _strict_text(documents.finite(document))


def _strict_text(document: Any) -> str:
    written: list[str] = []

    def mark(part: Written) -> str:
        written.append(part.text)
        return MARK

    text = json.dumps(document, ensure_ascii=False, allow_nan=False, default=mark)
    first, *others = text.split(f'"{MARK}"')
    return first + "".join(text + other for text, other in zip(written, others, strict=True))


def fitting(views: Iterable[dict[str, Any]]) -> list[Written]:
    """The first of the views of a list, in JSON `PAGE_BYTES` together; at least one.

    A view is made only when there is room for it.
    """
    shown: list[Written] = []
    size = 0
    for view in views:
        row = _text(view)
        if (row_bytes := len(row.encode())) > MOST_ROW_BYTES:
            row = _text(_without_large(view))
        size += row_bytes
        if shown and size > PAGE_BYTES:
            break
        shown.append(Written(row))
    return shown


def _without_large(view: dict[str, Any]) -> dict[str, Any]:
    """A view of an item with its members in their order, as far as there is room for them."""
    left, shown = MOST_ROW_BYTES, dict(view)
    for name, value in view.items():
        size = len(_text(value).encode())
        left -= size
        if left < 0:
            left += size
            shown[name] = [] if isinstance(value, list) else None
            message = f"Bellhop cannot show {name}, which has {size >> 20} MiB."
            note = {"code": "too_large_to_show", "message": message, "where": None}
            shown["warnings"] = [*shown.get("warnings", [])[:1000], note]
    return shown


def json_answer(
    document: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> HTTPResponse:
    headers = {"Content-Type": "application/json", **(headers or {})}
    return _sent(encoded(document), status, headers, compression.quick)


def tagged_answer(document: Any, **headers: str) -> HTTPResponse:
    """JSON with a strong ETag."""
    return tagged(encoded(document), "application/json", headers, compression.quick)


def tagged(
    body: bytes, kind: str, headers: dict[str, str], squeeze: Callable[[bytes], bytes]
) -> HTTPResponse:
    """`body` with a strong ETag; 304 without it when the client has it (RFC 9110).

    What is compressed is other bytes, and so has another tag.
    """
    tag = etag(body)
    if compression.is_worth_it(body):
        tag = f'{tag[:-1]}-{compression.GZIP}"'
    headers = {**headers, "ETag": tag}
    if is_known(tag):
        return HTTPResponse("", 304, headers)
    return _sent(body, 200, {"Content-Type": kind, **headers}, squeeze)


def _sent(
    body: bytes, status: int, headers: dict[str, str], squeeze: Callable[[bytes], bytes]
) -> HTTPResponse:
    """An answer, compressed for who takes it."""
    if compression.is_worth_it(body):
        body, headers = squeeze(body), {**headers, "Content-Encoding": compression.GZIP}
    return HTTPResponse(body, status, headers)


def etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def is_known(tag: str) -> bool:
    """Whether the request's If-None-Match names `tag`."""
    given = request.environ.get("HTTP_IF_NONE_MATCH", "").split(",", MOST_TAGS)
    known = [part.strip() for part in given]
    return tag in [each.removeprefix("W/") for each in known] or known == ["*"]


def problem_answer(problem: Problem) -> HTTPResponse:
    body = _text(problem.document()).encode()
    headers = {"Content-Type": "application/problem+json", **problem_headers(problem)}
    return HTTPResponse(body, problem.status, headers)


def problem_headers(problem: Problem) -> dict[str, str]:
    """What a problem says in headers too (RFC 9110)."""
    headers = {} if problem.status != 401 else {"WWW-Authenticate": "Bearer"}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    return headers


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


def require_known(body: Mapping[str, Any], fields: Collection[str]) -> None:
    """Raise the problem of a body with another member than these."""
    for name in body:
        if name not in fields:
            raise invalid_field(name, f"is unknown; the fields are {', '.join(fields)}")
