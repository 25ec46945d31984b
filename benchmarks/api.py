"""How fast the API answers: a large submit, a status, a status beside many open pages.

Next to `/hello`, a route of the same server that does nothing (hello_web.py).
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import processes
import serving
from report import Figure, of_rounds, percentile
from serving import Server

HERE = Path(__file__).resolve().parent
ITEMS = 500
MOST_SUBMIT_MS = 100.0
LEAST_STATUS = 0.5
MOST_BESIDE_POLLERS = 5.0
CONNECTIONS = 4
POLLERS, RHYTHM_S = 300, 2.0
ROUNDS = 5


def measure(*, quick: bool) -> list[Figure]:
    """Without a consumer, so that what is measured is the web alone."""
    seconds = 0.3 if quick else 3.0
    with serving.folder() as home, web(home) as server:
        submits = [_submit_ms(server) for _ in range(5 if quick else 30)]
        queued = server.submit(1)["job_id"]
        cancelled = server.submit(1)["job_id"]
        server.call("POST", f"/jobs/{cancelled}/cancel", {})
        status = f"/api/v1/jobs/{cancelled}"
        ratios: dict[str, list[float]] = {cancelled: [], queued: []}
        hellos = []
        for _ in range(1 if quick else ROUNDS):
            hello = asked(server, "/hello", seconds)["rate"]
            hellos.append(hello)
            for job, found in ratios.items():
                found.append(asked(server, f"/api/v1/jobs/{job}", seconds)["rate"] / hello)
        beside = _beside_pollers(server, f"/api/v1/jobs/{queued}", status, 0.5 if quick else 10.0)
    return [
        of_rounds(f"submit of a job of {ITEMS} items", submits, "ms", at_most=MOST_SUBMIT_MS),
        Figure(name="  p99", measured=percentile(submits, 99), unit="ms"),
        of_rounds("status / hello", ratios[cancelled], "times", at_least=LEAST_STATUS),
        of_rounds("  of a job that waits", ratios[queued], "times"),
        of_rounds("  hello", hellos, "requests/s"),
        *beside,
    ]


def _beside_pollers(server: Server, polled: str, status: str, seconds: float) -> list[Figure]:
    """p99 of a status and of hello, asked one after the other beside the same open pages."""
    pollers = _start(server, polled, 2 * seconds + 4.0, POLLERS, RHYTHM_S)
    try:
        time.sleep(1.0)
        hello = asked(server, "/hello", seconds, 1)["p99_ms"]
        told = asked(server, status, seconds, 1)["p99_ms"]
    finally:
        pollers.communicate()
    name = f"status / hello, p99 with {POLLERS} pages"
    return [
        Figure(name=name, measured=told / hello, unit="times", at_most=MOST_BESIDE_POLLERS),
        Figure(name="  status", measured=told, unit="ms"),
        Figure(name="  hello", measured=hello, unit="ms"),
    ]


def _submit_ms(server: Server) -> float:
    began = time.perf_counter()
    server.submit(ITEMS)
    return (time.perf_counter() - began) * 1000


def asked(server: Server, path: str, seconds: float, connections: int = CONNECTIONS) -> Any:
    client = _start(server, path, seconds, connections, 0.0)
    answer, _ = client.communicate()
    if client.returncode:
        raise RuntimeError(f"{path} was not answered as it should be")
    return json.loads(answer)


def _start(
    server: Server, path: str, seconds: float, connections: int, pause_s: float
) -> subprocess.Popen[str]:
    words = [server.address, path, str(seconds), str(connections), str(pause_s)]
    return subprocess.Popen(
        [sys.executable, str(HERE / "asking.py"), *words], stdout=subprocess.PIPE, text=True
    )


@contextlib.contextmanager
def web(home: Path, **settings: str) -> Iterator[Server]:
    """The web alone, with `/hello`."""
    with (home / "web.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "hello_web.py")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **serving.environment(home, settings)},
            start_new_session=True,
            text=True,
        )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip().removeprefix("http://")
        if not address:
            raise RuntimeError(f"the web did not start:\n{(home / 'web.log').read_text()}")
        yield Server(address, {"web": process.pid})
    finally:
        processes.stop(process)
