"""Which files a process and its children may reach, kept by Landlock (landlock(7))."""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from bellhop.system import kernel

# These numbers are the same on every machine.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION = PATH_BENEATH = 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
READING = EXECUTE | READ_FILE | READ_DIR
ON_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
# The version that brought more rights, and how many there are from then on.
RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
# Abstract sockets and signals of others are kept away since this version.
SCOPES_SINCE, ABSTRACT_SOCKETS_AND_SIGNALS = 6, 3


def version() -> int:
    """The version of Landlock that this kernel has; 0 is none."""
    if sys.platform != "linux":
        return 0
    return int(kernel.LIBC.syscall(CREATE_RULESET, 0, 0, ASK_VERSION, 0, 0))


def restrict(
    hidden: Sequence[str], readable: Sequence[str], writable: Sequence[str], devices: Sequence[str]
) -> None:
    """Keep this process and its children to these absolute paths, and what lies below, for good.

    It may read all that is not in `hidden`, and `readable` all the same; of `/dev` the `devices`.
    """
    _Files(hidden, readable, (*writable, *devices)).restrict()


class _Files:
    """The rules of Landlock for some paths.

    Landlock knows only what is allowed, with all that lies below. So on the way down to what is
    hidden, each neighbour is allowed by itself; the folders on that way cannot be listed.
    """

    def __init__(self, hidden: Sequence[str], readable: Sequence[str], writable: Sequence[str]):
        here = version()
        every = (1 << RIGHTS[max(since for since in RIGHTS if since <= here)]) - 1
        scopes = ABSTRACT_SOCKETS_AND_SIGNALS if here >= SCOPES_SINCE else 0
        self._every = every
        self._hidden = set(with_links(hidden)) | {"/dev"}
        self._above = {str(up) for path in self._hidden for up in Path(path).parents}
        self._allowed: set[tuple[str, int]] = set()
        self._rule = ctypes.create_string_buffer(12)
        attributes = ctypes.create_string_buffer(struct.pack("=QQQ", every, 0, scopes), 24)
        self._rules = kernel.syscall(CREATE_RULESET, ctypes.addressof(attributes), 24)
        os.set_inheritable(self._rules, False)
        # Python's own folders by name: who may not list what is above may still use them.
        known = (*filter(None, sys.path), sys.prefix, sys.base_prefix)
        for path in ("/", *map(os.path.realpath, (*known, *readable))):
            self._allow(path, READING)
        for path in map(os.path.realpath, writable):
            self._allow(path, every)

    def restrict(self) -> None:
        kernel.syscall(RESTRICT_SELF, self._rules)
        os.close(self._rules)

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
                kernel.syscall(ADD_RULE, self._rules, PATH_BENEATH, ctypes.addressof(self._rule))
            finally:
                os.close(descriptor)


def with_links(paths: Iterable[str]) -> Iterable[str]:
    """Where these really lie, and what the links in them lead to: a folder on a larger disk."""
    for path in map(os.path.realpath, paths):
        yield path
        if os.path.isdir(path):
            with os.scandir(path) as entries:
                yield from (os.path.realpath(entry) for entry in entries if entry.is_symlink())
