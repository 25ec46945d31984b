"""The tables of bellhop.db: what is stored.

The SQL of `migrations/` is the schema (see schema.py), with the constraints that forbid nonsense;
the classes here are how Python reads it, each table of it has one. Nothing here changes a status:
see jobs/lifecycle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peewee import (
    AutoField,
    BooleanField,
    CompositeKey,
    FloatField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from bellhop.storage.counted import CacheCount, Duration, Failure, Tally, Total
from bellhop.storage.people import OF_PEOPLE, Account, Table
from bellhop.storage.telling import OF_NOTICES, WebhookDisabled, WebhookSecret
from bellhop.storage.watches import OF_WATCHES

FINAL = ("completed", "failed", "cancelled")
STATUSES = ("pending", "queued", "running", *FINAL)
# The items of a consumer. As a range, not LIKE, it walks the index `item_running`.
HELD_BY = "status = 'running' AND worker > :consumer || '/' AND worker < :consumer || '0'"


class Job(Table):
    """What a user submitted; `job_id` is its public id."""

    id = AutoField()
    job_id = TextField(unique=True)
    type = TextField()
    name = TextField()
    params = TextField()
    owner = TextField()
    queue = TextField()
    status = TextField()
    priority = IntegerField(default=0)
    change = IntegerField(index=True)
    total_items = IntegerField()
    completed_items = IntegerField(default=0)
    failed_items = IntegerField(default=0)
    cancelled_items = IntegerField(default=0)
    progress_points = IntegerField(default=0)
    current_step = TextField(null=True)
    attempt = IntegerField(default=0)
    max_attempts = IntegerField()
    cancel_requested = BooleanField(default=False)
    error = TextField(null=True)
    created_at = TextField()
    started_at = TextField(null=True)
    completed_at = TextField(null=True)
    run_at = TextField(null=True)
    steps = IntegerField(default=1)
    chain = TextField(default="[]")
    depends_on = TextField(default="[]")
    cached_items = IntegerField(default=0)
    use_cache = BooleanField(default=True)
    keep = BooleanField(default=False)
    webhook_url = TextField(null=True)
    webhook_progress = BooleanField(default=False)
    webhook_at = TextField(null=True)
    delivery_of = IntegerField(null=True)
    schedule = IntegerField(null=True)
    watch = TextField(null=True)
    bytes = IntegerField(default=0)
    is_again = BooleanField(default=False)


class Item(Table):
    """One file or URL of a job, in one step of it."""

    id = AutoField()
    job = ForeignKeyField(Job, column_name="job", on_delete="CASCADE")
    item_index = IntegerField(column_name="index")  # peewee has an `index` of its own
    step = IntegerField(default=0)
    type = TextField()
    queue = TextField()
    owner = TextField()
    priority = IntegerField(default=0)
    turn = IntegerField()
    status = TextField()
    filename = TextField()
    input = TextField()
    input_sha256 = TextField(null=True)
    progress = IntegerField(default=0)
    current_step = TextField(null=True)
    attempt = IntegerField(default=0)
    failures = IntegerField(default=0)
    crashes = IntegerField(default=0)
    interruptions = IntegerField(default=0)
    worker = TextField(null=True)
    lease_until = TextField(null=True)
    not_before = TextField(null=True)
    wait_s = FloatField(null=True)
    cached = BooleanField(default=False)
    error = TextField(null=True)
    started_at = TextField(null=True)
    completed_at = TextField(null=True)
    waits_for = TextField(null=True)
    cache_key = TextField(null=True)
    was_deferred = BooleanField(default=False)
    cached_from = TextField(null=True)
    partial = TextField(null=True)
    code = TextField(null=True)
    reason = TextField(null=True)
    queued_at = TextField(null=True)


class Result(Table):
    """What a completed item gave: JSON texts."""

    item = ForeignKeyField(
        Item, column_name="item", object_id_name="item_id", primary_key=True, on_delete="CASCADE"
    )
    data = TextField()
    files = TextField()
    warnings = TextField()


class Event(Table):
    """One move of one item (`item` is its index), or of the job (`item` is null)."""

    id = AutoField()
    job = ForeignKeyField(Job, column_name="job", on_delete="CASCADE")
    at = TextField()
    item = IntegerField(null=True)
    step = IntegerField(null=True)
    attempt = IntegerField(null=True)
    move = TextField()
    code = TextField(null=True)
    text = TextField(null=True)
    traceback = TextField(null=True)


class Consumer(Table):
    """A consumer process that registered; `bell` says what is wrong with its bell."""

    id = TextField(primary_key=True)
    pid = IntegerField()
    started_at = TextField()
    queues = TextField()
    bell = TextField(null=True)
    draining = BooleanField(default=False)
    machine = TextField(default="")
    place = TextField(default="")
    beat = IntegerField(default=0)
    lease_s = FloatField(default=60, null=True)
    told = TextField(null=True)


class Turn(Table):
    """The last turn given to `owner` in `queue`; owner '' is the queue's last claimed one."""

    queue = TextField()
    owner = TextField()
    last = IntegerField()

    class Meta:
        primary_key = CompositeKey("queue", "owner")


