"""One run: cases from all sources in turn, while the world goes on, then the last look around."""

from __future__ import annotations

import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from tests.whole.fuzz import documented
from tests.whole.fuzz.close import CloseBodies
from tests.whole.fuzz.forms import Forms
from tests.whole.fuzz.raw import RawRequests
from tests.whole.fuzz.sockets import server
from tests.whole.fuzz.world import World

# Of each hundred cases: about operations of the document, forms, raw requests.
SHARES = {"documented": 50, "forms": 25, "raw": 25}
# So many cases of a source before another has its turn: what one leaves behind, the next meets.
BITE = 25
BITES_PER_ROUND = 24
STEP_EVERY = 10
LEAST_SOCKETS, MOST_SOCKETS, SOCKET_PART = 50, 500, 20
TELL_EVERY_S = 30.0


class Source(Protocol):
    """Where cases come from."""

    name: str
    strategy: st.SearchStrategy[Any]

    def send(self, example: Any) -> None: ...


@dataclass(frozen=True)
class Plan:
    """How many cases; the same seed makes the same ones."""

    cases: int
    seed: int

    @property
    def sockets(self) -> int:
        """How many of them go to a real server."""
        return min(max(LEAST_SOCKETS, self.cases // SOCKET_PART), MOST_SOCKETS, self.cases)


@dataclass(frozen=True)
class Verdict:
    """What came out: `findings` is empty when all is well."""

    findings: list[str]
    sent: int
    seconds: float
    slowest_s: float
    by_source: Counter[str]
    statuses: Counter[int]

    def table(self) -> str:
        rate = self.sent / self.seconds
        sources = ", ".join(f"{name} {count:,}" for name, count in self.by_source.items())
        answers = ", ".join(
            f"{status}: {count:,}" for status, count in sorted(self.statuses.items())
        )
        return (
            f"{self.sent:,} cases in {self.seconds:.0f} s, {rate:.0f} a second ({sources})\n"
            f"answers {answers}; the slowest took {self.slowest_s:.2f} s"
        )


def run(plan: Plan, folder: Path, tell: Callable[[str], object] = lambda text: None) -> Verdict:
    """Send all cases; installations are made in `folder`."""
    began = time.monotonic()
    for name in ("wsgi", "socket"):
        (folder / name).mkdir()
    world = World(folder / "wsgi", f"{plan.seed} world")
    try:
        by_source = _Run(plan, world, tell).all_cases(plan.cases - plan.sockets)
        wrong = world.problems()
        findings = [*map(str, world.probe.findings.values()), *wrong]
    finally:
        world.close()
    with server(folder / "socket") as asked:
        send(asked, plan.sockets, f"{plan.seed} socket")
        findings += [*asked.findings.values(), *asked.problems()]
    by_source["socket"] = asked.sent
    return Verdict(
        findings,
        world.probe.sent + asked.sent,
        time.monotonic() - began,
        max(world.probe.slowest_s, asked.slowest_s),
        by_source,
        world.probe.statuses,
    )


class _Run:
    def __init__(self, plan: Plan, world: World, tell: Callable[[str], object]):
        self._plan, self._world, self._tell = plan, world, tell
        self._tell_at = time.monotonic() + TELL_EVERY_S
        self._rounds: Counter[str] = Counter()
        self._by_group: Counter[str] = Counter()

    def all_cases(self, count: int) -> Counter[str]:
        """Send `count` cases; how many of each kind."""
        groups: dict[str, list[Source]] = {
            "documented": list(documented.operations(self._world, f"{self._plan.seed} document")),
            "forms": [Forms(self._world)],
            "raw": [RawRequests(self._world), CloseBodies(self._world)],
        }
        left = {name: count * share // 100 for name, share in SHARES.items()}
        left["raw"] += count - sum(left.values())
        while any(left.values()):
            for name, sources in groups.items():
                turn = BITES_PER_ROUND * BITE * SHARES[name] // 100
                left[name] -= self._bites(name, sources, min(left[name], turn))
        return self._by_group

    def _bites(self, group: str, sources: list[Source], count: int) -> int:
        """Send `count` cases of a group, a bite of each source in turn."""
        sent = 0
        while sent < count:
            source = sources.pop(0)
            bite = min(BITE, count - sent)
            self._rounds[source.name] += 1
            name = f"{self._plan.seed} {source.name} {self._rounds[source.name]}"
            done = send(source, bite, name, self._after)
            if done:
                sources.append(source)  # one that has no such cases is not asked again
            sent += done
            self._by_group[group] += done
        return sent

    def _after(self) -> None:
        """After each case."""
        probe = self._world.probe
        if probe.sent % STEP_EVERY == 0:
            self._world.step()
        if time.monotonic() > self._tell_at:
            self._tell_at = time.monotonic() + TELL_EVERY_S
            self._tell(f"{probe.sent:,} cases, {len(probe.findings)} findings")


def send(source: Source, count: int, name: str, after: Callable[[], object] = lambda: None) -> int:
    """Send up to `count` cases of a source, chosen by `name`; how many there were."""
    sent = 0

    @seed(random.Random(name).getrandbits(64))
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # a world that went on is no place to shrink in
        suppress_health_check=list(HealthCheck),
    )
    @given(source.strategy)
    def each(example: Any) -> None:
        nonlocal sent
        sent += 1
        source.send(example)
        after()

    with contextlib.suppress(Unsatisfiable):  # without parameters no data does not fit
        each()
    return sent


def first_of(findings: Iterable[str], most: int) -> str:
    """Some findings, and how many there are beyond."""
    found = list(findings)
    more = [f"and {len(found) - most} more"] if len(found) > most else []
    return "\n".join([*found[:most], *more])
