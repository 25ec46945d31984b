"""Settings as a config.ini that Bellhop reads the same, with the origin of each in a comment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from bellhop.base.hidden import HIDDEN
from bellhop.origins.entries import Entry
from bellhop.settings import values


def lines(entries: Iterable[Entry], file: Path) -> Iterator[str]:
    """The lines of it; what is masked is a comment, so that the file never says something else."""
    yield f"# The settings that hold here; line numbers are those of {file}"
    by_section = sorted(entries, key=lambda entry: entry.section == "type")
    for section, found in groupby(by_section, key=lambda entry: entry.section):
        yield ""
        yield f"[{section}]" if section != "type" else "# Variables of job types"
        for entry in found:
            yield from _lines(entry)


def _lines(entry: Entry) -> Iterator[str]:
    origin = f"line {entry.line}" if entry.line else entry.source
    text = _text(entry.value)
    # A value of a job type can have no comment behind it.
    is_free = entry.section.startswith("type")
    written = _quoted(text, values.free if is_free else lambda t: values.plain(f"{t}  # {origin}"))
    if HIDDEN in text or written is None or entry.section == "type":
        yield f"# {entry.key} = {text}  # {origin}"
    elif is_free:
        yield f"# {origin}"
        yield f"{entry.key} = {written}".rstrip()
    else:
        yield f"{entry.key} = {written}  # {origin}"


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _quoted(text: str, read: Callable[[str], str]) -> str | None:
    """The form of a text of which Bellhop reads that text; None where there is none."""
    for form in (text, f'"{text}"', f"'{text}'"):
        try:
            if form.isprintable() and read(form.strip()) == text:
                return form
        except ValueError:
            continue
    return None
