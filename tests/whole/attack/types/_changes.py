"""Probes that change what belongs to others.

What would harm the machine is not done: a file is opened to write, and nothing is written.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import resource
import signal
import socket
import stat
import struct
import subprocess
import sys
from pathlib import Path

from _reach import LIBC, Target, call, checked, probe

AT_FDCWD = -100


def opened(path: Path | str, flags: int = os.O_WRONLY) -> str:
    os.close(os.open(path, flags))
    return f"opened {path} to write"


def made(folder: Path, name: str) -> str:
    """That a file could be made; the harness looks for its name and removes it."""
    os.close(os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return f"made {folder / name}"


def home() -> Path:
    return Path(pwd.getpwuid(os.geteuid()).pw_dir)


WRITES = {
    "writes bellhop.db": lambda t: t.database,
    "writes config.ini": lambda t: t.folder / "config.ini",
    "writes a type file": lambda t: t.folder / "types" / "honest.py",
    "writes a module beside the types": lambda t: t.folder / "types" / "_reach.py",
    "writes the result of another": lambda t: t.result,
    "writes the upload of another": lambda t: t.upload,
    "writes the log of another": lambda t: t.log,
    "writes types.json": lambda t: t.data / "types.json",
    "writes installation.json": lambda t: t.data / "installation.json",
    "writes the bell": lambda t: t.data / "bell.fifo",
    "writes a neighbour of the data folder": lambda t: t.folder / "neighbour.txt",
    "writes the program": lambda t: t.repository / "app.py",
    "writes to a file of another in /dev/shm": lambda t: Path("/dev/shm") / t.shm,
    "writes the list of users": lambda t: Path("/etc/passwd"),
    "writes a setting of the kernel": lambda t: Path("/proc/sys/kernel/hostname"),
    "asks the kernel to act": lambda t: Path("/proc/sysrq-trigger"),
    "writes the memory of the consumer": lambda t: Path(f"/proc/{t.consumer}/mem"),
    "writes who is killed first": lambda t: Path(f"/proc/{t.consumer}/oom_score_adj"),
    "writes the messages of the kernel": lambda t: Path("/dev/kmsg"),
    "writes the whole disk": lambda t: Path("/dev/vda"),
}
for _name, _path in WRITES.items():
    probe(_name)(lambda target, path=_path: opened(path(target)))

MAKES = {
    "makes a type file": lambda t: (t.folder / "types", f"{t.token}.py"),
    "makes a file in the data folder": lambda t: (t.data, t.token),
    "makes a file among the uploads": lambda t: (t.upload.parent, t.token),
    "makes a file among the results": lambda t: (t.result.parent, t.token),
    "makes a file beside config.ini": lambda t: (t.folder, t.token),
    "makes a file in /tmp": lambda t: (Path("/tmp"), t.token),
    "makes a file in /var/tmp": lambda t: (Path("/var/tmp"), t.token),
    "makes a .pth among the packages": lambda t: (packages(), f"{t.token}.pth"),
    "makes bytecode of the program": lambda t: (bytecode(t), f"{t.token}.pyc"),
    "makes a file in the home of its user": lambda t: (home(), f".{t.token}"),
    "makes a job of cron": lambda t: (Path("/etc/cron.d"), t.token),
    "makes a table of cron": lambda t: (Path("/var/spool/cron"), t.token),
    "makes a preloaded library": lambda t: (Path("/etc"), f"ld.so.preload.{t.token}"),
    "makes a unit of systemd": lambda t: (Path("/etc/systemd/system"), t.token),
    "makes a file in /run": lambda t: (Path("/run"), t.token),
}
for _name, _place in MAKES.items():
    probe(_name)(lambda target, place=_place: made(*place(target)))


def packages() -> Path:
    return next(Path(folder) for folder in sys.path if folder.endswith("-packages"))


def bytecode(t: Target) -> Path:
    return t.repository / "bellhop" / "jobtypes" / "__pycache__"


@probe("writes its profile")
def profile(t: Target) -> object:
    return opened(home() / ".profile", os.O_WRONLY | os.O_APPEND)


@probe("appends to the database")
def appends(t: Target) -> object:
    return opened(t.database, os.O_WRONLY | os.O_APPEND)


@probe("cuts the result of another")
def cuts(t: Target) -> object:
    os.truncate(t.result, os.stat(t.result).st_size)
    return "cut"


@probe("changes who may read the database")
def mode_of_database(t: Target) -> object:
    os.chmod(t.database, stat.S_IMODE(os.stat(t.database).st_mode))
    return "changed"


@probe("changes who may read the data folder")
def mode_of_folder(t: Target) -> object:
    os.chmod(t.data, stat.S_IMODE(os.stat(t.data).st_mode))
    return "changed"


@probe("changes who may read config.ini")
def mode_of_config(t: Target) -> object:
    os.chmod(t.folder / "config.ini", 0o600)
    return "changed"


@probe("changes the owner of the result of another")
def owner(t: Target) -> object:
    os.chown(t.result, os.geteuid(), os.getegid())
    return "changed"


@probe("changes the times of a type file")
def times(t: Target) -> object:
    status = os.stat(t.folder / "types" / "honest.py")
    os.utime(t.folder / "types" / "honest.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    return "changed"


@probe("puts an attribute on the result of another")
def attribute(t: Target) -> object:
    os.setxattr(t.result, "user.attack", b"x")
    return "changed"


@probe("renames the result of another")
def renames(t: Target) -> object:
    os.rename(t.result, t.result.with_name("gone"))
    return "renamed"


@probe("exchanges its folder with another's")
def exchanges(t: Target) -> object:
    old, new = os.fsencode(t.scratch), os.fsencode(t.result.parent)
    return checked(LIBC.renameat2(AT_FDCWD, old, AT_FDCWD, new, 2))


@probe("removes the result of another")
def removes(t: Target) -> object:
    os.unlink(t.result)
    return "removed"


@probe("removes the bell")
def removes_bell(t: Target) -> object:
    os.unlink(t.data / "bell.fifo")
    return "removed"


@probe("makes a folder in the data folder")
def makes_folder(t: Target) -> object:
    (t.data / "results" / t.token).mkdir()
    return "made"


@probe("makes a link in the data folder")
def makes_link(t: Target) -> object:
    (t.data / t.token).symlink_to("/etc")
    return "made"


@probe("makes a device")
def makes_device(t: Target) -> object:
    os.mknod(t.scratch / "device", stat.S_IFBLK | 0o600, os.stat(t.data).st_dev)
    return start(t.scratch / "device")


def start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)


@probe("mounts over its folder")
def mounts(t: Target) -> object:
    checked(LIBC.unshare(0x20000))
    place = os.fsencode(t.scratch)
    checked(LIBC.mount(b"none", place, b"tmpfs", 0, None))
    return "mounted"


def signalled(pid: int) -> str:
    """SIGCONT stops nobody, and passes the same checks as SIGKILL."""
    os.kill(pid, signal.SIGCONT)
    return f"signalled {pid}"


SIGNALS = {
    "signals the consumer": lambda t: t.consumer,
    "signals the web": lambda t: t.web,
    "signals the parent": lambda t: t.parent,
    "signals the job of another": lambda t: t.other,
    "signals the first process": lambda t: 1,
}
for _name, _pid in SIGNALS.items():
    probe(_name)(lambda target, pid=_pid: signalled(pid(target)))


@probe("signals the guard of its process")
def signals_guard(t: Target) -> object:
    own = os.getsid(0)
    text = Path(f"/proc/{own}/task/{own}/children").read_text()
    children = map(int, text.split())
    shells = [pid for pid in children if Path(f"/proc/{pid}/comm").read_text() == "sh\n"]
    return [signalled(pid) for pid in shells] or None


@probe("signals the consumer through a thread")
def signals_thread(t: Target) -> object:
    return checked(LIBC.tgkill(t.consumer, t.consumer, int(signal.SIGCONT)))


@probe("signals the consumer through a descriptor")
def signals_descriptor(t: Target) -> object:
    signal.pidfd_send_signal(os.pidfd_open(t.consumer), signal.SIGCONT)
    return "signalled"


@probe("lowers the turns of the consumer")
def niceness(t: Target) -> object:
    os.setpriority(os.PRIO_PROCESS, t.consumer, os.getpriority(os.PRIO_PROCESS, t.consumer))
    return "lowered"


@probe("lowers the turns of everything of its user")
def niceness_of_user(t: Target) -> object:
    if os.geteuid() == 0:
        return None  # everything of the machine; the call is the one above
    os.setpriority(os.PRIO_USER, os.geteuid(), os.getpriority(os.PRIO_USER, os.geteuid()))
    return "lowered"


@probe("binds the web to one core")
def affinity(t: Target) -> object:
    os.sched_setaffinity(t.web, os.sched_getaffinity(t.web))
    return "bound"


@probe("changes the limits of the consumer")
def limits(t: Target) -> object:
    before = resource.prlimit(t.consumer, resource.RLIMIT_CPU)
    resource.prlimit(t.consumer, resource.RLIMIT_CPU, before)
    return "changed"


@probe("changes the class of the consumer")
def scheduling(t: Target) -> object:
    os.sched_setscheduler(t.consumer, os.SCHED_OTHER, os.sched_param(0))
    return "changed"


@probe("changes the turns of the consumer at the disk")
def disk_turns(t: Target) -> object:
    return call("ioprio_set", 1, t.consumer, 3 << 13)


@probe("raises its own priority")
def raises(t: Target) -> object:
    os.setpriority(os.PRIO_PROCESS, 0, -20)
    return "raised"


@probe("runs before everybody")
def real_time(t: Target) -> object:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    return "raised"


@probe("is killed last")
def killed_last(t: Target) -> object:
    Path("/proc/self/oom_score_adj").write_text("-900")
    return "lowered"


@probe("raises its limit of memory")
def raises_memory(t: Target) -> object:
    return _raised(resource.RLIMIT_DATA)


@probe("raises its limit of files")
def raises_files(t: Target) -> object:
    return _raised(resource.RLIMIT_NOFILE)


def _raised(kind: int) -> object:
    resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return "no limit"


@probe("becomes another user")
def other_user(t: Target) -> object:
    os.setresuid(1, 1, 1)
    return "became"


@probe("becomes root")
def root(t: Target) -> object:
    if os.geteuid() == 0:
        return None  # it is, without the powers: other probes ask for those
    os.setuid(0)
    return "became"


@probe("gains powers by a program")
def powers(t: Target) -> object:
    text = Path("/proc/self/status").read_text()
    return None if "NoNewPrivs:\t1" in text else "it may"


@probe("has powers of root")
def capabilities(t: Target) -> object:
    """Any but reading files of others."""
    text = Path("/proc/self/status").read_text()
    held = int(text.partition("CapEff:")[2].split()[0], 16) & ~0b110
    return hex(held) if held else None


@probe("names the machine")
def names_machine(t: Target) -> object:
    socket.sethostname(socket.gethostname())
    return "named"


@probe("loads a module of the kernel")
def module(t: Target) -> object:
    try:
        return call("init_module", b"", 0, b"")
    except OSError as error:
        return None if error.errno in (1, 38) else f"let in: {error}"


@probe("types into the terminal")
def terminal(t: Target) -> object:
    with open("/dev/tty", "wb", buffering=0) as file:
        fcntl.ioctl(file, 0x5412, b"\n")
    return "typed"


@probe("becomes a subreaper no more")
def subreaper(t: Target) -> object:
    """What nobody adopts could be out of sight."""
    checked(LIBC.prctl(36, 0, 0, 0, 0))
    return "it is none"


FAMILIES = {"IPv4": 2, "IPv6": 10, "netlink": 16, "packets": 17, "VSOCK": 40, "AF_ALG": 38}
for _name, _family in FAMILIES.items():
    probe(f"makes a socket for {_name}")(
        lambda target, family=_family: socket.socket(family, socket.SOCK_RAW if family in (16, 17)
                                                     else socket.SOCK_STREAM).fileno()
    )  # fmt: skip


@probe("makes a socket in a child")
def socket_in_child(t: Target) -> object:
    code = "import socket; print(socket.socket().fileno())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True).stdout or None


@probe("reaches the web")
def reaches_web(t: Target) -> object:
    with socket.create_connection(("127.0.0.1", int(t.port)), 2):
        return "connected"


@probe("makes a pair of sockets of the internet")
def pair(t: Target) -> object:
    return [s.fileno() for s in socket.socketpair(socket.AF_INET, socket.SOCK_STREAM)]


@probe("unlocks what says that it lives")
def unlocks(t: Target) -> object:
    """The consumer must not take it for gone while it lives."""
    for descriptor in range(3, 256):
        try:
            path = os.readlink(f"/proc/self/fd/{descriptor}")
            if path.startswith(str(t.data)) and path.endswith(".lock"):
                fcntl.flock(descriptor, fcntl.LOCK_UN)
                return path
        except OSError:
            continue
    return None


@probe("sets flags on its input")
def flags(t: Target) -> object:
    descriptor = os.open(t.upload, os.O_RDONLY)
    fcntl.ioctl(descriptor, 0x40086602, struct.pack("l", 0x40))
    return "set"


@probe("accounts for processes")
def accounting(t: Target) -> object:
    """Into a file that cannot be; who may not at all is told so first."""
    try:
        return call("acct", b"/nowhere/at/all\0")
    except OSError as error:
        return None if error.errno in (1, 38) else f"let in: {error}"
