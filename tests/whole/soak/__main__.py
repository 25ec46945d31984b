"""`python -m tests.whole.soak`: one call with its figures; what `make soak` does."""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import tempfile
from pathlib import Path

from tests.whole.soak.run import Soak

MINUTES = 8.0


def main() -> int:
    """Run a call; 1 when something grows or is lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.whole.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--folder", type=Path, help="continue what an earlier call left there")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    given = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # all that was started ends with a run
        signal.signal(number, lambda *_: sys.exit(1))
    folder = given.folder or Path(tempfile.mkdtemp(prefix="bellhop-soak-"))
    folder.mkdir(exist_ok=True)
    print(f"{given.minutes:g} minutes in {folder}, seed {given.seed}", flush=True)
    verdict = Soak(folder, given.seed).run(given.minutes * 60)
    print(verdict.table())
    for wrong in verdict.wrong:
        print(f"  WRONG: {wrong}")
    print(f"  {len(verdict.wrong)} wrong" if verdict.wrong else "  all is well")
    print(f"  to continue: make soak FOLDER={folder}")
    return 1 if verdict.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
