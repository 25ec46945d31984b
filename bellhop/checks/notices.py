"""What `check` asks of notices: whether those that the settings ask for can be delivered."""

from __future__ import annotations

from typing import Any

from bellhop.base.addresses import API
from bellhop.base.program import TYPED, pip_line
from bellhop.base.settings import Settings
from bellhop.checks.answers import Failed
from bellhop.client import Bellhop
from bellhop.notices import wishes

LIMIT_S = 60


def deliverable(settings: Settings, client: Bellhop) -> list[str]:
    """A job of the Bellhop that runs goes to each receiver among the admins, without a notice."""
    if lacking := wishes.lacking(settings.notices):
        raise Failed(*lacking)
    job = client.post(f"{API}/monitoring/notices/trial", {})
    try:
        client.wait(job["job_id"], LIMIT_S)
    except TimeoutError:
        waits = client.job(job["job_id"])["waiting_for"]
        raise Failed(f"nobody tried it within {LIMIT_S} s: {waits}") from None
    items = client.items(job["job_id"])
    change = f"change it in {settings.config_path}, then type {TYPED} restart"
    if wrong := [item["error"] for item in items if item["error"]]:
        raise Failed(*(f"{error['message']}; {_mend(error, change)}" for error in wrong))
    return [", ".join(f"{item['filename']}: {item['data']['answer']}" for item in items)]


def _mend(error: dict[str, Any], change: str) -> str:
    return pip_line("notices") if error["code"] == "missing_extra" else change
