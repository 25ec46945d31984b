"""Names and addresses in [server]: each accepted one works, every other is one line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bellhop.base import addresses
from bellhop.base.errors import StartRefused
from bellhop.settings.settings import Settings

Config = Callable[[str], Settings]
READ = {
    "host = ::": "::",
    "host = [::1]": "::1",
    "host = 0:0:0:0:0:0:0:1": "::1",
    "host = ::ffff:127.0.0.1": "127.0.0.1",
    "host = LocalHost": "localhost",
    "host = my_app.local.": "my_app.local",
    "host = bücher.example": "xn--bcher-kva.example",
    "public_url = https://Jobs.Example.org/": "https://jobs.example.org",
    "public_url = https://jobs.example.org:443": "https://jobs.example.org",
    "public_url = http://jobs.example.org:80/": "http://jobs.example.org",
    "public_url = https://jobs.example.org:8443": "https://jobs.example.org:8443",
    "public_url = http://[::1]:8080": "http://[::1]:8080",
    "public_url = HTTPS://Example.org:443/Bellhop": "https://example.org/Bellhop",
    "public_url = https://example.org/tools/jobs_1.~-": "https://example.org/tools/jobs_1.~-",
    "public_url = https://example.org/.bellhop": "https://example.org/.bellhop",
    "public_url =": "",
    "allowed_hosts = jobs.example.org:8080": ("jobs.example.org",),
    "allowed_hosts = Jobs.Example.org., 10.0.0.1:80": ("jobs.example.org", "10.0.0.1"),
    "allowed_hosts = [2001:DB8::0:1]:8080, ::1": ("2001:db8::1", "::1"),
    "trusted_proxy = 10.0.0.1": ("10.0.0.1/32",),
    "trusted_proxy = 10.0.0.1, fd00::1": ("10.0.0.1/32", "fd00::1/128"),
    "trusted_proxy = 172.17.0.0/16": ("172.17.0.0/16",),
    "trusted_proxy = 172.17.0.1/16": ("172.17.0.0/16",),
    "trusted_proxy = ::ffff:10.0.0.1": ("10.0.0.1/32",),
}
REFUSED = [
    "host =",
    "host = *",
    "host = 127.0.0.1:8080",
    "host = [::1]:8080",
    "host = http://localhost",
    "host = 127.1",
    "host = 0",
    "host = 0x7f000001",
    "host = 1.2.3.4.5",
    "host = fe80::1%eth0",
    "host = a b",
    "host = 127.0.0.1, ::1",
    "host = 127.0.0.1/8",
    "public_url = jobs.example.org",
    "public_url = jobs.example.org:8080",
    "public_url = //jobs.example.org",
    "public_url = ftp://jobs.example.org",
    "public_url = https://",
    "public_url = https://example.org/bellhop/",
    "public_url = https://example.org//",
    "public_url = https://example.org//bellhop",
    "public_url = https://example.org/a b",
    "public_url = https://example.org/a%20b",
    "public_url = https://example.org/ä",
    "public_url = https://example.org/.",
    "public_url = https://example.org/a/../b",
    "public_url = https://example.org/a/..",
    'public_url = https://example.org/"bellhop',
    "public_url = https://example.org/a\\b",
    "public_url = https://example.org/bellhop?a=b",
    "public_url = https://example.org/bellhop#a",
    "public_url = https://example.org/jobs",
    "public_url = https://example.org/api/bellhop",
    "public_url = https://example.org/static",
    "public_url = https://jobs.example.org/?a=b",
    "public_url = https://jobs.example.org#a",
    "public_url = https://vera@jobs.example.org",
    "public_url = https://jobs.example.org:0",
    "public_url = https://jobs.example.org:99999",
    "public_url = https://*.example.org",
    "public_url = https://a, https://b",
    "allowed_hosts = *",
    "allowed_hosts = *.example.org",
    "allowed_hosts = .example.org",
    "allowed_hosts = https://jobs.example.org",
    "allowed_hosts = jobs.example.org/bellhop",
    "allowed_hosts = a b",
    "allowed_hosts = 10.0.0.0/8",
    "allowed_hosts = jobs.example.org:http",
    "trusted_proxy = nginx",
    "trusted_proxy = localhost",
    "trusted_proxy = *",
    "trusted_proxy = 10.0.0.1:80",
    "trusted_proxy = 10.0.0.0/33",
    "trusted_proxy = 10.0.0.1, nginx",
    "trusted_proxy = unix:/run/nginx.sock",
]


@pytest.mark.parametrize("line", READ)
def test_it_reads_an_address_in_its_one_form(config: Config, line: str) -> None:
    server = config(f"[server]\n{line}\n").server
    assert getattr(server, line.partition(" ")[0]) == READ[line]


@pytest.mark.parametrize("line", REFUSED)
def test_it_refuses_an_address_that_would_not_work(config: Config, line: str) -> None:
    with pytest.raises(StartRefused) as caught:
        config(f"[server]\n{line}\n")
    said = str(caught.value)
    assert f"config.ini line 5 [server] {line.partition(' ')[0]}: found " in said
    assert "; allowed is " in said and "\n" not in said


@pytest.mark.parametrize("line", [line for line in REFUSED if not line.endswith("=")])
def test_it_refuses_the_same_of_a_variable(
    config: Config, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    key, _, value = line.partition(" = ")
    monkeypatch.setenv(f"BELLHOP_SERVER_{key}".upper(), value)
    with pytest.raises(StartRefused, match=rf"^environment BELLHOP_SERVER_{key.upper()}: found "):
        config("")


@pytest.mark.parametrize("text", ["10.0.0.0/33", "http://a", "*.internal", "a:80"])
def test_it_refuses_a_target_that_no_job_would_reach(config: Config, text: str) -> None:
    with pytest.raises(StartRefused, match=r"\[outbound\] allowed: found "):
        config(f"[outbound]\nallowed = {text}\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("::FFFF:a00:1", "10.0.0.1"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("", ""),
        ("/run/web.sock", "/run/web.sock"),
    ],
)
def test_it_knows_a_peer_by_one_address(text: str, expected: str) -> None:
    assert addresses.peer(text) == expected


@pytest.mark.parametrize(
    ("peer", "is_trusted"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("11.1.2.3", False),
        ("fd00::1", True),
        ("fd00::2", False),
        ("", False),
        ("/run/web.sock", False),
    ],
)
def test_it_knows_who_is_in_a_network(peer: str, is_trusted: bool) -> None:
    assert addresses.is_among(peer, ("10.0.0.0/8", "fd00::1/128")) is is_trusted
