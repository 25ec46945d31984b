"""Chains, earlier results, queues and schedules on the page, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.support.browser import (
    choose,
    complaints,
    drop,
    find,
    is_shown,
    press,
    submit,
    text_of,
)
from tests.support.running import Running, wait_for


@pytest.fixture(autouse=True)
def no_complaints(browser: webdriver.Chrome) -> Iterator[None]:
    """No script, policy or missing file of any page is complained about."""
    complaints(browser)
    yield
    assert complaints(browser) == []


def open_job(browser: webdriver.Chrome, served: Running, job: dict[str, Any]) -> None:
    browser.get(f"{served.url}/jobs/{job['job_id']}")


def test_it_shows_the_steps_of_a_chain_and_retries_the_failed_one(
    browser: webdriver.Chrome, served: Running
) -> None:
    then = [{"type": "extend", "params": {"fail": "b"}}, {"type": "extend"}]
    job = served.client().create("wrap", texts=["a", "b"], then=then, use_cache=False)
    served.final(job["job_id"])
    open_job(browser, served, job)
    wait_for(lambda: "1 failed" in text_of(browser, '[data-chain-step="1"]'))
    wait_for(lambda: text_of(browser, '[data-chain-step="0"]') == "Wrap\n2 of 2 completed")
    steps = [step.get_attribute("data-status") for step in elements(browser, "[data-chain-step]")]
    assert steps == ["completed", "failed", "pending"]
    assert "Not run: step 2 failed" in text_of(browser, "[data-items]")
    press(browser, ".page-actions [data-action=retry]")
    press(browser, '[data-timeline-item="1"] summary')
    wait_for(lambda: "Started, attempt 2" in text_of(browser, '[data-timeline-item="1"]'))


def elements(browser: webdriver.Chrome, selector: str) -> list[Any]:
    return browser.find_elements(By.CSS_SELECTOR, selector)


def test_it_says_that_a_result_is_an_earlier_one_and_runs_it_again(
    browser: webdriver.Chrome, served: Running
) -> None:
    client = served.client()
    first = client.create("noop", texts=["known"])
    client.wait(first["job_id"], 30)
    again = client.create("noop", texts=["known"])
    open_job(browser, served, again)
    wait_for(lambda: "Earlier result" in text_of(browser, "[data-items]"))
    link = find(browser, "[data-facts] .job-links a")
    assert first["job_id"] in (link.get_attribute("href") or "")
    press(browser, ".page-actions [data-action=rerun]")
    wait_for(lambda: "Runs again, by hand" in text_of(browser, "[data-timeline]"))
    wait_for(lambda: not client.job(again["job_id"])["cached"])


def test_it_keeps_a_job_and_lets_it_go(browser: webdriver.Chrome, served: Running) -> None:
    job = served.client().create("noop", texts=["keep me"])
    served.final(job["job_id"])
    open_job(browser, served, job)
    press(browser, ".page-actions [data-action=keep]")
    wait_for(lambda: "forever" in text_of(browser, "[data-facts]"))
    press(browser, ".page-actions [data-action=keep]")
    wait_for(lambda: "Kept until" in text_of(browser, "[data-facts]"))


def test_it_pauses_a_queue_and_says_why_a_job_waits(
    browser: webdriver.Chrome, served: Running
) -> None:
    client = served.client()
    browser.get(f"{served.url}/running")
    press(browser, '[data-queue=parsing] button[aria-label="Pause parsing"]')
    wait_for(lambda: "Paused" in text_of(browser, "[data-queue=parsing]"))
    first, second = (client.create("noop", texts=[text], use_cache=False) for text in "xy")
    open_job(browser, served, second)
    wait_for(lambda: "the queue parsing is paused" in text_of(browser, "[data-job-step]"))
    press(browser, ".page-actions [data-action=front]")
    wait_for(lambda: client.job(second["job_id"])["position"] == 1)
    assert client.job(first["job_id"])["position"] == 2
    browser.get(f"{served.url}/running")
    press(browser, '[data-queue=parsing] button[aria-label="Resume parsing"]')
    served.final(second["job_id"])


def test_it_changes_the_workers_of_a_queue(browser: webdriver.Chrome, served: Running) -> None:
    browser.get(f"{served.url}/running")
    press(browser, '[data-queue=ai] button[aria-label="More workers for ai"]')
    wait_for(lambda: text_of(browser, "[data-queue=ai] .workers-count") == "3")


def test_it_finds_jobs_and_deletes_all_that_match(
    browser: webdriver.Chrome, served: Running
) -> None:
    client = served.client()
    for number in range(2):
        client.wait(client.create("noop", texts=[f"haystack {number}"])["job_id"], 30)
    browser.get(f"{served.url}/jobs?q=HAYSTACK")
    wait_for(lambda: len(elements(browser, "[data-job-list] > tr")) == 2)
    press(browser, "[data-select-all]")
    press(browser, "[data-bulk-action=purge]")
    wait_for(lambda: text_of(browser, "[data-confirm-title]") == "Delete 2 jobs?")
    press(browser, "[data-confirm-yes]")
    wait_for(lambda: not elements(browser, "[data-job-list] > tr"))
    assert list(client.jobs(q="haystack")) == []


def test_it_adds_a_schedule_and_shows_when_it_runs_next(
    browser: webdriver.Chrome, served: Running
) -> None:
    browser.get(f"{served.url}/schedules")
    wait_for(lambda: is_shown(browser, "#name"))
    find(browser, "#name").send_keys("Nightly")
    choose(browser, "noop")
    find(browser, "[data-text-input]").send_keys("one")
    press(browser, "[data-schedule-form] [type=submit]")
    wait_for(lambda: "Next " in text_of(browser, "[data-schedule]"))
    (schedule,) = served.client().get("/api/v1/schedules")["schedules"]
    assert schedule["job"]["items"] == [{"text": "one"}]
    press(browser, "[data-schedule] [data-do=delete]")
    press(browser, "[data-confirm-yes]")
    wait_for(lambda: not elements(browser, "[data-schedule]"))


def test_it_says_what_is_wrong_with_a_schedule(browser: webdriver.Chrome, served: Running) -> None:
    browser.get(f"{served.url}/schedules")
    wait_for(lambda: is_shown(browser, "#name"))
    find(browser, "#name").send_keys("Never")
    choose(browser, "noop")
    find(browser, "#cron").clear()
    find(browser, "#cron").send_keys("0 0 30 2 *")
    find(browser, "[data-text-input]").send_keys("one")
    press(browser, "[data-schedule-form] [type=submit]")
    wait_for(lambda: "never" in text_of(browser, "#cron-error"))
    complaints(browser)  # the browser writes down each 422


def test_it_reads_the_api_on_a_page(browser: webdriver.Chrome, served: Running) -> None:
    browser.get(f"{served.url}/docs")
    wait_for(lambda: "/api/v1/jobs/{job_id}" in find(browser, "main").text)


# What most jobs leave alone.


def fill(browser: webdriver.Chrome, selector: str, value: str) -> None:
    """As if typed: by the page's own events."""
    script = """
        const box = document.querySelector(arguments[0]);
        box.value = arguments[1];
        for (const name of ["input", "change"]) box.dispatchEvent(new Event(name, {bubbles: true}));
    """
    browser.execute_script(script, selector, value)


