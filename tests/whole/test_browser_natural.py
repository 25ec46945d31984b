"""The form of a function as people write it, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.support.browser import choose, complaints, find, press, submit, text_of
from tests.support.running import Running, running, wait_for

TYPES = """
import time
from dataclasses import dataclass
from datetime import date, datetime, time as clock, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Literal

from bellhop import job_type


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass
class Line:
    name: str
    due: date | None = None


@dataclass
class Order:
    number: int
    lines: list[Line]


@job_type
def compare(left: Path, right: Path, ignore_case=False):
    texts = [left.read_text(), right.read_text()]
    return len({text.lower() if ignore_case else text for text in texts}) == 1


@job_type
def nightly():
    return "done"


@job_type
def ship(order: Order, express: bool = False):
    return [type(order).__name__, type(order.lines[0].due).__name__, order.number, express]


@job_type
def fields(*, when: datetime, at: clock = clock(9, 30), pause: timedelta = timedelta(minutes=5),
           price: Decimal = Decimal("2.50"), colour: Colour = Colour.BLUE, size: int | str = 3,
           days: list[date] = [], span: tuple[int, int] = (1, 9), first: Line | None = None,
           weights: dict[str, float] = {"x": 1.5}):
    '''Show fields.

    Args:
        price: What one of them costs.
    '''
    return {name: [type(value).__name__, str(value)] for name, value in locals().items()}


@job_type
def steps():
    for number in range(600):
        yield {"so_far": number}
        time.sleep(0.1)
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("natural")
    (folder / "types").mkdir()
    (folder / "types" / "own.py").write_text(TYPES)
    with running(folder, BELLHOP_JOBTYPES_FOLDER=str(folder / "types")) as bellhop:
        bellhop.serve()
        yield bellhop


@pytest.fixture
def page(browser: webdriver.Chrome, served: Running) -> Iterator[webdriver.Chrome]:
    complaints(browser)
    browser.get(served.url)
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, "[data-types] [value=nightly]"))
    yield browser
    assert complaints(browser) == []


def set_value(page: webdriver.Chrome, selector: str, value: str) -> None:
    page.execute_script(
        "const field = document.querySelector(arguments[0]); field.value = arguments[1];"
        "field.dispatchEvent(new Event('input', {bubbles: true}));",
        selector, value,
    )  # fmt: skip


def result(served: Running, job_id: str) -> Any:
    assert served.final(job_id)["status"] == "completed"
    return served.client().result(job_id)["items"][0]["data"]


def test_it_has_a_place_for_each_file(
    page: webdriver.Chrome, served: Running, tmp_path: Path
) -> None:
    choose(page, "compare")
    for selector, text in (("[data-file-input]", "A"), ("[data-beside-input=right]", "a")):
        (tmp_path / f"{text}.txt").write_text(text)
        find(page, selector).send_keys(str(tmp_path / f"{text}.txt"))
    press(page, "#param-ignore_case")
    assert result(served, submit(page)) is True


def test_it_says_which_file_is_missing(page: webdriver.Chrome, tmp_path: Path) -> None:
    choose(page, "compare")
    (tmp_path / "a.txt").write_text("a")
    find(page, "[data-file-input]").send_keys(str(tmp_path / "a.txt"))
    press(page, "[data-submit]")
    assert "No file chosen" in find(page, "#beside-right-error").text
    assert page.switch_to.active_element.get_attribute("id") == "beside-right"


def test_it_submits_a_type_without_input_by_its_button(
    page: webdriver.Chrome, served: Running
) -> None:
    choose(page, "nightly")
    assert not find(page, "[data-files-part]").is_displayed()
    assert result(served, submit(page)) == "done"


def test_it_draws_the_members_of_an_item(page: webdriver.Chrome, served: Running) -> None:
    choose(page, "ship")
    set_value(page, "[data-field=number] input", "7")
    set_value(page, "[data-field=name] input", "Bell")
    set_value(page, "[data-field=due] input", "2026-01-02")
    assert result(served, submit(page)) == ["Order", "date", 7, False]


def test_it_names_the_member_that_is_missing(page: webdriver.Chrome) -> None:
    choose(page, "ship")
    press(page, "[data-submit]")
    assert page.switch_to.active_element.get_attribute("name") == "number"


def test_it_gives_the_objects_that_the_hints_say(page: webdriver.Chrome, served: Running) -> None:
    choose(page, "fields")
    assert "What one of them costs." in find(page, "[data-field=price]").text
    set_value(page, "#param-when", "2026-01-02T10:00")
    set_value(page, "#param-size", "7")
    press(page, "[data-field=days] .repeated > button")
    set_value(page, "[data-field=days] input", "2026-01-02")
    press(page, "#param-first-given")
    set_value(page, "[data-field=first] [data-field=name] input", "Bell")
    found = result(served, submit(page))
    assert {name: kind for name, (kind, _) in found.items()} == {
        "when": "datetime", "at": "time", "pause": "timedelta", "price": "Decimal",
        "colour": "Colour", "size": "int", "days": "list", "span": "tuple", "first": "Line",
        "weights": "dict",
    }  # fmt: skip
    assert found["days"][1] == "[datetime.date(2026, 1, 2)]"


def test_it_removes_and_adds_rows(page: webdriver.Chrome, served: Running) -> None:
    choose(page, "fields")
    set_value(page, "#param-when", "2026-01-02T10:00")
    press(page, "[data-field=weights] .row > button")
    press(page, "[data-field=weights] .repeated > button")
    set_value(page, "[data-field=weights] [aria-label=Name]", "y")
    set_value(page, "[data-field=weights] [type=number]", "2")
    assert result(served, submit(page))["weights"][1] == "{'y': 2.0}"


def test_it_shows_what_a_running_function_has_given(
    page: webdriver.Chrome, served: Running
) -> None:
    choose(page, "steps")
    job_id = submit(page)
    page.get(f"{served.url}/jobs/{job_id}")
    wait_for(lambda: "So far: Steps" in text_of(page, "[data-partial-item]"))
    served.client().cancel(job_id)
