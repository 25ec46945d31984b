"""Any row may be garbage: each text column is spoiled in turn, and everything else goes on."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from tests.whole.attack.rows import Plan, Row
from tests.whole.attack.stage import Stage, stage

DELAYED_BY_S = 2.0
# What an ordinary item may take on a busy machine.
ALLOWANCE_S = 3.0
TABLES = (
    "job", "item", "result", "event", "schedule", "dependency", "content", "cache", "idempotency",
    "consumer", "turn", "duration", "webhook_secret", "login_failure", "search",
)  # fmt: skip
DEEP = "[" * 990 + "]" * 990
SPOILT: dict[str, Any] = {
    "bytes that are no text": b"\xff\xfe{",
    "text that is no UTF-8": "CAST(X'fffe7b' AS TEXT)",
    "nested 990 deep": DEEP,
    "another shape": '"x"',
    "a number": 7,
    "an escape": "\x1b[2J\r\n",
    "a long text": "x" * 300_000,
    "nothing": "",
}
QUICK_CASES = 10
PATHS = (
    "/jobs", "/jobs?since=0", "/jobs?q=a", "/jobs?status=failed", "/jobs/stats", "/schedules",
    "/types", "/cache", "/monitoring/queues", "/monitoring/workers", "/monitoring/health", "/audit",
    "/monitoring/problems", "/monitoring/space",
    "/account", "//metrics", "//ready", "//health",
)  # fmt: skip


def attack(plan: Plan) -> list[Row]:
    """Each column of a job's rows with each kind of garbage, beside somebody else's items."""
    row = Row("any row may be garbage", "other items delayed ≤ 2 s; no 500 on lists")
    kinds = list(SPOILT)
    tried, named, slowest = 0, 0, 0.0
    with stage() as on:
        assert on.serve_quietly(), on.log()
        kept = prepare(on)
        cases = [(*place, kind) for place in columns(on) for kind in kinds]
        if plan.is_quick:
            cases = random.Random(plan.seed).sample(cases, QUICK_CASES)
        for table, column, kind in cases:
            if (spoilt := spoil(on, kept, table, column, SPOILT[kind])) is None:
                continue
            tried += 1
            slowest = max(slowest, _others_go_on(on, row, f"{table}.{column}, {kind}"))
            named += _is_named(on)
            mend(on, table, column, spoilt)
        row.expect(named or plan.is_quick, "monitoring names no row that cannot be read")
    row.found = f"slowest other item {slowest:.1f} s; {tried} spoilt, monitoring named {named}"
    return [row]


def prepare(on: Stage) -> tuple[str, ...]:
    """Jobs of one account that wait and that are done, and a schedule."""
    mallory = on.caller("mallory")
    schedule = {
        "name": "s", "cron": "0 0 1 1 *", "timezone": "UTC",
        "job": {"type": "honest", "items": [{"text": "a"}]},
    }  # fmt: skip
    assert mallory.ask("POST", "/schedules", schedule).status == 201
    done = mallory.submit("honest", "b", kind="text")
    mallory.final(done, 10)
    waiting = mallory.submit("honest", "a", kind="text", run_at="2100-01-01T00:00:00Z")
    needing = mallory.submit("honest", "c", kind="text", depends_on=[waiting])
    return done, waiting, needing


Ask = Callable[..., list[tuple[Any, ...]]]
# The last: a text that is too long for an index.
REFUSED = (
    sqlite3.IntegrityError, psycopg.IntegrityError, psycopg.DataError,
    psycopg.errors.ProgramLimitExceeded,
)  # fmt: skip
# What was there, by the key of its row.
Spoilt = list[tuple[tuple[Any, ...], Any]]
COLUMNS = """SELECT column_name FROM information_schema.columns
    WHERE table_name = ? AND data_type = 'text'"""
KEYS = """SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid
    WHERE indrelid = ?::regclass AND indisprimary AND attnum = ANY(indkey)"""


@contextlib.contextmanager
def opened(on: Stage) -> Iterator[Ask]:
    """What asks the database, with ? for each value, past Bellhop."""
    if url := on.environment["BELLHOP_STORAGE_DATABASE"]:
        with psycopg.connect(url, autocommit=True) as server:

            def ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
                cursor = server.execute(sql.replace("?", "%s"), values)
                return cursor.fetchall() if cursor.description else []

            yield ask
        return
    with contextlib.closing(sqlite3.connect(on.data / "bellhop.db", timeout=10)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        yield lambda sql, *values: connection.execute(sql, values).fetchall()
        connection.commit()


def columns(on: Stage) -> list[tuple[str, str]]:
    """The text columns of what belongs to jobs."""
    with opened(on) as ask:
        return [(table, name) for table in TABLES for name in _texts(on, ask, table)]


def _texts(on: Stage, ask: Ask, table: str) -> list[str]:
    if on.environment["BELLHOP_STORAGE_DATABASE"]:
        return [name for (name,) in ask(COLUMNS, table)]
    found = ask(f'PRAGMA table_info("{table}")')
    return [name for _, name, kind, *_ in found if kind.upper() == "TEXT"]


def _keys(on: Stage, ask: Ask, table: str) -> list[str]:
    """What tells the rows of a table apart, whatever becomes of its columns."""
    if on.environment["BELLHOP_STORAGE_DATABASE"]:
        return [f'"{name}"' for (name,) in ask(KEYS, table)]
    return ["rowid"]


def spoil(on: Stage, kept: tuple[str, ...], table: str, column: str, value: Any) -> Spoilt | None:
    """Spoil a column of one account's jobs, of which one is due; what was there, by row."""
    admin, queue = on.caller("ada"), "/queues/honest"
    admin.ask("POST", f"{queue}/pause")
    try:
        jobs = (*kept, on.caller("mallory").submit("honest", "d", kind="text"))
        return _spoil(on, jobs, table, column, value)
    finally:
        admin.ask("POST", f"{queue}/resume")


