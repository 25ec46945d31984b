"""A database that is away, restarts or drops connections: what the web answers meanwhile."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.consumer.workers import Workers
from bellhop.database import connection, postgresql
from bellhop.database import database as interface
from bellhop.database.database import bind_server, database, query
from bellhop.jobs import lifecycle
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.web import idempotency
from bellhop.web.routes import Route, every_route
from bellhop.web.site import Site
from tests.support.jobs import job_of
from tests.support.postgres import ROLE, Postgres, unused_port
from tests.support.proxy import Proxy
from tests.support.wsgi import BOUNDARY, Answer, WsgiClient, form

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
JOBS = "/api/v1/jobs"
TEXT = {"type": "noop", "items": [{"text": "a"}]}
ADDRESS = re.compile(r"127\.0\.0\.1|localhost|bellhop\b.*user|user \"")


@pytest.fixture
def proxy(here: Installation, postgres: Postgres) -> Iterator[Proxy]:
    with Proxy(postgres.port) as proxy:
        bind_server(postgres.url("tables", proxy.port, tls=False))
        yield proxy
        database.close_all()


@pytest.fixture
def web(proxy: Proxy, web: WsgiClient) -> WsgiClient:
    assert web.get("/health").status == 200  # it has its connection
    return web


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that are lost look as if they were not, as while no packet says so."""
    monkeypatch.setattr(postgresql, "has_ended", lambda connection: connection.closed)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interface, "LOOK_FOR_S", 0.1)


def take_away(proxy: Proxy) -> None:
    """The server is gone: connections break, and nobody answers new ones."""
    proxy.server_port = unused_port()
    proxy.reset()


def upload(web: WsgiClient, **headers: str) -> Answer:
    body = form([("a.txt", b"three short words")], "files", {"type": "upper"})
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return web.request("POST", JOBS, body, content_type=kind, **headers)


def ask(web: WsgiClient, route: Route) -> Answer:
    path = re.sub(r"<[^>]*sha256[^>]*>", "0" * 64, route.path)
    path = re.sub(r"<upload_id[^>]*>", "0" * 32, path)
    path = re.sub(r"<(index|number)[^>]*>", "0", path)
    path = re.sub(r"<[^>]*>", "x", path)
    body = b"" if route.method in ("GET", "HEAD") else b"{}"
    return web.request(route.method, path, body, tus_resumable="1.0.0")


def require_unavailable(web: WsgiClient, route: Route) -> None:
    answer = ask(web, route)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"] or 0) > 0
    assert route.method == "HEAD" or answer.code == "database-unavailable"


def names(route: Route) -> str:
    return f"{route.method} {route.path}"


def test_it_answers_over_a_connection_that_was_lost_while_it_rested(
    web: WsgiClient, proxy: Proxy
) -> None:
    proxy.reset()
    assert web.post(JOBS, TEXT).status == 202
    proxy.reset()
    assert len(web.get(JOBS).json["jobs"]) == 1


@pytest.mark.usefixtures("unseen")
@pytest.mark.parametrize("path", [JOBS, "/", "/ready", "/health", "/metrics", f"{JOBS}/stats"])
def test_it_asks_once_more_where_a_connection_is_lost_in_an_answer(
    web: WsgiClient, proxy: Proxy, path: str
) -> None:
    before = web.get(path).status
    proxy.reset()
    assert web.get(path).status == before


@pytest.mark.usefixtures("unseen")
def test_it_gives_a_file_over_a_lost_connection(
    web: WsgiClient, proxy: Proxy, workers: Workers
) -> None:
    job = upload(web).json["job_id"]
    proxy.reset()
    given = web.get(f"{JOBS}/{job}/items/0/input")
    assert (given.status, given.body) == (200, b"three short words")


@pytest.mark.parametrize("route", every_route(), ids=names)
def test_it_answers_503_while_the_database_is_gone(
    web: WsgiClient, proxy: Proxy, route: Route
) -> None:
    take_away(proxy)
    require_unavailable(web, route)


@pytest.mark.usefixtures("unseen")
@pytest.mark.parametrize("route", every_route(), ids=names)
def test_it_answers_503_where_the_database_goes_in_the_middle(
    web: WsgiClient, proxy: Proxy, route: Route
) -> None:
    take_away(proxy)
    require_unavailable(web, route)


@pytest.mark.usefixtures("unseen")
def test_it_answers_503_also_where_a_browser_finds_nothing(web: WsgiClient, proxy: Proxy) -> None:
    take_away(proxy)
    answer = web.get("/nothing", accept="text/html")
    assert (answer.status, answer.code) == (503, "database-unavailable")


def test_it_answers_again_when_the_database_is_back(
    web: WsgiClient, proxy: Proxy, postgres: Postgres
) -> None:
    take_away(proxy)
    assert web.get("/ready").status == 503
    proxy.server_port = postgres.port
    assert web.get("/ready").code == "not-ready"  # there is no consumer here
    assert web.post(JOBS, TEXT).status == 202


