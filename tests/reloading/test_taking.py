"""Which settings a running process takes, and which need a restart."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import fields

import pytest

from bellhop.logs.forms import JsonForm
from bellhop.reloading import taking
from bellhop.reloading.taking import AT_START, NEEDS_RESTART, TAKEN, Change
from bellhop.settings.sections import SECTIONS
from bellhop.settings.settings import Queue, Settings, Watch

Config = Callable[[str], Settings]
IN = "[watch:in]\nfolder = in\ntype = x\n"


def test_it_knows_only_keys_that_there_are() -> None:
    declared = {**SECTIONS, "queue:NAME": Queue, "watch:NAME": Watch}
    for section, names in AT_START.items():
        assert set(names) <= {key.name for key in fields(declared[section])}


@pytest.mark.parametrize(
    ("before", "text", "change"),
    [
        ("", "[limits]\nqueue_items = 5", Change("limits", "queue_items", TAKEN)),
        ("", "[server]\nport = 1", Change("server", "port", NEEDS_RESTART)),
        ("", "[queue:ai]\ntimeout_s = 5", Change("queue:ai", "timeout_s", TAKEN)),
        ("", "[queue:ai]\nworkers = 5", Change("queue:ai", "workers", NEEDS_RESTART)),
        ("", "[queue:new]\ntimeout_s = 5", Change("queue:new", "", NEEDS_RESTART)),
        ("[queue:old]", "", Change("queue:old", "", NEEDS_RESTART)),
        ("", IN, Change("watch:in", "", NEEDS_RESTART)),
        (IN, f"{IN}owner = ada", Change("watch:in", "owner", NEEDS_RESTART)),
        ("", "[type:summary]\nresults_days = 5", Change("type:summary", "results_days", TAKEN)),
        ("[type:a]\nmodel = x", "", Change("type:a", "model", TAKEN)),
    ],
)
def test_it_names_what_changed(config: Config, before: str, text: str, change: Change) -> None:
    assert list(taking.changes(config(before), config(text))) == [change]


def test_it_takes_what_needs_no_restart_alone(config: Config) -> None:
    running = config("[queue:ai]\nworkers = 3\n[queue:old]")
    read = config(
        "[retry]\ndelays_s = 1\n[server]\nport = 1\nmax_items = 2\n[queue:new]\n"
        "[queue:ai]\ntimeout_s = 5\nworkers = 4\n[type:a]\nmodel = x\nresults_days = 2"
    )
    held = taking.taken(running, read)
    assert (held.retry, held.server.max_items) == (read.retry, 2)
    assert held.server.port == running.server.port
    assert held.queues["ai"].timeout_s == 5 and held.queues["ai"].workers == 3
    assert held.queues.keys() == running.queues.keys()
    assert held.type_settings == read.type_settings
    assert held.lifetime_of("a").results_days == 2


def test_it_has_the_same_after_several_reloads_as_after_the_last(config: Config) -> None:
    """A process that starts in between takes the last one alone."""
    running, first, last = (
        config(""),
        config("[cache]\nmax_mb = 1"),
        config("[cache]\nmax_days = 2"),
    )
    assert taking.taken(taking.taken(running, first), last) == taking.taken(running, last)


def test_it_lets_everybody_who_has_the_settings_use_the_others(config: Config) -> None:
    running = config("")
    held = taking.taken(running, config("[cache]\nmax_mb = 7"))
    taking.become(running, held)
    assert running == held


def test_it_logs_as_the_others_say_and_masks_their_secrets(config: Config) -> None:
    running, root = config("[type:a]\ntoken = hunter2-old"), logging.getLogger()
    handler = logging.StreamHandler()
    handler.setFormatter(JsonForm(running))  # type: ignore[arg-type]
    level, read = root.level, config("[type:a]\ntoken = hunter2-new\n[server]\nlog_level = error\n")
    root.addHandler(handler)
    try:
        taking.become(running, taking.taken(running, read))
        assert (root.level, handler.formatter.__class__.__name__) == (logging.ERROR, "LineForm")
        record = logging.makeLogRecord({"msg": "hunter2-old hunter2-new"})
        assert "hunter2" not in handler.format(record)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def test_it_knows_the_file_that_it_has_read_last(config: Config) -> None:
    """Where there was one, a reload takes none for a mistake."""
    assert taking.taken(config(""), config("[server]\nmax_items = 2")).text.endswith("= 2\n")
