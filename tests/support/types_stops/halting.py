"""Job types that a stop makes fail in every way, for the tests of its signals."""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import time
from collections.abc import Callable

from bellhop import BadInput, Context, Unavailable, job_type


def helper() -> None:
    """Need a program that ends by SIGTERM."""
    subprocess.run(["sleep", "1000"], check=True)


def blamed_helper() -> None:
    with contextlib.suppress(subprocess.CalledProcessError):
        helper()
    raise BadInput("sleep cannot read this file")


def lost_helper() -> None:
    with contextlib.suppress(subprocess.CalledProcessError):
        helper()
    raise Unavailable("the helper went away", code="helper_gone")


def raise_it(*_: object) -> None:
    raise RuntimeError("told to stop")


def on_stop(act: Callable[..., object]) -> None:
    """Have handlers of its own."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, act)
    time.sleep(1000)


def default() -> None:
    """Die of it, as before anybody caught it."""
    on_stop(signal.SIG_DFL)  # type: ignore[arg-type]


def pool() -> None:
    with multiprocessing.get_context("fork").Pool(2) as many:
        many.map(time.sleep, [1000, 1000])


HALTS: dict[str, Callable[[], None]] = {
    "helper": helper,
    "blamed helper": blamed_helper,
    "lost helper": lost_helper,
    "raises": lambda: on_stop(raise_it),
    "leaves": lambda: on_stop(lambda *_: os._exit(7)),
    "dies": default,
    "pool": pool,
}


@job_type(label="Halting", queue="parsing", timeout_s=600, delays_s=[], cache=False)
def halting(text: str, context: Context) -> dict:
    """Work until it is stopped, in its first attempt."""
    context.progress(1, "at work")
    if context.attempt == 1:
        HALTS[text]()
    return {}


@job_type(label="Enduring", queue="parsing", timeout_s=600, delays_s=[], cache=False)
def enduring(text: str, context: Context) -> dict:
    """Work for as many seconds as the text says."""
    context.progress(1, "at work")
    time.sleep(float(text))
    return {}
