"""What other machines are given to reach, before and after the first account."""

from __future__ import annotations

import json
import threading
import time
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from tests.support.running import Running, running, wait_for


@pytest.mark.parametrize(
    "setting",
    [
        {"BELLHOP_SERVER_PUBLIC_URL": "https://jobs.example.org"},
        {"BELLHOP_SERVER_TRUSTED_PROXY": "127.0.0.1"},
    ],
    ids=lambda setting: next(iter(setting.values())),
)
def test_it_is_behind_no_proxy_without_an_account(tmp_path: Path, setting: dict[str, str]) -> None:
    with running(tmp_path, **setting) as bellhop:
        for command in ([], ["web"]):
            refused = bellhop.run(*command)
            assert (refused.returncode, refused.stdout) == (1, "")
            assert "python app.py user add NAME --role admin" in refused.stderr.splitlines()[-1]


def test_it_serves_other_machines_with_an_account(tmp_path: Path) -> None:
    public = {
        "BELLHOP_SERVER_HOST": "0.0.0.0",
        "BELLHOP_SERVER_PUBLIC_URL": "https://jobs.example.org",
        "BELLHOP_SERVER_TRUSTED_PROXY": "127.0.0.1",
    }
    with running(tmp_path, **public) as bellhop:
        bellhop.run("user", "add", "ada", "--role", "admin")
        token = bellhop.run("token", "add", "ada").stdout.strip()
        bellhop.serve()
        bellhop.environment["BELLHOP_TOKEN"] = token
        assert bellhop.run("stats", "--json").returncode == 0
        bellhop.environment["BELLHOP_TOKEN"] = "nothing"
        refused = bellhop.run("jobs")
        assert refused.returncode == 1 and "login-needed" in refused.stderr


def test_it_lets_a_known_browser_in_within_5_s_while_networks_guess(tmp_path: Path) -> None:
    """Two /64s send wrong passwords of the same account, far more than 100 in a minute."""
    stop, statuses = threading.Event(), []
    with running(tmp_path, BELLHOP_SERVER_TRUSTED_PROXY="127.0.0.1") as bellhop:
        bellhop.run("user", "add", "ada", "--password-stdin", given="correct horse")
        bellhop.serve()
        cookie = log_in(bellhop, "203.0.113.7", "correct horse").headers["X-Browser"]

        def guess(net: int) -> None:
            for number in range(10_000):
                if stop.wait(0.1):
                    return
                address = f"2001:db8:{net}:{number // 9:x}::{number:x}"
                statuses.append(log_in(bellhop, address, "a wrong one").status)

        guessers = [threading.Thread(target=guess, args=[net % 2]) for net in range(4)]
        for guesser in guessers:
            guesser.start()
        wait_for(lambda: len(statuses) > 15)
        began = time.monotonic()
        known = log_in(bellhop, "192.0.2.9", "correct horse", Cookie=cookie)
        took_s = time.monotonic() - began
        stop.set()
        for guesser in guessers:
            guesser.join()
    assert (known.status, set(statuses)) == (200, {401, 429})
    assert took_s < 5


def log_in(bellhop: Running, address: str, password: str, **headers: str) -> HTTPResponse:
    """A login through the proxy; its header X-Browser is the cookie of the known browser."""
    connection = HTTPConnection("127.0.0.1", int(bellhop.url.rpartition(":")[2]), timeout=20)
    sent = {"Content-Type": "application/json", "X-Forwarded-For": address, **headers}
    body = json.dumps({"name": "ada", "password": password})
    connection.request("POST", "/api/v1/login", body, sent)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    for cookie in answer.headers.get_all("Set-Cookie", []):
        if cookie.startswith("bellhop_browser="):
            answer.headers["X-Browser"] = cookie.partition(";")[0]
    return answer
