"""Job types whose processes try to outlive them."""

from __future__ import annotations

import os
import signal
import time

import _escapes

from bellhop import Context, job_type


def start(data: dict) -> None:
    _escapes.WAYS[data["way"]](data["tag"])
    time.sleep(data.get("pause_s", 0))


@job_type(label="Escape and wait", queue="attack", delays_s=[], cache=False)
def escape(data: dict, context: Context) -> dict:
    """End as `end` says: `return`, `crash`, or by what somebody else does."""
    start(data)
    context.progress(50, "escaped")
    if data["end"] == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if data["end"] == "return":
        return {}
    while True:
        time.sleep(1)


@job_type(label="Escape and exceed", queue="attack", delays_s=[], cache=False, timeout_s=1.5)
def escape_late(data: dict, context: Context) -> dict:
    return escape(data, context)
