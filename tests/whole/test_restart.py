"""`restart`: the running Bellhop becomes the installed one, and neither clients nor jobs notice."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.places import ROOT
from tests.support.programs import ADDS, lead, release
from tests.support.running import Family, Running, running, wait_for

# A migration that fails, whatever the rows are.
BROKEN = "SELECT sun FROM nowhere;"
JOBS = "/api/v1/jobs"
JSON = {"Content-Type": "application/json"}
UPLOAD_S = 1.5
# How long a request may wait on a busy machine; the figure for people is in docs/operating.md.
LIMIT_S = 30
IN_TIME_S = 25


class Clients:
    """Those who send requests without pause, and what went wrong with any."""

    def __init__(self, bellhop: Running):
        self._host, _, port = bellhop.url.removeprefix("http://").partition(":")
        self._port = int(port)
        self.problems: list[str] = []
        self.job_ids: list[str] = []
        self.answered = 0
        self._stopping = threading.Event()
        sends = [self.ask_anew, self.ask_on, self.submit_and_rest, self.upload_slowly, self.wait]
        self._threads = [threading.Thread(target=self._keep, args=(send,)) for send in sends]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _keep(self, send: Callable[[http.client.HTTPConnection], None]) -> None:
        """Send on one connection; one that is closed unasked is a problem."""
        with closing(self.connection()) as connection:
            connection.connect()
            connection.auto_open = 0
            while not self._stopping.is_set():
                try:
                    send(connection)
                except (OSError, http.client.HTTPException) as error:
                    self.problems.append(f"{send.__name__}: {error!r}")
                    return

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._host, self._port, timeout=LIMIT_S)

    def ask_anew(self, _: http.client.HTTPConnection) -> None:
        with closing(self.connection()) as connection:
            self.answer(connection, "GET", f"{JOBS}?limit=1")
        time.sleep(0.01)

    def ask_on(self, connection: http.client.HTTPConnection) -> None:
        self.answer(connection, "GET", "/health")
        time.sleep(0.01)

    def submit_and_rest(self, connection: http.client.HTTPConnection) -> None:
        """A connection that rests for longer than a web takes to end."""
        self._submit(connection, "noop", {})
        time.sleep(0.4)

    def wait(self, connection: http.client.HTTPConnection) -> None:
        job_id = self._submit(connection, "slow", {"seconds": 0.5})
        path, headers = f"{JOBS}/{job_id}", {"Prefer": "wait=20"}
        while self.answer(connection, "GET", path, headers=headers)["status"] != "completed":
            time.sleep(0.1)

    def upload_slowly(self, connection: http.client.HTTPConnection) -> None:
        head = '--x\r\nContent-Disposition: form-data; name="type"\r\n\r\nupper\r\n'
        head += '--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        parts = [head.encode(), *[b"some words\n"] * 10, b"\r\n--x--\r\n"]

        def dripping() -> Iterator[bytes]:
            for part in parts:
                yield part
                time.sleep(UPLOAD_S / len(parts))

        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        headers["Content-Length"] = str(sum(map(len, parts)))
        self.job_ids += [self.answer(connection, "POST", JOBS, dripping(), headers)["job_id"]]

    def _submit(self, connection: http.client.HTTPConnection, type: str, params: Any) -> str:
        document = {"type": type, "items": [{"text": f"{time.monotonic()}"}], "params": params}
        body = json.dumps(document).encode()
        job_id = str(self.answer(connection, "POST", JOBS, body, JSON)["job_id"])
        self.job_ids.append(job_id)
        return job_id

    def answer(
        self, connection: http.client.HTTPConnection, method: str, path: str,
        body: Any = None, headers: dict[str, str] | None = None,
    ) -> Any:  # fmt: skip
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        text = response.read()
        if response.status not in (200, 202):
            raise http.client.HTTPException(f"{response.status} {text.decode()}")
        self.answered += 1
        return json.loads(text)


class Storm:
    """What was seen while Bellhop was restarted under load.

    It was started by a link, which led to three releases in turn: one that cannot migrate, then
    two newer ones.
    """

    def __init__(self, bellhop: Running, folder: Path):
        link = folder / "current"
        bellhop.program = link / "app.py"
        lead(link, release(folder / "1", "9.1").parent)
        server = bellhop.serve()
        with Clients(bellhop) as self.clients:
            lead(link, release(folder / "2", "9.2", BROKEN).parent)
            self.refused = bellhop.run("restart")
            self.restarts = []
            for version in ("9.3", "9.4"):
                lead(link, release(folder / version, version, ADDS).parent)
                self.restarts.append(bellhop.run("restart"))
        self.ran_on = server.poll() is None
        for job_id in self.clients.job_ids:
            bellhop.final(job_id)
        self.items = bellhop.query("SELECT status, attempt, interruptions, failures FROM item")
        bellhop.stop()
        self.said = (server.returncode, bellhop.log())


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storm]:
    folder = tmp_path_factory.mktemp("storm")
    with running(folder) as bellhop:
        yield Storm(bellhop, folder)


@pytest.fixture
def bellhop(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as server:
        yield server


def test_it_answers_every_request_while_it_is_restarted(storm: Storm) -> None:
    """Short ones on new and kept connections, slow uploads, and those that wait for a job."""
    assert storm.clients.problems == []
    assert storm.clients.answered > 50


def test_it_runs_each_job_once_while_it_is_restarted(storm: Storm) -> None:
    assert len(storm.items) == len(storm.clients.job_ids)
    assert set(storm.items) == {("completed", 1, 0, 0)}


def test_it_becomes_the_release_to_which_the_link_leads(storm: Storm) -> None:
    """In the same process, and with what it migrates."""
    assert storm.ran_on
    for restart, (version, before) in zip(
        storm.restarts, [("9.3", "9.1"), ("9.4", "9.3")], strict=True
    ):
        assert restart.returncode == 0, restart.stderr
        said = f"bellhop: Bellhop was restarted: version {version}, before {before}\n"
        assert restart.stdout == said


def test_it_runs_on_where_the_new_program_cannot_migrate(storm: Storm) -> None:
    assert storm.refused.returncode == 1
    assert "Bellhop was not restarted, and runs on: " in storm.refused.stderr
    assert "(no such table: nowhere)" in storm.refused.stderr


def test_it_ends_in_good_order_after_restarts(storm: Storm) -> None:
    status, log = storm.said
    assert status == 0
    warned = [line for line in log.splitlines() if "WARNING" in line or "ERROR" in line]
    assert len(warned) == 2, log
    assert "Bellhop was not restarted" in warned[0]
    assert "the rows were brought from schema" in warned[1]


def test_it_runs_on_where_the_new_program_could_not_start(bellhop: Running) -> None:
    """The parent keeps the environment that it has, so the file says what is new."""
    config = bellhop.data.parent / "config.ini"
    config.write_text("")
    bellhop.environment["BELLHOP_CONFIG"] = str(config)
    server = bellhop.serve()
    job_id = bellhop.texts("a", type="slow", seconds=1)["job_id"]
    pids = set(Family(server.pid).commands)
    config.write_text("[server]\nstop_grace = 3\n")
    refused = bellhop.run("restart")
    assert refused.returncode == 1
    assert "[server] has no key 'stop_grace'" in refused.stderr
    config.write_text("[server]\nhost = 192.0.2.1\n")
    refused = bellhop.run("restart")
    assert refused.returncode == 1
    assert "create an account first" in refused.stderr
    assert pids <= set(Family(server.pid).commands)
    assert bellhop.final(job_id)["status"] == "completed"


def test_it_listens_elsewhere_where_the_settings_say_so(bellhop: Running) -> None:
    config = bellhop.data.parent / "config.ini"
    config.write_text("")
    bellhop.environment["BELLHOP_CONFIG"] = str(config)
    del bellhop.environment["BELLHOP_SERVER_PORT"]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        first = probe.getsockname()[1]
    config.write_text(f"[server]\nport = {first}\n")
    bellhop.serve()
    config.write_text(f"[server]\nhost = localhost\nport = {first}\n")
    assert bellhop.run("restart").returncode == 0
    assert bellhop.is_ready()
    config.write_text("[server]\nport = 0\n")
    assert bellhop.run("restart").returncode == 0
    assert not bellhop.url.endswith(f":{first}")
    assert bellhop.is_ready()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_it_migrates_a_server_once_its_rows_are_saved(bellhop: Running, tmp_path: Path) -> None:
    bellhop.program = tmp_path / "current" / "app.py"
    lead(tmp_path / "current", ROOT)
    bellhop.serve()
    lead(tmp_path / "current", release(tmp_path / "following", "9.1", ADDS).parent)
    done = bellhop.run("restart")
    assert done.returncode == 0, done.stderr
    assert bellhop.query("SELECT count(*) FROM weather") == [(0,)]
    assert len(list(bellhop.data.glob("before-schema-*.dump"))) == 1


def test_it_stops_where_it_is_asked_to_during_a_restart(bellhop: Running) -> None:
    server = bellhop.serve()
    bellhop.texts("a", type="slow", seconds=60)
    wait_for(lambda: bellhop.query("SELECT 1 FROM item WHERE status = 'running'"))
    server.send_signal(signal.SIGUSR2)
    wait_for(lambda: bellhop.query("SELECT 1 FROM consumer WHERE draining = 1"))
    server.terminate()
    time.sleep(0.3)
    server.terminate()
    assert server.wait(IN_TIME_S) == 0
    assert bellhop.query("SELECT status, interruptions FROM item") == [("queued", 0)]
    assert bellhop.descendants() == []


def test_it_leaves_nothing_where_its_parent_is_killed_during_a_restart(bellhop: Running) -> None:
    server = bellhop.serve()
    job_id = bellhop.texts("a", type="slow", seconds=2)["job_id"]
    wait_for(lambda: bellhop.query("SELECT 1 FROM item WHERE status = 'running'"))
    server.send_signal(signal.SIGUSR2)
    wait_for(lambda: bellhop.query("SELECT 1 FROM consumer WHERE draining = 1"))
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    wait_for(lambda: bellhop.descendants() == [])
    bellhop.serve()
    assert bellhop.final(job_id)["status"] == "completed"
