"""The bell over PostgreSQL: who hears it, and what happens while nobody can."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bellhop.bell import notified
from bellhop.bell.notified import NotifiedStorage
from bellhop.database import connection, listening, postgresql
from bellhop.database.database import bind_server, database, query
from tests.support.postgres import Postgres
from tests.support.proxy import Proxy

CHANNEL = "bellhop_test"
LISTENING = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' OR query = 'SELECT 1'"
Consumer = Callable[..., NotifiedStorage]


@pytest.fixture
def proxy(postgres: Postgres) -> Iterator[Proxy]:
    """The way to the database of this test; all of it is closed afterwards."""
    postgres.new_database("rung")
    with Proxy(postgres.port) as made:
        bind_server(postgres.url("rung", made.port))
        yield made
        database.close_all()
    postgres.drop_database("rung")


@pytest.fixture
def consumer(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Consumer]:
    """The bell of a consumer that listens already, and whose workers have heard that."""
    monkeypatch.setattr(notified, "WAIT_S", 0.1)
    made: list[NotifiedStorage] = []

    def listen(**served: int) -> NotifiedStorage:
        storage = NotifiedStorage(CHANNEL)
        storage.served = lambda: served
        storage.stopping = threading.Event()
        made.append(storage)
        still = sum(served.values())
        while still:
            still -= bool(storage.wait_for_bell())
        return storage

    yield listen
    for storage in made:
        storage.stopping.set()
    for storage in made:
        assert storage._listening
        storage._listening.join()


def web() -> NotifiedStorage:
    return NotifiedStorage(CHANNEL)


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


def hears(storage: NotifiedStorage, count: int) -> None:
    """Wait until a consumer has heard a bell that wakes so many workers."""
    wait_for(lambda: storage.queue_size() == count)


def woken(storage: NotifiedStorage, workers: int) -> int:
    """How many of so many idle workers wake."""
    with ThreadPoolExecutor(workers) as pool:
        return sum(map(bool, pool.map(lambda _: storage.wait_for_bell(), range(workers))))


def listeners(postgres: Postgres) -> list[str]:
    return postgres.psql(LISTENING, "rung")


def test_it_wakes_as_many_workers_as_it_says(consumer: Consumer) -> None:
    ours = consumer(ai=4, parsing=2)
    web().ring({"ai": 3})
    hears(ours, 3)
    assert woken(ours, 6) == 3


def test_it_wakes_no_more_workers_than_serve_the_queue(consumer: Consumer) -> None:
    ours = consumer(ai=2, parsing=2)
    web().ring({"ai": 1000})
    hears(ours, 2)


def test_it_rings_for_several_queues_at_once(consumer: Consumer) -> None:
    ours = consumer(ai=2, parsing=2)
    web().ring({"ai": 1, "parsing": 2, "ocr": 7})
    hears(ours, 3)


def test_it_wakes_every_consumer_of_a_queue_and_none_of_another(consumer: Consumer) -> None:
    first, second, other = consumer(ai=1), consumer(ai=1), consumer(ocr=1, last=2)
    web().ring({"ai": 1})
    web().ring({"last": 2})
    for each, count in ((first, 1), (second, 1), (other, 2)):
        hears(each, count)


def test_it_wakes_nobody_later_for_bells_that_nobody_needed(consumer: Consumer) -> None:
    """1,000 jobs while all workers are busy: each looks for all there is when it is free."""
    ours = consumer(ai=2, last=1)
    for _ in range(1000):
        web().ring({"ai": 1})
    web().ring({"last": 1})
    hears(ours, 3)


def test_it_waits_no_more_when_its_consumer_stops(
    consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = consumer(ai=2)
    monkeypatch.setattr(notified, "WAIT_S", 60.0)
    with ThreadPoolExecutor() as pool:
        workers = [pool.submit(ours.wait_for_bell) for _ in range(2)]
        wait_for(lambda: len(ours._heard._waiters) == 2)  # type: ignore[attr-defined]
        ours.stop_waiting()
        assert [worker.result(10) for worker in workers] == [None, None]
    monkeypatch.undo()


def test_it_hears_nothing_in_a_message_of_somebody_else(consumer: Consumer) -> None:
    ours = consumer(ai=1, last=2)
    garbage = ["", "1", "ai", "1 ocr", "-1 ai", "1.5 ai", "\xb2 ai", "1  ai", "\ufffd ai", "{}"]
    for message in (*garbage, "9" * 4000 + " ai"):
        query("SELECT pg_notify(:channel, :message)", {"channel": CHANNEL, "message": message})
    web().ring({"last": 2})
    hears(ours, 2)


def test_it_has_one_listening_connection_for_all_workers(
    consumer: Consumer, postgres: Postgres
) -> None:
    consumer(ai=8)
    assert len(listeners(postgres)) == 1


def test_it_listens_anew_when_its_connection_is_lost(
    consumer: Consumer, postgres: Postgres, proxy: Proxy
) -> None:
    """What rang meanwhile is not missed: all workers look once."""
    ours = consumer(ai=2)
    proxy.reset()
    hears(ours, 2)
    assert woken(ours, 2) == 2
    web().ring({"ai": 1})
    hears(ours, 1)
    assert len(listeners(postgres)) == 1


def test_it_finds_out_that_nobody_is_there_any_more(
    consumer: Consumer, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keepalives are answered by what is between, or by the kernel of a server that has stopped."""
    monkeypatch.setattr(listening, "SILENT_S", 0.5)
    monkeypatch.setattr(listening, "ANSWER_S", 0.5)
    ours = consumer(ai=1)
    proxy.cut()
    wait_for(lambda: bool(ours._trouble))
    began = time.monotonic()
    with pytest.raises(ConnectionError):
        ours.wait_for_bell()
    assert time.monotonic() - began < 0.5, "no worker waits for the connection"
    proxy.heal()
    hears(ours, 1)


def test_it_rings_in_a_transaction_that_waits_for_no_disk(
    consumer: Consumer, postgres: Postgres, proxy: Proxy
) -> None:
    """And leaves the connection as it was."""
    web().ring({"ai": 1})
    names = "synchronous_commit", "lock_timeout"
    assert [query(f"SHOW {name}")[0][0] for name in names] == ["on", "20s"]


def test_it_gives_up_ringing_soon_where_nobody_answers(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "RING_S", 0.3)
    web().ring({"ai": 1})
    proxy.cut()
    began = time.monotonic()
    with pytest.raises(connection.PostgresError):
        web().ring({"ai": 1})
    assert time.monotonic() - began < 5
    proxy.heal()
    assert query("SELECT 1") == [(1,)]
