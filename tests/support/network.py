"""Computers of their own for the tests, on one network that can be cut: namespaces of this kernel.

It needs root. Everything ends with the tests, also when these are killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from tests.support.running import is_alive, wait_for

# RFC 2544 has these for tests of networks; nothing on the internet has them.
ADDRESS = "198.18.{network}.{host}"
NAMED = Path("/run/netns")
OURS = re.compile(r"bh-test-(\d+)-\w+")
MOST_NETWORKS = 200
OF_TESTS, FIRST_HOST = 1, 10
MAC = "02:00:00:00:00:{host:02x}"
NOBODYS_MAC = "02:00:00:00:ff:ff"
BOOT_ID = "/proc/sys/kernel/random/boot_id"
# Ends what runs in the namespaces of a network, and these, once the pipe to the tests closes. A
# process that is stopped cannot start others meanwhile.
GUARD = """
read -r _
for round in 1 2 3; do
    for name in $(ls /run/netns 2>/dev/null | grep "^$1-"); do
        pids=$(ip netns pids "$name")
        [ -z "$pids" ] || kill -STOP $pids
        [ -z "$pids" ] || kill -KILL $pids
    done 2>/dev/null
done
for name in $(ls /run/netns 2>/dev/null | grep "^$1-"); do ip netns del "$name"; done
ip link del "$1" 2>/dev/null
rm -rf -- "$2"
"""


class Network:
    """A switch with hosts on its ports. The tests themselves are at `tests_address`.

    No host has to ask who has an address, so what is cut off hears nothing at all, as behind a
    broken switch or a firewall: neither refusals nor errors.
    """

    def __init__(self) -> None:
        assert os.geteuid() == 0, "network namespaces need root"
        self.hosts: list[Host] = []

    def __enter__(self) -> Self:
        clean_all()
        self.number, lock = _claim()
        self.prefix = _prefix(self.number)
        self.switch = f"{self.prefix}-switch"
        self.folder = _folder(self.number)
        self.folder.mkdir(exist_ok=True)
        try:
            # It holds the lock until all is gone, so that nobody takes the number before that.
            self._guard = subprocess.Popen(
                _guard(self.number), stdin=subprocess.PIPE, cwd="/", pass_fds=(lock,),
                start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(lock)
        try:
            self._lay()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._guard.communicate()
        for process in [process for host in self.hosts for process in host.started]:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()

    def host(self, name: str) -> Host:
        """One more host, which is reached by all and reaches all."""
        host = Host(self, name, FIRST_HOST + len(self.hosts))
        others = [*self.hosts, None]
        self.hosts.append(host)
        for other in others:
            host.hear(other)
            _teach(other, host)
        return host

    @property
    def tests_address(self) -> str:
        return self.address(OF_TESTS)

    def address(self, host: int) -> str:
        return ADDRESS.format(network=self.number, host=host)

    def plug(self, host: int, namespace: str | None) -> None:
        """Lead a cable from the switch to a namespace, or to that of the tests."""
        device, port = self.prefix, f"port{host}"
        where = ("netns", namespace) if namespace else ()
        peer = ("peer", "name", port, "netns", self.switch)
        _ip("link", "add", device, *where, "type", "veth", *peer)
        _ip("link", "set", port, "master", "lan", "up", inside=self.switch)
        _ip("link", "set", device, "address", MAC.format(host=host), inside=namespace)
        _ip("addr", "add", f"{self.address(host)}/24", "dev", device, inside=namespace)
        _ip("link", "set", device, "up", inside=namespace)

    def _lay(self) -> None:
        _ip("netns", "add", self.switch)
        _ip("link", "add", "lan", "type", "bridge", inside=self.switch)
        _ip("link", "set", "lan", "up", inside=self.switch)
        self.plug(OF_TESTS, None)


class Host:
    """A host of a network: its processes are those that `start` started, and theirs.

    Its kernel has a name of its own for this start of it.
    """

    def __init__(self, network: Network, name: str, number: int):
        self.network, self.name, self.number = network, name, number
        self.namespace = f"{network.prefix}-{name}"
        self.address = network.address(number)
        self.started: list[subprocess.Popen[bytes]] = []
        self._boot = network.folder / name
        self._set_up()

    def command(self, *words: str | Path) -> list[str]:
        """How a command is run on it, by a process that becomes the command's own."""
        mount = f'mount --bind {self._boot} {BOOT_ID} && exec "$@"'
        return ["ip", "netns", "exec", self.namespace, "sh", "-c", mount, "sh", *map(str, words)]

    def start(self, *words: str | Path, **options: Any) -> subprocess.Popen[bytes]:
        """Run a command on it, with the options of Popen; what is left of it ends with the network.

        Pipes are without buffers.
        """
        process = subprocess.Popen(self.command(*words), bufsize=0, **options)
        self.started.append(process)
        return process

    @property
    def pids(self) -> list[int]:
        """What runs on it."""
        listed = _run("ip", "netns", "pids", self.namespace).split()
        return [pid for pid in map(int, listed) if is_alive(pid)]

    def lose_power(self) -> None:
        """End all that runs on it, of which nobody is told; its kernel then starts anew."""
        self.cut()
        self.kill()
        _ip("link", "del", f"port{self.number}", inside=self.network.switch)
        _ip("netns", "del", self.namespace)
        self._set_up()
        self.heal()

    def kill(self) -> None:
        """SIGKILL to all that runs on it, at once; its kernel says goodbye for them."""
        self.stop()
        pids = self.pids
        _signal(pids, signal.SIGKILL)
        wait_for(lambda: not any(map(is_alive, pids)))

    def stop(self) -> None:
        """SIGSTOP to all that runs on it, so that none of it sees another stand still."""
        seen: set[int] = set()
        while new := {*self.pids} - seen:  # one that was just being started is stopped too
            _signal(new, signal.SIGSTOP)
            seen |= new

    def resume(self) -> None:
        _signal(self.pids, signal.SIGCONT)

    def unplug(self) -> None:
        """Take its cable out of the switch; its kernel notices, its programs do not."""
        _ip("link", "set", f"port{self.number}", "down", inside=self.network.switch)

    def plug(self) -> None:
        _ip("link", "set", f"port{self.number}", "up", inside=self.network.switch)

    def cut(self) -> None:
        """Nothing leaves its port of the switch any more, nor comes in there; nobody is told."""
        self._port("disabled")

    def heal(self) -> None:
        """End `cut` and `unplug`, and what `mute` did to it and to others about it."""
        self.plug()
        self._port("forwarding")
        for other in [*self.network.hosts, None]:
            if other is not self:
                self.hear(other)
                _teach(other, self)

    def mute(self, towards: Host) -> None:
        """Nothing that it sends arrives there; what is sent from there arrives here."""
        _neighbour(self.namespace, self.network, towards.number, NOBODYS_MAC)

    def hear(self, other: Host | None) -> None:
        """Know the way to another host, or to the tests."""
        number = other.number if other else OF_TESTS
        _neighbour(self.namespace, self.network, number, MAC.format(host=number))

    def _set_up(self) -> None:
        self._boot.write_text(f"{secrets.token_hex(16)}\n")
        _ip("netns", "add", self.namespace)
        _ip("link", "set", "lo", "up", inside=self.namespace)
        self.network.plug(self.number, self.namespace)

    def _port(self, state: str) -> None:
        words = ("bridge", "link", "set", "dev", f"port{self.number}", "state", state)
        _run("ip", "netns", "exec", self.network.switch, *words)


