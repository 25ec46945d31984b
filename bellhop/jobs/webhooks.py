"""Webhooks: what is told to whom, as jobs of Bellhop's own type `webhook`.

A delivery is a durable job like any other, made in the transaction of what it tells (see
lifecycle/deliveries.py), and runs in a queue of its own. It is signed and sent by
`jobtypes/webhook.py`. Nothing here sends.
"""

from __future__ import annotations

import base64
import secrets
from typing import Any

from bellhop.base import addresses
from bellhop.base.times import timestamp
from bellhop.database.database import database, query
from bellhop.jobs.newjob import WEBHOOK, NewItem, NewJob
from bellhop.settings.settings import WEBHOOKS

TYPE, QUEUE = WEBHOOK, WEBHOOKS
# One start, and the retries of the job type.
ATTEMPTS = 8
SECRET_BYTES = 32


def delivery_of(
    job: int, job_id: str, owner: str, status: str, url: str, *, is_final: bool
) -> NewJob:
    """What tells that a job is final, with the status it has, or of its progress."""
    event = f"job.{status}" if is_final else "job.progress"
    base = addresses.of_job(job_id)
    data = {
        "type": event,
        "timestamp": timestamp(),
        "data": {"job_id": job_id, "status": status, "links": {"self": base}},
    }
    if is_final:
        data["data"]["links"]["result"] = f"{base}/result"  # type: ignore[index]
    params = {"url": url, "message_id": f"msg_{secrets.token_hex(12)}", "is_final": is_final}
    return new_delivery(job, owner, event, data, params)


def new_delivery(
    job: int, owner: str, event: str, data: dict[str, Any], params: dict[str, Any]
) -> NewJob:
    """A delivery about the job with row id `job`; one that is repeated keeps its message id."""
    return NewJob(
        type=TYPE,
        name=event,
        params=params,
        queue=QUEUE,
        max_attempts=ATTEMPTS if params["is_final"] else 1,
        items=[NewItem(event, {"data": data})],
        owner=owner,
        use_cache=False,
        delivery_of=job,
    )


def secret_of(owner: str, *, renew: bool = False) -> str:
    """What deliveries of `owner` are signed with, made at the first time (Standard Webhooks)."""
    fresh = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    conflict = "DO UPDATE SET secret = excluded.secret" if renew else "DO NOTHING"
    find = "SELECT secret FROM webhook_secret WHERE owner = :owner"
    if renew or not query(find, {"owner": owner}):
        with database.atomic():
            query(
                "INSERT INTO webhook_secret (owner, secret) VALUES (:owner, :secret)"
                f" ON CONFLICT (owner) {conflict}",
                {"owner": owner, "secret": fresh},
            )
    return str(query(find, {"owner": owner})[0][0])


def disable(owner: str, url: str) -> None:
    """Tell this address nothing more: it answered that it is gone."""
    with database.atomic():
        query(
            "INSERT INTO webhook_disabled (owner, url, at) VALUES (:owner, :url, :now)"
            " ON CONFLICT DO NOTHING",
            {"owner": owner, "url": url, "now": timestamp()},
        )


def enable(owner: str, url: str) -> None:
    """Tell this address again."""
    with database.atomic():
        query(
            "DELETE FROM webhook_disabled WHERE owner = :owner AND url = :url",
            {"owner": owner, "url": url},
        )


def is_disabled(owner: str, url: str) -> bool:
    sql = "SELECT 1 FROM webhook_disabled WHERE owner = :owner AND url = :url"
    return bool(query(sql, {"owner": owner, "url": url}))
