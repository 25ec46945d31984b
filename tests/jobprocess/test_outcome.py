"""What a job process says is judged before anything else reads it."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest

from bellhop.base.errors import MOST_ERROR_DATA, ItemError, error_data, item_error
from bellhop.base.masking import MARK, Mask
from bellhop.jobprocess import frames, outcome
from bellhop.jobprocess.outcome import (
    Answer,
    Cancelled,
    Completed,
    Failed,
    Kind,
    Later,
    Partial,
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


def carried(said: Progress | Partial | Answer) -> Progress | Partial | Answer:
    """What a worker reads of what a job process writes."""
    buffer = bytearray(frames.encode(outcome.frame_of("a", said)))
    frame = frames.take(buffer, 1 << 26)
    assert frame is not None
    return outcome.said_in(frame)


@pytest.mark.parametrize("end", ENDS)
def test_it_carries_every_end_that_a_job_process_can_tell(end: Said) -> None:
    assert carried(Answer(end, True)) == Answer(end, True)
    assert carried(Answer(end, False, goes_on=True)) == Answer(end, False, goes_on=True)


def test_it_carries_progress() -> None:
    assert carried(Progress(50, "half")) == Progress(50, "half")


def test_it_carries_what_a_running_job_has_given() -> None:
    assert carried(Partial('{"a": 1}')) == Partial('{"a": 1}')


def test_it_takes_no_partial_result_that_nobody_could_look_at() -> None:
    with pytest.raises(frames.Broken):
        carried(Partial('"' + "a" * outcome.MOST_PARTIAL_BYTES + '"'))


GOOD: dict[str, Any] = {"is_clean": True, "goes_on": False, "outcome": {"kind": "cancelled"}}


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
        {"goes_on": None},
        {"more": 1},
        {"percent": 101, "step": ""},
    ],
)
def test_it_refuses_what_no_job_process_says(changed: dict[str, Any]) -> None:
    assert isinstance(outcome.said_in({"of": "a", **GOOD}), Answer)
    with pytest.raises(frames.Broken):
        outcome.said_in({"of": "a", **GOOD, **changed})


def completed(data: str, **warning: Any) -> dict[str, Any]:
    warnings = [{**WARNING, **warning}] if warning else []
    return {**GOOD, "outcome": {"kind": "completed", "data": data, "warnings": warnings}}


def failed(**error: Any) -> dict[str, Any]:
    told = {"code": "a", "message": "a", "hint": None, "traceback": None, "data": None, **error}
    return {**GOOD, "outcome": {"kind": "bad_input", "error": told}}


def later(delay_s: Any, reason: str = "") -> dict[str, Any]:
    return {**GOOD, "outcome": {"kind": "try_again", "delay_s": delay_s, "reason": reason}}


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    "frame",
    [
        completed(""),
        completed("{"),
        completed("{} {}"),
        completed("NaN"),
        completed("[1e999]"),
        completed("9" * 5000),
        completed('"\\ud800"'),
        completed(nested(102)),
        completed(nested(990)),
        completed(nested(100_000)),
        completed(f'"{"x" * outcome.MOST_RESULT_BYTES}"'),
        completed("{}", code="Not snake"),
        completed("{}", message="x" * 2001),
        completed("{}", message="a\0b"),
        completed("{}", where="x" * 201),
        failed(code=""),
        failed(code="x" * 65),
        failed(message="x" * 2001),
        failed(hint="x" * 2001),
        failed(traceback="x" * 20_001),
        failed(data={"a": "x" * MOST_ERROR_DATA}),
        failed(data=["a"]),
        later(-1),
        later(86_401),
        later(10**400),
        later(0, "x" * 2001),
        {"percent": 1 << 64, "step": ""},
        {"percent": 1, "step": "x" * 201},
        {"percent": 1, "step": "a\0b"},
    ],
    ids=lambda frame: json.dumps(frame)[:120],
)
def test_it_refuses_what_nobody_behind_the_worker_could_take(frame: dict[str, Any]) -> None:
    """Depth, numbers beyond 64 bits, halves of characters, and texts without an end."""
    with pytest.raises(frames.Broken):
        outcome.said_in(frame)


def test_it_refuses_more_warnings_than_anybody_reads() -> None:
    frame = completed("{}", message="x")
    frame["outcome"]["warnings"] *= outcome.MOST_WARNINGS
    assert isinstance(outcome.said_in(frame), Answer)
    frame["outcome"]["warnings"] *= 2
    with pytest.raises(frames.Broken):
        outcome.said_in(frame)


def test_it_cuts_what_a_job_type_says_to_what_a_worker_takes() -> None:
    long = "x" * 5_000_000
    ends: list[Said] = [
        Completed("{}", [{"code": "So, so", "message": long, "where": long}] * 20_000),
        Later(float("inf"), long),
        Later(float("nan"), "a\0b"),
        Failed(Kind.MISTAKE, ItemError("Ünder-stood?", long, long, long)),
    ]
    told = [carried(Answer(end, True)) for end in ends]
    ends = [answer.outcome for answer in told if isinstance(answer, Answer)]
    assert isinstance(ends[0], Completed) and ends[0].warnings[0]["code"] == "so_so"
    assert ends[1:3] == [Later(86_400, "x" * 2000), Later(0, "a\N{REPLACEMENT CHARACTER}b")]
    assert isinstance(ends[3], Failed) and ends[3].error.code == "nder_stood"
    assert carried(Progress(100_000, long)) == Progress(100, "x" * 200)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        f'{{"of": {nested(990)}}}'.encode(),
        b'{"of": NaN}',
        b'{"of": ' + b"9" * 5000 + b"}",
        b'{"of": "\\ud800"}',
        b'{"of": "\xff"}',
        b'[["of", "a"]]',
        b"",
    ],
)
def test_it_refuses_a_frame_that_is_no_object_everybody_can_read(body: bytes) -> None:
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


def test_it_carries_the_data_of_an_error_masked() -> None:
    error = ItemError("odd", "no", data={"names": ["hunter22", "ü"], "count": 1})
    end = Failed(Kind.BAD_INPUT, error)
    frame = json.loads(frames.encode(outcome.frame_of("a", Answer(end, is_clean=True)))[4:])
    said = outcome.said_in(frame)
    assert said == Answer(end, is_clean=True)
    shown = outcome.masked(end, Mask(["hunter22"]))
    assert isinstance(shown, Failed)
    assert json.loads(shown.error.shown())["data"] == {"names": [MARK, "ü"], "count": 1}


def test_it_says_nothing_of_data_where_an_error_has_none() -> None:
    assert set(json.loads(ItemError("odd", "no").shown())) == {"code", "message", "hint"}


def test_it_leaves_out_the_data_of_an_error_that_is_too_long() -> None:
    assert error_data({"a": "x" * MOST_ERROR_DATA}) is None
    assert error_data({"a": ("x", 1)}) == {"a": ["x", 1]}


@pytest.mark.parametrize("data", [{"a": {1}}, {"a": float("nan")}, ["a"]])
def test_it_takes_only_a_json_object_as_the_data_of_an_error(data: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        error_data(data)
