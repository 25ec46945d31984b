"""What an attempt finds in its process beside its own memory, and the next one finds again."""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import signal
import sys
import threading
from collections.abc import Sequence

from bellhop.system import limits

# Every item pays for each of these. Those that are left out change nothing for the next one.
LIMITS = [
    getattr(resource, f"RLIMIT_{name}")
    for name in ("AS", "CPU", "DATA", "FSIZE", "NOFILE", "NPROC")
]
SIGNALS = [
    getattr(signal, f"SIG{name}")
    for name in ("ALRM", "CHLD", "HUP", "INT", "PIPE", "QUIT", "TERM", "USR1", "USR2")
]
# What is under the wrapper that makes numbers an enum, which takes four times as long.
_handler_of = importlib.import_module("_signal").getsignal
TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
OUTPUT = (1, 2)
# Of the 107 that the path of a socket may have (unix(7)), without those that multiprocessing and
# tempfile append to the folder for temporary files: 32 and 12.
MOST_HOME_BYTES = 107 - 32 - 12


class Surroundings:
    """As an attempt shall find them; `descriptors` are those that must stay what they are."""

    def __init__(self, descriptors: Sequence[int]):
        self._descriptors = descriptors
        self.look()

    def look(self) -> None:
        """Take them as they are now: what comes with the import of a library may stay."""
        self._streams = sys.stdout, sys.stderr
        self._output = [_identity(os.fstat(descriptor)) for descriptor in OUTPUT]
        self._umask = os.umask(0o022)
        os.umask(self._umask)
        self._environment = dict(os.environ)
        self._fixed = self._what_is_fixed()

    def has_output(self) -> bool:
        """Whether what is printed still goes where it went."""
        try:
            now = [_identity(os.fstat(descriptor)) for descriptor in OUTPUT]
        except OSError:
            return False
        return now == self._output and not any(stream.closed for stream in self._streams)

    def restore(self) -> bool:
        """Bring back what is often changed; False when anything else is not as it was."""
        sys.stdout, sys.stderr = self._streams
        os.umask(self._umask)
        if dict(os.environ) != self._environment:
            os.environ.clear()
            os.environ.update(self._environment)
        for timer in TIMERS:
            signal.setitimer(timer, 0)
        try:
            return self._what_is_fixed() == self._fixed
        except OSError:
            return False

    def _what_is_fixed(self) -> tuple[object, ...]:
        return (
            [_identity(os.fstat(descriptor)) for descriptor in self._descriptors],
            _open_descriptors(),
            [stream.closed for stream in self._streams],
            _identity(os.stat("/")),
            os.getpriority(os.PRIO_PROCESS, 0),
            hasattr(os, "sched_getaffinity") and os.sched_getaffinity(0),
            [limits.of(kind) for kind in LIMITS],
            [_handler_of(number) for number in SIGNALS],
            signal.pthread_sigmask(signal.SIG_BLOCK, ()),
            # One that outlives its item would print, and read orders, in the next one.
            threading.active_count(),
        )


def short(home: str) -> str:
    """The folder `home` of a job process under a path with room for the name of a socket.

    `home` is data/scratch/PROCESS/home: a long data folder has a short name in /proc, which all
    that the job starts can use. Where there is none, the path stays as it is.
    """
    if sys.platform != "linux" or len(os.fsencode(home)) <= MOST_HOME_BYTES:
        return home
    process, name = os.path.split(home)
    above, process = os.path.split(process)
    descriptor = os.open(above, os.O_PATH)
    shorter = f"/proc/{os.getpid()}/fd/{descriptor}/{process}/{name}"
    with contextlib.suppress(OSError):
        if os.path.samefile(shorter, home):
            return shorter
    os.close(descriptor)
    return home


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _open_descriptors() -> int:
    """How many there are (proc(5)); 0 where nobody says."""
    with contextlib.suppress(OSError):
        # Linux tells it by the size since version 6.2.
        return os.stat("/proc/self/fd").st_size or len(os.listdir("/proc/self/fd"))
    return 0
