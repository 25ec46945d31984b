"""How a parent begins: it catches signals, takes its locks, and lets a child agree and migrate."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from bellhop.base.errors import StartRefused
from bellhop.base.program import COMMAND
from bellhop.parent.answers import SERVE_LOCK
from bellhop.parent.handover import Handover
from bellhop.service.manager import Manager
from bellhop.settings.settings import Settings
from bellhop.storage.installation import (
    Installation,
    make_folder,
    read_record,
    stay_alive,
    take_start_lock,
)
from bellhop.system import children, signals
from bellhop.system.locks import hold_for_life, keep_for_life

MOST_CAUGHT = 4096


class Caught:
    """What tells the numbers of signals, and what of them is still to be done.

    `has_terminal`: there was one at the start; one that closes is gone by the time of its hangup.
    """

    def __init__(self, descriptor: int, has_terminal: bool):
        self.descriptor, self.has_terminal = descriptor, has_terminal
        self._wishes: set[int] = set()

    def numbers(self) -> set[int]:
        """Those of the signals that came since the last look."""
        try:
            told = set(os.read(self.descriptor, MOST_CAUGHT))
        except BlockingIOError:
            return set()
        if signal.SIGHUP in told and not self.has_terminal:
            told = told - {signal.SIGHUP} | {signals.RELOAD}
        self._wishes |= told & {signals.RESTART, signals.RELOAD}
        return told

    def wants(self, number: signal.Signals) -> bool:
        """Whether a restart or a reload was asked for since the last answer to this."""
        is_wanted = number in self._wishes
        self._wishes.discard(number)
        return is_wanted


def catch_signals(before: Handover | None) -> Caught:
    """A pipe that tells the numbers of signals: of what is asked, and of a child that ended."""
    heard, told = os.pipe()
    os.set_blocking(heard, False)
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    signals.on_stop(lambda *_: None)
    for number in (signal.SIGCHLD, signals.RESTART, signals.RELOAD):
        signal.signal(number, lambda *_: None)
    signals.let_through()  # what the program before has held back
    return Caught(heard, before.has_terminal if before else signals.has_terminal())


def outlast(child: subprocess.Popen[bytes], caught: Caught, manager: Manager) -> bool:
    """Wait until a child has ended, which a stop ends; whether one was asked for.

    It may wait for as long as the home takes to be updated.
    """
    is_stopped = False
    while child.poll() is None:
        select.select([caught.descriptor], [], [], 1.0)  # also its own end is told there
        manager.beat()
        if not caught.numbers().isdisjoint(signals.STOPS):
            is_stopped = True
            child.terminate()
    return is_stopped or not caught.numbers().isdisjoint(signals.STOPS)


def _locks(folder: Path, before: Handover | None) -> tuple[int, int]:
    """The lock of a parent, which is held for life, and `start.lock`."""
    path = folder / SERVE_LOCK
    if before is None:
        taken = f"another Bellhop already uses {folder}"
        return hold_for_life(path, fcntl.LOCK_EX, taken), take_start_lock(folder)
    for descriptor in (before.start_lock, *before.connections):
        os.set_inheritable(descriptor, False)
    return keep_for_life(path, before.serve_lock), before.start_lock


def begin(
    settings: Settings, caught: Caught, manager: Manager, before: Handover | None, given: int
) -> tuple[Installation, int]:
    """Have agreed and migrated under our `start.lock`, then count as alive.

    `given` is the descriptor of the settings. Also gives that of the lock of a parent. The program
    before has let a child of this one do that (`supervisor`).
    """
    folder = make_folder(settings)
    serve_lock, lock = _locks(folder, before)
    if before is None:
        _prepare(lock, caught, manager, given)
    stay_alive(folder)
    os.close(lock)
    here = read_record(folder)
    assert here is not None
    return here, serve_lock


def _prepare(lock: int, caught: Caught, manager: Manager, given: int) -> None:
    """Let a child agree and migrate; SystemExit where it fails, or is stopped."""
    # Its stdin ends with us, and then it ends too.
    child = children.start(
        [*COMMAND, "prepare", "--settings-fd", str(given), "--start-lock", str(lock)],
        stdin=subprocess.PIPE,
        stdout=2,
        pass_fds=(lock, given),
        start_new_session=True,  # Ctrl-C reaches the parent alone
    )
    is_stopped = outlast(child, caught, manager)
    children.end_strangers()
    assert child.stdin is not None
    child.stdin.close()
    if is_stopped:
        sys.exit(0)
    if child.returncode < 0:
        how = children.ending(child.returncode)
        raise StartRefused(f"the process that prepares the start was ended ({how})")
    if child.returncode:
        sys.exit(child.returncode)  # it has said why


def pass_on(log: str) -> None:
    """Write what a child has said to where our own log goes when it goes to no file."""
    with contextlib.suppress(OSError):
        os.write(2, log.encode())
