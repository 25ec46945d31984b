"""Start, feed, watch and kill job processes; the one place where one is killed.

A job process runs code of job types, one item at a time, in a session and process
group of its own. The worker that holds the item waits here; whatever the code does
(hang in C, crash, fork, fill memory), the answer is an `Outcome` and the group is dead
or waits for its next item. Nothing here reads or writes the database.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from bellhop.base import program
from bellhop.base.errors import item_error
from bellhop.base.masking import Mask
from bellhop.base.units import MEBIBYTE
from bellhop.catalog.description import KnownType
from bellhop.catalog.typefiles import Stamp
from bellhop.jobprocess import frames
from bellhop.jobprocess.ahead import Ahead
from bellhop.jobprocess.order import CANCEL, LEAST_FILE_MB, Order, frame_of
from bellhop.jobprocess.outcome import (
    Answer,
    Cancelled,
    Completed,
    Crashed,
    Failed,
    Interrupted,
    Kind,
    Outcome,
    Partial,
    Progress,
    Stop,
    masked,
    said_in,
)
from bellhop.jobprocess.weight import Weight
from bellhop.storage.files import Scratch
from bellhop.system import cores, proctree, signals
from bellhop.system.children import Child, clean_environment, ending
from bellhop.system.confine import Bounds

WATCH_S = 0.25
COOPERATIVE_CANCEL_S = 0.5
CRASH_WAIT_S = 0.5
STOP_HEARD_S = 0.5
# What is replaced beside the data folder, such as /etc/resolv.conf, a process sees only as new.
AGE_LIMIT_S = 600.0
MAX_FRAME_BYTES = 64 * 1024 * 1024
# How often within `WATCH_S` a job may say something before it has to wait.
MOST_HEARD = 1000
# What one look takes of what a job prints: it must not hold up its limit.
MOST_PRINTED_BYTES = 1 << 20
log = logging.getLogger("bellhop.jobprocess")


class _Ended(Exception):
    """The job process closed its pipe: it died."""


class ProcessKind(NamedTuple):
    """What the items that one process runs have in common.

    What code of one owner leaves in memory is for no other owner to find, and what a type that is
    given secrets leaves there is for no other `type`. Where Bellhop `is_shared`, and for what needs
    the network, processes have other bounds; `memory_mb` is a limit that none can raise. `python`
    is the interpreter of a type with packages of its own.
    """

    queue: str
    owner: str
    is_shared: bool
    network: bool
    memory_mb: int
    type: str | None
    python: str | None = None

    @staticmethod
    def of(job_type: KnownType, queue: str, owner: str, *, is_shared: bool) -> ProcessKind:
        """The kind of an owner's items of a type."""
        name = job_type.type if job_type.has_secrets else None
        limits = job_type.network, job_type.memory_mb
        return ProcessKind(queue, owner, is_shared, *limits, name, job_type.python)


class Listener(NamedTuple):
    """What is called with what an attempt says: percent and step, partial results, output."""

    progress: Callable[[int, str], None]
    partial: Callable[[str], None]
    printed: Callable[[bytes], None]

    def hear(self, said: Progress | Partial) -> None:
        if isinstance(said, Progress):
            self.progress(said.percent, said.step)
        else:
            self.partial(said.partial)


