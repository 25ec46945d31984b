"""`python -m tests.whole.recorded.keep NAME`: keeps a data folder of the present schema.

Run before a migration is added, NAME being the number of the newest one. It makes jobs in every
state, kills all of it while one runs, and writes `data/NAME`: the database as SQL, the files of
jobs, and in `expected.json` what Bellhop answered about them. `restored` is the way back.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.running import Running, running, wait_for
from tests.whole.recorded.caller import Caller, receiver
from tests.whole.recorded.open_pass import FILE, NEW_YEAR, TYPES, texts

DATA = Path(__file__).parent / "data"
FOLDERS = ("uploads", "results", "logs")
DATABASE, RECORD, EXPECTED = "bellhop.db", "installation.json", "expected.json"
# The schema that brought chains, times, schedules, the cache and webhooks; the one with accounts.
WHOLE_MODEL, ACCOUNTS = 3, 5
# When the job that waits for its next try is due: after all is killed, before any test.
DUE_S = 60
SETTINGS = {"BELLHOP_JOBTYPES_FOLDER": str(TYPES), "BELLHOP_OUTBOUND_ALLOWED": "127.0.0.1"}
# What is told of an item, now and later.
TOLD = ("index", "status", "data", "error", "warnings")


def keep(name: str, folder: Path) -> None:
    """Make a data folder in `folder`, and keep it under `name`."""
    with running(folder, **SETTINGS) as bellhop, receiver() as address:
        ask = Caller(bellhop, {"receiver": address})
        ask.run([_nothing])
        bellhop.serve()
        schema = schema_of(bellhop.data)
        end_jobs(ask)
        if schema >= WHOLE_MODEL:
            end_more_jobs(ask)
        expected: dict[str, Any] = {"schema": schema, "ended": told(ask)}
        leave_running(ask)
        kill(bellhop)
        expected["tokens"] = add_accounts(bellhop) if schema >= ACCOUNTS else {}
        ask.logins = {n: {"Authorization": f"Bearer {t}"} for n, t in expected["tokens"].items()}
        expected["left"] = leave_waiting(ask, schema)
        bellhop.stop()
        write(bellhop.data, DATA / name, expected)


def schema_of(data: Path) -> int:
    with contextlib.closing(sqlite3.connect(data / DATABASE)) as database:
        return int(database.execute("PRAGMA user_version").fetchone()[0])


def end_jobs(ask: Caller) -> None:
    """Jobs that are final, each in another way."""
    file = ("notes.txt", FILE)
    ask("POST jobs", form=[("type", "report"), ("title", "T")], files=[file], name="report")
    ask("POST jobs", json=texts("loud", params={"times": 2}), name="warned")
    ask("POST jobs", json=texts("bad", type="picky"), name="failed")
    ask("POST jobs", json=texts("good", "new", type="picky"), name="partly")
    for name in ("report", "warned", "failed", "partly"):
        ask.final(name)
    ask("POST jobs", json=texts("on", type="hold"), name="cancelled")
    ask.until("GET jobs/{cancelled}", lambda job: job["current_step"])
    ask("POST jobs/{cancelled}/cancel")
    ask.final("cancelled")


def end_more_jobs(ask: Caller) -> None:
    """Final jobs of what the whole job model brought."""
    ask("POST jobs", json=texts("chain", then=[{"type": "count"}]), name="chain")
    ask("POST jobs", json=texts("told", webhook_url="{receiver}/ok"), name="told")
    ask.final("chain")
    ask.final("told")
    path = "GET jobs/{told}/deliveries"
    ask.until(path, lambda found: [d["status"] for d in found["deliveries"]] == ["completed"])
    ask("POST jobs", json=texts("loud", params={"times": 2}), name="cached")
    ask("PATCH jobs/{warned}", json={"keep": True})
    ask("POST jobs", json=texts("gone"), name="deleted")
    ask.final("deleted")
    ask("DELETE jobs/{deleted}?purge=true")
    ask("POST schedules", json={**NEW_YEAR, "job": texts("happy")})


def told(ask: Caller) -> dict[str, Any]:
    """What Bellhop says about each job that has ended, by its name; None about one that is gone."""
    names = [name for name in ask.names if name != "receiver"]
    return {name: {"job_id": ask.names[name], "job": about(ask, name)} for name in names}


def about(ask: Caller, name: str, by: str | None = None) -> dict[str, Any] | None:
    """A job as it is told now and later: how it ended, with its results and files."""
    found = ask.send(f"GET jobs/{{{name}}}", by=by)
    if found.status != 200:
        return None
    items = ask.send(f"GET jobs/{{{name}}}/items", by=by).json["items"]
    return {
        "type": found.json["type"],
        "name": found.json["name"],
        "status": found.json["status"],
        "items": [
            {
                **{member: item[member] for member in TOLD},
                "files": {
                    file["name"]: ask.send(f"GET {file['url']}", by=by).body.decode()
                    for file in item["files"]
                },
            }
            for item in items
        ],
    }


def leave_running(ask: Caller) -> None:
    """One that waits for its next try, and one that runs."""
    params = {"after_s": DUE_S}
    ask("POST jobs", json=texts("soon", type="later", params=params), name="later")
    ask.until("GET jobs/{later}/items", lambda found: found["items"][0]["status"] == "pending")
    ask.until("GET jobs/{later}", lambda job: job["waiting_for"])
    ask("POST jobs", json=texts("on", type="hold"), name="running")
    ask.until("GET jobs/{running}", lambda job: job["current_step"])


def kill(bellhop: Running) -> None:
    """All of it at once, as a power cut does."""
    for pid in bellhop.descendants():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not bellhop.descendants())
    (bellhop.data / "address").unlink(missing_ok=True)


def add_accounts(bellhop: Running) -> dict[str, str]:
    """An admin, to whom the jobs from before belong, and a member and a viewer; their tokens."""
    tokens = {}
    for name, role in (("anna", "admin"), ("ben", "member"), ("vera", "viewer")):
        for command in (("user", "add", name, "--role", role), ("token", "add", name, "--days=0")):
            done = bellhop.run(*command)
            assert done.returncode == 0, done.stderr
        tokens[name] = done.stdout.strip()
    return tokens


def leave_waiting(ask: Caller, schema: int) -> dict[str, str]:
    """What the web alone accepts stays; the ids of all that is not final, by their names."""
    ask.bellhop.start("web")
    by = "anna" if schema >= ACCOUNTS else None
    ask("POST jobs", json=texts("in line"), name="queued", by=by)
    left = ["later", "running", "queued"]
    if schema >= WHOLE_MODEL:
        at = "2100-01-01T00:00:00Z"
        key = {"Idempotency-Key": "kept"}
        needed = ["{timed}"]
        ask("POST jobs", json=texts("in time", run_at=at), name="timed", by=by, headers=key)
        ask("POST jobs", json=texts("after", depends_on=needed), name="needing", by=by)
        ask("POST queues/parsing/pause", by=by)
        json = {"type": "count", "items": [{"json": {"a": 1}}], "priority": 5}
        ask("POST jobs", json=json, name="paused", by=by)
        left += ["timed", "needing", "paused"]
    if schema >= ACCOUNTS:
        ask("POST jobs", json=texts("ben's"), name="shared", by="ben")
        ask("POST jobs/{shared}/shares", json={"account": "vera"}, by="ben")
        left += ["shared"]
    return {name: ask.names[name] for name in left}


def write(data: Path, kept: Path, expected: dict[str, Any]) -> None:
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for folder in FOLDERS:
        shutil.copytree(data / folder, kept / folder)
    shutil.copy(data / RECORD, kept)
    with contextlib.closing(sqlite3.connect(data / DATABASE)) as database:
        lines = [*database.iterdump(), f"PRAGMA user_version = {expected['schema']};"]
    (kept / DATABASE).with_suffix(".sql").write_text("\n".join(lines) + "\n")
    (kept / EXPECTED).write_text(json.dumps(expected, indent=2, ensure_ascii=False) + "\n")


def restored(name: str, data: Path) -> dict[str, Any]:
    """Make `data` the folder that was kept under `name`; what is expected of it."""
    kept = DATA / name
    for folder in FOLDERS:
        if (kept / folder).exists():  # an empty folder is not kept
            shutil.copytree(kept / folder, data / folder)
    data.mkdir(exist_ok=True)
    shutil.copy(kept / RECORD, data)
    with contextlib.closing(sqlite3.connect(data / DATABASE)) as database:
        database.executescript((kept / DATABASE).with_suffix(".sql").read_text())
    expected: dict[str, Any] = json.loads((kept / EXPECTED).read_text())
    return expected


def _nothing(ask: Caller) -> None:
    """The group of requests whose answers are not recorded."""


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        keep(sys.argv[1], Path(made))