def test_it_answers_503_where_the_server_takes_no_more_connections(
    web: WsgiClient, proxy: Proxy, postgres: Postgres
) -> None:
    postgres.psql(f"ALTER ROLE {ROLE} CONNECTION LIMIT 0")
    try:
        proxy.reset()
        answer = web.post(JOBS, TEXT)
    finally:
        postgres.psql(f"ALTER ROLE {ROLE} CONNECTION LIMIT -1")
    assert (answer.status, answer.code) == (503, "database-unavailable")
    assert web.post(JOBS, TEXT).status == 202


def test_it_answers_503_where_the_server_only_reads(
    web: WsgiClient, proxy: Proxy, postgres: Postgres
) -> None:
    """As a standby does that was the primary."""
    postgres.psql("ALTER DATABASE tables SET default_transaction_read_only = on")
    try:
        proxy.reset()
        answer = web.post(JOBS, TEXT)
    finally:
        postgres.psql("ALTER DATABASE tables RESET default_transaction_read_only")
    assert (answer.status, answer.code) == (503, "database-unavailable")
    assert web.post(JOBS, TEXT).status == 202, "the connection to it is not used again"


def test_it_answers_busy_where_another_writer_takes_too_long(
    web: WsgiClient, tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    query("SET lock_timeout = '50ms'")
    with connection.connect(tables) as other:
        other.execute(postgresql.BEGIN, prepare=False)
        answer = web.post(JOBS, TEXT)
        assert web.get(JOBS).status == 200, "reading goes on"
        other.rollback()
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "busy", "2")


def test_it_tells_nobody_where_the_database_is(web: WsgiClient, proxy: Proxy) -> None:
    take_away(proxy)
    said = web.get("/ready").json["detail"]
    assert "PostgreSQL" in said and not ADDRESS.search(said)


