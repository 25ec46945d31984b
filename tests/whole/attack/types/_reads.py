"""Probes that read what belongs to others: files, by every way there is to a file."""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import socket
import sqlite3
import struct
import subprocess
from pathlib import Path

from _reach import LIBC, Target, call, checked, probe

CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_BIND, AT_FDCWD = 4096, -100
MOST = 4096


def start_of(path: Path | str) -> bytes:
    with open(path, "rb") as file:
        return file.read(MOST)


READS = {
    "reads bellhop.db by its path": lambda t: t.database,
    "reads the write-ahead log of the database": lambda t: t.data / "bellhop.db-wal",
    "reads the shared memory of the database": lambda t: t.data / "bellhop.db-shm",
    "reads config.ini": lambda t: t.folder / "config.ini",
    "reads the upload of another": lambda t: t.upload,
    "reads the result of another": lambda t: t.result,
    "reads the log of another": lambda t: t.log,
    "reads installation.json": lambda t: t.data / "installation.json",
    "reads the queue": lambda t: t.data / "queue.db",
    "reads through /proc/self/root": lambda t: Path(f"/proc/self/root{t.database}"),
    "reads through /proc/PARENT/root": lambda t: Path(f"/proc/{t.consumer}/root{t.database}"),
    "reads through /proc/PARENT/cwd": lambda t: Path(f"/proc/{t.web}/cwd{t.database}"),
    "reads up from its own folder": lambda t: t.scratch / "../../../bellhop.db",
    "reads the environment of the web": lambda t: Path(f"/proc/{t.web}/environ"),
    "reads the environment of the consumer": lambda t: Path(f"/proc/{t.consumer}/environ"),
    "reads the environment of the parent": lambda t: Path(f"/proc/{t.parent}/environ"),
    "reads the environment of another's job": lambda t: Path(f"/proc/{t.other}/environ"),
    "reads the map of the consumer's memory": lambda t: Path(f"/proc/{t.consumer}/maps"),
    "reads the system calls of the consumer": lambda t: Path(f"/proc/{t.consumer}/syscall"),
    "reads the whole disk": lambda t: device_of(t.data),
    "reads the memory of the kernel": lambda t: Path("/proc/kcore"),
    "reads the memory of the machine": lambda t: Path("/dev/mem"),
    "reads a file of another in /dev/shm": lambda t: Path("/dev/shm") / t.shm,
    "reads the trace of the kernel": lambda t: Path("/sys/kernel/tracing/trace"),
    "reads the consumers' locks": lambda t: next((t.data / "consumers").iterdir()),
}
for _name, _path in READS.items():
    probe(_name)(lambda target, path=_path: start_of(path(target)) or None)

LISTS = {
    "lists the data folder": lambda t: t.data,
    "lists the uploads": lambda t: t.data / "uploads",
    "lists the results": lambda t: t.data / "results",
    "lists the scratch folders": lambda t: t.data / "scratch",
    "lists the folder that another's job works in": lambda t: f"/proc/{t.other}/cwd",
}
for _name, _folder in LISTS.items():
    probe(_name)(lambda target, folder=_folder: os.listdir(folder(target))[:3] or None)


OPEN = {
    "finds the files that the consumer has open": lambda t: t.consumer,
    "finds the files that another's job has open": lambda t: t.other,
}
for _name, _pid in OPEN.items():
    probe(_name)(lambda target, pid=_pid: os.readlink(f"/proc/{pid(target)}/fd/1"))


def device_of(path: Path) -> Path:
    number = os.stat(path).st_dev
    link = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    return Path("/dev") / link.resolve().name


@probe("reads by a symbolic link in its folder")
def by_symlink(t: Target) -> object:
    (t.scratch / "link").symlink_to(t.database)
    return start_of(t.scratch / "link")


@probe("reads by a hard link in its folder")
def by_hard_link(t: Target) -> object:
    os.link(t.database, t.scratch / "hard")
    return start_of(t.scratch / "hard")


@probe("reads by a descriptor opened for its path alone")
def by_o_path(t: Target) -> object:
    descriptor = os.open(t.database, os.O_PATH)
    return start_of(f"/proc/self/fd/{descriptor}")


