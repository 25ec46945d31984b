"""A machine that is cut off from PostgreSQL, for which the others do not wait long."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import pytest

from bellhop.database import connection, postgresql
from tests.support.network import Host, Network
from tests.support.places import ROOT
from tests.support.postgres import Postgres
from tests.support.running import wait_for

WRITERS, MOST_HELD_UP_S = 4, 6.0
# Each writes once, and again if its connection was lost.
WRITE = f"""
import sys, threading
from bellhop.database.database import bind_server, database, query, waited_out

def write():
    with database.atomic():
        query("INSERT INTO written VALUES (1)")

bind_server(sys.argv[1])
writers = [threading.Thread(target=waited_out, args=(write, "it")) for _ in range({WRITERS})]
for writer in writers:
    writer.start()
for writer in writers:
    writer.join()
"""
IN_LINE = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture(scope="module")
def server(servers: Host) -> Iterator[Postgres]:
    with Postgres(fast=True, host=servers) as server:
        yield server


@pytest.fixture
def machine(network: Network) -> Host:
    return network.host("machine")


def test_it_waits_for_no_line_of_writers_that_were_cut_off(server: Postgres, machine: Host) -> None:
    """Each of them would have its turn, and nobody there to use it."""
    rows = server.new_database("cut")
    with connection.connect(rows) as other:
        other.execute("CREATE TABLE written (written INTEGER)")
        other.execute(postgresql.BEGIN, prepare=False)
        writers = machine.start(sys.executable, "-c", WRITE, rows, cwd=ROOT)
        wait_for(lambda: len(server.psql(IN_LINE)) == WRITERS)
        machine.cut()
        other.rollback()
        began = time.monotonic()
        other.execute(postgresql.BEGIN, prepare=False)
        assert time.monotonic() - began < MOST_HELD_UP_S
        other.rollback()
        machine.heal()
        assert writers.wait(60) == 0
        assert other.execute("SELECT count(*) FROM written").fetchone() == (WRITERS,)
