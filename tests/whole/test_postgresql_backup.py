"""A backup of the rows and of the data folder, taken one after the other while Bellhop runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.support.postgres import program
from tests.support.running import Running, running


def dump(url: str) -> str:
    return subprocess.run(
        [program("pg_dump"), "--data-only", url], capture_output=True, text=True, check=True
    ).stdout


def copy(bellhop: Running, to: Path) -> set[str]:
    """Copy the uploads; the jobs that have some there."""
    shutil.copytree(bellhop.data / "uploads", to)
    return {path.name for path in to.iterdir()}


def uploaded(bellhop: Running, folder: Path) -> str:
    """The id of a completed job with an upload."""
    path = folder / "notes.txt"
    path.write_text("three short words")
    job_id = bellhop.client().create("word_count", files=[path], use_cache=False)["job_id"]
    assert bellhop.final(job_id)["status"] == "completed"
    return str(job_id)


def test_it_misses_no_file_of_a_job_when_the_rows_are_copied_first(
    tmp_path: Path, empty_database: str
) -> None:
    with running(tmp_path, BELLHOP_STORAGE_DATABASE=empty_database) as bellhop:
        bellhop.serve()
        first = uploaded(bellhop, tmp_path)
        rows = dump(empty_database)
        meanwhile = uploaded(bellhop, tmp_path)
        files = copy(bellhop, tmp_path / "copy")
    assert first in rows
    assert meanwhile not in rows
    assert files == {first, meanwhile}


def test_it_misses_files_of_jobs_when_the_files_are_copied_first(
    tmp_path: Path, empty_database: str
) -> None:
    with running(tmp_path, BELLHOP_STORAGE_DATABASE=empty_database) as bellhop:
        bellhop.serve()
        files = copy(bellhop, tmp_path / "copy")
        meanwhile = uploaded(bellhop, tmp_path)
        rows = dump(empty_database)
    assert meanwhile in rows
    assert meanwhile not in files
