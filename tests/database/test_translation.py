"""Statements of SQLite as PostgreSQL takes them, and its functions there: both give the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bellhop.database import translation
from bellhop.database.database import bind, bind_server, database, query

# Expressions of the statements, each with values to try.
TEXTS: list[Any] = ["", "a", "Ä ß ǅ", "µ", "İ", "x'y", "100%", ":name", "\\", "日本", None]
DOCUMENTS: list[Any] = [
    '{"code": "a", "message": "b"}', '{"code": null}', '{"code": "é\\n\\"q\\""}',
    '{"x": {"code": 1}}', "{}", "[]", '"code"', "1", "null", "", "{", '{"a": 1,}', "nope",
    '{"data": [1, {"b": 2}], "c": "d"}', '{"data": "\\u00e9"}', "  {}  ",
]  # fmt: skip
SAME: dict[str, list[Any]] = {
    "json_valid(:value)": DOCUMENTS,
    "CASE WHEN json_valid(:value) THEN json_extract(:value, '$.code') END": DOCUMENTS[:3],
    "fold(CAST(:value AS BLOB))": ["", "a", "ÄÖ", "Straße", "ΣΑΣ"[:2], "x'y", "日本"],
    "instr(CAST(:value AS TEXT), 'a')": ["", "a", "ba", "b", "ñaa", None],
    "max(CAST(:value AS BIGINT), 5)": [-1, 5, 6, 1 << 40, None],
    "max(CAST(:value AS TEXT), 'b')": ["", "a", "B", "c", "é", None],
    "min(CAST(:value AS TEXT), 'b')": ["", "a", "B", "c", "é", None],
    "typeof(CAST(:value AS BIGINT))": [1, None],
    "typeof(CAST(:value AS TEXT))": ["1", "", None],
    "CAST(:value AS TEXT)": [text for text in TEXTS if text != "\\"],
    "CAST(:value AS TEXT) || '%' || ':b' || 'it''s :c'": TEXTS,
    "(SELECT count(*) FROM json_each(:value))": ["[]", "[1, 2]", '["a", "b", "c"]', None],
    "(SELECT max(value) FROM json_each(:value))": ['["b", "é", "a"]', "[]"],
    "CASE WHEN :value = 1 THEN 'yes' ELSE 'no' END": [True, False],
}
CASES = [(sql, value) for sql, values in SAME.items() for value in values]


@pytest.fixture
def on_both(tmp_path: Path, tables: str) -> Callable[[str, Any], tuple[Any, Any]]:
    """What an expression gives on either."""
    (tmp_path / "bellhop.db").touch()

    def ask(sql: str, value: Any) -> tuple[Any, Any]:
        bind(tmp_path / "bellhop.db")
        ((ours,),) = query(f"SELECT {sql}", {"value": value})
        bind_server(tables)
        ((theirs,),) = query(f"SELECT {sql}", {"value": value})
        database.close_all()
        return ours, theirs

    return ask


@pytest.mark.parametrize(("sql", "value"), CASES, ids=lambda part: repr(part)[:40])
def test_it_gives_the_same_on_both(
    on_both: Callable[[str, Any], tuple[Any, Any]], sql: str, value: Any
) -> None:
    ours, theirs = on_both(sql, value)
    assert ours == theirs


@pytest.mark.parametrize(
    ("document", "left"),
    [
        ('{"data": 1}', {}),
        ('{"a": "x", "data": {"b": [1]}}', {"a": "x"}),
        ('{"a": {"data": 1}}', {"a": {"data": 1}}),
        ('{"\\"": "é"}', {'"': "é"}),
        ("[1]", [1]),
        ("1", 1),
    ],
)
def test_it_removes_one_member(
    on_both: Callable[[str, Any], tuple[Any, Any]], document: str, left: Any
) -> None:
    found = on_both("json_remove(:value, '$.data')", document)
    assert [json.loads(text) for text in found] == [left, left]


def test_it_takes_no_text_for_a_value() -> None:
    found = translation.statement("SELECT ':a', 'it''s :b', :c, x::text, 5 % 2")
    assert found == "SELECT ':a', 'it''s :b', %(c)s, x::text, 5 %% 2"


def test_it_leaves_the_triggers_of_sqlite_out() -> None:
    sql = """CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT NOT NULL) WITHOUT ROWID;
        CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET b = 1; DELETE FROM a; END;
        CREATE INDEX i ON a (b);"""
    assert "TRIGGER" not in translation.tables(sql)
    assert 'b TEXT COLLATE "C" NOT NULL);' in translation.tables(sql)
    assert "CREATE INDEX i" in translation.tables(sql)


def test_it_shows_a_nul_where_no_text_may_hold_one(tables: str) -> None:
    bind_server(tables)
    assert query("SELECT CAST(:value AS TEXT)", {"value": "a\0b"}) == [
        ("a\N{REPLACEMENT CHARACTER}b",)
    ]
    database.close_all()


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ('{"code": "a\\u0000b"}', "a\N{REPLACEMENT CHARACTER}b"),
        ('{"code": "a\\udcffb"}', "a\N{REPLACEMENT CHARACTER}b"),
        ('{"code": "a", "message": "\\ud800 and \\u0000"}', "a"),
        ('{"code": "\\ud83d\\ude00"}', "\N{GRINNING FACE}"),
        ('{"code": "\\\\u0000"}', "\\u0000"),
    ],
)
def test_it_reads_json_that_holds_what_no_text_may(tables: str, document: str, code: str) -> None:
    bind_server(tables)
    assert query("SELECT json_extract(:value, '$.code')", {"value": document}) == [(code,)]
    database.close_all()
