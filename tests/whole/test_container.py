"""The image and the compose files, by the lines of docs/container.md."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bellhop.client import Bellhop, BellhopError
from tests.support.containers import Containers
from tests.support.pages import blocks
from tests.support.places import ROOT
from tests.support.running import LIMIT_S, free_port, wait_for

PAGE = ROOT / "docs" / "container.md"
PASSWORD = "a long secret word\n"
# A container starts within seconds, but others of the tests start theirs at the same time.
PATIENCE_S = 4 * LIMIT_S


# What stands on the page to be typed, in its order.
(BUILD, ADD, START), LATER, COMPOSE, VALKEY, POSTGRESQL = (
    block.splitlines() for block in blocks(PAGE.read_text())
)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `git clone` would give, with what was changed since."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if not name.startswith("tests/") and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Iterator[Containers]:
    """With the image of Bellhop."""
    made = Containers(tmp_path_factory.mktemp("podman"))
    try:
        made.make_python()
        made.says(BUILD, checkout)
        yield made
    finally:
        made.close()


def on(port: int, line: str) -> str:
    return line.replace("-p 8080:", f"-p {port}:")


def answers(port: int, token: str) -> bool:
    try:
        return bool(Bellhop(f"http://127.0.0.1:{port}", token=token, patience_s=0).stats())
    except BellhopError:
        return False


def has_its_types(client: Bellhop) -> bool:
    """Whether it has read what comes with it, which takes a while on a busy machine."""
    types = client.get("/api/v1/types")["types"]
    return any(each["type"] == "word_count" and each["available"] for each in types)


def runs_a_job(port: int, token: str) -> bool:
    wait_for(lambda: answers(port, token), PATIENCE_S)
    client = Bellhop(f"http://127.0.0.1:{port}", token=token)
    wait_for(lambda: has_its_types(client), PATIENCE_S)
    job = client.create("word_count", files=[ROOT / "examples" / "notes.txt"])
    return bool(client.wait(job["job_id"], LIMIT_S)["status"] == "completed")


@pytest.fixture(scope="module")
def serving(containers: Containers, checkout: Path) -> Iterator[tuple[int, str]]:
    """The port and a token of a Bellhop that was started by the lines of the page."""
    port = free_port()
    containers.says(ADD, checkout, PASSWORD)
    containers.says(on(port, START), checkout)
    token = containers.says("podman exec bellhop bellhop token add anna")
    wait_for(lambda: answers(port, token), PATIENCE_S)
    yield port, token
    containers.says("podman rm -f bellhop")


def test_it_runs_jobs_on_a_root_that_is_read_only(serving: tuple[int, str]) -> None:
    assert runs_a_job(*serving)


def test_it_has_nothing_to_mend(
    containers: Containers, checkout: Path, serving: tuple[int, str]
) -> None:
    port, token = serving
    wait_for(lambda: has_its_types(Bellhop(f"http://127.0.0.1:{port}", token=token)), PATIENCE_S)
    checked = containers.says(
        f"podman exec -e BELLHOP_TOKEN={token} bellhop bellhop check", checkout
    )
    assert [line for line in checked.splitlines() if not line.startswith("ok ")] == []


def test_it_confines_jobs_as_the_page_says(containers: Containers, checkout: Path) -> None:
    """As Podman lets it, and as with the profile of Docker, which refuses namespaces."""
    look = "from bellhop.system import confine; print(confine.enforced())"
    start = "podman run --rm --entrypoint python3"
    like_docker = f"--security-opt seccomp={containers.seccomp_without_namespaces()}"
    seen = [
        containers.says(f'{start} {more} bellhop -c "{look}"', checkout)
        for more in ("", like_docker)
    ]
    every = {"files": True, "network": True, "shared memory": True, "processes": True}
    assert seen == [str(every), str({**every, "shared memory": False})]


def test_it_compiles_nothing_while_it_runs(containers: Containers, checkout: Path) -> None:
    """Nobody may write into the image, and each job process would compile all that it imports."""
    look = (
        "import bottle, json, os; from bellhop import words; "
        "print([m.__name__ for m in (bottle, json, words) if not os.path.exists(m.__cached__)])"
    )
    seen = containers.says(f'podman run --rm --entrypoint python3 bellhop -c "{look}"', checkout)
    assert seen == "[]"


@pytest.mark.parametrize("user", ["0", "65534", "4000000:4000000"])
def test_it_runs_as_any_user(containers: Containers, checkout: Path, user: str) -> None:
    line = ADD.replace("-v bellhop:", f"--user {user} --read-only -v own-{user[:4]}:")
    containers.says(line, checkout, PASSWORD)


def test_it_says_why_it_does_not_start_without_an_account(
    containers: Containers, checkout: Path
) -> None:
    refused = containers.run("podman run --rm -v empty:/data bellhop", checkout)
    assert refused.returncode == 1
    assert "create an account first: bellhop user add" in refused.stderr


def test_it_keeps_all_over_an_update(
    containers: Containers, checkout: Path, serving: tuple[int, str]
) -> None:
    port, token = serving
    assert runs_a_job(port, token)
    before = Bellhop(f"http://127.0.0.1:{port}", token=token).stats()
    containers.says("podman rm -f bellhop")
    containers.says(on(port, START), checkout)
    wait_for(lambda: answers(port, token), PATIENCE_S)
    after = Bellhop(f"http://127.0.0.1:{port}", token=token).stats()
    assert after == before


def test_it_is_looked_after_by_the_lines_of_the_page(
    containers: Containers, checkout: Path, serving: tuple[int, str]
) -> None:
    port, token = serving
    for line in LATER:
        containers.says(line.replace("exec ", f"exec -e BELLHOP_TOKEN={token} "), checkout)
    assert "Exited (0)" in containers.says("podman ps --all --filter name=bellhop", checkout)
    containers.says("podman start bellhop")
    wait_for(lambda: answers(port, token), PATIENCE_S)


@pytest.mark.parametrize("way", ["alone", "valkey", "postgresql"])
def test_it_runs_jobs_by_compose(containers: Containers, checkout: Path, way: str) -> None:
    port = free_port()
    own = {"BELLHOP_PORT": str(port)}
    # Podman keeps the addresses of a network by its name, those of a killed run as well.
    name = f"{way}{os.getpid()}"
    project = f"podman-compose -p {name}"
    typed = {"alone": COMPOSE[1:], "valkey": VALKEY, "postgresql": POSTGRESQL}[way]
    lines = [line.replace("podman-compose", project) for line in typed]
    if way != "alone":
        {"valkey": containers.make_valkey, "postgresql": containers.make_postgresql}[way]()
    files = re.findall(r"-f \S+", lines[-1])
    for line in typed[:-1]:
        if not line.startswith("podman-compose"):
            containers.says(line, checkout, **own)
    compose = " ".join([project, *files])
    if way == "postgresql":
        containers.says(f"{compose} up -d postgresql", checkout, **own)
    no_deps = " --no-deps" if way == "alone" else ""  # as the page says
    add = COMPOSE[1].replace("podman-compose", compose).replace(" --no-deps", no_deps)
    wait_for(lambda: containers.run(add, checkout, PASSWORD, **own).returncode == 0, PATIENCE_S)
    containers.says(lines[-1], checkout, **own)
    # It starts again until its database answers.
    ask = f"podman exec {name}_bellhop_1 bellhop token add anna"
    token = wait_for(lambda: containers.run(ask, checkout).stdout.strip(), PATIENCE_S)
    assert runs_a_job(port, token)
    if way == "alone":  # and did not start before it had an account
        log = containers.says(f"podman logs {name}_bellhop_1 2>&1")
        assert "create an account first" not in log
    containers.says(f"{compose} down", checkout, **own)
