"""The HTTP API of jobs: what each request answers."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bellhop.base import errors
from bellhop.consumer.workers import Workers
from bellhop.database import connection, postgresql
from bellhop.database.database import database, query
from bellhop.jobs import consumers, lifecycle, queries
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation, bind_rows
from bellhop.storage.models import Job
from bellhop.system.locks import take_lock
from bellhop.web import downloads
from bellhop.web.site import Site
from tests.support import single
from tests.support.jobs import job_of
from tests.support.wsgi import Answer, WsgiClient

Submit = Callable[..., Job]
JOBS = "/api/v1/jobs"
JOB_FIELDS = {
    "job_id", "type", "name", "params", "owner", "queue", "status", "progress", "current_step",
    "cached", "priority", "change", "total_items", "completed_items", "failed_items", "attempt",
    "max_attempts", "created_at", "started_at", "completed_at", "run_at", "expires_at",
    "position", "eta_s", "waiting_for", "cancel_requested", "error", "links",
    # Beyond the contract:
    "then", "steps", "depends_on", "keep", "webhook_url", "schedule",
    "watch",
}  # fmt: skip


def run_all(workers: Workers) -> None:
    while workers.run_next():
        pass
    database.close()


def texts(web: WsgiClient, *values: str, type: str = "noop", **options: Any) -> Answer:
    items = [{"text": value} for value in values or ("a",)]
    return web.post(JOBS, {"type": type, "items": items, **options})


def test_it_answers_202_with_the_place_of_the_job(web: WsgiClient) -> None:
    answer = texts(web)
    assert answer.status == 202
    assert answer.headers["Location"] == f"{JOBS}/{answer.json['job_id']}"


def test_it_shows_exactly_the_fields_of_the_contract(web: WsgiClient) -> None:
    assert set(texts(web).json) == JOB_FIELDS


def test_it_answers_before_anything_is_processed(web: WsgiClient) -> None:
    job = texts(web).json
    assert (job["status"], job["progress"], job["started_at"]) == ("queued", 0, None)
    assert job["owner"] == "local"


def test_it_accepts_a_job_although_the_bell_cannot_be_rung(
    web: WsgiClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ConnectionError("the server is away")

    monkeypatch.setattr(site.bell.huey.storage, "ring", broken)
    assert texts(web).status == 202
    assert "away" in web.get("/health").json["queue"]["bell"]


def test_it_accepts_files_with_their_hash(web: WsgiClient, workers: Workers) -> None:
    answer = web.upload(("a.txt", b"hello"))
    assert answer.status == 202
    run_all(workers)
    items = web.get(f"{JOBS}/{answer.json['job_id']}/items").json["items"]
    assert [(item["filename"], item["status"]) for item in items] == [("a.txt", "completed")]
    ((sha256,),) = query("SELECT input_sha256 FROM item")
    assert sha256 == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


HIDDEN = "\u202e\u2066\u200b\u200f\u061c\x85\u2028"


def test_it_names_nothing_by_characters_that_cannot_be_seen(web: WsgiClient) -> None:
    upload = web.upload((f"cod{HIDDEN}.exe", b"x"))
    text = texts(web, f"{HIDDEN}x\x1b[2J")
    nothing = texts(web, HIDDEN)
    job = {"type": "noop", "items": [{"text": "a"}]}
    schedule = {"name": f"{HIDDEN}x", "cron": "0 7 * * 1", "job": job}
    names = [answer.json["name"] for answer in (upload, text, nothing)]
    assert names == ["cod.exe", "x[2J", "text"]
    assert web.post("/api/v1/schedules", schedule).json["name"] == "x"


@pytest.mark.parametrize("field", ["files", "files[]", "file"])
def test_it_takes_files_under_each_usual_name(web: WsgiClient, field: str) -> None:
    assert web.upload(("a.txt", b"x"), field=field).status == 202


def test_it_names_a_job_after_its_first_file(web: WsgiClient) -> None:
    answer = web.upload(("a.txt", b"x"), ("b.txt", b"y"), ("c.txt", b"z"))
    assert answer.json["name"] == "a.txt and 2 more"
    assert answer.json["total_items"] == 3


@pytest.mark.parametrize(
    "name", ["Отчёт за год.txt", "مستند.txt", "報告書.txt", "e\u0301.txt", "a%b.txt"]
)
def test_it_keeps_a_name_in_any_script(web: WsgiClient, name: str) -> None:
    assert web.upload((name, b"x")).json["name"] == name


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\\\dir\\\\passwd"])
def test_it_shows_a_name_without_its_folders(web: WsgiClient, name: str) -> None:
    assert web.upload((name, b"x")).json["name"] == "passwd"


def test_it_converts_form_fields_by_their_schema(web: WsgiClient) -> None:
    answer = web.upload(("a.txt", b"a b"), type="word_count", minimum="2")
    assert answer.json["params"] == {"minimum": 2}


def test_it_fills_in_the_defaults_of_parameters(web: WsgiClient) -> None:
    answer = texts(web, type="form", params={"needed": "x"})
    assert answer.json["params"] == {
        "needed": "x", "count": 3, "ratio": 0.5, "sure": False, "colour": "red",
        "day": None, "tags": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "needed"),
        ({"needed": "x", "count": 0}, "count"),
        ({"needed": "x", "count": 11}, "count"),
        ({"needed": "x", "count": "3"}, "count"),
        ({"needed": "x", "count": 1.5}, "count"),
        ({"needed": 1}, "needed"),
        ({"needed": "x", "sure": "yes"}, "sure"),
        ({"needed": "x", "colour": "blue"}, "colour"),
        ({"needed": "x", "day": "31.12.2026"}, "day"),
        ({"needed": "x", "tags": "a"}, "tags"),
        ({"needed": "x", "unheard_of": 1}, "unheard_of"),
    ],
)
def test_it_names_the_parameter_that_is_wrong(
    web: WsgiClient, params: dict[str, Any], field: str
) -> None:
    answer = texts(web, type="form", params=params)
    assert (answer.status, answer.code) == (422, "invalid-job")
    assert answer.json["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("minimum", "word"),
    [("x", "whole"), ("0", "1"), ("101", "100"), ("1.5", "whole"), ("", "whole")],
)
def test_it_names_the_form_field_that_is_wrong(web: WsgiClient, minimum: str, word: str) -> None:
    answer = web.upload(("a.txt", b"x"), type="word_count", minimum=minimum)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "minimum")
    assert word in answer.json["detail"]


def test_it_refuses_an_unknown_type(web: WsgiClient) -> None:
    answer = texts(web, type="nonsense")
    assert (answer.status, answer.code) == (422, "unknown-type")
    assert "word_count" in answer.json["detail"]


def test_it_refuses_an_unavailable_type_with_the_reason(web: WsgiClient) -> None:
    answer = texts(web, type="needs_extra")
    assert (answer.status, answer.code) == (422, "type-unavailable")
    assert "pip install -r requirements-cog.txt" in answer.json["detail"]


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"type": "noop"},
        {"type": "noop", "items": []},
        {"type": "noop", "items": "a"},
        {"type": "noop", "items": [{}]},
        {"type": "noop", "items": [{"url": "http://x"}]},
        {"type": "noop", "items": [{"text": ""}]},
        {"type": "noop", "items": [{"text": 1}]},
        {"type": "noop", "items": [{"text": "a"}], "params": []},
        {"type": "noop", "items": [{"text": "a"}], "priority": 101},
        {"type": "noop", "items": [{"text": "a"}], "priority": 1.5},
        {"type": "noop", "items": [{"text": "a"}], "priority": True},
        {"type": "noop", "items": [{"text": "a"}], "colour": "red"},
        {"type": ["noop"], "items": [{"text": "a"}]},
        {"type": "keys", "items": [{"json": [1]}]},
    ],
)
def test_it_refuses_a_document_that_is_no_job(web: WsgiClient, document: Any) -> None:
    answer = web.post(JOBS, document)
    assert answer.status in (400, 422)
    assert answer.code in errors.PROBLEMS
    assert web.get(JOBS).json["jobs"] == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"nul", b"[" * 100_000])
def test_it_refuses_a_body_that_is_no_json(web: WsgiClient, body: bytes) -> None:
    answer = web.request("POST", JOBS, body, content_type="application/json")
    assert (answer.status, answer.code) == (400, "bad-json")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_it_reads_only_its_content_types(web: WsgiClient, kind: str) -> None:
    answer = web.request("POST", JOBS, b"{}", content_type=kind)
    assert (answer.status, answer.code) == (415, "unsupported-media-type")


def test_it_takes_data_and_several_files_where_the_type_does(
    web: WsgiClient, workers: Workers
) -> None:
    data = web.post(JOBS, {"type": "keys", "items": [{"json": {"b": 1, "a": 2}}]}).json["job_id"]
    files = web.upload(("a.txt", b"1"), ("b.txt", b"22"), type="together").json
    assert files["total_items"] == 1
    run_all(workers)
    assert web.get(f"{JOBS}/{data}/result").json["items"][0]["data"] == {"keys": ["a", "b"]}
    result = web.get(f"{JOBS}/{files['job_id']}/result").json
    assert result["items"][0]["data"] == {"sizes": [1, 2]}


def test_it_lists_jobs_newest_first_in_pages(web: WsgiClient) -> None:
    ids = [texts(web).json["job_id"] for _ in range(5)]
    first = web.get(f"{JOBS}?limit=3").json
    second = web.get(f"{JOBS}?limit=3&cursor={first['next']}").json
    assert [job["job_id"] for job in first["jobs"] + second["jobs"]] == ids[::-1]
    assert second["next"] is None


def test_it_filters_the_list(web: WsgiClient, submit: Submit) -> None:
    kept = texts(web, type="bad_input").json["job_id"]
    other = texts(web).json["job_id"]
    lifecycle.ask_cancel(other)
    database.close()
    for filters in (
        "type=bad_input",
        "status=queued",
        "status=queued,running",
        "type=bad_input&status=queued",
    ):
        jobs = web.get(f"{JOBS}?{filters}").json["jobs"]
        assert [job["job_id"] for job in jobs] == [kept], filters


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=x", "limit=1000", "limit=-1", "cursor=x", "cursor=Y3g", "status=done",
     "since=x", "since=-1", "since=99999999999999999999", "cursor=%00", "limit=%D9%A3"],
)  # fmt: skip
def test_it_refuses_a_wrong_query(web: WsgiClient, query: str) -> None:
    answer = web.get(f"{JOBS}?{query}")
    assert (answer.status, answer.code) == (422, "invalid-parameter")


def test_it_tells_what_changed_since(web: WsgiClient) -> None:
    old = texts(web).json
    change = web.get(JOBS).json["change"]
    assert web.get(f"{JOBS}?since={change}").json["jobs"] == []
    new = texts(web).json
    page = web.get(f"{JOBS}?since={change}").json
    assert [job["job_id"] for job in page["jobs"]] == [new["job_id"]]
    assert page["change"] > change
    assert old["job_id"] != new["job_id"]


def test_it_looks_at_no_job_for_who_has_all_changes(
    web: WsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts(web)
    change = web.get(JOBS).json["change"]
    monkeypatch.setattr(queries, "jobs_since", None)
    page = web.get(f"{JOBS}?since={change}").json
    assert page == {
        "jobs": [], "unmatched": [], "gone": [], "change": change, "latest": change
    }  # fmt: skip


def test_it_tells_changes_in_pages_without_missing_one(web: WsgiClient) -> None:
    change = web.get(JOBS).json["change"]
    ids = {texts(web).json["job_id"] for _ in range(5)}
    seen = set()
    while page := web.get(f"{JOBS}?since={change}&limit=2").json["jobs"]:
        seen |= {job["job_id"] for job in page}
        change = page[-1]["change"]
    assert seen == ids


def test_it_tells_what_was_deleted_since(web: WsgiClient, workers: Workers) -> None:
    job_id = texts(web).json["job_id"]
    run_all(workers)
    change = web.get(JOBS).json["change"]
    assert web.request("DELETE", f"{JOBS}/{job_id}?purge=true").status == 204
    assert web.get(f"{JOBS}?since={change}").json["gone"] == [job_id]


def test_it_deletes_the_files_with_the_job(web: WsgiClient, workers: Workers, here: Any) -> None:
    job_id = web.upload(("a.txt", b"x")).json["job_id"]
    run_all(workers)
    web.request("DELETE", f"{JOBS}/{job_id}?purge=true")
    left = [path for kind in ("uploads", "results") for path in (here.folder / kind).iterdir()]
    assert left == []
    assert web.get(f"{JOBS}/{job_id}").status == 404


def test_it_deletes_a_final_job_only_with_purge(web: WsgiClient, workers: Workers) -> None:
    job_id = texts(web).json["job_id"]
    run_all(workers)
    assert web.request("DELETE", f"{JOBS}/{job_id}").code == "job-final"
    assert web.get(f"{JOBS}/{job_id}").status == 200


def test_it_cancels_an_unfinished_job_by_delete(web: WsgiClient) -> None:
    job_id = texts(web).json["job_id"]
    answer = web.request("DELETE", f"{JOBS}/{job_id}")
    assert (answer.status, answer.json["status"]) == (202, "cancelled")


def test_it_tags_a_job_and_answers_304_while_it_is_the_same(web: WsgiClient) -> None:
    job_id = texts(web).json["job_id"]
    answer = web.get(f"{JOBS}/{job_id}")
    assert answer.headers["Retry-After"] == "2"
    tag = answer.headers["ETag"] or ""
    assert web.get(f"{JOBS}/{job_id}", if_none_match=tag).status == 304
    web.post(f"{JOBS}/{job_id}/cancel", {})
    assert web.get(f"{JOBS}/{job_id}", if_none_match=tag).status == 200


def test_it_shows_the_result_of_a_final_job(web: WsgiClient, workers: Workers) -> None:
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    assert web.get(f"{JOBS}/{job_id}/result").code == "job-not-finished"
    run_all(workers)
    (item,) = web.get(f"{JOBS}/{job_id}/result").json["items"]
    assert item["data"]["name"] == "a.txt"
    assert item["warnings"][0]["where"] == "line 1"
    assert {file["name"]: file["size"] for file in item["files"]}["upper.txt"] == 3


def test_it_shows_the_result_with_the_job_when_asked_to(web: WsgiClient, workers: Workers) -> None:
    job_id = texts(web).json["job_id"]
    path = f"{JOBS}/{job_id}?include=result"
    assert web.get(path).json["result"] is None
    run_all(workers)
    assert web.get(path).json["result"] == web.get(f"{JOBS}/{job_id}/result").json


def test_it_shows_the_items_that_completed_of_a_failed_job(
    web: WsgiClient, workers: Workers
) -> None:
    job_id = web.upload(("a.txt", b"abc"), ("b.txt", b"\xff")).json["job_id"]
    while workers.run_next():
        query("UPDATE item SET not_before = '2000' WHERE status = 'pending'")
        lifecycle.release_due()
    database.close()
    job = web.get(f"{JOBS}/{job_id}").json
    assert (job["status"], job["error"]["code"]) == ("failed", "items-failed")
    assert job["error"]["message"].startswith("1 of 2 failed")
    result = web.get(f"{JOBS}/{job_id}/result").json
    assert [item["status"] for item in result["items"]] == ["completed", "failed"]
    assert result["items"][1]["error"]["code"] == "unexpected_error"


@pytest.mark.parametrize(("type", "code"), [("bad_input", "job-failed"), (None, "job-cancelled")])
def test_it_has_no_result_when_nothing_completed(
    web: WsgiClient, workers: Workers, type: str | None, code: str
) -> None:
    job_id = texts(web, type=type or "noop").json["job_id"]
    if type is None:
        web.post(f"{JOBS}/{job_id}/cancel", {})
    run_all(workers)
    answer = web.get(f"{JOBS}/{job_id}/result")
    assert (answer.status, answer.code) == (409, code)


def test_it_gives_an_output_file_as_a_download(web: WsgiClient, workers: Workers) -> None:
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    run_all(workers)
    files = web.get(f"{JOBS}/{job_id}/result").json["items"][0]["files"]
    answer = web.get(next(file["url"] for file in files if file["name"] == "upper.txt"))
    assert (answer.status, answer.body) == (200, b"ABC")
    assert (answer.headers["Content-Disposition"] or "").startswith("attachment")
    assert answer.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.png", "image/png"), ("a.JPG", "image/jpeg"), ("a.svg", "application/octet-stream"),
     ("a.html", "application/octet-stream")],
)  # fmt: skip
def test_it_names_the_type_of_pictures_only(tmp_path: Path, name: str, media_type: str) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(b"x")
    with contextlib.closing(downloads.download(os.open(path, os.O_RDONLY), name)) as answer:
        assert answer.content_type == media_type


@pytest.mark.parametrize(
    "name", ["secret", "../0-0-1/upper.txt", "nothing", "%2e%2e/x", "upper.txt/"]
)
def test_it_gives_no_other_file(web: WsgiClient, workers: Workers, name: str) -> None:
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    run_all(workers)
    assert web.get(f"{JOBS}/{job_id}/items/0/files/{name}").code == "not-found"


@pytest.mark.parametrize("part", ["job", "attempt", "file"])
def test_it_follows_no_link_to_an_output_file(
    web: WsgiClient, workers: Workers, here: Installation, tmp_path: Path, part: str
) -> None:
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    run_all(workers)
    parts = {"job": job_id, "attempt": f"{job_id}/0-0-1", "file": f"{job_id}/0-0-1/upper.txt"}
    place = here.folder / "results" / parts[part]
    place.rename(tmp_path / "moved")
    place.symlink_to(tmp_path / "moved")
    answer = web.get(f"{JOBS}/{job_id}/items/0/files/upper.txt")
    assert (answer.status, answer.code) == (404, "not-found")


@pytest.mark.parametrize(
    "path",
    ["../../bellhop.db", "0-0-1/../../../bellhop.db", "/etc/passwd", "0-0-1", "", ".", "0-0-1/\0"],
)  # fmt: skip
def test_it_leaves_the_folder_of_a_job_for_no_stored_path(
    web: WsgiClient, workers: Workers, path: str
) -> None:
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    run_all(workers)
    query("UPDATE result SET files = :f", {"f": json.dumps([{"name": "upper.txt", "path": path}])})
    assert web.get(f"{JOBS}/{job_id}/items/0/files/upper.txt").status == 404


def test_it_gives_back_what_was_uploaded(web: WsgiClient) -> None:
    job_id = web.upload(("a b.txt", b"abc"), ("c.txt", b"def")).json["job_id"]
    answer = web.get(f"{JOBS}/{job_id}/items/1/input")
    assert (answer.status, answer.body) == (200, b"def")
    assert 'attachment; filename="c.txt"' in (answer.headers["Content-Disposition"] or "")
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_it_says_that_there_is_no_upload(web: WsgiClient, here: Installation) -> None:
    visit = {"type": "visit", "items": [{"url": "http://a.example/"}]}
    job_id = web.post(JOBS, visit).json["job_id"]
    assert web.get(f"{JOBS}/{job_id}/items/0/input").code == "not-found"
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    assert web.get(f"{JOBS}/{job_id}/items/1/input").code == "not-found"
    shutil.rmtree(here.folder / "uploads" / job_id)
    answer = web.get(f"{JOBS}/{job_id}/items/0/input")
    assert (answer.status, answer.code) == (410, "expired")


def test_it_follows_no_link_to_an_upload(
    web: WsgiClient, here: Installation, tmp_path: Path
) -> None:
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    (place,) = (here.folder / "uploads" / job_id).iterdir()
    place.rename(tmp_path / "moved")
    place.symlink_to(tmp_path / "moved")
    assert web.get(f"{JOBS}/{job_id}/items/0/input").status == 410


@pytest.mark.parametrize("part", ["job", "log"])
def test_it_follows_no_link_to_a_log(
    web: WsgiClient, submit: Callable[..., Job], here: Installation, tmp_path: Path, part: str
) -> None:
    job = submit()
    (tmp_path / "moved").mkdir()
    (tmp_path / "moved" / "0-0-1").write_text("secret")
    place = here.folder / "logs" / job.job_id
    if part == "job":
        place.symlink_to(tmp_path / "moved")
    else:
        place.mkdir()
        (place / "0-0-1").symlink_to(tmp_path / "moved" / "0-0-1")
    single.claim("parsing", "c1/1")
    answer = web.get(f"{JOBS}/{job.job_id}/items/0/log")
    assert (answer.status, answer.body) == (200, b"")


def test_it_tells_the_timeline(web: WsgiClient, workers: Workers) -> None:
    job_id = texts(web).json["job_id"]
    run_all(workers)
    events = web.get(f"{JOBS}/{job_id}/events").json["events"]
    assert [event["move"] for event in events] == ["submitted", "claimed", "completed"]
    assert set(events[0]) == {"at", "item", "step", "attempt", "move", "code", "text"}


def test_it_pages_through_items_and_events(web: WsgiClient) -> None:
    job_id = texts(web, *"abcde").json["job_id"]
    first = web.get(f"{JOBS}/{job_id}/items?limit=3").json
    second = web.get(f"{JOBS}/{job_id}/items?limit=3&cursor={first['next']}").json
    assert [item["index"] for item in first["items"] + second["items"]] == [0, 1, 2, 3, 4]


def test_it_retries_what_failed(web: WsgiClient, workers: Workers) -> None:
    job_id = texts(web, type="bad_input").json["job_id"]
    run_all(workers)
    answer = web.post(f"{JOBS}/{job_id}/retry", {})
    assert answer.status == 202
    assert queries_status(job_id) == "queued"
    assert web.post(f"{JOBS}/{job_id}/retry", {}).code == "nothing-to-retry"


def test_it_does_not_retry_what_has_lost_its_uploads(
    web: WsgiClient, workers: Workers, site: Site
) -> None:
    job_id = web.upload(("a.txt", b"")).json["job_id"]
    web.post(f"{JOBS}/{job_id}/cancel", {})
    site.files.remove_job(job_id)
    answer = web.post(f"{JOBS}/{job_id}/retry", {})
    assert answer.code == "nothing-to-retry"
    assert "deleted the uploads" in answer.json["detail"]


def queries_status(job_id: str) -> str:
    ((item, _),) = queries.items(job_of(job_id), limit=1).rows
    database.close()
    return str(item.status)


@pytest.mark.parametrize("items", [[5], [-1], ["0"], "0", [True], {"a": 1}])
def test_it_refuses_to_retry_items_that_are_not_there(
    web: WsgiClient, workers: Workers, items: Any
) -> None:
    job_id = texts(web, type="bad_input").json["job_id"]
    run_all(workers)
    assert web.post(f"{JOBS}/{job_id}/retry", {"items": items}).status == 422


def test_it_says_why_a_job_waits(web: WsgiClient, here: Any) -> None:
    job = texts(web).json
    assert job["waiting_for"] == "no consumer is running"


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/api/v1/nothing", f"{JOBS}/unknown", f"{JOBS}/unknown/result",
     f"{JOBS}/unknown/items", f"{JOBS}/unknown/events", f"{JOBS}/x/items/0/files/a",
     f"{JOBS}/x/items/99999999999999999999/files/a", "/static/../app.py", "/static/app.py",
     "/static/%2e%2e/app.py", "/static/shared/../../app.py", "/static/shared/../shell.html",
     "/static/shell.html", "/static/pages/job.html", "/static/shared", "/static/shared/",
     "/static/shared/none.js", "/static/shared//dom.js", "/static//shared/dom.js"],
)  # fmt: skip
def test_it_answers_404_as_a_problem(web: WsgiClient, path: str) -> None:
    answer = web.get(path)
    assert (answer.status, answer.code) == (404, "not-found")


def test_it_answers_405_as_a_problem(web: WsgiClient) -> None:
    assert web.request("PUT", JOBS).code == "method-not-allowed"


def test_it_answers_a_mistake_of_its_own_as_a_problem_without_details(
    web: WsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(queries, "last_change", broken)
    answer = web.get(JOBS)
    assert (answer.status, answer.code) == (500, "internal-error")
    assert b"secret" not in answer.body


def test_it_lists_every_job_type_with_its_form(web: WsgiClient) -> None:
    answer = web.get("/api/v1/types").json
    types = {described["type"]: described for described in answer["types"]}
    assert types["word_count"]["params"]["properties"]["minimum"] == {
        "title": "Minimum", "type": "integer", "minimum": 1, "maximum": 100, "default": 1,
    }  # fmt: skip
    assert types["word_count"]["available"]
    assert (types["word_count"]["timeout_s"], types["noop"]["timeout_s"]) == (30, 60)
    assert not types["needs_extra"]["available"]
    assert "[queue:elsewhere]" in types["elsewhere"]["reason"]
    assert answer["limits"] == {"max_upload_bytes": 1 << 30, "max_items": 1000}


def test_it_is_healthy_but_not_ready_without_a_consumer(web: WsgiClient) -> None:
    assert web.get("/health").status == 200
    answer = web.get("/ready")
    assert (answer.status, answer.code) == (503, "not-ready")


def test_it_is_not_ready_while_its_only_consumer_is_stopped(
    web: WsgiClient, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped process holds its lock, but does not beat."""
    consumers.register("c1", 1, ["parsing"])
    take_lock(here.consumer_lock("c1"), fcntl.LOCK_EX)
    assert web.get("/ready").status == 200
    here.beat("c1")
    assert web.get("/ready").status == 200
    now = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: now() + 30)
    assert web.get("/ready").code == "not-ready"
    here.beat("c1")
    assert web.get("/ready").status == 200


