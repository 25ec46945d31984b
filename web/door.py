"""Who may knock: the rules that every request passes before its handler.

Bellhop is open to every user of its machine, and any web page that one of them opens
can send requests to loopback. So the Host must be ours (against DNS rebinding), and
what changes something must come from our own page or from no page at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from bottle import request

from errors import Problem
from settings import Settings
from web.answers import problem_answer

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
PROXY_HEADERS = ("Forwarded", "Via")
HEADERS = [
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]


def guard(settings: Settings) -> Callable[[], None]:
    """The check that runs before each request; it raises the answer of a refusal."""
    names = (settings.server.host, "localhost", *settings.server.allowed_hosts)
    hosts = {name.lower() for name in names}

    def check() -> None:
        try:
            _check_host(hosts)
            _check_proxy()
            if request.method in CHANGING:
                _check_origin()
        except Problem as problem:
            raise problem_answer(problem) from None

    return check


def secured(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """The WSGI application with the security headers on each of its answers."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            return start_response(status, [*headers, *HEADERS], *exc_info)

        return app(environ, start)

    return wrapped


def require_content_type(*allowed: str) -> str:
    """The request's media type, which must be one of `allowed`."""
    media_type = str(request.content_type or "").partition(";")[0].strip().lower()
    if media_type not in allowed:
        raise Problem(
            "unsupported-media-type",
            f"Send {' or '.join(allowed)}, not {media_type or 'a body without a type'}.",
        )
    return media_type


def _check_host(hosts: set[str]) -> None:
    given = request.get_header("Host", "")
    try:
        name = urlsplit(f"//{given}").hostname
    except ValueError:
        name = None
    if name is None or name not in hosts:
        raise Problem(
            "bad-host", f"Bellhop does not serve the name {given!r}; see [server] allowed_hosts."
        )


def _check_proxy() -> None:
    names = (name for name in request.headers if name.lower().startswith("x-forwarded-"))
    found = next(names, None) or next((n for n in PROXY_HEADERS if request.get_header(n)), None)
    if found:
        raise Problem(
            "account-needed",
            f"The request came through a proxy ({found}); create an account before you share it.",
        )


def _check_origin() -> None:
    site = request.get_header("Sec-Fetch-Site", "none")
    origin = request.get_header("Origin")
    is_foreign = origin is not None and urlsplit(origin).netloc != request.get_header("Host")
    if site not in ("same-origin", "none") or is_foreign:
        raise Problem("cross-site", "Another web site tried to send this to Bellhop.")
