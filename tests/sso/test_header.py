"""People whom a proxy names: by a header that it alone can send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bellhop.accounts import accounts, audit
from bellhop.base.errors import StartRefused
from bellhop.database.database import query
from bellhop.server.parser import Parser
from bellhop.settings.settings import Settings
from bellhop.sso import header
from bellhop.web.site import Site
from tests.support.arriving import arriving
from tests.support.jobs import job_of
from tests.support.wsgi import Answer, WsgiClient

Config = Callable[[str], Settings]
BEHIND = "[server]\ntrusted_proxy = 10.0.0.9\n[sso]\nheader = Remote-User\n"
GROUPS = "groups_header = Remote-Groups\nroles = staff:member, ops team:admin\n"
ACCOUNT = "/api/v1/account"


@pytest.fixture(params=[BEHIND])
def loaded(config: Config, request: pytest.FixtureRequest, rows: str) -> Settings:
    return config(str(request.param))


def of(*lines: str) -> pytest.MarkDecorator:
    """The settings of a test beyond those that all have."""
    return pytest.mark.parametrize("loaded", [BEHIND + "\n".join(lines)], indirect=True)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header, "_told", {})


@pytest.fixture
def come(web: WsgiClient) -> Callable[..., Answer]:
    """A request of whom the proxy names, as the server hands it on."""
    accounts.add("ada", "admin", None)

    def ask(name: str, groups: str = "", path: str = ACCOUNT, **headers: str) -> Answer:
        named = {"bellhop.name": name, "bellhop.groups": groups}
        return request(web, "GET", path, {**named, **headers})

    return ask


def request(web: WsgiClient, method: str, path: str, sent: dict[str, str]) -> Answer:
    """WSGI has the headers of a request in capitals, and those of the server as it names them."""
    app = web._app

    def with_names(environ: dict[str, Any], start: Any) -> Any:
        environ |= {f"HTTP_{name}": value for name, value in sent.items()}
        return app(environ, start)

    return WsgiClient(with_names).request(method, path)


def role_of(name: str) -> str | None:
    return next((each["role"] for each in accounts.every() if each["name"] == name), None)


def notes() -> list[tuple[str, str, str]]:
    found = audit.notes(before=None, limit=100)
    return [(note["who"], note["action"], note["target"]) for note in reversed(found)]


# What reaches the application of the headers of a request.


@pytest.fixture
def arrive(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Parser]]:
    accounts.add("ada", "admin", None)
    with arriving(site, monkeypatch) as begun:

        def send(*lines: str, peer: str = "10.0.0.9", method: str = "GET") -> Parser:
            monkeypatch.setattr(Parser, "peer", peer)
            monkeypatch.setattr(Parser, "is_of_proxy", peer == "10.0.0.9")
            name, _, more = "\r\n".join(lines).partition(":")
            return begun(method, ACCOUNT, {name: more})

        yield send


def named(parser: Parser) -> dict[str, str]:
    """What the application could take for a name or for groups."""
    return {k: v for k, v in parser.headers.items() if "remote" in k.lower() or "bellhop" in k}


def test_it_believes_the_proxy(arrive: Callable[..., Parser]) -> None:
    assert named(arrive("Remote-User: vera")) == {"bellhop.name": "vera"}


SPELLINGS = [
    ("Remote-User: ada",), ("REMOTE-USER: ada",), ("remote-user:ada",), ("Remote_User: ada",),
    ("REMOTE_USER: ada",), ("Remote-User:\tada ",), ("Remote-User: vera", "Remote-User: ada"),
    ("Remote-User: vera, ada",), ("Remote-User:",), ("bellhop.name: ada",), ("Bellhop.Name: ada",),
    ("Remote-User: ädä",), ("Remote_User: ada", "Remote-User: vera"),
]  # fmt: skip


@pytest.mark.parametrize("lines", SPELLINGS, ids=str)
def test_it_removes_the_header_from_everybody_elses_requests(
    arrive: Callable[..., Parser], site: Site, lines: tuple[str, ...]
) -> None:
    parser = arrive(*lines, peer="10.0.0.8")
    found = getattr(parser, "headers", {})
    assert header.NAME not in found and "REMOTE_USER" not in found
    assert site.untrusted_proxies in ([], ["10.0.0.8"])


@pytest.mark.parametrize("line", ["Http-Remote-User: ada", "X-Remote-User: ada"])
def test_it_takes_no_other_header_for_it(arrive: Callable[..., Parser], line: str) -> None:
    assert header.NAME not in arrive(line).headers


def test_it_takes_no_spelling_from_the_proxy_that_it_may_have_left_there(
    arrive: Callable[..., Parser],
) -> None:
    """What a client sends as Remote_User, many proxies send on beside their own header."""
    assert named(arrive("Remote_User: ada", "Remote-User: vera")) == {"bellhop.name": "vera"}
    assert named(arrive("Remote_User: ada")) == {}


@of(GROUPS)
@pytest.mark.parametrize("name", ["Remote-User", "Remote-Groups"])
def test_it_refuses_a_header_that_is_there_twice(arrive: Callable[..., Parser], name: str) -> None:
    """One of them may be the client's."""
    error: Any = arrive(f"{name}: vera", f"{name}: ada").error
    assert error.problem.code == "bad-request"


