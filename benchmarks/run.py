"""`make bench`: measure Bellhop next to its alternatives, and print one table.

The absolute figures are those of this machine at this moment; what means something are
the ratios of what was measured side by side. docs/benchmarks.md explains each line.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import multiprocessing
import os
import platform
import signal
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import serving
from report import Figure, table

# Modules of this folder, in their order.
BENCHMARKS = (
    "pickup",
    "throughput",
    "postgresql",
    "moving",
    "growth",
    "upload",
    "api",
    "million",
    "pages",
    "flood",
    "cleanup",
    "memory",
    "saving",
    "cluster",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="whether all can be measured; in small"
    )
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, help="these benchmarks alone")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupted)
    print(_machine(), flush=True)
    names = given.only or BENCHMARKS
    with _measuring(given.quick) as measure:
        found = dict(zip(names, measure(partial(_figures, quick=given.quick), names), strict=True))
    figures = [figure for each in found.values() for figure in each or ()]
    failed = [name for name, each in found.items() if each is None]
    print(f"\n{table(figures)}\n\nload after: {_load()}")
    if failed:
        sys.exit(f"no figure could be measured: {', '.join(failed)}")


@contextlib.contextmanager
def _measuring(quick: bool) -> Iterator[Any]:
    """How all are measured: one after the other, but in small two at a time.

    Then nobody reads the figures, and each waits half of its time.
    """
    if not quick:
        yield map
        return
    # The folder of this process keeps the one of all, which the last to end removes.
    with serving.folder(), ProcessPoolExecutor(2) as pool:
        try:
            yield pool.map
        except KeyboardInterrupt:
            for child in multiprocessing.active_children():
                child.terminate()
            raise


def _figures(name: str, *, quick: bool) -> list[Figure] | None:
    """What one measured; None where it could not be measured."""
    print(f"measuring {name} …", file=sys.stderr, flush=True)
    try:
        return list(importlib.import_module(name).measure(quick=quick))
    except Exception:
        traceback.print_exc()  # the others can still tell something
        return None


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
