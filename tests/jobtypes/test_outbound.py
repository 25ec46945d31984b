"""The one way out: what it reaches, what it refuses, and when it stops."""

from __future__ import annotations

import contextlib
import gzip
import ipaddress
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from bellhop.jobtypes import outbound
from tests.support.standins.plain import Server, say

HERE = ("127.0.0.1",)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


def test_it_sends_what_it_was_given_and_reads_the_answer(server: Server) -> None:
    answer = outbound.request(
        "POST", f"{server.url}/a?b=c", body=b"body", headers={"X-Own": "1"}, allowed=HERE
    )
    assert (answer.status, answer.body, answer.is_whole) == (200, b"ok", True)
    ((method, path, headers, body),) = server.asked
    assert (method, path, body, headers["x-own"]) == ("POST", "/a?b=c", b"body", "1")
    assert headers["host"] == server.url.removeprefix("http://")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::]", "10.0.0.1", "172.16.0.1",
        "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "240.0.0.1", "2130706433",
        "0x7f000001", "127.1", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
        "[fe80::1]", "[fd00::1]", "[ff02::1]", "[fec0::1]", "[feff::1]", "[::ffff:0:127.0.0.1]",
        "[::127.0.0.1]", "[64:ff9b::8.8.8.8]", "[64:ff9b:1::7f00:1]", "[2001::1]",
        "[2002:808:808::1]", "[3ffe::1]", "[4000::1]", "[e000::1]", "0177.0.0.1", "0x7f.1",
        "017700000001", "127.0.1",
        "168.63.129.16", "192.0.0.192", "198.18.0.1", "255.255.255.255",
    ],
)  # fmt: skip
def test_it_refuses_what_is_not_public(host: str) -> None:
    with pytest.raises(outbound.Refused, match="private network"):
        outbound.request("GET", f"http://{host}/", timeout_s=2)


# The special-purpose address registries of IANA, of June 2026, with the deprecated entries.
IANA = [
    "0.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32",
    "192.0.0.10/32", "192.0.0.170/32", "192.0.0.171/32", "192.0.2.0/24", "192.31.196.0/24",
    "192.52.193.0/24", "192.88.99.0/24", "192.88.99.2/32", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32",
    "224.0.0.0/4", "::1/128", "::/128", "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48",
    "100::/64", "100:0:0:1::/64", "2001::/23", "2001::/32", "2001:1::1/128", "2001:1::2/128",
    "2001:1::3/128", "2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28",
    "2001:20::/28", "2001:30::/28", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
]  # fmt: skip


@pytest.mark.parametrize("network", IANA)
def test_it_takes_no_address_of_a_special_purpose_as_public(network: str) -> None:
    known = ipaddress.ip_network(network)
    assert not any(outbound._is_public(address) for address in (known[0], known[-1]))


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "172.32.0.1", "198.20.0.1",
     "223.255.255.255", "2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450::1", "2003::1"],
)  # fmt: skip
def test_it_takes_other_addresses_as_public(address: str) -> None:
    assert outbound._is_public(ipaddress.ip_address(address))


def test_it_tells_nobody_which_address_a_name_stands_for(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.9.8.7", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: inside)
    with pytest.raises(outbound.Refused, match="private network") as refused:
        outbound.request("GET", "http://wiki.example.org/", timeout_s=2)
    assert "10.9.8.7" not in str(refused.value)


def test_it_counts_the_lookup_of_a_name_as_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [][: answered.wait(20)])
    began = time.monotonic()
    with pytest.raises(outbound.TooLate, match=r"did not answer within 0\.3 seconds"):
        outbound.request("GET", "http://slow.example.org/", timeout_s=0.3)
    assert time.monotonic() - began < 5
    answered.set()


def test_it_judges_every_address_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """One private address among public ones is enough: which is taken is not ours to choose."""
    both = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(outbound.Refused):
        outbound.request("GET", "http://example.org/", timeout_s=2)


