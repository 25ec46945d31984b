"""Which of the items that are due the workers of a consumer take.

Consumers look for them without waiting for each other. So that they do not all meet at the first
item, where all but one would come in vain, each leaves some to the others for a moment.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain, groupby, takewhile
from typing import Protocol, TypeVar
from zlib import crc32

from bellhop.jobprocess.ahead import MOST_AHEAD
from bellhop.jobs import lifecycle
from bellhop.jobs.lifecycle import Claim, Due

# How long the quick items that a worker claims at once shall take together.
AHEAD_S = 0.025
# How much of what is known of the pace of a type the next item leaves.
MEMORY = 0.7
# How long an item at the front is left to the consumer whose it is: longer than short items are
# there, and nothing is overtaken for longer where that consumer has no free worker.
LEFT_S = 1.0
# How far a consumer looks for its own: so many times as far as all of them may need.
WIDER = 2


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


class Shares:
    """How consumers share the items of their queues.

    `limit` says how many items of a queue this one, `consumer`, runs at once; `serving` holds the
    sorted names of all that serve a queue, by its name, as far as anybody knows.
    """

    def __init__(self, consumer: str, limit: Callable[[str], int]):
        self._consumer, self.limit = consumer, limit
        self.serving: Mapping[str, Sequence[str]] = {}
        self._since: defaultdict[str, dict[int, float]] = defaultdict(dict)

    def consumers(self, queue: str) -> Sequence[str]:
        """All that serve a queue."""
        return self.serving.get(queue) or (self._consumer,)

    def workers(self, queue: str) -> int:
        """How many workers share the items of a queue."""
        return self.limit(queue) * len(self.consumers(queue))

    def own_first(self, queue: str, found: Sequence[Due]) -> list[Due]:
        """The items at the front of a queue, those first that this consumer leaves to nobody.

        Of one priority: none is overtaken by what is less urgent.
        """
        consumers, now = self.consumers(queue), time.monotonic()
        known = self._since[queue]
        since = self._since[queue] = {item.id: known.get(item.id, now) for item in found}

        def is_left(item: Due) -> bool:
            its_own = consumers[crc32(b"%d" % item.id) % len(consumers)]
            return its_own != self._consumer and now - since[item.id] < LEFT_S

        alike = groupby(found, key=lambda item: item.priority)
        return [*chain.from_iterable(sorted(items, key=is_left) for _, items in alike)]


class Wanting(Protocol):
    """Who wants items: `most` of a queue."""

    worker: str
    queue: str
    most: int


Who = TypeVar("Who", bound=Wanting)
Read = Callable[[Sequence[Due], str, str], list[Claim]]


class Lines:
    """What is due in queues, of `types` where these are given, for one group of workers.

    `read` gives items of a queue, by their rows, as a worker may claim them.
    """

    def __init__(self, shares: Shares, pace: Pace, types: Collection[str] | None, read: Read):
        self._shares, self._pace, self._types, self._read = shares, pace, types, read
        # What the next workers of a queue are given, each several items that are alike.
        self._next: dict[str, list[list[Claim]]] = {}
        self._given: defaultdict[str, set[int]] = defaultdict(set)

    def look(self, wanting: Sequence[Wanting]) -> bool:
        """Whether there is something for these workers, as it is now.

        Nothing is given twice: whatever is wrong with it, nobody waits behind what cannot be moved.
        """
        for queue in {asked.queue for asked in wanting}:
            here = [asked for asked in wanting if asked.queue == queue]
            portions = self._portions(queue, here)
            items = [item for portion in portions for item in portion]
            claims = {claim.id: claim for claim in self._read(items, queue, here[0].worker)}
            self._given[queue].update(item.id for item in items if item.id not in claims)
            readable = [[claims[i.id] for i in each if i.id in claims] for each in portions]
            self._next[queue] = [portion for portion in readable if portion]
        return any(self._next.get(asked.queue) for asked in wanting)

    def has_more(self, queue: str, wanting: int) -> bool:
        """Whether there is something in a queue beside what so many workers are given."""
        return len(self._next.get(queue, ())) > wanting

    def share(self, wanting: Sequence[Who]) -> list[tuple[Who, list[Claim]]]:
        """What those of the workers are given for whom there is something."""
        given = []
        for asked in wanting:
            if portions := self._next.get(asked.queue):
                claims = portions.pop(0)[: asked.most]
                self._given[asked.queue].update(claim.id for claim in claims)
                given.append((asked, claims))
        return given

    def _portions(self, queue: str, here: Sequence[Wanting]) -> list[list[Due]]:
        """What is next in a queue, in portions for these workers.

        And for all others of the consumer where several share the queue: while one of them waits
        for its turn to write, more of its workers come.
        """
        ahead = min(max(asked.most for asked in here), self._pace.quickest())
        consumers = len(self._shares.consumers(queue))
        workers = len(here) if consumers == 1 else max(len(here), self._shares.limit(queue))
        if ahead > 1:
            most = ahead * max(self._shares.workers(queue), len(here))
        else:
            most = workers * (1 if consumers == 1 else WIDER * consumers)
        found = lifecycle.due(queue, here[0].worker, most, self._types, self._given[queue])
        fair = max(1, min(ahead, len(found) // max(1, self._shares.workers(queue))))
        found = self._shares.own_first(queue, found)
        portions: list[list[Due]] = []
        while found and len(portions) < workers:
            first = found[0]
            most = min(fair, self._pace.most(first.type))
            portions.append([*takewhile(first.is_like, found[:most])])
            del found[: len(portions[-1])]
        return portions
