"""A job type whose code wants to live on, for the tests of ends."""

import ctypes
import os
import signal
import time
from collections.abc import Callable

from bellhop import Context, job_type


def leave(act: Callable[[], object], levels: int = 2) -> None:
    """Start something in a session of its own that has lost its parent."""
    if os.fork() == 0:
        os.setsid()
        if levels > 1:
            leave(act, levels - 1)
        else:
            act()
        os._exit(0)


def sleep() -> None:
    time.sleep(1000)


def hop(trace: str) -> None:
    """Be another process each moment, which writes into `trace`, until that is gone."""
    with open(trace, "ab", buffering=0) as file:
        while os.path.exists(trace) and os.fork() == 0:
            file.write(b".")


def ignore() -> None:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    sleep()


def close_all() -> None:
    os.closerange(0, 4096)
    sleep()


def leave_unadopted() -> None:
    ctypes.CDLL(None).prctl(36, 0, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    leave(sleep)


def kill_children() -> None:
    """Kill what watches over this process, once something was left."""
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        watching = file.read().split()
    leave(sleep)
    for pid in watching:
        os.kill(int(pid), signal.SIGKILL)


ESCAPES: dict[str, Callable[[str], None]] = {
    "daemon": lambda trace: leave(sleep),
    "unadopted": lambda trace: leave_unadopted(),
    "hops": lambda trace: leave(lambda: hop(trace)),
    "ignores": lambda trace: leave(ignore),
    "closes": lambda trace: leave(close_all),
    "unguarded": lambda trace: kill_children(),
}


@job_type(label="Runaway", queue="parsing", timeout_s=4, delays_s=[], cache=False)
def runaway(text: str, context: Context, *, trace: str, ending: str = "hang") -> dict:
    """Escape as the text says, and then hang, crash or return."""
    ESCAPES[text](trace)
    context.progress(50, "escaped")
    if ending == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if ending == "hang":
        sleep()
    return {}