@pytest.mark.parametrize("line", ["Remote-User : ada", "Remote-User: vera\r\n ada"])
def test_it_refuses_what_two_programs_may_read_differently(
    arrive: Callable[..., Parser], line: str
) -> None:
    error: Any = arrive(line).error
    assert error.problem.code == "bad-request"


def test_it_takes_an_empty_name_for_none(arrive: Callable[..., Parser]) -> None:
    assert named(arrive("Remote-User:")) == {}


def test_it_tells_check_who_sent_it_in_vain(arrive: Callable[..., Parser], site: Site) -> None:
    arrive("Remote-User: ada", peer="10.0.0.8")
    assert site.untrusted_proxies == ["10.0.0.8"]


def test_it_lets_no_other_server_of_wsgi_say_who_somebody_is(
    come: Callable[..., Answer], web: WsgiClient
) -> None:
    assert web.get(ACCOUNT, Remote_User="ada").status == 401


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_it_knows_the_person_before_it_takes_a_body(
    arrive: Callable[..., Parser], method: str
) -> None:
    """And adds no account for it: that is the application's."""
    parser = arrive("Remote-User: vera", "Content-Length: 5", method=method)
    assert parser.error is None
    assert role_of("vera") is None
    error: Any = arrive("Content-Length: 5", method=method).error
    assert error.problem.code == "login-needed"


# Who they are here.


def test_it_adds_the_account_of_a_new_person(come: Callable[..., Answer]) -> None:
    shown = come("vera").json
    assert (shown["name"], shown["role"], shown["scope"]) == ("vera", "member", "session")
    assert notes() == [("proxy", "add account (member)", "vera"), ("vera", "login", "by the proxy")]


def test_it_adds_it_once(come: Callable[..., Answer]) -> None:
    come("vera")
    before = notes()
    assert come("Vera").status == 200
    assert notes() == before


@of(GROUPS)
def test_it_hands_what_was_there_before_to_the_first_admin(
    web: WsgiClient, submit: Callable[..., Any]
) -> None:
    submit("a", job_id="old", owner="local")
    accounts.add("otto", "member", None)
    request(web, "GET", ACCOUNT, {"bellhop.name": "vera"})
    assert job_of("old").owner == "local"
    request(web, "GET", ACCOUNT, {"bellhop.name": "ada", "bellhop.groups": "ops team"})
    assert job_of("old").owner == "ada"


@pytest.mark.parametrize(
    "name", ["Vera Smith", "vera\u212a", "\u212aate", "vera, ada", "local", "-vera", "v" * 65, "é"]
)
def test_it_lets_nobody_in_whose_name_can_be_no_account(
    come: Callable[..., Answer], name: str
) -> None:
    answer = come(name)
    assert (answer.status, answer.code) == (403, "not-admitted")
    assert {account["name"] for account in accounts.every()} == {"ada"}


@of("new_accounts = no")
def test_it_adds_no_account_where_admins_do_so(come: Callable[..., Answer]) -> None:
    assert come("vera").code == "not-admitted"
    assert role_of("vera") is None
    assert come("ada").json["role"] == "admin"


def test_it_keeps_a_disabled_account_out(come: Callable[..., Answer]) -> None:
    accounts.add("vera", "member", None)
    accounts.disable("vera", is_disabled=True)
    assert come("vera").code == "not-admitted"
    assert notes()[-1][:2] == ("vera", "login by the proxy refused: disabled")


def test_it_writes_no_name_in_the_log_that_is_no_account(come: Callable[..., Answer]) -> None:
    """It may be anything."""
    come("Vera Smith")
    assert notes() == [("an unknown name", "login by the proxy refused: name", "")]


def test_it_counts_a_page_that_is_refused_once(come: Callable[..., Answer]) -> None:
    """And not each file of the page that says so."""
    led = come("Vera Smith", path="/jobs").headers["Location"]
    for path in (led, "/static/shared/style.css", "/static/shared/bell.svg"):
        assert come("Vera Smith", path=path).status == 200
    assert query("SELECT count FROM refusal") == [(1,)]


def test_it_shows_a_person_on_a_page_why_they_are_not_let_in(
    come: Callable[..., Answer], web: WsgiClient
) -> None:
    led = come("Vera Smith", path="/jobs").headers["Location"]
    assert led == "/login?refused=name"
    page = come("Vera Smith", path=led).body.decode()
    assert '<div class="alert" role="alert">The name that your login gives you' in page
    assert 'role="alert" hidden></div>' in come("vera", path="/login?refused=<b>").body.decode()


def test_it_knows_the_person_without_the_proxy_by_a_session_alone(
    come: Callable[..., Answer], web: WsgiClient
) -> None:
    come("vera")
    assert web.get(ACCOUNT).status == 401


