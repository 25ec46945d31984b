"""How a machine that joins changes its config.ini; the rest: tests/cli/test_joining.py."""

from __future__ import annotations

import pytest

from bellhop.machines.arrival import with_key


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "\n[storage]\nfiles = x\n"),
        ("[storage]\nfiles =\n", "[storage]\nfiles = x\n"),
        ("[storage]\n# files = y\nFiles: z\n", "[storage]\n# files = y\nfiles = x\n"),
        ("[storage]\ndata_dir = d\n[huey]\nfiles = h",
         "[storage]\nfiles = x\ndata_dir = d\n[huey]\nfiles = h"),
        ("[server]\nport = 1", "[server]\nport = 1\n\n[storage]\nfiles = x\n"),
    ],
)  # fmt: skip
def test_it_changes_one_line_of_a_config_file(before: str, after: str) -> None:
    assert with_key(before, "storage", "files", "x") == after
