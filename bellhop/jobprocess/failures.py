"""How an attempt ends whose code raised: what the user is told, and whether another one may help.

Called by the runner, in the job process. What the next attempt would meet again ends the item at
once; what may pass, and what nobody knows, is left to the schedule of retries.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import traceback
from types import FrameType

from bellhop.base import program, texts
from bellhop.base.errors import NO_ROOM, ItemError, error_data, item_error
from bellhop.functions.returned import BadResult
from bellhop.jobprocess import refusals
from bellhop.jobprocess.outcome import MOST_TRACEBACK, Failed, Kind, Later, Said
from bellhop.system.confine import Bounds
from bellhop.words import BadInput, Context, TryAgain, Unavailable

FULL_DISK, FULL_DISK_DELAY_S = "The disk is full; Bellhop tries again later.", 10
SHARED_MEMORY = "/dev/shm"
MOST_SUMMARY = 500
# How a package comes to be there.
INSTALL = (
    "install the package that has it for the Python that runs Bellhop, or name it in a "
    "`# /// script` header of the file"
)
ADD_TO_HEADER = "add the package that has it to `dependencies` in the header of the file"
# How Python words a call with arguments that a method of Context does not take, and a use of
# `context` as what it is not.
OF_CONTEXT = re.compile(r"_?Context\.\w+\(\) |'_?Context' object ")
# What job code has no business with.
INTERNAL = ("tell", "cancel_asked")


def of_code(error: BaseException, function_name: str, bounds: Bounds, max_file_mb: int) -> Said:
    """How an attempt ends in which the function of this name raised, inside `bounds`.

    `max_file_mb` was the most that one file could hold, in MiB.
    """
    match error:
        case BadInput():
            return Failed(Kind.BAD_INPUT, _told(error))
        case Unavailable():
            return Failed(Kind.UNAVAILABLE_OUTSIDE, _told(error))
        case TryAgain():
            return Later(float(error.delay_s), str(error.reason))
        case OSError() if error.errno == errno.EFBIG:
            return Failed(Kind.FILE_TOO_LARGE, item_error("file_too_large", limit_mb=max_file_mb))
        case ImportError():
            return unloaded(error)
        case BadResult():  # of what a generator has given so far
            return bad_result(error)
    if of_machine := _of_machine(error):
        return of_machine
    if refused := refusals.of(error, bounds):
        return Failed(Kind.LASTING_MISTAKE, refused.error(_trace(error)))
    if summary := _wrong_call(error, function_name):
        return _lasting("wrong_call", error, summary=summary)
    return mistake(error)


def unloaded(error: BaseException) -> Said:
    """How an attempt ends whose job type, or what it imports, could not be loaded."""
    return _of_machine(error) or _lasting("type_unavailable", error, reason=why_unloaded(error))


def why_unloaded(error: BaseException) -> str:
    """Why a file of job types could not be loaded, and what helps where that is known."""
    if isinstance(error, ModuleNotFoundError) and str(error).startswith("No module named"):
        mend = ADD_TO_HEADER if program.IS_ELSEWHERE else INSTALL
        return f"it imports {error.name}, which is not installed; {mend}"
    return texts.said(error)


def bad_result(error: BaseException) -> Failed:
    """How an attempt ends whose result cannot be recorded; `error` says where in it, and why."""
    summary = str(error) if isinstance(error, BadResult) else _summary(error)
    return _lasting("bad_result", error, summary=summary)


def mistake(error: BaseException) -> Failed:
    """How an attempt ends in which the code of a job type raised what nobody expected."""
    found = item_error("unexpected_error", summary=_summary(error), traceback=_trace(error))
    return Failed(Kind.MISTAKE, found)


def _of_machine(error: BaseException) -> Said | None:
    """How an attempt ends that found no memory or no room on the disk, which may pass."""
    is_full = isinstance(error, OSError) and error.errno in NO_ROOM
    if isinstance(error, MemoryError) or (is_full and _is_shared_memory_full()):
        return Failed(Kind.OUT_OF_MEMORY, item_error("out_of_memory"))
    return Later(FULL_DISK_DELAY_S, FULL_DISK) if is_full else None


def _is_shared_memory_full() -> bool:
    with contextlib.suppress(OSError):
        return os.statvfs(SHARED_MEMORY).f_bavail == 0
    return False


def _told(error: BadInput | Unavailable) -> ItemError:
    """What the user reads; how an extra is installed is known to Bellhop alone."""
    # Its class may hold less than it promises.
    extra, data = (getattr(error, name, None) for name in ("extra", "data"))
    hint = error.hint if extra is None else f"Run {program.pip_line(extra)}"
    return ItemError(str(error.code), str(error.message), hint and str(hint), data=error_data(data))


def _lasting(code: str, error: BaseException, **values: str) -> Failed:
    return Failed(Kind.LASTING_MISTAKE, item_error(code, traceback=_trace(error), **values))


def _wrong_call(error: BaseException, function_name: str) -> str | None:
    """What is wrong with a call of the function or of `context`; None where none is.

    Python raises for the arguments of a call where the call stands, not in what is called.
    """
    frame = _innermost(error)
    if frame is None or not isinstance(error, TypeError | AttributeError):
        return None
    if isinstance(error, AttributeError) and isinstance(error.obj, Context):
        return f"context has no {error.name}; it has {', '.join(_members_of_context())}"
    is_of_context = isinstance(frame.f_locals.get("self"), Context)
    if is_of_context or OF_CONTEXT.match(str(error)):
        return re.sub(r"'_?Context' object|_?Context(?=\.)", "context", str(error), count=1)
    is_of_function = _is_of_bellhop(frame) or str(error).startswith(f"{function_name}() ")
    return str(error) if isinstance(error, TypeError) and is_of_function else None


def _innermost(error: BaseException) -> FrameType | None:
    """Where an error was raised."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return frames[-1] if frames else None


def _is_of_bellhop(frame: FrameType) -> bool:
    """Whether a frame runs code of Bellhop itself, which calls the functions of job types."""
    name = str(frame.f_globals.get("__name__"))
    return name.startswith("bellhop.") and not name.startswith("bellhop.jobtypes")


def _members_of_context() -> list[str]:
    names = {*Context.__dataclass_fields__, *vars(Context)}
    return sorted(name for name in names if name[0] != "_" and name not in INTERNAL)


def _summary(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(error)).strip()[:MOST_SUMMARY]


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-MOST_TRACEBACK:]