@probe("reads by a handle of the file")
def by_handle(t: Target) -> object:
    handle = ctypes.create_string_buffer(struct.pack("=Ii", 128, 0), 136)
    number = ctypes.c_int()
    path = os.fsencode(t.database)
    checked(LIBC.name_to_handle_at(AT_FDCWD, path, handle, ctypes.byref(number), 0))
    root = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    return os.read(checked(LIBC.open_by_handle_at(root, handle, os.O_RDONLY)), MOST)


@probe("reads in a child")
def in_child(t: Target) -> object:
    done = subprocess.run(["cat", str(t.database)], capture_output=True)
    return done.stdout[:MOST] or None


@probe("reads by SQL")
def by_sql(t: Target) -> object:
    connection = sqlite3.connect(f"file:{t.database}?mode=ro", uri=True)
    return connection.execute("SELECT name, password FROM account").fetchall()


@probe("reads after chroot")
def by_chroot(t: Target) -> object:
    os.chroot(t.data)
    return start_of("/bellhop.db")


@probe("reads after a bind mount")
def by_bind_mount(t: Target) -> object:
    checked(LIBC.unshare(CLONE_NEWNS))  # what it mounts is for nobody else
    return _bound(t)


@probe("reads in a user namespace")
def in_user_namespace(t: Target) -> object:
    checked(LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNS))
    return _bound(t)


@probe("reads after chroot in a user namespace")
def chroot_in_namespace(t: Target) -> object:
    checked(LIBC.unshare(CLONE_NEWUSER))
    os.chroot(t.data)
    return start_of("/bellhop.db")


def _bound(t: Target) -> bytes:
    place = t.scratch / "bound"
    place.mkdir(exist_ok=True)
    checked(LIBC.mount(os.fsencode(t.data), os.fsencode(place), b"none", MS_BIND, None))
    return start_of(place / "bellhop.db")


@probe("reads by a tree that it clones")
def by_open_tree(t: Target) -> object:
    checked(LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNS))
    tree = call("open_tree", AT_FDCWD, os.fsencode(t.data) + b"\0", 1)
    return os.read(os.open("bellhop.db", os.O_RDONLY, dir_fd=tree), MOST)


@probe("reads in the namespace of the consumer")
def by_setns(t: Target) -> object:
    checked(LIBC.setns(os.open(f"/proc/{t.consumer}/ns/mnt", os.O_RDONLY), 0))
    return start_of(t.database)


@probe("reads by what it inherited")
def by_inherited(t: Target) -> object:
    """Files of the data folder, as far as the job has them open and can read in them."""
    for descriptor in range(3, 256):
        try:
            path = os.readlink(f"/proc/self/fd/{descriptor}")
            if path.startswith(str(t.data)) and (found := os.pread(descriptor, MOST, 0)):
                return path, found
        except OSError:
            continue
    return None


@probe("reopens what it inherited to write")
def reopens(t: Target) -> object:
    for descriptor in range(3, 256):
        link = f"/proc/self/fd/{descriptor}"
        try:
            path = os.readlink(link)
            if path.startswith(str(t.data)) and not path.startswith(str(t.scratch.parent)):
                os.close(os.open(link, os.O_RDWR))
                return path
        except OSError:
            continue
    return None


@probe("goes up from what it inherited")
def goes_up(t: Target) -> object:
    for descriptor in range(3, 256):
        try:
            return os.read(os.open("../bellhop.db", os.O_RDONLY, dir_fd=descriptor), MOST)
        except OSError:
            continue
    return None


@probe("watches the folder of another's results")
def watches(t: Target) -> object:
    """What a watch tells is which files come and go."""
    descriptor = checked(LIBC.inotify_init1(0))
    return checked(LIBC.inotify_add_watch(descriptor, os.fsencode(t.result.parent), 0xFFF))


@probe("watches the uploads")
def watches_uploads(t: Target) -> object:
    descriptor = checked(LIBC.inotify_init1(0))
    return checked(LIBC.inotify_add_watch(descriptor, os.fsencode(t.data / "uploads"), 0xFFF))


@probe("reads the memory of the consumer")
def memory(t: Target) -> object:
    return _memory_of(t.consumer)


@probe("reads the memory of another's job")
def memory_of_other(t: Target) -> object:
    return _memory_of(t.other)


def _memory_of(pid: int) -> object:
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        file.seek(0x400000)
        return "opened"


