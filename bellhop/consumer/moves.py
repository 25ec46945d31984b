"""The moves of all workers of a consumer, in as few transactions as there are waits.

A worker hands in how its items ended and what it wants next. Whoever comes first makes one
transaction of all that waits by then; who comes meanwhile waits for the next one. So a worker that
is alone waits for nobody, and many share the cost of a commit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bellhop.consumer.lines import Lines, Pace, Shares
from bellhop.consumer.watch import Watch
from bellhop.database.database import will_pass
from bellhop.jobs import lifecycle
from bellhop.jobs.lifecycle import Claim, Completion, Due


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


class Moves:
    """Makes the moves of the workers of one consumer.

    `key_of` is as `lifecycle.read_due` takes it; `shares` say who else takes items of a queue;
    `types` gives the types of which items are claimed, None for any; `ring` is told how many items
    of each queue may run now.
    """

    def __init__(
        self,
        key_of: Callable[[Claim], str | None],
        shares: Shares,
        pace: Pace,
        ring: Callable[[Mapping[str, int]], object],
        types: Callable[[], Collection[str] | None] = lambda: None,
    ):
        self._key_of, self._shares, self._pace = key_of, shares, pace
        self._types, self._ring = types, ring
        self._waiting: list[Asked] = []
        self._line, self._turn = threading.Lock(), threading.Lock()
        # What was read of each queue, to be claimed, and not given to a worker.
        self._unclaimed: dict[str, dict[int, Claim]] = {}
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
            # Of whom nothing was made, in a transaction before the one that failed.
            for asked in [asked for asked in group if asked.recorded is None]:
                if asked.claims:  # which it held already, and is not told of now either
                    self._in_doubt[asked.worker] = asked.known()
                elif not will_pass(error):  # none was made
                    self._in_doubt.pop(asked.worker, None)
                if will_pass(error):
                    asked.error = error
                else:
                    self._alone(asked)
        finally:
            for asked in group:
                asked.is_done = True

    def _together(self, group: list[Asked], *, may_join: bool = True) -> None:
        """One transaction for all; another one where somebody else was first at a claim.

        Who comes while it waits for its turn to write becomes one of the group.
        """
        for asked in group:
            self._find(asked)
        lines = Lines(self._shares, self._pace, self._types(), self._read)
        while lines.look(_wanting(group)) or _ending(group):
            ended: list[Claim] = []
            with lifecycle.recording(ended):
                group += self._who_came_meanwhile(lines, group) if may_join else []
                ending = _ending(group)
                ended += [end.claim for asked in ending for end in asked.ends]
                recorded = _end(ending)
                given = lines.share(_wanting(group))
                self._in_doubt |= {asked.worker: asked.known() for asked, _ in given}
                taken = self._take(given)
            for asked, results in zip(ending, recorded, strict=True):
                asked.recorded = results
            for asked, _ in given:
                del self._in_doubt[asked.worker]
                asked.claims = [claim for claim in taken if claim.worker == asked.worker]
                if asked.claims:
                    asked.recorded = asked.recorded or []
        for asked in group:
            asked.recorded = asked.recorded or []

    def _who_came_meanwhile(self, lines: Lines, group: Sequence[Asked]) -> list[Asked]:
        """Who asked while the others waited to write, as far as there is something for them."""
        late: list[Asked] = []
        with self._line:
            for asked in [*self._waiting]:
                same = [each for each in _wanting([*group, *late]) if each.queue == asked.queue]
                has_enough = not asked.queue or lines.has_more(asked.queue, len(same))
                if has_enough and asked.worker not in self._in_doubt:
                    self._waiting.remove(asked)
                    late.append(asked)
        return late

    def _read(self, items: Sequence[Due], queue: str, worker: str) -> list[Claim]:
        """Items of a queue as they may be claimed; what was read before and not given is known."""
        before = self._unclaimed.get(queue, {})
        known = {item.id: before[item.id] for item in items if item.is_as(before.get(item.id))}
        new = [item for item in items if item.id not in known]
        read = lifecycle.read_due(new, queue, worker, self._key_of) if new else []
        self._unclaimed[queue] = known | {claim.id: claim for claim in read}
        return [*self._unclaimed[queue].values()]

    def _take(self, given: Sequence[tuple[Asked, Sequence[Claim]]]) -> list[Claim]:
        """Claim what workers are given: which they have."""
        of_queue: dict[str, list[Claim]] = {}
        for asked, claims in given:
            for claim in claims:
                claim.worker = asked.worker
                del self._unclaimed[asked.queue][claim.id]
            of_queue.setdefault(asked.queue, []).extend(claims)
        return [claim for found in of_queue.values() for claim in lifecycle.take(found)]

    def _alone(self, asked: Asked) -> None:
        """Make the moves of a group that failed one by one, to find the one that fails."""
        asked.recorded = [_result(end) for end in asked.ends]
        rest = Asked(asked.worker, back=asked.back, queue=asked.queue, most=asked.most)
        try:
            self._together([rest], may_join=False)
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


def _wanting(group: Sequence[Asked]) -> list[Asked]:
    """Who of a group has no claim yet and wants one."""
    return [asked for asked in group if asked.queue and not asked.claims]


def _ending(group: Sequence[Asked]) -> list[Asked]:
    """Whose claims end, and are not recorded yet."""
    return [asked for asked in group if asked.recorded is None and (asked.ends or asked.back)]


def _end(ending: list[Asked]) -> list[list[bool | Exception]]:
    """Record the ends of the claims of workers, inside a transaction: all results in one move."""
    ends = [end for asked in ending for end in asked.ends]
    done = [end.move for end in ends if isinstance(end.move, Completion)]
    recorded = lifecycle.complete_all(done) if done else ()
    if back := [claim for asked in ending for claim in asked.back]:
        lifecycle.give_back(back)
    return [
        [
            end.claim.which in recorded if isinstance(end.move, Completion) else end.move()
            for end in asked.ends
        ]
        for asked in ending
    ]


def _result(end: End) -> bool | Exception:
    """Record one end alone: whether it is, or why it cannot be."""
    try:
        move = end.move
        return bool(lifecycle.complete_all([move])) if isinstance(move, Completion) else move()
    except Exception as error:
        return error
