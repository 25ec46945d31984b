"""A new job over the files of an earlier one, which nobody sends again."""

from __future__ import annotations

from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.database.database import database
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from tests.support.wsgi import BOUNDARY, WsgiClient, form

JOBS = "/api/v1/jobs"


def inputs(web: WsgiClient, job_id: str) -> dict[str, bytes]:
    """The files of a job by their names."""
    items = web.get(f"{JOBS}/{job_id}/items").json["items"]
    return {item["filename"]: web.get(item["input"]["url"]).body for item in items}


def again(web: WsgiClient, of: str, *files: tuple[str, bytes], **fields: Any) -> Any:
    return web.upload(*files, **{"files.of": of, **fields}).json


FILES = {"größe.txt": b"abc", "b.txt": b"b", "c.txt": b""}


def test_it_takes_all_files_of_a_job(web: WsgiClient) -> None:
    job_id = web.upload(*FILES.items()).json["job_id"]
    new = again(web, job_id)
    assert new["job_id"] != job_id and new["name"] == "größe.txt and 2 more"
    assert inputs(web, new["job_id"]) == FILES


def test_it_takes_the_files_of_some_items(web: WsgiClient) -> None:
    job_id = web.upload(*FILES.items()).json["job_id"]
    new = again(web, f"{job_id}/2,0", ("new.txt", b"new"))
    expected = {"new.txt": b"new", "größe.txt": b"abc", "c.txt": b""}
    assert inputs(web, new["job_id"]) == expected


def test_it_holds_its_files_itself(web: WsgiClient, here: Installation) -> None:
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    new = again(web, job_id)["job_id"]
    (here.folder / "uploads" / job_id / "0.txt").write_bytes(b"changed")
    assert inputs(web, new) == {"a.txt": b"abc"}


def test_it_takes_the_files_of_a_job_by_json(web: WsgiClient, here: Installation) -> None:
    job_id = web.upload(*FILES.items()).json["job_id"]
    items = [{"files_of": f"{job_id}/2"}, {"files_of": f"{job_id}/0"}]
    new = web.post(JOBS, {"type": "upper", "items": items}).json["job_id"]
    assert inputs(web, new) == {"c.txt": b"", "größe.txt": b"abc"}
    assert list((here.folder / "uploads" / ".parts").iterdir()) == []


@pytest.mark.parametrize(
    ("numbers", "code"), [("/x", "invalid-job"), ("/", "invalid-job"), ("/9", "invalid-job")]
)
def test_it_refuses_items_that_are_none(web: WsgiClient, numbers: str, code: str) -> None:
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    assert again(web, f"{job_id}{numbers}")["code"] == code


def test_it_refuses_a_job_that_is_none(web: WsgiClient) -> None:
    assert again(web, "none")["code"] == "not-found"


def test_it_says_that_the_files_are_gone(web: WsgiClient, here: Installation) -> None:
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    (here.folder / "uploads" / job_id / "0.txt").unlink()
    assert again(web, job_id)["code"] == "expired"
    assert list((here.folder / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("unused", "code"), [(0, "disk-full"), (1 << 40, None)], ids=["none", "of the database"]
)
def test_it_needs_room_for_a_copy_as_for_what_is_sent(
    web: WsgiClient, monkeypatch: pytest.MonkeyPatch, unused: int, code: str | None
) -> None:
    """What the database has unused is room for the rows of what runs, so the disk needs less."""
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    for left in ("free_bytes", "upload_bytes_left"):
        monkeypatch.setattr(Files, left, lambda self: 1000)
    monkeypatch.setattr(type(database.obj), "unused_bytes", lambda self: unused)
    assert again(web, job_id).get("code") == code


def test_it_takes_no_files_of_others(web: WsgiClient) -> None:
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    accounts.add("anna", "admin", None)
    accounts.add("otto", "member", None)
    token = accounts.add_token("otto")
    database.close()
    body = form([], "files", {"type": "upper", "files.of": job_id})
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    headers = {"content_type": kind, "authorization": f"Bearer {token}"}
    assert web.request("POST", JOBS, body, **headers).code == "not-found"
