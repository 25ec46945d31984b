"""What runs inside a job process: load a job type, run it on an item, tell the result.

Started as the command `job-process BOUNDS GUARD SAY ALIVE CORE…` by process.py. Frames come in
on stdin and go out on the descriptor SAY; ALIVE is a lock that says that this process lives. It
has no database, no settings but its type's own, and no secret of the web.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import faulthandler
import importlib.util
import json
import os
import resource
import select
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bellhop.base import documents, program
from bellhop.base.errors import NO_ROOM
from bellhop.base.units import MEBIBYTE
from bellhop.catalog import signature, typefiles
from bellhop.jobprocess import frames, isolation
from bellhop.system import confine
from bellhop.system.children import stay_on
from bellhop.words import BadInput, Context, JobType, TryAgain, Unavailable

MAX_RESULT_BYTES = 16 * 1024 * 1024
MAX_WARNINGS = 10_000
FULL_DISK, FULL_DISK_DELAY_S = "The disk is full; it is tried again when there may be room.", 10
LIBC = ctypes.CDLL(None)
PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


def describe(path: str) -> dict[str, Any]:
    """`{"types": [description…], "error": None or why the file cannot be used}`."""
    try:
        found = typefiles.load(Path(path)).values()
        code = typefiles.code(Path(path))
        types = [{**signature.describe(t), "missing": _missing(t), "code": code} for t in found]
    except SyntaxError as error:
        return {"types": [], "error": f"SyntaxError: {error.msg} (line {error.lineno})"}
    except BaseException as error:
        return {"types": [], "error": f"{type(error).__name__}: {error}"}
    if not types:
        return {"types": [], "error": "it has no function with @job_type"}
    return {"types": types, "error": None}


def print_description(path: str, bounds: str) -> int:
    """Describe one file to stdout, whatever it prints itself while it is loaded."""
    answer = os.dup(1)
    os.set_inheritable(answer, False)
    _start_guard(os.dup(0))
    confine.confine(bounds)
    os.dup2(2, 1)
    isolation.leave_bellhop()
    isolation.make_room_for(Path(path))
    text = json.dumps(describe(path)).encode()
    with os.fdopen(answer, "wb") as file:
        file.write(text)
    return 0


def _missing(job_type: JobType) -> str | None:
    for module, extra in (job_type.requires or {}).items():
        if importlib.util.find_spec(module) is None:
            return f"{module} is not installed: {program.pip_line(extra)}"
    return None


def serve(bounds: str, guard: int, say: int, alive: int, cores: list[int]) -> None:
    """Run orders until stdin ends, on `cores` and inside `bounds`."""
    stay_on(*cores)
    os.set_inheritable(say, False)  # its end tells the worker that this process died
    os.set_inheritable(alive, False)
    guard_pid = _start_guard(guard)
    _adopt_orphans()
    _volunteer_when_memory_ends()
    # A line at a time, so that it is there when the process dies; and where in the code it died.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    orders = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)  # a job that reads stdin must not eat an order
    confine.confine(bounds)  # not the guard, which ends all of them
    isolation.leave_bellhop()
    loaded: dict[str, dict[str, JobType]] = {}
    while (order := frames.read(orders)) is not None:
        if "item_id" in order:  # else a cancel that came too late for its item
            ended = _Attempt(order, orders, say, loaded).run()
            _flush_output()
            # A thread that outlives its item would print, and read orders, in the next one.
            is_clean = threading.active_count() == 1
            told = {"of": order["of"], "guard": guard_pid, "clean": is_clean}
            frames.write(say, {**ended, **told})


def _start_guard(guard: int) -> int:
    # However the consumer dies, its end of this pipe closes, and the shell takes the
    # whole group along, also when the job hangs in C and no thread of Python could.
    pid = os.posix_spawn(
        "/bin/sh",
        ["sh", "-c", "trap '' HUP INT QUIT TERM USR1 USR2; read _; kill -9 0"],
        {},
        file_actions=[(os.POSIX_SPAWN_DUP2, guard, 0)],
    )
    os.close(guard)
    return pid


def _adopt_orphans() -> None:
    """Become the parent of what a job leaves behind, so that the worker can see it."""
    with contextlib.suppress(Exception):  # Linux alone has it
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _volunteer_when_memory_ends() -> None:
    """Let the kernel take a job rather than the web when the machine is out of memory."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")


