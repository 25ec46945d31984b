"""Who may knock: the rules that every request passes before anybody asks who it is from.

Any web page that somebody opens can send requests to a Bellhop that their browser reaches. So the
Host must be ours (against DNS rebinding), and what changes something must come from our own page
or from no page at all. Without accounts, nothing may come through a proxy either.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from bottle import HTTPResponse, request

from bellhop.accounts import accounts
from bellhop.base import addresses, prefix
from bellhop.base.errors import Problem, StoreAway
from bellhop.base.trouble import Trouble
from bellhop.database.database import (
    database,
    is_busy,
    is_disk_full,
    is_unavailable,
    line_of,
    reason_of,
)
from bellhop.database.faults import InDoubt
from bellhop.machines import members
from bellhop.settings.sections import Server
from bellhop.settings.settings import Settings
from bellhop.sso import header
from bellhop.storage import presence
from bellhop.system.listener import addresses_of, is_loopback
from bellhop.web.answers import problem_answer, sent_headers

UNAVAILABLE_S, BUSY_S = 5, 2
# Characters of a Host that are looked at: no name has more, with its port.
MOST_HOST = 300
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
EVERYWHERE = ("0.0.0.0", "::")
PROXY_HEADERS = ("FORWARDED", "VIA")
HEADERS = [
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "media-src 'self'; frame-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'",
    ),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]
# Resumable uploads, and the version of their protocol (tus).
UPLOADS, TUS_VERSION = f"{addresses.API}/uploads", "1.0.0"
TUS = [("Tus-Resumable", TUS_VERSION), ("Tus-Version", TUS_VERSION)]
# It answers whatever the Host, so that a monitor need not know our name.
HEALTH = "/health"
# In the environ of a request whose Host is not ours.
FOREIGN = "bellhop.foreign"
# What one person is shown must not be found by the next in a cache.
NOT_KEPT = ("Cache-Control", "no-store")
STAY_SECURE = "Strict-Transport-Security"
STAY_S = 31536000
Read = TypeVar("Read")
log = logging.getLogger("bellhop.web")
_trouble = Trouble(
    log,
    "the database is not available (%s); the web answers 503",
    "the database is available again",
)


def judge(settings: Settings) -> Callable[[str, Mapping[str, str]], Problem | None]:
    """The rules: why a request with this method and these headers is refused, or None.

    Names of headers are in capitals with underscores, as WSGI writes them.
    """
    hosts_of = functools.lru_cache(maxsize=1)(_hosts)

    def refusal(method: str, headers: Mapping[str, str]) -> Problem | None:
        server, given = settings.server, headers.get("HOST", "")
        name = _host(given[:MOST_HOST])
        # Nobody can let an address point elsewhere, as they can a name of theirs.
        is_address = server.host in EVERYWHERE and addresses.address(name)
        if not is_address and name not in hosts_of(server):
            said = f"Bellhop does not serve the name {given!r}; see [server] allowed_hosts."
            return Problem("bad-host", said)
        problem = _proxy_problem(headers)
        if problem is None and method in CHANGING:
            problem = _origin_problem(headers, server.origin or None)
        return problem

    return refusal


def _hosts(server: Server) -> set[str]:
    """The names that Bellhop answers to."""
    public = [addresses.served_host(urlsplit(server.origin).netloc)] if server.origin else []
    return {"localhost", server.host, *server.allowed_hosts, *public, *addresses_of(server.host)}


def headers_of(path: str) -> list[tuple[str, str]]:
    """The headers of every answer about an address."""
    is_about_uploads = path == UPLOADS or path.startswith(f"{UPLOADS}/")
    return [*HEADERS, *TUS] if is_about_uploads else HEADERS


def connect() -> None:
    """Give this thread its connection, or raise the problem of a database that is not there."""
    try:
        presence.require()
        database.connect(reuse_if_open=True)
        members.require()
    except Exception as error:
        if problem := database_problem(error):
            raise problem from None
        raise
    _trouble.note(None)


def once_more(read: Callable[[], Read]) -> Read:
    """What `read` gives, which changes nothing; on a fresh connection where the first was lost."""
    try:
        return read()
    except Exception as error:
        if not is_unavailable(error):
            raise
    database.close()
    return read()


def database_problem(error: Exception) -> Problem | None:
    """The problem of a database, or files, that cannot be used now; None for every other error."""
    if isinstance(error, StoreAway):
        log.warning("a request failed: %s", error.strerror)
        said = "Bellhop cannot reach the files of jobs now, and nothing was changed; try again."
        return Problem("busy", said, retry_after_s=BUSY_S)
    if is_disk_full(error):
        return Problem("disk-full", "The disk has no space left for this.")
    if is_busy(error):
        return Problem("busy", "Nothing was changed; try again.", retry_after_s=BUSY_S)
    if not is_unavailable(error):
        return None
    _trouble.note(line_of(error))
    if isinstance(error, InDoubt):
        return unavailable("Bellhop cannot tell whether this was done; look before you repeat it")
    away = "Bellhop accepts nothing while its database is not available"
    return unavailable(f"{away}: {reason_of(error)}")


def unavailable(said: str) -> Problem:
    """The problem of a request during which the database cannot be used."""
    return Problem("database-unavailable", f"{said}.", retry_after_s=UNAVAILABLE_S)


def guard(settings: Settings, meant: Callable[[str, str], str]) -> Callable[[], None]:
    """The check that runs before each request; it raises the answer of a refusal.

    `meant` gives the address that a request with a method and an address means.
    """
    refusal = judge(settings)

    def check() -> None:
        try:
            connect()
        except Problem as unavailable:
            raise problem_answer(unavailable) from None
        environ = request.environ
        _require_text(environ["bottle.raw_path"])
        sent = environ["PATH_INFO"]
        environ["PATH_INFO"] = meant(request.method, sent)
        environ["REMOTE_ADDR"] = addresses.peer(environ.get("REMOTE_ADDR", ""))
        problem = refusal(request.method, sent_headers())
        if problem and problem.code == "bad-host" and request.path == HEALTH:
            environ[FOREIGN], problem = True, None
        if problem := problem or _stranger_problem():
            raise problem_answer(problem)
        if sent and not prefix.within(sent) and request.method in ("GET", "HEAD"):
            query = environ.get("QUERY_STRING", "")
            raise HTTPResponse("", 308, {"Location": prefix.at("/") + (query and f"?{query}")})

    return check


def secured(
    app: Callable[..., Iterable[bytes]], settings: Settings
) -> Callable[..., Iterable[bytes]]:
    """The WSGI application with the security headers on each of its answers.

    Of these, an answer may set its own, as a file that is shown does.
    """

    def stay_secure() -> tuple[str, str]:
        is_of_all = settings.server.hsts_subdomains == "yes"
        return STAY_SECURE, f"max-age={STAY_S}" + ("; includeSubDomains" if is_of_all else "")

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            is_secure = environ.get("wsgi.url_scheme") == "https"
            path = environ.get("PATH_INFO", "")
            every = [*headers_of(path), NOT_KEPT, *([stay_secure()] if is_secure else [])]
            own = {name.lower() for name, _ in headers}
            more = [(name, value) for name, value in every if name.lower() not in own]
            return start_response(status, [*headers, *more], *exc_info)

        return app(environ, start)

    return wrapped


def _require_text(path: str) -> None:
    """Refuse an address that is no UTF-8, its bytes as Latin-1.

    Bottle leaves out what it cannot read, and so serves another address than the one asked for.
    """
    try:
        path.encode("latin-1").decode()
    except UnicodeDecodeError:
        raise problem_answer(Problem("bad-request", "The address is not valid UTF-8.")) from None


def _proxy_problem(headers: Mapping[str, str]) -> Problem | None:
    known = (*PROXY_HEADERS, header.NAME)
    found = [n for n in headers if n in known or n.startswith("X_FORWARDED_")]
    if not found or accounts.is_closed():
        return None
    name = found[0].replace("_", "-").title()
    return Problem(
        "account-needed",
        f"The request came through a proxy ({name}); create an account before you share Bellhop.",
    )


def _stranger_problem() -> Problem | None:
    """Why a request of another machine is refused, which only a server of others lets in."""
    address = request.environ.get("REMOTE_ADDR", "")
    if not address or is_loopback(address) or accounts.is_closed():
        return None
    return Problem(
        "account-needed",
        f"The request came from another machine ({address}); create an account first.",
    )


def _origin_problem(headers: Mapping[str, str], ours: str | None) -> Problem | None:
    """`ours` is the origin of the public_url: a proxy may send another Host than it was sent."""
    site, origin = headers.get("SEC_FETCH_SITE", "none"), headers.get("ORIGIN")
    is_foreign = origin not in (None, ours) and _split(origin or "").netloc != headers.get("HOST")
    if site in ("same-origin", "none") and not is_foreign:
        return None
    return Problem("cross-site", "Another web site tried to send this to Bellhop.")


@functools.lru_cache(maxsize=1000)
def _host(given: str) -> str:
    """The name or address in a Host; of what is none, nothing."""
    try:
        return addresses.served_host(given)
    except ValueError:
        return ""


def _split(url: str) -> SplitResult:
    """The parts of a URL; of what is none, nothing."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
