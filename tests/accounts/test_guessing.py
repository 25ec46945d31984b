"""Guessing passwords: how fast it goes, whom it slows, and what the audit log tells of it."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest

from bellhop.accounts import accounts, audit, browsers, guessing, passwords
from bellhop.base.addresses import network
from bellhop.base.errors import Problem
from bellhop.base.times import timestamp
from bellhop.database.database import database, query
from bellhop.storage.installation import Installation
from bellhop.web.gate import BROWSER
from tests.support.wsgi import Answer, WsgiClient

API = "/api/v1"
PASSWORD, WRONG = "correct horse", "a wrong one"
HOME = "203.0.113.7"


@pytest.fixture(autouse=True)
def people(here: Installation) -> Iterator[None]:
    for name in ("ada", "otto"):
        accounts.add(name, "member", accounts.hashed(PASSWORD))
    yield
    database.close()


def log_in(
    web: WsgiClient, password: str = PASSWORD, *, name: str = "otto", address: str = HOME,
    browser: str = "", **headers: str,
) -> Answer:  # fmt: skip
    if browser:
        headers["cookie"] = f"{BROWSER}={browser}"
    given = {"name": name, "password": password}
    return web.post(f"{API}/login", given, remote_addr=address, **headers)


def browser_of(answer: Answer) -> str:
    """The cookie of a known browser."""
    found = [SimpleCookie(text) for text in answer.headers.get_all("Set-Cookie")]
    return next(cookie[BROWSER].value for cookie in found if BROWSER in cookie)


def fail(address: str, name: str = "otto") -> None:
    """One wrong try; whether it was refused before it was made is the same to whoever guesses."""
    with contextlib.suppress(Problem):
        assert not accounts.check_password(name, WRONG, address=address)


def one_of_64(number: int) -> str:
    return f"2001:db8:0:1::{number:x}"


def test_it_lets_a_known_browser_in_while_a_network_guesses(web: WsgiClient) -> None:
    browser = browser_of(log_in(web))
    for number in range(100):
        fail(one_of_64(number))
    database.close()
    assert log_in(web, address=one_of_64(200)).status == 429
    assert log_in(web, browser=browser).status == 200
    assert log_in(web, browser=browser, address=one_of_64(200)).status == 200


def test_it_lets_a_known_browser_in_while_many_networks_guess(web: WsgiClient) -> None:
    browser = browser_of(log_in(web))
    for number in range(guessing.FREE_OF_ALL + 20):
        fail(f"2001:db8:{number:x}::1")
    database.close()
    assert log_in(web, address="192.0.2.1").status == 429
    assert log_in(web, browser=browser, address="192.0.2.1").status == 200


def test_it_counts_an_ipv6_network_as_one_address(web: WsgiClient) -> None:
    statuses = [log_in(web, WRONG, address=one_of_64(number)).status for number in range(6)]
    assert statuses == [401] * 5 + [429]
    assert log_in(web, address="2001:db8:0:2::1").status == 200


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1:2:3:4", "2001:db8:0:0::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_it_knows_the_network_of_an_address(address: str, counted: str) -> None:
    expected = counted.replace("0:0::", ":") if "db8" in counted else counted
    assert network(address) == expected


def test_it_slows_a_new_network_for_a_minute_at_most(web: WsgiClient) -> None:
    """Where many networks guess, whoever comes from a new one without the cookie waits."""
    for number in range(guessing.FREE_OF_ALL + 1):
        guessing.count(guessing.counters("otto", f"n{number}", None, is_known=False))
    query("UPDATE login_failure SET count = 9000, not_before = '2000' WHERE count > 50")
    database.close()
    assert log_in(web, WRONG, address="192.0.2.1").status == 401
    retry_after_s = int(log_in(web, address="192.0.2.2").headers["Retry-After"] or "")
    assert 50 < retry_after_s <= guessing.LONGEST_BRAKE_S


def test_it_does_not_slow_a_network_that_the_account_came_from(web: WsgiClient) -> None:
    log_in(web)
    for number in range(guessing.FREE_OF_ALL + 20):
        fail(f"2001:db8:{number:x}::1")
    database.close()
    assert log_in(web).status == 200


def test_it_slows_a_known_browser_by_its_own_tries_alone(web: WsgiClient) -> None:
    browser, other = browser_of(log_in(web)), browser_of(log_in(web))
    for _ in range(guessing.FREE_OF_ACCOUNT + 1):
        assert log_in(web, WRONG, browser=browser).status == 401
    assert log_in(web, browser=browser).status == 429
    assert log_in(web, browser=other).status == 200
    assert log_in(web).status == 200


def test_it_knows_a_browser_for_its_account_alone(web: WsgiClient) -> None:
    browser = browser_of(log_in(web))
    for _ in range(guessing.FREE_OF_ACCOUNT + 1):
        log_in(web, WRONG, name="ada")
    assert log_in(web, name="ada", browser=browser).status == 429
    query("DELETE FROM login_failure")
    database.close()
    assert browser_of(log_in(web, name="ada", browser=browser)) != browser


def test_it_forgets_known_browsers_with_a_new_password(web: WsgiClient) -> None:
    browser = browser_of(log_in(web))
    accounts.set_password("otto", accounts.hashed("battery staple"))
    database.close()
    for _ in range(guessing.FREE_OF_ACCOUNT + 1):
        log_in(web, WRONG)
    assert log_in(web, "battery staple", browser=browser).status == 429


def test_it_keeps_so_many_known_browsers_and_stores_none_as_it_is_sent() -> None:
    sent = [browsers.begin("", "otto", HOME) for _ in range(browsers.MOST_BROWSERS + 3)]
    stored = {value for (value,) in query("SELECT hash FROM known_browser")}
    assert stored == {
        hashlib.sha256(secret.encode()).hexdigest() for secret in sent[-browsers.MOST_BROWSERS :]
    }


def test_it_tells_nobody_by_a_cookie_which_names_there_are(web: WsgiClient) -> None:
    browser = browser_of(log_in(web))
    known, unknown = (
        [
            (answer.status, answer.body, answer.headers.get_all("Set-Cookie"))
            for answer in (log_in(web, WRONG, name=name, browser=b) for b in ("", "x") * 2)
        ]
        for name in ("ada", "nobody")
    )
    assert known == unknown
    assert log_in(web, WRONG, name="nobody", browser=browser).headers["Set-Cookie"] is None


@pytest.mark.parametrize("years", [-10, 10])
def test_it_keeps_nobody_waiting_because_the_clock_was_set(web: WsgiClient, years: int) -> None:
    for _ in range(guessing.FREE_OF_ACCOUNT + 1):
        fail(HOME)
    away = timestamp(years * 365 * 86400)
    query("UPDATE login_failure SET at = :away, not_before = :away", {"away": away})
    database.close()
    assert log_in(web).status == 200


def test_it_bounds_the_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "MOST_COUNTERS", 30)
    for number in range(40):
        fail(f"192.0.2.{number}", name=f"n{number}")
    assert query("SELECT count(*) FROM login_failure")[0][0] <= 30 + 3


class Hanging:
    """scrypt that goes on when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.go_on = threading.Event()
        self.entered = threading.Semaphore(0)
        monkeypatch.setattr(hashlib, "scrypt", self.scrypt)

    def scrypt(self, password: bytes, **options: Any) -> bytes:
        if password == WRONG.encode():
            self.entered.release()
            assert self.go_on.wait(10)
        return bytes(32)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    found = Hanging(monkeypatch)
    yield found
    found.go_on.set()


