"""Bellhop as a service, under a real systemd, installed by the lines of docs/service.md."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from bellhop.client import Bellhop, BellhopError
from bellhop.system import confine
from tests.support.booted import OWN_UNITS, Machine, booted
from tests.support.pages import blocks
from tests.support.places import ROOT
from tests.support.running import LIMIT_S, free_port, wait_for

HOME = "/srv/bellhop"
DIST = "/opt/dist"
MOST_EXPOSED = 3.0
PAGE = ROOT / "docs" / "service.md"
# What a job process sees of its own bounds.
LOOK = """
import os
from pathlib import Path
from bellhop import job_type
@job_type(label="Look", accepts=[])
def look() -> dict:
    try:
        reads_settings = bool(Path("/srv/bellhop/config.ini").read_text())
    except OSError:
        reads_settings = False
    return {
        "view": os.readlink("/proc/self/ns/mnt"),
        "status": Path("/proc/self/status").read_text(),
        "reads_settings": reads_settings,
    }
"""


WATCH = """
[watch:scans]
folder = /srv/scans
type = look
owner = anna
"""


@dataclass
class Installed:
    """A machine on which the lines of the page were typed; `lines` are those for later."""

    machine: Machine
    port: int
    token: str
    lines: list[str]

    @property
    def pid(self) -> int:
        return int(self.show("MainPID"))

    def show(self, name: str) -> str:
        return self.machine.says("systemctl", "show", "bellhop", "--value", "--property", name)

    def client(self) -> Bellhop:
        return Bellhop(f"http://127.0.0.1:{self.port}", token=self.token, patience_s=0)

    def answers(self) -> bool:
        try:
            return bool(self.client().stats())
        except BellhopError:
            return False

    @contextmanager
    def with_in_unit(self, text: str) -> Iterator[None]:
        """Change its unit as `systemctl edit` does, and take that back."""
        drop_in = self.machine.root / OWN_UNITS / "bellhop.service.d" / "test.conf"
        drop_in.parent.mkdir(exist_ok=True)
        drop_in.write_text(f"[Service]\n{text}\n")
        self.machine.says("systemctl", "daemon-reload")
        try:
            yield
        finally:
            drop_in.unlink()
            self.machine.says("systemctl", "daemon-reload")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Bellhop takes a port that is free here, is closed, and has a type of its own."""
    port = free_port()
    to_install, (add_account,), later = (block.splitlines() for block in blocks(PAGE.read_text()))
    with booted(tmp_path_factory.mktemp("machine")) as machine:
        home, dist = machine.root / HOME.lstrip("/"), machine.root / DIST.lstrip("/")
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(dist)]
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
        # Where this machine has its packages from, and the wheel.
        sources = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        sources["PIP_FIND_LINKS"] = f"{DIST} {sources.get('PIP_FIND_LINKS', '')}"
        given = [f"{name}={value}" for name, value in sources.items()]

        def type_in(line: str) -> str:
            there = f"cd {HOME if home.is_dir() else '/'}"
            return machine.says("env", *given, "sh", "-c", f"{there} && {line}")

        for line in to_install[:-1]:
            type_in(line)
        (home / "types").mkdir()
        (home / "types" / "look.py").write_text(LOOK)
        (home / "config.ini").write_text(f"[server]\nport = {port}\n{WATCH}")
        type_in("install -d -o bellhop /srv/scans")
        type_in(f"echo 'a long secret word' | {add_account} --password-stdin")
        as_them = add_account.partition(" user add ")[0]
        token = type_in(f"{as_them} token add anna")
        type_in(to_install[-1])
        yield Installed(machine, port, token.split()[-1], later)


def test_it_serves_when_systemd_says_that_it_has_started(installed: Installed) -> None:
    assert installed.show("ActiveState") == "active"
    assert installed.answers()


def test_it_runs_as_the_owner_of_its_folder(installed: Installed) -> None:
    assert installed.machine.says("ps", "-o", "user=", "-p", str(installed.pid)) == "bellhop"


def test_it_starts_with_the_machine(installed: Installed) -> None:
    assert installed.machine.says("systemctl", "is-enabled", "bellhop") == "enabled"


def test_it_has_a_unit_of_which_systemd_has_nothing_to_say(installed: Installed) -> None:
    unit = f"/{OWN_UNITS}/bellhop.service"
    verified = installed.machine.run("systemd-analyze", "verify", unit)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


def test_it_is_exposed_as_little_as_the_page_says(installed: Installed) -> None:
    rated = installed.machine.says("systemd-analyze", "security", "bellhop", "--no-pager")
    [level] = re.findall(r"exposure level for bellhop.service: ([0-9.]+)", rated)
    assert float(level) <= MOST_EXPOSED
    assert f"rates the unit below {MOST_EXPOSED:g} " in PAGE.read_text()


def test_it_confines_job_processes_as_without_systemd(installed: Installed) -> None:
    client = installed.client()
    job = client.wait(client.create("look")["job_id"], LIMIT_S)
    seen = client.items(job["job_id"])[0]["data"]
    of_parent = installed.machine.says("readlink", f"/proc/{installed.pid}/ns/mnt")
    assert seen["view"] != of_parent
    assert "Seccomp:\t2" in seen["status"]
    assert seen["reads_settings"] != confine.enforced()["files"]


def test_it_may_write_to_its_watch_folders(installed: Installed) -> None:
    wait_for((installed.machine.root / "srv/scans/done").is_dir)


def test_it_reads_its_settings_again_when_systemd_reloads_it(installed: Installed) -> None:
    settings = installed.machine.root / HOME.lstrip("/") / "config.ini"
    before, pid = settings.read_text(), installed.pid
    settings.write_text(before.replace("[server]", "[server]\nlog_level = debug"))
    installed.machine.says("systemctl", "reload", "bellhop")
    wait_for(lambda: "log_level" in installed.machine.says("journalctl", "--unit", "bellhop"))
    assert (installed.pid, installed.show("ActiveState")) == (pid, "active")
    settings.write_text(before)
    installed.machine.says("systemctl", "reload", "bellhop")


def test_it_starts_again_after_a_kill(installed: Installed) -> None:
    with installed.with_in_unit("RestartSec=0"):
        killed = installed.pid
        installed.machine.says("kill", "-9", str(killed))
        wait_for(lambda: installed.pid not in (0, killed) and installed.answers())


def test_it_starts_again_when_its_parent_is_silent(installed: Installed) -> None:
    with installed.with_in_unit("RestartSec=0\nWatchdogSec=1"):
        installed.machine.says("systemctl", "restart", "bellhop")
        silent = installed.pid
        time.sleep(1.5)
        assert installed.pid == silent
        installed.machine.says("kill", f"-{signal.SIGSTOP.value}", str(silent))
        wait_for(lambda: installed.pid not in (0, silent) and installed.answers())


def test_it_leaves_nothing_behind_when_it_is_stopped(installed: Installed) -> None:
    installed.machine.says("systemctl", "stop", "bellhop")
    assert installed.show("Result") == "success"
    assert installed.machine.run("ps", "-u", "bellhop").returncode == 1
    installed.machine.says("systemctl", "start", "bellhop")


def test_it_is_looked_after_by_the_lines_of_the_page(installed: Installed) -> None:
    for line in installed.lines:
        assert installed.machine.says("sh", "-c", f"PAGER=cat {line}") is not None
