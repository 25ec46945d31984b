"""The web server on a real socket: what is refused by its headers, and rude clients."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
        with contextlib.suppress(FileNotFoundError):  # it was closed just now
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


GET = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\n"
LOGIN = POST.replace(b"jobs", b"login") + b"Content-Type: application/json\r\n"
SECOND = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
NO_HTTP = {
    "length and coding": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "one length twice": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": POST + b"Content-Length: 5, 5\r\n\r\nhello",
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\nhello",
    "a length without end": POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nhello",
    "no length": POST + b"Content-Length:\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "an empty coding": POST + b"Transfer-Encoding:\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n",
    "two hosts": GET + b"Host: evil.example\r\n\r\n",
    "one host twice": GET + b"Host: localhost\r\n\r\n",
    "a list of hosts": GET.replace(b"localhost", b"localhost, evil.example") + b"\r\n",
    "a user in the host": GET.replace(b"localhost", b"evil@localhost") + b"\r\n",
    "a path in the host": GET.replace(b"localhost", b"localhost/x") + b"\r\n",
    "a space in the host": GET.replace(b"localhost", b"local host") + b"\r\n",
    "a folded header": GET + b"X: a\r\n b\r\n\r\n",
    "a fold at the beginning": GET.replace(b"Host", b" Host") + b"\r\n",
    "a space before the colon": GET + b"X : a\r\n\r\n",
    "no colon": GET + b"nonsense\r\n\r\n",
    "no name": GET + b": a\r\n\r\n",
    "a bare CR": GET + b"X: a\rb\r\n\r\n",
    "a bare LF": GET + b"X: a\nb\r\n\r\n",
    "a NUL": GET + b"X: a\0b\r\n\r\n",
    "a control character": GET + b"X: a\x08b\r\n\r\n",
    "another server's URL": GET.replace(b"/health", b"http://evil.example/health") + b"\r\n",
    "a URL with a user": GET.replace(b"/health", b"http://evil@localhost/health") + b"\r\n",
    "a URL that is none": GET.replace(b"/health", b"http://[/") + b"\r\n",
    "an address without a slash": GET.replace(b"/health", b"health") + b"\r\n",
    "an authority": GET.replace(b"GET /health", b"CONNECT localhost:80") + b"\r\n",
    "an asterisk": GET.replace(b"/health", b"*") + b"\r\n",
    "a fragment": GET.replace(b"/health", b"/health#x") + b"\r\n",
    "no version": GET.replace(b" HTTP/1.1", b"") + b"\r\n",
    "another protocol": GET.replace(b"HTTP", b"ICY") + b"\r\n",
    "four words": GET.replace(b"HTTP", b"x HTTP") + b"\r\n",
    "a tab": GET.replace(b"GET /", b"GET\t/") + b"\r\n",
    "a method in small letters": GET.replace(b"GET", b"get") + b"\r\n",
}
NO_CHUNKS = {
    "no size": b"x\r\nhello\r\n0\r\n\r\n",
    "a size with a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "a size in C": b"0x5\r\nhello\r\n0\r\n\r\n",
    "a size without end": b"0" * 5000,
    "a size that is too large": b"f" * 17 + b"\r\n",
    "an empty line": b"\r\n5\r\nhello\r\n0\r\n\r\n",
    "a chunk that goes on": b"5\r\nhello!\r\n0\r\n\r\n",
    "a bare LF": b"5\nhello\n0\n\n",
    "a long extension": b"5;" + b"x" * 2000 + b"\r\nhello\r\n0\r\n\r\n",
    "a NUL in an extension": b"5;\0\r\nhello\r\n0\r\n\r\n",
    "a long trailer": b"0\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    "a trailer that is none": b"0\r\nnonsense\r\n\r\n",
}


@pytest.fixture(scope="module", params=["", "127.0.0.1"], ids=["direct", "proxy"])
def reached(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A web, also behind a proxy that hands on whatever it is sent."""
    folder = tmp_path_factory.mktemp("reached")
    with running(folder, BELLHOP_SERVER_TRUSTED_PROXY=request.param) as bellhop:
        if request.param:
            assert bellhop.run("user", "add", "ada", "--role", "admin").returncode == 0
        bellhop.start("web")
        wait_for(lambda: bellhop.url)
        yield bellhop


