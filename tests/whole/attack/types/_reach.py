"""How one probe is tried: in a child of its own, so that none stops the next."""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIMIT_S = 4.0
MOST_SAID = 2000
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long
# Numbers of calls that libc has no name for: (x86_64, aarch64).
NUMBERS = {
    "add_key": (248, 217), "keyctl": (250, 219), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "kcmp": (312, 272), "io_uring_setup": (425, 425),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "open_tree": (428, 428),
    "fsopen": (430, 430), "init_module": (175, 105), "ioprio_set": (251, 30),
    "process_madvise": (440, 440), "memfd_create": (319, 279), "mount_setattr": (442, 442),
    "request_key": (249, 218), "acct": (163, 89), "syslog": (103, 116),
}  # fmt: skip
IS_ARM = os.uname().machine == "aarch64"


class Target:
    """What an attacker knows of the installation: where it lies, and its processes."""

    def __init__(self, **known: Any):
        self.folder, self.data = Path(known["folder"]), Path(known["data"])
        self.token, self.repository = str(known["token"]), Path(known["repository"])
        self.consumer, self.web, self.parent = known["consumer"], known["web"], known["parent"]
        self.other, self.shm, self.segment = known["other"], known["shm"], known["segment"]
        self.upload, self.result, self.log = (Path(known[n]) for n in ("upload", "result", "log"))
        self.scratch, self.port = Path(os.environ["HOME"]), known["port"]

    @property
    def database(self) -> Path:
        return self.data / "bellhop.db"


Probe = Callable[[Target], object]
PROBES: dict[str, Probe] = {}


def probe(name: str) -> Callable[[Probe], Probe]:
    """Note a probe: what it returns it should not have got; None or an error is well."""

    def noted(function: Probe) -> Probe:
        assert name not in PROBES, name
        PROBES[name] = function
        return function

    return noted


def call(name: str, *arguments: Any) -> int:
    """A system call by its number; OSError where the kernel refuses."""
    known = (*arguments, *[0] * (6 - len(arguments)))
    given = [value if isinstance(value, bytes) else ctypes.c_long(value) for value in known]
    return checked(LIBC.syscall(ctypes.c_long(NUMBERS[name][IS_ARM]), *given))


def checked(result: int) -> int:
    """What a call of libc returned; OSError where it failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(result)


def known_target() -> Target:
    """What the harness wrote down beside this file."""
    return Target(**json.loads((Path(__file__).parent / "target.json").read_text()))


def attempt(name: str, target: Target) -> str:
    """What a probe said: `held: why`, or `GOT what`."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            os.write(write, _said(PROBES[name], target).encode("utf-8", "replace")[:MOST_SAID])
        finally:
            os._exit(0)
    os.close(write)
    try:
        said = _read(read)
        return said or "held: no answer"
    finally:
        os.close(read)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _said(function: Probe, target: Target) -> str:
    try:
        got = function(target)
    except BaseException as error:
        return f"held: {type(error).__name__}: {error}"[:200]
    return "held: nothing" if got is None else f"GOT {got!r}"


def _read(descriptor: int) -> str:
    ready, _, _ = select.select([descriptor], [], [], LIMIT_S)
    return os.read(descriptor, MOST_SAID).decode("utf-8", "replace") if ready else ""


def every(names: list[str]) -> dict[str, str]:
    """What each of these probes said."""
    sys.setswitchinterval(0.005)
    target = known_target()
    return {name: attempt(name, target) for name in names}
