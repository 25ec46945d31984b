"""Connections that hold others up: floods, half requests, slow bodies, slow readers."""

from __future__ import annotations

import contextlib
import http.client
import json
import resource
import selectors
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bellhop.web.server.connections import (
    HEADER_LIMIT_S,
    MOST_CONNECTIONS,
    MOST_OF_ADDRESS,
)
from tests.support.running import Running, running, wait_for
from tests.support.wsgi import form

FLOOD = 1000
ELSEWHERE = "127.0.0.9"
# Of a normal user beside a flood; they are answered in milliseconds.
PATIENCE_S = 5.0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * FLOOD), hard))
    with running(tmp_path_factory.mktemp("flood")) as bellhop:
        bellhop.serve()
        yield bellhop
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def port_of(served: Running) -> int:
    return int(served.url.rpartition(":")[2])


def connect(served: Running, source: str) -> socket.socket:
    connection = socket.socket()
    connection.bind((source, 0))
    connection.settimeout(20)
    connection.connect(("127.0.0.1", port_of(served)))
    return connection


class Flood:
    """Connections that say nothing, half a header, or one byte of it at a time."""

    def __init__(self, served: Running, source: str, count: int):
        self._open = [connect(served, source) for _ in range(count)]
        self._watch = selectors.DefaultSelector()
        for number, connection in enumerate(self._open):
            connection.setblocking(False)
            if number % 2:
                self._say(connection, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
            self._watch.register(connection, selectors.EVENT_READ)

    def drip(self) -> None:
        """One more byte from each that is open still."""
        for connection in self._open:
            self._say(connection, b"x")

    def count(self) -> int:
        """How many are open still."""
        for key, _ in self._watch.select(0):
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            self._watch.unregister(connection)
            self._open.remove(connection)
            connection.close()
        return len(self._open)

    def close(self) -> None:
        for connection in self._open:
            connection.close()
        self._watch.close()

    @staticmethod
    def _say(connection: socket.socket, what: bytes) -> None:
        with contextlib.suppress(OSError):  # it was dropped
            connection.send(what)


@pytest.fixture(params=[ELSEWHERE, "127.0.0.1"], ids=["elsewhere", "the same address"])
def flood(served: Running, request: pytest.FixtureRequest) -> Iterator[Flood]:
    found = Flood(served, request.param, FLOOD)
    yield found
    found.close()


def ask(served: Running, method: str, path: str, body: bytes = b"", **headers: str) -> Any:
    """A request on a connection of its own; it must be answered in time."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port_of(served), timeout=PATIENCE_S)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, sent)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert answer.status < 400 and time.monotonic() - began < PATIENCE_S
    return json.loads(content)


def test_it_serves_a_normal_user_beside_a_flood(served: Running, flood: Flood) -> None:
    body = form([("a.txt", b"three short words")], "files", {"type": "word_count"})
    kind = "multipart/form-data; boundary=x-boundary-x"
    job = ask(served, "POST", "/api/v1/jobs", body, Content_Type=kind)

    def final() -> Any:
        flood.drip()
        found = ask(served, "GET", f"/api/v1/jobs/{job['job_id']}")
        return found if found["status"] == "completed" else None

    wait_for(final)
    result = ask(served, "GET", f"/api/v1/jobs/{job['job_id']}/result")
    assert result["items"][0]["data"] == {"words": 3}
    assert 0 < flood.count() <= MOST_OF_ADDRESS


def test_it_keeps_the_connections_of_many_pages_at_one_address(served: Running) -> None:
    pages = [
        http.client.HTTPConnection("127.0.0.1", port_of(served), timeout=20) for _ in "x" * 300
    ]
    known = []
    for page in pages * 2:
        page.request("GET", "/health")
        assert page.getresponse().read()
        known.append(page.sock)
    assert known[:300] == known[300:]
    for page in pages:
        page.close()


def test_it_takes_the_last_of_all_connections_from_who_never_asked(served: Running) -> None:
    """From so many addresses that none is over its own limit."""
    most = MOST_CONNECTIONS // 4
    floods = [Flood(served, f"127.0.0.{100 + number}", most) for number in range(5)]
    try:
        ask(served, "GET", "/health")
        wait_for(lambda: sum(flood.count() for flood in floods) < MOST_CONNECTIONS + 5)
        ask(served, "GET", "/health")
    finally:
        for flood in floods:
            flood.close()


def test_it_keeps_no_header_waiting_for_longer_than_its_limit(served: Running) -> None:
    began = time.monotonic()
    flood = Flood(served, ELSEWHERE, 10)

    def is_gone() -> bool:
        flood.drip()
        time.sleep(0.2)
        return flood.count() == 0

    try:
        wait_for(is_gone)
        assert HEADER_LIMIT_S - 1 < time.monotonic() - began < HEADER_LIMIT_S + 5
    finally:
        flood.close()


def test_it_drops_first_what_has_never_asked_for_anything(served: Running) -> None:
    """A browser that rests keeps its connection while a flood comes from the same address."""
    browser = http.client.HTTPConnection("127.0.0.1", port_of(served), timeout=20)
    browser.connect()
    browser.request("GET", "/health")
    assert browser.getresponse().read()
    known = browser.sock
    flood = Flood(served, "127.0.0.1", MOST_OF_ADDRESS + 20)
    try:
        wait_for(lambda: flood.count() < MOST_OF_ADDRESS)
        browser.request("GET", "/health")
        assert browser.getresponse().read() and browser.sock is known
    finally:
        flood.close()
        browser.close()


# By a clock of its own: what would take minutes.


def test_it_counts_the_proxy_as_many(tmp_path: Path) -> None:
    with running(tmp_path, BELLHOP_SERVER_TRUSTED_PROXY="127.0.0.1") as bellhop:
        bellhop.run("user", "add", "ada", "--role", "admin")
        bellhop.serve()
        flood = Flood(bellhop, "127.0.0.1", MOST_OF_ADDRESS + 50)
        try:
            ask(bellhop, "GET", "/health")
            assert flood.count() == MOST_OF_ADDRESS + 50
        finally:
            flood.close()