def test_it_connects_to_the_address_that_was_judged(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that means something else at the second lookup (DNS rebinding) leads nowhere."""
    port = int(server.url.rpartition(":")[2])
    looked_up: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str, *rest: Any, **options: Any) -> Any:
        looked_up.append(host)
        first = looked_up.count("rebinding.example") == 1 and host == "rebinding.example"
        return real("127.0.0.1" if first else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    url = f"http://rebinding.example:{port}/"
    assert outbound.request("GET", url, allowed=["127.0.0.0/8"]).status == 200
    assert looked_up.count("rebinding.example") == 1
    assert server.asked[0][2]["host"] == f"rebinding.example:{port}"


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.0/8", "localhost"])
def test_it_reaches_what_is_allowed_by_address_network_or_name(
    server: Server, allowed: str
) -> None:
    url = server.url.replace("127.0.0.1", "localhost") if allowed == "localhost" else server.url
    assert outbound.request("GET", url, allowed=[allowed]).status == 200


@pytest.mark.parametrize(
    "url",
    ["", "file:///etc/passwd", "ftp://example.org", "http://", "http://a b/", "http://[::1]:0x/",
     "http://example.org:99999/", "//example.org", "http://us\ner/"],
)  # fmt: skip
def test_it_refuses_what_is_no_address(url: str) -> None:
    with pytest.raises(outbound.Refused):
        outbound.request("GET", url, timeout_s=2)


def test_it_refuses_a_password_in_an_address() -> None:
    with pytest.raises(outbound.Refused, match="password"):
        outbound.request("GET", "http://user:secret@example.org/", timeout_s=2)


def test_it_reads_no_more_than_its_limit(server: Server) -> None:
    server.answer = lambda handler: say(handler, b"x" * 100_000)
    answer = outbound.request("GET", server.url, allowed=HERE, max_bytes=1000)
    assert (len(answer.body), answer.is_whole) == (1000, False)


def test_it_counts_what_a_compressed_answer_becomes(server: Server) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    server.answer = lambda handler: say(handler, bomb, Content_Encoding="gzip")
    answer = outbound.request("GET", server.url, allowed=HERE, max_bytes=1_000_000)
    assert (len(answer.body), answer.is_whole) == (1_000_000, False)


def test_it_follows_a_redirect_only_when_asked(server: Server) -> None:
    server.answer = lambda handler: (
        say(handler, b"there")
        if handler.path == "/there"
        else say(handler, b"", 302, Location="/there")
    )
    assert outbound.request("GET", server.url, allowed=HERE).status == 302
    headers = {"Authorization": "secret", "User-Agent": "me"}
    answer = outbound.request("GET", server.url, allowed=HERE, redirects=1, headers=headers)
    assert (answer.body, answer.url) == (b"there", f"{server.url}/there")
    assert "authorization" not in server.asked[-1][2]


def test_it_judges_the_target_of_a_redirect(server: Server) -> None:
    server.answer = lambda handler: say(handler, b"", 302, Location="http://10.0.0.1/")
    with pytest.raises(outbound.Refused):
        outbound.request("GET", server.url, allowed=HERE, redirects=3)


def test_it_ends_an_endless_redirect(server: Server) -> None:
    server.answer = lambda handler: say(handler, b"", 302, Location="/again")
    with pytest.raises(outbound.Failed, match="redirects"):
        outbound.request("GET", server.url, allowed=HERE, redirects=3)


def test_it_ends_a_server_that_drips(server: Server) -> None:
    """Each byte comes in time; all together never do."""
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not stop.wait(0.05):
            handler.wfile.write(b"x")

    server.answer = drip
    with pytest.raises(outbound.Failed, match="within"):
        outbound.request("GET", server.url, allowed=HERE, timeout_s=0.5)
    stop.set()


def test_it_leaves_no_thread_behind(server: Server) -> None:
    """A job process whose job leaves a thread behind is not used again."""
    before = threading.active_count()
    outbound.request("GET", server.url, allowed=HERE)
    assert threading.active_count() == before


def test_it_says_who_could_not_be_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(outbound.Failed, match=r"The request to 127\.0\.0\.1 failed"):
        outbound.request("GET", f"http://127.0.0.1:{port}/", allowed=HERE)


def test_it_says_that_a_name_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(outbound.Failed, match="not known"):
        outbound.request("GET", "http://nowhere.example/")


def test_it_takes_no_proxy_from_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://10.0.0.1:1")
    assert outbound.request("GET", server.url, allowed=HERE).status == 200


def test_it_checks_the_certificate_for_the_name_that_was_asked(
    server: Server, tmp_path: Path
) -> None:
    files = [str(tmp_path / "key"), str(tmp_path / "certificate")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
         "-keyout", files[0], "-out", files[1]],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[1], files[0])
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def shake() -> None:
            with contextlib.suppress(OSError):
                context.wrap_socket(listening.accept()[0], server_side=True)

        threading.Thread(target=shake, daemon=True).start()
        port = listening.getsockname()[1]
        with pytest.raises(outbound.Failed, match=r"The request to .* failed"):
            outbound.request("GET", f"https://127.0.0.1:{port}/", allowed=HERE, timeout_s=5)
