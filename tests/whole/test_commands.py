"""Commands and tools as a person at the console uses them."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.places import ROOT
from tests.support.running import Running, is_alive, running, wait_for


@pytest.fixture
def bellhop(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as made:
        yield made


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


def test_it_stops_at_a_wrong_setting_with_one_line(bellhop: Running) -> None:
    bellhop.environment["BELLHOP_SERVER_PORT"] = "many"
    for command in ([], ["web"], ["consumer"], ["check"], ["jobs"]):
        refused = bellhop.run(*command)
        assert refused.returncode == 1
        assert refused.stdout == ""
        assert len(refused.stderr.splitlines()) == 1
        assert "BELLHOP_SERVER_PORT" in refused.stderr and "'many'" in refused.stderr


def test_it_says_which_python_has_its_packages() -> None:
    """`-S` leaves out all packages but those of Python."""
    command = [sys.executable, "-S", str(ROOT / "app.py"), "jobs"]
    refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode == 1
    assert refused.stderr == (
        "bellhop: fastjsonschema is not installed for this Python; "
        "after `make run`, type .venv/bin/python app.py\n"
    )


def test_it_takes_another_config(bellhop: Running, tmp_path: Path) -> None:
    config = tmp_path / "other.ini"
    config.write_text("[server]\nprot = 1\n")
    refused = bellhop.run("--config", str(config))
    assert str(config) in refused.stderr and "'prot'" in refused.stderr


@pytest.mark.sqlite("the version in the head of its file; tests/database has the server's")
def test_it_refuses_a_newer_database_with_one_line(bellhop: Running) -> None:
    import sqlite3

    bellhop.data.mkdir()
    with sqlite3.connect(bellhop.data / "bellhop.db") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    refused = bellhop.run()
    assert refused.returncode == 1
    assert "newer version" in last_line(refused.stderr)
    assert "Traceback" not in refused.stderr


def test_it_checks_itself_also_when_nothing_runs(bellhop: Running) -> None:
    done = bellhop.run("check", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert all(set(each) == {"name", "ok", "said", "mend"} for each in found)
    assert [each["name"] for each in found][-1] == "a complete job"
    assert bellhop.descendants() == []


def test_it_leaves_no_job_when_somebody_stops_a_check(bellhop: Running) -> None:
    bellhop.serve()
    bellhop.client().post("/api/v1/queues/default/pause", {})
    check = bellhop.start("check")
    wait_for(lambda: list(bellhop.client().jobs()))
    check.send_signal(signal.SIGTERM)
    assert check.wait(20) == 130
    assert list(bellhop.client().jobs()) == []
    assert "WARNING queues: default: paused by" in check.communicate()[0]


def test_it_leaves_no_bellhop_when_a_check_is_killed(bellhop: Running) -> None:
    check = bellhop.start("check")
    assert bellhop.url
    check.kill()
    wait_for(lambda: bellhop.descendants() == [])


def test_it_fails_the_check_when_the_consumer_is_missing(bellhop: Running) -> None:
    bellhop.start("web")
    assert bellhop.url
    bellhop.environment["BELLHOP_URL"] = bellhop.url
    done = bellhop.run("check", limit_s=60)
    assert done.returncode == 1
    assert "FAILED  consumer: No consumer is running" in done.stdout
    assert "FAILED  a complete job: the job is still queued" in done.stdout
    assert "FAILED  queues: default, " in done.stdout and "; start one: " in done.stdout
    assert bellhop.client().get("/api/v1/jobs")["jobs"] == []


@pytest.mark.parametrize(
    "command", [["jobs"], ["result", "x"], ["submit", "noop"], ["cancel", "x"]]
)
def test_it_says_when_no_bellhop_runs(bellhop: Running, command: list[str]) -> None:
    refused = bellhop.run(*command)
    assert refused.returncode == 1
    assert "no Bellhop is running" in last_line(refused.stderr)


def test_it_says_when_the_address_does_not_answer(bellhop: Running) -> None:
    bellhop.environment["BELLHOP_URL"] = "http://127.0.0.1:9"
    refused = bellhop.run("jobs")
    assert refused.returncode == 1
    assert "does not answer" in last_line(refused.stderr)


@pytest.mark.parametrize("url", ["http://127.0.0.1:port", "nonsense", "http://"])
def test_it_says_when_the_address_is_none(bellhop: Running, url: str) -> None:
    bellhop.environment["BELLHOP_URL"] = url
    refused = bellhop.run("jobs")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr


def test_it_submits_only_plain_files(bellhop: Running) -> None:
    bellhop.serve()
    refused = bellhop.run("submit", "word_count", "/dev/null")
    assert refused.returncode == 1
    assert "not a regular file" in refused.stderr


def test_it_leaves_no_process_when_it_is_killed_while_it_prepares(
    bellhop: Running, tmp_path: Path
) -> None:
    """Also not the child that describes a file which never ends."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "hang.py").write_text(HANGS)
    bellhop.environment["BELLHOP_JOBTYPES_FOLDER"] = str(own)
    server = bellhop.start()
    wait_for(lambda: describing(own))
    server.kill()
    server.wait()
    wait_for(lambda: not describing(own), limit_s=2)
    wait_for(lambda: bellhop.descendants() == [], limit_s=2)


