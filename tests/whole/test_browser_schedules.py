"""The page of schedules in a real Chromium: times in words, runs as dots, change, pause, run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.support.axe import findings
from tests.support.browser import (
    choose,
    complaints,
    drop,
    find,
    ids,
    is_shown,
    paste,
    press,
    text_of,
)
from tests.support.running import Running, wait_for

CHAIN = {
    "type": "wrap",
    "items": [{"text": "one"}, {"text": "two"}],
    "params": {},
    "then": [{"type": "extend", "params": {"fail": "b"}}],
    "use_cache": False,
    "priority": 3,
}
IN_WORDS = {
    "30 7 * * 1-5": "Every weekday at 07:30",
    "0 8 * * *": "Every day at 08:00",
    "0 * * * *": "Every hour at :00",
    "*/15 * * * *": "Every 15 minutes",
    "*/15 * * * MON-FRI": "Every 15 minutes, every weekday",
    "* * * * *": "Every minute",
    "0 */6 * * *": "Every 6 hours at :00",
    "0 9,17 * * 6,0": "Every Saturday and Sunday at 09:00 and 17:00",
    "0 0 * * 1,3,7": "Every Monday, Wednesday and Sunday at 00:00",
    "15 6 1 * *": "On day 1 of each month at 06:15",
    "15 6 L * *": "On the last day of each month at 06:15",
    "0 0 1 1 *": "On day 1 of January at 00:00",
    "@weekly": "Every Sunday at 00:00",
    # Words that would not be true, or that nobody would read.
    "*/7 * * * *": "",
    "0 */5 * * *": "",
    "0 8 1 * 1": "",
    "0 8 * 6 1": "",
    "0 8 * * 5L": "",
    "0 1-9 * * *": "",
    "99": "",
}


@pytest.fixture(autouse=True)
def no_complaints(browser: webdriver.Chrome) -> Iterator[None]:
    complaints(browser)
    yield
    assert complaints(browser) == []


@pytest.fixture
def number(served: Running) -> Iterator[int]:
    """The id of a schedule with a chain, which no other test has."""
    document = {"name": "Chain", "cron": "0 8 * * 1-5", "timezone": "Europe/Berlin", "job": CHAIN}
    found = int(served.client().post("/api/v1/schedules", document)["id"])
    yield found
    served.query(f"DELETE FROM schedule WHERE id = {found}")


def schedule(served: Running, number: int) -> dict[str, Any]:
    schedules = served.client().get("/api/v1/schedules")["schedules"]
    return dict(next(each for each in schedules if each["id"] == number))


def row(number: int) -> str:
    return f'[data-schedule="{number}"]'


def open_page(browser: webdriver.Chrome, served: Running, number: int) -> None:
    browser.get(f"{served.url}/schedules")
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, row(number)))
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, "[data-types] [value=wrap]"))


def test_it_says_times_in_words(browser: webdriver.Chrome, served: Running, number: int) -> None:
    open_page(browser, served, number)
    script = """
        const [crons, done] = arguments;
        import("/static/schedules/cron-words.js")
            .then(({ cronWords }) => done(crons.map(cronWords)));"""
    said = browser.execute_async_script(script, [*IN_WORDS])
    assert dict(zip(IN_WORDS, said, strict=True)) == IN_WORDS


def test_it_says_when_a_schedule_repeats_and_what_it_runs(
    browser: webdriver.Chrome, served: Running, number: int
) -> None:
    open_page(browser, served, number)
    assert "Every weekday at 08:00 (Europe/Berlin)" in text_of(browser, row(number))
    assert "Wrap, then Extend" in text_of(browser, row(number))
    assert text_of(browser, f"{row(number)} .schedule-next").count(", then ") == 1


def test_it_runs_a_schedule_now_and_shows_how_that_ended(
    browser: webdriver.Chrome, served: Running, number: int
) -> None:
    open_page(browser, served, number)
    press(browser, f"{row(number)} [data-do=run]")
    wait_for(lambda: "Submitted: " in text_of(browser, "[data-toast]"))
    job = served.final(schedule(served, number)["last_job_id"])
    dot = f'{row(number)} .dot[href="/jobs/{job["job_id"]}"]'
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, f"{dot}[data-run={job['status']}]"))
    label = find(browser, dot).get_attribute("aria-label") or ""
    assert label.lower().startswith(job["status"])
    press(browser, f"{row(number)} a[href='/jobs?schedule={number}']")
    wait_for(lambda: job["job_id"] in ids(browser))
    wait_for(lambda: text_of(browser, "[data-chips]") == "Schedule: Chain")


def test_it_pauses_a_schedule_and_resumes_it(
    browser: webdriver.Chrome, served: Running, number: int
) -> None:
    open_page(browser, served, number)
    press(browser, f"{row(number)} [data-do=pause]")
    wait_for(lambda: "Paused since " in text_of(browser, row(number)))
    assert schedule(served, number)["paused"]
    press(browser, f"{row(number)} [data-do=pause]")
    wait_for(lambda: "Next " in text_of(browser, row(number)))


def test_it_changes_the_times_and_leaves_the_job(
    browser: webdriver.Chrome, served: Running, number: int
) -> None:
    open_page(browser, served, number)
    press(browser, f"{row(number)} [data-do=edit]")
    wait_for(lambda: text_of(browser, "#form-title") == "Edit Chain")
    assert browser.switch_to.active_element == find(browser, "#name")
    find(browser, "#cron").clear()
    find(browser, "#cron").send_keys("15 9 * * *")
    wait_for(lambda: text_of(browser, "[data-cron-words]").startswith("Every day at 09:15"))
    press(browser, "[data-save]")
    wait_for(lambda: "Every day at 09:15" in text_of(browser, row(number)))
    changed = schedule(served, number)
    assert (changed["cron"], changed["job"]) == ("15 9 * * *", CHAIN)
    assert text_of(browser, "#form-title") == "New schedule"


def test_it_changes_the_parameter_of_a_later_step(
    browser: webdriver.Chrome, served: Running, number: int
) -> None:
    open_page(browser, served, number)
    press(browser, f"{row(number)} [data-do=edit]")
    press(browser, "[data-more-summary]")
    field = find(browser, "[data-step] [name=fail]")
    assert field.get_property("value") == "b"
    field.clear()
    field.send_keys("c")
    press(browser, "[data-save]")
    wait_for(lambda: text_of(browser, "#form-title") == "New schedule")
    assert schedule(served, number)["job"]["then"] == [{"type": "extend", "params": {"fail": "c"}}]


def names(browser: webdriver.Chrome, number: int) -> str:
    """What the list says of the files of a schedule."""
    lines = text_of(browser, row(number)).splitlines()
    return next((line for line in lines if "Files: " in line), "")


def test_it_keeps_files_and_changes_them(browser: webdriver.Chrome, served: Running) -> None:
    """From the drop of two files to a run with another one."""
    browser.get(f"{served.url}/schedules")
    choose(browser, "upper")
    find(browser, "#name").send_keys("Files")
    drop(browser, ("größe.txt", "one"), ("b.txt", "two"))
    press(browser, "[data-save]")
    wait_for(lambda: "Files runs next" in text_of(browser, "[data-toast]"))
    number = max(each["id"] for each in served.client().get("/api/v1/schedules")["schedules"])
    wait_for(lambda: names(browser, number) == "Files: größe.txt, b.txt")
    assert not is_shown(browser, "[data-file-list] li")
    press(browser, f"{row(number)} [data-do=edit]")
    wait_for(lambda: "größe.txt" in text_of(browser, "[data-file-list]"))
    assert findings(browser) == []
    press(browser, '[data-remove-file][aria-label="Remove b.txt"]')
    drop(browser, ("new.txt", "three"))
    press(browser, "[data-save]")
    wait_for(lambda: names(browser, number) == "Files: größe.txt, new.txt")
    press(browser, f"{row(number)} [data-do=run]")
    wait_for(lambda: schedule(served, number)["last_job_id"])
    job = served.final(schedule(served, number)["last_job_id"])
    assert (job["status"], job["name"]) == ("completed", "größe.txt and 1 more")
    press(browser, f"{row(number)} [data-do=delete]")
    wait_for(lambda: "deletes its 2 files" in text_of(browser, "#confirm-text"))
    press(browser, "[data-confirm-yes]")
    wait_for(lambda: not browser.find_elements(By.CSS_SELECTOR, row(number)))


def test_it_keeps_a_file_for_a_further_parameter(
    browser: webdriver.Chrome, served: Running
) -> None:
    browser.get(f"{served.url}/schedules")
    choose(browser, "masked")
    find(browser, "#name").send_keys("Masked")
    paste(browser, ("picture.txt", "one"), at="body")
    script = """
        const data = new DataTransfer();
        data.items.add(new File(["two"], "mask.txt"));
        document.querySelector("[data-beside-input=mask]").files = data.files;"""
    browser.execute_script(script)
    press(browser, "[data-save]")
    wait_for(lambda: "Masked runs next" in text_of(browser, "[data-toast]"))
    number = max(each["id"] for each in served.client().get("/api/v1/schedules")["schedules"])
    press(browser, f"{row(number)} [data-do=edit]")
    wait_for(lambda: "keeps mask.txt" in text_of(browser, "[data-beside]"))
    press(browser, "[data-save]")
    wait_for(lambda: text_of(browser, "#form-title") == "New schedule")
    found = [(file["field"], file["filename"]) for file in schedule(served, number)["files"]]
    assert found == [("files", "picture.txt"), ("mask", "mask.txt")]
    served.client().delete(f"/api/v1/schedules/{number}")


def test_it_says_when_it_would_run_while_one_types(
    browser: webdriver.Chrome, served: Running, number: int
) -> None:
    open_page(browser, served, number)
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    open_page(browser, served, number)
    for field, text in (("timezone", "Europe/Berlin"), ("cron", "30 12 * * *")):
        find(browser, f"#{field}").clear()
        find(browser, f"#{field}").send_keys(text)
    wait_for(lambda: text_of(browser, "[data-next-runs]").count("in your time zone") == 3)
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})
    find(browser, "#cron").send_keys("x")
    wait_for(lambda: "must be 0–7 or SUN–SAT" in text_of(browser, "[data-error-of=cron]"))
    assert not is_shown(browser, "[data-next-runs]")
    assert findings(browser) == []
    find(browser, "#cron").clear()
    find(browser, "#cron").send_keys("@daily")
    wait_for(lambda: is_shown(browser, "[data-next-runs]"))
    assert not is_shown(browser, "[data-error-of=cron]")
    complaints(browser)  # of the browser, about the refusal


@pytest.mark.parametrize("width", [390, 700, 1920])
def test_it_fits_every_screen(
    browser: webdriver.Chrome, served: Running, number: int, width: int
) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    open_page(browser, served, number)
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wide <= width
