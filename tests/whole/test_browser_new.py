"""The page New in a real Chromium: job types as cards, files, what is sent, and where it goes."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.support.axe import findings
from tests.support.browser import (
    choose,
    chosen_type,
    complaints,
    drop,
    find,
    ids,
    paste,
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


# Files and texts.


def test_it_takes_a_folder_with_its_paths(page: webdriver.Chrome, tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    (folder / "old").mkdir(parents=True)
    for name in ("a.txt", "old/a.txt", ".DS_Store"):
        (folder / name).write_text("a")
    find(page, "[data-folder-input]").send_keys(str(folder))
    wait_for(lambda: "2 files, 2 bytes" in text_of(page, "[data-summary]"))
    names = {name.text for name in page.find_elements(By.CSS_SELECTOR, "[data-file-name]")}
    assert names == {"scans/a.txt", "scans/old/a.txt"}
    assert "Left out 1 system file: .DS_Store" in text_of(page, "[data-toast]")


def test_it_takes_pasted_files_and_names_pictures(page: webdriver.Chrome) -> None:
    paste(page, ("notes.txt", "a"), ("image.png", "b"), at="body")
    names = [name.text for name in page.find_elements(By.CSS_SELECTOR, "[data-file-name]")]
    assert names[0] == "notes.txt"
    assert re.fullmatch(r"Pasted image \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.png", names[1])


def test_it_puts_pasted_text_where_the_job_type_takes_one(page: webdriver.Chrome) -> None:
    box = find(page, "[data-text-input]")
    paste(page, text="https://a.example", at="body")
    assert "choose a job type that takes text or URLs" in text_of(page, "[data-toast]")
    choose(page, "visit")
    # A program copied a picture of it as well.
    for text in ("https://a.example", "https://b.example"):
        paste(page, ("image.png", "picture"), text=text, at="body")
    assert box.get_property("value") == "https://a.example\nhttps://b.example"
    assert text_of(page, "[data-summary]") == "2 URLs → Visit"
    assert page.switch_to.active_element == box
    choose(page, "word_count")
    paste(page, text="some words", at="body")
    assert "Word count takes no text" in text_of(page, "[data-toast]")
    assert not page.find_elements(By.CSS_SELECTOR, "[data-file-name]")


def test_it_leaves_a_paste_into_a_field_to_the_field(page: webdriver.Chrome) -> None:
    choose(page, "noop")
    paste(page, ("image.png", "picture"), text="a text", at="[data-type-search]")
    assert find(page, "[data-text-input]").get_property("value") == ""
    assert not page.find_elements(By.CSS_SELECTOR, "[data-file-name]")


# The draft.

KEPT = """
const schema = {properties: {
    secret: {type: "string", format: "password"}, word: {type: "string", default: "a"},
    either: {anyOf: [{type: "null"}, {type: "string", format: "password"}]}}};
