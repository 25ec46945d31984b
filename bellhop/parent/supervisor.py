"""The parent: binds the socket, starts web and consumer, restarts what dies, stops both.

It has no threads and no database, and imports next to nothing, so that it is the last
to fail. It leaves nothing behind: each child dies when its stdin, which only the parent
holds, ends.
"""

from __future__ import annotations

import fcntl
import logging
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from bellhop import __version__
from bellhop.base import configuration
from bellhop.base.errors import NotAMember, StartRefused, said_of
from bellhop.base.program import COMMAND
from bellhop.base.settings import Settings
from bellhop.parent import reloading
from bellhop.parent.answers import SERVE_LOCK, answer
from bellhop.parent.backups import Backups
from bellhop.parent.halves import Child
from bellhop.parent.handover import Handover, Trial
from bellhop.service.manager import Manager
from bellhop.storage.installation import (
    Installation,
    make_folder,
    read_record,
    stay_alive,
    take_start_lock,
)
from bellhop.system import children, listener, signals
from bellhop.system.locks import hold_for_life, keep_for_life

# Beyond the grace of running items: what a child needs to end by itself.
STOP_MARGIN_S = 3.0
# What a group, a terminal or another parent sends twice comes within this time, and is one stop.
SAME_STOP_S = 0.1
MOST_CAUGHT = 4096
MOST_SELECT_S = 3600.0
STOPS = frozenset(signals.STOPS)
# A closed terminal hangs up twice, and systemd may hang up after SIGTERM: that is no second wish.
HURRYING = STOPS - {signal.SIGHUP}
log = logging.getLogger("bellhop.supervisor")


def run(settings: Settings, say: Callable[[str], object], before: Handover | None = None) -> int:
    """Serve until a signal asks for a stop; the exit status. A second one stops at once.

    `say` prints the line that all is ready. `before` is what the program left whose place this one
    has taken in the same process.
    """
    caught, manager = _catch_signals(before), Manager()
    here, serve_lock = _prepare(settings, caught, manager, before)
    ours = Handover(str(settings.data_dir), __version__, listener.wanted(settings))
    ours = replace(ours, serve_lock=serve_lock, has_terminal=caught.has_terminal)
    address = here.home
    if here.is_home:
        listening = _listen(settings, ours.bound_for, before)
        address = listener.address(listening)
        pair = before.connections if before else _pair()
        ours = replace(ours, listener=listening.detach(), connections=pair)
    return _Watch(settings, here, ours, caught, _Ready(say, address, before), manager).run()


class Caught(NamedTuple):
    """What tells the numbers of signals, and whether there was a terminal at the start.

    One that closes is gone by the time of its hangup.
    """

    descriptor: int
    has_terminal: bool

    def numbers(self) -> set[int]:
        """Those of the signals that came since the last look."""
        try:
            told = set(os.read(self.descriptor, MOST_CAUGHT))
        except BlockingIOError:
            return set()
        if signal.SIGHUP in told and not self.has_terminal:
            told = told - {signal.SIGHUP} | {signals.RELOAD}
        return told


class _Ready(NamedTuple):
    """How it is told that all is ready."""

    say: Callable[[str], object]
    address: str
    before: Handover | None

    def tell(self, here: Installation) -> None:
        if self.before is None:
            self.say(
                f"Bellhop is ready at {self.address} (queue: {here.bell}, data: {here.folder})"
            )
            return
        said = f"Bellhop was restarted: version {__version__}, before {self.before.version}"
        log.info(said)
        answer(here.folder, True, said)


