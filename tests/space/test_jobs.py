"""GET /monitoring/space: what jobs hold, whose it is, and what goes by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bellhop.accounts.access import BELLHOP, User
from bellhop.base.times import timestamp
from bellhop.base.units import DAY_S
from bellhop.database.database import database, query
from bellhop.jobs import lifecycle, queries
from bellhop.settings.sections import Lifetime
from bellhop.settings.settings import Settings
from bellhop.space import jobs
from bellhop.storage.models import Job
from tests.support.wsgi import WsgiClient

SPACE = "/api/v1/monitoring/space"
ANNA = User("anna", "member", reads_all=False)
Submit = Callable[..., Job]
Have = Callable[..., str]


@pytest.fixture
def have(submit: Submit) -> Have:
    """A job that holds so many bytes, and ended some days ago."""

    def made(size: int, *, ended_days: float | None = None, **options: Any) -> str:
        job = submit("a", **options)
        lifecycle.hold_bytes(job.job_id, size - job.bytes)
        if ended_days is not None:
            lifecycle.ask_cancel(job.job_id)
            query(
                "UPDATE job SET completed_at = :at WHERE id = :id",
                {"at": timestamp(-ended_days * DAY_S), "id": job.id},
            )
        return job.job_id

    return made


def by(found: list[dict[str, Any]], member: str) -> dict[str, tuple[int, int]]:
    return {each[member]: (each["jobs"], each["bytes"]) for each in found}


def test_it_says_what_jobs_hold_by_type_and_owner(loaded: Settings, have: Have) -> None:
    have(1000, owner="anna")
    have(500, owner="ben")
    have(70, owner="ben", type="word_count")
    found = jobs.held(loaded, BELLHOP)
    assert by(found["types"], "type") == {"noop": (2, 1500), "word_count": (1, 70)}
    assert by(found["owners"], "owner") == {"anna": (1, 1000), "ben": (2, 570)}


@pytest.mark.parametrize(("slow_s", "looks"), [(0.0, 1), (60.0, 3)])
def test_it_keeps_for_a_while_what_takes_long_to_find(
    loaded: Settings, monkeypatch: pytest.MonkeyPatch, slow_s: float, looks: int
) -> None:
    asked: list[str] = []

    def held(settings: Settings, viewer: User) -> dict[str, Any]:
        asked.append(viewer.name)
        return {"of": viewer.name}

    monkeypatch.setattr(jobs, "held", held)
    monkeypatch.setattr(jobs, "SLOW_S", slow_s)
    monkeypatch.setattr(jobs, "REST", 10**9)
    monkeypatch.setattr(jobs, "_kept", {})
    found = [jobs.lately(loaded, ANNA) for _ in range(3)]
    assert (found, len(asked)) == ([{"of": "anna"}] * 3, looks)
    assert jobs.lately(loaded, BELLHOP) == {"of": ""}  # each viewer sees their own


def test_it_counts_for_an_owner_what_the_quota_counts(loaded: Settings, have: Have) -> None:
    have(1000, owner="anna")
    (anna,) = jobs.held(loaded, ANNA)["owners"]
    assert anna["bytes"] == queries.stored_bytes("anna") == queries.held_by_owners()["anna"][1]


def test_it_names_the_largest_jobs_first(loaded: Settings, have: Have) -> None:
    ids = [have(size) for size in (10, 3000, 200)]
    found = [job["job_id"] for job in jobs.held(loaded, BELLHOP)["largest"]]
    assert found == [ids[1], ids[2], ids[0]]


def test_who_reads_only_their_own_jobs_sees_no_others(loaded: Settings, have: Have) -> None:
    have(1000, owner="ben")
    mine = have(10, owner="anna")
    found = jobs.held(loaded, ANNA)
    assert by(found["types"], "type") == {"noop": (1, 10)}
    assert by(found["owners"], "owner") == {"anna": (1, 10)}
    assert [job["job_id"] for job in found["largest"]] == [mine]


def test_it_says_what_goes_within_a_week(loaded: Settings, have: Have) -> None:
    have(400, ended_days=25)
    have(300, ended_days=20)
    have(200)
    (of,) = jobs.held(loaded, BELLHOP)["types"]
    assert (of["results_days"], of["soon_jobs"], of["soon_bytes"]) == (30, 1, 400)
    assert timestamp(4.9 * DAY_S) < of["next_at"] < timestamp(5.1 * DAY_S)


def test_what_somebody_keeps_never_goes(loaded: Settings, have: Have) -> None:
    lifecycle.keep(have(400, ended_days=29), is_kept=True)
    (of,) = jobs.held(loaded, BELLHOP)["types"]
    assert (of["next_at"], of["soon_jobs"], of["kept_bytes"]) == (None, 0, 400)


def test_nothing_goes_where_results_stay_for_ever(loaded: Settings, have: Have) -> None:
    have(400, ended_days=1000)
    (of,) = jobs.held(replace(loaded, lifetime=Lifetime(results_days=0)), BELLHOP)["types"]
    assert (of["results_days"], of["next_at"], of["soon_jobs"]) == (0, None, 0)


def test_an_admin_sees_the_installation_too(web: WsgiClient, have: Have) -> None:
    have(1000)
    database.close()
    of = web.get(SPACE).json["installation"]
    assert of["jobs_bytes"] == 1000
    assert of["database_bytes"] > 0
    assert of["disk"]["reserve_bytes"] == 100 << 20
