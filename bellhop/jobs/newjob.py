"""A job as it is submitted: what `intake` and `webhooks` make, and `Acceptance` accepts."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bellhop.jobs.bounds import ITEM_BYTES
from bellhop.jobs.reuse import Hit

# The job types of Bellhop itself, which nobody can submit.
WEBHOOK, NOTICE = OWN_TYPES = ("webhook", "notice")
# What an upload is called in its folder.
STORED_NAME = re.compile(r"(?!\.{1,2}\Z)[^/\0]{1,255}")


@dataclass(frozen=True)
class NewItem:
    """One input of a submitted job.

    `input` is `{"file": stored name}`, `{"files": [stored name, …]}`, `{"url": …}`, `{"text": …}`,
    `{"data": …}` or `{"none": None}`; of a type with further inputs it has their files too, by
    parameter: `"beside": {"mask": [stored name]}`. `sha256` is of the content of all of its files.
    `hit` is an earlier result that it takes at once; its files lie in place already.
    """

    filename: str
    input: dict[str, Any]
    sha256: str | None = None
    hit: Hit | None = None


@dataclass(frozen=True)
class NewStep:
    """A later step of a chain: the job type that takes what the one before it returned."""

    type: str
    params: dict[str, Any]
    queue: str


@dataclass(frozen=True)
class Key:
    """An Idempotency-Key with the fingerprint of what was asked for under it."""

    text: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A whole job; its files lie in place already.

    `wait_s` is how far `run_at` lies ahead, where that was asked for; `contents` are the SHA-256 of
    its uploads, `bytes` their size, and of its rows once it is accepted; `delivery_of` and
    `schedule` are the rows that it delivers a webhook of and was made by, `watch` is the name of
    the watch folder that it came from. A notice is a delivery of itself: what it tells may be about
    many jobs, or none.
    """

    type: str
    name: str
    params: dict[str, Any]
    queue: str
    max_attempts: int
    items: Sequence[NewItem]
    then: Sequence[NewStep] = ()
    owner: str = "local"
    priority: int = 0
    run_at: str | None = None
    wait_s: float | None = None
    depends_on: Sequence[str] = ()
    use_cache: bool = True
    webhook_url: str | None = None
    webhook_progress: bool = False
    delivery_of: int | None = None
    is_notice: bool = False
    schedule: int | None = None
    watch: str | None = None
    contents: Sequence[str] = ()
    bytes: int = 0
    # What whoever reads its timeline should know about what was submitted.
    note: str | None = None
    job_id: str = field(default_factory=lambda: secrets.token_hex(10))

    def row_bytes(self) -> int:
        """About what its rows in the database will hold, in bytes."""
        texts = [self.params, *(step.params for step in self.then)]
        texts += [item.input for item in self.items]
        hits = [item.hit for item in self.items if item.hit]
        rows = ITEM_BYTES * len(self.items) * (1 + len(self.then))
        written = sum(len(json.dumps(text, ensure_ascii=False).encode()) for text in texts)
        return rows + written + sum(len(hit.data) + len(hit.warnings) for hit in hits)


def is_input(given: Mapping[str, Any]) -> bool:
    """Whether a stored `NewItem.input` is one: what the item is, and perhaps files beside it."""
    if not 1 <= len(given) <= 2 or given.keys() - {next(iter(given)), "beside"}:
        return False
    kind, value = next(iter(given.items()))
    beside = given.get("beside", {})
    if not isinstance(beside, dict) or not all(map(_are_stored, beside.values())):
        return False
    match kind:
        case "data":
            return True
        case "none":
            return value is None
        case "files":
            return _are_stored(value)
        case "file":
            return _are_stored([value])
        case _:
            return kind in ("url", "text") and isinstance(value, str)


def _are_stored(names: Any) -> bool:
    """Whether they are what uploads are called in their folder."""
    if not isinstance(names, list):
        return False
    return all(isinstance(name, str) and STORED_NAME.fullmatch(name) for name in names)
