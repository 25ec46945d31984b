"""Accounts: passwords, logins, sessions, tokens, and what the console does with them."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from http.cookies import SimpleCookie
from typing import Any

import pytest

from bellhop import __version__
from bellhop.accounts import accounts, audit, guessing, passwords
from bellhop.accounts.access import ANYBODY, LOCAL, User
from bellhop.base.errors import Problem
from bellhop.base.times import timestamp
from bellhop.cli.main import main
from bellhop.database.database import database, is_refused, query
from bellhop.jobs import lifecycle
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.web import routes
from bellhop.web.gate import BROWSER, COOKIE
from bellhop.web.site import Site
from tests.support import single
from tests.support.jobs import job_of
from tests.support.wsgi import Answer, WsgiClient

API = "/api/v1"
JOBS = f"{API}/jobs"
PASSWORD = "correct horse"
TEXT_JOB = {"type": "noop", "items": [{"text": "a"}]}
SCRYPT, REAL_N = hashlib.scrypt, passwords.N


@pytest.fixture
def real_scrypt(quick_scrypt: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "N", REAL_N)


@pytest.fixture
def people(here: Installation) -> None:
    for name, role in (("ada", "admin"), ("otto", "member"), ("vera", "viewer")):
        accounts.add(name, role, accounts.hashed(PASSWORD))


@pytest.fixture
def scrypts(real_scrypt: None, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The parameters of each scrypt that is made; they are made small, as they are many."""
    made: list[dict[str, Any]] = []

    def counted(password: bytes, **options: Any) -> bytes:
        made.append(options)
        return SCRYPT(password, **{**options, "n": 2})

    monkeypatch.setattr(hashlib, "scrypt", counted)
    return made


def log_in(web: WsgiClient, name: str, password: str = PASSWORD, **headers: str) -> Answer:
    return web.post(f"{API}/login", {"name": name, "password": password}, **headers)


def session_of(answer: Answer) -> dict[str, str]:
    """The header that a browser sends after this answer."""
    found = SimpleCookie(answer.headers["Set-Cookie"] or "")[COOKIE].value
    return {"cookie": f"{COOKIE}={found}"}


# Passwords.


def test_it_hashes_with_scrypt_and_stores_the_parameters(real_scrypt: None) -> None:
    stored = passwords.hashed(PASSWORD)
    assert stored.startswith("scrypt$32768$8$3$")
    assert passwords.matches(PASSWORD, stored)
    assert not passwords.matches("another one", stored)
    assert passwords.hashed(PASSWORD) != stored


def test_it_reads_a_hash_of_other_parameters() -> None:
    made = SCRYPT(b"old", salt=b"salt", n=4, r=1, p=1, dklen=32)
    encoded = [__import__("base64").b64encode(part).decode() for part in (b"salt", made)]
    assert passwords.matches("old", "$".join(["scrypt", "4", "1", "1", *encoded]))


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1025])
def test_it_takes_no_password_that_is_too_short_or_too_long(
    here: Installation, password: str
) -> None:
    with pytest.raises(accounts.Refused, match="must have at"):
        accounts.hashed(password)


@pytest.mark.parametrize("name", ["otto", "nobody", "OTTO ", "", "a\x00b"])
def test_it_runs_scrypt_once_for_every_login(
    web: WsgiClient, scrypts: list[dict[str, Any]], people: None, name: str
) -> None:
    """So that the time tells nobody which names there are."""
    scrypts.clear()
    assert log_in(web, name, "wrong password").code == "login-failed"
    assert [(made["n"], made["r"], made["p"]) for made in scrypts] == [(32768, 8, 3)]


def test_it_runs_scrypt_once_for_an_account_without_a_password(
    web: WsgiClient, here: Installation, scrypts: list[dict[str, Any]]
) -> None:
    accounts.add("robot", "member", None)
    database.close()
    assert log_in(web, "robot", "").code == "login-failed"
    assert len(scrypts) == 1


