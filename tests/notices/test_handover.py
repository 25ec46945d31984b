"""From the end of a job to a mail: who is told what, in how many mails, and never twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bellhop.base import times
from bellhop.base.errors import ItemError
from bellhop.database.database import database, query
from bellhop.jobs import lifecycle, queries
from bellhop.jobs.queries import for_keeper
from bellhop.notices import handover, mails, wishes
from bellhop.notices.handover import Handover
from bellhop.notices.wishes import Wish
from bellhop.settings.sections import Notices
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.storage.telling import Notice
from tests.support.jobs import end, job_of

Submit = Callable[..., Job]
BAD = ItemError("bad_input", "This is no picture.")
MAIL = Notices(smtp_host="mail.example.org", smtp_from="bellhop@example.org")
ADDRESS = "anna@example.org"
HOUR_S = 3600.0


@pytest.fixture
def told(loaded: Settings, here: Installation) -> Handover:
    """An open installation with a mail server, whose `local` wants to know of each end."""
    wishes.set_wish("local", Wish(ADDRESS, "every"))
    server = replace(loaded.server, public_url="https://jobs.example.org")
    return Handover(replace(loaded, notices=MAIL, server=server), here, lambda queues: None)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let so many seconds pass, or a clock be set."""
    passed = [0.0]

    def wait(seconds: float) -> None:
        passed[0] += seconds

    now_s = times.wall_s
    monkeypatch.setattr(times, "wall_s", lambda: now_s() + passed[0])
    return wait


def sent() -> list[dict[str, Any]]:
    """The mails that were made, in their order: to whom, subject and text."""
    rows = query("""SELECT params, input FROM job JOIN item ON item.job = job.id
        WHERE job.type = 'notice' ORDER BY job.id""")
    return [{**json.loads(params), **json.loads(given)["data"]} for params, given in rows]


def fail_one(submit: Submit, told: Handover) -> None:
    end(submit(), BAD)
    told.look()


def test_it_tells_of_the_end_of_a_job(submit: Submit, told: Handover) -> None:
    job = submit("a.png", "b.png", "c.png", name="holiday pictures")
    end(job, None, BAD, BAD)
    told.look()
    (mail,) = sent()
    assert mail["to"] == ADDRESS
    assert mail["subject"] == "[Bellhop] failed: holiday pictures (noop)"
    for part in (
        "“holiday pictures” failed", "1 of 3 completed, 2 failed", "2 times: This is no picture.",
        f"https://jobs.example.org/jobs/{job.job_id}", "Took: ",
    ):  # fmt: skip
        assert part in mail["text"]


def test_it_tells_nobody_who_asked_for_nothing(submit: Submit, told: Handover) -> None:
    wishes.set_wish("local", Wish(ADDRESS, "nothing"))
    fail_one(submit, told)
    assert sent() == []
    assert query("SELECT count(*) FROM notice") == [(0,)]


def test_it_tells_of_failures_only_who_wants_that(submit: Submit, told: Handover) -> None:
    wishes.set_wish("local", Wish(ADDRESS, "failures"))
    end(submit(name="good"), None)
    end(submit(name="bad"), BAD)
    told.look()
    assert [mail["subject"] for mail in sent()] == ["[Bellhop] failed: bad (noop)"]


def test_it_tells_the_owner_alone(submit: Submit, told: Handover) -> None:
    wishes.set_wish("ben", Wish("ben@example.org", "every"))
    fail_one(submit, told)
    assert [mail["to"] for mail in sent()] == [ADDRESS]


def test_it_tells_of_each_end_of_a_job_that_is_retried(submit: Submit, told: Handover) -> None:
    job = submit()
    end(job, BAD)
    lifecycle.retry(job.job_id)
    end(job, None)
    told.look()
    assert [mail["subject"].split()[1] for mail in sent()] == ["failed:", "completed:"]


