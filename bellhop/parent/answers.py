"""What a command asks of the parent that runs on a data folder, and what that answers.

The command leaves a file with room for the answer, so that there is one on a full disk too, finds
the parent by the lock that it holds, and signals it. So the system says who may: the user who runs
Bellhop. Without the file, as where a person types kill(1), the answer is in the log alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
from pathlib import Path
from typing import NamedTuple

from bellhop.base.errors import StartRefused
from bellhop.base.program import TYPED
from bellhop.storage.installation import require_owner
from bellhop.system import proctree, signals
from bellhop.system.locks import is_held, take_lock

TURN, SERVE_LOCK = "answer.lock", "serve.lock"
WORDS = {signals.RESTART: "restart", signals.RELOAD: "reload"}
ROOM_BYTES = 4096
LOOK_EVERY_S = 0.05


class Answer(NamedTuple):
    """What came of it: whether it was done, and lines for a person."""

    is_done: bool
    said: list[str]


def ask(folder: Path, number: signal.Signals) -> Answer:
    """Signal the parent that runs on a data folder, and wait for its answer, however long.

    StartRefused where there is none, it is another user's, or it is too old to understand.
    """
    if not is_held(folder / SERVE_LOCK):
        raise StartRefused(f"no Bellhop with a parent runs on {folder}; start it with {TYPED}")
    require_owner(folder)
    turn = take_lock(folder / TURN, fcntl.LOCK_EX, wait_s=0)
    if turn is None:
        raise StartRefused("another restart or reload is under way; wait for its end")
    path = _path(folder, number)
    try:
        parent = _parent(folder)
        path.unlink(missing_ok=True)
        path.write_bytes(b" " * ROOM_BYTES)
        os.kill(parent, number)
        return _answered(path, parent)
    except ProcessLookupError:
        return _ended(path)
    finally:
        path.unlink(missing_ok=True)
        os.close(turn)


def understands(folder: Path, number: signal.Signals) -> bool:
    """Whether the parent that runs on a data folder could be asked; not where there is none."""
    return any(proctree.catches(parent, number) for parent in _parents(folder))


def answer(folder: Path, number: signal.Signals, is_done: bool, *said: str) -> None:
    """Tell the command that asked for this, if one did; the first answer counts."""
    with contextlib.suppress(OSError):
        descriptor = os.open(_path(folder, number), os.O_RDWR | os.O_NOFOLLOW)
        try:
            if os.pread(descriptor, 1, 0) == b" ":
                os.pwrite(descriptor, json.dumps([is_done, said]).encode() + b"\n", 0)
        finally:
            os.close(descriptor)


def _path(folder: Path, number: signal.Signals) -> Path:
    """The file for the answer; a signal that somebody sends by hand has another one."""
    return folder / f"answer.{WORDS[number]}"


def _parent(folder: Path) -> int:
    """The pid of the parent; StartRefused for one that a signal would only end."""
    found = _parents(folder)
    if not found:
        said = f"the Bellhop that runs on {folder} cannot be seen from here"
        raise StartRefused(f"{said}; type the command where it runs, as its user")
    if not proctree.catches(found[0], signals.RESTART):
        said = f"the Bellhop that runs on {folder} is of a version that does not know this"
        raise StartRefused(f"{said}; stop it, and start it with {TYPED}")
    return found[0]


def _parents(folder: Path) -> list[int]:
    lock = folder / SERVE_LOCK
    return [pid for pid in proctree.holding(lock) if proctree.has_lock(pid, lock)]


def _answered(path: Path, parent: int) -> Answer:
    while proctree.lives(parent):
        if found := _read(path):
            return found
        time.sleep(LOOK_EVERY_S)
    return _ended(path)


def _ended(path: Path) -> Answer:
    return _read(path) or Answer(False, ["Bellhop has ended; its log says why"])


def _read(path: Path) -> Answer | None:
    """The answer, once it is there as a whole."""
    text, end, _ = path.read_text().partition("\n")
    return Answer(*json.loads(text)) if end else None
