"""A Bellhop of its own for `make eval`, and what its work costs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from bellhop.client import Bellhop

ROOT = Path(__file__).resolve().parents[1]
READY = "Bellhop is ready at "
LOOK_EVERY_S = 0.05


class Served:
    """A running Bellhop with an empty data folder.

    `largest_mb` is the most memory that one of its processes has held at once, in MB.
    """

    def __init__(self, client: Bellhop, pid: int):
        self.client, self._pid, self.largest_mb = client, pid, 0.0

    @contextlib.contextmanager
    def watched(self) -> Iterator[Served]:
        """Look at its processes again and again: one that grows large ends with its item."""
        stopping = threading.Event()

        def watch() -> None:
            while not stopping.wait(LOOK_EVERY_S):
                self.largest_mb = max([self.largest_mb, *map(_peak_mb, self._processes())])

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield self
        finally:
            stopping.set()
            watcher.join()

    def cpu_s(self) -> float:
        """CPU seconds that all its processes have used, also those that have ended."""
        ticks = sum(sum(map(int, _stat(pid)[11:15])) for pid in self._processes())
        return ticks / os.sysconf("SC_CLK_TCK")

    def _processes(self) -> Iterator[int]:
        """All living processes of it, from the first down."""
        waiting = [self._pid]
        while waiting:
            pid = waiting.pop()
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    waiting += map(int, (task / "children").read_text().split())
            if _stat(pid):
                yield pid


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name; none of a process that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _peak_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


@contextlib.contextmanager
def serving(settings: Mapping[str, str]) -> Iterator[Served]:
    """A Bellhop with an empty data folder; `settings` are variables of its environment."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        (Path(folder) / "log").open("w+") as log,
    ):
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py")],
            stdout=subprocess.PIPE,
            stderr=log,
            env={
                **{name: value for name, value in os.environ.items() if "BELLHOP_" not in name},
                "BELLHOP_SERVER_PORT": "0",
                "BELLHOP_HUEY_STORAGE": "sqlite",
                "BELLHOP_STORAGE_DATA_DIR": str(Path(folder) / "data"),
                **settings,
            },
            text=True,
        )
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith(READY):
                sys.exit(f"eval: Bellhop did not start:\n{(Path(folder) / 'log').read_text()}")
            address = line.removeprefix(READY).split()[0]
            with Served(Bellhop(address), process.pid).watched() as served:
                yield served
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
