"""The clients: the importable one, the commands, and every example of the documents."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bellhop.client import Bellhop, RequestFailed
from tests.support.pages import blocks
from tests.support.places import ROOT
from tests.support.running import Running, wait_for


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("some short words")
    (tmp_path / "b.txt").write_text("and more of them")
    return tmp_path


def examples(document: str, language: str) -> list[str]:
    """The examples of a document in one language."""
    return blocks((ROOT / "docs" / document).read_text(), language)


@pytest.mark.parametrize("document", ["clients.md", "api.md"])
def test_it_shows_no_curl_that_does_not_work(served: Running, folder: Path, document: str) -> None:
    """All of a document's examples in one shell, which ends at the first that fails."""
    script = "set -eu\n" + "\n".join(examples(document, "sh"))
    assert "curl" in script
    done = subprocess.run(
        ["bash", "-c", script.replace("http://127.0.0.1:8080", served.url)],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_shows_python_that_works(served: Running, folder: Path) -> None:
    (example,) = examples("clients.md", "python")
    done = subprocess.run(
        [sys.executable, "-c", example.replace("http://127.0.0.1:8080", served.url)],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "completed 100" in done.stdout
    assert "a.txt {'words':" in done.stdout


def test_it_needs_nothing_but_the_standard_library() -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'bellhop')!r}); import client"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)


def test_it_follows_waits_and_reads(served: Running) -> None:
    bellhop = Bellhop(served.url)
    job = bellhop.create("wrap", texts=["a", "b"], then=[{"type": "extend"}], use_cache=False)
    states = list(bellhop.follow(job["job_id"], timeout_s=30))
    assert states[-1]["status"] == "completed"
    assert [i["data"]["text"] for i in bellhop.result(job["job_id"])["items"]] == ["a", "b"]
    assert job["job_id"] in [each["job_id"] for each in bellhop.jobs(type="wrap")]


def test_it_reads_the_items_that_failed_too(served: Running) -> None:
    client = served.client()
    job = client.wait(client.create("bad_input", texts=["a", "b"])["job_id"])
    items = client.items(job["job_id"])
    assert [(item["status"], item["error"]["code"]) for item in items] == 2 * [
        ("failed", "no_good")
    ]


def test_it_saves_the_files_of_a_result(served: Running, tmp_path: Path) -> None:
    bellhop = Bellhop(served.url)
    job = bellhop.create("wrap", texts=["a", "b"])
    bellhop.wait(job["job_id"], 30)
    saved = bellhop.download(job["job_id"], tmp_path / "out")
    assert sorted(path.read_text() for path in saved) == ["a", "b"]
    with pytest.raises(FileExistsError):
        bellhop.download(job["job_id"], tmp_path / "out")


def test_it_says_what_bellhop_refused(served: Running) -> None:
    with pytest.raises(RequestFailed) as caught:
        Bellhop(served.url).create("nowhere", texts=["a"])
    assert (caught.value.status, caught.value.code) == (422, "unknown-type")


def test_it_makes_one_job_of_one_key(served: Running) -> None:
    bellhop = Bellhop(served.url)
    ids = {bellhop.create("noop", texts=["k"], key="same")["job_id"] for _ in range(2)}
    assert len(ids) == 1


def test_it_waits_and_tells_by_its_exit_status(served: Running) -> None:
    done = served.run("submit", "wrap", "--text", "good", "--then", "extend", "--wait", "--json")
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "completed")
    bad = served.run("submit", "bad_input", "--text", "x", "--wait")
    assert (bad.returncode, bad.stdout.split()[1]) == (1, "failed")
    assert served.run("submit").returncode == 2


def test_it_lists_searches_and_counts(served: Running) -> None:
    job_id = served.run("submit", "noop", "--text", "a needle in it").stdout.strip()
    wait_for(lambda: served.client().job(job_id)["status"] == "completed")
    found = json.loads(served.run("jobs", "--search", "needle", "--json").stdout)
    assert [job["job_id"] for job in found] == [job_id]
    assert "completed" in served.run("stats").stdout
    assert json.loads(served.run("stats", "--json").stdout)["total"] > 0


def test_it_saves_files_by_command(served: Running, tmp_path: Path) -> None:
    job_id = served.run("submit", "wrap", "--text", "saved", "--wait").stdout.split()[0]
    done = served.run("result", job_id, "--files", str(tmp_path))
    assert (done.returncode, (tmp_path / "text.txt").read_text()) == (0, "saved")
    assert served.run("result", job_id, "--files", str(tmp_path)).returncode == 1
    assert served.run("result", job_id, "--files", str(tmp_path), "--force").returncode == 0