def open_options(browser: webdriver.Chrome, served: Running, type_name: str) -> None:
    browser.get(served.url)
    wait_for(lambda: elements(browser, f'[data-types] [value="{type_name}"]'))
    choose(browser, type_name)
    press(browser, "[data-more-summary]")


def add_step(browser: webdriver.Chrome, type_name: str) -> None:
    press(browser, "[data-add-step]")
    fill(browser, "[data-step] select", type_name)


def test_it_submits_files_with_a_later_step_and_options(
    browser: webdriver.Chrome, served: Running
) -> None:
    open_options(browser, served, "upper")
    drop(browser, ("a.txt", "abc"))
    choose(browser, "upper")
    add_step(browser, "keys")
    fill(browser, "[data-option-fields] [name=priority]", "7")
    assert text_of(browser, "[data-more-summary]") == "More options (2 set)"
    job = served.final(submit(browser))
    assert (job["status"], job["priority"]) == ("completed", 7)
    assert job["then"] == [{"type": "keys", "params": {}}]


def test_it_submits_texts_with_the_parameters_of_a_later_step(
    browser: webdriver.Chrome, served: Running
) -> None:
    open_options(browser, served, "wrap")
    fill(browser, "[data-text-input]", "a")
    add_step(browser, "extend")
    wait_for(lambda: elements(browser, "[data-step] [name=fail]"))
    fill(browser, "[data-step] [name=fail]", "b")
    job = served.final(submit(browser))
    assert (job["status"], job["then"][0]["params"]) == ("completed", {"fail": "b"})


def test_it_submits_texts_for_a_later_time(browser: webdriver.Chrome, served: Running) -> None:
    needed = served.client().create("noop", texts=["needed"], use_cache=False)
    open_options(browser, served, "noop")
    fill(browser, "[data-text-input]", "later")
    fill(browser, "[data-option-fields] [name=run_at]", "2999-01-31T09:00")
    fill(browser, "#option-depends_on input", needed["job_id"])
    fill(browser, "[data-option-fields] [name=webhook_url]", "https://example.org/hook")
    press(browser, "[data-option-fields] [name=use_cache]")
    job = served.client().job(submit(browser))
    zone = "return new Date('2999-01-31T09:00').toISOString().replace('Z', '000Z')"
    assert job["run_at"] == browser.execute_script(zone)
    assert job["depends_on"] == [needed["job_id"]]
    assert job["webhook_url"] == "https://example.org/hook"
    served.client().cancel(job["job_id"])


def test_it_says_at_the_option_what_is_wrong_with_it(
    browser: webdriver.Chrome, served: Running
) -> None:
    open_options(browser, served, "noop")
    fill(browser, "[data-text-input]", "x")
    fill(browser, "#option-depends_on input", "no-such-job")
    press(browser, "[data-submit]")
    wait_for(lambda: "no-such-job" in text_of(browser, "#option-depends_on-error"))
    fill(browser, "#option-depends_on input", "0" * 20)
    press(browser, "[data-submit]")
    wait_for(lambda: "0" * 20 in text_of(browser, "#option-depends_on-error"))
    (refusal,) = complaints(browser)
    assert "422" in refusal


def test_it_takes_no_option_along_to_the_next_job(
    browser: webdriver.Chrome, served: Running
) -> None:
    open_options(browser, served, "noop")
    fill(browser, "[data-text-input]", "first")
    fill(browser, "[data-option-fields] [name=priority]", "9")
    submit(browser)
    wait_for(lambda: text_of(browser, "[data-more-summary]") == "More options")
