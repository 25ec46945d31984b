"""How good the job types are on real data: `make eval` prints their figures beside the bar.

Each type has a module here with `figures(run, data)`: `run(type, inputs, **params)` gives the
`data` of each completed item (or the item's error as `{"error": {"code": …}}`), in the order of
`inputs`, which are paths of files or URLs; `data` is the folder of test files with what is expected
of them. `make eval` runs the types over HTTP, the tests within their own process. `SETTINGS` of a
module are environment variables for the Bellhop that runs its types. `world/` measures in its own
way the files of kinds that the types once got wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

Run = Callable[..., list[dict[str, Any]]]
Inputs = Sequence[Path | str | Sequence[Path]]


class Figure(NamedTuple):
    """One measured number and the least or the most it may be; without either, a cost."""

    what: str
    value: float
    least: float | None = None
    most: float | None = None

    @property
    def is_met(self) -> bool:
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )

    def __str__(self) -> str:
        text = f"{self.what:52} {self.value:10.4g}"
        if self.least is None and self.most is None:
            return text
        bar = f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"
        return f"{text}   {bar:10} {'ok' if self.is_met else 'MISSED'}"


def modules() -> list[str]:
    """The families of job types that are measured."""
    files = Path(__file__).parent.glob("[a-z]*.py")
    return sorted(path.stem for path in files if path.stem not in ("run", "serving"))
