"""How a machine joins: who may make a token, what it is good for, and what its role may do."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import psycopg
import pytest

from bellhop.accounts import audit
from bellhop.base.errors import NotAMember, StartRefused
from bellhop.cli import machines, move, people, start
from bellhop.cli.arguments import parser
from bellhop.cli.drain import wait_until_idle
from bellhop.database.database import database, query
from bellhop.jobs import queries
from bellhop.machines import joining, members, roles
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation, make_folder, write_record
from bellhop.storage.models import TABLES
from tests.support.once import descriptions
from tests.support.postgres import PASSWORD, Postgres
from tests.support.wsgi import WsgiClient

Config = Callable[[str], Settings]
JOIN = "/api/v1/machines/join"
KEY, OTHER_KEY = "k" * 43, "o" * 43
NAMES = [table._meta.table_name for table in TABLES]


@pytest.fixture
def console(
    loaded: Settings, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """A command `machine …` at the home, which runs."""
    monkeypatch.setattr(start, "join_from_console", lambda settings: here)
    here.address_file.write_text("http://127.0.0.1:8080")

    def run(*words: str) -> None:
        machines.run(loaded, parser().parse_args(["machine", *words]))
        database.close()

    return run


@pytest.fixture
def token(console: Callable[..., None], reachable: None, capsys: pytest.CaptureFixture[str]) -> str:
    console("add", "gpu-1", "--queue", "ai=2", "--queue", "gpu=1")
    return capsys.readouterr().out.split()[-1]


@pytest.fixture
def welcome(web: WsgiClient, token: str) -> dict[str, Any]:
    """What a machine was told that has joined."""
    answer = web.post(JOIN, {"token": token, "key": KEY})
    assert answer.status == 200, answer.body
    return dict(answer.json)


def refused(web: WsgiClient, token: object, said: str, key: str = OTHER_KEY) -> None:
    before = query("SELECT * FROM join_token"), members.every()
    answer = web.post(JOIN, {"token": token, "key": key})
    assert (answer.status, answer.code) == (403, "join-refused")
    assert said in answer.json["detail"]
    assert (query("SELECT * FROM join_token"), members.every()) == before


def as_machine(welcome: dict[str, Any], postgres: Postgres) -> psycopg.Connection[Any]:
    certificate = quote(str(postgres.certificate))
    url = f"{welcome['database']}&sslrootcert={certificate}"
    return psycopg.connect(url, autocommit=True)


def test_it_prints_the_line_that_lets_a_machine_join(
    console: Callable[..., None], reachable: None, capsys: pytest.CaptureFixture[str]
) -> None:
    console("add", "gpu-1", "--queue", "ai=2")
    line, said = capsys.readouterr()
    assert line.startswith("bellhop join http://127.0.0.1:8080 bellhop_join_")
    assert "the page of the home is at http://127.0.0.1:8080, which is another machine on" in said
    assert line.count("\n") == 1
    secret = line.split()[-1]
    assert secret not in str(query("SELECT * FROM join_token"))


def test_it_prints_the_public_address(
    config: Config, here: Installation, rows: str, reachable: None,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    public = "[server]\npublic_url = https://jobs.example.org\n"
    settings = config(f"[storage]\ndatabase = {rows}\nfiles = {here.files}\n{public}")
    machines.run(settings, parser().parse_args(["machine", "add", "gpu-1", "--queue", "ai=2"]))
    line, said = capsys.readouterr()
    assert line.startswith("bellhop join https://jobs.example.org bellhop_join_")
    assert "the page of the home" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "GPU 1", "--queue", "ai=2"], "'GPU 1' is no name of a machine"),
        (["add", "a" * 41, "--queue", "ai=2"], "is no name of a machine"),
        (["add", "gpu-1", "--queue", "nope=2"], "--queue nope: the queues of config.ini are"),
        (["add", "gpu-1", "--queue", "webhooks=1"], "only the home sends webhooks"),
        (["add", "home", "--queue", "ai=2"], "there is a machine home already"),
        (["drain", "nope"], "there is no machine nope; the machines are: home"),
        (["remove", "nope"], "there is no machine nope; the machines are: home"),
        (["remove", "home"], "home is the home, which has the page"),
    ],
)
def test_it_refuses_what_cannot_be(
    console: Callable[..., None], reachable: None, words: list[str], said: str
) -> None:
    with pytest.raises(StartRefused, match=said) as refusal:
        console(*words)
    assert "\n" not in str(refusal.value)
    assert query("SELECT count(*) FROM join_token") == [(0,)]


@pytest.mark.parametrize("text", ["ai", "ai=", "ai=0", "ai=257", "=2", "ai=x"])
def test_it_refuses_a_queue_without_a_number_of_workers(text: str) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["machine", "add", "gpu-1", "--queue", text])


def test_it_says_which_statement_lets_the_role_create_roles(console: Callable[..., None],
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(joining, "near_places", lambda settings, here: [])
    with pytest.raises(StartRefused, match='ALTER ROLE "bellhop" CREATEROLE'):
        console("add", "gpu-1", "--queue", "ai=2")


HOST = "postgresql://bellhop:secret@db.example.org"
TLS = "sslmode=verify-full&sslrootcert=/etc/ca.pem"


@pytest.mark.parametrize(
    ("storage", "said"),
    [
        (f"database = {HOST}/b", "add sslmode=verify-full and sslrootcert=FILE"),
        (f"database = {HOST}/b?sslmode=verify-full", "add sslmode=verify-full and sslrootcert"),
        (f"database = {HOST}/b?{TLS}", "the files of jobs are in the data folder"),
    ],
)
def test_it_refuses_what_no_other_machine_reaches(
    config: Config, here: Installation, storage: str, said: str
) -> None:
    settings = config(f"[storage]\n{storage}")
    with pytest.raises(StartRefused) as refusal:
        joining.near_places(settings, here)
    assert said in str(refusal.value) and "secret" not in str(refusal.value)


def test_it_refuses_while_the_jobs_are_in_sqlite(loaded: Settings, here: Installation) -> None:
    with pytest.raises(StartRefused, match="the jobs are in SQLite, which no other"):
        joining.near_places(loaded, replace(here, rows=""))


STORE = "s3://k:s@jobs/x?endpoint=https://s3.example.org"
NEAR = f"{HOST.replace('db.example.org', 'localhost')}/b"


@pytest.mark.parametrize(
    ("storage", "said"),
    [
        (f"database = {NEAR}", ["[storage] database names localhost"]),
        (f"database = {NEAR.replace('localhost', '[::1]:5432')}", ["[storage] database names ::1"]),
        ("database = postgresql:///b?host=/run/pg", ["[storage] database names /run/pg"]),
        (f"database = {HOST}/b?{TLS}", []),
        (
            f"database = {HOST}/b?{TLS}\n[huey]\nstorage = redis",
            ["[huey] redis_url names 127.0.0.1"],
        ),
        (f"database = {HOST}/b?{TLS}\nfiles = {STORE}", []),
        (
            f"database = {HOST}/b?{TLS}\nfiles = s3://k:s@jobs?endpoint=http://127.0.0.1:9000",
            ["[storage] files names 127.0.0.1"],
        ),
        (f"database = {HOST}/b?{TLS}\nfiles = s3://k:s@jobs?region=eu-west-1", []),
    ],
)
def test_it_names_what_another_machine_reaches_through_a_tunnel_only(
    config: Config, here: Installation, storage: str, said: list[str]
) -> None:
    storage = storage if "files" in storage else f"files = /srv/share\n{storage}"
    settings = config(f"[storage]\n{storage}")
    there = replace(here, storage=settings.huey.storage)
    assert joining.near_places(settings, there) == said


def test_it_sends_no_token_over_an_open_network(
    console: Callable[..., None], here: Installation, reachable: None
) -> None:
    here.address_file.write_text("http://jobs.example.org:8080")
    with pytest.raises(StartRefused, match="is not encrypted, and a machine"):
        console("add", "gpu-1", "--queue", "ai=2")


def test_it_refuses_where_no_web_runs(
    console: Callable[..., None], here: Installation, reachable: None
) -> None:
    here.address_file.unlink()
    with pytest.raises(StartRefused, match="no web runs"):
        console("add", "gpu-1", "--queue", "ai=2")


@pytest.mark.parametrize(
    "run",
    [
        start.join_from_console,
        lambda loaded: move.run(loaded, "sqlite"),
        lambda loaded: machines.run(loaded, parser().parse_args(["machine", "list"])),
        lambda loaded: people.run(loaded, parser().parse_args(["user", "list"])),
    ],
)
def test_it_does_at_the_home_what_concerns_all_machines(
    loaded: Settings, here: Installation, run: Callable[[Settings], object]
) -> None:
    write_record(replace(here, home="https://jobs.example.org"))
    with pytest.raises(StartRefused, match=r"joined https://jobs.example.org; type the command"):
        run(loaded)


def test_it_tells_a_machine_all_that_it_needs(
    here: Installation, welcome: dict[str, Any], postgres: Postgres
) -> None:
    assert welcome["name"] == "gpu-1" and welcome["installation"] == here.id
    assert welcome["files"].endswith("/shared") and welcome["bell"] == "sqlite"
    assert welcome["certificates"] == {"database": postgres.certificate.read_text()}
    assert "sslmode=verify-full" in welcome["database"]
    assert PASSWORD not in welcome["database"] and "sslrootcert" not in welcome["database"]
    limits = {"workers": 1, "timeout_s": 180, "memory_mb": 2048}
    assert welcome["queues"].keys() == {"ai", "gpu"} and welcome["queues"]["gpu"] == limits
    machine = members.find("gpu-1")
    assert machine and machine.id == welcome["machine"]
    assert json.loads(machine.queues) == {"ai": 2, "gpu": 1} and not machine.is_home


def test_it_notes_who_added_and_who_joined(welcome: dict[str, Any]) -> None:
    noted = [(n["who"], n["action"], n["target"]) for n in audit.notes(before=None, limit=2)]
    assert noted == [("machine gpu-1", "join", "gpu-1"), ("console", "add machine", "gpu-1")]


def test_it_takes_a_token_once(web: WsgiClient, token: str, welcome: dict[str, Any]) -> None:
    refused(web, token, "`bellhop machine remove gpu-1` and `bellhop machine add gpu-1`")


def test_it_answers_a_machine_once_more_whose_answer_was_lost(
    web: WsgiClient, token: str, welcome: dict[str, Any], postgres: Postgres
) -> None:
    before = query("SELECT * FROM join_token"), members.every()
    again = web.post(JOIN, {"token": token, "key": KEY})
    assert (again.status, again.json) == (200, welcome)
    assert (query("SELECT * FROM join_token"), members.every()) == before
    as_machine(again.json, postgres).close()  # with its password


def test_it_answers_no_machine_again_that_has_started(
    web: WsgiClient, token: str, welcome: dict[str, Any]
) -> None:
    """A copy of its data folder would be the same machine."""
    query("UPDATE machine SET version = '1' WHERE name = 'gpu-1'")
    refused(web, token, "This join token was used at", KEY)


def test_it_answers_no_machine_again_after_the_hour_of_its_token(
    web: WsgiClient, token: str, welcome: dict[str, Any]
) -> None:
    query("UPDATE join_token SET expires_at = '2026-01-01T00:00:00.000000Z'")
    refused(web, token, "This join token ended at", KEY)


def test_it_answers_no_machine_again_that_was_removed(
    web: WsgiClient, console: Callable[..., None], token: str, welcome: dict[str, Any]
) -> None:
    console("remove", "gpu-1")
    refused(web, token, "This join token was used at", KEY)


def test_it_stores_nothing_from_which_a_password_follows(
    token: str, welcome: dict[str, Any], postgres: Postgres
) -> None:
    dumped = postgres.dump("tables")
    password = urlsplit(welcome["database"]).password
    assert welcome["machine"] in dumped and password
    assert not [secret for secret in (KEY, token, password) if secret in dumped]


def test_it_takes_no_token_after_its_hour(web: WsgiClient, token: str) -> None:
    query("UPDATE join_token SET expires_at = '2026-01-01T00:00:00.000000Z'")
    refused(web, token, "This join token ended at 2026-01-01T00:00:00Z")


def test_it_takes_no_token_that_it_never_made(web: WsgiClient, token: str) -> None:
    refused(web, "bellhop_join_x", "This join token is not known here")


def test_it_forgets_a_token_once_there_is_another_for_the_name(
    console: Callable[..., None], web: WsgiClient, token: str
) -> None:
    console("add", "gpu-1", "--queue", "ai=1")
    refused(web, token, "This join token is not known here")


def test_it_keeps_a_token_when_the_role_cannot_be_created(
    web: WsgiClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(role: str) -> None:
        raise StartRefused("a new role cannot reach the tables")

    with monkeypatch.context() as patched:
        patched.setattr(roles, "grant", fail)
        refused(web, token, "a new role cannot reach the tables")
    assert web.post(JOIN, {"token": token, "key": KEY}).status == 200


def test_it_sends_no_certificate_of_a_server_that_is_near(
    loaded: Settings, here: Installation, token: str
) -> None:
    storage = replace(loaded.storage, database="postgresql://bellhop@localhost/b")
    with database.atomic():
        welcome = joining.welcome(replace(loaded, storage=storage), here, token, KEY)
    assert welcome["certificates"] == {}
    assert welcome["database"].endswith("@localhost/b")


def test_it_sends_the_certificates_that_addresses_name_on_its_disk(
    loaded: Settings, here: Installation, token: str, tmp_path: Path
) -> None:
    """On another machine, nobody has put them at the same place."""
    for name in ("a b+c.pem", "redis.pem"):
        (tmp_path / name).write_text(name)
    files = f"{STORE}&ca={quote(str(tmp_path / 'a b+c.pem'))}&region=eu"
    redis = f"rediss://:pw@redis.example.org/0?ssl_ca_certs={tmp_path}/redis.pem"
    settings = replace(
        loaded,
        storage=replace(loaded.storage, files=files),
        huey=replace(loaded.huey, redis_url=redis),
    )
    with database.atomic():
        welcome = joining.welcome(settings, replace(here, storage="redis"), token, KEY)
    assert welcome["files"] == f"{STORE}&region=eu"
    assert welcome["redis_url"] == "rediss://:pw@redis.example.org/0"
    authority = Path(dict(parse_qsl(urlsplit(loaded.storage.database).query))["sslrootcert"])
    texts = {"database": authority.read_text(), "files": "a b+c.pem", "redis_url": "redis.pem"}
    assert welcome["certificates"] == texts


def test_it_leaves_it_to_each_system_whom_it_trusts(
    loaded: Settings, here: Installation, token: str
) -> None:
    url = "postgresql://me@db/b?sslmode=verify-full&sslrootcert=system"
    with database.atomic():
        welcome = joining.welcome(
            replace(loaded, storage=replace(loaded.storage, database=url)), here, token, KEY
        )
    assert welcome["certificates"] == {}
    assert welcome["database"].endswith("?sslmode=verify-full&sslrootcert=system")


def test_it_keeps_a_token_when_a_certificate_cannot_be_read(
    loaded: Settings, here: Installation, token: str
) -> None:
    storage = replace(loaded.storage, files=f"{STORE}&ca=/nowhere/ca.pem")
    with pytest.raises(StartRefused, match=r"^/nowhere/ca.pem cannot be read"), database.atomic():
        joining.welcome(replace(loaded, storage=storage), here, token, KEY)
    assert query("SELECT used_at FROM join_token") == [(None,)]


def test_it_lets_nobody_guess_for_long(web: WsgiClient, here: Installation) -> None:
    tokens = [f"bellhop_join_{n}" for n in range(30)]
    codes = {web.post(JOIN, {"token": token, "key": KEY}).code for token in tokens}
    assert codes == {"join-refused", "too-many-requests"}


@pytest.mark.parametrize("token", [None, 1, "", "\ud800", "x" * 10_000])
def test_it_answers_rubbish(web: WsgiClient, here: Installation, token: object) -> None:
    assert 400 <= web.post(JOIN, {"token": token, "key": KEY}).status < 500


@pytest.mark.parametrize("key", [None, 1, "", "k" * 42, "k" * 44, "k" * 42 + " "])
def test_it_lets_nobody_in_with_a_key_that_could_be_guessed(
    web: WsgiClient, token: str, key: object
) -> None:
    answer = web.post(JOIN, {"token": token, "key": key})
    assert (answer.status, answer.code) == (422, "invalid-job")
    assert query("SELECT used_at FROM join_token") == [(None,)]


def test_it_lets_a_machine_do_what_a_consumer_does(
    welcome: dict[str, Any], postgres: Postgres
) -> None:
    with closing(as_machine(welcome, postgres)) as machine:
        for table in NAMES:
            if table in roles.NO_RIGHTS:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    machine.execute(f'SELECT 1 FROM "{table}"')
            elif table != "audit":
                machine.execute(f'SELECT 1 FROM "{table}"')
        machine.execute("UPDATE job SET status = 'x' WHERE FALSE")


def test_it_lets_a_machine_do_nothing_else(welcome: dict[str, Any], postgres: Postgres) -> None:
    with closing(as_machine(welcome, postgres)) as machine:
        for statement in (
            "UPDATE audit SET who = 'x'",
            "DELETE FROM audit",
            "SELECT who FROM audit",
            "DELETE FROM machine",
            "INSERT INTO published (name, value) VALUES ('x', 'x')",
            "UPDATE about SET mark = 1",
            "CREATE TABLE x (y int)",
            "ALTER TABLE job ADD COLUMN x int",
            "ALTER TABLE audit DISABLE TRIGGER ALL",
            "DROP TABLE job",
            "CREATE ROLE x",
            "SELECT pg_read_file('/etc/passwd')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                machine.execute(statement)


def test_it_shows_the_server_no_password_in_a_statement(
    postgres: Postgres, welcome: dict[str, Any]
) -> None:
    password = welcome["database"].partition("://")[2].partition(":")[2].partition("@")[0]
    stored = postgres.psql("SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'bellhop\\_%'")
    assert stored and stored[0].startswith("SCRAM-SHA-256$") and password not in stored[0]


def test_it_gives_every_role_its_rights_again_after_a_migration(
    loaded: Settings, here: Installation, welcome: dict[str, Any], postgres: Postgres
) -> None:
    with closing(as_machine(welcome, postgres)) as machine:
        role = machine.info.user
        postgres.psql(f'REVOKE ALL ON job FROM "{role}"', "tables")
        start.prepare(loaded)
        machine.execute("SELECT 1 FROM job")


def test_it_lists_machines(
    console: Callable[..., None], welcome: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    console("list", "--json")
    home, machine = json.loads(capsys.readouterr().out)
    assert (home["name"], home["is_home"], machine["name"]) == ("home", True, "gpu-1")
    assert (machine["queues"], machine["running"]) == ({"ai": 2, "gpu": 1}, 0)
    assert machine["seen_at"] is None
    console("list")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["gpu-1", "-", "not", "started", "yet", "running:", "0", "ai=2",
                                "gpu=1"]  # fmt: skip


def test_it_lists_which_machines_take_items(
    console: Callable[..., None], here: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    members.add("m1", "gpu-1", {})
    query("UPDATE machine SET version = '1'")
    query("INSERT INTO consumer (id, pid, started_at, queues, machine, draining) VALUES "
          "('c1', 1, '2026', '[]', 'm1', 1), ('c2', 1, '2026', '[]', :machine, 0)",
          {"machine": here.machine})  # fmt: skip
    console("list")
    home, machine = capsys.readouterr().out.splitlines()
    assert "ok" in home and "takes no new items" in machine


def test_it_removes_a_machine_with_its_role_and_its_sessions(
    console: Callable[..., None],
    welcome: dict[str, Any],
    postgres: Postgres,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(roles, "LEAVE_S", 0.0)
    with closing(as_machine(welcome, postgres)) as machine:
        console("remove", "gpu-1")
        with pytest.raises(psycopg.OperationalError):
            machine.execute("SELECT 1 FROM job")
    assert members.find("gpu-1") is None
    assert not postgres.psql("SELECT 1 FROM pg_roles WHERE rolname LIKE 'bellhop\\_%'")
    with pytest.raises(psycopg.OperationalError):
        as_machine(welcome, postgres)
    assert audit.notes(before=None, limit=1)[0]["action"] == "remove machine"


def test_it_removes_a_machine_whose_role_is_gone_already(
    console: Callable[..., None], here: Installation
) -> None:
    members.add("m1", "gpu-1", {"ai": 2})
    console("remove", "gpu-1")
    assert members.find("gpu-1") is None


def test_it_drains_one_machine_and_lets_the_others_take_items(
    console: Callable[..., None], here: Installation
) -> None:
    members.add("m1", "gpu-1", {"ai": 2})
    query(
        """INSERT INTO consumer (id, pid, started_at, queues, machine, place) VALUES
        ('c1', 1, '2026', '[]', 'm1', ''), ('c2', 1, '2026', '[]', :machine, '')""",
        {"machine": here.machine},
    )
    console("drain", "gpu-1")
    assert query("SELECT id, draining FROM consumer ORDER BY id") == [("c1", 1), ("c2", 0)]


def test_it_counts_what_runs_on_each_machine(here: Installation) -> None:
    query("INSERT INTO consumer (id, pid, started_at, queues, machine) VALUES "
          "('c1', 1, '2026', '[]', 'm1'), ('c10', 1, '2026', '[]', 'm2')")  # fmt: skip
    assert queries.busy_workers() == {}
    counts = iter([2, 1, 0])
    wait_until_idle(lambda: next(counts))


def joined(config: Config, here: Installation, welcome: dict[str, Any], pg: Postgres) -> Settings:
    """The settings of a machine that joined, in a data folder of its own."""
    url = f"{welcome['database']}&sslrootcert={quote(str(pg.certificate))}"
    places = f"data_dir = other\ndatabase = {url}\nfiles = {here.files}"
    settings = config(f"[storage]\n{places}\n[queue:gpu]\nworkers = 9")
    folder = make_folder(settings)
    (folder / "types.json").write_bytes(descriptions())
    home, machine = "https://jobs.example.org", welcome["machine"]
    write_record(replace(here, folder=folder, home=home, machine=machine))
    return settings


def test_it_starts_as_the_machine_that_it_became(
    config: Config, here: Installation, welcome: dict[str, Any], postgres: Postgres
) -> None:
    settings = joined(config, here, welcome, postgres)
    there = start.prepare(settings)
    assert start.served(settings, there) == {"ai": 2, "gpu": 1}
    machine = members.find("gpu-1")
    assert machine and machine.version and json.loads(machine.queues) == {"ai": 2, "gpu": 1}


def test_it_serves_no_page_on_a_machine_that_joined(
    config: Config, here: Installation, welcome: dict[str, Any], postgres: Postgres
) -> None:
    with pytest.raises(StartRefused, match=r"joined https://jobs.example.org, which has it"):
        start.join_home(joined(config, here, welcome, postgres))


def test_it_says_that_a_machine_was_removed(
    config: Config,
    loaded: Settings,
    here: Installation,
    welcome: dict[str, Any],
    postgres: Postgres,
    console: Callable[..., None],
) -> None:
    console("remove", "gpu-1")
    with pytest.raises(NotAMember, match="was removed from its installation"):
        start.prepare(joined(config, here, welcome, postgres))


def test_it_names_a_queue_that_a_machine_lost_from_its_settings(
    config: Config, here: Installation, welcome: dict[str, Any], postgres: Postgres
) -> None:
    settings = joined(config, here, welcome, postgres)
    there = start.prepare(settings)
    left = {name: each for name, each in settings.queues.items() if name != "gpu"}
    with pytest.raises(StartRefused, match=r"write a section \[queue:gpu\]"):
        start.served(replace(settings, queues=left), there)


def test_it_has_no_worker_for_a_queue_that_only_others_serve(
    loaded: Settings, here: Installation
) -> None:
    assert "gpu" in loaded.queues and "gpu" not in start.served(loaded, here)
