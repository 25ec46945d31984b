"""What a consumer tells of the items that run, and only while somebody looks."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bellhop.consumer.workers import Workers
from bellhop.database.database import database
from bellhop.storage import live
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from tests.support.jobs import items_of

Submit = Callable[..., Job]
LIMIT_S = 20.0
# Without a blank in a part: it prints, and goes on for a minute.
PRINTS = f"start {sys.executable} -uc print('one\\ntwo');__import__('time').sleep(60)"


def wait_for(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + LIMIT_S
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return value


@pytest.fixture
def key(submit: Submit, workers: Workers) -> Iterator[str]:
    """What the attempt of an item is called that runs in a thread."""

    def work() -> None:
        workers.run_next()
        database.close()

    job = submit(PRINTS, type="as_told")
    thread = threading.Thread(target=work)
    thread.start()
    yield live.key(items_of(job)[0].id, 1)
    workers.stop_by(0)
    thread.join()


def figures(workers: Workers, here: Installation, key: str) -> live.Figures | None:
    workers.tell_who_looks()
    return live.told(here, "c1").get(key)


def test_it_tells_the_memory_and_the_last_line_of_what_runs(
    workers: Workers, here: Installation, key: str
) -> None:
    live.ask(here)
    wait_for(lambda: (found := figures(workers, here, key)) and found.memory_bytes)
    found = wait_for(lambda: (now := figures(workers, here, key)) and now.last_line and now)
    assert found.last_line == "two"
    assert 1 << 20 < found.memory_bytes < found.memory_limit_bytes
    assert 0 < found.elapsed_s < 60


def test_it_tells_nothing_while_nobody_looks(
    workers: Workers, here: Installation, key: str
) -> None:
    wait_for(lambda: not workers.slots.are_all_free())
    workers.tell_who_looks()
    assert not [name for name in here.consumer_files() if name.endswith(".live")]


def test_it_tells_nothing_of_what_has_ended(
    submit: Submit, workers: Workers, here: Installation
) -> None:
    live.ask(here)
    job = submit()
    workers.run_next()
    assert figures(workers, here, live.key(items_of(job)[0].id, 1)) is None
