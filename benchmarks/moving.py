"""How long `move-to` takes with 100,000 jobs, to PostgreSQL and back, comparing every row."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import million
import serving
from report import Figure

sys.path.insert(0, str(serving.ROOT))
from tests.support.postgres import Postgres

MOST_S = 60.0
SAID = "all counts and hashes are equal"
RESULTS = """
    INSERT INTO result (item, data, files, warnings)
    SELECT id, '{"words": 3, "text": "' || hex(randomblob(100)) || '"}', '[]', '[]' FROM item"""


def measure(*, quick: bool) -> list[Figure]:
    """Each way once; every commit is on the disk."""
    count = 1_000 if quick else 100_000
    with serving.folder() as home, Postgres() as database:
        environment = serving.environment(home, {})
        _run(environment, "prepare")
        path = home / "data" / "bellhop.db"
        million.fill(path, count)
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(RESULTS)
        url = database.new_database("moved")
        there = _moved(environment, url)
        back = _moved({**environment, "BELLHOP_STORAGE_DATABASE": url}, "sqlite")
    name = f"move-to of {count:,} jobs"
    return [
        Figure(name=f"{name} to PostgreSQL", measured=there, unit="s", at_most=MOST_S),
        Figure(name=f"{name} to SQLite", measured=back, unit="s", at_most=MOST_S),
    ]


def _moved(environment: dict[str, str], place: str) -> float:
    began = time.perf_counter()
    said = _run(environment, "move-to", place)
    assert SAID in said, said
    return time.perf_counter() - began


def _run(environment: dict[str, str], *command: str) -> str:
    words = [sys.executable, str(Path(serving.ROOT) / "app.py"), *command]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout
