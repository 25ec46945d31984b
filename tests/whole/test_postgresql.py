"""Bellhop on PostgreSQL as its processes see it, and what a start says of one it cannot use."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bellhop.client import BellhopError
from bellhop.database.database import database
from bellhop.database.server import migrate
from bellhop.settings.settings import postgresql_location
from tests.support.bouncer import Bouncer
from tests.support.disks import disk_at, fill
from tests.support.nobody import NOBODY
from tests.support.postgres import PASSWORD, Postgres
from tests.support.running import running
from tests.support.secrets import traces_of

# What PostgreSQL 14 would say.
OF_14 = """CREATE FUNCTION of_14.current_setting(name text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE name WHEN 'server_version_num' THEN '140012' WHEN 'server_version' THEN '14.12'
        ELSE pg_catalog.current_setting(name) END $$"""
ADDRESS = "postgresql://bellhop@127.0.0.1:1/jobs"


def without_psycopg(folder: Path) -> str:
    """What PYTHONPATH is where nobody has installed psycopg."""
    (folder / "packages").mkdir()
    (folder / "packages" / "psycopg.py").write_text("raise ImportError('no psycopg')\n")
    return str(folder / "packages")


@pytest.mark.parametrize("command", ["serve", "web", "consumer", "prepare", "check"])
def test_it_says_what_to_install(tmp_path: Path, command: str) -> None:
    path = without_psycopg(tmp_path)
    with running(tmp_path, BELLHOP_STORAGE_DATABASE=ADDRESS, PYTHONPATH=path) as bellhop:
        done = bellhop.run(command)
    assert (done.returncode, done.stdout) == (1, "")
    assert last_line(done.stderr) == (
        "bellhop: [storage] database needs psycopg with its binary, which is not installed: "
        "pip install -r requirements-postgresql.txt"
    )
    assert "Traceback" not in done.stderr


def last_line(text: str) -> str:
    return text.rstrip("\n").rpartition("\n")[2]


def test_it_needs_no_more_packages_on_sqlite(tmp_path: Path) -> None:
    path = without_psycopg(tmp_path)
    with running(tmp_path, BELLHOP_STORAGE_DATABASE="", PYTHONPATH=path) as bellhop:
        bellhop.serve()
        assert bellhop.final(bellhop.texts("a")["job_id"])["status"] == "completed"
        assert bellhop.run("check").returncode == 0


# Servers that cannot be used.


@dataclass
class Refused:
    """An address that Bellhop cannot use, and what it says of that behind the address."""

    url: str
    says: str
    # The database that must stay as it is, where there is one.
    database: str = ""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A server for these tests alone, with few connections."""
    with Postgres(fast=True, max_connections=10) as server:
        yield server


@contextlib.contextmanager
def of_another_program(server: Postgres) -> Iterator[Refused]:
    url = server.new_database("taken")
    server.psql("CREATE TABLE about (text text); INSERT INTO about VALUES ('mine')", "taken")
    yield Refused(url, "holds tables of another program; name an empty database", "taken")


@contextlib.contextmanager
def views_of_another_program(server: Postgres) -> Iterator[Refused]:
    url = server.new_database("viewed")
    server.psql("CREATE VIEW item AS SELECT 1 AS id", "viewed")
    yield Refused(url, "holds tables of another program; name an empty database", "viewed")


@contextlib.contextmanager
def of_another_installation(server: Postgres) -> Iterator[Refused]:
    url = server.new_database("used")
    migrate(url, alone=True, mark=1)
    database.close_all()
    yield Refused(url, "is the database of another installation; name another one", "used")


@contextlib.contextmanager
def with_wrong_password(server: Postgres) -> Iterator[Refused]:
    url = server.new_database("closed").replace(f":{PASSWORD}@", ":wrong-Pa55@")
    yield Refused(
        url,
        'cannot be used (password authentication failed for user "bellhop"); '
        "check the user and the password in [storage] database",
        "closed",
    )


@contextlib.contextmanager
def in_german(server: Postgres) -> Iterator[Refused]:
    with Postgres(fast=True, language="de") as german:
        url = german.new_database("deutsch").replace(f":{PASSWORD}@", ":wrong-Pa55@")
        yield Refused(
            url,
            "cannot be used (Passwort-Authentifizierung für Benutzer »bellhop« fehlgeschlagen); "
            "check the address, the user and the password in [storage] database, and the server's "
            "own log",
        )


@contextlib.contextmanager
def without_rights(server: Postgres) -> Iterator[Refused]:
    url = server.new_database("foreign_")
    server.psql("ALTER DATABASE foreign_ OWNER TO postgres")
    says = "does not let this role create tables; grant CREATE on the schema, or make the role its "
    yield Refused(url, f"{says}owner", "foreign_")


@contextlib.contextmanager
def without_rights_on_a_table(server: Postgres) -> Iterator[Refused]:
    url = server.new_database("partly")
    migrate(url, alone=True)
    database.close_all()
    server.psql("ALTER TABLE result OWNER TO postgres; GRANT SELECT ON result TO bellhop", "partly")
    says = "does not let this role use the table result; make the role its owner"
    yield Refused(url, says, "partly")


@contextlib.contextmanager
def to_be_read_alone(server: Postgres) -> Iterator[Refused]:
    url = server.new_database("read")
    server.psql("ALTER DATABASE read SET default_transaction_read_only = on")
    says = "can only be read by this role; reset default_transaction_read_only of the role and the "
    yield Refused(url, f"{says}database", "read")


@contextlib.contextmanager
def too_old(server: Postgres) -> Iterator[Refused]:
    url = server.new_database("old")
    server.psql("CREATE SCHEMA of_14; GRANT ALL ON SCHEMA of_14 TO bellhop", "old")
    server.psql(OF_14, "old")
    server.psql("ALTER DATABASE old SET search_path = of_14, pg_catalog")
    yield Refused(url, "is version 14.12; Bellhop needs 15 or newer", "old")


@contextlib.contextmanager
def in_latin_1(server: Postgres) -> Iterator[Refused]:
    how = "OWNER bellhop TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"
    server.psql(f"CREATE DATABASE latin {how}")
    says = "has the encoding LATIN1; create the database with the encoding UTF8"
    yield Refused(server.url("latin"), says, "latin")


@contextlib.contextmanager
def behind_pgbouncer(server: Postgres) -> Iterator[Refused]:
    server.new_database("pooled")
    with Bouncer(server) as bouncer:
        yield Refused(
            server.url("pooled", bouncer.port),
            "cannot be used (unsupported startup parameter: options); it is PgBouncer, which "
            "Bellhop cannot use; name the server behind it",
            "pooled",
        )


@contextlib.contextmanager
def behind_a_tolerant_pgbouncer(server: Postgres) -> Iterator[Refused]:
    server.new_database("shared_")
    with Bouncer(server, ignore_startup_parameters="options") as bouncer:
        yield Refused(
            server.url("shared_", bouncer.port),
            "is PgBouncer in transaction mode; name the server behind it",
            "shared_",
        )


@contextlib.contextmanager
def without_room(server: Postgres) -> Iterator[Refused]:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    with disk_at(folder / "disk", 20) as disk:
        os.chown(disk, NOBODY, NOBODY)
        server.psql(f"CREATE TABLESPACE small LOCATION '{disk}'")
        server.psql("CREATE DATABASE full_ OWNER bellhop TABLESPACE small")
        give_back = fill(disk, leave=64 << 10)
        try:
            yield Refused(server.url("full_"), "make room on the disk of the server")
        finally:
            give_back()
            server.drop_database("full_")
            server.psql("DROP TABLESPACE small")
    shutil.rmtree(folder)


@contextlib.contextmanager
def in_recovery(server: Postgres) -> Iterator[Refused]:
    server.new_database("copied")
    standby = server.standby(synchronous=False)
    yield Refused(
        standby.url("copied"), "is a standby, which cannot be written; name the primary", "copied"
    )


@contextlib.contextmanager
def without_connections(server: Postgres) -> Iterator[Refused]:
    url = server.new_database("busy")
    with contextlib.ExitStack() as held:
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                held.enter_context(psycopg.connect(url))
        yield Refused(url, "raise max_connections of the server, or end other programs that use it")


@contextlib.contextmanager
def without_a_database(server: Postgres) -> Iterator[Refused]:
    yield Refused(
        server.url("nothing"),
        'cannot be used (database "nothing" does not exist); '
        "create the database first, for example with createdb",
    )


@contextlib.contextmanager
def without_a_server(server: Postgres) -> Iterator[Refused]:
    yield Refused(
        server.url("jobs", 1),
        "cannot be used (Connection refused); "
        "check that the server runs, and its address in [storage] database",
    )


CASES = (
    of_another_program, views_of_another_program, of_another_installation, with_wrong_password,
    in_german, without_rights, without_rights_on_a_table, to_be_read_alone, too_old, in_latin_1,
    behind_pgbouncer, behind_a_tolerant_pgbouncer, without_room, in_recovery, without_connections,
    without_a_database, without_a_server,
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_it_says_in_one_line_why_it_cannot_use_a_server(
    tmp_path: Path, server: Postgres, case: Callable[[Postgres], Any]
) -> None:
    with case(server) as refused, running(tmp_path) as bellhop:
        before = server.dump(refused.database) if refused.database else ""
        bellhop.environment["BELLHOP_STORAGE_DATABASE"] = refused.url
        for command in ("serve", "check"):
            done = bellhop.run(command)
            line = last_line(done.stderr)
            assert (done.returncode, done.stdout) == (1, ""), done.stderr
            assert line.startswith(f"bellhop: PostgreSQL at {postgresql_location(refused.url)} ")
            assert line.endswith(refused.says)
            assert "Traceback" not in done.stderr
            assert PASSWORD not in done.stderr and "wrong-Pa55" not in done.stderr
            assert traces_of("wrong-Pa55", bellhop.data) == []
        assert (server.dump(refused.database) if refused.database else "") == before


ADDRESSES = (
    "postgresql://bellhop:p4/ss@host/jobs", "postgresql://bellhop:p4?ss@host/jobs",
    "postgresql://bellhop:p4#ss@host/jobs", "postgresql://bellhop:p4%ss@host/jobs",
    "postgresql://bellhop:p4@ss@host/jobs", "postgresql://bellhop:p4 ss@host/jobs",
    "postgresql://bellhop:p4[ss@host/jobs", "postgresql://bellhop:p4%00ss@host/jobs",
    "postgresql://bellhop:p4\N{FULLWIDTH SOLIDUS}ss@host/jobs", "postgresql://bellhop:p4ss@host",
    "postgresql://host/jobs?password=p4=ss", "postgresql://p4ss", "mysql://bellhop:p4ss@host/jobs",
    "bellhop:p4ss@host/jobs", "postgresql:bellhop:p4ss@host/jobs", "host=h password=p4ss",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_shows_nothing_of_an_address_that_is_none(tmp_path: Path, address: str) -> None:
    """libpq would quote a part of it, and that may be of the password, however short it is."""
    with running(tmp_path, BELLHOP_STORAGE_DATABASE=address) as bellhop:
        done = bellhop.run("prepare")
    assert (done.returncode, done.stdout) == (1, "")
    assert last_line(done.stderr).startswith("bellhop: [storage] database ")
    assert "p4" not in done.stderr and "Traceback" not in done.stderr


def test_it_refuses_a_config_file_with_a_password_that_others_may_read(tmp_path: Path) -> None:
    path = tmp_path / "config.ini"
    path.write_text("[storage]\ndatabase = postgresql://host/jobs?password=p4ss\n")
    path.chmod(0o644)
    with running(tmp_path) as bellhop:
        del bellhop.environment["BELLHOP_STORAGE_DATABASE"]
        done = bellhop.run("--config", str(path), "prepare")
    assert done.returncode == 1
    assert "[storage] database" in last_line(done.stderr) and "p4ss" not in done.stderr


def test_it_says_nothing_of_the_password_while_it_runs(tmp_path: Path, postgres: Postgres) -> None:
    password = "pa55-of-quiet"
    postgres.psql(f"CREATE ROLE quiet LOGIN PASSWORD '{password}'")
    postgres.psql("CREATE DATABASE quiet OWNER quiet")
    url = postgres.url("quiet").replace(f"bellhop:{PASSWORD}@", f"quiet:{password}@")
    with running(tmp_path, BELLHOP_STORAGE_DATABASE=url) as bellhop:
        bellhop.serve()
        bellhop.final(bellhop.texts("a")["job_id"])
        told = [json.dumps(bellhop.client().get(path)) for path in ("/health", "/api/v1/health")]
        postgres.psql("ALTER DATABASE quiet ALLOW_CONNECTIONS false")
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'quiet'"
        postgres.psql(ended)
        with contextlib.suppress(BellhopError):
            told += [json.dumps(bellhop.client().get("/health"))]
        done = bellhop.run("check", limit_s=90)
        postgres.psql("ALTER DATABASE quiet ALLOW_CONNECTIONS true")
        told += [done.stdout, done.stderr, bellhop.log()]
    postgres.drop_database("quiet")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert password not in "".join(told)
    assert traces_of(password, bellhop.data) == []
