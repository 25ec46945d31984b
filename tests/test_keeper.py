"""The sweeps of the keeper, one at a time."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import files as files_module
import keeper as keeper_module
import lifecycle
from files import Files
from installation import Installation, take_lock
from keeper import Keeper
from models import Job, query
from tests.conftest import items_of, job_of

Submit = Callable[..., Job]


@pytest.fixture
def rung() -> list[int]:
    return []


@pytest.fixture
def keeper(here: Installation, rung: list[int]) -> Keeper:
    return Keeper(here, Files(here.folder), ring=rung.append, retire_idle=lambda: None)


def claimed_by(consumer: str) -> None:
    lifecycle.register(consumer, 1, ["parsing"])
    assert lifecycle.claim("parsing", f"{consumer}/1")


def test_it_adopts_what_a_dead_consumer_held_and_rings(
    submit: Submit, keeper: Keeper, rung: list[int]
) -> None:
    job = submit()
    claimed_by("dead")
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["queued"]
    assert rung == [1]


def test_it_leaves_what_a_living_consumer_holds(
    submit: Submit, keeper: Keeper, here: Installation
) -> None:
    job = submit()
    lock = take_lock(here.folder / "consumers" / "alive", fcntl.LOCK_EX)
    claimed_by("alive")
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["running"]
    assert lock is not None
    os.close(lock)
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["queued"]


def test_it_releases_what_is_due_and_rings(submit: Submit, keeper: Keeper, rung: list[int]) -> None:
    job = submit()
    claim = lifecycle.claim("parsing", "c1/1")
    assert claim is not None
    lifecycle.try_again(claim, 60, "busy")
    keeper.sweep()
    assert job_of(job.job_id).status == "running" and rung == []
    query("UPDATE item SET not_before = '2000'")
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["queued"]
    assert rung == [1]


def test_it_sweeps_only_where_it_holds_the_lock(
    submit: Submit, keeper: Keeper, here: Installation
) -> None:
    job = submit()
    other = take_lock(here.folder / "keeper.lock", fcntl.LOCK_EX)
    claimed_by("dead")
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["running"]
    assert other is not None
    os.close(other)


def test_it_expires_a_lease_that_stood_still(
    submit: Submit, keeper: Keeper, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit()
    take_lock(here.folder / "consumers" / "stuck", fcntl.LOCK_EX)
    claimed_by("stuck")
    now = time.monotonic()
    monkeypatch.setattr(keeper_module.time, "monotonic", lambda: now)
    keeper.sweep()
    now += lifecycle.LEASE_S - 1
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["running"]
    now += 2
    keeper.sweep()
    assert [(item.status, item.interruptions) for item in items_of(job)] == [("queued", 1)]


def test_it_expires_nothing_when_the_wall_clock_jumps(
    submit: Submit, keeper: Keeper, here: Installation
) -> None:
    job = submit()
    take_lock(here.folder / "consumers" / "fine", fcntl.LOCK_EX)
    claimed_by("fine")
    query("UPDATE item SET lease_until = '2000-01-01T00:00:00.000000Z'")
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["running"]


def test_it_removes_scratch_of_attempts_that_do_not_run(
    submit: Submit, keeper: Keeper, here: Installation
) -> None:
    submit()
    claim = lifecycle.claim("parsing", "c1/1")
    assert claim is not None
    files = Files(here.folder)
    files.start_attempt(claim.id, claim.attempt)
    files.start_attempt(claim.id, 99)
    keeper.tidy()
    assert files.scratch_attempts() == [(claim.id, claim.attempt)]


def test_it_removes_old_folders_without_a_job(
    submit: Submit, keeper: Keeper, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = submit(job_id="kept")
    uploads = here.folder / "uploads"
    for name in (kept.job_id, "litter"):
        (uploads / name).mkdir()
    keeper.tidy()
    assert {path.name for path in uploads.iterdir()} == {"kept", "litter"}
    monkeypatch.setattr(files_module, "LITTER_AGE_S", -1)
    keeper.tidy()
    assert {path.name for path in uploads.iterdir()} == {"kept"}


def test_it_keeps_the_write_ahead_log_short(
    submit: Submit, keeper: Keeper, here: Installation
) -> None:
    for _ in range(20):
        submit()
    keeper.tidy()
    assert Path(f"{here.database}-wal").stat().st_size == 0
