"""Logins at a provider of OpenID Connect, against a stand-in that can be wrong in every way."""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from bellhop.accounts import accounts, audit
from bellhop.base import prefix
from bellhop.base.errors import StartRefused
from bellhop.base.times import wall_s
from bellhop.settings.settings import Settings
from bellhop.sso import admission, flow, login, provider
from bellhop.sso.flow import Flow
from bellhop.web.handlers import sso
from bellhop.web.site import THREADS, Site
from tests.support.standin_provider import (
    CLIENT,
    SECRET,
    StandIn,
    new_key,
    new_rsa_key,
    standing_in,
)
from tests.support.wsgi import Answer, WsgiClient

ACCOUNT = "/api/v1/account"
Claims = dict[str, Any]


@pytest.fixture
def standin() -> Iterator[StandIn]:
    yield from standing_in()


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said in the log of a provider of another test is not said yet."""
    monkeypatch.setattr(sso._trouble, "reason", None)


@pytest.fixture(params=[""])
def loaded(
    config: Callable[[str], Settings], request: pytest.FixtureRequest, standin: StandIn, rows: str
) -> Settings:
    section = f"[oidc]\nissuer = {standin.url}\nclient_id = {CLIENT}\nclient_secret = {SECRET}\n"
    return config(section + str(request.param))


def of(*lines: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("loaded", ["\n".join(lines)], indirect=True)


class Browser:
    """It keeps cookies, and goes where it is led while that is here."""

    def __init__(self, web: WsgiClient, standin: StandIn):
        self._web, self._standin = web, standin
        self.cookies: dict[str, str] = {}

    def get(self, url: str) -> Answer:
        parts = urlsplit(url)
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self._web.get(f"{parts.path}?{parts.query}", cookie=kept)
        for line in answer.headers.get_all("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
            if "Max-Age=0" in line:
                del self.cookies[name]
        return answer

    def post(self, path: str, document: Claims) -> Answer:
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return self._web.post(path, document, cookie=kept)

    def begin(self, next_page: str = "") -> str:
        """Where a login leads."""
        query = f"?{urlencode({'next': next_page})}" if next_page else ""
        return self.led(f"/login/sso{query}")

    def led(self, url: str) -> str:
        answer = self.get(url)
        assert answer.status == 303, answer.body
        return str(answer.headers["Location"])

    def log_in(self, sub: str = "s1", **claims: Any) -> str:
        """The page at which a whole login ends."""
        return self.led(self._standin.consent(self.begin(), sub, **claims))

    def account(self) -> dict[str, Any]:
        answer = self.get(ACCOUNT)
        return answer.json if answer.status == 200 else {}


@pytest.fixture
def browser(web: WsgiClient, standin: StandIn) -> Browser:
    accounts.add("ada", "admin", None)
    return Browser(web, standin)


def notes() -> list[tuple[str, str, str]]:
    found = audit.notes(before=None, limit=100)
    return [(note["who"], note["action"], note["target"]) for note in reversed(found)]


def names() -> set[str]:
    return {account["name"] for account in accounts.every()}


# The way there and back.


def test_it_logs_a_new_person_in(browser: Browser) -> None:
    assert browser.log_in() == "/"
    shown = browser.account()
    assert (shown["name"], shown["role"], shown["scope"]) == ("vera", "member", "session")
    assert notes() == [("provider", "add account (member)", "vera"), ("vera", "login", "")]


def test_it_leads_to_the_page_that_somebody_wanted(browser: Browser, standin: StandIn) -> None:
    page = "/jobs?status=failed"
    assert browser.led(standin.consent(browser.begin(page))) == page


@pytest.mark.parametrize(
    "page", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)",
             "/.//evil.example", "/%2f/evil.example", "/a/b/c", "\t//evil.example"],
)  # fmt: skip
def test_it_leads_to_its_own_pages_only(browser: Browser, standin: StandIn, page: str) -> None:
    assert browser.led(standin.consent(browser.begin(page))) == "/"


def test_it_asks_the_provider_with_pkce_state_and_nonce(browser: Browser, standin: StandIn) -> None:
    address, _, query = browser.begin().partition("?")
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    assert address == f"{standin.url}/authorize"
    assert asked["redirect_uri"] == "http://localhost:8080/login/sso/callback"
    assert asked["scope"] == "openid profile email"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


@of("[server]", "public_url = https://jobs.example.org", "trusted_proxy = 10.0.0.1")
def test_it_is_sent_back_to_its_public_url_with_cookies_that_nobody_can_plant(
    browser: Browser,
) -> None:
    query = dict(parse_qsl(urlsplit(browser.begin()).query))
    assert query["redirect_uri"] == "https://jobs.example.org/login/sso/callback"
    assert all(name.startswith("__Host-bellhop_login_") for name in browser.cookies)


@of("[server]", "public_url = https://example.org/bellhop", "trusted_proxy = 10.0.0.1")
def test_it_logs_somebody_in_under_a_path(
    browser: Browser, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefix, "_under", ["/bellhop"])
    page = browser.get("/bellhop/login?next=/bellhop/jobs").body.decode()
    assert 'href="/bellhop/login/sso?next=%2Fbellhop%2Fjobs"' in page
    back = standin.consent(browser.begin("/bellhop/jobs"))
    assert back.startswith("https://example.org/bellhop/login/sso/callback?")
    assert browser.led(back) == "/bellhop/jobs"
    browser.cookies = {}
    assert browser.led(back) == "/bellhop/login?refused=expired"


def test_it_keeps_its_secrets_from_scripts_and_other_sites(
    web: WsgiClient, browser: Browser
) -> None:
    cookie = str(web.get("/login/sso").headers["Set-Cookie"])
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Max-Age=900" in cookie


def test_it_lets_two_tabs_log_in_at_the_same_time(browser: Browser, standin: StandIn) -> None:
    first, second = browser.begin("/jobs"), browser.begin("/running")
    assert browser.led(standin.consent(second)) == "/running"
    assert browser.led(standin.consent(first)) == "/jobs"


def test_it_keeps_few_logins_that_nobody_ends(browser: Browser) -> None:
    for _ in range(9):
        browser.begin()
    assert len(browser.cookies) == flow.MOST_FLOWS


def test_it_takes_each_return_once(browser: Browser, standin: StandIn) -> None:
    back = standin.consent(browser.begin())
    browser.get(back)
    session = dict(browser.cookies)
    assert browser.led(back) == "/"  # the back button, of who is logged in
    browser.cookies = {}
    assert browser.led(back) == "/login?refused=expired"
    assert "bellhop_session" in session and browser.cookies == {}


def test_it_takes_no_return_of_another_browser(browser: Browser, standin: StandIn) -> None:
    """Else a link could log somebody in as its sender."""
    back = standin.consent(browser.begin())
    browser.cookies = {}
    assert browser.led(back) == "/login?refused=expired"
    assert names() == {"ada"}


def test_it_takes_no_return_of_long_ago(
    browser: Browser, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = standin.consent(browser.begin())
    later = wall_s() + flow.LASTS_S + 1
    monkeypatch.setattr(flow, "wall_s", lambda: later)
    assert browser.led(back) == "/login?refused=expired"


@pytest.mark.parametrize("state", ["", "x", "x" * 43, "é"])
def test_it_takes_no_return_with_another_state(
    browser: Browser, standin: StandIn, state: str
) -> None:
    back = urlsplit(standin.consent(browser.begin()))
    query = {**dict(parse_qsl(back.query)), "state": state}
    assert browser.led(f"{back.path}?{urlencode(query)}") == "/login?refused=expired"


def test_it_takes_no_rubbish_for_a_login_under_way() -> None:
    whole = Flow("s" * 43, int(wall_s()), "/")
    name, value = whole.cookie
    assert flow.returned(whole.state, value) == whole
    for spoiled in ("", "x", value[1:], value + ".x", f"{'s' * 43}.0.", f"{'s' * 43}.9.====="):
        assert flow.returned(whole.state, spoiled) is None
    assert name == flow.name_of(whole.state)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("error=access_denied", "refused"), ("error=server_error", "away"),
        ("error=unauthorized_client", "settings"), ("error=<script>", "settings"),
        ("", "settings"), ("code=unknown", "expired"),
        ("code=x&iss=https://evil.example", "settings"),
    ],
)  # fmt: skip
def test_it_says_why_a_login_came_to_nothing(browser: Browser, query: str, reason: str) -> None:
    state = dict(parse_qsl(urlsplit(browser.begin()).query))["state"]
    led = browser.led(f"/login/sso/callback?state={state}&{query}")
    assert led == f"/login?refused={reason}"
    assert admission.REASONS[reason][:20] in browser.get(led).body.decode()


def test_it_wants_the_name_of_a_provider_that_always_says_it(
    browser: Browser, standin: StandIn
) -> None:
    """RFC 9207: else another provider could send its code here."""
    standin.metadata = {"authorization_response_iss_parameter_supported": True}
    back = standin.consent(browser.begin())
    assert browser.led(back.partition("&iss=")[0]) == "/login?refused=settings"


# ID tokens.

LATER_S = 4000


def changed(**claims: Any) -> Callable[[Claims], Claims]:
    """The claims with others; None leaves one out, and a function is given the time."""

    def change(told: Claims) -> Claims:
        now = int(time.time())
        new = {name: v(now) if callable(v) else v for name, v in claims.items()}
        return {name: value for name, value in {**told, **new}.items() if value is not None}

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (changed(iss="https://evil.example"), "settings"),
        (changed(aud="another"), "settings"),
        (changed(aud=[CLIENT, "another"]), "settings"),
        (changed(aud=[CLIENT, "another"], azp="another"), "settings"),
        (changed(azp="another"), "settings"),
        (changed(aud=None), "settings"),
        (changed(nonce="of another login"), "settings"),
        (changed(nonce=None), "settings"),
        (changed(sub=None), "settings"),
        (changed(sub=""), "settings"),
        (changed(sub="s" * 256), "settings"),
        (changed(sub=7), "settings"),
        (changed(exp=None), "settings"),
        (changed(iat=None), "settings"),
        (changed(exp="soon"), "settings"),
        (changed(exp=True), "settings"),
        (changed(exp=lambda now: now - 300), "clock"),
        (changed(iat=lambda now: now + 300), "clock"),
        (changed(iat=lambda now: now - LATER_S), "clock"),
        (changed(nbf=lambda now: now + 300), "clock"),
    ],
)
def test_it_believes_no_token_that_is_not_of_this_login(
    browser: Browser, standin: StandIn, change: Callable[[Claims], Claims], reason: str
) -> None:
    standin.change = change
    assert browser.log_in() == f"/login?refused={reason}"
    assert browser.account() == {}


@pytest.mark.parametrize(
    "change",
    [
        changed(aud=[CLIENT]), changed(aud=[CLIENT, "another"], azp=CLIENT), changed(azp=CLIENT),
        changed(exp=lambda now: now - 60), changed(iat=lambda now: now + 60),
    ],
)  # fmt: skip
def test_it_believes_one_that_is(
    browser: Browser, standin: StandIn, change: Callable[[Claims], Claims]
) -> None:
    standin.change = change
    assert browser.log_in() == "/"


def without_signature(standin: StandIn) -> Callable[[Claims], str]:
    def sign(claims: Claims) -> str:
        parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
        return ".".join([*(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts), ""])

    return sign


def with_public_key_as_secret(standin: StandIn) -> Callable[[Claims], str]:
    """Who takes any algorithm with any key lets everybody sign who can read the public one."""
    public = standin.keys[0].as_pem(private=False)

    def sign(claims: Claims) -> str:
        parts = [json.dumps(part).encode() for part in ({"alg": "HS256"}, claims)]
        signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
        mac = base64.urlsafe_b64encode(hmac.digest(public, signed, "sha256")).rstrip(b"=")
        return (signed + b"." + mac).decode()

    return sign


def with_client_secret(standin: StandIn) -> Callable[[Claims], str]:
    return lambda claims: jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))


def with_another_key(standin: StandIn) -> Callable[[Claims], str]:
    key = new_key()
    return lambda claims: jwt.encode({"alg": "ES256", "kid": standin.keys[0].kid}, claims, key)


def with_a_key_that_it_brings(standin: StandIn) -> Callable[[Claims], str]:
    key = new_key()
    header = {"alg": "ES256", "jwk": key.as_dict(private=False)}
    return lambda claims: jwt.encode(header, claims, key)


def with_changed_claims(standin: StandIn) -> Callable[[Claims], str]:
    def sign(claims: Claims) -> str:
        head, _, signature = standin.signed(claims).split(".")
        body = json.dumps({**claims, "sub": "another"}).encode()
        return f"{head}.{base64.urlsafe_b64encode(body).rstrip(b'=').decode()}.{signature}"

    return sign


def of_rubbish(standin: StandIn) -> Callable[[Claims], str]:
    return lambda claims: "no.token.é"


def of_a_list(standin: StandIn) -> Callable[[Claims], str]:
    return lambda claims: "W10.W10.W10"


def too_long(standin: StandIn) -> Callable[[Claims], str]:
    return lambda claims: standin.signed({**claims, "more": "x" * 100_000})


@pytest.mark.parametrize(
    "wrong",
    [
        without_signature, with_public_key_as_secret, with_client_secret, with_another_key,
        with_a_key_that_it_brings, with_changed_claims, of_rubbish, of_a_list, too_long,
    ],
)  # fmt: skip
def test_it_believes_no_token_that_the_provider_did_not_sign(
    browser: Browser, standin: StandIn, wrong: Callable[[StandIn], Callable[[Claims], str]]
) -> None:
    standin.sign = wrong(standin)
    assert browser.log_in() == "/login?refused=settings"
    assert names() == {"ada"}


def test_it_reads_tokens_signed_with_rsa(browser: Browser, standin: StandIn) -> None:
    standin.keys = [new_key(), new_rsa_key()]
    assert browser.log_in() == "/"


def test_it_asks_for_new_keys_when_one_is_unknown(
    browser: Browser, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.log_in()
    standin.keys.append(new_key())
    assert browser.log_in() == "/login?refused=settings"  # keys of a moment ago
    monkeypatch.setattr(provider, "KEYS_AGAIN_S", 0.0)
    assert browser.log_in() == "/"
    assert standin.asked.count("/keys") == 2


def test_it_believes_no_key_that_the_provider_has_dropped(
    browser: Browser, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "KEYS_AGAIN_S", 0.0)
    old = standin.keys[0]
    standin.keys = [new_key()]
    standin.sign = lambda claims: jwt.encode({"alg": "ES256", "kid": old.kid}, claims, old)
    assert browser.log_in() == "/login?refused=settings"


# A provider that is away, slow, or wrong.

DISCOVERY = "/.well-known/openid-configuration"


def hanging(handler: Any) -> None:
    time.sleep(1)


def dripping(handler: Any) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(50):
        handler.wfile.write(b" ")
        time.sleep(0.02)


def endless(handler: Any) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(64):
            handler.wfile.write(b" " * 65536)
    except ConnectionError:
        pass


def breaking(handler: Any) -> None:
    handler.connection.close()


@pytest.mark.parametrize("path", [DISCOVERY, "/token", "/keys"])
@pytest.mark.parametrize(
    ("instead", "reason"),
    [
        ((500, b""), "away"), ((503, b"<html>"), "away"), ((429, b""), "away"),
        (breaking, "away"), (hanging, "away"), (dripping, "away"), (endless, "settings"),
        ((404, b""), "settings"), ((200, b"<html>"), "settings"), ((200, b"[]"), "settings"),
        ((200, b"{}"), "settings"), ((200, b'{"keys": 7}'), "settings"),
        ((302, b""), "settings"), ((200, b"\xff\xfe"), "settings"),
        ((200, b"[" * 9999), "settings"),
    ],
)  # fmt: skip
def test_it_says_that_the_provider_is_away_or_wrong(
    browser: Browser, standin: StandIn, monkeypatch: pytest.MonkeyPatch, path: str,
    instead: Any, reason: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(provider, "ANSWER_S", 0.1)
    monkeypatch.setattr(provider, "CONNECT_S", 0.3)
    standin.instead[path] = instead
    led = browser.begin()
    led = led if path == DISCOVERY else browser.led(standin.consent(led))
    assert led == f"/login?refused={reason}"


def test_it_lets_few_requests_wait_for_the_provider(site: Site) -> None:
    """Each holds one of the few threads of the web; one too many does not even wait for a turn."""
    asked, taken = site.provider, contextlib.ExitStack()
    for _ in range(provider.MOST_AT_ONCE):
        taken.enter_context(asked._places)
        taken.enter_context(asked._turns)
    with ThreadPoolExecutor(THREADS) as threads, taken:
        asking = [threads.submit(asked.metadata) for _ in range(THREADS)]
        ended = islice(as_completed(asking, timeout=30), THREADS - provider.MOST_WAITING)
        assert {type(each.exception()) for each in ended} == {provider.Away}
        waiting = [each for each in asking if not each.done()]
    assert [each.result() for each in waiting] == [asked.metadata()] * provider.MOST_WAITING


def test_it_asks_for_what_the_provider_says_of_itself_once(
    browser: Browser, standin: StandIn
) -> None:
    for _ in range(3):
        browser.log_in()
    assert standin.asked.count(DISCOVERY) == standin.asked.count("/keys") == 1


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"}, {"issuer": None}, {"token_endpoint": None},
        {"token_endpoint": "http://evil.example/token"}, {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"}, {"jwks_uri": ["https://a.example"]},
    ],
    ids=str,
)  # fmt: skip
def test_it_goes_to_no_address_that_is_none_of_the_provider(
    browser: Browser, standin: StandIn, metadata: Claims
) -> None:
    standin.metadata = metadata
    assert browser.begin() == "/login?refused=settings"


def test_it_takes_a_provider_that_ends_its_name_with_a_slash(
    browser: Browser, standin: StandIn
) -> None:
    standin.metadata = {"issuer": f"{standin.url}/"}
    standin.change = changed(iss=f"{standin.url}/")
    back = standin.consent(browser.begin()).partition("&iss=")[0]
    assert browser.led(back) == "/"


def test_it_sends_the_secret_in_the_body_where_the_provider_wants_it_there(
    browser: Browser, standin: StandIn
) -> None:
    standin.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert browser.log_in() == "/login?refused=settings"  # which this one does not take


def test_it_writes_what_is_wrong_in_the_log_and_no_secret(
    browser: Browser, standin: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    standin.instead["/token"] = (401, json.dumps({"error": "invalid_client"}).encode())
    browser.log_in()
    (line,) = [r.getMessage() for r in caplog.records if r.name == "bellhop.sso"]
    assert line == (
        f"logins by [oidc] issuer do not work ({standin.url}/token answers 401 invalid_client)"
    )
    assert SECRET not in caplog.text and "bellhop_login" not in caplog.text


# Who they are here.


def test_it_knows_a_person_by_the_subject_and_not_by_the_name(browser: Browser) -> None:
    browser.log_in("s1", preferred_username="vera")
    browser.log_in("s1", preferred_username="vera-smith")
    assert browser.account()["name"] == "vera"
    assert names() == {"ada", "vera"}


def test_it_gives_nobody_the_account_of_another_whose_name_they_have_now(browser: Browser) -> None:
    browser.log_in("s1", preferred_username="vera")
    browser.cookies = {}
    assert browser.log_in("s2", preferred_username="vera") == "/login?refused=taken"
    assert browser.account() == {}


def test_it_gives_nobody_an_account_that_was_here_before(browser: Browser) -> None:
    assert browser.log_in(preferred_username="ada") == "/login?refused=taken"
    assert browser.log_in(preferred_username="ADA") == "/login?refused=taken"
    assert browser.log_in(preferred_username="Adà") == "/login?refused=taken"


def test_it_knows_a_subject_of_another_issuer_as_somebody_else(
    site: Site, browser: Browser
) -> None:
    browser.log_in("s1")
    other = login.Person("https://other.example", "s1", "vera", frozenset())
    with pytest.raises(admission.NotAdmitted) as caught:
        login.account_of(site.settings.sso, other, "")
    assert caught.value.reason == "taken"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Zoë Müller", "zoe-muller"), ("vera@example.org", "vera@example.org"), ("V.S_1", "v.s_1"),
        ("CORP\\vera", "corp-vera"), ("  vera ", "vera"), ("x" * 99, "x" * 64),
    ],
)  # fmt: skip
def test_it_makes_a_name_of_an_account_of_it(browser: Browser, given: str, name: str) -> None:
    browser.log_in(preferred_username=given)
    assert browser.account()["name"] == name


@pytest.mark.parametrize("given", ["", "日本", "...", "local", 7, None, ["vera"]])
def test_it_says_so_when_none_can_be_made(browser: Browser, given: Any) -> None:
    assert browser.log_in(preferred_username=given) == "/login?refused=name"
    assert notes() == [("an unknown name", "login by the provider refused: name", "")]


def test_it_keeps_a_disabled_account_out(browser: Browser) -> None:
    browser.log_in()
    accounts.disable("vera", is_disabled=True)
    assert browser.log_in() == "/login?refused=disabled"


def test_it_leads_from_a_long_address_to_the_first_page(browser: Browser) -> None:
    """The page of the login links to it, and a cookie has no room for it."""
    led = browser.begin(f"/jobs?q={'x' * 3000}")
    assert browser.led(browser._standin.consent(led)) == "/"


@of("[sso]", "new_accounts = no")
def test_it_adds_no_account_where_admins_do_so(browser: Browser) -> None:
    assert browser.log_in() == "/login?refused=unknown"


@of("[sso]", "roles = staff:member, ops:admin", "role = none")
def test_it_takes_the_role_from_groups_at_each_login(browser: Browser) -> None:
    assert browser.log_in(groups=["ops", "x"]) == "/"
    assert browser.account()["role"] == "admin"
    browser.log_in(groups="staff")
    assert browser.account()["role"] == "member"
    assert browser.log_in(groups=[["ops"], 7, None]) == "/login?refused=group"


@of("name_claim = email", "domains = example.org")
def test_it_lets_in_verified_addresses_of_its_domains(browser: Browser) -> None:
    assert browser.log_in(email="vera@example.org", email_verified=True) == "/"
    assert browser.account()["name"] == "vera@example.org"
    for email, is_verified in [
        ("otto@example.org", False), ("otto@example.org", "true"), ("otto@evil.example", True),
        ("otto@example.org@evil.example", True), ("otto@sub.example.org", True), (None, True),
    ]:  # fmt: skip
        led = browser.log_in("s2", email=email, email_verified=is_verified)
        assert led == "/login?refused=email", email


@of("name_claim = email")
def test_it_calls_nobody_by_an_address_that_may_not_be_theirs(browser: Browser) -> None:
    assert browser.log_in(email="ada@example.org") == "/login?refused=name"


def test_it_asks_the_provider_for_what_the_token_does_not_say(
    browser: Browser, standin: StandIn
) -> None:
    standin.change = changed(preferred_username=None, groups=None)
    standin.about = {"sub": "s1", "preferred_username": "otto", "nonce": "x", "iss": "x"}
    assert browser.log_in() == "/"
    assert browser.account()["name"] == "otto"


def test_it_believes_nothing_that_is_told_of_somebody_else(
    browser: Browser, standin: StandIn
) -> None:
    standin.change = changed(preferred_username=None)
    standin.about = {"sub": "s2", "preferred_username": "otto"}
    assert browser.log_in() == "/login?refused=settings"


def test_it_ends_the_session_that_the_browser_had(browser: Browser) -> None:
    browser.log_in("s1", preferred_username="vera")
    browser.log_in("s2", preferred_username="otto")
    assert browser.account()["name"] == "otto"
    assert accounts.sessions("vera") == []


# What needs a password of others.

NEW = {"name": "otto", "role": "member"}


@of("[sso]", "roles = ops:admin")
def test_it_lets_an_admin_without_a_password_change_people_after_a_login(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has stolen a session cannot log in at the provider."""
    browser.log_in(groups=["ops"])
    assert browser.post("/api/v1/accounts", NEW).status == 201
    monkeypatch.setattr(accounts, "FRESH_LOGIN_S", -1.0)
    answer = browser.post("/api/v1/accounts", {**NEW, "name": "mia"})
    assert answer.code == "forbidden" and "log in again" in answer.json["detail"]
    browser.cookies = {}
    assert names() == {"ada", "otto", "vera"}


