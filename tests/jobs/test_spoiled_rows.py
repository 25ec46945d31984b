"""A row that holds garbage fails alone: the other items run, and every page answers."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from peewee import TextField

from bellhop.base.errors import ItemError
from bellhop.consumer.keeper import Keeper
from bellhop.database import schema
from bellhop.database.database import bind_server, database, query
from bellhop.database.server import migrate
from bellhop.jobs import consumers, lifecycle, queues
from bellhop.jobs.newjob import Key, NewItem, NewJob, NewStep
from bellhop.storage.files import Files
from bellhop.storage.inspection import Inspection
from bellhop.storage.installation import Installation
from bellhop.storage.models import TABLES, Job
from bellhop.web import routes
from bellhop.web.site import Site
from tests.support import single
from tests.support.disks import sync_nothing
from tests.support.jobs import error_of, items_of, job_of
from tests.support.postgres import Postgres
from tests.support.wsgi import WsgiClient

ITS_CHECKS = pytest.mark.sqlite("its CHECKs can be switched off, and a text can hold bytes")
Submit = Callable[..., Job]
COLUMNS = [
    (table._meta.table_name, column.column_name)
    for table in TABLES
    for column in table._meta.sorted_fields
    if isinstance(column, TextField) or column.column_name == "account"
]
JSON = {
    ("job", "params"), ("job", "error"), ("job", "chain"), ("job", "depends_on"), ("item", "input"),
    ("item", "error"), ("result", "data"), ("result", "files"), ("result", "warnings"),
    ("consumer", "queues"), ("schedule", "job"), ("machine", "queues"), ("machine", "facts"),
    ("served", "description"), ("join_token", "queues"), ("consumer", "told"),
    ("notice", "error"),
}  # fmt: skip
# With several rows, which a round of a consumer changes.
BUSY = ("job", "item", "event")
NESTED = "replace(substr(hex(zeroblob(495)), 1, 990), '0', '{0}')"
BLOB = "x'ff00'"
NO_TEXT = ("''", "CAST(x'fffe22' AS TEXT)", BLOB, "'a' || char(0) || 'b'", "'../..'", "NULL")
NO_JSON = (
    *NO_TEXT, "'{'", "'[1]'", "'null'", "'{\"a\": {}}'", "'\"\\ud800\"'",
    "replace(hex(zeroblob(3000)), '0', '9')", "replace(hex(zeroblob(50000)), '0', '[')",
    f"{NESTED.format('[')} || '1' || {NESTED.format(']')}",
)  # fmt: skip
# PostgreSQL takes no bytes in a text, and its CHECKs refuse some of these.
SERVER_NO_JSON = (
    "NULL", "''", "'7'", "'{'", "'[1]'", "'null'", "'{\"a\": {}}'", "'\"\\ud800\"'",
    "'\"\\u0000\"'", "'{\"text\": \"\\u0000\"}'", "repeat('9', 6000)",
    "repeat('[', 990) || repeat(']', 990)",
)  # fmt: skip
PAGES = (
    "health", "ready", "metrics", "api/v1/jobs", "api/v1/jobs?q=x", "api/v1/jobs?since=0",
    "api/v1/jobs/facets", "api/v1/jobs/stats", "api/v1/schedules", "api/v1/audit",
    "api/v1/monitoring/queues",
    "api/v1/monitoring/workers", "api/v1/monitoring/machines", "api/v1/monitoring/health",
    "api/v1/cache", "api/v1/types",
    "api/v1/webhooks/secret", "api/v1/account/notices", "api/v1/monitoring/problems",
    "api/v1/monitoring/space",
    f"api/v1/files/{'a' * 64}/jobs",
)  # fmt: skip
OF_JOB = ("", "/result", "/items", "/events", "/deliveries", "/shares", "/items/0/log")
RAW = """
    INSERT INTO account (name, role, created_at) VALUES ('anna', 'admin', '2026');
    INSERT INTO upload (id, owner, filename, metadata, length, stored_bytes, boot, sha256,
        expires_at) VALUES ('u', 'local', 'a.txt', '', 0, 0, 'b', '', '2999');
    INSERT INTO session (hash, account, address, agent, created_at, used_at)
        VALUES ('h', 'anna', '', '', '2026', '2026');
    INSERT INTO token (hash, account, name, scope, created_at) VALUES ('h', 'anna', '', 'all', '');
    INSERT INTO login_failure VALUES ('as x', 1, '2026', '2026');
    INSERT INTO share (account, job) SELECT 'anna', min(id) FROM job;
    INSERT INTO audit (at, who, address, action, target) VALUES ('2026', 'x', '', 'x', 'x');
    INSERT INTO schedule (name, owner, cron, timezone, job, next_at, created_at)
        VALUES ('x', 'local', '* * * * *', 'UTC', '{"type": "noop"}', '2020', '2020');
    INSERT INTO webhook_secret VALUES ('local', 'whsec_');
    INSERT INTO webhook_disabled VALUES ('local', 'http://localhost/off', '2020');
    INSERT INTO gone (change, job_id, owner) VALUES (0, 'deleted', 'local');
    INSERT INTO duration VALUES ('noop', 0, 1.5);
    INSERT INTO cache_count VALUES ('noop', 1, 1);
    INSERT INTO cache (key, type, owner, item, bytes, created_at, used_at)
        SELECT 'k', 'noop', 'local', min(item), 1, '2026', '2026' FROM result;
    INSERT INTO content SELECT id, '{hash}' FROM job;
    UPDATE job SET bytes = 10;
    INSERT INTO known_browser (hash, account, network, used_at) VALUES ('h', 'anna', '', '2026');
    INSERT INTO one_time_link (hash, kind, account, role, made_by, created_at, expires_at)
        VALUES ('h', 'reset', 'anna', 'admin', 'x', '2026', '2026');
    INSERT INTO totp VALUES ('anna', 'S', 5, '2026');
    INSERT INTO recovery_code VALUES ('h', 'anna');
    INSERT INTO sso_identity VALUES ('https://a.example', 's', 'anna', '2026');
    INSERT INTO machine VALUES ('m', 'gpu', 0, '{"ai": 2}', '1', 'p', '{}', '2026', '2026');
    INSERT INTO served VALUES ('m', 'noop', 'c', '{}', 'x');
    INSERT INTO join_token VALUES ('h', 'gpu', '{"ai": 2}', 'anna', '2026', '2026');
    INSERT INTO published VALUES ('needs', '10');
    INSERT INTO watch VALUES ('scans', '/srv/scans', 'm', '{}');
    INSERT INTO watched VALUES ('t', 'm', 'j', 'done/a.txt', 'x');
    INSERT INTO notice_wish VALUES ('local', 'a@example.org', 'every');
    INSERT INTO notice (at, owner, address, kind, name, status, job_id, type, started_at, error)
        VALUES ('2999', 'anna', '', 'job', 'x', 'failed', 'x', 'noop', '2026', '{"message": "x"}');
    INSERT INTO notice_sent (at, owner, address, job_id, count) VALUES ('2026', 'x', '', 'x', 1);
    INSERT INTO trouble VALUES ('disk', 'The disk is nearly full', '2026', '2026', 0);
    INSERT INTO refusal VALUES ('x', '', 'login', '2026', 1);
    INSERT INTO total VALUES ('item', 'old', 'failed', 'timed_out', 0, 1, 0);
