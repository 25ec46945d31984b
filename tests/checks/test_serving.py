"""What `check` says of who serves: queues, types, proxies, programs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from bellhop import __version__
from bellhop.base import program
from bellhop.base.errors import StartRefused
from bellhop.catalog import description
from bellhop.catalog.description import DescribedFile, unknown_type
from bellhop.checks import serving
from bellhop.checks.answers import Failed
from bellhop.environments.build import UNINSTALLED
from bellhop.jobs import consumers
from bellhop.jobs import queues as switches
from bellhop.server.server import _behind
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.system.locks import alone
from bellhop.web import routes
from bellhop.web.site import Site
from tests.support.wsgi import WsgiClient

ENGINES = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
Serve = Callable[..., None]


@pytest.fixture
def serve(here: Installation, request: pytest.FixtureRequest) -> Serve:
    """Let a consumer live that serves these queues; `alone` keeps its lock until the test ends."""

    def begin(name: str, *queues: str, **options: Any) -> None:
        lock = alone(here.consumer_lock(name))
        lock.__enter__()
        request.addfinalizer(lambda: lock.__exit__(None, None, None))
        consumers.register(name, os.getpid(), queues, **options)
        here.beat(name)

    return begin


def failed(ask: Callable[[], object]) -> Failed:
    with pytest.raises(Failed) as raised:
        ask()
    return raised.value


@ENGINES
def test_it_finds_a_consumer_for_each_queue(
    serve: Serve, here: Installation, loaded: Settings
) -> None:
    serve("c1", "ai", "ocr")
    assert serving.queues(loaded, here, ["ai", "ocr"]) == ["2 of 2 served"]


@ENGINES
def test_it_names_the_queues_that_no_consumer_serves(
    serve: Serve, here: Installation, loaded: Settings
) -> None:
    serve("c1", "parsing")
    (text,) = failed(lambda: serving.queues(loaded, here, ["parsing", "ai", "ocr"])).args
    assert text.startswith("ai, ocr: no running consumer serves it; start one: ")
    assert text.endswith(" consumer --queue ai --queue ocr")


def test_it_counts_no_consumer_that_is_dead_or_stands_still(
    serve: Serve, here: Installation, loaded: Settings
) -> None:
    consumers.register("dead", 1, ["ai"])
    serve("still", "ai")
    os.utime(here.consumer_lock("still"), (1, 1))
    assert "ai: no running" in failed(lambda: serving.queues(loaded, here, ["ai"])).args[0]


@ENGINES
def test_it_says_that_a_drained_queue_needs_a_restart(
    serve: Serve, here: Installation, loaded: Settings
) -> None:
    serve("c1", "ai", is_draining=True)
    (text,) = failed(lambda: serving.queues(loaded, here, ["ai"])).args
    assert text.startswith("ai: takes no items after a drain; restart Bellhop")
    serve("c2", "ai")
    assert serving.queues(loaded, here, ["ai"]) == ["1 of 1 served"]


@ENGINES
def test_it_warns_of_a_paused_queue_and_says_who_paused_it(
    serve: Serve, here: Installation, loaded: Settings
) -> None:
    serve("c1", "ai")
    switches.pause("ai", "vera")
    _, warning = serving.queues(loaded, here, ["ai"])
    assert warning.startswith("ai: paused by vera since 2")
    assert warning.endswith("; resume it on the page /running")


@ENGINES
def test_it_accepts_a_queue_without_workers_here_that_is_served_elsewhere(
    serve: Serve, config: Callable[[str], Settings], here: Installation
) -> None:
    settings = config("[queue:ai]\nworkers = 0")
    _, warning = serving.queues(settings, here, ["ai"])
    assert warning.startswith("ai: it has workers = 0, and no other machine serves it; set")
    serve("c2", "ai")
    assert serving.queues(settings, here, ["ai"]) == ["1 of 1 served"]


def test_it_fails_a_queue_without_workers_in_which_items_wait(
    submit: Callable[..., Job], config: Callable[[str], Settings], here: Installation
) -> None:
    submit(queue="ai")
    settings = config("[queue:ai]\nworkers = 0")
    (text,) = failed(lambda: serving.queues(settings, here, ["ai"])).args
    assert text.startswith("ai: items wait, and it has workers = 0")


def describe(here: Installation, name: str, error: str | None, stamp: tuple[Any, ...]) -> None:
    file = DescribedFile((unknown_type(name),), error, stamp)
    here.described_types.write_bytes(description.to_json({f"/types/{name}.py": file}))


@pytest.mark.parametrize(
    ("error", "stamp", "mends"),
    [
        ("SyntaxError: line 3; really", (1,), "change /types/own.py, which is read again"),
        (f"{UNINSTALLED}: no wheel of x", (1,), "change /types/own.py, which is read again"),
        ("installing: 3 packages found so far", (), "wait for it"),
    ],
    ids=["broken", "no environment", "installing"],
)
def test_it_warns_of_a_type_that_somebody_has_to_mend(
    here: Installation, loaded: Settings, error: str, stamp: tuple[Any, ...], mends: str
) -> None:
    describe(here, "own", error, stamp)
    answer, warning = serving.types(loaded, here)
    assert answer == f"1, unavailable: own ({error})"
    assert error in warning and warning.rpartition("; ")[2] == mends


def test_it_does_not_warn_of_a_type_whose_packages_may_be_missing(
    here: Installation, loaded: Settings
) -> None:
    (answer,) = serving.types(loaded, here)
    assert "needs_extra (no_such_module is not installed: pip install" in answer
    assert "add the line [queue:elsewhere]" in answer


def health(**members: Any) -> Mock:
    return Mock(get=lambda path: members)


@pytest.fixture
def behind(site: Site) -> WsgiClient:
    """The API as the server of Bellhop calls it."""
    return WsgiClient(_behind(routes.make_app(site), site))


def test_it_tells_a_monitor_which_peers_are_proxies_that_nobody_set_up(
    behind: WsgiClient,
) -> None:
    for peer in ("10.0.0.9", "10.0.0.9", *(f"10.0.1.{n}" for n in range(9))):
        behind.get("/health", REMOTE_ADDR=peer, X_Forwarded_For="203.0.113.5")
    behind.get("/health", REMOTE_ADDR="10.0.9.9")
    shown = behind.get("/api/v1/monitoring/health", REMOTE_ADDR="127.0.0.1").json
    assert shown["untrusted_proxies"] == ["10.0.0.9", *(f"10.0.1.{n}" for n in range(4))]


def test_it_knows_the_proxies_that_somebody_set_up(site: Site) -> None:
    server = replace(site.settings.server, trusted_proxy=("10.0.0.0/8",))
    trusting = replace(site, settings=replace(site.settings, server=server))
    app = _behind(routes.make_app(trusting), trusting)
    WsgiClient(app).get("/health", REMOTE_ADDR="10.0.0.9", X_Forwarded_For="203.0.113.5")
    assert trusting.untrusted_proxies == []


def test_it_warns_of_a_proxy_that_is_not_believed(loaded: Settings) -> None:
    _, warning = serving.proxy(loaded, health(untrusted_proxies=["10.0.0.9"]))
    assert warning.endswith("; if that is your proxy, set [server] trusted_proxy = 10.0.0.9")
    assert serving.proxy(loaded, health()) == ["trusted: none"]


def test_it_warns_of_a_public_url_that_only_a_proxy_can_serve(
    config: Callable[[str], Settings],
) -> None:
    settings = config("[server]\npublic_url = https://jobs.example.org")
    _, warning = serving.proxy(settings, health(untrusted_proxies=[]))
    assert warning.endswith("; set [server] trusted_proxy to the address of the proxy")
    settings = config("[server]\npublic_url = https://jobs.example.org\ntrusted_proxy = 127.0.0.1")
    assert len(serving.proxy(settings, health(untrusted_proxies=[]))) == 1


def test_it_names_a_storage_other_than_the_recorded_one(
    config: Callable[[str], Settings], here: Installation
) -> None:
    settings = config("[huey]\nstorage = redis")
    client = health(queue={"storage": here.bell, "bell": "ok"})
    with pytest.raises(StartRefused, match=r"wants redis, but .* uses sqlite; stop it first"):
        serving.storage(settings, here, client)


def test_it_asks_for_the_token_of_an_admin(here: Installation, loaded: Settings) -> None:
    (text,) = failed(lambda: serving.storage(loaded, here, health(status="ok"))).args
    assert text == f"only admins may see this; {serving.ADMIN}"


def test_it_names_schedules_whose_files_are_gone(here: Installation, loaded: Settings) -> None:
    parts = here.folder / "uploads" / ".parts"
    parts.mkdir()
    (parts / "there").touch()
    files = {"Nightly": ["there"], "Weekly": ["there", "lost"], "Hourly": []}
    shown = [{"name": n, "files": [{"upload": u} for u in ids]} for n, ids in files.items()]
    client = health(schedules=shown)
    (text,) = failed(lambda: serving.schedules(loaded, client)).args
    assert text.endswith("choose their files again: Weekly")
    del shown[1]
    assert serving.schedules(loaded, client) == ["2, with all their files"]


def test_it_warns_of_a_newer_version_than_the_one_that_runs(
    here: Installation, loaded: Settings
) -> None:
    answer, warning = serving.running_program(loaded, here, "0.0.1")
    assert answer == "version 0.0.1"
    assert warning.startswith(f"Bellhop 0.0.1 runs, but {__version__} is installed; restart")


@ENGINES
@pytest.mark.parametrize("changed", ["program", "config.ini", "nothing", "a job type"])
def test_it_warns_of_files_that_are_newer_than_what_runs(
    serve: Serve, here: Installation, loaded: Settings, tmp_path: Path, changed: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name in ("package/web/page.py", "package/jobtypes/own.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    monkeypatch.setattr(program, "PACKAGE", tmp_path / "package")
    monkeypatch.setattr(program, "IS_CHECKOUT", False)
    time.sleep(0.02)  # the clock of a file system ticks
    serve("c1", "ai")
    here.address_file.touch()
    time.sleep(0.02)
    names = {"program": "package/web/page.py", "a job type": "package/jobtypes/own.py"}
    if changed != "nothing":
        path = tmp_path / names.get(changed, changed)
        path.write_text(path.read_text())
    _, *warnings = serving.running_program(loaded, here, __version__)
    assert [text.partition(" ")[0] for text in warnings] == (
        [str(path)] if changed in ("program", "config.ini") else []
    )
