"""What /proc tells of a process and what it started (proc(5)); where there is none, nothing."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import glob
import os
import re
import signal
import sys
from collections.abc import Collection, Iterator

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # prctl(2)
BLOCK_BYTES = 512  # of st_blocks, stat(2)
DEAD = "ZX"  # states of what waits to be reaped, and of what is gone


def adopt_orphans() -> None:
    """Become the parent of what the descendants of this process leave behind; Linux alone can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with_parent() -> None:
    """Be asked to stop (SIGTERM) when the parent of this process dies; Linux alone can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def read(path: str) -> bytes:
    """A file of the kernel's as a whole, at a fifth of the cost of a file object."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        content = b""
        while part := os.read(descriptor, 1 << 16):
            content += part
        return content
    finally:
        os.close(descriptor)


def children(pid: int) -> list[int]:
    """Pids of what `pid` started itself, or adopted."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            found += map(int, read(f"/proc/{pid}/task/{thread}/children").split())
    return found


def descendants(pid: int) -> list[int]:
    """Pids of all that `pid` started, children before grandchildren."""
    found = children(pid)
    for child in found:  # which grows meanwhile
        found += children(child)
    return found


def runs_below(folder: str | os.PathLike[str]) -> bool:
    """Whether a process runs a program that was started by a path in this folder."""
    start = os.path.join(os.fsencode(folder), b"")
    for path in glob.iglob("/proc/[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if read(path).startswith(start):
                return True
    return False


def holding(path: str | os.PathLike[str]) -> set[int]:
    """Pids of the processes that have a file open, as far as this user may know."""
    real, found = os.path.realpath(path), set()
    for link in glob.iglob("/proc/[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(link) == real:
                found.add(int(link.split("/")[2]))
    return found


def has_lock(pid: int, path: str | os.PathLike[str]) -> bool:
    """Whether a process holds a lock on a file that it has open, as far as this user may know."""
    real = os.path.realpath(path)
    with contextlib.suppress(OSError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):  # it may close others meanwhile
                if os.readlink(f"/proc/{pid}/fd/{number}") == real:
                    return b"\nlock:" in read(f"/proc/{pid}/fdinfo/{number}")
    return False


def catches(pid: int, number: int) -> bool:
    """Whether a process has a handler for a signal, or what comes of it waits until it has."""
    with contextlib.suppress(OSError):
        masks = re.findall(rb"^Sig(?:Cgt|Blk):\s*(\w+)$", read(f"/proc/{pid}/status"), re.M)
        return any(int(mask, 16) >> number - 1 & 1 for mask in masks)
    return False


def written_below(folder: str | os.PathLike[str]) -> set[str]:
    """What is open for writing below a folder, as real paths and as far as this user may know."""
    start, found = os.path.join(os.path.realpath(folder), ""), set()
    for link in glob.iglob("/proc/[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            path = os.readlink(link)
            if path.startswith(start) and _flags(link) & os.O_ACCMODE != os.O_RDONLY:
                found.add(path)
    return found


def _flags(link: str) -> int:
    """Those of open(2), of a descriptor in /proc."""
    return int(read(link.replace("/fd/", "/fdinfo/")).split(b"flags:", 1)[1].split()[0], 8)


def name(pid: int) -> str:
    """What the program of a process is called; "?" of one that is gone."""
    with contextlib.suppress(OSError):
        return read(f"/proc/{pid}/comm").decode(errors="replace").strip()
    return "?"


def memory_bytes(pids: Collection[int], enough: int = 0) -> int:
    """What these processes hold together, with what is swapped out; shared pages count once.

    What they keep in memory without having mapped it counts too: files of memfd_create(2), and a
    `/dev/shm` of their own. What is a copy of a file on the disk does not. As long as it is surely
    not more than `enough`, it may tell too much.
    """
    in_files = nameless_bytes(pids, _memory_device())
    in_folder = max(map(shared_memory_bytes, pids), default=0)  # they have one together
    named = tuple(["/memfd:"] * bool(in_files) + ["/dev/shm/"] * bool(in_folder))
    most = in_files + in_folder + sum(map(_resident_bytes, pids))
    if most <= enough:
        return most
    return in_files + in_folder + sum(_mapped_bytes(pid, named) for pid in pids)


def nameless_bytes(pids: Collection[int], device: int) -> int:
    """What is held in files of a device that these processes have open, and that have no name."""
    return sum({n: size for pid in pids for n, size in _nameless(pid, device)}.values())


@functools.cache
def _memory_device() -> int:
    """Where the files of memfd_create(2) are; 0 where there are none."""
    if not hasattr(os, "memfd_create"):
        return 0
    descriptor = os.memfd_create("")
    try:
        return os.fstat(descriptor).st_dev
    finally:
        os.close(descriptor)


def _nameless(pid: int, device: int) -> Iterator[tuple[int, int]]:
    with contextlib.suppress(OSError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                status = os.stat(f"/proc/{pid}/fd/{number}")
                if status.st_nlink == 0 and status.st_dev == device:
                    yield status.st_ino, status.st_blocks * BLOCK_BYTES


def _resident_bytes(pid: int) -> int:
    """What a process has mapped, also what it shares."""
    return _sum_of(f"/proc/{pid}/status", ("RssAnon:", "RssShmem:", "VmSwap:"))


def _mapped_bytes(pid: int, without: tuple[str, ...]) -> int:
    """What a process has mapped, with its part of what it shares, but of files with these names."""
    try:
        total = _sum_of(f"/proc/{pid}/smaps_rollup", ("Pss_Anon:", "Pss_Shmem:", "SwapPss:"))
        return total - (_mapped_of(pid, without) if without else 0)
    except PermissionError:  # it does not let itself be looked at
        return _resident_bytes(pid)


def _mapped_of(pid: int, names: tuple[str, ...]) -> int:
    total_kb, counts = 0, False
    gone = FileNotFoundError, ProcessLookupError
    with contextlib.suppress(*gone), open(f"/proc/{pid}/smaps") as file:
        for name, *rest in map(str.split, file):
            if not name.endswith(":"):  # a new mapping, with its file at the end
                counts = len(rest) > 4 and rest[4].startswith(names)
            elif counts and name in ("Pss:", "SwapPss:"):
                total_kb += int(rest[0])
    return total_kb * 1024


def _sum_of(path: str, names: tuple[str, ...]) -> int:
    """The sum of these lines of a file of proc(5), in bytes; PermissionError."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        lines = read(path).decode().splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(names))
    return 0


def shared_memory_bytes(pid: int) -> int:
    """What lies in the `/dev/shm` of a process, if it has one of its own."""
    place = os.path.join(f"/proc/{pid}/root", "dev", "shm")
    with contextlib.suppress(OSError):
        if os.stat(place).st_dev != os.stat("/dev/shm").st_dev:
            held = os.statvfs(place)
            return (held.f_blocks - held.f_bfree) * held.f_frsize
    return 0


def lives(pid: int) -> bool:
    """Whether a process runs; what is dead and not yet reaped does not."""
    return state(pid)[0] not in DEAD


def group_lives(group: int) -> bool:
    """Whether a process of this group still runs."""
    found = (state(int(path.split("/")[2])) for path in glob.glob("/proc/[0-9]*/stat"))
    return any(of_group == group and letter not in DEAD for letter, _, of_group in found)


def state(pid: int) -> tuple[str, int, int]:
    """The state of a process, its parent and its group; of one that is gone, "X" and zeros."""
    with contextlib.suppress(OSError):
        # After the name, which may hold anything.
        stat = read(f"/proc/{pid}/stat").decode("ascii", "replace").rpartition(")")[2].split()
        return stat[0], int(stat[1]), int(stat[2])
    return "X", 0, 0
