"""Two-factor login: codes of an app, recovery codes, who takes it away."""

from __future__ import annotations

import base64
import logging
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bellhop.accounts import accounts, audit, totp
from bellhop.cli.main import main
from bellhop.database.database import database, query
from bellhop.settings.settings import Settings
from bellhop.web.gate import COOKIE
from tests.support.atonce import at_once
from tests.support.wsgi import Answer, WsgiClient

API = "/api/v1"
TOTP = f"{API}/account/totp"
# RFC 6238, appendix B: the key in Base32, and {time: the last six digits of its code}.
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_CODES = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}


@pytest.fixture(autouse=True)
def people(web: WsgiClient) -> None:
    """Ada, who is the only admin, and Otto, both logged in."""
    for name, role in (("ada", "admin"), ("otto", "member")):
        accounts.add(name, role, accounts.hashed(password_of(name)))
        accounts.begin_session(f"secret of {name}", name, "127.0.0.1", "a browser")
    database.close()


class Time:
    """The time in steps, as the tests say it."""

    step = 1000


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    now = Time()
    monkeypatch.setattr(totp, "step_now", lambda: now.step)
    return now


def password_of(name: str) -> str:
    return f"the password of {name}"


def login(name: str = "otto") -> dict[str, str]:
    return {"cookie": f"{COOKIE}=secret of {name}"}


def post(web: WsgiClient, tail: str, name: str = "otto", **given: Any) -> Answer:
    return web.post(f"{TOTP}{tail}", given, **login(name))


def log_in(web: WsgiClient, code: str | None = None, name: str = "otto") -> Answer:
    body = {"name": name, "password": password_of(name)}
    return web.post(f"{API}/login", body if code is None else {**body, "code": code})


@pytest.fixture
def secret(web: WsgiClient) -> str:
    """Of Otto, who has begun."""
    return str(post(web, "", password=password_of("otto")).json["secret"])


@pytest.fixture
def recovery(web: WsgiClient, secret: str, time: Time) -> list[str]:
    """The recovery codes of Otto, who has it on since a while."""
    codes = post(web, "/confirm", code=totp.code_at(secret, time.step)).json["recovery_codes"]
    time.step += 10
    return list(codes)


def noted() -> list[tuple[str, str]]:
    found = audit.notes(before=None, limit=20)
    database.close()
    return [(note["who"], note["action"]) for note in found]


