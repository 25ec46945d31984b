"""Places in the line of a queue: owners take turns, each behind their own last item."""

from __future__ import annotations

from typing import Any

from bellhop.database.database import query

LAST_TURN = """
    SELECT coalesce(max(last), 0) FROM turn WHERE queue = :queue AND owner IN (:owner, '')"""
SET_TURN = """
    INSERT INTO turn (queue, owner, last) VALUES (:queue, :owner, :last)
    ON CONFLICT (queue, owner) DO UPDATE SET last = :last"""
# Owner '' is the last turn that was claimed.
NOTE_CLAIMED = """
    INSERT INTO turn (queue, owner, last) VALUES (:queue, '', :turn)
    ON CONFLICT (queue, owner) DO UPDATE SET last = max(turn.last, :turn)"""


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
        self.look = f"""SELECT queue, owner, count(*) FROM item WHERE {where}
            GROUP BY queue, owner ORDER BY queue, owner"""
        self.place = f"""UPDATE item SET turn = :first + placed.place FROM (
                SELECT id AS item, row_number() OVER (ORDER BY turn, id) - 1 AS place FROM item
                WHERE ({where}) AND queue = :queue AND owner = :owner) AS placed
            WHERE id = placed.item"""

    def make(self, **values: Any) -> None:
        for queue, owner, count in query(self.look, values):
            of_owner = {"queue": queue, "owner": owner}
            query(self.place, {**values, **of_owner, "first": take(queue, owner, count)})
