"""Job types of the tests: each does one thing that a job can do."""

import ctypes
import errno
import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, MultipleOf

from bellhop import BadInput, Context, Secret, TryAgain, job_type


@job_type(label="No-op", queue="parsing")
def noop(text: str, context: Context) -> dict:
    return {"text": text}


@job_type(label="Slow", queue="parsing", timeout_s=60)
def slow(text: str, context: Context, *, seconds: float = 30) -> dict:
    """Work for a while, in steps."""
    for percent in range(0, 100, 10):
        context.progress(percent, f"Step {percent}")
        time.sleep(seconds / 10)
    return {}


@job_type(label="As told", queue="parsing", cache=False)
def as_told(text: str, context: Context) -> dict:
    """Sleep, or crash, or print, or write, or start a program, or nothing of it."""
    if text.startswith("sleep "):
        time.sleep(float(text.removeprefix("sleep ")))
    if text == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if text.startswith("print "):
        print(text)
    if text.startswith("write "):
        (context.output_dir / "out.txt").write_text(text)
    if text.startswith("start "):
        subprocess.run(text.split()[1:], check=True)
    return {"text": text}


@job_type(label="Hang", queue="parsing", timeout_s=0.5)
def hang(text: str, context: Context) -> dict:
    """Hang in C with signals ignored, and with a grandchild."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen(["sleep", "1000"])
    Path(text).write_text(str(child.pid))
    time.sleep(1000)
    return {}


@job_type(label="Litter", queue="parsing")
def litter(text: str, context: Context) -> dict:
    """Leave files everywhere; tell what an earlier attempt left."""
    folders = (context.scratch_dir, context.output_dir)
    found = [path.name for folder in folders for path in folder.iterdir()]
    for folder in folders:
        (folder / "sub").mkdir()
        (folder / "sub" / "file").write_text("x")
    return {"found": found}


@job_type(label="Leave", queue="parsing")
def leave(text: str, context: Context) -> dict:
    """Return while a child still runs."""
    Path(text).write_text(str(subprocess.Popen(["sleep", "1000"]).pid))
    return {}


@job_type(label="Polite", queue="parsing")
def polite(text: str, context: Context) -> dict:
    """Return as soon as a cancel is asked for."""
    context.progress(1, "Waiting")
    while not context.cancelled:
        time.sleep(0.01)
    return {"was": "cancelled"}


@job_type(label="Crash", queue="parsing")
def crash(text: str, context: Context) -> dict:
    """Die of a signal."""
    os.kill(os.getpid(), signal.SIGSEGV)
    return {}


@job_type(label="Mistake", queue="parsing", delays_s=[0, 0])
def mistake(text: str, context: Context, *, times: int = 1000) -> dict:
    """Raise in the first attempts."""
    if context.attempt <= times:
        raise RuntimeError(f"attempt {context.attempt}")
    return {"attempt": context.attempt}


@job_type(label="Bad input", queue="parsing")
def bad_input(text: str, context: Context) -> dict:
    raise BadInput(f"This is no good: {text}", code="no_good", hint="Try another.")


class Empty(BadInput):
    """Holds nothing of what its class promises."""

    def __init__(self) -> None:
        pass


class Mute(Exception):
    """Cannot say what it is about."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


class Odd(BadInput):
    """Holds something else than its class promises."""

    def __init__(self) -> None:
        self.message, self.code, self.hint, self.extra = 5, None, ["a"], None  # type: ignore[assignment]


@job_type(label="Odd errors", queue="parsing", delays_s=[])
def odd_errors(text: str, context: Context) -> dict:
    """Raise what no handler expects."""
    raise {"empty": Empty, "mute": Mute, "odd": Odd}[text]


@job_type(label="Later", queue="parsing")
def later(text: str, context: Context, *, after_s: float = 3600) -> dict:
    if context.attempt == 1:
        raise TryAgain(after_s, "the server is busy")
    return {}


@job_type(label="Hungry", queue="parsing", memory_mb=200)
def hungry(text: str, context: Context) -> dict:
    return {"size": len(bytearray(1 << 30))}


@job_type(label="Not JSON", queue="parsing")
def not_json(text: str, context: Context) -> Any:
    return object()


@job_type(label="Huge", queue="parsing")
def huge(text: str, context: Context) -> dict:
    return {"text": "x" * (17 << 20)}


@job_type(label="Upper", queue="parsing", accepts=[".txt"])
def upper(file: Path, context: Context) -> dict:
    """Write the file in capitals, into a file."""
    text = file.read_text("utf-8")
    (context.output_dir / "upper.txt").write_text(text.upper(), "utf-8")
    (context.output_dir / "Ärger & Co.txt").write_text("ü")
    (context.output_dir / "secret").symlink_to("/etc/passwd")
    context.warn("shouting", "Everything is in capitals", "line 1")
    return {"name": context.filename, "stored_as": file.name}


@job_type(label="Together", queue="parsing")
def together(files: list[Path], context: Context) -> dict:
    return {"sizes": [path.stat().st_size for path in files]}


