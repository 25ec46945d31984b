"""Functions that are coroutines or generators, and things that are iterated with progress."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bellhop.functions.yielding import finished
from bellhop.words import Context


class Heard:
    """A context that hears progress, and the partial results that were shown."""

    def __init__(self, tmp_path: Path):
        self.told: list[dict[str, Any]] = []
        self.shown: list[Any] = []
        self.context = Context(
            filename="a", output_dir=tmp_path, scratch_dir=tmp_path, item_id="1", attempt=1,
            settings={}, tell=self.told.append, cancel_asked=lambda: False,
        )  # fmt: skip

    def finish(self, returned: Any) -> Any:
        return finished(returned, self.context, self.shown.append)

    @property
    def steps(self) -> list[tuple[int, str]]:
        return [(each["progress"], each["step"]) for each in self.told]


@pytest.fixture
def heard(tmp_path: Path) -> Heard:
    return Heard(tmp_path)


def working() -> Iterator[Any]:
    yield 10
    yield "Reading"
    yield {"rows": 1}
    yield 50
    yield {"rows": 2}


def test_it_takes_the_last_partial_result_as_the_result(heard: Heard) -> None:
    assert heard.finish(working()) == {"rows": 2}
    assert heard.shown == [{"rows": 1}, {"rows": 2}]


def test_it_takes_numbers_as_progress_and_texts_as_steps(heard: Heard) -> None:
    heard.finish(working())
    assert heard.steps == [(10, ""), (10, "Reading"), (50, "")]


def test_it_prefers_what_a_generator_returns(heard: Heard) -> None:
    def both() -> Any:
        yield [1]
        return [2]

    assert heard.finish(both()) == [2]


def test_it_has_no_result_where_a_generator_gave_none(heard: Heard) -> None:
    assert heard.finish(n for n in (1, 2)) is None


def test_it_waits_for_a_coroutine(heard: Heard) -> None:
    async def later() -> int:
        return 3

    assert heard.finish(later()) == 3


def test_it_goes_through_an_asynchronous_generator(heard: Heard) -> None:
    async def working() -> AsyncIterator[Any]:
        yield 50
        yield [1]

    assert heard.finish(working()) == [1]
    assert heard.steps == [(50, "")]


def test_it_shows_how_many_things_are_done(heard: Heard) -> None:
    assert list(heard.context.iterate("abcd", "Letters")) == list("abcd")
    assert heard.steps == [(0, "Letters"), (25, "Letters"), (50, "Letters"), (75, "Letters")]


def test_it_shows_no_number_of_things_that_cannot_be_counted(heard: Heard) -> None:
    assert list(heard.context.iterate(iter("ab"))) == ["a", "b"]
    assert heard.steps == [(0, "")]
