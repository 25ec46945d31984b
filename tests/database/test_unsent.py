"""Statements that nobody waits for go to a server with the next one, and fail there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from bellhop.database.connection import Connection
from bellhop.database.database import (
    apart,
    database,
    is_refused,
    own_part,
    query,
    together,
    write_many,
)

pytestmark = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
ADD = "INSERT INTO counter (name, value) VALUES (:name, :value)"
NAMES = "SELECT name FROM counter WHERE name LIKE 'c_' ORDER BY name"


@pytest.fixture(autouse=True)
def _rows(here: Any) -> None:
    """A database with its tables."""


def add(name: str, value: int | None = 1) -> None:
    query(ADD, {"name": name, "value": value})


def names() -> list[str]:
    return [name for (name,) in query(NAMES)]


def test_it_makes_statements_in_their_order() -> None:
    with database.atomic():
        add("c1")
        write_many(ADD, [{"name": "c2", "value": 2}, {"name": "c3", "value": 3}])
        assert names() == ["c1", "c2", "c3"]
        query("DELETE FROM counter WHERE name = 'c2'")
    assert names() == ["c1", "c3"]


def test_it_writes_each_of_many_rows_as_it_is() -> None:
    """In a column that is called as a word of SQL, and more than a server is given at once."""
    texts = ["", "a \"b\" 'c'", "two\nlines", "\\u0041 %s %(x)s :x", "é 語 😀", '{"a": [1]}'] * 200
    steps = [{"id": number, "order": text, "at": None} for number, text in enumerate(texts)]
    query('CREATE TABLE step (id INTEGER, "order" TEXT, at TEXT)')
    write_many('INSERT INTO step (id, "order", at)\n VALUES (:id, :order, :at)', steps)
    assert query("SELECT * FROM step ORDER BY id") == [(n, t, None) for n, t in enumerate(texts)]


def test_it_takes_no_value_for_that_of_another_column(engine: str) -> None:
    swapped = "INSERT INTO counter (name, value) VALUES (:value, :name)"
    with pytest.raises(ValueError) if engine == "postgresql" else contextlib.nullcontext():
        write_many(swapped, [{"name": 1, "value": "c1"}])


def test_it_gives_the_rows_of_several_statements() -> None:
    more = "UPDATE counter SET value = value + 1 WHERE name = 'c1' RETURNING value"
    with database.atomic():
        add("c1")
        assert together((more, {}), (NAMES, {}), (more, {})) == [[(2,)], [("c1",)], [(3,)]]


def test_it_writes_nothing_of_a_transaction_in_which_one_is_refused() -> None:
    with pytest.raises(Exception) as caught, database.atomic():
        add("c1")
        add("c2", None)
        add("c3")
    assert is_refused(caught.value)
    assert names() == []
    add("c4")
    assert names() == ["c4"]


def test_it_undoes_a_part_in_which_one_is_refused() -> None:
    with database.atomic():
        add("c1")
        with pytest.raises(Exception) as caught, own_part():
            add("c2")
            add("c3", None)
        assert is_refused(caught.value)
        with own_part():
            add("c4")
    assert names() == ["c1", "c4"]


@pytest.mark.parametrize("is_sent", [False, True])
def test_it_undoes_a_part_that_fails_for_another_reason(is_sent: bool) -> None:
    with database.atomic():
        add("c1")
        with pytest.raises(ZeroDivisionError), own_part():
            add("c2")
            assert not is_sent or names() == ["c1", "c2"]
            raise ZeroDivisionError
        add("c3")
    assert names() == ["c1", "c3"]


@pytest.mark.parametrize("fails", ["inner", "outer"])
def test_it_undoes_one_part_inside_another(fails: str) -> None:
    with database.atomic():
        with pytest.raises(ZeroDivisionError), own_part():
            add("c1")
            with pytest.raises(ZeroDivisionError), own_part():
                add("c2")
                raise ZeroDivisionError
            add("c3")
            if fails == "outer":
                raise ZeroDivisionError
            assert names() == ["c1", "c3"]
            raise ZeroDivisionError
        add("c4")
    assert names() == ["c4"]


def test_it_can_make_a_statement_again_that_was_about_to_be_prepared() -> None:
    """In a part that failed before it."""
    for count in (0, 5):
        for _ in range(count):
            names()
        with database.atomic(), pytest.raises(Exception), own_part():  # noqa: B017
            add("c1", None)
            names()
    assert names() == []


def test_it_blames_no_part_for_what_came_before_it() -> None:
    with pytest.raises(Exception) as caught, database.atomic():
        add("c1", None)
        with apart("another row"):
            names()
    assert is_refused(caught.value)
    assert names() == []


def test_it_undoes_nothing_that_came_before_a_part() -> None:
    with pytest.raises(Exception) as caught, database.atomic():
        with pytest.raises(ZeroDivisionError), own_part():
            add("c1")
            assert names() == ["c1"]
            raise ZeroDivisionError
        add("c2")
        add("c3", None)
        with apart("another row"):
            names()
    assert is_refused(caught.value)
    assert names() == []


def test_it_undoes_a_part_in_which_one_is_refused_before_a_part_inside() -> None:
    with database.atomic():
        add("c1")
        with pytest.raises(Exception) as caught, own_part():
            add("c2")
            add("c3", None)
            with apart("another row"):
                names()
        assert is_refused(caught.value)
        add("c4")
    assert names() == ["c1", "c4"]


def test_it_logs_nothing_by_itself_of_what_failed(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever is told says it once, however often it is tried again."""
    for _ in range(3):
        with pytest.raises(Exception), database.atomic():  # noqa: B017
            add("c1", None)
            add("c2")
            names()
    assert caplog.messages == []


def test_it_forgets_what_was_not_sent_of_a_transaction_that_failed() -> None:
    with pytest.raises(ZeroDivisionError), database.atomic():
        add("c1")
        raise ZeroDivisionError
    with database.atomic():
        add("c2")
    assert names() == ["c2"]


def test_it_waits_for_a_server_no_more_often_than_it_must(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others wait for the write lock meanwhile."""
    sent = list[int]()
    waited: Callable[..., Any] = Connection.pipeline

    def counted(*arguments: Any) -> Any:
        sent.append(1)
        return waited(*arguments)

    monkeypatch.setattr(Connection, "pipeline", counted)
    with database.atomic():
        for number in range(5):
            add(f"c{number}")
        with own_part():
            names()
        add("c5")
    assert len(sent) == (2 if engine == "postgresql" else 0)
    assert len(names()) == 6


def test_it_asks_a_server_once_to_write_many_rows(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list[str]()
    execute: Callable[..., Any] = Connection.execute

    def noted(connection: Connection, text: str, *values: Any, **options: Any) -> Any:
        made.append(text)
        return execute(connection, text, *values, **options)

    monkeypatch.setattr(Connection, "execute", noted)
    with database.atomic():
        write_many(ADD, [{"name": f"c{number}", "value": number} for number in range(9)])
        assert len(names()) == 9
    assert sum("INSERT" in text for text in made) == (engine == "postgresql")
