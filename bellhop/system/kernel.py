"""Calls of Linux that Python has no function for."""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_DUMPABLE = 4  # prctl(2)
LIBC = ctypes.CDLL(None, use_errno=True)
if sys.platform == "linux":
    LIBC.syscall.argtypes = [ctypes.c_long] * 6
    LIBC.prctl.argtypes = [ctypes.c_long] * 5
    LIBC.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]


def syscall(number: int, *arguments: int) -> int:
    """What the kernel answers; OSError when it refuses. Those left out are 0."""
    return require(LIBC.syscall(number, *arguments, *[0] * (5 - len(arguments))))


def prctl(option: int, *arguments: int) -> int:
    """What prctl(2) answers; OSError when it refuses. Those left out are 0."""
    return require(LIBC.prctl(option, *arguments, *[0] * (4 - len(arguments))))


def require(result: int) -> int:
    """The result of a call of the C library; OSError when it is below 0."""
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
