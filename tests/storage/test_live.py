"""What consumers tell of running items while somebody looks."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from bellhop.storage import live
from bellhop.storage.installation import Installation

TOLD = live.Figures(began=1.0, memory_bytes=5, memory_limit_bytes=9, last_line="working")


def test_it_counts_a_look_for_a_few_seconds(
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not live.is_asked(here)
    live.ask(here)
    assert live.is_asked(here)
    later = time.monotonic() + live.LOOK_S + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert not live.is_asked(here)


def test_it_counts_no_look_from_before_the_machine_started(
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.ask(here)
    monkeypatch.setattr(time, "monotonic", lambda: 1.0)
    assert not live.is_asked(here)


def test_it_tells_what_a_consumer_said_last(here: Installation) -> None:
    live.tell(here, "c1", {live.key(7, 1): TOLD})
    assert live.told(here, "c1") == {"7/1": TOLD}
    live.tell(here, "c1", {})
    assert live.told(here, "c1") == {}


def test_it_tells_nothing_that_may_no_longer_be_true(
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.tell(here, "c1", {"7/1": TOLD})
    later = time.monotonic() + live.ANSWER_S + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert live.told(here, "c1") == {}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"at": "x"}', "\x00", "null"])
def test_it_tells_nothing_of_a_file_that_it_cannot_read(here: Installation, text: str) -> None:
    here.consumer_lock("c1").with_suffix(".live").write_text(text)
    assert live.told(here, "c1") == {}


def test_it_reads_no_figures_of_another_version(here: Installation) -> None:
    told = {"at": time.monotonic(), "attempts": {"7/1": {"colour": "red"}}}
    here.consumer_lock("c1").with_suffix(".live").write_text(json.dumps(told))
    assert live.told(here, "c1") == {}


def test_it_leaves_no_file_of_a_consumer_that_is_gone(here: Installation) -> None:
    live.tell(here, "c1", {})
    here.forget_consumer("c1")
    assert here.consumer_files() == []


def test_it_bears_a_data_folder_that_nobody_can_write(tmp_path: Path) -> None:
    nowhere = Installation(tmp_path / "missing", "test", "sqlite", "")
    live.ask(nowhere)
    live.tell(nowhere, "c1", {})
    assert not live.is_asked(nowhere) and live.told(nowhere, "c1") == {}
