"""Two thousand odd requests, of which none breaks anything; `make fuzz` sends 100,000.

What proves something by finding nothing must be shown to find: the second half answers wrongly.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.whole.fuzz import probe as probe_module
from tests.whole.fuzz.probe import Application, Identity, Probe, Request
from tests.whole.fuzz.run import Plan, Verdict, first_of, run
from tests.whole.fuzz.sockets import answers_in, wrong_in
from tests.whole.fuzz.watch import Watch, tree
from tests.whole.fuzz.world import World

CASES = 2000
SEED = int(os.environ.get("FUZZ_SEED", "1"))
SECRET = b"secret-of-a-neighbour"
DOOR = ("X-Content-Type-Options", "nosniff")
HEALTH = Request("GET", "/health")
PROBLEM = (
    b'{"type": "about:blank", "title": "Not found", "status": 404, '
    b'"code": "not-found", "detail": "x"}'
)


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    print(f"The seed is {SEED}; FUZZ_SEED sets it.")
    return run(Plan(CASES, SEED), tmp_path_factory.mktemp("fuzz"))


def test_it_takes_whatever_is_sent(verdict: Verdict) -> None:
    assert not verdict.findings, f"seed {SEED}\n{first_of(verdict.findings, 5)}"


def test_it_is_sent_as_much_as_it_says(verdict: Verdict) -> None:
    assert verdict.sent == sum(verdict.by_source.values()) == CASES
    assert verdict.by_source["socket"] >= 100
    assert min(verdict.by_source.values()) >= 100


def test_it_does_what_it_is_asked_often_enough_to_matter(verdict: Verdict) -> None:
    """Cases that are all refused at the door would find nothing behind it."""
    done = {status: verdict.statuses[status] for status in (200, 201, 202, 204, 409, 422)}
    assert min(done.values()) > 0, done
    assert done[200] + done[202] > CASES // 12  # one in three asks for what it may not do


# What it finds.


def answering(
    status: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
) -> Application:
    def application(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start(status, [DOOR, *headers])
        return [body]

    return application


def found(application: Application, request: Request, folder: Path) -> list[str]:
    """What a probe finds wrong with an application."""
    (folder / "data").mkdir(exist_ok=True)
    probe = Probe(application, Watch(folder / "data"), SECRET)
    probe.send(request, Identity("somebody", {"X-Who": "me"}))
    return [str(finding) for finding in probe.findings.values()]


def problem(body: bytes = PROBLEM, status: str = "404 x") -> Application:
    return answering(status, [("Content-Type", "application/problem+json")], body)


def raising(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("application", "request_", "words"),
    [
        (answering("500 x"), HEALTH, "500 without a problem document"),
        (problem(PROBLEM.replace(b"404", b"500"), "500 x"), HEALTH, "500 not-found"),
        (raising, HEALTH, "the application raises ZeroDivisionError"),
        (answering("404 x", [], b"no"), HEALTH, "404 without a problem document"),
        (answering("404 x", [], PROBLEM), HEALTH, "of another content type"),
        (problem(PROBLEM.replace(b"not-found", b"not-fond")), HEALTH, "a code that is not of it"),
        (problem(PROBLEM.replace(b'"x"', b"null")), HEALTH, "that is not well-formed"),
        (problem(PROBLEM.replace(b"404", b"405")), HEALTH, "that is not well-formed"),
        (problem(), HEALTH, "404, which the OpenAPI document does not tell"),
        (answering("200 x", [("Link", "a\r\nX: y")]), HEALTH, "holds a control character"),
        (answering("200 x", [("Link", "\u20ac")]), HEALTH, "is no text of HTTP"),
        (answering("200 x", [], SECRET), HEALTH, "a file from outside the data folder"),
        (answering("200 x"), Request("GET", "/%ff"), "an address that cannot be read"),
    ],
)
def test_it_finds(application: Application, request_: Request, words: str, tmp_path: Path) -> None:
    findings = found(application, request_, tmp_path)
    assert any(words in finding for finding in findings), findings


def test_it_finds_an_answer_without_the_headers_of_the_door(tmp_path: Path) -> None:
    def bare(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 x", [])
        return []

    (finding,) = found(bare, HEALTH, tmp_path)
    assert "without the headers of the door" in finding


def test_it_finds_nothing_wrong_with_a_good_answer(tmp_path: Path) -> None:
    assert found(problem(), Request("GET", "/nowhere"), tmp_path) == []
    assert found(answering("200 x"), HEALTH, tmp_path) == []


def test_it_finds_a_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_module, "LIMIT_S", 0.1)

    def hanging(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        try:
            time.sleep(60)
        except Exception:  # what a handler does with its own mistakes
            start("200 x", [DOOR])
        return []

    (finding,) = found(hanging, HEALTH, tmp_path)
    assert "it hangs" in finding


def make(path: Path) -> None:
    path.write_text("x")


def change(path: Path) -> None:
    path.parent.chmod(0o711)


def remove(path: Path) -> None:
    path.parent.rmdir()


def rename(path: Path) -> None:
    path.parent.rename(path.parent.with_name("other"))


def link(path: Path) -> None:
    path.symlink_to("/dev/null")


def connect(path: Path) -> None:
    sqlite3.connect(path).close()


def connect_by_address(path: Path) -> None:
    sqlite3.connect(f"{path.absolute().as_uri()}?mode=rwc", uri=True).close()


def remove_by_descriptor(path: Path) -> None:
    descriptor = os.open(path.parent.parent, os.O_RDONLY)
    os.rmdir(path.parent.name, dir_fd=descriptor)
    os.close(descriptor)


@pytest.mark.parametrize(
    "act",
    [make, change, remove, rename, link, connect, connect_by_address, remove_by_descriptor],
)
def test_it_finds_a_file_outside_the_data_folder(
    act: Callable[[Path], None], tmp_path: Path
) -> None:
    """Also through `..`, and although the file is not there any more when it looks."""
    outside, data = tmp_path / "outside", tmp_path / "data"

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        outside.mkdir(exist_ok=True)
        act(data / ".." / "outside" / "new")
        start("200 x", [DOOR])
        return []

    outside.mkdir()
    assert any("outside the data folder" in f for f in found(application, HEALTH, tmp_path))


@pytest.mark.parametrize("act", [make, connect_by_address])
def test_it_lets_the_data_folder_change(act: Callable[[Path], None], tmp_path: Path) -> None:
    def application(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        act(tmp_path / "data" / "new")
        start("200 x", [DOOR])
        return []

    assert found(application, HEALTH, tmp_path) == []


@pytest.mark.parametrize("act", [make, change, remove, rename, link])
def test_it_sees_afterwards_what_changed_around_the_data(
    act: Callable[[Path], None], tmp_path: Path
) -> None:
    for name in ("outside", "data"):
        (tmp_path / name).mkdir(mode=0o755)
    before = tree(tmp_path, tmp_path / "data")
    make(tmp_path / "data" / "new")
    assert tree(tmp_path, tmp_path / "data") == before
    act(tmp_path / "outside" / "new")
    assert tree(tmp_path, tmp_path / "data") != before


def test_it_shows_a_request_that_repeats_a_finding(tmp_path: Path) -> None:
    """Without what has nothing to do with it."""

    def picky(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        if b"!" in environ["wsgi.input"].read():
            raise ZeroDivisionError
        start("200 x", [DOOR])
        return []

    body = b"x" * 500 + b"!" + b"y" * 500
    (finding,) = found(picky, Request("PUT", "/x?a=b", {"If-Match": "x"}, body), tmp_path)
    assert "(as somebody)" in finding
    (literal,) = [line for line in finding.splitlines() if line.strip().startswith("Request(")]
    assert eval(literal) == Request("PUT", "/x", {}, b"!")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, "a world")
    yield made
    made.close()


def test_it_finds_an_installation_that_is_well(world: World) -> None:
    assert world.problems() == []


def test_it_finds_an_installation_that_is_not(world: World, tmp_path: Path) -> None:
    (tmp_path / "outside" / "secret.txt").write_text("overwritten")
    world.workers.slots.resize({"fuzz": 0})
    wrong = world.problems()
    assert any("secret.txt outside the data folder is not what it was" in w for w in wrong)
    assert any("an ordinary job does not work any more: it is queued" in w for w in wrong)


@pytest.mark.parametrize(
    ("received", "words"),
    [
        (b"HTTP/1.1 500 x\r\n\r\n", "500 without a problem document"),
        (b"nonsense", "begins no answer"),
        (b"HTTP/1.1 200 OK\r\nbad\r\n\r\n", "is no header"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "cut short"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokmore", "begins no answer"),
    ],
)
def test_it_finds_on_the_socket(received: bytes, words: str) -> None:
    assert any(words in what for what in wrong_in(received))


def test_it_reads_answers_one_after_the_other() -> None:
    first = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
    bodies = [answer.body for answer in answers_in(first + head + first)]
    assert bodies == [b"ok", b"", b"ok"]
