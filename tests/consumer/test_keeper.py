"""The sweeps of the keeper, one at a time."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bellhop.base import times
from bellhop.base.times import shifted, timestamp
from bellhop.consumer import keeper as keeper_module
from bellhop.consumer.keeper import Keeper
from bellhop.database.database import database, query
from bellhop.jobs import consumers, lifecycle
from bellhop.jobs.lifecycle import claims, ends, moves, upkeep
from bellhop.settings.sections import Lifetime
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.system import clock
from bellhop.system.locks import take_lock
from tests.support import single
from tests.support.clock import only_own
from tests.support.jobs import items_of, job_of

Submit = Callable[..., Job]


@pytest.fixture
def rung() -> list[Mapping[str, int]]:
    return []


@pytest.fixture
def keeper(here: Installation, loaded: Settings, rung: list[Mapping[str, int]]) -> Keeper:
    """A keeper that has watched the clock for more than an hour."""
    made = Keeper(here, loaded, Files(here.folder), ring=rung.append, each_round=[])
    made._clock._steady_at = 0.0
    return made


def claimed_by(consumer: str) -> None:
    consumers.register(consumer, 1, ["parsing"])
    assert single.claim("parsing", f"{consumer}/1")


def test_it_adopts_what_a_dead_consumer_held_and_rings(
    submit: Submit, keeper: Keeper, rung: list[Mapping[str, int]]
) -> None:
    job = submit()
    claimed_by("dead")
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["queued"]
    assert rung == [{"parsing": 1}]


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


def test_it_releases_what_is_due_and_rings(
    submit: Submit, keeper: Keeper, rung: list[Mapping[str, int]]
) -> None:
    job = submit()
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    lifecycle.try_again(claim, 60, "busy")
    keeper.sweep()
    assert job_of(job.job_id).status == "running" and rung == []
    query("UPDATE item SET not_before = '2000'")
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["queued"]
    assert rung == [{"parsing": 1}]


def test_it_tidies_only_where_it_holds_the_lock(keeper: Keeper, here: Installation) -> None:
    litter = Files(here.folder).new_scratch("gone")
    other = take_lock(here.folder / "keeper.lock", fcntl.LOCK_EX)
    keeper.sweep()
    assert litter.home.exists()
    assert other is not None
    os.close(other)
    keeper.sweep()
    assert not litter.home.exists()


def test_it_gives_back_also_where_another_holds_the_lock(
    submit: Submit, keeper: Keeper, here: Installation
) -> None:
    """The one that tidies may be stopped; the items of the others go on."""
    job = submit()
    take_lock(here.folder / "keeper.lock", fcntl.LOCK_EX)
    claimed_by("dead")
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["queued"]


def test_it_expires_a_lease_that_stood_still(
    submit: Submit, keeper: Keeper, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit()
    take_lock(here.folder / "consumers" / "stuck", fcntl.LOCK_EX)
    claimed_by("stuck")
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    keeper.sweep()
    for _ in range(int(lifecycle.LEASE_S) - 1):
        now += 1
        keeper.sweep()
    assert [item.status for item in items_of(job)] == ["running"]
    now += 2
    keeper.sweep()
    assert [(item.status, item.interruptions) for item in items_of(job)] == [("queued", 1)]


def test_it_measures_a_lease_anew_after_the_database_was_away(
    submit: Submit, keeper: Keeper, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could renew it meanwhile."""
    job = submit()
    take_lock(here.folder / "consumers" / "waiting", fcntl.LOCK_EX)
    claimed_by("waiting")
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    keeper.sweep()
    now += 10 * lifecycle.LEASE_S
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["running"]
    for _ in range(int(lifecycle.LEASE_S) + 1):
        now += 1
        keeper.sweep()
    assert [item.status for item in items_of(job)] == ["queued"]


def test_it_expires_nothing_when_the_wall_clock_jumps(
    submit: Submit, keeper: Keeper, here: Installation
) -> None:
    job = submit()
    take_lock(here.folder / "consumers" / "fine", fcntl.LOCK_EX)
    claimed_by("fine")
    query("UPDATE item SET lease_until = '2000-01-01T00:00:00.000000Z'")
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["running"]


def test_it_removes_the_scratch_of_consumers_that_are_gone(
    keeper: Keeper, here: Installation
) -> None:
    consumers.register("alive", 1, ["parsing"])
    for consumer in ("alive", "gone"):
        Files(here.folder).new_scratch(consumer)
    keeper.tidy()
    (left,) = (here.folder / "scratch").iterdir()
    assert left.name.startswith("alive-")


def test_it_keeps_the_scratch_of_who_holds_the_lock_of_a_consumer(
    keeper: Keeper, here: Installation
) -> None:
    """Such as a check, and a consumer that has not registered yet."""
    take_lock(here.consumer_lock("starting"), fcntl.LOCK_EX)
    kept = Files(here.folder).new_scratch("starting").folder
    keeper.tidy()
    assert [*(here.folder / "scratch").iterdir()] == [kept]


