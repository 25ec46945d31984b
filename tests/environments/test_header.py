"""The header of a file of job types: what it asks for, and what it may not say."""

from __future__ import annotations

import pytest

from bellhop.environments import header
from bellhop.environments.header import Needs


def script(*lines: str) -> str:
    return "\n".join(['"""A type."""', "# /// script", *(f"# {each}" for each in lines), "# ///"])


def test_it_reads_the_example_of_the_specification() -> None:
    text = script(
        'requires-python = ">=3.11"', "dependencies = [", '  "requests<3",', '  "rich",', "]"
    )
    assert header.read(text) == Needs(("requests<3", "rich"), ">=3.11")


@pytest.mark.parametrize("text", ["", "x = 1", "# script", "# /// other\n# a = 1\n# ///\n"])
def test_it_knows_that_there_is_none(text: str) -> None:
    assert header.read(text) is None


def test_it_reads_lines_as_windows_ends_them() -> None:
    found = header.read(script('dependencies = ["rich"]').replace("\n", "\r\n"))
    assert found == Needs(("rich",), "")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ('["a", "b"]', '["b", "a"]'), ('["Ruamel.YAML"]', '["ruamel_yaml"]'),
        ('["a [x, y]"]', '["a[x,y]"]'), ('[" a>=1 "]', '["a >=1"]'),
    ],
)  # fmt: skip
def test_it_finds_equal_what_means_the_same(left: str, right: str) -> None:
    one, other = (header.read(script(f"dependencies = {each}")) for each in (left, right))
    assert one == other


def test_it_leaves_the_table_of_tools_alone() -> None:
    assert header.read(script("dependencies = []", "[tool.uv]", "x = 1")) == Needs((), "")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dependencies = [", "not TOML"), ("dependencies = 'rich'", "a list of texts"),
        ("dependencies = [1]", "a list of texts"), ("dependency = ['rich']", "unknown key"),
        ("requires-python = 3.12", "must be a text"), ("requires-python = 'new'", "a version like"),
        ("requires-python = '>=3.*'", "a version like"),
        ("requires-python = '~=3'", "a version like"),
        *((f"dependencies = [{text!r}]", "is not a requirement") for text in (
            "", "--index-url=http://x", "-r /etc/passwd", "./here", "/there", "a b", "a\\x00",
            "git+https://example.org/a", "https://example.org/a-1-py3-none-any.whl",
        )),
    ],
)  # fmt: skip
def test_it_refuses_what_cannot_be_meant(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        header.read(script(line))


@pytest.mark.parametrize(
    "text",
    ["# /// script\n# dependencies = []\n", "# /// script\ndependencies = []\n# ///",
     script("dependencies = []") + "\n\n" + script("dependencies = []")],
)  # fmt: skip
def test_it_refuses_a_block_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="# /// script block"):
        header.read(text)


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ("", True), (">=3.11", True), (">=3.12", False), (">3.11", True), (">3.11.7", False),
        ("<3.12", True), ("<3.11", False), ("<=3.11.7", True), ("<=3.11", False),
        ("==3.11.7", True), ("==3.11.*", True), ("==3.11", False),
        ("!=3.11.*", False), ("!=3.11.6", True),
        ("~=3.10", True), ("~=3.11.5", True), ("~=3.11.8", False), (">=3.9, <3.11", False),
        (">=3.9,<4", True),
    ],
)  # fmt: skip
def test_it_compares_versions_of_python(asked: str, allowed: bool) -> None:
    needs = header.read(script(f"requires-python = '{asked}'"))
    assert needs and needs.allows((3, 11, 7)) is allowed


@pytest.mark.parametrize(
    ("dependency", "is_source"),
    [
        ("a @ https://example.org/a.tar.gz", True), ("a @ git+https://example.org/a", True),
        ("a @ https://example.org/a-1-py3-none-any.whl#sha256=0", False), ("a>=1", False),
        ("a @ https://example.org/a.zip?x=.whl", True),
    ],
)  # fmt: skip
def test_it_knows_what_would_be_built(dependency: str, is_source: bool) -> None:
    needs = header.read(script(f"dependencies = ['{dependency}']"))
    assert needs and bool(needs.sources()) is is_source
