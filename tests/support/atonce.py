"""Several things at the same time, each in a thread with a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bellhop.database.database import database


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each of them returned."""

    def closing(work: Callable[[], Any]) -> Any:
        try:
            return work()
        finally:
            database.close()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(closing, works))
