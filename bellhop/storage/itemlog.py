"""What an attempt printed: kept while it runs, and never more than a fixed size."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from pathlib import Path
from typing import Any

from bellhop.base.texts import shown
from bellhop.base.trouble import Trouble
from bellhop.stores.folders import open_beneath

APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT
HEAD_BYTES = TAIL_BYTES = 128 * 1024
# Of the last line: how far it is looked for, and how much of it is shown.
END_BYTES, MOST_SHOWN = 4096, 200
# How often a log that grows is sent, and how many wait at most for a store that is away.
SEND_EVERY_S, MOST_WAITING = 2.0, 1000


class ItemLog:
    """The first and the last `HEAD_BYTES` and `TAIL_BYTES` of a stream, in the file at `path`.

    The beginning is written as it comes, so that a person can read it while the item
    runs and a crash leaves it; the end is added by `close`. A disk that is full costs
    the log, never the item.
    """

    def __init__(self, path: Path | str):
        self._path = path
        self._written = self._left_out = 0
        self._tail = bytearray()

    def write(self, chunk: bytes) -> None:
        head, rest = chunk[: HEAD_BYTES - self._written], chunk[HEAD_BYTES - self._written :]
        if head:
            self._append(head)
            self._written += len(head)
        if rest:
            self._tail += rest
            excess = max(0, len(self._tail) - TAIL_BYTES)
            self._left_out += excess
            del self._tail[:excess]

    def close(self) -> None:
        if self._left_out:
            self._append(b"\n[... %d bytes left out ...]\n" % self._left_out)
        if self._tail:
            self._append(bytes(self._tail))

    def last_line(self) -> str:
        """What was printed last, of a long line the beginning; empty where nothing was.

        Any thread may ask. A progress bar begins its line anew.
        """
        end = bytes(self._tail[-END_BYTES:]) or self._end_of_file()
        lines = map(str.strip, end.decode("utf-8", "replace").splitlines())
        return next((shown(line)[:MOST_SHOWN] for line in reversed([*lines]) if line), "")

    def _end_of_file(self) -> bytes:
        place = Path(self._path)
        with contextlib.suppress(OSError):
            path = f"{place.parent.name}/{place.name}"
            with os.fdopen(open_beneath(place.parent.parent, path), "rb") as file:
                file.seek(max(0, self._written - END_BYTES))
                return file.read()
        return b""

    def _append(self, content: bytes) -> None:
        with contextlib.suppress(OSError):
            # Most attempts print nothing and get no file.
            place = Path(self._path)
            folder = place.parent
            folder.mkdir(exist_ok=True)
            path = f"{folder.name}/{place.name}"
            with os.fdopen(open_beneath(folder.parent, path, APPENDING), "ab") as file:
                file.write(content)


class SentLog(ItemLog):
    """The same for a store that cannot append: kept in memory, and sent whole while it grows."""

    def __init__(self, key: str, sender: LogSender):
        super().__init__(key)
        self.key, self.content = key, bytearray()
        self.sent_bytes, self.is_closed = 0, False
        self._sender = sender

    def close(self) -> None:
        super().close()
        self.is_closed = True
        if self.content:
            self._sender.hurry()

    def _end_of_file(self) -> bytes:
        return bytes(self.content[-END_BYTES:])

    def _append(self, content: bytes) -> None:
        if not self.content:
            self._sender.add(self)
        self.content += content


class LogSender:
    """Sends the logs of a process, in a thread of its own: no item waits for them."""

    def __init__(self, store: Any):
        """`store.put_bytes(content, key)` sends one."""
        self._store = store
        self._logs: list[SentLog] = []
        self._lock, self._wake = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        self._trouble = Trouble(
            logging.getLogger("bellhop.storage"),
            "logs of items cannot be sent (%s); Bellhop tries again",
            "logs of items can be sent again",
        )

    def add(self, log: SentLog) -> None:
        with self._lock:
            self._logs = [*self._logs[1 - MOST_WAITING :], log]
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="logs", daemon=True)
                self._thread.start()

    def hurry(self) -> None:
        """Do not wait until it is time: a log is closed."""
        self._wake.set()

    def send(self) -> None:
        """Send what has grown; what is closed and sent, it forgets."""
        reason, done = None, []
        for log in self._logs:
            is_closed, content = log.is_closed, bytes(log.content)
            try:
                if len(content) != log.sent_bytes:
                    self._store.put_bytes(content, log.key)
                    log.sent_bytes = len(content)
            except OSError as error:
                reason = str(error)
                break
            if is_closed:
                done.append(log)
        with self._lock:
            self._logs = [log for log in self._logs if log not in done]
        self._trouble.note(reason)

    def _run(self) -> None:
        while True:
            self._wake.wait(SEND_EVERY_S)
            self._wake.clear()
            self.send()
