"""The text behind a key of config.ini or in a variable: which part of it is the value.

INI files have no one dialect: elsewhere, quotes and the comment behind a value belong to it, or do
not. A text with one meaning is read so; every other raises ValueError with what is allowed.
"""

from __future__ import annotations

import os.path
import re

from bellhop.base import documents

_QUOTED = re.compile(r"""(["'])((?:(?!\1).)*)\1""", re.DOTALL)
_QUOTED_WITH_COMMENT = re.compile(rf"{_QUOTED.pattern}(?:\s*[#;].*)?", re.DOTALL)
_COMMENT = re.compile(r"(?:^|\s)[#;].*", re.MULTILINE)
# Also the typographic ones, which come from documents.
_QUOTE = r"[\"'`\u00ab\u00bb\u2018-\u201f\u2039\u203a]"
_AT_AN_END = re.compile(f"^{_QUOTE}|{_QUOTE}$")


def plain(text: str) -> str:
    """One value of a key that Bellhop knows."""
    text = text.strip()
    found = _QUOTED_WITH_COMMENT.fullmatch(text)
    value = found[2] if found else _COMMENT.sub("", text).strip()
    if found is None and _AT_AN_END.search(value):
        raise ValueError("a value without quotes, or with one pair of them around it")
    if not value.isprintable():
        raise ValueError("one line of visible characters")
    return value


def parts(text: str) -> list[str]:
    """The values of a key that takes several, with commas between them."""
    found = _QUOTED_WITH_COMMENT.fullmatch(text.strip())
    listed = found[2] if found else _COMMENT.sub("", text)
    return [plain(part) for part in listed.split(",") if part.strip()]


def some_parts(text: str) -> list[str]:
    """The same of a key that needs a value."""
    if found := parts(text):
        return found
    raise ValueError("one value or several, with commas between them")


def free(text: str) -> str:
    """The value of a key that only a job type knows: any text, which may have several lines."""
    found = _QUOTED_WITH_COMMENT.fullmatch(text)
    if found is None and _COMMENT.search(text):
        raise ValueError("a comment in a line before the key, or a value in quotes with # or ;")
    return found[2] if found else text


def unquoted(text: str) -> str:
    """A text without the quotes around it; a variable can hold no comment."""
    found = _QUOTED.fullmatch(text)
    return found[2] if found else text


def folder(text: str) -> str:
    """The path of a folder, in which `~` is the home of a user that there is."""
    path = os.path.expanduser(text)
    if not path or path.startswith("~"):
        raise ValueError("the path of a folder")
    return path


def file_if_any(text: str) -> str:
    """The path of a file, in which `~` is as that of a folder; no text is no file."""
    if text.endswith("/"):
        raise ValueError("the path of a file")
    return folder_if_any(text)


def time_of_day(text: str) -> str:
    """What a clock shows, as HH:MM."""
    if not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError("a time like 03:00")
    return text


def json_object(text: str) -> str:
    """A JSON object, as it is written."""
    try:
        is_object = isinstance(documents.parsed(text), dict)
    except ValueError:
        is_object = False
    if not is_object:
        raise ValueError('a JSON object such as {"language": "en"}, in quotes if it has # or ;')
    return text


def folder_if_any(text: str) -> str:
    """The same, where no text is no folder."""
    return folder(text) if text else text
