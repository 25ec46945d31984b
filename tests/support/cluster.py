"""Bellhop on several machines for the tests: a home and others, each on a host of its own.

As an operator has it: the rows, the files and the bell on servers, TLS everywhere, a proxy in front
of the home, and machines that `bellhop machine add` and `bellhop join` have made.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from bellhop.client import Bellhop
from tests.support.certificates import certify
from tests.support.guarded import GuardedFolder
from tests.support.network import Host, Network
from tests.support.places import ROOT
from tests.support.running import Running, Valkey, wait_for
from tests.support.service import Service

WEB_PORT, TLS_PORT = 8080, 443
ADMIN = "tests"
# Where a program finds the authorities that it trusts.
TRUSTED = "SSL_CERT_FILE"
START_S = 30.0


class Computer:
    """A host with a Bellhop on it, which is started again whenever it ends."""

    def __init__(self, host: Host, folder: Path, environment: Mapping[str, str]):
        folder.mkdir()
        self.host, self.name = host, host.name
        self.bellhop = Running(folder, **environment)
        self.bellhop.before = host.command()
        self.service: Service | None = None

    def start(self, first: subprocess.Popen[str] | None = None) -> None:
        self.service = Service(self.bellhop, first)

    def stop(self) -> int:
        """Stop it orderly; its exit status."""
        assert self.service
        return self.service.stop()

    def kill(self) -> None:
        """SIGKILL to all of it, and no start."""
        self._let_go()
        self.host.kill()

    def lose_power(self) -> None:
        self._let_go()
        self.host.lose_power()

    def close(self) -> None:
        self._let_go()
        self.host.resume()
        self.bellhop.end()

    def _let_go(self) -> None:
        if self.service:
            self.service.let_go()


class Home(Computer):
    """The computer with the page, behind a proxy with TLS at `url`."""

    def __init__(self, host: Host, folder: Path, pair: GuardedFolder, settings: Mapping[str, str]):
        self.url = f"https://{host.address}"
        own = {
            "BELLHOP_SERVER_PORT": str(WEB_PORT),
            "BELLHOP_SERVER_PUBLIC_URL": self.url,
            "BELLHOP_SERVER_TRUSTED_PROXY": "127.0.0.1",
            "BELLHOP_LIMITS_REQUESTS_PER_MINUTE": "1000000",
            "BELLHOP_LIMITS_JOBS_PER_ACCOUNT": "1000000",
        }
        super().__init__(host, folder, {**own, **settings})
        self._pair = pair.path

    def open(self) -> None:
        """Make an account, and serve."""
        self.command("user", "add", ADMIN, "--role", "admin")
        self.token = self.command("token", "add", ADMIN).strip()
        self.start()

    def start(self, first: subprocess.Popen[str] | None = None) -> None:
        """Serve; the proxy ends with the host."""
        super().start(first)
        place = (self.host.address, str(TLS_PORT), str(WEB_PORT), self._pair)
        if not any("tests.support.front" in command for command in self._commands()):
            self.host.start(sys.executable, "-m", "tests.support.front", *place, cwd=ROOT)

    def command(self, *words: str) -> str:
        """What a command of Bellhop prints at the console here."""
        done = self.bellhop.run(*words)
        assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
        return done.stdout

    def client(self) -> Bellhop:
        return Bellhop(self.url, self.token)

    def is_ready(self) -> bool:
        with contextlib.suppress(Exception):
            return bool(self.client().get("/ready"))
        return False

    def _commands(self) -> list[str]:
        found = []
        for pid in self.host.pids:
            with contextlib.suppress(OSError):
                found.append(Path(f"/proc/{pid}/cmdline").read_text())
        return found


class Cluster:
    """A home and machines; `rows` and `files` are the addresses of theirs, `settings` the home's.

    `types` is the folder of job types on each, `writable` where these may write.
    """

    def __init__(
        self,
        network: Network,
        folder: Path,
        *,
        rows: str,
        files: str,
        bell: Valkey | None = None,
        types: Path,
        writable: Path,
        settings: Mapping[str, str],
    ):
        self._network, self._folder = network, folder
        self._everywhere = {
            "BELLHOP_JOBTYPES_FOLDER": str(types),
            "BELLHOP_JOBTYPES_WRITABLE": str(writable),
        }
        of_bell = {"BELLHOP_HUEY_STORAGE": "redis" if bell else "sqlite"}
        if bell:
            of_bell["BELLHOP_HUEY_REDIS_URL"] = bell.url
        self._of_home = {
            **self._everywhere,
            **of_bell,
            "BELLHOP_STORAGE_DATABASE": rows,
            "BELLHOP_STORAGE_FILES": files,
            **settings,
        }
        self.machines: dict[str, Computer] = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            host = self._network.host("home")
            pair = GuardedFolder()
            stack.callback(pair.close)
            certify(pair, pair.path, host.address)
            (pair.path / "server.key").chmod(0o600)
            self._trusted = str(pair.path / "ca.crt")
            stack.enter_context(_environ(TRUSTED, self._trusted))
            self.home = Home(host, self._folder / "home", pair, self._of_home)
            stack.callback(self.home.close)
            self.home.open()
            wait_for(self.home.is_ready, START_S)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def computers(self) -> list[Computer]:
        return [self.home, *self.machines.values()]

    def add(self, name: str, queues: Mapping[str, int], **extra: str) -> Computer:
        """One more machine, which serves these queues with so many workers; it runs.

        `extra` is more of its environment.
        """
        served = [word for queue, n in queues.items() for word in ("--queue", f"{queue}={n}")]
        line = self.home.command("machine", "add", name, *served).strip()
        machine = Computer(self._network.host(name), self._folder / name, self._of_machine(name))
        machine.bellhop.environment |= extra
        (self._folder / name / "config.ini").touch(0o600)
        self._stack.callback(machine.close)
        for given in ("BELLHOP_STORAGE_DATABASE", "BELLHOP_SERVER_PORT"):
            del machine.bellhop.environment[given]
        first = machine.bellhop.start(*line.removeprefix("bellhop ").split())
        self.machines[name] = machine
        wait_for(lambda: self._has_started(machine, first), START_S)
        machine.start(first)
        return machine

    def listed(self) -> dict[str, dict[str, Any]]:
        """What `bellhop machine list` says of each machine."""
        said = json.loads(self.home.command("machine", "list", "--json"))
        return {one["name"]: one for one in said}

    def _of_machine(self, name: str) -> dict[str, str]:
        settings = self._folder / name / "config.ini"
        return {**self._everywhere, "BELLHOP_CONFIG": str(settings), TRUSTED: self._trusted}

    def _has_started(self, machine: Computer, process: subprocess.Popen[str]) -> bool:
        assert process.poll() is None, machine.bellhop.log()
        return bool(self.listed().get(machine.name, {}).get("version"))


@contextlib.contextmanager
def _environ(name: str, value: str) -> Iterator[None]:
    """Set a variable for the block."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