def test_it_asks_for_no_password_that_somebody_does_not_have(browser: Browser) -> None:
    browser.log_in()
    page = browser.get("/account").body.decode()
    assert 'aria-labelledby="password-title" hidden' in page
    accounts.set_password("vera", accounts.hashed("correct horse", "vera"))
    browser.log_in()
    page = browser.get("/account").body.decode()
    assert 'aria-labelledby="password-title">' in page


def test_it_lets_nobody_whom_the_provider_logs_in_give_themselves_a_password(
    browser: Browser,
) -> None:
    """It would still be good when the provider has removed them."""
    browser.log_in()
    body = {"password": "any", "new_password": "correct horse battery"}
    assert browser.post("/api/v1/account/password", body).code == "forbidden"
    assert accounts.stored_of("vera") is None


# The page, and the settings.


def test_it_has_a_button_on_the_page_of_the_login(web: WsgiClient, browser: Browser) -> None:
    page = web.get("/login?next=/jobs%3Fq%3D%22%3E").body.decode()
    assert 'href="/login/sso?next=%2Fjobs%3Fq%3D%22%3E"' in page
    assert "Log in with single sign-on" in page


def test_it_has_none_without_a_provider(site: Site, here: Any) -> None:
    from bellhop.web import routes

    oidc = replace(site.settings.oidc, issuer="")
    bare = WsgiClient(routes.make_app(replace(site, settings=replace(site.settings, oidc=oidc))))
    accounts.add("ada", "admin", None)
    assert '<div class="sso" hidden>' in bare.get("/login").body.decode()
    assert bare.get("/login/sso").code == bare.get("/login/sso/callback").code == "not-found"


