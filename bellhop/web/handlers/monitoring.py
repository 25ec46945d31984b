"""Handlers for whoever runs Bellhop: queues, workers, health, statistics, the cache."""

from __future__ import annotations

import math
from dataclasses import asdict

from bottle import HTTPResponse

from bellhop.accounts.access import User, may
from bellhop.base.errors import Problem, invalid_field
from bellhop.base.times import seconds_ahead
from bellhop.database import condition
from bellhop.database.database import database
from bellhop.jobs import durations, queries, reuse
from bellhop.jobs import queues as switches
from bellhop.notices import troubles
from bellhop.space.installation import known
from bellhop.space.jobs import lately
from bellhop.storage.inspection import MOST_SHOWN
from bellhop.storage.models import STATUSES
from bellhop.system.clock import STEP_S
from bellhop.watch import rows
from bellhop.web import query
from bellhop.web.answers import fitting, json_answer, read_object
from bellhop.web.gate import noted
from bellhop.web.handlers.jobs import shown as shown_job
from bellhop.web.shown.machine_views import machine_views, not_started
from bellhop.web.shown.machine_views import machines as every_machine
from bellhop.web.shown.running import queue_views, worker_views
from bellhop.web.shown.views import job_views
from bellhop.web.site import Site

MOST_WORKERS = 256


def queues(site: Site, user: User) -> HTTPResponse:
    """GET /monitoring/queues: what waits, runs and failed in each queue, and how far behind."""
    return json_answer({"queues": queue_views(site)})


def workers(site: Site, user: User) -> HTTPResponse:
    """GET /monitoring/workers: the live consumers and what each of their workers does."""
    return json_answer({"workers": worker_views(site, user)})


def machines(site: Site, user: User) -> HTTPResponse:
    """GET /monitoring/machines: each machine and what it runs; none on SQLite."""
    return json_answer({"machines": machine_views(site)})


def health(site: Site, user: User) -> HTTPResponse:
    """GET /monitoring/health: everything a monitor asks; 200 also when something is wrong."""
    shown = queue_views(site)
    consumers = queries.running_consumers(site.here)
    bells = {"web": site.bell.trouble.reason, **{c.id: c.bell for c in consumers}}
    bell = next((trouble for trouble in bells.values() if trouble), None)
    free_bytes = site.files.free_bytes()
    unavailable = {
        name: job_type.reason
        for name, job_type in site.catalog.types().items()
        if not job_type.available
    }
    problems = [] if consumers else ["no consumer is running"]
    problems += [f"the bell does not work: {bell}"] if bell else []
    problems += troubles.seen(site.settings, site.here, site.files, consumers).values()
    problems += [
        f"the queue {q['name']} has a backlog" for q in shown if q["backlog"] == "critical"
    ]
    problems += not_started(every_machine(site, consumers))
    problems += _clock_problems(site)
    watches = {name: rows.told(name) for name in site.settings.watches}
    problems += [f"[watch:{name}] files wait: {t.held}" for name, t in watches.items() if t.held]
    unreadable = site.inspection.look()
    problems += [f"this row cannot be read: {row}" for row in unreadable[:MOST_SHOWN]]
    server = condition.look() if site.here.rows else None
    problems += server.problems if server else []
    document = {
        "status": "ok" if not problems else "degraded",
        "problems": problems,
        "consumers": len(consumers),
        "queue": {"storage": site.here.bell, "bell": bell or "ok"},
        "disk": {"free_bytes": free_bytes, "database_bytes": database.size_bytes()},
        "queues": {q["name"]: q["backlog"] for q in shown},
        "paused": sorted(switches.paused()),
        "unavailable_types": unavailable,
        "untrusted_proxies": site.untrusted_proxies,
        "watches": {name: asdict(told) for name, told in watches.items()},
        "cache": reuse.stats(),
        "postgresql": server and {"address": site.here.rows, **asdict(server)},
    }
    return json_answer(document)


def space(site: Site, user: User) -> HTTPResponse:
    """GET /monitoring/space: what jobs hold; for admins also what the installation takes."""
    found = lately(site.settings, user)
    document = {**found, "installation": None}
    if may(user, "monitor"):
        jobs_bytes = sum(each["bytes"] for each in found["types"])
        document["installation"] = known(site.settings, site.here, jobs_bytes)
    return json_answer(document)


