"""From rows that wait to jobs that send: by the keeper of the home alone.

A notice is written in the transaction of what it tells. Here it is taken out in the transaction
that makes the job which sends it, so each is in exactly one mail, whatever is killed when. One
receiver gets a few mails at once; what ends after those is gathered, for longer each time while it
goes on, and told in one.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from bellhop.accounts.access import LOCAL
from bellhop.base.times import seconds_since, timestamp
from bellhop.base.units import DAY_S
from bellhop.database.database import apart, database, named, query
from bellhop.jobs import lifecycle
from bellhop.jobs.newjob import NOTICE, NewItem, NewJob
from bellhop.notices import mails, wishes
from bellhop.notices.mails import Mail, Waiting
from bellhop.settings.settings import WEBHOOKS, Settings
from bellhop.storage.installation import Installation
from bellhop.storage.telling import Notice

# Notices to one receiver that nothing holds up, within the longest time that they are gathered.
FEW = 3
LONGEST = 6  # times gather_s
# One start, and the retries of the job type.
ATTEMPTS = 8
KEPT_S = 2 * DAY_S
MOST_TESTS, TEST_S = 5, 3600.0
RECEIVERS = "SELECT owner, address, count(*), min(at), max(id) FROM notice GROUP BY owner, address"
# Mails of the last day, and how many notices were in those of late.
SENT = """SELECT count(*), coalesce(sum(CASE WHEN at > :lately THEN count ELSE 0 END), 0)
    FROM notice_sent
    WHERE owner = :owner AND address = :address AND at > :day_ago AND at <= :now"""
OF_RECEIVER = "owner = :owner AND address = :address AND id <= :last"
COUNTS = f"SELECT status, count(*) FROM notice WHERE {OF_RECEIVER} GROUP BY status"
# What went wrong first.
FIRST = f"""SELECT * FROM notice WHERE {OF_RECEIVER}
    ORDER BY CASE WHEN status IN ('failed', 'missed', 'begun') THEN 0 ELSE 1 END, id LIMIT :most"""
TAKE_OUT = f"DELETE FROM notice WHERE {OF_RECEIVER}"
NOTE_SENT = """INSERT INTO notice_sent (at, owner, address, job_id, count)
    VALUES (:now, :owner, :address, :job_id, :count)"""
TESTS = """SELECT count(*) FROM notice_sent
    WHERE owner = :owner AND address = 'test' AND at > :since AND at <= :now"""

LAST = """SELECT at, job_id FROM notice_sent
    WHERE owner = :owner AND address IN ('', 'test') ORDER BY id DESC LIMIT 1"""


class Pace(enum.Enum):
    """How somebody is told what waits for them."""

    EACH = enum.auto()
    TOGETHER = enum.auto()
    WAIT = enum.auto()


class Receiver(NamedTuple):
    """Somebody who waits for notices: how many, since when, and up to which row."""

    owner: str
    address: str
    waiting: int
    oldest: str
    last: int


class Handover:
    """`ring` wakes the workers that send."""

    def __init__(
        self, settings: Settings, here: Installation, ring: Callable[[Mapping[str, int]], object]
    ):
        self._settings, self._here, self._ring = settings, here, ring

    def look(self) -> None:
        """Hand over what is due. Made by the keeper."""
        with lifecycle.queued() as queues:
            for row in query(RECEIVERS):
                receiver = Receiver(*row)
                with apart(f"the notices to {receiver.owner or receiver.address}"):
                    self._hand_over(receiver)
        if queues:
            self._ring(queues)

    def send_test(self, owner: str, target: str) -> str | None:
        """Send a test, in the transaction of its note; the id of the job, None for one too many."""
        times = {"since": timestamp(-TEST_S), "now": timestamp()}
        if query(TESTS, {"owner": owner, **times})[0][0] >= MOST_TESTS:
            return None
        mail = mails.of_test(self._base())
        return _send(Receiver(owner, "test", 1, "", 0), target, mail, 1, is_test=True)

    def try_out(self, owner: str) -> str | None:
        """Make the job that finds out whether notices to admins can be delivered, and sends none.

        Its id; None where there is nobody to send them to. In the transaction of the caller.
        """
        notices = self._settings.notices
        found = wishes.targets(notices) or ([""] if notices.smtp_host else [])
        if not found:
            return None
        called = {to: "Apprise" if to.startswith("apprise:") else to for to in found}
        called |= {"": notices.smtp_host}
        items = [NewItem(called[to], {"data": {"to": to}}) for to in found]
        return _add(owner, items, {"to": "", "is_test": True, "is_trial": True}, 1)

    def _hand_over(self, receiver: Receiver) -> None:
        target = wishes.target_of(self._settings.notices, receiver.owner, receiver.address)
        pace = pace_of(receiver, self._settings.notices.gather_s)
        if target is None:
            query(TAKE_OUT, receiver._asdict())
        elif pace is not Pace.WAIT:
            rows = named(FIRST, {**receiver._asdict(), "most": mails.MOST_LISTED})
            self._tell(receiver, target, [Notice(**row) for row in rows], pace)

    def _tell(self, receiver: Receiver, target: str, found: list[Notice], pace: Pace) -> None:
        counts = Counter(dict(query(COUNTS, receiver._asdict())))
        query(TAKE_OUT, receiver._asdict())
        if pace is Pace.EACH or receiver.waiting == 1:
            for notice in found:
                _send(receiver, target, mails.of_one(notice, self._base()), 1)
        else:
            mail = mails.of_many(Waiting(counts, found), self._base())
            _send(receiver, target, mail, receiver.waiting)

    def _base(self) -> str:
        return self._here.address(self._settings)


def pace_of(receiver: Receiver, gather_s: float) -> Pace:
    """Whether somebody is told now: a few at once; then what was gathered, ever more slowly.

    What lies after now, as the clock was set back, has waited long enough.
    """
    values = {"day_ago": timestamp(-DAY_S), "lately": timestamp(-LONGEST * gather_s)}
    values |= {"owner": receiver.owner, "address": receiver.address, "now": timestamp()}
    ((of_day, lately),) = query(SENT, values)
    if int(lately) + receiver.waiting <= FEW:
        return Pace.EACH
    waits_s = min(gather_s * 2 ** max(0, min(of_day, 9) - FEW), LONGEST * gather_s)
    is_ahead = receiver.oldest > values["now"]
    is_due = is_ahead or (seconds_since(receiver.oldest) or 0.0) >= waits_s
    return Pace.TOGETHER if is_due else Pace.WAIT


def _send(receiver: Receiver, target: str, mail: Mail, count: int, *, is_test: bool = False) -> str:
    """Make the job that sends a mail, in the caller's transaction; its id."""
    items = [NewItem("notice", {"data": mail._asdict()})]
    attempts = 1 if is_test else ATTEMPTS
    job_id = _add(receiver.owner, items, {"to": target, "is_test": is_test}, attempts)
    values = {"owner": receiver.owner, "address": receiver.address, "now": timestamp()}
    query(NOTE_SENT, {**values, "job_id": job_id, "count": count})
    return job_id


def _add(owner: str, items: Sequence[NewItem], params: dict[str, Any], attempts: int) -> str:
    """Add a job of Bellhop; one that is tried once is called a test, as nobody waits for it."""
    job = NewJob(
        type=NOTICE,
        name="test" if attempts == 1 else "notice",
        params=params,
        queue=WEBHOOKS,
        max_attempts=attempts,
        items=items,
        owner=owner or LOCAL,
        use_cache=False,
        is_notice=True,
    )
    lifecycle.add_own(job)
    return job.job_id


def last_sent(owner: str) -> tuple[str, str] | None:
    """When the last mail to the own address of an owner was made, and the id of its job."""
    found = query(LAST, {"owner": owner})
    return found[0] if found else None


def forget_old() -> None:
    """Forget what was sent some days ago."""
    with database.atomic():
        query("DELETE FROM notice_sent WHERE at < :old", {"old": timestamp(-KEPT_S)})