def test_it_tells_of_a_job_that_was_deleted_meanwhile(submit: Submit, told: Handover) -> None:
    job = submit(name="short-lived")
    end(job, BAD)
    lifecycle.purge([job.job_id])
    told.look()
    assert "short-lived" in sent()[0]["subject"]


def test_it_tells_nobody_of_its_own_mails(submit: Submit, told: Handover) -> None:
    fail_one(submit, told)
    ((own,),) = query("SELECT job_id FROM job WHERE type = 'notice'")
    end(job_of(own), BAD)
    told.look()
    assert len(sent()) == 1


def test_it_tells_of_everything_once(submit: Submit, told: Handover) -> None:
    """However many keepers look, and however often."""
    for _ in range(2):
        end(submit(), BAD)
    told.look()
    told.look()
    assert len(sent()) == 2


def test_it_leaves_no_end_out_and_tells_none_twice_when_it_is_undone(
    submit: Submit, told: Handover, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a kill does to what is not committed."""
    end(submit(), BAD)
    with pytest.raises(ZeroDivisionError), database.atomic():
        told.look()
        assert len(sent()) == 1
        raise ZeroDivisionError
    assert sent() == []
    told.look()
    assert len(sent()) == 1


def test_it_tells_of_many_ends_in_one_mail(
    submit: Submit, told: Handover, later: Callable[[float], None]
) -> None:
    for number in range(37):
        end(submit(name=f"job {number}"), BAD if number % 5 == 4 else None)
    told.look()
    assert sent() == []
    later(601)
    told.look()
    (mail,) = sent()
    assert mail["subject"] == "[Bellhop] 37 jobs ended: 30 completed, 7 failed"
    assert "- job 4 failed: This is no picture." in mail["text"]
    assert "and 17 more" in mail["text"]
    assert "The failed jobs: https://jobs.example.org/jobs?status=failed\n" in mail["text"]
    assert "All jobs: https://jobs.example.org/jobs\n" in mail["text"]


@pytest.mark.parametrize(
    ("kind", "counts", "said"),
    [
        ("job", {"cancelled": 2, "completed": 1}, "3 jobs ended: 2 cancelled, 1 completed"),
        ("trouble", {"begun": 3, "over": 1}, "4 notices about Bellhop itself: 3 new, 1 over"),
    ],
)
def test_it_says_how_many_ended_how_in_whole_words(
    kind: str, counts: dict[str, int], said: str
) -> None:
    first = Notice(id=1, owner="anna", at="2026", kind=kind, name="a", status=next(iter(counts)))
    mail = mails.of_many(mails.Waiting(Counter(counts), [first]), "https://a.example")
    assert mail.subject == f"[Bellhop] {said}"


def test_it_calls_a_job_that_was_cancelled_so(submit: Submit, told: Handover) -> None:
    lifecycle.ask_cancel(submit(name="pictures").job_id)
    told.look()
    (mail,) = sent()
    assert mail["subject"] == "[Bellhop] cancelled: pictures (noop)"
    assert "The job “pictures” was cancelled." in mail["text"]


def test_it_leads_to_what_could_not_be_submitted_and_to_what_ended() -> None:
    rows = [
        Notice(id=number, at="2026-11-30T12:00:00.000000Z", kind=kind, name="a", status=status)
        for number, (kind, status) in enumerate([("schedule", "missed"), ("job", "completed")])
    ]
    waiting = mails.Waiting(Counter(missed=1, completed=1), rows)
    text = mails.of_many(waiting, "https://a.example").text
    assert "The schedules: https://a.example/schedules\nAll jobs: https://a.example/jobs\n" in text
    assert "failed" not in text


def test_it_sends_a_handful_of_mails_about_a_flood(
    submit: Submit, told: Handover, later: Callable[[float], None]
) -> None:
    """A failure every five minutes for a whole day."""
    for _ in range(24 * 12):
        fail_one(submit, told)
        later(300)
    later(HOUR_S)
    told.look()
    assert 20 < len(sent()) < 30
    counts = [count for (count,) in query("SELECT count FROM notice_sent ORDER BY id")]
    assert (sum(counts), counts[:3]) == (24 * 12, [1, 1, 1])


def test_it_tells_at_once_again_after_a_calm_hour(
    submit: Submit, told: Handover, later: Callable[[float], None]
) -> None:
    for _ in range(3):
        fail_one(submit, told)
    later(HOUR_S + 1)
    fail_one(submit, told)
    assert len(sent()) == 4


@pytest.mark.parametrize("step_s", [-HOUR_S * 5, HOUR_S * 5])
def test_it_holds_nothing_back_for_a_clock_that_is_set(
    submit: Submit, told: Handover, later: Callable[[float], None], step_s: float
) -> None:
    for _ in range(5):
        end(submit(), BAD)
    later(step_s)
    told.look()
    assert [mail["subject"] for mail in sent()] == ["[Bellhop] 5 jobs ended: 5 failed"]


def test_it_tells_nobody_whose_account_was_disabled(submit: Submit, told: Handover) -> None:
    query("UPDATE counter SET value = 1 WHERE name = 'closed'")
    fail_one(submit, told)
    assert sent() == []
    assert query("SELECT count(*) FROM notice") == [(0,)]


def test_it_tells_nobody_who_took_the_address_away(submit: Submit, told: Handover) -> None:
    end(submit(), BAD)
    wishes.set_wish("local", Wish())
    told.look()
    assert (sent(), query("SELECT count(*) FROM notice")) == ([], [(0,)])


def test_it_tells_the_first_admin_what_was_everybodys(submit: Submit, told: Handover) -> None:
    end(submit(), BAD)
    lifecycle.hand_over("local", "anna")
    assert query("SELECT owner FROM notice") == [("anna",)]
    assert wishes.wish_of("anna") == Wish(ADDRESS, "every")


@pytest.mark.parametrize("name", ["a\nSubject: b", "\u202ecod.exe", "\x1b[31m", "", "x" * 5000])
def test_it_writes_subjects_in_one_short_line(submit: Submit, told: Handover, name: str) -> None:
    end(submit(name=name), BAD)
    told.look()
    (mail,) = sent()
    assert mail["subject"].isprintable()
    assert len(mail["subject"]) < 120


def test_it_shows_its_mails_in_no_list_and_counts_them_nowhere(
    submit: Submit, told: Handover
) -> None:
    fail_one(submit, told)
    hidden = "SELECT count(*) FROM job WHERE delivery_of IS NULL"
    assert query(hidden) == [(1,)]
    assert query("SELECT count(*) FROM search WHERE text LIKE '%notice%'") == [(0,)]


def test_it_counts_what_could_not_be_delivered_within_a_day(
    submit: Submit, told: Handover, later: Callable[[float], None]
) -> None:
    fail_one(submit, told)
    assert queries.failed_notices() == (0, "")
    ((notice,),) = query("SELECT job_id FROM job WHERE type = 'notice'")
    end(job_of(notice), ItemError("bad_input", "550 no such user"))
    assert queries.failed_notices() == (1, "550 no such user")
    later(86401)
    assert queries.failed_notices() == (0, "")


@pytest.mark.sqlite("its plan")
def test_it_looks_at_no_other_notices_to_count_these(rows: str, told: Handover) -> None:
    """The keeper asks every 20 seconds, and notices are kept for weeks."""
    plan = query(
        f"EXPLAIN QUERY PLAN SELECT 1 FROM job WHERE {for_keeper.UNDELIVERED}", {"since": "2026"}
    )
    assert "job_ended" in str(plan)


def test_it_forgets_what_was_sent_some_days_ago(
    submit: Submit, told: Handover, later: Callable[[float], None]
) -> None:
    fail_one(submit, told)
    later(3 * 86400.0)
    handover.forget_old()
    assert query("SELECT count(*) FROM notice_sent") == [(0,)]
