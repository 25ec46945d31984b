"""`make bench`: measure Bellhop next to its alternatives, and print one table.

The absolute figures are those of this machine at this moment; what means something are
the ratios of what was measured side by side. docs/benchmarks.md explains each line.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import signal
import sys
import traceback

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
    figures: list[Figure] = []
    failed = []
    for name in given.only or BENCHMARKS:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        try:
            figures += importlib.import_module(name).measure(quick=given.quick)
        except Exception:
            traceback.print_exc()  # the others can still tell something
            failed.append(name)
    print(f"\n{table(figures)}\n\nload after: {_load()}")
    if failed:
        sys.exit(f"no figure could be measured: {', '.join(failed)}")


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
