"""Every error that Bellhop reports to a user: a code, a text and, over HTTP, a status.

`PROBLEMS` lists the errors of the API (RFC 9457), `ITEM_ERRORS` the errors of an item that do not
come from its job type. A code is never renamed.
"""

from __future__ import annotations

import errno
import json
from dataclasses import dataclass
from typing import Any

from bellhop.base import documents

# Characters of a text that a problem says, and bytes of the data of an error.
MOST_SAID, MOST_ERROR_DATA = 2000, 64 * 1024
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
# What cannot be done now for want of room, memory or descriptors, and can be later.
PASSING = (*NO_ROOM, errno.EIO, errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)

# code: (HTTP status, title). The title is the same for each occurrence, the detail is not.
PROBLEMS: dict[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be read"),
    "bad-multipart": (400, "The form data cannot be read"),
    "bad-json": (400, "The JSON cannot be read"),
    "login-needed": (401, "Login required"),
    "login-failed": (401, "The login failed"),
    "code-needed": (401, "The login needs a code"),
    "forbidden": (403, "You are not allowed to do this"),
    "cross-site": (403, "Bellhop refuses requests from other web sites"),
    "not-admitted": (403, "Your login elsewhere does not let you in here"),
    "join-refused": (403, "The machine cannot join"),
    "link-refused": (403, "This link cannot be used"),
    "account-needed": (403, "Create an account before you share Bellhop"),
    "not-found": (404, "Not found"),
    "method-not-allowed": (405, "This URL does not support that method"),
    "job-not-finished": (409, "The job is not finished"),
    "job-failed": (409, "The job failed"),
    "job-cancelled": (409, "The job was cancelled"),
    "job-final": (409, "The job is already final"),
    "unreadable": (409, "Bellhop cannot read what it stored about this"),
    "nothing-to-retry": (409, "There is nothing to retry"),
    "count-changed": (409, "The number of matching jobs has changed"),
    "request-in-progress": (409, "Bellhop is still processing the first request"),
    "offset-conflict": (409, "The upload continues at another offset"),
    "expired": (410, "No longer available"),
    "unsupported-version": (412, "This version of the tus protocol is not supported"),
    "upload-too-large": (413, "The upload is too large"),
    "unsupported-media-type": (415, "This content type is not supported"),
    "range-not-satisfiable": (416, "The file has no such part"),
    "bad-host": (421, "Bellhop does not serve this host name"),
    "invalid-job": (422, "The job cannot be accepted"),
    "unknown-type": (422, "There is no such job type"),
    "type-unavailable": (422, "The job type is not available"),
    "too-many-items": (422, "The job has too many items"),
    "invalid-parameter": (422, "A query parameter is not valid"),
    "invalid-request": (422, "The request is not valid"),
    "key-reused": (422, "The Idempotency-Key belongs to another request"),
    "upload-locked": (423, "Another request is writing to this upload"),
    "too-many-requests": (429, "Too many requests"),
    "too-many-jobs": (429, "Too many jobs"),
    "header-too-large": (431, "The request headers are too large"),
    "checksum-mismatch": (460, "The checksum does not match"),
    "internal-error": (500, "Internal error in Bellhop"),
    "answer-too-large": (500, "The answer is too large"),
    "not-implemented": (501, "Bellhop does not support this part of HTTP"),
    "busy": (503, "The database or the store of files is busy"),
    "database-unavailable": (503, "The database is not available"),
    "not-ready": (503, "Bellhop is not ready"),
    "http-version": (505, "Bellhop does not speak this version of HTTP"),
    "disk-full": (507, "The disk is full"),
    "quota-full": (507, "The account has used all of its storage"),
}

# code: (message, hint) of what Bellhop itself says about an item.
ITEM_ERRORS: dict[str, tuple[str, str | None]] = {
    "timed_out": (
        "It exceeded its time limit of {limit_s:g} seconds.",
        "Try a smaller file, or raise the time limit of its queue.",
    ),
    "out_of_memory": (
        "It needed more memory than its limit allows.",
        "Try a smaller file, or raise the memory limit of its job type.",
    ),
    "process_crashed": (
        "The program crashed 3 times ({signal}).",
        "The file may be damaged in a way that the job type cannot handle. After SIGKILL, the "
        "machine may be short of memory.",
    ),
    "interrupted_too_often": (
        "Bellhop was killed {count} times while it ran this item.",
        "Retry the job when the machine is stable.",
    ),
    "unexpected_error": (
        "The job type failed with an error: {summary}",
        "The traceback is in the timeline of the job.",
    ),
    "gave_up": ("Bellhop gave up after 24 hours of retries: {reason}", None),
    "type_unavailable": ("The job type cannot run: {reason}", None),
    "result_too_large": (
        "Its result is larger than {limit_mb} MB.",
        "The job type should write large results to a file in its output folder.",
    ),
    "file_too_large": (
        "It wrote a file larger than {limit_mb} MiB, the most that fits on the disk.",
        "Free some disk space, or try a smaller file.",
    ),
    "bad_result": (
        "Bellhop cannot record the result: {summary}",
        "Change what the job type returns.",
    ),
    "wrong_call": (
        "A call in the job type is wrong: {summary}",
        "Where the type has changed, submit the job again. The traceback is in the timeline of the "
        "job.",
    ),
    "network_refused": (
        "Bellhop refused a connection{what}. To allow it, add network=True to @job_type.",
        None,
    ),
    "write_refused": (
        "Bellhop refused to write {what}. Write to context.output_dir or context.scratch_dir, or "
        "add the folder to [jobtypes] writable in config.ini.",
        None,
    ),
    "file_hidden": (
        "Bellhop refused access to {what}: job types cannot read its data folder and its settings.",
        "A job type gets a copy of its input file, and its settings as context.settings.",
    ),
    "input_missing": (
        "Bellhop no longer has the file {name}, which this item was given.",
        "Submit it again. If there are more of them, look where [storage] files leads.",
    ),
    "input_damaged": (
        "A file that this item was given is not the one that was uploaded: its SHA-256 is another.",
        "Submit it again. If there are more of them, look what changes the files of Bellhop.",
    ),
    "unreadable": (
        "Bellhop cannot read what it stored about this item: {reason}.",
        "Submit it again. If there are more of them, restore a backup of the database.",
    ),
}


