"""Job types that leave something behind in their process, or take what no limit of it counts."""

import contextlib
import mmap
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bellhop import Context, job_type

_kept: list[object] = []
SPOILS: dict[str, Callable[[], object]] = {
    "nothing": lambda: None,
    "output": lambda: os.closerange(1, 3),
    "other output": lambda: os.dup2(os.open("/dev/null", os.O_WRONLY), 1),
    "streams": lambda: setattr(sys, "stdout", None),
    "closed stream": lambda: sys.stdout.close(),
    "input": lambda: os.close(0),
    "descriptor": lambda: os.open("/dev/null", os.O_RDONLY),
    "umask": lambda: os.umask(0o777),
    "environment": lambda: os.environ.update(LEFT="behind", PATH=""),
    "alarm": lambda: signal.setitimer(signal.ITIMER_REAL, 0.3),
    "handler": lambda: signal.signal(signal.SIGUSR1, lambda *_: None),
    "mask": lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}),
    "files": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20)),
    "sizes": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY)),
    "nice": lambda: os.nice(5),
    "cores": lambda: os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]),
    "thread": lambda: threading.Thread(target=time.sleep, args=[1000], daemon=True).start(),
    "folder": lambda: os.chdir("/proc"),
    "root": lambda: os.chroot("/proc/self/cwd"),
    "shared memory": lambda: Path("/dev/shm/left").write_text("x"),
}


@job_type(label="Spoils", queue="parsing", cache=False, delays_s=[])
def spoils(text: str, context: Context) -> dict:
    SPOILS[text]()
    return {"pid": os.getpid()}


@job_type(label="Finds", queue="parsing", cache=False, delays_s=[])
def finds(text: str, context: Context) -> dict:
    """What an item finds in its process."""
    print("printed")
    os.write(2, b"written\n")
    Path("a").write_text("a")
    found = {
        "environment": {name: os.environ.get(name) for name in ("PATH", "LEFT")},
        "mode": oct(Path("a").stat().st_mode),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "handler": str(signal.getsignal(signal.SIGUSR1)),
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "files": resource.getrlimit(resource.RLIMIT_NOFILE),
        "sizes": resource.getrlimit(resource.RLIMIT_FSIZE)[1],
        "nice": os.nice(0),
        "cores": len(os.sched_getaffinity(0)),
        "threads": threading.active_count(),
        "folder": os.getcwd() == str(context.scratch_dir),
        "shared memory": os.path.exists("/dev/shm/left"),
        "shared memory of": os.stat("/dev/shm").st_dev,
        "root": Path("/etc").is_dir(),
    }
    time.sleep(0.4 if text == "alarm" else 0)
    return found


@job_type(label="Spoils and finds", queue="parsing", cache=False, delays_s=[])
def spoils_and_finds(text: str, context: Context) -> dict:
    """The first item of a job spoils something for the others."""
    found = {}
    if text == "find":
        Path("b").write_text("b")
        found = finds(text, context)
    else:
        SPOILS[text]()
    return found | {"pid": os.getpid()}


def _fork_and(in_copy: Callable[[], object]) -> None:
    if os.fork() == 0:
        in_copy()


def _fail() -> None:
    raise RuntimeError("in the copy")


HARMS: dict[str, Callable[[Context], object]] = {
    "closes output": lambda context: os.close(1),
    "closes errors": lambda context: os.close(2),
    "closes stdout": lambda context: sys.stdout.close(),
    "redirects": lambda context: os.dup2(os.open("/dev/null", os.O_WRONLY), 1),
    "removes output": lambda context: shutil.rmtree(context.output_dir),
    "removes scratch": lambda context: shutil.rmtree(context.scratch_dir),
    "removes all": lambda context: shutil.rmtree(context.scratch_dir.parent),
    "forks": lambda context: os.fork(),
    "forks often": lambda context: [os.fork() for _ in range(3)],
    "forks a slow one": lambda context: _fork_and(lambda: time.sleep(0.1)),
    "forks what fails": lambda context: _fork_and(_fail),
    "forks what leaves": lambda context: _fork_and(sys.exit),
    "forks what ends": lambda context: _fork_and(lambda: os._exit(0)),
    "becomes a daemon": lambda context: os.fork() and os._exit(0),
    "closes all": lambda context: os.closerange(3, 4096),
}


@job_type(label="Harms", queue="parsing", cache=False, delays_s=[])
def harms(text: str, context: Context) -> dict:
    HARMS[text](context)
    return {"by": "the first"}