def guess(network: str) -> threading.Thread:
    thread = threading.Thread(target=passwords.matches, args=[WRONG, None, network])
    thread.start()
    return thread


def test_it_has_a_turn_for_known_browsers_while_strangers_fill_theirs(hanging: Hanging) -> None:
    threads = [guess(f"net {number % 2}") for number in range(4)]
    for _ in range(2):
        assert hanging.entered.acquire(timeout=10)
    passwords.matches(PASSWORD, None, "otto", is_known=True)
    hanging.go_on.set()
    for thread in threads:
        thread.join()


def test_it_gives_one_network_half_of_the_places(hanging: Hanging) -> None:
    threads = [guess("net 0") for _ in range(2)]
    for _ in range(2):
        assert hanging.entered.acquire(timeout=10)
    with pytest.raises(Problem, match="Too many logins"):
        passwords.matches(WRONG, None, "net 0")
    other = guess("net 1")
    hanging.go_on.set()
    for thread in (*threads, other):
        thread.join()


def test_it_counts_no_failure_where_no_try_was_made(
    web: WsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "STRANGERS", passwords.Queue(1, places=0, each=0))
    assert {log_in(web).status for _ in range(9)} == {429}
    assert max(count for (count,) in query("SELECT count FROM login_failure")) == 0


