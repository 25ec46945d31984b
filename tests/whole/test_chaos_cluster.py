"""A short storm on several machines: the promises hold while machines, ways and servers fail.

The long one, with the figures of the promises, is `make chaos CLUSTER=1`. The second half shows
that what it finds nothing of would be found.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.whole.chaos import attempts
from tests.whole.chaos.attempts import Attempt, Standstill, read_attempts
from tests.whole.chaos.evidence import EventRow, ItemRow, Records
from tests.whole.chaos.several import SeveralPlan, run

ITEMS, SEED, PAUSE_S = 600, 1, (0.2, 0.5)
# Each look is a handshake and an answer, which the other tests beside this one would wait for.
LOOK_PAUSE_S = (0.1, 0.5)
# One longer than the lease, the others shorter than what kills anything.
CUTS_S = (3, 24, 2, 5)
KINDS = (
    "consumer killed", "web killed", "power lost", "removed", "clock set", "writer cut", "cut",
    "not heard", "hears nothing", "stopped", "database killed", "standby promoted",
)  # fmt: skip
# The long run holds the figures to their bars; this is for a busy machine.
BUSY_S = 8.0
ONE, OTHER = 101, 102  # networks


def test_it_keeps_every_promise_on_several_machines(tmp_path: Path) -> None:
    plan = SeveralPlan(
        "postgresql", "mount", ITEMS, len(KINDS), SEED,
        pause_s=PAUSE_S, cuts_s=CUTS_S, slack_s=BUSY_S, kinds=KINDS,
        look_pause_s=LOOK_PAUSE_S,
    )  # fmt: skip
    verdict = run(plan, tmp_path)
    assert not verdict.findings, "\n".join([*verdict.findings, verdict.figures.table()])
    assert not any(count for _, count in verdict.figures.counted()), verdict.figures.table()


class Told:
    """Two attempts of one item on two machines, as they and the rows tell it."""

    def __init__(self) -> None:
        self.first = Attempt("j-0-0", 1, ONE, 10.0, 12.0, has_ended=False)
        self.second = Attempt("j-0-0", 2, OTHER, 14.0, 15.0, has_ended=True)
        self.standstills: list[Standstill] = []
        self.events = [
            self.event(1, 10.0, 1, "claimed"),
            self.event(2, 13.0, 1, "requeued", "interrupted"),
            self.event(3, 13.9, 2, "claimed"),
            self.event(4, 15.1, 2, "completed"),
        ]

    @staticmethod
    def event(id: int, at: float, attempt: int, move: str, code: str | None = None) -> EventRow:
        return EventRow(id, "j", "j-0-0", at, attempt, move, code, None)

    def findings(self) -> list[str]:
        ran = [self.first, self.second]
        result = {"item_id": "j-0-0", "attempt": 2}
        item = ItemRow("j-0-0", "j", "slow", "completed", 2, "0-0", None, None, result)
        records = Records([], [item], self.events)
        wrong, _ = attempts.overlaps(ran, self.standstills)
        outlived = attempts.outlived(ran, records, 0.0, 0.5)
        return [*wrong, *outlived, *attempts.unrecorded(ran, records)]

    def change(self, **changes: float | bool) -> None:
        self.first = Attempt(**{**vars(self.first), **changes})


def test_it_finds_nothing_where_one_attempt_follows_the_other() -> None:
    assert Told().findings() == []


def run_beside(told: Told) -> None:
    told.change(last=14.2)


def run_on_after_its_adoption(told: Told) -> None:
    told.change(last=13.8)


def run_without_a_claim(told: Told) -> None:
    del told.events[0]


def never_end(told: Told) -> None:
    told.second = Attempt("j-0-0", 2, OTHER, 14.0, 15.0, has_ended=False)


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (run_beside, "attempt 1 ran for 0.20 s beside attempt 2"),
        (run_on_after_its_adoption, "ran on for 0.8 s after it was recorded as over"),
        (run_without_a_claim, "attempt 1 ran and was never claimed"),
        (never_end, "attempt 2 never ended"),
    ],
)
def test_it_sees(spoil: Callable[[Told], None], found: str) -> None:
    told = Told()
    spoil(told)
    assert any(found in finding for finding in told.findings()), told.findings()


@pytest.mark.parametrize(("until", "found"), [(17.1, [0, 1]), (14.1, [1, 0])])
def test_it_counts_apart_what_a_stopped_machine_did_until_it_could_kill(
    until: float, found: list[int]
) -> None:
    told = Told()
    run_beside(told)
    both = attempts.overlaps([told.first, told.second], [Standstill(ONE, 10.5, until)])
    assert [len(pairs) for pairs in both] == found


def test_it_reads_what_attempts_wrote(tmp_path: Path) -> None:
    lines = ["1.5 start 1 101", "2.5 beat 1 101", "3.5 start 2 102", "3.6 end 2 102"]
    (tmp_path / "j-0-0").write_text("".join(f"{line}\n" for line in lines))
    assert read_attempts(tmp_path) == [
        Attempt("j-0-0", 1, 101, 1.5, 2.5, has_ended=False),
        Attempt("j-0-0", 2, 102, 3.5, 3.6, has_ended=True),
    ]
