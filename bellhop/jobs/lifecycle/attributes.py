"""What is stored about a job and is no state: nothing here moves an item."""

from __future__ import annotations

from bellhop.database.database import database, query
from bellhop.jobs.lifecycle import tallies

ADD_BYTES = "UPDATE job SET bytes = max(0, bytes + :more) WHERE job_id = :job_id"
# Everything that belongs to somebody.
HAND_OVER = (
    "UPDATE job SET owner = :to WHERE owner = :owner",
    "UPDATE item SET owner = :to WHERE owner = :owner",
    "UPDATE gone SET owner = :to WHERE owner = :owner",
    "UPDATE schedule SET owner = :to WHERE owner = :owner",
    "UPDATE upload SET owner = :to WHERE owner = :owner",
    # Of what there is one of, that of the first owner takes the place of the other's.
    """DELETE FROM turn WHERE owner = :to
    AND queue IN (SELECT theirs.queue FROM turn AS theirs WHERE theirs.owner = :owner)""",
    "UPDATE turn SET owner = :to WHERE owner = :owner",
    """DELETE FROM idempotency WHERE owner = :to
    AND key IN (SELECT theirs.key FROM idempotency AS theirs WHERE theirs.owner = :owner)""",
    "UPDATE idempotency SET owner = :to WHERE owner = :owner",
    """DELETE FROM webhook_secret WHERE owner = :to
    AND EXISTS (SELECT 1 FROM webhook_secret AS theirs WHERE theirs.owner = :owner)""",
    "UPDATE webhook_secret SET owner = :to WHERE owner = :owner",
    """DELETE FROM webhook_disabled WHERE owner = :to
    AND url IN (SELECT theirs.url FROM webhook_disabled AS theirs WHERE theirs.owner = :owner)""",
    "UPDATE webhook_disabled SET owner = :to WHERE owner = :owner",
    """DELETE FROM notice_wish WHERE owner = :to
    AND EXISTS (SELECT 1 FROM notice_wish AS theirs WHERE theirs.owner = :owner)""",
    "UPDATE notice_wish SET owner = :to WHERE owner = :owner",
    "UPDATE notice SET owner = :to WHERE owner = :owner",
    "UPDATE notice_sent SET owner = :to WHERE owner = :owner",
    *tallies.HAND_OVER,
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