def try_notices(site: Site, user: User) -> HTTPResponse:
    """POST /monitoring/notices/trial: a job whose items say whether each can be delivered."""
    with noted(user, "try notices"):
        job_id = site.handover.try_out(user.name)
        if job_id is None:
            raise Problem("invalid-job", "[notices] names no mail server and no Apprise URL.")
    return shown_job(site, user, job_id, 202)


def _clock_problems(site: Site) -> list[str]:
    """What is said while the clock is not believed about ages."""
    behind_s = seconds_ahead(queries.newest_at())
    site.clock.look()
    said = "Bellhop deletes nothing because of its age"
    found = [f"the clock is {behind_s:.0f} s behind the newest job: {said}"]
    found = found if behind_s > STEP_S else []
    return [*found, f"the clock was set: for an hour, {said}"] if site.clock.was_set() else found


def stats(site: Site, user: User) -> HTTPResponse:
    """GET /jobs/stats: counts by status and type, how long items take, the cache."""
    counts = queries.counts_by_type(user)
    by_type: dict[str, dict[str, int]] = {}
    for name, status, count in counts:
        by_type.setdefault(name, {})[status] = count
    by_status = {name: sum(c for _, s, c in counts if s == name) for name in STATUSES}
    # These are of everybody's items.
    lately = durations.by_type() if user.reads_all else {}
    measured = {name: _spread(found) for name, found in lately.items()}
    document = {
        "total": sum(by_status.values()),
        "by_status": by_status,
        "by_type": by_type,
        "durations": measured,
        "cache": reuse.stats() if user.reads_all else None,
    }
    return json_answer(document)


def pause(site: Site, user: User, name: str) -> HTTPResponse:
    """POST /queues/NAME/pause: nothing of it starts any more. Running items continue."""
    with noted(user, "pause queue", _known(site, name)):
        switches.pause(name, user.name)
    site.surroundings.forget()
    return _queue(site, name)


def resume(site: Site, user: User, name: str) -> HTTPResponse:
    """POST /queues/NAME/resume"""
    with noted(user, "resume queue", _known(site, name)):
        switches.resume(name)
    site.surroundings.forget()
    site.bell.ring({name: site.settings.queues[name].workers or MOST_WORKERS})
    return _queue(site, name)


def change_queue(site: Site, user: User, name: str) -> HTTPResponse:
    """PATCH /queues/NAME: `workers` of each consumer that serves it, null as in config.ini."""
    body = read_object()
    wanted = body.get("workers")
    is_number = type(wanted) is int and 1 <= wanted <= MOST_WORKERS
    if set(body) != {"workers"} or not (is_number or wanted is None):
        raise invalid_field("workers", f"must be a number from 1 to {MOST_WORKERS}, or null")
    with noted(user, f"workers {wanted}", _known(site, name)):
        switches.set_workers(name, wanted)
    site.surroundings.forget()
    return _queue(site, name)


def cache(site: Site, user: User) -> HTTPResponse:
    """GET /cache: what may be used again, and how often it was."""
    return json_answer({**reuse.stats(), "types": reuse.stats_by_type()})


def clear_cache(site: Site, user: User) -> HTTPResponse:
    """DELETE /cache: forget the results of one type, or all; the jobs keep theirs."""
    chosen = query.text("type")
    with noted(user, "clear cache", chosen or "all"):
        removed = reuse.clear(chosen)
    return json_answer({"removed": removed})


def jobs_with_content(site: Site, user: User, sha256: str) -> HTTPResponse:
    """GET /files/SHA256/jobs: is this file converted already?"""
    limit = query.page_limit()
    jobs = queries.jobs_with_content(user, sha256.lower(), query.text("type"), limit)
    return json_answer({"jobs": fitting(job_views(site, user, jobs))})


def _known(site: Site, name: str) -> str:
    if name not in site.settings.queues:
        known = ", ".join(site.settings.queues)
        raise Problem("not-found", f"There is no queue {name!r}; the queues are {known}.")
    return name


def _queue(site: Site, name: str) -> HTTPResponse:
    return json_answer(next(queue for queue in queue_views(site) if queue["name"] == name))


def _spread(seconds: list[float]) -> dict[str, float]:
    """Nearest-rank percentiles of durations, shortest first."""

    def rank(part: float) -> float:
        return seconds[math.ceil(part * len(seconds)) - 1]

    return {
        "count": len(seconds),
        "median_s": rank(0.5),
        "p90_s": rank(0.9),
        "longest_s": seconds[-1],
    }
