"""Who may do what: every route, every role, the owner and everybody else.

`docs/security.md` says it in two tables, and these tests ask each route as each person.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bellhop.accounts import access, accounts, links
from bellhop.accounts.access import RULES, SCOPES, TOKEN_SCOPES, User, may
from bellhop.base.addresses import API
from bellhop.database.database import database
from bellhop.jobs import lifecycle, sharing
from bellhop.jobs.newjob import NewItem, NewJob
from bellhop.schedules import schedules
from bellhop.settings.settings import Settings
from bellhop.storage.models import Job
from bellhop.web.gate import COOKIE
from bellhop.web.routes import Route, every_route
from bellhop.web.site import Site
from tests.support import single
from tests.support.jobs import job_of
from tests.support.places import ROOT
from tests.support.wsgi import Answer, WsgiClient, form

SECURITY = (ROOT / "docs" / "security.md").read_text()
JOBS = f"{API}/jobs"
SHA256 = "ab" * 32
ROLES = {"vera": "viewer", "otto": "member", "mia": "member", "ada": "admin"}
# What somebody is to the job that they ask about: it is otto's, and shared with `vera`.
Person = str
PEOPLE = ("stranger", "viewer it is shared with", "viewer", "its owner", "other member", "admin")
ACCOUNT_OF = {
    "viewer it is shared with": "vera", "viewer": "veit", "its owner": "otto",
    "other member": "mia", "admin": "ada",
}  # fmt: skip
YES, LOGIN = "yes", "to the login"

# action: what each of PEOPLE is answered, with [access] jobs = own, and with team where it differs.
OWN = {
    "open": (YES, YES, YES, YES, YES, YES),
    "page": (LOGIN, YES, YES, YES, YES, YES),
    "look": (401, YES, YES, YES, YES, YES),
    "account": (401, YES, YES, YES, YES, YES),
    "submit": (401, 403, 403, YES, YES, YES),
    "change_many": (401, 403, 403, YES, YES, YES),
    "monitor": (401, 403, 403, 403, 403, YES),
    "manage": (401, 403, 403, 403, 403, YES),
    "people": (401, 403, 403, 403, 403, YES),
    "read": (401, YES, 404, YES, 404, YES),
    "inspect": (401, 403, 404, YES, 404, YES),
    "change": (401, 403, 404, YES, 404, YES),
}
TEAM = {
    **OWN,
    "read": (401, YES, YES, YES, YES, YES),
    "inspect": (401, 403, 403, YES, 403, YES),
    "change": (401, 403, 403, YES, 403, YES),
}
# What is no job is shared with nobody, and no viewer has any of it.
BESIDE: dict[str, dict[str, tuple[object, ...]]] = {
    # Without a provider there is nothing for anybody.
    "/login/sso": {"own": (404,) * 6},
    "/login/sso/callback": {"own": (404,) * 6},
    f"{API}/webhooks/secret": {"own": (401, 403, 403, YES, YES, YES)},
    f"{API}/account/notices": {"own": (401, 403, 403, YES, YES, YES)},
    f"{API}/account/notices/test": {"own": (401, 403, 403, YES, YES, YES)},
    f"{API}/schedules/<number:re:[0-9]{{1,15}}>": {
        "own": (401, 403, 403, YES, 404, YES), "team": (401, 403, 403, YES, 403, YES),
    },
    f"{API}/schedules/<number:re:[0-9]{{1,15}}>/run": {
        "own": (401, 403, 403, YES, 404, YES), "team": (401, 403, 403, YES, 403, YES),
    },
}  # fmt: skip


ROUTES = every_route()


def shown(path: str) -> str:
    """A route as the documents write it: `/jobs/ID/items/INDEX`."""
    names = {"job_id": "ID", "number": "N", "sha256": "SHA256"}
    return re.sub(r"<(\w+)[^>]*>", lambda m: names.get(m[1], m[1].upper()), path)


def test_it_documents_the_action_of_every_route() -> None:
    told = re.findall(r"^\| `([A-Z]+) (/\S*)` \| (\w+) \|$", SECURITY, re.M)
    assert told == [(route.method, shown(route.path), route.action) for route in ROUTES]


def test_it_documents_who_may_do_each_action() -> None:
    found = re.findall(r"^\| (\w+) \| ((?:yes|401|to the login) \|.*) \|$", SECURITY, re.M)
    told = {action: [cell.strip() for cell in cells.split("|")] for action, cells in found}
    assert set(told) == set(RULES) == set(OWN)
    for action, cells in told.items():
        stranger, shared, viewer, owner, member, admin = map(str, OWN[action])
        of_no_job = [stranger, viewer, member, "", "", "", "", admin]
        of_a_job = [stranger, "", "", owner, shared, member, str(TEAM[action][4]), admin]
        is_of_a_job = RULES[action].is_own or action == "read"
        assert cells == (of_a_job if is_of_a_job else of_no_job), action


@pytest.fixture(params=["own", "team"])
def shared(request: pytest.FixtureRequest, config: Callable[[str], Settings]) -> str:
    return str(request.param)


@pytest.fixture
def loaded(config: Callable[[str], Settings], shared: str) -> Settings:
    return config(f"[access]\njobs = {shared}\n")


@pytest.fixture
def logins(web: WsgiClient) -> dict[str, str]:
    """A session of every account, by its name; none has a password, which takes time."""
    found = {}
    for name, role in {**ROLES, "veit": "viewer"}.items():
        accounts.add(name, role, None)
        found[name] = f"secret-of-{name}"
        accounts.begin_session(found[name], name, "127.0.0.1", "a browser")
    database.close()
    return found


@pytest.fixture
def cast(site: Site, logins: dict[str, str]) -> Iterator[Callable[[], Job]]:
    """Makes otto's job anew: completed, with a file, a delivery and a share."""
    for name in logins:
        for _ in range(2):
            accounts.add_token(name)

    def make() -> Job:
        new = NewJob(
            type="noop",
            name="a job",
            params={},
            queue="ai",
            max_attempts=4,
            items=[NewItem("a", {"file": "0.txt"})],
            contents=[SHA256],
            webhook_url="https://example.org/hook",
            owner="otto",
        )
        lifecycle.submit(new)
        given = site.files.upload(new.job_id, "0.txt")
        given.parent.mkdir()
        given.write_bytes(b"a")
        complete(site, new.job_id)
        sharing.share(job_of(new.job_id).id, "vera", is_shown=True)
        document = {"name": "a", "cron": "0 7 * * 1", "job": {"type": "noop", "items": [TEXT]}}
        site.schedules.add(document, User("otto", "member", reads_all=False))
        fail_deliveries()
        database.close()
        return job_of(new.job_id)

    yield make
    database.close()