class _Watch:
    def __init__(
        self,
        settings: Settings,
        here: Installation,
        ours: Handover,
        caught: Caught,
        ready: _Ready,
        manager: Manager,
    ):
        self._settings, self._here, self._ours = settings, here, ours
        self._caught, self._ready = caught, ready
        # In the order in which they end before a restart: who comes meanwhile is served for longer.
        self._halves = [Child("consumer", [*COMMAND, "consumer"])]
        if here.is_home:
            self._halves.append(_web(ours))
        self._selector = selectors.DefaultSelector()
        self._selector.register(caught.descriptor, selectors.EVENT_READ)
        self._is_announced = self._is_restart_wanted = self._is_reload_wanted = False
        self._trial: Trial | None = None
        self._backups = Backups(settings, here)
        self._manager = manager

    def run(self) -> int:
        status = None
        while status is None:
            status = self._round()
        return status

    def _round(self) -> int | None:
        """Start what is due, and do what is asked; the exit status once it has ended."""
        self._start_due()
        told = self._listen(self._until_next())
        if told & STOPS:
            return self._stop()
        self._is_restart_wanted |= signals.RESTART in told
        self._is_reload_wanted |= signals.RELOAD in told
        if not self._is_announced and all(child.is_ready for child in self._halves):
            self._is_announced = True
            self._ready.tell(self._here)
            self._manager.is_ready()
        if refused := [child for child in self._halves if self._has_refused(child)]:
            status = refused[0].exit_status
            self._stop()
            answer(self._here.folder, False, f"{refused[0].name} did not start; the log says why")
            return NotAMember.exit_status if status == NotAMember.exit_status else 1
        if self._is_announced:
            if self._is_reload_wanted:
                self._reload()
            self._backups.look()
            return self._restart_if_wanted()
        return None

    def _start_due(self) -> None:
        for child in self._halves:
            if child.process is None and time.monotonic() >= child.start_at:
                child.start()
                self._selector.register(child.ready_fd, selectors.EVENT_READ, child)

    def _until_next(self) -> float | None:
        """For how long there is nothing to do by itself; None: for ever."""
        waits = [c.start_at - time.monotonic() for c in self._halves if c.process is None]
        until_backup_s = self._backups.wait_s() if self._is_announced else None
        until_end_s = self._trial.wait_s() if self._trial else None
        waits += [s for s in (until_backup_s, until_end_s) if s is not None]
        return max(0.0, min(waits)) if waits else None

    def _listen(self, limit_s: float | None) -> set[int]:
        """Hear what the halves say, for the first time within `limit_s`; the signals that came."""
        told: set[int] = set()
        self._manager.beat()
        waits = [s for s in (limit_s, self._manager.wait_s()) if s is not None]
        for key, _ in self._selector.select(min(waits) if waits else None):
            if key.data is None:
                told = self._caught.numbers()
                # The first process of a container is the parent of all orphans.
                children.reap_strangers()
            elif not key.data.hear():
                self._selector.unregister(key.fd)
        return told

    def _has_refused(self, child: Child) -> bool:
        if child.exit_status == NotAMember.exit_status:
            return True
        # Before all is ready, a child that exits by itself has said why; else it is restarted.
        return child.exit_status > 0 and not child.was_ready and not self._is_announced

    def _reload(self) -> None:
        """Take the settings of now, and let both halves; nothing of a file with a mistake."""
        self._is_reload_wanted = False
        self._manager.reloads()
        try:
            read = configuration.load()
        except StartRefused as refusal:
            said = f"the settings stay as they were: {refusal}"
            log.error(said)
            answer(self._here.folder, False, said)
        else:
            lines = _said_of(reloading.changes(self._settings, read))
            reloading.take(self._settings, read)
            for child in self._halves:
                child.signal(signal.SIGHUP)
            log.info("settings were read again: %s", "; ".join(lines))
            answer(self._here.folder, True, *lines)
        self._manager.is_ready()

    def _restart_if_wanted(self) -> int | None:
        """Try the new program once that is asked, and give way to one that can take over.

        The exit status where a stop came in between.
        """
        if self._trial is None and self._is_restart_wanted:
            self._is_restart_wanted = False
            log.info("a restart is asked for: trying the program that is installed now")
            try:
                self._trial = Trial(self._ours)
            except OSError as error:
                self._stay(said_of(error))
        if self._trial is None or (reason := self._trial.outcome()) is None:
            return None
        self._forget_trial()
        if reason:
            self._stay(reason)
            return None
        return self._give_way()

    def _stay(self, reason: str) -> None:
        said = f"Bellhop was not restarted, and runs on: {reason}"
        log.warning(said)
        answer(self._here.folder, False, said)

    def _forget_trial(self) -> None:
        if self._trial:
            self._trial.end()
            self._trial = None

    def _give_way(self) -> int | None:
        """End both halves, and become the new program; the exit status where a stop comes first."""
        self._manager.reloads()
        self._backups.end()
        grace_s = self._settings.server.stop_grace_s
        for half, number, limit_s in zip(
            self._halves, (signal.SIGTERM, signals.RESTART), (grace_s, 2 * grace_s), strict=False
        ):
            half.signal(number)
            if self._outwait([half], limit_s + 2 * STOP_MARGIN_S, STOPS):
                return self._stop()
            self._end_at_once([half])
        try:
            lock = take_start_lock(self._here.folder)
            with signals.held_back():
                if self._caught.numbers().isdisjoint(STOPS):
                    replace(self._ours, start_lock=lock).give_way()
        except (StartRefused, OSError) as error:
            self._stay(str(error))
            return None
        return self._stop()

    def _stop(self) -> int:
        """End both halves; at a second signal, or when they take too long, at once."""
        self._manager.stops()
        self._forget_trial()
        self._backups.end()
        time.sleep(SAME_STOP_S)
        self._caught.numbers()
        for child in self._halves:
            child.signal(signal.SIGTERM)
        self._outwait(self._halves, self._settings.server.stop_grace_s + STOP_MARGIN_S, HURRYING)
        self._end_at_once(self._halves)
        return 0

    def _outwait(self, halves: list[Child], limit_s: float, numbers: Collection[int] = ()) -> bool:
        """Wait until they have ended, for `limit_s` at most; whether a signal came before."""
        deadline = time.monotonic() + limit_s
        while any(child.process for child in halves):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            if not self._listen(min(left_s, MOST_SELECT_S)).isdisjoint(numbers):
                return True
        return False

    def _end_at_once(self, halves: list[Child]) -> None:
        """End what has not ended by itself."""
        for number in (signals.AT_ONCE, signal.SIGKILL):
            if living := [child for child in halves if child.process]:
                log.warning("stopping at once; interrupted items run again after the next start")
            for child in living:
                child.signal(number)
            self._outwait(living, STOP_MARGIN_S, HURRYING)
        self._outwait(halves, float("inf"))