"""


@dataclass
class Clean:
    """A row in every table, once a test has made them: in a file, and in a database of `server`."""

    file: Path
    server: Postgres | None = None
    jobs: dict[str, list[str]] = field(default_factory=dict)  # by the engine


@dataclass
class World:
    """An installation with a row in every table, which are spoiled in a copy of the clean ones."""

    here: Installation
    keeper: Keeper
    web: WsgiClient
    server: Postgres | None
    clean: Path
    jobs: list[str]
    spoilt: int = 0

    @property
    def path(self) -> Path:
        return self.here.database

    def spoil(self, table: str, column: str, kinds: Sequence[str]) -> bool:
        """Let the rows of a table hold these in turn; False where the table refuses them."""
        if self.server:
            return self._spoil_on(self.server, table, column, kinds)
        database.close_all()
        for path in self.path.parent.glob("bellhop.db*"):
            path.unlink()
        shutil.copy(self.clean, self.path)
        cases = " ".join(f"WHEN {number} THEN {kind}" for number, kind in enumerate(kinds))
        garbage = f"CASE rowid % {len(kinds)} {cases} END" if len(kinds) > 1 else kinds[0]
        with contextlib.closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("PRAGMA ignore_check_constraints = 1")
            try:
                # What must be unique can be spoiled in one row alone.
                sql = f'UPDATE OR IGNORE "{table}" SET "{column}" = {garbage}'
                done = connection.execute(sql).rowcount
            except sqlite3.IntegrityError:
                done = 0
        database.stay_open()  # as a Bellhop does, for all that is asked now
        return bool(done)

    def _spoil_on(self, server: Postgres, table: str, column: str, kinds: Sequence[str]) -> bool:
        """The same row by row: there is no UPDATE that passes over what is refused."""
        url = server.url("spoiled")
        if table in BUSY or not self.spoilt:
            database.close_all()
            server.psql("DROP DATABASE IF EXISTS spoiled WITH (FORCE)")
            server.new_database("spoiled", "clean")
        self.spoilt += 1
        bind_server(url)
        done = 0
        with psycopg.connect(url, autocommit=True) as connection:
            places = connection.execute(f'SELECT ctid FROM "{table}" ORDER BY ctid').fetchall()
            for number, place in enumerate(places):
                kind = kinds[number % len(kinds)]
                with contextlib.suppress(psycopg.Error):
                    sql = f'UPDATE "{table}" SET "{column}" = {kind} WHERE ctid = %s'
                    done += connection.execute(sql.encode(), place).rowcount
        return bool(done)

    def migrate(self) -> None:
        """Start again."""
        if self.server:
            return migrate(self.server.url("spoiled"), alone=True, may_create=False)
        schema.migrate(self.path, alone=True, may_create=False)
        sync_nothing()  # the migration has bound it anew

    def step(self) -> None:
        """What a consumer does for one round, without job processes."""
        self.keeper.sweep()
        while claim := single.claim("parsing", "c1/1"):
            single.complete(claim, data="{}", files="[]", warnings="[]")

    def failing(self) -> list[str]:
        """The pages that do not answer."""
        of_jobs = [f"api/v1/jobs/{job}{part}" for job in self.jobs for part in OF_JOB]
        answers = {path: self.web.get(f"/{path}") for path in (*PAGES, *of_jobs)}
        return [
            f"{path}: {answer.body!r}"
            for path, answer in answers.items()
            if answer.status >= 500 and answer.code != "not-ready"
        ]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clean]:
    made = Clean(tmp_path_factory.mktemp("clean") / "bellhop.db")
    yield made
    database.close_all()
    if made.server:
        for name in ("clean", "spoiled"):
            made.server.psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def server(request: pytest.FixtureRequest, rows: str, clean: Clean) -> Postgres | None:
    """Where a copy of the rows can be spoiled, if they are on a server."""
    if not rows:
        return None
    clean.server = request.getfixturevalue("postgres")
    return clean.server


@pytest.fixture
def world(site: Site, submit: Submit, server: Postgres | None, clean: Clean, engine: str) -> World:
    files = Files(site.here.folder)
    keeper = Keeper(site.here, site.settings, files, ring=lambda times: None, each_round=[])
    if engine not in clean.jobs:
        clean.jobs[engine] = [job.job_id for job in a_row_in_every_table(submit)]
        keep_clean(site.here.database, server, clean)
    web = WsgiClient(routes.make_app(site))
    return World(site.here, keeper, web, server, clean.file, clean.jobs[engine])


def a_row_in_every_table(submit: Submit) -> list[Job]:
    """Jobs in each state, with what follows from them; RAW has the rest."""
    done, chain, failed, later, _ = (
        submit("a"),
        submit("b", then=[NewStep("noop", {"n": 1}, "parsing")]),
        submit("c", webhook_url="http://localhost/x"),
        submit("d"),
        submit("e", depends_on=[]),
    )
    needing = submit("f", depends_on=[later.job_id])
    new = {"type": "noop", "name": "j", "params": {}, "queue": "parsing", "max_attempts": 1}
    lifecycle.submit(NewJob(**new, items=[NewItem("g", {"text": "g"})]), Key("k", "f"))  # type: ignore[arg-type]
    consumers.register("gone", 1, ["parsing"])
    for number, job in enumerate((done, chain, failed, later)):
        claim = single.claim("parsing", "gone/1")
        assert claim is not None and claim.job == job.id
        if number < 2:
            single.complete(claim, data='{"x": 1}', files="[]", warnings="[]")
        elif number == 2:
            lifecycle.fail(claim, ItemError("bad", "It is bad."))
        else:
            lifecycle.try_again(claim, 60, "busy")
    assert single.claim("parsing", "gone/1"), "it runs while its consumer is gone"
    queues.pause("mail", "anna")
    return [done, chain, failed, later, needing]


def keep_clean(path: Path, server: Postgres | None, clean: Clean) -> None:
    """Copy what the database at `path`, or that of the tests, holds, with the rest of the rows."""
    database.close_all()
    raw = RAW.replace("{hash}", "a" * 64)
    if server:
        server.new_database("clean", "tables")
        server.psql(f"DROP TRIGGER audit_unchanged ON audit; {raw}", "clean")
    else:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.executescript(f"DROP TRIGGER audit_unchanged; {raw}")
            connection.execute("VACUUM INTO ?", [str(clean.file)])
        with contextlib.closing(sqlite3.connect(clean.file)) as connection:
            connection.execute("PRAGMA journal_mode = wal")


def passes_of(table: str, column: str, *, is_server: bool) -> list[Sequence[str]]:
    """The garbage that one look at a column takes: of a table with many rows, all at once."""
    of_sqlite = NO_JSON if (table, column) in JSON else NO_TEXT
    kinds = list(SERVER_NO_JSON if is_server else of_sqlite)
    if table not in BUSY:
        return [[kind] for kind in kinds]
    kinds = [kind for kind in kinds if kind != "NULL"]
    turns = [[*kinds[at:], *kinds[:at]] for at in range(0, len(kinds), 5)]
    return [*turns, ["NULL"]]


@ITS_CHECKS
@pytest.mark.parametrize(
    ("table", "column"), [each for each in COLUMNS if each not in JSON], ids=lambda name: str(name)
)
def test_it_goes_on_beside_a_row_that_holds_garbage(
    world: World, submit: Submit, table: str, column: str
) -> None:
    require_going_on(world, submit, table, column)


@pytest.mark.parametrize(("table", "column"), sorted(JSON), ids=lambda name: str(name))
def test_it_goes_on_beside_a_document_that_is_garbage(
    world: World, submit: Submit, table: str, column: str
) -> None:
    """Both databases let it be any JSON, which each reads in its own way."""
    require_going_on(world, submit, table, column)


def require_going_on(world: World, submit: Submit, table: str, column: str) -> None:
    """Items run, pages answer and a start succeeds, whatever the column holds."""
    spoiled = 0
    for kinds in passes_of(table, column, is_server=bool(world.server)):
        if not world.spoil(table, column, kinds):
            continue
        spoiled += 1
        told = " ".join(Inspection(world.here).look(10))
        assert (f"({column})" in told and f"{table} " in told) or BLOB not in kinds
        other = submit("other")
        world.step()
        world.step()
        assert job_of(other.job_id).status == "completed", kinds
        assert world.failing() == [], kinds
        world.migrate()
    assert spoiled


def spoiled(job: Job, column: str, garbage: str) -> None:
    """Let a column of a job's items hold garbage, past what the table refuses."""
    query("PRAGMA ignore_check_constraints = 1")
    query(f"UPDATE item SET {column} = {garbage} WHERE job = {job.id}")
    query("PRAGMA ignore_check_constraints = 0")


