"""GET /monitoring/problems: what failed in a period and why, and how the job types did."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from bottle import HTTPResponse

from bellhop.accounts.access import User
from bellhop.base.errors import Problem
from bellhop.base.times import as_timestamp
from bellhop.base.units import MEBIBYTE
from bellhop.jobs import backlogs, queries
from bellhop.jobs.queries import TypeFigures
from bellhop.web import query
from bellhop.web.answers import json_answer
from bellhop.web.site import Site

DEFAULT = "24h"


def show(site: Site, user: User) -> HTTPResponse:
    """Of one's own items; of everybody's for who may read all."""
    name = query.text("period") or DEFAULT
    if name not in queries.PERIODS:
        allowed = ", ".join(queries.PERIODS)
        raise Problem("invalid-parameter", f"period must be one of {allowed}.")
    period = queries.period(name)
    since = queries.counted_since()
    errors, is_cut = queries.errors(user, period)
    document = {
        "period": name,
        "from": _time(period.begin),
        "slot_s": period.width,
        "counted_since": None if since is None else _time(since),
        "runs": [
            {"at": _time(at), "completed": completed, "failed": failed}
            for at, completed, failed in queries.runs(user, period)
        ],
        "errors": [asdict(group) for group in errors],
        "more_errors": is_cut,
        "behind": [
            {"queue": name, "since": at, "backlog_s": site.settings.queues[name].backlog_s}
            for name, at in sorted(backlogs.behind().items())
            if name in site.settings.queues
        ],
        "types": [
            _type(site, name, of) for name, of in sorted(queries.types(user, period).items())
        ],
    }
    return json_answer(document)


def _type(site: Site, name: str, figures: TypeFigures) -> dict[str, Any]:
    """How a type did, beside the memory that one of its items may hold; None where that is open."""
    known = site.catalog.types().get(name)
    most = known.memory_mb * MEBIBYTE if known else 0
    return {"type": name, **figures.shown(), "memory_limit_bytes": most or None}


def _time(at: int) -> str:
    return as_timestamp(datetime.fromtimestamp(at, UTC))