def _teach(other: Host | None, host: Host) -> None:
    """Let another host, or the tests, know the way to a host."""
    if other:
        other.hear(host)
    else:
        _neighbour(None, host.network, host.number, MAC.format(host=host.number))


def _neighbour(inside: str | None, network: Network, number: int, mac: str) -> None:
    device = ("dev", network.prefix, "lladdr", mac, "nud", "permanent")
    _ip("neigh", "replace", network.address(number), *device, inside=inside)


def clean_all() -> None:
    """End every network whose tests are gone, and nobody else's."""
    for number in _left():
        if (lock := _lock(number)) is not None:
            _clean(number)
            os.close(lock)


def _prefix(number: int) -> str:
    return f"bh-test-{number}"


def _left() -> set[int]:
    """The numbers of networks that are there now, also those of tests that run."""
    names = os.listdir(NAMED) if NAMED.exists() else []
    return {int(found[1]) for name in names if (found := OURS.fullmatch(name))}


def _claim() -> tuple[int, int]:
    """The number of a network that nobody has, and the descriptor of its lock."""
    for number in range(1, MOST_NETWORKS):
        if (lock := _lock(number)) is not None:
            return number, lock
    raise AssertionError("every network for tests is taken")


def _lock(number: int) -> int | None:
    """A descriptor that keeps a number for its owner; None where another has it."""
    path = Path(tempfile.gettempdir()) / f"{_prefix(number)}.lock"
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return lock
    os.close(lock)
    return None


def _clean(number: int) -> None:
    """End what tests left that were killed together with their guard."""
    subprocess.run(_guard(number), stdin=subprocess.DEVNULL)


def _guard(number: int) -> list[str]:
    return ["sh", "-c", GUARD, "guard", _prefix(number), str(_folder(number))]


def _folder(number: int) -> Path:
    """Where the hosts of a network have their files."""
    return Path(tempfile.gettempdir()) / _prefix(number)


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _ip(*words: str, inside: str | None = None) -> None:
    within = ("-n", inside) if inside else ()
    _run("ip", *within, *words)


def _run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
    return done.stdout