@pytest.mark.parametrize("name", NO_HTTP)
def test_it_refuses_what_two_programs_may_read_differently(reached: Running, name: str) -> None:
    answer = raw(reached, NO_HTTP[name] + SECOND)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == b"400" and b"application/problem+json" in head
    # It is the last one: what follows is not read as a request.
    assert json.loads(body)["code"] == "bad-request"


@pytest.mark.parametrize("name", NO_CHUNKS)
def test_it_refuses_chunks_that_are_none(reached: Running, name: str) -> None:
    sent = LOGIN + b"Transfer-Encoding: chunked\r\n\r\n" + NO_CHUNKS[name] + SECOND
    _, _, body = raw(reached, sent).partition(b"\r\n\r\n")
    assert json.loads(body)["code"] == "bad-request"


@pytest.mark.parametrize("version", [b"2.0", b"0.9", b"3.0", b"1.2"])
def test_it_refuses_another_version(reached: Running, version: bytes) -> None:
    head, _, body = raw(reached, GET.replace(b"1.1", version) + b"\r\n").partition(b"\r\n\r\n")
    assert head.split()[1] == b"505" and json.loads(body)["code"] == "http-version"


def test_it_takes_no_more_headers_than_a_request_needs(reached: Running) -> None:
    _, _, body = raw(reached, GET + b"X: y\r\n" * 200 + b"\r\n").partition(b"\r\n\r\n")
    assert json.loads(body)["code"] == "header-too-large"


@pytest.mark.parametrize(
    "request_bytes",
    [
        GET + b"\r\n",
        b"\r\n" + GET + b"\r\n",
        GET.replace(b"1.1", b"1.0") + b"\r\n",
        GET.replace(b"/health", b"HTTP://LOCALHOST/health") + b"\r\n",
        GET.replace(b"Host: localhost", b"host:localhost:8080") + b"\r\n",
        GET.replace(b"localhost", b"[::1]:8080") + b"\r\n",
        GET + b"Empty:\r\nUmlaut: \xc3\xa4\r\nTabs:\ta\tb\t\r\n\r\n",
        GET + b"Accept: a\r\nAccept: b\r\nCookie: a=b; c=d\r\n\r\n",
    ],
)
def test_it_answers_what_clients_send(reached: Running, request_bytes: bytes) -> None:
    assert raw(reached, request_bytes).split()[1] == b"200"


def test_it_reads_chunks_however_they_are_cut(reached: Running) -> None:
    document = b'{"name": "nobody", "password": "wrong horse"}'
    cut = [document[at : at + 7] for at in range(0, len(document), 7)]
    body = b"".join(b"%x ;a=b\r\n%s\r\n" % (len(piece), piece) for piece in cut)
    sent = LOGIN + b"Transfer-Encoding: chunked\r\n\r\n" + body + b"0\r\nX: y\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port_of(reached)), 20) as connection:
        for byte in sent + SECOND:
            connection.sendall(bytes([byte]))
        connection.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: connection.recv(65536), b""))
    # It is understood, and refused for what it says.
    assert b'"code": "login-failed"' in answers or b"you do not need to log in" in answers
    assert b"HTTP/1.1 200 OK" in answers


def test_it_reads_a_header_in_a_time_that_grows_with_its_length(web: Running) -> None:
    """A pattern that tries each way to share out the spaces takes minutes for this one."""
    began = time.monotonic()
    assert raw(web, GET + b"X:" + b" " * 60_000 + b"a\r\n\r\n").split()[1] == b"200"
    assert time.monotonic() - began < 2


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


def test_it_answers_what_it_has_not_read_yet_when_it_stops(tmp_path: Path) -> None:
    with running(tmp_path) as bellhop:
        web = bellhop.start("web")
        connection = connect(bellhop)
        connection.request("GET", "/health")
        connection.getresponse().read()
        web.send_signal(signal.SIGSTOP)
        connection.request("GET", "/health")
        web.terminate()
        web.send_signal(signal.SIGCONT)
        assert connection.getresponse().status == 200
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
