"""Who is told of the jobs of a schedule, and of the times at which it could submit none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bellhop.base.errors import ItemError, StoreAway
from bellhop.base.times import timestamp
from bellhop.database.database import query
from bellhop.jobs.intake import Intake
from bellhop.storage.models import Schedule
from bellhop.web.site import Site
from tests.support import mailing
from tests.support.jobs import end, job_of
from tests.support.mailing import OPS, OWN

BAD = ItemError("bad_input", "This is no picture.")
loaded, schedule = mailing.loaded, mailing.schedule


def run(site: Site, error: ItemError | None) -> None:
    """Submit the job that is due, which ends so."""
    submit_due(site)
    ((job_id,),) = query(
        "SELECT job_id FROM job WHERE schedule IS NOT NULL ORDER BY id DESC LIMIT 1"
    )
    end(job_of(job_id), error)


def submit_due(site: Site) -> None:
    query("UPDATE schedule SET next_at = :past", {"past": timestamp(-5)})
    site.schedules.submit_due()


def told(site: Site) -> list[tuple[str, str]]:
    """Whom the keeper mails, and what about."""
    site.handover.look()
    rows = query("""SELECT params, input FROM job JOIN item ON item.job = job.id
        WHERE job.type = 'notice' ORDER BY job.id""")
    return [
        (json.loads(params)["to"], json.loads(given)["data"]["subject"]) for params, given in rows
    ]


FAILED, COMPLETED = "[Bellhop] failed: a (noop)", "[Bellhop] completed: a (noop)"
MISSED = "[Bellhop] not submitted: the job of the schedule nightly"


@pytest.mark.parametrize(
    ("own", "notify", "subjects"),
    [
        ("nothing", None, []),
        ("failures", None, [(OWN, FAILED)]),
        ("nothing", {"wants": "failures"}, [(OWN, FAILED)]),
        ("nothing", {"wants": "every"}, [(OWN, FAILED), (OWN, COMPLETED)]),
        ("every", {"wants": "failures"}, [(OWN, FAILED)]),
        ("every", {"wants": "nothing"}, []),
        ("every", {"wants": "failures", "address": OPS}, [(OPS, FAILED)]),
        ("nothing", {"wants": "every", "address": OWN}, [(OWN, FAILED), (OWN, COMPLETED)]),
    ],
)
def test_it_tells_of_the_jobs_of_a_schedule_as_that_says(
    schedule: Callable[..., int], site: Site, own: str, notify: Any,
    subjects: list[tuple[str, str]],
) -> None:  # fmt: skip
    """Each end once, whatever the owner wants to know of their other jobs."""
    schedule(notify, own)
    run(site, None)
    run(site, BAD)
    assert told(site) == subjects


def break_type(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    types = site.catalog.types()
    monkeypatch.setitem(types, "noop", replace(types["noop"], reason="its file is gone"))


@pytest.mark.parametrize(
    ("own", "notify", "receivers"),
    [
        ("nothing", None, []),
        ("failures", None, [OWN]),
        ("every", None, [OWN]),
        ("every", {"wants": "nothing"}, []),
        ("nothing", {"wants": "failures", "address": OPS}, [OPS]),
    ],
)
def test_it_tells_that_a_schedule_could_not_submit_its_job(
    schedule: Callable[..., int], site: Site, monkeypatch: pytest.MonkeyPatch, own: str,
    notify: Any, receivers: list[str],
) -> None:  # fmt: skip
    schedule(notify, own)
    break_type(site, monkeypatch)
    submit_due(site)
    assert told(site) == [(to, MISSED) for to in receivers]


def test_it_tells_why_a_schedule_could_not_submit_and_who_named_the_receiver(
    schedule: Callable[..., int], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule({"wants": "failures", "address": OPS})
    break_type(site, monkeypatch)
    submit_due(site)
    told(site)
    ((given,),) = query("SELECT input FROM item WHERE type = 'notice'")
    text = json.loads(given)["data"]["text"]
    assert "noop is not available: its file is gone" in text
    assert "because a schedule of local names you" in text


def test_it_tells_of_each_time_without_a_job_and_of_many_in_one_mail(
    schedule: Callable[..., int], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule({"wants": "failures"})
    break_type(site, monkeypatch)
    for _ in range(5):
        submit_due(site)
    query("UPDATE notice SET at = :past", {"past": timestamp(-3600)})
    assert told(site) == [(OWN, "[Bellhop] 5 jobs: 5 could not be submitted")]


def test_it_tells_once_of_a_schedule_that_tries_again_every_minute(
    schedule: Callable[..., int], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the files of jobs cannot be reached."""
    schedule({"wants": "failures"})

    def away(*_: object) -> None:
        raise StoreAway("the share does not answer")

    monkeypatch.setattr(Intake, "from_json", away)
    for _ in range(3):
        submit_due(site)
    assert told(site) == [(OWN, MISSED)]


def test_it_tells_once_although_two_keepers_see_the_same_schedule(
    schedule: Callable[..., int], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule({"wants": "failures"})
    break_type(site, monkeypatch)
    query("UPDATE schedule SET next_at = :past", {"past": timestamp(-5)})
    (stale,) = Schedule.select()
    site.schedules.submit_due()
    site.schedules._submit(stale)
    assert told(site) == [(OWN, MISSED)]


def test_it_mails_nobody_for_a_schedule_of_a_disabled_account(
    schedule: Callable[..., int], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule({"wants": "failures", "address": OPS})
    query("UPDATE counter SET value = 1 WHERE name = 'closed'")
    break_type(site, monkeypatch)
    submit_due(site)
    assert told(site) == []
