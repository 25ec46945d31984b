"""What an item does as a whole: with its output, its scratch folder, its answer, its memory."""

from __future__ import annotations

import contextlib
import ctypes
import json
import mmap
import os
import random
import resource
import shutil
import signal
import socket
import stat
import struct
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import _reach

from bellhop import BadInput, Context, TryAgain, Unavailable

Act = Callable[[dict, Context], object]
ACTS: dict[str, Act] = {}
KEPT: list[BinaryIO] = []
sys.setrecursionlimit(5000)
DEEP = "[" * 990 + "]" * 990
MEBIBYTE = 1 << 20
ESCAPES = "\x1b]0;owned\x07\x1b[2J\r\n2026-01-01 00:00:00 INFO bellhop: forged line\u202egnp.exe"


def act(name: str) -> Callable[[Act], Act]:
    def noted(function: Act) -> Act:
        ACTS[name] = function
        return function

    return noted


def replace(place: Path, target: Path | str) -> None:
    """Put a link in the place of a folder."""
    shutil.rmtree(place, ignore_errors=True)
    place.symlink_to(target)


LINKS: dict[str, Callable[[_reach.Target], Path]] = {
    "the data folder": lambda t: t.data,
    "the results of another": lambda t: t.result.parent,
    "the uploads of another": lambda t: t.upload.parent,
    "a neighbour's folder": lambda t: t.folder / "neighbours",
    "the folder of the types": lambda t: t.folder / "types",
}
for _name, _to in LINKS.items():
    for _of in ("output", "scratch"):

        def _link(data: dict, context: Context, to: Any = _to, of: str = _of) -> object:
            place = context.output_dir if of == "output" else context.scratch_dir
            replace(place, to(_reach.known_target()))
            return {}

        ACTS[f"puts a link to {_name} in the place of its {_of} folder"] = _link


@act("puts a link in the place of the folder around both")
def link_around(data: dict, context: Context) -> object:
    around = context.output_dir.parent
    around.rename(around.with_name(f"{around.name}x"))
    around.symlink_to(_reach.known_target().data)
    return {}


@act("puts a file in the place of its output folder")
def file_for_output(data: dict, context: Context) -> object:
    context.output_dir.rmdir()
    context.output_dir.write_text("no folder")
    return {}


@act("renames its output folder")
def renames(data: dict, context: Context) -> object:
    context.output_dir.rename(context.scratch_dir / "moved")
    return {}


@act("takes its own rights to its folders away")
def no_rights(data: dict, context: Context) -> object:
    for folder in (context.output_dir, context.scratch_dir):
        (folder / "closed" / "inner").mkdir(parents=True)
        (folder / "closed" / "inner" / "file").write_text("x")
        (folder / "closed" / "inner").chmod(0)
        (folder / "closed").chmod(0)
        folder.chmod(0)
    return {}


@act("links files of others in its output")
def links_in_output(data: dict, context: Context) -> object:
    target = _reach.known_target()
    for number, path in enumerate((target.database, target.result, target.folder / "config.ini")):
        (context.output_dir / f"soft{number}").symlink_to(path)
        with contextlib.suppress(OSError):
            os.link(path, context.output_dir / f"hard{number}")
    (context.output_dir / "folder").symlink_to(target.result.parent)
    return {}


