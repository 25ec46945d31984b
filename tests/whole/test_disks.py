"""A data folder on several disks: jobs with files run there as they do on one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bellhop.client import Bellhop, RequestFailed
from bellhop.storage.files import PLACES
from tests.support.disks import WAYS, elsewhere, fill
from tests.support.running import Running, running, wait_for

CONTENT = "several words\n" * 20_000
PLACED = [(place, way) for place in PLACES for way in WAYS]


@pytest.fixture(params=PLACED, ids="-".join)
def bellhop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """A Bellhop with one of its folders on another disk."""
    place, way = request.param
    with elsewhere(tmp_path / "data" / place, way), running(tmp_path) as made:
        made.serve()
        yield made


def client_of(bellhop: Running) -> Bellhop:
    return Bellhop(bellhop.url, bellhop.environment.get("BELLHOP_TOKEN"))


def uppered(bellhop: Running, tmp_path: Path) -> tuple[bool, str]:
    """Have a file written in capitals; whether an earlier result was used, and the file."""
    client = client_of(bellhop)
    (tmp_path / "a.txt").write_text(CONTENT)
    job = client.create("upper", files=[tmp_path / "a.txt"])
    assert client.wait(job["job_id"], 30)["status"] == "completed"
    client.download(job["job_id"], tmp_path / job["job_id"])
    (made,) = (tmp_path / job["job_id"]).rglob("upper.txt")
    return client.job(job["job_id"])["cached"], made.read_text()


def test_it_runs_a_job_with_files_and_uses_its_result_again(
    bellhop: Running, tmp_path: Path
) -> None:
    assert uppered(bellhop, tmp_path) == (False, CONTENT.upper())
    assert uppered(bellhop, tmp_path) == (True, CONTENT.upper())
    done = bellhop.run("check", limit_s=60)
    assert done.returncode == 0 and "ok      folders" in done.stdout, done.stdout
    assert list((bellhop.data / "incoming").iterdir()) == []
    assert "Traceback" not in bellhop.log()


@pytest.mark.parametrize(
    ("place", "way"), [("results", "link"), ("scratch", "mount"), ("scratch", "link")]
)
def test_it_runs_one_of_an_account_there(tmp_path: Path, place: str, way: str) -> None:
    """Its process is confined: it writes in its own folders alone, wherever they lie."""
    with elsewhere(tmp_path / "data" / place, way), running(tmp_path) as bellhop:
        bellhop.run("user", "add", "ada", "--role", "admin")
        bellhop.environment["BELLHOP_TOKEN"] = bellhop.run("token", "add", "ada").stdout.strip()
        bellhop.serve()
        assert uppered(bellhop, tmp_path) == (False, CONTENT.upper())
        asked = {"list": str(tmp_path / "data" / place), "into output": ""}
        data = [{"how": how, "what": what} for how, what in asked.items()]
        job = client_of(bellhop).create("reach", data=data)
        client_of(bellhop).wait(job["job_id"], 30)
        items = client_of(bellhop).result(job["job_id"])["items"]
        assert [item["data"]["said"] for item in items] == ["PermissionError", "done"]


@pytest.mark.parametrize("place", ["uploads", "incoming"])
def test_it_refuses_an_upload_that_does_not_fit_on_one_of_the_disks(
    tmp_path: Path, place: str
) -> None:
    with elsewhere(tmp_path / "data" / place, "mount") as folder, running(tmp_path) as bellhop:
        bellhop.serve()
        give_back = fill(folder, leave=100_000)
        with pytest.raises(RequestFailed) as refused:
            uppered(bellhop, tmp_path)
        assert (refused.value.status, refused.value.code) == (507, "disk-full")
        give_back()
        assert uppered(bellhop, tmp_path) == (False, CONTENT.upper())


def test_it_keeps_a_result_until_the_disk_of_the_results_has_room(tmp_path: Path) -> None:
    with elsewhere(tmp_path / "data" / "results", "mount") as results, running(tmp_path) as bellhop:
        bellhop.serve()
        client = client_of(bellhop)
        (tmp_path / "a.txt").write_text(CONTENT)
        give_back = fill(results)
        job_id = client.create("upper", files=[tmp_path / "a.txt"])["job_id"]
        wait_for(lambda: "results cannot be recorded" in bellhop.log())
        give_back()
        assert client.wait(job_id, 30)["status"] == "completed"
        assert client.job(job_id)["attempt"] == 1


@pytest.mark.parametrize("place", PLACES)
def test_it_fails_the_check_and_the_start_where_a_folder_cannot_be_used(
    bellhop_stopped: Running, place: str
) -> None:
    folder = bellhop_stopped.data / place
    folder.rename(folder.with_name("away"))
    folder.symlink_to(folder.with_name("nowhere"))
    for command in ([], ["check"]):
        refused = bellhop_stopped.run(*command)
        assert refused.returncode == 1
        assert f"{folder} cannot be used" in refused.stderr.splitlines()[-1]


@pytest.fixture
def bellhop_stopped(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as made:
        made.run("prepare")
        yield made


@pytest.mark.parametrize("place", ["uploads", "logs", "scratch", "incoming"])
def test_it_fails_the_check_beside_a_bellhop_whose_folder_is_gone(
    tmp_path: Path, place: str
) -> None:
    """A disk that was taken away after the start."""
    with running(tmp_path) as bellhop:
        bellhop.serve()
        os.rename(bellhop.data / place, bellhop.data / "away")
        done = bellhop.run("check", limit_s=60)
        os.rename(bellhop.data / "away", bellhop.data / place)
    assert done.returncode == 1
    assert "FAILED  folders: " in done.stdout and place in done.stdout
