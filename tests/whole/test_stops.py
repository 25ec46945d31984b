"""How Bellhop stops: what the parent's end, asked for or not, leaves behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import secrets
import socket
import subprocess
import sys
import termios
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bellhop.storage.installation import SILENCE_S
from tests.support.places import ROOT, STUBBORN_TYPES, TYPES
from tests.support.running import Family, Running, readline, running, valkey, wait_for
from tests.support.suspending import suspended

DOCKER_GRACE_S = 10
# What "at once" may take on a busy machine; every grace it is compared with is far longer.
AT_ONCE_S = 5
ORPHANS_GONE_S = 2
BACK_AT_WORK_S = 2
PARSING_WORKERS = 3  # of config.ini


@pytest.fixture
def bellhop(tmp_path: Path) -> Iterator[Running]:
    """A data folder of its own, with the type `stubborn`; nothing started."""
    with running(tmp_path, BELLHOP_JOBTYPES_FOLDER=str(STUBBORN_TYPES)) as server:
        yield server


@pytest.fixture(params=["sqlite", "redis"])
def on_each_store(request: pytest.FixtureRequest, bellhop: Running) -> Iterator[Running]:
    bellhop.environment["BELLHOP_HUEY_STORAGE"] = request.param
    with valkey() as server:
        if request.param == "redis":
            server.start()
            bellhop.environment["BELLHOP_HUEY_REDIS_URL"] = server.url
        yield bellhop


def run_stubborn(bellhop: Running) -> str:
    """Submit an item that ignores everything; its job, once its grandchild runs."""
    told = bellhop.outside / "pids"
    job_id = str(bellhop.texts(str(told), type="stubborn")["job_id"])
    wait_for(told.exists)
    return job_id


def family_of(server: subprocess.Popen[str]) -> Family:
    """The whole tree while an item runs, down to the grandchild of the job."""
    family = Family(server.pid)
    assert family.has("app.py web", "app.py consumer", "job-process", "kill -STOP", "sleep 1000")
    return family


def counters(bellhop: Running) -> list[tuple[Any, ...]]:
    return bellhop.query("SELECT status, attempt, interruptions, failures, crashes FROM item")


# An orderly stop is nobody's fault: it is no interruption, failure or crash of the item.
GIVEN_BACK = [("queued", 1, 0, 0, 0)]


def assert_it_runs_again(bellhop: Running, job_id: str) -> None:
    bellhop.serve()
    job = bellhop.final(job_id)
    assert (job["status"], job["attempt"]) == ("completed", 2)


@contextlib.contextmanager
def at_a_terminal(bellhop: Running) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Bellhop just started in a terminal; the process, and where the keys go in."""
    keys, terminal = pty.openpty()
    bellhop.know_types()
    try:
        with (bellhop.data.parent / "log").open("a") as log:
            server = subprocess.Popen(
                [sys.executable, str(ROOT / "app.py")],
                stdin=terminal,
                stdout=subprocess.PIPE,
                stderr=log,
                env=bellhop.environment,
                text=True,
                start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            )
        bellhop.processes.append(server)
        yield server, keys
    finally:
        os.close(keys)
        os.close(terminal)


CTRL_C = b"\x03"


def test_it_ends_what_ignores_sigterm_when_the_grace_is_over(bellhop: Running) -> None:
    bellhop.environment["BELLHOP_SERVER_STOP_GRACE_S"] = "0.5"
    server = bellhop.serve()
    run_stubborn(bellhop)
    family = family_of(server)
    server.terminate()
    assert server.wait(20) == 0
    assert family.alive() == []


def test_it_counts_a_stop_against_no_item(bellhop: Running) -> None:
    bellhop.environment["BELLHOP_SERVER_STOP_GRACE_S"] = "0.5"
    server = bellhop.serve()
    job_id = run_stubborn(bellhop)
    server.terminate()
    server.wait(20)
    assert counters(bellhop) == GIVEN_BACK
    assert_it_runs_again(bellhop, job_id)


def test_it_stops_at_ctrl_c_as_at_sigterm(bellhop: Running) -> None:
    bellhop.environment["BELLHOP_SERVER_STOP_GRACE_S"] = "0.5"
    with at_a_terminal(bellhop) as (server, keys):
        assert readline(server), bellhop.log()
        job_id = run_stubborn(bellhop)
        family = family_of(server)
        os.write(keys, CTRL_C)
        assert server.wait(20) == 0
    assert family.alive() == []
    assert counters(bellhop) == GIVEN_BACK
    assert_it_runs_again(bellhop, job_id)


