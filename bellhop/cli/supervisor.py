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
import select
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Collection

from bellhop.base.errors import NotAMember, said_of
from bellhop.base.program import COMMAND
from bellhop.base.settings import Settings
from bellhop.cli import streams
from bellhop.cli.scheduled import Backups
from bellhop.service.manager import Manager
from bellhop.storage.installation import (
    Installation,
    make_folder,
    read_record,
    stay_alive,
    take_start_lock,
)
from bellhop.system import children, listener, signals
from bellhop.system.locks import hold_for_life

FIRST_BACKOFF_S = 0.1
MOST_BACKOFF_S = 10.0
# A child that was ready this long starts with the first back-off again: it was killed, and
# people wait for it. One that dies on its way up is given more and more time.
STEADY_S = 0.5
# Beyond the grace of running items: what a child needs to end by itself.
STOP_MARGIN_S = 3.0
# What a group, a terminal or another parent sends twice comes within this time, and is one stop.
SAME_STOP_S = 0.1
MOST_CAUGHT = 4096
# A closed terminal hangs up twice, and systemd may hang up after SIGTERM: that is no second wish.
HURRYING = frozenset(signals.STOPS) - {signal.SIGHUP}
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
    """Serve until a signal asks for a stop; the exit status. A second one stops at once."""
    caught = _catch_signals()
    here = _prepare(settings, caught)
    consumer = Child("consumer", [*COMMAND, "consumer"])
    if not here.is_home:
        return _Watch([consumer], caught, here.home, here, settings).run()
    socket_of_web = listener.bind(settings)
    descriptor = socket_of_web.fileno()
    web = Child("web", [*COMMAND, "web", "--socket-fd", str(descriptor)], (descriptor,))
    return _Watch([web, consumer], caught, listener.address(socket_of_web), here, settings).run()


class _Watch:
    def __init__(
        self,
        halves: list[Child],
        caught: int,
        address: str,
        here: Installation,
        settings: Settings,
    ):
        self._halves, self._caught = halves, caught
        self._address, self._here, self._settings = address, here, settings
        self._selector = selectors.DefaultSelector()
        self._selector.register(caught, selectors.EVENT_READ)
        self._is_announced = False
        self._backups = Backups(settings, here)
        self._manager = Manager()

    def run(self) -> int:
        while True:
            self._start_due()
            self._manager.beat()
            for key, _ in self._selector.select(self._until_next_start()):
                if key.data is not None:
                    self._hear(key.data)
                elif self._is_told(signals.STOPS):
                    return self._stop()
            if not self._is_announced and all(child.is_ready for child in self._halves):
                self._announce()
            if self._is_announced:
                self._backups.look()
            if refused := [child for child in self._halves if self._has_refused(child)]:
                status = refused[0].exit_status
                self._stop()
                return NotAMember.exit_status if status == NotAMember.exit_status else 1

    def _start_due(self) -> None:
        for child in self._halves:
            if child.process is None and time.monotonic() >= child.start_at:
                child.start()
                self._selector.register(child.ready_fd, selectors.EVENT_READ, child)

    def _until_next_start(self) -> float | None:
        waits = [c.start_at - time.monotonic() for c in self._halves if c.process is None]
        until_backup_s = self._backups.wait_s() if self._is_announced else None
        waits += [s for s in (until_backup_s, self._manager.wait_s()) if s is not None]
        return max(0.0, min(waits)) if waits else None

    def _hear(self, child: Child) -> None:
        descriptor = child.ready_fd
        if not child.hear():
            self._selector.unregister(descriptor)

    def _has_refused(self, child: Child) -> bool:
        if child.exit_status == NotAMember.exit_status:
            return True
        # Before all is ready, a child that exits by itself has said why; else it is restarted.
        return child.exit_status > 0 and not child.was_ready and not self._is_announced

    def _announce(self) -> None:
        self._is_announced = True
        self._manager.is_ready()
        queue = self._here.bell
        line = f"Bellhop is ready at {self._address} (queue: {queue}, data: {self._here.folder})"
        try:
            print(line, flush=True)
        except OSError as error:  # that nobody can read it is no reason to stop
            log.warning("standard output cannot be written: %s", said_of(error))
            streams.discard()

    def _is_told(self, numbers: Collection[int]) -> bool:
        """Whether one of these signals came; what has ended meanwhile is reaped."""
        told = _numbers(self._caught)
        children.reap_strangers()  # the first process of a container is the parent of all orphans
        return not told.isdisjoint(numbers)

    def _stop(self) -> int:
        """End both halves; at a second signal, or when they take too long, at once."""
        self._manager.stops()
        self._backups.end()
        time.sleep(SAME_STOP_S)
        self._is_told(())
        self._signal(signal.SIGTERM)
        if not self._have_ended(self._settings.server.stop_grace_s + STOP_MARGIN_S):
            log.warning("stopping at once; interrupted items run again after the next start")
            self._signal(signals.AT_ONCE)
            if not self._have_ended(STOP_MARGIN_S):
                self._signal(signal.SIGKILL)
        while not self._have_ended(float("inf")):
            continue
        return 0

    def _signal(self, number: signal.Signals) -> None:
        for child in self._halves:
            child.signal(number)

    def _have_ended(self, limit_s: float) -> bool:
        """Wait until both have; False after `limit_s`, or when a signal asks again."""
        deadline = time.monotonic() + limit_s
        while any(child.process for child in self._halves):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return False
            for key, _ in self._selector.select(left_s if left_s < float("inf") else None):
                if key.data is not None:
                    self._hear(key.data)
                elif self._is_told(HURRYING):
                    return False
        return True


def _catch_signals() -> int:
    """A pipe from which the numbers of signals are read: of a stop, and of a child that ended."""
    heard, told = os.pipe()
    os.set_blocking(heard, False)
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    signals.on_stop(lambda *_: None)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return heard


def _numbers(caught: int) -> set[int]:
    """Those of the signals that came since the last look."""
    try:
        return set(os.read(caught, MOST_CAUGHT))
    except BlockingIOError:
        return set()


def _outlast(child: subprocess.Popen[bytes], caught: int) -> bool:
    """Wait until a child has ended, which a stop ends; whether one was asked for.

    It may wait for as long as the home takes to be updated.
    """
    is_stopped = False
    while child.poll() is None:
        select.select([caught], [], [], 1.0)  # also its own end is told there
        if not is_stopped and not _numbers(caught).isdisjoint(signals.STOPS):
            is_stopped = True
            child.terminate()
    return is_stopped or not _numbers(caught).isdisjoint(signals.STOPS)


def _prepare(settings: Settings, caught: int) -> Installation:
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
    is_stopped = _outlast(child, caught)
    children.end_strangers()
    assert child.stdin is not None
    child.stdin.close()
    if is_stopped:
        sys.exit(0)
    if child.returncode:
        sys.exit(abs(child.returncode))  # it has said why
    stay_alive(folder)
    os.close(lock)
    here = read_record(folder)
    assert here is not None
    return here
