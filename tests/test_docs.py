"""The documents say what the program does; where they part, a test fails."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from bellhop.base import errors
from bellhop.base.addresses import API
from bellhop.catalog import loading, typefiles
from bellhop.jobs.lifecycle import MOVES
from bellhop.reloading import taking
from bellhop.settings.sections import Server
from bellhop.web.routes import every_route
from tests.support.modules import BUDGETS, CORE
from tests.support.places import ROOT

DOCS = ROOT / "docs"


def read(name: str) -> str:
    return (ROOT / name).read_text()


def test_it_shows_the_word_count_as_it_is() -> None:
    code = read("bellhop/jobtypes/word_count.py")
    assert f"```python\n{code}```" in read("docs/adding-a-job-type.md")


def test_it_tells_every_move_from_where_it_starts_to_where_it_ends() -> None:
    rows = re.findall(
        r"^\| (\w+) \| ([a-z, ]*) \| (\w+) \| .+ \|$", read("docs/lifecycle.md"), re.M
    )
    told = {move: (tuple(filter(None, origins.split(", "))), to) for move, origins, to in rows}
    told.pop("move")  # the head of the table
    assert told == {name: (move.origins, move.target) for name, move in MOVES.items()}


def shown(path: str) -> str:
    """A route as the documents write it: `/jobs/ID/items/INDEX`."""
    names = {"job_id": "ID", "number": "N", "sha256": "SHA256"}
    return re.sub(r"<(\w+)[^>]*>", lambda m: names.get(m[1], m[1].upper()), path)


def test_it_names_every_route() -> None:
    text = read("docs/api.md")
    told = [(r.method, shown(r.path)) for r in every_route() if r.path.startswith(API)]
    assert len(told) > 25
    for method, path in told:
        assert f"`{method} {path}`" in text, (method, path)


@pytest.mark.parametrize("code", sorted([*errors.PROBLEMS, *errors.ITEM_ERRORS]))
def test_it_lists_every_code_a_client_can_be_told(code: str) -> None:
    assert f"| `{code}` |" in read("docs/api.md")


def test_it_says_why_each_package_is_there() -> None:
    text = read("docs/dependencies.md").lower()
    project = tomllib.loads(read("pyproject.toml"))
    given = [project["project"]["dependencies"], *project["dependency-groups"].values()]
    given += project["project"]["optional-dependencies"].values()
    for pin in (pin for pins in given for pin in pins):
        assert re.split(r"[\[=]", pin)[0].lower() in text, pin


def test_it_names_the_distribution_by_its_own_name() -> None:
    """What is called bellhop on PyPI is another project."""
    texts = [*ROOT.glob("*.*"), ROOT / "Makefile", *DOCS.rglob("*.md"), *ROOT.glob("static/**/*.*")]
    texts += [path for top in ("bellhop", "tests", "tools") for path in ROOT.glob(f"{top}/**/*.py")]
    bare = re.compile(r"pip[x\d]? (?:install|download|wheel)\b[^\n]*\bbellhop(?![\w.-]|/)")
    for path in texts:
        if path.is_file() and path.suffix not in (".png", ".pyz"):
            assert not bare.search(path.read_text()), path


def test_it_has_a_page_and_a_viewer_for_each_type_that_comes_with_it() -> None:
    pages = "".join(path.read_text() for path in sorted((DOCS / "types").glob("*.md")))
    for path in typefiles.BUILT_IN.glob("[a-z]*.py"):
        for name, job_type in loading.load(path).items():
            if job_type.hidden or name == "word_count":  # the example of docs/adding-a-job-type.md
                continue
            assert f"`{name}`" in pages, name
            for suffix in ("js", "css"):
                assert (ROOT / "static" / "views" / f"{job_type.viewer}.{suffix}").exists(), name


def test_it_shows_each_example_in_the_demo() -> None:
    demo = read("tools/demo.py")
    for path in (ROOT / "examples").iterdir():
        assert f'"{path.name}"' in demo, path.name


def test_it_shows_every_wing_in_the_architecture() -> None:
    text = read("docs/architecture.md")
    for wing in BUDGETS:
        assert f" {wing}/ " in text, wing


def test_it_says_which_settings_need_a_restart() -> None:
    rows = re.findall(r"^\| `\[([\w:]+)\]` \| (`.*) \|$", read("docs/settings.md"), re.M)
    known = {section: tuple(re.findall(r"`(\w+)`", keys)) for section, keys in rows}
    assert known == taking.AT_START


def test_it_says_how_large_each_wing_may_be() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", read("docs/decisions/0001-wings.md"), re.M)
    assert {wing: int(lines.replace(",", "")) for wing, lines in rows} == BUDGETS


def test_it_names_five_files_for_each_way_through_the_wings() -> None:
    ways = re.findall(r"^\| [a-z ]+ \| (`.* → .*`) \|$", read("docs/architecture.md"), re.M)
    assert len(ways) == 4
    for way in ways:
        names = way.replace("`", "").split(" → ")
        assert len(names) == 5, way
        for name in names:
            assert (ROOT / "bellhop" / name).is_file() or (ROOT / name).is_file(), name


def test_it_has_every_make_target_it_names() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", read("Makefile"), re.M))
    named = set()
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]:
        named |= set(re.findall(r"\bmake ([a-z]+)\b(?= |`|\n|$)", path.read_text()))
    assert named - {"a"} <= targets
    assert targets >= {"run", "test", "check", "demo", "dev", "dist", "help", "bench", "eval"}
    assert targets >= {"quick", "fmt", "proof"}


def test_it_has_no_dead_link() -> None:
    for path in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        ROOT / "SECURITY.md",
        *DOCS.rglob("*.md"),
    ]:
        for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


def headings(path: Path) -> set[str]:
    """How a link names each heading of a page."""
    found = re.findall(r"^#+ (.+)$", path.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in found}


def test_it_leads_to_headings_that_are_there() -> None:
    for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]:
        for link, heading in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", path.read_text()):
            assert heading in headings(path.parent / link if link else path), (path.name, heading)


def test_it_speaks_of_no_machine() -> None:
    """No path of a developer's machine in anything that is shipped."""
    for path in [*ROOT.glob("*.*"), *DOCS.rglob("*.md"), *ROOT.glob("static/**/*"), *CORE]:
        if path.is_file() and path.suffix not in (".png", ".pyz"):
            assert not re.search(r"/(root|work|home)/\w", path.read_text()), path


