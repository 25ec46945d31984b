"""What `check` asks of notices: whether those that the settings ask for can be delivered."""

from __future__ import annotations

import contextlib
from typing import Any

from bellhop.base.addresses import API
from bellhop.base.program import TYPED, pip_line
from bellhop.checks.answers import LOOK_AT_LOG, Failed
from bellhop.checks.trial import is_ready
from bellhop.client import Bellhop
from bellhop.notices import wishes
from bellhop.settings.settings import Settings

LIMIT_S = 60


def deliverable(settings: Settings, client: Bellhop) -> list[str]:
    """A job of the Bellhop that runs goes to each receiver among the admins, without a notice."""
    if lacking := wishes.lacking(settings.notices):
        raise Failed(*lacking)
    job_id = client.post(f"{API}/monitoring/notices/trial", {})["job_id"]
    with contextlib.suppress(TimeoutError):
        client.wait(job_id, LIMIT_S if is_ready(client) else 0)
    items = client.items(job_id)
    change = f"change it in {settings.config_path}, then type {TYPED} reload"
    wrong = [_said(item["error"], change) for item in items if item["error"]]
    if untried := [item["filename"] for item in items if not (item["error"] or item["data"])]:
        job = client.job(job_id)
        why = job["waiting_for"] or f"the trial is {job['status']}"
        wrong.append(f"nothing is known of {', '.join(untried)}: {why}; {LOOK_AT_LOG}")
    if wrong:
        raise Failed(*wrong)
    return [", ".join(f"{item['filename']}: {item['data']['answer']}" for item in items)]


def _said(error: dict[str, Any], change: str) -> str:
    mend = pip_line("notices") if error["code"] == "missing_extra" else change
    return f"{error['message'].removesuffix('.')}; {mend}"
