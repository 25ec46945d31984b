"""Files of kinds that the job types once got wrong: how many hold, and what is wrong unseen.

`shared/data/world/TYPE/expected.json` names the files of each case, its parameters and the right
answer; `comparing.py` says what a result and that answer differ in. An answer that differs is
forgiven when it says that it may be wrong: by an error, a warning, a check that is not ok, or an
anomaly of severity error or warning. `make eval` runs the cases over HTTP (`over_http.py`), the
tests within their own process.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from evaluation import Figure
from evaluation.knowledge_base import Pages

LEAST_HELD = 0.85


class Case(NamedTuple):
    """One case: the files of one item, and what is expected of it.

    `is_light` cases run without the extras; `runs` is in how many new processes a case runs.
    """

    type: str
    name: str
    files: tuple[Path, ...]
    params: dict[str, Any]
    expected: dict[str, Any]
    is_light: bool = False
    runs: int = 1


class Outcome(NamedTuple):
    """What a job type made of a case: `data`, or the code of its error; its output by name."""

    data: dict[str, Any] | None
    error: str | None = None
    warnings: tuple[dict[str, Any], ...] = ()
    files: dict[str, Path] = {}  # noqa: RUF012 - never changed

    @property
    def words(self) -> list[str]:
        """The codes with which it says that it may be wrong."""
        data = self.data or {}
        checks = [c for citation in data.get("citations", []) for c in citation["checks"]]
        anomalies = data.get("reports", {}).get("anomalies", [])
        return [
            *([self.error] if self.error else []),
            *(warning["code"] for warning in self.warnings),
            *(check["code"] for check in checks if not check["ok"]),
            *(each["code"] for each in anomalies if each["severity"] in ("error", "warning")),
        ]


# The outcome of each run of a case.
Work = Callable[[Case], list[Outcome]]


class Judgement(NamedTuple):
    """What the outcomes of a case differ in from the right answer; nothing where it holds."""

    case: Case
    differences: list[str]
    words: list[str]

    @property
    def is_silent(self) -> bool:
        """Whether it is wrong without a word."""
        return bool(self.differences) and not self.words

    def __str__(self) -> str:
        said = f"says {', '.join(dict.fromkeys(self.words))}" if self.words else "WITHOUT A WORD"
        return f"{self.case.name}: {'; '.join(self.differences)[:300]} ({said})"


def types(data: Path) -> list[str]:
    """The job types that have cases."""
    return sorted(path.parent.name for path in (data / "world").glob("*/expected.json"))


def cases(data: Path, type_name: str) -> list[Case]:
    folder = data / "world" / type_name
    entries = json.loads((folder / "expected.json").read_text("utf-8"))
    return [_case(folder, type_name, name, entry) for name, entry in entries.items()]


def _case(folder: Path, type_name: str, name: str, entry: dict[str, Any]) -> Case:
    allowed = {"anomalies_ok": entry["anomalies_ok"]} if "anomalies_ok" in entry else {}
    return Case(
        type_name,
        name,
        tuple(folder / file for file in entry.get("files", [name])),
        entry.get("params", {}),
        {**allowed, **entry.get("expected", entry)},
        is_light=entry.get("install") == "default",
        runs=entry.get("seeds", 1),
    )


@contextlib.contextmanager
def given(case: Case) -> Iterator[str | tuple[Path, ...]]:
    """The files of a case, or for a web page its URL on this machine."""
    if case.type != "webpage":
        yield case.files
        return
    with Pages(case.files[0].parent) as address:
        yield f"{address}/{case.files[0].name}"


def judge(case: Case, outcomes: list[Outcome]) -> Judgement:
    """What is wrong in any run, and the words of the run that says least."""
    from evaluation.world.comparing import differences

    found = [difference for each in outcomes for difference in differences(case, each)]
    if any(each[:2] != outcomes[0][:2] for each in outcomes):
        found.append("another result in another run")
    return Judgement(case, list(dict.fromkeys(found)), min((o.words for o in outcomes), key=len))


def figures(judgements: list[Judgement]) -> list[Figure]:
    """The figures of one type."""
    held = sum(not each.differences for each in judgements)
    count = len(judgements)
    silent = sum(each.is_silent for each in judgements)
    return [
        Figure(f"cases of the world, {held} of {count} held (share)", held / count, LEAST_HELD),
        Figure("cases of the world wrong without a word", silent, most=0),
    ]