TEXT = {"text": "a"}


def complete(site: Site, job_id: str) -> None:
    """Complete the job, which writes a file."""
    claim = single.claim("ai", "c1/w")
    assert claim is not None and claim.job_id == job_id
    path = site.files.result(job_id, f"{claim.name}/report.csv")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a")
    listed = [{"name": "report.csv", "size": 1, "path": f"{claim.name}/report.csv"}]
    assert single.complete(claim, data="{}", files=json.dumps(listed), warnings="[]")


def fail_deliveries() -> None:
    while claim := single.claim("webhooks", "c1/w"):
        lifecycle.cancel(claim)


def address(route: Route, job: Job, person: Person) -> str:
    """The route about otto's job, schedule and share, or about what is the person's own."""
    values = {
        "job_id": job.job_id, "index": "0", "sha256": SHA256, "account": "vera",
        "upload_id": "0" * 32,
        "name": {"/static/<name:path>": "shared/style.css"}.get(route.path, "default"),
    }  # fmt: skip
    if "/files/<name" in route.path:
        values["name"] = "report.csv"
    values["number"] = str(number_of(route, person))
    return re.sub(r"<(\w+)[^>]*>", lambda found: values[found[1]], route.path)


def number_of(route: Route, person: Person) -> int:
    """Of a delivery, of the newest schedule, or of something of one's own."""
    name = ACCOUNT_OF.get(person, "ada")
    if "/schedules/" in route.path:
        return max(row.id for row in schedules.listed(access.BELLHOP))
    if "/links/" in route.path:
        links.make(links.INVITATION, "eve", "viewer", "ada")
        return links.pending()[0].id
    if "/tokens/" in route.path:
        return int(accounts.tokens(name)[-1]["id"])
    if "/sessions/" in route.path:
        return int(accounts.sessions(name)[0]["id"])
    return 1


