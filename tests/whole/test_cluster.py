"""A home and another machine, each on a host of its own, as an operator sets them up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cluster import Cluster, Computer
from tests.support.network import Host, Network
from tests.support.places import TYPES
from tests.support.postgres import Postgres
from tests.support.running import FINAL, is_alive, wait_for

SETTINGS = {"BELLHOP_QUEUE_PARSING_WORKERS": "0", "BELLHOP_MACHINES_LEASE_S": "20"}


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with Network() as network:
        yield network


@pytest.fixture(scope="module")
def servers(network: Network) -> Host:
    return network.host("servers")


@pytest.fixture(scope="module")
def cluster(
    network: Network, servers: Host, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    folder: Path = tmp_path_factory.mktemp("cluster")
    for name in ("shared", "out"):
        (folder / name).mkdir()
    with Postgres(host=servers) as rows:
        rows.psql("ALTER ROLE bellhop CREATEROLE")
        made = Cluster(
            network, folder, rows=rows.new_database("bellhop"), files=str(folder / "shared"),
            types=TYPES, writable=folder / "out", settings=SETTINGS,
        )  # fmt: skip
        with made as running:
            yield running


@pytest.fixture(scope="module")
def machine(cluster: Cluster) -> Computer:
    return cluster.add("gpu-1", {"parsing": 2})


def submit(cluster: Cluster) -> str:
    document = {"type": "noop", "items": [{"text": "a"}]}
    return str(cluster.home.client().post("/api/v1/jobs", document)["job_id"])


def ended(cluster: Cluster, job_id: str) -> str:
    def state() -> str | None:
        status = str(cluster.home.client().get(f"/api/v1/jobs/{job_id}")["status"])
        return status if status in FINAL else None

    return str(wait_for(state))


def test_it_runs_what_its_home_does_not(cluster: Cluster, machine: Computer) -> None:
    assert cluster.listed()["gpu-1"]["queues"] == {"parsing": 2}
    assert ended(cluster, submit(cluster)) == "completed"


def test_it_continues_after_its_kernel_started_anew(cluster: Cluster, machine: Computer) -> None:
    machine.lose_power()
    machine.start()
    assert ended(cluster, submit(cluster)) == "completed"


def test_it_runs_no_more_once_it_is_removed(cluster: Cluster, machine: Computer) -> None:
    assert machine.service
    parent = machine.service.parent
    machine.service.let_go()
    cluster.home.command("machine", "remove", "gpu-1")
    wait_for(lambda: not is_alive(parent))
    assert "gpu-1" not in cluster.listed()
    assert os.path.isdir(machine.bellhop.data)
