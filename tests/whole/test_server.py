"""The web server on a real socket: what is refused by its headers, and rude clients."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import Running, running, wait_for
from tests.support.wsgi import BOUNDARY, form

JOBS = "/api/v1/jobs"
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A web alone: nothing runs what it accepts."""
    folder = tmp_path_factory.mktemp("web")
    with running(folder, BELLHOP_SERVER_MAX_UPLOAD_MB="2") as bellhop:
        bellhop.start("web")
        wait_for(lambda: bellhop.url)
        yield bellhop


def port_of(web: Running) -> int:
    return int(web.url.rpartition(":")[2])


def connect(web: Running) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port_of(web), timeout=20)


def problem(response: http.client.HTTPResponse) -> tuple[int, str]:
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.status, json.loads(response.read())["code"]


def stored(web: Running) -> list[Path]:
    folders = [web.data / name for name in ("incoming", "uploads")]
    return [path for folder in folders for path in folder.iterdir()]


def open_bodies(web: Running) -> list[str]:
    """Unnamed spool files that the web still holds open."""
    (pid,) = [p for p in web.descendants() if b"web" in Path(f"/proc/{p}/cmdline").read_bytes()]
    links = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        links.append(os.readlink(path))
    return [link for link in links if "incoming" in link and "deleted" in link]


def raw(web: Running, request: bytes) -> bytes:
    """Send bytes as they are; all that comes back."""
    with socket.create_connection(("127.0.0.1", port_of(web)), 20) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


@pytest.mark.parametrize("size", [4 << 20, 64 << 20])
def test_it_refuses_a_body_over_the_limit_and_keeps_none_of_it(web: Running, size: int) -> None:
    """The client sends all of it and still reads the answer."""
    connection = connect(web)
    connection.request("POST", JOBS, body=(b"x" * (1 << 20) for _ in range(size >> 20)),
                       headers={**MULTIPART, "Content-Length": str(size)})  # fmt: skip
    assert problem(connection.getresponse()) == (413, "upload-too-large")
    connection.close()
    assert stored(web) == [] and open_bodies(web) == []


def test_it_refuses_before_the_body_when_the_client_asks_first(web: Running) -> None:
    """curl's "Expect: 100-continue": nothing needs to be sent at all."""
    head = f"POST {JOBS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n"
    answer = raw(web, head.encode() + b"Expect: 100-continue\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer


def test_it_refuses_a_chunked_body_over_the_limit(web: Running) -> None:
    connection = connect(web)
    connection.putrequest("POST", JOBS)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.putheader("Content-Type", MULTIPART["Content-Type"])
    connection.endheaders()
    try:
        for _ in range(4):
            connection.send(b"100000\r\n" + b"x" * (1 << 20) + b"\r\n")
        connection.send(b"0\r\n\r\n")
        assert problem(connection.getresponse()) == (413, "upload-too-large")
    except (BrokenPipeError, ConnectionResetError):
        pass  # it may stop reading; what counts is that nothing stays
    connection.close()
    wait_for(lambda: open_bodies(web) == [])
    assert stored(web) == []


@pytest.mark.parametrize(
    ("header", "code"),
    [(("Origin", "http://evil.example"), "cross-site"), (("Host", "evil.example"), "bad-host")],
)
def test_it_stores_nothing_of_what_the_door_refuses(
    web: Running, header: tuple[str, str], code: str
) -> None:
    """Any web page may send to loopback: its bytes must not reach the disk."""
    connection = connect(web)
    connection.putrequest("POST", JOBS, skip_host=header[0] == "Host")
    connection.putheader(*header)
    connection.putheader("Content-Length", str(2 << 20))
    connection.endheaders()
    connection.send(b"x" * (1 << 20))
    assert open_bodies(web) == []
    connection.send(b"x" * (1 << 20))
    assert problem(connection.getresponse())[1] == code
    connection.close()


def test_it_limits_chunks_to_what_the_address_takes(web: Running) -> None:
    connection = connect(web)
    connection.putrequest("GET", "/health")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for _ in range(20):
            connection.send(b"100000\r\n" + b"x" * (1 << 20) + b"\r\n")
        assert problem(connection.getresponse()) == (413, "upload-too-large")
    connection.close()
    wait_for(lambda: open_bodies(web) == [])


def test_it_takes_a_chunked_upload_within_the_limit(web: Running) -> None:
    body = form([("a.txt", b"hello")], "files", {"type": "upper"})
    connection = connect(web)
    connection.request("POST", JOBS, body=iter([body[:50], body[50:]]), headers=MULTIPART,
                       encode_chunked=True)  # fmt: skip
    response = connection.getresponse()
    job = json.loads(response.read())
    assert response.status == 202
    for query in ("", "?purge=true"):
        connection.request("DELETE", f"{JOBS}/{job['job_id']}{query}")
        connection.getresponse().read()
    connection.close()


@pytest.mark.parametrize(
    ("path", "size"),
    [
        (f"{JOBS}/bulk", 9 << 20),
        (f"{JOBS}/x/retry", 2 << 20),
        (f"{JOBS}/x/cancel", 20_000),
        ("/api/v1/nowhere", 20_000),
    ],
)
def test_it_limits_what_other_requests_may_send(web: Running, path: str, size: int) -> None:
    connection = connect(web)
    connection.request("POST", path, body=b"x" * size, headers={"Content-Type": "application/json"})
    assert problem(connection.getresponse()) == (413, "upload-too-large")
    connection.close()


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/api/v1/nowhere", (404, "not-found")),
        ("PUT", JOBS, (405, "method-not-allowed")),
        ("POST", f"{JOBS}/x/cancel", (404, "not-found")),
    ],
)
def test_it_answers_a_short_body_that_nobody_reads(
    web: Running, method: str, path: str, expected: tuple[int, str]
) -> None:
    connection = connect(web)
    connection.request(method, path, body=b"{}", headers={"Content-Type": "application/json"})
    assert problem(connection.getresponse()) == expected
    connection.close()


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_it_keeps_nothing_of_an_upload_whose_client_left(web: Running, part: float) -> None:
    body = form([("a.txt", b"x" * (1 << 20))], "files", {"type": "upper"})
    head = (
        f"POST {JOBS} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {MULTIPART['Content-Type']}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port_of(web)), 20) as connection:
        connection.sendall(head.encode() + body[: int(len(body) * part)])
    wait_for(lambda: open_bodies(web) == [])
    assert stored(web) == []
    assert web.client().get(JOBS)["jobs"] == []


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", b"501"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 300_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n\r\n", b"421"),
        (b"GET /%ff%fe%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
    ],
)
def test_it_answers_broken_http_with_a_problem(
    web: Running, request_bytes: bytes, status: bytes
) -> None:
    head, _, body = raw(web, request_bytes).partition(b"\r\n\r\n")
    assert head.split()[1] == status
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == int(status)