@dataclass(frozen=True)
class ItemError:
    """Why an item failed, or runs again; `code` is snake_case.

    The user reads `message` and `hint`, the owner of the machine the `traceback`; `data` is for
    the viewer of the job type.
    """

    code: str
    message: str
    hint: str | None = None
    traceback: str | None = None
    data: dict[str, Any] | None = None

    def shown(self) -> str:
        """What the user may see of it, as JSON."""
        names = ("code", "message", "hint", *(["data"] if self.data else []))
        return json.dumps({name: getattr(self, name) for name in names}, ensure_ascii=False)


def error_data(data: dict[str, Any] | None) -> dict[str, Any] | None:
    """The data of an error as JSON has it; None where it is too long, as an error counts without.

    Raises TypeError or ValueError for what is no JSON object.
    """
    documents.require_shallow(data)
    text = json.dumps(data, allow_nan=False, ensure_ascii=False)
    is_short = len(text.encode("utf-8", "replace")) <= MOST_ERROR_DATA
    return dict(json.loads(text) or {}) or None if is_short else None


class StartRefused(Exception):
    """Bellhop cannot start; the text is the one line its operator reads."""

    exit_status = 1


REMOVED = (
    "this machine was removed from its installation; to join again, first remove installation.json "
    "from the data folder, and from the settings what the home decides: [storage] database and "
    "files, and [huey] storage"
)


class NotAMember(StartRefused):
    """This data folder is no machine of its installation: it was removed, or runs elsewhere.

    No restart helps, so the parent of a process that ends so stops too.
    """

    exit_status = 3


class StoreAway(OSError):
    """The store of the files does not answer, or not now: that passes, as every EAGAIN does."""

    def __init__(self, said: str):
        super().__init__(errno.EAGAIN, said)


class StoreRefused(OSError):
    """The store of the files refuses what Bellhop needs, until its operator changes something."""

    def __init__(self, said: str):
        super().__init__(errno.EACCES, said)


class Problem(Exception):
    """An answer of the API that is an error; `code` is one of `PROBLEMS`.

    `members` become further members of the problem document; `retry_after_s` says when the same
    request may work.
    """

    def __init__(self, code: str, detail: str, *, retry_after_s: int | None = None, **members: Any):
        super().__init__(detail)
        self.code, self.detail, self.members = code, detail, members
        self.retry_after_s = retry_after_s
        self.status, self.title = PROBLEMS[code]

    def document(self) -> dict[str, Any]:
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": _short(self.detail),
            **{name: _short(value) for name, value in self.members.items()},
        }


def _short(value: Any) -> Any:
    """What a problem says without most of a long text of the request."""
    if isinstance(value, str) and len(value) > MOST_SAID:
        return f"{value[:MOST_SAID]}…"
    if isinstance(value, list):
        return [_short(each) for each in value]
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items()}
    return value


def invalid_field(field: str, message: str) -> Problem:
    """The problem of one wrong field of a submitted job."""
    return Problem(
        "invalid-job", f"{field}: {message}", errors=[{"field": field, "message": message}]
    )


def said_of(error: OSError) -> str:
    """What an error of the system says in one line: of which file, where it names one."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason


def too_large(limit_bytes: int) -> Problem:
    """The problem of a request with more than `limit_bytes`."""
    most = f"{limit_bytes >> 20} MiB" if limit_bytes >= 1 << 20 else f"{limit_bytes >> 10} KiB"
    return Problem("upload-too-large", f"This request can have at most {most}.")


def disk_full(free_bytes: int, needed_bytes: int, reserve_bytes: int) -> Problem:
    """The problem of a job for which there is no room; all in bytes."""
    return Problem(
        "disk-full",
        f"The disk has {free_bytes >> 20} MiB left. This job needs {needed_bytes >> 20} MiB, and "
        f"Bellhop reserves {reserve_bytes >> 20} MiB for running jobs. It has not stored the job: "
        "free some space and submit it again.",
    )


def item_error(code: str, *, traceback: str | None = None, **values: Any) -> ItemError:
    """What Bellhop itself says about an item; `values` fill the words of `ITEM_ERRORS`."""
    message, hint = ITEM_ERRORS[code]
    return ItemError(code, message.format(**values), hint, traceback)
