"""`backup` under load: killed at any moment, and each one that ends is restored and compared.

`BACKUPS=20` says how often; which moments they are says the seed.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bellhop.client import FINAL, Bellhop
from tests.support.running import Family, Running, running, wait_for

pytestmark = pytest.mark.sqlite("a backup of the data folder alone")
ROUNDS, SEED = int(os.environ.get("BACKUPS", "2")), 1
# Until a backup has ended, on a machine that does other things too.
MOST_S = 1.5
PAUSE_S, THREADS, DELETE_EVERY = 0.02, 2, 4
JOBS = "/api/v1/jobs"


class Load:
    """Submits files, and deletes jobs that have ended, whatever happens to Bellhop."""

    def __init__(self, bellhop: Running, folder: Path):
        self._bellhop, self._folder = bellhop, folder
        # What each job was given; those that are to be deleted, and those that were.
        self.texts: dict[str, str] = {}
        self.doomed: set[str] = set()
        self.deleted: set[str] = set()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(THREADS)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, thread: int) -> None:
        number, mine = 0, list[str]()
        while not self._stopping.wait(PAUSE_S):
            number += 1
            path = self._folder / f"{thread}-{number}.txt"
            path.write_text(f"the words of {path.name} " * 50)
            with contextlib.suppress(Exception):  # while Bellhop is dead
                address = (self._bellhop.data / "address").read_text()
                client = Bellhop(address, patience_s=0.5)
                job_id = client.create("upper", files=[path], use_cache=False)["job_id"]
                self.texts[job_id] = path.read_text()
                mine.append(job_id)
                if number % DELETE_EVERY == 0:
                    self._delete(client, mine.pop(0))

    def _delete(self, client: Bellhop, job_id: str) -> None:
        if client.job(job_id)["status"] in FINAL:
            self.doomed.add(job_id)
            client.delete(f"{JOBS}/{job_id}?purge=true")
            self.deleted.add(job_id)


@pytest.fixture
def bellhop(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as made:
        made.serve()
        yield made


def test_it_is_whole_whatever_is_killed(bellhop: Running, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    (folder := tmp_path / "given").mkdir()
    with Load(bellhop, folder) as load:
        wait_for(lambda: load.deleted)
        for number in range(ROUNDS):
            file = tmp_path / f"{number}.tar"
            kill_a_backup(bellhop, file, chance)
            there, gone = {*load.texts}, {*load.deleted}
            backup = bellhop.start("backup", str(file))
            if number % 2:
                time.sleep(chance.uniform(0, MOST_S))
                Family(bellhop.processes[0].pid).kill()
                bellhop.processes[0].wait()
            assert backup.wait(60) == 0, bellhop.log()
            if number % 2:
                bellhop.processes.insert(0, bellhop.serve())
            other = restored(bellhop, file, tmp_path / f"restored-{number}")
            compare(other.data, load, there - load.doomed, gone)
    verified = bellhop.run("backup", "--verify", str(file))
    assert verified.returncode == 0, verified.stdout + verified.stderr
    bellhop.stop()
    try:
        waiting = left(other.data)
        other.serve()
        assert {other.final(job_id)["status"] for job_id in waiting} <= {"completed"}
    finally:
        other.end()


def kill_a_backup(bellhop: Running, file: Path, chance: random.Random) -> None:
    """Let one die, which may have ended before."""
    process = bellhop.start("backup", str(file))
    time.sleep(chance.uniform(0, MOST_S))
    process.kill()
    process.wait()
    if file.exists():
        assert bellhop.run("backup", "--verify", str(file)).returncode == 0
        file.unlink()


def restored(bellhop: Running, file: Path, folder: Path) -> Running:
    folder.mkdir()
    other = Running(folder)
    done = other.run("restore", str(file))
    assert done.returncode == 0, done.stderr
    return other


def compare(data: Path, load: Load, there: set[str], gone: set[str]) -> None:
    """What is restored must be what was given and made, of each job that was there."""
    rows = jobs(data)
    assert there <= rows.keys()
    assert not gone & rows.keys()
    for job_id, (status, files) in rows.items():
        (upload,) = (data / "uploads" / job_id).iterdir()
        text = load.texts.get(job_id, upload.read_text())
        assert upload.read_text() == text
        assert status in ("pending", "queued", "completed"), status
        paths = {file["name"]: data / "results" / job_id / file["path"] for file in files}
        assert ("upper.txt" in paths) == (status == "completed")
        assert all(path.read_text("utf-8") in (text.upper(), "ü") for path in paths.values())


def jobs(data: Path) -> dict[str, tuple[str, list[dict[str, Any]]]]:
    """The status and the output files of each job."""
    sql = """SELECT job_id, item.status, files FROM job JOIN item ON item.job = job.id
        LEFT JOIN result ON result.item = item.id"""
    with contextlib.closing(sqlite3.connect(data / "bellhop.db")) as rows:
        found = rows.execute(sql).fetchall()
        assert rows.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert rows.execute("PRAGMA foreign_key_check").fetchall() == []
    return {job_id: (status, json.loads(files or "[]")) for job_id, status, files in found}


def left(data: Path) -> list[str]:
    return [job_id for job_id, (status, _) in jobs(data).items() if status != "completed"]


def test_it_makes_backups_by_itself(tmp_path: Path) -> None:
    (folder := tmp_path / "backups").mkdir()
    with running(tmp_path, BELLHOP_BACKUP_FOLDER=str(folder)) as bellhop:
        bellhop.serve()
        (file,) = wait_for(lambda: [*folder.glob("*.tar")])
        assert bellhop.run("backup", "--verify", str(file)).returncode == 0
        bellhop.stop()