# What the audit log tells.


def told() -> list[tuple[str, str, str]]:
    notes = audit.notes(before=None, limit=200)
    return [(note["who"], note["address"], note["action"]) for note in reversed(notes)]


def refuse(times: int, who: str = "otto", address: str = one_of_64(1)) -> None:
    for _ in range(times):
        audit.note_refused(who, address, "login refused: login-failed")


def test_it_tells_of_refused_logins_together() -> None:
    refuse(1234)
    ((since,),) = query("SELECT since FROM refusal")
    action = "login refused: login-failed"
    assert told() == [
        ("otto", one_of_64(1), action),
        *(
            ("otto", "2001:db8:0:1::/64", f"{action} ({count} since {since[:19]}Z)")
            for count in (10, 100, 1000)
        ),
    ]


def test_it_tells_how_many_there_were_when_the_hour_is_over() -> None:
    refuse(25)
    query("UPDATE refusal SET since = '2026-01-01T00:00:00.000000Z'")
    audit.forget_old()
    assert told()[-1][2] == "login refused: login-failed (25 since 2026-01-01T00:00:00Z)"
    refuse(1)
    assert told()[-1][2] == "login refused: login-failed"


def test_it_bounds_what_strangers_of_many_networks_write() -> None:
    for number in range(2000):
        refuse(1, address=f"2001:db8:{number:x}::1")
    assert len(told()) <= audit.MOST_KINDS + 5
    _, address, action = told()[-1]
    assert address == audit.ELSEWHERE
    assert action.startswith("login refused: login-failed (1000 since 2")


def test_it_writes_little_for_a_flood_of_logins(web: WsgiClient) -> None:
    for number in range(40):
        log_in(web, WRONG, name=f"n{number}", address=one_of_64(number))
    assert len(told()) < 10


# Which passwords there may be.


@pytest.mark.parametrize(
    "password",
    [
        "password", "Password1", "12345678", "PASSWORD!!", "qwertyuiop", "iloveyou2",
        "aaaaaaaa", "abababab", "abcdefgh", "87654321", "aaaabbbb", "abcd1234", "bellhop1",
        "Bellhop-2026", "otto", "ottootto", "otto1234", "Otto2026!", "        ",
    ],
)  # fmt: skip
def test_it_takes_no_password_that_everybody_tries(password: str) -> None:
    with pytest.raises(accounts.Refused, match="the password must"):
        accounts.hashed(password, "otto")


@pytest.mark.parametrize(
    "password",
    ["correct horse", "the password of ben", "kq8-vwz2", "пароль-для-ольги", "パスワードはひみつ",
     "x9" + "long and longer " * 60],
)  # fmt: skip
def test_it_takes_other_passwords_of_any_characters(password: str) -> None:
    assert passwords.matches(password, accounts.hashed(password, "otto"))


def test_it_knows_the_3000_most_common_ones() -> None:
    common = passwords._common()
    assert len(common) >= 3000
    assert all(len(word) >= passwords.LEAST_LENGTH for word in common)


def test_it_takes_a_common_password_that_was_set_before(web: WsgiClient) -> None:
    query("UPDATE account SET password = :p", {"p": passwords.hashed("password")})
    database.close()
    assert log_in(web, "password").status == 200
