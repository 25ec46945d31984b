"""The queues and the workers as the API shows them: what waits, what runs, and when it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from bellhop.accounts.access import User
from bellhop.base.times import seconds_since, timestamp
from bellhop.jobs import backlogs, queries
from bellhop.jobs import queues as switches
from bellhop.storage import live
from bellhop.storage.models import Consumer
from bellhop.web.shown.machine_views import Machine, machines
from bellhop.web.site import Site

# Where nothing waits for longer, a queue keeps up.
PROMPT_S = 60.0
# From so many items a minute on, the pace of a queue tells when it is done.
LEAST_PACE = 10
# Items from whose types it is told otherwise.
MOST_SAMPLED = 1000
NO_FLOW = (0.0, 0.0)
TOLD = ("memory_bytes", "memory_limit_bytes", "last_line")


def queue_views(site: Site) -> list[dict[str, Any]]:
    """Every queue of config.ini, and those that rows still name."""
    (states, flows), paused = site.surroundings.counted(), switches.paused()
    workers, running = switches.workers_set(), queries.running_consumers(site.here)
    found, behind = machines(site, running), backlogs.behind()
    shown = []
    for name in dict.fromkeys([*site.settings.queues, *states]):
        state = states.get(name, {})
        configured = site.settings.queues.get(name)
        by, at = paused.get(name, (None, None))
        of_each = workers.get(name, configured.workers if configured else 0)
        serving = list(served_by(name, running, found, of_each))
        there = [machine.workers.get(name, 0) for machine in found if machine.consumers]
        came, left = flows.get(name, NO_FLOW)
        queue = {
            "name": name,
            "depth": state.get("queued", 0),
            "pending": state.get("pending", 0),
            "oldest_age_s": seconds_since(state.get("oldest")),
            "running": state.get("running", 0),
            "failed": state.get("failed", 0),
            "paused": name in paused,
            "paused_by": by,
            "paused_at": at,
            "behind_since": behind.get(name),
            "backlog": _backlog(site, state.get("queued", 0)),
            "in_per_minute": round(came, 1),
            "out_per_minute": round(left, 1),
            "workers": max(there, default=0) or of_each,
            "workers_configured": configured.workers if configured else 0,
            "workers_changed": name in workers,
            "workers_total": sum(count for _, count in serving),
            "consumers": len(serving),
            "machines": sorted({machine for machine, _ in serving if machine}),
        }
        shown.append({**queue, **_outlook(site, queue)})
    return shown


def served_by(
    queue: str, running: Sequence[Consumer], found: Sequence[Machine], of_each: int
) -> Iterator[tuple[str, int]]:
    """(machine, its workers) for each consumer that serves a queue; "" where there is one machine.

    One that drains has no workers but those that still run an item. How many a consumer has, a
    machine that joined knows from `machine add`.
    """
    by_id = {machine.row.id: machine for machine in found}
    serving = [consumer for consumer in running if queue in queries.queues_of(consumer)]
    busy = queries.busy_workers() if any(consumer.draining for consumer in serving) else {}
    for consumer in serving:
        machine = by_id.get(consumer.machine)
        count = machine.workers.get(queue, of_each) if machine else of_each
        if consumer.draining:
            count = min(count, busy[consumer.machine][queue])
        if count or not consumer.draining:
            yield machine.row.name if machine else "", count


def workers_of(site: Site) -> dict[tuple[str, str], tuple[int, int]]:
    """(all workers, those that run an item) of each queue and machine, "" where there is one."""
    running, changed = queries.running_consumers(site.here), switches.workers_set()
    found, busy = machines(site, running), queries.busy_workers()
    called = {machine.row.id: machine.row.name for machine in found}
    counts = Counter[tuple[str, str]]()
    for name, queue in site.settings.queues.items():
        for machine, count in served_by(name, running, found, changed.get(name, queue.workers)):
            counts[name, machine] += count
    at_work = {(q, called.get(m, m)): n for m, queues in busy.items() for q, n in queues.items()}
    return {key: (counts[key], at_work.get(key, 0)) for key in {**counts, **at_work}}


def _backlog(site: Site, depth: int) -> str:
    levels = site.settings.monitoring
    if depth > levels.backlog_critical:
        return "critical"
    return "warn" if depth > levels.backlog_warn else "ok"


def _outlook(site: Site, queue: dict[str, Any]) -> dict[str, Any]:
    """Whether a queue keeps up, and when what waits in it now is done, None when nobody knows."""
    is_served = queue["consumers"] and not queue["paused"]
    left_s = _seconds_left(site, queue) if is_served and queue["depth"] else None
    waits_s = max(queue["oldest_age_s"] or 0.0, left_s or 0.0)
    return {
        "keeps_up": not queue["depth"] or bool(is_served and waits_s < PROMPT_S),
        "done_at": None if left_s is None else timestamp(left_s),
    }


def _seconds_left(site: Site, queue: dict[str, Any]) -> float | None:
    """How long what waits takes, by the pace of the last minute, else by what its types took."""
    if queue["out_per_minute"] >= LEAST_PACE:
        return float(queue["depth"] / queue["out_per_minute"] * 60)
    medians = site.surroundings.view().medians
    sample = queries.types_waiting(queue["name"], MOST_SAMPLED)
    if not sample or any(name not in medians for name in sample):
        return None
    mean_s = sum(medians[name] * count for name, count in sample.items()) / sum(sample.values())
    return float(queue["depth"] * mean_s / max(1, queue["workers_total"]))


def worker_views(site: Site, user: User) -> list[dict[str, Any]]:
    """The live consumers and what each of their workers does, as far as the user may read it."""
    live.ask(site.here)
    site.looking.ask()
    items = queries.running_items(user)
    living = queries.living_consumers(site.here)
    called = {machine.row.id: machine.row.name for machine in machines(site, living)}
    return [
        {
            "consumer": consumer.id,
            "machine": called.get(consumer.machine),
            "pid": consumer.pid,
            "started_at": consumer.started_at,
            "queues": queries.queues_of(consumer),
            "draining": consumer.draining,
            "bell": consumer.bell or "ok",
            "running": _running(site, consumer, items),
        }
        for consumer in living
    ]


def _running(site: Site, consumer: Consumer, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    told, shown = live.told(site.here, consumer.id) or live.of_row(consumer.told), []
    for item in items:
        holder, _, worker = item["worker"].partition("/")
        if holder == consumer.id:
            figures = told.get(live.key(item["id"], item["attempt"]))
            shown.append({**_item(item), "worker": worker, **_figures(item, figures)})
    return shown


def _item(item: dict[str, Any]) -> dict[str, Any]:
    hidden = ("id", "started_at")
    shown = {name: value for name, value in item.items() if name not in hidden}
    return {**shown, "cancel_requested": bool(item["cancel_requested"])}


def _figures(item: dict[str, Any], figures: live.Figures | None) -> dict[str, Any]:
    """What its consumer tells of an attempt; before that, only the first has a known beginning."""
    if figures is None:
        began_s = seconds_since(item["started_at"]) if item["attempt"] == 1 else None
        return {"elapsed_s": began_s, **dict.fromkeys(TOLD)}
    return {name: getattr(figures, name) for name in ("elapsed_s", *TOLD)}
