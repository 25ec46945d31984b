"""What the moves of items and the ends of jobs add to the totals behind /metrics.

Beside these, tallies.py counts by owner and time, for the pages. Deliveries of webhooks are counted
apart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from bellhop.base.errors import ItemError
from bellhop.base.times import seconds_since
from bellhop.jobs.lifecycle.moved import Brought
from bellhop.jobs.lifecycle.tallies import Ended
from bellhop.jobs.newjob import OWN_TYPES, WEBHOOK
from bellhop.metrics.totals import Totals
from bellhop.storage.models import FINAL


def of_items(
    totals: Totals,
    target: str,
    moved: Sequence[Ended],
    event: ItemError | None,
    *,
    is_interrupted: bool,
) -> None:
    """Add items that were moved to `target`, with what was measured of each.

    `is_interrupted`: the death of a consumer or a machine cut their run short.
    """
    code = event.code if event else ""
    is_retry = target in ("queued", "pending") and code not in ("", "interrupted")
    for _, type_name, measured in moved:
        if type_name in OWN_TYPES:
            if target in FINAL and type_name == WEBHOOK:
                totals.add("delivery", status=target)
            continue
        if target in FINAL:
            ran_s = None if target == "cancelled" else measured.ran_s
            totals.add("item", type_name, target, code, ran_s)
        elif is_retry:
            totals.add("retry", type_name, code=code)
        if is_interrupted:
            totals.add("interruption", type_name)


def of_job(totals: Totals, job: Brought, status: str, error: str | None) -> None:
    """Add a job that ends now; `error` is its error as JSON."""
    if job.is_delivery:
        return
    code = json.loads(error)["code"] if error else ""
    ran_s = seconds_since(job.started_at) if job.is_timed and status != "cancelled" else None
    totals.add("job", job.type, status, code, ran_s)
    if ran_s is not None and (age_s := seconds_since(job.since)) is not None:
        totals.add("job_wait", job.type, seconds=max(0.0, age_s - ran_s))
