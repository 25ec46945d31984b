"""The commands that there are, and how long the parent waits for a half."""

from __future__ import annotations

import re
import subprocess
import time

import pytest

from bellhop.cli.main import main
from bellhop.parent.halves import FIRST_BACKOFF_S, Child
from tests.support.places import ROOT


def test_it_waits_longer_each_time_a_half_dies_at_once() -> None:
    child = Child("half", ["/bin/false"])
    waits = []
    for _ in range(4):
        child.start()
        assert not child.hear()
        waits.append(child.start_at - time.monotonic())
    assert waits == sorted(waits)
    assert waits[0] <= FIRST_BACKOFF_S < waits[-1]


def test_it_prints_help_by_make_alone() -> None:
    done = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True)
    for target in ("run", "test", "check", "demo", "dev", "dist", "bench"):
        assert f"make {target}" in done.stdout


@pytest.mark.parametrize(
    "command",
    ["serve", "web", "consumer", "submit", "jobs", "result", "cancel", "retry", "stats", "check",
     "try", "drain"],
)  # fmt: skip
def test_it_knows_every_command_of_the_contract(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"app.py {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "target",
    [
        "run",
        "test",
        "quick",
        "fmt",
        "proof",
        "check",
        "demo",
        "dev",
        "bench",
        "chaos",
        "eval",
        "fuzz",
        "dist",
    ],
)
def test_it_has_every_make_target_of_the_contract(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)