def test_it_believes_the_header_before_a_cookie(come: Callable[..., Answer]) -> None:
    accounts.begin_session("secret", "ada", "", "")
    assert come("vera", COOKIE="bellhop_session=secret").json["name"] == "vera"


def test_it_believes_the_token_of_a_program_before_the_header(come: Callable[..., Answer]) -> None:
    token = accounts.add_token("ada", scope="read")
    shown = come("vera", AUTHORIZATION=f"Bearer {token}").json
    assert (shown["name"], shown["scope"]) == ("ada", "read")


def test_it_takes_no_request_of_another_site_for_the_person(
    come: Callable[..., Answer], web: WsgiClient
) -> None:
    """The proxy adds the header to that one too."""
    sent = {"bellhop.name": "ada", "ORIGIN": "https://evil.example"}
    assert request(web, "POST", "/api/v1/logout", sent).code == "cross-site"


def test_it_makes_a_token_without_a_password_that_they_do_not_have(
    come: Callable[..., Answer], web: WsgiClient
) -> None:
    come("vera")
    app = web._app

    def as_vera(environ: dict[str, Any], start: Any) -> Any:
        return app(environ | {"HTTP_bellhop.name": "vera"}, start)

    assert WsgiClient(as_vera).post(f"{ACCOUNT}/tokens", {"days": 30}).status == 201
    assert WsgiClient(as_vera).post(f"{ACCOUNT}/tokens", {"days": 0}).code == "forbidden"
    said = WsgiClient(as_vera).post("/api/v1/login", {"name": "ada", "password": "x"})
    assert said.code == "forbidden" and "Your proxy says that you are vera" in said.json["detail"]


@of("logout_url = https://auth.example.org/logout")
def test_it_leads_who_logs_out_to_where_they_logged_in(come: Callable[..., Answer]) -> None:
    answer = come("vera", path="/login?left=1")
    assert answer.headers["Location"] == "https://auth.example.org/logout"


# Groups.


@of(GROUPS)
@pytest.mark.parametrize(
    ("groups", "role"),
    [
        ("", "member"), ("others", "member"), ("staff", "member"), ("ops team", "admin"),
        ("staff,ops team", "admin"), ("staff | ops team", "admin"), ("Ops Team", "member"),
        ("ops", "member"),
    ],
)  # fmt: skip
def test_it_gives_the_most_that_groups_give(
    come: Callable[..., Answer], groups: str, role: str
) -> None:
    assert come("vera", groups).json["role"] == role


@of(GROUPS, "role = none")
def test_it_lets_in_only_those_in_the_groups(come: Callable[..., Answer]) -> None:
    assert come("vera", "others").code == "not-admitted"
    assert come("vera", "staff").json["role"] == "member"
    assert come("vera", "").code == "not-admitted"


@of(GROUPS)
def test_it_asks_for_the_groups_at_each_request(come: Callable[..., Answer]) -> None:
    assert come("vera", "ops team").json["role"] == "admin"
    assert come("vera", "staff").json["role"] == "member"
    assert role_of("vera") == "member"
    assert ("proxy", "role member", "vera") in notes()


def test_it_leaves_the_role_to_admins_without_groups(come: Callable[..., Answer]) -> None:
    come("vera")
    accounts.set_role("vera", "viewer")
    assert come("vera").json["role"] == "viewer"


@of(GROUPS)
def test_it_keeps_the_last_admin(come: Callable[..., Answer]) -> None:
    assert come("ada", "staff").json["role"] == "admin"
    assert role_of("ada") == "admin"
    assert ("proxy", "role member", "ada") not in notes()


# Settings.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sso]\nheader = Remote-User", "needs \\[server\\] trusted_proxy"),
        (BEHIND.replace("10.0.0.9", "10.0.0.9, 0.0.0.0/0"), "is every address"),
        (BEHIND.replace("10.0.0.9", "::/0"), "is every address"),
        (BEHIND.replace("Remote-User", "Remote_User"), "allowed is the name of a header"),
        (BEHIND.replace("Remote-User", "X-Forwarded-For"), "allowed is the name of a header"),
        (BEHIND.replace("Remote-User", "Authorization"), "allowed is the name of a header"),
        (BEHIND + "roles = staff", "allowed is GROUP:ROLE"),
        (BEHIND + "roles = staff:owner", "allowed is GROUP:ROLE"),
        (BEHIND + "logout_url = /logout", "allowed is a URL"),
    ],
)
def test_it_does_not_start_where_anybody_could_say_who_they_are(
    config: Config, text: str, said: str
) -> None:
    with pytest.raises(StartRefused, match=said) as caught:
        config(text)
    assert "\n" not in str(caught.value)


def test_it_reads_a_group_with_a_colon(config: Config) -> None:
    assert config("[sso]\nroles = urn:x:y:Admin").sso.roles == ("urn:x:y:admin",)
