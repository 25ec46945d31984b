"""A running Bellhop to measure: started as a user starts it, asked over HTTP, gone afterwards."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import processes

ROOT = Path(__file__).resolve().parents[1]
TYPES = Path(__file__).resolve().parent / "types"
READY = "Bellhop is ready at "
FINAL_LIMIT_S = 600.0
FINAL = ("completed", "failed", "cancelled")


@dataclass(frozen=True)
class Server:
    """One Bellhop: the pids of its three processes and the address it answers at."""

    address: str
    pids: dict[str, int]

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address, timeout=FINAL_LIMIT_S)

    def call(
        self, method: str, path: str, document: Any = None, *, over: Any = None
    ) -> dict[str, Any]:
        """The JSON answer to one request, on the connection `over` or on one of its own."""
        with contextlib.ExitStack() as opened:
            connection = over or opened.enter_context(contextlib.closing(self.connect()))
            body = None if document is None else json.dumps(document)
            headers = {"Content-Type": "application/json"} if body else {}
            connection.request(method, f"/api/v1{path}", body, headers)
            answer = connection.getresponse()
            text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text) if text else {}

    def submit(self, count: int, *, over: Any = None) -> dict[str, Any]:
        """A job of `count` no-op items."""
        items = [{"text": f"item {number}"} for number in range(count)]
        return self.call("POST", "/jobs", {"type": "noop", "items": items}, over=over)

    def final(self, job_id: str, poll_s: float = 0.25) -> dict[str, Any]:
        """The job once it is completed.

        Its own times say when that was, so this asks rarely and disturbs nothing.
        """
        deadline = time.monotonic() + FINAL_LIMIT_S
        while time.monotonic() < deadline:
            job = self.call("GET", f"/jobs/{job_id}")
            if job["status"] in FINAL:
                if job["status"] != "completed":
                    raise RuntimeError(f"job {job_id}: {job['error']}")
                return job
            time.sleep(poll_s)
        raise TimeoutError(f"job {job_id} is not final after {FINAL_LIMIT_S:g} s")


def seconds(at: str) -> float:
    """A time of the API as seconds since 1970, to be compared with `time.time()`."""
    return datetime.fromisoformat(at).timestamp()


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder on the disk of the project, removed afterwards."""
    home = ROOT / "build" / "bench"
    home.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=home, ignore_cleanup_errors=True) as path:
            yield Path(path)
    finally:
        for empty in (home, home.parent):
            with contextlib.suppress(OSError):
                empty.rmdir()


@contextlib.contextmanager
def serving(home: Path, **settings: str) -> Iterator[Server]:
    """Bellhop with data in `home` and two workers for the no-ops, on SQLite."""
    with (home / "bellhop.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment(home, settings),
            start_new_session=True,  # Ctrl-C reaches the benchmark, which stops it
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith(READY):
            raise RuntimeError(f"Bellhop did not start:\n{(home / 'bellhop.log').read_text()}")
        address = urlsplit(line.removeprefix(READY).split()[0]).netloc
        yield Server(address, {"parent": process.pid, **processes.children(process.pid)})
    finally:
        processes.stop(process)
        if process.stdout:
            process.stdout.close()


def environment(home: Path, settings: dict[str, str]) -> dict[str, str]:
    """The caller's environment without its Bellhop, with ours."""
    inherited = {name: value for name, value in os.environ.items() if "BELLHOP_" not in name}
    return {
        **inherited,
        "BELLHOP_SERVER_PORT": "0",
        "BELLHOP_STORAGE_DATA_DIR": str(home / "data"),
        "BELLHOP_HUEY_STORAGE": "sqlite",
        "BELLHOP_JOBTYPES_FOLDER": str(TYPES),
        "BELLHOP_QUEUE_PARSING_WORKERS": "2",
        **settings,
    }
