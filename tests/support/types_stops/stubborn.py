"""A job type that no polite word ends, for the tests of stops."""

import signal
import subprocess
import threading
from pathlib import Path

from bellhop import Context, job_type

# A shell and what it started: a child and a grandchild of the job.
FAMILY = 'sleep 1000 & echo "$$ $!" > "$1.new"; mv "$1.new" "$1"; wait'


@job_type(label="Stubborn", queue="parsing", timeout_s=600)
def stubborn(text: str, context: Context) -> dict:
    """Ignore every signal, with a child and a grandchild; `text` is where their pids go.

    A second attempt returns at once.
    """
    if context.attempt > 1:
        return {"attempt": context.attempt}
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
        signal.signal(number, signal.SIG_IGN)
    subprocess.Popen(["/bin/sh", "-c", FAMILY, "sh", str(Path(text))])
    threading.Event().wait()
    return {}
