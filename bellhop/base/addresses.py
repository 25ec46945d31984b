"""Where the API and its jobs are: what is told to others is the address that is served."""

from __future__ import annotations

API = "/api/v1"


def of_job(job_id: str) -> str:
    """What follows it, as in `/result`, is of this job."""
    return f"{API}/jobs/{job_id}"
