"""A short storm on each store: the promises hold while everything is killed.

The long one, with the figures of the promises, is `python -m tests.whole.chaos`. What proves
something by finding nothing must be shown to find: the second half spoils a good story.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.whole.chaos.checker import check_journal, check_rows
from tests.whole.chaos.evidence import EventRow, ItemRow, JobRow, Line, Records
from tests.whole.chaos.load import Ledger, Submission
from tests.whole.chaos.run import STORES, Plan, run

ITEMS, KILLS, SEED, PAUSE_S = 200, 8, 1, (0.3, 1.0)
# Ceilings for a busy machine; the long run holds the figures to their bars.
RECOVERY_LIMIT_S = 10.0
CANCEL_LIMIT_S = 5.0


@pytest.mark.parametrize("store", STORES)
def test_it_keeps_every_promise_in_a_storm(store: str, tmp_path: Path) -> None:
    verdict = run(Plan(store, ITEMS, KILLS, SEED, PAUSE_S), tmp_path)
    assert not verdict.findings, "\n".join(verdict.findings)
    figures = verdict.figures
    assert figures.kills.total() >= KILLS
    assert (figures.lost, figures.doubly_recorded) == (0, 0)
    # A figure that was not measured is NaN, which is above no limit.
    assert not figures.all_recovery.p99 > RECOVERY_LIMIT_S, figures.table()
    assert not figures.cancel.p99 > CANCEL_LIMIT_S, figures.table()


class Story:
    """One item that was interrupted once and then completed, as all sources tell it."""

    def __init__(self) -> None:
        self.job = JobRow("j", "quick", "completed", 100, 1, 1, 0, 0, 2, "at", "at")
        result = {"item_id": "j-0-0", "attempt": 2}
        self.item = ItemRow("j-0-0", "j", "quick", "completed", 2, "0-0", None, None, result)
        self.events = [
            self.event(1, 10, 1, "claimed"),
            self.event(2, 12, 1, "requeued", "interrupted"),
            self.event(3, 13, 2, "claimed"),
            self.event(4, 15, 2, "completed"),
        ]
        self.lines = [
            Line(10.1, "j-0-0", 1, "start", 7),
            Line(13.1, "j-0-0", 2, "start", 8),
            Line(14.9, "j-0-0", 2, "end", 8),
        ]
        self.submission = Submission(0, "quick", ["0-0"], [], job_id="j")

    @staticmethod
    def event(
        id: int, at: float, attempt: int, move: str, code: str | None = None, key: str = "j-0-0"
    ) -> EventRow:
        return EventRow(id, "j", key or None, at, attempt, move, code, None)

    def findings(self) -> list[str]:
        records = Records([self.job], [self.item], self.events)
        ledger = Ledger([self.submission])
        return check_rows(records, ledger, []) + check_journal(records, self.lines)


def test_its_checker_finds_nothing_in_a_good_story() -> None:
    assert Story().findings() == []


def lose_the_job(story: Story) -> None:
    story.submission.job_id = "another"


def leave_it_running(story: Story) -> None:
    story.item = story.item._replace(status="running", data=None)


def finish_it_twice(story: Story) -> None:
    story.events.append(story.event(5, 16, 2, "completed"))


def claim_it_once_more(story: Story) -> None:
    story.events.append(story.event(5, 16, 3, "claimed"))


def forget_its_result(story: Story) -> None:
    story.item = story.item._replace(data=None)


def give_it_the_result_of_another_attempt(story: Story) -> None:
    story.item = story.item._replace(data={"item_id": "j-0-0", "attempt": 1})


def miscount(story: Story) -> None:
    story.job = story.job._replace(failed_items=1)


def fail_for_no_reason(story: Story) -> None:
    story.events[1] = story.events[1]._replace(code="unexpected_error")


def wait_for_room_on_an_empty_disk(story: Story) -> None:
    story.events[1] = story.events[1]._replace(code="try_again")


def crash_by_itself(story: Story) -> None:
    story.events[1] = story.events[1]._replace(code="process_crashed")


def claim_it_after_a_cancel(story: Story) -> None:
    story.events.insert(2, story.event(2, 12.5, 0, "cancel_asked", key=""))


def accept_it_after_a_refusal(story: Story) -> None:
    story.submission.refusal = "submit: 507 disk-full"


def run_on_after_the_end(story: Story) -> None:
    story.lines.append(Line(15.1, "j-0-0", 2, "beat", 8))


def run_beside_the_next_attempt(story: Story) -> None:
    story.lines.append(Line(13.2, "j-0-0", 1, "beat", 7))


def run_before_its_claim(story: Story) -> None:
    story.lines[0] = story.lines[0]._replace(at=9.9)


def complete_without_running(story: Story) -> None:
    story.lines.pop()


def hang_on_its_lease(story: Story) -> None:
    story.events[3] = story.events[3]._replace(at=75)


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lose_the_job, "was accepted and is not there"),
        (leave_it_running, "is still running"),
        (finish_it_twice, "became final twice"),
        (claim_it_once_more, "was claimed while completed"),
        (forget_its_result, "its result says otherwise"),
        (give_it_the_result_of_another_attempt, "not of attempt 2"),
        (miscount, "its counters are not those of its items"),
        (fail_for_no_reason, "met unexpected_error"),
        (wait_for_room_on_an_empty_disk, "met try_again"),
        (crash_by_itself, "1 job processes crashed, the storm killed 0"),
        (claim_it_after_a_cancel, "was claimed after its cancel was recorded"),
        (accept_it_after_a_refusal, "is there although it was refused"),
        (run_on_after_the_end, "ran on (beat) 100 ms after it was completed"),
        (run_beside_the_next_attempt, "attempt 1 ran on beside attempt 2"),
        (run_before_its_claim, "attempt 1 ran before it was claimed"),
        (complete_without_running, "its last attempt never ended"),
        (hang_on_its_lease, "was forgotten for 60.1 s"),
    ],
)
def test_its_checker_sees(spoil: Callable[[Story], None], found: str) -> None:
    story = Story()
    spoil(story)
    assert any(found in finding for finding in story.findings()), story.findings()
