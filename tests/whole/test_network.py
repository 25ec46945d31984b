"""The network of the tests itself: a cut cable is a cut cable, one way is one way, all ends."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support import network
from tests.support.network import Host, Network
from tests.support.places import ROOT
from tests.support.running import is_alive, wait_for

PORT = 7
LIMIT_S, SILENCE_S = 10.0, 0.3
# Sends back each line that it gets, and says which it got.
ECHO = f"""
import socket, sys
connection, _ = socket.create_server((sys.argv[1], {PORT})).accept()
while line := connection.recv(100):
    print(line.decode(), end="", flush=True)
    connection.send(line)
"""
# Sends each line, and says what comes back.
ASK = f"""
import socket, sys, threading
connection = socket.create_connection((sys.argv[1], {PORT}))
print("connected", flush=True)
def listen():
    while line := connection.recv(100):
        print(line.decode(), end="", flush=True)
threading.Thread(target=listen, daemon=True).start()
for line in sys.stdin:
    connection.send(line.encode())
"""
HELD = """
import subprocess, sys, time
from tests.support.network import Network
with Network() as network:
    host = network.host("a")
    process = host.start("sleep", "1000", stdout=subprocess.DEVNULL)
    print(network.prefix, process.pid, flush=True)
    time.sleep(1000)
"""


class Conversation:
    """A connection between two hosts, over which one asks and the other answers."""

    def __init__(self, asking: Host, answering: Host):
        self._answering = start(answering, ECHO, answering.address)
        wait_for(lambda: listens(answering))
        self._asking = start(asking, ASK, answering.address)
        assert readline(self._asking) == "connected"

    def ask(self, word: str) -> None:
        assert self._asking.stdin
        self._asking.stdin.write(f"{word}\n".encode())

    def answer(self, limit_s: float = LIMIT_S) -> str:
        return readline(self._asking, limit_s)

    def heard(self, limit_s: float = LIMIT_S) -> str:
        return readline(self._answering, limit_s)


def start(host: Host, program: str, *words: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return host.start(sys.executable, "-c", program, *words, stdin=pipe, stdout=pipe)


def readline(process: subprocess.Popen[bytes], limit_s: float = LIMIT_S) -> str:
    """The next line that a process says; none when it says nothing within the time."""
    assert process.stdout
    is_there = select.select([process.stdout], [], [], limit_s)[0]
    return process.stdout.readline().decode().strip() if is_there else ""


def listens(host: Host) -> str:
    return subprocess.run(
        ["ip", "netns", "exec", host.namespace, "cat", "/proc/net/tcp"],
        capture_output=True, text=True,
    ).stdout.partition(f":{PORT:04X} 00000000")[1]  # fmt: skip


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host]]:
    with Network() as made:
        yield made.host("asking"), made.host("answering")


@pytest.fixture
def talk(hosts: tuple[Host, Host]) -> Iterator[Conversation]:
    talk = Conversation(*hosts)
    talk.ask("before")
    assert (talk.answer(), talk.heard()) == ("before", "before")
    yield talk


def test_it_hangs_while_it_is_cut_and_goes_on(hosts: tuple[Host, Host], talk: Conversation) -> None:
    hosts[0].cut()
    talk.ask("hello")
    assert talk.answer(SILENCE_S) == ""
    hosts[0].heal()
    assert (talk.heard(), talk.answer()) == ("hello", "hello")


def test_it_hangs_without_a_cable(hosts: tuple[Host, Host], talk: Conversation) -> None:
    hosts[1].unplug()
    talk.ask("hello")
    assert talk.heard(SILENCE_S) == ""
    hosts[1].heal()
    assert (talk.heard(), talk.answer()) == ("hello", "hello")


def test_it_does_not_hear_what_is_answered(hosts: tuple[Host, Host], talk: Conversation) -> None:
    hosts[1].mute(hosts[0])
    talk.ask("hello")
    assert (talk.heard(), talk.answer(SILENCE_S)) == ("hello", "")
    hosts[1].heal()
    assert talk.answer() == "hello"


def test_it_is_not_heard(hosts: tuple[Host, Host], talk: Conversation) -> None:
    hosts[0].mute(hosts[1])
    talk.ask("hello")
    assert talk.heard(SILENCE_S) == ""
    hosts[1].heal()
    assert talk.heard() == "hello"


def test_it_connects_nowhere_while_it_is_cut(hosts: tuple[Host, Host]) -> None:
    asking, answering = hosts
    start(answering, ECHO, answering.address)
    wait_for(lambda: listens(answering))
    asking.cut()
    process = start(asking, ASK, answering.address)
    assert (readline(process, SILENCE_S), process.poll()) == ("", None)
    asking.heal()
    assert readline(process) == "connected"


def test_it_ends_all_of_one_host(hosts: tuple[Host, Host], talk: Conversation) -> None:
    (gone,) = hosts[1].pids
    hosts[1].kill()
    assert not is_alive(gone)
    assert hosts[1].pids == []


def test_it_says_no_goodbye_when_the_power_fails(
    hosts: tuple[Host, Host], talk: Conversation
) -> None:
    hosts[0].lose_power()
    assert hosts[0].pids == []
    assert (talk.heard(SILENCE_S), len(hosts[1].pids)) == ("", 1)


def test_it_stops_all_of_one_host(hosts: tuple[Host, Host], talk: Conversation) -> None:
    hosts[1].stop()
    talk.ask("hello")
    assert talk.heard(SILENCE_S) == ""
    hosts[1].resume()
    assert talk.heard() == "hello"


def test_it_starts_a_kernel_anew(hosts: tuple[Host, Host]) -> None:
    def boot() -> bytes:
        return subprocess.check_output(hosts[0].command("cat", network.BOOT_ID))

    before = boot()
    assert boot() == before
    hosts[0].lose_power()
    assert boot() != before


@pytest.mark.parametrize("is_guarded", [True, False])
def test_it_ends_with_the_tests(is_guarded: bool) -> None:
    tests = subprocess.Popen(
        [sys.executable, "-c", HELD], stdout=subprocess.PIPE, bufsize=0, cwd=ROOT
    )
    prefix, pid = readline(tests).split()
    if not is_guarded:
        (guard,) = [p for p in children(tests.pid) if p != int(pid)]
        os.kill(guard, signal.SIGKILL)
    tests.kill()
    tests.communicate()
    if not is_guarded:
        assert is_alive(int(pid))
        network.clean_all()
    wait_for(lambda: not is_alive(int(pid)))
    wait_for(lambda: not any(prefix in name for name in os.listdir("/run/netns")))


def test_it_leaves_the_network_of_others_alone(hosts: tuple[Host, Host]) -> None:
    network.clean_all()
    assert os.path.exists(f"/run/netns/{hosts[0].namespace}")


def children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return list(map(int, file.read().split()))
