"""What the job types of Bellhop itself are given in the place of settings of their own.

Asked at each attempt, so that what was mended counts for the next one.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict

from bellhop.base import plainfile
from bellhop.jobs import webhooks
from bellhop.jobs.newjob import NOTICE, WEBHOOK
from bellhop.settings.settings import Settings


def settings_of(type_name: str, owner: str, settings: Settings) -> dict[str, str] | None:
    """The settings for an attempt with a type; None for a type that is not Bellhop's own."""
    if type_name == WEBHOOK:
        return {"secret": webhooks.secret_of(owner)}
    return _of_mail(settings) if type_name == NOTICE else None


def _of_mail(settings: Settings) -> dict[str, str]:
    """What `[notices]` says about sending; the certificates themselves, as no job reads files."""
    given = asdict(settings.notices)
    known = {name: str(value) for name, value in given.items() if name.startswith("smtp_")}
    if known["smtp_ca"]:
        path, known["smtp_ca"] = settings.config_path.parent / known["smtp_ca"], "unreadable"
        with contextlib.suppress(OSError, UnicodeDecodeError):
            known["smtp_ca"] = plainfile.read(path).decode("ascii")
    return known | {"apprise": "\n".join(settings.notices.apprise)}
