"""PostgreSQL behind the interface of database.py."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from peewee import PostgresqlDatabase

from bellhop.base import times
from bellhop.database import translation
from bellhop.database.connection import (
    Connection,
    PostgresError,
    answering,
    connect,
    fault_of,
    for_programs,
    has_ended,
    is_usable,
    storable,
)
from bellhop.database.faults import Fault, InDoubt
from bellhop.database.listening import Listener

if TYPE_CHECKING:
    from bellhop.database.shape import Shape


# What is only the bell may be lost: nobody waits for it for longer than this.
RING_S = 1.5
MOST_IDLE = 16
# How often the clock of the server is asked, beside each time that a connection is made.
CLOCK_EVERY_S = 60.0
CLOCK = "SELECT CAST(extract(epoch FROM clock_timestamp()) AS float8)"
# For who moves all rows, and holds up nobody; a statement may then take as long as it needs, and so
# may who reads its rows: to `tcp_user_timeout`, one that reads nothing is one that is cut off.
PATIENCE = """SET LOCAL statement_timeout = 0; SET LOCAL tcp_user_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = '10min'"""
TYPES: dict[type, str] = {int: "int8", float: "float8", str: "text"}
MOST_ROWS = 1000  # written by one statement
STREAMED_ROWS = 8  # each of which may be megabytes
# One writer at a time, as SQLite has it: row locks would meet in another order (deadlocks), and a
# reader of `since` would see change 8 before change 7.
WRITES = 0x62656C6C  # the key of that lock
BEGIN = f"BEGIN; SELECT pg_advisory_xact_lock({WRITES})"
BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# What nobody would miss after a crash of the server's machine needs no flush of its disk.
BEGIN_FLEETING = BEGIN.replace("; ", "; SET LOCAL synchronous_commit = off; ", 1)
# One transaction, whose commit waits for no disk and no standby, and not for long for its turn:
# all of a server that notify take turns.
NOTIFY = """
    SELECT set_config('synchronous_commit', 'off', TRUE), set_config('lock_timeout', '1s', TRUE),
        pg_notify(:channel, value)
    FROM json_array_elements_text(CAST(:messages AS json))"""


class Postgres(PostgresqlDatabase):
    """The database at a URL; its connections are kept and used again."""

    def __init__(self, url: str, *, may_write: bool = True):
        self.url, self._may_write = url, may_write
        self._idle: list[Connection] = []
        self._idle_lock = threading.Lock()
        self._clock_at = 0.0
        super().__init__(url, prefer_psycopg3=True)
        # Each thread has a connection of its own; peewee would let all of them wait for one that
        # is made, which takes seconds where the server does not answer.
        self._lock = contextlib.nullcontext()

    def _connect(self) -> Connection:
        while idle := self._take_idle():
            if is_usable(idle):
                return idle
            idle.close()
        connection = connect(self.url)
        if not self._may_write:
            # Not as an option of the connection: an address of several servers leads to the one
            # that accepts writes.
            connection.execute("SET default_transaction_read_only = on")
        self._ask_clock(connection)
        return connection

    def _ask_clock(self, connection: Connection) -> None:
        """Follow the clock of the server; a connection that was just made may lead to another."""
        self._clock_at = time.monotonic() + CLOCK_EVERY_S
        before_s = times.since_boot_s()
        (said_s,) = answering(connection, CLOCK)
        times.follow(said_s, before_s, times.since_boot_s())

    def connection(self) -> Connection:
        """This thread's connection; a new one in place of one that was lost while it rested."""
        connection: Connection = super().connection()  # type: ignore[no-untyped-call]
        if has_ended(connection) and not self.in_transaction():
            # Closing forgets them, and each of them ends later.
            blocks = self._state.ctx  # type: ignore[attr-defined]
            self.close_all()
            connection = super().connection()  # type: ignore[no-untyped-call]
            self._state.ctx = blocks  # type: ignore[attr-defined]
        return connection

    @contextlib.contextmanager
    def _in_use(self) -> Iterator[Connection]:
        """This thread's connection; one that is lost goes, and with it all that rest.

        They lead to the same server, and each would take its time to show that they are lost too.
        """
        connection = self.connection()
        try:
            if time.monotonic() >= self._clock_at and not self.in_transaction():
                self._ask_clock(connection)
            yield connection
        except PostgresError as error:
            if fault_of(error) is Fault.UNREACHABLE:
                connection.close()
                self._close_idle()
            raise

    def cursor(self, named_cursor: Any = None) -> Any:
        """For statements that are sent at once, such as those of peewee's own."""
        connection = self.connection()
        with connection.in_order():
            return connection.cursor()

    def _take_idle(self) -> Connection | None:
        with self._idle_lock:
            return self._idle.pop() if self._idle else None

    def _close(self, connection: Connection) -> None:
        with self._idle_lock:
            if is_usable(connection) and len(self._idle) < MOST_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def _close_idle(self) -> None:
        while idle := self._take_idle():
            idle.close()

    def close_all(self) -> None:
        """Close the connection of this thread, and those that nobody uses."""
        self.close()
        self._close_idle()

    @contextlib.contextmanager
    def atomic(self, begin: str = BEGIN) -> Iterator[None]:  # type: ignore[override]
        """A transaction that may write, one at a time; one inside another is a part of that."""
        if self.in_transaction():
            yield
            return
        with super().atomic(begin):
            yield

    def savepoint(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        """A part of a transaction, which may fail without the rest."""
        return self.connection().part()

    def has_failed(self) -> bool:
        """Whether nothing can be done any more in the transaction but to end it."""
        return bool(self.in_transaction()) and self._held().has_failed()

    def fleeting(self) -> contextlib.AbstractContextManager[None]:
        """A transaction of which the last moment may be forgotten in a crash of the machine."""
        return self.atomic(BEGIN_FLEETING)

    def begin(self, sql: str = BEGIN) -> None:  # type: ignore[override]
        try:
            with self._in_use() as connection:
                # Together in one message, which cannot be prepared.
                connection.execute(sql, prepare=False)
        except PostgresError:
            self.rollback()  # it has begun, and nobody else will end it
            raise

    def commit(self) -> None:
        """Raises InDoubt when the connection is lost before the answer."""
        connection = self._held()
        try:
            connection.commit()
        except PostgresError as error:
            if fault_of(error) is not Fault.UNREACHABLE:
                raise
            connection.close()
            self._close_idle()
            raise InDoubt(error, str(error)) from error

    def rollback(self) -> None:
        self._held().rollback()

    def _held(self) -> Connection:
        """The connection of this thread's transaction, also when it was lost."""
        connection: Connection = super().connection()  # type: ignore[no-untyped-call]
        return connection

    def send(self, sql: str, values: dict[str, Any]) -> Any:
        """One statement.

        In a transaction, what is wrong with one that gives no rows is raised by a later one, by the
        commit at the latest.
        """
        text = translation.statement(sql)
        with self._in_use() as connection:
            if self.in_transaction() and not translation.gives_rows(text):
                connection.unsent.append((text, storable(values)))
                return connection.cursor()
            with connection.in_order():
                return connection.execute(text, storable(values))

    def write_many(self, sql: str, rows: Sequence[dict[str, Any]]) -> None:
        """Write rows, many at once."""
        for first in range(0, len(rows), MOST_ROWS):
            some = [*map(storable, rows[first : first + MOST_ROWS])]
            self.send(translation.of_rows(sql), {"rows": json.dumps(some, ensure_ascii=False)})

    def rows_of(self, statements: Sequence[tuple[str, dict[str, Any]]]) -> list[list[Any]]:
        """The rows of several statements, which are sent together."""
        with self._in_use() as connection:
            with connection.in_order(is_one=False):
                cursors = [
                    connection.execute(translation.statement(sql), storable(values))
                    for sql, values in statements
                ]
            return [cursor.fetchall() for cursor in cursors]

    fault_of = staticmethod(fault_of)

    def notify(self, channel: str, messages: list[str]) -> None:
        """Send messages to who listens on a channel; not in a transaction, and never waits long."""
        connection = self.connection()
        connection.answer_s = RING_S
        try:
            self.send(NOTIFY, {"channel": channel, "messages": json.dumps(messages)})
        finally:
            connection.answer_s = None

    def listener(self, channel: str) -> Listener:
        """A new connection that listens on a channel."""
        return Listener(connect(self.url), channel)

    def run(self, sql: str) -> None:
        """Statements without values, inside the caller's transaction."""
        self.cursor().execute(sql, prepare=False)

    def for_programs(self) -> tuple[str, dict[str, str]]:
        """What to name this database to a program of PostgreSQL, and its environment."""
        return for_programs(self.url)

    def verifier(self, role: str, password: str) -> str:
        """What the server stores of the password of a role (RFC 5803)."""
        given = password.encode(), role.encode(), b"scram-sha-256"
        return self.connection().pgconn.encrypt_password(*given).decode()

    @contextlib.contextmanager
    def streamed(self, sql: str, values: dict[str, Any]) -> Iterator[Any]:
        """The rows of one statement, which are fetched a few at a time."""
        connection = self.connection()
        with connection.in_order():
            pass
        with connection.transaction(), connection.cursor("streamed") as cursor:
            cursor.itersize = STREAMED_ROWS
            yield cursor.execute(translation.statement(sql), storable(values))

    def stay_open(self) -> None:
        """Nothing: connections are kept as it is."""

    def make_durable(self) -> None:
        """Nothing: every commit survives a power cut but those of `fleeting`."""

    def checkpoint(self) -> bool:
        """True: the server keeps its log short by itself."""
        return True

    def log_bytes(self) -> int:
        """0: the log is the server's."""
        return 0

    def size_bytes(self) -> int:
        """Size of the database on the server."""
        return int(self.send("SELECT pg_database_size(current_database())", {}).fetchone()[0])

    def unused_bytes(self) -> int:
        """0: what rows leave is used again by the server (autovacuum)."""
        return 0

    def is_shrinkable(self) -> bool:
        """False: it gives nothing back to a disk of ours."""
        return False

    @contextlib.contextmanager
    def moving(self) -> Iterator[None]:
        """A transaction beside which nobody of ours writes, for as long as it takes."""
        try:
            with self.connection_context(), self.atomic():
                self.run(PATIENCE)
                yield
        finally:
            self.close_all()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """A transaction that sees all rows as they are at one moment, and holds up nobody."""
        try:
            with self.connection_context(), self.atomic(BEGIN_READING):
                self.run(PATIENCE)
                yield
        finally:
            self.close_all()

    @contextlib.contextmanager
    def untriggered(self) -> Iterator[None]:
        """What is written does not run the triggers of jobs.

        One transaction that changes a row 100,000 times looks through all its versions each time.
        """
        self.run("ALTER TABLE job DISABLE TRIGGER USER")
        yield
        self.run("ALTER TABLE job ENABLE TRIGGER USER")

    def walk(self, shape: Shape) -> Iterator[tuple[Any, ...]]:
        """All rows of a table."""
        with (
            self.cursor() as cursor,
            cursor.copy(f"COPY ({shape.selection}) TO STDOUT") as copy,
        ):
            copy.set_types([TYPES[kind] for kind in shape.columns.values()])
            yield from copy.rows()

    def fill(self, shape: Shape, rows: list[tuple[Any, ...]]) -> None:
        """Write new rows of a table."""
        with self.cursor() as cursor, cursor.copy(shape.copying) as copy:
            for row in rows:
                copy.write_row(row)

    def last_id(self, shape: Shape) -> int:
        """The highest id that a table ever gave to a row, as far as the database knows."""
        last = f"""SELECT greatest((SELECT max(id) FROM "{shape.name}"), 0,
            pg_sequence_last_value(pg_get_serial_sequence(:table, 'id')::regclass))"""
        return int(self.send(last, {"table": shape.name}).fetchone()[0])

    def set_last_id(self, shape: Shape, last: int) -> None:
        """Give no id up to `last` to a new row."""
        sql = "SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)"
        self.send(sql, {"table": shape.name, "last": last})

    def text_bytes(self, shape: Shape) -> int:
        """How much all texts of a table need in SQLite, which does not compress them."""
        texts = [name for name, kind in shape.columns.items() if kind is str]
        sizes = " + ".join(f'coalesce(octet_length("{name}"), 0)' for name in texts) or "0"
        found = self.send(f'SELECT coalesce(sum({sizes}), 0) FROM "{shape.name}"', {})
        return int(found.fetchone()[0])
