"""Who may knock: the rules that every request passes before its handler.

Bellhop is open to every user of its machine, and any web page that one of them opens
can send requests to loopback. So the Host must be ours (against DNS rebinding), and
what changes something must come from our own page or from no page at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from bottle import request

from errors import Problem
from settings import Settings
from web.answers import problem_answer

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
PROXY_HEADERS = ("FORWARDED", "VIA")
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


def judge(settings: Settings) -> Callable[[str, Mapping[str, str]], Problem | None]:
    """The rules: why a request with this method and these headers is refused, or None.

    Names of headers are in capitals with underscores, as WSGI writes them.
    """
    names = {settings.server.host, "localhost", *settings.server.allowed_hosts}
    if settings.server.host == "localhost":
        names |= {"127.0.0.1", "::1"}
    hosts = {name.lower() for name in names}

    def refusal(method: str, headers: Mapping[str, str]) -> Problem | None:
        problem = _host_problem(hosts, headers) or _proxy_problem(headers)
        if problem is None and method in CHANGING:
            problem = _origin_problem(headers)
        return problem

    return refusal


def guard(settings: Settings) -> Callable[[], None]:
    """The check that runs before each request; it raises the answer of a refusal."""
    refusal = judge(settings)

    def check() -> None:
        headers = {k[5:]: v for k, v in request.environ.items() if k.startswith("HTTP_")}
        if problem := refusal(request.method, headers):
            raise problem_answer(problem)

    return check


def secured(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """The WSGI application with the security headers on each of its answers."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            return start_response(status, [*headers, *HEADERS], *exc_info)

        return app(environ, start)

    return wrapped


def _host_problem(hosts: set[str], headers: Mapping[str, str]) -> Problem | None:
    given = headers.get("HOST", "")
    name = _split(f"//{given}").hostname
    if name in hosts:
        return None
    return Problem(
        "bad-host", f"Bellhop does not serve the name {given!r}; see [server] allowed_hosts."
    )


def _proxy_problem(headers: Mapping[str, str]) -> Problem | None:
    found = [n for n in headers if n in PROXY_HEADERS or n.startswith("X_FORWARDED_")]
    if not found:
        return None
    name = found[0].replace("_", "-").title()
    return Problem(
        "account-needed",
        f"The request came through a proxy ({name}); create an account before you share it.",
    )


def _origin_problem(headers: Mapping[str, str]) -> Problem | None:
    site, origin = headers.get("SEC_FETCH_SITE", "none"), headers.get("ORIGIN")
    is_foreign = origin is not None and _split(origin).netloc != headers.get("HOST")
    if site in ("same-origin", "none") and not is_foreign:
        return None
    return Problem("cross-site", "Another web site tried to send this to Bellhop.")


def _split(url: str) -> SplitResult:
    """The parts of a URL; of what is none, nothing."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
