"""How a command finds the parent on a data folder, and hears what came of its wish."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bellhop.base.errors import StartRefused
from bellhop.parent import answers
from bellhop.parent.answers import Answer, answer, ask
from bellhop.system import signals
from bellhop.system.locks import take_lock

PARENT = """
import fcntl, os, signal, sys, time
folder = sys.argv[1]
lock = open(f"{folder}/serve.lock", "a")
fcntl.flock(lock, fcntl.LOCK_EX)
def told(number, frame):
    if "answers" in sys.argv:
        with open(f"{folder}/answer.restart", "r+") as file:
            file.write('[true, ["done"]]\\n')
    else:
        os._exit(1)
if "deaf" not in sys.argv:
    signal.signal(signal.SIGUSR2, told)
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def parents(tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for parent in started:
        parent.kill()
        parent.communicate()


def start(parents: list[subprocess.Popen[str]], folder: Path, kind: str) -> None:
    command = [sys.executable, "-c", PARENT, str(folder), kind]
    parents.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    assert parents[-1].stdout and parents[-1].stdout.readline()


def test_it_hears_what_the_parent_answers(
    parents: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    start(parents, tmp_path, "answers")
    assert ask(tmp_path, signal.SIGUSR2) == Answer(True, ["done"])
    assert not list(tmp_path.glob("answer.restart"))


def test_it_says_that_the_parent_has_ended(
    parents: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    start(parents, tmp_path, "dies")
    assert ask(tmp_path, signal.SIGUSR2) == Answer(False, ["Bellhop has ended; its log says why"])


def test_it_signals_no_parent_that_does_not_know_the_signal(
    parents: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    """The parent of an earlier version would die of it, and kill what runs."""
    start(parents, tmp_path, "deaf")
    with pytest.raises(StartRefused, match="of a version that does not know this; stop it"):
        ask(tmp_path, signal.SIGUSR2)
    assert parents[0].poll() is None


def test_it_finds_a_parent_that_closes_other_files_meanwhile(
    parents: list[subprocess.Popen[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(parents, tmp_path, "answers")
    real = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: ["999999", *real(path)])
    assert answers.understands(tmp_path, signal.SIGUSR2)


def test_it_finds_no_parent_where_none_runs(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match=r"no Bellhop .* runs on"):
        ask(tmp_path, signal.SIGUSR2)
    (tmp_path / "serve.lock").touch()
    with pytest.raises(StartRefused, match=r"no Bellhop .* runs on"):
        ask(tmp_path, signal.SIGUSR2)


def test_it_asks_for_one_thing_at_a_time(
    parents: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    start(parents, tmp_path, "answers")
    turn = take_lock(tmp_path / answers.TURN, fcntl.LOCK_EX)
    assert turn is not None
    with pytest.raises(StartRefused, match="another restart or reload is under way"):
        ask(tmp_path, signal.SIGUSR2)


def test_it_keeps_the_first_answer(tmp_path: Path) -> None:
    """The first process that failed knows why; those above it know only that."""
    path = tmp_path / "answer.restart"
    path.write_bytes(b" " * answers.ROOM_BYTES)
    answer(tmp_path, signals.RESTART, False, "the reason")
    answer(tmp_path, signals.RESTART, False, "web did not start")
    assert answers._read(path) == Answer(False, ["the reason"])


def test_it_tells_who_restarts_nothing_of_a_reload(tmp_path: Path) -> None:
    """Which systemd asks for by a signal, whatever else is under way."""
    path = tmp_path / "answer.restart"
    path.write_bytes(b" " * answers.ROOM_BYTES)
    answer(tmp_path, signals.RELOAD, True, "no setting is other than it was")
    assert answers._read(path) is None


def test_it_needs_nobody_who_asked(tmp_path: Path) -> None:
    answer(tmp_path, signals.RESTART, True, "done")
    assert list(tmp_path.iterdir()) == []
