"""What people read is in static/texts/ and in the HTML: a translation is these two."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bellhop.web.openapi import document
from tests.support.places import ROOT
from tests.support.scripts import Literal, literals

STATIC = ROOT / "static"
TEXTS = sorted(STATIC.glob("texts/*.js"))
SCRIPTS = sorted(path for path in STATIC.rglob("*.js") if path not in TEXTS)
# Each has a line to itself.
IMPORT = re.compile(r'^import .* "/static/(.+)\.js";\n', re.M)
TAKEN = re.compile(r"\btexts(?: as (\w+))? \}")
MEMBER = re.compile(r"^  (\w+)(?:: |,$)", re.M)

# A literal with these words is read by people wherever it stands, but not in these places.
SENTENCE = re.compile(r"[^\W\d_]{2,}[,.:;]? (?:[^\W_]|…)|… [^\W\d_]{2,}|^[A-Z][a-z]+(?![\w-])")
MARKUP = re.compile(
    r"""(?:className|class|rel|suffixes|SUFFIXES|viewBox|Accept"""
    r"""|"(?:data-\w+|aria-\w+by|Content-Type)")"""
    r"(?:: | = )[^,]*$"
    r"|(?:find|querySelector|querySelectorAll|closest|matches|fromTemplate|matchMedia|all"
    r"|getAttribute|setRequestHeader|headers\.get|Date\.parse|data\.append|quoted)\($"
    r"""|setAttribute\("aria-\w+by", $"""
    r"|(?:[=!]== |\?\? |case |includes\(|replace\(|split\(|join\()$"
)
# Selectors, conditions of styles, and what a browser keeps something under.
FOR_PROGRAMS = re.compile(r"\[[\w-]+[=\]]|^\((?:min|max)-|^bellhop\.")
# Any word that stands here is read, too.
SHOWN = re.compile(
    r"""(?:textContent|title|alt|placeholder|"?aria-label"?)(?::| =) (?:[^,]* [?:] )?$"""
    r"""|setAttribute\("(?:aria-label|title|placeholder|alt)", $"""
    r"|\b(?:setText|showText|tell|announce|offer|NotShown)\((?:.*, )?(?:[^,]* [?:] )?$"
    r"""|\bmake\("\w+", \{[^{}]*\}, (?:[^,]* [?:] )?$"""
)
WORD = re.compile(r"[^\W\d_]{2,}")
# Names that browsers and formats of files give: keys, headers, geometries, parts of a workbook.
NAMES = {
    "Accept", "Location", "Range",
    "Enter", "Escape", "Tab",
    "Feature", "Point", "Polygon",
    "General", "Id", "Relationship", "Target",
}  # fmt: skip


def is_said(literal: Literal) -> bool:
    is_key = literal.after.startswith(" in ") or FOR_PROGRAMS.search(literal.text)
    if literal.text in NAMES or is_key or MARKUP.search(literal.before):
        return False
    return bool(
        SENTENCE.search(literal.text)
        or (SHOWN.search(literal.before) and WORD.search(literal.text))
    )


def members(path: Path) -> set[str]:
    """The texts of a module, by their names."""
    _, texts = path.read_text().split("export const texts = {\n")
    return set(MEMBER.findall(texts))


def named(path: Path) -> dict[str, set[str]]:
    """The texts that a script takes, by their modules."""
    script = path.read_text()
    code = IMPORT.sub("", script)
    found = {}
    for line in IMPORT.finditer(script):
        module, taken = line[1], TAKEN.search(line[0])
        if module.startswith("texts/") and taken:
            begin = r"(?:(?<![\w.])|(?<=\.\.\.))"
            found[module] = set(re.findall(rf"{begin}{taken[1] or 'texts'}\.(\w+)", code))
    return found


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(STATIC)))
def test_it_has_what_people_read_in_the_folder_of_texts(path: Path) -> None:
    script = IMPORT.sub("\n", path.read_text())
    said = [f"{each.line}: {each.text}" for each in literals(script) if is_said(each)]
    assert said == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(STATIC)))
def test_it_has_each_text_that_a_script_names(path: Path) -> None:
    for module, names in named(path).items():
        assert names <= members(STATIC / f"{module}.js"), module


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_it_uses_each_text(path: Path) -> None:
    used = [named(script).get(f"texts/{path.stem}", set()) for script in SCRIPTS]
    assert members(path) - set().union(*used) == set()


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_it_has_no_markup_in_a_text(path: Path) -> None:
    assert [
        each.text for each in literals(path.read_text()) if re.search(r"<\w|&\w+;", each.text)
    ] == []


def test_it_names_each_place_of_the_bell() -> None:
    told = document.build()["components"]["schemas"]["Bell"]["properties"]["storage"]["enum"]
    named_bells = re.search(r"bells: \{(.*)\}", (STATIC / "texts" / "running.js").read_text())
    assert named_bells and set(re.findall(r"(\w+):", named_bells[1])) == set(told)
