"""Each request has an id: its records in the log tell it, and its answer does (X-Request-ID).

Where a trusted proxy gave it one, that is its id. The server takes the header from everybody else.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

from bellhop.logs import about

HEADER, ENVIRON = "X-Request-ID", "HTTP_X_REQUEST_ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,128}")
# Characters of an address that are shown as they are; a blank could begin another field.
IN_PATHS = "/:@!$&'()*+,;=~-._"
# In the environ of a request: the name of the account that sends it.
USER = "bellhop.user"
log = logging.getLogger("bellhop.access")
Wsgi = Callable[..., Iterable[bytes]]


def told(app: Wsgi, is_logged: Callable[[], bool]) -> Wsgi:
    """The WSGI application whose requests have ids; `is_logged`: the log has a record of each."""
    log.setLevel(logging.INFO)  # who wants these gets them, whatever else the log leaves out

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        given, began = environ.get(ENVIRON, ""), time.monotonic()
        request_id = given if WELL_FORMED.fullmatch(given) else secrets.token_hex(8)
        about.begin({"request_id": request_id})

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            if is_logged():
                _log(environ, int(status[:3]), time.monotonic() - began)
            return start_response(status, [*headers, (HEADER, request_id)], *exc_info)

        try:
            answer = app(environ, start)
        except BaseException:
            about.end()
            raise
        wrapper = environ.get("wsgi.file_wrapper")
        if not (isinstance(wrapper, type) and isinstance(answer, wrapper)):
            return _Answer(answer)
        about.end()
        return answer  # a file, which the server knows by its wrapper and sends a piece at a time

    return wrapped


class _Answer:
    """An answer on its way, which the server closes: then its thread works on nothing any more."""

    def __init__(self, chunks: Iterable[bytes]):
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._chunks
        except Exception as error:  # what the server logs of it comes after the end
            log.error("an answer was cut off: %s: %s", type(error).__name__, error)
            raise

    def close(self) -> None:
        try:
            getattr(self._chunks, "close", lambda: None)()
        finally:
            about.end()


def _log(environ: dict[str, Any], status: int, seconds: float) -> None:
    """One record, without what follows the ? of the address: people search for names."""
    path = quote(environ.get("PATH_INFO", "").encode("latin-1", "replace"), safe=IN_PATHS)
    fields = {
        "method": environ["REQUEST_METHOD"], "path": path, "status": status,
        "duration_ms": round(seconds * 1000, 1), "address": environ.get("REMOTE_ADDR", ""),
        "user": environ.get(USER, ""),
    }  # fmt: skip
    said = " ".join(f"{name}={value}" for name, value in fields.items())
    log.info("%s", said, extra=about.extra(fields))
