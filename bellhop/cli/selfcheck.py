"""The command `check`: is this installation sound? One line for each answer to what checks/ asks.

It asks the Bellhop that is running on the data folder; if none is, it starts one for
the length of the check, which listens where the settings say.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import subprocess
import tempfile
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bellhop.base.errors import NO_ROOM, StartRefused, said_of
from bellhop.base.program import COMMAND, TYPED
from bellhop.base.texts import shown
from bellhop.checks import questions
from bellhop.checks.answers import Asked, Failed, Question
from bellhop.checks.serving import ADMIN
from bellhop.cli import commands
from bellhop.client import Bellhop, BellhopError, RequestFailed
from bellhop.database.database import refusing
from bellhop.settings.settings import Settings
from bellhop.storage.installation import bind_rows, read_record
from bellhop.system import proctree, signals, temporary
from bellhop.system.locks import is_held

STOP_LIMIT_S = 20
# What mends an error of the system, whatever was asked.
OF_SYSTEM: dict[int | None, str] = {
    **dict.fromkeys(NO_ROOM, "free some space on that disk"),
    errno.EROFS: "mount that disk writable",
    errno.ENOENT: "put it back, and restart Bellhop",
}
WORDS = {(True, False): "ok     ", (True, True): "WARNING", (False, True): "FAILED "}


class Finding(NamedTuple):
    """An answer: `said`, and what `mend`s it. With `ok`, that is a warning; None: all is well."""

    name: str
    ok: bool
    said: str
    mend: str | None = None

    def __str__(self) -> str:
        names_it = self.mend is None or self.mend in self.said
        line = self.said if names_it else f"{self.said}; {self.mend}"
        return f"{WORDS[self.ok, self.mend is not None]} {self.name}: {shown(line)}"


def run(settings: Settings, *, as_json: bool = False) -> int:
    """Print what was asked and found; 1 when anything failed."""
    signals.on_stop(_stop_once)
    found: list[Finding] = []
    refused = None
    try:
        temporary.settle(settings.data_dir)
        with _turn(settings.data_dir), contextlib.closing(_findings(settings)) as findings:
            for finding in findings:
                found.append(finding)
                if not as_json:
                    print(finding, flush=True)
    except StartRefused as refusal:
        refused = refusal
        found.append(_bad("start", str(refusal), f"mend that, and start it with {TYPED}"))
    if as_json:
        print(json.dumps([finding._asdict() for finding in found]))
    if refused:
        raise refused
    return 0 if all(finding.ok for finding in found) else 1


def _stop_once(number: int, frame: object) -> None:
    """End as at Ctrl-C, which cleans up; a second signal must not keep it from that."""
    signals.on_stop(lambda number, frame: None)
    raise KeyboardInterrupt


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """One check of a folder after the other: the Bellhop that one starts ends with it."""
    with contextlib.ExitStack() as after:
        with contextlib.suppress(OSError):  # a folder that is not there yet, or has no locks
            descriptor = os.open(folder, os.O_RDONLY)
            after.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def _findings(settings: Settings) -> Generator[Finding]:
    here = read_record(settings.data_dir)
    if here and not here.is_home:
        bind_rows(settings, here, may_write=False)
        for question in questions.of_machine(settings, here, Bellhop(here.home)):
            yield from answered(question)
        return
    with _running(settings) as client:
        if here := read_record(settings.data_dir):
            bind_rows(settings, here, may_write=False)
        for question in questions.of_home(settings, here, client):
            yield from answered(question)


def answered(question: Question) -> Iterator[Finding]:
    """What a question finds: one that is well or failed, and warnings."""
    name, ask, mend = question
    warnings: Sequence[str] = ()
    try:
        with refusing():
            said, *warnings = ask()
        yield Finding(name, ok=True, said=said)
    except (Failed, StartRefused) as failure:
        yield from (_bad(name, str(each), mend) for each in failure.args)
        warnings = getattr(failure, "warnings", ())
    except BellhopError as error:
        is_refused = isinstance(error, RequestFailed) and error.status in (401, 403)
        yield Finding(name, ok=False, said=str(error), mend=ADMIN if is_refused else mend)
    except OSError as error:
        yield Finding(name, ok=False, said=said_of(error), mend=OF_SYSTEM.get(error.errno, mend))
    yield from (_bad(name, warning, mend)._replace(ok=True) for warning in warnings)


def _bad(name: str, text: str, otherwise: str) -> Finding:
    """What is wrong and, after the last semicolon of a text, what mends it."""
    said, semicolon, mend = text.rpartition("; ")
    return Finding(name, False, *((said, mend) if semicolon else (text, otherwise)))


@contextlib.contextmanager
def _running(settings: Settings) -> Iterator[Bellhop]:
    if os.environ.get("BELLHOP_URL") or _serves(settings):
        yield commands.at_home(settings, Asked)
        return
    with tempfile.TemporaryFile() as log:
        # In a session of its own: a Ctrl-C is for this process, which needs it to clean up.
        server = subprocess.Popen(
            COMMAND,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            preexec_fn=proctree.end_with_parent,
        )
        assert server.stdout is not None
        try:
            if not server.stdout.readline():
                log.seek(0)
                last = log.read().decode(errors="replace").strip().rpartition("\n")[2]
                raise StartRefused(last.removeprefix("bellhop: "))
            yield commands.at_home(settings, Asked)
        finally:
            server.terminate()
            server.wait(STOP_LIMIT_S + settings.server.stop_grace_s)
            server.stdout.close()


def _serves(settings: Settings) -> bool:
    """Whether a web seems to run on the data folder, also where that cannot be written any more."""
    try:
        return is_held(settings.data_dir / "web.lock")
    except OSError:
        return (settings.data_dir / "address").exists()
