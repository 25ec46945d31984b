"""What a job process says is judged before anything else reads it."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest

from bellhop.base.errors import ItemError, item_error
from bellhop.base.masking import MARK, Mask
from bellhop.jobprocess import frames, outcome
from bellhop.jobprocess.outcome import (
    Answer,
    Cancelled,
    Completed,
    Failed,
    Kind,
    Later,
    Progress,
    Said,
)

WARNING: outcome.JobWarning = {"code": "odd", "message": "Row 3 is odd.", "where": None}
ENDS: list[Said] = [
    Completed('{"a": 1}', [WARNING]),
    Later(5.0, "not yet"),
    Failed(Kind.BAD_INPUT, ItemError("empty", "The file is empty.", "Try another.")),
    Failed(Kind.MISTAKE, item_error("unexpected_error", summary="oh", traceback="line 1")),
    Cancelled(),
]


def carried(said: Progress | Answer) -> Progress | Answer:
    """What a worker reads of what a job process writes."""
    buffer = bytearray(frames.encode(outcome.frame_of("a", said)))
    frame = frames.take(buffer, 1 << 20)
    assert frame is not None
    return outcome.said_in(frame)


@pytest.mark.parametrize("end", ENDS)
def test_it_carries_every_end_that_a_job_process_can_tell(end: Said) -> None:
    assert carried(Answer(end, True)) == Answer(end, True)


def test_it_carries_progress() -> None:
    assert carried(Progress(50, "half")) == Progress(50, "half")


GOOD: dict[str, Any] = {"is_clean": True, "outcome": {"kind": "cancelled"}}


@pytest.mark.parametrize(
    "changed",
    [
        {"outcome": {"kind": "promoted"}},
        {"outcome": {"kind": ["cancelled"]}},
        {"outcome": {}},
        {"outcome": None},
        {"outcome": {"kind": "interrupted"}},
        {"outcome": {"kind": "crashed", "signal": "SIGSEGV"}},
        {"outcome": {"kind": "completed", "data": {"a": 1}, "warnings": []}},
        {"outcome": {"kind": "completed", "data": "{}", "warnings": [{"code": "x"}]}},
        {"outcome": {"kind": "bad_input", "error": {"code": "x"}}},
        {"outcome": {"kind": "try_again", "delay_s": "soon", "reason": ""}},
        {"is_clean": 1},
        {"more": 1},
        {"percent": 101, "step": ""},
    ],
)
def test_it_refuses_what_no_job_process_says(changed: dict[str, Any]) -> None:
    assert isinstance(outcome.said_in({"of": "a", **GOOD}), Answer)
    with pytest.raises(frames.Broken):
        outcome.said_in({"of": "a", **GOOD, **changed})


def test_it_refuses_a_frame_that_is_nested_too_deep() -> None:
    body = b"[" * 100_000
    with pytest.raises(frames.Broken):
        frames.take(bytearray(struct.pack(">I", len(body)) + body), 1 << 20)


@pytest.mark.parametrize("end", ENDS)
def test_it_masks_every_text_of_the_job_and_no_name_of_ours(end: Said) -> None:
    """Also where a secret is a word that Bellhop uses."""
    secrets = ["The file is empty.", "Try another.", "Row 3 is odd.", "not yet", "line 1"]
    names = ["message", "unexpected_error", "traceback", "bad_input"]
    shown = outcome.masked(end, Mask([*secrets, *names]))
    assert type(shown) is type(end) and shown.kind == end.kind
    text = json.dumps(outcome.frame_of("a", Answer(shown, True)), default=vars)
    assert not [secret for secret in secrets if secret in text]
    if isinstance(end, Failed) and end.kind is Kind.MISTAKE:
        assert isinstance(shown, Failed) and shown.error.code == "unexpected_error"


def test_it_masks_a_code_that_the_job_type_made_up() -> None:
    shown = outcome.masked(Failed(Kind.BAD_INPUT, ItemError("hunter22", "no")), Mask(["hunter22"]))
    assert isinstance(shown, Failed) and shown.error.code == MARK