HANGS = """
import time
from bellhop import job_type
time.sleep(7777)
@job_type
def hangs(): ...
"""


def describing(own: Path) -> list[int]:
    """Pids of living children that describe a file of `own`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if f"describe\0{own}".encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return [pid for pid in found if is_alive(pid)]


def test_it_serves_every_client_command(bellhop: Running, tmp_path: Path) -> None:
    bellhop.serve()
    note = tmp_path / "note.txt"
    note.write_text("one two")
    job_id = bellhop.run("submit", "word_count", str(note), "--wait").stdout.split()[0]
    assert job_id in bellhop.run("jobs").stdout
    assert json.loads(bellhop.run("jobs", "--json").stdout)[0]["job_id"] == job_id
    assert json.loads(bellhop.run("result", job_id).stdout)["type"] == "word_count"
    refusals = (
        (["cancel", job_id], "job-final"),
        (["retry", job_id], "nothing-to-retry"),
        (["result", "x"], "not-found"),
        (["submit", "none", str(note)], "unknown-type"),
        (["submit", "word_count", "/no/such/file"], "No such file"),
    )
    for command, code in refusals:
        refused = bellhop.run(*command)
        assert refused.returncode == 1
        assert code in last_line(refused.stderr)


def test_it_submits_urls_with_parameters_of_their_types(bellhop: Running) -> None:
    bellhop.serve()
    command = ["submit", "visit", "http://a.example", "--param", "depth=2", "--wait", "--json"]
    job = json.loads(bellhop.run(*command).stdout)
    assert (job["status"], job["params"], job["name"]) == (
        "completed", {"depth": 2}, "http://a.example",
    )  # fmt: skip
    refused = bellhop.run("submit", "visit", "http://a.example", "--param", "depth=deep")
    assert "depth: must be a whole number" in refused.stderr


def test_it_tries_a_type_without_a_server(bellhop: Running, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("one three")
    done = bellhop.run("try", "word_count", str(note), "--param", "minimum=4")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data"] == {"words": 1}
    assert "50% Counting" in done.stderr
    assert not bellhop.data.exists()


def test_it_tries_a_type_that_no_text_of_a_file_names(bellhop: Running, tmp_path: Path) -> None:
    """Then each file is asked."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "made.py").write_text(
        "from bellhop import Context, job_type\n"
        "def make(name):\n"
        "    def inner(text: str, context: Context) -> dict:\n"
        "        return {'name': name}\n"
        "    inner.__name__ = name\n"
        "    return job_type(label=name)(inner)\n"
        "x, y = make('up' + 'per'), make('lower')\n"
    )
    bellhop.environment["BELLHOP_JOBTYPES_FOLDER"] = str(tmp_path / "own")
    done = bellhop.run("try", "upper", "a")
    assert json.loads(done.stdout)["data"] == {"name": "upper"}, done.stderr


def test_it_takes_a_list_as_its_name_several_times(bellhop: Running) -> None:
    given = ["--param", "needed=x", "--param", "tags=a", "--param", "tags=b"]
    done = bellhop.run("try", "form", "text", *given)
    assert json.loads(done.stdout)["data"]["tags"] == ["a", "b"], done.stderr


def test_it_tries_a_type_on_several_inputs(bellhop: Running, tmp_path: Path) -> None:
    """A line for each, also where one of them fails."""
    for name, text in (("a.txt", "one"), ("b.txt", ""), ("c.txt", "one two")):
        (tmp_path / name).write_text(text)
    done = bellhop.run("try", "word_count", *(str(tmp_path / f"{n}.txt") for n in "abc"))
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert first == {"input": "a.txt", "data": {"words": 1}, "warnings": []}
    assert (second["input"], second["error"]["code"]) == ("b.txt", "empty_file")
    assert third["data"] == {"words": 2}
    assert "b.txt: empty_file: The file is empty." in done.stderr
    assert done.returncode == 1


def test_it_tries_a_type_with_two_files_and_one_without_input(
    bellhop: Running, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "both.py").write_text(
        "from pathlib import Path\n"
        "from bellhop import job_type\n"
        "@job_type\n"
        "def compare(left: Path, right: Path) -> dict:\n"
        "    return {'same': left.read_bytes() == right.read_bytes()}\n"
        "@job_type\n"
        "def nightly(times: int = 2) -> dict:\n"
        "    return {'times': times}\n"
    )
    (own / "a.csv").write_text("1")
    bellhop.environment["BELLHOP_JOBTYPES_FOLDER"] = str(own)
    done = bellhop.run("try", "compare", f"{own}/a.csv", "--param", f"right=@{own}/both.py")
    assert json.loads(done.stdout)["data"] == {"same": False}, done.stderr
    done = bellhop.run("try", "nightly", "--param", "times=3")
    assert json.loads(done.stdout)["data"] == {"times": 3}, done.stderr


