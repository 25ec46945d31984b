"""The tables of bellhop.db that count what happened, and outlive what they count; see models.py."""

from __future__ import annotations

from peewee import CompositeKey, FloatField, IntegerField, TextField

from bellhop.storage.people import Table


class CacheCount(Table):
    """How often a job type found an earlier result, and how often not."""

    type = TextField(primary_key=True)
    hits = IntegerField(default=0)
    misses = IntegerField(default=0)


class Duration(Table):
    """How long one of the latest items of a job type ran."""

    type = TextField()
    slot = IntegerField()
    seconds = FloatField()

    class Meta:
        primary_key = CompositeKey("type", "slot")


class Tally(Table):
    """What runs of items came to in a slot of time, and how long they waited and took."""

    at = IntegerField()
    owner = TextField()
    type = TextField()
    what = TextField()
    bucket = IntegerField()
    count = IntegerField()
    peak = IntegerField()

    class Meta:
        primary_key = CompositeKey("at", "owner", "type", "what", "bucket")


class Failure(Table):
    """How often items failed for one reason in a slot of time."""

    at = IntegerField()
    owner = TextField()
    type = TextField()
    code = TextField()
    reason = TextField()
    count = IntegerField()
    first_at = TextField()
    last = TextField()

    class Meta:
        primary_key = CompositeKey("at", "owner", "type", "code", "reason")


class Total(Table):
    """How often something happened since ever, and for how long, for the counters of /metrics."""

    what = TextField()
    type = TextField()
    status = TextField()
    code = TextField()
    bucket = IntegerField()
    count = IntegerField()
    seconds = FloatField()

    class Meta:
        primary_key = CompositeKey("what", "type", "status", "code", "bucket")
