"""What Bellhop holds: memory, descriptors and threads of each process, and what is on the disk."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

# Growth up to here, over all that was measured, is no leak: caches fill, and pages are shared.
ALLOWED = {
    "MiB of memory": 8.0,
    "descriptors": 4.0,
    "threads": 2.0,
    "MiB of write-ahead log": 8.0,
    "MiB on the disk": 24.0,
}
# How many standard errors of a slope are noise.
NOISE = 3.0
PARENT, WEB, CONSUMER, FOLDER = "parent", "web", "consumer", "data folder"
# The children of the parent; the last one is of the program that shall take over.
NEXT = "prepare"
CHILDREN = (WEB, CONSUMER, NEXT)
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Series:
    """One measure of one part: (seconds, value) in the order of time."""

    part: str
    measure: str
    points: Sequence[tuple[float, float]]

    def growth(self) -> tuple[float, float]:
        """How much it grew over the whole time by its line of least squares, and the noise of that.

        The noise is `NOISE` standard errors of the slope, times the length of time.
        """
        count = len(self.points)
        mean_t = sum(t for t, _ in self.points) / count
        mean_v = sum(v for _, v in self.points) / count
        spread = sum((t - mean_t) ** 2 for t, _ in self.points)
        slope = sum((t - mean_t) * (v - mean_v) for t, v in self.points) / spread
        rest = sum((v - mean_v - slope * (t - mean_t)) ** 2 for t, v in self.points)
        error = (rest / max(1, count - 2) / spread) ** 0.5
        length = self.points[-1][0] - self.points[0][0]
        return slope * length, NOISE * error * length

    @property
    def is_flat(self) -> bool:
        growth, noise = self.growth()
        return growth <= noise + ALLOWED[self.measure]

    def line(self) -> str:
        growth, noise = self.growth()
        values = [value for _, value in self.points]
        said = "flat" if self.is_flat else "GROWS"
        between = f"{min(values):8.1f} to {max(values):8.1f}"
        grew = f"{growth:+7.2f} ± {noise:.2f}"
        return f"  {self.part:<12} {self.measure:<24} {between}  {grew:<18} {said}"


def of_processes(parent: int) -> dict[tuple[str, str], float]:
    """Each measure of the parent and its two halves, by part and measure."""
    found = {}
    halves = {part: pid for part, pid in children(parent).items() if part != NEXT}
    for part, pid in {PARENT: parent, **halves}.items():
        with contextlib.suppress(OSError):  # it has just ended
            status = Path(f"/proc/{pid}/status").read_text()
            numbers = {line.split(":")[0]: line.split()[1] for line in status.splitlines()[1:]
                       if len(line.split()) > 1}  # fmt: skip
            found[part, "MiB of memory"] = int(numbers["VmRSS"]) / 1024
            found[part, "threads"] = float(numbers["Threads"])
            found[part, "descriptors"] = float(len(os.listdir(f"/proc/{pid}/fd")))
    return found


def of_folder(data: Path) -> dict[tuple[str, str], float]:
    """Each measure of a data folder."""
    log = data / "bellhop.db-wal"
    size = log.stat().st_size if log.exists() else 0
    return {
        (FOLDER, "MiB of write-ahead log"): size / MEBIBYTE,
        (FOLDER, "MiB on the disk"): sum(_blocks_of(data)) / MEBIBYTE,
    }


def children(parent: int) -> dict[str, int]:
    """The pids of the children of the parent, as far as they live."""
    found: dict[str, int] = {}
    for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            found |= {kind: int(pid) for kind in CHILDREN if kind.encode() in words}
    return found


def _blocks_of(folder: Path) -> Iterable[int]:
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # it was deleted meanwhile
                yield os.lstat(os.path.join(place, name)).st_blocks * 512
