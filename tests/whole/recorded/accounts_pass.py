"""What is asked of a Bellhop with accounts: who comes in, who sees what, and who may do what.

Anna is admin, Ben and Carl are members, Vera is a viewer. The jobs are Ben's.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from bellhop.accounts import totp
from tests.support.running import running
from tests.whole.recorded import open_pass
from tests.whole.recorded.caller import Caller
from tests.whole.recorded.open_pass import FILE, NEW_YEAR, texts
from tests.whole.recorded.routes import try_everything

SETTINGS = {
    "BELLHOP_JOBTYPES_FOLDER": str(open_pass.TYPES),
    "BELLHOP_LIMITS_JOBS_PER_ACCOUNT": "2",
    "BELLHOP_LIMITS_MB_PER_ACCOUNT": "1",
}
ROLES = {"anna": "admin", "ben": "member", "carl": "member", "vera": "viewer"}
BROWSER = {"User-Agent": "Browser of the recording"}
WRONG = "this is the wrong one"


def password_of(name: str) -> str:
    return f"the password of {name}"


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Caller]:
    with running(folder, **SETTINGS) as bellhop:
        for name, role in ROLES.items():
            added = ("user", "add", name, "--role", role, "--password-stdin")
            done = bellhop.run(*added, given=password_of(name))
            assert done.returncode == 0, done.stderr
        bellhop.serve()
        sha256 = hashlib.sha256(FILE.encode()).hexdigest()
        yield Caller(bellhop, {"absent": open_pass.ABSENT, "sha256": sha256})


def log_in(ask: Caller, name: str) -> None:
    given = {"name": name, "password": password_of(name)}
    answer = ask("POST login", json=given, headers=BROWSER)
    ask.logins[name] = {"Cookie": answer.header("set-cookie").partition(";")[0]}


def logging_in(ask: Caller) -> None:
    ask("POST login", json={"name": "ben", "password": WRONG})
    ask("POST login", json={"name": "nobody", "password": WRONG})
    ask("POST login", json={"name": "ben"})
    ask("POST login", json={"name": "ben", "password": WRONG, "colour": "red"})
    ask("POST login", json=[])
    ask("POST login", form=[("name", "ben"), ("password", WRONG)])
    ask("POST login", json={"name": "ben", "password": "x" * 20_000})
    for name in ROLES:
        log_in(ask, name)
    ask("GET account", by="ben")
    ask("GET account/sessions", by="ben")
    ask("DELETE account/sessions/99", by="ben")
    ask("POST logout", by="ben", headers={"Origin": "https://evil.example"})
    ask("POST login", json={"name": "ben", "password": password_of("ben")}, headers=BROWSER)
    ask("DELETE account/sessions/5", by="ben")
    ask("GET account/sessions", by="ben")
    ask("POST logout", by="ben")
    ask("GET account", by="ben")
    log_in(ask, "ben")


def having_tokens(ask: Caller) -> None:
    sure = {"password": password_of("ben")}
    for scope in ("read", "submit", "all"):
        given = {"name": f"to {scope}", "scope": scope, "days": 3650, **sure}
        token = ask("POST account/tokens", json=given, by="ben").json["token"]
        ask.logins[f"ben's {scope}"] = {"Authorization": f"Bearer {token}"}
    ask("POST account/tokens", json={"name": "for ever", "days": 0, **sure}, by="ben")
    ask("POST account/tokens", json={"name": "a", "scope": "most"}, by="ben")
    ask("POST account/tokens", json={"name": "a", "days": 9999}, by="ben")
    ask("POST account/tokens", json={"name": 5}, by="ben")
    ask("GET account/tokens", by="ben")
    ask("DELETE account/tokens/4", by="ben")
    ask("DELETE account/tokens/4", by="ben")
    ask("GET account", by="ben's read")
    ask("GET account/tokens", by="ben's all")
    ask("POST jobs", json=texts("a"), by="ben's read")
    ask("POST jobs", json=texts("a"), by="ben's submit", name="by token")
    ask.final("by token", "ben")
    ask("POST jobs/{by token}/cancel", by="ben's submit")
    ask("DELETE jobs/{by token}?purge=true", by="ben's all")
    ask("GET account", headers={"Authorization": "Bearer nothing"})
    ask("GET account", headers={"Cookie": "bellhop_session=nothing"})


def owning(ask: Caller) -> None:
    form = [("type", "report")]
    ask("POST jobs", form=form, files=[("ben.txt", FILE)], by="ben", name="job")
    ask.final("job", "ben")
    ask("GET jobs/{job}", by="ben")
    ask("GET jobs/{job}", by="anna")
    ask("GET jobs/{job}", by="carl")
    ask("POST jobs", form=form, files=[("carl.txt", FILE)], by="carl", name="carls")
    ask.final("carls", "carl")
    ask("GET files/{sha256}/jobs", by="carl")
    ask("GET jobs?owner=ben", by="anna")
    ask("GET jobs", by="carl")
    ask("GET jobs/facets", by="carl")
    ask("GET jobs/stats", by="carl")
    ask("POST jobs", json=texts("a", depends_on=["{job}"]), by="carl")
    ask("POST jobs", json=texts("a"), by="vera")
    ask("POST schedules", json={**NEW_YEAR, "job": texts("happy")}, by="ben")
    ask("GET schedules", by="carl")
    ask("GET schedules", by="anna")
    ask("DELETE schedules/1", by="carl")
    ask("POST jobs/bulk", json={"action": "purge", "ids": ["{job}"]}, by="carl")


def sharing(ask: Caller) -> None:
    ask("POST jobs/{job}/shares", json={"account": "vera"}, by="ben")
    ask("POST jobs/{job}/shares", json={"account": "ben"}, by="ben")
    ask("POST jobs/{job}/shares", json={"account": "nobody"}, by="ben")
    ask("GET jobs/{job}/shares", by="ben")
    ask("GET jobs/{job}/shares", by="vera")
    ask("GET jobs", by="vera")
    ask("GET jobs/{job}/result", by="vera")
    ask("POST jobs/{job}/shares", json={"account": "carl"}, by="anna")
    ask("GET jobs/{job}", by="carl")
    ask("DELETE jobs/{job}", by="carl")
    ask("DELETE jobs/{job}/shares/carl", by="ben")
    ask("DELETE jobs/{job}/shares/carl", by="ben")
    ask("GET jobs/{job}", by="carl")


def nobody(ask: Caller) -> None:
    ask("GET jobs")
    ask("GET /jobs/{job}?a=b")
    ask("POST jobs", json=texts("a"))
    ask("GET health")
    ask("GET ready")
    try_everything(ask, None)


def a_viewer_it_is_shared_with(ask: Caller) -> None:
    try_everything(ask, "vera")


def another_member(ask: Caller) -> None:
    try_everything(ask, "carl")
    log_in(ask, "carl")


def a_token_to_read(ask: Caller) -> None:
    try_everything(ask, "ben's read")


def a_token_to_submit(ask: Caller) -> None:
    try_everything(ask, "ben's submit")


def administering(ask: Caller) -> None:
    for request in ("GET health", "GET ready", "GET monitoring/health", "GET cache"):
        ask(request, by="anna")
    ask("GET monitoring/space", by="ben")
    ask("PATCH jobs/{job}", json={"keep": True}, by="anna")
    ask("POST queues/default/pause", by="anna")
    ask("DELETE jobs/{carls}?purge=true", by="anna")
    ask("DELETE schedules/1", by="anna")
    page = ask("GET audit?limit=5", by="anna")
    ask.names["page"] = page.json["next"]
    ask("GET audit?limit=5&cursor={page}", by="anna")
    ask("GET audit?limit=200", by="anna")


def managing_accounts(ask: Caller) -> None:
    own = {"own_password": password_of("anna")}
    ask("GET accounts", by="anna")
    fresh = {"name": "dora", "role": "viewer", "password": password_of("dora"), **own}
    ask("POST accounts", json=fresh, by="anna")
    ask("POST accounts", json=fresh, by="anna")
    ask("POST accounts", json={"name": "emil", "role": "viewer"}, by="anna")
    ask("POST accounts", json={**fresh, "own_password": WRONG}, by="anna")
    ask("PATCH accounts/dora", json={"role": "member", "is_disabled": True, **own}, by="anna")
    ask("PATCH accounts/dora", json={"role": "boss", **own}, by="anna")
    ask("PATCH accounts/nobody", json={"role": "admin", **own}, by="anna")
    ask("PATCH accounts/anna", json={"role": "member", **own}, by="anna")


def inviting(ask: Caller) -> None:
    own = {"own_password": password_of("anna")}
    wish = {"kind": "invitation", "name": "fay", "role": "member"}
    made = ask("POST links", json={**wish, **own}, by="anna").json
    ask.names["invitation"] = made["link"].partition("#")[2]
    ask("POST links", json={**wish, "role": "boss", **own}, by="anna")
    ask("POST links", json=wish, by="ben")
    ask("GET links", by="anna")
    ask("GET links", by="ben")
    ask("POST links/look", json={"token": "{invitation}"})
    chosen = {"token": "{invitation}", "name": "", "password": password_of("fay")}
    ask("POST links/use", json={**chosen, "password": "short"})
    ask("POST links/use", json=chosen)
    ask("POST links/use", json=chosen)
    ask("POST links", json={"kind": "reset", "name": "vera", **own}, by="anna")
    number = ask("GET links", by="anna").json["links"][0]["id"]
    ask(f"DELETE links/{number}", by="anna")
    ask(f"DELETE links/{number}", by="anna")


def having_a_second_factor(ask: Caller) -> None:
    own = {"password": password_of("carl")}
    ask("POST account/totp", json={"password": WRONG}, by="carl")
    secret = ask("POST account/totp", json=own, by="carl").json["secret"]
    ask("POST account/totp/confirm", json={"code": "no code"}, by="carl")
    ask.names["code"] = totp.code_at(secret, totp.step_now())
    ask("POST account/totp/confirm", json={"code": "{code}"}, by="carl")
    ask("GET account/totp", by="carl")
    ask("POST login", json={"name": "carl", **own})
    ask("POST login", json={"name": "carl", "code": "{code}", **own})
    ask("POST account/totp/remove", json=own, by="carl")


def wanting_notices(ask: Caller) -> None:
    ask("GET account/notices", by="carl")
    ask("PATCH account/notices", json={"address": "no address", "wants": "every"}, by="carl")
    ask("PATCH account/notices", json={"address": "c@example.org", "wants": "every"}, by="carl")
    ask("POST account/notices/test", by="carl")
    ask("PATCH account/notices", json={"address": "", "wants": "nothing"}, by="carl")


def reaching_limits(ask: Caller) -> None:
    """The queue is paused, so what is submitted stays."""
    for text in ("one", "two"):
        ask("POST jobs", json=texts(text), by="carl", moves=False)
    ask("POST jobs", json=texts("three"), by="carl")
    form = [("type", "report")]
    ask("POST jobs", form=form, headers={"Content-Length": "1500000", "Expect": "100-continue"},
        by="ben")  # fmt: skip


def changing_a_password(ask: Caller) -> None:
    fresh = "another password"
    ask("POST account/password", json={"password": WRONG, "new_password": fresh}, by="ben")
    right = password_of("ben")
    ask("POST account/password", json={"password": right, "new_password": "short"}, by="ben")
    ask("POST account/password", json={"password": right, "new_password": fresh}, by="ben")
    ask("GET account/sessions", by="ben")
    ask("POST login", json={"name": "ben", "password": right})


def failing_too_often(ask: Caller) -> None:
    wrong = json.dumps({"name": "vera", "password": WRONG}).encode()
    kind = {"Content-Type": "application/json"}
    for _ in range(9):  # each failure locks for longer, so that a slow machine gets there too
        if ask.send("POST login", wrong, kind).status == 429:
            break
    ask("POST login", json={"name": "vera", "password": password_of("vera")})


GROUPS = (
    logging_in,
    having_tokens,
    owning,
    sharing,
    nobody,
    a_viewer_it_is_shared_with,
    another_member,
    a_token_to_read,
    a_token_to_submit,
    administering,
    managing_accounts,
    inviting,
    having_a_second_factor,
    wanting_notices,
    reaching_limits,
    changing_a_password,
    failing_too_often,
)
