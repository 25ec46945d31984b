"""The installation that is asked: jobs in every state, which come, run, end and go."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import re
import secrets
import shutil
import sqlite3
from collections import deque
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from bellhop.accounts import accounts
from bellhop.accounts.access import BELLHOP, ROLES
from bellhop.base.errors import ItemError
from bellhop.bell.bell import Bell
from bellhop.catalog.catalog import Catalog
from bellhop.consumer.keeper import Keeper
from bellhop.consumer.workers import Workers
from bellhop.database import schema
from bellhop.database.database import database, query
from bellhop.jobs import consumers, lifecycle, webhooks
from bellhop.jobs.intake import Intake
from bellhop.jobs.lifecycle import Claim
from bellhop.schedules import schedules
from bellhop.settings import configuration
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation, make_folder
from bellhop.storage.models import FINAL
from bellhop.system.locks import take_lock
from bellhop.web import routes
from bellhop.web.door import TUS_VERSION
from bellhop.web.gate import COOKIE
from bellhop.web.site import Site
from tests.support import single
from tests.support.disks import sync_nothing
from tests.support.wsgi import BOUNDARY, form
from tests.whole.fuzz.probe import Answer, Application, Identity, Probe, Request
from tests.whole.fuzz.watch import Watch, tree

TYPES = Path(__file__).parent / "types"
API = "/api/v1"
SESSION = "the-session-of-a-browser"
CONSUMER = "c1"
QUEUE = "fuzz"
MOST_JOBS = 60
MOST_SCHEDULES = 10
MOST_HELD = 4
MOST_ROUNDS = 200
CONFIG = """# {secret}
[server]
max_upload_mb = 1
max_items = 50
[limits]
requests_per_minute = 0
[jobtypes]
folder = types
[queue:fuzz]
workers = 2
timeout_s = 20
"""
# What answers name, by the parameter that takes it.
NAMED = {
    "job_id": r'"job_id": "(\w+)"',
    "cursor": r'"next": "(\w+)"',
    "since": r'"change": (\d+)',
    "number": r'"id": (\d+)',
}
HOOK = "https://example.org/hook"
JOBS: tuple[dict[str, Any], ...] = (
    {"type": "fuzzed_text", "items": [{"text": "a"}]},
    {"type": "fuzzed_text", "items": [{"text": "a"}, {"text": "b"}], "use_cache": False},
    {"type": "fuzzed_text", "items": [{"text": "a"}], "params": {"end": "refuse"}},
    {"type": "fuzzed_text", "items": [{"text": "a"}], "params": {"end": "mistake"}},
    {"type": "fuzzed_text", "items": [{"text": "a"}], "then": [{"type": "fuzzed_data"}]},
    {"type": "fuzzed_text", "items": [{"text": "a"}], "run_at": "2100-01-01T00:00:00Z"},
    {"type": "fuzzed_url", "items": [{"url": "https://example.org/"}], "priority": 7},
    {"type": "fuzzed_data", "items": [{"json": {"a": 1}}], "webhook_url": HOOK,
     "webhook_events": ["progress"]},
)  # fmt: skip
SCHEDULE = {"name": "often", "cron": "* * * * *", "job": JOBS[0]}


def identities() -> tuple[Identity, ...]:
    """Who asks, with a login and without; the last one may do the most."""
    bearers = []
    for role in ROLES:
        accounts.add(role, role, None)
        token = accounts.add_token(role)
        bearers.append(Identity(role, {"Authorization": f"Bearer {token}"}))
    log_in()
    browser = Identity("browser", {"Cookie": f"{COOKIE}={SESSION}"})
    # Most often by whoever may do the most, for the others are soon refused.
    return (Identity("stranger"), browser, *bearers, *[bearers[-1]] * 8)


def log_in() -> None:
    """Let the member be logged in with a browser, which a request may have ended."""
    if accounts.of_session(SESSION) is None:
        accounts.begin_session(SESSION, "member", "", "a browser")


def lay_out(folder: Path) -> str:
    """The folder of an installation, with neighbours of its data; the secret that they hold."""
    secret = f"secret-{secrets.token_hex(12)}"
    (folder / "config.ini").write_text(CONFIG.format(secret=secret))
    shutil.copytree(TYPES, folder / "types", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "outside").mkdir()
    (folder / "outside" / "secret.txt").write_text(secret)
    return secret


class Known:
    """Names of what is there: `of` gives one of them by the name of its parameter."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._seen: dict[str, deque[str]] = {}
        self._places: deque[dict[str, str]] = deque(maxlen=30)

    def learn(self, request: Request, answer: Answer) -> None:
        """Remember what an answer names."""
        text = answer.body[:100_000].decode("utf-8", "replace")
        for name, pattern in NAMED.items():
            for value in re.findall(pattern, text)[-3:]:
                self._note(name, value)
        if tag := answer.header("etag"):
            self._note("If-None-Match", tag)
        for upload_id in re.findall(r"/uploads/(\w+)$", answer.header("location") or ""):
            self._note("upload_id", upload_id)
        for found in re.finditer(r'/jobs/(\w+)/items/(\d+)/files/([^"]+)"', text):
            self._places.append(dict(zip(("job_id", "index", "name"), found.groups(), strict=True)))
        for job_id in re.findall(r"/jobs/(\w+)/deliveries$", request.path):
            for number in re.findall(r'"number": (\d+)', text):
                self._places.append({"job_id": job_id, "number": number})

    def _note(self, name: str, value: str) -> None:
        seen = self._seen.setdefault(name, deque(maxlen=40))
        if value not in seen:
            seen.append(value)

    def place(self, names: Collection[str], rng: random.Random) -> dict[str, str]:
        """Values of these parameters that belong together, as far as there are any."""
        fitting = [place for place in self._places if place.keys() >= set(names)]
        return rng.choice(fitting) if names and fitting else {}

    def of(self, name: str, rng: random.Random) -> str | None:
        """A value that fits; None for a name that is not known."""
        choices = [*self._seen.get(name, ()), *self._fixed().get(name, ())]
        return rng.choice(choices) if choices else None

    def traps(self) -> list[str]:
        """Names that must not lead out of the data folder."""
        return [
            str(self._folder / "outside" / "secret.txt"),
            "../outside/secret.txt",
            "../../../../outside/secret.txt",
            "..\\..\\outside\\secret.txt",
            f"....//....//{self._folder}/outside/new.txt",
        ]

    def _fixed(self) -> dict[str, tuple[str, ...]]:
        return {
            "job_id": ("nobody", ".."),
            "index": ("0", "1", "7"),
            "number": ("1", "2", "3", "999999999"),
            "step": ("0", "1", "99"),
            "attempt": ("0", "1", "2"),
            "name": ("report.csv", QUEUE, "webhooks", *self.traps()),
            "sha256": (EMPTY_SHA256, "CD" * 32),
            "cursor": ("YzE", "Yw", "x", "YzA", "Yzk5OTk5OTk5OTk5OTk5OTk5OTk"),
            "since": ("0", "1", "9" * 18),
            "limit": ("1", "2", "200", "0", "201", "\u0663", "\u00b2"),
            "status": ("completed", "failed,cancelled", "queued", "running", "nonsense"),
            "type": ("fuzzed_text", "fuzzed_file", "webhook", "nonsense"),
            "queue": (QUEUE, "webhooks", "default"),
            "owner": ("member", "admin", "local", "nobody"),
            "account": (*ROLES, "nobody", ".."),
            "q": ("a", "%", "_", "\\", "'", "é", "example"),
            "include": ("result", "traceback"),
            "purge": ("true", "false", "1"),
            "If-None-Match": ("*", "W/*", '"x"', ", ,", '"'),
            "Range": ("bytes=0-3", "bytes=-2", "bytes=99-", "bytes=5-1", "bytes=0-1,3-4", "x=1",
                      "bytes=" + "9" * 19 + "-", "bytes=-0"),
            "If-Modified-Since": ("Thu, 01 Jan 1970 00:00:00 GMT", "x",
                                  "Fri, 31 Dec 99999 23:59:59 GMT"),
            "Prefer": ("wait=1", "wait=30", "wait", "wait=-1", "wait=999999999", "respond-async"),
            "Idempotency-Key": ("a", "b", "c"),
            "Upload-Offset": ("0", "1", "8", "9", "-1"),
            "Upload-Length": ("0", "8", "9" * 15, "9" * 16),
        }  # fmt: skip


EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


class World:
    """An installation in `folder`, whose workers are stepped by hand."""

    def __init__(self, folder: Path, seed: str):
        secret = lay_out(folder)
        self._folder, self._rng = folder, random.Random(seed)
        self._settings = configuration.load(folder / "config.ini")
        self.data = make_folder(self._settings)
        here = Installation(self.data, "fuzz", "sqlite", "")
        schema.migrate(here.database, alone=True)
        sync_nothing()
        Catalog(self._settings, here).settle()
        self._files, catalog = Files(self.data), Catalog(self._settings, here)
        intake = Intake(self._settings, catalog)
        self._site = Site(
            self._settings,
            here,
            self._files,
            catalog,
            Bell(self._settings, here),
            intake,
        )
        self._site.stopping.set()  # who waits for a job is answered at once
        self.identities = identities()
        self.application: Application = routes.make_app(self._site)
        self.watch = Watch(self.data)
        self.known = Known(folder)
        self.probe = Probe(self.application, self.watch, secret.encode())
        self.probe.listen = self.known.learn
        self._alive = take_lock(here.consumer_lock(CONSUMER), fcntl.LOCK_EX)
        consumers.register(CONSUMER, os.getpid(), list(self._settings.queues))
        self.workers = Workers(
            self._settings, here, consumer=CONSUMER, counts={QUEUE: 1}, ring=lambda times: None
        )
        self._keeper = Keeper(
            here, self._settings, self._files, ring=lambda times: None, each_round=[]
        )
        self._held: list[Claim] = []
        self._steps: tuple[Callable[[], object], ...] = (
            self._submit, self._submit, self._upload, self._work, self._work, self._hold,
            self._end, self._deliver, self._resume, self._keeper.sweep, self._add_schedule,
            self._begin_upload,
        )  # fmt: skip
        for _ in range(2):
            self._upload()
            self._work()
        for _ in JOBS:
            self._submit()
        self._begin_upload()
        self._outside = tree(folder, self.data)

    def close(self) -> None:
        self.workers.pool.retire_idle(0)
        database.close()
        if self._alive is not None:
            os.close(self._alive)

    def step(self) -> None:
        """Let something happen that no request asked for."""
        log_in()
        self._rng.choice(self._steps)()
        if len(self._jobs()) > MOST_JOBS:
            self._tidy()

    def problems(self) -> list[str]:
        """What is wrong with the installation now that all cases were sent."""
        wrong = []
        outside = tree(self._folder, self.data)
        for path in sorted(outside.keys() | self._outside.keys()):
            if outside.get(path) != self._outside.get(path):
                wrong.append(f"{path} outside the data folder is not what it was")
        with contextlib.closing(sqlite3.connect(self.data / "bellhop.db")) as database:
            (said,) = database.execute("PRAGMA quick_check").fetchone()
        if said != "ok":
            wrong.append(f"quick_check of the database: {said}")
        if trouble := self._ordinary_job():
            wrong.append(f"an ordinary job does not work any more: {trouble}")
        return wrong

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Any:
        """What the application answers to whoever may do the most, as JSON."""
        headers = {"Content-Type": kind} if kind else {}
        answer = self.probe.ask(Request(method, API + path, headers, body), self.identities[-1])
        return json.loads(answer.body) if answer.body else None

    # What happens by itself.

    def _submit(self) -> None:
        document = dict(self._rng.choice(JOBS))
        if self._rng.random() < 0.2 and (needed := self.known.of("job_id", self._rng)):
            document["depends_on"] = [needed]
        self.ask("POST", "/jobs", json.dumps(document).encode(), "application/json")

    def _upload(self) -> Any:
        content = self._rng.choice([b"", self._rng.randbytes(8)])  # nothing, again, is in the cache
        return self._upload_of(content, self._rng.choice(["fuzzed_file", "fuzzed_files"]))

    def _upload_of(self, content: bytes, type: str) -> Any:
        body = form([("a.txt", content)], "files", {"type": type})
        return self.ask("POST", "/jobs", body, f"multipart/form-data; boundary={BOUNDARY}")

    def _begin_upload(self) -> None:
        headers = {"Tus-Resumable": TUS_VERSION, "Upload-Length": "8"}
        self.probe.ask(Request("POST", f"{API}/uploads", headers), self.identities[-1])

    def _add_schedule(self) -> None:
        for schedule in schedules.listed(BELLHOP)[MOST_SCHEDULES:]:
            schedules.remove(schedule)
        self.ask("POST", "/schedules", json.dumps(SCHEDULE).encode(), "application/json")

    def _resume(self) -> None:
        self.ask("POST", f"/queues/{QUEUE}/resume")

    def _work(self) -> None:
        for _ in range(3):
            self.workers.run_next()
        # What is learnt of the newest jobs: their files, and whom a webhook told of them.
        for job_id, status in self._jobs()[-3:]:
            if status in FINAL:
                self.ask("GET", f"/jobs/{job_id}/result")
                self.ask("GET", f"/jobs/{job_id}/deliveries")

    def _hold(self) -> None:
        """Have an item running while requests come."""
        if len(self._held) < MOST_HELD and (claim := self._claim(QUEUE)):
            lifecycle.progress(claim, 40, "Reading")
            self._held.append(claim)

    def _end(self) -> None:
        if self._held:
            self._end_of(self._held.pop(0))

    def _deliver(self) -> None:
        """Be the receiver of a webhook: nothing goes out."""
        if claim := self._claim(webhooks.QUEUE):
            self._end_of(claim, '{"status": 200, "answer": "ok"}')

    def _end_of(self, claim: Claim, data: str = '{"text": "a"}') -> None:
        error = ItemError("webhook_gone", "It answered 410.", traceback="Traceback")
        ends: tuple[Callable[[], object], ...] = (
            lambda: single.complete(claim, data=data, files="[]", warnings="[]"),
            lambda: lifecycle.fail(claim, error),
            lambda: lifecycle.fail_attempt(claim, error, [0]),
            lambda: lifecycle.cancel(claim),
        )
        self._rng.choice(ends)()

    def _claim(self, queue: str) -> Claim | None:
        return single.claim(queue, f"{CONSUMER}/by-hand", lambda candidate: None)

    def _jobs(self) -> list[tuple[str, str]]:
        """(id, status) of every job, deliveries too, oldest first."""
        return query("SELECT job_id, status FROM job ORDER BY id")

    def _tidy(self) -> None:
        """Keep the database small: the older half goes."""
        for job_id, status in self._jobs()[: MOST_JOBS // 2]:
            if status not in FINAL:
                lifecycle.ask_cancel(job_id)
            if lifecycle.purge([job_id]):
                self._files.remove_job(job_id)

    def _ordinary_job(self) -> str:
        """What is wrong with a job that anybody might submit; empty when nothing is."""
        self._resume()
        for job_id, status in self._jobs():
            if status not in FINAL:
                lifecycle.ask_cancel(job_id)
        for claim in self._held:
            lifecycle.cancel(claim)
        job = self._upload_of(secrets.token_bytes(8), "fuzzed_file")  # in no cache
        for _ in range(MOST_ROUNDS):
            if not self.workers.run_next():
                break
        shown = self.ask("GET", f"/jobs/{job['job_id']}?include=result")
        is_fine = shown["status"] == "completed" and not shown["cached"]
        return "" if is_fine else f"it is {shown['status']} ({shown['waiting_for']})"
