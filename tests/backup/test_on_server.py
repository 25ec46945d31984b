"""`backup` and `restore` of jobs in PostgreSQL, and from one database to the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bellhop.backup.restore import restore
from bellhop.backup.save import save
from bellhop.backup.verify import verify
from bellhop.base.errors import StartRefused
from bellhop.cli import start
from bellhop.database import schema
from bellhop.database.database import bind, bind_server, database, query
from bellhop.jobs import lifecycle
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation, read_record
from tests.support.backups import completed, files_of, nothing, uploaded
from tests.support.killpoints import BACKUP, RESTORE_ON_SERVER, dies
from tests.support.once import descriptions
from tests.support.postgres import Postgres
from tests.support.programs import ADDS, later
from tests.support.wsgi import WsgiClient

on_server = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bellhop.tar"


@pytest.fixture
def given(loaded: Settings, web: WsgiClient, here: Installation) -> dict[str, str]:
    """The status of each job: one that completed, one that waits."""
    database.close_all()
    return {
        completed(web, here.folder, "a.txt"): "completed",
        uploaded(web, "b.txt"): "queued",
    }


def elsewhere(settings: Settings, url: str, name: str = "other") -> Settings:
    """The settings of another data folder, with its rows in another database."""
    storage = replace(settings.storage, database=url)
    return replace(settings, data_dir=settings.data_dir.with_name(name), storage=storage)


def statuses(settings: Settings) -> dict[str, str]:
    """The jobs in the database that the settings name."""
    if settings.storage.database:
        bind_server(settings.storage.database)
    else:
        bind(settings.data_dir / "bellhop.db")
    with database.connection_context():
        found = dict(query("SELECT job_id, status FROM job"))
    database.close_all()
    return found


def saved(settings: Settings, path: Path) -> None:
    save(settings, path, nothing)
    database.close_all()


@on_server
def test_it_restores_to_an_empty_database_what_was_saved(
    loaded: Settings, here: Installation, given: dict[str, str], file: Path, empty_database: str
) -> None:
    start.prepare(loaded)
    saved(loaded, file)
    found = verify(file, nothing)
    assert (found.jobs, found.files, found.lacking) == (2, 4, [])
    other = elsewhere(loaded, empty_database)
    restore(other, file, nothing)
    assert statuses(other) == given
    assert files_of(other.data_dir) == files_of(here.folder)
    assert not (other.data_dir / "bellhop.db").exists()
    (other.data_dir / "types.json").write_bytes(descriptions())
    again = start.prepare(other)
    assert (again.id, again.rows) == (here.id, other_place(empty_database))
    database.close_all()


def other_place(url: str) -> str:
    return url.partition("@")[2].partition("?")[0]


@on_server
def test_it_holds_up_no_writer_and_has_the_rows_of_one_moment(
    loaded: Settings, web: WsgiClient, here: Installation, given: dict[str, str], file: Path
) -> None:
    start.prepare(loaded)
    gone, *_ = given
    acted: list[str] = []

    def meanwhile(what: str, done: int, of: int) -> None:
        if what.startswith("copy files") and not acted:
            bind_server(loaded.storage.database)
            acted.append(uploaded(web, "c.txt"))
            lifecycle.purge([gone])
            Files(here.folder).remove_job(gone)
            bind(here.folder / "backup.db")

    save(loaded, file, meanwhile)
    database.close_all()
    other = elsewhere(loaded, "")
    restore(other, file, nothing)
    kept = {job: status for job, status in given.items() if job != gone}
    # As a file was gone, the rows are those of the moment after that.
    assert statuses(other) == {**kept, acted[0]: "queued"} == statuses(loaded)


@on_server
@pytest.mark.parametrize("point", BACKUP)
def test_it_leaves_no_half_backup(
    loaded: Settings, here: Installation, given: dict[str, str], file: Path, point: str
) -> None:
    start.prepare(loaded)
    dies(lambda: save(loaded, file, nothing), point)
    assert not file.exists()
    saved(loaded, file)
    assert verify(file, nothing).jobs == 2
    assert not [*here.folder.glob("backup.db*")]


@on_server
@pytest.mark.parametrize("point", RESTORE_ON_SERVER)
def test_it_ends_right_when_a_killed_restore_is_repeated(
    loaded: Settings, given: dict[str, str], file: Path, empty_database: str, point: str
) -> None:
    start.prepare(loaded)
    saved(loaded, file)
    other = elsewhere(loaded, empty_database)
    dies(lambda: restore(other, file, nothing), point)
    with pytest.raises(StartRefused, match="a restore did not finish"):
        start.prepare(other)
    restore(other, file, nothing)
    assert statuses(other) == given


def refused(settings: Settings, file: Path, said: str) -> None:
    """A restore says no in one line, and changes nothing."""
    with pytest.raises(StartRefused, match=said) as refusal:
        restore(settings, file, nothing)
    assert "\n" not in str(refusal.value)
    assert not settings.data_dir.exists()
    database.close_all()


@on_server
def test_it_restores_over_no_other_rows(
    loaded: Settings, web: WsgiClient, given: dict[str, str], file: Path
) -> None:
    start.prepare(loaded)
    saved(loaded, file)
    bind_server(loaded.storage.database)
    newer = uploaded(web, "c.txt")
    database.close_all()
    other = elsewhere(loaded, loaded.storage.database)
    refused(other, file, "nothing was restored to .*: it is not empty; name an empty database")
    assert statuses(loaded) == {**given, newer: "queued"}


@on_server
def test_it_restores_to_no_database_of_another_program(
    loaded: Settings, given: dict[str, str], file: Path, empty_database: str, postgres: Postgres
) -> None:
    start.prepare(loaded)
    saved(loaded, file)
    postgres.psql("CREATE TABLE public.mine (a int)", "empty")
    refused(elsewhere(loaded, empty_database), file, "holds tables of another program")


@on_server
def test_it_saves_no_rows_of_another_schema(
    loaded: Settings, given: dict[str, str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start.prepare(loaded)
    later(monkeypatch)(ADDS)
    with pytest.raises(
        StartRefused, match=f"are of an older Bellhop .schema {len(schema.MIGRATIONS) - 1}"
    ):
        saved(loaded, file)
    bind_server(loaded.storage.database)
    query("UPDATE about SET version = version + 2")
    with pytest.raises(StartRefused, match="is from a newer version of Bellhop"):
        saved(loaded, file)
    bind_server(loaded.storage.database)
    query("UPDATE about SET version = version - 2")
    assert not file.exists()


@on_server
def test_it_says_that_the_server_cannot_be_reached(
    loaded: Settings, here: Installation, given: dict[str, str], file: Path, empty_database: str
) -> None:
    start.prepare(loaded)
    saved(loaded, file)
    away = empty_database.replace("@127.0.0.1:", "@127.0.0.1:1")
    refused(elsewhere(loaded, away), file, "cannot be used .*")


@pytest.mark.sqlite("a move to the other database")
def test_it_brings_jobs_of_sqlite_to_a_server(
    loaded: Settings, here: Installation, given: dict[str, str], file: Path, empty_database: str
) -> None:
    start.prepare(loaded)
    saved(loaded, file)
    other = elsewhere(loaded, empty_database)
    restore(other, file, nothing)
    assert statuses(other) == given
    (other.data_dir / "types.json").write_bytes(descriptions())
    assert start.prepare(other).rows
    database.close_all()


@on_server
def test_it_brings_jobs_of_a_server_to_sqlite(
    loaded: Settings, here: Installation, given: dict[str, str], file: Path
) -> None:
    known = start.prepare(loaded)
    query(
        """INSERT INTO machine (id, name, is_home, queues, version, place, joined_at, seen_at)
        VALUES ('m', 'gpu-1', 0, '{}', '', '', '', '')"""
    )
    saved(loaded, file)
    other = elsewhere(loaded, "")
    restore(other, file, nothing)
    assert statuses(other) == given
    recorded = read_record(other.data_dir)
    assert recorded and (recorded.rows, recorded.machine, known.machine != "") == ("", "", True)
    bind(other.data_dir / "bellhop.db")
    assert query("SELECT id FROM machine") == [(known.machine,)]
    database.close_all()
