"""Items taken out of hands that do not finish them: of a stop, a dead consumer, a lost lease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bellhop.base.errors import ItemError, item_error
from bellhop.database.database import apart
from bellhop.jobs.lifecycle.moves import RECOUNTED, Statement

MOST_INTERRUPTIONS = 20

REQUEUE = Statement("requeued", "id = :id")
FAIL = Statement("failed", "id = :id")
CANCEL = Statement("cancelled", "id = :id")

# Why an item is given back; only the last two count.
STOPPED = ItemError("interrupted", "Bellhop stopped meanwhile; it runs the item again.")
NOT_BEGUN = ItemError(
    "interrupted", "Its worker requeued it before it began; Bellhop runs it as soon as it can."
)
CUT_OFF = ItemError(
    "interrupted", "Its machine lost the database for too long; Bellhop runs the item again."
)
DIED = ItemError("interrupted", "Its consumer died; Bellhop runs the item again.")
SILENT = ItemError(
    "interrupted", "Its machine died, or lost the database; Bellhop runs the item again."
)
COUNTED = (DIED, SILENT)
# (item, its interruptions, whether a cancel was asked)
Held = tuple[int, int, bool]


def look_for(which: str) -> str:
    """The statement that finds what is given back, of the running items of a condition."""
    return f"""SELECT id, interruptions,
            (SELECT cancel_requested FROM job WHERE job.id = item.job)
        FROM item WHERE status = 'running' AND {which}"""


def give_back(held: Sequence[Held], why: ItemError) -> int:
    """Take running items out of hands that do not finish them; how many they were.

    Cancelled if that was asked, failed the 20th time that it counts, else queued again.
    """
    for item, before, is_cancelled in held:
        with apart(f"item {item}"):
            _give_back(item, before, is_cancelled, why)
    return len(held)


def _give_back(item: int, before: int, is_cancelled: bool, why: ItemError) -> None:
    is_counted = why in COUNTED
    count = before + is_counted
    counts = counted("interrupted") if is_counted else counted()
    if is_cancelled:
        CANCEL.make(id=item)
    elif is_counted and count >= MOST_INTERRUPTIONS:
        error = item_error("interrupted_too_often", count=count)
        FAIL.make(error, id=item, error=error.shown(), **counts)
    else:
        told = with_count(why, "interruption", count, MOST_INTERRUPTIONS) if is_counted else why
        REQUEUE.make(told, id=item, error=None, **counts)


def counted(*ends: str) -> dict[str, int]:
    """What an end of an attempt adds to the counts of its item."""
    return {name: int(name in ends) for name in RECOUNTED}


def with_count(error: ItemError, what: str, count: int, most: int) -> ItemError:
    """The error with its count, for the timeline."""
    return replace(error, message=f"{error.message} ({what} {count} of {most})")
