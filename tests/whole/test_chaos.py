"""A short storm on each store: the promises hold while everything is killed.

The long one, with the figures of the promises, is `python -m tests.whole.chaos`. What proves
something by finding nothing must be shown to find: the second half spoils a good story.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.whole.chaos import checker, figures
from tests.whole.chaos.checker import check_api, check_journal, check_rows
from tests.whole.chaos.evidence import EventRow, ItemRow, JobRow, Line, Records
from tests.whole.chaos.figures import DatabaseFigures, Figures
from tests.whole.chaos.follower import Known, missed
from tests.whole.chaos.load import Answer, Ledger, Submission, digest
from tests.whole.chaos.run import Plan, run
from tests.whole.chaos.storm import PROMOTION, RESTARTS, Trouble

ITEMS, KILLS, SEED, PAUSE_S, LOOK_PAUSE_S = 200, 8, 1, (0.3, 1.0), (0.1, 0.4)
# Ceilings for a busy machine; the long run holds the figures to their bars.
RECOVERY_LIMIT_S = 10.0
CANCEL_LIMIT_S = 5.0


@pytest.mark.sqlite("test_chaos_postgresql.py has the storm on PostgreSQL")
@pytest.mark.parametrize("store", ["sqlite", "redis"])
def test_it_keeps_every_promise_in_a_storm(store: str, tmp_path: Path) -> None:
    plan = Plan(
        store, ITEMS, KILLS, SEED, PAUSE_S, recovery_s=RECOVERY_LIMIT_S, look_pause_s=LOOK_PAUSE_S
    )
    verdict = run(plan, tmp_path)
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
        self.others: list[tuple[JobRow, ItemRow]] = []
        self.refusals: list[str] = []
        self.troubles = [Trouble("consumer", 11, 12.5)]

    @staticmethod
    def event(
        id: int, at: float, attempt: int, move: str, code: str | None = None, key: str = "j-0-0"
    ) -> EventRow:
        return EventRow(id, "j", key or None, at, attempt, move, code, None)

    @property
    def records(self) -> Records:
        jobs, items = [job for job, _ in self.others], [item for _, item in self.others]
        return Records([self.job, *jobs], [self.item, *items], self.events)

    def add_dependent(self, status: str, attempt: int) -> None:
        """A job that needs the one of the story."""
        job = JobRow("k", "quick", status, 0, 1, 0, 0, 0, attempt, None, None, '["j"]')
        item = ItemRow("k-0-0", "k", "quick", status, attempt, "0-0", None, None, None)
        self.others.append((job, item))

    @property
    def ledger(self) -> Ledger:
        ledger = Ledger([self.submission])
        ledger.refusals.update(self.refusals)
        return ledger

    def findings(self) -> list[str]:
        found = check_rows(self.records, self.ledger, self.troubles)
        return found + check_journal(self.records, self.lines, self.troubles)

    def figures(self, files: int = 0, **of_database: int) -> Figures:
        counted = dict.fromkeys(("swallowed", "gone", "deadlocks", "missed", "changes"), 0)
        claims = figures.first_claims(self.troubles)
        return figures.measure(
            self.records, self.ledger, self.troubles, self.lines, has_disk=True,
            missing_files=files, database=DatabaseFigures(claims, **(counted | of_database)),
        )  # fmt: skip


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


def interrupt_it_for_no_reason(story: Story) -> None:
    story.troubles = [Trouble("database killed", 11, 12.5, 0.1)]


def answer_with_an_error(story: Story) -> None:
    story.refusals.append("submit: 500 internal-error")


def be_away_for_no_reason(story: Story) -> None:
    story.refusals.append("submit: 503 database-unavailable")


def never_release_it(story: Story) -> None:
    story.add_dependent("pending", 0)


def begin_before_what_it_needs(story: Story) -> None:
    story.add_dependent("running", 1)
    story.events.insert(3, EventRow(3, "k", "k-0-0", 14, 1, "claimed", None, None))


def take_the_result_of_another(story: Story) -> None:
    story.item = story.item._replace(cached_from="j")


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
        (interrupt_it_for_no_reason, "attempt 1 was interrupted, and nothing had died"),
        (answer_with_an_error, "was answered with submit: 500 internal-error"),
        (be_away_for_no_reason, "was answered with submit: 503 database-unavailable"),
        (never_release_it, "was never released"),
        (begin_before_what_it_needs, "job k began before j, which it needs"),
        (take_the_result_of_another, "took the result of j-0-0"),
    ],
)
def test_its_checker_sees(spoil: Callable[[Story], None], found: str) -> None:
    story = Story()
    spoil(story)
    assert any(found in finding for finding in story.findings()), story.findings()


def test_its_checker_lets_the_database_be_away() -> None:
    story = Story()
    be_away_for_no_reason(story)
    hang_on_its_lease(story)
    story.troubles.append(Trouble("network cut", 14.9, 74.9, 0.1))
    assert story.findings() == []


class Files:
    """The API, as it shows an item that copied its upload."""

    def __init__(self) -> None:
        content = b"what was sent"
        self.story = Story()
        self.story.job = self.story.job._replace(kind="copying")
        data = {"item_id": "j-0-0", "attempt": 2, "sha256": digest(content)}
        self.story.item = self.story.item._replace(
            kind="copying", sha256=digest(content), data=data
        )
        self.uploads = {"/api/v1/jobs/j/items/0/input": content}
        self.outputs = {"/output": content}

    def ask(self, url: str, method: str, path: str) -> Answer:
        files = self.uploads | self.outputs
        if path in files:
            return Answer(200, None, files[path])
        if path.startswith("/api/v1/jobs?"):
            return self.document({"jobs": [self.story.job._asdict()], "next": None})
        if path == "/api/v1/jobs/j/result":
            listed = [{"name": "copy.txt", "url": "/output"}]
            item = {"status": "completed", "data": self.story.item.data, "files": listed}
            return self.document({"items": [item]})
        return Answer(404, None, b"{}")

    @staticmethod
    def document(value: object) -> Answer:
        return Answer(200, None, json.dumps(value).encode())


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Files:
    files = Files()
    monkeypatch.setattr(checker, "ask", files.ask)
    return files


def test_its_checker_finds_every_file(files: Files) -> None:
    assert check_api("", files.story.records) == []


@pytest.mark.parametrize("which", ["uploads", "outputs"])
@pytest.mark.parametrize("is_there", [True, False])
def test_its_checker_sees_a_missing_file(files: Files, which: str, is_there: bool) -> None:
    kept = getattr(files, which)
    for path in list(kept):
        kept[path] = b"cut off"
        if not is_there:
            del kept[path]
    found = check_api("", files.story.records)
    assert checker.missing_files(found) >= 1, found


JOB = Known("j", 7, "completed", 1, 1, 0)


@pytest.mark.parametrize(
    "heard",
    [{}, {"j": JOB._replace(change=6)}, {"j": JOB._replace(status="running")}],
    ids=["never", "an earlier one", "otherwise"],
)
def test_its_follower_sees_a_change_it_never_heard_of(heard: dict[str, Known]) -> None:
    assert len(missed(heard, [JOB])) == 1


@pytest.mark.parametrize("change", [7, 8])
def test_its_follower_is_content_with_this_change_or_a_later_one(change: int) -> None:
    assert missed({"j": JOB._replace(change=change)}, [JOB]) == []


def test_its_figures_are_good_after_a_good_story() -> None:
    story = Story()
    story.troubles = [Trouble(kind, 1, 2, 3.0) for kind in (PROMOTION, *RESTARTS)]
    assert story.figures().missed() == []


def be_late_after(kind: str) -> Callable[[Story], None]:
    def be_late(story: Story) -> None:
        story.troubles.append(Trouble(kind, 1, 2, 3.1))

    return be_late


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (lose_the_job, "lost"),
        (finish_it_twice, "doubly recorded"),
        (never_release_it, "dependent jobs never released"),
        (answer_with_an_error, "HTTP 500 answers"),
        (be_late_after(PROMOTION), "first claim after promotion p99"),
        *((be_late_after(kind), "first claim after restart p99") for kind in RESTARTS),
    ],
)
def test_its_figures_miss_a_bar(spoil: Callable[[Story], None], name: str) -> None:
    story = Story()
    spoil(story)
    assert any(words.startswith(name) for words in story.figures().missed())


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("missing files", {"files": 1}),
        ("accepted jobs gone after failover", {"gone": 1}),
        ("deadlocks", {"deadlocks": 1}),
        ("changes never heard of", {"missed": 1}),
    ],
)
def test_its_figures_miss_a_bar_of_what_was_counted(name: str, count: dict[str, int]) -> None:
    assert [words.startswith(name) for words in Story().figures(**count).missed()] == [True]
