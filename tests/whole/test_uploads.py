"""Uploads that survive: a server that is killed in the middle of one has what had arrived."""

from __future__ import annotations

import hashlib
import http.client
import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.running import Family, Running, running, wait_for
from tests.support.tus import UPLOADS, told

MIB = 1 << 20
SIZE = 48 * MIB
# As a client sends it that knows no parts: all of it in one request.
PIECE = MIB
AGAIN_S = 5.0


@pytest.fixture
def bellhop(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        found.serve()
        yield found


class Client:
    """A client of tus that counts what it sends."""

    def __init__(self, bellhop: Running):
        self._bellhop = bellhop
        self.sent = 0
        self.path = ""

    def ask(self, method: str, path: str, **headers: str) -> http.client.HTTPResponse:
        connection = self._connect()
        connection.request(method, path, headers=self._headers(headers))
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    def begin(self, content: bytes, **metadata: str) -> int:
        """The offset of a new upload."""
        headers = {"Upload_Length": str(len(content)), "Upload_Metadata": told(**metadata)}
        answer = self.ask("POST", UPLOADS, **headers)
        assert answer.status == 201
        self.path = answer.headers["Location"]
        return int(answer.headers["Upload-Offset"])

    def offset(self) -> int:
        return int(self.ask("HEAD", self.path).headers["Upload-Offset"])

    def send(self, content: bytes, offset: int, stop_after: int | None = None) -> int:
        """Send the rest in one request, or only so much of it; the status, 0 without an answer."""
        connection = self._connect()
        kind = {"Content_Type": "application/offset+octet-stream"}
        connection.putrequest("PATCH", self.path)
        more = {"Upload_Offset": str(offset), "Content_Length": str(len(content) - offset)}
        for name, value in self._headers(kind | more).items():
            connection.putheader(name, value)
        connection.endheaders()
        end = len(content) if stop_after is None else offset + stop_after
        for start in range(offset, end, PIECE):
            connection.send(content[start : min(start + PIECE, end)])
            self.sent += min(PIECE, end - start)
        if stop_after is not None:
            self._hanging = connection
            return 0
        status = connection.getresponse().status
        connection.close()
        return status

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self._bellhop.url).netloc, timeout=60)

    @staticmethod
    def _headers(given: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in given.items()}
        return {"Tus-Resumable": "1.0.0", **named}


def arrived(bellhop: Running) -> int:
    return sum(p.stat().st_size for p in (bellhop.data / "uploads" / ".parts").iterdir())


def test_it_goes_on_after_the_server_was_killed(bellhop: Running) -> None:
    content = os.urandom(MIB) * (SIZE // MIB)
    client = Client(bellhop)
    client.begin(content, filename="big.txt")
    client.send(content, 0, stop_after=SIZE // 2)
    wait_for(lambda: arrived(bellhop) >= SIZE // 2 - 4 * MIB)
    Family(bellhop.processes[0].pid).kill()
    bellhop.processes[0].wait()
    client._hanging.close()
    bellhop.serve()
    began, client.sent = time.monotonic(), 0
    offset = client.offset()
    assert time.monotonic() - began < AGAIN_S
    assert client.send(content, offset) == 204
    assert client.sent <= 0.6 * SIZE
    items = [{"upload": client.path.rpartition("/")[2]}]
    job = bellhop.client().post("/api/v1/jobs", {"type": "upper", "items": items})
    stored = bellhop.data / "uploads" / job["job_id"] / "0.txt"
    assert hashlib.sha256(stored.read_bytes()).digest() == hashlib.sha256(content).digest()
    # The same file again needs no byte of it.
    again = Client(bellhop)
    assert again.begin(content, sha256=hashlib.sha256(content).hexdigest()) == SIZE


def test_it_goes_on_while_the_old_connection_still_hangs(bellhop: Running) -> None:
    content = os.urandom(4 * MIB)
    client = Client(bellhop)
    client.begin(content)
    client.send(content, 0, stop_after=MIB)
    wait_for(lambda: arrived(bellhop) == MIB)
    assert client.send(content, client.offset()) == 204
    client._hanging.close()