def test_it_serves_others_while_many_connections_idle(web: Running) -> None:
    """As many as waitress blocks everyone with as it comes."""
    idle = [socket.create_connection(("127.0.0.1", port_of(web)), 20) for _ in range(150)]
    for connection in idle:
        connection.sendall(b"GET / HTTP/1.1\r\n")
    assert web.client().get("/health")["status"] == "ok"
    for connection in idle:
        connection.close()


def test_it_clears_what_a_killed_web_left(tmp_path: Path) -> None:
    with running(tmp_path) as bellhop:
        web = bellhop.start("web")
        assert bellhop.url
        litter = bellhop.data / "incoming" / "litter"
        litter.mkdir()
        (litter / "0.txt").write_text("half an upload")
        web.kill()
        web.wait()
        (bellhop.data / "address").unlink()
        bellhop.start("web")
        assert bellhop.url
        assert not litter.exists()


def test_it_answers_what_is_under_way_when_it_stops(tmp_path: Path) -> None:
    with running(tmp_path) as bellhop:
        web = bellhop.start("web")
        connection = connect(bellhop)
        body = form([("a.txt", b"x" * (1 << 20))], "files", {"type": "upper"})
        connection.putrequest("POST", JOBS)
        connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Content-Type", MULTIPART["Content-Type"])
        connection.endheaders(body)
        web.terminate()
        assert connection.getresponse().status == 202
        connection.close()
        assert web.wait(20) == 0


def test_it_says_when_the_port_is_taken(web: Running, tmp_path: Path) -> None:
    with running(tmp_path, BELLHOP_SERVER_PORT=str(port_of(web))) as other:
        refused = other.run()
        assert refused.returncode == 1
        assert "[server]" in refused.stderr and "port" in refused.stderr
        assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org"])
def test_it_serves_the_network_only_with_an_account(tmp_path: Path, host: str) -> None:
    with running(tmp_path, BELLHOP_SERVER_HOST=host) as bellhop:
        for command in ([], ["web"]):
            refused = bellhop.run(*command)
            assert refused.returncode == 1
            assert "python app.py user add" in refused.stderr
