"""Where the bell lives: a small SQLite file with a FIFO beside it, or a Redis server.

The third place is in notified.py. Each of them waits for a ring without polling, and each may fail:
it is only the bell.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from huey.storage import RedisStorage, SqliteStorage
from redis import ConnectionPool, Redis, TimeoutError
from redis.backoff import NoBackoff
from redis.retry import Retry

from bellhop.base.hidden import passwords_in
from bellhop.base.masking import Mask
from bellhop.database.database import line_of, will_pass
from bellhop.system.locks import alone

WAIT_S = 1.0
REDIS_CONNECT_S = 0.5
# Longer than the second a worker waits for a bell, or bells would be lost in between.
REDIS_READ_S = 2.5
REDIS_RING_S = 0.5
# What nobody hears in a list of Redis: enough bells to wake everybody, and for so long.
MOST_UNHEARD, UNHEARD_S = 256, 60
log = logging.getLogger("bellhop.bell")


def probe_redis(url: str) -> str | None:
    """None when the Redis at `url` answers, else why it does not."""
    try:
        with Redis(connection_pool=redis_pool(url, REDIS_READ_S)) as redis:
            redis.ping()
    except Exception as error:
        return Mask(passwords_in(url)).text(str(error))
    return None


def redis_pool(url: str, read_s: float) -> ConnectionPool:
    """Connections that give up soon, and try once: the caller tries again."""
    return ConnectionPool.from_url(
        url,
        socket_connect_timeout=REDIS_CONNECT_S,
        socket_timeout=read_s,
        retry=Retry(NoBackoff(), 0),
    )


class Looking:
    """A storage whose wait for a bell also ends when due rows were seen without one.

    `served` says how many items of each queue this consumer runs at once.
    """

    served: Callable[[], Mapping[str, int]] = staticmethod(dict)

    is_due: Callable[[], bool] = staticmethod(lambda: False)
    stopping = threading.Event()
    on_trouble: Callable[..., object] = staticmethod(lambda trouble, began=None: None)

    def dequeue(self) -> bytes | None:
        if self.is_due():
            return b"1"
        began = time.monotonic()
        try:
            data: bytes | None = self.wait_for_bell()  # type: ignore[attr-defined]
            self.on_trouble(None, began)
        except Exception as error:
            self.on_trouble(f"{type(error).__name__}: {line_of(error)}")
            time.sleep(WAIT_S)
            data = None
        return data or (b"1" if self.is_due() else None)

    def stop_waiting(self) -> None:
        """Wake who waits for a bell, as this consumer stops; others wait for at most `WAIT_S`."""

    def read_schedule(self, _: object) -> list[bytes]:
        """Nothing: what waits for its time waits in the rows, and no server is asked for it."""
        return []


class WakingSqliteStorage(Looking, SqliteStorage):  # type: ignore[misc]
    """SqliteStorage whose wait ends at once when somebody rings, through a FIFO."""

    blocking = True
    begin_sql = "begin immediate"

    def __init__(self, name: str, fifo: Path, most: int, **options: Any):
        """`most` bells wake everybody."""
        self._fifo, self._wake, self._most = fifo, -1, most
        self._conn: sqlite3.Connection | None = None
        self._line, self._fifo_lock = threading.Lock(), threading.Lock()
        super().__init__(name, create_tables=False, **options)

    @property
    def conn(self) -> Any:
        # Whoever deleted the file, or set it aside, must not leave us with the old one.
        if self._conn is not None and _inode(self.filename) != self._inode:
            self._conn.close()
            self._conn = None
        if self._conn is None:
            self._conn = self._create_connection()
        return self._conn

    def _create_connection(self) -> Any:
        connection = super()._create_connection()
        # The bell may be lost in a power cut, the job may not; NORMAL is 3 times faster.
        connection.execute("pragma synchronous=normal")
        for statement in self.ddl:
            connection.execute(statement)
        self._inode = _inode(self.filename)
        return connection

    def _mending(self, act: Callable[[], Any]) -> Any:
        """What `act` gives; a file that cannot be used any more is replaced first, once."""
        try:
            return act()
        except sqlite3.DatabaseError as error:
            if will_pass(error):
                raise
            self._replace_if_broken(error)
            return act()

    def _replace_if_broken(self, error: Exception) -> None:
        """Set the file aside and begin anew: it is only the bell, and the jobs are elsewhere."""
        with self.lock, alone(Path(f"{self.filename}.lock")):
            if self._conn is not None:
                self._conn.close()
            self._conn = None
            if self._is_usable():
                return  # another process was first
            os.replace(self.filename, f"{self.filename}.damaged")
            for rest in ("-wal", "-shm"):
                Path(f"{self.filename}{rest}").unlink(missing_ok=True)
            self._conn = self._create_connection()
        log.warning(
            "moved the damaged %s aside and created a new one (%s); no job is lost",
            self.filename,
            error,
        )

    def _is_usable(self) -> bool:
        try:
            connection = self._create_connection()
            with contextlib.closing(connection):
                connection.execute("delete from task where 0")  # refused where it is read-only
                return bool(connection.execute("pragma quick_check").fetchone() == ("ok",))
        except sqlite3.DatabaseError:
            return False

    def _bell(self) -> int:
        """The open FIFO, made anew when somebody removed it."""
        with self._fifo_lock:
            if self._wake >= 0 and _inode(self._fifo) != os.fstat(self._wake).st_ino:
                old, self._wake = self._wake, -1
                os.close(old)
            if self._wake < 0:
                if not self._fifo.is_fifo():
                    self._fifo.unlink(missing_ok=True)
                    os.mkfifo(self._fifo, 0o600)
                self._wake = os.open(self._fifo, os.O_RDWR | os.O_NONBLOCK)
            return self._wake

    def queue_size(self) -> int:
        return int(self._mending(super().queue_size))

    def ring(self, queues: Mapping[str, int]) -> None:
        """Let up to so many workers wake; each of them looks into all queues."""
        # Unheard bells must not pile up while no consumer runs.
        for _ in range(min(sum(queues.values()), self._most - self.queue_size())):
            self.enqueue(b"1")

    def enqueue(self, data: bytes, priority: Any = None) -> None:
        self._mending(partial(super().enqueue, data, priority))
        with contextlib.suppress(BlockingIOError):  # full: everybody is being woken already
            os.write(self._bell(), b"!")

    def stop_waiting(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._bell(), b"!")

    def wait_for_bell(self) -> bytes | None:
        # One worker listens and the others stand in line: a ring wakes one, not all.
        with self._line:
            if self.stopping.is_set():
                return None
            if self.is_due():
                return b"1"  # seen while we stood in line
            data: bytes | None = self._mending(partial(SqliteStorage.dequeue, self))
            if data is None and select.select([self._bell()], [], [], WAIT_S)[0]:
                with contextlib.suppress(BlockingIOError):  # a consumer beside us was faster
                    os.read(self._wake, 1)
                data = self._mending(partial(SqliteStorage.dequeue, self))
            return data


def _inode(path: str | Path) -> int | None:
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        return None


class WaitingRedisStorage(Looking, RedisStorage):  # type: ignore[misc]
    """RedisStorage with a list for each queue, of which a consumer hears those that it serves.

    Its connections are of two kinds: who rings gives up soon, who listens waits.
    """

    def __init__(self, name: str, url: str, **options: Any):
        super().__init__(name, connection_pool=redis_pool(url, REDIS_READ_S), **options)
        self._ringing = Redis(connection_pool=redis_pool(url, REDIS_RING_S))

    def queue_size(self) -> int:
        return sum(self._ringing.llen(self.key(queue)) for queue in self.served())

    def key(self, queue: str) -> str:
        """The list with the bells of a queue."""
        return f"{self.queue_key}.{queue}"

    def ring(self, queues: Mapping[str, int]) -> None:
        with self._ringing.pipeline() as together:
            for queue, count in queues.items():
                together.lpush(self.key(queue), *[b"1"] * min(count, MOST_UNHEARD))
                together.ltrim(self.key(queue), 0, MOST_UNHEARD - 1)
                together.expire(self.key(queue), UNHEARD_S)
            together.execute()

    def wait_for_bell(self) -> bytes | None:
        try:
            heard = self.conn.brpop([*map(self.key, self.served())], timeout=self.read_timeout)
        except TimeoutError:
            return None  # a server that hangs, which is as if nobody rang
        return b"1" if heard else None