def _said_of(changes: list[reloading.Change]) -> list[str]:
    if not changes:
        return ["no setting is other than it was"]
    said = {True: "changed: {}", False: "not changed, as it needs a restart: {}"}
    return [said[change.is_taken].format(change.name) for change in changes]


def _web(ours: Handover) -> Child:
    command = [*COMMAND, "web", "--socket-fd", str(ours.listener)]
    if ours.connections:
        command += ["--connections-fd", *map(str, ours.connections)]
    return Child("web", command, (ours.listener, *ours.connections))


def _listen(settings: Settings, wanted: str, before: Handover | None) -> socket.socket:
    """The socket of the program before, or another one where other settings name another place."""
    if before and before.listener >= 0:
        inherited = socket.socket(fileno=before.listener)
        inherited.set_inheritable(False)
        if before.bound_for == wanted:
            return inherited
        inherited.close()
    return listener.bind(settings)


def _pair() -> tuple[int, ...]:
    """Both ends of what keeps connections between two webs; nothing where there is none."""
    try:
        return tuple(end.detach() for end in socket.socketpair())
    except OSError:
        return ()


def _catch_signals(before: Handover | None) -> Caught:
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


def _outlast(child: subprocess.Popen[bytes], caught: Caught, manager: Manager) -> bool:
    """Wait until a child has ended, which a stop ends; whether one was asked for.

    It may wait for as long as the home takes to be updated.
    """
    is_stopped = False
    while child.poll() is None:
        select.select([caught.descriptor], [], [], 1.0)  # also its own end is told there
        manager.beat()
        if not is_stopped and not caught.numbers().isdisjoint(signals.STOPS):
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


def _prepare(
    settings: Settings, caught: Caught, manager: Manager, before: Handover | None
) -> tuple[Installation, int]:
    """Let a child agree and migrate under our `start.lock`, then count as alive.

    Also the descriptor of the lock of a parent.
    """
    folder = make_folder(settings)
    serve_lock, lock = _locks(folder, before)
    command = [*COMMAND, "prepare", "--start-lock", str(lock)]
    # Its stdin ends with us, and then it ends too.
    child = children.start(
        command,
        stdin=subprocess.PIPE,
        stdout=2,
        pass_fds=(lock,),
        start_new_session=True,  # Ctrl-C reaches the parent alone
    )
    is_stopped = _outlast(child, caught, manager)
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
    return here, serve_lock
