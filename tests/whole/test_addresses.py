"""Where Bellhop listens and what it is called: whatever the settings accept is answered."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.running import Running, free_port, running, wait_for

NAMES = "jobs.example, [2001:db8::1]:8080"


def status_of(url: str, host: str, path: str = "/ready") -> int:
    """The status of an answer to a request for `host` that is sent to `url`."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status


def noted_address(bellhop: Running, token: str, peer: str, **headers: str) -> str:
    """Where Bellhop says that a failed login came from, sent to the address `peer`."""
    port = urlsplit(bellhop.url).port
    with contextlib.closing(http.client.HTTPConnection(peer, port, timeout=20)) as connection:
        body = json.dumps({"name": "ada", "password": "wrong"})
        own = {"Host": "localhost", "Content-Type": "application/json", **headers}
        connection.request("POST", "/api/v1/login", body, own)
        assert connection.getresponse().status == 401
    with contextlib.closing(http.client.HTTPConnection(peer, port, timeout=20)) as connection:
        connection.request("GET", "/api/v1/audit", headers={"Authorization": f"Bearer {token}"})
        return str(json.load(connection.getresponse())["notes"][0]["address"])


def closed(bellhop: Running) -> str:
    """Create an account; the token of it."""
    bellhop.run("user", "add", "ada", "--role", "admin")
    return bellhop.run("token", "add", "ada").stdout.strip()


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, str]]:
    """A web on every address of both families, behind proxies on IPv4; and a token."""
    settings = {"HOST": "::", "TRUSTED_PROXY": "10.0.0.0/8, 127.0.0.1"}
    variables = {f"BELLHOP_SERVER_{key}": value for key, value in settings.items()}
    with running(tmp_path_factory.mktemp("wide"), **variables) as bellhop:
        token = closed(bellhop)
        bellhop.start("web")
        assert bellhop.url
        yield bellhop, token


def test_it_listens_on_both_families(wide: tuple[Running, str]) -> None:
    port = urlsplit(wide[0].url).port
    for address in ("127.0.0.1", "[::1]"):
        assert status_of(f"http://{address}:{port}", f"{address}:{port}", "/health") == 200


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.2", "192.0.2.2"),
        ("192.0.2.1, 192.0.2.3", "192.0.2.3"),
        ("192.0.2.1, ::ffff:192.0.2.4", "192.0.2.4"),
        ("2001:DB8::5", "2001:db8::5"),
    ],
)
def test_it_believes_a_proxy_that_reaches_it_over_ipv4(
    wide: tuple[Running, str], sent: str, meant: str
) -> None:
    """A socket of both families shows 127.0.0.1 as ::ffff:127.0.0.1."""
    bellhop, token = wide
    assert noted_address(bellhop, token, "127.0.0.1", **{"X-Forwarded-For": sent}) == meant


def test_it_believes_no_other_address(wide: tuple[Running, str]) -> None:
    bellhop, token = wide
    assert noted_address(bellhop, token, "::1", **{"X-Forwarded-For": "192.0.2.9"}) == "::1"


def test_it_notes_an_ipv4_address_as_one(tmp_path: Path) -> None:
    with running(tmp_path, BELLHOP_SERVER_HOST="::") as bellhop:
        token = closed(bellhop)
        bellhop.start("web")
        assert noted_address(bellhop, token, "127.0.0.1") == "127.0.0.1"


@pytest.mark.parametrize("host", [socket.gethostname(), "localhost", "::1", "::ffff:127.0.0.1"])
def test_it_answers_at_the_address_that_it_prints(tmp_path: Path, host: str) -> None:
    with running(tmp_path, BELLHOP_SERVER_HOST=host) as bellhop:
        closed(bellhop)
        bellhop.serve()
        url = bellhop.ready_line.split()[4]
        assert status_of(url, urlsplit(url).netloc) == 200
        name = f"[{host}]" if ":" in host else host
        assert status_of(url, f"{name}:{urlsplit(url).port}") == 200


def test_it_needs_no_account_on_a_name_of_loopback(tmp_path: Path) -> None:
    with running(tmp_path, BELLHOP_SERVER_HOST="LOCALHOST.") as bellhop:
        bellhop.serve()
        assert bellhop.client().get("/health")["status"] == "ok"


def test_it_says_when_nobody_knows_the_name_to_listen_on(tmp_path: Path) -> None:
    with running(tmp_path, BELLHOP_SERVER_HOST="nowhere.invalid") as bellhop:
        closed(bellhop)
        refused = bellhop.run()
        assert refused.returncode == 1
        assert "[server] host = nowhere.invalid" in refused.stderr.splitlines()[-1]
        assert "Traceback" not in refused.stderr


# HTTP/1.0, as load balancers ask.


@pytest.mark.parametrize("path", [b"/health", b"/health/"])
@pytest.mark.parametrize("host", [b"", b"Host: 10.9.8.7\r\n", b"Host: lb.internal:80\r\n"])
def test_it_says_whether_it_is_well_whatever_the_host(
    wide: tuple[Running, str], path: bytes, host: bytes
) -> None:
    port = urlsplit(wide[0].url).port
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(b"GET " + path + b" HTTP/1.0\r\n" + host + b"\r\n")
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.0 200 ") and b'"status": "ok"' in answer


# The check.


def test_it_checks_every_name_of_its_settings(tmp_path: Path) -> None:
    settings = {"ALLOWED_HOSTS": NAMES, "PUBLIC_URL": "https://Public.Example/"}
    variables = {f"BELLHOP_SERVER_{key}": value for key, value in settings.items()}
    with running(tmp_path, **variables) as bellhop:
        bellhop.environment["BELLHOP_TOKEN"] = closed(bellhop)
        done = bellhop.run("check", limit_s=60)
        assert done.returncode == 0, done.stdout + done.stderr
        (line,) = [each for each in done.stdout.splitlines() if "addresses: " in each]
        for name in ("127.0.0.1", "jobs.example", "2001:db8::1", "public.example"):
            assert name in line


def test_it_checks_the_port_of_its_settings(tmp_path: Path) -> None:
    port = str(free_port())
    with running(tmp_path, BELLHOP_SERVER_PORT=port) as bellhop:
        done = bellhop.run("check", limit_s=60)
        assert f"addresses: http://127.0.0.1:{port} answers" in done.stdout
        with socket.create_server(("127.0.0.1", int(port))):
            taken = bellhop.run("check", limit_s=60)
        assert taken.returncode == 1 and f"port = {port}" in taken.stderr


def test_it_fails_the_check_of_a_name_that_a_running_bellhop_does_not_know(tmp_path: Path) -> None:
    with running(tmp_path) as bellhop:
        bellhop.start("web")
        wait_for(lambda: bellhop.url)
        bellhop.environment["BELLHOP_SERVER_ALLOWED_HOSTS"] = "new.example"
        done = bellhop.run("check", limit_s=60)
        assert done.returncode == 1
        (line,) = [each for each in done.stdout.splitlines() if "addresses: " in each]
        assert line.startswith("FAILED") and "new.example" in line
