"""How the program of a parent is replaced while it runs: by itself, as execve(2) does it.

The process stays, with its pid, the socket on which it listens, and the locks that keep every other
Bellhop away. So nothing comes between, and a client that comes meanwhile waits in the socket.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import asdict, dataclass, fields
from typing import Any, NoReturn

from bellhop.base.program import COMMAND
from bellhop.system import children

TRIAL_LIMIT_S = 120.0


@dataclass(frozen=True)
class Handover:
    """What the program before leaves to the next, which may be of another version.

    `folder` is its data folder, `version` its version, `bound_for` the host and port for which it
    listens. The numbers are descriptors, -1 where there is none: of the socket that listens, of
    both ends of the pair in which connections wait, and of the locks. `has_terminal`: it began in a
    terminal, whose hangup is a stop.
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
        os.execv(COMMAND[0], [*COMMAND, "serve", "--handover", self.text()])


class Trial:
    """The new program, tried beside the running one, which goes on unless it could take over."""

    def __init__(self, handover: Handover):
        """Start it; OSError when that cannot be done."""
        self._said = os.memfd_create("trial")
        self._until = time.monotonic() + TRIAL_LIMIT_S
        self._child = children.start(
            [*COMMAND, "prepare", "--trial", handover.text()],
            stdin=subprocess.PIPE,  # which ends with us
            stdout=self._said,
            stderr=self._said,
            start_new_session=True,
        )

    def wait_s(self) -> float:
        """For how long it may still run."""
        return max(0.0, self._until - time.monotonic())

    def outcome(self) -> str | None:
        """Why it could not take over, "" where it could; None while that is not known."""
        if not self.wait_s():
            return f"it did not answer within {TRIAL_LIMIT_S:g} seconds"
        if self._child.poll() is None:
            return None
        if not self._child.returncode:
            return ""
        lines = os.pread(self._said, 1 << 20, 0).decode(errors="replace").strip().splitlines()
        last = lines[-1].removeprefix("bellhop: ") if lines else "it said nothing"
        return f"{last} ({children.ending(self._child.returncode)})"

    def end(self) -> None:
        """End it, whatever it does, and forget it."""
        self._child.kill()
        self._child.wait()
        assert self._child.stdin is not None
        self._child.stdin.close()
        os.close(self._said)
