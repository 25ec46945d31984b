"""What the attempts of the job types on several machines say themselves: who ran, when, and where.

Times are those of CLOCK_MONOTONIC, which all machines of a run share, whatever their clocks say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from tests.whole.chaos.evidence import Records


@dataclass(frozen=True)
class Attempt:
    """One run of the code of an item, from the first to the last time that it said something."""

    key: str
    number: int
    network: int
    began: float
    last: float
    has_ended: bool


@dataclass(frozen=True)
class Standstill:
    """A machine was stopped, by the inode of its network, and went on to kill what it ran."""

    network: int
    began: float
    ended: float


def read_attempts(folder: Path) -> list[Attempt]:
    """Every attempt that began; a line that is not whole raises ValueError."""
    return [attempt for path in sorted(folder.iterdir()) for attempt in _of_item(path)]


def _of_item(path: Path) -> Iterator[Attempt]:
    heard: dict[tuple[int, int], list[tuple[float, str]]] = defaultdict(list)
    for line in path.read_text().splitlines():
        at, what, told, where = line.split()
        heard[int(told), int(where)].append((float(at), what))
    for (number, network), said in heard.items():
        times, words = zip(*said, strict=True)
        yield Attempt(path.name, number, network, min(times), max(times), "end" in words)


def overlaps(
    attempts: Sequence[Attempt], standstills: Sequence[Standstill] = ()
) -> tuple[list[str], list[str]]:
    """Pairs of attempts of one item that ran at once: (those that nothing excuses, the others).

    A machine that was stopped longer than a lease may overlap until it can kill what it runs.
    """
    wrong: list[str] = []
    excused: list[str] = []
    by_item: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        by_item[attempt.key].append(attempt)
    for own in by_item.values():
        for one, other in combinations(sorted(own, key=lambda each: each.began), 2):
            if other.began < one.last:
                was_stopped = any(
                    stop.network == one.network and one.began <= stop.ended
                    and stop.began <= one.last <= stop.ended
                    for stop in standstills
                )  # fmt: skip
                (excused if was_stopped else wrong).append(
                    f"item {one.key}: attempt {one.number} ran for {one.last - other.began:.2f} s "
                    f"beside attempt {other.number}"
                )
    return wrong, excused


def unrecorded(attempts: Sequence[Attempt], records: Records) -> list[str]:
    """Attempts that nobody claimed, and completed items whose code never came to its end."""
    claimed = {(e.key, e.attempt) for e in records.events if e.move == "claimed"}
    ended = {(attempt.key, attempt.number) for attempt in attempts if attempt.has_ended}
    found = [
        f"item {a.key}: attempt {a.number} ran and was never claimed"
        for a in attempts
        if (a.key, a.number) not in claimed
    ]
    return found + [
        f"item {item.key} is completed and its attempt {item.attempt} never ended"
        for item in records.items
        if item.status == "completed" and not item.cached_from
        and (item.key, item.attempt) not in ended
    ]  # fmt: skip


def outlived(
    attempts: Sequence[Attempt], records: Records, calendar: float, limit_s: float
) -> list[str]:
    """Attempts that ran on although they were recorded as over, for more than `limit_s`.

    `calendar` is what time.time() is ahead of CLOCK_MONOTONIC.
    """
    over: dict[tuple[str | None, int], float] = {}
    for event in records.events:
        if event.move in ("requeued", "completed", "failed", "retry_scheduled", "cancelled"):
            over.setdefault((event.key, event.attempt), event.at)
    found = []
    for attempt in attempts:
        ended = over.get((attempt.key, attempt.number))
        late_s = attempt.last + calendar - ended if ended else 0.0
        if late_s > limit_s:
            said = f"ran on for {late_s:.1f} s after it was recorded as over"
            found.append(f"item {attempt.key}: attempt {attempt.number} {said}")
    return found


def by_machine(attempts: Sequence[Attempt], networks: Mapping[int, str]) -> dict[str, int]:
    """How many attempts each machine began."""
    counted: dict[str, int] = defaultdict(int)
    for attempt in attempts:
        counted[networks.get(attempt.network, "another")] += 1
    return dict(counted)
