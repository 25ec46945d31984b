"""What the bounds of a job process refused its code, told from the errors that its code raised.

The kernel says "Operation not permitted" of all that it refuses, and libraries word it as they
like. Nothing is called a refusal here that the same process would not have got done without its
bounds: for lack of rights, say, or on a disk that is read-only for everybody.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from bellhop.base.errors import ItemError, item_error
from bellhop.system import kernel, namespaces, seccomp
from bellhop.system.confine import Bounds

# How a look-up of a name ends where nobody can be asked: EAI_AGAIN, EAI_FAIL, EAI_SYSTEM (netdb.h).
CANNOT_ASK = (-3, -4, -11)
# What the functions of Python and of its libraries are called that know where a connection goes.
CONNECTING = ("create_connection", "getaddrinfo")
OF_FILES = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EXDEV)
# How a library names a file of which the error itself says nothing.
QUOTED_PATH = re.compile(r"""['"](/[^'"]+)['"]""")
# Errors in one that are looked at; code of a job type may have made a ring of them.
MOST_ERRORS = 100


@dataclass(frozen=True)
class Refusal:
    """What was refused: `code` is one of `ITEM_ERRORS`, `what` an address or a path."""

    code: str
    what: str

    def error(self, trace: str) -> ItemError:
        return item_error(self.code, what=self.what, traceback=trace)


def of(error: BaseException, bounds: Bounds) -> Refusal | None:
    """What `bounds`, which hold for this process, refused; None when that is not why it failed."""
    for each in _wrapped(error):
        if isinstance(each, OSError):
            refused = _of_network(each, bounds) or _of_files(each, bounds)
            if refused:
                return refused
    return None


def _wrapped(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that it was made of.

    What was on its way when it was raised may have been dealt with: it counts when the error
    passes on what that said.
    """
    left, seen = [error], list[BaseException]()
    while left and len(seen) < MOST_ERRORS:
        each = left.pop(0)
        if any(each is other for other in seen):
            continue
        seen.append(each)
        yield each
        if isinstance(each, BaseExceptionGroup):
            left += each.exceptions
        if each.__cause__:
            left.append(each.__cause__)
        elif each.__context__ and not each.__suppress_context__ and _passes_on(each):
            left.append(each.__context__)


def _passes_on(error: BaseException) -> bool:
    inner = error.__context__
    return any(each is inner for each in error.args) or str(inner) in str(error)


def _of_network(error: OSError, bounds: Bounds) -> Refusal | None:
    """A connection, or a look-up for one: no socket is made that is not local."""
    if bounds.network or not seccomp.is_there():
        return None
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    is_lookup = _is_lookup(error) and error.errno in CANNOT_ASK
    is_socket = error.errno == errno.EPERM and frames and _module(frames[-1]) == "socket"
    if not (is_lookup or is_socket):
        return None
    for frame in reversed(frames):
        if frame.f_code.co_name in CONNECTING:
            given = frame.f_locals
            host, port = given.get("address") or (given.get("host"), given.get("port"))
            return Refusal("network_refused", f" to {_address(host, port)}")
    return Refusal("network_refused", "")


def _is_lookup(error: OSError) -> bool:
    """Whether it is `socket.gaierror`, of a module that a job process need not load."""
    return (type(error).__module__, type(error).__name__) == ("socket", "gaierror")


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))


def _address(host: object, port: object) -> str:
    host = host.decode(errors="replace") if isinstance(host, bytes) else host
    return f"{host}:{port}" if port else str(host)


def _of_files(error: OSError, bounds: Bounds) -> Refusal | None:
    """A file that is hidden, or one that lies where nothing may be written."""
    if not bounds.hidden or error.errno not in OF_FILES:
        return None
    for path in _paths(error):
        if _lies_in(path, bounds.writable):
            continue
        if _is_hidden(path, bounds) or (_is_above(path, bounds) and error.errno == errno.EACCES):
            if os.access(path, os.R_OK):
                return Refusal("file_hidden", path)
        elif _could_write(path):
            return Refusal("write_refused", path)
    return None


def _paths(error: OSError) -> list[str]:
    """Where the files that an error names really lie; the one that was to be made comes first."""
    named = [name for name in (error.filename2, error.filename) if isinstance(name, str | bytes)]
    if error.errno == errno.EXDEV:
        named = named[:1]
    return [os.path.realpath(os.fsdecode(n)) for n in named or QUOTED_PATH.findall(str(error))]


def _is_hidden(path: str, bounds: Bounds) -> bool:
    return _lies_in(path, bounds.hidden) and not _lies_in(path, bounds.readable)


def _is_above(path: str, bounds: Bounds) -> bool:
    """Whether it is a folder that cannot be listed for what is hidden below it."""
    return any(Path(hidden).is_relative_to(path) for hidden in bounds.hidden)


def _lies_in(path: str, folders: Iterable[str]) -> bool:
    return any(Path(path).is_relative_to(os.path.realpath(folder)) for folder in folders)


def _could_write(path: str) -> bool:
    """Whether this process could write to a path, or make it, without its bounds.

    access(2) knows the rights of files and whether a mount is read-only, but not Landlock; and what
    is read-only for the process that started this one is so for everybody.
    """
    place = path if os.path.exists(path) else os.path.dirname(path)
    if kernel.LIBC.access(os.fsencode(place), os.W_OK) == 0:
        return True
    return ctypes.get_errno() == errno.EROFS and not namespaces.is_read_only_outside(place)
