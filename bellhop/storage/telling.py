"""The tables of what is told to others: webhooks, and notices by mail."""

from __future__ import annotations

from peewee import AutoField, BooleanField, CompositeKey, IntegerField, TextField

from bellhop.storage.people import Table


class WebhookSecret(Table):
    """What the webhooks of an owner are signed with."""

    owner = TextField(primary_key=True)
    secret = TextField()


class WebhookDisabled(Table):
    """An address that wanted no more webhooks."""

    owner = TextField()
    url = TextField()
    at = TextField()

    class Meta:
        primary_key = CompositeKey("owner", "url")


class NoticeWish(Table):
    """What an owner of jobs wants to be told, and where."""

    owner = TextField(primary_key=True)
    address = TextField()
    wants = TextField()


class Notice(Table):
    """What somebody is still to be told; see the migration for its columns."""

    id = AutoField()
    at = TextField()
    owner = TextField()
    address = TextField()
    kind = TextField()
    name = TextField()
    status = TextField()
    job_id = TextField(null=True)
    type = TextField(null=True)
    total_items = IntegerField(default=0)
    completed_items = IntegerField(default=0)
    failed_items = IntegerField(default=0)
    started_at = TextField(null=True)
    error = TextField(null=True)


class NoticeSent(Table):
    """A mail that a job of Bellhop sends, or has sent, and how many notices are in it."""

    id = AutoField()
    at = TextField()
    owner = TextField()
    address = TextField()
    job_id = TextField()
    count = IntegerField()


class Trouble(Table):
    """Something that is wrong with the installation."""

    name = TextField(primary_key=True)
    said = TextField()
    since = TextField()
    over_since = TextField(null=True)
    is_told = BooleanField(default=False)


OF_NOTICES = (NoticeWish, Notice, NoticeSent, Trouble)
