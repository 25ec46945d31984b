"""What a person sees at the console while something runs."""

from __future__ import annotations

import pytest

from bellhop.cli.screen import CLEAR, Screen, bar


def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    return Screen()


def test_it_writes_a_line_for_each_step_where_no_terminal_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = Screen("a.txt")
    screen.progress(5, "Reading")
    screen.progress(50, "Counting")
    screen.printed(b"done\n")
    screen.close()
    assert capsys.readouterr().err == "  5% a.txt: Reading\n 50% a.txt: Counting\ndone\n"


def test_it_draws_the_progress_anew_in_one_line_of_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = on_a_terminal(monkeypatch)
    screen.progress(10, "Reading")
    screen.progress(50, "Counting")
    screen.close()
    lines = f"{CLEAR}{bar(10, 'Reading')}{CLEAR}{bar(50, 'Counting')}{CLEAR}"
    assert capsys.readouterr().err == lines


def test_it_keeps_what_is_printed_above_the_progress(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = on_a_terminal(monkeypatch)
    screen.progress(10, "Reading")
    screen.printed(b"first\nsec")
    screen.printed(b"ond\n")
    screen.progress(20, "Reading")
    screen.close()
    line, next_line = bar(10, "Reading"), bar(20, "Reading")
    written = f"{CLEAR}{line}{CLEAR}first\nsecond\n{CLEAR}{next_line}{CLEAR}"
    assert capsys.readouterr().err == written


def test_it_shows_a_letter_that_comes_in_two_parts(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    for part in (b"caf\xc3", b"\xa9 \xff\n"):
        screen.printed(part)
    assert capsys.readouterr().err == "café \\xff\n"
