"""The open list with many jobs: search, pages, and what it says of its age, in a real Chromium."""

from __future__ import annotations

from functools import partial

import pytest
from selenium import webdriver

from tests.support.browser import complaints, find, ids, press, text_of
from tests.support.running import Running, wait_for

MOST_ROWS = 300
MORE = "[data-more]"
# The answers to some requests of the page wait until `letThrough()`.
HOLD = """
    const send = window.fetch;
    const free = new Promise((resolve) => (window.letThrough = resolve));
    window.fetch = async (url, ...more) => {
        if (String(url).includes(arguments[0])) await free;
        return send(url, ...more);
    };"""
COUNTED = """
    const asked = performance.getEntriesByType("resource").map((entry) => entry.name);
    return asked.filter((name) => name.includes("/jobs/facets")).length;"""
SEARCH = """
    const search = document.querySelector("[data-search]");
    search.value = arguments[0];
    search.dispatchEvent(new Event("input"));"""


def is_shown(browser: webdriver.Chrome, selector: str) -> bool:
    return find(browser, selector).is_displayed()


def submitted(served: Running, text: str) -> str:
    job_id: str = served.texts(text)["job_id"]
    return job_id


@pytest.fixture(scope="module")
def oldest(served: Running) -> str:
    """The first job of more than a list shows."""
    first = submitted(served, "the very first")
    for number in range(MOST_ROWS + 20):
        submitted(served, f"one of many {number}")
    return first


@pytest.fixture
def opened(browser: webdriver.Chrome, served: Running, oldest: str) -> webdriver.Chrome:
    browser.get(f"{served.url}/jobs")
    wait_for(lambda: len(ids(browser)) >= 30)
    return browser


def open_all(browser: webdriver.Chrome) -> None:
    for count in range(60, MOST_ROWS + 1, 30):
        press(browser, MORE)
        wait_for(partial(_has_rows, browser, count))


def _has_rows(browser: webdriver.Chrome, count: int) -> bool:
    return len(ids(browser)) == count


def test_it_finds_the_oldest_of_many_jobs(opened: webdriver.Chrome, oldest: str) -> None:
    opened.execute_script(SEARCH, "VERY first")
    wait_for(lambda: ids(opened) == [oldest])


def test_it_says_that_no_job_matches_only_when_it_knows(
    browser: webdriver.Chrome, opened: webdriver.Chrome
) -> None:
    browser.execute_script(HOLD, "q=nowhere")
    browser.execute_script(SEARCH, "nowhere")
    wait_for(lambda: text_of(browser, "[data-total]") == "Loading…")
    assert not is_shown(browser, "[data-empty]")
    assert find(browser, "[data-job-list]").get_property("inert")
    browser.execute_script("letThrough()")
    wait_for(lambda: "No jobs match" in text_of(browser, "[data-empty]"))
    assert text_of(browser, "[data-total]") == "0 jobs match"


MORE_OF_FIRST = """
const rows = document.querySelectorAll("[data-job-list] [data-job-id]");
if (rows.length === 30) document.querySelector(arguments[0])?.click();"""


def test_it_keeps_the_pages_of_a_search_while_new_jobs_match(
    browser: webdriver.Chrome, opened: webdriver.Chrome, served: Running
) -> None:
    browser.execute_script(SEARCH, "one of many")
    wait_for(lambda: "q=one" in browser.current_url and len(ids(browser)) == 30)
    # The rows may still be those before the search, of which no more are shown.
    wait_for(lambda: browser.execute_script(MORE_OF_FIRST, MORE) or len(ids(browser)) == 60)
    before = ids(browser)
    new, other = submitted(served, "one of many more"), submitted(served, "another")
    wait_for(lambda: ids(browser) == [new, *before])
    served.final(other)
    assert other not in ids(browser)


def test_it_shows_the_newest_job_soon_when_it_was_far_behind(
    browser: webdriver.Chrome, opened: webdriver.Chrome, served: Running
) -> None:
    browser.execute_script(HOLD, "since=")
    for number in range(150):
        newest = submitted(served, f"one of many meanwhile {number}")
    assert newest not in ids(browser)
    browser.execute_script("letThrough()")
    wait_for(lambda: ids(browser)[0] == newest, 5)
    assert complaints(browser) == []


def test_it_counts_what_came_while_the_pointer_was_on_the_list(
    browser: webdriver.Chrome, opened: webdriver.Chrome
) -> None:
    script = """
        const news = await import("/static/jobs/newcomers.js");
        for (let number = 0; number < 400; number += 1) news.keep({ job_id: `n${number}` }, 300);
        news.drop("n3");
        const text = document.querySelector("[data-news]").textContent;
        return [text, news.takeAll().map((job) => job.job_id).at(0)];"""
    found = browser.execute_script(f"return (async () => {{{script}}})()")
    assert found == ["399 new jobs", "n100"]


def test_it_shows_300_rows_at_most_and_says_so(
    browser: webdriver.Chrome, opened: webdriver.Chrome, served: Running
) -> None:
    open_all(browser)
    assert len(ids(browser)) == MOST_ROWS
    assert "These are the newest 300 jobs" in text_of(browser, "[data-full]")
    new = submitted(served, "one more")
    wait_for(lambda: ids(browser)[0] == new)
    assert len(ids(browser)) == MOST_ROWS and not is_shown(browser, MORE)


def test_it_keeps_its_rows_when_it_begins_again(
    browser: webdriver.Chrome, opened: webdriver.Chrome, served: Running
) -> None:
    open_all(browser)
    browser.execute_script(HOLD, "since=")
    for number in range(101):  # more than one answer tells of
        newest = submitted(served, f"one of many again {number}")
    browser.execute_script("letThrough()")
    wait_for(lambda: ids(browser)[0] == newest, 5)
    wait_for(lambda: len(ids(browser)) == MOST_ROWS)
    assert complaints(browser) == []


def test_it_says_that_its_list_is_old_when_no_answer_comes(
    browser: webdriver.Chrome, opened: webdriver.Chrome
) -> None:
    browser.execute_script(HOLD, "since=")
    wait_for(lambda: "may be out of date" in text_of(browser, "[data-old]"), 20)
    browser.execute_script("letThrough()")
    wait_for(lambda: text_of(browser, "[data-old]") == "")
    # Not each time when the list was asked for; at most every 30 seconds.
    assert browser.execute_script(COUNTED) <= 2
