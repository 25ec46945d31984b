"""The single file: alone in a folder, on a Python without any package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bellhop.client import Bellhop
from tests.support.places import ROOT
from tests.support.running import wait_for

OWN_TYPE = """
import urllib3
from settings import END
from bellhop import Context, job_type
@job_type(label="Shout")
def shout(text: str, context: Context) -> dict:
    return {"text": text.upper() + END}
"""


class Single:
    """bellhop.pyz in a folder that nobody may write to, served on a folder beside it."""

    def __init__(self, folder: Path):
        self.program = folder / "program" / "bellhop.pyz"
        self.home = folder / "home"
        self.data = folder / "data"
        self.own = folder / "own"
        self.python = folder / "venv" / "bin" / "python"
        self.log = folder / "log"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "BELLHOP_SERVER_PORT": "0",
            "BELLHOP_STORAGE_DATA_DIR": str(self.data),
            "BELLHOP_JOBTYPES_FOLDER": str(self.own),
        }

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        arguments = [str(self.python), str(self.program), *command]
        return subprocess.run(
            arguments, env=self.environment, capture_output=True, text=True, timeout=60
        )

    def client(self) -> Bellhop:
        return Bellhop((self.data / "address").read_text())

    def submit(self, type_name: str, path: Path) -> tuple[int, dict[str, Any]]:
        done = self.run("submit", type_name, str(path), "--wait", "--json")
        return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Single]:
    folder = tmp_path_factory.mktemp("single")
    subprocess.run([sys.executable, str(ROOT / "tools" / "dist.py")], check=True, timeout=300)
    made = Single(folder)
    for path in (made.program.parent, made.home, made.own):
        path.mkdir()
    shutil.copy(ROOT / "dist" / "bellhop.pyz", made.program)
    made.program.parent.chmod(0o555)
    (made.own / "shout.py").write_text(OWN_TYPE)
    (made.own / "settings.py").write_text("END = '!'")
    venv.create(folder / "venv", symlinks=True)
    with made.log.open("w") as log:
        server = subprocess.Popen(
            [str(made.python), str(made.program)],
            env=made.environment, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
    try:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("Bellhop is ready"), made.log.read_text()
        yield made
    finally:
        server.terminate()
        assert server.wait(30) == 0
        if server.stdout:
            server.stdout.close()


def test_it_needs_no_package(single: Single) -> None:
    command = [str(single.python), "-c", "import bottle"]
    assert subprocess.run(command, capture_output=True).returncode == 1


def test_it_runs_on_every_python_of_this_machine(single: Single) -> None:
    """Debian's own is older than the one it is built with, and redis minds."""
    for name in ("python3.11", "python3.12", "python3.13"):
        for folder in ("/usr/bin", "/usr/local/bin"):
            python = Path(folder) / name
            if python.exists():
                command = [str(python), str(single.program), "check"]
                done = subprocess.run(
                    command, env=single.environment, capture_output=True, text=True, timeout=90
                )
                assert done.returncode == 0, (python, done.stdout, done.stderr)


def test_it_serves_the_page(single: Single) -> None:
    import urllib.request

    for name in ("", "static/shared/style.css", "static/pages/index.js"):
        with urllib.request.urlopen(f"{single.client().url}/{name}", timeout=20) as answer:
            assert answer.status == 200 and len(answer.read()) > 100


def test_it_runs_a_trial_balance_of_csv(single: Single) -> None:
    status, job = single.submit("trial_balance", ROOT / "examples" / "trial_balance.csv")
    assert (status, job["status"]) == (0, "completed"), job


def test_it_says_what_an_xlsx_needs(single: Single) -> None:
    status, job = single.submit("trial_balance", ROOT / "examples" / "trial_balance.xlsx")
    assert (status, job["status"]) == (1, "failed")
    error = single.client().get(job["links"]["items"])["items"][0]["error"]
    assert error["code"] == "missing_extra"
    assert "pip install python-calamine" in error["hint"]


def test_it_says_what_each_other_type_needs(single: Single) -> None:
    types = {t["type"]: t for t in single.client().get("/api/v1/types")["types"]}
    reason = types["citations"]["reason"]
    assert "eyecite is not installed: pip install eyecite==" in reason, reason
    assert types["word_count"]["available"]


def test_it_runs_a_type_of_the_users_folder(single: Single) -> None:
    """With a file beside it of a name that Bellhop has, and a library out of the single file."""
    job = single.client().post("/api/v1/jobs", {"type": "shout", "items": [{"text": "a"}]})
    path = job["links"]["self"]
    wait_for(lambda: single.client().get(path)["status"] == "completed")
    assert single.client().get(f"{path}/result")["items"][0]["data"] == {"text": "A!"}


def test_it_checks_itself(single: Single) -> None:
    done = single.run("check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_writes_nothing_beside_itself_or_at_home(single: Single) -> None:
    assert [path.name for path in single.program.parent.iterdir()] == ["bellhop.pyz"]
    assert list(single.home.iterdir()) == []
