"""Resumable uploads over HTTP, as tus 1.0 describes them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bellhop.accounts import accounts
from bellhop.database.database import query
from bellhop.jobs import queries
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.web.site import Site
from tests.support.tus import (
    PART,
    UPLOADS,
    VERSION,
    begin,
    begun,
    look,
    offset,
    put,
    told,
    uploaded,
    who,
)
from tests.support.wsgi import Answer, WsgiClient, parts_form

CONTENT = b"hello, world"
JOBS = "/api/v1/jobs"


@pytest.fixture
def loaded(config: Callable[[str], Settings]) -> Settings:
    return config("[server]\nmax_upload_mb = 1\n[limits]\nmb_per_account = 1\n")


@pytest.fixture
def tokens(web: WsgiClient) -> dict[str, str]:
    """Of ada, an admin, and otto and ben, members."""
    roles = {"ada": "admin", "otto": "member", "ben": "member", "vera": "viewer"}
    for name, role in roles.items():
        accounts.add(name, role, None)
    return {name: accounts.add_token(name) for name in roles}


def parts(here: Installation) -> dict[str, bytes]:
    folder = here.folder / "uploads" / ".parts"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def submit(web: WsgiClient, *ids: str, by: str | None = None) -> Answer:
    items = [{"upload": upload_id} for upload_id in ids]
    return web.post(JOBS, {"type": "upper", "items": items}, **who(by))


def job_files(here: Installation, answer: Answer) -> dict[str, bytes]:
    folder = here.folder / "uploads" / answer.json["job_id"]
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# The protocol.


def test_it_says_what_of_the_protocol_it_supports(web: WsgiClient) -> None:
    answer = web.request("OPTIONS", UPLOADS)
    assert answer.status == 204
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Tus-Max-Size"] == str(1 << 20)
    extensions = set(str(answer.headers["Tus-Extension"]).split(","))
    assert extensions >= {"creation", "checksum", "termination", "expiration"}
    assert "sha1" in str(answer.headers["Tus-Checksum-Algorithm"]).split(",")


def test_it_takes_a_file_in_parts(web: WsgiClient, here: Installation) -> None:
    path = begun(web, 12, filename="a.txt")
    assert offset(web, path) == 0
    first, second = put(web, path, 0, CONTENT[:5]), put(web, path, 5, CONTENT[5:])
    assert (first.status, first.headers["Upload-Offset"]) == (204, "5")
    assert (second.status, second.headers["Upload-Offset"]) == (204, "12")
    assert list(parts(here).values()) == [CONTENT]


def test_it_tells_how_an_upload_is(web: WsgiClient) -> None:
    path = begun(web, 12, filename="ä.txt")
    put(web, path, 0, CONTENT[:5])
    answer = look(web, path)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Upload-Offset"] == "5"
    assert answer.headers["Upload-Length"] == "12"
    assert answer.headers["Upload-Metadata"] == told(filename="ä.txt")
    assert answer.headers["Cache-Control"] == "no-store"
    assert str(answer.headers["Upload-Expires"]).endswith(" GMT")


@pytest.mark.parametrize("version", ["0.2.2", "", "2.0.0"])
def test_it_refuses_another_version(web: WsgiClient, version: str) -> None:
    path = begun(web, 12)
    asked = [("POST", UPLOADS), ("HEAD", path), ("PATCH", path), ("DELETE", path)]
    for method, address in asked:
        answer = web.request(method, address, tus_resumable=version, upload_length="12")
        assert (answer.status, answer.headers["Tus-Version"]) == (412, "1.0.0")
    assert look(web, path).status == 200


def test_it_says_its_version_on_every_answer(web: WsgiClient) -> None:
    for path in (f"{UPLOADS}/{'0' * 32}", f"{UPLOADS}/nothing"):
        answer = look(web, path)
        assert (answer.status, answer.headers["Tus-Resumable"]) == (404, "1.0.0")


@pytest.mark.parametrize("at", [0, 4, 6, 12])
def test_it_goes_on_at_its_offset_only(web: WsgiClient, here: Installation, at: int) -> None:
    path = begun(web, 12)
    put(web, path, 0, CONTENT[:5])
    answer = put(web, path, at, b"")
    assert (answer.status, answer.code) == (409, "offset-conflict")
    assert list(parts(here).values()) == [CONTENT[:5]]


def test_it_refuses_more_than_the_length(web: WsgiClient, here: Installation) -> None:
    path = begun(web, 5)
    assert put(web, path, 0, CONTENT).code == "upload-too-large"
    assert list(parts(here).values()) == [b""]


def test_it_begins_no_upload_with_more_than_its_length(web: WsgiClient, here: Installation) -> None:
    answer = web.request("POST", UPLOADS, CONTENT, **VERSION, upload_length="5", content_type=PART)
    assert (answer.status, answer.code) == (413, "upload-too-large")
    assert not here.folder.joinpath("uploads", ".parts").exists() or parts(here) == {}


def test_it_refuses_a_part_of_another_type(web: WsgiClient) -> None:
    path = begun(web, 12)
    assert put(web, path, 0, CONTENT, content_type="text/plain").status == 415


@pytest.mark.parametrize("length", ["", "-1", "x", "1.5", "1" * 30])
def test_it_refuses_a_length_that_is_none(web: WsgiClient, length: str) -> None:
    answer = web.request("POST", UPLOADS, **VERSION, upload_length=length)
    assert (answer.status, answer.code) == (400, "bad-request")


def test_it_refuses_what_is_larger_than_an_upload_may_be(web: WsgiClient) -> None:
    assert begin(web, 1 << 20).status == 201
    assert begin(web, (1 << 20) + 1).code == "upload-too-large"


@pytest.mark.parametrize("metadata", ["filename ???", "filename /w==", "a " + "YQ==" * 3000])
def test_it_refuses_metadata_that_cannot_be_read(web: WsgiClient, metadata: str) -> None:
    answer = web.request("POST", UPLOADS, **VERSION, upload_length="1", upload_metadata=metadata)
    assert (answer.status, answer.code) == (400, "bad-request")


def test_it_ends_an_upload(web: WsgiClient, here: Installation) -> None:
    path = begun(web, 12)
    assert web.request("DELETE", path, **VERSION).status == 204
    assert look(web, path).status == web.request("DELETE", path, **VERSION).status == 404
    assert parts(here) == {}


def test_it_takes_the_first_bytes_with_the_creation(web: WsgiClient, here: Installation) -> None:
    headers = {"upload_length": "12", "content_type": PART}
    answer = web.request("POST", UPLOADS, CONTENT[:5], **VERSION, **headers)
    assert (answer.status, answer.headers["Upload-Offset"]) == (201, "5")
    assert list(parts(here).values()) == [CONTENT[:5]]


def test_it_has_an_empty_file_at_once(web: WsgiClient, here: Installation) -> None:
    answer = begin(web, 0, filename="empty.txt")
    assert answer.headers["Upload-Offset"] == "0"
    accepted = submit(web, str(answer.headers["Location"]).rpartition("/")[2])
    assert job_files(here, accepted) == {"0.txt": b""}


# Checksums.


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
def test_it_takes_a_part_whose_checksum_is_right(web: WsgiClient, algorithm: str) -> None:
    path = begun(web, 12)
    digest = base64.b64encode(hashlib.new(algorithm, CONTENT).digest()).decode()
    assert put(web, path, 0, CONTENT, upload_checksum=f"{algorithm} {digest}").status == 204


def test_it_discards_a_part_whose_checksum_is_wrong(web: WsgiClient, here: Installation) -> None:
    path = begun(web, 12)
    put(web, path, 0, CONTENT[:5])
    digest = base64.b64encode(hashlib.sha1(b"other").digest()).decode()
    answer = put(web, path, 5, CONTENT[5:], upload_checksum=f"sha1 {digest}")
    assert (answer.status, answer.code) == (460, "checksum-mismatch")
    assert offset(web, path) == 5
    assert list(parts(here).values()) == [CONTENT[:5]]


@pytest.mark.parametrize("checksum", ["crc32 AAAA", "sha1 ???", "sha1"])
def test_it_refuses_a_checksum_that_it_cannot_check(web: WsgiClient, checksum: str) -> None:
    path = begun(web, 12)
    answer = put(web, path, 0, CONTENT, upload_checksum=checksum)
    assert answer.status in (400, 460)
    assert offset(web, path) == 0


def test_it_removes_a_file_that_is_not_what_was_announced(
    web: WsgiClient, here: Installation
) -> None:
    path = begun(web, 12, sha256=hashlib.sha256(b"other").hexdigest())
    assert put(web, path, 0, CONTENT).code == "checksum-mismatch"
    assert look(web, path).status == 404
    assert parts(here) == {}


# Jobs take uploads.


def test_it_gives_uploads_to_a_job(web: WsgiClient, here: Installation) -> None:
    ids = [uploaded(web, CONTENT, "a.TXT"), uploaded(web, b"b", "b")]
    answer = submit(web, *ids)
    assert (answer.status, answer.json["total_items"], answer.json["name"]) == (
        202,
        2,
        "a.TXT and 1 more",
    )
    assert job_files(here, answer) == {"0.txt": CONTENT, "1": b"b"}
    assert parts(here) == {}
    assert query("SELECT count(*) FROM upload") == [(0,)]


def test_it_gives_uploads_to_a_job_by_a_form(web: WsgiClient, here: Installation) -> None:
    upload_id = uploaded(web, CONTENT)
    form = parts_form(
        [("type", "upper", None), ("upload", upload_id, None), ("files", "b.txt", b"b")]
    )
    answer = web.send_form(form)
    assert job_files(here, answer) == {"0.txt": b"b", "1.txt": CONTENT}


def test_it_gives_an_upload_to_the_parameter_that_is_named(
    web: WsgiClient, here: Installation
) -> None:
    main, beside = uploaded(web, CONTENT), uploaded(web, b"b", "b.csv")
    fields = [("type", "masked", None), ("upload", main, None), ("upload.mask", beside, None)]
    assert job_files(here, web.send_form(parts_form(fields))) == {"0.txt": CONTENT, "1.csv": b"b"}


def test_it_finds_the_jobs_of_an_upload_by_its_content(web: WsgiClient) -> None:
    job_id = submit(web, uploaded(web, CONTENT)).json["job_id"]
    found = web.get(f"/api/v1/files/{hashlib.sha256(CONTENT).hexdigest()}/jobs").json["jobs"]
    assert [job["job_id"] for job in found] == [job_id]


def test_it_keeps_uploads_of_a_job_that_is_refused(web: WsgiClient, here: Installation) -> None:
    upload_id = uploaded(web, CONTENT)
    items = [{"upload": upload_id}]
    for refused in ({"type": "nothing"}, {"type": "upper", "priority": 1000}, {"type": "noop"}):
        assert web.post(JOBS, {**refused, "items": items}).status == 422
    assert submit(web, upload_id).status == 202


def test_it_gives_an_upload_to_one_job(web: WsgiClient) -> None:
    upload_id = uploaded(web, CONTENT)
    assert submit(web, upload_id).status == 202
    again = submit(web, upload_id)
    assert (again.status, again.json["errors"][0]["field"]) == (422, "upload")
    assert submit(web, uploaded(web, b"b"), upload_id).status == 422


def test_it_answers_the_same_submission_again(web: WsgiClient) -> None:
    document = {"type": "upper", "items": [{"upload": uploaded(web, CONTENT)}]}
    first, second = (web.post(JOBS, document, idempotency_key="k") for _ in range(2))
    assert first.json["job_id"] == second.json["job_id"]


def test_it_gives_no_job_what_has_not_arrived(web: WsgiClient) -> None:
    path = begun(web, 12, filename="a.txt")
    put(web, path, 0, CONTENT[:5])
    answer = submit(web, path.rpartition("/")[2])
    assert "a.txt has not arrived" in answer.json["errors"][0]["message"]


def test_it_gives_no_job_the_same_upload_twice(web: WsgiClient) -> None:
    upload_id = uploaded(web, CONTENT)
    assert submit(web, upload_id, upload_id).status == 422


def test_it_mixes_uploads_with_no_other_items(web: WsgiClient) -> None:
    items = [{"upload": uploaded(web, CONTENT)}, {"text": "a"}]
    assert web.post(JOBS, {"type": "upper", "items": items}).status == 422


def test_it_gives_an_upload_beside_a_text(web: WsgiClient) -> None:
    items = [{"text": "a"}, {"upload": uploaded(web, CONTENT), "field": "files"}]
    refused = web.post(JOBS, {"type": "noop", "items": items})
    assert "takes text, not files" in refused.json["detail"]


def test_it_names_a_file_with_the_folder_that_it_came_from(web: WsgiClient) -> None:
    first = uploaded(web, CONTENT, "x.txt", relativePath="a/x.txt")
    second = uploaded(web, CONTENT, "x.txt", relativePath="b/x.txt")
    job_id = submit(web, first, second).json["job_id"]
    items = web.get(f"{JOBS}/{job_id}/items").json["items"]
    assert [item["filename"] for item in items] == ["a/x.txt", "b/x.txt"]


@pytest.mark.parametrize("path", ["null", "/", "../x.txt", "/etc/x.txt", "a/y.txt", "a" * 2000])
def test_it_believes_no_folder_that_does_not_lead_to_the_file(web: WsgiClient, path: str) -> None:
    job_id = submit(web, uploaded(web, CONTENT, "x.txt", relativePath=path)).json["job_id"]
    name = web.get(f"{JOBS}/{job_id}/items").json["items"][0]["filename"]
    assert name in ("x.txt", "etc/x.txt")


# Whose it is.


def test_it_shows_an_upload_to_its_owner_only(web: WsgiClient, tokens: dict[str, str]) -> None:
    path = begun(web, 12, tokens["otto"])
    upload_id = uploaded(web, CONTENT, by=tokens["otto"])
    for name in ("ada", "ben"):
        by = tokens[name]
        assert look(web, path, by).status == put(web, path, 0, CONTENT, by).status == 404
        assert web.request("DELETE", path, **VERSION, **who(by)).status == 404
        assert submit(web, upload_id, by=by).status == 422
    assert put(web, path, 0, CONTENT, tokens["otto"]).status == 204


def test_it_takes_no_uploads_of_who_may_not_submit(web: WsgiClient, tokens: dict[str, str]) -> None:
    assert begin(web, 12, tokens["vera"]).code == "forbidden"
    assert begin(web, 12).code == "login-needed"


def test_it_counts_uploads_as_stored_by_their_owner(
    web: WsgiClient, tokens: dict[str, str]
) -> None:
    by = tokens["otto"]
    assert begin(web, 900_000, by).status == 201
    refused = begin(web, 200_000, by)
    assert (refused.status, refused.code) == (507, "quota-full")
    assert begin(web, 200_000, tokens["ben"]).status == 201


def test_it_counts_the_file_of_a_job_once(web: WsgiClient, tokens: dict[str, str]) -> None:
    by = tokens["otto"]
    assert submit(web, uploaded(web, b"x" * 900_000, by=by), by=by).status == 202
    assert 900_000 < queries.stored_bytes("otto") < 910_000


def test_it_gives_the_quota_of_a_removed_upload_back(
    web: WsgiClient, tokens: dict[str, str]
) -> None:
    path = begun(web, 900_000, tokens["otto"])
    web.request("DELETE", path, **VERSION, **who(tokens["otto"]))
    assert queries.stored_bytes("otto") == 0


def test_it_begins_no_upload_for_which_the_disk_has_no_room(
    web: WsgiClient, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Files, "free_bytes", lambda self: 1000)
    assert begin(web, 12).code == "disk-full"
    assert not (here.folder / "uploads" / ".parts").exists()


# What somebody has already.


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_it_has_what_its_owner_has_uploaded_already(web: WsgiClient, here: Installation) -> None:
    uploaded(web, CONTENT)
    again = begin(web, 12, filename="b.txt", sha256=sha256(CONTENT))
    assert again.headers["Upload-Offset"] == "12"
    assert list(parts(here).values()) == [CONTENT] * 2
    accepted = submit(web, str(again.headers["Location"]).rpartition("/")[2])
    assert accepted.json["name"] == "b.txt"


def test_it_has_what_a_job_of_its_owner_holds(web: WsgiClient, here: Installation) -> None:
    web.upload(("x.txt", b"another one!"), ("a.txt", CONTENT))
    again = begin(web, 12, sha256=sha256(CONTENT))
    assert again.headers["Upload-Offset"] == "12"
    assert list(parts(here).values()) == [CONTENT]


def test_it_says_of_files_of_others_that_they_are_not_there(
    web: WsgiClient, tokens: dict[str, str]
) -> None:
    submit(web, uploaded(web, CONTENT, by=tokens["otto"]), by=tokens["otto"])
    uploaded(web, CONTENT, by=tokens["otto"])
    for name in ("ada", "ben"):
        assert begin(web, 12, tokens[name], sha256=sha256(CONTENT)).headers["Upload-Offset"] == "0"


def test_it_does_not_have_what_was_damaged_or_deleted(web: WsgiClient, here: Installation) -> None:
    job_id = web.upload(("a.txt", CONTENT)).json["job_id"]
    path = here.folder / "uploads" / job_id / "0.txt"
    path.write_bytes(b"HELLO, WORLD")
    assert begin(web, 12, sha256=sha256(CONTENT)).headers["Upload-Offset"] == "0"
    path.unlink()
    assert begin(web, 12, sha256=sha256(CONTENT)).headers["Upload-Offset"] == "0"


def test_it_does_not_have_a_file_of_another_length(web: WsgiClient) -> None:
    uploaded(web, CONTENT)
    assert begin(web, 13, sha256=sha256(CONTENT)).headers["Upload-Offset"] == "0"


def test_it_refuses_a_sha256_that_is_none(web: WsgiClient) -> None:
    assert begin(web, 12, sha256="abc").code == "bad-request"


# The row and the file.


def test_it_knows_no_upload_whose_file_is_gone(web: WsgiClient, site: Site) -> None:
    path = begun(web, 12)
    (Path(site.here.folder) / "uploads" / ".parts" / path.rpartition("/")[2]).unlink()
    assert look(web, path).status == put(web, path, 0, CONTENT).status == 404
