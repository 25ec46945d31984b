"""What other machines are given to reach, before and after the first account."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.running import running


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