@probe("reads the memory of the consumer by a call")
def by_vm_readv(t: Target) -> object:
    return _vm("process_vm_readv", t.consumer)


@probe("writes the memory of the consumer by a call")
def by_vm_writev(t: Target) -> object:
    return _vm("process_vm_writev", t.consumer)


@probe("reads the memory of another's job by a call")
def other_by_vm_readv(t: Target) -> object:
    return _vm("process_vm_readv", t.other)


def _vm(name: str, pid: int) -> object:
    buffer = ctypes.create_string_buffer(16)
    near = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 16)
    far = (ctypes.c_size_t * 2)(0x400000, 16)
    done = getattr(LIBC, name)(pid, near, 1, far, 1, 0)
    # EFAULT is not a refusal: it was let in, and nothing lies there.
    return "let in" if done >= 0 or ctypes.get_errno() == 14 else None


@probe("traces the consumer")
def traces(t: Target) -> object:
    return _trace(t.consumer)


@probe("traces another's job")
def traces_other(t: Target) -> object:
    return _trace(t.other)


def _trace(pid: int) -> object:
    checked(LIBC.ptrace(0x4206, pid, None, None))  # PTRACE_SEIZE stops nothing
    return "traced"


@probe("takes a descriptor of the consumer")
def takes_descriptor(t: Target) -> object:
    pidfd = call("pidfd_open", t.consumer)
    return next(call("pidfd_getfd", pidfd, number) for number in range(3, 10))


@probe("compares itself with the consumer")
def compares(t: Target) -> object:
    return call("kcmp", os.getpid(), t.consumer, 1)


@probe("reads the arguments of what the kernel does")
def performance(t: Target) -> object:
    attributes = struct.pack("=II8x", 1, 112).ljust(112, b"\0")
    return call("perf_event_open", attributes, t.consumer, -1, -1, 0)


@probe("loads a program into the kernel")
def bpf(t: Target) -> object:
    return call("bpf", 0, struct.pack("=IIII", 2, 4, 4, 1).ljust(120, b"\0"), 120)


@probe("catches the page faults of the kernel")
def userfaultfd(t: Target) -> object:
    return call("userfaultfd", 0)


@probe("asks the kernel through a ring")
def ring(t: Target) -> object:
    return call("io_uring_setup", 1, bytes(120))


@probe("reads the messages of the kernel")
def kernel_log(t: Target) -> object:
    buffer = ctypes.create_string_buffer(64)
    checked(LIBC.klogctl(3, buffer, 64))
    return buffer.raw


@probe("reads a segment of shared memory of another")
def segment(t: Target) -> object:
    LIBC.shmat.restype = ctypes.c_void_p
    found = LIBC.shmat(t.segment, None, 0o10000)
    return None if found in (None, ctypes.c_void_p(-1).value) else ctypes.string_at(found, 32)


@probe("finds the segments of others")
def segments(t: Target) -> object:
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    return next((line for line in lines if line.split()[1] == str(t.segment)), None)


@probe("opens the message queue of another")
def message_queue(t: Target) -> object:
    return checked(ctypes.CDLL("librt.so.1", use_errno=True).mq_open(b"/" + t.shm.encode(), 0))


@probe("finds the keys of others")
def keys(t: Target) -> object:
    """A key that one item leaves to the next through the ring of their user."""
    made = call("add_key", b"user\0", t.token.encode() + b"\0", b"left", 4, -4)
    call("keyctl", 9, made, -4)
    return made


@probe("reads by a descriptor that a neighbour sends")
def by_neighbour(t: Target) -> object:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect(f"\0{t.token}")
        _, descriptors, _, _ = socket.recv_fds(connection, 16, 1)
        return os.pread(descriptors[0], MOST, 0)


@probe("maps the database")
def maps(t: Target) -> object:
    descriptor = os.open(t.database, os.O_RDONLY)
    with mmap.mmap(descriptor, 100, prot=mmap.PROT_READ) as mapped:
        return mapped[:16]


@probe("learns who holds the locks of the database")
def locks(t: Target) -> object:
    """A shared lock alone would hold up every writer."""
    descriptor = os.open(t.database, os.O_RDWR)
    signal.alarm(2)
    os.lockf(descriptor, os.F_TLOCK, 0)
    return "locked"
