"""`check`: a line for each answer, with what mends a bad one; the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from unittest.mock import Mock

import pytest

from bellhop.base.errors import StartRefused
from bellhop.checks import questions
from bellhop.checks.answers import Failed, Question
from bellhop.checks.serving import ADMIN
from bellhop.cli import selfcheck
from bellhop.client import NoAnswer, RequestFailed
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.system import signals


def asked(ask: Callable[[], list[str]]) -> list[selfcheck.Finding]:
    return list(selfcheck.answered(Question("cups", ask, "buy some")))


def raising(error: Exception) -> Callable[[], list[str]]:
    def ask() -> list[str]:
        raise error

    return ask


def test_it_mends_nothing_that_is_well() -> None:
    (found,) = asked(lambda: ["two; both whole"])
    assert found == ("cups", True, "two; both whole", None)
    assert str(found) == "ok      cups: two; both whole"


def test_it_says_what_mends_a_warning() -> None:
    _, found = asked(lambda: ["two", "one is dirty; too; wash it"])
    assert found == ("cups", True, "one is dirty; too", "wash it")
    assert str(found) == "WARNING cups: one is dirty; too; wash it"


@pytest.mark.parametrize(
    ("error", "said", "mend"),
    [
        (Failed("none; look in the sink"), "none", "look in the sink"),
        (Failed("none"), "none", "buy some"),
        (StartRefused("no kitchen; move"), "no kitchen", "move"),
        (NoAnswer("nobody; there"), "nobody; there", "buy some"),
        (RequestFailed(401, None, "log in"), "log in", ADMIN),
        (RequestFailed(403, None, "no"), "no", ADMIN),
        (RequestFailed(507, None, "full"), "full", "buy some"),
        (PermissionError(13, "Permission denied", "/cups"), "/cups: Permission denied", "buy some"),
        (
            OSError(28, "No space left", "/cups"),
            "/cups: No space left",
            "free some space on that disk",
        ),
        (OSError(30, "Read-only file system"), "Read-only file system", "mount that disk writable"),
    ],
)
def test_it_says_what_mends_each_bad_answer(error: Exception, said: str, mend: str) -> None:
    (found,) = asked(raising(error))
    assert found == ("cups", False, said, mend)
    assert str(found) == f"FAILED  cups: {said}; {mend}"


def test_it_tells_each_bad_answer_and_the_warnings_beside_them() -> None:
    found = asked(raising(Failed("a; b", "c; d", warnings=["e; f"])))
    assert [str(each) for each in found] == [
        "FAILED  cups: a; b", "FAILED  cups: c; d", "WARNING cups: e; f",
    ]  # fmt: skip


def test_it_prints_a_list_of_all_answers_as_json(
    loaded: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = asked(raising(Failed("a\x1b[1m")))
    monkeypatch.setattr(selfcheck, "_findings", lambda settings: (each for each in found))
    monkeypatch.setattr(signals, "on_stop", lambda act: None)
    assert selfcheck.run(loaded, as_json=True) == 1
    (shown,) = json.loads(capsys.readouterr().out)
    assert shown == {"name": "cups", "ok": False, "said": "a\x1b[1m", "mend": "buy some"}


def test_it_names_a_start_that_is_refused_as_json(
    loaded: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selfcheck, "_findings", Mock(side_effect=StartRefused("no port; free it")))
    monkeypatch.setattr(signals, "on_stop", lambda act: None)
    with pytest.raises(StartRefused):
        selfcheck.run(loaded, as_json=True)
    (shown,) = json.loads(capsys.readouterr().out)
    assert shown == {"name": "start", "ok": False, "said": "no port", "mend": "free it"}


def test_it_names_what_mends_every_question(here: Installation, loaded: Settings) -> None:
    """But for those that cannot be answered badly."""
    asked_of = [
        *questions.of_home(loaded, here, Mock()), *questions.of_machine(loaded, here, Mock())
    ]  # fmt: skip
    assert {each.name for each in asked_of if not each.mend} == {"settings", "confinement of jobs"}
