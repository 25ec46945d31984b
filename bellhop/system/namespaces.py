"""A view of the machine for one process and its children: namespaces(7), where they can be had.

Landlock does not know the permissions, owners and times of files, and one `/dev/shm` is there for
all. So job code gets mounts of its own: all that it may not write to is read-only, what is masked
is empty, and shared memory and terminals are its own, which end with the last process of the view.
Root makes them by its rights; other users in a user namespace, which some systems refuse.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import struct
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from bellhop.system import kernel

# clone(2)
NEW_MOUNTS, NEW_IPC, NEW_USER = 0x00020000, 0x08000000, 0x10000000
# mount(2)
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXECUTION = 1, 2, 4, 8
BIND, WITH_BELOW, FOLLOWING = 1 << 12, 1 << 14, 1 << 19
# open_tree(2), move_mount(2), mount_setattr(2): the same on every machine.
OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442
CLONE_TREE, FROM_DESCRIPTOR = 1, 4
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
# Of these, each view has its own.
PRIVATE_DEVICES = ("shm", "pts", "ptmx")


def enter(writable: Sequence[str], masked: Iterable[str], shared_memory_mb: int) -> bool:
    """Leave for a view of its own, for good; False where this system allows none.

    Its process has one thread. In the view, only what lies in the folders `writable` can be
    changed, the paths of `masked` are empty, and `/dev/shm` holds at most `shared_memory_mb` MiB;
    0 is half of the machine's memory. False may leave a part of it done.
    """
    if sys.platform != "linux":
        return False
    try:
        _unshare()
        _mount(None, "/", None, WITH_BELOW | FOLLOWING)
        trees = {folder: _clone(folder) for folder in _outermost(writable)}
        for path in masked:
            _mask(path)
        if "/" not in trees:
            _make_read_only()
        _make_devices(shared_memory_mb)
    except OSError:
        return False
    for folder, tree in trees.items():
        _put(tree, folder)
    return True


def can_be_had() -> bool:
    """Whether a child of this process, which has one thread, could enter a view."""
    if sys.platform != "linux":
        return False
    if (pid := os.fork()) == 0:
        os._exit(0 if enter((), (), 1) else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def is_read_only_outside(path: str) -> bool:
    """Whether a path is read-only also for the parent of this process, which is in no view.

    True where nobody can tell.
    """
    with contextlib.suppress(OSError):
        mounts = Path(f"/proc/{os.getppid()}/mountinfo").read_text("utf-8", "replace")
        return is_read_only(path, mounts)
    return True


def is_read_only(path: str, mounts: str) -> bool:
    """Whether a path is, by the text of a proc_pid_mountinfo(5)."""
    found, answer = "", True
    for fields in map(str.split, filter(None, mounts.split("\n"))):
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4])
        if len(point) >= len(found) and Path(path).is_relative_to(point):
            # Options of the mount, and those of its file system, which stand last.
            found, answer = point, "ro" in f"{fields[5]},{fields[-1]}".split(",")
    return answer


def _outermost(folders: Iterable[str]) -> list[str]:
    """Those that lie in no other; each becomes a mount."""
    found: list[str] = []
    for folder in sorted({os.path.realpath(path) for path in folders if os.path.isdir(path)}):
        if not any(Path(folder).is_relative_to(above) for above in found):
            found.append(folder)
    return found


def _unshare() -> None:
    wanted = NEW_MOUNTS | NEW_IPC
    with contextlib.suppress(PermissionError):
        kernel.require(kernel.LIBC.unshare(wanted))
        return
    user, group = os.geteuid(), os.getegid()
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # who changed its user does not own its files in /proc
    kernel.require(kernel.LIBC.unshare(wanted | NEW_USER))
    # user_namespaces(7): it stays who it is.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _make_devices(shared_memory_mb: int) -> None:
    size = f",size={shared_memory_mb}m" if shared_memory_mb else ""
    flags = NO_SUID | NO_EXECUTION
    _mount("tmpfs", "/dev/shm", "tmpfs", flags | NO_DEVICES, f"mode=1777{size}")
    _mount("devpts", "/dev/pts", "devpts", flags, "ptmxmode=0666,mode=0600")
    _mount("/dev/pts/ptmx", "/dev/ptmx", None, BIND)


def _mask(path: str) -> None:
    """Let there be nothing at a path that is there."""
    flags = READ_ONLY | NO_SUID | NO_DEVICES | NO_EXECUTION
    if os.path.isdir(path):
        _mount("tmpfs", path, "tmpfs", flags, "mode=0555,size=4k")
    elif os.path.exists(path):
        _mount("/dev/null", path, None, BIND)


def _mount(
    source: str | None, target: str, kind: str | None, flags: int, options: str | None = None
) -> None:
    """mount(2)"""
    texts = (text and os.fsencode(text) for text in (source, target, kind))
    given = options and options.encode()
    kernel.require(kernel.LIBC.mount(*texts, flags, given))


def _clone(folder: str) -> int:
    """A descriptor of a folder, with what is mounted below, as a mount that is nowhere yet."""
    name = ctypes.create_string_buffer(os.fsencode(folder))
    flags = CLONE_TREE | AT_RECURSIVE | os.O_CLOEXEC
    return kernel.syscall(OPEN_TREE, AT_FDCWD, ctypes.addressof(name), flags)


def _put(tree: int, folder: str) -> None:
    """Mount what `_clone` gave at its place."""
    name, nothing = (ctypes.create_string_buffer(text) for text in (os.fsencode(folder), b""))
    addresses = ctypes.addressof(nothing), AT_FDCWD, ctypes.addressof(name)
    kernel.syscall(MOVE_MOUNT, tree, *addresses, FROM_DESCRIPTOR)
    os.close(tree)


def _make_read_only() -> None:
    """Let nobody in this view change anything, with what is mounted below."""
    root = ctypes.create_string_buffer(b"/")
    # struct mount_attr
    wanted = ctypes.create_string_buffer(struct.pack("=QQQQ", READ_ONLY, 0, 0, 0), 32)
    addresses = ctypes.addressof(root), AT_RECURSIVE, ctypes.addressof(wanted)
    kernel.syscall(MOUNT_SETATTR, AT_FDCWD, *addresses, 32)
