"""A new job over the files of an earlier one, which nobody sends again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.database.database import database, query
from bellhop.storage.installation import Installation
from bellhop.storage.models import Item
from tests.support.wsgi import BOUNDARY, WsgiClient, form, parts_form

JOBS = "/api/v1/jobs"


def inputs(web: WsgiClient, job_id: str) -> dict[str, bytes]:
    """The files of a job by their names."""
    items = web.get(f"{JOBS}/{job_id}/items").json["items"]
    return {item["filename"]: web.get(item["input"]["url"]).body for item in items}


def again(web: WsgiClient, of: str, *files: tuple[str, bytes], **fields: Any) -> Any:
    return web.upload(*files, **{"files.of": of, **fields}).json


def parts(here: Installation) -> list[Path]:
    """The uploads that no job has taken."""
    return list((here.folder / "uploads" / ".parts").iterdir())


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


def by_form(web: WsgiClient, of: str, type: str = "upper") -> Any:
    return again(web, of, type=type)


def by_json(web: WsgiClient, of: str, type: str = "upper") -> Any:
    return web.post(JOBS, {"type": type, "items": [{"files.of": of}]}).json


WAYS = pytest.mark.parametrize("submit", [by_form, by_json])


@WAYS
def test_it_copies_nothing_and_holds_its_files_itself(
    web: WsgiClient, here: Installation, submit: Any
) -> None:
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    new = submit(web, job_id)["job_id"]
    first, second = (here.folder / "uploads" / each / "0.txt" for each in (job_id, new))
    assert first.samefile(second)
    first.unlink()
    assert inputs(web, new) == {"a.txt": b"abc"}
    assert parts(here) == []


@WAYS
def test_it_reads_no_file_whose_hash_is_known(
    web: WsgiClient, here: Installation, monkeypatch: pytest.MonkeyPatch, submit: Any
) -> None:
    given = web.upload(("a.txt", b"abc")).json["job_id"]
    monkeypatch.delattr(hashlib, "file_digest")
    new = submit(web, given)["job_id"]
    hashes = {item.input_sha256 for item in Item.select()}
    assert new != given and hashes == {hashlib.sha256(b"abc").hexdigest()}


@WAYS
def test_it_takes_files_beside_others_for_what_they_were_given(
    web: WsgiClient, submit: Any
) -> None:
    sent = ("type", "masked", None), ("files", "a.txt", b"one"), ("mask", "m.txt", b"two")
    given = web.send_form(parts_form(sent)).json["job_id"]
    assert "job_id" in submit(web, given, type="masked")
    ((one, sha256), (other, again)) = query("SELECT input, input_sha256 FROM item ORDER BY id")
    assert (other, again) == (one, sha256) and "mask" in one


def test_it_takes_the_files_of_a_job_by_json(web: WsgiClient, here: Installation) -> None:
    job_id = web.upload(*FILES.items()).json["job_id"]
    items = [{"files.of": f"{job_id}/2"}, {"files.of": f"{job_id}/0"}]
    new = web.post(JOBS, {"type": "upper", "items": items}).json["job_id"]
    assert inputs(web, new) == {"c.txt": b"", "größe.txt": b"abc"}
    assert parts(here) == []


@WAYS
def test_it_leaves_no_upload_when_it_is_refused(
    web: WsgiClient, here: Installation, submit: Any
) -> None:
    job_id = web.upload(*FILES.items()).json["job_id"]
    (here.folder / "uploads" / job_id / "2.txt").unlink()
    assert submit(web, job_id)["code"] == "expired"
    assert parts(here) == list((here.folder / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("numbers", "code"), [("/x", "invalid-job"), ("/", "invalid-job"), ("/9", "invalid-job")]
)
def test_it_refuses_items_that_are_none(web: WsgiClient, numbers: str, code: str) -> None:
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    assert again(web, f"{job_id}{numbers}")["code"] == code


def test_it_refuses_a_job_that_is_none(web: WsgiClient) -> None:
    assert again(web, "none")["code"] == "not-found"


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
