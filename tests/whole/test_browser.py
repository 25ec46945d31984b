"""The page in a real Chromium: drop a file, watch it finish, take the result."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from bellhop.storage.files import Files, attempt_name
from tests.support.browser import (
    choose,
    chosen_type,
    complaints,
    drop,
    find,
    ids,
    is_shown,
    press,
    submit,
    text_of,
)
from tests.support.running import Running, running, wait_for


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("page"), BELLHOP_SERVER_MAX_UPLOAD_MB="1") as bellhop:
        bellhop.serve()
        yield bellhop


@pytest.fixture
def page(browser: webdriver.Chrome, served: Running) -> Iterator[webdriver.Chrome]:
    """The main page, fresh; no script of it may complain."""
    complaints(browser)
    browser.get(served.url)
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, "[data-types] [value=word_count]"))
    yield browser
    assert complaints(browser) == []


def status(browser: webdriver.Chrome, job_id: str) -> Any:
    return browser.execute_script(
        "return document.querySelector(`[data-job-id='${arguments[0]}']`)?.dataset.status", job_id
    )


def open_job(browser: webdriver.Chrome, served: Running, job_id: str) -> None:
    """The page of a job, with its items and its timeline."""
    browser.get(f"{served.url}/jobs/{job_id}")
    for part in ("[data-items] [data-item-index]", "[data-timeline] .event"):
        wait_for(partial(browser.find_elements, By.CSS_SELECTOR, part))


def print_more(served: Running, job_id: str, attempt: int, text: str) -> None:
    """Add to what the only item of a job printed in an attempt."""
    log = Files(served.data).log(job_id, attempt_name(0, 0, attempt))
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file:
        file.write(text)


def moves(browser: webdriver.Chrome) -> list[str]:
    heads = browser.find_elements(By.CSS_SELECTOR, "[data-timeline] .event-head strong")
    return [head.text for head in heads]


def test_it_takes_a_dropped_file_to_its_result(page: webdriver.Chrome, served: Running) -> None:
    drop(page, ("Отчёт.txt", "three short words"))
    choose(page, "word_count")
    job_id = submit(page)
    wait_for(lambda: status(page, job_id) == "completed")
    page.get(f"{served.url}/jobs/{job_id}")
    wait_for(lambda: "3" in text_of(page, "[data-result]"))
    assert "Отчёт.txt" in text_of(page, "[data-job-name]")
    wait_for(lambda: text_of(page, "[data-timeline]"))


def test_it_guesses_the_type_from_the_first_file(page: webdriver.Chrome) -> None:
    drop(page, ("books.csv", "a,b"))
    selected = chosen_type(page)
    assert selected == "trial_balance"


def test_it_guesses_the_type_that_was_used_last_for_such_a_file(page: webdriver.Chrome) -> None:
    drop(page, ("Books.CSV", "a,b"))
    choose(page, "upper")
    submit(page)
    page.refresh()
    wait_for(lambda: page.find_elements(By.CSS_SELECTOR, "[data-types] [value=word_count]"))
    drop(page, ("other.csv", "a,b"))
    assert chosen_type(page) == "upper"


def test_it_downloads_the_files_of_a_result(page: webdriver.Chrome, served: Running) -> None:
    drop(page, ("a.txt", "quiet"), ("b.txt", "words"))
    choose(page, "upper")
    job_id = submit(page)
    wait_for(lambda: status(page, job_id) == "completed")
    page.get(f"{served.url}/jobs/{job_id}")
    link = '[data-result] [data-download="upper.txt"]'
    wait_for(lambda: is_shown(page, link))
    find(page, link).click()
    downloaded = page.downloads / "upper.txt"  # type: ignore[attr-defined]
    wait_for(downloaded.exists)
    assert downloaded.read_text() == "QUIET"


def test_it_shows_progress_and_the_current_step(page: webdriver.Chrome, served: Running) -> None:
    job_id = served.texts("a", type="slow", seconds=20)["job_id"]
    wait_for(lambda: status(page, job_id) == "running")
    row = f"[data-job-id='{job_id}']"
    seen = set()

    def has_moved() -> bool:
        seen.add(find(page, f"{row} [data-progress]").get_property("value"))
        return len(seen) >= 3

    wait_for(has_moved)
    assert "Step" in text_of(page, f"{row} [data-job-step]")
    served.client().post(f"/api/v1/jobs/{job_id}/cancel", {})


def test_it_cancels_from_the_list(page: webdriver.Chrome, served: Running) -> None:
    job_id = served.texts("a", type="slow", seconds=60)["job_id"]
    wait_for(lambda: status(page, job_id) == "running")
    find(page, f"[data-job-id='{job_id}'] [data-action=cancel]").click()
    wait_for(lambda: status(page, job_id) == "cancelled", limit_s=5)


def test_it_says_in_plain_words_why_a_job_failed(page: webdriver.Chrome, served: Running) -> None:
    drop(page, ("empty.txt", ""))
    choose(page, "word_count")
    job_id = submit(page)
    wait_for(lambda: status(page, job_id) == "failed")
    page.get(f"{served.url}/jobs/{job_id}")
    wait_for(lambda: "The file is empty." in text_of(page, "[data-error]"))
    assert "Choose a file with text." in text_of(page, "[data-error]")


def test_it_draws_the_form_from_the_parameters(page: webdriver.Chrome) -> None:
    choose(page, "word_count")
    field = wait_for(lambda: page.find_elements(By.CSS_SELECTOR, '[name="minimum"]'))[0]
    assert field.get_attribute("type") == "number"
    assert (field.get_attribute("min"), field.get_attribute("max")) == ("1", "100")


def test_it_refuses_too_large_a_file_before_sending(
    page: webdriver.Chrome, served: Running
) -> None:
    before = served.client().get("/api/v1/jobs")["change"]
    drop(page, ("large.txt", "x" * ((1 << 20) + 1)))
    choose(page, "word_count")
    find(page, "[data-submit]").click()
    wait_for(lambda: "1" in text_of(page, "[data-files-error]"))
    assert served.client().get("/api/v1/jobs")["change"] == before


def test_it_never_runs_what_a_name_or_a_result_says(
    page: webdriver.Chrome, served: Running
) -> None:
    job = served.texts("<img src=x onerror=document.title='bad'>")
    served.final(job["job_id"])
    page.get(f"{served.url}/jobs/{job['job_id']}")
    wait_for(lambda: "<img" in text_of(page, "[data-result]"))
    assert page.title != "bad"
    assert page.find_elements(By.CSS_SELECTOR, "[data-result] img") == []


def test_it_shows_what_each_attempt_of_an_item_printed(
    page: webdriver.Chrome, served: Running
) -> None:
    text = "<img src=x onerror=document.title='bad'>"
    job_id = served.texts(text, type="prints", fail=True)["job_id"]
    served.final(job_id)
    print_more(served, job_id, 1, "\x1b[31mthe first\x1b[0m\n10 %\r20 %\n")
    open_job(page, served, job_id)
    assert not page.find_elements(By.CSS_SELECTOR, "[data-output]")
    button = find(page, "[data-output-button]")
    assert (button.text, button.get_attribute("aria-expanded")) == ("Output", "false")
    button.click()
    wait_for(lambda: f"on stdout: {text}" in text_of(page, "[data-output-text]"))
    assert button.get_attribute("aria-expanded") == "true"
    assert "the first" not in text_of(page, "[data-output-text]")
    attempts = Select(find(page, "[data-output-attempt]"))
    assert [option.text for option in attempts.options] == ["1", "2 (latest)"]
    attempts.select_by_value("1")
    wait_for(lambda: "the first\n20 %" in text_of(page, "[data-output-text]"))
    assert page.title != "bad"
    assert page.find_elements(By.CSS_SELECTOR, "[data-output] img") == []
    button.click()
    assert not page.find_elements(By.CSS_SELECTOR, "[data-output]")


def test_it_says_that_an_item_printed_nothing(page: webdriver.Chrome, served: Running) -> None:
    job_id = served.texts("a")["job_id"]
    served.final(job_id)
    open_job(page, served, job_id)
    find(page, "[data-output-button]").click()
    wait_for(lambda: text_of(page, "[data-output-note]") == "It printed nothing.")
    assert not find(page, "[data-output-text]").is_displayed()
    assert not find(page, "[data-output-attempt]").is_displayed()


def test_it_follows_what_a_running_item_prints(page: webdriver.Chrome, served: Running) -> None:
    job_id = served.texts("a", type="slow", seconds=30)["job_id"]
    wait_for(lambda: status(page, job_id) == "running")
    open_job(page, served, job_id)
    find(page, "[data-output-button]").click()
    wait_for(lambda: text_of(page, "[data-output-note]") == "It has printed nothing yet.")
    step = text_of(page, "[data-item-step]")
    print_more(served, job_id, 1, "".join(f"line {number}\n" for number in range(100)))
    wait_for(lambda: "line 99" in text_of(page, "[data-output-text]"))
    shown = find(page, "[data-output-text]")
    page.execute_script("arguments[0].scrollTop = 40", shown)
    print_more(served, job_id, 1, "the last line\n")
    wait_for(lambda: "the last line" in shown.text)
    wait_for(lambda: text_of(page, "[data-item-step]") != step)
    assert shown.is_displayed()
    assert shown.get_property("scrollTop") == 40
    served.client().post(f"/api/v1/jobs/{job_id}/cancel", {})
    wait_for(lambda: text_of(page, ".state [data-badge]") == "Cancelled")
    assert "the last line" in shown.text


def test_it_keeps_a_traceback_closed_until_it_is_opened(
    page: webdriver.Chrome, served: Running
) -> None:
    job_id = served.texts("a", type="mistake", times=3)["job_id"]
    served.final(job_id)
    open_job(page, served, job_id)
    traceback = find(page, "[data-timeline] .traceback pre")
    assert not traceback.is_displayed()
    find(page, "[data-timeline] .traceback summary").click()
    assert "RuntimeError: attempt 1" in traceback.text
    find(page, "[data-action=retry]").click()
    wait_for(lambda: "Retried by hand" in moves(page) and moves(page)[-1] == "Completed")
    assert "RuntimeError: attempt 1" in traceback.text


def test_it_tells_failures_crashes_and_interruptions_apart(
    page: webdriver.Chrome, served: Running
) -> None:
    failing = served.texts("a", type="mistake")["job_id"]
    crashing = served.texts("a", type="crash")["job_id"]
    served.final(failing)
    open_job(page, served, failing)
    again = ["Started", "Failed, runs again", "Started, attempt 2", "Failed, runs again"]
    assert moves(page) == ["Submitted", *again, "Started, attempt 3", "Failed"]
    assert "(failure 1 of 3)" in text_of(page, "[data-timeline]")
    served.final(crashing)
    open_job(page, served, crashing)
    again = ["Started", "Crashed, runs again", "Started, attempt 2", "Crashed, runs again"]
    assert moves(page) == [
        "Submitted", *again, "Started, attempt 3", "Failed: crashed too often"
    ]  # fmt: skip
    interrupted = served.texts("a", type="slow", seconds=30)["job_id"]
    open_job(page, served, interrupted)
    wait_for(lambda: "Started" in moves(page))
    ((consumer,),) = served.query("SELECT pid FROM consumer")
    os.kill(consumer, signal.SIGKILL)
    wait_for(lambda: moves(page)[2:] == ["Interrupted, runs again", "Started, attempt 2"])
    assert "(interruption 1 of 20)" in text_of(page, "[data-timeline]")
    served.client().post(f"/api/v1/jobs/{interrupted}/cancel", {})


def test_it_says_cancelling_until_nothing_runs(page: webdriver.Chrome, served: Running) -> None:
    job_id = served.texts("a", type="slow", seconds=30)["job_id"]
    wait_for(lambda: status(page, job_id) == "running")
    open_job(page, served, job_id)
    find(page, "[data-action=cancel]").click()
    wait_for(lambda: text_of(page, ".state [data-badge]") == "Cancelling…", limit_s=5)
    wait_for(lambda: text_of(page, ".state [data-badge]") == "Cancelled", limit_s=5)
    assert "before the cancel" not in text_of(page, ".state")


@pytest.mark.parametrize(("kind", "word"), [("noop", "Completed"), ("mistake", "Failed")])
def test_it_says_when_a_job_was_faster_than_its_cancel(
    page: webdriver.Chrome, served: Running, kind: str, word: str
) -> None:
    job_id = served.texts("a", type=kind)["job_id"]
    served.final(job_id)
    served.query(f"UPDATE job SET cancel_requested = 1 WHERE job_id = '{job_id}'")
    open_job(page, served, job_id)
    assert f"{word} before the cancel could stop it" in text_of(page, ".state [data-job-step]")
    assert text_of(page, ".state [data-badge]") == word


def test_it_keeps_the_chosen_files_when_the_disk_is_full(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    most_mb = 1 << 20
    reserve_mb = (shutil.disk_usage(tmp_path).free >> 20) + 10_000
    if reserve_mb > most_mb:
        pytest.skip("so much room is free that no reserve can be larger")
    with running(tmp_path, BELLHOP_STORAGE_RESERVE_MB=str(reserve_mb)) as bellhop:
        server = bellhop.serve()
        bellhop.environment["BELLHOP_SERVER_PORT"] = bellhop.url.rpartition(":")[2]
        browser.get(bellhop.url)
        wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, "[data-types] [value=word_count]"))
        drop(browser, ("a.txt", "three short words"))
        choose(browser, "word_count")
        find(browser, "[data-submit]").click()
        wait_for(lambda: "MiB left" in text_of(browser, "[data-entry]"))
        server.terminate()
        server.wait()
        bellhop.environment["BELLHOP_STORAGE_RESERVE_MB"] = "0"
        bellhop.serve()
        press(browser, "[data-act=again]")
        wait_for(lambda: ids(browser))
        assert bellhop.final(ids(browser)[0])["status"] == "completed"


def test_it_fits_on_a_phone(page: webdriver.Chrome, served: Running) -> None:
    job_id = served.texts("a very long text " * 20)["job_id"]
    for width, path in ((360, "/"), (360, f"/jobs/{job_id}")):
        page.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 800, "deviceScaleFactor": 2, "mobile": True},
        )
        page.get(served.url + path)
        wait_for(lambda: page.execute_script("return document.readyState") == "complete")
        overflow = page.execute_script("return document.documentElement.scrollWidth")
        assert overflow <= width
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_it_says_when_the_server_is_away_and_when_it_is_back(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    with running(tmp_path) as bellhop:
        server = bellhop.serve()
        bellhop.environment["BELLHOP_SERVER_PORT"] = bellhop.url.rpartition(":")[2]
        browser.get(bellhop.url)
        wait_for(lambda: "word_count" in browser.page_source)
        assert not find(browser, "[data-notice]").is_displayed()
        server.terminate()
        server.wait()
        wait_for(lambda: find(browser, "[data-notice]").is_displayed(), limit_s=40)
        bellhop.serve()
        # It may be gone already: the page looks by itself too.
        browser.execute_script("document.querySelector('[data-notice-retry]').click()")
        wait_for(lambda: not find(browser, "[data-notice]").is_displayed(), limit_s=40)


def test_it_keeps_every_digit_of_a_whole_number(page: webdriver.Chrome, served: Running) -> None:
    """Of a default, of what a person writes into the form, and of a result."""
    choose(page, "mirror")
    number = find(page, "#param-number")
    assert number.get_property("value") == "9223372036854775808"
    number.clear()
    number.send_keys("9007199254740993")
    find(page, "[data-text-input]").send_keys('{"least": -123456789012345678901, "half": 0.5}')
    job_id = submit(page)
    served.final(job_id)
    (item,) = served.client().result(job_id)["items"]
    assert item["data"]["data"] == {"least": -123456789012345678901, "half": 0.5}
    assert item["data"]["rows"] == [{"number": 2**53 + 1}, {"number": 2**62}]
    page.get(f"{served.url}/jobs/{job_id}")
    wait_for(lambda: "-123456789012345678901" in text_of(page, "[data-result]"))
    assert str(2**53 + 1) in text_of(page, "[data-result]")
    assert str(2**62) in text_of(page, "[data-result]")
    assert str(2**53 + 1) in text_of(page, "[data-params]")