BODIES: dict[str, Any] = {
    f"{JOBS}": {"type": "noop", "items": [TEXT]},
    f"{API}/schedules": {
        "name": "b", "cron": "0 7 * * 1", "job": {"type": "noop", "items": [TEXT]},
    },
    f"{JOBS}/<job_id>/shares": {"account": "veit"},
    f"{JOBS}/bulk": {"action": "cancel", "ids": []},
}  # fmt: skip


def ask(web: WsgiClient, route: Route, path: str, login: str | None, body: Any) -> Answer:
    headers = {"cookie": f"{COOKIE}={login}"} if login else {}
    if route.method == "GET":
        return web.get(path, **headers)
    encoded = json.dumps(body).encode()
    return web.request(route.method, path, encoded, content_type="application/json", **headers)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {shown(route.path)}")
def test_it_answers_each_person_on_each_route(
    web: WsgiClient,
    cast: Callable[[], Job],
    logins: dict[str, str],
    route: Route,
    shared: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bellhop.accounts.passwords.matches", lambda password, stored: False)
    expected: tuple[object, ...] = (TEAM if shared == "team" else OWN)[route.action]
    if beside := BESIDE.get(route.path):
        expected = beside.get(shared, beside["own"])
    for person, answer in zip(PEOPLE, expected, strict=True):
        job = cast()
        path = address(route, job, person)
        login = logins.get(ACCOUNT_OF.get(person, ""))
        given = ask(web, route, path, login, BODIES.get(route.path, {}))
        said = (person, given.status, given.body[:300])
        if answer == LOGIN:
            assert (given.status, given.headers["Location"]) == (303, f"/login?next={path}"), said
        elif answer == YES:
            assert given.status not in (303, 401, 403, 404), said
        else:
            assert given.status == answer, said
            assert job.job_id.encode() not in given.body, said
            again = job_of(job.job_id)
            assert (again.change, again.keep) == (job.change, job.keep), said
        database.close()
        for name, secret in logins.items():  # a route may have ended one
            if accounts.of_session(secret) is None:
                accounts.begin_session(secret, name, "127.0.0.1", "a browser")


@pytest.mark.parametrize("action", RULES)
@pytest.mark.parametrize("scope", TOKEN_SCOPES)
def test_it_lets_a_token_do_no_more_than_its_scope(action: str, scope: str) -> None:
    allowed = {
        "read": {"open", "page", "look", "read", "inspect", "monitor"},
        "submit": {"open", "page", "look", "read", "inspect", "monitor", "submit"},
        "all": {*RULES} - {"account", "people"},
    }[scope]
    assert may(User("ada", "admin", True, scope), action) == (action in allowed)


def test_it_needs_a_password_for_passwords_sessions_and_tokens(
    web: WsgiClient, logins: dict[str, str]
) -> None:
    token = accounts.add_token("ada")
    database.close()
    answer = web.post(f"{API}/account/tokens", {}, authorization=f"Bearer {token}")
    assert (answer.status, answer.code) == (403, "forbidden")
    assert SCOPES[-1] == "session"


# Nothing crosses owners.


def headers(logins: dict[str, str], name: str) -> dict[str, str]:
    return {"cookie": f"{COOKIE}={logins[name]}"}


LISTS = (
    JOBS, f"{JOBS}?q=a+job", f"{JOBS}?owner=otto", f"{JOBS}?status=completed,failed",
    f"{JOBS}?type=noop&queue=ai", f"{JOBS}?since=0", f"{API}/files/{SHA256}/jobs",
)  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_it_lists_what_one_may_read(
    web: WsgiClient, cast: Callable[[], Job], logins: dict[str, str], shared: str, path: str
) -> None:
    job = cast()
    database.close()
    listed = {n: web.get(path, **headers(logins, n)).json["jobs"] for n in logins}
    readers = {n for n, jobs in listed.items() if job.job_id in [j["job_id"] for j in jobs]}
    assert readers == ({*logins} if shared == "team" else {"otto", "vera", "ada"})


def test_it_pages_through_what_one_may_read(
    web: WsgiClient, cast: Callable[[], Job], logins: dict[str, str]
) -> None:
    wanted = [cast().job_id for _ in range(5)]
    for name in ("otto", "vera", "ada"):
        found, path = [], f"{JOBS}?limit=2&type=noop"
        while path:
            page = web.get(path, **headers(logins, name)).json
            found += [job["job_id"] for job in page["jobs"]]
            path = page["next"] and f"{JOBS}?limit=2&type=noop&cursor={page['next']}"
        assert found == wanted[::-1], name


@pytest.mark.parametrize("shared", ["own"], indirect=True)
@pytest.mark.parametrize("name", ["mia", "veit"])
def test_it_says_of_anothers_job_what_it_says_of_none(
    web: WsgiClient, cast: Callable[[], Job], logins: dict[str, str], name: str
) -> None:
    job = cast()
    found, none = (
        web.get(f"{JOBS}/{job_id}", **headers(logins, name)) for job_id in (job.job_id, "0" * 20)
    )
    assert (found.status, found.body) == (none.status, none.body)
    assert found.headers["ETag"] is none.headers["ETag"] is None


@pytest.mark.parametrize("shared", ["own"], indirect=True)
def test_it_counts_only_what_one_may_read(
    web: WsgiClient, cast: Callable[[], Job], logins: dict[str, str]
) -> None:
    cast()
    database.close()
    totals = {n: web.get(f"{JOBS}/stats", **headers(logins, n)).json["total"] for n in logins}
    assert totals == {"otto": 1, "vera": 1, "ada": 1, "mia": 0, "veit": 0}


@pytest.mark.parametrize("shared", ["own"], indirect=True)
def test_it_tells_only_their_owner_of_deleted_jobs(
    web: WsgiClient, cast: Callable[[], Job], logins: dict[str, str]
) -> None:
    job = cast()
    lifecycle.purge([job.job_id], is_expired=True)
    database.close()
    gone = {n: web.get(f"{JOBS}?since=0", **headers(logins, n)).json["gone"] for n in logins}
    assert {name for name, ids in gone.items() if job.job_id in ids} == {"otto", "ada"}
    status = {n: web.get(f"{JOBS}/{job.job_id}", **headers(logins, n)).status for n in logins}
    assert status == {"otto": 410, "ada": 410, "mia": 404, "vera": 404, "veit": 404}


@pytest.mark.parametrize("name", ["mia", "vera"])
def test_it_hides_the_webhook_from_who_may_only_read(
    web: WsgiClient, cast: Callable[[], Job], logins: dict[str, str], name: str, shared: str
) -> None:
    job = cast()
    mine = web.get(f"{JOBS}/{job.job_id}", **headers(logins, "otto")).json
    assert mine["webhook_url"] == "https://example.org/hook"
    theirs = web.get(f"{JOBS}/{job.job_id}", **headers(logins, name))
    assert theirs.status == 404 or theirs.json["webhook_url"] is None


@pytest.mark.parametrize("shared", ["own"], indirect=True)
def test_it_shows_the_work_of_others_as_a_number_only(
    web: WsgiClient, logins: dict[str, str], submit: Callable[..., Job], site: Site
) -> None:
    submit(owner="otto", name="secret plan")
    assert single.claim("parsing", "c1/w")
    database.close()
    mine, theirs = (
        web.get(f"{API}/monitoring/queues", **headers(logins, n)).body for n in ("otto", "mia")
    )
    assert b'"running": 1' in theirs and theirs == mine
    workers = web.get(f"{API}/monitoring/workers", **headers(logins, "mia"))
    assert b"secret plan" not in workers.body


def test_it_depends_on_no_job_that_one_cannot_read(
    web: WsgiClient, cast: Callable[[], Job], logins: dict[str, str], shared: str
) -> None:
    job = cast()
    wanted = {"type": "noop", "items": [TEXT], "depends_on": [job.job_id]}
    answer = web.post(JOBS, wanted, **headers(logins, "mia"))
    assert answer.status == (202 if shared == "team" else 422)
    if shared == "own":
        unknown = {**wanted, "depends_on": ["0" * 20]}
        said = web.post(JOBS, unknown, **headers(logins, "mia")).json["detail"]
        assert answer.json["detail"].replace(job.job_id, "0" * 20) == said


def test_it_takes_an_earlier_result_of_another_only_in_a_team(
    web: WsgiClient, logins: dict[str, str], workers: Any, shared: str
) -> None:
    def upload(name: str) -> Any:
        body = form([("a.txt", b"some words")], "files", {"type": "upper"})
        kind = "multipart/form-data; boundary=x-boundary-x"
        sent = web.request("POST", JOBS, body, content_type=kind, **headers(logins, name))
        assert sent.status == 202, sent.body
        return sent.json

    assert upload("otto")["cached"] is False
    while workers.run_next():
        pass
    database.close()
    assert upload("otto")["cached"] is True
    assert upload("mia")["cached"] is (shared == "team")


def test_it_keeps_an_idempotency_key_for_each_owner(
    web: WsgiClient, logins: dict[str, str]
) -> None:
    body = {"type": "noop", "items": [TEXT]}
    ids = {
        n: web.post(JOBS, body, idempotency_key="k", **headers(logins, n)).json["job_id"]
        for n in ("otto", "mia", "otto")
    }
    assert ids["otto"] != ids["mia"]


@pytest.mark.parametrize("shared", ["own"], indirect=True)
def test_it_refuses_each_of_many_that_one_may_not_change(
    web: WsgiClient, cast: Callable[[], Job], logins: dict[str, str]
) -> None:
    job = cast()
    wanted = {"action": "purge", "ids": [job.job_id]}
    answer = web.post(f"{JOBS}/bulk", wanted, **headers(logins, "mia")).json
    assert (answer["done"], answer["refused"][0]["code"]) == (0, "not-found")
    assert job_of(job.job_id).status == "completed"


@pytest.mark.parametrize("shared", ["own"], indirect=True)
def test_it_shares_and_shares_no_more(
    web: WsgiClient, cast: Callable[[], Job], logins: dict[str, str]
) -> None:
    job = cast()
    path = f"{JOBS}/{job.job_id}"
    answer = web.post(f"{path}/shares", {"account": "mia"}, **headers(logins, "otto"))
    assert answer.json == {"accounts": ["mia", "vera"], "link": f"/jobs/{job.job_id}"}
    assert web.get(path, **headers(logins, "mia")).status == 200
    web.request("DELETE", f"{path}/shares/mia", b"", **headers(logins, "otto"))
    assert web.get(path, **headers(logins, "mia")).status == 404


@pytest.mark.parametrize("account", ["nobody", "otto", "", None, 3])
def test_it_shares_with_other_accounts_only(
    web: WsgiClient, cast: Callable[[], Job], logins: dict[str, str], account: Any
) -> None:
    path = f"{JOBS}/{cast().job_id}/shares"
    assert web.post(path, {"account": account}, **headers(logins, "otto")).status == 422
