"""Bellhop as the first process of a container: it is the parent of whatever loses its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.places import ROOT
from tests.support.running import Running, is_alive, running, wait_for

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("nsenter"), reason="needs a namespace of processes"
)
ORPHANS = 20
REAPED_S = 5


@pytest.fixture
def bellhop(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as server:
        yield server


def start_first(bellhop: Running, *command: str) -> int:
    """Start a command as the first process of its namespace; its pid out here."""
    with (bellhop.data.parent / "log").open("a") as log:
        outer = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", sys.executable,
             str(ROOT / "app.py"), *command],
            stdout=subprocess.PIPE, stderr=log, env=bellhop.environment, text=True,
        )  # fmt: skip
    bellhop.processes.append(outer)
    return int(wait_for(lambda: children_of(outer.pid))[0])


def children_of(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()]


def leave_orphans(first: int) -> None:
    """Run what loses its parent, and soon ends: as the shell of a health check may."""
    script = "for n in $(seq 20); do (sleep 0.2 &) ; done"
    command = ["nsenter", "--target", str(first), "--pid", "--mount", "sh", "-c", script]
    subprocess.run(command, check=True)


def zombies_of(pid: int) -> list[int]:
    return [child for child in children_of(pid) if not is_alive(child)]


@pytest.mark.parametrize("command", [(), ("web",), ("consumer",)], ids=["both", "web", "consumer"])
def test_it_reaps_whatever_ends(bellhop: Running, command: tuple[str, ...]) -> None:
    first = start_first(bellhop, *command)
    if command == ("consumer",):
        wait_for(lambda: list((bellhop.data / "consumers").glob("*")))
    else:
        wait_for((bellhop.data / "address").exists)
    leave_orphans(first)
    time.sleep(0.5)
    wait_for(lambda: zombies_of(first) == [], REAPED_S)
    os.kill(first, signal.SIGTERM)
    assert bellhop.processes[-1].wait(20) == 0


def test_it_lets_be_what_is_none_of_its_own(bellhop: Running) -> None:
    """Somebody looks after a container, and leaves something running."""
    first = start_first(bellhop)
    wait_for((bellhop.data / "address").exists)
    before = set(children_of(first))
    script = "sleep 1000 &"
    subprocess.run(["nsenter", "-t", str(first), "-p", "-m", "sh", "-c", script], check=True)
    leave_orphans(first)
    time.sleep(0.5)
    wait_for(lambda: zombies_of(first) == [], REAPED_S)
    assert len(set(children_of(first)) - before) == 1
    os.kill(first, signal.SIGTERM)
    assert bellhop.processes[-1].wait(20) == 0
