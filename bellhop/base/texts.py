"""Texts of others, as a person may be shown them: in a name, on a terminal, in a log.

A control character moves the cursor of a terminal or begins another line of a log; a bidirectional
one lets `cod.exe` read as `exe.doc`; an invisible one makes two names look alike (Unicode Technical
Report 36). The rules stand here once: `cleaned` is for what becomes a name, `shown` for what is
printed.
"""

from __future__ import annotations

import json
import re

# What cannot be seen and changes what is seen: the categories Cc, Cs, Zl, Zp, and what has the
# property Default_Ignorable_Code_Point (Unicode 16, DerivedCoreProperties.txt). Without U+200C,
# U+200D and the variation selectors, Persian, Indic scripts and emoji are misspelt: they stay.
_FURTHER = (
    "\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
HIDDEN = f"\x00-\x1f{_FURTHER}"
_HIDDEN = re.compile(f"[{HIDDEN}]")
# Of a text of several lines, whose newlines and tabs are meant.
_HIDDEN_IN_LINES = re.compile(f"[\x00-\x08\x0b-\x1f{_FURTHER}]")


def cleaned(name: str) -> str:
    """A name without what cannot be seen in it."""
    return _HIDDEN.sub("", name)


def shown(text: object) -> str:
    """A text on one line, with what cannot be seen written as in Python: `\\x1b`, `\\u202e`."""
    return _HIDDEN.sub(_escape, str(text))


def shown_lines(text: object) -> str:
    """The same of a text that may have several lines and tabs."""
    return _HIDDEN_IN_LINES.sub(_escape, str(text))


def shown_json(document: object, indent: int | None = 2) -> str:
    """A document as JSON on several lines, or on one; it means the same to a program."""
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    return _HIDDEN_IN_LINES.sub(lambda found: json.dumps(found[0])[1:-1], text)


def said(error: BaseException) -> str:
    """What an error says, its kind first; code of others that words it may fail as well."""
    try:
        return f"{type(error).__name__}: {error}"
    except BaseException:
        return type(error).__name__


def as_typed(argument: str) -> str:
    """An argument of a command in UTF-8, also where the locale does not know its letters."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
