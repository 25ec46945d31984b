"""What is asked of the web alone, without any consumer: it accepts, and says who is missing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.support.running import running
from tests.whole.recorded import open_pass
from tests.whole.recorded.caller import Caller
from tests.whole.recorded.open_pass import texts


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Caller]:
    with running(folder, BELLHOP_JOBTYPES_FOLDER=str(open_pass.TYPES)) as bellhop:
        bellhop.start("web")
        yield Caller(bellhop)


def being_alone(ask: Caller) -> None:
    ask("GET health")
    ask("GET ready")
    ask("GET /ready")
    ask("GET monitoring/workers")
    ask("GET monitoring/health")


def accepting(ask: Caller) -> None:
    ask("POST jobs", json=texts("one"), name="one", moves=False)
    ask("POST jobs", json=texts("two", priority=9), name="two", moves=False)
    ask("GET jobs")
    ask("POST jobs/{one}/cancel", moves=False)
    ask("GET jobs/{one}/events")
    ask("POST jobs/{one}/retry", moves=False)
    ask("GET jobs/{two}", headers={"Prefer": "wait=0"})


GROUPS = (being_alone, accepting)
