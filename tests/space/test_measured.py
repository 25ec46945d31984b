"""The command `space` measures the data folder: by kind, each file once, and what is of no job."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bellhop.base.errors import StartRefused
from bellhop.cli import space
from bellhop.database.database import database
from bellhop.settings.settings import Settings
from bellhop.space import installation
from bellhop.space.measured import Measure
from bellhop.storage.installation import RECORD, Installation
from bellhop.storage.models import Job

Submit = Callable[..., Job]
KIB = 1024


def put(path: Path, size: int = 8 * KIB) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def files_of(measure: Measure) -> dict[str, int]:
    return {kind: of.files for kind, of in measure.kinds.items() if of.files}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def test_it_measures_each_kind(folder: Path) -> None:
    for name in (
        "uploads/job/0.csv", "uploads/.parts/ab", "results/job/0-0-1/a.csv", "logs/job/0-0-1",
        "scratch/c-1/home/b", "environments/ab/bin/python", "bellhop.db", "bellhop.db-wal",
        "before-schema-9-from-8-x.db", "types.json",
    ):  # fmt: skip
        put(folder / name)
    measure = Measure()
    measure.walk(folder, None)
    assert files_of(measure) == {
        "uploads": 1, "arriving": 1, "results": 1, "logs": 1, "scratch": 1, "environments": 1,
        "database": 1, "log": 1, "copies": 1, "other": 1,
    }  # fmt: skip
    assert measure.kinds["results"].bytes >= 8 * KIB


def test_it_counts_a_file_with_two_names_once(folder: Path) -> None:
    given = put(folder / "results/job/0-0-1/a.csv")
    (folder / "results/other").mkdir()
    os.link(given, folder / "results/other/a.csv")
    measure = Measure()
    measure.walk(folder, None)
    assert files_of(measure) == {"results": 1}
    assert measure.shared_bytes == given.stat().st_blocks * 512


def test_it_measures_what_a_file_takes_on_the_disk(folder: Path) -> None:
    with (folder / "hole").open("wb") as file:
        file.truncate(1 << 30)
    measure = Measure()
    measure.walk(folder, None)
    assert measure.kinds["other"].bytes < 1 << 20


def test_it_follows_a_folder_to_another_disk_and_no_link_in_it(folder: Path) -> None:
    put(folder.parent / "disk/job/a.csv")
    put(folder.parent / "secret")
    (folder / "results").symlink_to(folder.parent / "disk")
    (folder / "results/job/link").symlink_to(folder.parent)
    measure = Measure()
    measure.walk(folder, None)
    assert files_of(measure) == {"results": 2}


def test_it_counts_backups_as_such_wherever_they_are(folder: Path) -> None:
    put(folder / "own/backups/1.tar")
    measure = Measure()
    measure.walk(folder, folder / "own/backups")
    assert files_of(measure) == {"backups": 1}


def test_it_ends_in_time_and_says_so(folder: Path) -> None:
    put(folder / "results/job/a.csv")
    measure = Measure(look_for_s=0)
    measure.walk(folder, None)
    assert not measure.is_complete


def test_it_knows_files_of_no_job(loaded: Settings, here: Installation, submit: Submit) -> None:
    put(here.folder / "results" / submit("a").job_id / "a.csv")
    lost = put(here.folder / "results/gone/a.csv")
    put(here.folder / "uploads/.parts/ab")
    measure = Measure()
    installation.measured(loaded, measure)
    found = installation.of_rows(loaded, here, measure)
    assert found["unknown_jobs"] == 1
    assert found["unknown_bytes"] >= lost.stat().st_blocks * 512


@pytest.fixture
def recorded(loaded: Settings, here: Installation, submit: Submit) -> Settings:
    submit("a")
    database.close_all()
    fields = {"id": here.id, "storage": "sqlite", "redis": "", "rows": here.rows}
    (here.folder / RECORD).write_text(json.dumps(fields))
    return loaded


def test_the_command_says_what_makes_room(
    recorded: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert space.run(recorded, as_json=False) == 0
    printed = capsys.readouterr().out
    assert "[storage] reserve_mb" in printed
    assert "deleted after 30 days" in printed
    assert "noop" in printed


def test_a_machine_that_joined_sends_to_its_home(
    recorded: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    record = recorded.data_dir / RECORD
    fields = json.loads(record.read_text())
    record.write_text(json.dumps({**fields, "home": "http://home:8080"}))
    space.run(recorded, as_json=False)
    assert "http://home:8080" in capsys.readouterr().out


def test_it_prints_json(recorded: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    space.run(recorded, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["rows"]["jobs"]["types"][0]["type"] == "noop"
    assert found["bytes"] == sum(each["bytes"] for each in found["kinds"])


def test_it_refuses_a_folder_without_a_bellhop(loaded: Settings, tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="not the data folder"):
        space.run(replace(loaded, data_dir=tmp_path / "none"), as_json=False)
