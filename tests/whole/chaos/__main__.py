"""`python -m tests.whole.chaos`: the long run, with its figures; what `make chaos` does."""

from __future__ import annotations

import argparse
import secrets
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.whole.chaos.run import STORES, Plan, run

MOST_SHOWN = 40
# (items, kills): PostgreSQL is made anew after each failover, and cut off for up to 30 s.
LONG = {"sqlite": (10_000, 100), "redis": (10_000, 100), "postgresql": (5_000, 60)}


def main() -> int:
    """Run what was asked for; 1 when something is wrong or a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.whole.chaos", description=__doc__)
    parser.add_argument("--items", type=int, help="at least so many items")
    parser.add_argument("--kills", type=int, help="so many kills, and faults of the database")
    parser.add_argument("--store", choices=[*STORES, "both"], default="both",
                        help="both: sqlite and redis")  # fmt: skip
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    given = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # all that was started ends with a run
        signal.signal(number, lambda *_: sys.exit(1))
    stores = ("sqlite", "redis") if given.store == "both" else (given.store,)
    is_good = [_report(_plan(store, given)) for store in stores]
    return 0 if all(is_good) else 1


def _plan(store: str, given: argparse.Namespace) -> Plan:
    items, kills = LONG[store]
    return Plan(store, given.items or items, given.kills or kills, given.seed)


def _report(plan: Plan) -> bool:
    """Run and print; whether all is well."""
    print(f"{plan.store}: {plan.items} items, {plan.kills} kills, seed {plan.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="bellhop-chaos-"))
    started = time.monotonic()
    verdict = run(plan, folder)
    print(verdict.figures.table())
    wrong = [*verdict.findings, *verdict.figures.missed()]
    for finding in wrong[:MOST_SHOWN]:
        print(f"  WRONG: {finding}")
    if len(wrong) > MOST_SHOWN:
        print(f"  and {len(wrong) - MOST_SHOWN} more")
    verdict_words = f"{len(wrong)} wrong, see {folder}" if wrong else "all is well"
    print(f"  {verdict_words}, after {time.monotonic() - started:.0f} s\n", flush=True)
    if not wrong:
        shutil.rmtree(folder)
    return not wrong


if __name__ == "__main__":
    sys.exit(main())
