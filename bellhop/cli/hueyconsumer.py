"""Lets Huey's own `huey_consumer tasks.huey` do the work of a consumer of Bellhop."""

from __future__ import annotations

import sys
from typing import Any

from bellhop.base.errors import StartRefused
from bellhop.bell.bell import Bell
from bellhop.cli import start
from bellhop.cli.run import start_log
from bellhop.consumer.consumer import Consumer
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation


def create_consumer(
    settings: Settings, bell: Bell, *, workers: int = 1, worker_type: str = "thread", **_: Any
) -> Consumer:
    """The consumer of all queues that runs `workers` items at a time, joined to the installation.

    In the place of `Huey.create_consumer`: a stock consumer would take bells and run nothing. Of
    its other options none has a meaning here, where workers are woken and stop when Bellhop does.
    """
    start_log(settings, alone=True)
    try:
        here = _join(settings, worker_type)
    except StartRefused as refusal:
        sys.exit(f"bellhop: {refusal}")
    settings = start.shared(settings, here)
    # The storage may have been switched since the bell was opened: no lock was held.
    bell = bell if bell.here == here else Bell(settings, here)
    return Consumer(settings, here, bell, start.served(settings, here), threads=workers)


def _join(settings: Settings, worker_type: str) -> Installation:
    if worker_type != "thread":
        raise StartRefused(
            f"huey_consumer -k {worker_type}: allowed is thread; each item already runs in a "
            "separate process"
        )
    return start.join(settings, may_be_newer=True)