const done = arguments[0];
import("/static/form/params-form.js").then(({ begunWith, paramsForm }) => {
  const form = paramsForm(document.createElement("div"), "test");
  form.draw("test", begunWith(schema, {secret: "s", word: "", either: "t"}));
  done([form.read(), form.readOpen()]);
});"""


def value(browser: webdriver.Chrome, selector: str) -> str:
    return str(find(browser, selector).get_property("value"))


def write(browser: webdriver.Chrome, selector: str, text: str) -> None:
    find(browser, selector).clear()
    find(browser, selector).send_keys(text)


def test_it_keeps_what_was_filled_in_through_a_reload(
    page: webdriver.Chrome, served: Running
) -> None:
    choose(page, "form")
    find(page, "[data-text-input]").send_keys("half a sen")
    find(page, "#param-needed").send_keys("this")
    write(page, "#param-count", "7")
    find(page, "#param-tags").send_keys("a\nb")
    press(page, "[data-more-summary]")
    press(page, "[data-add-step]")
    find(page, "#option-priority").send_keys("-3")
    opened(page, served)
    assert chosen_type(page) == "form"
    fields = "[data-text-input]", "#param-needed", "#param-count", "#param-tags", "#option-priority"
    assert [value(page, field) for field in fields] == ["half a sen", "this", "7", "a\nb", "-3"]
    assert len(page.find_elements(By.CSS_SELECTOR, "[data-step]")) == 1
    press(page, "[data-step] .button")
    job = served.client().job(submit(page))
    assert (job["priority"], job["params"]["count"], job["params"]["tags"]) == (-3, 7, ["a", "b"])
    # It was sent, and no draft is left of it.
    opened(page, served)
    assert chosen_type(page) is None and value(page, "[data-text-input]") == ""


def test_it_asks_for_the_files_of_a_draft(page: webdriver.Chrome, served: Running) -> None:
    drop(page, ("a.txt", "a b"), ("b.txt", "c"))
    choose(page, "word_count")
    write(page, "#param-minimum", "2")
    page.get(f"{served.url}/running")
    opened(page, served)
    assert value(page, "#param-minimum") == "2"
    asked = "[data-missing-files]"
    assert text_of(page, asked) == "Choose the files of your draft again: “a.txt”, “b.txt”."
    drop(page, ("b.txt", "c"))
    assert text_of(page, asked) == "Choose the files of your draft again: “a.txt”."
    drop(page, ("a.txt", "a b"))
    assert not find(page, asked).is_displayed()
    assert text_of(page, "[data-summary]") == "2 files, 4 bytes → Word count"


def test_it_clears_the_form_and_takes_that_back(page: webdriver.Chrome, served: Running) -> None:
    drop(page, ("a.txt", "a b"))
    choose(page, "word_count")
    write(page, "#param-minimum", "2")
    press(page, "[data-clear-form]")
    assert text_of(page, "[data-summary]") == "Add files or choose a job type"
    press(page, "[data-undo]")
    assert text_of(page, "[data-summary]") == "1 file, 3 bytes → Word count"
    assert value(page, "#param-minimum") == "2"
    press(page, "[data-clear-form]")
    opened(page, served)
    assert chosen_type(page) is None


def test_it_keeps_no_secret_and_an_emptied_field_empty(page: webdriver.Chrome) -> None:
    read, kept = page.execute_async_script(KEPT)
    assert read == {"secret": "s", "word": "", "either": "t"}
    assert kept == {"word": ""}


# Jobs instead of ids.

PICKER = "#option-depends_on"


def test_it_finds_the_jobs_that_must_complete_first(
    page: webdriver.Chrome, served: Running
) -> None:
    texts = "quarterly figures", "annual figures"
    first, second = (served.texts(text, type="noop")["job_id"] for text in texts)
    choose(page, "noop")
    find(page, "[data-text-input]").send_keys("later")
    press(page, "[data-more-summary]")
    box = find(page, f"{PICKER} input")
    box.send_keys("Quarterly")
    wait_for(lambda: len(page.find_elements(By.CSS_SELECTOR, f"{PICKER} [role=option]")) == 1)
    box.send_keys(Keys.ARROW_DOWN)
    active = box.get_attribute("aria-activedescendant")
    assert "quarterly figures\nNo-op · " in text_of(page, f"#{active}")
    assert findings(page) == []
    box.send_keys(Keys.ENTER)
    assert text_of(page, f"{PICKER} .chip").startswith("quarterly figures")
    assert page.switch_to.active_element == box and value(page, f"{PICKER} input") == ""
    paste(page, text=f"{served.url}/jobs/{second}", at=f"{PICKER} input")
    wait_for(lambda: "annual figures" in text_of(page, f"{PICKER} .chip:nth-child(2)"))
    assert text_of(page, "[data-more-summary]") == "More options (1 set)"
    opened(page, served)
    wait_for(lambda: "quarterly figures" in text_of(page, f"{PICKER} .chip"))
    job = served.client().job(submit(page))
    assert job["depends_on"] == [first, second]


def test_it_shows_the_last_jobs_and_takes_a_chosen_one_back(
    page: webdriver.Chrome, served: Running
) -> None:
    newest = served.texts("the newest", type="noop")["job_id"]
    choose(page, "noop")
    press(page, "[data-more-summary]")
    box = find(page, f"{PICKER} input")
    box.send_keys(Keys.ARROW_DOWN)
    option = f'{PICKER} [data-found="{newest}"]'
    wait_for(lambda: page.find_elements(By.CSS_SELECTOR, option))
    box.send_keys(Keys.ESCAPE)
    assert not find(page, f"{PICKER} [role=listbox]").is_displayed()
    box.send_keys(Keys.ARROW_DOWN)
    wait_for(lambda: page.find_elements(By.CSS_SELECTOR, option))
    find(page, option).click()
    assert text_of(page, f"{PICKER} .chip").startswith("the newest")
    press(page, f"{PICKER} .chip button")
    assert not page.find_elements(By.CSS_SELECTOR, f"{PICKER} .chip")
    assert page.switch_to.active_element == box
