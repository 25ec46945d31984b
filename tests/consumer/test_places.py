"""The files of jobs in the data folder, in a folder that machines share, or in a bucket.

What the web and the workers do with them is the same, wherever they are.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bellhop.base.errors import StoreAway
from bellhop.consumer.keeper import Keeper
from bellhop.consumer.workers import Workers
from bellhop.database.database import query
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.storage.itemlog import HEAD_BYTES
from bellhop.stores.filesystem import KINDS, FolderStore
from bellhop.web.site import Site
from tests.support.jobs import error_of, job_of
from tests.support.tus import begin, uploaded
from tests.support.wsgi import Answer, WsgiClient

JOBS = "/api/v1/jobs"
CONTENT = b"one two three"


@pytest.fixture
def loaded(config: Callable[[str], Settings], rows: str, files_at: str) -> Settings:
    return config(f"[storage]\nfiles = {files_at}\n")


@pytest.fixture
def files(site: Site, here: Installation) -> Files:
    """Those of the web; the workers have some of their own."""
    site.files.require(here.id, is_new=True)
    return site.files


@pytest.fixture
def keeper(files: Files, here: Installation, loaded: Settings) -> Keeper:
    return Keeper(here, loaded, files, ring=lambda times: None, each_round=[])


def done(web: WsgiClient, workers: Workers, *given: tuple[str, bytes], **fields: str) -> str:
    """A job that ran; its id."""
    job_id = str(web.upload(*(given or [("a.txt", CONTENT)]), **fields).json["job_id"])
    while workers.run_next():
        pass
    return job_id


def output(web: WsgiClient, job_id: str, method: str = "GET", **headers: Any) -> Answer:
    return web.request(method, f"{JOBS}/{job_id}/items/0/files/upper.txt", b"", **headers)


def damage(files: Files, job_id: str, content: bytes) -> None:
    """Let the first upload of a job hold something else, as whoever shares its place could."""
    key, store = f"uploads/{job_id}/0.txt", files._store
    if isinstance(store, FolderStore):
        store.path(key).write_bytes(content)
    else:
        store.put_bytes(content, key)  # type: ignore[attr-defined]


def test_it_runs_a_job_with_a_file(web: WsgiClient, workers: Workers, files: Files) -> None:
    job_id = done(web, workers)
    assert output(web, job_id).body == CONTENT.upper()
    assert web.get(f"{JOBS}/{job_id}/items/0/input").body == CONTENT
    view = web.get(f"{JOBS}/{job_id}/items").json["items"][0]["input"]
    assert (view["filename"], view["size"]) == ("a.txt", len(CONTENT))


def test_it_runs_a_job_with_files_beside(web: WsgiClient, workers: Workers, files: Files) -> None:
    job_id = done(web, workers, ("a.txt", b"a"), ("b.txt", b"b"), type="together")
    assert job_of(job_id).status == "completed"


def test_it_gives_parts_of_a_file(web: WsgiClient, workers: Workers, files: Files) -> None:
    job_id = done(web, workers)
    whole = output(web, job_id, "HEAD")
    assert (whole.status, whole.headers["Content-Length"]) == (200, str(len(CONTENT)))
    part = output(web, job_id, range="bytes=4-6")
    assert (part.status, part.body) == (206, b"TWO")
    tag = str(whole.headers["ETag"])
    assert output(web, job_id, if_none_match=tag).status == 304
    assert output(web, job_id, range="bytes=99-").status == 416
    assert output(web, job_id, range="bytes=4-6", if_range='"other"').status == 200


def test_it_gives_all_files_as_one(web: WsgiClient, workers: Workers, files: Files) -> None:
    job_id = done(web, workers, ("a.txt", b"one"), ("b.txt", b"two" * 200_000))
    answer = web.get(f"{JOBS}/{job_id}/files.zip")
    assert len(answer.body) == int(str(answer.headers["Content-Length"]))
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert sorted(map(len, map(archive.read, archive.namelist()))) == [2, 2, 3, 600_000]


def test_it_uses_an_earlier_result(web: WsgiClient, workers: Workers, files: Files) -> None:
    first = done(web, workers)
    second = web.upload(("b.txt", CONTENT)).json
    assert second["cached"] is True
    assert web.request("DELETE", f"{JOBS}/{first}?purge=true").status == 204
    assert output(web, second["job_id"]).body == CONTENT.upper()


def test_it_uses_an_earlier_result_at_the_claim(
    web: WsgiClient, workers: Workers, files: Files
) -> None:
    ids = [web.upload((name, CONTENT)).json["job_id"] for name in ("a.txt", "b.txt")]
    while workers.run_next():
        pass
    assert [output(web, job_id).body for job_id in ids] == [CONTENT.upper()] * 2
    assert web.get(f"{JOBS}/{ids[1]}").json["cached"] is True


def test_it_takes_files_that_came_in_parts(web: WsgiClient, workers: Workers, files: Files) -> None:
    items = [{"upload": uploaded(web, CONTENT)}]
    job_id = web.post(JOBS, {"type": "upper", "items": items}).json["job_id"]
    workers.run_next()
    assert output(web, job_id).body == CONTENT.upper()


def test_it_knows_what_a_job_of_its_owner_holds(web: WsgiClient, files: Files) -> None:
    web.upload(("a.txt", b"another one!!"), ("b.txt", CONTENT))
    again = begin(web, len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest())
    assert again.headers["Upload-Offset"] == str(len(CONTENT))


@pytest.mark.parametrize("is_form", [True, False])
def test_it_takes_the_files_of_an_earlier_job(
    web: WsgiClient, workers: Workers, files: Files, is_form: bool
) -> None:
    first = done(web, workers)
    if is_form:
        again = web.upload(type="upper", **{"files.of": first})
    else:
        again = web.post(JOBS, {"type": "upper", "items": [{"files.of": first}]})
    assert web.get(f"{JOBS}/{again.json['job_id']}/items/0/input").body == CONTENT


def test_it_removes_what_belongs_to_a_job(web: WsgiClient, workers: Workers, files: Files) -> None:
    kept, job_id = done(web, workers), done(web, workers, ("a.txt", b"other"))
    assert web.request("DELETE", f"{JOBS}/{job_id}?purge=true").status == 204
    assert [files._store.sizes(f"{kind}/{job_id}") for kind in KINDS] == [{}] * 3
    assert output(web, kept).status == 200


def test_it_fails_an_item_whose_file_is_gone(
    web: WsgiClient, workers: Workers, files: Files
) -> None:
    job_id = web.upload(("a.txt", CONTENT)).json["job_id"]
    files.remove_job(job_id, ["uploads"])
    workers.run_next()
    assert error_of(job_of(job_id))["code"] == "input_missing"


@pytest.mark.parametrize("files_at", ["mount", "s3"], indirect=True)
@pytest.mark.parametrize("content", [b"ONE TWO THREE", b"one", b""])
def test_it_runs_nothing_but_what_was_accepted(
    web: WsgiClient, workers: Workers, files: Files, content: bytes
) -> None:
    job_id = web.upload(("a.txt", CONTENT)).json["job_id"]
    damage(files, job_id, content)
    workers.run_next()
    assert error_of(job_of(job_id))["code"] == "input_damaged"
    damage(files, job_id, CONTENT)
    assert web.post(f"{JOBS}/{job_id}/retry", {}).status == 202
    workers.run_next()
    assert output(web, job_id).body == CONTENT.upper()


@pytest.mark.parametrize("files_at", ["mount", "s3"], indirect=True)
def test_it_lets_a_late_attempt_change_nothing_that_another_has_published(
    web: WsgiClient, workers: Workers, files: Files
) -> None:
    """It has the same number where a power cut made the rows forget a claim."""
    job_id = done(web, workers)
    late = Files(workers._here.folder, workers._settings.storage.files)
    scratch = late.new_scratch("gone")
    (scratch.output / "upper.txt").write_text("late")
    name = late.fresh_name("0-0-1")
    late.publish(scratch.output, job_id, name, lambda: None, lambda _: False)
    late.withdraw(job_id, name)
    assert output(web, job_id).body == CONTENT.upper()


def test_it_publishes_the_rest_when_the_place_is_there_again(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch, name, taken = files.new_scratch("c1"), files.fresh_name("0-0-1"), []
    for letter in "abc":
        (scratch.output / letter).write_text(letter)
    take = files._store.take

    def failing(source: int, key: str, on_chunk: Callable[[], object]) -> int:
        taken.append(key)
        if len(taken) == 2:
            raise StoreAway("it is away")
        return take(source, key, on_chunk)

    monkeypatch.setattr(files._store, "take", failing)
    publish = partial(files.publish, scratch.output, "job", name, lambda: None, lambda _: False)
    with pytest.raises(StoreAway):
        publish()
    assert [file["name"] for file in publish()[0]] == ["a", "b", "c"]


def test_it_shows_what_a_job_prints(here: Installation, files: Files) -> None:
    log = files.new_log("job", "0-0-1")
    log.write(b"one\n")
    files.send_logs()
    assert files.printed("job", "0-0-1") == b"one\n"
    log.write(b"two\n")
    assert log.last_line() == "two"
    log.write(b"x" * HEAD_BYTES)
    log.close()
    files.send_logs()
    assert files.printed("job", "0-0-1").startswith(b"one\ntwo\nxx")
    assert len(files.printed("job", "0-0-1")) == HEAD_BYTES + 8
    assert files.printed("job", "0-0-2") == b""


def test_it_removes_litter(
    keeper: Keeper, files: Files, web: WsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = web.upload(("a.txt", CONTENT)).json["job_id"]
    incoming = files.new_incoming()
    (incoming / "0").write_bytes(b"x")
    files.accept(incoming, "litter")
    keeper._clock._steady_at = 0.0
    keeper.tidy()
    assert files.has_uploads("litter")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3700)
    time.sleep(0 if files.is_own else 3.1)  # what a bucket holds was asked for just now
    keeper.tidy()
    assert (files.has_uploads("litter"), files.has_uploads(job_id)) == (False, True)


def test_it_counts_what_the_uploads_held_that_expire(
    keeper: Keeper, files: Files, web: WsgiClient, workers: Workers, loaded: Settings
) -> None:
    job_id = done(web, workers)
    held = job_of(job_id).bytes
    keeper._remove_uploads(job_of(job_id))
    assert job_of(job_id).bytes == held - len(CONTENT)


@pytest.mark.parametrize("files_at", ["mount"], indirect=True)
def test_it_waits_for_a_folder_that_is_not_mounted(
    web: WsgiClient, workers: Workers, files: Files, files_at: str
) -> None:
    """What is there instead stays empty."""
    first, second = done(web, workers), web.upload(("b.txt", b"x")).json["job_id"]
    kept = Path(files_at).parent / "kept"
    shutil.copytree(files_at, kept)
    for path in Path(files_at).iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    assert output(web, first).code == web.upload(("c.txt", b"x")).code == "busy"
    workers.run_next()
    assert job_of(second).status == "running"
    assert list(Path(files_at).iterdir()) == []
    shutil.copytree(kept, files_at, dirs_exist_ok=True)
    query("UPDATE item SET status = 'queued', not_before = NULL WHERE status = 'pending'")
    workers.run_next()
    assert output(web, second).body == b"X"


@pytest.mark.parametrize("files_at", ["s3"], indirect=True)
def test_it_waits_for_a_bucket_that_does_not_answer(
    web: WsgiClient, workers: Workers, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreAway("the store does not answer")

    first, second = done(web, workers), web.upload(("b.txt", b"x")).json["job_id"]
    with monkeypatch.context() as patched:
        for each in (files, workers.files):
            for call in ("put", "stat", "list", "read"):
                patched.setattr(each._store._objects, call, away)  # type: ignore[attr-defined]
        answers = [output(web, first), web.upload(("c.txt", b"x"))]
        assert [answer.code for answer in answers] == ["busy"] * 2
        assert web.get(f"{JOBS}/{first}/items").status == 200
        workers.run_next()
    assert job_of(second).status == "running"
    query("UPDATE item SET status = 'queued', not_before = NULL WHERE status = 'pending'")
    workers.run_next()
    assert output(web, second).body == b"X"
