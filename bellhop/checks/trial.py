"""The job that `check` sends through the whole path; whatever ends the check, no job is left."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from pathlib import Path

from bellhop.base.times import seconds_since
from bellhop.checks.answers import Failed
from bellhop.client import Bellhop, BellhopError, RequestFailed

JOB_LIMIT_S, PURGE_LIMIT_S = 20, 5
# The file of a check is called so. What a killed one left is older than any that goes on.
NAME, LEFT_S = "bellhop-check-", 60.0


def complete_job(client: Bellhop) -> list[str]:
    """Submit one, wait, read its result and delete it."""
    forget(client, NAME, LEFT_S)
    name = f"{NAME}{secrets.token_hex(6)}"
    try:
        return _run(client, name)
    finally:
        forget(client, name)


def _run(client: Bellhop, name: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.txt"
        path.write_text("three short words")
        job = client.create("word_count", files=[path], use_cache=False)
    try:
        job = client.wait(job["job_id"], JOB_LIMIT_S if is_ready(client) else 0)
    except TimeoutError:
        job = client.job(job["job_id"])
        raise Failed(f"the job is still {job['status']}: {job['waiting_for']}") from None
    if job["status"] != "completed":
        raise Failed(f"the job is {job['status']}: {(job['error'] or {}).get('message')}")
    data = client.get(job["links"]["result"])["items"][0]["data"]
    if data != {"words": 3}:
        raise Failed(f"the result is wrong: {data}")
    return ["submitted, run, read and deleted"]


def is_ready(client: Bellhop) -> bool:
    """Whether anybody runs jobs."""
    try:
        return bool(client.get("/ready"))
    except RequestFailed:
        return False


def forget(client: Bellhop, name: str, least_age_s: float = 0.0) -> None:
    """Delete the jobs of checks whose files are called so, and that are at least so old."""
    for job in list(client.jobs(type="word_count", q=name)):
        is_ours = job["name"].startswith(name) and job["name"].endswith(".txt")
        if is_ours and (seconds_since(job["created_at"]) or 0.0) >= least_age_s:
            with contextlib.suppress(BellhopError):
                # The first cancels a job that is not final, and deletes one that is.
                client.delete(f"{job['links']['self']}?purge=true")
                client.wait(job["job_id"], PURGE_LIMIT_S)
                client.delete(f"{job['links']['self']}?purge=true")
