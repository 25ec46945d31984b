"""SIGKILL at random moments: each file becomes one job, and has one place in the end."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from bellhop.base.errors import ItemError
from bellhop.database.database import database, query
from bellhop.jobs import lifecycle
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.watch import stillness, watching
from tests.support.watching import Drop, end_jobs, jobs

FILES, KILLS = 100, 12
BROKEN = ItemError("broken", "The page is torn.")


def work(drop: Drop) -> None:
    """Look after the folder, and end jobs, each second time as failed; until killed."""
    drop.restart()
    lifecycle.adopt("c1")  # what the one before had claimed
    for number in range(1000):
        drop.watching.round()
        end_jobs(BROKEN if number % 2 else None)


@pytest.mark.sqlite("one process after the other uses the file")
def test_it_loses_and_repeats_no_file(
    loaded: Settings, here: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stillness, "STILL_S", 0.0)
    monkeypatch.setattr(watching, "MOST_MOVED", 7)
    drop, seed = Drop(loaded, here, tmp_path / "scans"), random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for number in range(FILES):
        drop.drop(f"{number}.txt", f"content {number}")
    for _ in range(KILLS):
        database.close_all()  # no connection may cross the fork
        pid = os.fork()
        if not pid:
            try:
                work(drop)
            finally:
                os._exit(1)
        time.sleep(chance.uniform(0.02, 0.25))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    drop.restart()
    lifecycle.adopt("c1")
    for _ in range(60):
        drop.watching.round()
        end_jobs()
    assert Counter(job.name for job in jobs()) == {f"{n}.txt": 1 for n in range(FILES)}
    done, failed = drop.names("done"), drop.names("failed")
    texts = [name for name in failed if name.endswith(".error.txt")]
    placed = Counter([*done, *(name for name in failed if name not in texts)])
    assert placed == {f"{n}.txt": 1 for n in range(FILES)}
    assert sorted(texts) == sorted(f"{n}.error.txt" for n in failed if n not in texts)
    assert drop.names() == drop.taken() == []
    assert query("SELECT id FROM watched") == []