def _flush_output() -> None:
    """Bring out what was printed, also by C, or it would stand in the next item's log."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    with contextlib.suppress(Exception):
        LIBC.fflush(None)


class _Attempt:
    """One attempt at one item."""

    def __init__(
        self, order: dict[str, Any], orders: int, say: int, loaded: dict[str, dict[str, JobType]]
    ):
        self._order, self._orders, self._say, self._loaded = order, orders, say, loaded
        self._warnings: list[dict[str, Any]] = []
        self._cancel_came = self._cancel_noticed = False

    def run(self) -> dict[str, Any]:
        """The last frame of the attempt; its `done` says how it ended."""
        try:
            job_type = self._load()
        except BaseException as error:
            return {"done": "unavailable", "reason": f"{type(error).__name__}: {error}"}
        try:
            with _limits(self._order):
                return self._completed(self._call(job_type))
        except (BadInput, Unavailable) as error:
            told = {"code": error.code, "message": error.message, "hint": _hint(error)}
            kind = "bad_input" if isinstance(error, BadInput) else "unavailable_outside"
            return {"done": kind, "error": told}
        except TryAgain as error:
            return {"done": "try_again", "delay_s": error.delay_s, "reason": error.reason}
        except MemoryError:
            return {"done": "out_of_memory"}
        except BaseException as error:
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                return {"done": "try_again", "delay_s": FULL_DISK_DELAY_S, "reason": FULL_DISK}
            if isinstance(error, OSError) and error.errno == errno.EFBIG:
                return {"done": "file_too_large", "limit_mb": self._order["max_file_mb"]}
            return _mistake("unexpected_error", error)

    def _load(self) -> JobType:
        path, name = self._order["path"], self._order["type"]
        if path not in self._loaded:
            isolation.make_room_for(Path(path))
            self._loaded[path] = typefiles.load(Path(path))
        if name not in self._loaded[path]:
            raise LookupError(f"{Path(path).name} has no job type {name} any more")
        return self._loaded[path][name]

    def _call(self, job_type: JobType) -> Any:
        order = self._order
        os.environ["HOME"] = os.environ["TMPDIR"] = order["scratch_dir"]
        tempfile.tempdir = None  # it remembers the folder of the attempt before
        os.chdir(order["scratch_dir"])
        context = Context(
            filename=order["filename"],
            output_dir=Path(order["output_dir"]),
            scratch_dir=Path(order["scratch_dir"]),
            item_id=order["item_id"],
            attempt=order["attempt"],
            settings=order["settings"],
            tell=self._tell,
            cancel_asked=self._cancel_asked,
        )
        kind, value = next(iter(order["input"].items()))
        if kind == "file":
            value = Path(value)
        elif kind == "files":
            value = [Path(path) for path in value]
        params = signature.to_python(job_type.function, order["params"])
        return job_type.function(value, context, **params)

    def _tell(self, message: dict[str, Any]) -> None:
        if "warning" not in message:
            frames.write(self._say, {**message, "of": self._order["of"]})
        elif len(self._warnings) < MAX_WARNINGS:
            self._warnings.append(message["warning"])

    def _cancel_asked(self) -> bool:
        if not self._cancel_came and select.select([self._orders], [], [], 0)[0]:
            frame = frames.read(self._orders)
            self._cancel_came = frame is None or "cancel" in frame
        self._cancel_noticed |= self._cancel_came
        return self._cancel_came

    def _completed(self, returned: Any) -> dict[str, Any]:
        if self._cancel_noticed:
            return {"done": "cancelled"}
        try:
            documents.require_shallow(returned)  # who reads it has a stack of its own
            data = json.dumps(returned, allow_nan=False, ensure_ascii=False)
        except (TypeError, ValueError, RecursionError) as error:
            return _mistake("bad_result", error)
        size = len(data.encode("utf-8", "replace"))
        if size > MAX_RESULT_BYTES:
            return {"done": "result_too_large", "limit_mb": MAX_RESULT_BYTES // 1024**2}
        return {"done": "completed", "data": data, "warnings": self._warnings}


def _hint(error: BadInput | Unavailable) -> str | None:
    """What the user can do; how an extra is installed is known to Bellhop alone."""
    extra = error.extra if isinstance(error, BadInput) else None
    return error.hint if extra is None else f"Run {program.pip_line(extra)}"


def _mistake(code: str, error: BaseException) -> dict[str, Any]:
    summary = "".join(traceback.format_exception_only(error)).strip()[:500]
    trace = "".join(traceback.format_exception(error))
    return {"done": "mistake", "code": code, "summary": summary, "traceback": trace[-20_000:]}


@contextlib.contextmanager
def _limits(order: dict[str, Any]) -> Iterator[None]:
    """Let what goes beyond the memory or the file size of an order fail while this lasts.

    0 is no limit.
    """
    # RLIMIT_DATA counts what is written to; RLIMIT_AS would count what numpy only reserves.
    most_mb = {
        resource.RLIMIT_DATA: order["memory_mb"],
        resource.RLIMIT_FSIZE: order["max_file_mb"],
    }
    before = {kind: resource.getrlimit(kind) for kind in most_mb}
    for kind, limit_mb in most_mb.items():
        hard, wanted = before[kind][1], limit_mb * MEBIBYTE
        if limit_mb and (hard == resource.RLIM_INFINITY or wanted <= hard):
            resource.setrlimit(kind, (wanted, hard))
    try:
        yield
    finally:
        for kind, limits in before.items():
            resource.setrlimit(kind, limits)