def _spoil(on: Stage, jobs: tuple[str, ...], table: str, column: str, value: Any) -> Spoilt | None:
    marks = ",".join("?" * len(jobs))
    own = f"(SELECT id FROM job WHERE job_id IN ({marks}))"
    condition = {
        "job": f"job_id IN ({marks})",
        "item": f"job IN {own}",
        "event": f"job IN {own}",
        "result": f"item IN (SELECT id FROM item WHERE job IN {own})",
        "content": f"job IN {own}",
        "dependency": f"job IN {own}",
        "cache": f"item IN (SELECT id FROM item WHERE job IN {own})",
        "idempotency": f"job IN {own}",
    }.get(table)
    given: tuple[str, ...] = jobs if condition else ()
    condition = condition or {"schedule": "owner = 'mallory'"}.get(table, "1 = 1")
    with opened(on) as ask:
        keys = _keys(on, ask, table)
        if f'"{column}"' in keys:
            return None  # it could not be put back
        named = ", ".join([*keys, f'"{column}"'])
        try:
            rows = ask(f'SELECT {named} FROM "{table}" WHERE {condition}', *given)
        except sqlite3.OperationalError:
            return None  # a table without row numbers
        if not rows:
            return None
        is_sql = isinstance(value, str) and value.startswith("CAST(")
        put, given = (value, given) if is_sql else ("?", (value, *given))
        try:
            ask(f'UPDATE "{table}" SET "{column}" = {put} WHERE {condition}', *given)
        except REFUSED:
            return None  # the database itself refuses it
    return [(row[:-1], row[-1]) for row in rows]


def mend(on: Stage, table: str, column: str, rows: Spoilt) -> None:
    """Put back what was there, where the row is still there."""
    with opened(on) as ask:
        same = " AND ".join(f"{key} = ?" for key in _keys(on, ask, table))
        for numbers, value in rows:
            with contextlib.suppress(*REFUSED):
                ask(f'UPDATE "{table}" SET "{column}" = ? WHERE {same}', value, *numbers)


def _others_go_on(on: Stage, row: Row, where: str) -> float:
    """Somebody else's item in the same queue, and the lists of everybody."""
    victor, began = on.caller("victor"), time.monotonic()
    limit_s = DELAYED_BY_S + ALLOWANCE_S
    found = victor.tried("mine", limit_s)
    took = time.monotonic() - began
    row.expect(
        found == [{"text": "mine"}], f"{where}: another's item gives {found} in {took:.1f} s"
    )
    for name in ("ada", "mallory"):
        caller = on.caller(name)
        for path in PATHS:
            status = caller.get(path).status
            row.expect(status not in (0, 500, 503), f"{where}: {name} GET {path} answers {status}")
    return took


def _is_named(on: Stage) -> int:
    answer = on.caller("ada").get("/monitoring/health")
    return int(answer.status == 200 and answer.json()["status"] == "degraded")
