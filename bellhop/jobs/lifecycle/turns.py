"""Places in the line of a queue: owners take turns, each behind their own last item."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from bellhop.database.database import query, write_many

LAST_TURN = """
    SELECT coalesce(max(last), 0) FROM turn WHERE queue = :queue AND owner IN (:owner, '')"""
SET_TURN = """
    INSERT INTO turn (queue, owner, last) VALUES (:queue, :owner, :last)
    ON CONFLICT (queue, owner) DO UPDATE SET last = :last"""
# Owner '' is the last turn that was claimed.
NOTE_CLAIMED = """
    INSERT INTO turn (queue, owner, last) VALUES (:queue, '', :turn)
    ON CONFLICT (queue, owner) DO UPDATE SET last = max(turn.last, :turn)"""
PLACE_ITEM = "UPDATE item SET turn = :turn WHERE id = :id"


def take(queue: str, owner: str, count: int) -> int:
    """The first of `count` turns: behind the owner's own last, never before what runs."""
    of_owner = {"queue": queue, "owner": owner}
    first = int(query(LAST_TURN, of_owner)[0][0]) + 1
    query(SET_TURN, {**of_owner, "last": first + count - 1})
    return first


def note_claimed(queue: str, turn: int) -> None:
    """Remember which turn runs: nobody who comes later is given one before it."""
    query(NOTE_CLAIMED, {"queue": queue, "turn": turn})


class LineUp:
    """Gives items that shall run now a new place, behind what their owner has in the line.

    The place of their submit is past: with it they would run before what others sent meanwhile.
    """

    def __init__(self, where: str):
        self.look = f"""SELECT queue, owner, id FROM item WHERE {where}
            ORDER BY queue, owner, turn, id"""

    def make(self, **values: Any) -> None:
        for (queue, owner), rows in groupby(query(self.look, values), key=lambda row: row[:2]):
            ids = [row[2] for row in rows]
            first = take(queue, owner, len(ids))
            places = [{"id": item, "turn": turn} for turn, item in enumerate(ids, first)]
            write_many(PLACE_ITEM, places)
