"""The statements of moves: whole, checked at import, and each found by an index."""

from __future__ import annotations

import re

import pytest

from bellhop.database.database import database, query
from bellhop.jobs.lifecycle.moves import GIVEN, MOVES, Move, Statement, binds
from bellhop.storage.installation import Installation

LISTS = {"indexes"}  # values that are lists as JSON
STATEMENTS = {
    f"{s.move}: {' '.join(s.look.partition('WHERE')[2].split())}": s for s in Statement.every
}


def test_it_refuses_a_row_that_forgets_a_value() -> None:
    with pytest.raises(ValueError, match="needs"):
        Move(("queued",), "running", "worker = :worker", needs=())


def test_it_refuses_a_row_that_names_a_value_which_it_does_not_use() -> None:
    with pytest.raises(ValueError, match="needs"):
        Move(("queued",), "running", "worker = NULL", needs=("worker",))


def test_it_refuses_two_values_of_one_name() -> None:
    with pytest.raises(ValueError, match="two things"):
        Statement("claimed", "lease_until = :lease_until")


def test_it_refuses_a_move_without_its_values(here: Installation) -> None:
    released = next(s for s in Statement.every if s.move == "released")
    with pytest.raises(TypeError, match="released needs"):
        released.make(something="else")


def test_it_has_a_statement_for_each_move_of_an_item_that_is_there() -> None:
    assert {statement.move for statement in Statement.every} == MOVES.keys() - {"submitted", "held"}


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_finds_the_items_of_a_move_by_an_index(here: Installation, name: str) -> None:
    """None may walk through all items, of which there may be a million."""
    statement = STATEMENTS[name]
    for sql in (statement.look, statement.update):
        assert binds(sql) <= statement.needs
        plan = plan_on_server(sql) if here.rows else plan_in_file(sql)
        assert not re.search(r"SCAN (on )?(item|job)\b", plan, re.IGNORECASE), plan


def plan_in_file(sql: str) -> str:
    values = dict.fromkeys(binds(sql) | GIVEN)
    return " | ".join(str(row[3]) for row in query(f"EXPLAIN QUERY PLAN {sql}", values))


def plan_on_server(sql: str) -> str:
    """With few rows it would scan them all, if it may."""
    values = {name: "[1]" if name in LISTS else "1" for name in binds(sql) | GIVEN}
    with database.atomic():
        query("SET LOCAL enable_seqscan = off")
        plan = " | ".join(str(row[0]) for row in query(f"EXPLAIN {sql}", values))
    return plan.replace("Bitmap Heap Scan", "").replace("Index Scan", "")
