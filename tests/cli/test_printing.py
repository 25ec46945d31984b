"""What the commands print of the texts of others: it moves no cursor and hides nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bellhop.base.errors import ItemError
from bellhop.cli import commands, tryout
from bellhop.cli.main import main
from bellhop.cli.screen import Screen
from bellhop.client import RequestFailed
from bellhop.jobprocess.outcome import Failed, Kind
from bellhop.settings.settings import Settings

NASTY = "x\x1b[2J\x1b]0;y\x07\u202egnp.exe\x9b1m\r"
SHOWN = r"x\x1b[2J\x1b]0;y\x07\u202egnp.exe\x9b1m\r"
JOB = {
    "job_id": "1f", "status": "failed", "progress": 3, "type": "noop", "name": NASTY,
    "error": {"message": NASTY}, "current_step": NASTY, "eta_s": None, "waiting_for": None,
}  # fmt: skip


class Standin:
    """A Bellhop whose every answer is nasty."""

    def get(self, path: str) -> dict[str, Any]:
        return {"types": []}

    def create(self, *given: Any, **options: Any) -> dict[str, Any]:
        return JOB

    def jobs(self, **wanted: Any) -> list[dict[str, Any]]:
        return [JOB]

    def result(self, job_id: str) -> dict[str, Any]:
        return {"data": NASTY}

    def cancel(self, job_id: str) -> dict[str, Any]:
        raise RequestFailed(400, NASTY, NASTY)


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("jobs", SHOWN),
        ("jobs --json", json.dumps(NASTY)[1:-1]),
        ("result 1f", json.dumps(NASTY)[1:-1]),
        ("submit noop --text a", SHOWN),
        ("cancel 1f", SHOWN),
    ],
)
def test_it_prints_texts_of_others_without_their_effects(
    loaded: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    shown: str,
) -> None:
    monkeypatch.setattr(commands, "at_home", lambda settings: Standin())
    monkeypatch.setattr("bellhop.cli.run.start_log", lambda *given, **options: None)
    main(["--config", str(loaded.config_path), *command.split()])
    said = "".join(capsys.readouterr())
    assert shown in said
    assert said.replace("\n", "").isprintable()


def test_it_shows_the_progress_of_a_job_without_its_effects(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    commands._show_progress(JOB)
    assert SHOWN in capsys.readouterr().err


def test_it_tries_a_type_without_the_effects_of_what_it_says(
    capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    screen = Screen()
    screen.printed(NASTY.encode() + b"\xff\n\tmore")
    screen.progress(1, NASTY)
    for trace in (None, f"Traceback\n  {NASTY}"):  # with one, its hint is not shown
        tryout._report(Failed(Kind.MISTAKE, ItemError("odd", NASTY, NASTY, trace)), tmp_path)
    said = capsys.readouterr().err
    assert said.startswith(f"{SHOWN}\\xff\n\tmore")
    assert said.count(SHOWN) == 6 and said.replace("\n", "").replace("\t", "").isprintable()


def test_it_refuses_in_one_line_whatever_was_typed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", f"/nothing/{NASTY}", "jobs"]) == 1
    assert capsys.readouterr().err.rstrip("\n").isprintable()
