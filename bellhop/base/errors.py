"""Everything a user can be told: a code, the words and, over HTTP, a status.

`PROBLEMS` is the table of what the API answers (RFC 9457), `ITEM_ERRORS` of what
an item can end with beyond what its job type says itself. A code is never renamed.
"""

from __future__ import annotations

import errno
import json
from dataclasses import dataclass
from typing import Any

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

# code: (HTTP status, title). The title is the same for each occurrence, the detail is not.
PROBLEMS: dict[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be read"),
    "bad-multipart": (400, "The form data cannot be read"),
    "bad-json": (400, "The JSON cannot be read"),
    "login-needed": (401, "A login is needed"),
    "login-failed": (401, "The login failed"),
    "forbidden": (403, "You may see this, but not do it"),
    "cross-site": (403, "Requests from other sites are refused"),
    "account-needed": (403, "Bellhop needs an account before it serves through a proxy"),
    "not-found": (404, "There is nothing here"),
    "method-not-allowed": (405, "This address does not take that method"),
    "job-not-finished": (409, "The job is not finished"),
    "job-failed": (409, "The job failed"),
    "job-cancelled": (409, "The job was cancelled"),
    "job-final": (409, "The job is already final"),
    "nothing-to-retry": (409, "There is nothing to retry"),
    "count-changed": (409, "Another number of jobs matches"),
    "request-in-progress": (409, "The same request is being answered"),
    "expired": (410, "The job's time is over"),
    "upload-too-large": (413, "The upload is too large"),
    "unsupported-media-type": (415, "This content type is not read here"),
    "bad-host": (421, "This host name is not served"),
    "invalid-job": (422, "The job cannot be accepted"),
    "unknown-type": (422, "There is no such job type"),
    "type-unavailable": (422, "The job type is not available"),
    "too-many-items": (422, "The job has too many items"),
    "invalid-parameter": (422, "A query parameter is not valid"),
    "invalid-request": (422, "The request cannot be done"),
    "key-reused": (422, "The Idempotency-Key stands for another request"),
    "too-many-requests": (429, "Too many requests"),
    "too-many-jobs": (429, "There are too many jobs"),
    "header-too-large": (431, "The request headers are too large"),
    "internal-error": (500, "Bellhop made a mistake"),
    "not-implemented": (501, "This part of HTTP is not spoken here"),
    "busy": (503, "The database is busy"),
    "not-ready": (503, "Bellhop is not ready"),
    "disk-full": (507, "The disk is full"),
    "quota-full": (507, "The account holds as much as it may"),
}

# code: (message, hint) of what Bellhop itself says about an item.
ITEM_ERRORS: dict[str, tuple[str, str | None]] = {
    "timed_out": (
        "It ran longer than its limit of {limit_s:g} seconds and was stopped.",
        "Try a smaller file, or raise the time limit of its queue.",
    ),
    "out_of_memory": (
        "It needed more memory than it may use.",
        "Try a smaller file, or raise the memory limit of its job type.",
    ),
    "process_crashed": (
        "Its job process ended by {signal} three times.",
        "The file may be damaged in a way the job type cannot handle; after SIGKILL, the machine "
        "may be short of memory.",
    ),
    "interrupted_too_often": (
        "Bellhop was killed {count} times while this was running.",
        "Retry it when the machine is stable.",
    ),
    "unexpected_error": (
        "The job type made a mistake: {summary}",
        "The traceback is in the timeline of the job.",
    ),
    "gave_up": ("It asked to be tried again for 24 hours: {reason}", None),
    "type_unavailable": ("The job type cannot run: {reason}", None),
    "result_too_large": (
        "Its result is larger than {limit_mb} MB.",
        "The job type should write large results to a file in its output folder.",
    ),
    "file_too_large": (
        "It wrote a file larger than {limit_mb} MiB, which is what the disk can take.",
        "Free some space on the disk of Bellhop, or try a smaller file.",
    ),
    "bad_result": ("The job type did not return JSON: {summary}", None),
}


@dataclass(frozen=True)
class ItemError:
    """Why an item failed, or runs again; `code` is snake_case.

    The user reads `message` and `hint`, the owner of the machine the `traceback`.
    """

    code: str
    message: str
    hint: str | None = None
    traceback: str | None = None

    def shown(self) -> str:
        """What the user may see of it, as JSON."""
        document = {"code": self.code, "message": self.message, "hint": self.hint}
        return json.dumps(document, ensure_ascii=False)


class StartRefused(Exception):
    """Bellhop cannot start; the text is the one line its operator reads."""


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
            "detail": self.detail,
            **self.members,
        }


def invalid_field(field: str, message: str) -> Problem:
    """The problem of one wrong field of a submitted job."""
    return Problem(
        "invalid-job", f"{field}: {message}", errors=[{"field": field, "message": message}]
    )


def too_large(limit_bytes: int) -> Problem:
    """The problem of a request with more than `limit_bytes`."""
    most = f"{limit_bytes >> 20} MiB" if limit_bytes >= 1 << 20 else f"{limit_bytes >> 10} KiB"
    return Problem("upload-too-large", f"This request may hold at most {most}.")


def disk_full(free_bytes: int, needed_bytes: int, reserve_bytes: int) -> Problem:
    """The problem of a job for which there is no room; all in bytes."""
    return Problem(
        "disk-full",
        f"The disk of Bellhop has {free_bytes >> 20} MiB left; this job needs "
        f"{needed_bytes >> 20} MiB, and {reserve_bytes >> 20} MiB are kept for running work. "
        "Nothing of it was kept: free some space and submit it again.",
    )


def item_error(code: str, *, traceback: str | None = None, **values: Any) -> ItemError:
    """What Bellhop itself says about an item; `values` fill the words of `ITEM_ERRORS`."""
    message, hint = ITEM_ERRORS[code]
    return ItemError(code, message.format(**values), hint, traceback)
