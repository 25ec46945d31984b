"""`python -m tests.whole.attack`: the long run; what `make attack` does."""

from __future__ import annotations

import argparse
import contextlib
import secrets
import sys

from tests.support.postgres import Databases, Postgres
from tests.support.running import Running
from tests.whole.attack.rows import Plan, table
from tests.whole.attack.run import run


def main() -> int:
    """Run what was asked for; 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.whole.attack", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--quick", action="store_true", help="the form of one minute")
    parser.add_argument(
        "--only", default="", help="the parts with such names (a regular expression)"
    )
    parser.add_argument("--rows", choices=["sqlite", "postgresql"], default="sqlite")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with contextlib.ExitStack() as after:
        if given.rows == "postgresql":
            Running.databases = Databases(after.enter_context(Postgres(fast=True)))
        rows = run(
            Plan(given.quick, given.seed), given.only, lambda text: print(f"  {text}", flush=True)
        )
    print(table(rows))
    return 0 if all(row.is_well for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
