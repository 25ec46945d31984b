"""The moves of all workers of a consumer, in as few transactions as there are waits.

A worker hands in how its items ended and what it wants next. Whoever comes first makes one
transaction of all that waits by then; who comes meanwhile waits for the next one. So a worker that
is alone waits for nobody, and many share the cost of a commit.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from bellhop.consumer.watch import Watch
from bellhop.database.database import will_pass
from bellhop.jobprocess.ahead import MOST_AHEAD
from bellhop.jobs import lifecycle
from bellhop.jobs.lifecycle import Claim, Completion, Due

# How long the quick items that a worker claims at once shall take together.
AHEAD_S = 0.025
# How much of what is known of the pace of a type the next item leaves.
MEMORY = 0.7


def nothing(is_recorded: bool) -> None:
    """Nothing follows."""


@dataclass(frozen=True)
class End:
    """How a claim ended: the move that records it, and what follows once that is known.

    `then` is given whether it is recorded, which is false when the worker was late.
    """

    claim: Claim
    watch: Watch
    move: Completion | Callable[[], bool]
    then: Callable[[bool], None]


@dataclass
class Asked:
    """What a worker asks for: to record ends, to give claims back, and for `most` of a queue.

    Afterwards `recorded` says of each end whether it is, or why it cannot be, and `claims` are
    what it was given. `recorded` stays None when nothing was done.
    """

    worker: str
    ends: Sequence[End] = ()
    back: Sequence[Claim] = ()
    queue: str = ""
    most: int = 1
    recorded: list[bool | Exception] | None = None
    claims: list[Claim] = field(default_factory=list)
    error: Exception | None = None
    is_done: bool = False

    def known(self) -> set[int]:
        """The items that the worker knows that it holds."""
        return {end.claim.id for end in self.ends} | {claim.id for claim in self.back}


class Pace:
    """How quick the items of each type were lately, which says how many are claimed at once."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    def note(self, type_name: str, seconds: float) -> None:
        """Remember how long an item took its worker; a slow one counts at once."""
        before = AHEAD_S if seconds > AHEAD_S else self._seconds.get(type_name, AHEAD_S)
        self._seconds[type_name] = MEMORY * before + (1 - MEMORY) * seconds

    def most(self, type_name: str) -> int:
        """How many items of a type one worker may claim at once."""
        seconds = self._seconds.get(type_name, AHEAD_S)
        return max(1, min(MOST_AHEAD, int(AHEAD_S / max(seconds, AHEAD_S / MOST_AHEAD))))

    def quickest(self) -> int:
        """The most of any type."""
        return max(map(self.most, [*self._seconds]), default=1)


