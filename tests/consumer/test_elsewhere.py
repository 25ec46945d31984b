"""Consumers of other machines, and of copies of this one, as the keeper and the others see them."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from bellhop.consumer.keeper import Keeper
from bellhop.consumer.stillness import Stillness
from bellhop.database.database import query
from bellhop.jobs import consumers, lifecycle, queries
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import SILENCE_S, Installation
from bellhop.storage.models import Job
from bellhop.system.locks import take_lock
from tests.support import single
from tests.support.jobs import items_of, job_of, moves_of

Submit = Callable[..., Job]
LEASE_S = 60
on_server = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Time:
    """What this process takes for the time since it began."""
    made = Time()
    monkeypatch.setattr(time, "monotonic", made)
    return made


@pytest.fixture
def home(here: Installation) -> Installation:
    return replace(here, machine="home")


class Keeping:
    """The keeper of a machine; it looks at the beats of all before each sweep."""

    def __init__(self, machine: Installation, loaded: Settings):
        files, self._beats = Files(machine.folder), Stillness()
        self.keeper = Keeper(
            machine, loaded, files, ring=lambda times: None, each_round=[], beats=self._beats
        )

    def look(self) -> None:
        beats = {consumer.id: str(consumer.beat) for consumer in queries.consumers()}
        self._beats.look(beats, time.monotonic())

    def sweep(self) -> None:
        self.look()
        self.keeper.sweep()


@pytest.fixture
def keeper(home: Installation, loaded: Settings, clocks: Time) -> Keeping:
    return Keeping(home, loaded)


def claimed_at(machine: str, place: str, consumer: str = "other") -> None:
    """An item is claimed by a consumer that registered so."""
    consumers.register(consumer, 1, ["parsing"], machine, place)
    assert single.claim("parsing", f"{consumer}/1")


def beat(consumer: str = "other") -> None:
    query("UPDATE consumer SET beat = beat + 1 WHERE id = :id", {"id": consumer})


def sweep_for(keeper: Keeping, clocks: Time, seconds: int, each: Callable[[], object]) -> None:
    """Sweep once a second, and before each time act."""
    for _ in range(seconds):
        each()
        keeper.sweep()
        clocks.now += 1


def silence() -> None:
    """Nobody does anything."""


def status(job: Job) -> str:
    return items_of(job_of(job.job_id))[0].status


@on_server
def test_it_adopts_what_another_machine_held_once_its_beat_stood_still_for_a_lease(
    submit: Submit, keeper: Keeping, clocks: Time
) -> None:
    job = submit()
    claimed_at("m2", "there")
    sweep_for(keeper, clocks, LEASE_S, silence)
    assert status(job) == "running"
    keeper.sweep()
    (item,) = items_of(job)
    assert (item.status, item.interruptions) == ("queued", 1)
    assert not queries.consumers()


@on_server
def test_it_leaves_what_another_machine_holds_while_it_beats(
    submit: Submit, keeper: Keeping, clocks: Time
) -> None:
    job = submit()
    claimed_at("m2", "there")
    sweep_for(keeper, clocks, 3 * LEASE_S, beat)
    assert status(job) == "running", "and the lease of the item is not renewed, which is not ours"


@on_server
def test_it_measures_a_beat_anew_after_a_gap_between_two_looks(
    submit: Submit, keeper: Keeping, clocks: Time
) -> None:
    """While the database was away from us, nobody else could beat either."""
    job = submit()
    claimed_at("m2", "there")
    sweep_for(keeper, clocks, LEASE_S - 1, silence)
    clocks.now += 10
    sweep_for(keeper, clocks, LEASE_S, silence)
    assert status(job) == "running"
    keeper.sweep()
    assert status(job) == "queued"


@on_server
def test_it_measures_a_beat_also_while_it_waits_for_its_turn_to_write(
    submit: Submit, keeper: Keeping, clocks: Time
) -> None:
    """A machine may die that writes: the others wait for it, and it is that one that is silent."""
    job = submit()
    claimed_at("m2", "there")
    keeper.sweep()
    beat()
    for _ in range(LEASE_S):
        keeper.look()
        clocks.now += 1
    assert status(job) == "running"
    keeper.sweep()
    assert status(job) == "queued"


@on_server
def test_it_adopts_nothing_of_a_beat_that_came_after_its_last_look(
    submit: Submit, keeper: Keeping, clocks: Time
) -> None:
    job = submit()
    claimed_at("m2", "there")
    sweep_for(keeper, clocks, LEASE_S, keeper.look)
    keeper.look()
    beat()
    keeper.keeper.sweep()
    assert status(job) == "running"


@on_server
def test_it_measures_anew_with_each_start_of_a_keeper(
    submit: Submit, home: Installation, loaded: Settings, clocks: Time
) -> None:
    job = submit()
    claimed_at("m2", "there")
    for _ in range(2):
        sweep_for(Keeping(home, loaded), clocks, LEASE_S - 1, silence)
    assert status(job) == "running"


@on_server
def test_it_knows_a_copy_of_its_data_folder_by_its_beats_alone(
    submit: Submit, keeper: Keeping, home: Installation, clocks: Time
) -> None:
    """That holds its own locks, in its own folder, under the same names; here nobody holds them."""
    job = submit()
    claimed_at(home.machine, "another start, or another folder")
    sweep_for(keeper, clocks, 2 * LEASE_S, beat)
    assert status(job) == "running"


@on_server
def test_it_adopts_at_once_what_the_only_machine_held_before_it_was_started_again(
    submit: Submit, keeper: Keeping, home: Installation
) -> None:
    job = submit()
    claimed_at(home.machine, "another start")
    query("UPDATE consumer SET lease_s = NULL")
    keeper.sweep()
    assert status(job) == "queued"


@on_server
def test_it_leaves_to_its_own_machine_what_holds_for_ever(
    submit: Submit, keeper: Keeping, clocks: Time
) -> None:
    job = submit()
    claimed_at("m2", "there")
    query("UPDATE consumer SET lease_s = NULL")
    sweep_for(keeper, clocks, 2 * LEASE_S, silence)
    assert status(job) == "running"


@on_server
def test_it_adopts_at_once_what_a_dead_consumer_of_its_folder_held(
    submit: Submit, keeper: Keeping, home: Installation
) -> None:
    job = submit()
    claimed_at(home.machine, home.place)
    keeper.sweep()
    assert status(job) == "queued"


@on_server
def test_it_leaves_what_a_living_consumer_of_its_folder_holds_also_if_it_does_not_beat(
    submit: Submit, keeper: Keeping, home: Installation, clocks: Time
) -> None:
    """Its processes live here, and nobody here knows how to end them."""
    job = submit()
    take_lock(home.consumer_lock("other"), fcntl.LOCK_EX)
    claimed_at(home.machine, home.place)
    sweep_for(keeper, clocks, int(lifecycle.LEASE_S) - 1, silence)
    assert status(job) == "running"


@on_server
def test_it_takes_consumers_from_before_there_were_machines_for_its_own_at_the_home_only(
    submit: Submit, home: Installation, loaded: Settings, clocks: Time
) -> None:
    job = submit()
    claimed_at("", "")
    Keeping(replace(home, machine="m2", home="https://home"), loaded).sweep()
    assert status(job) == "running"
    Keeping(home, loaded).sweep()
    assert status(job) == "queued"


@pytest.mark.sqlite("all consumers on one machine")
def test_it_knows_all_by_their_locks_on_one_machine(
    submit: Submit, here: Installation, loaded: Settings
) -> None:
    job = submit()
    claimed_at("m2", "there")
    Keeping(here, loaded).sweep()
    assert status(job) == "queued"


@on_server
def test_it_expires_no_item_of_another_machine(
    submit: Submit, keeper: Keeping, clocks: Time
) -> None:
    """Whose own consumers do: what stands still there is seen there."""
    job = submit()
    claimed_at("m2", "there")
    sweep_for(keeper, clocks, 2 * int(lifecycle.LEASE_S), beat)
    assert moves_of(job) == ["submitted", "claimed"]


@on_server
def test_it_leaves_to_the_home_what_is_done_once_for_all(
    submit: Submit, home: Installation, loaded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = Keeping(replace(home, machine="m2", home="https://home"), loaded).keeper
    made: list[str] = []
    for name in ("follow_clock", "cancel_hopeless"):
        monkeypatch.setattr(lifecycle, name, lambda *_, said=name: made.append(said))
    monkeypatch.setattr(member._schedules, "submit_due", lambda: made.append("submit_due"))
    monkeypatch.setattr(member, "expire", lambda: made.append("expire"))
    monkeypatch.setattr(member._clock, "look", lambda: 3600.0)
    old = home.folder / "uploads" / "litter"
    old.mkdir()
    os.utime(old, (0, 0))
    member._clock._steady_at = 0.0
    member.sweep()
    assert not made and old.exists()


@on_server
def test_it_tidies_its_own_folder_on_every_machine(home: Installation, loaded: Settings) -> None:
    litter = Files(home.folder).new_scratch("gone")
    Keeping(replace(home, machine="m2", home="https://home"), loaded).sweep()
    assert not litter.home.exists()


@on_server
def test_it_lists_consumers_of_other_machines_while_they_beat(home: Installation) -> None:
    consumers.register("other", 1, ["parsing"], "m2", "there")
    query("UPDATE consumer SET beat = clock_ms()")
    for living in (queries.living_consumers(home), queries.running_consumers(home)):
        assert [consumer.id for consumer in living] == ["other"]
    silent = {"beat": int((SILENCE_S + 1) * 1000)}
    query("UPDATE consumer SET beat = clock_ms() - :beat", silent)
    assert not queries.living_consumers(home) and not queries.running_consumers(home)


@on_server
def test_it_counts_what_another_machine_may_run_until_its_lease_is_over(
    submit: Submit, home: Installation
) -> None:
    submit()
    claimed_at("m2", "there")
    query("UPDATE consumer SET beat = clock_ms() - 40000")
    assert queries.held_by(home, ["other"]) == 1
    query("UPDATE consumer SET lease_s = 30")
    assert queries.held_by(home, ["other"]) == 0


@on_server
def test_it_reaches_a_consumer_that_is_adopted_while_a_beat_waits(
    submit: Submit, home: Installation
) -> None:
    """Either it beats first, and keeps what it holds, or it finds that it lost it."""
    job = submit()
    claimed_at("m2", "there")
    beat()
    assert lifecycle.adopt_silent("other", 0) == 0
    assert status(job) == "running"
    assert lifecycle.adopt_silent("other", 1) == 1
    assert lifecycle.adopt_silent("other", 1) == 0
    assert status(job) == "queued"


@on_server
def test_it_counts_no_interruption_where_the_consumer_was_stopping(
    submit: Submit, home: Installation
) -> None:
    job = submit()
    claimed_at("m2", "there")
    consumers.report_stop("other")
    lifecycle.adopt_silent("other", 0)
    assert [item.interruptions for item in items_of(job)] == [0]
