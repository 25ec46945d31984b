"""The figures of a run, each with the bar it must reach."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.whole.chaos.checker import doubly_recorded, lost, unreleased
from tests.whole.chaos.evidence import EventRow, Line, Records
from tests.whole.chaos.load import Ledger, Wish
from tests.whole.chaos.storm import DEATHS, OF_DATABASE, PROMOTION, RESTARTS, Trouble

RECOVERY_BAR_S = 2.0
CANCEL_BAR_S = 1.0
OVERSHOOT_BAR_S = 0.3
FIRST_CLAIM_BAR_S = 3.0
LIMIT_S = 1.0  # timeout_s of the job type `hang`
MEASURED = ("consumer", "parent", "parent at start", "everything", "web", "job process")
# While these last, nobody can record a cancel, nor the end of a time limit.
STANDSTILLS = ("consumer stopped", "disk full", *OF_DATABASE)
AWAY = (*DEATHS, *STANDSTILLS)


@dataclass(frozen=True)
class Spread:
    """Some measured seconds."""

    seconds: Sequence[float]

    def percentile(self, percent: float) -> float:
        """By nearest rank: a value that was measured; NaN when none was."""
        if not self.seconds:
            return math.nan
        rank = math.ceil(percent / 100 * len(self.seconds))
        return sorted(self.seconds)[max(0, rank - 1)]

    @property
    def p99(self) -> float:
        return self.percentile(99)

    def __str__(self) -> str:
        if not self.seconds:
            return "none measured"
        p50, worst = self.percentile(50), max(self.seconds)
        return f"{p50:.3f} / {self.p99:.3f} / {worst:.3f}  ({len(self.seconds)})"


@dataclass(frozen=True)
class DatabaseFigures:
    """What a run on a database that fails measured: from its return to the first claim, and more.

    `gone` are accepted jobs that a promoted standby did not have; `missed`, of so many `changes`,
    those that a follower of the list never heard of.
    """

    first_claims: dict[str, Spread]
    swallowed: int
    gone: int
    deadlocks: int
    missed: int
    changes: int

    @property
    def after_promotion(self) -> Spread:
        return self.first_claims[PROMOTION]

    @property
    def after_restart(self) -> Spread:
        return Spread([second for kind in RESTARTS for second in self.first_claims[kind].seconds])


def first_claims(troubles: Sequence[Trouble]) -> dict[str, Spread]:
    return {kind: _recovery(kind, troubles) for kind in OF_DATABASE}


@dataclass(frozen=True)
class Figures:
    """What a run measured; `left_out` counts the limits that trouble made immeasurable."""

    jobs: int
    items: int
    unanswered: int
    moves: Counter[str]
    kills: Counter[str]
    troubles: Counter[str]
    has_disk: bool
    lost: int
    doubly_recorded: int
    extra_executions: int
    recovery: dict[str, Spread]
    cancel: Spread
    cancel_in_trouble: Spread
    overshoot: Spread
    left_out: int
    missing_files: int
    unreleased: int
    server_errors: int
    database: DatabaseFigures | None

    @property
    def all_recovery(self) -> Spread:
        return Spread([second for spread in self.recovery.values() for second in spread.seconds])

    def bars(self) -> list[tuple[str, float, float]]:
        """(name, figure, most it may be) of all that has a bar."""
        counted = [(name, count, 0) for name, count in self.counted()]
        if of_database := self.database:
            return [
                *counted,
                ("first claim after promotion p99", of_database.after_promotion.p99,
                 FIRST_CLAIM_BAR_S),
                ("first claim after restart p99", of_database.after_restart.p99,
                 FIRST_CLAIM_BAR_S),
            ]  # fmt: skip
        return [
            *counted,
            ("recovery p99", self.all_recovery.p99, RECOVERY_BAR_S),
            ("cancel p99", self.cancel.p99, CANCEL_BAR_S),
            ("overshoot p99", self.overshoot.p99, OVERSHOOT_BAR_S),
        ]

    def counted(self) -> list[tuple[str, int]]:
        """(name, count) of all that must never happen."""
        counted = [
            ("lost", self.lost),
            ("doubly recorded", self.doubly_recorded),
            ("missing files", self.missing_files),
            ("dependent jobs never released", self.unreleased),
            ("HTTP 500 answers", self.server_errors),
        ]
        if of_database := self.database:
            counted += [
                ("accepted jobs gone after failover", of_database.gone),
                ("deadlocks", of_database.deadlocks),
                ("changes never heard of", of_database.missed),
            ]
        return counted

    def missed(self) -> list[str]:
        """The bars that were not reached; what was not measured misses nothing."""
        return [f"{name} is {figure:.3f}, the bar {bar:g}"
                for name, figure, bar in self.bars() if figure > bar]  # fmt: skip

    def table(self) -> str:
        """Aligned lines of name, figure and bar."""
        rows = list(self._rows())
        names, values = (max(len(row[column]) for row in rows) for column in (0, 1))
        return "\n".join(
            f"  {name:<{names}}  {value:<{values}}  {bar}".rstrip() for name, value, bar in rows
        )

    def _rows(self) -> Iterator[tuple[str, str, str]]:
        yield "jobs", str(self.jobs), ""
        yield "items", str(self.items), ""
        for move in ("completed", "failed", "cancelled", "retried"):
            yield f"  {move}", str(self.moves[move]), ""
        yield "submits never answered", str(self.unanswered), ""
        yield "faults survived", str(sum(self.kills.values())), ""
        for kind, count in sorted(self.kills.items()):
            yield f"  {kind}", str(count), ""
        yield "other troubles", str(sum(self.troubles.values())), ""
        for kind, count in sorted(self.troubles.items()):
            yield f"  {kind}", str(count), ""
        if not self.has_disk:
            yield "  disk full", "left out: no disk of its own could be mounted", ""
        yield "lost", str(self.lost), "0"
        yield "doubly recorded", str(self.doubly_recorded), "0"
        yield "missing files", str(self.missing_files), "0"
        yield "dependent jobs never released", str(self.unreleased), "0"
        yield "HTTP 500 answers", str(self.server_errors), "0"
        if self.database:
            yield from self._of_database(self.database)
        yield "extra executions", str(self.extra_executions), ""
        yield "seconds", "p50 / p99 / most  (count)", ""
        yield "recovery", str(self.all_recovery), self._bar(RECOVERY_BAR_S)
        for kind, spread in self.recovery.items():
            yield f"  {kind}", str(spread), ""
        yield "cancel", str(self.cancel), self._bar(CANCEL_BAR_S)
        yield "  while it was killed", str(self.cancel_in_trouble), ""
        yield "limit overshoot", str(self.overshoot), self._bar(OVERSHOOT_BAR_S)
        yield "  left out", f"{self.left_out} while it stood still or the disk was full", ""

    def _of_database(self, measured: DatabaseFigures) -> Iterator[tuple[str, str, str]]:
        yield "accepted jobs gone after failover", str(measured.gone), "0"
        yield "deadlocks", str(measured.deadlocks), "0"
        yield "changes never heard of", f"{measured.missed} of {measured.changes}", "0"
        yield "answers to a COMMIT lost", str(measured.swallowed), ""
        yield "first claim, seconds after", "p50 / p99 / most  (count)", ""
        bar = f"p99 ≤ {FIRST_CLAIM_BAR_S:g}"
        yield "  promotion", str(measured.after_promotion), bar
        yield "  restart of the database", str(measured.after_restart), bar
        for kind, spread in measured.first_claims.items():
            if kind != PROMOTION:
                yield f"    {kind}", str(spread), ""

    def _bar(self, limit_s: float) -> str:
        """How a limit of time is shown that holds while the database does not fail."""
        return "" if self.database else f"p99 ≤ {limit_s:g}"


def measure(
    records: Records,
    ledger: Ledger,
    troubles: Sequence[Trouble],
    lines: Iterable[Line],
    *,
    has_disk: bool,
    missing_files: int,
    database: DatabaseFigures | None,
) -> Figures:
    calm, in_trouble = _cancels(records, ledger, troubles)
    overshoot, left_out = _overshoots(records, troubles)
    return Figures(
        jobs=len(records.jobs),
        items=len(records.items),
        unanswered=sum(not (s.job_id or s.refusal) for s in ledger.submissions),
        moves=Counter(event.move for event in records.events),
        kills=Counter(trouble.kind for trouble in troubles if trouble.counts),
        troubles=Counter(trouble.kind for trouble in troubles if not trouble.counts),
        has_disk=has_disk,
        lost=len(lost(records, ledger)),
        doubly_recorded=len(doubly_recorded(records)),
        extra_executions=_extra_executions(records, lines),
        recovery={kind: _recovery(kind, troubles) for kind in MEASURED},
        cancel=Spread(calm),
        cancel_in_trouble=Spread(in_trouble),
        overshoot=Spread(overshoot),
        left_out=left_out,
        missing_files=missing_files,
        unreleased=len(unreleased(records)),
        server_errors=ledger.server_errors,
        database=database,
    )


def _recovery(kind: str, troubles: Iterable[Trouble]) -> Spread:
    return Spread([t.recovery_s for t in troubles if t.kind == kind and t.recovery_s is not None])


def _extra_executions(records: Records, lines: Iterable[Line]) -> int:
    """Claims that repeat what a kill cut short, once it had begun."""
    begun = {(line.key, line.attempt) for line in lines}
    kinds = {item.key: item.kind for item in records.items}
    return sum(
        event.move == "requeued"
        and event.code in ("interrupted", "process_crashed")
        and (event.key, event.attempt) in begun
        and not (kinds[event.key or ""] == "crash_once" and event.attempt == 1)
        for event in records.events
    )


def _cancels(
    records: Records, ledger: Ledger, troubles: Sequence[Trouble]
) -> tuple[list[float], list[float]]:
    """Seconds from sending a cancel to the move of an item that ran: in calm, in trouble."""
    calm: list[float] = []
    in_trouble: list[float] = []
    for before, cancelled in _pairs(records, "claimed", "cancelled"):
        wish = _wish_behind(before, cancelled, records, ledger)
        if wish is None or not wish.is_heard:
            continue  # nobody was promised anything
        is_calm = not _is_away(troubles, AWAY, wish.at, cancelled.at)
        (calm if is_calm else in_trouble).append(cancelled.at - wish.at)
    return calm, in_trouble


def _wish_behind(
    claimed: EventRow, cancelled: EventRow, records: Records, ledger: Ledger
) -> Wish | None:
    """The request that the first wish recorded while the item ran came from."""
    recorded = [e for e in records.asked[cancelled.job_id] if claimed.id < e.id < cancelled.id]
    if not recorded:
        return None
    sent = [w for w in ledger.wishes if w.job_id == claimed.job_id and w.at <= recorded[0].at]
    return max(sent, key=lambda wish: wish.at, default=None)


def _overshoots(records: Records, troubles: Sequence[Trouble]) -> tuple[list[float], int]:
    """Seconds beyond the limit of what ran out of time, and how many were left out."""
    seconds, left_out = [], 0
    for claimed, failed in _pairs(records, "claimed", "failed"):
        if failed.code != "timed_out":
            continue
        if _is_away(troubles, STANDSTILLS, claimed.at, failed.at):
            left_out += 1
        else:
            seconds.append(failed.at - claimed.at - LIMIT_S)
    return seconds, left_out


def _pairs(records: Records, first: str, second: str) -> Iterator[tuple[EventRow, EventRow]]:
    """Each two moves of an item that followed each other."""
    for moves in records.moves.values():
        for before, after in pairwise(moves):
            if (before.move, after.move) == (first, second):
                yield before, after


def _is_away(troubles: Sequence[Trouble], kinds: Sequence[str], start: float, end: float) -> bool:
    return any(trouble.kind in kinds and trouble.overlaps(start, end) for trouble in troubles)
