"""The doors of a checkout hold what their names promise, each tried as its users would."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bellhop.accounts import accounts
from bellhop.bell.bell import Bell
from bellhop.client import Bellhop
from bellhop.settings.settings import Settings, postgresql_location
from bellhop.storage.installation import Installation
from bellhop.system.locks import is_held, take_lock
from tests.support.places import ROOT
from tests.support.running import Running, free_port, running, valkey, wait_for
from tests.support.wsgi import WsgiClient

BIN = Path(sys.executable).parent


@pytest.fixture
def bellhop(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as made:
        yield made


def python(bellhop: Running, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Python in the folder of the checkout, on the installation of the test."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, env=bellhop.environment, input=given, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def start(bellhop: Running, *command: str) -> subprocess.Popen[str]:
    """A program of the environment of the tests, in the folder of the checkout."""
    name, *arguments = command
    bellhop.know_types()
    with (bellhop.data.parent / "log").open("a") as log:
        process = subprocess.Popen(
            [str(BIN / name), *arguments],
            cwd=ROOT, env=bellhop.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
    bellhop.processes.append(process)
    return process


@contextlib.contextmanager
def served(bellhop: Running) -> Iterator[Bellhop]:
    """A client of `app.application`, served by Waitress alone."""
    port = free_port()
    start(bellhop, "waitress-serve", "--listen", f"127.0.0.1:{port}", "app:application")
    client = Bellhop(f"http://127.0.0.1:{port}")

    def answers() -> bool:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=20).close()
            return True
        return False

    wait_for(answers)
    yield client


# tasks.py


@pytest.mark.parametrize("storage", ["sqlite", "redis"])
def test_it_holds_the_huey_object_of_the_recorded_storage(bellhop: Running, storage: str) -> None:
    """The record is enough: what the settings name need not be asked."""
    bellhop.data.mkdir()
    url = bellhop.environment["BELLHOP_STORAGE_DATABASE"]
    record = {"id": "abc", "storage": storage, "redis": "127.0.0.1:6379/0" * (storage == "redis")}
    record["rows"] = postgresql_location(url) if url else ""
    (bellhop.data / "installation.json").write_text(json.dumps(record))
    bellhop.environment["BELLHOP_HUEY_STORAGE"] = "auto"
    done = python(bellhop, "-c", "from tasks import huey; print(type(huey).__mro__, huey.name)")
    assert f"huey.api.{storage.title()}Huey" in done.stdout and "bellhop_abc" in done.stdout


def test_it_decides_as_a_start_does_where_nothing_is_recorded(bellhop: Running) -> None:
    with valkey() as server:
        server.start()
        bellhop.environment["BELLHOP_HUEY_STORAGE"] = "auto"
        bellhop.environment["BELLHOP_HUEY_REDIS_URL"] = server.url
        python(bellhop, "-c", "import tasks")
    record = json.loads((bellhop.data / "installation.json").read_text())
    assert record["storage"] == "redis"


def test_it_keeps_nobody_from_switching_the_storage(bellhop: Running) -> None:
    code = "import tasks; print(tasks.bell.here.storage, flush=True); input()"
    with valkey() as server:
        server.start()
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, env=bellhop.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        with process:
            assert process.stdout and process.stdout.readline() == "sqlite\n"
            bellhop.environment["BELLHOP_HUEY_STORAGE"] = "redis"
            bellhop.environment["BELLHOP_HUEY_REDIS_URL"] = server.url
            assert bellhop.run("prepare").returncode == 0
            process.communicate("\n")
    assert "redis" in (bellhop.data / "installation.json").read_text()


def test_it_rings_in_the_file_in_which_a_consumer_listens(bellhop: Running) -> None:
    bellhop.serve()
    code = "from tasks import huey; huey.bell_task(); print(huey.storage.filename)"
    assert python(bellhop, "-c", code).stdout == f"{bellhop.data}/queue.db\n"


@pytest.mark.parametrize("half", ["web", "consumer"])
def test_it_gives_web_and_consumer_the_bell_of_tasks_py(bellhop: Running, half: str) -> None:
    """Also with another config: what it says reaches the door."""
    config = bellhop.data.parent / "other.ini"
    config.write_text(f"[storage]\ndata_dir = {bellhop.data}\n")
    code = (
        "import sys, app\n"
        "from bellhop.cli import main, run\n"
        "def see(loaded, given): print(given.open_bell(None, None) is sys.modules['tasks'].bell,\n"
        "    sys.modules['tasks'].settings.config_path)\n"
        f"run.COMMANDS['{half}'] = see\n"
        f"main.main(['--config', '{config}', '{half}'], app.open_bell)\n"
    )
    assert python(bellhop, "-c", code).stdout == f"True {config}\n"


def test_it_runs_jobs_under_the_consumer_of_huey(bellhop: Running) -> None:
    bellhop.start("web")
    start(bellhop, "huey_consumer", "tasks.huey", "-w", "2")
    wait_for(bellhop.is_ready)
    assert bellhop.final(bellhop.texts("a", "b", "c")["job_id"])["completed_items"] == 3


def test_it_runs_as_many_items_at_a_time_as_huey_was_told(bellhop: Running) -> None:
    bellhop.start("web")
    start(bellhop, "huey_consumer", "tasks.huey", "-w", "2")
    wait_for(bellhop.is_ready)
    job_id = bellhop.texts(*"abc", type="slow", seconds=3)["job_id"]
    path = f"/api/v1/jobs/{job_id}/items"

    def running_items() -> int:
        return len(bellhop.client().get(f"{path}?status=running")["items"])

    wait_for(lambda: running_items() == 2)
    seen = []
    while bellhop.client().job(job_id)["status"] != "completed":
        seen.append(running_items())
    assert max(seen) == 2


def test_it_makes_the_consumer_of_huey_a_member_of_the_installation(bellhop: Running) -> None:
    start(bellhop, "huey_consumer", "tasks.huey")
    wait_for(lambda: list((bellhop.data / "consumers").glob("*.processes")))
    done = bellhop.run("prepare")
    assert done.returncode == 0
    bellhop.environment["BELLHOP_HUEY_STORAGE"] = "redis"
    assert "stop it first to switch" in bellhop.run("prepare").stderr


def test_it_stops_the_consumer_of_huey_in_good_order(bellhop: Running) -> None:
    bellhop.start("web")
    consumer = start(bellhop, "huey_consumer", "tasks.huey")
    wait_for(bellhop.is_ready)
    job_id = bellhop.texts("a", type="slow", seconds=2)["job_id"]
    wait_for(lambda: bellhop.client().job(job_id)["status"] == "running")
    consumer.send_signal(signal.SIGTERM)
    assert consumer.wait(30) == 0
    assert bellhop.final(job_id)["status"] == "completed"
    assert not list((bellhop.data / "consumers").iterdir())


def test_it_refuses_process_workers_with_one_line(bellhop: Running) -> None:
    process = start(bellhop, "huey_consumer", "tasks.huey", "-k", "process")
    assert process.wait(30) == 1
    assert bellhop.log().splitlines() == [
        "bellhop: huey_consumer -k process: allowed is thread; "
        "each item already runs in a separate process"
    ]


# app.py


def test_it_starts_nothing_when_the_application_is_imported(bellhop: Running) -> None:
    code = "import app, threading; print(callable(app.application), threading.active_count())"
    assert python(bellhop, "-c", code).stdout == "True 1\n"
    assert not bellhop.data.exists()


def test_it_serves_under_another_server_with_a_consumer_beside_it(bellhop: Running) -> None:
    with served(bellhop) as client:
        bellhop.start("consumer")
        job = client.create("noop", texts=["a"])
        assert client.wait(job["job_id"], 30)["status"] == "completed"


def test_it_is_the_one_web_of_the_installation_under_another_server(bellhop: Running) -> None:
    with served(bellhop):
        assert is_held(bellhop.data / "web.lock")
        second = bellhop.start("web")
        assert second.wait(30) == 1
        assert "another web already uses" in bellhop.log()


def test_it_answers_that_it_is_not_ready_where_it_may_not_serve(bellhop: Running) -> None:
    bellhop.data.mkdir()
    held = take_lock(bellhop.data / "web.lock", fcntl.LOCK_EX)
    assert held is not None
    code = (
        "import app\nfrom tests.support.wsgi import WsgiClient\n"
        "print(WsgiClient(app.application).get('/health').code)\n"
    )
    try:
        done = python(bellhop, "-c", code)
    finally:
        os.close(held)
    assert done.stdout == "not-ready\n"
    assert f"another web already uses {bellhop.data}" in done.stderr


def test_it_refuses_other_machines_while_there_is_no_account(web: WsgiClient) -> None:
    """The server of others may listen everywhere."""
    assert web.get("/api/v1/jobs", remote_addr="203.0.113.5").code == "account-needed"
    assert web.get("/api/v1/jobs", remote_addr="127.0.0.1").status == 200


def test_it_asks_other_machines_for_a_login_once_there_is_an_account(
    web: WsgiClient, here: Installation
) -> None:
    accounts.add("ada", "admin", None)
    assert web.get("/api/v1/jobs", remote_addr="203.0.113.5").code == "login-needed"


# models.py


def test_it_shows_the_tables_of_a_running_bellhop(bellhop: Running) -> None:
    bellhop.serve()
    bellhop.final(bellhop.texts("a")["job_id"])
    done = python(bellhop, "-i", "models.py", given="[(j.type, j.status) for j in Job.select()]\n")
    assert "[('noop', 'completed')]" in done.stdout and done.returncode == 0, done.stderr


def test_it_shows_the_tables_of_a_bellhop_that_is_stopped(bellhop: Running) -> None:
    bellhop.run("prepare")
    assert "0\n" in python(bellhop, "-i", "models.py", given="Job.select().count()\n").stdout


@pytest.mark.parametrize(
    "write", ["Turn.create(queue='q', owner='o', last=1)", "Job.delete().execute()"]
)
def test_it_refuses_to_write_in_the_shell_over_the_tables(bellhop: Running, write: str) -> None:
    bellhop.run("prepare")
    done = python(bellhop, "-i", "models.py", given=f"{write}\n")
    assert re.search("write a readonly database|in a read-only transaction", done.stderr)


def test_it_offers_each_table_by_its_name(bellhop: Running) -> None:
    code = "import models; from bellhop.storage.models import TABLES\n"
    code += "print([t for t in TABLES if getattr(models, t.__name__, None) is not t])"
    assert python(bellhop, "-c", code).stdout == "[]\n"


def test_it_says_that_there_is_no_data_yet(bellhop: Running) -> None:
    done = python(bellhop, "-i", "models.py")
    assert f"there is no data yet: {bellhop.data}/bellhop.db" in done.stderr
    assert done.returncode == 0


def test_it_makes_no_data_by_looking(bellhop: Running) -> None:
    python(bellhop, "-c", "import models; models.Job.select().count()")
    assert not bellhop.data.exists()


# All of them


@pytest.mark.parametrize("name", ["app", "tasks", "models"])
def test_it_finds_another_config_by_the_environment(bellhop: Running, name: str) -> None:
    del bellhop.environment["BELLHOP_STORAGE_DATA_DIR"]
    folder = bellhop.data.parent / "elsewhere"
    folder.mkdir()
    (folder / "other.ini").write_text("[huey]\nstorage = nonsense\n")
    bellhop.environment["BELLHOP_CONFIG"] = str(folder / "other.ini")
    code = f"import {name} as door\nhasattr(door, 'application') and door.application._open()"
    assert "other.ini line 2 [huey] storage: found 'nonsense'" in python(bellhop, "-c", code).stderr


def test_it_gives_up_ringing_soon_and_listens_for_longer(loaded: Settings) -> None:
    """One object for both: a web must not hang on a silent server, nor a listener lose a bell."""
    bell = Bell(loaded, Installation(loaded.data_dir, "test", "redis", "127.0.0.1:1/0"))
    storage = bell.huey.storage
    listening, ringing = (
        conn.connection_pool.connection_kwargs["socket_timeout"]
        for conn in (storage.conn, storage._ringing)
    )
    assert ringing < storage.read_timeout < listening
