"""PostgreSQL behind the interface of database.py: its connections, and its errors.

The only module that knows psycopg, which is an extra (`requirements-postgresql.txt`).
"""

from __future__ import annotations

import contextlib
import json
import select
import threading
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from peewee import PostgresqlDatabase

from bellhop.base import times
from bellhop.base.errors import StartRefused
from bellhop.base.program import pip_line

try:
    import psycopg
except ImportError:
    raise StartRefused(
        "[storage] database needs psycopg with its binary, which is not installed: "
        + pip_line("postgresql")
    ) from None
from psycopg import errors
from psycopg.adapt import Loader
from psycopg.pq import TransactionStatus
from psycopg.types.string import TextLoader

from bellhop.database import translation
from bellhop.database.faults import Fault, InDoubt
from bellhop.database.listening import Listener

if TYPE_CHECKING:
    from bellhop.database.shape import Shape


OLDEST = 150000  # PostgreSQL 15
CONNECT_S = 3
# A server that is gone is noticed within about so long.
SILENCE_MS = 10_000
OPTIONS = {
    "application_name": "bellhop",
    "lock_timeout": "20s",
    "statement_timeout": "30s",
    # A writer that stands still keeps the others waiting for no longer.
    "idle_in_transaction_session_timeout": "5s",
    # A machine that was cut off does so for 6 s at most, however many of its writers are in line:
    # the connections of all are lost after 3 s without a sign of it, and a turn that one of them
    # got before that ends 2.5 s after it began. One lost packet costs nothing.
    "tcp_keepalives_idle": "1",
    "tcp_keepalives_interval": "1",
    "tcp_user_timeout": "2500",
}
# The server ends a statement before that: what is silent for longer is cut off, or has stopped.
ANSWER_S = 40.0
# What is only the bell may be lost: nobody waits for it for longer than this.
RING_S = 1.5
MOST_IDLE = 16
# How often the clock of the server is asked, beside each time that a connection is made.
CLOCK_EVERY_S = 60.0
CLOCK = "SELECT CAST(extract(epoch FROM clock_timestamp()) AS float8)"
MOST_PREPARED = 500  # more than there are statements
# For who moves all rows, and holds up nobody; a statement may then take as long as it needs, and so
# may who reads its rows: to `tcp_user_timeout`, one that reads nothing is one that is cut off.
PATIENCE = """SET LOCAL statement_timeout = 0; SET LOCAL tcp_user_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = '10min'"""
TYPES: dict[type, str] = {int: "int8", float: "float8", str: "text"}
STREAMED_ROWS = 8  # each of which may be megabytes
NUL, SHOWN_NUL = "\0", "\N{REPLACEMENT CHARACTER}"
# One writer at a time, as SQLite has it: row locks would meet in another order (deadlocks), and a
# reader of `since` would see change 8 before change 7.
WRITES = 0x62656C6C  # the key of that lock
BEGIN = f"BEGIN; SELECT pg_advisory_xact_lock({WRITES})"
# What nobody would miss after a crash of the server's machine needs no flush of its disk.
BEGIN_FLEETING = BEGIN.replace("; ", "; SET LOCAL synchronous_commit = off; ", 1)
# One transaction, whose commit waits for no disk and no standby, and not for long for its turn:
# all of a server that notify take turns.
NOTIFY = """
    SELECT set_config('synchronous_commit', 'off', TRUE), set_config('lock_timeout', '1s', TRUE),
        pg_notify(:channel, value)
    FROM json_array_elements_text(CAST(:messages AS json))"""
PostgresError = psycopg.Error
# Classes of https://www.postgresql.org/docs/15/errcodes-appendix.html, the longest first.
FAULTS = {
    "53100": Fault.FULL,
    "53200": Fault.BUSY, "55P03": Fault.BUSY, "57014": Fault.BUSY, "40": Fault.BUSY,
    "23": Fault.REFUSED, "22": Fault.REFUSED, "54": Fault.REFUSED,
    "25006": Fault.UNREACHABLE, "25P03": Fault.UNREACHABLE, "08": Fault.UNREACHABLE,
    "53": Fault.UNREACHABLE, "57P": Fault.UNREACHABLE, "58": Fault.UNREACHABLE,
    "28": Fault.UNUSABLE, "3D": Fault.UNUSABLE, "42501": Fault.UNUSABLE, "XX": Fault.UNUSABLE,
}  # fmt: skip


class _Whole(Loader):
    """Sums of whole numbers, which PostgreSQL gives as NUMERIC."""

    def load(self, data: Any) -> int:
        return int(bytes(data))


class _Cursor(psycopg.Cursor[Any]):
    """A cursor that has no rows after a statement that gives none, as SQLite's."""

    def fetchall(self) -> list[Any]:
        return super().fetchall() if self.description else []


