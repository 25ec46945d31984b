"""The parent: binds the socket, starts web and consumer, restarts what dies, stops both.

It has no threads and no database, and imports next to nothing, so that it is the last
to fail. It leaves nothing behind: each child dies when its stdin, which only the parent
holds, ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import time

from bellhop.base.program import COMMAND
from bellhop.base.settings import Settings
from bellhop.storage.installation import (
    Installation,
    make_folder,
    read_record,
    stay_alive,
    take_start_lock,
)
from bellhop.system import children, listener
from bellhop.system.locks import hold_for_life

FIRST_BACKOFF_S = 0.1
MOST_BACKOFF_S = 10.0
# A child that was ready this long starts with the first back-off again: it was killed, and
# people wait for it. One that dies on its way up is given more and more time.
STEADY_S = 0.5
# Beyond the grace of running items: what a child needs to end by itself.
STOP_MARGIN_S = 3.0
log = logging.getLogger("bellhop.supervisor")


class Child:
    """One half, web or consumer, and when it may be started again."""

    def __init__(self, name: str, command: list[str], pass_fds: tuple[int, ...] = ()):
        self.name, self._command, self._pass_fds = name, command, pass_fds
        self.is_ready = self.was_ready = False
        self.process: subprocess.Popen[bytes] | None = None
        self.ready_fd = -1
        self.exit_status = 0
        self.start_at = 0.0
        self._ready_at = float("inf")
        self._backoff_s = FIRST_BACKOFF_S

    def start(self) -> None:
        self.ready_fd, said = os.pipe()
        self.process = children.start(
            [*self._command, "--ready-fd", str(said)],
            stdin=subprocess.PIPE,
            stdout=2,  # stdout belongs to the one line of the parent
            pass_fds=(said, *self._pass_fds),
            start_new_session=True,  # Ctrl-C reaches the parent alone
        )
        os.close(said)
        self._ready_at = float("inf")

    def hear(self) -> bool:
        """Take what the child said; False when it has died."""
        if os.read(self.ready_fd, 16):
            self.is_ready = self.was_ready = True
            self._ready_at = time.monotonic()
            return True
        assert self.process is not None
        self.exit_status = self.process.wait()
        children.end_strangers()  # what a dead consumer left
        self.close()
        if time.monotonic() - self._ready_at > STEADY_S:
            self._backoff_s = FIRST_BACKOFF_S
        level = logging.WARNING if self.exit_status else logging.INFO
        log.log(level, "%s ended with status %d", self.name, self.exit_status)
        self.start_at = time.monotonic() + self._backoff_s
        self._backoff_s = min(2 * self._backoff_s, MOST_BACKOFF_S)
        return False

    def signal(self, number: int) -> None:
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def close(self) -> None:
        assert self.process is not None and self.process.stdin is not None
        self.process.stdin.close()
        os.close(self.ready_fd)
        self.process, self.is_ready = None, False


def run(settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C; the exit status. A second signal stops at once."""
    stop_signals = _catch_signals()
    here = _prepare(settings)
    socket_of_web = listener.bind(settings)
    descriptor = socket_of_web.fileno()
    web = Child("web", [*COMMAND, "web", "--socket-fd", str(descriptor)], (descriptor,))
    halves = [web, Child("consumer", [*COMMAND, "consumer"])]
    return _Watch(halves, stop_signals, listener.address(socket_of_web), here, settings).run()


class _Watch:
    def __init__(
        self,
        halves: list[Child],
        stop_signals: socket.socket,
        address: str,
        here: Installation,
        settings: Settings,
    ):
        self._halves, self._stop_signals = halves, stop_signals
        self._address, self._here, self._settings = address, here, settings
        self._selector = selectors.DefaultSelector()
        self._selector.register(stop_signals, selectors.EVENT_READ)
        self._is_announced = False

    def run(self) -> int:
        while True:
            self._start_due()
            for key, _ in self._selector.select(self._until_next_start()):
                if key.fileobj is self._stop_signals:
                    self._stop_signals.recv(1)
                    return self._stop()
                self._hear(key.data)
            if not self._is_announced and all(child.is_ready for child in self._halves):
                self._announce()
            if any(self._has_refused(child) for child in self._halves):
                self._stop()
                return 1

    def _start_due(self) -> None:
        for child in self._halves:
            if child.process is None and time.monotonic() >= child.start_at:
                child.start()
                self._selector.register(child.ready_fd, selectors.EVENT_READ, child)

    def _until_next_start(self) -> float | None:
        waits = [c.start_at - time.monotonic() for c in self._halves if c.process is None]
        return max(0.0, min(waits)) if waits else None

    def _hear(self, child: Child) -> None:
        descriptor = child.ready_fd
        if not child.hear():
            self._selector.unregister(descriptor)

    def _has_refused(self, child: Child) -> bool:
        # Before all is ready, a child that exits by itself has said why; else it is restarted.
        return child.exit_status > 0 and not child.was_ready and not self._is_announced

    def _announce(self) -> None:
        self._is_announced = True
        queue = self._here.storage
        line = f"Bellhop is ready at {self._address} (queue: {queue}, data: {self._here.folder})"
        print(line, flush=True)

    def _stop(self) -> int:
        """End both halves; what does not end in time, or at a second signal, is killed."""
        for child in self._halves:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + self._settings.server.stop_grace_s + STOP_MARGIN_S
        while any(child.process for child in self._halves):
            left_s = deadline - time.monotonic()
            events = self._selector.select(max(0.0, left_s) if left_s < float("inf") else None)
            for key, _ in events:
                if key.data is not None:
                    self._hear(key.data)
            is_asked_again = any(key.data is None for key, _ in events)
            if left_s <= 0 or is_asked_again:
                self._selector.unregister(self._stop_signals)  # said and done once
                deadline = float("inf")
                log.warning("stopping at once; interrupted items run again after the next start")
                for child in self._halves:
                    child.signal(signal.SIGKILL)
        return 0


def _catch_signals() -> socket.socket:
    """A socket that becomes readable when SIGTERM or SIGINT comes."""
    heard, told = socket.socketpair()
    heard.setblocking(False)
    told.setblocking(False)
    signal.set_wakeup_fd(told.detach())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return heard


def _prepare(settings: Settings) -> Installation:
    """Let a child agree and migrate under our `start.lock`, then count as alive."""
    folder = make_folder(settings)
    hold_for_life(folder / "serve.lock", fcntl.LOCK_EX, f"another Bellhop already uses {folder}")
    lock = take_start_lock(folder)
    command = [*COMMAND, "prepare", "--start-lock", str(lock)]
    # Its stdin ends with us, and then it ends too.
    child = children.start(
        command,
        stdin=subprocess.PIPE,
        stdout=2,
        pass_fds=(lock,),
        start_new_session=True,  # Ctrl-C reaches the parent alone
    )
    child.wait()
    children.end_strangers()
    assert child.stdin is not None
    child.stdin.close()
    if child.returncode:
        sys.exit(abs(child.returncode))  # it has said why
    stay_alive(folder)
    os.close(lock)
    here = read_record(folder)
    assert here is not None
    return here