def test_it_makes_two_hashes_at_a_time_and_lets_few_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held, entered, go_on = [], threading.Semaphore(0), threading.Event()

    def hanging(password: bytes, **options: Any) -> bytes:
        held.append(1)
        entered.release()
        assert go_on.wait(10)
        return b""

    monkeypatch.setattr(hashlib, "scrypt", hanging)
    stored = f"scrypt$2$1$1${'AAAA'}${'AAAA'}"
    threads = [
        threading.Thread(target=passwords.matches, args=[PASSWORD, stored, f"net {n % 2}"])
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for _ in range(2):
        assert entered.acquire(timeout=10)
    while len(passwords.STRANGERS.taken) < 4:  # the other two are on their way to wait
        threading.Event().wait(0.001)
    with pytest.raises(Problem) as refused:
        passwords.matches(PASSWORD, stored, "net 3")
    assert (refused.value.code, refused.value.retry_after_s) == ("too-many-requests", 1)
    assert len(held) == 2
    go_on.set()
    for thread in threads:
        thread.join()


# Logging in.


def test_it_logs_in_and_out(web: WsgiClient, people: None) -> None:
    answer = log_in(web, "otto")
    assert answer.json == {"name": "otto", "role": "member"}
    session = session_of(answer)
    assert web.get(f"{API}/account", **session).json["name"] == "otto"
    web.post(f"{API}/logout", {}, **session)
    assert web.get(f"{API}/account", **session).code == "login-needed"


def test_it_tells_the_browser_at_a_logout_to_forget(web: WsgiClient, people: None) -> None:
    """What it keeps of the pages; not its cookies, by which it stays known to its account."""
    answer = web.post(f"{API}/logout", {}, **session_of(log_in(web, "otto")))
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_it_keeps_the_cookie_from_scripts_and_other_sites(web: WsgiClient, people: None) -> None:
    parts = (log_in(web, "otto").headers["Set-Cookie"] or "").split("; ")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(parts)
    assert "Secure" not in parts


@pytest.mark.parametrize("public_url", ["https://localhost:8080", ""])
def test_it_names_its_cookies_over_tls_so_that_nobody_can_plant_them(
    config: Callable[[str], Settings], site: Site, people: None, public_url: str
) -> None:
    changed = replace(site, settings=config(f"[server]\npublic_url = {public_url}\n"))
    database.close()
    web = WsgiClient(routes.make_app(changed))
    answer = log_in(web, "otto", scheme="https")
    sent = answer.headers.get_all("Set-Cookie")
    assert [text.partition("=")[0] for text in sent] == [f"__Host-{COOKIE}", f"__Host-{BROWSER}"]
    for text in sent:
        assert {"Secure", "Path=/", "HttpOnly"} <= set(text.split("; ")) and "Domain" not in text
    secret = sent[0].partition(";")[0].partition("=")[2]
    named, planted = f"__Host-{COOKIE}={secret}", f"{COOKIE}={secret}"
    assert web.get(JOBS, scheme="https", cookie=named).status == 200
    assert web.get(JOBS, scheme="https", cookie=planted).status == 401
    assert web.get(JOBS, scheme="https", cookie=f"{planted}; {named}").status == 200


def test_it_takes_no_cookie_of_tls_over_plain_http(web: WsgiClient, people: None) -> None:
    secret = session_of(log_in(web, "otto"))["cookie"].partition("=")[2]
    assert web.get(JOBS, cookie=f"__Host-{COOKIE}={secret}").status == 401


def test_it_stores_no_session_and_no_token_as_it_is_sent(
    web: WsgiClient, people: None, here: Installation
) -> None:
    secret = session_of(log_in(web, "otto"))["cookie"].partition("=")[2]
    token = accounts.add_token("otto")
    database.close()
    stored = b"".join(path.read_bytes() for path in here.folder.glob("bellhop.db*"))
    assert PASSWORD.encode() not in stored
    assert secret.encode() not in stored
    assert token.encode() not in stored


def test_it_gives_a_new_session_with_each_login(web: WsgiClient, people: None) -> None:
    first = session_of(log_in(web, "otto"))
    second = session_of(log_in(web, "otto", **first))
    assert first != second
    assert web.get(f"{API}/account", **first).status == 401
    assert web.get(f"{API}/account", **second).status == 200


def test_it_ends_a_session_that_is_not_used(web: WsgiClient, people: None) -> None:
    session = session_of(log_in(web, "otto"))
    used = timestamp(-(accounts.SESSION_IDLE_DAYS * 86400 + 1))
    query("UPDATE session SET used_at = :used", {"used": used})
    database.close()
    assert web.get(f"{API}/account", **session).status == 401


def test_it_ends_every_session_after_its_days(web: WsgiClient, people: None) -> None:
    session = session_of(log_in(web, "otto"))
    made = timestamp(-(accounts.SESSION_DAYS * 86400 + 1))
    query("UPDATE session SET created_at = :made", {"made": made})
    database.close()
    assert web.get(f"{API}/account", **session).status == 401
    accounts.forget_old()
    assert query("SELECT count(*) FROM session") == [(0,)]


@pytest.mark.parametrize("cookie", ["x", f"{COOKIE}=", f"{COOKIE}=\xff", f"a={COOKIE}; ;;=="])
def test_it_takes_no_cookie_that_is_none(web: WsgiClient, people: None, cookie: str) -> None:
    assert web.get(JOBS, cookie=cookie).code == "login-needed"


@pytest.mark.parametrize("sent", ["Bearer", "Bearer x", "Basic b3R0bzp4", "Bearer \xff", "x"])
def test_it_takes_no_token_that_is_none(web: WsgiClient, people: None, sent: str) -> None:
    answer = web.get(JOBS, authorization=sent)
    assert (answer.code, answer.headers["WWW-Authenticate"]) == ("login-needed", "Bearer")


def test_it_slows_and_locks_an_account(
    web: WsgiClient, people: None, scrypts: list[dict[str, Any]]
) -> None:
    free = guessing.FREE_OF_ACCOUNT
    for _ in range(free + 1):
        assert log_in(web, "otto", "wrong password").code == "login-failed"
    answer = log_in(web, "otto")
    assert (answer.status, answer.code) == (429, "too-many-requests")
    assert 1 <= int(answer.headers["Retry-After"] or "") <= 2
    assert len(scrypts) == free + 1  # a try that has to wait costs nothing
    locked = "UPDATE login_failure SET count = 40, not_before = '2000'"
    query(locked)
    database.close()
    assert log_in(web, "otto", "wrong password").status == 401
    database.close()
    assert 800 < int(log_in(web, "otto").headers["Retry-After"] or "") <= guessing.LONGEST_LOCK_S


def test_it_slows_a_name_that_nobody_has_in_the_same_way(
    web: WsgiClient, people: None, scrypts: list[dict[str, Any]]
) -> None:
    statuses = [log_in(web, "nobody", "wrong password").status for _ in range(6)]
    assert statuses == [401] * 5 + [429]


def test_it_slows_an_address_that_tries_many_names(
    web: WsgiClient, people: None, scrypts: list[dict[str, Any]]
) -> None:
    most = guessing.FREE_OF_ADDRESS + 1
    statuses = [log_in(web, f"n{number}", "wrong password").status for number in range(most + 1)]
    assert statuses == [401] * most + [429]


def test_it_does_not_count_logins_that_succeed(
    web: WsgiClient, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "matches", lambda *given, **options: True)
    assert {log_in(web, "otto").status for _ in range(guessing.FREE_OF_ADDRESS + 5)} == {200}


def test_it_counts_tries_that_are_made_at_the_same_time(
    people: None, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is counted before it is made, so that no flood of tries is free."""
    seen: list[Any] = []

    def matches(*given: Any, **options: Any) -> bool:
        seen.extend(query("SELECT max(count) FROM login_failure"))
        return False

    monkeypatch.setattr(passwords, "matches", matches)
    accounts.check_password("otto", "x", address="")
    assert seen == [(1,)]


def test_it_keeps_no_login_from_another_site(web: WsgiClient, people: None) -> None:
    assert log_in(web, "otto", sec_fetch_site="cross-site").code == "cross-site"
    form = web.request("POST", f"{API}/login", b"name=otto&password=x")
    assert form.code == "unsupported-media-type"


@pytest.mark.parametrize(
    "body",
    [[], {}, {"name": "otto"}, {"name": 1, "password": "x"}, {"name": "a", "password": None}],
)
def test_it_reads_no_login_that_is_none(web: WsgiClient, people: None, body: Any) -> None:
    assert web.post(f"{API}/login", body).status in (400, 422)


# One's own account.


def test_it_changes_a_password_and_ends_the_other_sessions(web: WsgiClient, people: None) -> None:
    mine, other = session_of(log_in(web, "otto")), session_of(log_in(web, "otto"))
    wanted = {"password": PASSWORD, "new_password": "battery staple"}
    assert web.post(f"{API}/account/password", wanted, **mine).status == 204
    assert web.get(f"{API}/account", **mine).status == 200
    assert web.get(f"{API}/account", **other).status == 401
    assert log_in(web, "otto").status == 401
    assert log_in(web, "otto", "battery staple").status == 200


def test_it_ends_the_tokens_with_the_password(web: WsgiClient, people: None) -> None:
    mine = session_of(log_in(web, "otto"))
    tokens = [accounts.add_token(name) for name in ("otto", "vera")]
    database.close()
    wanted = {"password": PASSWORD, "new_password": "battery staple"}
    web.post(f"{API}/account/password", wanted, **mine)
    bearers = [{"authorization": f"Bearer {token}"} for token in tokens]
    assert [web.get(JOBS, **bearer).status for bearer in bearers] == [401, 200]


def test_it_knows_the_browser_after_a_new_password(web: WsgiClient, people: None) -> None:
    mine = session_of(log_in(web, "otto"))["cookie"]
    wanted = {"password": PASSWORD, "new_password": "battery staple"}
    both = f"{mine}; {BROWSER}=old"
    changed = web.post(f"{API}/account/password", wanted, cookie=both)
    secret = SimpleCookie(changed.headers["Set-Cookie"] or "")[BROWSER].value
    for _ in range(guessing.FREE_OF_ACCOUNT + 1):
        log_in(web, "otto", "wrong password")
    assert log_in(web, "otto", "battery staple").status == 429
    assert log_in(web, "otto", "battery staple", cookie=f"{BROWSER}={secret}").status == 200


@pytest.mark.parametrize("days", [0, 366, 3650])
def test_it_makes_no_lasting_token_by_a_session_alone(
    web: WsgiClient, people: None, days: int
) -> None:
    mine, wanted = session_of(log_in(web, "otto")), {"name": "t", "days": days}
    assert web.post(f"{API}/account/tokens", wanted, **mine).code == "forbidden"
    wrong = {**wanted, "password": "wrong password"}
    assert web.post(f"{API}/account/tokens", wrong, **mine).code == "login-failed"
    assert accounts.tokens("otto") == []
    database.close()
    right = {**wanted, "password": PASSWORD}
    assert web.post(f"{API}/account/tokens", right, **mine).status == 201


def test_it_makes_no_token_by_an_old_login_alone(web: WsgiClient, people: None) -> None:
    mine = session_of(log_in(web, "otto"))
    query("UPDATE session SET created_at = :old", {"old": timestamp(-accounts.FRESH_LOGIN_S - 1)})
    database.close()
    assert web.post(f"{API}/account/tokens", {}, **mine).code == "forbidden"
    assert web.post(f"{API}/account/tokens", {"password": PASSWORD}, **mine).status == 201


def test_it_slows_guesses_of_whoever_holds_a_session(web: WsgiClient, people: None) -> None:
    mine = session_of(log_in(web, "otto"))
    wrong = {"password": "wrong password"}
    codes = [web.post(f"{API}/account/tokens", wrong, **mine).code for _ in range(6)]
    assert codes == ["login-failed"] * 5 + ["too-many-requests"]


def test_it_changes_no_password_without_the_old_one(web: WsgiClient, people: None) -> None:
    mine = session_of(log_in(web, "otto"))
    wanted = {"password": "a wrong one", "new_password": "battery staple"}
    assert web.post(f"{API}/account/password", wanted, **mine).code == "login-failed"
    short = {"password": PASSWORD, "new_password": "short"}
    assert web.post(f"{API}/account/password", short, **mine).code == "invalid-job"
    assert log_in(web, "otto").status == 200


def test_it_lists_and_ends_sessions(web: WsgiClient, people: None) -> None:
    mine = session_of(log_in(web, "otto", user_agent="a browser"))
    other = session_of(log_in(web, "otto", user_agent="x" * 500))
    listed = web.get(f"{API}/account/sessions", **mine).json["sessions"]
    assert [(s["is_this"], len(s["agent"])) for s in listed] == [(False, 200), (True, 9)]
    path = f"{API}/account/sessions/{listed[0]['id']}"
    assert web.request("DELETE", path, **mine).status == 204  # type: ignore[arg-type]
    assert web.get(f"{API}/account", **other).status == 401
    assert web.request("DELETE", path, **mine).status == 404  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("Caf\u00c3\u00a9", "Café"), ("Caf\xe9", "Caf\ufffd")],
    ids=["UTF-8", "none"],
)
def test_it_logs_in_a_browser_of_any_name(
    web: WsgiClient, people: None, sent: str, shown: str
) -> None:
    mine = session_of(log_in(web, "otto", user_agent=sent))
    (listed,) = web.get(f"{API}/account/sessions", **mine).json["sessions"]
    assert listed["agent"] == shown


def test_it_makes_lists_and_revokes_tokens(web: WsgiClient, people: None) -> None:
    mine = session_of(log_in(web, "otto"))
    wanted = {"name": "scanner", "scope": "submit", "days": 30}
    made = web.post(f"{API}/account/tokens", wanted, **mine)
    token = made.json["token"]
    assert made.status == 201 and re.fullmatch(r"[A-Za-z0-9_-]{32,}", token)
    bearer = {"authorization": f"Bearer {token}"}
    assert web.post(JOBS, TEXT_JOB, **bearer).json["owner"] == "otto"
    (listed,) = web.get(f"{API}/account/tokens", **mine).json["tokens"]
    assert token not in json.dumps(listed) and listed["used_at"] and listed["expires_at"]
    web.request("DELETE", f"{API}/account/tokens/{listed['id']}", **mine)  # type: ignore[arg-type]
    assert web.get(JOBS, **bearer).code == "login-needed"


def test_it_takes_a_token_until_it_ends(web: WsgiClient, people: None) -> None:
    token = {"authorization": f"Bearer {accounts.add_token('otto', days=1)}"}
    database.close()
    assert web.get(JOBS, **token).status == 200
    query("UPDATE token SET expires_at = :now", {"now": timestamp()})
    database.close()
    assert web.get(JOBS, **token).status == 401


def test_it_lets_a_reading_token_only_look(web: WsgiClient, people: None) -> None:
    token = {"authorization": f"Bearer {accounts.add_token('ada', scope='read')}"}
    database.close()
    assert web.get(JOBS, **token).status == 200
    assert web.post(JOBS, TEXT_JOB, **token).code == "forbidden"


@pytest.mark.parametrize(
    "wanted",
    [{"scope": "root"}, {"days": -1}, {"days": True}, {"days": 1e9}, {"name": 3}, {"x": 1}],
)
def test_it_makes_no_token_that_is_none(web: WsgiClient, people: None, wanted: Any) -> None:
    mine = session_of(log_in(web, "otto"))
    assert web.post(f"{API}/account/tokens", wanted, **mine).code == "invalid-job"


def test_it_shuts_out_a_disabled_account_at_once(web: WsgiClient, people: None) -> None:
    session = session_of(log_in(web, "otto"))
    token = {"authorization": f"Bearer {accounts.add_token('otto')}"}
    accounts.disable("otto", is_disabled=True)
    database.close()
    assert web.get(JOBS, **session).status == web.get(JOBS, **token).status == 401
    assert log_in(web, "otto").code == "login-failed"
    accounts.disable("otto", is_disabled=False)
    database.close()
    assert web.get(JOBS, **session).status == web.get(JOBS, **token).status == 401
    assert log_in(web, "otto").status == 200


def test_it_follows_a_new_role_at_once(web: WsgiClient, people: None) -> None:
    session = session_of(log_in(web, "otto"))
    accounts.set_role("otto", "viewer")
    database.close()
    assert web.post(JOBS, TEXT_JOB, **session).code == "forbidden"


def test_it_submits_no_schedule_of_who_may_not(site: Site, people: None) -> None:
    document = {"name": "a", "cron": "* * * * *", "job": TEXT_JOB}
    site.schedules.add(document, User("otto", "member", reads_all=False))
    accounts.disable("otto", is_disabled=True)
    query("UPDATE schedule SET next_at = '2000'")
    assert site.schedules.submit_due() == 0
    assert "otto is not allowed to submit jobs" in query("SELECT error FROM schedule")[0][0]


# Closing and opening.


def test_it_is_closed_from_the_first_account_on(web: WsgiClient, here: Installation) -> None:
    assert web.get(JOBS).status == 200
    accounts.add("ada", "admin", None)
    database.close()
    assert web.get(JOBS).code == "login-needed"


def test_it_stays_closed_when_the_last_account_is_disabled_or_removed(
    web: WsgiClient, people: None
) -> None:
    for name in ("ada", "otto", "vera"):
        accounts.disable(name, is_disabled=True)
    database.close()
    assert web.get(JOBS).code == "login-needed"
    query("DELETE FROM account")
    database.close()
    assert web.get(JOBS).code == "login-needed"


def test_it_opens_again_only_by_a_reset(web: WsgiClient, people: None) -> None:
    accounts.reopen()
    database.close()
    assert web.get(JOBS).status == 200
    assert web.get(f"{API}/account").json["is_open"] is True


@pytest.mark.parametrize("path", ["/health", "/ready", f"{API}/health"])
def test_it_tells_a_stranger_the_status_word_alone(
    web: WsgiClient, people: None, path: str
) -> None:
    answer = web.get(path)
    told = answer.json if answer.status == 200 else {"status": answer.json["code"]}
    assert told in ({"status": "ok", "version": __version__}, {"status": "not-ready"})


def test_it_shows_a_stranger_nothing_of_a_page(web: WsgiClient, people: None) -> None:
    answer = web.get("/jobs/123?show=all")
    assert (answer.status, answer.body) == (303, b"")
    assert answer.headers["Location"] == "/login?next=/jobs/123%3Fshow%3Dall"
    assert web.get("/login").status == web.get("/static/shared/style.css").status == 200


def test_it_believes_no_proxy_that_it_does_not_know(web: WsgiClient, people: None) -> None:
    log_in(web, "otto", "wrong password", x_forwarded_for="10.9.8.7")
    assert audit.notes(before=None, limit=1)[0]["address"] != "10.9.8.7"


# Limits.


def limited(config: Callable[[str], Settings], site: Site, text: str) -> WsgiClient:
    changed = Site(
        config(f"[limits]\n{text}\n"), site.here, site.files, site.catalog, site.bell, site.intake
    )
    database.close()
    return WsgiClient(routes.make_app(changed))


def test_it_counts_the_requests_of_an_account(
    config: Callable[[str], Settings], site: Site, people: None
) -> None:
    token = {"authorization": f"Bearer {accounts.add_token('otto')}"}
    other = {"authorization": f"Bearer {accounts.add_token('vera')}"}
    web = limited(config, site, "requests_per_minute = 5")
    answers = [web.get(JOBS, **token) for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert answers[-1].headers["Retry-After"] == "1"
    assert web.get(JOBS, **other).status == 200
    assert [web.get("/login").status for _ in range(6)] == [200] * 5 + [429]


def test_it_counts_no_requests_while_it_is_open(
    config: Callable[[str], Settings], site: Site
) -> None:
    web = limited(config, site, "requests_per_minute = 1")
    assert {web.get(JOBS).status for _ in range(5)} == {200}


def test_it_takes_only_so_many_unfinished_jobs_of_an_account(
    config: Callable[[str], Settings], site: Site, people: None
) -> None:
    token = {"authorization": f"Bearer {accounts.add_token('otto')}"}
    web = limited(config, site, "jobs_per_account = 2")
    answers = [web.post(JOBS, TEXT_JOB, **token) for _ in range(3)]
    assert [answer.status for answer in answers] == [202, 202, 429]
    assert answers[-1].code == "too-many-jobs" and answers[-1].headers["Retry-After"]
    lifecycle.ask_cancel(answers[0].json["job_id"])
    database.close()
    assert web.post(JOBS, TEXT_JOB, **token).status == 202


def test_it_takes_only_so_many_bytes_of_an_account(
    config: Callable[[str], Settings], site: Site, people: None
) -> None:
    token = accounts.add_token("otto")
    web = limited(config, site, "mb_per_account = 1")
    part = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    body = part % (b"type", b"", b"upper")
    body += part % (b"files", b'; filename="a.txt"', b"x" * 700_000) + b"--b--\r\n"
    sent = {"content_type": "multipart/form-data; boundary=b", "authorization": f"Bearer {token}"}
    first, second = (web.request("POST", JOBS, body, **sent) for _ in range(2))
    assert (first.status, second.status, second.code) == (202, 507, "quota-full")
    lifecycle.ask_cancel(first.json["job_id"])
    lifecycle.purge([first.json["job_id"]])
    database.close()
    assert web.request("POST", JOBS, body, **sent).status == 202


def test_it_takes_only_so_many_items_in_a_queue(
    config: Callable[[str], Settings], site: Site
) -> None:
    web = limited(config, site, "queue_items = 3")
    two = {"type": "noop", "items": [{"text": "a"}, {"text": "b"}]}
    answers = [web.post(JOBS, two) for _ in range(2)]
    assert [(a.status, a.headers["Retry-After"]) for a in answers] == [(202, None), (429, "30")]


def test_it_counts_the_output_files_of_a_job(submit: Callable[..., Job]) -> None:
    job = submit(bytes=100)
    claim = single.claim("parsing", "c1/w")
    assert claim
    listed = json.dumps([{"name": "a", "size": 7, "path": "a"}])
    single.complete(claim, data="{}", files=listed, warnings="[]")
    assert job_of(job.job_id).bytes == 107


# The audit log.


def test_it_notes_who_did_what(web: WsgiClient, people: None) -> None:
    session = session_of(log_in(web, "ada"))
    job_id = web.post(JOBS, TEXT_JOB, **session).json["job_id"]
    path = f"{JOBS}/{job_id}"
    web.request("PATCH", path, b'{"keep": true}', content_type="application/json", **session)
    web.post(f"{path}/cancel", {}, **session)
    web.post(f"{path}/retry", {}, **session)
    web.post(f"{JOBS}/bulk", {"action": "cancel", "ids": [job_id]}, **session)
    web.request("DELETE", f"{path}?purge=true", b"", **session)
    web.post(f"{API}/queues/parsing/pause", {}, **session)
    web.post(f"{API}/account/tokens", {"name": "t"}, **session)
    log_in(web, "otto", "wrong password")
    log_in(web, "my secret password typed into the wrong field", "x")
    notes = web.get(f"{API}/audit", **session).json["notes"]
    told = [(note["who"], note["action"], note["target"]) for note in reversed(notes)]
    assert told == [
        ("ada", "login", ""),
        ("ada", "submit", job_id),
        ("ada", "change keep", job_id),
        ("ada", "cancel", job_id),
        ("ada", "retry", job_id),
        ("ada", "cancel", job_id),
        ("ada", "delete", job_id),
        ("ada", "pause queue", "parsing"),
        ("ada", "add token (all)", "t"),
        ("otto", "login refused: login-failed", ""),
        ("an unknown name", "login refused: login-failed", ""),
    ]


def test_it_notes_what_others_named_without_its_effects(web: WsgiClient, people: None) -> None:
    audit.note("otto", "", "revoke token", "\x1b[2J\u202etxt.exe\n2026")
    session = session_of(log_in(web, "ada"))
    note = web.get(f"{API}/audit", **session).json["notes"][1]
    assert note["target"] == r"\x1b[2J\u202etxt.exe\n2026"


def test_it_notes_nothing_that_was_refused(web: WsgiClient, people: None) -> None:
    session = session_of(log_in(web, "ada"))
    web.post(f"{JOBS}/nothing/cancel", {}, **session)
    web.post(f"{API}/queues/nothing/pause", {}, **session)
    assert len(audit.notes(before=None, limit=9)) == 1


def test_it_pages_through_the_audit_log(web: WsgiClient, people: None) -> None:
    for number in range(5):
        audit.note("ada", "", "login", number)
    database.close()
    token = {"authorization": f"Bearer {accounts.add_token('ada')}"}
    database.close()
    page = web.get(f"{API}/audit?limit=3", **token).json
    rest = web.get(f"{API}/audit?limit=3&cursor={page['next']}", **token).json
    targets = [note["target"] for note in (*page["notes"], *rest["notes"])]
    assert (targets, rest["next"]) == (["4", "3", "2", "1", "0"], None)


@pytest.mark.parametrize("change", ["UPDATE audit SET who = 'eve'", "DELETE FROM audit"])
def test_it_keeps_the_audit_log_as_it_is(here: Installation, change: str) -> None:
    audit.note("ada", "", "login")
    with pytest.raises(Exception, match="audit log") as raised:
        query(change)
    assert is_refused(raised.value)
    assert audit.notes(before=None, limit=1)[0]["who"] == "ada"


def test_it_forgets_of_the_audit_log_what_is_older_than_a_year(here: Installation) -> None:
    query("""INSERT INTO audit (at, who, address, action, target)
        VALUES ('2020-01-01T00:00:00.000000Z', 'ada', '', 'login', '')""")
    audit.note("ada", "", "logout")
    audit.forget_old()
    assert [note["action"] for note in audit.notes(before=None, limit=9)] == ["logout"]


# The console.


@pytest.fixture
def console(
    loaded: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command on the test's data folder: (exit status, stdout, stderr)."""
    database.close()
    log = logging.getLogger("bellhop")
    monkeypatch.setattr(log, "level", log.level)

    def run(*command: str, given: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        status = main(["--config", str(loaded.config_path), *command])
        database.close()
        said = capfd.readouterr()
        return status, said.out, said.err

    return run


Console = Callable[..., tuple[int, str, str]]


def test_it_adds_an_account_and_prints_a_token_alone(console: Console) -> None:
    add = ("user", "add", "anna", "--role", "admin", "--password-stdin")
    assert console(*add, given=f"{PASSWORD}\n")[0] == 0
    status, out, _ = console("token", "add", "anna")
    assert status == 0 and re.fullmatch(r"[A-Za-z0-9_-]{32,}\n", out)
    assert "anna" in console("user", "list")[1]
    assert accounts.of_token(out.strip()) == User("anna", "admin", True, "all", token=1)
    assert accounts.check_password("anna", PASSWORD, address="")


@pytest.mark.parametrize(
    ("command", "given", "said"),
    [
        ("user add anna --password-stdin", "short\n", "at least 8"),
        ("user add Anna --password-stdin", PASSWORD, "lower-case letters"),
        ("user add local --password-stdin", PASSWORD, "cannot be 'local'"),
        ("user add ada --password-stdin", PASSWORD, "already"),
        ("user disable nobody", "", "no account nobody"),
        ("user password ada", "", "--password-stdin"),
        ("token add nobody", "", "no account nobody"),
        ("token revoke ada 9", "", "no token 9"),
        ("token add ada --days -1", "", "days"),
    ],
)
def test_it_says_in_one_line_what_the_console_cannot_do(
    console: Console, people: None, command: str, given: str, said: str
) -> None:
    database.close()
    status, out, err = console(*command.split(), given=given)
    assert (status, out) == (1, "")
    assert said in err and err.count("\n") == 1


def test_it_gives_everything_from_before_to_the_first_admin(
    console: Console, submit: Callable[..., Job], site: Site
) -> None:
    job = submit()
    site.schedules.add({"name": "a", "cron": "* * * * *", "job": TEXT_JOB}, ANYBODY)
    console("user", "add", "otto", "--role", "member")
    assert job_of(job.job_id).owner == LOCAL
    database.close()
    console("user", "add", "ada", "--role", "admin")
    console("user", "add", "zoe", "--role", "admin")
    tables = ("job", "item", "schedule", "turn")
    owners = {owner for name in tables for (owner,) in query(f"SELECT owner FROM {name}")}
    assert owners == {"ada"}


def test_it_says_how_many_tokens_ended(people: None, console: Console) -> None:
    for command in ("user password otto --password-stdin", "user disable otto"):
        for _ in range(2):
            accounts.add_token("otto")
        database.close()
        said = console(*command.split(), given="battery staple")[2]
        assert "tokens of otto that ended: 2" in said
        assert "ended" not in console(*command.split(), given="battery staple")[2]


def test_it_shows_names_on_the_terminal_without_their_effects(
    people: None, console: Console
) -> None:
    accounts.add_token("otto", name="t")
    query("UPDATE token SET name = :name", {"name": "\x1b[2Jred\u202e\x9b"})
    out = console("token", "list", "otto")[1]
    assert r"\x1b[2Jred\u202e\x9b" in out and out.rstrip("\n").isprintable()


def test_it_unlocks_an_account_with_a_new_password(console: Console, people: None) -> None:
    for _ in range(guessing.FREE_OF_ACCOUNT + 1):
        accounts.check_password("otto", "wrong password", address="")
    database.close()
    console("user", "password", "otto", "--password-stdin", given="battery staple")
    assert accounts.check_password("otto", "battery staple", address="")


def test_it_notes_what_the_console_did(console: Console, people: None) -> None:
    database.close()
    for command in ("user disable otto", "user enable otto", "user role otto --role viewer",
                    "token add otto", "token revoke otto 1", "user reset --open"):  # fmt: skip
        assert console(*command.split())[0] == 0
    told = [(n["who"], n["action"], n["target"]) for n in audit.notes(before=None, limit=9)[::-1]]
    assert told == [
        ("console", "disable account", "otto"),
        ("console", "enable account", "otto"),
        ("console", "role viewer", "otto"),
        ("console", "add token (all)", "otto"),
        ("console", "revoke token", "1 of otto"),
        ("console", "remove every account", ""),
    ]


# Serving others.
