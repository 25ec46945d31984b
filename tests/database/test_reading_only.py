"""Who only looks at the rows can change none, whichever of several servers they are on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg.errors import ReadOnlySqlTransaction

from bellhop.database.database import bind_server, database, query
from tests.support.postgres import Postgres


@pytest.fixture
def looking(postgres: Postgres, empty_database: str) -> Iterator[None]:
    """A process that looks at the one of two servers that accepts writes."""
    bind_server(postgres.url("empty", postgres.port, postgres.port), may_write=False)
    with database.connection_context():
        yield
    database.close_all()


def test_it_reaches_the_one_that_accepts_writes(looking: None) -> None:
    assert query("SELECT 1") == [(1,)]


def test_it_changes_nothing(looking: None) -> None:
    with pytest.raises(ReadOnlySqlTransaction):
        query("CREATE TABLE made (id bigint)")