def test_it_logs_once_that_the_database_is_gone(
    web: WsgiClient, proxy: Proxy, postgres: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bellhop.web")
    take_away(proxy)
    for _ in range(3):
        web.get("/health")
    proxy.server_port = postgres.port
    web.get("/health")
    gone, back = [r.getMessage() for r in caplog.records if r.name == "bellhop.web"]
    assert gone.startswith("the database is not available (") and "\n" not in gone
    assert back == "the database is available again"


def test_it_waits_on_for_a_job_while_the_database_is_away(
    web: WsgiClient, proxy: Proxy, postgres: Postgres
) -> None:
    job = web.post(JOBS, TEXT).json["job_id"]

    def trouble() -> None:
        time.sleep(0.3)
        take_away(proxy)
        time.sleep(0.7)
        proxy.server_port = postgres.port
        lifecycle.ask_cancel(job)
        database.close()

    thread = threading.Thread(target=trouble)
    thread.start()
    answer = web.get(f"{JOBS}/{job}", prefer="wait=20")
    thread.join()
    assert (answer.status, answer.json["status"]) == (200, "cancelled")


def test_it_waits_no_longer_because_the_database_was_away(web: WsgiClient, proxy: Proxy) -> None:
    job = web.post(JOBS, TEXT).json["job_id"]
    began = time.monotonic()
    thread = threading.Timer(0.2, take_away, [proxy])
    thread.start()
    assert web.get(f"{JOBS}/{job}", prefer="wait=1").status == 503
    thread.join()
    assert time.monotonic() - began < 2


def test_it_accepts_a_job_whose_commit_was_not_answered(
    web: WsgiClient, proxy: Proxy, here: Installation
) -> None:
    proxy.swallow_commit_answer()
    answer = upload(web)
    assert (answer.status, proxy.swallowed) == (202, 1)
    assert Files(here.folder).has_uploads(answer.json["job_id"])


def before_commit(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """`act` when a job is written, and its COMMIT not sent yet; once."""
    commit, acts = postgresql.Postgres.commit, [act]

    def acting(engine: postgresql.Postgres) -> None:
        if acts:
            acts.pop()()
        commit(engine)

    monkeypatch.setattr(postgresql.Postgres, "commit", acting)


def test_it_leaves_nothing_of_a_job_that_could_not_be_written(
    web: WsgiClient, proxy: Proxy, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = lifecycle.submit

    def cut_off(*arguments: Any) -> None:
        submit(*arguments)
        take_away(proxy)

    monkeypatch.setattr(lifecycle, "submit", cut_off)
    answer = upload(web)
    assert (answer.status, answer.code) == (503, "database-unavailable")
    assert "accepts nothing" in answer.json["detail"]
    assert not Files(here.folder).has_jobs()


def test_it_leaves_nothing_of_a_job_whose_commit_was_not_made(
    web: WsgiClient, proxy: Proxy, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_commit(monkeypatch, proxy.reset)
    answer = upload(web)
    assert (answer.status, answer.code) == (503, "database-unavailable")
    assert "accepts nothing" in answer.json["detail"]
    assert not Files(here.folder).has_jobs()
    assert query("SELECT count(*) FROM job") == [(0,)]


@pytest.mark.usefixtures("impatient")
def test_it_keeps_the_files_of_a_job_while_nobody_can_tell_whether_it_is_accepted(
    web: WsgiClient, proxy: Proxy, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_commit(monkeypatch, lambda: take_away(proxy))
    answer = upload(web)
    assert (answer.status, answer.code) == (503, "database-unavailable")
    assert "cannot tell" in answer.json["detail"] and "Idempotency-Key" in answer.json["detail"]
    assert Files(here.folder).has_jobs()


@pytest.mark.usefixtures("impatient")
def test_it_accepts_once_what_is_repeated_after_an_answer_that_nobody_could_give(
    web: WsgiClient, proxy: Proxy, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.swallow_commit_answer()
    look = interface._was_made

    def gone(*arguments: Any) -> bool:
        take_away(proxy)
        return look(*arguments)

    monkeypatch.setattr(interface, "_was_made", gone)
    assert upload(web, idempotency_key="k").status == 503
    proxy.server_port = postgres.port
    again = upload(web, idempotency_key="k")
    assert (again.status, again.headers["Idempotency-Replayed"]) == (202, "true")
    assert query("SELECT count(*) FROM job") == [(1,)]


def test_it_makes_no_second_job_of_a_key_that_is_taken_meanwhile(
    web: WsgiClient, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = upload(web, idempotency_key="k").json["job_id"]
    known, looks = idempotency.earlier_job, []

    def late(*arguments: Any) -> str | None:
        looks.append(1)
        return None if len(looks) == 1 else known(*arguments)

    monkeypatch.setattr(idempotency, "earlier_job", late)
    again = upload(web, idempotency_key="k")
    assert (again.status, again.json["job_id"]) == (202, first)
    assert query("SELECT job_id FROM job") == [(first,)]
    assert [path.name for path in (here.folder / "uploads").iterdir()] == [first]


def test_it_shows_an_accepted_job_over_a_new_connection(
    web: WsgiClient, proxy: Proxy, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(site.bell), "ring", lambda *_: proxy.reset())
    assert web.post(JOBS, TEXT).status == 202


def test_it_says_that_a_job_is_accepted_which_it_cannot_show(
    web: WsgiClient, proxy: Proxy, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(site.bell), "ring", lambda *_: take_away(proxy))
    answer = web.post(JOBS, TEXT)
    assert (answer.status, answer.code) == (503, "database-unavailable")
    assert answer.json["detail"].startswith("This was done")


def test_it_deletes_the_files_of_a_job_whose_purge_was_not_answered(
    web: WsgiClient, proxy: Proxy, here: Installation
) -> None:
    job = upload(web).json["job_id"]
    web.post(f"{JOBS}/{job}/cancel", {})
    proxy.swallow_commit_answer()
    assert web.request("DELETE", f"{JOBS}/{job}?purge=true").status == 204
    assert proxy.swallowed == 1
    assert not Files(here.folder).has_jobs()


def test_it_purges_many_jobs_whose_commit_was_not_answered(
    web: WsgiClient, proxy: Proxy, here: Installation
) -> None:
    jobs = [upload(web).json["job_id"] for _ in range(2)]
    for job in jobs:
        web.post(f"{JOBS}/{job}/cancel", {})
    proxy.swallow_commit_answer()
    answer = web.post(f"{JOBS}/bulk", {"action": "purge", "ids": jobs})
    assert (answer.status, answer.json["done"], proxy.swallowed) == (200, 2, 1)
    assert not Files(here.folder).has_jobs()


@pytest.mark.parametrize("wish", ["cancel", "retry"])
def test_it_does_what_people_wish_though_the_commit_was_not_answered(
    web: WsgiClient, proxy: Proxy, wish: str
) -> None:
    job = web.post(JOBS, TEXT).json["job_id"]
    if wish == "retry":
        web.post(f"{JOBS}/{job}/cancel", {})
    proxy.swallow_commit_answer()
    assert web.post(f"{JOBS}/{job}/{wish}", {}).status == 202
    assert proxy.swallowed == 1
    assert job_of(job).status == {"cancel": "cancelled", "retry": "queued"}[wish]


def test_it_logs_in_though_the_commit_was_not_answered(
    web: WsgiClient,
    proxy: Proxy,
    make_account: Callable[[], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin = accounts.begin_session

    def losing(*arguments: Any) -> None:
        begin(*arguments)
        proxy.swallow_commit_answer()

    monkeypatch.setattr(accounts, "begin_session", losing)
    answer = web.post("/api/v1/login", make_account())
    assert (answer.status, proxy.swallowed) == (200, 1)
    sent = answer.headers.get_all("Set-Cookie")
    cookie = next(text for text in sent if text.startswith("bellhop_session")).partition(";")[0]
    proxy.reset()
    assert web.get("/api/v1/account", cookie=cookie).status == 200


@pytest.fixture
def make_account(here: Installation) -> Callable[[], dict[str, str]]:
    def make() -> dict[str, str]:
        name, password = "ann", "a long and unusual password"
        with database.atomic():
            accounts.add(name, "admin", accounts.hashed(password, name))
        return {"name": name, "password": password}

    return make


def test_it_answers_over_every_connection_after_a_restart(web: WsgiClient, proxy: Proxy) -> None:
    for _ in range(3):
        proxy.reset()
        assert web.get(JOBS).status == 200
