"""Job types of the chaos run on several machines; they behave as those of one machine of that name.

Each item has a file of its own, outside of everything, in the folder `journal`, and its attempts
append what they do, one line for one write:

    MONOTONIC start|beat|end ATTEMPT NETWORK

CLOCK_MONOTONIC is of the kernel, so all machines of the run share it, whatever their clocks say.
NETWORK is the inode of the network namespace, which tells the machine.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from bellhop import Context, job_type

BEAT_S = 0.05


def note(journal: str, context: Context, what: str) -> None:
    path = Path(journal) / context.item_id
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        network = os.stat("/proc/self/ns/net").st_ino
        now = time.clock_gettime(time.CLOCK_MONOTONIC)
        os.write(descriptor, f"{now:.6f} {what} {context.attempt} {network}\n".encode())
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def noted(journal: str, context: Context) -> Iterator[Callable[[float], None]]:
    """Note the start and the end of an attempt; what it gives works for some seconds, with beats.

    What is interrupted has no end.
    """

    def work(seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not context.cancelled:
            time.sleep(BEAT_S)
            note(journal, context, "beat")

    note(journal, context, "start")
    try:
        yield work
    finally:
        note(journal, context, "end")


def answer(context: Context, **more: object) -> dict:
    return {"item_id": context.item_id, "attempt": context.attempt, **more}


@job_type(label="Quick", queue="parsing")
def quick(text: str, context: Context, *, journal: str) -> dict:
    with noted(journal, context):
        return answer(context)


@job_type(label="Continued", queue="document_processing")
def continued(data: dict, context: Context, *, journal: str) -> dict:
    with noted(journal, context):
        return answer(context, before=data["item_id"])


@job_type(label="Needed", queue="ai")
def needed(text: str, context: Context, *, journal: str, seconds: float) -> dict:
    with noted(journal, context) as work:
        work(seconds)
        return answer(context)


@job_type(label="Slow", queue="ai")
def slow(text: str, context: Context, *, journal: str, seconds: float) -> dict:
    with noted(journal, context) as work:
        context.progress(50, "half")
        work(seconds)
        return answer(context)


@job_type(label="Patient", queue="document_processing")
def patient(text: str, context: Context, *, journal: str, seconds: float) -> dict:
    """Work for longer than a machine may be silent."""
    with noted(journal, context) as work:
        work(seconds)
        return answer(context)


@job_type(label="Failing twice", queue="parsing", delays_s=[0, 0.2, 0.5])
def failing(text: str, context: Context, *, journal: str) -> dict:
    with noted(journal, context):
        if context.attempt <= 2:
            raise RuntimeError(f"attempt {context.attempt}")
        return answer(context)


@job_type(label="Writing", queue="parsing")
def writing(text: str, context: Context, *, journal: str) -> dict:
    with noted(journal, context):
        (context.output_dir / "sub").mkdir()
        for name in ("one.txt", "sub/two.txt"):
            (context.output_dir / name).write_text(f"{context.item_id} {name}")
        return answer(context)


def copied(file: Path, context: Context) -> dict:
    content = file.read_bytes()
    (context.output_dir / "copy.txt").write_bytes(content)
    return answer(context, sha256=sha256(content).hexdigest())


@job_type(label="Copying", queue="parsing", accepts=[".txt"])
def copying(file: Path, context: Context, *, journal: str) -> dict:
    with noted(journal, context):
        return copied(file, context)


@job_type(label="Cached", queue="parsing", accepts=[".txt"], cache=True)
def cached(file: Path, context: Context, *, journal: str) -> dict:
    with noted(journal, context):
        return copied(file, context)
