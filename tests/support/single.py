"""The moves of one item alone, without the group in which workers make them."""

from __future__ import annotations

from collections.abc import Callable

from bellhop.jobs import consumers, lifecycle, queries
from bellhop.jobs.lifecycle import Claim, Completion
from bellhop.jobs.reuse import Hit


def no_key(candidate: Claim) -> None:
    """No result is used again."""


def claim(queue: str, worker: str, key_of: Callable[[Claim], str | None] = no_key) -> Claim | None:
    """Give the next due item of `queue` to `worker`, whose consumer is registered if it is not."""
    taken = _claim(queue, worker, key_of)
    if taken is None and register(worker):
        return _claim(queue, worker, key_of)
    return taken


def register(worker: str) -> bool:
    """Register the consumer of a worker; False when it is."""
    consumer = worker.partition("/")[0]
    if consumer in {known.id for known in queries.consumers()}:
        return False
    consumers.register(consumer, 1, ["parsing"])
    return True


def _claim(queue: str, worker: str, key_of: Callable[[Claim], str | None]) -> Claim | None:
    passed_over: set[int] = set()
    while found := lifecycle.due(queue, worker, 1, passed_over=passed_over):
        passed_over |= {item.id for item in found}
        if taken := lifecycle.take(lifecycle.read_due(found, queue, worker, key_of)):
            return taken[0]
    return None


def complete(
    claim: Claim,
    *,
    data: str,
    files: str,
    warnings: str,
    seconds: float | None = None,
    reused: Hit | None = None,
) -> bool:
    """Record one result; whether it is, now or by an earlier try."""
    done = Completion(
        claim=claim, data=data, files=files, warnings=warnings, seconds=seconds, reused=reused
    )
    return bool(lifecycle.complete_all([done]))
