"""Bellhop on PostgreSQL as its processes see it, and what a start says of one it cannot use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.running import running

ADDRESS = "postgresql://bellhop@127.0.0.1:1/jobs"


def without_psycopg(folder: Path) -> str:
    """What PYTHONPATH is where nobody has installed psycopg."""
    (folder / "packages").mkdir()
    (folder / "packages" / "psycopg.py").write_text("raise ImportError('no psycopg')\n")
    return str(folder / "packages")


@pytest.mark.parametrize("command", ["serve", "web", "consumer", "prepare", "check"])
def test_it_says_what_to_install(tmp_path: Path, command: str) -> None:
    path = without_psycopg(tmp_path)
    with running(tmp_path, BELLHOP_STORAGE_DATABASE=ADDRESS, PYTHONPATH=path) as bellhop:
        done = bellhop.run(command)
    assert (done.returncode, done.stdout) == (1, "")
    assert last_line(done.stderr) == (
        "bellhop: [storage] database needs psycopg with its binary, which is not installed: "
        "pip install -r requirements-postgresql.txt"
    )
    assert "Traceback" not in done.stderr


def last_line(text: str) -> str:
    return text.rstrip("\n").rpartition("\n")[2]


def test_it_needs_no_more_packages_on_sqlite(tmp_path: Path) -> None:
    with running(tmp_path, PYTHONPATH=without_psycopg(tmp_path)) as bellhop:
        bellhop.serve()
        assert bellhop.final(bellhop.texts("a")["job_id"])["status"] == "completed"
        assert bellhop.run("check").returncode == 0
