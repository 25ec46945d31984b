"""What runs inside a job process: load a job type, run it on an item, tell the result.

Started as the command `job-process BOUNDS GUARD SAY ALIVE STOP AHEAD CORE…` by process.py. Frames
come in on stdin and go out on the descriptor SAY; ALIVE is a lock that says that this process
lives, STOP a pipe that ends when Bellhop stops, and AHEAD the permits of ahead.py. It has no
database, no settings but its type's own, and no secret of the web.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import functools
import os
import resource
import select
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bellhop.base.errors import item_error
from bellhop.base.units import MEBIBYTE
from bellhop.catalog import loading
from bellhop.functions import changes, imported, signature, yielding
from bellhop.functions.returned import Returned
from bellhop.jobprocess import failures, frames, isolation
from bellhop.jobprocess.ahead import Permits, Traces
from bellhop.jobprocess.order import Order, orders_in
from bellhop.jobprocess.outcome import (
    MOST_PARTIAL_BYTES,
    MOST_RESULT_BYTES,
    MOST_WARNINGS,
    Answer,
    Cancelled,
    Completed,
    Failed,
    JobWarning,
    Kind,
    Partial,
    Progress,
    Said,
    frame_of,
)
from bellhop.jobprocess.stops import Copies, Stop
from bellhop.jobprocess.surroundings import Surroundings, short
from bellhop.system import confine, limits, proctree
from bellhop.system.confine import Bounds
from bellhop.system.cores import run_on
from bellhop.words import Context, JobType

RETURNED_TWICE = (
    "The job type forked, and returned in more than one process. Bellhop took the result of the "
    "first process and ended the others."
)
OUTPUT_CLOSED = (
    "The job type closed or redirected its standard output or standard error, so Bellhop did not "
    "get what it printed afterwards."
)
LEFT_BEHIND = (
    "The function wrote this file into its current folder. Bellhop made it an output file; write "
    "to context.output_dir, or return its path."
)
MOST_LEFTOVERS = 100
# The job process is stopped first: so it stays the parent of all orphans below it, those that left
# its group too. What forks and exits all the time is ended by its group, which a dead process tells
# as well; and as there is always another, the list must stay the same three times, with nothing in
# it that lives. What is dead has no /proc/PID/exe.
GUARD = """
trap '' HUP INT QUIT TERM USR1 USR2
read _
kill -STOP $PPID
passes=0 same=0 before=
while [ $passes -lt 5000 ] && [ $same -lt 3 ]; do
  passes=$((passes + 1)) same=$((same + 1)) all=
  for list in /proc/$PPID/task/*/children; do
    pids= && read -r pids < $list
    all="$all $pids"
    for pid in $pids; do
      [ $pid = $$ ] || {
        [ ! -e /proc/$pid/exe ] || same=0
        read -r stat < /proc/$pid/stat && set -- ${stat##*) } &&
          [ $3 != $PPID ] && kill -s KILL -- -$3
        kill -9 $pid
      }
    done
  done 2> /dev/null
  [ "$all" = "$before" ] || same=0
  before=$all
done
kill -9 0
"""
LIBC = ctypes.CDLL(None)


def serve(
    bounds: str, guard: int, say: int, alive: int, stop: int, ahead: int, cores: list[int]
) -> None:
    """Run orders until stdin ends, on `cores` and inside `bounds`."""
    stopping = Stop(stop)
    run_on(cores)
    for own in (say, stop, ahead):  # the end of `say` tells the worker that this process died
        os.set_inheritable(own, False)
    proctree.adopt_orphans()
    # Before any code of a job type could say something else.
    frames.write(say, {"guard": start_guard(guard)})
    os.close(alive)  # the guard holds it: code of a job type could let go of it
    _prepare_for_death()
    orders = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)  # a job that reads stdin must not eat an order
    enforced = confine.confine(bounds)  # not the guard, which ends all of them
    isolation.leave_bellhop()
    home = short(os.environ["HOME"])
    loaded: dict[str, dict[str, JobType]] = {}
    copies = Copies()
    attempts: list[_Attempt] = []
    imported.follow(lambda fraction, step: attempts[-1].on_tqdm(fraction, step))
    surroundings = Surroundings((0, 1, 2, orders))
    permits, traces = Permits(ahead), Traces(_folders(home, enforced))
    while (frame := frames.read(orders)) is not None:
        given = orders_in(frame)
        while given:
            order = given.popleft()
            stopping.begin()
            attempts[:] = [_Attempt(order, enforced, home, orders, say, loaded, surroundings)]
            ended = attempts[-1].run()
            copies.leave()
            _flush_output()
            if isinstance(ended, Completed):
                ended.warnings.extend(_notes(copies, surroundings))
            elif isinstance(ended, Failed):
                stopping.wait_if_unheard()
            is_clean = surroundings.restore()
            may_go_on = is_clean and given and isinstance(ended, Completed) and traces.are_none()
            # Whoever reads the answer knows by it whether the next one has begun.
            goes_on = bool(may_go_on and permits.take())
            frames.write(say, frame_of(order.of, Answer(ended, is_clean, goes_on)))
            if not goes_on:
                given.clear()


def start_guard(guard: int) -> int:
    """Let the end of the pipe `guard` end this process and all below it; the guard's pid."""
    # However the consumer dies, its end of this pipe closes, and the shell ends the rest, also when
    # the job hangs in C and no thread of Python could.
    pid = os.posix_spawn(
        "/bin/sh", ["sh", "-c", GUARD], {}, file_actions=[(os.POSIX_SPAWN_DUP2, guard, 0)]
    )
    os.close(guard)
    return pid


def _prepare_for_death() -> None:
    """Let the kernel take a job rather than the web when the machine is out of memory.

    What is printed comes out a line at a time, so that it is there when the process dies; and where
    in the code it died.
    """
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    faulthandler.enable()
    limits.change(resource.RLIMIT_CORE, 0, 0)


def _folders(home: str, bounds: Bounds) -> list[str]:
    """The folders of this process alone, in which there is nothing between its items."""
    folder = os.path.dirname(home)
    own = [os.path.join(folder, name) for name in ("", "input", "home", "output")]
    return [*own, "/dev/shm"] if bounds.hidden else own


def _notes(copies: Copies, surroundings: Surroundings) -> Iterator[JobWarning]:
    """What a job shall know that did more to its process than its result shows."""
    if copies.have_returned():
        yield {"code": "returned_twice", "message": RETURNED_TWICE, "where": None}
    if not surroundings.has_output():
        yield {"code": "output_closed", "message": OUTPUT_CLOSED, "where": None}


def _flush_output() -> None:
    """Bring out what was printed, also by C, or it would stand in the next item's log."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    with contextlib.suppress(Exception):
        LIBC.fflush(None)


# Those of the items of a process are the same.
_path = functools.lru_cache(maxsize=16)(Path)


class _Context(Context):
    """The context of one attempt, which knows whether its folder for scratch was asked for."""

    has_scratch = False

    @property
    def scratch_dir(self) -> Path:
        self.__dict__["has_scratch"] = True
        place: Path = self.__dict__["scratch"]
        return place

    @scratch_dir.setter
    def scratch_dir(self, place: Path) -> None:
        self.__dict__["scratch"] = place


class _Attempt:
    """One attempt at one item."""

    def __init__(
        self,
        order: Order,
        bounds: Bounds,
        home: str,
        orders: int,
        say: int,
        loaded: dict[str, dict[str, JobType]],
        surroundings: Surroundings,
    ):
        self._order, self._orders, self._say, self._loaded = order, orders, say, loaded
        self._bounds, self._home, self._surroundings = bounds, home, surroundings
        self._warnings: list[JobWarning] = []
        self._told: Progress | None = None
        self._cancel_came = self._cancel_noticed = False

    def run(self) -> Said:
        """How the attempt ended; whatever the job type does, there is an answer."""
        try:
            job_type = self._load()
        except BaseException as error:
            return failures.unloaded(error)
        try:
            with _limits(self._order):
                return self._completed(self._call(job_type))
        except BaseException as error:
            name, limit_mb = job_type.function.__qualname__, self._order.max_file_mb
            try:
                return failures.of_code(error, name, self._bounds, limit_mb)
            except BaseException as another:  # it does not hold what its class promises
                return failures.mistake(another)

    def _load(self) -> JobType:
        path, name = self._order.path, self._order.type
        if path not in self._loaded:
            isolation.make_room_for(Path(path))
            self._loaded[path] = loading.load(Path(path))
            self._surroundings.look()
        if name not in self._loaded[path]:
            raise LookupError(f"{Path(path).name} no longer has the job type {name}")
        return self._loaded[path][name]

    def _call(self, job_type: JobType) -> Any:
        order = self._order
        os.environ["HOME"] = os.environ["TMPDIR"] = self._home
        tempfile.tempdir = None  # it remembers the folder of the attempt before
        os.chdir(self._home)
        isolation.run_type(_path(order.path))
        self._returned = Returned(_path(order.output_dir))
        self._context = context = _Context(
            filename=order.filename,
            output_dir=_path(order.output_dir),
            scratch_dir=_path(self._home),
            item_id=order.item_id,
            attempt=order.attempt,
            settings=order.settings,
            tell=self._tell,
            cancel_asked=self._cancel_asked,
        )
        given = signature.Given(order.value, order.beside, order.params)
        changes.require_fit(job_type.function, order.kind, given)
        returned = signature.call(job_type.function, given, context)
        return yielding.finished(returned, context, self._show)

    def _tell(self, message: dict[str, Any]) -> None:
        if "warning" not in message:
            progress = Progress(message["progress"], message["step"])
            if progress != self._told:  # a loop may tell the same percent a million times
                self._told = progress
                frames.write(self._say, frame_of(self._order.of, progress))
        elif len(self._warnings) < MOST_WARNINGS:
            self._warnings.append(message["warning"])

    def _show(self, partial: Any) -> None:
        """Tell what the function has given so far, unless that is too large to be looked at."""
        data = self._returned.text(partial)
        if len(data.encode("utf-8", "replace")) <= MOST_PARTIAL_BYTES:
            frames.write(self._say, frame_of(self._order.of, Partial(data)))

    def _offer_leftovers(self) -> None:
        """Make outputs of the files that the function left in its current folder."""
        try:
            if not os.listdir(self._home):
                return  # as after most items
        except OSError:
            return  # the function removed it
        home, output = _path(self._home), _path(self._order.output_dir)
        left = [path for path in home.rglob("*") if path.is_file() and not path.is_symlink()]
        for path in sorted(left)[:MOST_LEFTOVERS]:
            place = path.relative_to(home)
            if any(part.startswith((".", "tmp", "__pycache__")) for part in place.parts):
                continue
            is_copied = not self._returned.copied.isdisjoint(
                (path.resolve(), *path.resolve().parents)
            )
            if is_copied or (output / place).exists():
                continue
            (output / place).parent.mkdir(parents=True, exist_ok=True)
            path.rename(output / place)
            warning: JobWarning = {
                "code": "left_behind",
                "message": LEFT_BEHIND,
                "where": str(place),
            }
            self._warnings.append(warning)

    def on_tqdm(self, fraction: float, step: str) -> None:
        self._context.progress(int(100 * fraction), step)

    def _cancel_asked(self) -> bool:
        if not self._cancel_came and select.select([self._orders], [], [], 0)[0]:
            frame = frames.read(self._orders)
            self._cancel_came = frame is None or "cancel" in frame
        self._cancel_noticed |= self._cancel_came
        return self._cancel_came

    def _completed(self, returned: Any) -> Said:
        if self._cancel_noticed:
            return Cancelled()
        try:
            data = self._returned.text(returned)
            self._warnings += self._returned.warnings
            if not self._context.has_scratch:
                self._offer_leftovers()
        except (TypeError, ValueError, RecursionError) as error:
            return failures.bad_result(error)
        if len(data.encode("utf-8", "replace")) > MOST_RESULT_BYTES:
            limit_mb = MOST_RESULT_BYTES // MEBIBYTE
            return Failed(Kind.RESULT_TOO_LARGE, item_error("result_too_large", limit_mb=limit_mb))
        return Completed(data, self._warnings)


@contextlib.contextmanager
def _limits(order: Order) -> Iterator[None]:
    """Let what goes beyond the memory or the file size of an order fail while this lasts.

    0 is no limit.
    """
    # RLIMIT_DATA counts what is written to; RLIMIT_AS would count what numpy only reserves.
    most_mb = {resource.RLIMIT_DATA: order.memory_mb, resource.RLIMIT_FSIZE: order.max_file_mb}
    before = {kind: limits.of(kind) for kind in most_mb}
    for kind, limit_mb in most_mb.items():
        hard, wanted = before[kind][1], limit_mb * MEBIBYTE
        if limit_mb and (hard == resource.RLIM_INFINITY or wanted <= hard):
            limits.change(kind, wanted, hard)
    try:
        yield
    finally:
        for kind, (soft, hard) in before.items():
            limits.change(kind, soft, hard)
