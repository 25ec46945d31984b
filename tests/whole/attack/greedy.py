"""One account asks for as much as it can, on 16 connections; the others must not feel it."""

from __future__ import annotations

import contextlib
import itertools
import random
import socket
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.whole.attack.rows import Plan, Row
from tests.whole.attack.stage import API, Caller, Stage, stage

CONNECTIONS = 16
MEBIBYTE = 1 << 20
MOST_ANSWER = 8 * MEBIBYTE
MOST_P99_S, MOST_HEALTH_S, MOST_RSS_MB = 0.25, 1.0, 400
# What the web may grow by while eight clients take all files of a job, and eight all of its data:
# together these are 224 MiB.
MOST_STREAMED_MB = 16
# The quick form runs beside other tests: what it holds to these finds a web that stands still.
QUICK_P99_S, QUICK_HEALTH_S = 6.0, 6.0
STATUSES = ("completed", "failed", "cancelled", "queued", "running", "pending")
WORST: dict[str, tuple[str, ...]] = {
    "status": (",".join(["completed"] * 200), ",".join(STATUSES * 30)),
    "type": ("heavy", ",".join(["heavy"] * 500)),
    "q": ("d", "%", "_" * 200, "é" * 200, " ".join(["d"] * 100)),
    "limit": ("200", "9" * 30),
    "cursor": ("Yzk5OTk5OTk5OTk5", "x" * 2000),
    "since": ("0", "1", "9" * 18),
    "include": ("result", "traceback", ",".join(["result"] * 200)),
    "owner": ("mallory", "m" * 2000),
    "queue": ("attack", ",".join(["attack"] * 500)),
    "code": ("unexpected_error", "c" * 2000),
    "from": ("0001-01-01T00:00:00Z",),
    "to": ("9999-12-31T23:59:59Z",),
    "attempt": ("0", "9" * 9),
    "step": ("0", "9" * 9),
    "schedule": ("1",),
}


def attack(plan: Plan) -> list[Row]:
    """The promise to everybody else, while one is greedy in each way at once."""
    row = Row(
        "one account against others",
        "others' p99 ≤ 250 ms, /health ≤ 1 s, web ≤ 400 MB, no answer over 8 MiB but "
        "files and whole jobs, of which the web holds ≤ 16 MB",
    )
    with stage() as on:
        assert on.serve_quietly(), on.log()
        jobs = prepare(on, row)
        for _ in range(3):
            on.caller("victor").done("honest", "a", kind="text")
        streamed = grown_by_whole_jobs(on, jobs[-1])
        measured = Measured(on, plan)
        crowd = Crowd(on, plan, jobs)
        with crowd.at_work():
            measured.run(4 if plan.is_quick else 60)
        largest, rss = crowd.largest, measured.rss_mb
        p99, health = measured.p99(), max(measured.health)
    row.found = (
        f"p99 {p99 * 1000:.0f} ms (status {measured.p99('status') * 1000:.0f}, list "
        f"{measured.p99('list') * 1000:.0f}, submit {measured.p99('submit') * 1000:.0f}), /health "
        f"{health * 1000:.0f} ms, web {rss:.0f} MB, largest {largest[0] / MEBIBYTE:.1f} MiB, "
        f"{streamed:.0f} MB by whole jobs"
    )
    most_p99 = QUICK_P99_S if plan.is_quick else MOST_P99_S
    most_health = QUICK_HEALTH_S if plan.is_quick else MOST_HEALTH_S
    row.expect(p99 <= most_p99, f"p99 of others is {p99 * 1000:.0f} ms")
    row.expect(health <= most_health, f"/health takes {health * 1000:.0f} ms")
    row.expect(rss <= MOST_RSS_MB, f"the web holds {rss:.0f} MB")
    row.expect(streamed <= MOST_STREAMED_MB, f"the web holds {streamed:.0f} MB of whole jobs")
    row.expect(largest[0] <= MOST_ANSWER, f"{largest[1]} answers {largest[0]:,} bytes")
    row.misses += sorted(crowd.faults) + sorted(measured.faults)
    return [row]