def test_it_keeps_the_files_of_a_try(bellhop: Running, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("loud")
    bellhop.environment["TMPDIR"] = str(tmp_path)
    done = bellhop.run("try", "upper", str(note))
    folder = Path(last_line(done.stderr).removeprefix("output files are in "))
    assert (folder / "upper.txt").read_text() == "LOUD"


def test_it_tries_a_type_with_the_settings_and_limits_of_a_worker(
    bellhop: Running, tmp_path: Path
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "given.py").write_text(
        "import resource\n"
        "from bellhop import Context, job_type\n"
        "@job_type(label='Given', network=True, settings={'allowed': str})\n"
        "def given(text: str, context: Context) -> dict:\n"
        "    most = resource.getrlimit(resource.RLIMIT_FSIZE)[0]\n"
        "    return {'allowed': context.settings['allowed'],\n"
        "            'is_limited': most != resource.RLIM_INFINITY}\n"
    )
    bellhop.environment["BELLHOP_JOBTYPES_FOLDER"] = str(tmp_path / "own")
    bellhop.environment["BELLHOP_OUTBOUND_ALLOWED"] = "nas.example, 10.0.0.0/8"
    done = bellhop.run("try", "given", "x")
    shown = json.loads(done.stdout)["data"]
    assert shown == {"allowed": "nas.example,10.0.0.0/8", "is_limited": True}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing", "x"], "there is no job type nothing"),
        (["word_count", "/no/such/file"], "no such file"),
        (["needs_extra", "x"], "requirements-cog.txt"),
        (["keys", "{"], "is not JSON"),
        (["form", "x"], "needed"),
        (["form", "x", "--param", "needed=1", "--param", "count=11"], "count"),
        (["form", "x", "--param", "unknown=1"], "unknown"),
        (["bad_input", "x"], "Try another."),
        (["mistake", "x"], "RuntimeError: attempt 1"),
        (["crash", "x"], "SIGSEGV"),
    ],
)
def test_it_says_why_a_try_failed(bellhop: Running, arguments: list[str], words: str) -> None:
    done = bellhop.run("try", *arguments)
    assert done.returncode == 1
    assert words in done.stderr


@pytest.mark.parametrize(
    "command",
    [["nonsense"], ["consumer", "--workers", "1"], ["submit", "t", "f", "--param", "x"]],
)
def test_it_refuses_a_wrong_command_line(bellhop: Running, command: list[str]) -> None:
    assert bellhop.run(*command).returncode == 2


def test_it_refuses_a_queue_that_is_not_in_the_config(bellhop: Running) -> None:
    refused = bellhop.run("consumer", "--queue", "nowhere")
    assert refused.returncode == 1
    assert "parsing" in last_line(refused.stderr)


def test_it_shows_the_examples_by_make_demo(bellhop: Running) -> None:
    bellhop.serve()
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "demo.py")],
        env=bellhop.environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for path in (ROOT / "examples").iterdir():
        assert f"{path.name}: completed" in done.stdout


def test_it_restarts_what_changed_by_make_dev(bellhop: Running, tmp_path: Path) -> None:
    """On a copy of the code, so that touching a file of it disturbs nobody."""
    import shutil

    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns(".*", "data", "dist", "tests", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=ignored)
    with subprocess.Popen(
        [sys.executable, str(copy / "tools" / "dev.py")],
        env=bellhop.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as dev:  # fmt: skip
        assert dev.stdout is not None
        assert dev.stdout.readline().startswith("Bellhop is ready")
        (copy / "bellhop" / "base" / "errors.py").touch()
        assert dev.stdout.readline().startswith("Bellhop is ready")
        dev.terminate()
        assert dev.wait(30) == 0
    wait_for(lambda: bellhop.descendants() == [])


def test_it_drains(bellhop: Running) -> None:
    """It returns when nothing runs; what waits runs after the next start."""
    server = bellhop.serve()
    running = bellhop.texts("a", type="slow", seconds=2)["job_id"]
    wait_for(lambda: bellhop.client().get(f"/api/v1/jobs/{running}")["current_step"])
    drained = bellhop.run("drain")
    assert (drained.returncode, drained.stdout) == (0, "")
    assert "running items: 1" in drained.stderr
    assert "nothing is running" in drained.stderr.splitlines()[-1]
    assert bellhop.client().get(f"/api/v1/jobs/{running}")["status"] == "completed"
    waiting = bellhop.texts("a")
    assert "Bellhop is draining" in waiting["waiting_for"]
    assert bellhop.run("drain").returncode == 0
    server.terminate()
    assert server.wait(20) == 0
    bellhop.serve()
    assert bellhop.final(waiting["job_id"])["status"] == "completed"


def test_it_drains_at_once_where_nothing_lives(bellhop: Running) -> None:
    assert "there is no Bellhop" in bellhop.run("drain").stderr
    server = bellhop.serve()
    server.terminate()
    server.wait(20)
    assert bellhop.run("drain").returncode == 0
