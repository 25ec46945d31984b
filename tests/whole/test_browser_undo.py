"""Cancel and Delete can be taken back for a few seconds, in a real Chromium."""

from __future__ import annotations

import time

import pytest
from selenium import webdriver

from bellhop.client import RequestFailed
from tests.support.browser import complaints, find, ids, press, text_of
from tests.support.running import Running, wait_for

ROW = "[data-job-list] [data-job-id='{}']"
UNDO = "[data-undo]"


@pytest.fixture
def done(browser: webdriver.Chrome, served: Running, request: pytest.FixtureRequest) -> str:
    """A final job in the open list."""
    job_id: str = served.texts(f"done {request.node.name}", type="noop")["job_id"]
    served.final(job_id)
    browser.get(served.url)
    wait_for(lambda: job_id in ids(browser))
    return job_id


def is_there(served: Running, job_id: str) -> bool:
    try:
        return bool(served.client().get(f"/api/v1/jobs/{job_id}"))
    except RequestFailed:
        return False


def test_it_deletes_after_five_seconds(
    browser: webdriver.Chrome, served: Running, done: str
) -> None:
    press(browser, ROW.format(done) + " [data-action=delete]")
    wait_for(lambda: "in 5 seconds" in text_of(browser, "[data-toasts]"))
    assert is_there(served, done)
    wait_for(lambda: done not in ids(browser))
    assert not is_there(served, done)
    assert complaints(browser) == []


@pytest.mark.parametrize("by", [UNDO, "[data-action=delete]"])
def test_it_deletes_nothing_that_was_taken_back(
    browser: webdriver.Chrome, served: Running, done: str, by: str
) -> None:
    button = ROW.format(done) + " [data-action=delete]"
    press(browser, button)
    wait_for(lambda: text_of(browser, button) == "Undo delete")
    press(browser, by if by == UNDO else button)
    wait_for(lambda: text_of(browser, button) == "Delete")
    assert "was not deleted" in text_of(browser, "[data-toast]")
    time.sleep(5.5)
    assert done in ids(browser) and is_there(served, done)


def test_it_deletes_nothing_when_the_page_is_left(
    browser: webdriver.Chrome, served: Running, done: str
) -> None:
    press(browser, ROW.format(done) + " [data-action=delete]")
    wait_for(lambda: "in 5 seconds" in text_of(browser, "[data-toasts]"))
    browser.get(f"{served.url}/running")
    time.sleep(5.5)
    assert is_there(served, done)


def test_it_lets_run_again_what_a_cancel_stopped(
    browser: webdriver.Chrome, served: Running
) -> None:
    job = served.texts("short", "long", type="slow", seconds=60)
    browser.get(served.url)
    row = ROW.format(job["job_id"])
    wait_for(lambda: "Running" in text_of(browser, row))
    press(browser, f"{row} [data-action=cancel]")
    press(browser, UNDO)
    wait_for(lambda: "from the beginning" in text_of(browser, "[data-toast]"))
    wait_for(lambda: "Running" in text_of(browser, row))
    assert find(browser, f"{row} [data-action=cancel]").is_displayed()
    served.client().post(f"/api/v1/jobs/{job['job_id']}/cancel", {})
