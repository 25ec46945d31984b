"""What job code may reach: which files, whether the network, and how much.

A child that runs code of job types confines itself before it loads any, with what Linux offers to
a process without rights: Landlock for files, seccomp for sockets, limits for the rest. All of it
holds for whatever the child starts, for root too, and nothing takes it back. What a kernel does
not have is left out; `enforced` tells.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import glob
import importlib.util
import json
import os
import resource
import stat
import struct
import sys
from collections.abc import Iterable, Sequence, Set
from dataclasses import asdict, dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING

from bellhop.base.units import MEBIBYTE

if TYPE_CHECKING:  # a job process, which is inside its bounds, shall start quickly
    from bellhop.base.settings import Settings

MOST_OPEN_FILES = 4096
# Beyond the threads of the whole machine, which are at least those of this user.
MORE_THREADS, MORE_THREADS_PER_CORE = 1024, 128
DEVICES = ("null", "zero", "full", "random", "urandom", "ptmx", "pts", "shm")
GRAPHICS = ("dri", "kfd", "nvidia*")  # a model may run on them
LIBC = ctypes.CDLL(None, use_errno=True)
if sys.platform == "linux":
    LIBC.syscall.argtypes = LIBC.prctl.argtypes = [ctypes.c_long] * 5
# prctl(2), seccomp(2)
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
CAPABILITIES_VERSION, DAC_OVERRIDE = 0x20080522, 2  # capset(2)
# landlock(7); these numbers are the same on every machine.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION = PATH_BENEATH = 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
READING = EXECUTE | READ_FILE | READ_DIR
ON_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
# The version that brought more rights, and how many there are from then on.
RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
SCOPES_SINCE, ABSTRACT_SOCKETS_AND_SIGNALS = 6, 3
IO_URING_SETUP = 425
X32_BIT = 0x40000000
# machine: (its name for the audit, the number of socket(2))
MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
LOAD, IS_EQUAL, IS_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # BPF
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # where struct seccomp_data has them
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM


@dataclass(frozen=True)
class Bounds:
    """What a child may reach; all paths are absolute.

    It may read everything that is not in `hidden`, and what is in `readable` all the same. Where
    nothing is hidden, it may do with files and processes what its user may. `memory_mb` and
    `max_file_mb` are limits of each process in MiB, which none of them can raise; 0 is none.
    """

    hidden: Sequence[str]
    readable: Sequence[str]
    writable: Sequence[str]
    network: bool
    memory_mb: int = 0
    max_file_mb: int = 0

    def argument(self) -> str:
        """As it stands on the command line of the child."""
        return json.dumps(asdict(self))


def bounds(
    settings: Settings,
    *,
    readable: Sequence[Path],
    writable: Sequence[Path],
    is_shared: bool,
    network: bool = False,
    memory_mb: int = 0,
    max_file_mb: int = 0,
) -> Bounds:
    """The bounds of a child that reads and writes in these folders of its own.

    Where nobody shares Bellhop, job code belongs to the only person there is, and nothing is hidden
    from it: it may use any file of theirs.
    """
    types = [settings.jobtypes_folder] if settings.jobtypes_folder else []
    return Bounds(
        hidden=(str(settings.data_dir), str(settings.config_path)) if is_shared else (),
        readable=tuple(map(str, (*readable, *types))),
        writable=tuple(map(str, (*writable, *settings.writable))),
        network=network,
        memory_mb=memory_mb,
        max_file_mb=max_file_mb,
    )


def enforced() -> dict[str, bool]:
    """What this kernel lets Bellhop enforce."""
    return {"files": _landlock_version() > 0, "network": _has_seccomp()}


def confine(argument: str) -> None:
    """Keep this process, which has one thread, and its children inside these bounds for good."""
    given = Bounds(**json.loads(argument))
    _limit(resource.RLIMIT_NOFILE, MOST_OPEN_FILES)
    with contextlib.suppress(OSError):
        _limit(resource.RLIMIT_NPROC, _threads_there() + _more_threads())
    if given.memory_mb:
        _limit(resource.RLIMIT_DATA, given.memory_mb * MEBIBYTE)
    if given.max_file_mb:
        _limit(resource.RLIMIT_FSIZE, given.max_file_mb * MEBIBYTE)
    if sys.platform == "linux":
        _require(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        if given.hidden:
            _drop_capabilities()
    if given.hidden and _landlock_version() > 0:
        _Files(given).restrict()
    if not given.network and _has_seccomp():
        _refuse_sockets()


def _limit(kind: int, most: int) -> None:
    soft, hard = resource.getrlimit(kind)
    limits = [most if n == resource.RLIM_INFINITY else min(n, most) for n in (soft, hard)]
    resource.setrlimit(kind, (limits[0], limits[1]))


def _threads_there() -> int:
    return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])


def _more_threads() -> int:
    return MORE_THREADS + MORE_THREADS_PER_CORE * (os.cpu_count() or 1)


def _require(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _drop_capabilities() -> None:
    """Leave to root what any user may do: its other powers reach around the rules below."""
    header = struct.pack("=Ii", CAPABILITIES_VERSION, 0)
    held = ctypes.create_string_buffer(24)
    _require(LIBC.capget(header, held))
    effective, permitted, *_ = struct.unpack("=6I", held)
    # Without this one, root could not read the files of other users.
    kept = (effective & DAC_OVERRIDE, permitted & DAC_OVERRIDE, 0, 0, 0, 0)
    _require(LIBC.capset(header, struct.pack("=6I", *kept)))


def _landlock_version() -> int:
    if sys.platform != "linux":
        return 0
    return int(LIBC.syscall(CREATE_RULESET, 0, 0, ASK_VERSION, 0))


def _has_seccomp() -> bool:
    if sys.platform != "linux" or os.uname().machine not in MACHINES:
        return False
    # A filter that is nowhere: a kernel without filters does not even look for it.
    LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 0, 0, 0)
    return ctypes.get_errno() == errno.EFAULT


class _Files:
    """The rules of Landlock for some bounds.

    Landlock knows only what is allowed, with all that lies below. So on the way down to what is
    hidden, each neighbour is allowed by itself; the folders on that way cannot be listed.
    """

    def __init__(self, given: Bounds):
        version = _landlock_version()
        every = (1 << RIGHTS[max(since for since in RIGHTS if since <= version)]) - 1
        scopes = ABSTRACT_SOCKETS_AND_SIGNALS if version >= SCOPES_SINCE else 0
        self._every = every
        self._hidden = set(_with_links(given.hidden)) | {"/dev"}
        self._above = {str(up) for path in self._hidden for up in Path(path).parents}
        self._allowed: set[tuple[str, int]] = set()
        self._rule = ctypes.create_string_buffer(12)
        attributes = ctypes.create_string_buffer(struct.pack("=QQQ", every, 0, scopes), 24)
        address = ctypes.addressof(attributes)
        self._rules = _require(LIBC.syscall(CREATE_RULESET, address, 24, 0, 0))
        os.set_inheritable(self._rules, False)
        # Python's own folders by name: who may not list what is above may still use them.
        known = (*filter(None, sys.path), sys.prefix, sys.base_prefix)
        for path in ("/", *map(os.path.realpath, (*known, *given.readable))):
            self._allow(path, READING)
        devices = [found for name in (*DEVICES, *GRAPHICS) for found in glob.glob(f"/dev/{name}")]
        for path in map(os.path.realpath, (*devices, *given.writable)):
            self._allow(path, every)

    def restrict(self) -> None:
        _require(LIBC.syscall(RESTRICT_SELF, self._rules, 0, 0, 0))
        os.close(self._rules)
        # Python finds a module by listing its folder, which may now be refused.
        sys.meta_path.append(_Unlisted(self._above))

    def _allow(self, path: str, rights: int) -> None:
        """Allow `rights` for `path` and what lies below, without what is hidden."""
        if path in self._hidden or (path, rights) in self._allowed:
            return
        self._allowed.add((path, rights))
        if path not in self._above:
            self._add(path, rights)
        else:
            with contextlib.suppress(OSError), os.scandir(path) as entries:
                for entry in entries:
                    # What a link leads to has its own place among the rules.
                    if not entry.is_symlink():
                        self._allow(entry.path, rights)

    def _add(self, path: str, rights: int) -> None:
        # What is gone meanwhile, or cannot be opened, stays forbidden.
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW)
            try:
                is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
                allowed = (rights if is_folder else rights & ON_A_FILE) & self._every
                struct.pack_into("=Qi", self._rule, 0, allowed, descriptor)
                address = ctypes.addressof(self._rule)
                LIBC.syscall(ADD_RULE, self._rules, PATH_BENEATH, address, 0)
            finally:
                os.close(descriptor)


def _with_links(paths: Iterable[str]) -> Iterable[str]:
    """Where these really lie, and what the links in them lead to: a folder on a larger disk."""
    for path in map(os.path.realpath, paths):
        yield path
        if os.path.isdir(path):
            with os.scandir(path) as entries:
                yield from (os.path.realpath(entry) for entry in entries if entry.is_symlink())


class _Unlisted:
    """Finds modules by their names in those folders of sys.path that cannot be listed."""

    def __init__(self, unlisted: Set[str]):
        self._unlisted = unlisted

    def find_spec(self, name: str, path: object = None, _: object = None) -> ModuleSpec | None:
        if path is None:
            for folder in sys.path:
                if os.path.realpath(folder) not in self._unlisted:
                    continue
                for file in (Path(folder, f"{name}.py"), Path(folder, name, "__init__.py")):
                    if file.is_file():
                        return importlib.util.spec_from_file_location(name, file)
        return None


def _refuse_sockets() -> None:
    """Let socket(2) make local ones alone, and refuse what would go around this rule."""
    architecture, socket_number = MACHINES[os.uname().machine]
    local = 1  # AF_UNIX
    program = (
        (LOAD, 0, 0, ARCHITECTURE),
        (IS_EQUAL, 0, 7, architecture),  # else the numbers would mean something else
        (LOAD, 0, 0, NUMBER),
        (IS_AT_LEAST, 5, 0, X32_BIT),
        (IS_EQUAL, 4, 0, IO_URING_SETUP),
        (IS_EQUAL, 0, 2, socket_number),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (IS_EQUAL, 0, 1, local),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    filter = ctypes.create_string_buffer(
        struct.pack("@HP", len(program), ctypes.addressof(code)), 16
    )
    address = ctypes.addressof(filter)
    _require(LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, address, 0, 0))
