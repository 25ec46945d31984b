"""The client without a server."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

from bellhop.client import Bellhop, NoAnswer


def test_it_says_that_nobody_answers() -> None:
    with pytest.raises(NoAnswer):
        Bellhop("http://127.0.0.1:9").stats()


def test_it_connects_anew_where_a_connection_is_neither_made_nor_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing was sent yet, so that is safe for each request."""
    connect, lost = socket.create_connection, [True, True]

    def connecting(*args: Any, **options: Any) -> socket.socket:
        if lost:
            lost.pop()
            raise TimeoutError("timed out")
        return connect(*args, **options)

    monkeypatch.setattr(socket, "create_connection", connecting)
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=_answer, args=[server])
        answering.start()
        port = server.getsockname()[1]
        assert Bellhop(f"http://127.0.0.1:{port}").post("/api/v1/jobs", {}) == {"job_id": "a"}
        answering.join()


def _answer(server: socket.socket) -> None:
    """The answer to one request."""
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        said = b'{"job_id": "a"}'
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n" % len(said) + said)
