"""How an attempt ends, and what its job process says of it while it runs.

A job process runs code of job types, which could write to its pipe: each frame is judged here,
before anything else reads it, and one that is not as it shall be is `Broken`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from bellhop.base import shapes
from bellhop.base.errors import ITEM_ERRORS, ItemError
from bellhop.jobprocess.frames import Broken

if TYPE_CHECKING:  # a job process, which has no mask, shall start quickly
    from bellhop.base.masking import Mask


class Kind(enum.StrEnum):
    """Every end that an attempt can have."""

    COMPLETED = "completed"
    # What the job type raised, or its code did.
    BAD_INPUT = "bad_input"
    UNAVAILABLE_OUTSIDE = "unavailable_outside"
    TRY_AGAIN = "try_again"
    MISTAKE = "mistake"
    # It cannot be loaded.
    UNAVAILABLE = "unavailable"
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
    Kind.BAD_INPUT, Kind.UNAVAILABLE_OUTSIDE, Kind.MISTAKE, Kind.UNAVAILABLE, Kind.OUT_OF_MEMORY,
    Kind.FILE_TOO_LARGE, Kind.RESULT_TOO_LARGE, Kind.TIMED_OUT,
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
    """Its consumer stops or lost it, and nothing of it lives."""

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
class Answer:
    """The last that a job process says of an attempt.

    `is_clean` says that the next one finds nothing of it in the process.
    """

    outcome: Said
    is_clean: bool


def frame_of(of: str, said: Progress | Answer) -> dict[str, Any]:
    """What a job process says about the attempt `of`, as `frames.encode` takes it."""
    return {"of": of, **vars(said)}


def said_in(frame: Mapping[str, Any]) -> Progress | Answer:
    """What a frame of a job process says; raises `Broken`."""
    members = {name: value for name, value in frame.items() if name != "of"}
    shape: type[Progress | Answer] = Progress if "percent" in members else Answer
    try:
        said = shapes.read(shape, members)
    except shapes.WrongShape as error:
        raise Broken(str(error)) from None
    if isinstance(said, Progress) and not 0 <= said.percent <= 100:
        raise Broken(f"percent: {said.percent}")
    return said


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
