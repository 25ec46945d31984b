"""A connection to a PostgreSQL server, and what is wrong when it fails.

The only module that knows psycopg, which is an extra (`requirements-postgresql.txt`).
"""

from __future__ import annotations

import contextlib
import logging
import select
from collections.abc import Iterator, Mapping
from typing import Any

from bellhop.base.errors import StartRefused
from bellhop.base.program import pip_line
from bellhop.database.faults import Fault

try:
    import psycopg
except ImportError:
    raise StartRefused(
        "[storage] database needs psycopg with its binary, which is not installed: "
        + pip_line("postgresql")
    ) from None
from psycopg import errors
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.types.string import TextLoader

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
MOST_PREPARED = 500  # more than there are statements
NUL, SHOWN_NUL = "\0", "\N{REPLACEMENT CHARACTER}"
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

# Of several errors it raises the first, and would log those that follow from it.
logging.getLogger("psycopg").setLevel(logging.ERROR)


class _Whole(Loader):
    """Sums of whole numbers, which PostgreSQL gives as NUMERIC."""

    def load(self, data: Any) -> int:
        return int(bytes(data))


class _Cursor(psycopg.Cursor[Any]):
    """A cursor that has no rows after a statement that gives none, as SQLite's."""

    def fetchall(self) -> list[Any]:
        return super().fetchall() if self.description else []


class Connection(psycopg.Connection[Any]):
    """A connection on which nobody waits for ever, nor for longer than `answer_s`, if given.

    Statements of a transaction that nobody waits for are `unsent` until the next one that somebody
    does: all share its way to the server and back, while the others wait for the write lock.
    """

    answer_s: float | None = None

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.unsent: list[tuple[str, dict[str, Any]]] = []
        self._parts = 0  # one inside another

    @contextlib.contextmanager
    def in_order(self, *, is_one: bool = True) -> Iterator[None]:
        """Around a statement, or several, which are sent together with what is unsent.

        Raises what the unsent say. Of several, the rows are there afterwards.
        """
        unsent, self.unsent = self.unsent, []
        with contextlib.nullcontext() if is_one and not unsent else self.pipeline():
            for text, values in unsent:
                self.execute(text, values)
            yield

    @contextlib.contextmanager
    def part(self) -> Iterator[None]:
        """A part of a transaction, which may fail without the rest.

        Where the rest has failed before, that is raised, and all of it has.
        """
        self._parts += 1
        name = f"part{self._parts}"
        begun: tuple[str, dict[str, Any]] = (f"SAVEPOINT {name}", {})
        self.unsent.append(begun)
        try:
            yield
            if self.unsent:
                with self.in_order():
                    self.execute(f"RELEASE {name}")
            else:  # all of it is known to be well
                self.unsent.append((f"RELEASE {name}", {}))
        except BaseException:
            is_unsent = [each is begun for each in self.unsent]
            if any(is_unsent):
                del self.unsent[is_unsent.index(True) :]
            else:
                self.unsent.clear()
                # What was sent with its begin, and before it, may be what failed. Both together:
                # after one of two statements psycopg takes nothing for prepared that may not be.
                with contextlib.suppress(errors.InvalidSavepointSpecification):
                    self.execute(f"ROLLBACK TO {name}; RELEASE {name}", prepare=False)
            raise
        finally:
            self._parts -= 1

    def has_failed(self) -> bool:
        """Whether nothing can be done any more in the transaction but to end it."""
        return self.pgconn.transaction_status == TransactionStatus.INERROR

    def commit(self) -> None:
        if self.has_failed():
            # PostgreSQL would call it a success, and commit nothing.
            raise errors.InFailedSqlTransaction("a statement of the transaction failed")
        with self.in_order():  # psycopg's own would wait for two answers
            self.execute("COMMIT", prepare=False)

    def rollback(self) -> None:
        self.unsent.clear()
        # A connection that is lost has ended its transaction already.
        with contextlib.suppress(psycopg.OperationalError):
            super().rollback()

    def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
        """A connection without an answer is closed: whatever ends its block waits for no other."""
        timeout_s = self.answer_s or ANSWER_S
        try:
            return super().wait(gen, *arguments, **{"timeout": timeout_s, **options})
        except errors._WaitTimeout:
            if "timeout" not in options:
                self.close()
            raise


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


def for_programs(url: str) -> tuple[str, dict[str, str]]:
    """What to name a database to a program of PostgreSQL, and its environment.

    Everybody sees how a program was called, so the password is in the environment.
    """
    known: dict[str, Any] = {**conninfo_to_dict(url)}
    password = known.pop("password", None)
    return make_conninfo("", **known), {"PGPASSWORD": str(password)} if password else {}


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


def fault_of(error: Exception) -> Fault | None:
    """What PostgreSQL says is wrong; None when it is none of its errors."""
    if not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate
    if state is None:  # there was no answer
        return Fault.UNREACHABLE if isinstance(error, errors.OperationalError) else Fault.OTHER
    found = (fault for known, fault in FAULTS.items() if state.startswith(known))
    return next(found, Fault.OTHER)


def storable(values: dict[str, Any]) -> dict[str, Any]:
    """Values as the columns hold them: no booleans, and no NUL, which no text here may have."""
    return {name: _stored(value) for name, value in values.items()}


def _stored(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(NUL, SHOWN_NUL) if NUL in value else value
    return int(value) if isinstance(value, bool) else value
