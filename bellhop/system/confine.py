"""What job code may reach: which files, whether the network, and how much.

A child that runs code of job types confines itself before it loads any, with what Linux offers to
a process without rights: Landlock for files (landlock.py), a view of its own (namespaces.py),
seccomp for calls (seccomp.py), limits for the rest. All of it holds for whatever the child starts,
for root too, and nothing takes it back. What a kernel does not have is left out; `enforced` tells.
"""

from __future__ import annotations

import contextlib
import ctypes
import glob
import json
import os
import resource
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bellhop.base.units import MEBIBYTE
from bellhop.system import kernel, landlock, limits, namespaces, seccomp

if TYPE_CHECKING:  # a job process, which is inside its bounds, shall start quickly
    from bellhop.settings.settings import Settings

MOST_OPEN_FILES = 4096
# Beyond the threads of the whole machine, which are at least those of this user.
MORE_THREADS, MORE_THREADS_PER_CORE = 1024, 128
MOST_SIGNALS, MOST_LOCKED_BYTES = 4096, 64 * MEBIBYTE
# Of a child that describes a file of job types: as a queue has by default, and its largest answer.
MOST_TO_DESCRIBE_MB, MOST_DESCRIPTION_MB = 2048, 1
DEVICES = ("null", "zero", "full", "random", "urandom")
GRAPHICS = ("dri", "kfd", "nvidia*")  # a model may run on them
# Where keys and passwords of Bellhop's user and of the machine lie, and what takes orders of them.
MASKED = (
    *(f"~/{name}" for name in (
        ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".config/gcloud", ".config/gh",
        ".netrc", ".pgpass", ".pg_service.conf", ".postgresql", ".git-credentials",
        ".password-store", ".local/share/keyrings", ".bash_history", ".python_history",
    )),
    "/etc/shadow", "/etc/gshadow", "/etc/ssh", "/run/docker.sock", "/run/podman",
    "/run/containerd", "/run/dbus", "/run/systemd/private", "/run/systemd/io.systemd.*",
    "/run/user", "/sys/kernel/tracing", "/sys/kernel/debug", "/sys/fs/pstore",
)  # fmt: skip
PR_SET_NO_NEW_PRIVS = 38  # prctl(2)
CAPABILITIES_VERSION = 0x20080522  # capset(2)
DAC_OVERRIDE, SYS_RESOURCE = 1, 24  # capabilities(7)


@dataclass(frozen=True)
class Bounds:
    """What a child may reach; all paths are absolute.

    It may read everything that is not in `hidden`, and what is in `readable` all the same. Where
    nothing is hidden, it may do with files and processes what its user may. `memory_mb` and
    `max_file_mb` are limits of each process in MiB, which none of them can raise; 0 is none.
    What is in `masked` is empty, where the system allows a view of its own (namespaces.py).
    """

    hidden: Sequence[str]
    readable: Sequence[str]
    writable: Sequence[str]
    network: bool
    memory_mb: int = 0
    max_file_mb: int = 0
    masked: Sequence[str] = ()

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
        hidden=settings.private_places if is_shared else (),
        readable=tuple(map(str, (*readable, *types))),
        writable=tuple(map(str, (*writable, *settings.writable))),
        network=network,
        memory_mb=memory_mb,
        max_file_mb=max_file_mb,
        masked=existing((*MASKED, *settings.ways_to_rows())) if is_shared else (),
    )


def bounds_to_describe(settings: Settings, home: Path) -> Bounds:
    """The bounds of the child that describes a file of job types, with the folder `home`."""
    given = bounds(settings, readable=(), writable=(), is_shared=True)
    return replace(
        given,
        writable=(str(home),),
        memory_mb=MOST_TO_DESCRIBE_MB,
        max_file_mb=MOST_DESCRIPTION_MB,
    )


def existing(patterns: Iterable[str]) -> tuple[str, ...]:
    """What is there of places to mask."""
    return tuple(path for each in patterns for path in glob.glob(os.path.expanduser(each)))


