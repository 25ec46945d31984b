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

from bellhop.server.connections import (
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


LARGE_BYTES = 24 << 20
# Of the web as a whole, whoever does what to it.
MOST_RESIDENT = 400 << 20


@pytest.fixture(scope="module")
def heavy(served: Running) -> dict[str, str]:
    """Addresses of a file that is larger than any buffer, and of an answer of some megabytes."""
    client = served.client()
    texts = served.texts(*(f"{n}" + "x" * 40_000 for n in range(100)))["job_id"]
    body = form([("a.txt", b"x" * LARGE_BYTES)], "files", {"type": "copy_file"})
    kind = "multipart/form-data; boundary=x-boundary-x"
    file = ask(served, "POST", "/api/v1/jobs", body, Content_Type=kind)["job_id"]
    assert {served.final(job)["status"] for job in (texts, file)} == {"completed"}
    (item,) = client.get(f"/api/v1/jobs/{file}/result")["items"]
    answer = f"/api/v1/jobs/{texts}/result?limit=100"
    return {"file": item["files"][0]["url"], "answer": answer, "job": f"/api/v1/jobs/{texts}"}


def asked(method: str, path: str, more: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode()


SLOW = {
    "whole": lambda urls: asked("GET", urls["file"]),
    "resumed": lambda urls: asked("GET", urls["file"], "Range: bytes=1000-\r\n"),
    "pipelined": lambda urls: asked("GET", urls["file"], "Range: bytes=1-\r\n") * 5,
    "headers only": lambda urls: asked("HEAD", urls["file"]) * 2000,
    "many small ones": lambda urls: asked("GET", "/health") * 2000,
}


@pytest.mark.parametrize("count", [8, 30])
@pytest.mark.parametrize("how", SLOW)
def test_it_keeps_no_thread_waiting_for_a_reader(
    served: Running, heavy: dict[str, str], how: str, count: int
) -> None:
    readers = [connect(served, ELSEWHERE) for _ in range(count)]
    try:
        for reader in readers:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.sendall(SLOW[how](heavy))
        time.sleep(0.3)
        longest_s = max(waited_s(served, path) for path in ("/health", heavy["job"]) * 5)
    finally:
        for reader in readers:
            reader.close()
    assert longest_s < PATIENCE_S
    assert resident_bytes(served) < MOST_RESIDENT


def test_it_bounds_what_slow_readers_leave_in_memory(
    served: Running, heavy: dict[str, str]
) -> None:
    """Who reads on is not dropped with those who hold most of it."""
    readers = [connect(served, ELSEWHERE) for _ in range(40)]
    most = 0
    try:
        with connect(served, "127.0.0.1") as patient, patient.makefile("rb") as answer:
            patient.sendall(asked("GET", heavy["answer"]))
            head = b"".join(iter(answer.readline, b"\r\n"))
            for reader in readers:
                reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                reader.sendall(asked("GET", heavy["answer"]) * 10)
            for _ in range(20):
                time.sleep(0.1)
                most = max(most, resident_bytes(served))
            length = int(head.partition(b"Content-Length: ")[2].split()[0])
            assert json.loads(answer.read(length))["items"]
    finally:
        for reader in readers:
            reader.close()
    assert most < MOST_RESIDENT


def waited_s(served: Running, path: str) -> float:
    began = time.monotonic()
    ask(served, "GET", path)
    return time.monotonic() - began


def resident_bytes(served: Running) -> int:
    """What the web has in memory (proc(5))."""
    for pid in served.descendants():
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"web" in command:
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            return pages * resource.getpagesize()
    raise AssertionError("there is no web")


def test_it_gives_a_slow_reader_all_that_it_asked_for(
    served: Running, heavy: dict[str, str]
) -> None:
    """Requests that were sent together are answered one after the other, and whole."""
    first, last = LARGE_BYTES - 3_000_000, LARGE_BYTES - 1
    ranges = f"Range: bytes={first}-{last}\r\n"
    with connect(served, ELSEWHERE) as reader, reader.makefile("rb") as answers:
        reader.sendall(asked("GET", heavy["file"], ranges) * 3 + asked("GET", "/health"))
        for _ in range(3):
            time.sleep(0.2)
            head = b"".join(iter(answers.readline, b"\r\n"))
            assert head.startswith(b"HTTP/1.1 206 ")
            assert f"Content-Range: bytes {first}-{last}/{LARGE_BYTES}\r\n".encode() in head
            assert answers.read(3_000_000) == b"x" * 3_000_000
        assert answers.readline().startswith(b"HTTP/1.1 200 ")


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
