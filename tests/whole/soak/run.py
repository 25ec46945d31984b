"""One call: users and a care that never end, then a time in which nothing is killed and measured.

What was promised is in a journal in the folder, so that a later call continues: it first asks for
all that the earlier ones left.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import signal
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bellhop.client import NoAnswer, RequestFailed
from tests.support.programs import lead, release
from tests.support.running import FINAL, Running, is_alive, wait_for
from tests.support.standins.smtp import MailServer
from tests.whole.soak import measures
from tests.whole.soak.measures import Series

# What is submitted, and how it ends: (type, input, status).
KINDS = (
    ("noop", {"text": "a"}, "completed"),
    ("keys", {"json": {"a": 1}}, "completed"),
    ("slow", {"text": "a"}, "completed"),
    ("bad_input", {"text": "a"}, "failed"),
    ("crash", {"text": "a"}, "failed"),
)
WEIGHTS = (60, 20, 8, 8, 4)
SLOW_S = 0.5
# So many jobs a second, and files into the watch folder every so many seconds.
PACE, DROP_EVERY_S = 8.0, 4.0
BACKUP_EVERY_S, RESTART_EVERY_S, KILL_EVERY_S = 12.0, 11.0, 7.0
UPGRADE_EVERY_S = 31.0
SAMPLE_EVERY_S = 2.0
# In a short call each of them comes for the first time after this part of it, for it to come at
# all; and samples are taken as often, and at least so many.
SOON, OFTEN, LEAST = 0.2, 0.05, 5
# How long after its start a restart may be hit by a kill: at any stage of it.
HIT_WITHIN_S = 4.0
# A job that has ended, and that somebody has looked at, is deleted; else the disk would grow.
MOST_OPEN = 400
LATE_S = 120.0
# Of a call: the part in which things are killed; then one that is not measured, for caches to fill.
STORM, SETTLE = 0.35, 0.2
# What the log may say with a warning or more, because the run does it: kills, and upgrades.
KILLED = "the new program said nothing (SIGKILL)"
EXPLAINED = tuple(
    re.compile(f"bellhop\\.{said}")
    for said in (
        r"supervisor (web|consumer) ended with status -9",
        rf"supervisor Bellhop was not restarted, and runs on: {re.escape(KILLED)}",
        r"backup the rows were brought from schema \d+ to \d+, and those from before are in .*",
    )
)
WARNED = re.compile(r"^\S+ \S+ (WARNING|ERROR|CRITICAL) (.*)$", re.M)


@dataclass
class Verdict:
    """What a call has seen."""

    counts: Counter[str] = field(default_factory=Counter)
    series: list[Series] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def table(self) -> str:
        done = ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items()))
        return "\n".join([f"  {done}", *(series.line() for series in self.series)])


class Soak:
    """A Bellhop in `folder`, with all that its users and its operator do to it."""

    def __init__(self, folder: Path, seed: int):
        self._folder, self._rng = folder, random.Random(seed)
        self._journal = folder / "journal.jsonl"
        self._backup = folder / "backup.bellhop"
        self._mail = MailServer()
        self._watched = folder / "scans"
        self._watched.mkdir(exist_ok=True)
        self._bellhop = Running(folder, **self._environment())
        self._releases, self._link = folder / "releases", folder / "current"
        self._bellhop.program = self._link / "app.py"
        self._open: dict[str, tuple[str, float]] = {}
        self._verdict = Verdict()
        self._samples: list[tuple[float, dict[tuple[str, str], float]]] = []
        self._is_over = threading.Event()
        self._due: dict[str, float] = {}

    def _environment(self) -> dict[str, str]:
        config = self._folder / "config.ini"
        config.write_text(f"[watch:scans]\nfolder = {self._watched}\ntype = upper\n")
        mail = {
            "HOST": "127.0.0.1", "PORT": str(self._mail.port), "SECURITY": "none",
            "USER": "bellhop", "PASSWORD": self._mail.password, "FROM": "bellhop@example.org",
        }  # fmt: skip
        given = {f"BELLHOP_NOTICES_SMTP_{name}": value for name, value in mail.items()}
        return {**given, "BELLHOP_CONFIG": str(config), "BELLHOP_NOTICES_GATHER_S": "5"}

    def run(self, seconds: float) -> Verdict:
        """Let it live for so long."""
        storm_s, settled_s = seconds * STORM, seconds * (STORM + SETTLE)
        self._soon_s = seconds * SOON
        try:
            self._make_release()
            self._bellhop.serve()
            start = time.monotonic()
            self._take_up()
            self._want_notices()
            users = threading.Thread(target=self._use, daemon=True)
            users.start()
            while (now := time.monotonic() - start) < seconds or len(self._samples) < LEAST:
                self._care(now, is_storm=now < storm_s)
                if now >= settled_s:
                    self._sample(now)
                time.sleep(min(SAMPLE_EVERY_S, seconds * OFTEN))
            self._is_over.set()
            users.join(30)
            self._settle()
        finally:
            self._is_over.set()
            self._bellhop.stop()
            self._mail.stop()
        self._judge()
        return self._verdict

    def _take_up(self) -> None:
        """What an earlier call promised and has not seen the end of."""
        if self._journal.exists():
            for line in self._journal.read_text().splitlines():
                job_id, status = json.loads(line)
                if status is None:
                    self._open.pop(job_id, None)
                else:
                    self._open[job_id] = status, time.monotonic()
            self._verdict.counts["left by earlier calls"] = len(self._open)

    def _want_notices(self) -> None:
        """A mail for each failure, or for many of them."""
        wish = json.dumps({"address": "anna@example.org", "wants": "failures"}).encode()
        url, kind = f"{self._bellhop.url}/api/v1/account/notices", "application/json"
        asked = urllib.request.Request(url, wish, {"Content-Type": kind}, method="PATCH")
        urllib.request.urlopen(asked, timeout=10).close()

    def _note(self, job_id: str, status: str | None) -> None:
        with self._journal.open("a") as journal:
            journal.write(json.dumps([job_id, status]) + "\n")

    def _use(self) -> None:
        """Submit, look, delete: with a pause wherever Bellhop is away for a moment."""
        while not self._is_over.is_set():
            try:
                if len(self._open) < MOST_OPEN:
                    self._submit()
                self._look()
            except NoAnswer:
                self._verdict.counts["requests that a kill broke"] += 1
            except RequestFailed as error:
                self._verdict.wrong.append(f"a request was refused: {error}")
            self._is_over.wait(1 / PACE)

    def _submit(self) -> None:
        kind, given, status = self._rng.choices(KINDS, WEIGHTS)[0]
        params = {"seconds": SLOW_S} if kind == "slow" else {}
        document = {"type": kind, "items": [given], "params": params}
        job_id = str(self._bellhop.client().post("/api/v1/jobs", document)["job_id"])
        self._note(job_id, status)
        self._open[job_id] = status, time.monotonic()
        self._verdict.counts["jobs"] += 1

    def _look(self) -> None:
        """At the oldest that are open; what has ended as it should is deleted."""
        client = self._bellhop.client()
        for job_id, (status, since) in list(self._open.items())[:4]:
            job: dict[str, Any] = client.job(job_id)
            if job["status"] not in FINAL:
                if time.monotonic() - since > LATE_S:
                    self._verdict.wrong.append(f"{job_id} is {job['status']} after {LATE_S:.0f} s")
                    self._open.pop(job_id)
                continue
            if job["status"] != status:
                self._verdict.wrong.append(f"{job_id} is {job['status']}, and not {status}")
            client.delete(f"/api/v1/jobs/{job_id}?purge=true")
            self._note(job_id, None)
            self._open.pop(job_id)

    def _care(self, now: float, *, is_storm: bool) -> None:
        """What an operator, a scanner and accidents do."""
        self._each("files watched", DROP_EVERY_S, now, self._drop)
        self._each("backups", BACKUP_EVERY_S, now, self._save)
        if is_storm:
            self._each("upgrades", UPGRADE_EVERY_S, now, self._upgrade)
            self._each("restarts", RESTART_EVERY_S, now, self._restart)
            self._each("kills", KILL_EVERY_S, now, self._kill)

    def _each(self, what: str, every_s: float, now: float, act: Callable[[], object]) -> None:
        if now >= self._due.get(what, min(every_s, self._soon_s)):
            self._due[what] = now + every_s
            self._verdict.counts[what] += 1
            act()

    def _drop(self) -> None:
        name = f"{time.time_ns()}.txt"
        (self._folder / name).write_text(name)
        (self._folder / name).rename(self._watched / name)

    def _save(self) -> None:
        self._backup.unlink(missing_ok=True)
        for command in (("backup", str(self._backup)), ("backup", "--verify", str(self._backup))):
            ended = self._bellhop.run(*command, limit_s=60)
            if ended.returncode:
                self._verdict.wrong.append(f"{' '.join(command)}: {ended.stderr.strip()}")

    def _make_release(self) -> None:
        """Let the link lead to a release of this code, with a migration more than the last one."""
        known = sorted(self._releases.glob("*"), key=lambda path: int(path.name))
        number = int(known[-1].name) + 1 if known else 0
        added = [f"CREATE TABLE of_{n} (id INTEGER PRIMARY KEY);" for n in range(1, number + 1)]
        lead(self._link, release(self._releases / str(number), f"9.{number}", *added).parent)

    def _upgrade(self) -> None:
        """Restart into the next release; then the last one goes."""
        before = self._link.resolve()
        self._make_release()
        if self._restart():
            shutil.rmtree(before)
        else:
            shutil.rmtree(self._link.resolve())
            lead(self._link, before)

    def _restart(self) -> bool:
        """Restart it, and hit one of its children meanwhile; whether it was restarted."""
        command = self._bellhop.start("restart")
        hit = None
        if self._rng.random() < 0.5:
            time.sleep(self._rng.uniform(0, HIT_WITHIN_S))
            hit = self._hit(*measures.CHILDREN)
        self._bellhop.processes.remove(command)
        command.communicate(timeout=60)
        is_done = command.returncode == 0
        if not is_done and hit != measures.NEXT:
            self._verdict.wrong.append("a restart failed; the log says why")
        wait_for(self._bellhop.is_ready)
        return is_done

    def _kill(self) -> None:
        """One half of it, without a word; the parent starts it again."""
        self._hit(measures.WEB, measures.CONSUMER)
        wait_for(self._bellhop.is_ready)

    def _hit(self, *kinds: str) -> str | None:
        """Kill a child of the parent, of one of these kinds; which it was, if there was any."""
        children = measures.children(self._bellhop.processes[0].pid)
        there = [kind for kind in kinds if kind in children]
        if not there:
            return None
        kind = self._rng.choice(there)
        with contextlib.suppress(ProcessLookupError):
            os.kill(children[kind], signal.SIGKILL)
        wait_for(lambda: not is_alive(children[kind]))
        self._verdict.counts[f"kills of {kind}"] += 1
        return kind

    def _sample(self, now: float) -> None:
        parent = self._bellhop.processes[0].pid
        seen = measures.of_processes(parent) | measures.of_folder(self._bellhop.data)
        self._samples.append((now, seen))

    def _settle(self) -> None:
        """Wait for the end of all that is open."""
        deadline = time.monotonic() + LATE_S
        while self._open and time.monotonic() < deadline:
            self._look()
            time.sleep(0.05)
        self._verdict.wrong += [f"{job_id} has not ended" for job_id in self._open]
        done = self._watched / "done"
        while self._waiting() and time.monotonic() < deadline:
            time.sleep(0.5)
        self._verdict.counts["files done"] = len(list(done.glob("*.txt")))
        self._verdict.wrong += [f"{path} is not done" for path in self._waiting()]
        told = Counter(mail["Message-ID"] for mail in self._mail.mails)
        self._verdict.counts["mails"] = len(told)
        # Where a kill came between the mail and its record, the same mail comes once more.
        self._verdict.counts["mails repeated"] = sum(told.values()) - len(told)

    def _waiting(self) -> list[Path]:
        """Files of the watch folder whose jobs have not ended, or have not completed."""
        left = [path for path in self._watched.rglob("*.txt") if "done" not in path.parts]
        return sorted(left)

    def _judge(self) -> None:
        names = sorted({name for _, seen in self._samples for name in seen})
        for part, measure in names:
            points = [
                (t, seen[part, measure]) for t, seen in self._samples if (part, measure) in seen
            ]
            if len(points) > 3:
                self._verdict.series.append(Series(part, measure, points))
        flat = [series for series in self._verdict.series if not series.is_flat]
        self._verdict.wrong += [f"grows:{series.line()}" for series in flat]
        for level, said in WARNED.findall(self._bellhop.log()):
            if not any(pattern.fullmatch(said) for pattern in EXPLAINED):
                self._verdict.wrong.append(f"the log says {level} {said[:200]}")