def test_it_lets_an_item_finish_after_one_ctrl_c(bellhop: Running) -> None:
    """The key reaches nothing but the parent: no half and no job is cut short by it."""
    bellhop.environment["BELLHOP_JOBTYPES_FOLDER"] = str(TYPES)
    with at_a_terminal(bellhop) as (server, keys):
        assert readline(server), bellhop.log()
        job_id = bellhop.texts("a", type="slow", seconds=2)["job_id"]
        wait_for(lambda: bellhop.client().get(f"/api/v1/jobs/{job_id}")["current_step"])
        os.write(keys, CTRL_C)
        assert server.wait(20) == 0
    assert counters(bellhop) == [("completed", 1, 0, 0, 0)]
    for half in ("web", "consumer"):
        assert f"{half} ended with status 0" in bellhop.log()


def test_it_stops_at_once_at_a_second_ctrl_c(bellhop: Running) -> None:
    bellhop.environment["BELLHOP_SERVER_STOP_GRACE_S"] = "60"
    with at_a_terminal(bellhop) as (server, keys):
        assert readline(server), bellhop.log()
        job_id = run_stubborn(bellhop)
        family = family_of(server)
        os.write(keys, CTRL_C)
        wait_for(lambda: not (bellhop.data / "address").exists())  # the first was heard
        asked = time.monotonic()
        os.write(keys, CTRL_C)
        assert server.wait(30) == 0
    assert time.monotonic() - asked < AT_ONCE_S
    wait_for(lambda: family.alive() == [], limit_s=ORPHANS_GONE_S)
    assert_it_runs_again(bellhop, job_id)


def test_it_stops_with_status_0_at_ctrl_c_while_it_starts(bellhop: Running) -> None:
    """The key reaches every process of the terminal that has no session of its own."""
    with at_a_terminal(bellhop) as (server, keys):
        wait_for(lambda: Family(server.pid).has("app.py prepare"))
        os.write(keys, CTRL_C)
        assert server.wait(20) == 0
    assert "Traceback" not in bellhop.log()


def test_it_leaves_nothing_alive_when_the_parent_is_killed(bellhop: Running) -> None:
    server = bellhop.serve()
    job_id = run_stubborn(bellhop)
    family = family_of(server)
    server.kill()
    server.wait()
    wait_for(lambda: family.alive() == [], limit_s=ORPHANS_GONE_S)
    assert_it_runs_again(bellhop, job_id)


def test_it_ends_by_itself_before_docker_kills_it(on_each_store: Running) -> None:
    """`docker stop`: SIGTERM, and SIGKILL ten seconds later; the grace is the default."""
    server = on_each_store.serve()
    job_id = run_stubborn(on_each_store)
    family = family_of(server)
    server.terminate()
    try:
        status = server.wait(DOCKER_GRACE_S)
    except subprocess.TimeoutExpired:
        server.kill()
        status = server.wait()
    assert status == 0
    assert family.alive() == []
    assert counters(on_each_store) == GIVEN_BACK
    assert_it_runs_again(on_each_store, job_id)


def all_workers_run(bellhop: Running, job_id: str) -> bool:
    """Whether as many items of the job run as its queue has workers."""
    path = f"/api/v1/jobs/{job_id}/items?status=running"
    return len(bellhop.client().get(path)["items"]) == PARSING_WORKERS


def test_it_starts_no_further_item_once_it_is_asked_to_stop(bellhop: Running) -> None:
    bellhop.environment["BELLHOP_JOBTYPES_FOLDER"] = str(TYPES)
    server = bellhop.serve()
    # Shorter than the turn of a worker, who would take another item in it.
    job_id = bellhop.texts(*"abcdefghij", type="slow", seconds=1.5)["job_id"]
    wait_for(lambda: all_workers_run(bellhop, job_id))
    server.terminate()
    assert server.wait(20) == 0
    states = Counter(bellhop.query("SELECT status, attempt, interruptions FROM item"))
    assert states == {("completed", 1, 0): 3, ("queued", 0, 0): 7}


def test_it_runs_what_waited_during_the_stop_after_the_next_start(bellhop: Running) -> None:
    bellhop.environment["BELLHOP_JOBTYPES_FOLDER"] = str(TYPES)
    bellhop.environment["BELLHOP_SERVER_STOP_GRACE_S"] = "0.2"
    server = bellhop.serve()
    job_id = bellhop.texts(*"abcdefghij", type="slow", seconds=1)["job_id"]
    wait_for(lambda: bellhop.client().get(f"/api/v1/jobs/{job_id}")["current_step"])
    server.terminate()
    assert server.wait(20) == 0
    bellhop.serve()
    assert bellhop.final(job_id)["completed_items"] == 10


