"""How an attempt that ran is recorded: every way it can end becomes one move of the lifecycle."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, assert_never

from bellhop.base.killpoint import die_at
from bellhop.base.masking import Mask
from bellhop.consumer.hand import Hand
from bellhop.consumer.moves import nothing
from bellhop.consumer.watch import Watch
from bellhop.jobprocess.outcome import (
    Cancelled,
    Completed,
    Crashed,
    Failed,
    Incomplete,
    Interrupted,
    JobWarning,
    Kind,
    Later,
    Outcome,
)
from bellhop.jobs import lifecycle, webhooks
from bellhop.jobs.lifecycle import Claim
from bellhop.storage.files import Files, Scratch

OUTPUT_REMOVED: JobWarning = {
    "code": "output_removed",
    "message": "The job type removed its output folder, so there are no output files.",
    "where": None,
}
log = logging.getLogger("bellhop.workers")


@dataclass(frozen=True)
class Ran:
    """An attempt that ran: how it ended, and after how many seconds.

    `delays_s` are those of its type, `mask` knows the secrets that it was given, and what it
    wrote is in `scratch`: nothing, if the next item has begun there already.
    """

    outcome: Outcome
    seconds: float
    delays_s: Sequence[float]
    mask: Mask
    scratch: Scratch
    is_followed: bool


def record(claim: Claim, ran: Ran, files: Files, watch: Watch, hand: Hand) -> None:
    """Turn how the attempt ended into one move, and leave that to the hand of its worker."""
    outcome = ran.outcome
    if isinstance(outcome, Completed):
        return _complete(claim, ran, outcome, files, watch, hand)
    with contextlib.suppress(OSError):
        ran.scratch.clear()  # it may be what fills the disk
    is_gone = isinstance(outcome, Failed) and outcome.error.code == "webhook_gone"
    hand.end(
        claim,
        watch,
        _move_for(claim, outcome, ran.delays_s),
        partial(_disable, claim) if is_gone and claim.type == webhooks.TYPE else nothing,
    )


def _disable(claim: Claim, is_recorded: bool) -> None:
    webhooks.disable(claim.owner, claim.params["url"])


def _complete(
    claim: Claim, ran: Ran, done: Completed, files: Files, watch: Watch, hand: Hand
) -> None:
    name = files.fresh_name(claim.name)
    published, warnings = _publish(claim, ran, files, name, watch)
    die_at("finish-files")
    completion = lifecycle.Completion(
        claim=claim,
        data=done.data,
        files=json.dumps(published),
        warnings=json.dumps([*done.warnings, *warnings]),
        seconds=ran.seconds,
    )

    def follow(is_recorded: bool) -> None:
        die_at("finish-commit")
        if published and not is_recorded:
            files.withdraw(claim.job_id, name)

    hand.end(claim, watch, completion, follow)


def _publish(
    claim: Claim, ran: Ran, files: Files, name: str, watch: Watch
) -> tuple[list[dict[str, Any]], list[JobWarning]]:
    """The files that were published, and why others are not there."""
    if ran.is_followed or not ran.scratch.has_output():
        return [], []
    publish = partial(files.publish, ran.scratch.output, claim.job_id, name)
    publish = partial(publish, watch.keep_lease, ran.mask.hits)
    published, left_out = watch.when_it_can_be(publish)
    warnings = [_left_out(ran.mask.within(name)) for name in left_out]
    if not os.path.lexists(ran.scratch.output):
        warnings.append(OUTPUT_REMOVED)
    return published, warnings


def _move_for(
    claim: Claim,
    outcome: Incomplete,
    delays_s: Sequence[float],
) -> Callable[[], bool]:
    """The move for an attempt that did not complete."""
    match outcome:
        case Later():
            return partial(lifecycle.try_again, claim, outcome.delay_s, outcome.reason)
        case Crashed():
            return partial(lifecycle.crash, claim, outcome.signal)
        case Cancelled():
            return partial(lifecycle.cancel, claim)
        case Interrupted():
            return partial(lifecycle.interrupt, claim, is_cut_off=outcome.is_cut_off)
        case Failed():
            return _failure(claim, outcome, delays_s)
        case _:
            assert_never(outcome)


def _failure(claim: Claim, failed: Failed, delays_s: Sequence[float]) -> Callable[[], bool]:
    """The end of the item, or another attempt for what may pass."""
    match failed.kind:
        case Kind.BAD_INPUT | Kind.TIMED_OUT | Kind.FILE_TOO_LARGE | Kind.RESULT_TOO_LARGE:
            return partial(lifecycle.fail, claim, failed.error)
        case Kind.LASTING_MISTAKE:
            log.error("job=%s item=%d: %s", claim.job_id, claim.index, failed.error.traceback)
            return partial(lifecycle.fail, claim, failed.error)
        case Kind.UNAVAILABLE_OUTSIDE | Kind.OUT_OF_MEMORY:
            return partial(lifecycle.fail_attempt, claim, failed.error, delays_s)
        case Kind.MISTAKE:
            log.error("job=%s item=%d: %s", claim.job_id, claim.index, failed.error.traceback)
            return partial(lifecycle.fail_attempt, claim, failed.error, delays_s)
        case _:
            assert_never(failed.kind)


def _left_out(name: str | None) -> JobWarning:
    if name is None:
        text = "Bellhop left out more output files than it names here."
    else:
        text = (
            "Bellhop left this output file out: its name cannot be shown, it is not a regular "
            "file, or the job wrote too many files."
        )
    return {"code": "file_left_out", "message": text, "where": name}
