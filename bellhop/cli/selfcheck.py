"""The command `check`: is this installation sound? One line for each question.

It asks the Bellhop that is running on the data folder; if none is, it starts one for
the length of the check, which listens where the settings say.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bellhop.base import addresses
from bellhop.base.addresses import API
from bellhop.base.errors import REMOVED, StartRefused
from bellhop.base.program import COMMAND
from bellhop.base.settings import Settings
from bellhop.base.texts import shown
from bellhop.cli import commands
from bellhop.client import Bellhop, BellhopError, RequestFailed
from bellhop.database.database import database, refusing
from bellhop.machines import members
from bellhop.storage.files import Files
from bellhop.storage.inspection import MOST_SHOWN, Inspection
from bellhop.storage.installation import Installation, read_record
from bellhop.stores.folders import remove_tree
from bellhop.system import confine, limits, temporary
from bellhop.system.locks import alone, is_held
from bellhop.uploads.uploads import Uploads

Check = tuple[str, Callable[[Bellhop], str]]
STOP_LIMIT_S = 20
JOB_LIMIT_S = 20
ROWS_LIMIT_S = 600


class _Failed(Exception):
    """One question has a bad answer."""


def run(settings: Settings) -> int:
    """Print what was asked and found; 1 when anything failed."""
    temporary.settle(settings.data_dir)
    here = read_record(settings.data_dir)
    if here and not here.is_home:
        return _failures(_of_machine(settings, here), Bellhop(here.home))
    with _running(settings) as client:
        return _failures(_of_home(settings), client)


def _of_home(settings: Settings) -> list[Check]:
    return [
        ("settings", lambda client: f"{settings.config_path}, {len(settings.queues)} queues"),
        ("addresses", lambda client: _addresses(settings, client)),
        ("folders", lambda client: _folders(settings)),
        ("storage", lambda client: _storage(settings, client)),
        ("database", lambda client: _database(settings)),
        ("rows", lambda client: _rows(settings)),
        ("schedules", lambda client: _schedules(settings, client)),
        ("consumer", _consumer),
        ("job types", _types),
        ("confinement of jobs", lambda client: _confinement()),
        ("a complete job", _job),
    ]


def _of_machine(settings: Settings, here: Installation) -> list[Check]:
    """Of one that joined: the rest is checked at its home."""
    return [
        ("settings", lambda client: f"{settings.config_path}"),
        ("folders", lambda client: _folders(settings)),
        ("database", lambda client: _database(settings)),
        ("machine", lambda client: _machine(here)),
        ("home", lambda client: f"{client.url} has version {client.get('/health')['version']}"),
        ("confinement of jobs", lambda client: _confinement()),
    ]


def _failures(checks: list[Check], client: Bellhop) -> int:
    """Print each question with its answer; 1 when one is bad."""
    failures = 0
    for name, question in checks:
        try:
            print(f"ok      {name}: {question(client)}", flush=True)
        except (_Failed, BellhopError, StartRefused) as error:
            print(f"FAILED  {name}: {shown(error)}", flush=True)
            failures += 1
    return 1 if failures else 0


def _machine(here: Installation) -> str:
    """Whether this folder is a machine of its installation, and what it serves."""
    with refusing(), database.connection_context():
        found = next((each for each in members.every() if each.id == here.machine), None)
    if found is None:
        raise _Failed(REMOVED)
    return f"{found.name}, a machine of {here.home}, serves {found.queues}"


@contextlib.contextmanager
def _running(settings: Settings) -> Iterator[Bellhop]:
    if os.environ.get("BELLHOP_URL") or is_held(settings.data_dir / "web.lock"):
        yield commands.at_home(settings)
        return
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=log)
        assert server.stdout is not None
        try:
            if not server.stdout.readline():
                log.seek(0)
                last = log.read().decode(errors="replace").strip().rpartition("\n")[2]
                raise StartRefused(last.removeprefix("bellhop: "))
            yield commands.at_home(settings)
        finally:
            server.terminate()
            server.wait(STOP_LIMIT_S + settings.server.stop_grace_s)
            server.stdout.close()


def _addresses(settings: Settings, client: Bellhop) -> str:
    """Each name that the settings hold must be one that Bellhop answers to."""
    server, names = settings.server, [urlsplit(client.url).netloc]
    if not os.environ.get("BELLHOP_URL"):
        names += [server.host, urlsplit(server.public_url).netloc, *server.allowed_hosts]
    names = list(dict.fromkeys(filter(None, names)))
    for name in names:
        host = f"[{name}]" if addresses.address(name) and ":" in name else name
        try:
            client.get("/ready", {"Host": host})
        except RequestFailed as refused:
            if refused.code != "not-ready":
                raise
    return f"{client.url} answers as {', '.join(names)}"


def _folders(settings: Settings) -> str:
    """What a job moves from folder to folder must arrive, on whatever disks they lie."""
    files = Files(settings.data_dir, settings.storage.files)
    here = read_record(settings.data_dir)
    if here is None:
        raise _Failed(f"Bellhop does not run in {settings.data_dir}; check where it runs")
    try:
        _move_files(files, here, f"check{secrets.token_hex(6)}")
        return f"files can be moved between them; {files.free_bytes() >> 20} MiB are free"
    except OSError as error:
        raise _Failed(str(error)) from None


def _move_files(files: Files, here: Installation, job_id: str) -> None:
    with contextlib.ExitStack() as after:
        # Who holds such a lock keeps its scratch folder: the keeper takes it for no litter.
        after.enter_context(alone(here.consumer_lock(job_id)))
        after.callback(here.forget_consumer, job_id)
        after.callback(files.remove_job, job_id)
        incoming = files.new_incoming()
        after.callback(remove_tree, incoming)
        scratch = files.new_scratch(job_id)
        after.callback(scratch.remove)
        (incoming / "0").write_text("given")
        files.accept(incoming, job_id)
        taken, _ = files.give(scratch, job_id, "0", lambda: None)
        (scratch.output / "made").write_text(taken.read_text())
        name = files.fresh_name("0-0-1")
        made, _ = files.publish(scratch.output, job_id, name, lambda: None, lambda name: False)
        files.new_log(job_id, "0-0-1").write(b"printed")
        files.send_logs()
        if not made:
            raise _Failed("results/ does not contain the output file")
        if not files.printed(job_id, "0-0-1"):
            raise _Failed("logs/ does not contain the output of a job")


def _storage(settings: Settings, client: Bellhop) -> str:
    """Web and consumer must ring the same bell, and it must ring."""
    queue = client.get("/health").get("queue")
    if queue is None:
        raise _Failed("only admins may see this; set BELLHOP_TOKEN to the token of an admin")
    recorded = read_record(settings.data_dir)
    if recorded is None or recorded.bell != queue["storage"]:
        raise _Failed(f"the web uses {queue['storage']}, but the record says {recorded}")
    wanted = settings.huey.storage
    if wanted not in ("auto", recorded.storage):
        raise _Failed(f"config.ini says {wanted}, but {recorded.storage} is in use; restart")
    if queue["bell"] != "ok":
        raise _Failed(f"{recorded.store()} does not answer: {queue['bell']}")
    return f"web and consumer use {recorded.store()}"


def _database(settings: Settings) -> str:
    """The rows must be reached; a warning is no failure, but says what may be lost."""
    here = read_record(settings.data_dir)
    if not (here and here.rows):
        return "SQLite"
    from bellhop.database import server  # an extra

    found = server.condition(settings.storage.database, is_owner=here.is_home)
    if found.problems:
        raise _Failed(f"{'; '.join(found.problems)} ({found}, at {here.rows})")
    return "\nWARNING database: ".join([f"{found}, at {here.rows}", *found.warnings])


def _rows(settings: Settings) -> str:
    """Every row must be readable; one that is not fails alone, so nobody else may have noticed."""
    here = read_record(settings.data_dir)
    if found := Inspection(here).look(ROWS_LIMIT_S) if here else []:
        raise _Failed(f"{len(found)} cannot be read: {', '.join(found[:MOST_SHOWN])}")
    return "all can be read"


def _schedules(settings: Settings, client: Bellhop) -> str:
    """Each must have the files that it gives to its jobs."""
    schedules = client.get(f"{API}/schedules")["schedules"]
    uploads = Uploads(settings.data_dir)
    lost = [
        schedule["name"]
        for schedule in schedules
        if not all(uploads.has(file["upload"]) for file in schedule["files"])
    ]
    if lost:
        raise _Failed(f"files are gone; edit these and choose their files again: {', '.join(lost)}")
    return f"{len(schedules)}, with all their files"


def _consumer(client: Bellhop) -> str:
    return f"{client.get('/ready').get('consumers', 'at least one')} alive"


def _types(client: Bellhop) -> str:
    types: list[dict[str, Any]] = client.get(f"{API}/types")["types"]
    missing = [f"{t['type']} ({t['reason']})" for t in types if not t["available"]]
    return f"{len(types)}, unavailable: {', '.join(missing) or 'none'}"


def _confinement() -> str:
    """What is kept from job code here; a kernel that lacks a part is no failure."""
    closed = "confined once there is an account"
    words = {"shared memory": "private once there is an account"}
    words |= dict.fromkeys(("network", "sizes"), "confined")
    cannot = "not confined, because this system does not support it"
    without = {"shared memory": "refused once there is an account, because there are no namespaces"}
    kept = {**confine.enforced(), "sizes": limits.can_be_changed()}.items()
    return ", ".join(
        f"{part} {words.get(part, closed) if is_kept else without.get(part, cannot)}"
        for part, is_kept in kept
    )


def _job(client: Bellhop) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "check.txt"
        path.write_text("three short words")
        job = client.create("word_count", files=[path], use_cache=False)
    try:
        job = client.wait(job["job_id"], JOB_LIMIT_S)
    except TimeoutError:
        job = client.job(job["job_id"])
        client.delete(job["links"]["self"])
        raise _Failed(f"the job is still {job['status']}: {job['waiting_for']}") from None
    if job["status"] != "completed":
        raise _Failed(f"the job is {job['status']}: {job['error']}")
    data = client.get(job["links"]["result"])["items"][0]["data"]
    client.delete(f"{job['links']['self']}?purge=true")
    if data != {"words": 3}:
        raise _Failed(f"the result is wrong: {data}")
    return "submitted, run, read and deleted"
