"""Job types that try what they may not do, for the tests of the confinement."""

import asyncio
import contextlib
import ctypes
import importlib
import mmap
import multiprocessing
import multiprocessing.shared_memory
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from bellhop import Context, job_type

Reach = Callable[[str], object]


@contextlib.contextmanager
def answered() -> Iterator[list[str]]:
    """The name of the error that the kernel refuses with, or "done"."""
    said: list[str] = []
    try:
        yield said
        said.append("done")
    except OSError as error:
        said.append(type(error).__name__)


def connect(port: str) -> None:
    with socket.create_connection(("127.0.0.1", int(port)), 5) as connection:
        connection.sendall(b"hello")


def find_empty(path: str) -> None:
    if Path(path).read_bytes():
        raise FileExistsError(path)


def connect_abstract(name: str) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(f"\0{name}")


def connect_local(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)


def send_datagram(port: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"hello", ("127.0.0.1", int(port)))


def link_into_scratch(path: str) -> None:
    os.link(path, Path(os.environ["HOME"]) / "link")
    (Path(os.environ["HOME"]) / "link").read_bytes()


def read_by_symlink(path: str) -> None:
    link = Path(os.environ["HOME"]) / "symlink"
    link.symlink_to(path)
    link.read_bytes()


def read_in_child(path: str) -> None:
    done = subprocess.run(["cat", path], capture_output=True, text=True)
    if done.returncode:
        raise PermissionError(done.stderr)


def set_times(path: str) -> None:
    os.utime(path, (1, 1))


def set_attribute(path: str) -> None:
    os.setxattr(path, "user.x", b"x")