@job_type(label="Signals", queue="parsing", cache=False, delays_s=[])
def signals(text: str, context: Context) -> dict:
    """Send a signal to itself, or to what it forked."""
    if text == "a pool":
        with multiprocessing.get_context("fork").Pool(2) as many:
            many.map(abs, [1, 2])
        return {"ended": True}
    os.kill(os.getpid(), signal.Signals[text])
    time.sleep(2)
    return {}


def _change(path: Path) -> None:
    path.write_text("changed")


CHANGES: dict[str, Callable[[Path], object]] = {
    "write": _change,
    "truncate": lambda path: os.truncate(path, 0),
    "rights": lambda path: path.chmod(0),
    "remove": lambda path: path.unlink(),
}


@job_type(label="Spoils its file", queue="parsing", cache=False, delays_s=[0])
def spoils_its_file(file: Path, context: Context, *, how: str) -> dict:
    """Change the file in the first attempt; tell in the second what is there."""
    if context.attempt == 1:
        with contextlib.suppress(PermissionError):
            CHANGES[how](file)
        raise RuntimeError("again")
    return {"text": file.read_text(), "beside": sorted(os.listdir(file.parent))}


def _memory_file(size: int) -> None:
    """Hold it in a file that is in memory alone, and not mapped."""
    descriptor = os.memfd_create("held")
    for _ in range(size >> 20):
        os.write(descriptor, b"x" * (1 << 20))


def _shared(size: int) -> None:
    held = mmap.mmap(-1, size)
    for start in range(0, size, 4096):
        held[start] = 1
    _kept.append(held)


def _in_child(size: int) -> None:
    if os.fork() == 0:
        _memory_file(size)
        time.sleep(1000)


def _in_folder(size: int) -> None:
    """Half in a folder that is in memory, half in the process."""
    Path("/dev/shm/held").write_bytes(bytes(size // 2))
    _kept.append(b"x" * (size // 2))


def _fill_folder(size: int) -> None:
    """All in a folder that is in memory."""
    with Path("/dev/shm/filled").open("wb") as file:
        for _ in range(size >> 20):
            file.write(bytes(1 << 20))


HIDES: dict[str, Callable[[int], None]] = {
    "memory file": _memory_file,
    "shared": _shared,
    "child": _in_child,
    "folder": _in_folder,
    "whole folder": _fill_folder,
}


@job_type(
    label="Hides memory", queue="parsing", cache=False, memory_mb=100, timeout_s=10, delays_s=[]
)
def hides_memory(text: str, context: Context, *, mb: int = 150) -> dict:
    """Take more memory than the limit, where the limit of the process does not count it."""
    HIDES[text](mb << 20)
    time.sleep(2 if mb > 100 else 0.4)
    return {}


@job_type(label="Holds memory", queue="parsing", cache=False, memory_mb=100, delays_s=[])
def holds_memory(text: str, context: Context) -> dict:
    """Take most of the memory that it may."""
    held = b"x" * (50 << 20) if text == "hold" else b""
    return {"held": len(held)}


@job_type(label="Many files", queue="parsing", cache=False, timeout_s=10, delays_s=[])
def many_files(text: str, context: Context, *, named: bool = True) -> dict:
    """Write 20 MiB in small files, each of which is allowed."""
    for number in range(200):
        path = context.output_dir / str(number % 7) / str(number)
        path.parent.mkdir(exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.write(descriptor, os.urandom(100 << 10))
        if not named:
            path.unlink()
    time.sleep(3)
    return {}


@job_type(label="Floods", queue="parsing", cache=False, timeout_s=1, delays_s=[])
def floods(text: str, context: Context) -> dict:
    """Tell of progress without end, each time something else."""
    number = 0
    while True:
        number += 1
        context.progress(number % 100, f"step {number}")


@job_type(label="Steals", queue="parsing", cache=False, delays_s=[])
def steals(text: str, context: Context) -> dict:
    """Reach for what says which items may begin."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            if text != "a" and "eventfd" in os.readlink(f"/proc/self/fd/{name}"):
                _reach_for(int(name), text)
    return {}


def _reach_for(descriptor: int, how: str) -> None:
    os.set_blocking(descriptor, False)
    if how == "gives":
        os.eventfd_write(descriptor, 100)
    elif how == "closes":
        os.close(descriptor)
    while how == "takes":
        os.eventfd_read(descriptor)
