"""What the moves of items and the ends of jobs add to the totals behind /metrics.

Beside these, tallies.py counts by owner and time, for the pages. Deliveries of webhooks are counted
apart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from bellhop.base.errors import ItemError
from bellhop.base.times import seconds_since
from bellhop.jobs import webhooks
from bellhop.jobs.lifecycle.tallies import Ended
from bellhop.metrics.totals import Totals
from bellhop.storage.models import FINAL


class Brought(NamedTuple):
    """A job with what was added to it; `status` is the one before.

    `is_timed`: how long it waited and ran tells something; `since` is as that of a claim.
    """

    job_id: str
    status: str
    is_final: bool
    cancelled: int
    failed: int
    type: str
    is_delivery: bool
    is_timed: bool
    started_at: str | None
    since: str | None


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
        if type_name == webhooks.TYPE:
            if target in FINAL:
                totals.add("delivery", status=target)
            continue
        if target in FINAL:
            totals.add("item", type_name, target, code)
        if target in ("completed", "failed") and measured.ran_s is not None:
            totals.add_time("item_run", type_name, measured.ran_s)
        if is_retry:
            totals.add("retry", type_name, code=code)
        if is_interrupted:
            totals.add("interruption", type_name)


def of_job(totals: Totals, job: Brought, status: str, error: str | None) -> None:
    """Add a job that ends now; `error` is its error as JSON."""
    if job.is_delivery:
        return
    totals.add("job", job.type, status, json.loads(error)["code"] if error else "")
    ran_s, age_s = seconds_since(job.started_at), seconds_since(job.since)
    if status == "cancelled" or not job.is_timed or ran_s is None:
        return
    totals.add_time("job_run", job.type, ran_s)
    if age_s is not None:
        totals.add_time("job_wait", job.type, age_s - ran_s)
