"""What an item printed: captured, kept small, shown with its attempt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bellhop.consumer.workers import Workers
from bellhop.storage.itemlog import HEAD_BYTES, TAIL_BYTES, ItemLog
from bellhop.storage.models import Job
from tests.support.jobs import items_of, job_of
from tests.support.wsgi import WsgiClient

Submit = Callable[..., Job]


@pytest.fixture
def log(tmp_path: Path) -> tuple[ItemLog, Path]:
    path = tmp_path / "job" / "0-0-1"
    return ItemLog(path), path


def printed(workers: Workers, job: Job, attempt: int = 1) -> str:
    return workers.files.log(job.job_id, f"0-0-{attempt}").read_text()


def test_it_keeps_what_every_way_out_of_the_process_says(submit: Submit, workers: Workers) -> None:
    job = submit("hello", type="prints")
    workers.run_next()
    assert sorted(printed(workers, job).splitlines()) == [
        "by the context",
        "from C",
        "from a child",
        "on stderr",
        "on stdout: hello",
    ]


def test_it_keeps_the_output_of_each_attempt_apart(submit: Submit, workers: Workers) -> None:
    job = submit(type="prints", params={"fail": True})
    workers.run_next()
    workers.run_next()
    assert items_of(job)[0].status == "completed"
    assert printed(workers, job, 1).count("from C") == printed(workers, job, 2).count("from C") == 1


def test_it_makes_no_file_for_an_item_that_says_nothing(submit: Submit, workers: Workers) -> None:
    job = submit()
    workers.run_next()
    assert not workers.files.log(job.job_id, "0-0-1").exists()


def test_it_keeps_the_last_words_of_a_process_that_crashed(
    submit: Submit, workers: Workers
) -> None:
    job = submit(type="crash")
    workers.run_next()
    assert "Fatal Python error: Segmentation fault" in printed(workers, job)


def test_it_ends_what_prints_without_end_at_its_limit(submit: Submit, workers: Workers) -> None:
    job = submit(type="chatter")
    workers.run_next()
    assert '"timed_out"' in str(items_of(job)[0].error)
    text = printed(workers, job)
    assert text.startswith("the first words\n")
    assert len(text) < HEAD_BYTES + TAIL_BYTES + 100


def test_it_keeps_the_beginning_and_the_end_of_what_is_too_long(
    log: tuple[ItemLog, Path],
) -> None:
    kept, path = log
    for number in range(100_000):
        kept.write(b"line %6d\n" % number)
    kept.close()
    text = path.read_text()
    left_out = 100_000 * 12 - HEAD_BYTES - TAIL_BYTES
    assert f"[... {left_out} bytes left out ...]" in text
    assert text.startswith("line      0\n") and text.endswith("line  99999\n")


def test_it_leaves_nothing_out_of_what_fits(log: tuple[ItemLog, Path]) -> None:
    kept, path = log
    content = b"x" * (HEAD_BYTES + TAIL_BYTES)
    kept.write(content)
    kept.close()
    assert path.read_bytes() == content


@pytest.mark.parametrize("part", ["folder", "file"])
def test_it_writes_through_no_link(tmp_path: Path, part: str) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "0-0-1").write_text("x")
    folder = tmp_path / "job"
    if part == "folder":
        folder.symlink_to(tmp_path / "outside")
    else:
        folder.mkdir()
        (folder / "0-0-1").symlink_to(tmp_path / "outside" / "0-0-1")
    kept = ItemLog(folder / "0-0-1")
    kept.write(b"printed")
    kept.close()
    assert (tmp_path / "outside" / "0-0-1").read_text() == "x"


def test_it_shows_the_beginning_while_the_item_still_runs(log: tuple[ItemLog, Path]) -> None:
    kept, path = log
    kept.write(b"begun\n")
    assert path.read_bytes() == b"begun\n"


def test_it_never_fails_an_item_because_its_log_cannot_be_written(tmp_path: Path) -> None:
    kept = ItemLog(tmp_path / "missing" / "folder" / "0-0-1")
    kept.write(b"lost")
    kept.close()
    assert list(tmp_path.iterdir()) == []


def test_it_shows_the_log_of_the_latest_attempt_or_of_a_given_one(
    submit: Submit, workers: Workers, web: WsgiClient
) -> None:
    job = submit("words", type="prints", params={"fail": True})
    workers.run_next()
    workers.run_next()
    base = f"/api/v1/jobs/{job.job_id}/items/0/log"
    workers.files.log(job.job_id, "0-0-2").write_text("the second")
    latest = web.get(base)
    assert (latest.status, latest.body) == (200, b"the second")
    assert latest.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert b"on stdout: words" in web.get(f"{base}?attempt=1").body
    assert web.get(f"{base}?attempt=3").status == 404
    assert web.get(f"/api/v1/jobs/{job.job_id}/items/1/log").status == 404


def test_it_shows_an_empty_log_where_nothing_was_printed(submit: Submit, web: WsgiClient) -> None:
    answer = web.get(f"/api/v1/jobs/{submit().job_id}/items/0/log")
    assert (answer.status, answer.body) == (200, b"")


def test_it_deletes_the_logs_with_the_job(
    submit: Submit, workers: Workers, web: WsgiClient
) -> None:
    job = submit(type="prints")
    workers.run_next()
    folder = workers.files.log(job.job_id, "0-0-1").parent
    assert folder.exists()
    assert web.request("DELETE", f"/api/v1/jobs/{job.job_id}?purge=true").status == 204
    assert not folder.exists()


def test_it_shows_tracebacks_only_where_they_are_asked_for(
    submit: Submit, workers: Workers, web: WsgiClient
) -> None:
    job = submit(type="prints", params={"fail": True})
    workers.run_next()
    assert job_of(job.job_id).attempt == 1
    base = f"/api/v1/jobs/{job.job_id}/events"
    assert not any("traceback" in event for event in web.get(base).json["events"])
    (trace,) = [
        event["traceback"]
        for event in web.get(f"{base}?include=traceback").json["events"]
        if event["traceback"]
    ]
    assert "RuntimeError: after printing" in trace and "shapes.py" in trace


@pytest.mark.parametrize(
    ("printed", "last"),
    [
        (b"", ""),
        (b"one\ntwo\n\n  \n", "two"),
        (b"half a line", "half a line"),
        (b"10 %\r20 %\r", "20 %"),
        (b"\x1b[31mred\xff", "\\x1b[31mred\ufffd"),
        (b"x" * 1000, "x" * 200),
    ],
)
def test_it_knows_the_last_line(log: tuple[ItemLog, Path], printed: bytes, last: str) -> None:
    kept, path = log
    path.parent.mkdir(parents=True)
    kept.write(printed)
    assert kept.last_line() == last


def test_it_knows_the_last_line_of_what_is_not_in_the_file_yet(
    log: tuple[ItemLog, Path],
) -> None:
    kept, path = log
    path.parent.mkdir(parents=True)
    kept.write(b"many\n" * (HEAD_BYTES // 5))
    kept.write(b"and more\n" * TAIL_BYTES)
    kept.write(b"the last\n")
    assert kept.last_line() == "the last"
    assert b"the last" not in path.read_bytes()
