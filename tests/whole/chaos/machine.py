"""The machine of the run: a small disk, and /proc."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.running import is_alive, wait_for

DISK_SIZE = "2g"  # only what is written takes memory


class Disk:
    """A tmpfs of its own for the data folder, which can be as full as one likes."""

    def __init__(self, root: Path):
        self._root = root

    def fill(self) -> None:
        """Make the disk as small as what is on it; that needs no memory, unlike a large file."""
        wait_for(self._shrink)  # refused when somebody wrote meanwhile

    def empty(self) -> None:
        if not _mount(self._root, f"remount,size={DISK_SIZE}"):
            raise OSError(f"{self._root} cannot be given its size back")

    def _shrink(self) -> bool:
        status = os.statvfs(self._root)
        used_kb = (status.f_blocks - status.f_bfree) * status.f_frsize >> 10
        return _mount(self._root, f"remount,size={used_kb}k")


@contextlib.contextmanager
def small_disk(root: Path) -> Iterator[Disk | None]:
    """A disk of its own at `root`; None where this user may not mount one."""
    root.mkdir()
    is_mounted = _mount(root, f"size={DISK_SIZE}")
    try:
        yield Disk(root) if is_mounted else None
    finally:
        if is_mounted:
            # Lazily: what still holds a file there is the checker's to find, not umount's.
            subprocess.run(["umount", "-l", str(root)], check=True)


def _mount(root: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(root)]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def free_port() -> int:
    """A port that stays free while Bellhop is away.

    Below the range from which the kernel gives outgoing connections their port: else a
    client that knocks while nobody listens could be given the very port, and block it.
    """
    for port in range(20_000 + os.getpid() % 10_000, 32_768):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def children(pid: int) -> list[int]:
    """Pids of the children of a process."""
    found: list[int] = []
    for path in Path("/proc").glob(f"{pid}/task/*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in path.read_text().split()]
    return [child for child in found if is_alive(child)]


def has_argument(pid: int, argument: str) -> bool:
    """Whether a process was started with this word on its command line."""
    with contextlib.suppress(OSError):
        return argument.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return False


def kill(pid: int) -> float:
    """SIGKILL; when it was sent. Returns once the process does nothing any more."""
    at = time.time()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    while is_alive(pid):
        time.sleep(0.001)
    return at
