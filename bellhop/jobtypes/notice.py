"""Sends notices, by mail or through Apprise; made by Bellhop, never by hand.

One attempt sends one notice to one address. Whatever may pass, or can be mended in the settings, is
tried again for a day; what the receiver refuses for good ends at once. A mail has the same
Message-ID in every attempt: SMTP cannot say whether a mail was taken when the connection ends
before its last answer, so it is sent again, and mail programs know it.
"""

from __future__ import annotations

import hashlib
import time

from bellhop import BadInput, Context, Secret, Unavailable, job_type
from bellhop.jobtypes.sending import mail, others

# About a day: greylisting asks for minutes, and a mail server may be away for a night.
DELAYS_S = (60, 300, 900, 3600, 10800, 21600, 43200)


@job_type(
    label="Notice",
    queue="webhooks",
    timeout_s=60,
    network=True,
    hidden=True,
    delays_s=DELAYS_S,
    settings={
        "smtp_host": str, "smtp_port": str, "smtp_security": str, "smtp_ca": str,
        "smtp_user": str, "smtp_password": Secret, "smtp_from": str, "apprise": Secret,
        "clock_offset_s": str,
    },
)  # fmt: skip
def notice(
    data: dict, context: Context, *, to: str, is_test: bool = False, is_trial: bool = False
) -> dict:
    """Tell somebody what ended or went wrong; a test says at once what happened.

    A trial, which is a test of each receiver, goes as far as it can without telling them anything.
    """
    try:
        if is_trial:
            return {"answer": _try(context, data["to"])}
        return {"answer": _send(data, context, to)}
    except Unavailable as error:
        if not is_test:
            raise
        raise BadInput(error.message, code=error.code, hint=error.hint) from None


def _try(context: Context, to: str) -> str:
    given = _settings_of(context)
    return others.try_out(_url(given, to)) if to.startswith("apprise:") else mail.try_out(given, to)


def _send(data: dict, context: Context, to: str) -> str:
    given = _settings_of(context)
    if to.startswith("apprise:"):
        return others.send(_url(given, to), data["subject"], data["text"])
    now_s = time.time() - float(given["clock_offset_s"] or 0)
    return mail.send(given, to, data["subject"], data["text"], context.item_id, now_s)


def _settings_of(context: Context) -> dict[str, str]:
    return {name: value or "" for name, value in context.settings.items()}


def _url(given: dict[str, str], name: str) -> str | None:
    """The Apprise URL that is called so; None once the settings have it no longer."""
    return next((url for url in given["apprise"].splitlines() if known_as(url) == name), None)


def known_as(url: str) -> str:
    """What an Apprise URL is called where nobody may see it."""
    return f"apprise:{hashlib.sha256(url.encode()).hexdigest()[:12]}"
