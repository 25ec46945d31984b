"""What is stored about a job and is no state: nothing here moves an item."""

from __future__ import annotations

from bellhop.storage.database import database, query

ADD_BYTES = "UPDATE job SET bytes = max(0, bytes + :more) WHERE job_id = :job_id"
# Everything that belongs to somebody.
HAND_OVER = (
    "UPDATE job SET owner = :to WHERE owner = :owner",
    "UPDATE item SET owner = :to WHERE owner = :owner",
    "UPDATE gone SET owner = :to WHERE owner = :owner",
    "UPDATE schedule SET owner = :to WHERE owner = :owner",
    "UPDATE OR REPLACE turn SET owner = :to WHERE owner = :owner",
    "UPDATE OR REPLACE idempotency SET owner = :to WHERE owner = :owner",
    "UPDATE OR REPLACE webhook_secret SET owner = :to WHERE owner = :owner",
    "UPDATE OR REPLACE webhook_disabled SET owner = :to WHERE owner = :owner",
)


def hold_bytes(job_id: str, more: int) -> None:
    """A job holds more on the disk, or less; which is nobody's news."""
    with database.atomic():
        query(ADD_BYTES, {"job_id": job_id, "more": more})


def hand_over(owner: str, to: str) -> None:
    """Give everything of one owner to another: what was there before the first admin was."""
    with database.atomic():
        for statement in HAND_OVER:
            query(statement, {"owner": owner, "to": to})