@job_type(label="Visit", queue="parsing")
def visit(url: str, context: Context, *, depth: int = 1) -> dict:
    return {"url": url, "depth": depth}


@job_type(label="Data", queue="parsing")
def keys(data: dict, context: Context) -> dict:
    return {"keys": sorted(data)}


@job_type(label="Mirror", queue="parsing")
def mirror(
    data: dict, context: Context, *, number: int = 2**63, above: Annotated[int, Gt(2**60)] = 2**62
) -> dict:
    """Give back what it was given."""
    return {"data": data, "rows": [{"number": number}, {"number": above}]}


@job_type(label="Halves", queue="parsing")
def halves(text: str, context: Context, *, number: Annotated[float, MultipleOf(0.5)] = 1) -> dict:
    return {"number": number}


@job_type(label="Form", queue="parsing")
def form(
    text: str,
    context: Context,
    *,
    needed: str,
    count: Annotated[int, Ge(1), Le(10)] = 3,
    ratio: float = 0.5,
    sure: bool = False,
    colour: Literal["red", "green"] = "red",
    day: date | None = None,
    tags: list[str] = [],  # noqa: B006 - a default of the form, never changed
) -> dict:
    kinds = [type(value).__name__ for value in (needed, count, ratio, sure, colour, day, tags)]
    return {"kinds": kinds, "day": str(day), "tags": tags, "count": count}


@job_type(label="Told", queue="parsing", settings={"base_url": str, "api_key": Secret})
def told(text: str, context: Context) -> dict:
    leaked = [name for name in os.environ if name.startswith("BELLHOP_")]
    home = os.environ["HOME"] == os.environ["TMPDIR"] == str(context.scratch_dir)
    return {"settings": dict(context.settings), "leaked": leaked, "home_is_scratch": home}


@job_type(label="Odd texts", queue="parsing")
def odd_texts(text: str, context: Context) -> dict:
    """Say texts that no text may be: half a surrogate pair, an exception, a number."""
    context.progress(10, "step \udcff")
    context.warn("odd", ValueError("x"), 7)  # type: ignore[arg-type]
    context.warn("odd", "bad \udcff name")
    if text == "refuse":
        raise BadInput(ValueError("no \udcff good"))  # type: ignore[arg-type]
    return {"x": "\ud800", "y": "ü"}


@job_type(label="Copy file", queue="parsing")
def copy_file(file: Path, context: Context) -> dict:
    """Give the file back under the name it came with."""
    (context.output_dir / context.filename).write_bytes(file.read_bytes())
    return {}


@job_type(label="Echo data", queue="parsing")
def echo_data(data: dict, context: Context) -> dict:
    """Give the data back."""
    return data


@job_type(label="Odd names", queue="parsing")
def odd_names(text: str, context: Context) -> dict:
    """Write files whose names are unusual, wrong, or not files at all."""
    for name in ("Rapport\u00a02024.pdf", "a\nb.txt", "back\\slash", "x" * 255):
        (context.output_dir / name).write_text("x")
    (Path(os.fsencode(context.output_dir).decode()) / os.fsdecode(b"\xff.txt")).write_text("x")
    os.mkfifo(context.output_dir / "pipe")
    (context.output_dir / "closed.txt").write_text("x")
    (context.output_dir / "closed.txt").chmod(0)
    return {}


@job_type(label="Brief", queue="parsing", timeout_s=1)
def brief(text: str, context: Context) -> dict:
    return {}


@job_type(label="Impatient", queue="parsing")
def impatient(text: str, context: Context) -> dict:
    raise TryAgain(-5, "now")


@job_type(label="Leave behind", queue="parsing")
def leave_behind(text: str, context: Context) -> dict:
    """Return while a grandchild runs that nobody waits for."""
    subprocess.run(["/bin/sh", "-c", f"sleep 1000 & echo $! > {text}"], check=True)
    return {}


@job_type(label="Late", queue="parsing")
def late(text: str, context: Context) -> dict:
    """Let a thread say something after the item ended."""
    if text == "go":
        threading.Timer(0.3, context.progress, (77, "stale")).start()
    else:
        time.sleep(0.8)
    return {}


@job_type(label="Once", queue="parsing", delays_s=[])
def once(text: str, context: Context) -> dict:
    raise RuntimeError("no retry wanted")


@job_type(label="Prints", queue="parsing", delays_s=[0])
def prints(text: str, context: Context, *, fail: bool = False) -> dict:
    """Say something on every way out of a process: Python, C, a child, the context."""
    print("on stdout:", text)
    print("on stderr", file=sys.stderr)
    ctypes.CDLL(None).puts(b"from C")
    subprocess.run(["echo", "from a child"], check=True)
    context.log("by the context")
    if fail and context.attempt == 1:
        raise RuntimeError("after printing")
    return {}


