"""What processes of Bellhop take, as /proc tells (proc(5)); where there is none, nothing."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from prometheus_client import ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from bellhop.system import proctree

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# Fields of /proc/PID/stat behind the name: utime, stime, rss.
UTIME, STIME, RSS = 11, 12, 21


class Taken(NamedTuple):
    """What one process takes."""

    cpu_s: float
    resident_bytes: int
    open_fds: int


def taken(pid: int) -> Taken | None:
    """What a process takes; None of one that is gone, or is not ours."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = proctree.read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        cpu_s = (int(fields[UTIME]) + int(fields[STIME])) / TICKS
        resident = int(fields[RSS]) * PAGE_BYTES
        return Taken(cpu_s, resident, len(os.listdir(f"/proc/{pid}/fd")))
    return None


def of_web() -> Iterable[Metric]:
    """What the web takes, under the names that every program has (process_…)."""
    collected: Iterable[Metric] = ProcessCollector(registry=None).collect()
    return collected


def of_consumers(pids: Iterable[tuple[str, int]]) -> Iterator[Metric]:
    """What consumers of this machine take, by (machine, pid)."""
    labels = ["machine", "pid"]
    cpu = CounterMetricFamily(
        "bellhop_consumer_cpu_seconds", "CPU time of a consumer.", labels=labels
    )
    memory = GaugeMetricFamily(
        "bellhop_consumer_resident_memory_bytes",
        "Memory of a consumer, without its job processes.",
        labels=labels,
    )
    fds = GaugeMetricFamily(
        "bellhop_consumer_open_fds", "File descriptors of a consumer.", labels=labels
    )
    for machine, pid in pids:
        if found := taken(pid):
            of = [machine, str(pid)]
            cpu.add_metric(of, found.cpu_s)
            memory.add_metric(of, found.resident_bytes)
            fds.add_metric(of, found.open_fds)
    yield from (cpu, memory, fds)