def test_it_works_on_with_all_workers_soon_after_the_next_start(bellhop: Running) -> None:
    bellhop.environment["BELLHOP_JOBTYPES_FOLDER"] = str(TYPES)
    bellhop.environment["BELLHOP_SERVER_STOP_GRACE_S"] = "0.2"
    server = bellhop.serve()
    job_id = bellhop.texts(*"abcdefghij", type="slow", seconds=20)["job_id"]
    wait_for(lambda: all_workers_run(bellhop, job_id))
    server.terminate()
    assert server.wait(20) == 0
    bellhop.serve()
    wait_for(lambda: all_workers_run(bellhop, job_id), limit_s=BACK_AT_WORK_S)


class Upload:
    """A file sent by hand over a socket, so that it can stand still half-way."""

    def __init__(self, bellhop: Running, content: bytes):
        boundary = secrets.token_hex(8)
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="type"\r\n\r\nword_count\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a.txt"'
            "\r\n\r\n"
        ).encode() + content
        body += f"\r\n--{boundary}--\r\n".encode()
        where = urlsplit(bellhop.url)
        head = (
            f"POST /api/v1/jobs HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n"
            f"Content-Type: multipart/form-data; boundary={boundary}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        self._message = head + body
        self._sent = 0
        self._socket = socket.create_connection((where.hostname, where.port), timeout=30)

    def send(self, upto: float) -> None:
        """Send it as far as this part of the whole."""
        end = int(len(self._message) * upto)
        self._socket.sendall(self._message[self._sent : end])
        self._sent = end

    def answer(self) -> str:
        """The status line, empty when the connection was closed without one."""
        with self._socket.makefile("rb") as file:
            return file.readline().decode()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def half_sent(bellhop: Running) -> Iterator[tuple[Running, Upload]]:
    """A server that has begun to receive an upload: half of it is on the disk."""
    bellhop.serve()
    content = b"word " * 800_000
    upload = Upload(bellhop, content)
    upload.send(0.5)
    wait_for(lambda: spooled_bytes(bellhop) > 0)
    yield bellhop, upload
    upload.close()


def spooled_bytes(bellhop: Running) -> int:
    """How much lies in files of the web that are open and have no name, or in incoming/."""
    (web,) = (pid for pid, command in all_commands(bellhop).items() if "app.py web" in command)
    spool = str(bellhop.data / "incoming")
    size = 0
    for path in Path(f"/proc/{web}/fd").iterdir():
        with contextlib.suppress(OSError):
            if os.readlink(path).startswith(spool):
                size += path.stat().st_size
    return size


def all_commands(bellhop: Running) -> dict[int, str]:
    return Family(bellhop.processes[-1].pid).commands


def test_it_answers_an_upload_that_ends_during_the_stop(
    half_sent: tuple[Running, Upload],
) -> None:
    bellhop, upload = half_sent
    bellhop.processes[-1].terminate()
    wait_for(lambda: not (bellhop.data / "address").exists())
    upload.send(1)
    assert upload.answer().startswith("HTTP/1.1 202")
    assert bellhop.processes[-1].wait(20) == 0
    bellhop.serve()
    (job,) = bellhop.client().get("/api/v1/jobs")["jobs"]
    assert bellhop.final(job["job_id"])["status"] == "completed"


def test_it_is_not_held_up_by_an_upload_that_never_ends(
    half_sent: tuple[Running, Upload],
) -> None:
    bellhop, upload = half_sent
    server = bellhop.processes[-1]
    family = Family(server.pid)
    server.terminate()
    assert server.wait(DOCKER_GRACE_S) == 0
    assert family.alive() == []
    assert upload.answer() == ""


def test_it_keeps_nothing_of_an_upload_that_a_stop_cut_short(
    half_sent: tuple[Running, Upload],
) -> None:
    bellhop, _ = half_sent
    bellhop.processes[-1].terminate()
    bellhop.processes[-1].wait(20)
    bellhop.serve()
    assert bellhop.client().get("/api/v1/jobs")["jobs"] == []
    assert list((bellhop.data / "incoming").iterdir()) == []
    assert list((bellhop.data / "uploads").iterdir()) == []


def test_it_is_not_ready_while_its_only_consumer_is_suspended(bellhop: Running) -> None:
    """Its locks are held all the same; the clock of its last beat is turned instead of waiting."""
    bellhop.environment["BELLHOP_JOBTYPES_FOLDER"] = str(TYPES)
    bellhop.start("web")
    consumer = bellhop.start("consumer")
    (lock,) = wait_for(lambda: [p for p in (bellhop.data / "consumers").glob("*") if not p.suffix])
    wait_for(bellhop.is_ready)
    wait_for(lambda: lock.stat().st_mtime <= time.monotonic())
    with suspended(consumer.pid):
        early = time.monotonic() - SILENCE_S
        os.utime(lock, (early, early))
        assert not bellhop.is_ready()
        job = bellhop.texts("a")
        assert "no consumer is running" in str(job["waiting_for"])
    wait_for(bellhop.is_ready)
    assert bellhop.final(job["job_id"])["status"] == "completed"
