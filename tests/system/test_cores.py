"""Web and consumer keep to a core each, and two of one machine never to the same."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator

import pytest

from bellhop.system import cores


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No other Bellhop is on this machine."""
    held: list[socket.socket] = []
    monkeypatch.setattr(cores, "ADDRESS", f"\0test-{uuid.uuid4()}-")
    monkeypatch.setattr(cores, "_given", [])
    monkeypatch.setattr(cores, "_held", held)
    yield
    for claim in held:
        claim.close()


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """What a process with the cores 0 to 2 keeps to."""
    kept: list[list[int]] = []
    monkeypatch.setattr(cores, "_given", [0, 1, 2])
    monkeypatch.setattr(cores, "run_on", lambda chosen: kept.append(list(chosen)))
    return kept


def test_it_keeps_a_consumer_and_a_web_apart(kept: list[list[int]]) -> None:
    assert (cores.keep_to_one(), cores.keep_to_one(from_last=True)) == (0, 2)
    assert kept == [[0], [2]]


def test_it_never_lets_two_keep_to_the_same_core(kept: list[list[int]]) -> None:
    assert [cores.keep_to_one() for _ in range(4)] == [0, 1, 2, None]
    assert len(kept) == 3


def test_it_gives_a_core_back_when_its_holder_is_gone(kept: list[list[int]]) -> None:
    cores.keep_to_one()
    cores._held.pop().close()
    assert cores.keep_to_one() == 0


def test_it_leaves_a_process_with_one_core_alone(
    kept: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "_given", [1])
    assert cores.keep_to_one() is None
    assert kept == []


def test_it_remembers_the_cores_that_a_job_may_use() -> None:
    before = os.sched_getaffinity(0)
    try:
        cores.keep_to_one()
        assert cores.given() == sorted(before)
    finally:
        os.sched_setaffinity(0, before)