def test_it_names_tests_that_are_there_for_each_defence() -> None:
    text = read("docs/security.md")
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    assert set(re.findall(r"`(test_\w+\.py)`", text)) <= {path.name for path in files}
    tests = "".join(path.read_text() for path in files)
    named = re.findall(r"`(test_it_\w+)…?`", text)
    assert len(named) > 8
    for name in named:
        assert f"def {name}" in tests, name


def test_it_says_of_each_requirement_of_the_asvs_what_holds() -> None:
    """Version 5.0 has 70 requirements of level 1 and 183 of level 2."""
    text = read("docs/security.md")
    cell = r"([^|]+)"
    lines = re.findall(rf"^\| ([\d., ]+) \| ([12]) \| {cell} \| {cell} \|([^|]*)\|$", text, re.M)
    told = [(one, level) for names, level, *_ in lines for one in names.split(", ")]
    assert len(told) == len(set(told)) == 70 + 183
    assert sum(level == "1" for _, level in told) == 70
    for names, _, status, _, proof in lines:
        assert status in ("met", "part", "proxy", "no", "n/a"), names
        is_about_documents = re.match(r"(\d+)\.1\.\d", names) is not None
        assert status != "met" or is_about_documents or "`test_" in proof, names


def test_it_prepares_a_devcontainer_by_lines_of_the_makefile() -> None:
    given = json.loads(read(".devcontainer/devcontainer.json"))
    targets = re.findall(r"^([a-z./-]+):", read("Makefile"), re.M)
    assert given["onCreateCommand"].removeprefix("make ") in targets
    assert given["forwardPorts"] == [Server().port]
