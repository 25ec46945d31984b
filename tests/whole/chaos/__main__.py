"""`python -m tests.whole.chaos`: the long run, with its figures; what `make chaos` does."""

from __future__ import annotations

import argparse
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.whole.chaos import several
from tests.whole.chaos.run import STORES, Plan, Verdict, run
from tests.whole.chaos.several import BELLS, FILES, SeveralPlan, SeveralVerdict

MOST_SHOWN = 40
# (items, kills): PostgreSQL is made anew after each failover, and cut off for up to 30 s.
LONG = {"sqlite": (10_000, 100), "redis": (10_000, 100), "postgresql": (5_000, 60)}
LONG_CLUSTER = (10_000, 100)


def main() -> int:
    """Run what was asked for; 1 when something is wrong or a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.whole.chaos", description=__doc__)
    parser.add_argument("--items", type=int, help="at least so many items")
    parser.add_argument("--kills", type=int, help="so many kills, and faults of the database")
    parser.add_argument("--store", choices=[*STORES, "both"], default="both",
                        help="both: sqlite and redis")  # fmt: skip
    parser.add_argument("--cluster", action="store_true", help="on several machines instead")
    parser.add_argument("--bell", choices=BELLS, default=BELLS[0], help="of several machines")
    parser.add_argument("--files", choices=FILES, default=FILES[0], help="of several machines")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    given = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # all that was started ends with a run
        signal.signal(number, lambda *_: sys.exit(1))
    if given.cluster:
        return 0 if _report_cluster(given) else 1
    stores = ("sqlite", "redis") if given.store == "both" else (given.store,)
    is_good = [_report(_plan(store, given)) for store in stores]
    return 0 if all(is_good) else 1


def _plan(store: str, given: argparse.Namespace) -> Plan:
    items, kills = LONG[store]
    return Plan(store, given.items or items, given.kills or kills, given.seed)


def _report_cluster(given: argparse.Namespace) -> bool:
    items, faults = LONG_CLUSTER
    plan = SeveralPlan(
        given.bell, given.files, given.items or items, given.kills or faults, given.seed
    )
    said = f"machines, bell {plan.bell}, files {plan.files}: {plan.items} items"
    print(f"{said}, {plan.faults} faults, seed {plan.seed}", flush=True)
    return _judged(lambda folder: several.run(plan, folder))


def _report(plan: Plan) -> bool:
    """Run and print; whether all is well."""
    print(f"{plan.store}: {plan.items} items, {plan.kills} kills, seed {plan.seed}", flush=True)
    return _judged(lambda folder: run(plan, folder))


def _judged(make: Callable[[Path], Verdict | SeveralVerdict]) -> bool:
    folder = Path(tempfile.mkdtemp(prefix="bellhop-chaos-"))
    folder.chmod(0o755)
    started = time.monotonic()
    verdict = make(folder)
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
