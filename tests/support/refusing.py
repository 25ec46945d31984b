"""A machine that lacks something: `python -m tests.support.refusing WHAT COMMAND…` runs it there.

The kernel refuses the calls to the command and all its children, as a container, a unit of systemd
or a file system from elsewhere does.
"""

from __future__ import annotations

import errno
import os
import sys

from bellhop.system import kernel, seccomp
from bellhop.system.confine import PR_SET_NO_NEW_PRIVS
from bellhop.system.seccomp import AF_UNIX, HAS_ANY, IS_EQUAL, Refused

ANY_BIT = 0xFFFFFFFF
MISSING = {
    # NFS without a daemon for locks.
    "locks": (Refused(((73, 32),), error=errno.ENOLCK),),  # flock
    # RestrictAddressFamilies=AF_INET AF_INET6
    "local sockets": (
        Refused(((41, 198),), 0, IS_EQUAL, (AF_UNIX,), error=errno.EAFNOSUPPORT),  # socket
        Refused(((53, 199),), error=errno.EAFNOSUPPORT),  # socketpair
    ),
    # SystemCallFilter=~@resources, where the limits can be read and where not even that.
    "limits": (
        Refused(((160, 164),)),  # setrlimit
        Refused(((302, 261),), 2, HAS_ANY, (ANY_BIT,)),  # prlimit64
    ),
    "limits at all": (Refused(((160, 164), (97, 163), (302, 261))),),  # and getrlimit
}


def command(what: str) -> list[str]:
    """What to put before a command so that it runs without `what`."""
    return [sys.executable, "-m", "tests.support.refusing", what]


if __name__ == "__main__":
    kernel.prctl(PR_SET_NO_NEW_PRIVS, 1)
    seccomp.refuse(MISSING[sys.argv[1]])
    os.execv(sys.argv[2], sys.argv[2:])
