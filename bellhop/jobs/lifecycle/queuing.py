"""Which queues got items that may run, for who rings the bell once that is committed."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator


class _Noting(threading.local):
    queues: Counter[str] | None = None


_noting = _Noting()


@contextlib.contextmanager
def queued() -> Iterator[Counter[str]]:
    """How many items of each queue this thread lets run in the block.

    Of one block in another, the outer does not hear. What was undone counts too: a bell too many
    does no harm.
    """
    outer, _noting.queues = _noting.queues, Counter()
    try:
        yield _noting.queues
    finally:
        _noting.queues = outer


def note(queue: str, count: int = 1) -> None:
    """Items of a queue may run."""
    if _noting.queues is not None:
        _noting.queues[queue] += count
