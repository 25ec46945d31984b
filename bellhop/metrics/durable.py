"""The totals as Prometheus has them: counters and histograms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from bellhop.metrics import totals
from bellhop.metrics.totals import ABOVE, BOUNDS_MS, CODES, NO_LENGTH, OTHER, Total
from bellhop.storage.models import FINAL

# What is counted: its name, its help, its labels.
COUNTERS = {
    "submitted": ("bellhop_jobs_submitted", "Jobs that were accepted.", ("type",)),
    "job": (
        "bellhop_jobs_finished",
        "Jobs that ended; one that somebody retries ends once more.",
        ("type", "status", "code"),
    ),
    "item": (
        "bellhop_items_finished",
        "Items that ended, of each step of a job.",
        ("type", "status", "code"),
    ),
    "retry": (
        "bellhop_item_retries",
        "Attempts that failed, and after which Bellhop runs the item again.",
        ("type", "code"),
    ),
    "interruption": (
        "bellhop_item_interruptions",
        "Attempts that the death of a consumer or a machine cut short.",
        ("type",),
    ),
    "delivery": (
        "bellhop_webhook_deliveries",
        "Deliveries of webhooks that ended.",
        ("status",),
    ),
}
# What is counted with how long it took: its name, its help.
HISTOGRAMS = {
    "job_wait": (
        "bellhop_job_wait_seconds",
        "How long jobs waited for their first start; of jobs that ran, when they first end.",
    ),
    "job": (
        "bellhop_job_run_seconds",
        "How long jobs ran, from their first start to their first end.",
    ),
    "item": (
        "bellhop_item_run_seconds",
        "How long the attempts that completed or failed an item ran.",
    ),
}


def families() -> Iterator[Metric]:
    """All of them."""
    found = totals.every()
    types = [total.type for total in found["submitted"]]
    for what, (name, said, labels) in COUNTERS.items():
        of_what = [*_may_come(what, types), *found[what]]
        yield _counter(CounterMetricFamily(name, said, labels=labels), labels, of_what)
    for what, (name, said) in HISTOGRAMS.items():
        yield _histogram(HistogramMetricFamily(name, said, labels=["type"]), found[what])


def _may_come(what: str, types: Iterable[str]) -> Iterator[Total]:
    """What may come next of the types of which there were jobs, as 0: `rate()` sees no first 1."""
    ends = [("completed", ""), ("cancelled", ""), *(("failed", c) for c in sorted(CODES | {OTHER}))]
    may_come = {
        "job": [(name, *end) for name in types for end in ends],
        "interruption": [(name, "", "") for name in types],
        "delivery": [("", status, "") for status in FINAL],
    }
    for name, status, code in may_come.get(what, ()):
        yield Total(what, name, status, code, NO_LENGTH, 0, 0.0)


def _counter(
    family: CounterMetricFamily, labels: Sequence[str], found: Iterable[Total]
) -> CounterMetricFamily:
    counts: dict[tuple[str, ...], int] = defaultdict(int)
    for total in found:
        counts[tuple(getattr(total, label) for label in labels)] += total.number
    for values, count in counts.items():
        family.add_metric(values, count)
    return family


def _histogram(family: HistogramMetricFamily, found: Iterable[Total]) -> HistogramMetricFamily:
    by_type: dict[str, list[Total]] = defaultdict(list)
    for total in found:
        if total.bucket != NO_LENGTH:
            by_type[total.type].append(total)
    for name, of_type in by_type.items():
        seconds = sum(total.seconds for total in of_type)
        family.add_metric([name], _cumulative(of_type), sum_value=seconds)
    return family


def _cumulative(found: Sequence[Total]) -> list[tuple[str, float]]:
    """How many were at most so long. A bound that an older Bellhop had counts in the next one."""
    buckets = [
        (str(bound / 1000), float(sum(t.number for t in found if ABOVE < t.bucket <= bound)))
        for bound in BOUNDS_MS
    ]
    return [*buckets, ("+Inf", float(sum(t.number for t in found)))]
