"""The tables of this installation, to look at: `python -i models.py`.

Each table is a class of peewee: `Job.select().where(Job.status == "failed").count()`. The database
is opened to be read only, also beside a running Bellhop, and is never created. States are changed
by the commands and the API alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

# `python -P` and PYTHONSAFEPATH leave this folder out.
if sys.flags.safe_path:
    sys.path.insert(0, str(Path(__file__).resolve().parent))

from bellhop.database.database import bind, database
from bellhop.settings import configuration
from bellhop.storage.counted import CacheCount, Duration, Failure, Tally, Total
from bellhop.storage.installation import DATABASE, bind_rows, read_record
from bellhop.storage.models import (
    Cache,
    Consumer,
    Content,
    Counter,
    Dependency,
    Event,
    Gone,
    Idempotency,
    Item,
    Job,
    JoinToken,
    Machine,
    Published,
    Queue,
    Result,
    Schedule,
    Search,
    Served,
    Share,
    StorageUse,
    Turn,
    Upload,
)
from bellhop.storage.people import (
    Account,
    Audit,
    KnownBrowser,
    LoginFailure,
    OneTimeLink,
    RecoveryCode,
    Refusal,
    Session,
    SsoIdentity,
    Token,
    Totp,
)
from bellhop.storage.telling import (
    Notice,
    NoticeSent,
    NoticeWish,
    Trouble,
    WebhookDisabled,
    WebhookSecret,
)
from bellhop.storage.watches import Watch, Watched

__all__ = [
    "Account", "Audit", "Cache", "CacheCount", "Consumer", "Content", "Counter", "Dependency",
    "Duration", "Event", "Failure", "Gone", "Idempotency", "Item", "Job", "JoinToken",
    "KnownBrowser", "LoginFailure", "Machine", "Notice", "NoticeSent", "NoticeWish", "OneTimeLink",
    "Published", "Queue", "RecoveryCode", "Refusal", "Result", "Schedule", "Search", "Served",
    "Session", "Share", "SsoIdentity", "StorageUse", "Tally", "Token", "Total", "Totp", "Trouble",
    "Turn", "Upload", "Watch", "Watched", "WebhookDisabled", "WebhookSecret", "database",
]  # fmt: skip

_settings = configuration.load()
_here = read_record(_settings.data_dir)
if _here:
    bind_rows(_settings, _here, may_write=False)
else:
    bind(_settings.data_dir / DATABASE, may_write=False)
if __name__ == "__main__" and not _here:
    _path = _settings.data_dir / DATABASE
    sys.stderr.write(f"there is no data yet: {_path} is made by the first start\n")
