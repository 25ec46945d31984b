"""A disk that is full: new jobs are refused early, what runs is kept and finishes."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bellhop.stores.incoming import IncomingFile
from tests.support.places import ROOT
from tests.support.running import ALL_TYPES, Running, running, wait_for
from tests.support.wsgi import BOUNDARY, form

MEBIBYTE = 1 << 20
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


class SmallDisk:
    """A data folder on a disk of its own of 40 MiB, and how to fill it."""

    def __init__(self, folder: Path):
        self._ballast = folder / "data" / "ballast"

    def free(self) -> int:
        disk = os.statvfs(self._ballast.parent)
        return disk.f_bavail * disk.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Leave `leave` bytes; 0 leaves not one."""
        with self._ballast.open("ab") as file, contextlib.suppress(OSError):
            while self.free() > leave:
                file.write(b"x" * min(MEBIBYTE, max(1, self.free() - leave)))
                file.flush()

    def empty(self) -> None:
        self._ballast.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "data"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40m,mode=700", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        assert "CI" not in os.environ, done.stderr
        pytest.skip(f"a disk of its own cannot be mounted here: {done.stderr.strip()}")
    yield SmallDisk(tmp_path)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def bellhop(tmp_path: Path, disk: SmallDisk) -> Iterator[Running]:
    with running(tmp_path, BELLHOP_STORAGE_RESERVE_MB="10") as made:
        made.serve()
        yield made


def upload(bellhop: Running, size: int) -> tuple[int, dict[str, Any]]:
    """Send a file of `size` bytes; status and document of the answer."""
    host = bellhop.url.removeprefix("http://")
    body = form([("a.txt", b"x" * size)], "files", {"type": "upper"})
    with contextlib.closing(http.client.HTTPConnection(host, timeout=20)) as connection:
        connection.request("POST", "/api/v1/jobs", body, MULTIPART)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def stored(bellhop: Running) -> list[str]:
    folders = [bellhop.data / name for name in ("incoming", "uploads")]
    return [path.name for folder in folders for path in folder.iterdir()]


def test_it_refuses_a_job_for_which_there_is_no_room_and_keeps_none_of_it(
    bellhop: Running, disk: SmallDisk
) -> None:
    status, problem = upload(bellhop, 20 * MEBIBYTE)  # it is kept twice while it arrives
    assert (status, problem["code"]) == (507, "disk-full")
    assert (
        "This job needs 40 MiB, and Bellhop reserves 10 MiB for running jobs." in problem["detail"]
    )
    assert stored(bellhop) == []


def test_it_refuses_every_new_job_while_the_reserve_is_touched(
    bellhop: Running, disk: SmallDisk
) -> None:
    disk.fill(leave=9 * MEBIBYTE)
    assert upload(bellhop, 10)[0] == 507
    with pytest.raises(Exception, match="disk-full"):
        bellhop.texts("a")
    disk.empty()
    assert upload(bellhop, 10)[0] == 202


def test_it_answers_a_disk_that_fills_up_while_the_upload_arrives(
    bellhop: Running, disk: SmallDisk
) -> None:
    host, _, port = bellhop.url.removeprefix("http://").partition(":")
    body = form([("a.txt", b"x" * 10 * MEBIBYTE)], "files", {"type": "upper"})
    with contextlib.closing(http.client.HTTPConnection(host, int(port), timeout=20)) as connection:
        connection.putrequest("POST", "/api/v1/jobs")
        connection.putheader("Content-Type", MULTIPART["Content-Type"])
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:MEBIBYTE])
        disk.fill()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.send(body[MEBIBYTE:])
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["code"]) == (507, "disk-full")
    wait_for(lambda: stored(bellhop) == [])
    disk.empty()
    assert upload(bellhop, 10)[0] == 202


