"""A job type that is written while a page is open: it comes, changes and fails there by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.support.browser import choose, chosen_type, complaints, find, text_of
from tests.support.running import Running, running, wait_for

# Three seconds of 20 saves in 19, on a quiet machine: benchmarks/saving.py. Here others run too.
SEEN_CEILING_S = 10
SHOUT = """from bellhop import job_type
@job_type(label="{label}")
def {name}(text: str, *, times: int = 1) -> str:
    return text.upper() * times
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("saving")
    (folder / "types").mkdir()
    with running(folder, BELLHOP_JOBTYPES_FOLDER=str(folder / "types")) as bellhop:
        bellhop.serve()
        yield bellhop


@pytest.fixture
def types(served: Running) -> Path:
    return Path(served.environment["BELLHOP_JOBTYPES_FOLDER"])


@pytest.fixture
def page(browser: webdriver.Chrome, served: Running) -> Iterator[webdriver.Chrome]:
    complaints(browser)
    browser.get(served.url)
    wait_for(lambda: listed(browser, "word_count"))
    yield browser
    assert complaints(browser) == []


def save(types: Path, name: str, label: str = "Shout") -> None:
    (types / f"{name}.py").write_text(SHOUT.format(name=name, label=label))


def listed(browser: webdriver.Chrome, name: str) -> bool:
    return bool(browser.find_elements(By.CSS_SELECTOR, f"[data-types] [value={name}]:enabled"))


def test_it_lists_a_new_type_on_an_open_page(page: webdriver.Chrome, types: Path) -> None:
    for name in ("first", "second", "third"):
        save(types, name)
        saved = time.monotonic()
        wait_for(partial(listed, page, name))
        assert time.monotonic() - saved < SEEN_CEILING_S


def test_it_keeps_what_was_typed_when_another_type_comes(
    page: webdriver.Chrome, types: Path
) -> None:
    save(types, "typed")
    wait_for(lambda: listed(page, "typed"))
    choose(page, "typed")
    find(page, "[data-text-input]").send_keys("half a sen")
    find(page, "[data-params] input").clear()
    find(page, "[data-params] input").send_keys("7")
    save(types, "another")
    wait_for(lambda: listed(page, "another"))
    assert chosen_type(page) == "typed"
    assert find(page, "[data-text-input]").get_property("value") == "half a sen"
    assert find(page, "[data-params] input").get_property("value") == "7"


def test_it_keeps_the_form_while_the_file_of_its_type_is_broken(
    page: webdriver.Chrome, types: Path
) -> None:
    """As between two edits; what is wrong is said at the type."""
    save(types, "edited")
    wait_for(lambda: listed(page, "edited"))
    choose(page, "edited")
    find(page, "[data-text-input]").send_keys("half a sen")
    (types / "edited.py").write_text("from bellhop import job_type\n@job_type\ndef edited(:")
    wait_for(lambda: "SyntaxError" in text_of(page, "[data-type-error]"))
    save(types, "edited", "Shout again")
    wait_for(lambda: not find(page, "[data-type-error]").is_displayed())
    assert chosen_type(page) == "edited"
    assert find(page, "[data-text-input]").get_property("value") == "half a sen"
