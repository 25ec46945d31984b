"""Every command on terminals that know few characters, into closed pipes, and on a full disk.

The commands are those of the parser, so a new one is tested as soon as it can be typed. Each is
run twice: what it does may be done already.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bellhop.cli.arguments import parser
from tests.support.places import ROOT
from tests.support.running import Running, running, wait_for

# Letters that latin-1 has and has not, an emoji, and what turns the direction of writing.
NAME = "grün ☃ 😀 \u202egnp.txt"
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LATIN_1 = {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "latin-1"}
TERMINALS = (("ascii", ASCII), ("latin-1", LATIN_1))
SERVE = ("serve", "web", "consumer")
ASK = ("submit", "jobs", "result", "cancel", "retry", "stats", "check")
NOT_WRITTEN, CUT = 1, 141
TROUBLE = ("Traceback", "Exception ignored", "Error", "codec", ": :", ": None")


def every_command(of: argparse.ArgumentParser, *before: str) -> Iterator[tuple[str, ...]]:
    """Each, alone and with what changes its output; what must be given stands in capitals."""
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from every_command(below, *before, name)
            return
    needed = [word for a in of._actions if a.required or a.dest == "inputs" for word in typed(a)]
    yield (*before, *needed)
    for action in of._actions:
        if action.dest in ("json", "files"):
            yield (*before, *needed, *typed(action))


def typed(action: argparse.Action) -> list[str]:
    value = [] if action.nargs == 0 else [action.dest.upper()]
    return [*action.option_strings[:1], *value]


COMMANDS = sorted(every_command(parser()))


class Console:
    """Where commands are typed: a Bellhop that serves, and the data folder of one that does not."""

    def __init__(self, served: Running, prepared: Path, folder: Path):
        self.here = Running(folder)
        self.here.take(prepared)
        self._url = served.url
        self.saved = folder / "saved"
        note = folder / NAME
        note.write_text("a")
        (job,) = served.client().get("/api/v1/jobs?status=completed&type=copy_file&limit=1")["jobs"]
        self._values = {
            "TYPE": "copy_file", "INPUTS": str(note), "INPUT": str(note), "NAME": "anna",
            "PLACE": "sqlite", "JOB_ID": job["job_id"], "FILES": str(self.saved), "NUMBER": "1",
            "ROLE": "viewer", "QUEUE": "ai=1",
        }  # fmt: skip

    def start(
        self, command: Sequence[str], *, own: bool = False, **streams: Any
    ) -> subprocess.Popen[bytes]:
        """A command; `own`: of the data folder that nobody serves."""
        asks = {"BELLHOP_URL": self._url} if command[0] in ASK and not own else {}
        environment = {**self.here.surroundings(command), **asks, **streams.pop("env", {})}
        words = [self._values.get(word, word) for word in command]
        program = [sys.executable, str(ROOT / "app.py"), *words]
        return subprocess.Popen(
            program, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, **streams
        )

    def run(self, command: Sequence[str], **streams: Any) -> tuple[int, bytes]:
        """Its exit status, and what it printed where that can be read."""
        with self.start(command, **{"stdout": subprocess.PIPE, **streams}) as process:
            if command[0] in SERVE:
                wait_for(lambda: self._serves(command[0], process.pid))
                process.send_signal(signal.SIGTERM)
            out, said = process.communicate(timeout=60)
        for line in said.decode(errors="replace").splitlines():
            assert not any(word in line for word in TROUBLE), line
        return process.returncode, out or b""

    def _serves(self, command: str, pid: int) -> bool:
        """Whether this consumer is there, or the web answers."""
        with contextlib.suppress(Exception):
            if command == "consumer":
                return (pid,) in self.here.query("SELECT pid FROM consumer")
            return bool(self.here.client().get("/health"))
        return False


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Bellhop with a job whose name, output and result are not ASCII."""
    folder = tmp_path_factory.mktemp("served")
    (folder / NAME).write_text("a")
    with running(folder) as bellhop:
        bellhop.serve()
        job_id = bellhop.client().create("copy_file", files=[folder / NAME])["job_id"]
        assert bellhop.final(job_id)["status"] == "completed"
        bellhop.client().create("noop", texts=["a"], delay_s=3600)  # a type that never completed
        yield bellhop


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a Bellhop that does not run, with an account and a token."""
    bellhop = Running(tmp_path_factory.mktemp("prepared"))
    assert bellhop.run("user", "add", "anna", "--role", "admin").returncode == 0
    assert bellhop.run("token", "add", "anna", "--label", NAME).returncode == 0
    return bellhop.data


@pytest.fixture
def console(served: Running, prepared: Path, tmp_path: Path) -> Console:
    return Console(served, prepared, tmp_path)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_it_ends_in_order_whatever_becomes_of_its_output(
    served: Running, prepared: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """On a terminal that knows few characters, and when nobody reads or the disk is full.

    What serves goes on all the same.
    """
    shown, lost = (Console(served, prepared, made(tmp_path / name)) for name in ("1", "2"))
    for (encoding, terminal), (sink, not_written) in zip(TERMINALS, SINKS, strict=True):
        status, printed = shown.run(command, env=terminal)
        assert status in (0, 1)
        if status == 0 and "--json" in command:
            json.loads(printed.decode(encoding))
        with sink() as out:
            expected = not_written if printed and command[0] not in SERVE else status
            assert lost.run(command, stdout=out)[0] == expected


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@contextlib.contextmanager
def closed_pipe() -> Iterator[int]:
    read, write = os.pipe()
    os.close(read)
    yield write
    os.close(write)


@contextlib.contextmanager
def full_disk() -> Iterator[int]:
    with Path("/dev/full").open("wb") as full:
        yield full.fileno()


SINKS = ((closed_pipe, CUT), (full_disk, NOT_WRITTEN))


def test_it_lists_every_job_on_a_terminal_that_lacks_its_letters(console: Console) -> None:
    assert console.run(["jobs"], env=ASCII)[1].count(rb"gr\u00fcn \u2603 \ud83d\ude00 ") > 0
    assert console.run(["jobs"], env=LATIN_1)[1].count(b"gr\xfcn \\u2603") > 0


def test_it_prints_the_same_json_on_every_terminal(console: Console) -> None:
    usual, ascii, latin_1 = (
        json.loads(console.run(["jobs", "--json"], env=terminal)[1].decode(encoding))
        for terminal, encoding in (({}, "utf-8"), (ASCII, "ascii"), (LATIN_1, "latin-1"))
    )
    assert usual == ascii == latin_1


def test_it_takes_texts_in_utf_8_whatever_the_locale(console: Console) -> None:
    command = ["submit", "copy_file", "INPUTS", "--json"]
    assert json.loads(console.run(command, env=ASCII)[1])["name"] == NAME.replace("\u202e", "")
    command = ["submit", "noop", "--text", "grün ☃", "--json"]
    assert json.loads(console.run(command, env=ASCII)[1])["name"] == "grün ☃"


def test_it_saves_files_under_their_names_whatever_the_locale(console: Console) -> None:
    assert console.run(["result", "JOB_ID", "--files", "FILES"], env=ASCII)[0] == 0
    assert [path.name for path in console.saved.iterdir()] == [NAME.replace("\u202e", "")]


@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1, 2]])
@pytest.mark.parametrize("command", [["stats"], ["serve"]], ids=" ".join)
def test_it_runs_with_streams_that_are_closed(
    console: Console, command: list[str], closed: list[int]
) -> None:
    """No file of Bellhop gets the number of one, where a print would write into it."""

    def close() -> None:
        for number in closed:
            os.close(number)

    assert console.run(command, preexec_fn=close)[0] == 0


def test_it_checks_until_ctrl_c_and_leaves_nothing(console: Console) -> None:
    """A terminal sends the signal to all that the command has started."""
    options: Any = {"stdout": subprocess.PIPE, "start_new_session": True}
    with console.start(["check"], own=True, **options) as process:
        wait_for(lambda: (console.here.data / "address").exists())
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, b"Traceback" in said) == (130, False)
    assert console.here.descendants() == []