def call_prctl(option: str) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(int(option), 0, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def unshare_user(_: str) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(0x10000000) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def raise_limit(kind: str) -> None:
    """Beyond what is hard; an error of its own says that it cannot be."""
    _, hard = resource.getrlimit(int(kind))
    if hard == resource.RLIM_INFINITY:
        return
    try:
        resource.setrlimit(int(kind), (hard + 1, hard + 1))
    except ValueError:
        raise PermissionError from None


def type_into_terminal(path: str) -> None:
    with open(path, "wb") as terminal:
        terminal.write(b"x")


def leave_shared_memory(name: str) -> None:
    (Path("/dev/shm") / name).write_bytes(b"x")


def keep_file_without_name(_: str) -> None:
    os.close(os.memfd_create("x"))


def watch(path: str) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.inotify_add_watch(library.inotify_init(), path.encode(), 0x100) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def replace_output(path: str) -> None:
    output = Path.cwd().parent / "output"
    output.rmdir()
    output.symlink_to(path)


def square(number: int) -> int:
    return number * number


def use_everything(_: str) -> None:
    """What libraries of job types do with processes, threads, memory and terminals."""
    thread = threading.Thread(target=square, args=(2,))
    thread.start()
    thread.join()
    assert subprocess.run(["sh", "-c", "echo 1 | cat"], capture_output=True).stdout == b"1\n"
    for there in (multiprocessing.get_context("fork"), multiprocessing.get_context("spawn")):
        queue, lock = there.Queue(), there.Lock()
        process = there.Process(target=queue.put, args=(1,))
        process.start()
        with lock:
            assert queue.get(timeout=20) == 1
        process.join()
    block = multiprocessing.shared_memory.SharedMemory(create=True, size=1 << 20)
    block.close()
    block.unlink()
    mmap.mmap(-1, 4096).close()
    for terminal in os.openpty():
        os.close(terminal)
    asyncio.run(asyncio.create_subprocess_exec("true"))
    os.chdir(os.environ["HOME"])
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        server.listen()


def use_socketpair(_: str) -> None:
    for end in socket.socketpair():
        end.close()


def call_kernel(numbers: str) -> None:
    """The number of a call, and its first arguments."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.syscall(*map(int, numbers.split()), 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def use_shared_memory(_: str) -> None:
    block = multiprocessing.shared_memory.SharedMemory(create=True, size=100)
    block.close()
    block.unlink()
    multiprocessing.Lock()


def use_pool(_: str) -> None:
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(abs, [-1, -2]) == [1, 2]


def import_late(name: str) -> None:
    importlib.invalidate_caches()
    sys.modules.pop(name, None)
    try:
        importlib.import_module(name)
    except ImportError as error:
        raise FileNotFoundError(name) from error


def use_scratch(_: str) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"x")
    Path("a").mkdir()
    Path("a", "b").write_text("x")
    Path("a", "b").rename("c")


def rename_into_output(_: str) -> None:
    """As a type does that writes a draft first: `scratch_dir` is the current folder."""
    Path("draft").write_text("x")
    Path("draft").rename(Path.cwd().parent / "output" / "made")


REACHES: dict[str, Reach] = {
    "read": lambda path: Path(path).read_bytes(),
    "list": os.listdir,
    "write": lambda path: Path(path).write_text("x"),
    "append": lambda path: os.close(os.open(path, os.O_WRONLY | os.O_APPEND)),
    "truncate": lambda path: os.truncate(path, 0),
    "remove": os.unlink,
    "link": link_into_scratch,
    "symlink": read_by_symlink,
    "in a child": read_in_child,
    "scratch": use_scratch,
    "into output": rename_into_output,
    "shared memory": use_shared_memory,
    "pool": use_pool,
    "import": import_late,
    "connect": connect,
    "is empty": find_empty,
    "abstract": connect_abstract,
    "local": connect_local,
    "datagram": send_datagram,
    "kernel": call_kernel,
    "chroot": os.chroot,
    "chmod": lambda path: os.chmod(path, 0o777),
    "times": set_times,
    "attribute": set_attribute,
    "prctl": call_prctl,
    "namespace": unshare_user,
    "limit": raise_limit,
    "terminal": type_into_terminal,
    "leave": leave_shared_memory,
    "memfd": keep_file_without_name,
    "output": replace_output,
    "watch": watch,
    "cores": lambda pid: os.sched_setaffinity(int(pid), os.sched_getaffinity(int(pid))),
    "turns": lambda pid: os.sched_setscheduler(int(pid), os.SCHED_OTHER, os.sched_param(0)),
    "everything": use_everything,
    "socketpair": use_socketpair,
    "signal": lambda pid: os.kill(int(pid), signal.SIGCONT),
}


@job_type(label="Try", queue="parsing", delays_s=[])
def reach(data: dict, context: Context) -> dict:
    """Do what `how` says with `what`; tell how the kernel answered."""
    with answered() as said:
        REACHES[data["how"]](str(data["what"]))
    return {"said": said[0], "pid": os.getpid()}


def reached(probes: dict) -> dict:
    """How the kernel answered to each of `{name: [how, what]}`."""
    answers = {}
    for name, (how, what) in probes.items():
        with answered() as said:
            REACHES[how](what)
        answers[name] = said[0]
    return answers


@job_type(label="Try many things", queue="parsing", delays_s=[])
def reach_all(data: dict, context: Context) -> dict:
    return reached(data)


@job_type(label="Try with the network", queue="parsing", network=True, delays_s=[])
def reach_out(data: dict, context: Context) -> dict:
    return reach(data, context)


@job_type(label="Try with a file", queue="parsing", delays_s=[])
def reach_upload(file: Path, context: Context) -> dict:
    """Read the upload; try to change it."""
    text = file.read_text()
    with answered() as said:
        file.write_text("changed")
    return {"text": text, "said": said[0]}


@job_type(label="Numbers of limits", queue="parsing")
def told_limits(text: str, context: Context) -> dict:
    kinds = {"files": resource.RLIMIT_NOFILE, "processes": resource.RLIMIT_NPROC}
    return {name: resource.getrlimit(kind)[0] for name, kind in kinds.items()}


@job_type(label="One large file", queue="parsing")
def large_file(text: str, context: Context) -> dict:
    """Write a file of as many MiB as the text says, with a hole in it."""
    with (context.output_dir / "large").open("wb") as file:
        file.seek((int(text) << 20) - 1)
        file.write(b"x")
    return {}
