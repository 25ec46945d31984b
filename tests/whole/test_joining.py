"""A machine that joins, works, is drained and removed, on a network of its own with TLS."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

import pytest

from bellhop.base.errors import NotAMember
from tests.support.cluster import Cluster, Computer
from tests.support.network import Network
from tests.support.postgres import ROLE, Postgres
from tests.support.running import wait_for

SHOUT = """
import time
from bellhop import job_type

@job_type(label="Shout", queue="ai", cache=False)
def shout(text: str, *, seconds: float = 0.0) -> dict:
    time.sleep(seconds)
    return {"text": text.upper()}
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A home that serves no queue `ai`."""
    folder = tmp_path_factory.mktemp("cluster")
    for name in ("types", "files", "outside"):
        (folder / name).mkdir()
    (folder / "types" / "shout.py").write_text(SHOUT)
    with Network() as network, Postgres(fast=True, host=network.host("servers")) as server:
        server.psql(f"ALTER ROLE {ROLE} CREATEROLE")
        rows = server.new_database("home")
        settings = {"BELLHOP_QUEUE_AI_WORKERS": "0"}
        with Cluster(network, folder, rows=rows, files=str(folder / "files"),
                     types=folder / "types", writable=folder / "outside",
                     settings=settings) as made:  # fmt: skip
            yield made


@pytest.fixture
def machine(cluster: Cluster) -> Computer:
    return cluster.machines.get("gpu-1") or cluster.add("gpu-1", {"ai": 2})


def shout(cluster: Cluster, seconds: float = 0) -> str:
    job = cluster.home.client().create("shout", texts=["a"], params={"seconds": seconds})
    return str(job["job_id"])


def test_it_runs_what_only_another_machine_serves(cluster: Cluster, machine: Computer) -> None:
    job = cluster.home.client().wait(shout(cluster), 60)
    assert job["status"] == "completed"
    assert cluster.home.client().result(job["job_id"])["items"][0]["data"] == {"text": "A"}


def test_it_becomes_the_installed_program(cluster: Cluster, machine: Computer) -> None:
    """It has no page; what runs has the time to finish."""
    client = cluster.home.client()
    job_id = shout(cluster, 2)
    wait_for(lambda: client.job(job_id)["status"] == "running")
    done = machine.bellhop.run("restart")
    assert done.returncode == 0, done.stderr
    job = client.wait(job_id, 60)
    assert (job["status"], job["attempt"]) == ("completed", 1)


def test_it_fails_in_no_sweep_for_want_of_rights(cluster: Cluster, machine: Computer) -> None:
    assert "permission denied" not in machine.bellhop.log()


def test_it_continues_after_its_kernel_started_anew(cluster: Cluster, machine: Computer) -> None:
    machine.lose_power()
    machine.start()
    assert cluster.home.client().wait(shout(cluster), 60)["status"] == "completed"


def test_it_answers_commands_on_a_machine_that_joined(cluster: Cluster, machine: Computer) -> None:
    machine.bellhop.environment["BELLHOP_TOKEN"] = cluster.home.token
    assert "shout" in machine.bellhop.run("jobs").stdout
    checked = machine.bellhop.run("check")
    assert checked.returncode == 0, checked.stdout
    assert "ok      queues: 1 of 1 served" in checked.stdout
    refused = machine.bellhop.run("web")
    assert refused.returncode == 1 and f"it joined {cluster.home.url}" in refused.stderr


def test_it_starts_no_copy_of_a_machine_that_runs(cluster: Cluster, machine: Computer) -> None:
    data = machine.bellhop.data
    copy = data.with_name("copy")
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns("*.fifo"))
    machine.bellhop.environment["BELLHOP_STORAGE_DATA_DIR"] = str(copy)
    try:
        refused = machine.bellhop.run()
    finally:
        machine.bellhop.environment["BELLHOP_STORAGE_DATA_DIR"] = str(data)
    assert refused.returncode == NotAMember.exit_status, refused.stderr
    assert "another Bellhop runs as machine gpu-1 with a copy" in refused.stderr


def test_it_drains_a_machine_while_it_works(cluster: Cluster, machine: Computer) -> None:
    held = shout(cluster, seconds=3)
    wait_for(lambda: cluster.home.client().job(held)["status"] == "running")
    cluster.home.command("machine", "drain", "gpu-1")
    assert cluster.home.client().job(held)["status"] == "completed"
    waiting = shout(cluster)
    time.sleep(2)
    assert cluster.home.client().job(waiting)["status"] == "queued"
    machine.stop()
    machine.start()
    assert cluster.home.client().wait(waiting, 60)["status"] == "completed"


def test_it_ends_with_one_line_on_a_machine_that_was_removed(
    cluster: Cluster, machine: Computer
) -> None:
    assert machine.service
    machine.service.let_go()
    cluster.home.command("machine", "remove", "gpu-1")
    process = machine.bellhop.processes[-1]
    assert process.wait(30) == NotAMember.exit_status, machine.bellhop.log()
    said = [line for line in machine.bellhop.log().splitlines() if "was removed from" in line]
    assert said, machine.bellhop.log()
    assert "gpu-1" not in cluster.listed()
