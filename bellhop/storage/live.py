"""Live figures of running items, which consumers write only while somebody looks at them.

Whoever looks touches one file of the data folder, and each consumer answers with a file of its own
once a second. Nothing is synced or stored: whatever is older than a moment counts as not there.
The times are of the clock that all processes of a machine share and nobody sets. A consumer of
another machine answers in its row (`machines/looking.py`), with the time of the rows.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bellhop.base.times import seconds_since, timestamp
from bellhop.storage.installation import LIVE, Installation

ASKED = "live.asked"
# For so long a look counts, and an answer.
LOOK_S = ANSWER_S = 5.0


@dataclass(frozen=True)
class Figures:
    """Of a running attempt: when it began (monotonic), its memory, and its last line of output.

    The memory is None before it was first measured, and where it has no limit.
    """

    began: float
    memory_bytes: int | None
    memory_limit_bytes: int | None
    last_line: str

    @property
    def elapsed_s(self) -> float:
        return round(max(0.0, time.monotonic() - self.began), 1)


def ask(here: Installation) -> None:
    """Let the consumers tell what they run, for the next moments."""
    now, path = time.monotonic(), here.folder / ASKED
    with contextlib.suppress(OSError):  # of a full disk nobody is told
        path.touch(0o600)
        os.utime(path, (now, now))


def is_asked(here: Installation) -> bool:
    """Whether somebody looks at this moment; costs one stat(2)."""
    with contextlib.suppress(OSError):
        return 0 <= time.monotonic() - (here.folder / ASKED).stat().st_mtime < LOOK_S
    return False


def tell(here: Installation, consumer: str, figures: dict[str, Figures]) -> None:
    """Replace what a consumer tells; by `key` of each attempt."""
    path = _answer(here, consumer)
    draft = path.with_suffix(LIVE[1])
    told = {key: asdict(each) for key, each in figures.items()}
    with contextlib.suppress(OSError):
        draft.write_text(json.dumps({"at": time.monotonic(), "attempts": told}))
        os.replace(draft, path)


def told(here: Installation, consumer: str) -> dict[str, Figures]:
    """What a consumer tells, by `key` of each attempt; nothing when that is no longer true."""
    with contextlib.suppress(OSError, ValueError, TypeError, LookupError):
        answer = json.loads(_answer(here, consumer).read_text())
        if 0 <= time.monotonic() - answer["at"] < ANSWER_S:
            return {key: Figures(**each) for key, each in answer["attempts"].items()}
    return {}


def as_row(figures: Mapping[str, Figures]) -> str:
    """The figures as JSON for another machine: each began so many seconds before it was written."""
    told = {key: {**asdict(each), "began": each.elapsed_s} for key, each in figures.items()}
    return json.dumps({"at": timestamp(), "attempts": told})


def of_row(text: str | None) -> dict[str, Figures]:
    """The same again; nothing when that is no longer true."""
    with contextlib.suppress(ValueError, TypeError, LookupError):
        answer = json.loads(text or "")
        age_s = seconds_since(answer["at"])
        if age_s is not None and age_s < ANSWER_S:
            told = {key: Figures(**each) for key, each in answer["attempts"].items()}
            began = time.monotonic() - age_s
            return {key: replace(each, began=began - each.began) for key, each in told.items()}
    return {}


def key(item: int, attempt: int) -> str:
    """What an attempt is called, by the row id of its item."""
    return f"{item}/{attempt}"


def _answer(here: Installation, consumer: str) -> Path:
    return here.consumer_lock(consumer).with_suffix(LIVE[0])
