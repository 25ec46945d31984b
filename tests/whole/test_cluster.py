"""A home and another machine, each on a host of its own, as an operator sets them up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cluster import Cluster, Computer
from tests.support.network import Host, Network
from tests.support.places import TYPES
from tests.support.postgres import Postgres

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


def test_it_joins_the_home(cluster: Cluster, machine: Computer) -> None:
    assert cluster.listed()["gpu-1"]["queues"] == {"parsing": 2}