@act("swaps a file for a link while it is published")
def swaps(data: dict, context: Context) -> object:
    target = _reach.known_target()
    for number in range(40):
        (context.output_dir / f"a{number:02}").write_bytes(bytes(MEBIBYTE // 4))
    (context.output_dir / "z").write_text("own")
    if not escaped():
        deadline = time.monotonic() + 3
        link = context.output_dir / "link"
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                link.symlink_to(target.result)
                os.replace(link, context.output_dir / "z")
        os._exit(0)
    return {}


@act("swaps its output folder for a link while it is published")
def swaps_folder(data: dict, context: Context) -> object:
    target, output = _reach.known_target(), context.output_dir
    for number in range(40):
        (output / f"a{number:02}").write_bytes(bytes(MEBIBYTE // 4))
    if not escaped():
        deadline, away = time.monotonic() + 3, output.with_name("away")
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                output.rename(away)
                output.symlink_to(target.result.parent)
                time.sleep(random.random() / 100)
                output.unlink()
                away.rename(output)
        os._exit(0)
    return {}


def escaped() -> bool:
    """Start a process in a session of its own, orphaned; False in that process."""
    if os.fork():
        return True
    os.setsid()
    if os.fork():
        os._exit(0)
    return False


@act("publishes a file and keeps it open")
def keeps_open(data: dict, context: Context) -> object:
    file = (context.output_dir / "kept.txt").open("w+b", buffering=0)
    file.write(b"published")
    KEPT.append(file)
    return {"pid": os.getpid()}


@act("changes what an earlier item published")
def changes_kept(data: dict, context: Context) -> object:
    for file in KEPT:
        file.seek(0)
        file.write(b"CHANGED!!")
    return {"changed": len(KEPT)}


@act("publishes what is no file")
def no_files(data: dict, context: Context) -> object:
    os.mkfifo(context.output_dir / "pipe")
    with contextlib.suppress(OSError):
        os.mknod(context.output_dir / "device", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as server:
        os.chdir(context.output_dir)
        server.bind("socket")
    (context.output_dir / "loop").symlink_to("loop")
    (context.output_dir / "up").symlink_to("..")
    (context.output_dir / "zero").symlink_to("/dev/zero")
    return {}


@act("publishes a file of a terabyte with nothing in it")
def sparse(data: dict, context: Context) -> object:
    with (context.output_dir / "large").open("wb") as file:
        file.truncate(1 << 40)
    return {}


@act("publishes very many files")
def many_files(data: dict, context: Context) -> object:
    for number in range(int(data.get("count", 2000))):
        (context.output_dir / f"{number:06}").touch()
    return {}


@act("publishes from very many folders in each other")
def deep_folders(data: dict, context: Context) -> object:
    for folder in (context.output_dir, context.scratch_dir):
        os.chdir(folder)
        for _ in range(1200):
            os.mkdir("d")
            os.chdir("d")
        Path("file").write_text("x")
    return {}


@act("publishes files with names that mislead")
def names(data: dict, context: Context) -> object:
    odd = ("a\nSet-Cookie: x=1\r\n", "\u202egnp.exe", "\x1b[2J", '"; filename="x', "<script>", " ")
    for name in (
        *odd,
        "..\\..\\x",
        "%2e%2e%2fx",
        "a" * 255,
        "con",
        "x.html",
        "-rf",
        "\u0000"[:0] + "é",
    ):
        (context.output_dir / name).write_text("x")
    (context.output_dir / os.fsdecode(b"\xff\xfe")).write_text("x")
    os.chdir(context.output_dir)
    for _ in range(16):
        os.mkdir("n" * 250)
        os.chdir("n" * 250)
    Path("long").write_text("x")
    return {}


@act("publishes files with attributes")
def attributes(data: dict, context: Context) -> object:
    path = context.output_dir / "file"
    path.write_text("x")
    with contextlib.suppress(OSError):
        os.setxattr(path, "user.attack", b"x" * 1000)
    path.chmod(0o7777)
    return {}


# What it answers.


def say(body: bytes, length: int | None = None) -> None:
    """Write a frame to the worker, as if the process had said it."""
    head = struct.pack(">I", len(body) if length is None else length)
    for descriptor in range(3, 64):
        with contextlib.suppress(OSError):
            is_pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
            if is_pipe and os.get_blocking(descriptor) and _is_written(descriptor):
                content = memoryview(head + body)
                while content:
                    content = content[os.write(descriptor, content) :]


def _is_written(descriptor: int) -> bool:
    import fcntl

    return bool(fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_WRONLY)


def done(**members: Any) -> dict[str, Any]:
    """A frame that says that the item completed."""
    outcome = {"data": "{}", "warnings": [], "kind": "completed", **members.pop("outcome", {})}
    return {"outcome": outcome, "guard": 1, "is_clean": True, "goes_on": False, **members}


FORGED: dict[str, Any] = {
    "data nested 990 deep": done(outcome={"data": DEEP}),
    "data that is NaN": done(outcome={"data": "NaN"}),
    "data that is no JSON": done(outcome={"data": "{"}),
    "data that is no text": done(outcome={"data": {"a": 1}}),
    "data with a large number": done(outcome={"data": "1" * 5000}),
    "data with half a character": done(outcome={"data": '"\\ud800"'}),
    "data with a null character": done(outcome={"data": '{"a": "\\u0000"}'}),
    "the same member twice": done(outcome={"data": '{"a": 1, "a": 2}'}),
    "warnings that are none": done(outcome={"warnings": [{"code": 1}, "x", None]}),
    "warnings that are no list": done(outcome={"warnings": "x"}),
    "warnings nested 990 deep": done(outcome={"warnings": json.loads(DEEP)}),
    "a warning with a member too many": done(
        outcome={"warnings": [{"code": "a", "message": "b", "where": None, "x": json.loads(DEEP)}]}
    ),
    "100,000 warnings": done(
        outcome={"warnings": [{"code": "a", "message": "b" * 50, "where": None}] * 100_000}
    ),
    "a kind that is none": done(outcome={"kind": "promoted"}),
    "an error that is none": done(outcome={"kind": "mistake", "error": {"code": json.loads(DEEP)}}),
    "an error with a long message": done(
        outcome={"kind": "bad_input", "error": {"code": "x", "message": "m" * (20 * MEBIBYTE)}}
    ),
    "a guard that is none": done(guard="x"),
    "a progress that is none": {"percent": "x", "step": []},
    "a progress without end": {"percent": 10**400, "step": "s" * (5 * MEBIBYTE)},
    "nothing": {},
    "a list": [],
    "an order": {"order": {}},
}
for _name, _frame in FORGED.items():

    def _forge(data: dict, context: Context, frame: Any = _frame) -> object:
        of = f"{context.item_id}-{context.attempt}"
        known = {**frame, "of": of} if isinstance(frame, dict) else frame
        say(json.dumps(known).encode("utf-8", "surrogatepass"))
        time.sleep(0.2)
        return {}

    ACTS[f"forges {_name}"] = _forge


@act("forges a frame that is too long")
def long_frame(data: dict, context: Context) -> object:
    say(b"x", 0xFFFFFFFF)
    return {}


@act("forges bytes")
def bytes_frame(data: dict, context: Context) -> object:
    say(os.urandom(4096))
    return {}


@act("forges a frame nested 100,000 deep")
def deep_frame(data: dict, context: Context) -> object:
    say(b'{"of": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    return {}


@act("forges the end of another's item")
def others_end(data: dict, context: Context) -> object:
    for number in range(3):
        say(json.dumps({**done(), "of": f"{data.get('other', 'x')}-0-{number}-1"}).encode())
    return {}


@act("tells progress without end")
def progress_flood(data: dict, context: Context) -> object:
    for number in range(20_000):
        context.progress(number % 100, f"step {number}")
    return {}


RETURNED: dict[str, Callable[[], object]] = {
    "NaN": lambda: float("nan"),
    "an infinite number": lambda: {"a": [float("inf")]},
    "a number of 5,000 digits": lambda: 10**4999,
    "15 MB": lambda: {"a": "x" * (15 * MEBIBYTE)},
    "990 levels": lambda: json.loads(DEEP),
    "100,000 levels": lambda: nested(100_000),
    "half a character": lambda: {"\ud800": "\udfff"},
    "a null character": lambda: {"a": "\x00"},
    "a million members": lambda: {str(n): n for n in range(300_000)},
    "itself": lambda: itself(),
    "escapes": lambda: {ESCAPES: ESCAPES},
    "markup": lambda: {"a": "</script><script>alert(1)</script>"},
}
for _name, _value in RETURNED.items():
    ACTS[f"returns {_name}"] = lambda data, context, value=_value: value()


def nested(depth: int) -> object:
    value: object = []
    for _ in range(depth):
        value = [value]
    return value


def itself() -> object:
    value: list[object] = []
    value.append(value)
    return value


class Silent(Exception):
    def __str__(self) -> str:
        time.sleep(1000)
        return ""


class Cruel(Exception):
    def __str__(self) -> str:
        raise self


RAISED: dict[str, Callable[[], BaseException]] = {
    "escapes": lambda: RuntimeError(ESCAPES),
    "a refusal with escapes": lambda: BadInput(ESCAPES, code="../x\n", hint=ESCAPES),
    "a refusal with a long code": lambda: BadInput("no", code="c" * MEBIBYTE),
    "a long text": lambda: RuntimeError("x" * (50 * MEBIBYTE)),
    "what cannot be told": Cruel,
    "another try in no time": lambda: TryAgain(float("nan"), "x"),
    "another try at the end of time": lambda: TryAgain(1e308, "x"),
    "another try before now": lambda: TryAgain(-1e308, "x"),
    "a code that is none": lambda: Unavailable("x", code=ESCAPES),
    "the end of the process": lambda: SystemExit(0),
    "an interrupt": KeyboardInterrupt,
}
for _name, _error in RAISED.items():

    def _raise(data: dict, context: Context, error: Any = _error) -> object:
        raise error()

    ACTS[f"raises {_name}"] = _raise


@act("raises what is never told to the end")
def silent(data: dict, context: Context) -> object:
    raise Silent


@act("warns with escapes and without end")
def warns(data: dict, context: Context) -> object:
    for _ in range(20_000):
        context.warn(ESCAPES, ESCAPES * 100, ESCAPES)
    return {}


@act("prints without end")
def prints(data: dict, context: Context) -> object:
    for _ in range(40):
        os.write(1, b"\x1b[2J" + b"\xff" * MEBIBYTE)
    return {}


@act("replaces what its process runs with")
def patches(data: dict, context: Context) -> object:
    """The next item in this process, whoever's it is, must not meet it."""
    json.dumps = lambda *a, **k: '{"text": "forged"}'
    Path.write_text = lambda self, text, *a, **k: Path.write_bytes(self, b"forged")  # type: ignore
    return {}


# How it ends.


@act("ends its process as if all were well")
def exits(data: dict, context: Context) -> object:
    os._exit(0)


@act("closes every descriptor")
def closes(data: dict, context: Context) -> object:
    os.closerange(0, 4096)
    return {}


@act("becomes another program")
def execs(data: dict, context: Context) -> object:
    os.execv("/bin/true", ["true"])


@act("overflows its stack")
def overflows(data: dict, context: Context) -> object:
    ctypes.string_at(0)
    return {}


@act("stops itself")
def stops(data: dict, context: Context) -> object:
    os.kill(os.getpid(), signal.SIGSTOP)
    return {}


@act("starts threads without end")
def threads(data: dict, context: Context) -> object:
    for _ in range(500):
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    return {}


# Memory: each would need 1 GiB, and has 512 MiB.


def fill(write: Callable[[bytes], object]) -> object:
    for _ in range(1024):
        write(b"x" * MEBIBYTE)
    time.sleep(2)
    return {"it": "had too much"}


@act("fills memory")
def fills(data: dict, context: Context) -> object:
    held: list[bytes] = []
    return fill(lambda chunk: held.append(bytes(bytearray(chunk))))


@act("fills memory in spite of its limit")
def fills_unwilling(data: dict, context: Context) -> object:
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    return fills(data, context)


@act("fills /dev/shm")
def fills_shm(data: dict, context: Context) -> object:
    path = Path("/dev/shm") / f"atk{data['token']}"
    with path.open("wb") as file:
        return fill(file.write)


@act("fills a file in memory")
def fills_memfd(data: dict, context: Context) -> object:
    with open(os.memfd_create("atk"), "wb") as file:
        return fill(file.write)


@act("fills shared pages")
def fills_shared(data: dict, context: Context) -> object:
    pages = mmap.mmap(-1, 1024 * MEBIBYTE)
    return fill(pages.write)


@act("fills memory in many processes")
def fills_many(data: dict, context: Context) -> object:
    for _ in range(4):
        if os.fork() == 0:
            held = bytearray(b"x" * (300 * MEBIBYTE))
            time.sleep(30)
            os._exit(len(held) % 2)
    time.sleep(3)
    return {"it": "had too much"}
