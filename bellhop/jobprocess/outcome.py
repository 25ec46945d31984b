"""How an attempt ends, and what its job process says of it while it runs.

A job process runs code of job types, which could write to its pipe: each frame is judged here,
before anything else reads it, and one that is not as it shall be is `Broken`.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from bellhop.base import documents, shapes
from bellhop.base.errors import ITEM_ERRORS, ItemError, error_data
from bellhop.base.units import DAY_S, KIBIBYTE, MEBIBYTE
from bellhop.jobprocess.frames import Broken
from bellhop.words import MOST_STEP, MOST_TEXT

if TYPE_CHECKING:  # a job process, which has no mask, shall start quickly
    from bellhop.base.masking import Mask

# The most of what a job process says: bytes of a result and of a partial one; characters of a
# traceback, and of all warnings together; how many warnings; seconds of a delay.
MOST_RESULT_BYTES = 5 * MEBIBYTE
MOST_PARTIAL_BYTES = 256 * KIBIBYTE
MOST_TRACEBACK = 20_000
MOST_WARNINGS, MOST_WARNED = 10_000, MEBIBYTE
MOST_DELAY_S = DAY_S
CODE = re.compile(r"[a-z0-9_]{1,64}")


class Kind(enum.StrEnum):
    """Every end that an attempt can have."""

    COMPLETED = "completed"
    # What the job type raised, or its code did.
    BAD_INPUT = "bad_input"
    UNAVAILABLE_OUTSIDE = "unavailable_outside"
    TRY_AGAIN = "try_again"
    MISTAKE = "mistake"
    # The next attempt would meet it again: a wrong call, a result that cannot be recorded, a module
    # that is not there, what the bounds refuse.
    LASTING_MISTAKE = "lasting_mistake"
    # A limit was reached.
    OUT_OF_MEMORY = "out_of_memory"
    FILE_TOO_LARGE = "file_too_large"
    RESULT_TOO_LARGE = "result_too_large"
    TIMED_OUT = "timed_out"
    # Somebody asked for it: a person, or a consumer that stops.
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    # The job process died, or said what is no frame.
    CRASHED = "crashed"


Failure = Literal[
    Kind.BAD_INPUT, Kind.UNAVAILABLE_OUTSIDE, Kind.MISTAKE, Kind.LASTING_MISTAKE,
    Kind.OUT_OF_MEMORY, Kind.FILE_TOO_LARGE, Kind.RESULT_TOO_LARGE, Kind.TIMED_OUT,
]  # fmt: skip


class JobWarning(TypedDict):
    """A warning of `Context.warn`, as the API shows it."""

    code: str
    message: str
    where: str | None


@dataclass(frozen=True)
class Completed:
    """The job type returned; `data` is JSON text."""

    data: str
    warnings: list[JobWarning]
    kind: Literal[Kind.COMPLETED] = Kind.COMPLETED


@dataclass(frozen=True)
class Later:
    """The job type wants another turn in `delay_s` seconds."""

    delay_s: float
    reason: str
    kind: Literal[Kind.TRY_AGAIN] = Kind.TRY_AGAIN


@dataclass(frozen=True)
class Failed:
    """The attempt failed; whether there is another follows from its kind."""

    kind: Failure
    error: ItemError


@dataclass(frozen=True)
class Cancelled:
    """A person asked for its end, and nothing of it lives."""

    kind: Literal[Kind.CANCELLED] = Kind.CANCELLED


@dataclass(frozen=True)
class Interrupted:
    """Its consumer stops, lost it, or `is_cut_off` from the rows, and nothing of it lives."""

    is_cut_off: bool = False
    kind: Literal[Kind.INTERRUPTED] = Kind.INTERRUPTED


@dataclass(frozen=True)
class Crashed:
    """The job process is dead; `signal` says what ended it."""

    signal: str
    kind: Literal[Kind.CRASHED] = Kind.CRASHED


# What a job process can say itself; the rest is seen from outside.
Said = Completed | Later | Failed | Cancelled
Incomplete = Later | Failed | Cancelled | Interrupted | Crashed
Outcome = Completed | Incomplete
# For what a worker ends an attempt.
Stop = Cancelled | Interrupted


@dataclass(frozen=True)
class Progress:
    """How far an attempt is, in percent, and what it does right now."""

    percent: int
    step: str


@dataclass(frozen=True)
class Partial:
    """What an attempt has given so far, as JSON text."""

    partial: str


@dataclass(frozen=True)
class Answer:
    """The last that a job process says of an attempt.

    `is_clean` says that the next one finds nothing of it in the process, and `goes_on` that the
    process has begun the next one by itself.
    """

    outcome: Said
    is_clean: bool
    goes_on: bool = False


def frame_of(of: str, said: Progress | Partial | Answer) -> dict[str, Any]:
    """What a job process says about the attempt `of`, as `frames.encode` takes it."""
    return {"of": of, **vars(bounded(said))}


def said_in(frame: Mapping[str, Any]) -> Progress | Partial | Answer:
    """What a frame of a job process says; raises `Broken`."""
    members = {name: value for name, value in frame.items() if name != "of"}
    shape: type[Progress | Partial | Answer] = Partial if "partial" in members else Answer
    shape = Progress if "percent" in members else shape
    try:
        said = shapes.read(shape, members)
    except shapes.WrongShape as error:
        raise Broken(str(error)) from None
    if bounded(said) != said:
        raise Broken("a text is too long, or a number is out of range")
    if isinstance(said, Partial):
        _require_result(said.partial, MOST_PARTIAL_BYTES)
    if isinstance(said, Answer) and isinstance(said.outcome, Completed):
        _require_result(said.outcome.data)
    return said


def bounded(said: Progress | Partial | Answer) -> Progress | Partial | Answer:
    """The same, cut to what a worker takes; only the JSON of a result must fit as it is."""
    if isinstance(said, Partial):
        return said
    if isinstance(said, Progress):
        percent = min(max(said.percent, 0), 100)
        return Progress(percent, _text(said.step, MOST_STEP))
    return Answer(_bounded_end(said.outcome), said.is_clean, said.goes_on)


def _bounded_end(end: Said) -> Said:
    match end:
        case Completed():
            return Completed(end.data, _bounded_warnings(end.warnings))
        case Later():
            # Not a number is no delay.
            delay_s = min(end.delay_s, MOST_DELAY_S) if end.delay_s > 0 else 0.0
            return Later(delay_s, _text(end.reason, MOST_TEXT))
        case Failed():
            return replace(end, error=_bounded_error(end.error))
        case Cancelled():
            return end


def _bounded_error(error: ItemError) -> ItemError:
    return ItemError(
        _code(error.code),
        _text(error.message, MOST_TEXT),
        error.hint and _text(error.hint, MOST_TEXT),
        error.traceback and _text(error.traceback, MOST_TRACEBACK),
        error_data(error.data),
    )


def _bounded_warnings(warnings: list[JobWarning]) -> list[JobWarning]:
    """The first ones, as far as their number and length allow."""
    kept: list[JobWarning] = []
    left = MOST_WARNED
    for warning in warnings[:MOST_WARNINGS]:
        where = warning["where"] and _text(warning["where"], MOST_STEP)
        message = _text(warning["message"], MOST_TEXT)
        left -= len(message) + len(where or "")
        if left < 0:
            break
        kept.append({"code": _code(warning["code"]), "message": message, "where": where})
    return kept


def _text(text: str, most: int) -> str:
    # SQLite ends a text at the NUL, and so would whoever searches in it.
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:most]


def _code(code: str) -> str:
    """A code as snake_case."""
    if CODE.fullmatch(code):
        return code
    return re.sub(r"[^a-z0-9]+", "_", code[:64].lower()).strip("_") or "unknown"


def _require_result(data: str, most_bytes: int = MOST_RESULT_BYTES) -> None:
    """Raise `Broken` for what is no JSON that everybody who reads a result can read."""
    if len(data.encode()) > most_bytes:
        raise Broken("the result is too large")
    try:
        documents.parsed(data)
    except ValueError as error:
        raise Broken(f"the result is not JSON: {error}") from None


def masked(outcome: Said, mask: Mask) -> Said:
    """The outcome without the secrets that `mask` knows in what the job's code said."""
    match outcome:
        case Completed():
            warnings = [_masked_warning(warning, mask) for warning in outcome.warnings]
            return Completed(mask.json(outcome.data), warnings)
        case Later():
            return replace(outcome, reason=mask.text(outcome.reason))
        case Failed():
            return replace(outcome, error=_masked_error(outcome.error, mask))
        case Cancelled():
            return outcome


def _masked_warning(warning: JobWarning, mask: Mask) -> JobWarning:
    return {
        "code": mask.text(warning["code"]),
        "message": mask.text(warning["message"]),
        "where": mask.within(warning["where"]),
    }


def _masked_error(error: ItemError, mask: Mask) -> ItemError:
    shown = ItemError(**{name: mask.within(text) for name, text in vars(error).items()})
    # A code of Bellhop itself is no secret, whatever it looks like.
    return replace(shown, code=error.code) if error.code in ITEM_ERRORS else shown