class Connection(psycopg.Connection[Any]):
    """A connection on which nobody waits for ever, nor for longer than `answer_s`, if given."""

    answer_s: float | None = None

    def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
        timeout_s = self.answer_s or ANSWER_S
        return super().wait(gen, *arguments, **{"timeout": timeout_s, **options})


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
        except psycopg.Error as error:
            if self.fault_of(error) is Fault.UNREACHABLE:
                connection.close()
                self._close_idle()
            raise

    def cursor(self, named_cursor: Any = None) -> psycopg.Cursor[Any]:
        """For statements of peewee's own."""
        return self.connection().cursor()

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

    def fleeting(self) -> contextlib.AbstractContextManager[None]:
        """A transaction of which the last moment may be forgotten in a crash of the machine."""
        return self.atomic(BEGIN_FLEETING)

    def begin(self, sql: str = BEGIN) -> None:  # type: ignore[override]
        try:
            with self._in_use() as connection:
                # Together in one message, which cannot be prepared.
                connection.execute(sql, prepare=False)
        except psycopg.Error:
            self.rollback()  # it has begun, and nobody else will end it
            raise

    def commit(self) -> None:
        """Raises InDoubt when the connection is lost before the answer."""
        connection = self._held()
        if connection.pgconn.transaction_status == TransactionStatus.INERROR:
            # PostgreSQL would call it a success, and commit nothing.
            raise errors.InFailedSqlTransaction("a statement of the transaction failed")
        try:
            connection.commit()
        except psycopg.Error as error:
            if self.fault_of(error) is not Fault.UNREACHABLE:
                raise
            connection.close()
            self._close_idle()
            raise InDoubt(error, str(error)) from error

    def rollback(self) -> None:
        # A connection that is lost has ended its transaction already.
        with contextlib.suppress(psycopg.OperationalError):
            self._held().rollback()

    def _held(self) -> Connection:
        """The connection of this thread's transaction, also when it was lost."""
        connection: Connection = super().connection()  # type: ignore[no-untyped-call]
        return connection

    def send(self, sql: str, values: dict[str, Any] | list[dict[str, Any]]) -> Any:
        """One statement, or one for each of a list of values."""
        text = translation.statement(sql)
        with self._in_use() as connection:
            cursor = connection.cursor()
            if isinstance(values, list):
                cursor.executemany(text, list(map(storable, values)))
                return cursor
            return cursor.execute(text, storable(values))

    @staticmethod
    def fault_of(error: Exception) -> Fault | None:
        """What PostgreSQL says is wrong; None when it is none of its errors."""
        if not isinstance(error, psycopg.Error):
            return None
        state = error.sqlstate
        if state is None:  # there was no answer
            return Fault.UNREACHABLE if isinstance(error, errors.OperationalError) else Fault.OTHER
        found = (fault for known, fault in FAULTS.items() if state.startswith(known))
        return next(found, Fault.OTHER)

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
        self.connection().execute(sql, prepare=False)

    def verifier(self, role: str, password: str) -> str:
        """What the server stores of the password of a role (RFC 5803)."""
        given = password.encode(), role.encode(), b"scram-sha-256"
        return self.connection().pgconn.encrypt_password(*given).decode()

    @contextlib.contextmanager
    def streamed(self, sql: str, values: dict[str, Any]) -> Iterator[Any]:
        """The rows of one statement, which are fetched a few at a time."""
        connection = self.connection()
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
            self.connection().cursor() as cursor,
            cursor.copy(f"COPY ({shape.selection}) TO STDOUT") as copy,
        ):
            copy.set_types([TYPES[kind] for kind in shape.columns.values()])
            yield from copy.rows()

    def fill(self, shape: Shape, rows: list[tuple[Any, ...]]) -> None:
        """Write new rows of a table."""
        with self.connection().cursor() as cursor, cursor.copy(shape.copying) as copy:
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


def connect(
    url: str, options: Mapping[str, str] = OPTIONS, connect_s: int = CONNECT_S
) -> Connection:
    """A new connection, whose statements are transactions of their own."""
    connection = Connection.connect(
        url,
        autocommit=True,
        connect_timeout=connect_s,
        keepalives_idle=5, keepalives_interval=2, keepalives_count=3, tcp_user_timeout=SILENCE_MS,
        options=" ".join(f"-c {name}={value}" for name, value in options.items()),
        client_encoding="utf8",
    )  # fmt: skip
    connection.cursor_factory = _Cursor
    connection.prepared_max = MOST_PREPARED
    connection.adapters.register_loader("numeric", _Whole)
    connection.adapters.register_loader("json", TextLoader)
    return connection


def answering(connection: Connection, sql: str) -> Any:
    """The one row of a statement, outside of any transaction of ours."""
    return connection.execute(sql).fetchone()


def is_usable(connection: Connection) -> bool:
    """Whether a connection that rests can be used: nothing was begun, and nobody ended it."""
    is_idle = connection.pgconn.transaction_status == TransactionStatus.IDLE
    return is_idle and not has_ended(connection)


def has_ended(connection: Connection) -> bool:
    """Whether a connection was lost, as far as can be seen without asking the server."""
    if connection.closed or connection.pgconn.transaction_status != TransactionStatus.IDLE:
        return connection.closed
    # A server that ends it says so, and it is read only by who looks.
    return bool(select.select([connection.pgconn.socket], [], [], 0)[0])


def storable(values: dict[str, Any]) -> dict[str, Any]:
    """Values as the columns hold them: no booleans, and no NUL, which no text here may have."""
    return {name: _stored(value) for name, value in values.items()}


def _stored(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(NUL, SHOWN_NUL) if NUL in value else value
    return int(value) if isinstance(value, bool) else value
