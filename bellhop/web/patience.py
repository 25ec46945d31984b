"""`Prefer: wait=N` (RFC 7240): an answer that is held until there is something to say."""

from __future__ import annotations

import re
import time

from bottle import request

from bellhop.database.database import database, is_unavailable
from bellhop.jobs import queries
from bellhop.storage.models import FINAL, Job
from bellhop.web import gate
from bellhop.web.site import Site

MOST_WAIT_S = 30
# Characters of the header that are looked at.
MOST_PREFER = 1000
LOOK_EVERY_S = 0.1
# How soon who may read the job no more is told so.
ASK_EVERY_S = 1.0
# How long to wait for a database that was lost before asking it again.
AWAY_S = 0.5
# In the environ of a request: until when it waits (monotonic seconds), also if it is read again.
UNTIL = "bellhop.wait_until"


def wait(site: Site, job: Job) -> int | None:
    """Wait until the job is final, or with If-None-Match until it changes; None without waiting.

    The seconds that were granted, which are fewer when it is over before. Only a quarter of the
    threads may wait; further requests return at once. Raises the problem of who may read the
    job no more.
    """
    preference = request.environ["HTTP_PREFER"][:MOST_PREFER]
    found = re.search(r"(?i)(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})", preference)
    if found is None or not site.waiters.acquire(blocking=False):
        return None
    try:
        granted_s = min(int(found[1]), MOST_WAIT_S)
        _wait(site, job, granted_s, until_change="HTTP_IF_NONE_MATCH" in request.environ)
        return granted_s
    finally:
        site.waiters.release()


def _wait(site: Site, job: Job, seconds: float, *, until_change: bool) -> None:
    """Wait for what is newer than `job`, which the client was about to be shown.

    A database that is lost meanwhile is waited for as well.
    """
    deadline = request.environ.setdefault(UNTIL, time.monotonic() + seconds)
    ask_at = time.monotonic() + ASK_EVERY_S
    while (left_s := deadline - time.monotonic()) > 0:
        pause_s = LOOK_EVERY_S
        try:
            now = queries.status_of(job.job_id)
            if now is None or now[0] in FINAL:
                return
            if until_change and now != (job.status, job.change):
                return
            if time.monotonic() >= ask_at:
                gate.again(site.settings, job.job_id)
                ask_at += ASK_EVERY_S
        except Exception as error:
            if not is_unavailable(error):
                raise
            database.close()
            pause_s = AWAY_S
        if site.stopping.wait(min(pause_s, left_s)):
            return
