"""The filter of the list is in its address, and Back goes through it, in a real Chromium."""

from __future__ import annotations

from typing import Any

from selenium import webdriver

from tests.support.browser import find, ids, press
from tests.support.running import Running, wait_for

CHECKED = "return document.querySelector('[data-filter] input:checked').value"


def chosen(browser: webdriver.Chrome) -> Any:
    return browser.execute_script(CHECKED)


def test_it_goes_back_through_filters(browser: webdriver.Chrome, served: Running) -> None:
    done = served.texts("done", type="noop")["job_id"]
    served.final(done)
    browser.get(f"{served.url}/jobs")
    wait_for(lambda: done in ids(browser))
    press(browser, "[data-filter] input[value=failed] + span")
    wait_for(lambda: not ids(browser))
    find(browser, "[data-search]").send_keys("two words")
    wait_for(lambda: browser.current_url.endswith("?show=failed&q=two+words"))
    browser.back()
    wait_for(lambda: browser.current_url.endswith("?show=failed"))
    assert find(browser, "[data-search]").get_property("value") == ""
    browser.back()
    wait_for(lambda: done in ids(browser))
    assert (chosen(browser), browser.current_url) == ("all", f"{served.url}/jobs")
    browser.forward()
    wait_for(lambda: not ids(browser))
    assert chosen(browser) == "failed"
