"""A machine with a real systemd: in a container with a copy of this machine's files.

What is written there is written over the files of this machine and forgotten afterwards; the
network is this machine's. It needs root, and Debian's package systemd-container.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.running import wait_for

# What a machine starts that has no other services.
TARGET = "[Unit]\nRequires=basic.target\nAfter=basic.target\nAllowIsolate=yes\n"
OWN_UNITS = "etc/systemd/system"


class Machine:
    """Commands run in it by `run`, and files lie below `root`."""

    def __init__(self, root: Path, pid: int):
        self.root, self._pid = root, pid

    def run(
        self, *command: str, user: str = "root", limit_s: float = 300.0
    ) -> subprocess.CompletedProcess[str]:
        """One command to its end, with nothing of this process's environment."""
        clean = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]
        way = ["nsenter", "--target", str(self._pid), "--all", "--wd=/", *clean]
        way += [] if user == "root" else ["setpriv", f"--reuid={user}", f"--regid={user}"]
        way += [] if user == "root" else ["--clear-groups"]
        return subprocess.run([*way, *command], capture_output=True, text=True, timeout=limit_s)

    def says(self, *command: str, user: str = "root") -> str:
        """What a command prints; it fails with what the command complained of."""
        ended = self.run(*command, user=user)
        assert ended.returncode == 0, (command, ended.stdout, ended.stderr)
        return ended.stdout.strip()


@contextlib.contextmanager
def booted(folder: Path) -> Iterator[Machine]:
    """Boot one, and halt it afterwards; `folder` is its own."""
    os.umask(0o022)  # that of Bellhop, which tests may have set, hides files from other users
    upper, work, root = (folder / name for name in ("upper", "work", "root"))
    for place in (upper, work, root):
        place.mkdir()
    options = f"lowerdir=/,upperdir={upper},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, root], check=True)
    try:
        with _running(root, folder / "console") as machine:
            yield machine
    finally:
        subprocess.run(["umount", "--lazy", root], check=True)


@contextlib.contextmanager
def _running(root: Path, console: Path) -> Iterator[Machine]:
    shutil.rmtree(root / OWN_UNITS)
    (root / OWN_UNITS).mkdir()
    (root / OWN_UNITS / "bare.target").write_text(TARGET)
    # Python may lie there.
    (root / "root").chmod(0o755)
    own = ["--register=no", "--keep-unit", "--console=pipe", f"--machine={root.parent.name}"]
    init = ["/lib/systemd/systemd", "--unit=bare.target"]
    with console.open("w") as said:
        process = subprocess.Popen(
            ["systemd-nspawn", f"--directory={root}", "--quiet", *own, *init],
            # The filter of the container refuses Landlock, which machines have.
            env={**os.environ, "SYSTEMD_SECCOMP": "0"},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
    try:
        machine = Machine(root, wait_for(lambda: _child_of(process.pid)))
        wait_for(lambda: _is_up(machine))
        yield machine
        machine.run("systemctl", "poweroff", "--force")
        process.wait(30)
    finally:
        process.kill()
        process.wait()


def _is_up(machine: Machine) -> bool:
    return machine.run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")


def _child_of(pid: int) -> int | None:
    """The pid of the first process of the container, once its own systemd has taken over."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for child in map(int, children):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                return child
    return None
