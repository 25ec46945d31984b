"""`python -m tests.whole.fuzz`: the long run; what `make fuzz` does."""

from __future__ import annotations

import argparse
import logging
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from tests.whole.fuzz.run import Plan, first_of, run

MOST_SHOWN = 30


def main() -> int:
    """Run what was asked for; 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.whole.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000, help="so many in all")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="which ones")
    given = parser.parse_args()
    # What is refused, and what jobs say, is not news here.
    logging.basicConfig(level=logging.CRITICAL)
    print(f"{given.cases:,} cases, seed {given.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="bellhop-fuzz-"))
    verdict = run(
        Plan(given.cases, given.seed), folder, lambda text: print(f"  {text}", flush=True)
    )
    print(verdict.table())
    if verdict.findings:
        print(first_of(verdict.findings, MOST_SHOWN))
        print(f"{len(verdict.findings)} wrong with seed {given.seed}, see {folder}")
        return 1
    shutil.rmtree(folder)
    print("All is well.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
