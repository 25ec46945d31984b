"""What the command line of `try` gives to a job type."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from bellhop.base.errors import StartRefused
from bellhop.catalog.description import KnownType, unknown_type
from bellhop.cli.trygiven import Given, Item, read
from bellhop.functions.signature import Input

LEFT, RIGHT = Input("left", "file", True, {}), Input("right", "file", True, {})
MASK, PAGES = Input("mask", "file", False, {}), Input("pages", "files", False, {})


def known(*inputs: Input) -> KnownType:
    """A type with these inputs; nothing else of it counts here."""
    members = {field.name: None for field in fields(KnownType)}
    return KnownType(**{**members, **vars(unknown_type("compare")), "inputs": inputs})


@pytest.fixture
def paths(tmp_path: Path) -> tuple[str, str, str]:
    for name in "abc":
        (tmp_path / name).touch()
    a, b, c = (str(tmp_path / name) for name in "abc")
    return a, b, c


def test_it_makes_an_item_of_each_file(paths: tuple[str, str, str]) -> None:
    a, b, _ = paths
    assert read(known(LEFT), [a, b], []).items == (Item(a, "a"), Item(b, "b"))


def test_it_makes_one_item_of_files_that_belong_together(paths: tuple[str, str, str]) -> None:
    item = Item(list(paths), "a and 2 more")
    assert read(known(Input("files", "files", True, {})), paths, []).items == (item,)


def test_it_gives_the_files_of_further_inputs_to_each_item(paths: tuple[str, str, str]) -> None:
    a, b, c = paths
    given = read(known(LEFT, RIGHT, PAGES), [a, b], [("right", f"@{c}"), ("pages", f"@{a}")])
    assert given == Given((Item(a, "a"), Item(b, "b")), {"right": [c], "pages": [a]}, {})


def test_it_takes_the_main_file_by_its_name_as_well(paths: tuple[str, str, str]) -> None:
    a, b, _ = paths
    given = read(known(LEFT, RIGHT), [], [("left", f"@{a}"), ("right", f"@{b}")])
    assert given == Given((Item(a, "a"),), {"right": [b]}, {})


@pytest.mark.parametrize("inputs", [(), (MASK,)])
def test_it_makes_one_item_of_nothing(inputs: tuple[Input, ...]) -> None:
    assert read(known(*inputs), [], []) == Given((Item(None, "compare"),), {}, {})


def test_it_makes_an_item_of_each_text_and_each_object() -> None:
    assert read(known(Input("text", "text", True, {})), ["a", "b"], []).items[1] == Item("b", "b")
    objects = read(known(Input("data", "data", True, {})), ['{"n": 1}', "{}"], []).items
    assert [item.value for item in objects] == [{"n": 1}, {}]


@pytest.mark.parametrize(
    ("inputs", "typed", "pairs", "said"),
    [
        ((), ["x"], [], "compare takes no input; leave out x"),
        ((LEFT,), [], [], "left is missing; write python app.py try compare FILE"),
        ((LEFT, RIGHT), ["{a}"], [],
         "right is missing; write python app.py try compare FILE --param right=@FILE"),
        ((LEFT, RIGHT), ["{a}"], [("right", "{b}")], "write --param right=@FILE"),
        ((LEFT, RIGHT), ["{a}"], [("right", "@{b}"), ("right", "@{b}")], "right takes one file"),
        ((LEFT, RIGHT), ["{a}"], [("right", "@nowhere")], "nowhere: there is no such file"),
        ((Input("data", "data", True, {}),), ["{"], [], "is not JSON"),
        ((Input("data", "data", True, {}),), ["[1]"], [], "is not a JSON object"),
        ((Input("data", "data", True, {"required": ["n"]}),), ["{}"], [], "must contain"),
        ((Input("files", "files", True, {}),), [], [], "try compare FILE…"),
        ((), [], [("x", "1")], "has no such parameter"),
    ],
)  # fmt: skip
def test_it_says_what_to_write_instead(
    inputs: tuple[Input, ...],
    typed: list[str],
    pairs: list[tuple[str, str]],
    said: str,
    paths: tuple[str, str, str],
) -> None:
    def filled(text: str) -> str:
        return text.replace("{a}", paths[0]).replace("{b}", paths[1])

    with pytest.raises(StartRefused, match=said.replace("(", r"\(")):
        read(known(*inputs), [*map(filled, typed)], [(n, filled(text)) for n, text in pairs])
