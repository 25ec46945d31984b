"""Ways in which what an item started could outlive it; `TAG` is in the name of each process."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 1, 15, 36
FOR_S = 120


def stay(tag: str) -> None:
    """Be a process that can be found by its name, for long."""
    LIBC.prctl(PR_SET_NAME, tag.encode(), 0, 0, 0)
    for number in range(1, 65):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
    time.sleep(FOR_S)
    os._exit(0)


def session(tag: str) -> None:
    if os.fork() == 0:
        os.setsid()
        stay(tag)


def orphan(tag: str) -> None:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            stay(tag)
        os._exit(0)


def unadopted(tag: str) -> None:
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    orphan(tag)


def nested(tag: str) -> None:
    """A new parent at each step, each of which is gone before it is looked for."""
    if os.fork() == 0:
        for _ in range(60):
            os.setsid()
            if os.fork():
                os._exit(0)
            time.sleep(0.02)
        stay(tag)


def storm(tag: str) -> None:
    """Many, which go on making others."""
    for _ in range(20):
        if os.fork() == 0:
            os.setsid()
            LIBC.prctl(PR_SET_NAME, tag.encode(), 0, 0, 0)
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError):
                    if os.fork():
                        os._exit(0)
                os.setsid()
                time.sleep(0.005)
            stay(tag)


def closed(tag: str) -> None:
    """Without a descriptor, so that no pipe and no lock tells of it."""
    if os.fork() == 0:
        os.setsid()
        os.closerange(0, 4096)
        if os.fork() == 0:
            stay(tag)
        os._exit(0)


def memory(tag: str) -> None:
    """No process: memory that stays, by each name there is for it."""
    with contextlib.suppress(OSError):
        (Path("/dev/shm") / tag).write_bytes(b"x" * (1 << 20))
    key = int.from_bytes(tag.encode()[-3:], "big")
    LIBC.shmget(key, 1 << 20, 0o1600)
    with contextlib.suppress(OSError):
        ctypes.CDLL("librt.so.1").mq_open(b"/" + tag.encode(), os.O_CREAT | os.O_RDWR, 0o600, None)
    orphan(tag)


def guardless(tag: str) -> None:
    """Without the guard and the process that the consumer knows."""
    orphan(tag)
    own = os.getpid()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == own:
                name = (path.parent / "comm").read_text().strip()
                if name == "sh":
                    os.kill(int(path.parent.name), signal.SIGKILL)


def namespaced(tag: str) -> None:
    """In a namespace of processes of its own."""
    if os.fork() == 0:
        LIBC.unshare(0x10000000 | 0x20000000)
        if os.fork() == 0:
            os.setsid()
            stay(tag)
        os._exit(0)


def passed_on(tag: str) -> None:
    """With an end of a pipe of the worker, sent to another through a socket."""
    one, other = socket.socketpair()
    if os.fork() == 0:
        os.setsid()
        with contextlib.suppress(OSError):
            socket.recv_fds(other, 10, 3)
        stay(tag)
    for descriptor in range(3, 10):
        with contextlib.suppress(OSError):
            socket.send_fds(one, [b"x"], [descriptor])
            break


WAYS: dict[str, Callable[[str], None]] = {
    "session": session, "orphan": orphan, "unadopted": unadopted, "nested": nested,
    "storm": storm, "closed": closed, "memory": memory, "guardless": guardless,
    "namespaced": namespaced, "passed on": passed_on,
}  # fmt: skip
