"""What a notice says: a subject and a plain text, of one end or of many.

It holds names and messages of jobs, and links; no results, no parameters, no files.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from bellhop.base.documents import Unreadable, stored
from bellhop.base.program import TYPED
from bellhop.base.texts import cleaned, shown_lines
from bellhop.storage.telling import Notice

MOST_NAME, MOST_SUBJECT_NAME, MOST_REASON = 200, 60, 300
MOST_REASONS, MOST_LISTED = 3, 20
# What became of one, after its name.
WORDS = {
    "completed": "completed", "failed": "failed", "cancelled": "was cancelled",
    "missed": "could not be submitted",
}  # fmt: skip
# The same after how many there are, and before a name.
COUNTED = {**WORDS, "cancelled": "cancelled", "begun": "new", "over": "over"}


class Mail(NamedTuple):
    """A subject, in one line, and a text."""

    subject: str
    text: str


class Waiting(NamedTuple):
    """All that waits for one receiver: how many of each status, and the first rows of them."""

    counts: Counter[str]
    rows: Sequence[Notice]


def of_one(notice: Notice, base: str) -> Mail:
    """What is said about one; `base` is the address of the pages."""
    match notice.kind:
        case "job":
            return _of_job(notice, base)
        case "schedule":
            return _of_schedule(notice, base)
        case _:
            return _of_trouble(notice, base)


def of_test(base: str) -> Mail:
    """What the button on the page Account sends."""
    text = f"This is a test: notices of Bellhop at {base} reach this address."
    footer = f"Bellhop sends this because somebody asked for it at {base}/account."
    return Mail("[Bellhop] Test", _whole(text, footer))


def of_many(waiting: Waiting, base: str) -> Mail:
    """A summary: how many ended how, the first that failed, and where the rest is."""
    what, count = _what(waiting), waiting.counts.total()
    parts = ", ".join(f"{n} {COUNTED[status]}" for status, n in waiting.counts.most_common())
    listed = [_line(row, base) for row in waiting.rows[:MOST_LISTED]]
    rest = count - len(listed)
    text = "\n".join([
        f"{count} {what}: {parts}.", "",
        *listed, *([f"and {rest} more"] if rest > 0 else []), "", *_links(waiting, base),
    ])  # fmt: skip
    return Mail(f"[Bellhop] {count} {what}: {parts}", _whole(text, _footer(waiting.rows[0], base)))


def _what(waiting: Waiting) -> str:
    """What waits for a receiver, in words."""
    if waiting.rows[0].kind == "trouble":
        return "notices about Bellhop itself"
    return "jobs" if waiting.counts["missed"] else "jobs ended"


def _links(waiting: Waiting, base: str) -> list[str]:
    """The pages with all of it. They find jobs by when they were submitted, not by their ends."""
    if waiting.rows[0].kind == "trouble":
        return [f"How Bellhop is now: {base}/running"]
    pages = {
        "failed": f"The failed jobs: {base}/jobs?status=failed",
        "missed": f"The schedules: {base}/schedules",
    }
    found = [line for status, line in pages.items() if waiting.counts[status]]
    return [*found, f"All jobs: {base}/jobs"]


def _of_job(notice: Notice, base: str) -> Mail:
    name = _name(notice)
    lines = [
        f"The job “{name}” {WORDS[notice.status]}.", "",
        f"Type: {notice.type}",
        *_counts(notice),
        *([f"Took: {took}"] if (took := _took(notice)) else []),
        f"Ended: {notice.at[:19].replace('T', ' ')} UTC",
        *_reasons(notice), "",
        f"{base}/jobs/{notice.job_id}",
    ]  # fmt: skip
    subject = f"[Bellhop] {COUNTED[notice.status]}: {name[:MOST_SUBJECT_NAME]} ({notice.type})"
    return Mail(subject, _whole("\n".join(lines), _footer(notice, base)))


def _of_schedule(notice: Notice, base: str) -> Mail:
    name = _name(notice)
    text = f"The schedule “{name}” could not submit its job.\n\n{_error(notice)}\n\n"
    subject = f"[Bellhop] not submitted: the job of the schedule {name[:MOST_SUBJECT_NAME]}"
    return Mail(subject, _whole(f"{text}{base}/schedules", _footer(notice, base)))


def _of_trouble(notice: Notice, base: str) -> Mail:
    is_over = notice.status == "over"
    said = _error(notice) or notice.name
    begin = "This trouble with Bellhop is over" if is_over else "Trouble with Bellhop"
    end = "" if is_over else f"\n\nOn the machine of Bellhop, {TYPED} check says what mends it."
    subject = f"[Bellhop] {'over: ' if is_over else ''}{said[: 2 * MOST_SUBJECT_NAME]}"
    return Mail(subject, _whole(f"{begin}: {said}{end}\n\n{base}/running", _footer(notice, base)))


def _line(notice: Notice, base: str) -> str:
    """One of many, on a line of its own."""
    if notice.kind == "trouble":
        return f"- {'over: ' if notice.status == 'over' else ''}{_error(notice) or notice.name}"
    why = f": {first}" if (first := _first_reason(notice)) else ""
    of = "the job of the schedule " if notice.kind == "schedule" else ""
    link = f"{base}/jobs/{notice.job_id}" if notice.job_id else f"{base}/schedules"
    return f"- {of}{_name(notice)[:MOST_SUBJECT_NAME]} {WORDS[notice.status]}{why}\n  {link}"


def _name(notice: Notice) -> str:
    return cleaned(notice.name)[:MOST_NAME] or "without a name"


def _counts(notice: Notice) -> list[str]:
    if notice.total_items == 1:
        return []
    done, failed = notice.completed_items, notice.failed_items
    return [f"Items: {done} of {notice.total_items} completed, {failed} failed"]


def _took(notice: Notice) -> str:
    """How long it took from the first start to the end, in words."""
    if not notice.started_at:
        return ""
    spent = datetime.fromisoformat(notice.at) - datetime.fromisoformat(notice.started_at)
    seconds = max(0.0, spent.total_seconds())
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, left = divmod(int(seconds), 60)
    return f"{minutes} min {left} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _document(notice: Notice) -> dict[str, object]:
    try:
        return stored(notice.error or "{}", dict, "notice", notice.id, "error")
    except Unreadable:
        return {}


def _error(notice: Notice) -> str:
    """The message of its error, on one line."""
    return " ".join(shown_lines(_document(notice).get("message") or "").split())[:MOST_REASON]


def _reasons(notice: Notice) -> list[str]:
    """The most frequent reasons, with how many items each has."""
    found = _document(notice).get("reasons")
    if not isinstance(found, list):
        return [f"Reason: {said}"] if (said := _error(notice)) else []
    lines = []
    for each in found[:MOST_REASONS]:
        if not isinstance(each, dict):
            continue
        message = " ".join(shown_lines(each.get("message", "")).split())[:MOST_REASON]
        lines.append(f"- {each.get('count')} times: {message}")
    more = ["- and other reasons"] if len(found) > MOST_REASONS else []
    return ["Reasons:", *lines, *more]


def _first_reason(notice: Notice) -> str:
    return _error(notice)[:MOST_REASON]


def _whole(text: str, footer: str) -> str:
    return f"{text}\n\n-- \n{footer}\n"


def _footer(notice: Notice, base: str) -> str:
    """Why its receiver gets it, and who can change that."""
    if not notice.owner:
        return f"Bellhop at {base} sends this to whom [notices] in its config.ini names."
    if notice.address:
        return f"Bellhop at {base} sends this because a schedule of {notice.owner} names you."
    return f"Bellhop sends this because you asked for it at {base}/account or {base}/schedules."


def error_text(message: str) -> str:
    """A message as the column `error` of a notice has it."""
    return json.dumps({"message": message}, ensure_ascii=False)