class Moves:
    """Makes the moves of the workers of one consumer.

    `key_of` is as `lifecycle.read_due` takes it; `workers_of` says how many workers share a queue;
    `types` gives the types of which items are claimed, None for any; `ring` is told how many items
    of each queue may run now.
    """

    def __init__(
        self,
        key_of: Callable[[Claim], str | None],
        workers_of: Callable[[str], int],
        pace: Pace,
        ring: Callable[[Mapping[str, int]], object],
        types: Callable[[], Collection[str] | None] = lambda: None,
    ):
        self._key_of, self._workers_of, self._pace = key_of, workers_of, pace
        self._types, self._ring = types, ring
        self._waiting: list[Asked] = []
        self._line, self._turn = threading.Lock(), threading.Lock()
        # Workers that may hold what they were not told of, as a commit of theirs had no answer; and
        # the items of which they know that they hold them.
        self._in_doubt: dict[str, set[int]] = {}

    def make(self, asked: Asked) -> None:
        """Do what is asked, with all that waits by then. Raises what will pass."""
        with self._line:
            self._waiting.append(asked)
        with lifecycle.queued() as queues, self._turn:
            if not asked.is_done:
                with self._line:
                    group, self._waiting = self._waiting, []
                self._make(group)
        self._ring(queues)
        if asked.error:
            raise asked.error

    def _make(self, group: list[Asked]) -> None:
        try:
            self._together(group)
        except Exception as error:
            for asked in group:
                if will_pass(error):
                    asked.error = error
                else:
                    self._alone(asked)
        finally:
            for asked in group:
                asked.is_done = True

    def _together(self, group: list[Asked]) -> None:
        """One transaction for all; another one where somebody else was first at a claim."""
        ending = [asked for asked in group if asked.ends or asked.back]
        for asked in group:
            self._find(asked)
        wanting = [asked for asked in group if asked.queue and not asked.claims]
        lines = _Lines(self._workers_of, self._pace, wanting, self._types() if wanting else None)
        while (given := lines.share(wanting)) or ending:
            candidates = [
                (asked, lifecycle.read_due(items, asked.queue, asked.worker, self._key_of))
                for asked, items in given
            ]
            self._in_doubt |= {asked.worker: asked.known() for asked, _ in given}
            ended = [end.claim for asked in ending for end in asked.ends]
            # A claim alone is a transaction by itself.
            is_group = bool(ending or len(given) > 1)
            with lifecycle.recording(*ended) if is_group else contextlib.nullcontext():
                recorded = [_end(asked) for asked in ending]
                claims = [lifecycle.take(found, asked.worker) for asked, found in candidates]
            for asked, _ in given:
                del self._in_doubt[asked.worker]
            for asked, results in zip(ending, recorded, strict=True):
                asked.recorded = results
            for (asked, _), taken in zip(given, claims, strict=True):
                asked.claims = taken
            ending, wanting = [], [asked for asked, _ in given if not asked.claims]
        for asked in group:
            asked.recorded = asked.recorded or []

    def _alone(self, asked: Asked) -> None:
        """Make the moves of a group that failed one by one, to find the one that fails."""
        self._in_doubt.pop(asked.worker, None)  # none was made
        asked.recorded = [_result(end) for end in asked.ends]
        rest = Asked(asked.worker, back=asked.back, queue=asked.queue, most=asked.most)
        try:
            self._together([rest])
        except Exception as error:
            asked.error = error
        asked.claims = rest.claims

    def _find(self, asked: Asked) -> None:
        """Give a worker what it holds already, if that is in doubt."""
        if asked.worker in self._in_doubt and asked.queue:
            asked.claims = self._untold(asked.worker)
            del self._in_doubt[asked.worker]

    def _untold(self, worker: str) -> list[Claim]:
        """What a worker in doubt holds and was not told of."""
        known = self._in_doubt[worker]
        return [claim for claim in lifecycle.held_by(worker) if claim.id not in known]

    def is_in_doubt(self, worker: str) -> bool:
        """Whether a worker may hold what it was not told of."""
        return worker in self._in_doubt

    def settle_doubts(self) -> None:
        """Give back what workers hold without knowing, who may not ask for long."""
        with self._turn:
            for worker in [*self._in_doubt]:
                if untold := self._untold(worker):
                    lifecycle.give_back(untold)
                del self._in_doubt[worker]


class _Lines:
    """What is due in the queues that workers want something of."""

    def __init__(
        self,
        workers_of: Callable[[str], int],
        pace: Pace,
        wanting: list[Asked],
        types: Collection[str] | None,
    ):
        self._workers_of, self._pace = workers_of, pace
        self._lines: dict[str, Iterator[list[Due]]] = {}
        for queue in {asked.queue for asked in wanting}:
            here = [asked for asked in wanting if asked.queue == queue]
            ahead = min(max(asked.most for asked in here), pace.quickest())
            most = len(here) if ahead == 1 else ahead * max(workers_of(queue), len(here))
            self._lines[queue] = lifecycle.due(queue, here[0].worker, most, types)

    def share(self, wanting: list[Asked]) -> list[tuple[Asked, list[Due]]]:
        """What is due now, for those of the workers for whom there is something."""
        given = []
        for queue in {asked.queue for asked in wanting}:
            found = next(self._lines[queue], [])
            fair = len(found) // max(1, self._workers_of(queue))
            for asked in wanting:
                if asked.queue == queue and found:
                    most = min(asked.most, fair, self._pace.most(found[0].type))
                    alike = [*takewhile(found[0].is_like, found[: max(1, most)])]
                    given.append((asked, alike))
                    del found[: len(alike)]
        return given


def _end(asked: Asked) -> list[bool | Exception]:
    """Record the ends of one worker's claims, inside a transaction: the results in one move."""
    done = [end.move for end in asked.ends if isinstance(end.move, Completion)]
    recorded = lifecycle.complete_all(done) if done else ()
    if asked.back:
        lifecycle.give_back(asked.back)
    return [
        end.claim.which in recorded if isinstance(end.move, Completion) else end.move()
        for end in asked.ends
    ]


def _result(end: End) -> bool | Exception:
    """Record one end alone: whether it is, or why it cannot be."""
    try:
        move = end.move
        return bool(lifecycle.complete_all([move])) if isinstance(move, Completion) else move()
    except Exception as error:
        return error