def test_it_stops_an_upload_in_chunks_that_comes_to_the_reserve(
    bellhop: Running, disk: SmallDisk
) -> None:
    """Its headers did not say how much it is, and running work needs the last room."""
    host, _, port = bellhop.url.removeprefix("http://").partition(":")
    least = disk.free()
    with contextlib.closing(http.client.HTTPConnection(host, int(port), timeout=20)) as connection:
        connection.putrequest("POST", "/api/v1/jobs")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.putheader("Content-Type", MULTIPART["Content-Type"])
        connection.endheaders()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(60):
                connection.send(b"100000\r\n" + b"x" * MEBIBYTE + b"\r\n")
                least = min(least, disk.free())
    assert least > 4 * MEBIBYTE
    wait_for(lambda: disk.free() > 30 * MEBIBYTE)
    assert stored(bellhop) == []


@pytest.mark.sqlite("its file is on the disk that is full")
def test_it_finishes_what_runs_when_there_is_room_again(bellhop: Running, disk: SmallDisk) -> None:
    job_id = bellhop.texts(*map(str, range(400)), type="slow", seconds=0.01)["job_id"]
    wait_for(lambda: bellhop.client().get(f"/api/v1/jobs/{job_id}")["completed_items"])
    disk.fill()
    wait_for(lambda: "results cannot be recorded" in bellhop.log())
    assert bellhop.client().get(f"/api/v1/jobs/{job_id}")["status"] == "running"
    assert bellhop.client().get("/health")["status"] == "ok"
    disk.empty()
    job = bellhop.final(job_id)
    assert (job["status"], job["completed_items"], job["attempt"]) == ("completed", 400, 1)
    with contextlib.closing(sqlite3.connect(bellhop.data / "bellhop.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert "Traceback" not in bellhop.log()
    assert bellhop.log().count("results cannot be recorded") <= 3, "said once, not per try"
    # What is logged is what was committed.
    assert bellhop.log().count("move=completed") == 400


# It leaves a file when the disk is full already, and says so before and after.
WAITS = """import pathlib, time
from bellhop import Context, job_type

@job_type(label="Waits", queue="parsing")
def waits(text: str, context: Context) -> dict:
    (context.output_dir / "out.txt").write_text(text * 2_000_000)
    print("before", flush=True)
    context.progress(50, "written")
    while not pathlib.Path(GO).exists():
        time.sleep(0.05)
    print("after", flush=True)
    return {"text": text}
"""


def test_it_keeps_the_files_of_what_ran_until_there_is_room_wherever_the_rows_are(
    tmp_path: Path, disk: SmallDisk
) -> None:
    types, go = tmp_path / "own", tmp_path / "go"
    types.mkdir()
    (types / "waits.py").write_text(WAITS.replace("GO", repr(str(go))))
    with running(tmp_path, BELLHOP_JOBTYPES_FOLDER=str(types)) as bellhop:
        bellhop.environment["BELLHOP_STORAGE_RESERVE_MB"] = "10"
        bellhop.serve()
        client, job_id = bellhop.client(), bellhop.texts("xy", type="waits")["job_id"]
        path = f"/api/v1/jobs/{job_id}"
        wait_for(lambda: client.get(path)["current_step"] == "written")
        wait_for(lambda: "before" in printed(bellhop, job_id))
        disk.fill()
        go.touch()
        wait_for(lambda: "results cannot be recorded" in bellhop.log())
        assert client.get(path)["status"] == "running"
        assert upload(bellhop, 10)[0] == 507
        disk.empty()
        job = bellhop.final(job_id)
        assert (job["status"], job["attempt"]) == ("completed", 1)
        (item,) = client.get(f"{path}/result")["items"]
        assert [(file["name"], file["size"]) for file in item["files"]] == [("out.txt", 4_000_000)]
        assert "before" in printed(bellhop, job_id)
        assert "Traceback" not in bellhop.log()


def printed(bellhop: Running, job_id: str) -> str:
    return "".join(path.read_text() for path in (bellhop.data / "logs" / job_id).glob("*"))


def test_it_tries_again_what_itself_found_the_disk_full(bellhop: Running, disk: SmallDisk) -> None:
    job_id = bellhop.texts("60", type="fills")["job_id"]

    def waits_for() -> str:
        return str(bellhop.client().job(job_id)["waiting_for"])

    wait_for(lambda: waits_for().startswith("retry at"))
    (item,) = bellhop.client().get(f"/api/v1/jobs/{job_id}/items")["items"]
    assert item["error"]["code"] == "try_again"
    assert "disk is full" in item["error"]["message"]


def test_it_starts_on_a_full_disk_or_says_why_not(tmp_path: Path, disk: SmallDisk) -> None:
    with running(tmp_path) as bellhop:
        bellhop.describes = ALL_TYPES
        disk.fill()
        refused = bellhop.run()
        assert refused.returncode == 1
        assert len(refused.stderr.strip().splitlines()) == 1, refused.stderr
        assert "No space left" in refused.stderr
        disk.empty()
        bellhop.serve()


def test_it_works_on_when_its_log_has_no_room(tmp_path: Path) -> None:
    with running(tmp_path) as bellhop, open("/dev/full", "w") as full:
        bellhop.know_types()
        server = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=full,
            env=bellhop.environment,
            text=True,
        )
        bellhop.processes.append(server)
        assert server.stdout is not None
        assert server.stdout.readline().startswith("Bellhop is ready")
        assert bellhop.final(bellhop.texts("a")["job_id"])["status"] == "completed"
        failed = bellhop.texts("a", type="once")["job_id"]
        assert bellhop.final(failed)["status"] == "failed"
        server.terminate()
        assert server.wait(20) == 0


def test_it_never_takes_a_part_of_an_upload_for_the_whole(tmp_path: Path, disk: SmallDisk) -> None:
    """A disk that is nearly full writes what fits and says how much, once."""
    disk.fill(leave=100_000)
    file = IncomingFile(tmp_path / "data" / "0", "a.txt", "files")
    with contextlib.closing(file), pytest.raises(OSError, match="No space left"):
        file.write(b"x" * 300_000)


@pytest.mark.parametrize("half", ["web", "consumer"])
def test_it_brings_a_half_back_that_was_killed_while_the_disk_is_full(
    bellhop: Running, disk: SmallDisk, half: str
) -> None:
    job_id = bellhop.texts("a")["job_id"]
    bellhop.final(job_id)
    disk.fill()
    (pid,) = [p for p in bellhop.descendants() if half in words_of(p)]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: [p for p in bellhop.descendants() if half in words_of(p) and p != pid])
    if half == "web":
        wait_for(lambda: answers(bellhop, job_id))
    disk.empty()
    wait_for(bellhop.is_ready)
    assert bellhop.final(bellhop.texts("a")["job_id"])["status"] == "completed"
    assert "Traceback" not in bellhop.log()


def words_of(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return []


def answers(bellhop: Running, job_id: str) -> bool:
    with contextlib.suppress(Exception):
        return bool(bellhop.client().get(f"/api/v1/jobs/{job_id}")["status"] == "completed")
    return False


@pytest.mark.sqlite("its file is on the disk that is full")
def test_it_never_sends_to_a_backup_who_only_needs_room(tmp_path: Path, disk: SmallDisk) -> None:
    with running(tmp_path) as bellhop:
        bellhop.environment["BELLHOP_STORAGE_RESERVE_MB"] = "1"
        server = bellhop.serve()
        bellhop.final(bellhop.texts(*map(str, range(50)))["job_id"])
        server.terminate()
        server.wait(20)
        disk.fill()
        refused = bellhop.run()
        assert refused.returncode == 1
        line = refused.stderr.strip().splitlines()[-1]
        assert "check that its disk has space" in line and "backup" not in line
        disk.empty()
        bellhop.serve()
