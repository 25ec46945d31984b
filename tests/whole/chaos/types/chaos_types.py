"""Job types of the chaos run: each behaves in one way that job types behave in the field.

Each writes what it does into a journal outside the data folder, one line for one write, so
that the checker knows from another source than Bellhop's own rows when code really ran:

    TIME ITEM ATTEMPT start|beat|end PID
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from bellhop import BadInput, Context, TryAgain, job_type

BEAT_S = 0.05
# The same lines from a process that knows nothing of Python; `date` is asked before it writes.
BEATING_SHELL = """
while printf '%s %s beat %s\\n' "$(date +%s.%N) $ITEM" "$ATTEMPT" "$PID" >> "$JOURNAL"
do sleep 0.2; done
"""


def note(journal: str, context: Context, what: str) -> None:
    """Append one line; O_APPEND and a single write keep lines of many processes whole."""
    descriptor = os.open(journal, os.O_WRONLY | os.O_APPEND)
    try:
        line = f"{time.time():.6f} {context.item_id} {context.attempt} {what} {os.getpid()}\n"
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def noted(journal: str, context: Context) -> Iterator[Callable[[], None]]:
    """Note the start and the end of an attempt; what it gives notes a beat."""
    note(journal, context, "start")
    try:
        yield lambda: note(journal, context, "beat")
    finally:
        note(journal, context, "end")


def answer(context: Context, **more: object) -> dict:
    """A result that names the attempt it comes from, for the checker to compare."""
    return {"item_id": context.item_id, "attempt": context.attempt, **more}


@job_type(label="Quick", queue="parsing")
def quick(text: str, context: Context, *, journal: str) -> dict:
    with noted(journal, context):
        return answer(context)


@job_type(label="Continued", queue="document_processing")
def continued(data: dict, context: Context, *, journal: str) -> dict:
    """Go on where the step before ended."""
    with noted(journal, context):
        return answer(context, before=data["item_id"])


@job_type(label="Needed", queue="ai")
def needed(text: str, context: Context, *, journal: str, seconds: float) -> dict:
    """Take as long as all that were submitted with it, so that they end together."""
    with noted(journal, context):
        time.sleep(seconds)
        return answer(context)


@job_type(label="Slow", queue="ai")
def slow(text: str, context: Context, *, journal: str, seconds: float) -> dict:
    """Work in steps and never look whether a cancel was asked for."""
    with noted(journal, context) as beat:
        started = time.monotonic()
        while (passed := time.monotonic() - started) < seconds:
            context.progress(100 * passed / seconds, f"{passed:.1f} s")
            beat()
            time.sleep(BEAT_S)
        return answer(context)


@job_type(label="Polite", queue="ai")
def polite(text: str, context: Context, *, journal: str, seconds: float) -> dict:
    """Work until a cancel is asked for."""
    with noted(journal, context) as beat:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not context.cancelled:
            beat()
            time.sleep(BEAT_S)
        return answer(context)


@job_type(label="Hang", queue="document_processing", timeout_s=1)
def hang(text: str, context: Context, *, journal: str) -> dict:
    """Hang in C with SIGTERM ignored."""
    with noted(journal, context):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        # PyDLL keeps the interpreter's lock, so no thread or handler of Python runs either.
        ctypes.PyDLL(None).sleep(1000)
        return answer(context)


@job_type(label="Crash once", queue="document_processing")
def crash_once(text: str, context: Context, *, journal: str) -> dict:
    with noted(journal, context):
        if context.attempt == 1:
            os.kill(os.getpid(), signal.SIGSEGV)
        return answer(context)


@job_type(label="Hungry", queue="document_processing", memory_mb=200, delays_s=[0])
def hungry(text: str, context: Context, *, journal: str) -> dict:
    with noted(journal, context):
        return answer(context, size=len(bytearray(1 << 30)))


@job_type(label="Forking", queue="document_processing")
def forking(text: str, context: Context, *, journal: str, seconds: float) -> dict:
    """Leave two grandchildren behind: one that sleeps, one that goes on noting beats."""
    with noted(journal, context):
        subprocess.Popen(["sleep", "1000"])
        names = {
            "JOURNAL": journal,
            "ITEM": context.item_id,
            "ATTEMPT": str(context.attempt),
            "PID": str(os.getpid()),
        }
        subprocess.Popen(["/bin/sh", "-c", BEATING_SHELL], env={**os.environ, **names})
        until = time.monotonic() + seconds
        while time.monotonic() < until and not context.cancelled:
            time.sleep(BEAT_S)
        return answer(context)


@job_type(label="Failing twice", queue="parsing", delays_s=[0, 0.2, 0.5])
def failing(text: str, context: Context, *, journal: str) -> dict:
    with noted(journal, context):
        if context.attempt <= 2:
            raise RuntimeError(f"attempt {context.attempt}")
        return answer(context)


@job_type(label="Later", queue="parsing")
def later(text: str, context: Context, *, journal: str) -> dict:
    with noted(journal, context):
        if context.attempt == 1:
            raise TryAgain(0.5, "not yet")
        return answer(context)


@job_type(label="Refused", queue="parsing")
def refused(text: str, context: Context, *, journal: str) -> dict:
    with noted(journal, context):
        raise BadInput(f"{text} is no good", code="refused")


@job_type(label="Writing", queue="parsing")
def writing(text: str, context: Context, *, journal: str) -> dict:
    """Write output files, one of them in a folder."""
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
    """Copy the upload, and say what was read."""
    with noted(journal, context):
        return copied(file, context)


@job_type(label="Cached", queue="parsing", accepts=[".txt"], cache=True)
def cached(file: Path, context: Context, *, journal: str) -> dict:
    """The same, of uploads that were often there before."""
    with noted(journal, context):
        return copied(file, context)
