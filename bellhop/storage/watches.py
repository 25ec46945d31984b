"""The tables of bellhop.db about watch folders; see models.py."""

from __future__ import annotations

from peewee import TextField

from bellhop.storage.people import Table


class Watch(Table):
    """What was found where a watch leads, and what it tells."""

    name = TextField(primary_key=True)
    folder = TextField()
    mark = TextField(default="")
    told = TextField(default="{}")


class Watched(Table):
    """A file that was taken from a watched folder, and has no place yet."""

    id = TextField(primary_key=True)
    mark = TextField()
    job = TextField(null=True)
    target = TextField(null=True)
    why = TextField(null=True)


OF_WATCHES = (Watch, Watched)
