"""The literals of a script: its texts, without comments and regular expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What a part of a script begins with; a slash is a division after a value.
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
QUOTED = re.compile(r""""((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'""")
REGEX = re.compile(r"/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
VALUE = re.compile(r"[\w$)\]}]\s*$")


@dataclass(frozen=True)
class Literal:
    """A text in a script, between what its line has before it and after; … is a filled-in value."""

    text: str
    before: str
    after: str
    line: int


def literals(script: str) -> Iterator[Literal]:
    yield from _read(script, 0, len(script), "")[1]


def _read(script: str, at: int, end: int, until: str) -> tuple[int, list[Literal]]:
    """The literals from a place on, to the end or the bracket that closes a filled-in value."""
    found: list[Literal] = []
    depth = 0
    while at < end:
        char = script[at]
        if until and char == until and not depth:
            return at, found
        depth += {"{": 1, "}": -1}.get(char, 0)
        after, some = _part(script, at, end)
        found += some
        at = after
    return at, found


def _part(script: str, at: int, end: int) -> tuple[int, list[Literal]]:
    """What begins at a place: where it ends, and the literals in it."""
    if part := COMMENT.match(script, at):
        return part.end(), []
    if script[at] == "/" and not VALUE.search(script[max(0, at - 20) : at]):
        part = REGEX.match(script, at)
        return (part.end() if part else at + 1), []
    if part := QUOTED.match(script, at):
        text = part[1] if part[1] is not None else part[2]
        return part.end(), [_literal(script, at, part.end(), text)]
    if script[at] == "`":
        return _template(script, at, end)
    return at + 1, []


def _template(script: str, start: int, end: int) -> tuple[int, list[Literal]]:
    text = ""
    inner: list[Literal] = []
    at = start + 1
    while at < end and script[at] != "`":
        if script.startswith("${", at):
            at, some = _read(script, at + 2, end, "}")
            inner += some
            text += "…"
            at += 1
        else:
            width = 2 if script[at] == "\\" else 1
            text += script[at : at + width]
            at += width
    return at + 1, [_literal(script, start, at + 1, text), *inner]


def _literal(script: str, start: int, end: int, text: str) -> Literal:
    before = script[script.rfind("\n", 0, start) + 1 : start]
    after = script[end:].partition("\n")[0]
    return Literal(text, before, after, script.count("\n", 0, start) + 1)
