"""A short attack of each kind: as job code, as an account, as a stranger, as time and disks.

The long one is `python -m tests.whole.attack`. What proves something by finding nothing must be
shown to find: the second half lets the attacker succeed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.whole.attack import escapes, hostile, protocol
from tests.whole.attack.rows import Plan, Row, table
from tests.whole.attack.run import OF_SQLITE, PARTS

SEED = 1
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="job code is confined on Linux")


ITS_FILE = pytest.mark.sqlite("its file is removed, replaced or cut")


@pytest.mark.parametrize(
    "part", [pytest.param(name, marks=ITS_FILE if name in OF_SQLITE else ()) for name in PARTS]
)
def test_it_harms_nobody(part: str) -> None:
    rows = PARTS[part](Plan(is_quick=True, seed=SEED))
    assert all(row.is_well for row in rows), f"\n{table(rows)}"


def test_it_prints_what_went_wrong_below_the_table() -> None:
    row = Row("an attack", "nothing", "1 of 2")
    row.expect(True, "this is well")
    row.expect(False, "this is not")
    printed = table([row]).splitlines()
    assert printed[0].split() == ["what", "|", "asked", "|", "found", "|", "ok"]
    assert printed[2].split(" | ") == ["an attack", "nothing", "1 of 2", "NO"]
    assert printed[-1] == "  this is not"


def test_it_takes_for_held_only_what_says_so() -> None:
    row = Row("probes", "nothing")
    said = {"one": "held: PermissionError", "two": "GOT b'secret'"}
    hostile.judge(row, "runs", ["one", "two", "three"], said)
    assert row.misses == ["two, while it runs: GOT b'secret'", "three, while it runs: no answer"]


def test_it_knows_more_than_a_hundred_probes_by_their_names() -> None:
    probes, acts = hostile.names_of_probes(), hostile.names_of_acts()
    assert len(set(probes)) == len(probes) > 150
    assert len(set(acts)) == len(acts) > 80
    assert {*hostile.BRIEF, *hostile.MUST_FAIL, *hostile.WAIT} <= set(acts)


def write(path: Path) -> None:
    path.write_text("changed")


def close(path: Path) -> None:
    path.chmod(0o400)


def replace(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


def make(path: Path) -> None:
    path.with_name("new").touch()


@pytest.mark.parametrize("act", [write, close, replace, make, Path.unlink])
def test_it_sees_what_changed_outside_the_bounds(
    act: Callable[[Path], object], tmp_path: Path
) -> None:
    neighbour = tmp_path / "neighbour.txt"
    neighbour.write_text("as it was")
    before = dict(hostile.entries(tmp_path, hostile.OWN_WRITES))
    assert dict(hostile.entries(tmp_path, hostile.OWN_WRITES)) == before
    act(neighbour)
    assert dict(hostile.entries(tmp_path, hostile.OWN_WRITES)) != before


def test_it_sees_a_process_that_stays() -> None:
    tags = {"a way": f"atk{os.getpid() % 10**10:010}"}
    pid = os.fork()
    if pid == 0:
        ctypes.CDLL(None).prctl(15, tags["a way"].encode(), 0, 0, 0)
        signal.pause()
    try:
        while not escapes.left(tags):
            assert os.waitpid(pid, os.WNOHANG) == (0, 0)
        assert escapes.left(tags) == {"a way": f"process {pid} lives"}
    finally:
        escapes.clean(tags)
        os.waitpid(pid, 0)
    assert escapes.left(tags) == {}


def test_it_sees_a_file_that_stays_in_memory() -> None:
    tags = {"a way": f"atk{os.getpid() % 10**10:010}"}
    (Path("/dev/shm") / tags["a way"]).touch()
    assert escapes.left(tags) == {"a way": "a file in /dev/shm stays"}
    escapes.clean(tags)
    assert escapes.left(tags) == {}


@pytest.mark.parametrize(
    ("place", "is_away"),
    [
        ("/jobs/1", False),
        ("", False),
        ("//evil.example", True),
        ("/\\evil.example", True),
        ("/\t/evil.example", True),
        ("https:evil.example", True),
    ],
)
def test_it_reads_an_address_as_browsers_do(place: str, is_away: bool) -> None:
    assert protocol.leads_away("http://127.0.0.1:8080", place) is is_away
