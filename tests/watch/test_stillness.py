"""When a file has stopped growing."""

from __future__ import annotations

from bellhop.watch.stillness import EMPTY_S, STILL_S, Stillness


def test_it_waits_for_several_looks_and_some_seconds() -> None:
    still = Stillness()
    at = [0.0, 4.0, 9.9, STILL_S]
    assert [still.look({"a": (3, 1)}, now) for now in at] == [[], [], [], ["a"]]


def test_it_wants_several_looks_however_long_one_took() -> None:
    still = Stillness()
    assert [still.look({"a": (3, 1)}, now) for now in (0.0, 999.0, 1000.0)] == [[], [], ["a"]]


def test_it_begins_anew_when_a_file_grows() -> None:
    still = Stillness()
    sizes = [(1, 1), (2, 1), (2, 1), (2, 1)]
    found = [still.look({"a": size}, 6.0 * n) for n, size in enumerate(sizes)]
    assert found == [[], [], [], ["a"]]


def test_it_begins_anew_when_a_file_was_written_in_place() -> None:
    still = Stillness()
    for now in (0.0, 6.0):
        still.look({"a": (3, 1)}, now)
    assert still.look({"a": (3, 2)}, 12.0) == []


def test_it_begins_anew_with_a_file_that_came_back() -> None:
    still = Stillness()
    for now in (0.0, 6.0):
        still.look({"a": (3, 1)}, now)
    still.look({}, 8.0)
    assert still.look({"a": (3, 1)}, 12.0) == []


def test_it_gives_an_empty_file_more_time() -> None:
    still = Stillness()
    at = [0.0, 100.0, EMPTY_S - 1, EMPTY_S]
    assert [still.look({"a": (0, 1)}, now) for now in at] == [[], [], [], ["a"]]


def test_it_does_not_care_what_time_a_share_has() -> None:
    still = Stillness()
    hours_off = {"early": (3, -(10**18)), "late": (3, 10**19)}
    for now in (0.0, 6.0):
        still.look(hours_off, now)
    assert still.look(hours_off, 12.0) == ["early", "late"]
