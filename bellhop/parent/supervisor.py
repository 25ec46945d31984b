"""The parent: binds the socket, starts web and consumer, restarts what dies, stops both.

It has no threads and no database, and imports next to nothing, so that it is the last
to fail. It leaves nothing behind: each child dies when its stdin, which only the parent
holds, ends.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import NamedTuple

from bellhop import __version__
from bellhop.base.errors import NotAMember, StartRefused, said_of
from bellhop.base.program import COMMAND
from bellhop.parent import beginning, place
from bellhop.parent.answers import Answer, answer
from bellhop.parent.backups import Backups
from bellhop.parent.beginning import Caught
from bellhop.parent.halves import Child
from bellhop.parent.handover import Handover, Preparation, Trial, making_way
from bellhop.parent.reload import STAY, Reload
from bellhop.reloading.handed import Handed
from bellhop.service.manager import Manager
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.system import children, listener, signals

# Beyond the grace of running items: what a child needs to end by itself.
STOP_MARGIN_S = 3.0
# What a group, a terminal or another parent sends twice comes within this time, and is one stop.
SAME_STOP_S = 0.1
MOST_SELECT_S = 3600.0
MOST_KILLED = 3
STOPS = frozenset(signals.STOPS)
# A closed terminal hangs up twice, and systemd may hang up after SIGTERM: that is no second wish.
HURRYING = STOPS - {signal.SIGHUP}
log = logging.getLogger("bellhop.supervisor")


def run(settings: Settings, say: Callable[[str], object], before: Handover | None = None) -> int:
    """Serve until a signal asks for a stop; the exit status. A second one stops at once.

    `say` prints the line that all is ready. `before` is what the program left whose place this one
    has taken in the same process.
    """
    caught, manager, handed = beginning.catch_signals(before), Manager(), Handed(settings)
    here, serve_lock = beginning.begin(settings, caught, manager, before, handed.descriptor)
    ours = Handover(os.path.realpath(here.folder), __version__, listener.wanted(settings))
    ours = replace(ours, serve_lock=serve_lock, has_terminal=caught.has_terminal)
    address, problem = here.home, ""
    if here.is_home:
        found = place.listen(settings, before)
        address, problem = listener.address(found.socket), found.problem
        ours = replace(
            ours,
            bound_for=found.bound_for,
            listener=found.socket.detach(),
            connections=found.connections,
        )
    ready = _Ready(say, address, before, problem)
    return _Watch(settings, here, ours, caught, ready, manager, handed).run()


class _Ready(NamedTuple):
    """How it is told that all is ready; `problem` is why it listens where it did before."""

    say: Callable[[str], object]
    address: str
    before: Handover | None
    problem: str

    def tell(self, here: Installation) -> None:
        if self.before is None:
            self.say(
                f"Bellhop is ready at {self.address} (queue: {here.bell}, data: {here.folder})"
            )
            return
        said = f"Bellhop was restarted: version {__version__}, before {self.before.version}"
        lines = [said]
        if self.problem:
            lines.append(f"Bellhop listens on {self.address} as before: {self.problem}")
        log.log(logging.WARNING if self.problem else logging.INFO, "; ".join(lines))
        # Of a reload that was asked for while the program before gave way, this one knows nothing.
        for number in (signals.RESTART, signals.RELOAD):
            answer(here.folder, number, not self.problem, *lines)


class _Watch:
    def __init__(
        self,
        settings: Settings,
        here: Installation,
        ours: Handover,
        caught: Caught,
        ready: _Ready,
        manager: Manager,
        handed: Handed,
    ):
        self._settings, self._here, self._ours = settings, here, ours
        self._caught, self._ready = caught, ready
        # In the order in which they end before a restart: who comes meanwhile is served for longer.
        self._handed, given = handed, handed.descriptor
        self._halves = [_half("consumer", given, [])]
        if here.is_home:
            self._halves.append(_web(ours, given))
        self._selector = selectors.DefaultSelector()
        self._selector.register(caught.descriptor, selectors.EVENT_READ)
        self._is_announced = False
        self._reload: Reload | None = None
        self._trial: Trial | None = None
        self._backups = Backups(settings, here, given)
        self._manager = manager

    def run(self) -> int:
        status = None
        while status is None:
            status = self._round()
        return status

    def _round(self) -> int | None:
        """Start what is due, and do what is asked; the exit status once it has ended."""
        self._start_due(self._halves)
        if self._listen(self._until_next()) & STOPS:
            return self._stop()
        if not self._is_announced and all(child.is_ready for child in self._halves):
            self._is_announced = True
            self._ready.tell(self._here)
            self._manager.is_ready()
        if refused := [child for child in self._halves if self._has_refused(child)]:
            status = refused[0].exit_status
            self._stop()
            return NotAMember.exit_status if status == NotAMember.exit_status else 1
        if self._is_announced or self._ready.before:
            if self._reload is None and self._caught.wants(signals.RELOAD):
                self._begin_reload()
            if self._reload and (ended := self._reload.look()):
                self._reloaded(ended)
            self._backups.look()
            return None if self._reload else self._restart_if_wanted()
        return None

    def _start_due(self, halves: list[Child]) -> None:
        for child in halves:
            is_due = child.process is None and time.monotonic() >= child.start_at
            if is_due and child.start():
                self._selector.register(child.ready_fd, selectors.EVENT_READ, child)

    def _until_next(self) -> float | None:
        """For how long there is nothing to do by itself; None: for ever."""
        waits = _until_start(self._halves)
        until_backup_s = self._backups.wait_s() if self._is_announced else None
        until_end_s = self._trial.wait_s() if self._trial else None
        until_late_s = self._reload.wait_s() if self._reload else None
        waits += [s for s in (until_backup_s, until_end_s, until_late_s) if s is not None]
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
                if key.data.exit_status > 0 and not self._is_announced:
                    said = f"{key.data.name} did not start; the log says why"
                    answer(self._here.folder, signals.RESTART, False, said)
        return told

    def _has_refused(self, child: Child) -> bool:
        if child.exit_status == NotAMember.exit_status:
            return True
        # Before all is ready, a child that exits by itself has said why; else it is restarted, also
        # after a restart: whoever was served waits.
        is_first = not self._is_announced and self._ready.before is None
        return is_first and child.exit_status > 0 and not child.was_ready

    def _begin_reload(self) -> None:
        """Let web and consumer take the settings of now; nothing of a file with a mistake."""
        self._manager.reloads()
        try:
            self._reload = Reload(self._settings, self._here, self._handed, self._halves[::-1])
        except StartRefused as refusal:
            self._reloaded(Answer(False, [f"{STAY}: {refusal}"]))

    def _reloaded(self, ended: Answer) -> None:
        self._reload = None
        level = logging.INFO if ended.is_done else logging.ERROR
        log.log(level, "settings were read again: %s", "; ".join(ended.said))
        if self._caught.wants(signals.RELOAD):
            self._begin_reload()  # whoever asked meanwhile waits for what comes of this one
            return
        answer(self._here.folder, signals.RELOAD, ended.is_done, *ended.said)
        self._manager.is_ready()

    def _restart_if_wanted(self) -> int | None:
        """Try the new program once that is asked, and give way to one that can take over.

        The exit status where a stop came in between.
        """
        if self._trial is None and self._caught.wants(signals.RESTART):
            log.info("a restart is asked for: trying the program that is installed now")
            try:
                self._trial = Trial(self._ours)
            except OSError as error:
                self._stay(said_of(error))
        if self._trial is None or (reason := self._trial.outcome()) is None:
            return None
        if reason:
            beginning.pass_on(self._trial.log())
        self._forget_trial()
        if reason:
            self._stay(reason)
            return None
        return self._give_way()

    def _stay(self, reason: str) -> None:
        said = f"Bellhop was not restarted, and runs on: {reason}"
        log.warning(said)
        answer(self._here.folder, signals.RESTART, False, said)
        self._manager.is_ready()

    def _forget_trial(self) -> None:
        if self._trial:
            self._trial.end()
            self._trial = None

    def _give_way(self) -> int | None:
        """End both halves, and become the new program; the exit status where a stop comes first.

        The web, should it die while the consumer ends, is started again.
        """
        self._manager.reloads()
        self._backups.end()
        grace_s = self._settings.server.stop_grace_s
        for half, number, limit_s in zip(
            self._halves, (signal.SIGTERM, signals.RESTART), (grace_s, 2 * grace_s), strict=False
        ):
            half.signal(number)
            others = self._halves[self._halves.index(half) + 1 :]
            if self._outwait([half], limit_s + 2 * STOP_MARGIN_S, STOPS, others):
                return self._stop()
            self._end_at_once([half])
        try:
            reason = self._hand_over()
        except (StartRefused, OSError) as error:
            reason = said_of(error) if isinstance(error, OSError) else str(error)
        if reason is None:
            return self._stop()
        self._stay(reason)
        return None

    def _hand_over(self) -> str | None:
        """Let the new program migrate, and become it; why it could not, None where a stop came."""
        with making_way(self._here.folder) as lock:
            if reason := self._prepare_next(lock):
                return reason
            with signals.held_back():
                if reason is not None and self._caught.numbers().isdisjoint(STOPS):
                    replace(self._ours, start_lock=lock).give_way()
        return None

    def _prepare_next(self, lock: int) -> str | None:
        """Why the new program could not migrate, "" where it did; None where a stop came.

        What was killed is tried again, for it may have migrated: then there is no way back.
        """
        reason: str | None = ""
        for _ in range(MOST_KILLED):
            preparation = Preparation("--start-lock", str(lock), pass_fds=(lock,))
            is_stopped = beginning.outlast(preparation.child, self._caught, self._manager)
            children.end_strangers()
            reason = preparation.outcome()
            beginning.pass_on(preparation.log())
            preparation.end()
            if is_stopped:
                return None
            if preparation.child.returncode >= 0:
                break
        return reason

    def _stop(self) -> int:
        """End both halves; at a second signal, or when they take too long, at once."""
        answer(self._here.folder, signals.RESTART, False, "Bellhop was stopped meanwhile")
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

    def _outwait(
        self,
        halves: list[Child],
        limit_s: float,
        numbers: Collection[int] = (),
        others: list[Child] | None = None,
    ) -> bool:
        """Wait until they have ended, for `limit_s` at most; whether a signal came before.

        Meanwhile `others` are to run.
        """
        deadline = time.monotonic() + limit_s
        while any(child.process for child in halves):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            self._start_due(others or [])
            waits = [left_s, MOST_SELECT_S, *_until_start(others or [])]
            if not self._listen(min(waits)).isdisjoint(numbers):
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


def _until_start(halves: list[Child]) -> list[float]:
    """For how long each that does not run is not to be started."""
    now = time.monotonic()
    return [max(0.0, child.start_at - now) for child in halves if child.process is None]


def _web(ours: Handover, settings_fd: int) -> Child:
    options = ["--socket-fd", str(ours.listener)]
    if ours.connections:
        options += ["--connections-fd", *map(str, ours.connections)]
    return _half("web", settings_fd, options, ours.listener, *ours.connections)


def _half(name: str, settings_fd: int, options: list[str], *descriptors: int) -> Child:
    command = [*COMMAND, name, "--settings-fd", str(settings_fd), *options]
    return Child(name, command, (settings_fd, *descriptors))