def test_it_removes_old_folders_without_a_job(
    submit: Submit, keeper: Keeper, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = submit(job_id="kept")
    uploads = here.folder / "uploads"
    for name in (kept.job_id, "litter"):
        (uploads / name).mkdir()
    keeper.tidy()
    assert {path.name for path in uploads.iterdir()} == {"kept", "litter"}
    monkeypatch.setattr(keeper_module, "LITTER_AGE_S", -1)
    keeper.tidy()
    assert {path.name for path in uploads.iterdir()} == {"kept"}


@pytest.mark.sqlite("its write-ahead log")
def test_it_keeps_the_write_ahead_log_short(
    submit: Submit, keeper: Keeper, here: Installation
) -> None:
    for _ in range(20):
        submit()
    keeper.tidy()
    assert Path(f"{here.database}-wal").stat().st_size == 0


def ended(job: Job, days_ago: float) -> None:
    """Let a job have completed so many days ago."""
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    single.complete(claim, data="{}", files="[]", warnings="[]")
    at = timestamp(-days_ago * 86400)
    query("UPDATE job SET completed_at = :at WHERE id = :id", {"at": at, "id": job.id})


def test_it_deletes_jobs_after_their_days_with_their_files(
    submit: Submit, keeper: Keeper, here: Installation
) -> None:
    for job_id, days_ago in (("old", 31.0), ("young", 29.0)):
        ended(submit(job_id=job_id), days_ago)
        (here.folder / "results" / job_id).mkdir()
    waiting = submit(job_id="waiting")
    keeper.expire()
    assert {job.job_id for job in Job.select()} == {"young", waiting.job_id}
    assert [path.name for path in (here.folder / "results").iterdir()] == ["young"]


def test_it_deletes_uploads_before_results(
    submit: Submit, keeper: Keeper, here: Installation
) -> None:
    for job_id, days_ago in (("old", 8.0), ("young", 6.0)):
        ended(submit(job_id=job_id), days_ago)
        folder = here.folder / "uploads" / job_id
        folder.mkdir()
        os.utime(folder, (0, 0))
    keeper.expire_uploads()
    assert [path.name for path in (here.folder / "uploads").iterdir()] == ["young"]
    assert Job.select().count() == 2


def test_it_keeps_everything_when_the_days_are_0(
    submit: Submit, keeper: Keeper, here: Installation
) -> None:
    ended(submit(), 10_000)
    endless = Lifetime(results_days=0, uploads_days=0)
    keeper._settings = replace(keeper._settings, lifetime=endless)
    keeper.expire()
    assert Job.select().count() == 1


def test_it_adopts_nothing_while_a_process_of_the_dead_consumer_lives(
    submit: Submit, keeper: Keeper, here: Installation
) -> None:
    """Each job process holds the second lock; nothing may run twice at the same time."""
    job = submit()
    process = take_lock(here.processes_lock("dead"), fcntl.LOCK_EX)
    claimed_by("dead")
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["running"]
    assert process is not None
    os.close(process)
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["queued"]
    assert list((here.folder / "consumers").iterdir()) == []


def test_it_waits_for_a_process_that_escaped_no_longer_than_its_limit(
    submit: Submit, keeper: Keeper, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit()
    take_lock(here.processes_lock("dead"), fcntl.LOCK_EX)
    claimed_by("dead")
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["running"]
    now += keeper_module.GROUP_GONE_LIMIT_S + 1
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["queued"]


def test_it_expires_no_lease_while_none_can_be_renewed(
    submit: Submit, keeper: Keeper, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk stops every renewal; the time until there is room does not count."""
    job = submit()
    take_lock(here.folder / "consumers" / "fine", fcntl.LOCK_EX)
    claimed_by("fine")
    now, free = time.monotonic(), 0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(Files, "free_bytes", lambda self: free)
    keeper.sweep()
    for _ in range(int(2 * lifecycle.LEASE_S)):
        now += 1
        keeper.sweep()
    free = 1 << 30
    keeper.sweep()
    for _ in range(int(lifecycle.LEASE_S) - 1):
        now += 1
        keeper.sweep()
    assert [item.status for item in items_of(job)] == ["running"]


def test_it_says_once_that_a_sweep_fails(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    wrong = [ValueError("no sweep")] * 3

    def sweep() -> None:
        if wrong:
            raise wrong.pop()

    for _ in range(5):
        keeper._attempt(sweep)
        keeper._attempt(lambda: None)
    failed, mended = caplog.messages
    assert "no sweep" in failed and "Traceback" in failed
    assert mended == "the sweep works again"


@pytest.mark.parametrize("step_s", [60 * 86400, -60 * 86400])
def test_it_deletes_nothing_because_the_clock_was_set(
    submit: Submit, keeper: Keeper, monkeypatch: pytest.MonkeyPatch, step_s: float
) -> None:
    """Forward, everything looks old; after a correction backward, the clock is doubted too."""
    ended(submit(), days_ago=0)
    now, wall = time.monotonic(), time.time()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(clock, "since_boot_s", lambda: now)
    only_own(monkeypatch)
    monkeypatch.setattr(time, "time", lambda: wall)
    keeper._clock = clock.Clock()
    monkeypatch.setattr(keeper_module, "timestamp", lambda after_s: stamp(wall + after_s))
    keeper.sweep()
    now, wall = now + 1000, wall + 1000 + step_s
    keeper.sweep()
    assert Job.select().count() == 1
    now, wall = now + 4000, wall + 4000
    keeper.sweep()
    assert Job.select().count() == (0 if step_s > 0 else 1), "an hour later it is believed"


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")


def test_it_removes_the_locks_of_consumers_that_never_registered(
    keeper: Keeper, here: Installation
) -> None:
    take_lock(here.consumer_lock("starting"), fcntl.LOCK_EX)
    for path in (here.consumer_lock("dead"), here.processes_lock("dead")):
        path.touch()
    keeper.tidy()
    assert here.consumer_files() == ["starting"]


@pytest.mark.parametrize("step_s", [2 * 86400, -2 * 86400])
def test_it_keeps_waits_as_long_as_they_were_when_the_clock_is_set(
    submit: Submit, keeper: Keeper, monkeypatch: pytest.MonkeyPatch, step_s: float
) -> None:
    """Neither is a retry put off by days, nor does one give up that began a moment ago."""
    waiting, running = submit(), submit()
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    lifecycle.try_again(claim, 60, "busy")
    busy = single.claim("parsing", "c1/1")
    assert busy is not None
    take_lock(keeper._here.consumer_lock("c1"), fcntl.LOCK_EX)
    (before,) = items_of(waiting)
    monkeypatch.setattr(keeper._clock, "look", lambda: step_s)
    for module in (claims, ends, moves, upkeep):
        monkeypatch.setattr(module, "timestamp", lambda s=0: timestamp(s + step_s))
    keeper.sweep()
    (after,) = items_of(waiting)
    assert after.not_before == shifted(before.not_before, timedelta(seconds=step_s))
    lifecycle.try_again(busy, 60, "busy")
    assert [item.status for item in items_of(running)] == ["pending"], "it has not given up"


def test_it_takes_no_sleep_of_the_machine_for_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    only_own(monkeypatch)
    boot, wall = 1000.0, time.time()
    monkeypatch.setattr(time, "clock_gettime", lambda which: boot)
    monkeypatch.setattr(time, "time", lambda: wall)
    watched = clock.Clock()
    assert not watched.is_steady(), "nobody knows what it said before"
    boot, wall = boot + 7200, wall + 7200
    assert watched.look() == 0 and watched.is_steady()
    wall += 100
    assert watched.look() == 100 and not watched.is_steady()
    assert watched.look() == 0


def test_it_leaves_a_log_alone_for_a_while_that_it_cannot_cut(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A backup may read for minutes, and each try holds up who writes."""
    tries: list[int] = []
    monkeypatch.setattr(database.obj, "log_bytes", lambda: 1 << 30)
    monkeypatch.setattr(database.obj, "checkpoint", lambda: tries.append(1))
    keeper.keep_log_short()
    keeper.keep_log_short()
    assert len(tries) == keeper_module.CUT_TRIES
    assert "cannot be truncated while another program reads" in caplog.messages[-1]


@pytest.mark.parametrize("name", ["lost+found", "a b", ".DS_Store"])
def test_it_tidies_beside_what_is_not_its_own(
    keeper: Keeper, here: Installation, name: str
) -> None:
    """A folder of the disk, or of another program, ends no clean-up."""
    for folder in (name, "gone"):
        (here.folder / "uploads" / folder).mkdir()
        os.utime(here.folder / "uploads" / folder, (0, 0))
    keeper.tidy()
    assert [path.name for path in (here.folder / "uploads").iterdir()] == [name]


def at_clock(monkeypatch: pytest.MonkeyPatch, years: float) -> None:
    """Set the wall clock, and leave the time since boot as it is."""
    only_own(monkeypatch)
    shift_s, real = years * 365 * 86400, time.time
    monkeypatch.setattr(time, "time", lambda: real() + shift_s)


@pytest.fixture
def old_things(submit: Submit, here: Installation) -> list[str]:
    """Rows and files of everything that is deleted when it is old."""
    ended(submit(job_id="done"), days_ago=0)
    for kind in ("uploads", "results", "logs"):
        (here.folder / kind / "done").mkdir()
        (here.folder / kind / "arriving").mkdir()
    now = {"now": timestamp()}
    query("INSERT INTO account (name, role, created_at) VALUES ('anna', 'admin', :now)", now)
    query(
        """INSERT INTO session (hash, account, address, agent, created_at, used_at)
        VALUES ('h', 'anna', '', '', :now, :now)""",
        now,
    )
    query(
        """INSERT INTO token (hash, account, name, scope, created_at, expires_at)
        VALUES ('h', 'anna', '', 'all', :now, :now)""",
        now,
    )
    query("INSERT INTO cache SELECT 'k', 'noop', 'local', item, 1, :now, :now FROM result", now)
    query("INSERT INTO idempotency SELECT 'local', 'k', 'f', id, :now FROM job", now)
    query("INSERT INTO audit (at, who, address, action, target) VALUES (:now, '', '', '', '')", now)
    return everything(here)


def everything(here: Installation) -> list[str]:
    rows = [
        f"{name} {count}"
        for name, count in query("""SELECT 'job', count(*) FROM job
            UNION ALL SELECT 'session', count(*) FROM session
            UNION ALL SELECT 'token', count(*) FROM token
            UNION ALL SELECT 'cache', count(*) FROM cache
            UNION ALL SELECT 'idempotency', count(*) FROM idempotency
            UNION ALL SELECT 'audit', count(*) FROM audit""")
    ]
    folders = (here.folder / kind for kind in ("uploads", "results", "logs"))
    return rows + sorted(str(path) for folder in folders for path in folder.iterdir())


@pytest.mark.parametrize("years", [10, -10])
@pytest.mark.parametrize("is_running", [True, False], ids=["while it runs", "at the start"])
def test_it_deletes_nothing_for_an_hour_of_a_wrong_clock(
    here: Installation,
    loaded: Settings,
    old_things: list[str],
    monkeypatch: pytest.MonkeyPatch,
    years: float,
    is_running: bool,
) -> None:
    boot = times.since_boot_s()
    monkeypatch.setattr(clock, "since_boot_s", lambda: boot)
    if not is_running:
        at_clock(monkeypatch, years)
    keeper = Keeper(here, loaded, Files(here.folder), ring=lambda times: None, each_round=[])
    keeper.sweep()
    if is_running:
        at_clock(monkeypatch, years)
    for minutes in (0, 30, 59):
        monkeypatch.setattr(clock, "since_boot_s", lambda passed=minutes: boot + passed * 60)
        keeper._next.clear()
        keeper.sweep()
        keeper.expire()
        keeper.tidy()
        assert everything(here) == old_things


def test_it_deletes_nothing_while_the_clock_is_behind_the_newest_row(
    keeper: Keeper, here: Installation, old_things: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    query("UPDATE session SET used_at = '1990', created_at = '1990'")
    with monkeypatch.context() as set_back:
        at_clock(set_back, -10)
        assert keeper._clock.is_steady()
        keeper.expire()
        assert everything(here) == old_things
    keeper.expire()
    assert everything(here) != old_things


def test_it_waits_no_longer_for_a_retry_because_the_clock_was_set_back_before_the_start(
    submit: Submit, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit()
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    lifecycle.try_again(claim, 60, "busy")
    at_clock(monkeypatch, -10)
    keeper._clock = clock.Clock()
    keeper.sweep()
    (item,) = items_of(job)
    assert item.not_before is not None and item.not_before < timestamp(61)


def test_it_submits_a_schedule_again_that_was_due_years_ahead(
    keeper: Keeper, here: Installation
) -> None:
    query("""INSERT INTO schedule (name, owner, cron, timezone, job, next_at, created_at)
        VALUES ('x', 'local', '0 * * * *', 'UTC', '{}', '2099-01-01T00:00:00.000000Z', '2020')""")
    keeper.sweep()
    assert query("SELECT next_at FROM schedule")[0][0] < timestamp(3601)


def test_it_goes_on_with_its_round_when_one_part_fails(
    submit: Submit, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise ValueError("no")

    job = submit()
    claimed_by("dead")
    monkeypatch.setattr(lifecycle, "release_due", broken)
    monkeypatch.setattr(keeper, "expire_leases", broken)
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["queued"]


def test_it_tells_of_no_absence_of_the_database_that_another_keeper_told(
    keeper: Keeper, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also not once it follows that one, days later."""
    passed = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: passed[0])
    other = take_lock(here.folder / "keeper.lock", fcntl.LOCK_EX)
    assert other is not None
    keeper._absence.begin()
    passed[0] += 100
    keeper._note_absence()
    os.close(other)
    passed[0] += 3 * 86400
    keeper._note_absence()
    assert query("SELECT count(*) FROM trouble") == [(0,)]