class Gone(Table):
    """A job that was deleted."""

    change = IntegerField(primary_key=True)
    job_id = TextField()
    owner = TextField()
    is_expired = BooleanField(default=False)


class Schedule(Table):
    """A job to submit again and again; `job` is the document that POST /jobs takes."""

    id = AutoField()
    name = TextField()
    owner = TextField()
    cron = TextField()
    timezone = TextField()
    job = TextField()
    next_at = TextField()
    last_at = TextField(null=True)
    last_job_id = TextField(null=True)
    error = TextField(null=True)
    created_at = TextField()
    token = IntegerField(null=True)
    paused_by = TextField(null=True)
    paused_at = TextField(null=True)
    notify = TextField(null=True)
    notify_address = TextField(default="")


class Upload(Table):
    """A file that arrives in parts; `stored_bytes` of it are on the disk for good."""

    id = TextField(primary_key=True)
    owner = TextField()
    filename = TextField()
    metadata = TextField()
    length = IntegerField()
    stored_bytes = IntegerField()
    boot = TextField()
    sha256 = TextField(null=True)
    expires_at = TextField()


class StorageUse(Table):
    """What the jobs and uploads of an owner hold, in bytes; triggers keep it true to their rows."""

    owner = TextField(primary_key=True)
    bytes = IntegerField()


class Counter(Table):
    """A number of the installation: the last `change`; `closed`, 1 from the first account on."""

    name = TextField(primary_key=True)
    value = IntegerField()


class Dependency(Table):
    """That a job waits for another, `needs`; met once that one has completed."""

    job = ForeignKeyField(Job, column_name="job", on_delete="CASCADE")
    needs = TextField()
    is_met = BooleanField(default=False)

    class Meta:
        primary_key = CompositeKey("job", "needs")


class Content(Table):
    """What the uploads of a job hold, to find the jobs over one content."""

    job = ForeignKeyField(Job, column_name="job", on_delete="CASCADE")
    sha256 = TextField()

    class Meta:
        primary_key = CompositeKey("job", "sha256")


class Idempotency(Table):
    """The key of a submission: the same request again gets the first job again."""

    owner = TextField()
    key = TextField()
    fingerprint = TextField()
    job = ForeignKeyField(Job, column_name="job", on_delete="CASCADE")
    created_at = TextField()

    class Meta:
        primary_key = CompositeKey("owner", "key")


class Queue(Table):
    """What people changed about a queue; without a row it is as in config.ini."""

    name = TextField(primary_key=True)
    is_paused = BooleanField(default=False)
    paused_by = TextField(null=True)
    paused_at = TextField(null=True)
    workers = IntegerField(null=True)
    behind_since = TextField(null=True)


