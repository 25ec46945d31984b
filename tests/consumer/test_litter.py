"""What job code leaves in its folders: nobody else trips over it, and nothing elsewhere changes."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from bellhop.consumer.keeper import Keeper
from bellhop.consumer.workers import Workers
from bellhop.jobs import queries
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from tests.support.jobs import job_of, result_of, run_all

Submit = Callable[..., Job]
PLACES = ["output", "home", "scratch"]


@pytest.fixture
def outside(here: Installation) -> Path:
    """The results of all, which are not the job's to touch."""
    folder = here.folder / "results"
    (folder / "other").mkdir()
    (folder / "other" / "file").write_text("secret")
    folder.chmod(0o500)
    return folder


def is_untouched(outside: Path) -> bool:
    (other,) = outside.iterdir()
    return stat.S_IMODE(outside.stat().st_mode) == 0o500 and (other / "file").exists()


@pytest.mark.parametrize("by", ["link", "pipe", "nothing"])
@pytest.mark.parametrize("place", PLACES)
def test_it_publishes_and_changes_nothing_behind_what_took_the_place_of_a_folder(
    submit: Submit, workers: Workers, here: Installation, outside: Path, place: str, by: str
) -> None:
    job = submit(place, type="replace", params={"by": by, "outside": str(outside)})
    run_all(workers)
    ((_, result),) = queries.items(job, limit=1).rows
    assert result is not None
    assert json.loads(result.files) == []
    assert is_untouched(outside)
    workers.pool.retire_idle(0)
    assert list((here.folder / "scratch").iterdir()) == []


@pytest.mark.parametrize("place", PLACES)
def test_it_starts_the_next_item_in_empty_folders(
    submit: Submit, workers: Workers, outside: Path, place: str
) -> None:
    for job_type, params in (("replace", {"by": "link", "outside": str(outside)}), ("close", {})):
        submit(place, type=job_type, params=params)
        run_all(workers)
        following = submit("x", type="look")
        run_all(workers)
        assert result_of(following) == {"found": ["home", "input", "output"]}


def test_it_loses_no_process_to_folders_in_each_other(
    submit: Submit, workers: Workers, here: Installation
) -> None:
    job = submit("1200", type="nest")
    run_all(workers)
    assert job_of(job.job_id).status == "completed"
    workers.pool.retire_idle(0)
    assert list((here.folder / "scratch").iterdir()) == []


def test_the_keeper_removes_a_link_and_not_what_it_leads_to(
    here: Installation, loaded: Settings, outside: Path
) -> None:
    (here.folder / "scratch" / "gone-1").symlink_to(outside)
    Keeper(here, loaded, Files(here.folder), ring=lambda times: None, each_round=[]).tidy()
    assert is_untouched(outside)
    assert list((here.folder / "scratch").iterdir()) == []
