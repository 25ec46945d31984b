"""How the program of a parent is replaced while it runs: by itself, as execve(2) does it.

The process stays, with its pid, the socket on which it listens, and the locks that keep every other
Bellhop away. So nothing comes between, and a client that comes meanwhile waits in the socket.

The new program is asked twice before, as a child of the old one: in its trial, beside all that
runs, and when it migrates, after that has ended. Where it fails, the old one goes on.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NoReturn

from bellhop.base.program import AS_STARTED, FOLDER
from bellhop.storage.installation import ALIVE, stay_alive, take_start_lock
from bellhop.system import children
from bellhop.system.locks import let_go

TRIAL_LIMIT_S = 120.0
REFUSAL = "bellhop: "


@dataclass(frozen=True)
class Handover:
    """What the program before leaves to the next, which may be of another version.

    `folder` is its data folder without links, `version` its version, `bound_for` the host and port
    for which it listens. The numbers are descriptors, -1 where there is none: of the socket that
    listens, of both ends of the pair in which connections wait, and of the locks. `has_terminal`:
    it began in a terminal, whose hangup is a stop.
    """

    folder: str
    version: str
    bound_for: str
    listener: int = -1
    connections: tuple[int, ...] = ()
    serve_lock: int = -1
    start_lock: int = -1
    has_terminal: bool = False

    def text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> Handover:
        """What `text` says; what only other versions know is left out."""
        known: dict[str, Any] = json.loads(text)
        known["connections"] = tuple(known.get("connections", ()))
        return cls(**{f.name: known[f.name] for f in fields(cls) if f.name in known})

    def give_way(self) -> NoReturn:
        """Become the new program; OSError when it cannot be. What a signal asks shall wait."""
        for descriptor in (self.listener, *self.connections, self.serve_lock, self.start_lock):
            if descriptor >= 0:
                os.set_inheritable(descriptor, True)
        with contextlib.suppress(OSError):
            os.chdir(FOLDER)
        os.execv(AS_STARTED[0], [*AS_STARTED, "serve", "--handover", self.text()])


@contextlib.contextmanager
def making_way(folder: Path) -> Iterator[int]:
    """Count as alive no more, so that another program can be the only one here, and migrate.

    Nobody else can begin meanwhile: gives the descriptor of `start.lock`, which this block holds.
    StartRefused where somebody has that.
    """
    lock = take_start_lock(folder)
    let_go(folder / ALIVE)
    try:
        yield lock
    finally:
        stay_alive(folder)
        os.close(lock)


class Preparation:
    """A `prepare` of the new program, as a child that ends with this process."""

    limit_s = float("inf")

    def __init__(self, *options: str, pass_fds: tuple[int, ...] = ()):
        """Start it; OSError when that cannot be done."""
        self._said = os.memfd_create("said")
        self._until = time.monotonic() + self.limit_s
        try:
            self.child = children.start(
                [*AS_STARTED, "prepare", *options],
                cwd=FOLDER if os.path.isdir(FOLDER) else None,
                stdin=subprocess.PIPE,  # which ends with us
                stdout=self._said,
                stderr=self._said,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        except OSError:
            os.close(self._said)
            raise

    def wait_s(self) -> float:
        """For how long it may still run."""
        return max(0.0, self._until - time.monotonic())

    def outcome(self) -> str | None:
        """Why it failed, "" where it did not; None while that is not known."""
        if not self.wait_s():
            return f"the new program did not answer within {self.limit_s:g} seconds"
        if self.child.poll() is None:
            return None
        lines = self._lines()
        if not self.child.returncode:
            return ""
        last = lines[-1].removeprefix(REFUSAL) if lines else "the new program said nothing"
        return f"{last} ({children.ending(self.child.returncode)})"

    def log(self) -> str:
        """What it said besides why it failed, which `outcome` tells."""
        return "".join(f"{line}\n" for line in self._lines() if not line.startswith(REFUSAL))

    def end(self) -> None:
        """End it, whatever it does, and forget it."""
        self.child.kill()
        self.child.wait()
        assert self.child.stdin is not None
        self.child.stdin.close()
        os.close(self._said)

    def _lines(self) -> list[str]:
        text = os.pread(self._said, 1 << 20, 0).decode(errors="replace")
        return text.strip().splitlines()


class Trial(Preparation):
    """The new program, tried beside the running one, which goes on unless it could take over."""

    limit_s = TRIAL_LIMIT_S

    def __init__(self, handover: Handover):
        inherited = [n for n in [handover.listener] if n >= 0]
        super().__init__("--trial", handover.text(), pass_fds=tuple(inherited))
