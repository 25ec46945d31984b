"""The page of problems, in a real Chromium: what failed, why, its jobs, and a retry of them."""

from __future__ import annotations

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.support.browser import complaints, find, ids, press, text_of
from tests.support.running import Running, wait_for

ERROR = "[data-errors] tbody"


@pytest.fixture(scope="module")
def failed(served: Running) -> str:
    """A job with two items that failed for one reason."""
    job_id: str = served.texts("beans", "more beans", type="bad_input")["job_id"]
    served.final(job_id)
    return job_id


def show(browser: webdriver.Chrome, served: Running, path: str = "/problems") -> None:
    browser.get(f"{served.url}{path}")
    wait_for(lambda: text_of(browser, ERROR))


def test_it_shows_the_error_with_its_count_and_what_its_type_did(
    browser: webdriver.Chrome, served: Running, failed: str
) -> None:
    show(browser, served)
    text = text_of(browser, ERROR)
    assert "no_good" in text and "This is no good: " in text
    assert "bad_input" in text_of(browser, "[data-types]")
    assert "failed" in str(find(browser, "[data-picture] svg").get_attribute("aria-label"))
    assert complaints(browser) == []


def test_it_has_each_figure_of_a_type_below_its_heading(
    browser: webdriver.Chrome, served: Running, failed: str
) -> None:
    show(browser, served)

    def places(row: str) -> list[float]:
        cells = browser.find_elements(By.CSS_SELECTOR, f".types {row} > *")
        return [cell.rect["x"] for cell in cells]

    assert places("thead tr") == places("tbody tr:first-child")


def test_it_gives_both_exact_times_of_an_error_on_focus(
    browser: webdriver.Chrome, served: Running, failed: str
) -> None:
    show(browser, served)
    find(browser, f"{ERROR} .error-actions a").send_keys(Keys.TAB)
    times = browser.find_elements(By.CSS_SELECTOR, f"{ERROR} time")
    assert [time.text for time in times] == [time.get_attribute("title") for time in times]


def test_it_leads_to_the_jobs_of_an_error(
    browser: webdriver.Chrome, served: Running, failed: str
) -> None:
    show(browser, served)
    press(browser, f"{ERROR} .error-actions a")
    wait_for(lambda: ids(browser) == [failed])
    assert "Error: no_good" in text_of(browser, "[data-chips]")
    show(browser, served)
    press(browser, "[data-types] .has-failed a")
    wait_for(lambda: ids(browser) == [failed])
    assert "/jobs?status=failed&type=bad_input&from=" in browser.current_url


def test_it_says_how_many_jobs_a_retry_runs_again(
    browser: webdriver.Chrome, served: Running, failed: str
) -> None:
    show(browser, served)
    press(browser, f"{ERROR} .error-actions button:last-child")
    wait_for(lambda: text_of(browser, "[data-confirm-title]") == "Retry 1 job?")
    press(browser, "[data-confirm-no]")
    assert served.client().get(f"/api/v1/jobs/{failed}")["status"] == "failed"
    press(browser, f"{ERROR} .error-actions button:last-child")
    wait_for(lambda: text_of(browser, "[data-confirm-title]") == "Retry 1 job?")
    press(browser, "[data-confirm-yes]")
    wait_for(lambda: "Retrying 1 job" in text_of(browser, "[data-toasts]"))


def test_it_keeps_the_period_in_its_address(
    browser: webdriver.Chrome, served: Running, failed: str
) -> None:
    show(browser, served)
    press(browser, "[data-periods] input[value='7d']")
    wait_for(lambda: "period=7d" in browser.current_url)
    show(browser, served, "/problems?period=30d")
    wait_for(lambda: "Each bar is a day" in text_of(browser, "[data-picture-words]"))
    assert find(browser, "[data-periods] input[value='30d']").is_selected()


def test_it_stays_within_a_phone(browser: webdriver.Chrome, served: Running, failed: str) -> None:
    phone = {"width": 390, "height": 900, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        show(browser, served)
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= 390
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