def enforced() -> dict[str, bool]:
    """What this kernel lets Bellhop enforce, for a process with one thread."""
    version = landlock.version()
    return {
        "files": version > 0,
        "network": seccomp.is_there(),
        "shared memory": namespaces.can_be_had(),
        "processes": version >= landlock.SCOPES_SINCE,
    }


def confine(argument: str) -> Bounds:
    """Keep this process, which has one thread, and its children inside these bounds for good.

    They are given back with all places that are hidden: where links in them lead is one too.
    """
    given = Bounds(**json.loads(argument))
    given = replace(given, hidden=tuple(landlock.with_links(given.hidden)))
    _limit_all(given)
    if sys.platform != "linux":
        return given
    is_apart = False
    if given.hidden:
        kept = _held() & (1 << DAC_OVERRIDE)  # without it root could not read files of others
        is_apart = namespaces.enter(_mounts(given), given.masked, given.memory_mb)
        _keep_capabilities(kept)
    else:
        _keep_capabilities(_held() & ~(1 << SYS_RESOURCE))  # which raises limits
    kernel.prctl(PR_SET_NO_NEW_PRIVS, 1)
    if given.hidden and landlock.version() > 0:
        devices = _devices(is_apart)
        landlock.restrict(given.hidden, given.readable, given.writable, devices)
    if seccomp.is_there():
        network = () if given.network else seccomp.NETWORK
        seccomp.refuse((*seccomp.LEAVING, *network, *(seccomp.SHARED if given.hidden else ())))
    return given


def _mounts(given: Bounds) -> list[str]:
    """What is writable in a view of its own; the folder that holds a child's own is one mount.

    Nothing can be renamed from one mount to another (rename(2)).
    """
    above = {os.path.dirname(path) for path in given.writable} & {*given.readable}
    own = [path for path in above if any(Path(path).is_relative_to(h) for h in given.hidden)]
    return [*given.writable, *own]


def _limit_all(given: Bounds) -> None:
    _limit(resource.RLIMIT_NOFILE, MOST_OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0)
    with contextlib.suppress(OSError):
        _limit(resource.RLIMIT_NPROC, _threads_there() + _more_threads())
    if given.memory_mb:
        _limit(resource.RLIMIT_DATA, given.memory_mb * MEBIBYTE)
    if given.max_file_mb:
        _limit(resource.RLIMIT_FSIZE, given.max_file_mb * MEBIBYTE)
    if sys.platform == "linux":
        _limit(resource.RLIMIT_MEMLOCK, MOST_LOCKED_BYTES)
        _limit(resource.RLIMIT_SIGPENDING, MOST_SIGNALS)
        _limit(resource.RLIMIT_MSGQUEUE, 0)


def _limit(kind: int, most: int) -> None:
    soft, hard = (most if n == resource.RLIM_INFINITY else min(n, most) for n in limits.of(kind))
    limits.change(kind, soft, hard)


def _threads_there() -> int:
    return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])


def _more_threads() -> int:
    return MORE_THREADS + MORE_THREADS_PER_CORE * (os.cpu_count() or 1)


def _devices(is_apart: bool) -> list[str]:
    """The paths of the devices that job code may use; some only in a view of its own."""
    names = (*DEVICES, *GRAPHICS, *(namespaces.PRIVATE_DEVICES if is_apart else ()))
    return [path for name in names for path in glob.glob(f"/dev/{name}")]


def _held() -> int:
    """The capabilities of this process as bits."""
    found = ctypes.create_string_buffer(24)
    kernel.require(kernel.LIBC.capget(_capabilities_header(), found))
    words = struct.unpack("=6I", found)
    return int(words[1] | words[4] << 32)


def _keep_capabilities(kept: int) -> None:
    """Give up all but `kept`: the powers of root reach around the other rules."""
    low, high = kept & 0xFFFFFFFF, kept >> 32
    words = struct.pack("=6I", low, low, 0, high, high, 0)
    kernel.require(kernel.LIBC.capset(_capabilities_header(), words))


def _capabilities_header() -> bytes:
    return struct.pack("=Ii", CAPABILITIES_VERSION, 0)
