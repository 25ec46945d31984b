"""Handlers of logins at a provider: the way there and the way back, which each end at a page."""

from __future__ import annotations

import logging
from collections.abc import Callable

from bottle import HTTPResponse, request

from bellhop.accounts import accounts, audit
from bellhop.accounts.access import User
from bellhop.base import prefix
from bellhop.base.errors import Problem
from bellhop.base.trouble import Trouble
from bellhop.sso import flow as flows
from bellhop.sso import login
from bellhop.sso.admission import NotAdmitted
from bellhop.sso.flow import Flow
from bellhop.sso.provider import Away, Mistaken, Rejected, word
from bellhop.web import query
from bellhop.web.answers import sent_headers
from bellhop.web.gate import address, cookie, cookie_name, cookies
from bellhop.web.handlers.account import UNKNOWN, let_in, set_cookie
from bellhop.web.site import Site

BACK = "/login/sso/callback"
MOST_CODE = 4096
_trouble = Trouble(
    logging.getLogger("bellhop.sso"),
    "logins by [oidc] issuer do not work (%s)",
    "logins by [oidc] issuer work again",
)


def begin(site: Site, user: User | None) -> HTTPResponse:
    """GET /login/sso: leads to the provider; `?next=` is the page of ours to go to afterwards."""
    _require_provider(site)
    flow = flows.begun(prefix.within(query.text("next", query.MOST_QUERY) or "/"))

    def lead() -> HTTPResponse:
        where = site.provider.metadata().authorization
        asked = flow.asked(site.settings.oidc.client_id, site.settings.oidc.scopes, _back(site))
        return _led(f"{where}{'&' if '?' in where else '?'}{asked}")

    answer = _tried(lead)
    for name in _under_way(site)[: -flows.MOST_FLOWS + 1 or None]:
        set_cookie(site, answer, name, "", 0)
    name, value = flow.cookie
    set_cookie(site, answer, name, value, flows.LASTS_S)
    return answer


def finish(site: Site, user: User | None) -> HTTPResponse:
    """GET /login/sso/callback: where the provider sends people back to."""
    _require_provider(site)
    name = flows.name_of(query.text("state") or "")
    kept = cookie(sent_headers(), _called(site, name))
    flow = flows.returned(query.text("state") or "", kept)
    if flow is None:
        return _led(prefix.at("/")) if user else _refused("expired")
    answer = _tried(lambda: _logged_in(site, user, flow))
    set_cookie(site, answer, name, "", 0)  # it is good for one try
    return answer


def _logged_in(site: Site, user: User | None, flow: Flow) -> HTTPResponse:
    """A session for whom the provider has logged in."""
    _require_consent(site)
    oidc, code = site.settings.oidc, query.text("code", MOST_CODE)
    if code is None:
        raise Mistaken("it sends people back without a code")
    try:
        found = login.person(site.provider, oidc, flow, code, _back(site))
        _trouble.note(None)
        name = login.account_of(site.settings.sso, found, address())
    except NotAdmitted as refusal:
        audit.note_refused(UNKNOWN, address(), f"login by the provider refused: {refusal.reason}")
        raise
    answer = let_in(site, user, name)
    answer.status, answer.body = 303, ""
    answer.set_header("Location", prefix.at(flow.next))
    return answer


def _require_consent(site: Site) -> None:
    """Raise what the provider says went wrong there, or when it is not ours (RFC 9207)."""
    metadata, issuer, error = site.provider.metadata(), query.text("iss", 1000), query.text("error")
    if (issuer or metadata.names_itself) and issuer != metadata.issuer:
        raise Mistaken("another one sends people back")
    if error in ("access_denied", "login_required", "interaction_required", "consent_required"):
        raise NotAdmitted("refused")
    if error in ("temporarily_unavailable", "server_error"):
        raise Away(f"it says {error}")
    if error:
        raise Mistaken(f"it says {word(error) or 'that something is wrong'}")


def _tried(act: Callable[[], HTTPResponse]) -> HTTPResponse:
    """The answer; of what went wrong, the page that says so and how to go on."""
    try:
        return act()
    except NotAdmitted as refusal:
        return _refused(refusal.reason)
    except Rejected:
        return _refused("expired")
    except Away as away:
        _trouble.note(str(away))
        return _refused("away")
    except Mistaken as mistake:
        _trouble.note(str(mistake))
        return _refused("clock" if mistake.is_clock else "settings")


def _require_provider(site: Site) -> None:
    if not site.settings.oidc.issuer or not accounts.is_closed():
        raise Problem("not-found", "There is no single sign-on here.")


def _back(site: Site) -> str:
    """Where the provider sends people back to, as it knows it from its settings."""
    ours = f"{request.environ['wsgi.url_scheme']}://{request.environ['HTTP_HOST']}"
    return (site.settings.server.public_url or ours) + BACK


def _called(site: Site, name: str) -> str:
    return cookie_name(site.settings, name, request.environ["wsgi.url_scheme"])


def _under_way(site: Site) -> list[str]:
    """The cookies of logins of this browser that have not ended."""
    called = _called(site, "")
    names = [name.removeprefix(called) for name in cookies(sent_headers())]
    return [name for name in names if name.startswith(flows.COOKIE)]


def _refused(reason: str) -> HTTPResponse:
    return _led(prefix.at(f"/login?refused={reason}"))


def _led(where: str) -> HTTPResponse:
    return HTTPResponse("", 303, {"Location": where})
