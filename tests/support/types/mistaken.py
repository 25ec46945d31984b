"""Job types that are written wrongly, or do what Bellhop does not allow."""

import asyncio
import contextlib
import functools
import http.client
import importlib
import os
import shutil
import socket
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests

from bellhop import Context, job_type

Act = Callable[[Context], object]


def helper(one: int) -> int:
    return one


def passing_on(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def passed(*args: Any, **params: Any) -> Any:
        return function(*args, **params)

    return passed


WRONG: dict[str, Act] = {
    "progress without a number": lambda context: context.progress("half"),  # type: ignore[arg-type]
    "progress without anything": lambda context: context.progress(),  # type: ignore[call-arg]
    "progress of too much": lambda context: context.progress(1, "a", "b"),  # type: ignore[call-arg]
    "warn without a text": lambda context: context.warn(),
    "log without a text": lambda context: context.log(),  # type: ignore[call-arg]
    "what context has not": lambda context: context.report(5),  # type: ignore[attr-defined]
    "context as a function": lambda context: context(5),  # type: ignore[operator]
    "context as a dict": lambda context: context["attempt"],  # type: ignore[index]
    "context with another value": lambda context: setattr(context, "attempt", 2),
    "a module that is not there": lambda _: importlib.import_module("nosuchmodule"),
    "an import that fails": lambda _: exec("from json import nosuchname"),
}
OWN: dict[str, Act] = {
    "a wrong call deep inside": lambda _: helper(),  # type: ignore[call-arg]
    "an attribute of something else": lambda _: "text".nosuch,  # type: ignore[attr-defined]
    "a TypeError": lambda _: 1 + "1",  # type: ignore[operator]
    "a connection that nobody answers": lambda _: (_ for _ in ()).throw(ConnectionRefusedError()),
    "a file that is not there": lambda _: Path("nosuch").read_text(),
}


@job_type(label="Wrong", queue="parsing")
def wrong(text: str, context: Context) -> dict:
    {**WRONG, **OWN}[text](context)
    return {}


@job_type(label="Changed", queue="parsing")
def changed(text: str, context: Context, *, now_called: int = 1) -> dict:
    return {}


@job_type(label="Wrapped", queue="parsing")
@passing_on
def wrapped(text: str, context: Context, *, now_called: int = 1) -> dict:
    return {}


@job_type(label="Needing", queue="parsing")
def needing(text: str, context: Context, *, needed: int) -> dict:
    return {}


@job_type(label="Unwritable", queue="parsing")
def unwritable(text: str, context: Context) -> Any:
    return {"rows": [{"when": 1}, {"when": object()}]}


@job_type(label="Unwritable part", queue="parsing")
def unwritable_part(text: str, context: Context) -> Iterator[Any]:
    yield {"rows": [{"when": 1}, {"when": object()}]}
    yield {"rows": []}


def connect(port: str) -> None:
    with socket.create_connection(("127.0.0.1", int(port)), 5):
        pass


def open_connection(port: str) -> None:
    async def opened() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.open_connection("127.0.0.1", int(port)))

    asyncio.run(opened())


def recover(port: str) -> None:
    """Fail for another reason after a refusal was dealt with."""
    try:
        connect(port)
    except OSError:
        raise ValueError("no number") from None


def fail_meanwhile(port: str) -> None:
    """Fail for another reason while a refusal is dealt with."""
    try:
        connect(port)
    except OSError:
        int("no number")


def say_nothing_of_it(path: str) -> None:
    """Wrap a refusal as some libraries do: by its words alone."""
    with contextlib.suppress(OSError):
        Path(path).write_text("x")
    raise PermissionError(13, f"Failed to open local file '{path}'. Detail: read-only")


def replace(path: str) -> None:
    Path("mine").write_text("x")
    os.replace("mine", path)


def wrap(path: str) -> None:
    try:
        Path(path).write_text("x")
    except OSError as error:
        raise RuntimeError("the report was not saved") from error


REACH: dict[str, Callable[[str], object]] = {
    "connect": connect,
    "datagram": lambda _: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "look up": lambda name: socket.getaddrinfo(name, 443),
    "requests": lambda port: requests.get(f"http://127.0.0.1:{port}/"),
    "urllib": lambda port: urllib.request.urlopen(f"http://127.0.0.1:{port}/"),
    "http.client": lambda port: http.client.HTTPConnection("127.0.0.1", int(port)).connect(),
    "asyncio": open_connection,
    "recover": recover,
    "fail meanwhile": fail_meanwhile,
    "read": lambda path: Path(path).read_bytes(),
    "list": os.listdir,
    "write": lambda path: Path(path).write_text("x"),
    "append": lambda path: Path(path).open("a").close(),
    "make a folder": os.mkdir,
    "remove": os.remove,
    "move": lambda path: shutil.move(path, "mine"),
    "replace": replace,
    "wrap": wrap,
    "say nothing of it": say_nothing_of_it,
    "signal": lambda pid: os.kill(int(pid), 0),
}


@job_type(label="Reaching", queue="parsing")
def reaching(data: dict, context: Context) -> dict:
    REACH[data["how"]](data["what"])
    return {}


@job_type(label="Reaching out", queue="parsing", network=True)
def reaching_out(data: dict, context: Context) -> dict:
    return reaching(data, context)


@job_type(label="Patient", queue="parsing", delays_s=[3600, 3600])
def patient(text: str, context: Context) -> dict:
    """Fail the first two times."""
    if context.attempt < 3:
        raise ValueError(f"no {text}")
    return {"text": text}
