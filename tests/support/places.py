"""Where the project, its test data and the job types of the tests lie."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
TYPES = Path(__file__).parent / "types"
STUBBORN_TYPES = Path(__file__).parent / "types_stops"