def prepare(on: Stage, row: Row) -> list[str]:
    """Jobs whose parameters and results are as large as they may be."""
    caller, jobs = on.caller("mallory"), []
    for size in (7 * MEBIBYTE, MEBIBYTE, 60_000):
        params = {"padding": "p" * size}
        document = {"type": "heavy", "items": [{"text": "a"}], "params": params}
        answers = [caller.ask("POST", "/jobs", document) for _ in range(10)]
        jobs += [a.json()["job_id"] for a in answers if a.status == 202]
        document = {"name": "n" * 70, "cron": "0 0 1 1 *", "timezone": "UTC", "job": document}
        for _ in range(3):
            caller.ask("POST", "/schedules", document)
    for job in jobs[-6:]:
        caller.final(job, 60)
    row.expect(jobs, "no job of these was accepted")
    return jobs


def request_of(on: Stage, path: str, *more: str) -> bytes:
    """What the greedy account sends to get `path`."""
    host, token = urlsplit(on.url).netloc, on.token_of["mallory"]
    lines = (f"GET {path} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {token}", *more)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def connected(on: Stage, limit_s: float = 2.0) -> socket.socket:
    """A connection that takes little at once."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(limit_s)
    address = urlsplit(on.url)
    connection.connect((address.hostname, address.port))
    return connection


def grown_by_whole_jobs(on: Stage, job: str) -> float:
    """MiB that the web takes while clients that read slowly get all files or all data of a job."""
    paths = [f"{API}/jobs/{job}/{name}" for name in ("files.zip", "result.csv")]
    for _ in range(CONNECTIONS):  # so that each of its threads has the memory that it needs for one
        assert on.caller("mallory").get(f"/jobs/{job}/result.csv").status == 200
    before = on.rss_mb("web")
    with contextlib.ExitStack() as held:
        for path in paths * (CONNECTIONS // 2):
            connection = held.enter_context(connected(on, 30.0))
            connection.sendall(request_of(on, path))
            assert connection.recv(12) == b"HTTP/1.1 200", path
        return on.rss_mb("web") - before


class Crowd:
    """The greedy account on its connections: half ask, half read slowly."""

    def __init__(self, on: Stage, plan: Plan, jobs: list[str]):
        self._on, self._jobs, self._random = on, jobs, random.Random(plan.seed)
        self._caller = on.caller("mallory")
        self._is_over = threading.Event()
        late = "2100-01-01T00:00:00Z"
        self._waiting = self._caller.submit("honest", "a", kind="text", run_at=late)
        self._paths = list(worst_of(self._caller.get("/openapi.json").json(), jobs))
        self._random.shuffle(self._paths)
        self._turn = itertools.cycle(self._paths)
        self.largest: tuple[int, str] = (0, "nothing")
        self.faults: set[str] = set()

    @contextlib.contextmanager
    def at_work(self) -> Any:
        readers: list[Callable[[], None]] = [
            self._whole,
            self._by_range,
            self._pipelined,
            self._drip,
        ]
        roles = [self._ask] * 5 + readers * 2 + [self._hold, self._count, self._guess]
        assert len(roles) == CONNECTIONS
        threads = [threading.Thread(target=self._loop, args=(role,)) for role in roles]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            for thread in threads:
                thread.join()

    def _loop(self, role: Callable[[], None]) -> None:
        while not self._is_over.is_set():
            with contextlib.suppress(OSError):
                role()

    def _ask(self) -> None:
        path = next(self._turn)
        answer = self._caller.ask("GET", path, limit_s=20)
        is_file = "/files/" in path and "/jobs" not in path.partition("/files/")[2]
        is_whole_job = path.partition("?")[0].endswith(("/files.zip", "/result.csv"))
        if not (is_file or is_whole_job):  # for these, `grown_by_whole_jobs` measures the memory
            self.largest = max(self.largest, (len(answer.body), path[:80]))
        if answer.status in (500, 0):
            self.faults.add(f"GET {path[:80]} answers {answer.status}")

    def _hold(self) -> None:
        """Ask to be told of a job that does not move."""
        self._caller.ask("GET", f"/jobs/{self._waiting}", limit_s=10, Prefer="wait=5")

    def _count(self) -> None:
        """Count what matches the longest search there may be."""
        search = {"q": "%_" * 100, "status": ",".join(STATUSES)}
        document = {"action": "cancel", "filter": search, "expected": 1, "dry_run": True}
        self._caller.ask("POST", "/jobs/bulk", document)

    def _guess(self) -> None:
        """Let the server hash passwords."""
        wrong = {"name": "ada", "password": "wrong and long enough"}
        self._caller.ask("POST", "/login", wrong)
        self._is_over.wait(0.1)

    def _file(self) -> str:
        return f"{API}/jobs/{self._jobs[-1]}/items/0/files/large.bin"

    def _request(self, path: str, *more: str) -> bytes:
        return request_of(self._on, path, *more)

    def _read_slowly(self, sent: bytes, bytes_per_s: int) -> None:
        with connected(self._on) as connection:
            connection.sendall(sent)
            for _ in range(40):
                if self._is_over.wait(0.5) or not connection.recv(bytes_per_s // 2 or 1):
                    return

    def _whole(self) -> None:
        self._read_slowly(self._request(self._file()), 64 * 1024)

    def _by_range(self) -> None:
        self._read_slowly(self._request(self._file(), "Range: bytes=0-23000000"), 2048)

    def _pipelined(self) -> None:
        self._read_slowly(self._request(self._file()) * 20, 2048)

    def _drip(self) -> None:
        path = f"{API}/jobs/{self._jobs[-1]}/result"
        self._read_slowly(self._request(path) * 5, 1024)


def worst_of(document: dict[str, Any], jobs: list[str]) -> list[str]:
    """An address for each GET of the OpenAPI document and each of its worst arguments."""
    paths = []
    for path, methods in document["paths"].items():
        if "get" not in methods or not path.startswith(API):
            continue
        for number in range(6):
            paths.append(_filled(path, methods["get"], jobs, number, document))
    return paths


def _filled(
    path: str, operation: dict[str, Any], jobs: list[str], number: int, document: dict[str, Any]
) -> str:
    query = []
    for given in operation.get("parameters", []):
        known = given
        if "$ref" in given:
            known = document["components"]["parameters"][given["$ref"].rpartition("/")[2]]
        if known["in"] == "query" and known["name"] in WORST:
            values = WORST[known["name"]]
            if number % 3 != 2 or known["name"] in ("limit", "status"):
                query.append(f"{known['name']}={values[number % len(values)]}")
    job = jobs[number % len(jobs)] if jobs else "none"
    named = {"job_id": job, "index": "0", "name": "large.bin", "sha256": "ab" * 32, "number": "1"}
    for name, value in named.items():
        path = path.replace(f"{{{name}}}", value)
    return path[len(API) :] + ("?" + "&".join(query) if query else "").replace(" ", "+").replace(
        "é", "%C3%A9"
    )


class Measured:
    """What the others meet meanwhile: one asks for a status, a list, a new job, again and again."""

    def __init__(self, on: Stage, plan: Plan):
        self._on, self._caller, self._stranger = on, on.caller("victor"), on.caller()
        self._job = self._caller.submit("honest", "a", kind="text")
        self.seconds: dict[str, list[float]] = {"status": [], "list": [], "submit": []}
        self.health: list[float] = [0.0]
        self.rss_mb = 0.0
        self.faults: set[str] = set()

    def run(self, for_s: float) -> None:
        deadline = time.monotonic() + for_s
        document = {"type": "honest", "items": [{"text": "a"}]}
        while time.monotonic() < deadline:
            self._time("status", self._caller, "GET", f"/jobs/{self._job}")
            self._time("list", self._caller, "GET", "/jobs")
            self._time("submit", self._caller, "POST", "/jobs", document)
            began = time.monotonic()
            status = self._stranger.get("//health", limit_s=30).status
            self.health.append(time.monotonic() - began)
            if status != 200:
                self.faults.add(f"/health answers {status}")
            self.rss_mb = max(self.rss_mb, self._on.rss_mb("web"))
            time.sleep(0.05)

    def _time(
        self, what: str, caller: Caller, method: str, path: str, document: Any = None
    ) -> None:
        began = time.monotonic()
        status = caller.ask(method, path, document, limit_s=30).status
        self.seconds[what].append(time.monotonic() - began)
        if status not in (200, 202):
            self.faults.add(f"others' {what} answers {status}")

    def p99(self, what: str = "") -> float:
        known = self.seconds[what] if what else [s for each in self.seconds.values() for s in each]
        return statistics.quantiles(known, n=100)[-1] if len(known) > 1 else known[0]