@ITS_CHECKS
@pytest.mark.parametrize("garbage", ["'{'", "x'ff'"])
def test_it_fails_an_item_that_is_no_json(submit: Submit, garbage: str) -> None:
    job, other = submit("a"), submit("b")
    spoiled(job, "input", garbage)
    require_failed(job, other)


@pytest.mark.parametrize("garbage", ["'{}'", "'[]'", '\'{"file": "../x"}\''])
def test_it_fails_an_item_that_nobody_can_read(submit: Submit, garbage: str) -> None:
    job, other = submit("a"), submit("b")
    query(f"UPDATE item SET input = {garbage} WHERE job = {job.id}")
    require_failed(job, other)


def require_failed(job: Job, other: Job) -> None:
    """The next item is that of the other job, and the first says why it failed."""
    claim = single.claim("parsing", "c1/1")
    assert claim is not None and claim.job == other.id
    error = error_of(job)
    assert error["code"] == "unreadable"
    assert f"item {items_of(job)[0].id}: input" in error["message"]
    assert job_of(job.job_id).status == "failed"


def test_it_fails_a_step_whose_predecessor_left_what_nobody_can_read(submit: Submit) -> None:
    chain = submit("a", then=[NewStep("noop", {}, "parsing")])
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    deep = "[" * 990 + "]" * 990
    single.complete(claim, data=f'{{"a": {deep}}}', files="[]", warnings="[]")
    other = submit("b")
    claim = single.claim("parsing", "c1/1")
    assert claim is not None and claim.job == other.id
    assert job_of(chain.job_id).status == "failed"


