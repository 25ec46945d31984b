"""What a move tells: the items that it moved, and the jobs that it brought along."""

from __future__ import annotations

from typing import NamedTuple


class Moved(NamedTuple):
    """A row of an item that was moved, and what it was before."""

    id: int
    item_index: int
    step: int
    attempt: int
    progress: int
    cached: bool
    steps: int
    was: str
    was_progress: int
    was_cached: bool
    type: str
    queue: str
    worker: str | None

    def known_as(self, job_id: str) -> dict[str, object]:
        """What the log calls it."""
        return {
            "job_id": job_id, "item": self.item_index, "step": self.step, "attempt": self.attempt,
            "type": self.type, "queue": self.queue, "worker": self.worker,
        }  # fmt: skip


class Brought(NamedTuple):
    """A job with what was added to it; `status` is the one before.

    `is_timed`: how long it waited and ran tells something; `since` is as that of a claim.
    """

    job_id: str
    status: str
    is_final: bool
    cancelled: int
    failed: int
    type: str
    is_delivery: bool
    is_timed: bool
    started_at: str | None
    since: str | None
