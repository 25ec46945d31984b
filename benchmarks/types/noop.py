"""Job types that do nothing, so that what is measured is Bellhop and not their work."""

import time
from pathlib import Path

from bellhop import Context, job_type


@job_type(label="No-op", queue="parsing", cache=False)
def noop(text: str, context: Context) -> dict[str, str]:
    """Give back the text."""
    return {"text": text}


@job_type(label="Keep", queue="parsing", cache=False)
def keep(file: Path, context: Context) -> dict[str, int]:
    """Take a file of any size without reading it."""
    return {"size": file.stat().st_size}


@job_type(label="Pause", queue="parsing", cache=False)
def pause(text: str, context: Context, *, seconds: float) -> dict[str, str]:
    """Take some time and none of the cores."""
    time.sleep(seconds)
    return {"text": text}


@job_type(label="Elsewhere", queue="ai", cache=False)
def elsewhere(text: str, context: Context) -> dict[str, str]:
    """Give back the text, on the machine that serves the queue."""
    return {"text": text}
