"""`make bench`: measure Bellhop next to its alternatives, and print one table.

The absolute figures are those of this machine at this moment; what means something are
the ratios of what was measured side by side. docs/benchmarks.md explains each line.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from collections.abc import Callable

import api
import cleanup
import memory
import million
import pickup
import throughput
import upload
from report import Figure, table

BENCHMARKS: dict[str, Callable[..., list[Figure]]] = {
    "pickup": pickup.measure,
    "throughput": throughput.measure,
    "upload": upload.measure,
    "api": api.measure,
    "million": million.measure,
    "cleanup": cleanup.measure,
    "memory": memory.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small and short, for development")
    parser.add_argument("--only", choices=BENCHMARKS, help="one benchmark alone")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupted)
    print(_machine(), flush=True)
    figures: list[Figure] = []
    for name in [given.only] if given.only else BENCHMARKS:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        figures += BENCHMARKS[name](quick=given.quick)
    print(f"\n{table(figures)}\n\nload after: {_load()}")


def _machine() -> str:
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores,"
        f" Python {platform.python_version()}, load before: {_load()}"
    )


def _load() -> str:
    return " ".join(f"{load:.2f}" for load in os.getloadavg())


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt  # so that everything that was started is stopped


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted")
