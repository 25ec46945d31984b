"""The main job with real processes, the same on SQLite and on a real Valkey."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.places import ROOT
from tests.support.running import Running, all_events, is_alive, running, valkey, wait_for

DATA = ROOT.parent / "shared" / "data" / "trial_balance"


@pytest.fixture(scope="module", params=["sqlite", "redis"])
def storage(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The environment that chooses the store."""
    if request.param == "sqlite":
        yield {"BELLHOP_HUEY_STORAGE": "sqlite"}
        return
    with valkey() as server:
        server.start()
        yield {"BELLHOP_HUEY_STORAGE": "redis", "BELLHOP_HUEY_REDIS_URL": server.url}


@pytest.fixture(scope="module")
def served(storage: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for the tests that leave it running."""
    with running(tmp_path_factory.mktemp("served"), **storage) as bellhop:
        bellhop.serve()
        yield bellhop


@pytest.fixture
def fresh(storage: dict[str, str], tmp_path: Path) -> Iterator[Running]:
    """A data folder of its own, nothing started."""
    with running(tmp_path, **storage) as bellhop:
        yield bellhop


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Running]:
    """The same for what has nothing to do with the store."""
    with running(tmp_path) as bellhop:
        yield bellhop


def sample(tmp_path: Path, text: str = "three short words") -> str:
    path = tmp_path / "note.txt"
    path.write_text(text)
    return str(path)


def test_it_says_where_it_is_ready_and_nothing_else(served: Running) -> None:
    store = served.environment["BELLHOP_HUEY_STORAGE"]
    expected = f"Bellhop is ready at {served.url} (queue: {store}, data: {served.data})\n"
    assert served.ready_line == expected


def test_it_takes_a_file_and_gives_the_result(served: Running, tmp_path: Path) -> None:
    done = served.run("submit", "word_count", sample(tmp_path), "--wait", "--json")
    assert done.returncode == 0, done.stderr
    job_id = json.loads(done.stdout)["job_id"]
    result = json.loads(served.run("result", job_id).stdout)
    assert result["items"][0]["data"] == {"words": 3}


def test_it_runs_every_example_that_comes_with_it(served: Running) -> None:
    for path in sorted((ROOT / "examples").glob("trial_balance.*")):
        done = served.run("submit", "trial_balance", str(path), "--wait")
        assert done.returncode == 0, (path, done.stdout, done.stderr)


def test_it_exits_with_1_when_the_job_fails(served: Running, tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()
    done = served.run("submit", "word_count", str(empty), "--wait")
    assert done.returncode == 1
    assert "The file is empty." in done.stderr


def test_it_passes_parameters_on(served: Running, tmp_path: Path) -> None:
    path = sample(tmp_path)
    done = served.run("submit", "word_count", path, "--param", "minimum=6", "--wait", "--json")
    result = json.loads(served.run("result", json.loads(done.stdout)["job_id"]).stdout)
    assert result["items"][0]["data"] == {"words": 0}


def test_it_turns_garbage_of_10_mb_into_a_failed_item(served: Running, tmp_path: Path) -> None:
    path = tmp_path / "garbage.xlsx"
    path.write_bytes(os.urandom(10 << 20))
    done = served.run("submit", "trial_balance", str(path), "--wait", "--json")
    job = json.loads(done.stdout)
    assert (done.returncode, job["status"]) == (1, "failed")
    items = served.client().get(f"/api/v1/jobs/{job['job_id']}/items")["items"]
    assert items[0]["error"]["code"] in ("corrupt_file", "unsupported_type")


def test_it_runs_many_items_each_once(served: Running) -> None:
    job = served.texts(*(str(n) for n in range(200)))
    assert served.final(job["job_id"])["completed_items"] == 200
    events = all_events(served, job["job_id"])
    completed = [event["item"] for event in events if event["move"] == "completed"]
    assert sorted(completed) == list(range(200))


def test_it_cancels_a_running_job(served: Running) -> None:
    job_id = served.texts("a", type="slow")["job_id"]
    wait_for(lambda: served.client().get(f"/api/v1/jobs/{job_id}")["current_step"])
    assert served.run("cancel", job_id).returncode == 0
    assert served.final(job_id, limit_s=3)["status"] == "cancelled"


def test_it_checks_itself(served: Running) -> None:
    done = served.run("check")
    assert done.returncode == 0, done.stdout + done.stderr
    found = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
    # The server of the tests need not survive a power cut.
    assert all(re.search(r"^WARNING database: .* is off: a power cut", line) for line in found)


def test_it_finds_everything_still_there_after_a_stop(fresh: Running, tmp_path: Path) -> None:
    server = fresh.serve()
    job_id = fresh.run("submit", "word_count", sample(tmp_path), "--wait").stdout.split()[0]
    waiting = fresh.texts("a", type="later", after_s=3600)["job_id"]
    server.send_signal(signal.SIGINT)
    assert server.wait(20) == 0
    fresh.serve()
    result = fresh.client().get(f"/api/v1/jobs/{job_id}/result")
    assert result["items"][0]["data"] == {"words": 3}
    assert fresh.client().get(f"/api/v1/jobs/{waiting}")["status"] == "running"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_with_status_0_and_leaves_no_process(fresh: Running, number: int) -> None:
    fresh.environment["BELLHOP_SERVER_STOP_GRACE_S"] = "0.5"
    server = fresh.serve()
    job_id = fresh.texts("a", type="slow")["job_id"]
    wait_for(lambda: fresh.client().get(f"/api/v1/jobs/{job_id}")["current_step"])
    assert len(fresh.descendants()) >= 4
    server.send_signal(number)
    assert server.wait(20) == 0
    assert fresh.descendants() == []
    assert server.stdout is not None and server.stdout.read() == ""


def test_it_lets_a_short_item_finish_when_it_stops(fresh: Running) -> None:
    server = fresh.serve()
    job_id = fresh.texts("a", type="slow", seconds=2)["job_id"]
    wait_for(lambda: fresh.client().get(f"/api/v1/jobs/{job_id}")["current_step"])
    server.terminate()
    assert server.wait(20) == 0
    fresh.serve()
    job = fresh.client().get(f"/api/v1/jobs/{job_id}")
    assert (job["status"], job["attempt"]) == ("completed", 1)


def test_it_runs_again_what_the_stop_cut_short(fresh: Running) -> None:
    fresh.environment["BELLHOP_SERVER_STOP_GRACE_S"] = "0.2"
    server = fresh.serve()
    job_id = fresh.texts("a", type="slow", seconds=3)["job_id"]
    wait_for(lambda: fresh.client().get(f"/api/v1/jobs/{job_id}")["current_step"])
    server.terminate()
    server.wait(20)
    fresh.serve()
    job = fresh.final(job_id)
    assert (job["status"], job["attempt"]) == ("completed", 2)


def test_it_leaves_no_process_when_the_parent_is_killed(fresh: Running) -> None:
    server = fresh.serve()
    job_id = fresh.texts("a", type="slow")["job_id"]
    wait_for(lambda: fresh.client().get(f"/api/v1/jobs/{job_id}")["current_step"])
    server.kill()
    server.wait()
    wait_for(lambda: fresh.descendants() == [], limit_s=2)


@pytest.mark.parametrize("half", ["web", "consumer"])
def test_it_restarts_a_half_that_dies(fresh: Running, half: str) -> None:
    server = fresh.serve()
    job_id = fresh.texts("a", type="slow", seconds=2)["job_id"]
    wait_for(lambda: fresh.client().get(f"/api/v1/jobs/{job_id}")["current_step"])
    pid = pid_of(half, fresh)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not is_alive(pid))
    job = wait_for(lambda: final_or_away(fresh, job_id))
    assert job["status"] == "completed"
    wait_for(fresh.is_ready)
    assert server.poll() is None


def final_or_away(bellhop: Running, job_id: str) -> dict[str, object] | None:
    """The final job, or None while it runs or the web is being restarted."""
    try:
        job: dict[str, object] = bellhop.client().get(f"/api/v1/jobs/{job_id}")
    except Exception:
        return None
    return job if job["status"] == "completed" else None


def pid_of(half: str, bellhop: Running) -> int:
    for pid in bellhop.descendants():
        if half in Path(f"/proc/{pid}/cmdline").read_text().split("\0"):
            return pid
    raise AssertionError(f"no {half} is running")


def test_it_accepts_jobs_without_a_consumer_and_runs_them_later(
    fresh: Running, tmp_path: Path
) -> None:
    fresh.start("web")
    job = fresh.texts("a")
    assert job["status"] == "queued"
    assert job["waiting_for"] == "no consumer is running"
    consumer = subprocess.Popen([str(ROOT / "consumer.sh")], env=path_to_python(fresh, tmp_path))
    try:
        assert fresh.final(job["job_id"])["status"] == "completed"
    finally:
        consumer.terminate()
        assert consumer.wait(20) == 0


def path_to_python(bellhop: Running, tmp_path: Path) -> dict[str, str]:
    """An environment in which consumer.sh finds the Python of the tests."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**bellhop.environment, "PATH": path}


def test_it_serves_only_the_queues_a_consumer_is_told(fresh: Running) -> None:
    fresh.start("web")
    fresh.start("consumer", "--queue", "ai", "--workers", "1")
    wait_for(fresh.is_ready)
    job = fresh.texts("a")
    assert job["waiting_for"] == "no consumer serves the queue parsing"
    fresh.start("consumer", "--queue", "parsing")
    assert fresh.final(job["job_id"])["status"] == "completed"


@pytest.mark.parametrize("second", [[], ["web"]])
def test_it_refuses_a_second_web_on_one_data_folder(on_sqlite: Running, second: list[str]) -> None:
    on_sqlite.serve()
    refused = on_sqlite.run(*second)
    assert refused.returncode == 1
    last = refused.stderr.strip().splitlines()[-1]
    assert last.startswith("bellhop: another") and str(on_sqlite.data) in last
    assert on_sqlite.is_ready()


def test_it_uses_the_code_of_a_changed_type_without_a_restart(
    on_sqlite: Running, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    on_sqlite.environment["BELLHOP_JOBTYPES_FOLDER"] = str(own)
    on_sqlite.serve()
    code = (
        "from jobtypes import Context, job_type\n"
        "@job_type(label='{label}')\n"
        "def answer(text: str, context: Context) -> dict:\n"
        "    return {{'answer': {answer}}}\n"
    )
    for label, answer in (("One", 1), ("Other", 42)):
        (own / "answer.py").write_text(code.format(label=label, answer=answer))
        wait_for(partial(is_listed, on_sqlite, label), limit_s=4)
        job = on_sqlite.final(on_sqlite.texts("a", type="answer")["job_id"])
        result = on_sqlite.client().get(job["links"]["result"])
        assert result["items"][0]["data"] == {"answer": answer}
    (own / "answer.py").write_text("def broken(:\n")
    wait_for(lambda: "SyntaxError" in (labels(on_sqlite).get("Other") or ""), limit_s=4)


def is_listed(bellhop: Running, label: str) -> bool:
    return label in labels(bellhop)


def labels(bellhop: Running) -> dict[str, str | None]:
    """{label: reason why it is not available} of every type."""
    types = bellhop.client().get("/api/v1/types")["types"]
    return {described["label"]: described["reason"] for described in types}
