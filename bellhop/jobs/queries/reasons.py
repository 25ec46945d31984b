"""Why items failed: what counts as one reason, and the reasons of a job.

`reason_of` is the only rule of what is the same reason; whoever counts failures asks it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import NamedTuple

from bellhop.database.database import query

# Codes that stand for anything: only the message says what was wrong.
GENERAL = frozenset(
    ("bad_input", "unexpected_error", "bad_result", "wrong_call", "type_unavailable", "gave_up",
     "unreadable")
)  # fmt: skip
# Texts in quotes, but no apostrophe inside a word; and numbers, with what stands between digits.
QUOTED = (
    r"""(?<!\w)'[^'\n]*'(?!\w)|"[^"\n]*"|“[^”\n]*”|\u2018[^\u2019\n]*\u2019|«[^»\n]*»|`[^`\n]*`"""
)
FOLDED = re.compile(rf"{QUOTED}|0x[0-9a-fA-F]+|\d+(?:[.,:/-]\d+)*")
# Characters of a message that tell one reason from another.
MOST_LIKE = 200
# How many reasons the error of a job counts, and the characters of each message and hint.
MOST_COUNTED, MOST_SAID = 5, 2000
MOST_FILENAMES = 10
ERROR = "CASE WHEN json_valid(error) THEN CAST(json_extract(error, '$.{}') AS TEXT) END"


class Reason(NamedTuple):
    """A code, and the message without what differs from item to item; '' where the code says it."""

    code: str
    like: str


def reason_of(code: str | None, message: str | None) -> Reason:
    """The reason that an error with this code and message has."""
    if code and code not in GENERAL:
        return Reason(code, "")
    return Reason(code or "unreadable", FOLDED.sub("…", message or "")[:MOST_LIKE])


@dataclass
class Failures:
    """Items of a job that failed for one reason, by number; the texts are those of the first.

    `filenames` are of the first `MOST_FILENAMES`.
    """

    code: str
    message: str
    hint: str | None
    items: list[int]
    filenames: list[str]


def failures(job: int) -> list[Failures]:
    """What failed in a job, by its row id, the most frequent reason first."""
    sql = f"""SELECT "index", filename, {ERROR.format("code")}, {ERROR.format("message")},
            {ERROR.format("hint")}
        FROM item WHERE job = :job AND status = 'failed' ORDER BY "index" """
    found: dict[Reason, Failures] = {}
    for index, filename, code, message, hint in query(sql, {"job": job}):
        reason = reason_of(code, message)
        said = (message or "")[:MOST_SAID], hint and hint[:MOST_SAID]
        group = found.setdefault(reason, Failures(reason.code, *said, [], []))
        group.items.append(index)
        group.filenames += [filename] if len(group.items) <= MOST_FILENAMES else []
    return sorted(found.values(), key=lambda each: -len(each.items))


def error_of(job: int) -> str | None:
    """The error of a job, as JSON, that ended with failed items; None without any.

    It is that of the most frequent reason. With several items, `reasons` counts the first
    `MOST_COUNTED` of them: `[{"code", "message", "count"}]`.
    """
    if not (found := failures(job)):
        return None
    first = found[0]
    error = {"code": first.code, "message": first.message, "hint": first.hint}
    counted = [
        {"code": each.code, "message": each.message, "count": len(each.items)}
        for each in found[:MOST_COUNTED]
    ]
    is_several = sum(len(each.items) for each in found) > 1
    return json.dumps({**error, "reasons": counted} if is_several else error, ensure_ascii=False)
