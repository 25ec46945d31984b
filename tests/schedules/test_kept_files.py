"""The files of a schedule: uploads that it keeps, and gives to each of its jobs."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.accounts.access import BELLHOP
from bellhop.base.times import timestamp
from bellhop.consumer.workers import Workers
from bellhop.database.database import database, query
from bellhop.jobs import queries
from bellhop.schedules import schedules
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job, Upload
from bellhop.stores import filesystem
from bellhop.uploads import uploads
from bellhop.uploads.uploads import forget_old, remove_litter
from bellhop.web.site import Site
from tests.support.tus import begun, look, put, uploaded, who
from tests.support.wsgi import Answer, WsgiClient

SCHEDULES, JOBS = "/api/v1/schedules", "/api/v1/jobs"
GONE = "A file of this schedule is gone; edit the schedule and choose its files again."


@pytest.fixture
def loaded(config: Callable[[str], Settings]) -> Settings:
    return config("[limits]\nmb_per_account = 1\n")


@pytest.fixture
def tokens(web: WsgiClient) -> dict[str, str]:
    """Of ada, an admin, and otto and ben, members."""
    roles = {"ada": "admin", "otto": "member", "ben": "member"}
    for name, role in roles.items():
        accounts.add(name, role, None)
    found = {name: accounts.add_token(name) for name in roles}
    database.close()
    return found


def job(*ids: str, type: str = "upper", **more: Any) -> dict[str, Any]:
    return {"type": type, "items": [{"upload": upload_id} for upload_id in ids], **more}


def add(web: WsgiClient, document: dict[str, Any], by: str | None = None) -> Answer:
    given = {"name": "nightly", "cron": "30 7 * * *", "job": document}
    return web.post(SCHEDULES, given, **who(by))


def patch(web: WsgiClient, number: int, by: str | None = None, **change: Any) -> Answer:
    body = json.dumps(change).encode()
    kind = {"content_type": "application/json"}
    return web.request("PATCH", f"{SCHEDULES}/{number}", body, **kind, **who(by))


def remove(web: WsgiClient, number: int, by: str | None = None) -> Answer:
    return web.request("DELETE", f"{SCHEDULES}/{number}", **who(by))


def run_due(site: Site) -> int:
    query("UPDATE schedule SET next_at = :at", {"at": timestamp(-5)})
    found = site.schedules.submit_due()
    database.close()
    return found


def error() -> str | None:
    (schedule,) = schedules.listed(BELLHOP)
    return schedule.error


def kept(here: Installation) -> list[str]:
    return sorted(path.name for path in (here.folder / "uploads" / ".parts").iterdir())


def files_of(web: WsgiClient, job_id: str, by: str | None = None) -> dict[str, bytes]:
    """The files of a job by their names."""
    items = web.get(f"{JOBS}/{job_id}/items", **who(by)).json["items"]
    return {item["filename"]: web.get(item["input"]["url"], **who(by)).body for item in items}


def test_it_gives_its_files_to_each_job(web: WsgiClient, site: Site, here: Installation) -> None:
    ids = uploaded(web, b"one", "größe.txt"), uploaded(web, b"two", "b.txt")
    assert add(web, job(*ids)).status == 201
    assert [run_due(site), run_due(site)] == [1, 1]
    jobs = [each.job_id for each in Job.select()]
    database.close()
    expected = {"größe.txt": b"one", "b.txt": b"two"}
    assert [files_of(web, job_id) for job_id in jobs] == [expected, expected]
    assert kept(here) == sorted(ids)


def test_it_shows_its_files(web: WsgiClient) -> None:
    upload_id = uploaded(web, b"one", "größe.txt")
    shown = add(web, job(upload_id)).json
    file = {"upload": upload_id, "field": "files", "filename": "größe.txt", "size": 3}
    assert shown["files"] == [file]
    assert shown["job"]["items"] == [{"upload": upload_id}]
    assert web.get(SCHEDULES).json["schedules"] == [shown]


def test_it_has_no_files_where_its_job_names_none(web: WsgiClient) -> None:
    assert add(web, {"type": "noop", "items": [{"text": "a"}]}).json["files"] == []


def test_it_runs_now_with_its_files(web: WsgiClient, workers: Workers) -> None:
    number = add(web, job(uploaded(web, b"abc"))).json["id"]
    job_id = web.post(f"{SCHEDULES}/{number}/run", {}).json["job_id"]
    assert workers.run_next()
    database.close()
    assert web.get(f"{JOBS}/{job_id}").json["status"] == "completed"


def test_it_gives_a_file_to_the_parameter_that_is_named(web: WsgiClient, site: Site) -> None:
    items = [
        {"upload": uploaded(web, b"picture")},
        {"upload": uploaded(web, b"mask"), "field": "mask"},
    ]
    shown = add(web, {"type": "masked", "items": items}).json
    assert [file["field"] for file in shown["files"]] == ["files", "mask"]
    assert run_due(site) == 1
    ((given,),) = query("SELECT input FROM item")
    assert json.loads(given) == {"file": "0.txt", "beside": {"mask": ["1.txt"]}}


def test_it_takes_the_files_of_an_earlier_job(web: WsgiClient, site: Site) -> None:
    given = web.upload(("größe.txt", b"one"), ("b.txt", b"two"), ("c.txt", b"three")).json
    shown = add(web, {"type": "upper", "items": [{"files.of": f"{given['job_id']}/0,2"}]}).json
    assert [file["filename"] for file in shown["files"]] == ["größe.txt", "c.txt"]
    assert web.request("DELETE", f"{JOBS}/{given['job_id']}").status == 202
    ran = web.post(f"{SCHEDULES}/{shown['id']}/run", {}).json["job_id"]
    assert files_of(web, ran) == {"größe.txt": b"one", "c.txt": b"three"}


def test_it_leaves_no_upload_of_an_earlier_job_when_it_is_refused(
    web: WsgiClient, here: Installation
) -> None:
    given = web.upload(("a.txt", b"one")).json["job_id"]
    assert add(web, {"type": "noop", "items": [{"files.of": given}]}).status == 422
    assert add(web, {"type": "upper", "items": [{"files.of": "none"}]}).code == "not-found"
    assert kept(here) == []


@pytest.mark.parametrize("days", [2, 400])
def test_it_keeps_its_files_for_as_long_as_it_exists(
    web: WsgiClient, here: Installation, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    upload_id = uploaded(web, b"abc")
    add(web, job(upload_id))
    later = timestamp(days * 86400)
    monkeypatch.setattr(uploads, "timestamp", lambda after_s=0: later)
    forget_old()
    remove_litter(here.folder, age_s=-1)
    assert kept(here) == [upload_id]


def test_it_takes_an_upload_that_arrived_whole_while_nobody_could_be_told(
    web: WsgiClient, site: Site, here: Installation
) -> None:
    """The web was killed, or the login had ended; each job after that has the file."""
    upload_id = begun(web, 3, filename="late.txt").rpartition("/")[2]
    (here.folder / "uploads" / ".parts" / upload_id).write_bytes(b"abc")
    (file,) = add(web, job(upload_id)).json["files"]
    assert (file["filename"], file["size"]) == ("late.txt", 3)
    assert [run_due(site), run_due(site)] == [1, 1]
    jobs = [each.job_id for each in Job.select()]
    database.close()
    assert [files_of(web, job_id) for job_id in jobs] == [{"late.txt": b"abc"}] * 2
    assert query("SELECT sha256 FROM upload") == [(hashlib.sha256(b"abc").hexdigest(),)]


def test_it_takes_no_upload_that_has_not_arrived(web: WsgiClient) -> None:
    answer = add(web, job("0" * 32))
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "upload")


@pytest.mark.parametrize("document", [{"name": ""}, {"cron": "99 * * * *"}, {"timezone": "Mars"}])
def test_it_leaves_an_upload_free_when_it_is_refused(
    web: WsgiClient, document: dict[str, str]
) -> None:
    upload_id = uploaded(web, b"abc")
    given = {"name": "a", "cron": "0 7 * * *", "job": job(upload_id), **document}
    assert web.post(SCHEDULES, given).status == 422
    assert web.post(JOBS, job(upload_id)).status == 202


def test_it_lets_nobody_else_take_or_remove_its_files(web: WsgiClient, here: Installation) -> None:
    upload_id = uploaded(web, b"abc")
    add(web, job(upload_id))
    path = f"/api/v1/uploads/{upload_id}"
    assert web.post(JOBS, job(upload_id)).json["errors"][0]["field"] == "upload"
    assert add(web, job(upload_id)).json["errors"][0]["field"] == "upload"
    assert look(web, path).status == put(web, path, 3, b"").status == 404
    assert web.request("DELETE", path, tus_resumable="1.0.0").status == 404
    assert kept(here) == [upload_id]


def test_it_removes_its_files_with_it(web: WsgiClient, site: Site, here: Installation) -> None:
    number = add(web, job(uploaded(web, b"abc"))).json["id"]
    run_due(site)
    assert remove(web, number).status == 204
    assert kept(here) == [] == list(Upload.select())
    ran = Job.get().job_id
    database.close()
    assert files_of(web, ran) == {"a.txt": b"abc"}


def test_it_changes_its_files_and_removes_those_that_it_names_no_more(
    web: WsgiClient, here: Installation, site: Site
) -> None:
    stays, goes = uploaded(web, b"stays", "s.txt"), uploaded(web, b"goes", "g.txt")
    number = add(web, job(stays, goes)).json["id"]
    new = uploaded(web, b"new", "n.txt")
    shown = patch(web, number, job=job(new, stays)).json
    assert [file["filename"] for file in shown["files"]] == ["n.txt", "s.txt"]
    assert kept(here) == sorted([stays, new])
    assert run_due(site) == 1


def test_it_leaves_its_files_where_only_its_times_change(
    web: WsgiClient, here: Installation
) -> None:
    upload_id = uploaded(web, b"abc")
    number = add(web, job(upload_id)).json["id"]
    assert patch(web, number, cron="0 8 * * *", paused=True).json["files"][0]["size"] == 3
    assert kept(here) == [upload_id]


def test_it_keeps_what_it_has_when_a_change_is_refused(web: WsgiClient, here: Installation) -> None:
    upload_id = uploaded(web, b"abc")
    number = add(web, job(upload_id)).json["id"]
    assert patch(web, number, job=job("0" * 32)).status == 422
    assert patch(web, number, job=job(upload_id, type="nothing")).status == 422
    assert kept(here) == [upload_id]


def test_it_says_that_its_files_are_gone(web: WsgiClient, site: Site, here: Installation) -> None:
    upload_id = uploaded(web, b"abc")
    number = add(web, job(upload_id)).json["id"]
    (here.folder / "uploads" / ".parts" / upload_id).unlink()
    assert (run_due(site), error()) == (0, GONE)
    remove_litter(here.folder, age_s=-1)
    assert (run_due(site), error()) == (0, GONE)
    database.close()
    refused = web.post(f"{SCHEDULES}/{number}/run", {})
    assert (refused.status, refused.json["detail"]) == (410, GONE)
    shown = web.get(SCHEDULES).json["schedules"][0]["files"]
    assert shown == [{"upload": upload_id, "field": "files", "filename": None, "size": None}]
    assert list((here.folder / "uploads").glob("[!.]*")) == []
    assert patch(web, number, job=job(uploaded(web, b"new"))).json["error"] is None
    assert run_due(site) == 1


def test_it_says_that_the_disk_is_full(
    web: WsgiClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = add(web, job(uploaded(web, b"abc"))).json["id"]

    def full(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(filesystem, "link_or_copy", full)
    assert (run_due(site), error()) == (0, schedules.NO_SPACE)
    database.close()
    assert web.post(f"{SCHEDULES}/{number}/run", {}).code == "disk-full"


def test_it_counts_its_files_as_stored_by_its_owner(
    web: WsgiClient, tokens: dict[str, str]
) -> None:
    by = tokens["otto"]
    number = add(web, job(uploaded(web, b"x" * 600_000, by=by)), by).json["id"]
    assert queries.stored_bytes("otto") == 600_000
    database.close()
    remove(web, number, by)
    assert queries.stored_bytes("otto") == 0


def test_it_runs_no_job_beyond_the_quota_of_its_owner(
    web: WsgiClient, site: Site, tokens: dict[str, str]
) -> None:
    by = tokens["otto"]
    add(web, job(uploaded(web, b"x" * 600_000, by=by)), by)
    assert run_due(site) == 0
    assert (error() or "").startswith("The jobs of otto use 0 MiB; the limit is 1 MiB.")


def test_it_hands_the_files_of_an_admin_to_its_owner(
    web: WsgiClient, tokens: dict[str, str], site: Site
) -> None:
    number = add(web, job(uploaded(web, b"a", by=tokens["otto"])), tokens["otto"]).json["id"]
    new = uploaded(web, b"x" * 500, by=tokens["ada"])
    assert patch(web, number, tokens["ada"], job=job(new)).status == 200
    assert (queries.stored_bytes("ada"), queries.stored_bytes("otto")) == (0, 500)
    assert run_due(site) == 1


def test_it_takes_no_files_beyond_the_quota_of_its_owner(
    web: WsgiClient, tokens: dict[str, str]
) -> None:
    by = tokens["otto"]
    number = add(web, job(uploaded(web, b"x" * 600_000, by=by)), by).json["id"]
    new = uploaded(web, b"x" * 600_000, by=tokens["ada"])
    assert patch(web, number, tokens["ada"], job=job(new)).code == "quota-full"


def test_it_takes_no_upload_of_others(web: WsgiClient, tokens: dict[str, str]) -> None:
    upload_id = uploaded(web, b"abc", by=tokens["otto"])
    assert add(web, job(upload_id), tokens["ben"]).json["errors"][0]["field"] == "upload"


def test_it_submits_what_a_change_made_of_it_meanwhile(
    web: WsgiClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = add(web, job(uploaded(web, b"old"))).json["id"]
    new = uploaded(web, b"new")
    accept = site.acceptance.accept

    def overtaken(*given: Any, **options: Any) -> None:
        database.close()
        assert patch(web, number, job=job(new)).status == 200
        accept(*given, **options)

    monkeypatch.setattr(site.acceptance, "accept", overtaken)
    assert run_due(site) == 0
    monkeypatch.setattr(site.acceptance, "accept", accept)
    assert site.schedules.submit_due() == 1
    (made,) = Job.select()
    database.close()
    assert files_of(web, made.job_id) == {"a.txt": b"new"}