class Cache(Table):
    """A result that may be used again: the newest item that has it."""

    key = TextField(primary_key=True)
    type = TextField()
    owner = TextField()
    item = ForeignKeyField(Item, column_name="item", on_delete="CASCADE")
    bytes = IntegerField()
    created_at = TextField()
    used_at = TextField()


class Share(Table):
    """A job that its owner shows to an account."""

    account = ForeignKeyField(Account, column_name="account", on_delete="CASCADE")
    job = ForeignKeyField(Job, column_name="job", on_delete="CASCADE")

    class Meta:
        primary_key = CompositeKey("account", "job")


class Search(Table):
    """What a search looks through: `item` 0 is what was submitted, others are errors."""

    job = ForeignKeyField(Job, column_name="job", on_delete="CASCADE")
    item = IntegerField()
    text = TextField()

    class Meta:
        primary_key = CompositeKey("job", "item")


class Machine(Table):
    """A machine of an installation whose rows are on a server; the home is one."""

    id = TextField(primary_key=True)
    name = TextField(unique=True)
    is_home = BooleanField(default=False)
    queues = TextField()
    version = TextField()
    place = TextField()
    facts = TextField(default="{}")
    joined_at = TextField()
    seen_at = TextField()


class JoinToken(Table):
    """What lets one machine join, once and for an hour."""

    hash = TextField(primary_key=True)
    name = TextField()
    queues = TextField()
    made_by = TextField()
    expires_at = TextField()
    used_at = TextField(null=True)


class Served(Table):
    """A job type of a machine; `problem` says why it runs no items of it."""

    machine = ForeignKeyField(Machine, column_name="machine", on_delete="CASCADE")
    type = TextField()
    code = TextField()
    description = TextField()
    problem = TextField(null=True)

    class Meta:
        primary_key = CompositeKey("machine", "type")


class Published(Table):
    """What the home tells all machines."""

    name = TextField(primary_key=True)
    value = TextField()


TABLES = (
    Job, Item, Result, Event, Consumer, Turn, Gone, Schedule, Upload, StorageUse, Counter,
    Dependency, Content, Idempotency, Queue, Cache, CacheCount, Duration, WebhookSecret, Tally,
    Failure, WebhookDisabled, *OF_PEOPLE, Share, Search, Machine, JoinToken, Served, Published,
    Total, *OF_NOTICES, *OF_WATCHES,
)  # fmt: skip
# What a column holds that holds JSON; a result may be any.
JSON_COLUMNS: dict[tuple[str, str], type] = {
    ("job", "params"): dict, ("job", "error"): dict, ("job", "chain"): list,
    ("job", "depends_on"): list, ("item", "input"): dict, ("item", "error"): dict,
    ("result", "data"): object, ("result", "files"): list, ("result", "warnings"): list,
    ("consumer", "queues"): list, ("consumer", "told"): dict, ("schedule", "job"): dict,
    ("machine", "queues"): dict, ("machine", "facts"): dict, ("join_token", "queues"): dict,
    ("served", "description"): dict, ("notice", "error"): dict, ("watch", "told"): dict,
}  # fmt: skip
JOB_COLUMNS, ITEM_COLUMNS = tuple(Job._meta.columns), tuple(Item._meta.columns)
ITEM_FIELDS = tuple(field.name for field in Item._meta.sorted_fields)
FLAGS = tuple(field.name for field in Job._meta.sorted_fields if isinstance(field, BooleanField))


def job_of(row: Sequence[Any]) -> Job:
    """A job of a row of all `JOB_COLUMNS`.

    peewee takes longer to build a query and fill an object than SQLite to find the row, and the
    status of a job is what everybody asks for.
    """
    job = Job.__new__(Job)
    columns = dict(zip(JOB_COLUMNS, row, strict=True))
    job.__data__, job.__rel__, job._dirty = columns, {}, set()  # type: ignore[attr-defined]
    for name in FLAGS:
        columns[name] = bool(columns[name])
    return job
