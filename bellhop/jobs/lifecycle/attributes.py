"""What is stored about a job and is no state: nothing here moves an item."""

from __future__ import annotations

from collections.abc import Sequence

from bellhop.database.database import database, query

ADD_BYTES = "UPDATE job SET bytes = max(0, bytes + :more) WHERE job_id = :job_id"
# Everything that belongs to somebody.
HAND_OVER = (
    "UPDATE job SET owner = :to WHERE owner = :owner",
    "UPDATE item SET owner = :to WHERE owner = :owner",
    "UPDATE gone SET owner = :to WHERE owner = :owner",
    "UPDATE schedule SET owner = :to WHERE owner = :owner",
)
# What an owner has one of, of each of these: that of the first takes the place of the other's.
HAND_OVER_ONE = {
    "turn": ("queue",), "idempotency": ("key",), "webhook_secret": (), "webhook_disabled": ("url",),
}  # fmt: skip


def hold_bytes(job_id: str, more: int) -> None:
    """A job holds more on the disk, or less; which is nobody's news."""
    with database.atomic():
        query(ADD_BYTES, {"job_id": job_id, "more": more})


def hand_over(owner: str, to: str) -> None:
    """Give everything of one owner to another: what was there before the first admin was."""
    with database.atomic():
        for statement in HAND_OVER:
            query(statement, {"owner": owner, "to": to})
        for table, key in HAND_OVER_ONE.items():
            _hand_over_one(table, key, owner, to)


def _hand_over_one(table: str, key: Sequence[str], owner: str, to: str) -> None:
    """What stands under the same `key` for both is the first owner's afterwards."""
    is_same = "".join(f" AND theirs.{name} = {table}.{name}" for name in key)
    both = {"owner": owner, "to": to}
    query(
        f"""DELETE FROM {table} WHERE owner = :to
        AND EXISTS (SELECT 1 FROM {table} AS theirs WHERE theirs.owner = :owner{is_same})""",
        both,
    )
    query(f"UPDATE {table} SET owner = :to WHERE owner = :owner", both)
