"""What a job reads of the server that runs it, and what the check says of that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bellhop.client import Bellhop
from tests.support.running import running

Reach = Callable[..., str]


@pytest.mark.parametrize("half", ["web", "consumer"])
def test_it_keeps_the_environments_of_a_server_from_jobs(tmp_path: Path, half: str) -> None:
    with running(tmp_path) as bellhop:
        bellhop.run("user", "add", "ada", "--role", "admin")
        token = bellhop.run("token", "add", "ada").stdout.strip()
        bellhop.serve()
        pid = next(p for p in bellhop.descendants() if half in words_of(p))
        item = {"json": {"how": "read", "what": f"/proc/{pid}/environ"}}
        client = Bellhop(bellhop.url, token)
        job = client.create("reach", data=[item["json"]])
        assert client.wait(job["job_id"], 30)["status"] == "completed"
        result = client.result(job["job_id"])
        assert result["items"][0]["data"]["said"] == "PermissionError"


def test_it_says_in_the_check_what_is_confined(tmp_path: Path) -> None:
    with running(tmp_path) as bellhop:
        done = bellhop.run("check")
    assert (
        "confinement of jobs: files confined once there is an account, network confined, "
        "shared memory private once there is an account, "
        "processes confined once there is an account" in done.stdout
    )


def words_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
