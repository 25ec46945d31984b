"""Secrets, in what the processes print, log, keep and serve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bellhop.base.masking import Mask
from tests.support.running import running, valkey
from tests.support.secrets import HIDDEN, SECRET, traces_of

# With what is written otherwise in JSON, in a URL, and in base64.


def test_it_learns_from_job_types_what_is_a_secret(tmp_path: Path) -> None:
    path = tmp_path / "config.ini"
    path.write_text("[type:leak]\npin = abcdef\n")
    path.chmod(0o644)
    with running(tmp_path) as bellhop:
        refused = bellhop.run("--config", str(path))
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "[type:leak] pin" in refused.stderr.splitlines()[-1]
        assert "abcdef" not in refused.stderr


def test_it_says_nothing_of_the_password_of_redis(tmp_path: Path) -> None:
    password = "wrong-password-42"
    with valkey() as server:
        url = server.url.replace("redis://", f"redis://someone:{password}@")
        given = {"BELLHOP_HUEY_STORAGE": "redis", "BELLHOP_HUEY_REDIS_URL": url}
        with running(tmp_path, **given) as bellhop:
            refused = bellhop.run()
            assert refused.returncode == 1 and refused.stderr
            assert password not in refused.stdout + refused.stderr + bellhop.log()
            assert traces_of(password, tmp_path / "data") == []


def test_it_shows_no_secret_by_any_command_or_page(tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "BELLHOP_TYPE_LEAK_PIN": SECRET, "BELLHOP_TYPE_SUMMARY_API_KEY": HIDDEN,
    }  # fmt: skip
    mask = Mask([SECRET, HIDDEN])
    with running(tmp_path, **given) as bellhop:
        bellhop.serve()
        job = bellhop.texts("return", type="leak")
        bellhop.final(job["job_id"])
        client = bellhop.client()
        base = f"/api/v1/jobs/{job['job_id']}"
        for path in ("", "/result", "/items", "/events?include=traceback"):
            assert not mask.hits(json.dumps(client.get(base + path), ensure_ascii=False)), path
        for path in ("/health", "/api/v1/types", "/api/v1/monitoring/health"):
            assert not mask.hits(json.dumps(client.get(path), ensure_ascii=False)), path
        for command in (["check"], ["try", "leak", "return"], ["try", "leak", "mistake"]):
            said = bellhop.run(*command, limit_s=60)
            assert not mask.hits(said.stdout + said.stderr), command
        assert not mask.hits(bellhop.log())
        assert traces_of(SECRET, bellhop.data) == traces_of(HIDDEN, bellhop.data) == []