@pytest.mark.parametrize(("at", "code"), RFC_CODES.items())
def test_it_makes_the_codes_of_the_standard(at: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, at // totp.STEP_S) == code


def test_it_gives_an_app_what_it_needs(web: WsgiClient) -> None:
    begun = post(web, "", password=password_of("otto"))
    address = urlsplit(begun.json["address"])
    assert (begun.status, address.scheme, address.netloc) == (201, "otpauth", "totp")
    assert address.path == "/Bellhop:otto"
    assert begun.json["qr"].startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    told = parse_qs(address.query)
    assert told == {"secret": [begun.json["secret"]], "issuer": ["Bellhop"]}
    assert len(base64.b32decode(begun.json["secret"])) == 20


def test_it_needs_the_password_to_begin(web: WsgiClient) -> None:
    assert post(web, "", password="a guess").code == "login-failed"


def test_it_is_not_on_before_a_code_proves_it(web: WsgiClient, secret: str, time: Time) -> None:
    assert post(web, "/confirm", code="000000").json["errors"][0]["field"] == "code"
    assert web.get(TOTP, **login()).json == {"is_on": False, "recovery_codes": 0}
    assert log_in(web).status == 200
    assert post(web, "/confirm", code=totp.code_at(secret, time.step)).status == 200
    assert web.get(TOTP, **login()).json == {"is_on": True, "recovery_codes": 10}
    assert ("otto", "turn on two-factor login") in noted()


def test_it_begins_with_another_secret_each_time(web: WsgiClient, secret: str, time: Time) -> None:
    again = post(web, "", password=password_of("otto")).json["secret"]
    assert again != secret
    assert post(web, "/confirm", code=totp.code_at(secret, time.step)).status == 422
    assert post(web, "/confirm", code=totp.code_at(again, time.step)).status == 200
    begun = post(web, "", password=password_of("otto"))
    assert (begun.code, "already" in begun.json["detail"]) == ("forbidden", True)


def test_it_replaces_no_secret_that_another_request_confirms_meanwhile(
    web: WsgiClient, secret: str, recovery: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the app of the account would show codes that are none."""
    monkeypatch.setattr(totp, "is_on", lambda account: False)
    assert post(web, "", password=password_of("otto")).code == "forbidden"
    assert query("SELECT secret FROM totp") == [(secret,)]
    database.close()


def test_it_confirms_nothing_that_was_not_begun(web: WsgiClient) -> None:
    assert post(web, "/confirm", code="000000").status == 422


def test_it_asks_at_the_login_for_a_code(
    web: WsgiClient, secret: str, recovery: list[str], time: Time
) -> None:
    asked = log_in(web)
    assert (asked.status, asked.code) == (401, "code-needed")
    assert asked.headers["Set-Cookie"] is None
    code = totp.code_at(secret, time.step)
    assert log_in(web, f"{code[:3]} {code[3:]}").json == {"name": "otto", "role": "member"}
    assert log_in(web, name="ada").status == 200  # who has none is not asked


@pytest.mark.parametrize("skew", [-2, -1, 0, 1, 2])
def test_it_bears_a_clock_that_is_one_step_off(
    web: WsgiClient, secret: str, recovery: list[str], time: Time, skew: int
) -> None:
    status = log_in(web, totp.code_at(secret, time.step + skew)).status
    assert status == (200 if abs(skew) <= 1 else 401)


def test_it_accepts_each_code_once_and_none_before_it(
    web: WsgiClient, secret: str, recovery: list[str], time: Time
) -> None:
    code = totp.code_at(secret, time.step)
    assert [log_in(web, code).status for _ in range(2)] == [200, 401]
    assert log_in(web, totp.code_at(secret, time.step - 1)).status == 401
    assert log_in(web, totp.code_at(secret, time.step + 1)).status == 200


def test_it_accepts_no_code_again_that_turned_it_on(
    web: WsgiClient, secret: str, recovery: list[str], time: Time
) -> None:
    time.step -= 10
    assert log_in(web, totp.code_at(secret, time.step)).status == 401


def test_it_accepts_a_code_once_however_many_send_it(
    web: WsgiClient, secret: str, recovery: list[str], time: Time
) -> None:
    code = totp.code_at(secret, time.step)
    given = at_once(*[partial(totp.accept, "otto", code)] * 4)
    assert sorted(given, key=str) == [None, None, None, totp.APP]


def test_it_accepts_each_recovery_code_once(web: WsgiClient, recovery: list[str]) -> None:
    assert len(set(recovery)) == 10
    assert log_in(web, recovery[3].upper().replace("-", " ")).status == 200
    assert log_in(web, recovery[3]).status == 401
    assert log_in(web, recovery[4]).status == 200
    assert web.get(TOTP, **login()).json["recovery_codes"] == 8
    assert ("otto", "use recovery code") in noted()


def test_it_takes_no_recovery_code_of_somebody_else(web: WsgiClient, recovery: list[str]) -> None:
    assert totp.accept("ada", recovery[0]) is None
    assert totp.accept("otto", recovery[0]) == totp.RECOVERY


def test_it_stores_no_recovery_code_as_it_is_shown(recovery: list[str]) -> None:
    stored = str(query("SELECT * FROM recovery_code"))
    assert not [code for code in recovery if code in stored or code.replace("-", "") in stored]


def test_it_slows_who_guesses_codes(
    web: WsgiClient, secret: str, recovery: list[str], time: Time
) -> None:
    given = [log_in(web, "000000").status for _ in range(9)]
    assert given[:4] == [401] * 4
    assert given[-1] == 429
    assert log_in(web, totp.code_at(secret, time.step)).status == 429  # also who is right waits
    accounts.set_password("otto", accounts.hashed(password_of("otto")))
    database.close()
    assert log_in(web, totp.code_at(secret, time.step)).status == 200
    assert ("otto", "login refused: login-failed") in noted()


def test_it_tells_nobody_without_the_password(web: WsgiClient, recovery: list[str]) -> None:
    body = {"name": "otto", "password": "a guess"}
    said = web.post(f"{API}/login", body).json
    assert said == web.post(f"{API}/login", {**body, "name": "ada"}).json
    assert said == web.post(f"{API}/login", {**body, "code": recovery[0]}).json
    assert log_in(web, recovery[0]).status == 200


@pytest.mark.parametrize("code", [5, None, ["1"], {}])
def test_it_takes_a_text_for_a_code_only(web: WsgiClient, recovery: list[str], code: Any) -> None:
    body = {"name": "otto", "password": password_of("otto"), "code": code}
    assert web.post(f"{API}/login", body).json["errors"][0]["field"] == "code"


@pytest.mark.parametrize("code", ["\uff11\uff12\uff13\uff14\uff15\uff16", "", " ", "1" * 5000])
def test_it_takes_other_texts_for_wrong_codes(
    web: WsgiClient, recovery: list[str], code: str
) -> None:
    assert log_in(web, code).status == 401


def test_it_asks_no_program_for_a_code(web: WsgiClient, recovery: list[str]) -> None:
    token = accounts.add_token("otto")
    database.close()
    assert web.get(f"{API}/account", authorization=f"Bearer {token}").status == 200


def test_it_turns_off_with_the_password(web: WsgiClient, recovery: list[str]) -> None:
    assert post(web, "/remove", password="a guess").code == "login-failed"
    assert log_in(web).status == 401
    assert post(web, "/remove", password=password_of("otto")).status == 204
    assert log_in(web).status == 200
    assert query("SELECT count(*) FROM recovery_code") == [(0,)]
    assert ("otto", "turn off two-factor login") in noted()


def test_it_is_removed_by_an_admin(web: WsgiClient, recovery: list[str]) -> None:
    path, own = f"{API}/accounts", {"own_password": password_of("ada")}
    shown = {a["name"]: a["has_totp"] for a in web.get(path, **login("ada")).json["accounts"]}
    assert shown == {"ada": False, "otto": True}
    changed = web.request(
        "PATCH", f"{path}/otto", b'{"remove_totp": true, "own_password": "the password of ada"}',
        content_type="application/json", **login("ada"),
    )  # fmt: skip
    assert (changed.status, changed.json["has_totp"], own is None) == (200, False, False)
    assert log_in(web).status == 200
    assert ("ada", "remove two-factor login") in noted()


def test_it_is_removed_at_the_console(
    web: WsgiClient, recovery: list[str], loaded: Settings, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    log = logging.getLogger("bellhop")
    monkeypatch.setattr(log, "level", log.level)

    def console(name: str) -> tuple[int, str]:
        database.close()
        status = main(["--config", str(loaded.config_path), "user", "totp-remove", name])
        return status, capfd.readouterr().err

    assert console("otto") == (0, "")
    assert log_in(web).status == 200
    assert console("otto") == (1, "bellhop: otto has no two-factor login\n")
    assert console("eve")[0] == 1


def test_it_ends_with_all_accounts(web: WsgiClient, recovery: list[str]) -> None:
    accounts.reopen()
    assert query("SELECT count(*) FROM totp") == query("SELECT count(*) FROM recovery_code")
    accounts.add("otto", "admin", accounts.hashed(password_of("otto")))
    database.close()
    assert log_in(web).status == 200


def test_it_stays_on_with_a_new_password(web: WsgiClient, recovery: list[str]) -> None:
    accounts.set_password("otto", accounts.hashed(password_of("otto")))
    database.close()
    assert log_in(web).code == "code-needed"
