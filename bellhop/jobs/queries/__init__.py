"""Named reads of the jobs. Nothing here writes, and nothing returns half-read rows."""

from bellhop.jobs.queries.facets import FACETS, facets, schedule_names
from bellhop.jobs.queries.figures import (
    counts_by_type,
    flow,
    queue_states,
    schedule_runs,
    stored_bytes,
    types_waiting,
    unfinished_jobs,
)
from bellhop.jobs.queries.find_jobs import (
    JobFilter,
    JobPage,
    count_jobs,
    deliveries,
    delivery,
    is_expired,
    job,
    job_ids,
    jobs,
    jobs_since,
    jobs_with_content,
    matching,
    own_jobs_with,
    status_of,
    submitted_under,
    unreadable,
)
from bellhop.jobs.queries.for_keeper import (
    CONSUMER,
    consumers,
    ended_before,
    held_by,
    last_change,
    leases,
    living_consumers,
    newest_at,
    queues_of,
    running_consumers,
    types_of_jobs,
    unknown_jobs,
)
from bellhop.jobs.queries.lines import (
    LINE_JOBS,
    LINES,
    Trouble,
    Waiting,
    Work,
    count_due,
    line,
    queued_in,
    running_in,
    troubles,
    waiting,
    work_left,
)
from bellhop.jobs.queries.of_job import (
    ItemPage,
    cached,
    ends,
    events,
    first_steps,
    hopeless,
    item,
    items,
    needs_uploads,
    outputs,
    running_items,
    unmet,
)
from bellhop.jobs.queries.problems import (
    PERIODS,
    ErrorGroup,
    Period,
    Runs,
    TypeFigures,
    counted_since,
    errors,
    period,
    runs,
    types,
)
from bellhop.jobs.queries.reasons import Failures, Reason, failures, reason_of

__all__ = [
    "CONSUMER", "FACETS", "LINES", "LINE_JOBS", "PERIODS", "ErrorGroup", "Failures", "ItemPage",
    "JobFilter", "JobPage", "Period", "Reason", "Runs", "Trouble", "TypeFigures", "Waiting", "Work",
    "cached", "consumers", "count_due", "count_jobs", "counted_since", "counts_by_type",
    "deliveries", "delivery", "ended_before", "ends", "errors", "events", "facets", "failures",
    "first_steps", "flow", "held_by", "hopeless", "is_expired", "item", "items", "job", "job_ids",
    "jobs", "jobs_since", "jobs_with_content", "last_change", "leases", "line", "living_consumers",
    "matching", "needs_uploads", "newest_at", "outputs", "own_jobs_with", "period", "queue_states",
    "queued_in", "queues_of", "reason_of", "running_consumers", "running_in", "running_items",
    "runs", "schedule_names", "schedule_runs", "status_of", "stored_bytes", "submitted_under",
    "troubles", "types", "types_of_jobs", "types_waiting", "unfinished_jobs", "unknown_jobs",
    "unmet", "unreadable", "waiting", "work_left",
]  # fmt: skip
