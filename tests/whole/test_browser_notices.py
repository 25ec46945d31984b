"""Notices in a real Chromium: the title, the icon of the tab, and notifications."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium import webdriver

from tests.support.axe import findings
from tests.support.browser import choose, chromium, complaints, find, is_shown, press, text_of
from tests.support.running import Running, wait_for

# What the browser would show, and what it says when it is asked for the permission.
STAND_IN = """
    window.shown = [];
    window.Notification = class {
      static get permission() { return localStorage.getItem("permission") ?? "default"; }
      static async requestPermission() {
        localStorage.setItem("permission", window.refuses ? "denied" : "granted");
        return this.permission;
      }
      constructor(title, { body, tag }) { window.shown.push([title, body, tag]); }
      close() {}
    };
    Object.defineProperty(document, "hidden", { get: () => window.isAway ?? false });"""
ICON = "return decodeURIComponent(document.querySelector('link[rel=icon]').href)"
SHOWN = "return window.shown"


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium() as driver:
        script = {"source": STAND_IN}
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", script)
        yield driver


@pytest.fixture(autouse=True)
def no_complaints(browser: webdriver.Chrome) -> Iterator[None]:
    complaints(browser)
    yield
    assert complaints(browser) == []


@pytest.fixture
def job_id(browser: webdriver.Chrome, served: Running) -> str:
    """A job that runs until it is cancelled, on its page; nothing was asked for before."""
    browser.get(f"{served.url}/schedules")
    browser.execute_script("localStorage.clear()")
    found = slow(served)
    browser.get(f"{served.url}/jobs/{found}")
    wait_for(lambda: "%" in browser.title)
    return found


def slow(served: Running, seconds: float = 60) -> str:
    document = {"type": "slow", "items": [{"text": "Invoice"}], "params": {"seconds": seconds}}
    return str(served.client().post("/api/v1/jobs", document)["job_id"])


def end(served: Running, job_id: str) -> None:
    served.client().post(f"/api/v1/jobs/{job_id}/cancel", {})


def icon(browser: webdriver.Chrome) -> str:
    return str(browser.execute_script(ICON))


def test_it_tells_the_progress_in_title_and_icon(
    browser: webdriver.Chrome, served: Running, job_id: str
) -> None:
    assert browser.title.endswith(" % – Invoice – Bellhop")
    assert "stroke-dasharray" in icon(browser)
    end(served, job_id)
    wait_for(lambda: browser.title == "Cancelled – Invoice – Bellhop")
    wait_for(lambda: icon(browser).endswith("bell.svg"))


def test_it_marks_the_icon_until_somebody_looks(browser: webdriver.Chrome, served: Running) -> None:
    browser.get(f"{served.url}/jobs/{slow(served, 3)}")
    wait_for(lambda: "%" in browser.title)
    # What asks again at once when somebody looks, as it does while nobody does.
    browser.execute_script("window.isAway = true")
    browser.execute_script("window.dispatchEvent(new Event('online'))")
    wait_for(
        lambda: (
            browser.execute_script("window.dispatchEvent(new Event('online'))"),
            "#2e7d4f" in icon(browser),
        )[1]
    )
    browser.execute_script("""
        window.isAway = false;
        document.dispatchEvent(new Event("visibilitychange"));""")
    wait_for(lambda: icon(browser).endswith("bell.svg"))


def test_it_notifies_once_of_a_job_that_somebody_waits_for(
    browser: webdriver.Chrome, served: Running, job_id: str
) -> None:
    press(browser, "[data-notify]")
    wait_for(lambda: "as long as one of its pages is open" in text_of(browser, "[data-toast]"))
    assert find(browser, "[data-notify]").get_attribute("aria-pressed") == "true"
    assert findings(browser) == []
    first = browser.current_window_handle
    browser.switch_to.new_window("tab")
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": STAND_IN})
    browser.get(f"{served.url}/schedules")
    second = browser.current_window_handle
    end(served, job_id)

    def shown() -> list[list[str]]:
        found: list[list[str]] = []
        for handle in (first, second):
            browser.switch_to.window(handle)
            found += browser.execute_script(SHOWN)
        return found

    wait_for(shown, 30)
    assert shown() == [["Invoice: Cancelled", "", job_id]]
    browser.close()
    browser.switch_to.window(first)
    wait_for(lambda: not is_shown(browser, "[data-notify]"))


def test_it_says_that_the_browser_refuses(
    browser: webdriver.Chrome, served: Running, job_id: str
) -> None:
    browser.execute_script("window.refuses = true")
    press(browser, "[data-notify]")
    wait_for(lambda: "The browser blocks notifications" in text_of(browser, "[data-toast]"))
    assert find(browser, "[data-notify]").get_attribute("aria-pressed") == "false"
    end(served, job_id)


def test_it_notifies_of_every_job_that_is_submitted_here(
    browser: webdriver.Chrome, served: Running, job_id: str
) -> None:
    end(served, job_id)
    browser.get(served.url)
    press(browser, "[data-notify-all]")
    wait_for(lambda: "as long as one of its pages is open" in text_of(browser, "[data-toast]"))
    browser.get(served.url)
    wait_for(lambda: find(browser, "[data-notify-all]").is_selected())
    choose(browser, "slow")
    find(browser, "#text-input").send_keys("Letter")
    find(browser, "[name=seconds]").clear()
    find(browser, "[name=seconds]").send_keys("1")
    press(browser, "[data-submit]")
    wait_for(lambda: browser.execute_script(SHOWN), 30)
    ((title, _, _),) = browser.execute_script(SHOWN)
    assert title == "Letter: Completed"
    assert findings(browser) == []
