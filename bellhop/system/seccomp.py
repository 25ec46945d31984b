"""Which calls of the kernel a process and its children may not make, kept by seccomp(2)."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bellhop.system import kernel
from bellhop.system.kernel import PR_SET_DUMPABLE
from bellhop.system.proctree import PR_SET_CHILD_SUBREAPER

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2  # prctl(2)
X32_BIT = 0x40000000
# machine: (its name for the audit, the column of the numbers below)
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
LOAD, ALWAYS, IS_EQUAL, IS_AT_LEAST, HAS_ANY, RETURN = 0x20, 0x05, 0x15, 0x35, 0x45, 0x06  # BPF
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # where struct seccomp_data has them
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
# Namespaces of clone(2): mounts, control groups, host names, IPC, users, processes, networks.
NEW_NAMESPACES = 0x7E020000
PRIO_PROCESS, IOPRIO_WHO_PROCESS = 0, 1
AF_UNIX, TIOCSTI, TIOCLINUX = 1, 0x5412, 0x541C
Line = tuple[int, int, int, int]


@dataclass(frozen=True)
class Refused:
    """Calls that are refused, by their numbers on x86_64 and aarch64.

    With a `test` they are refused only when it is true of the lower half of the argument at
    `index` and one of `values`; `is_opposite`, when it is true of none.
    """

    numbers: tuple[tuple[int, int], ...]
    index: int = 0
    test: int = 0
    values: tuple[int, ...] = ()
    is_opposite: bool = False
    error: int = errno.EPERM


# Sockets that are not local, and io_uring, which makes any.
NETWORK = (
    Refused(((41, 198),), 0, IS_EQUAL, (AF_UNIX,), is_opposite=True),  # socket
    Refused(((425, 425), (426, 426), (427, 427))),  # io_uring_setup, _enter, _register
)
# Without this the job process stays the parent of all orphans among what it starts.
LEAVING = (Refused(((157, 167),), 0, IS_EQUAL, (PR_SET_CHILD_SUBREAPER,)),)  # prctl
SHARED = (
    # What hides the memory of a process from those who weigh it.
    Refused(((157, 167),), 0, IS_EQUAL, (PR_SET_DUMPABLE,)),  # prctl
    # Files without a name and memory without an owner, which nobody weighs either. Libraries take
    # another file when they hear that there are none.
    Refused(((319, 279), (447, 447)), error=errno.ENOSYS),  # memfd_create, memfd_secret
    # What other processes hold: memory, open files.
    Refused(((101, 117), (310, 270), (311, 271))),  # ptrace, process_vm_readv, _writev
    Refused(((438, 438), (312, 272), (440, 440))),  # pidfd_getfd, kcmp, process_madvise
    # Memory, semaphores and messages that outlive their process.
    Refused(((29, 194), (30, 196), (31, 195))),  # shmget, shmat, shmctl
    Refused(((64, 190), (65, 193), (220, 192), (66, 191))),  # semget, semop, semtimedop, semctl
    Refused(((68, 186), (69, 189), (70, 188), (71, 187))),  # msgget, msgsnd, msgrcv, msgctl
    Refused(((240, 180), (241, 181))),  # mq_open, mq_unlink
    # Keys of the user.
    Refused(((248, 217), (249, 218), (250, 219))),  # add_key, request_key, keyctl
    # What has been the door to most holes of the kernel, and what jobs do not need.
    Refused(((425, 425), (426, 426), (427, 427))),  # io_uring_setup, _enter, _register
    Refused(((323, 282), (321, 280), (298, 241))),  # userfaultfd, bpf, perf_event_open
    Refused(((300, 262), (304, 265), (103, 116))),  # fanotify_init, open_by_handle_at, syslog
    Refused(((135, 92),)),  # personality
    # Other namespaces, in which a process has rights that it has not here.
    Refused(((56, 220), (272, 97)), 0, HAS_ANY, (NEW_NAMESPACES,)),  # clone, unshare
    Refused(((308, 268),)),  # setns
    # Its flags cannot be seen from here; libraries take clone when they hear that it is not there.
    Refused(((435, 435),), error=errno.ENOSYS),  # clone3
    # Mounts and roots.
    Refused(((165, 40), (166, 39), (155, 41), (161, 51))),  # mount, umount2, pivot_root, chroot
    Refused(((428, 428), (429, 429), (442, 442))),  # open_tree, move_mount, mount_setattr
    Refused(((430, 430), (431, 431), (432, 432), (433, 433))),  # fsopen, fsconfig, fsmount, fspick
    # Turns, cores and limits of other processes: one's own are 0.
    Refused(((141, 140),), 0, IS_EQUAL, (PRIO_PROCESS,), is_opposite=True),  # setpriority
    Refused(((251, 30),), 0, IS_EQUAL, (IOPRIO_WHO_PROCESS,), is_opposite=True),  # ioprio_set
    Refused(((141, 140), (251, 30)), 1, IS_EQUAL, (0,), is_opposite=True),
    # sched_setaffinity, sched_setscheduler, sched_setparam
    Refused(((203, 122), (144, 119), (142, 118)), 0, IS_EQUAL, (0,), is_opposite=True),
    # sched_setattr, prlimit64
    Refused(((314, 274), (302, 261)), 0, IS_EQUAL, (0,), is_opposite=True),
    # The names of files that others make.
    Refused(((254, 27),)),  # inotify_add_watch
    # Typing into a terminal.
    Refused(((16, 29),), 1, IS_EQUAL, (TIOCSTI, TIOCLINUX)),  # ioctl
)


def is_there() -> bool:
    """Whether this kernel takes filters, and this machine is one whose numbers are known."""
    if sys.platform != "linux" or os.uname().machine not in MACHINES:
        return False
    # A filter that is nowhere: a kernel without filters does not even look for it.
    kernel.LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 0, 0, 0)
    return ctypes.get_errno() == errno.EFAULT


def refuse(rules: Iterable[Refused]) -> None:
    """Refuse these calls to this process, which can get no new rights, and its children for good.

    What is made for another kind of machine is refused every call.
    """
    architecture, column = MACHINES[os.uname().machine]
    lines: list[Line] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (IS_EQUAL, 1, 0, architecture),  # else the numbers would mean something else
        (RETURN, 0, 0, REFUSE | errno.EPERM),
        (LOAD, 0, 0, NUMBER),
        (IS_AT_LEAST, 0, 1, X32_BIT),
        (RETURN, 0, 0, REFUSE | errno.EPERM),
        *(line for rule in rules for line in _lines(rule, column)),
        (RETURN, 0, 0, ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in lines))
    filter = ctypes.create_string_buffer(struct.pack("@HP", len(lines), ctypes.addressof(code)), 16)
    kernel.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(filter))


def _lines(rule: Refused, column: int) -> Iterator[Line]:
    """A rule as lines of BPF, which begin and end with the number of the call as what is loaded."""
    answer = (RETURN, 0, 0, REFUSE | rule.error)
    for numbers in rule.numbers:
        if not rule.test:
            yield IS_EQUAL, 0, 1, numbers[column]
            yield answer
            continue
        tests = len(rule.values)
        skip = (ALWAYS, 0, 0, 1)
        yield IS_EQUAL, 0, tests + 4, numbers[column]
        yield LOAD, 0, 0, ARGUMENTS + 8 * rule.index
        for to_true, value in zip(range(tests, 0, -1), rule.values, strict=True):
            yield rule.test, to_true, 0, value
        # The first of these two is for a test that is true of none, the second for one that is.
        yield from (answer, (ALWAYS, 0, 0, 0)) if rule.is_opposite else (skip, answer)
        yield LOAD, 0, 0, NUMBER