def test_it_has_none_before_there_is_an_account(web: WsgiClient) -> None:
    """The first account is made at the console: not everybody at the provider may be an admin."""
    assert web.get("/login/sso").code == "not-found"


ISSUER = "[oidc]\nissuer = https://auth.example.org\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ISSUER, "needs client_id"),
        ("[oidc]\nissuer = auth.example.org\nclient_id = b", "allowed is a URL"),
        ("[oidc]\nissuer = http://auth.example.org\nclient_id = b", "allowed is a URL"),
        ("[oidc]\nissuer = https://a.example/?x=y\nclient_id = b", "allowed is a URL"),
        ("[oidc]\nissuer = https://u:p@a.example\nclient_id = b", "allowed is a URL"),
    ],
)
def test_it_does_not_start_with_a_provider_that_cannot_work(
    config: Callable[[str], Settings], text: str, said: str
) -> None:
    with pytest.raises(StartRefused, match=said) as caught:
        config(text)
    assert "\n" not in str(caught.value)


def test_it_does_not_start_with_a_secret_that_others_can_read(
    config: Callable[[str], Settings],
) -> None:
    settings = config(f"{ISSUER}client_id = b\nclient_secret = a secret\n")
    assert "a secret" in settings.secrets
    settings.config_path.chmod(0o644)
    from bellhop.settings import configuration

    with pytest.raises(StartRefused, match=r"\(\[oidc\] client_secret\) and other users can read"):
        configuration.load(settings.config_path)
