"""The users of the run: they submit, cancel and retry over HTTP, and remember what was promised.

Everything goes through the API like a client's requests do, against a server that may be
away. An answer that never came promises nothing; a 202 that came promises everything.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.whole.chaos.evidence import UNFINISHED, Database

JOBS = "/api/v1/jobs"
REQUEST_LIMIT_S = 30.0
# Little enough that what is cancelled often runs already.
BACKLOG_ITEMS = 100
# Of it, what takes long: enough that each kill meets something that runs.
BACKLOG_LONG_ITEMS = 10
MOST_RETRIES = 2
# Of the submissions that may go on in a second step, or carry a key under which they are sent
# again until they are answered.
CHAINED, KEYED = 0.2, 0.5
NEEDED_S = 0.3  # each the same, so that those that are submitted together end together
# So few that most were there before.
CONTENTS = [f"content {number}".encode() for number in range(50)]
PAUSE_S = 0.1  # of a client that was refused or not heard
LOOK_PAUSE_S = (0.02, 0.1)  # between two questions of who looks around, or follows


@dataclass(frozen=True)
class Kind:
    """How often a job type is submitted, with how many items at most, with which params."""

    weight: float
    most_items: int = 1
    params: Callable[[random.Random], dict[str, Any]] = lambda rng: {}


KINDS = {
    "quick": Kind(50, 50),
    "writing": Kind(10, 10),
    "copying": Kind(10, 5),
    "cached": Kind(8, 5),
    "needed": Kind(6, 1, lambda rng: {"seconds": NEEDED_S}),
    "failing": Kind(5, 5),
    "later": Kind(4, 5),
    "refused": Kind(4, 5),
    "slow": Kind(8, 2, lambda rng: {"seconds": round(rng.uniform(0.5, 2), 2)}),
    "polite": Kind(6, 2, lambda rng: {"seconds": round(rng.uniform(0.5, 3), 2)}),
    "forking": Kind(5, 2, lambda rng: {"seconds": round(rng.uniform(0, 1), 2)}),
    "crash_once": Kind(4, 2),
    "hang": Kind(3),
    "hungry": Kind(3),
}
# What is worth a cancel while it runs.
LONG = ("slow", "polite", "forking", "hang")
UPLOADS = ("copying", "cached")
MAY_GO_ON = ("quick", "writing", "failing")
# Everything that a page asks for of a job.
LOOKS = ("", "/result", "/items", "/events?include=traceback", "/items/0/log", "/deliveries")
PAGES = ("/", "/metrics", "/ready", f"{JOBS}/stats", "/api/v1/types", "/api/v1/cache",
         "/api/v1/monitoring/queues", "/api/v1/monitoring/health")  # fmt: skip


class NoAnswer(Exception):
    """The request may have been heard or not."""


@dataclass(frozen=True)
class Answer:
    status: int
    location: str | None
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


def ask(
    url: str,
    method: str,
    path: str,
    body: bytes = b"",
    content_type: str = "application/json",
    key: str = "",
) -> Answer:
    """One request on a connection of its own; `key` is its Idempotency-Key.

    The user of the address, if it has one, is a token.
    """
    parts = urlsplit(url)
    client = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = client(parts.hostname or "", parts.port, timeout=REQUEST_LIMIT_S)
    try:
        headers = {"Content-Type": content_type} if body else {}
        headers |= {"Idempotency-Key": key} if key else {}
        headers |= {"Authorization": f"Bearer {parts.username}"} if parts.username else {}
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.getheader("Location"), response.read())
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}") from None
    finally:
        connection.close()


@dataclass
class Submission:
    """One job as it was sent; its items are named `NUMBER-INDEX`.

    `job_id` is there once it was accepted, `refusal` once it was refused; neither says
    that the answer never came. `contents` are those of uploads, `options` are further fields.
    """

    number: int
    kind: str
    names: list[str]
    contents: list[bytes]
    job_id: str | None = None
    refusal: str | None = None
    retries: int = 0
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wish:
    """A cancel that was sent at `at`; `is_heard` when a 202 came back."""

    job_id: str
    at: float
    is_heard: bool


@dataclass
class Ledger:
    """What was asked of Bellhop and what it promised."""

    submissions: list[Submission] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    # "STATUS CODE" of every answer that was no 2xx, with the request's verb.
    refusals: Counter[str] = field(default_factory=Counter)

    @property
    def server_errors(self) -> int:
        """How many answers were a 500."""
        return sum(n for words, n in self.refusals.items() if ": 500 " in words)

    @property
    def accepted(self) -> list[Submission]:
        return [submission for submission in self.submissions if submission.job_id]

    def refuse(self, verb: str, answer: Answer) -> str:
        """Remember a refusal; its words."""
        try:
            code = answer.document["code"]
        except (ValueError, KeyError, TypeError):
            code = repr(answer.body[:100])
        words = f"{verb}: {answer.status} {code}"
        self.refusals[words] += 1
        return words


class Load:
    """Threads that submit at least `items` items and go on until `enough` is called.

    `progress()` says from 0 to 1 how much of the storm is over: the items are spread over it.
    Between two cancels there are `cancel_pause_s`, and between two looks at pages `look_pause_s`.
    """

    def __init__(
        self,
        url: str,
        database: Database,
        journal: Path,
        items: int,
        seed: str,
        progress: Callable[[], float],
        kinds: Mapping[str, Kind] = KINDS,
        cancel_pause_s: tuple[float, float] = (0.05, 0.4),
        look_pause_s: tuple[float, float] = LOOK_PAUSE_S,
    ):
        self.ledger = Ledger()
        self._kinds, self._cancel_pause_s = kinds, cancel_pause_s
        self._look_pause_s = look_pause_s
        self.accepted = 0  # items with a 202
        self._url, self._database, self._journal = url, database, journal
        self._items, self._progress = items, progress
        self._accepted_at = time.monotonic()
        self._lock = threading.Lock()
        self._enough, self._over = threading.Event(), threading.Event()
        self.failure: BaseException | None = None
        self._threads = [
            threading.Thread(target=self._guarded, args=[work, f"{seed} {name}"], daemon=True)
            for name, work in (
                ("submit", self._submit_all),
                ("submit too", self._submit_all),
                ("cancel", self._cancel_some),
                ("retry", self._retry_some),
                ("look", self._look_around),
            )
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def enough(self) -> None:
        """Stop once the items due by now are accepted, or nothing is any more.

        Returns when every answer is there.
        """
        self._enough.set()
        for thread in self._threads[:2]:
            thread.join()
        self._over.set()
        for thread in self._threads[2:]:
            thread.join()
        if self.failure:
            raise self.failure

    def _guarded(self, work: Callable[[random.Random], None], seed: str) -> None:
        try:
            work(random.Random(seed))
        except BaseException as error:
            self.failure = error

    def _submit_all(self, rng: random.Random) -> None:
        while not self._enough.is_set() or (self._is_due() and self._is_heard()):
            if kinds := self._wanted():
                submission = self._next_submission(kinds, rng)
                self._submit(submission, rng)
                if submission.kind == "needed" and submission.job_id:
                    self._submit_dependent(submission.job_id, rng)
            else:
                time.sleep(0.02)

    def _wanted(self) -> Sequence[str]:
        """The kinds of which there may be more now."""
        wants_short = self._is_due() and self._database.count(*UNFINISHED) < BACKLOG_ITEMS
        wants_long = self._database.count(*UNFINISHED, kinds=LONG) < BACKLOG_LONG_ITEMS
        return [kind for kind in self._kinds if (wants_long if kind in LONG else wants_short)]

    def _is_due(self) -> bool:
        return self.accepted < self._items * self._progress()

    def _is_heard(self) -> bool:
        return time.monotonic() - self._accepted_at < REQUEST_LIMIT_S

    def _submit_dependent(self, needed: str, rng: random.Random) -> None:
        """One that needs two jobs, which are likely to end at the same time."""
        other = self._next_submission(["needed"], rng)
        self._submit(other, rng)
        if other.job_id:
            dependent = self._next_submission(["quick"], rng)
            dependent.options["depends_on"] = [needed, other.job_id]
            self._submit(dependent, rng)

    def _next_submission(self, kinds: Sequence[str], rng: random.Random) -> Submission:
        (kind,) = rng.choices(kinds, [self._kinds[kind].weight for kind in kinds])
        count = min(self._kinds[kind].most_items, rng.choice([1, 1, 2, 5, 20, 50]))
        with self._lock:
            number = len(self.ledger.submissions)
            names = [f"{number}-{index}" for index in range(count)]
            submission = Submission(number, kind, names, _contents(kind, count, rng))
            self.ledger.submissions.append(submission)
        if rng.random() < 0.5:
            submission.options["priority"] = rng.randint(-100, 100)
        if kind in MAY_GO_ON and rng.random() < CHAINED:
            step = {"type": "continued", "params": {"journal": str(self._journal)}}
            submission.options["then"] = [step]
        return submission

    def _submit(self, submission: Submission, rng: random.Random) -> None:
        params = {**self._kinds[submission.kind].params(rng), "journal": str(self._journal)}
        key = f"{submission.number}" if rng.random() < KEYED else ""
        if submission.contents:
            body, content_type = form_of(submission, params)
        else:
            items = [{"text": name} for name in submission.names]
            document = {"type": submission.kind, "items": items, "params": params}
            document |= submission.options
            body, content_type = json.dumps(document).encode(), "application/json"
        answer = self._answer_to_submit(body, content_type, key)
        if answer is None:
            time.sleep(PAUSE_S)
        elif answer.status == 202:
            submission.job_id = (answer.location or "").rpartition("/")[2]
            with self._lock:
                self.accepted += len(submission.names)
                self._accepted_at = time.monotonic()
        else:
            refusal = self.ledger.refuse("submit", answer)
            # That the database is away says nothing about what it had done before.
            submission.refusal = None if answer.status == 503 else refusal
            time.sleep(PAUSE_S)

    def _answer_to_submit(self, body: bytes, content_type: str, key: str) -> Answer | None:
        """The first answer, or with a key the first that says what became of it; None for none."""
        answer, until = None, time.monotonic() + REQUEST_LIMIT_S
        while True:
            with contextlib.suppress(NoAnswer):
                answer = ask(self._url, "POST", JOBS, body, content_type, key)
            is_known = answer is not None and answer.status not in (409, 503)
            if is_known or not key or time.monotonic() > until:
                return answer
            if answer is not None:
                self.ledger.refuse("submit", answer)
            answer = None
            time.sleep(PAUSE_S)

    def _look_around(self, rng: random.Random) -> None:
        """Ask for what pages show. What is not there, or not yet, is a fair answer."""
        while not self._over.wait(rng.uniform(*self._look_pause_s)):
            path = rng.choice(PAGES)
            if accepted := self.ledger.accepted[-200:]:
                path = rng.choice(
                    [path, f"{JOBS}/{rng.choice(accepted).job_id}{rng.choice(LOOKS)}"]
                )
            with contextlib.suppress(NoAnswer):
                answer = ask(self._url, "GET", path)
                if answer.status >= 500 and answer.status != 503:
                    self.ledger.refuse(f"GET {path}", answer)

    def _cancel_some(self, rng: random.Random) -> None:
        while not self._over.wait(rng.uniform(*self._cancel_pause_s)):
            wanted = rng.choice(["running", "running", "running", "queued,pending"])
            jobs = self._listed(wanted)
            long = [job for job in jobs if job["type"] in LONG]
            if jobs:
                self._cancel(rng.choice(long if long and rng.random() < 0.8 else jobs)["job_id"])

    def _cancel(self, job_id: str) -> None:
        at = time.time()
        try:
            answer = ask(self._url, "POST", f"{JOBS}/{job_id}/cancel")
        except NoAnswer:
            self.ledger.wishes.append(Wish(job_id, at, is_heard=False))
            return
        if answer.status == 202:
            self.ledger.wishes.append(Wish(job_id, at, is_heard=True))
        else:
            self.ledger.refuse("cancel", answer)

    def _retry_some(self, rng: random.Random) -> None:
        while not self._over.wait(rng.uniform(0.2, 0.8)):
            ids = {job["job_id"] for job in self._listed("failed,cancelled")}
            known = [
                s for s in self.ledger.accepted if s.job_id in ids and s.retries < MOST_RETRIES
            ]
            if known:
                self._retry(rng.choice(known), rng)

    def _retry(self, submission: Submission, rng: random.Random) -> None:
        submission.retries += 1
        count = len(submission.names)
        some = rng.sample(range(count), rng.randint(1, count))
        body = json.dumps({"items": some}).encode() if rng.random() < 0.5 else b""
        try:
            answer = ask(self._url, "POST", f"{JOBS}/{submission.job_id}/retry", body)
        except NoAnswer:
            return
        if answer.status != 202:
            self.ledger.refuse("retry", answer)

    def _listed(self, statuses: str) -> Sequence[Any]:
        try:
            answer = ask(self._url, "GET", f"{JOBS}?status={statuses}&limit=50")
        except NoAnswer:
            return []
        if answer.status == 200:
            return list(answer.document["jobs"])
        self.ledger.refuse("list", answer)
        return []


def form_of(submission: Submission, params: dict[str, Any]) -> tuple[bytes, str]:
    """A submission as a multipart form: (body, content type)."""
    boundary = secrets.token_hex(16)
    disposition = f"--{boundary}\r\nContent-Disposition: form-data; name="
    fields = {"type": submission.kind, **params}
    fields |= {name: json.dumps(value) for name, value in submission.options.items()}
    parts = [f'{disposition}"{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    for name, content in zip(submission.names, submission.contents, strict=True):
        head = f'{disposition}"files"; filename="{name}.txt"\r\n\r\n'
        parts += [head.encode(), content, b"\r\n"]
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


def _contents(kind: str, count: int, rng: random.Random) -> list[bytes]:
    """What is uploaded for so many items of a kind; of one without files, nothing."""
    if kind not in UPLOADS:
        return []
    is_new = kind == "copying"
    return [rng.randbytes(rng.randint(1, 5000)) if is_new else rng.choice(CONTENTS)
            for _ in range(count)]  # fmt: skip


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()