@job_type(label="Chatter", queue="parsing", timeout_s=1)
def chatter(text: str, context: Context) -> dict:
    """Print without end, as fast as it can be read."""
    line = b"x" * 65536
    os.write(1, b"the first words\n")
    while True:
        os.write(1, line)


@job_type(label="Escape", queue="parsing", timeout_s=1)
def escape(text: str, context: Context, *, stay: bool = True, crash: bool = False) -> dict:
    """Start a process in a session of its own."""
    child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    Path(text).write_text(str(child.pid))
    if crash:
        time.sleep(0.4)
        os.kill(os.getpid(), signal.SIGSEGV)
    if stay:
        time.sleep(1000)
    return {}


@job_type(label="Hungry family", queue="parsing", memory_mb=150)
def hungry_family(text: str, context: Context) -> dict:
    """Let each of several children need less than the limit, and all of them more."""
    code = "import time; held = bytearray(80 << 20); time.sleep(1000)"
    for _ in range(4):
        subprocess.Popen([sys.executable, "-c", code])
    time.sleep(1000)
    return {}


@job_type(label="Greedy", queue="parsing")
def greedy(text: str, context: Context, *, mb: int = 100) -> dict:
    """Need memory, by the limit of its queue."""
    return {"size": len(bytearray(mb << 20))}


@job_type(label="No room", queue="parsing", delays_s=[])
def no_room(text: str, context: Context) -> dict:
    """Find the disk full in the first attempt."""
    if context.attempt == 1:
        raise OSError(errno.ENOSPC, "No space left on device")
    return {}


@job_type(label="Fills", queue="parsing", delays_s=[])
def fills(text: str, context: Context) -> dict:
    """Write many MiB into the output folder."""
    (context.output_dir / "large").write_bytes(b"x" * (int(text) << 20))
    return {}


@job_type(label="Freeze", queue="parsing", timeout_s=600)
def freeze(text: str, context: Context) -> dict:
    """Hang in C with the interpreter held and signals ignored, beside a child and its child.

    `text` is the file that gets their pids and that of this process.
    """
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
        signal.signal(number, signal.SIG_IGN)
    family = f'sleep 1000 & echo "{os.getpid()} $$ $!" > "$1.new"; mv "$1.new" "$1"; wait'
    subprocess.Popen(["/bin/sh", "-c", family, "sh", text])
    ctypes.PyDLL(None).sleep(1000)
    return {}


@job_type(label="Thread", queue="parsing")
def thread(text: str, context: Context) -> dict:
    """Leave a thread behind that prints for ever, or stay quiet for a while."""

    def talk() -> None:
        while True:
            print("from the item before", flush=True)
            time.sleep(0.01)

    if text == "go":
        threading.Thread(target=talk, daemon=True).start()
    else:
        time.sleep(0.3)
    return {"pid": os.getpid()}


@job_type(label="Signals its group", queue="parsing")
def signals_its_group(text: str, context: Context) -> dict:
    """Send what ends a process to the whole group, itself excepted; count the guards left."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        before = signal.signal(number, signal.SIG_IGN)
        os.killpg(0, number)
        signal.signal(number, before)
    time.sleep(0.1)
    return {"guards": len(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())}


@job_type(label="Steps", queue="parsing")
def steps(text: str, context: Context) -> dict:
    """Tells of its progress several times at once."""
    for percent in (10, 50, 90):
        context.progress(percent, f"at {percent}")
    return {}


@job_type(label="Wrap", queue="parsing")
def wrap(text: str, context: Context) -> dict:
    """The first step of a chain: a text as data, and a file of it."""
    (context.output_dir / "text.txt").write_text(text)
    return {"text": text, "by": ["wrap"]}


@job_type(label="Extend", queue="ai", delays_s=[])
def extend(data: dict, context: Context, *, fail: str = "") -> dict:
    """A later step; it fails on one text."""
    context.progress(50, "half")
    if data["text"] == fail:
        raise BadInput("no good")
    return {**data, "by": [*data["by"], "extend"]}


@job_type(label="Once a second", queue="parsing", cache=1)
def fresh(text: str, context: Context) -> dict:
    """Its results may be used again for a second."""
    return {"text": text}


@job_type(label="Reaches out", queue="parsing", network=True)
def outward(text: str, context: Context) -> dict:
    """What the network says may be something else next time."""
    return {"text": text}


@job_type(label="Nested", queue="parsing", delays_s=[])
def nested(text: str, context: Context) -> dict:
    """Return lists in lists, as many deep as the text says."""
    found: list[Any] = []
    for _ in range(int(text)):
        found = [found]
    return {"text": "x", "by": [], "deep": found}


@job_type(label="Forge", queue="parsing")
def forge(text: str, context: Context) -> dict:
    """Say to the worker what no job process says: the members of a frame, as JSON."""
    attempt = context.tell.__self__  # type: ignore[attr-defined]
    frame = json.dumps({"of": attempt._order.of, **json.loads(text)}).encode()
    os.write(attempt._say, struct.pack(">I", len(frame)) + frame)
    time.sleep(1000)
    return {}
