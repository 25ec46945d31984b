"""A job that waits for its next try, in a real Chromium: its error, when, and what can be done."""

from __future__ import annotations

import pytest
from selenium import webdriver

from tests.support.browser import complaints, find, press, text_of
from tests.support.running import Running, wait_for

ROW = "[data-job-list] [data-job-id='{}']"


@pytest.fixture
def waiting(served: Running, request: pytest.FixtureRequest) -> str:
    """A job that failed once and waits an hour; for each test another, so none is reused."""
    job_id: str = served.texts(f"beans {request.node.name}", type="patient")["job_id"]
    wait_for(lambda: (served.client().get(f"/api/v1/jobs/{job_id}")["error"] or {}).get("retry_at"))
    return job_id


def test_it_shows_the_first_failure_and_the_next_try_in_the_list(
    browser: webdriver.Chrome, served: Running, waiting: str
) -> None:
    browser.get(served.url)
    row = ROW.format(waiting)
    wait_for(lambda: "Failed once, next try at" in text_of(browser, row))
    text = text_of(browser, row)
    assert "ValueError: no beans" in text
    assert "Retry now" in text and "Give up" in text
    assert complaints(browser) == []


def test_it_gives_the_time_of_the_next_try_by_the_clock_of_the_reader(
    browser: webdriver.Chrome, served: Running, waiting: str
) -> None:
    job = served.client().get(f"/api/v1/jobs/{waiting}")
    zone = {"timezoneId": "Asia/Kathmandu"}
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", zone)
    browser.get(f"{served.url}/jobs/{waiting}")
    time = browser.execute_script(
        "return new Date(arguments[0]).toLocaleTimeString([], {timeStyle: 'short'})",
        job["error"]["retry_at"],
    )
    wait_for(lambda: time in text_of(browser, "[data-job-step]"))
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


def test_it_tries_now_and_gives_up_on_the_page_of_the_job(
    browser: webdriver.Chrome, served: Running, waiting: str
) -> None:
    browser.get(f"{served.url}/jobs/{waiting}")
    wait_for(lambda: "ValueError: no beans" in text_of(browser, "[data-error]"))
    press(browser, "[data-action=hurry]")
    wait_for(lambda: "Failed twice, next try at" in text_of(browser, ".state"))
    press(browser, "[data-action=give_up]")
    wait_for(lambda: "Failed: no more tries" in text_of(browser, "[data-timeline]"))
    assert served.final(waiting)["status"] == "failed"
    assert not find(browser, "[data-action=hurry]").is_displayed()
    assert complaints(browser) == []


def test_it_shows_an_earlier_failure_no_more_once_a_try_completes(
    browser: webdriver.Chrome, served: Running, waiting: str
) -> None:
    browser.get(served.url)
    row = ROW.format(waiting)
    press(browser, f"{row} [data-action=hurry]")
    wait_for(lambda: "Failed twice" in text_of(browser, row))
    press(browser, f"{row} [data-action=hurry]")
    wait_for(lambda: "Completed" in text_of(browser, row))
    assert "ValueError" not in text_of(browser, row)


def test_it_shows_what_was_refused_and_what_allows_it(
    browser: webdriver.Chrome, served: Running
) -> None:
    items = [{"json": {"how": "connect", "what": "9"}}]
    job = served.client().post("/api/v1/jobs", {"type": "reaching", "items": items})
    served.final(job["job_id"])
    browser.get(f"{served.url}/jobs/{job['job_id']}")
    wait_for(lambda: "add network=True to @job_type" in text_of(browser, "[data-error]"))


def test_it_stays_within_a_phone(browser: webdriver.Chrome, served: Running, waiting: str) -> None:
    phone = {"width": 390, "height": 900, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    browser.get(served.url)
    row = ROW.format(waiting)
    wait_for(lambda: "Failed once, next try at" in text_of(browser, row))
    wait_for(lambda: find(browser, row).is_displayed())
    widths = browser.execute_script(
        "const row = document.querySelector(arguments[0]);"
        "return [row.querySelector('.job-meta').offsetWidth, document.body.scrollWidth]",
        row,
    )
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert widths[0] > 250 and widths[1] <= 390
