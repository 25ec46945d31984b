"""What `upgrade-check` says before a new version takes over, and that it changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bellhop.catalog.catalog import Catalog
from bellhop.cli import start, upgradecheck
from bellhop.cli.selfcheck import Finding, answered
from bellhop.database import schema
from bellhop.database.database import bind_server, database, query
from bellhop.parent import answers
from bellhop.settings.settings import Settings
from bellhop.storage.installation import ALIVE, Installation, read_record, stay_alive
from bellhop.system import locks
from bellhop.upgrade import questions
from tests.support.programs import ADDS, Later, later
from tests.support.wsgi import WsgiClient

NOW = len(schema.MIGRATIONS)
ENGINES = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Later:
    return later(monkeypatch)


@pytest.fixture
def started(
    loaded: Settings, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """An installation that was started and stopped; its job types are known, and described once."""
    known = here.described_types.read_bytes()
    start.prepare(loaded)
    database.close_all()
    monkeypatch.setattr(Catalog, "settle", lambda self, patience_s: self._store.write_bytes(known))
    yield loaded
    database.close_all()


def found(settings: Settings) -> dict[str, list[Finding]]:
    here = read_record(settings.data_dir)
    assert here
    told: dict[str, list[Finding]] = {}
    for question in questions.every(settings, here):
        told.setdefault(question.name, []).extend(answered(question))
    database.close_all()
    return told


def everything_in(folder: Path) -> dict[Path, str]:
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@ENGINES
def test_it_says_that_nothing_is_migrated(started: Settings) -> None:
    told = found(started)
    (line,) = told["schema"]
    assert (line.ok, line.mend) == (True, None)
    assert line.said == f"{NOW}, as this version has it; nothing is migrated"
    assert all(each.ok for lines in told.values() for each in lines)
    assert told["running"][0].said == "Bellhop is not running; start this version"


@ENGINES
def test_it_names_the_migrations_and_changes_nothing(
    started: Settings, web: WsgiClient, program: Later
) -> None:
    web.upload(("a.txt", b"words"))
    database.close_all()
    before = everything_in(started.data_dir)
    program(ADDS)
    (line,) = found(started)["schema"]
    assert line.ok and line.said.startswith(f"{NOW} → {NOW + 1} ({NOW + 1:04}_made_up")
    assert "1 jobs" in line.said
    assert everything_in(started.data_dir) == before
    program()
    assert found(started)["schema"][0].said.startswith(f"{NOW}, as")


@pytest.mark.sqlite("a copy of the file")
def test_it_finds_a_migration_that_would_fail(started: Settings, program: Later) -> None:
    program("CREATE TABLE job (a INTEGER)")
    (line,) = found(started)["schema"]
    assert not line.ok and "already exists" in line.said


@ENGINES
def test_it_fails_an_older_version(started: Settings, program: Later) -> None:
    program(ADDS)
    start.prepare(started)
    program()
    (line,) = found(started)["schema"]
    assert not line.ok and f"(schema {NOW + 1}, this one knows {NOW})" in line.said
    if started.storage.database:
        bind_server(started.storage.database)
        query("DROP TABLE weather")
        query(f"UPDATE about SET version = {NOW}")


@ENGINES
def test_it_fails_without_room_for_the_copy(
    started: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "free_bytes", lambda path: 1)
    (line,) = found(started)["room"]
    assert not line.ok and line.mend == f"make room in {started.data_dir}"


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_it_warns_that_nobody_can_save_the_rows_of_a_server(
    started: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/none")
    _, warning = found(started)["room"]
    assert (
        warning.ok and warning.mend and "not saved before a migration, as pg_dump" in warning.said
    )


def test_it_names_types_that_would_not_load(
    started: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Catalog, "settle", lambda self, patience_s: self._store.write_text("{}"))
    lines = found(started)["job types"]
    assert lines and not any(line.ok for line in lines)
    said = [line.said for line in lines]
    assert "word_count would not load: this version does not have it" in said


@pytest.mark.parametrize(
    ("understands", "then"),
    [
        (False, "stop it, and start this version"),
        (True, "install this version in its place, and type python app.py restart"),
    ],
)
def test_it_says_how_to_replace_who_runs_and_what_that_cuts_off(
    started: Settings, monkeypatch: pytest.MonkeyPatch, *, understands: bool, then: str
) -> None:
    monkeypatch.setattr(answers, "understands", lambda folder, number: understands)
    stay_alive(started.data_dir)
    (line,) = found(started)["running"]
    locks.let_go(started.data_dir / ALIVE)
    cut = "(those that need more than 8 s more then run again)"
    assert line.ok and line.said == f"Bellhop runs, with 0 items at this moment {cut}; {then}"


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_it_names_machines_that_are_older(
    started: Settings, program: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    query(
        """INSERT INTO machine (id, name, is_home, queues, version, place, joined_at, seen_at)
        VALUES ('m', 'gpu-1', 0, '{}', '0.0.1', '', '', '')"""
    )
    _, warning = found(started)["machines"]
    assert warning.ok and "update gpu-1 after the home" in warning.said
    program(ADDS)
    monkeypatch.setattr(schema, "BREAKING", {schema.MIGRATIONS[-1]})
    (line,) = found(started)["machines"]
    assert not line.ok and line.mend == "stop Bellhop there first"


def test_it_reads_settings_that_stop_every_other_command(
    config: Callable[[str], Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    config("")
    monkeypatch.setenv("BELLHOP_CONFIG", str(tmp_path / "config.ini"))
    assert upgradecheck.run(as_json=False) == 1
    assert "FAILED  settings: there is no Bellhop in " in capsys.readouterr().out
    (tmp_path / "config.ini").write_text("[server]\nportt = 1\n")
    assert upgradecheck.run(as_json=True) == 1
    assert '"ok": false, "said": "' in (said := capsys.readouterr().out) and "'portt'" in said