def test_it_serves_the_page_with_a_strict_policy(web: WsgiClient) -> None:
    for path in ("/", "/jobs/abc"):
        answer = web.get(path)
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        policy = answer.headers["Content-Security-Policy"] or ""
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"noop","items":[{"text":"\\ud800"}]}',
        b'{"type":"keys","items":[{"json":{"a":NaN}}]}',
        b'{"type":"keys","items":[{"json":{"a":1e999}}]}',
        b'{"type":"noop","items":[{"text":"a"}],"priority":1e999}',
        b'{"type":"noop","items":[{"text":"a"}],"params":{"\\ud800":1}}',
        b'{"type":"noop","items":[{"text":"a"}],"priority":-Infinity}',
    ],
)
def test_it_refuses_what_is_no_json_to_others(web: WsgiClient, body: bytes) -> None:
    answer = web.request("POST", JOBS, body, content_type="application/json")
    assert (answer.status, answer.code) == (400, "bad-json")


@pytest.mark.parametrize("limit", ["0000019999", "1" * 5000, "000"])
def test_it_refuses_a_limit_in_any_disguise(web: WsgiClient, limit: str) -> None:
    assert web.get(f"{JOBS}?limit={limit}").code == "invalid-parameter"


def test_it_ends_a_page_before_it_fills_the_memory(
    web: WsgiClient, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = texts(web, *"abcde").json["job_id"]
    run_all(workers)
    monkeypatch.setattr("bellhop.jobs.queries.of_job.PAGE_BYTES", 30)
    path, indexes = f"{JOBS}/{job_id}/result", []
    page = web.get(path).json
    assert 1 <= len(page["items"]) < 5
    while page["next"]:
        indexes += [item["index"] for item in page["items"]]
        page = web.get(f"{path}?cursor={page['next']}").json
    indexes += [item["index"] for item in page["items"]]
    assert indexes == [0, 1, 2, 3, 4]


def test_it_takes_a_whole_number_for_one_however_it_is_written(
    web: WsgiClient, workers: Workers
) -> None:
    job = texts(web, type="form", params={"needed": "x", "count": 2.0}).json
    assert job["params"]["count"] == 2
    run_all(workers)
    data = web.get(f"{JOBS}/{job['job_id']}/result").json["items"][0]["data"]
    assert data["kinds"][1] == "int"


def test_it_answers_a_retry_of_what_was_just_deleted(
    web: WsgiClient, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = texts(web, type="bad_input").json["job_id"]
    run_all(workers)
    found = job_of(job_id)
    database.close()
    monkeypatch.setattr(queries, "job", lambda viewer, job_id: found)
    lifecycle.purge([job_id])
    database.close()
    assert web.post(f"{JOBS}/{job_id}/retry", {}).code == "not-found"


def test_it_says_which_end_won_the_race_with_a_cancel(web: WsgiClient, workers: Workers) -> None:
    job_id = web.post(JOBS, {"type": "noop", "items": [{"text": "a"}]}).json["job_id"]
    workers.run_next()
    answer = web.post(f"{JOBS}/{job_id}/cancel", {})
    assert (answer.status, answer.code) == (409, "job-final")
    assert "already completed" in answer.json["detail"]


@contextlib.contextmanager
def kept(settings: Settings, here: Installation) -> Iterator[None]:
    """Somebody else writes all the time."""
    url = settings.storage.database
    other = connection.connect(url) if url else sqlite3.connect(here.database)
    with contextlib.closing(other):
        other.execute(postgresql.BEGIN if url else "BEGIN IMMEDIATE")
        yield


def test_it_answers_busy_where_somebody_keeps_the_database_to_themselves(
    web: WsgiClient, loaded: Settings, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bellhop.database.sqlite.BUSY_TIMEOUT_S", 0.05)
    monkeypatch.setitem(connection.OPTIONS, "lock_timeout", "50ms")
    bind_rows(loaded, here)
    with kept(loaded, here):
        answer = web.post(JOBS, {"type": "noop", "items": [{"text": "a"}]})
        assert web.get(JOBS).status == 200, "reading goes on"
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "busy", "2")
    assert web.get(JOBS).json["jobs"] == []