class JobProcess:
    """One child, kept for items of one kind (see pool.py).

    `alive` is the descriptor of a lock that the child shall hold for life; once `stopping` is set,
    the child outlives the signals of a stop.
    """

    def __init__(
        self,
        kind: ProcessKind,
        scratch: Scratch,
        bounds: Bounds,
        alive: int,
        stopping: threading.Event,
    ):
        self.kind, self.scratch = kind, scratch
        self.items = 0
        self._started = time.monotonic()
        self.is_dead = self.is_cut_off = False
        self.weight = Weight()
        self._stamps: dict[str, Stamp] = {}
        self._folders = {path: _identity(path) for path in bounds.readable}
        self.idle_since = time.monotonic()
        self._buffer, self._unsent = bytearray(), bytearray()
        self._of = ""
        self.ahead = Ahead()
        self._guard_pid = 0
        self._least_free = 0
        self._family: set[int] = set()
        self._stopping = stopping
        self._on_printed: Callable[[bytes], None] = _unheard
        self._start(bounds, alive)
        self._poll = select.poll()
        # In this order: what the next item prints comes after the answer about the one before, so
        # who sees the one sees the other.
        self._poll.register(self._printed, select.POLLIN)
        self._poll.register(self._said, select.POLLIN)

    def _start(self, bounds: Bounds, alive: int) -> None:
        guard, self._guard = os.pipe()
        self._said, say = os.pipe()
        self._printed, out = os.pipe()
        orders, self._orders = os.pipe()
        stop, self._stop_pipe = os.pipe()
        os.set_blocking(self._orders, False)
        os.set_blocking(self._printed, False)
        handed = (guard, say, alive, stop, self.ahead.permits.descriptor)
        numbers = map(str, (*handed, *cores.given()))
        try:
            self._child = Child(
                [*program.command(self.kind.python), "job-process", bounds.argument(), *numbers],
                stdin=orders,
                stdout=out,
                stderr=out,
                pass_fds=handed,
                env=clean_environment(self.scratch.home, is_apart=self.kind.python is not None),
            )
        except BaseException:
            self._close_pipes()
            raise
        finally:
            for descriptor in (guard, say, out, orders, stop):
                os.close(descriptor)

    @property
    def pid(self) -> int:
        return self._child.pid

    def serves(self, job_type: KnownType) -> bool:
        """Whether it reads the file of a type as it is now.

        It has loaded no other version, and its bounds are of the folder that is there.
        """
        folder = os.path.dirname(job_type.path)
        is_same = folder not in self._folders or self._folders[folder] == _identity(folder)
        return is_same and self._stamps.get(job_type.path, job_type.stamp) == job_type.stamp

    def run(
        self,
        order: Order,
        listener: Listener,
        why_stop: Callable[[], Stop | None],
        mask: Mask,
        first_look_s: float = WATCH_S,
        ahead: Callable[[], Sequence[Order]] = lambda: (),
    ) -> Outcome:
        """Run one item and wait for how it ends, at most as long as its order allows.

        `why_stop` is asked every `WATCH_S`, the first time after `first_look_s` if that is sooner,
        and ends the run with what it gives. All that comes back goes through `mask`, which knows
        the secrets of the order. `ahead` gives orders of the same type that the process may begin
        by itself afterwards; while it does, `ahead.begun` is the order to call this with next.
        Otherwise nothing that the item started lives, and after every outcome but an answer of the
        job process neither does that.
        """
        if not self.ahead.begun:
            self._read_printed(_unheard)
        printed = mask.stream(listener.printed)
        self._on_printed = printed.write
        heard = Listener(
            lambda percent, step: listener.progress(percent, mask.text(step)),
            lambda data: listener.partial(mask.json(data)),
            printed.write,
        )
        ended = self._run(order, heard, why_stop, min(first_look_s, WATCH_S), ahead)
        if isinstance(ended, Answer) and not (self.is_dead or self._is_followed(ended)):
            self._read_printed(printed.write)
            self.weight.look(self.pid)
            self._end_leftovers(ended)
        printed.close()
        self._family, self._on_printed = set(), _unheard  # soon these pids may be others'
        outcome = masked(ended.outcome, mask) if isinstance(ended, Answer) else ended
        if isinstance(outcome, Failed) and outcome.kind is Kind.OUT_OF_MEMORY:
            self.weight.peak_bytes = max(self.weight.peak_bytes, order.memory_mb * MEBIBYTE)
        return Interrupted(self.is_cut_off) if self._was_interrupted(outcome) else outcome

    def _run(
        self,
        order: Order,
        listener: Listener,
        why_stop: Callable[[], Stop | None],
        first_look_s: float,
        ahead: Callable[[], Sequence[Order]],
    ) -> Answer | Outcome:
        try:
            self._begin(order, ahead)
            now = time.monotonic()
            deadline, next_watch, heard = now + order.timeout_s, now + first_look_s, 0
            while True:
                said = self._receive(min(deadline, next_watch))
                if isinstance(said, Answer):
                    return said
                if said:
                    listener.hear(said)
                    if (heard := heard + 1) >= MOST_HEARD:
                        # Its pipe is full, and it waits: other workers have work to do.
                        time.sleep(max(0.0, min(deadline, next_watch) - time.monotonic()))
                now = time.monotonic()
                if now >= min(deadline, next_watch):
                    next_watch, heard, is_late = now + WATCH_S, 0, now >= deadline
                    if self._stopping.is_set():
                        self._tell_stop()
                    why = None if is_late else why_stop()
                    # Once it has begun the next item, nothing that it does or takes is of this one.
                    if self.ahead.take_back() and (answer := self._answer(CRASH_WAIT_S)):
                        return answer
                    if why:
                        return self._stop(why)
                    if failed := self._beyond_limits(order, is_late=is_late):
                        self.kill()
                        return failed
        except (_Ended, BrokenPipeError):
            return self._crashed()
        except frames.Broken as error:
            log.error("job process %d sent an invalid message and is killed: %s", self.pid, error)
            return self._crashed()

    def _begin(self, order: Order, ahead: Callable[[], Sequence[Order]]) -> None:
        """Let it run an order, unless it has begun that, and what is `ahead` after it."""
        self.items += 1
        self.weight.begin()
        self._least_free = order.least_free_mb * MEBIBYTE
        self._stamps[order.path], self._of = order.stamp, order.of
        if not self.ahead.run(order):
            self._send(frame_of([order, *self.ahead.hand_over(ahead())]))

    def _is_followed(self, answer: Answer) -> bool:
        """Whether it has begun what was handed over ahead."""
        is_done = isinstance(answer.outcome, Completed) and answer.is_clean
        return self.ahead.go_on(is_done and answer.goes_on)

    def kill(self) -> None:
        """End it and all that it started, wherever that went, and wait until it is gone."""
        self.end()
        self._read_printed(self._on_printed)
        self._close_pipes()
        self.is_dead = True

    def cut_off(self) -> None:
        """Let nothing of it run from now on, from any thread: its item is interrupted."""
        self.is_cut_off = True
        self._child.strike()

    def end(self) -> None:
        """As `kill`, from any thread: its pipes are left to the one that reads them."""
        if not self._child.end(self._family):
            log.error("job process %d does not end: the kernel is blocking it", self.pid)

    def _tell_stop(self) -> None:
        if self._stop_pipe >= 0:
            os.close(self._stop_pipe)
            self._stop_pipe = -1

    def _was_interrupted(self, ended: Outcome) -> bool:
        """Whether a bad end is our work, or may be that of a stop, which counts against no item.

        Its signals reach all that Bellhop and the job have started, and this consumer as well, at
        about the same time. A process dies of one, or ends when something that it needs did; what
        dies of another signal waits for nothing.
        """
        code = self._child.returncode
        may_be_first = isinstance(ended, Crashed) and (code >= 0 or -code in signals.STOPS)
        wait_s = STOP_HEARD_S if may_be_first else 0
        is_bad = isinstance(ended, Failed | Crashed)
        return is_bad and (self.is_cut_off or self._stopping.wait(wait_s))

    def _close_pipes(self) -> None:
        self._tell_stop()
        self.ahead.close()
        for descriptor in (self._guard, self._said, self._printed, self._orders):
            os.close(descriptor)

    def _end_leftovers(self, answer: Answer) -> None:
        """End a process whose job returned while something of it is left for the next item."""
        is_alone = answer.is_clean and self._child.is_alone(self._guard_pid)
        # Only where Bellhop is shared, a process has a `/dev/shm` of its own.
        holds = self.kind.is_shared and proctree.shared_memory_bytes(self.pid)
        if not is_alone or holds:
            self.kill()

    def _beyond_limits(self, order: Order, *, is_late: bool) -> Failed | None:
        """How an item fails that takes more than it may; `_Ended` without what a process needs."""
        if is_late:
            return Failed(Kind.TIMED_OUT, item_error("timed_out", limit_s=order.timeout_s))
        self._family = self._child.family()
        # A child of the job may hold the pipe open; and nobody runs without a guard, which is asked
        # for itself: the kernel's list of children may leave it out while others exit (proc(5)).
        is_guarded = not self._guard_pid or proctree.lives(self._guard_pid)
        if self._child.has_ended() or not (is_guarded or self._family == {self.pid}):
            raise _Ended
        # The kernel keeps this limit for each process alone, and knows none for what is shared.
        if self.weight.exceeds(order.memory_mb * MEBIBYTE, self._family):
            return Failed(Kind.OUT_OF_MEMORY, item_error("out_of_memory"))
        if self._fills_the_disk():
            limit_mb = order.max_file_mb
            return Failed(Kind.FILE_TOO_LARGE, item_error("file_too_large", limit_mb=limit_mb))
        return None

    def _fills_the_disk(self) -> bool:
        """Whether the files of the item, however many, are why less is free than shall be."""
        missing = self._least_free - self.scratch.free_bytes()
        if missing <= 0:
            return False
        device = self.scratch.folder.stat().st_dev
        nameless = proctree.nameless_bytes(self._family, device)
        return self.scratch.holds_more(max(missing, LEAST_FILE_MB * MEBIBYTE) - nameless)

    def is_worn(self, recycle_after_items: int) -> bool:
        """Whether it has run enough or for long, or grown too large, to be replaced."""
        if self.items >= recycle_after_items or time.monotonic() - self._started > AGE_LIMIT_S:
            return True
        return self.weight.is_large()

    def _stop(self, why: Stop) -> Answer | Outcome:
        """End a run on request: a cancel gives the code a moment to return by itself."""
        answer = None
        if isinstance(why, Cancelled):
            self._send(CANCEL)
            answer = self._answer(COOPERATIVE_CANCEL_S)
        self.kill()
        return answer or why

    def _answer(self, wait_s: float) -> Answer | None:
        """The answer about this attempt, if it comes within `wait_s`."""
        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            if isinstance(said := self._receive(until), Answer):
                return said
        return None

    def _crashed(self) -> Crashed:
        self._child.has_ended(CRASH_WAIT_S)  # it may have closed its pipe and live on
        self.kill()
        return Crashed(ending(self._child.returncode))

    def _send(self, frame: dict[str, Any]) -> None:
        # Written while waiting for answers: a process that does not read must not hold
        # its worker beyond the limit or a cancel.
        self._unsent += frames.encode(frame)
        self._send_more()

    def _send_more(self) -> None:
        with contextlib.suppress(BlockingIOError):
            del self._unsent[: os.write(self._orders, self._unsent[: frames.PIPE_BYTES])]
        if self._unsent:
            self._poll.register(self._orders, select.POLLOUT)
        else:
            with contextlib.suppress(KeyError):
                self._poll.unregister(self._orders)

    def _receive(self, until: float) -> Progress | Partial | Answer | None:
        """What is said next of this attempt, or None at `until` (monotonic seconds)."""
        while True:
            while frame := frames.take(self._buffer, MAX_FRAME_BYTES):
                # The first, which comes before any code of a job type could run.
                self._guard_pid = self._guard_pid or frame["guard"]
                if frame.get("of") == self._of:
                    return said_in(frame)  # else a thread that outlived its item said it
            left_s = until - time.monotonic()
            ready = dict(self._poll.poll(max(0.0, left_s) * 1000))
            if not ready:
                return None
            if self._orders in ready:
                self._send_more()
            if self._said not in ready:
                # Once: what comes after it may be of an item that begins meanwhile.
                if self._printed in ready:
                    self._read_printed(self._on_printed, most_bytes=1)
                if left_s <= 0:
                    return None  # a job that prints without end must not outlive its limit
                continue
            chunk = os.read(self._said, frames.PIPE_BYTES)
            if not chunk:
                raise _Ended
            self._buffer += chunk

    def _read_printed(
        self, tell: Callable[[bytes], None], most_bytes: int = MOST_PRINTED_BYTES
    ) -> None:
        """Pass on what the job printed and nobody has read yet, in as many parts as that needs."""
        read = 0
        while read < most_bytes:
            try:
                chunk = os.read(self._printed, frames.PIPE_BYTES)
            except BlockingIOError:
                return
            if not chunk:  # the job closed its output, or is dead
                with contextlib.suppress(KeyError):
                    self._poll.unregister(self._printed)
                return
            tell(chunk)
            read += len(chunk)


def _unheard(chunk: bytes) -> None:
    """Of no item that anybody waits for."""


def _identity(folder: str) -> tuple[int, int] | None:
    """What tells a folder from another one of the same path; None where there is none."""
    with contextlib.suppress(OSError):
        status = os.stat(folder)
        return status.st_dev, status.st_ino
    return None
