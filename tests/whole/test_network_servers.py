"""Servers on a host of the network: TLS verifies them, a standby follows, and far is far."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg
import pytest

from tests.support.network import Host, Network
from tests.support.places import ROOT
from tests.support.postgres import Postgres, unused_port
from tests.support.running import wait_for

DELAY_S = 0.02
SAYS = "import psycopg, sys; print(psycopg.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])"
IS_ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


@pytest.fixture(scope="module")
def rows(servers: Host) -> Iterator[Postgres]:
    with Postgres(host=servers) as rows:
        rows.new_database("bellhop")
        yield rows


def test_it_verifies_the_database_from_another_host(network: Network, rows: Postgres) -> None:
    command = network.host("machine").command(sys.executable, "-c", SAYS)
    said = subprocess.check_output([*command, rows.url("bellhop"), IS_ENCRYPTED], text=True)
    assert said == "True\n"


def test_it_reaches_the_database_by_tls_alone(rows: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        psycopg.connect(rows.url("bellhop", tls=False))


def test_its_standby_follows(rows: Postgres) -> None:
    standby = rows.standby(synchronous=True)
    rows.psql("CREATE TABLE kept AS SELECT 1 AS id", "bellhop")
    wait_for(lambda: standby.psql("SELECT to_regclass('kept')", "bellhop") == ["kept"])
    assert standby.psql("SELECT id FROM kept", "bellhop") == ["1"]


def test_its_database_is_as_far_as_it_shall_be(servers: Host, rows: Postgres) -> None:
    port = unused_port()
    far = ("-m", "tests.support.distance", servers.address, f"{port}", f"{rows.port}", f"{DELAY_S}")
    servers.start(sys.executable, *far, cwd=ROOT)

    def connected() -> psycopg.Connection[tuple[object, ...]] | None:
        try:
            return psycopg.connect(rows.url("bellhop", port))
        except psycopg.OperationalError:
            return None

    with wait_for(connected) as connection:
        began = time.monotonic()
        connection.execute("SELECT 1")
        assert time.monotonic() - began >= 2 * DELAY_S
