"""A checkout, the installed wheel and the single file do the same, each in an empty folder.

The wheel has the environment that a user makes: requirements.txt with its hashes, then the wheel.
The single file has a Python without any package. The checkout has the one of the tests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bellhop import __version__
from bellhop.client import Bellhop
from tests.support.places import ROOT
from tests.support.running import job_processes_of, processes_with, readline, wait_for

LIMIT_S = 120
OWN_TYPE = """
import urllib3
from settings import END
from bellhop import BadInput, Context, job_type
@job_type(label="Shout")
def shout(text: str, context: Context) -> dict:
    if not text.isalpha():
        raise BadInput("That needs more.", code="missing_extra", extra="cog")
    return {"text": text.upper() + END}
"""
# How an extra is installed.
PIP_LINES = {
    "checkout": "pip install -r requirements-cog.txt",
    "wheel": 'pip install "bellhop-jobs[cog]"',
    "single": "pip install rasterio==",
}
PSYCOPG = {
    "wheel": 'pip install "bellhop-jobs[postgresql]"',
    "single": "pip install 'psycopg[binary]==",
}
# Names of our own modules, and one of the standard library that we use: none may be taken for it.
STRAY = ("bellhop", "settings", "json", "app")
PIP = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
Done = subprocess.CompletedProcess[str]


@dataclass
class Installation:
    """One way to install Bellhop: its command, and the folders that it must leave alone."""

    name: str
    python: Path
    command: list[str]
    typed: str
    program: Path
    folder: Path
    options: list[str] = field(default_factory=list)
    has_light_types: bool = True

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "BELLHOP_SERVER_PORT": "0",
            # Nothing of the current folder is taken for a module, and a child is told so too.
            "PYTHONSAFEPATH": "1",
        }

    @property
    def here(self) -> Path:
        """The current folder."""
        return self.folder / "here"

    def start(self) -> subprocess.Popen[str]:
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(
                [*self.command, *self.options],
                cwd=self.here,
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def run(self, *arguments: str, **variables: str) -> Done:
        return subprocess.run(
            [*self.command, *self.options, *arguments],
            cwd=self.here,
            env=self.environment() | variables,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )

    def client(self) -> Bellhop:
        return Bellhop((self.here / "data" / "address").read_text())

    def submit(self, type_name: str, path: Path) -> tuple[int, dict[str, Any]]:
        done = self.run("submit", type_name, str(path), "--wait", "--json")
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def files(self) -> set[str]:
        """What lies beside the program, or among the installed packages."""
        return {str(path) for path in self.program.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def required(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Future[Path]]:
    """The folder of an environment with requirements.txt, made while other tests run: pip waits."""

    folder = tmp_path_factory.mktemp("environment")

    def made() -> Path:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        requirements = ["--require-hashes", "-r", str(ROOT / "requirements.txt")]
        subprocess.run([str(folder / "bin" / "python"), *PIP, *requirements], check=True)
        return folder

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(made)


@pytest.fixture(scope="session")
def dist(required: Future[Path]) -> Path:
    """The folder of what is built."""
    subprocess.run([sys.executable, str(ROOT / "tools" / "dist.py")], check=True, timeout=300)
    return ROOT / "dist"


def wheel_of(folder: Path) -> Path:
    return next(folder.glob("bellhop_jobs-*.whl"))


@pytest.fixture(scope="session")
def environment(required: Future[Path], dist: Path) -> Path:
    """The folder of an environment with requirements.txt and the wheel, and nothing else."""
    folder = required.result()
    python = str(folder / "bin" / "python")
    subprocess.run([python, *PIP, "--no-deps", str(wheel_of(dist))], check=True)
    return folder


def checkout(folder: Path) -> Installation:
    python = Path(sys.executable)
    return Installation(
        "checkout", python, [str(python), str(ROOT / "app.py")], "python app.py", folder / "empty",
        folder, ["--config", "config.ini"],
    )  # fmt: skip


def wheel(folder: Path, environment: Path) -> Installation:
    packages = next(environment.glob("lib/python*/site-packages"))
    command = [str(environment / "bin" / "bellhop")]
    python = environment / "bin" / "python"
    return Installation("wheel", python, command, "bellhop", packages, folder)


def single_file(folder: Path, dist: Path) -> Installation:
    program = folder / "program"
    program.mkdir()
    shutil.copy(dist / "bellhop.pyz", program)
    program.chmod(0o555)
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv" / "bin" / "python"
    return Installation(
        "single", python, [str(python), str(program / "bellhop.pyz")], "bellhop.pyz", program,
        folder, ["--config", "config.ini"], has_light_types=False,
    )  # fmt: skip


@pytest.fixture(scope="module", params=["checkout", "wheel", "single"])
def installed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, dist: Path
) -> Iterator[Installation]:
    """It serves; after the tests it is told to stop, and must leave nothing behind."""
    folder = tmp_path_factory.mktemp(request.param)
    for name in ("home", "here", "here/types", "empty"):
        (folder / name).mkdir()
    if request.param == "wheel":
        made = wheel(folder, request.getfixturevalue("environment"))
    else:
        made = checkout(folder) if request.param == "checkout" else single_file(folder, dist)
    (made.here / "config.ini").write_text("[jobtypes]\nfolder = types\n")
    (made.here / "types" / "shout.py").write_text(OWN_TYPE)
    (made.here / "types" / "settings.py").write_text("END = '!'")
    for name in STRAY:
        (made.here / f"{name}.py").write_text("raise SystemExit('a stray module')\n")
    before = made.files()
    server = made.start()
    try:
        assert readline(server).startswith("Bellhop is ready at "), (folder / "log").read_text()
        yield made
        server.send_signal(signal.SIGTERM)
        assert server.wait(LIMIT_S) == 0
        assert server.stdout is not None
        assert server.stdout.read() == ""
        assert processes_with(f"HOME={folder / 'home'}") == []
        assert job_processes_of(made.here / "data") == []
        assert made.files() == before
        assert list((folder / "home").iterdir()) == []
        stray = {f"{name}.py" for name in STRAY}
        assert {path.name for path in made.here.iterdir()} == {
            *stray,
            "config.ini",
            "types",
            "data",
        }
    finally:
        server.kill()
        server.wait()
        if server.stdout:
            server.stdout.close()


def test_it_tells_its_version(installed: Installation) -> None:
    assert installed.run("--version").stdout == f"bellhop {__version__}\n"
    assert installed.client().get("/health")["version"] == __version__
    assert installed.client().get("/api/v1/openapi.json")["info"]["version"] == __version__


def test_it_serves_the_page_and_what_the_page_needs(installed: Installation) -> None:
    url = installed.client().url
    with urllib.request.urlopen(f"{url}/", timeout=20) as answer:
        page = answer.read().decode()
    assert f'content="Bellhop {__version__}"' in page
    assert f"<code>{installed.typed} submit</code>" in page
    for name in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        with urllib.request.urlopen(f"{url}{name}", timeout=20) as answer:
            assert answer.status == 200 and len(answer.read()) > 100


def test_it_counts_words(installed: Installation) -> None:
    status, job = installed.submit("word_count", ROOT / "examples" / "notes.txt")
    assert (status, job["status"]) == (0, "completed"), job


def test_it_runs_a_trial_balance_of_csv(installed: Installation) -> None:
    status, job = installed.submit("trial_balance", ROOT / "examples" / "trial_balance.csv")
    assert (status, job["status"]) == (0, "completed"), job


def test_it_runs_a_type_of_the_users_folder(installed: Installation) -> None:
    """With a file beside it of a name that Bellhop has, and a library that Bellhop uses."""
    job = installed.client().post("/api/v1/jobs", {"type": "shout", "items": [{"text": "a"}]})
    path = job["links"]["self"]
    wait_for(lambda: installed.client().get(path)["status"] == "completed")
    assert installed.client().get(f"{path}/result")["items"][0]["data"] == {"text": "A!"}


def test_it_says_how_an_extra_is_installed_here(installed: Installation) -> None:
    job = installed.client().post("/api/v1/jobs", {"type": "shout", "items": [{"text": "1"}]})
    wait_for(lambda: installed.client().get(job["links"]["self"])["status"] == "failed")
    error = installed.client().get(job["links"]["items"])["items"][0]["error"]
    assert error["hint"].startswith(f"Run {PIP_LINES[installed.name]}")


def test_it_says_how_the_client_of_postgresql_is_installed(installed: Installation) -> None:
    if installed.name == "checkout":  # which has it here
        return
    address = "postgresql://bellhop@127.0.0.1/jobs"
    done = installed.run(
        "prepare", BELLHOP_STORAGE_DATABASE=address, BELLHOP_STORAGE_DATA_DIR="elsewhere"
    )
    shutil.rmtree(installed.here / "elsewhere")
    assert done.returncode == 1
    assert f"psycopg with its binary, which is not installed: {PSYCOPG[installed.name]}" in (
        done.stderr
    )


def test_it_reads_an_xlsx_or_says_what_that_needs(installed: Installation) -> None:
    status, job = installed.submit("trial_balance", ROOT / "examples" / "trial_balance.xlsx")
    if installed.has_light_types:
        assert (status, job["status"]) == (0, "completed"), job
    else:
        assert (status, job["status"]) == (1, "failed")
        error = installed.client().get(job["links"]["items"])["items"][0]["error"]
        assert error["code"] == "missing_extra"
        assert "pip install python-calamine" in error["hint"]


def test_it_says_how_the_light_types_are_installed(installed: Installation) -> None:
    types = {t["type"]: t for t in installed.client().get("/api/v1/types")["types"]}
    reason = types["citations"]["reason"]
    assert types["word_count"]["available"]
    if installed.has_light_types:
        assert reason is None
    else:
        assert "eyecite is not installed: pip install " in reason
        assert " eyecite==" in reason


def test_it_says_of_each_type_that_cannot_run_here_what_installs_it(
    installed: Installation,
) -> None:
    types = installed.client().get("/api/v1/types")["types"]
    reasons = {t["type"]: t["reason"] for t in types if not t["available"]}
    assert [name for name, reason in reasons.items() if "pip install " not in reason] == []


def test_it_checks_itself(installed: Installation) -> None:
    done = installed.run("check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_tries_a_type(installed: Installation) -> None:
    done = installed.run("try", "shout", "quiet")
    assert json.loads(done.stdout)["data"] == {"text": "QUIET!"}, done.stderr


def test_it_names_the_command_that_was_typed(installed: Installation) -> None:
    assert installed.run("--help").stdout.startswith(f"usage: {installed.typed} ")
    refused = installed.run("jobs", BELLHOP_STORAGE_DATA_DIR="elsewhere")
    assert installed.typed in refused.stderr


def test_it_drains(installed: Installation) -> None:
    """The last test of each installation: its consumer takes no more work."""
    done = installed.run("drain")
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_one_file_of_less_than_8_mb(dist: Path) -> None:
    assert (dist / "bellhop.pyz").stat().st_size < 8_000_000


# The wheel, and what its environment runs.


def attempt(environment: Path, folder: Path, type_name: str, example: str, *more: str) -> str:
    """What `bellhop try` prints, both ways."""
    command = [str(environment / "bin" / "bellhop"), "try", type_name]
    command += [str(ROOT / "examples" / example), *more]
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("BELLHOP_", "PYTHON"))}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=clean, timeout=LIMIT_S
    )
    return done.stdout + done.stderr


def test_it_holds_the_package_alone(dist: Path) -> None:
    names = zipfile.ZipFile(wheel_of(dist)).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"bellhop", f"bellhop_jobs-{__version__}.dist-info"}
    assert not [name for name in names if "__pycache__" in name or "/pins/" in name]
    pages = [path for path in ROOT.glob("static/**/*") if path.is_file()]
    assert {f"bellhop/{path.relative_to(ROOT)}" for path in pages} < set(names)


def test_it_is_built_the_same_from_its_source(dist: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(next(dist.glob("bellhop_jobs-*.tar.gz")), tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, check=True, cwd=source)
    assert wheel_of(tmp_path).read_bytes() == wheel_of(dist).read_bytes()


@pytest.mark.parametrize(
    ("type_name", "example"), [("citations", "brief.txt"), ("georaster", "island.tif")]
)
def test_it_runs_the_light_types(
    environment: Path, tmp_path: Path, type_name: str, example: str
) -> None:
    printed = attempt(environment, tmp_path, type_name, example)
    assert json.loads(printed[printed.index("{") : printed.rindex("}") + 1])["data"], printed


def test_it_imports_what_reads_the_web(environment: Path, tmp_path: Path) -> None:
    modules = "bellhop.jobtypes.webpage, bellhop.jobtypes.summary, bellhop.jobtypes.notion_page"
    python = environment / "bin" / "python"
    subprocess.run([python, "-c", f"import {modules}"], check=True, cwd=tmp_path)


@pytest.mark.parametrize(
    ("extra", "type_name", "example", "more", "works"),
    [
        ("cog", "georaster", "island.tif", "output=cog crs=EPSG:32631", '"is_cog": true'),
        ("ocr", "quiz", "quiz.png", "", '"total_questions": '),
    ],
)
def test_it_says_how_to_get_an_extra_and_runs_with_it(
    environment: Path, tmp_path: Path, extra: str, type_name: str, example: str, more: str,
    works: str,
) -> None:  # fmt: skip
    asked = [type_name, example, *(part for param in more.split() for part in ("--param", param))]
    assert f'pip install "bellhop-jobs[{extra}]"' in attempt(environment, tmp_path, *asked)
    requirements = ["--require-hashes", "-r", str(ROOT / f"requirements-{extra}.txt")]
    # What is imported of it is compiled then; all of it would take as long as the rest.
    pip = [str(environment / "bin" / "python"), *PIP, "--no-compile"]
    subprocess.run([*pip, *requirements], check=True)
    assert works in attempt(environment, tmp_path, *asked)


def test_it_refuses_a_file_that_is_not_the_pinned_one(environment: Path, tmp_path: Path) -> None:
    """Also by the plain line that users type, and whatever an index or a mirror hands out."""
    text = (ROOT / "requirements-core.txt").read_text()
    pinned = re.search(r"^bottle==.*(?:\n    --hash.*)+", text, re.M)
    assert pinned
    other = re.sub(r"sha256:\w+", "sha256:" + 64 * "0", pinned[0])
    (tmp_path / "requirements.txt").write_text(text.replace(pinned[0], other))
    command = f"{environment}/bin/python -m pip install --target packages -r requirements.txt"
    done = subprocess.run(command.split(), capture_output=True, text=True, cwd=tmp_path)
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (tmp_path / "packages" / "bottle.py").exists()


# The single file.


def test_it_needs_no_package_and_runs_on_every_python_of_this_machine(
    dist: Path, tmp_path: Path
) -> None:
    """Debian's own is older than the one it is built with, and redis minds."""
    clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "BELLHOP_SERVER_PORT": "0"}
    command = [str(dist / "bellhop.pyz"), "--config", str(tmp_path / "config.ini"), "check"]
    (tmp_path / "config.ini").touch()
    for name in ("python3.11", "python3.12", "python3.13"):
        for folder in ("/usr/bin", "/usr/local/bin"):
            python = Path(folder) / name
            if python.exists():
                done = subprocess.run(
                    [str(python), *command], env=clean, capture_output=True, text=True, timeout=90
                )
                assert done.returncode == 0, (python, done.stdout, done.stderr)
