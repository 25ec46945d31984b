"""The page New in a real Chromium: job types as cards, files, what is sent, and where it goes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.support.browser import (
    choose,
    chosen_type,
    complaints,
    drop,
    find,
    ids,
    press,
    submit,
    text_of,
)
from tests.support.running import Running, wait_for

SHOWN = """
return [...document.querySelectorAll("[data-types] label")]
    .filter((card) => card.offsetParent)
    .map((card) => card.querySelector(".type-name").textContent);"""
IN_SIGHT = """
const { top, bottom } = document.querySelector(arguments[0]).getBoundingClientRect();
return top >= 0 && bottom <= innerHeight;"""
FEW = 8


@pytest.fixture
def page(browser: webdriver.Chrome, served: Running) -> Iterator[webdriver.Chrome]:
    complaints(browser)
    opened(browser, served)
    yield browser
    assert complaints(browser) == []


def opened(browser: webdriver.Chrome, served: Running) -> None:
    browser.get(served.url)
    wait_for(lambda: find(browser, "[data-types]").is_displayed())


def shown(browser: webdriver.Chrome) -> list[str]:
    """The labels of the cards that are shown."""
    return list(browser.execute_script(SHOWN))


def is_in_sight(browser: webdriver.Chrome, selector: str) -> bool:
    return bool(browser.execute_script(IN_SIGHT, selector))


@contextlib.contextmanager
def width(browser: webdriver.Chrome, pixels: int) -> Iterator[None]:
    size = {"width": pixels, "height": 700, "deviceScaleFactor": 1, "mobile": pixels < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    yield
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_it_shows_the_job_types_that_were_used_last_first(
    page: webdriver.Chrome, served: Running
) -> None:
    first = shown(page)
    assert first == sorted(first, key=str.lower) and len(first) == FEW
    for name in ("upper", "noop"):
        choose(page, name)
        if name == "noop":
            find(page, "[data-text-input]").send_keys("a")
        else:
            drop(page, ("a.txt", "a"))
        submit(page)
    opened(page, served)
    assert shown(page)[:2] == ["No-op", "Upper"]


def test_it_finds_a_job_type_among_many(page: webdriver.Chrome) -> None:
    search = find(page, "[data-type-search]")
    search.send_keys("WORDS .txt")
    assert shown(page) == ["Word count"]
    search.send_keys(Keys.ENTER)
    page.switch_to.active_element.send_keys(Keys.SPACE)
    assert chosen_type(page) == "word_count"
    search.send_keys("?")
    # The chosen one stays, so that nobody sends what they do not see.
    assert shown(page) == ["Word count"]
    assert text_of(page, "[data-no-type]") == "No job type matches."


def test_it_says_why_a_job_type_is_not_available(page: webdriver.Chrome) -> None:
    assert "2 of them not available" in text_of(page, "[data-all-types]")
    press(page, "[data-all-types]")
    assert len(shown(page)) == len(page.find_elements(By.CSS_SELECTOR, "[data-types] label"))
    assert "[queue:elsewhere]" in text_of(page, "[data-unavailable-reason=elsewhere]")
    assert not find(page, "[data-types] [value=elsewhere]").is_enabled()
    # The focus is on the first that was not shown before.
    assert page.switch_to.active_element.get_attribute("name") == "job-type"


def test_it_chooses_a_job_type_with_the_arrow_keys(page: webdriver.Chrome) -> None:
    choose(page, "together")
    before = chosen_type(page)
    find(page, "[data-types] :checked").send_keys(Keys.ARROW_DOWN)
    assert chosen_type(page) not in (before, None)
    find(page, "[data-types] :checked").send_keys(Keys.ARROW_UP)
    assert chosen_type(page) == before


def test_it_asks_for_a_job_type_at_the_cards(page: webdriver.Chrome) -> None:
    press(page, "[data-submit]")
    assert text_of(page, "[data-type-error]") == "Choose what should be done."
    assert page.switch_to.active_element.get_attribute("name") == "job-type"
    page.switch_to.active_element.send_keys(Keys.SPACE)
    assert text_of(page, "[data-type-error]") == ""


def test_it_says_what_it_will_send(page: webdriver.Chrome) -> None:
    summary = "[data-summary]"
    assert text_of(page, summary) == "Add files or choose a job type"
    drop(page, ("a.txt", "x" * 2048), ("b.txt", "x" * 1024))
    choose(page, "word_count")
    assert text_of(page, summary) == "2 files, 3 KB → Word count"
    choose(page, "visit")
    assert text_of(page, summary) == "Nothing yet → Visit"
    assert "the chosen ones will not be sent" in text_of(page, "[data-type-hint]")
    find(page, "[data-text-input]").send_keys("https://a.example\nhttps://b.example\n")
    assert text_of(page, summary) == "2 URLs → Visit"
    choose(page, "nightly")
    assert text_of(page, summary) == "Nightly"
    assert text_of(page, "[data-no-input]") == "Nightly needs no input."


@pytest.mark.parametrize("pixels", [390, 1280])
def test_it_keeps_submit_in_sight_and_shows_the_new_job(
    page: webdriver.Chrome, served: Running, pixels: int
) -> None:
    with width(page, pixels):
        opened(page, served)
        press(page, "[data-all-types]")
        press(page, "[data-more-summary]")
        page.execute_script("scrollTo(0, 0)")
        assert is_in_sight(page, "[data-submit]") and is_in_sight(page, "[data-summary]")
        choose(page, "nightly")
        new = submit(page)
        assert ids(page)[0] == new
        wait_for(lambda: is_in_sight(page, f"[data-job-id='{new}']"))
