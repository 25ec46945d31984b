"""`reload` and SIGHUP: other settings in a running Bellhop, which goes on with all that runs."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bellhop.client import RequestFailed
from tests.support.running import Family, Running, running, wait_for

ONE_ITEM = "[server]\nmax_items = 1\n"


@pytest.fixture(scope="module")
def bellhop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """As a service starts it: without a terminal that could close."""
    folder = tmp_path_factory.mktemp("reload")
    with running(folder, BELLHOP_CONFIG=str(folder / "config.ini")) as server:
        server.before = ["setsid"]
        config_of(server).write_text("")
        server.serve()
        yield server


def config_of(bellhop: Running) -> Path:
    return Path(bellhop.environment["BELLHOP_CONFIG"])


def is_refused(bellhop: Running, *texts: str) -> bool:
    try:
        bellhop.texts(*texts)
    except RequestFailed as error:
        return error.code == "too-many-items"
    return False


def test_it_takes_what_needs_no_restart_and_names_the_rest(bellhop: Running) -> None:
    pids = set(Family(bellhop.processes[0].pid).commands)
    config_of(bellhop).write_text(f"{ONE_ITEM}cores = any\n[queue:ai]\nworkers = 3\n")
    said = bellhop.run("reload")
    assert (said.returncode, said.stdout.splitlines()) == (0, [
        "bellhop: changed: [server] max_items",
        "bellhop: not changed, as it needs a restart: [server] cores",
        "bellhop: not changed, as it needs a restart: [queue:ai] workers",
    ])  # fmt: skip
    wait_for(lambda: is_refused(bellhop, "a", "b"))
    assert pids <= set(Family(bellhop.processes[0].pid).commands)


def test_it_takes_nothing_of_a_file_with_a_mistake(bellhop: Running) -> None:
    config_of(bellhop).write_text("[server]\nmax_items = none\n")
    said = bellhop.run("reload")
    assert said.returncode == 1
    # The command itself reads the file first, as every command does.
    assert "max_items: found 'none'" in said.stderr
    bellhop.processes[0].send_signal(signal.SIGHUP)
    wait_for(lambda: "the settings stay as they were" in bellhop.log())
    assert bellhop.processes[0].poll() is None


def test_a_half_that_dies_starts_again_as_it_was_whatever_the_file_says(bellhop: Running) -> None:
    config_of(bellhop).write_text("nonsense")
    family = Family(bellhop.processes[0].pid)
    for pid in [pid for pid, words in family.commands.items() if "web" in words]:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: "web ended with status" in bellhop.log() and bellhop.is_ready())
    assert is_refused(bellhop, "a", "b")


def test_it_reloads_at_a_hangup_where_no_terminal_could_close(bellhop: Running) -> None:
    config_of(bellhop).write_text("")
    bellhop.processes[0].send_signal(signal.SIGHUP)
    wait_for(lambda: not is_refused(bellhop, "a", "b"))
    assert bellhop.is_ready()
