"""What one program leaves to the next, and how the next is tried before."""

from __future__ import annotations

import json
import os
import sys
import time

import pytest

from bellhop.parent import handover
from bellhop.parent.handover import Handover, Trial

OURS = Handover("/data", "0.1.0", "127.0.0.1:8080", 5, (6, 7), 3, 4)


def outcome(trial: Trial) -> str:
    while (said := trial.outcome()) is None:
        time.sleep(0.02)
    trial.end()
    return said


def test_it_leaves_what_the_next_program_needs() -> None:
    assert Handover.of(OURS.text()) == OURS


def test_it_understands_what_a_program_of_another_version_leaves() -> None:
    told = json.loads(OURS.text())
    del told["connections"]
    text = json.dumps(told | {"of_a_later_version": 1})
    assert Handover.of(text).connections == ()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", ""),
        ("print('bellhop: no disk', file=sys.stderr); sys.exit(1)", "no disk (exit status 1)"),
        ("import nowhere", "ModuleNotFoundError: No module named 'nowhere' (exit status 1)"),
        ("import os; os.kill(os.getpid(), 9)", "the new program said nothing (SIGKILL)"),
    ],
)
def test_it_says_why_the_new_program_could_not_take_over(
    code: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "AS_STARTED", [sys.executable, "-c", f"import sys\n{code}"])
    assert outcome(Trial(OURS)) == said


def test_it_ends_a_trial_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trial, "limit_s", 0.1)
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    monkeypatch.setattr(handover, "AS_STARTED", command)
    assert outcome(Trial(OURS)) == "the new program did not answer within 0.1 seconds"


def test_it_refuses_a_program_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "AS_STARTED", ["/nowhere/python"])
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(FileNotFoundError):
        Trial(OURS)
    assert len(os.listdir("/proc/self/fd")) == before
