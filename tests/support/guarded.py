"""A folder for servers that end with the tests, however these end."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.nobody import NOBODY

if TYPE_CHECKING:
    from tests.support.network import Host

# Runs until the pipe to the tests closes. The servers are those that work in the folder; SIGQUIT
# ends PostgreSQL without delay and with its shared memory.
GUARD = """
in_folder() {
    find /proc -maxdepth 2 -name cwd \\( -lname "$1" -o -lname "$1/*" \\) -printf '%h ' 2>/dev/null
}
signal() { for process in $(in_folder "$2"); do kill -"$1" "${process#/proc/}"; done 2>/dev/null; }
read -r _
signal QUIT "$1"
for _ in $(seq 100); do
    [ -n "$(in_folder "$1")" ] || break
    sleep 0.05
done
signal KILL "$1"
rm -rf -- "$1"
"""


class GuardedFolder:
    """A temporary folder; `close` removes it and ends the processes that work in it.

    A guard does so, a process of its own, also when the process of the tests is killed. It
    belongs to the user of the servers, because PostgreSQL and PgBouncer refuse to run as root.
    Servers run on a host of a network, if one is given.
    """

    def __init__(self, host: Host | None = None) -> None:
        self._host = host
        self.path = Path(tempfile.mkdtemp(prefix="bellhop-servers-")).resolve()
        self.path.chmod(0o755)  # clients of any user read the certificate
        if os.geteuid() == 0:
            os.chown(self.path, NOBODY, NOBODY)
        self._guard = subprocess.Popen(
            ["sh", "-c", GUARD, "guard", str(self.path)],
            stdin=subprocess.PIPE,
            cwd="/",
            start_new_session=True,  # Ctrl-C reaches the tests, not the guard
        )

    def start(self, *command: str | Path, cwd: Path, log: Path) -> subprocess.Popen[bytes]:
        """A server that works in `cwd`, this folder or one below it, and writes to `log`."""
        options = as_server()
        if self._host:  # which root alone may enter
            user, group = options.pop("user"), options.pop("group")
            del options["extra_groups"]
            as_user = ("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups")
            command = tuple(self._host.command(*as_user, *command))
        with log.open("ab") as output:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=cwd, **options
            )

    def run(self, *command: str | Path, given: str = "") -> str:
        """What a command prints, run in this folder; fails with its errors."""
        done: subprocess.CompletedProcess[str] = subprocess.run(
            command, input=given, capture_output=True, text=True, cwd=self.path, **as_server()
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def close(self) -> None:
        self._guard.communicate()


def as_server() -> dict[str, Any]:
    """How Popen starts a server: as a user who is not root, without the settings of the caller."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    if os.geteuid() != 0:
        return {"env": environment}
    return {"env": environment, "user": NOBODY, "group": NOBODY, "extra_groups": []}