@ITS_CHECKS
def test_it_passes_over_an_item_that_cannot_even_be_failed(
    submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, other = submit("a"), submit("b")
    spoiled(job, "input", "'{'")
    query(f"""CREATE TRIGGER stuck BEFORE UPDATE ON item WHEN old.job = {job.id}
        BEGIN SELECT raise(ABORT, 'no'); END""")
    claim = single.claim("parsing", "c1/1")
    assert claim is not None and claim.job == other.id
    assert single.claim("parsing", "c1/1") is None


@ITS_CHECKS
def test_it_ends_a_job_although_the_error_of_an_item_is_garbage(submit: Submit) -> None:
    job = submit("a", "b")
    first = single.claim("parsing", "c1/1")
    assert first is not None
    lifecycle.fail(first, ItemError("bad", "It is bad."))
    spoiled(job, "error", "'{'")
    second = single.claim("parsing", "c1/1")
    assert second is not None
    assert single.complete(second, data="{}", files="[]", warnings="[]")
    assert job_of(job.job_id).status == "failed"


@ITS_CHECKS
def test_it_gives_back_and_cancels_what_holds_a_garbled_error(submit: Submit) -> None:
    held, put_off = submit("a"), submit("b")
    consumers.register("dead", 1, ["parsing"])
    assert single.claim("parsing", "dead/1")
    claim = single.claim("parsing", "dead/2")
    assert claim is not None
    lifecycle.try_again(claim, 60, "busy")
    for job in (held, put_off):
        spoiled(job, "error", "'{'")
    assert lifecycle.adopt("dead") == 1
    assert items_of(held)[0].status == "queued"
    assert lifecycle.ask_cancel(put_off.job_id)
    assert items_of(put_off)[0].status == "cancelled"


@ITS_CHECKS
def test_it_releases_what_is_due_beside_a_row_that_cannot_be_changed(submit: Submit) -> None:
    stuck, other = submit("a"), submit("b")
    for _ in range(2):
        claim = single.claim("parsing", "c1/1")
        assert claim is not None
        lifecycle.try_again(claim, 60, "busy")
    query("UPDATE item SET not_before = '2000'")
    spoiled(stuck, "completed_at", "'x'")
    lifecycle.release_due()
    assert items_of(other)[0].status == "queued"


@ITS_CHECKS
def test_it_tells_monitors_which_rows_cannot_be_read(
    submit: Submit, web: WsgiClient, site: Site
) -> None:
    job = submit("a")
    assert site.inspection.look(10) == []
    spoiled(job, "input", "'{'")
    database.close()
    problems = web.get("/api/v1/monitoring/health").json["problems"]
    assert f"this row cannot be read: item {items_of(job)[0].id} (input)" in problems


@ITS_CHECKS
def test_it_looks_through_many_rows_bite_by_bite(submit: Submit, site: Site) -> None:
    jobs = [submit(*"abc") for _ in range(5)]
    spoiled(jobs[0], "input", "'{'")
    database.close()
    found = [set(site.inspection.look(0.0)) for _ in range(100)]
    assert max(map(len, found)) == 3


def test_it_counts_on_where_the_counter_of_changes_is_gone(submit: Submit) -> None:
    change = submit("a").change
    query("DELETE FROM counter WHERE name = 'change'")
    assert submit("b").change > change
