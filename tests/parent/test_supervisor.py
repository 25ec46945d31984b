"""What a parent does at a restart, with a program of which each part does what a test says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bellhop.parent.answers import ROOM_BYTES, Answer, ask
from bellhop.system.proctree import lives
from tests.support.places import ROOT

# Runs the code that stands in the file of its part: trial, prepare, web or consumer.
PROGRAM = """
import json, os, pathlib, signal, sys, time
part, folder = sys.argv[1], pathlib.Path(os.environ["BELLHOP_STORAGE_DATA_DIR"])
part = "trial" if "--trial" in sys.argv else part
if part == "prepare":
    known = {"id": "0123456789abcdef", "storage": "sqlite", "redis": ""}
    (folder / "installation.json").write_text(json.dumps(known))
(folder / "pids").open("a").write(f"{part} {os.getpid()}\\n")
if (folder / part).exists():
    exec((folder / part).read_text())
if part == "serve":
    sys.path.insert(0, ROOT)
    from bellhop.base import program
    from bellhop.settings import configuration
    program.COMMAND = [sys.executable, "-I", "-S", __file__]
    program.AS_STARTED = [sys.executable, "-I", __file__]
    import logging
    from bellhop.parent import supervisor
    from bellhop.parent.handover import Handover
    logging.basicConfig(level=logging.INFO)
    before = Handover.of(sys.argv[3]) if "--handover" in sys.argv else None
    sys.exit(supervisor.run(configuration.load(), lambda said: print(said, flush=True), before))
if part in ("web", "consumer"):
    for number in (signal.SIGTERM, signal.SIGUSR2):
        signal.signal(number, lambda *_: sys.exit(0))
    os.write(int(sys.argv[sys.argv.index("--ready-fd") + 1]), b"r")
    sys.stdin.read()
"""


LIMIT_S = 30.0
pytestmark = pytest.mark.processes


def wait_for(condition: Callable[[], object]) -> None:
    until = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


class Parent:
    """A parent that runs on a data folder, with its log."""

    def __init__(self, folder: Path):
        self.folder = folder / "data"
        self.folder.mkdir(mode=0o700)
        program = folder / "program.py"
        program.write_text(PROGRAM.replace("ROOT", repr(str(ROOT))))
        environment = {
            "BELLHOP_STORAGE_DATA_DIR": str(self.folder),
            "BELLHOP_SERVER_PORT": "0",
            "PATH": os.environ["PATH"],
        }
        self._log = folder / "log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(program), "serve"],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout and self.process.stdout.readline(), self.log()

    def log(self) -> str:
        return self._log.read_text()

    def does(self, part: str, code: str) -> None:
        (self.folder / part).write_text(code)

    def pids(self, part: str) -> list[int]:
        """Of all that were started of this part, the last one at the end."""
        lines = map(str.split, (self.folder / "pids").read_text().splitlines())
        return [int(pid) for name, pid in lines if name == part]

    def runs(self, part: str, count: int) -> bool:
        """Whether the one with this number was started, and runs."""
        pids = self.pids(part)
        return len(pids) == count and lives(pids[-1])

    def end(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=20)


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[Parent]:
    made = Parent(tmp_path)
    yield made
    made.end()


@pytest.mark.parametrize(
    ("part", "code", "said"),
    [
        ("trial", "sys.exit('bellhop: no disk')", "no disk (exit status 1)"),
        ("prepare", "sys.exit('bellhop: no disk')", "no disk (exit status 1)"),
        (
            "prepare",
            "os.kill(os.getpid(), signal.SIGKILL)",
            "the new program said nothing (SIGKILL)",
        ),
    ],
)
def test_it_runs_on_where_the_new_program_fails(
    parent: Parent, part: str, code: str, said: str
) -> None:
    """Also where that fails after its trial, when both halves have ended."""
    parent.does(part, code)
    refused = f"Bellhop was not restarted, and runs on: {said}"
    assert ask(parent.folder, signal.SIGUSR2) == Answer(False, [refused])
    assert parent.log().count(refused) == 1
    count = 1 if part == "trial" else 2
    wait_for(lambda: parent.runs("web", count) and parent.runs("consumer", count))
    (parent.folder / part).unlink()
    assert ask(parent.folder, signal.SIGUSR2).is_done


def test_it_prepares_once_more_where_that_was_killed(parent: Parent) -> None:
    """It may have migrated: with such rows the old program could not go on."""
    first = "mark = folder / 'killed'\nif not mark.exists(): mark.touch(); os.kill(os.getpid(), 9)"
    parent.does("prepare", first)
    assert ask(parent.folder, signal.SIGUSR2).is_done


def test_it_starts_a_web_that_dies_while_the_consumer_ends(parent: Parent) -> None:
    """Else nobody would serve for as long as items have to finish."""
    ended = parent.folder / "may end"
    waits = f"while not os.path.exists({str(ended)!r}): time.sleep(0.01)\nsys.exit(0)"
    slow = f"def slow(*_):\n {waits.replace(chr(10), chr(10) + ' ')}\n"
    parent.does("consumer", f"{slow}signal.signal(15, slow)\nsignal.signal = lambda *_: None\n")
    os.kill(parent.pids("consumer")[0], signal.SIGKILL)
    wait_for(lambda: parent.runs("consumer", 2))
    parent.process.send_signal(signal.SIGUSR2)
    wait_for(lambda: parent.pids("trial"))
    os.kill(parent.pids("web")[0], signal.SIGKILL)
    wait_for(lambda: parent.runs("web", 2))
    assert parent.runs("consumer", 2)
    ended.touch()
    wait_for(lambda: "Bellhop was restarted" in parent.log())


def test_it_tries_again_what_does_not_start_after_a_restart(parent: Parent) -> None:
    """People wait in the socket; a stop would turn them away."""
    once = "if (folder / 'prepared').exists(): (folder / 'prepared').unlink(); sys.exit(1)"
    parent.does("prepare", "(folder / 'prepared').touch()")
    parent.does("web", once)
    told = ask(parent.folder, signal.SIGUSR2)
    assert told == Answer(False, ["web did not start; the log says why"])
    wait_for(lambda: "Bellhop was restarted" in parent.log())


def test_it_answers_who_asks_for_a_reload_while_it_gives_way(parent: Parent) -> None:
    """The next program has read the settings of now, and hears of no signal before its time."""
    path = parent.folder / "answer.reload"
    path.write_bytes(b" " * ROOM_BYTES)
    parent.does("prepare", "os.kill(os.getppid(), signal.SIGUSR1)")
    assert ask(parent.folder, signal.SIGUSR2).is_done
    wait_for(lambda: "Bellhop was restarted" in path.read_text())


def test_it_takes_the_settings_that_were_asked_for_during_a_restart_that_failed(
    parent: Parent,
) -> None:
    """It says so to nobody but the log: whoever asked for the restart gets its answer."""
    parent.does("prepare", "os.kill(os.getppid(), signal.SIGUSR1); sys.exit('bellhop: no disk')")
    assert "no disk" in ask(parent.folder, signal.SIGUSR2).said[0]
    wait_for(lambda: "settings were read again" in parent.log())
