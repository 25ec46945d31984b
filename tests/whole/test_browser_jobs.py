"""The page of all jobs in a real Chromium: filters, selection, and actions on many jobs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.support.browser import complaints, find, ids, press, text_of
from tests.support.running import Running, wait_for

ROW = "[data-job-list] [data-job-id='{}']"
BOX = ROW + " [data-select]"
CHIPS = "[data-chips]"
VALUE = "[data-facet={}] [data-value='{}']"
STATUS = "[data-status-of][value='{}']"
BULK = "[data-bulk-action={}]"
# Slices become small, their requests are noted, and the answer to the second is lost.
IN_SLICES = """
    const send = window.fetch;
    window.sent = [];
    window.fetch = async (url, options) => {
        if (!String(url).endsWith("/jobs/bulk")) return send(url, options);
        const body = JSON.parse(options.body);
        if (body.limit) body.limit = 15;
        const answer = await send(url, {...options, body: JSON.stringify(body)});
        window.sent.push(body);
        if (window.sent.length === arguments[0]) throw new TypeError("lost");
        if (window.sent.length > arguments[1])
            await new Promise((free) => (window.letThrough = free));
        return answer;
    };"""
NEVER = 1000


@pytest.fixture(scope="module")
def jobs(served: Running) -> dict[str, str]:
    """A job of each kind, by its name, the oldest first."""
    made = {
        "done": served.texts("done", type="noop"),
        "failed": served.texts("failed", type="bad_input"),
        "partly": served.texts("scan a", "draft b", "c", type="invoice"),
        "active": served.texts("active", type="slow", seconds=600),
    }
    ids = {name: job["job_id"] for name, job in made.items()}
    for name in ("done", "failed", "partly"):
        served.final(ids[name])
    return ids


@pytest.fixture(scope="module")
def many(served: Running) -> list[str]:
    """More jobs than the list loads at once."""
    made = [served.texts(f"many {number}", type="noop")["job_id"] for number in range(70)]
    for job_id in made:
        served.final(job_id)
    return made


def opened(browser: webdriver.Chrome, served: Running, query: str = "") -> None:
    browser.get(f"{served.url}/jobs{query}")
    wait_for(lambda: not find(browser, "[data-loading]").is_displayed())


def count_of(browser: webdriver.Chrome, selector: str) -> str:
    script = """
        const node = document.querySelector(arguments[0]);
        return node?.closest("label, a").querySelector(".facet-count").textContent;"""
    return str(browser.execute_script(script, selector))


def shows(browser: webdriver.Chrome, *expected: str) -> None:
    wait_for(lambda: ids(browser) == list(expected))


def buttons(browser: webdriver.Chrome) -> list[str]:
    """The bulk actions that are offered."""
    found = browser.find_elements(By.CSS_SELECTOR, "[data-bulk-action]")
    return [button.text for button in found if button.is_displayed()]


def sent(browser: webdriver.Chrome) -> Any:
    return browser.execute_script("return window.sent")


def test_it_filters_by_what_it_counts_and_goes_back(
    browser: webdriver.Chrome, served: Running, jobs: dict[str, str]
) -> None:
    opened(browser, served, "?show=failed")
    shows(browser, jobs["partly"], jobs["failed"])
    wait_for(lambda: count_of(browser, STATUS.format("failed")) == "2")
    assert count_of(browser, STATUS.format("pending,queued,running")) == "1"
    assert find(browser, STATUS.format("failed")).is_selected()
    find(browser, VALUE.format("type", "invoice")).send_keys(Keys.ENTER)
    shows(browser, jobs["partly"])
    assert browser.current_url.endswith("/jobs?status=failed&type=invoice")
    assert "Job type: Invoice check" in text_of(browser, CHIPS)
    assert browser.switch_to.active_element.get_attribute("data-value") == "invoice"
    wait_for(lambda: count_of(browser, VALUE.format("code", "no_total")) == "1")
    press(browser, STATUS.format("completed"))
    wait_for(lambda: browser.current_url.endswith("?status=failed,completed&type=invoice"))
    browser.back()
    browser.back()
    shows(browser, jobs["partly"], jobs["failed"])
    browser.forward()
    shows(browser, jobs["partly"])
    press(browser, "[data-chip=status]")
    wait_for(lambda: browser.current_url.endswith("/jobs?type=invoice"))
    assert complaints(browser) == []


def test_it_counts_nothing_again_while_no_job_changes(
    browser: webdriver.Chrome, served: Running, jobs: dict[str, str]
) -> None:
    opened(browser, served)
    wait_for(lambda: text_of(browser, ".facet-count").strip())
    script = """const [change, done] = arguments;
        import("/static/jobs/facets.js").then((it) => it.refreshFacets(change)).then(done);"""
    change = served.client().get("/api/v1/jobs?limit=1")["change"]
    assert browser.execute_async_script(script, change) is False


def test_it_takes_a_search_that_is_typed_as_one_step(
    browser: webdriver.Chrome, served: Running, jobs: dict[str, str]
) -> None:
    opened(browser, served)
    press(browser, STATUS.format("failed"))
    shows(browser, jobs["partly"], jobs["failed"])
    find(browser, "[data-search]").send_keys("two words")
    wait_for(lambda: browser.current_url.endswith("?status=failed&q=two+words"))
    browser.back()
    wait_for(lambda: browser.current_url.endswith("?status=failed"))
    assert find(browser, "[data-search]").get_property("value") == ""
    browser.back()
    wait_for(lambda: jobs["done"] in ids(browser))
    assert browser.current_url == f"{served.url}/jobs"
    assert not find(browser, STATUS.format("failed")).is_selected()


def test_it_filters_by_the_time_of_a_job(
    browser: webdriver.Chrome, served: Running, jobs: dict[str, str]
) -> None:
    opened(browser, served, "?to=2020-01-01T00:00:00Z")
    wait_for(lambda: "No jobs match" in text_of(browser, "[data-empty]"))
    assert str(find(browser, "[data-to]").get_property("value")).startswith("20")
    press(browser, "[data-empty] a")
    wait_for(lambda: jobs["done"] in ids(browser))
    press(browser, "[data-periods] [data-value='24h']")
    wait_for(lambda: browser.current_url.endswith("/jobs?from=24h"))
    wait_for(lambda: jobs["done"] in ids(browser))
    assert "Submitted since" in text_of(browser, CHIPS)


# In one step of the page's own, as the chips are drawn anew while the list is read.
FOCUS_AND_PRESS = """
const node = document.querySelector(arguments[0]);
node.focus();
node.click();"""


def test_it_says_what_is_wrong_with_a_filter_and_removes_it(
    browser: webdriver.Chrome, served: Running, jobs: dict[str, str]
) -> None:
    opened(browser, served, "?status=asleep&schedule=none&unknown=1")
    wait_for(lambda: "'asleep' is not one of" in text_of(browser, "[data-refusal]"))
    assert not find(browser, "[data-notice]").is_displayed()
    browser.execute_script(FOCUS_AND_PRESS, "[data-chip=status]")
    wait_for(lambda: "schedule must be a number" in text_of(browser, "[data-refusal]"))
    focused = browser.switch_to.active_element
    assert focused.get_attribute("data-chip") == "schedule"
    focused.click()
    wait_for(lambda: jobs["done"] in ids(browser))
    assert not find(browser, "[data-refusal]").is_displayed()
    complaints(browser)  # the browser notes each 422


def test_it_offers_for_the_selected_rows_what_can_work(
    browser: webdriver.Chrome, served: Running, jobs: dict[str, str]
) -> None:
    opened(browser, served, "?status=running,failed")
    shows(browser, jobs["active"], jobs["partly"], jobs["failed"])
    press(browser, BOX.format(jobs["active"]))
    assert buttons(browser) == ["Cancel 1"]
    before = find(browser, ROW.format(jobs["failed"])).rect["y"]
    last = find(browser, BOX.format(jobs["failed"]))
    ActionChains(browser).key_down(Keys.SHIFT).click(last).key_up(Keys.SHIFT).perform()
    assert text_of(browser, "[data-bulk-words]") == "3 selected"
    assert buttons(browser) == ["Cancel 1", "Retry 2", "Delete 2"]
    assert find(browser, ROW.format(jobs["failed"])).rect["y"] == before
    press(browser, BULK.format("cancel"))
    wait_for(lambda: text_of(browser, "[data-confirm-title]") == "Cancel 1 job?")
    assert "not possible for 2 other selected jobs" in text_of(browser, "[data-confirm-text]")
    assert text_of(browser, "[data-confirm-no]") == "Let them run"
    press(browser, "[data-confirm-no]")
    find(browser, "[data-clear-selection]").send_keys(Keys.ENTER)
    wait_for(lambda: buttons(browser) == [])
    assert browser.switch_to.active_element.get_attribute("data-select-all") is not None


def test_it_selects_with_the_keyboard(
    browser: webdriver.Chrome, served: Running, jobs: dict[str, str]
) -> None:
    opened(browser, served, "?status=failed")
    shows(browser, jobs["partly"], jobs["failed"])
    find(browser, BOX.format(jobs["partly"])).send_keys(Keys.SPACE)
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.ARROW_DOWN).perform()
    wait_for(lambda: text_of(browser, "[data-bulk-words]") == "2 selected")
    assert browser.switch_to.active_element == find(browser, BOX.format(jobs["failed"]))
    ActionChains(browser).key_up(Keys.SHIFT).perform()


def test_it_acts_on_the_selected_rows(
    browser: webdriver.Chrome, served: Running, many: list[str]
) -> None:
    opened(browser, served, "?q=many")
    wait_for(lambda: len(ids(browser)) == 30)
    gone = ids(browser)[:2]
    for job_id in gone:
        press(browser, BOX.format(job_id))
    press(browser, BULK.format("purge"))
    wait_for(lambda: text_of(browser, "[data-confirm-title]") == "Delete 2 jobs?")
    press(browser, "[data-confirm-yes]")
    wait_for(lambda: not {*gone} & {*ids(browser)})
    assert "Deleted 2 jobs." in text_of(browser, "[data-toast]")
    wait_for(lambda: buttons(browser) == [])


def test_it_acts_on_all_that_match_in_slices(
    browser: webdriver.Chrome, served: Running, many: list[str]
) -> None:
    opened(browser, served, "?q=many")
    wait_for(lambda: len(ids(browser)) == 30)
    browser.execute_script(IN_SLICES, NEVER, 2)
    press(browser, "[data-select-all]")
    wait_for(lambda: "that match" in text_of(browser, "[data-select-more]"))
    count = int(text_of(browser, "[data-select-more]").split()[2])
    press(browser, "[data-select-more]")
    assert text_of(browser, "[data-bulk-words]") == f"All {count} jobs that match are selected"
    press(browser, BULK.format("purge"))
    wait_for(lambda: text_of(browser, "[data-confirm-title]") == f"Delete {count} jobs?")
    said = "all jobs with Status: Completed, Failed, Cancelled; Search: many."
    assert said in text_of(browser, "[data-confirm-text]")
    press(browser, "[data-confirm-yes]")
    wait_for(lambda: text_of(browser, "[data-run-words]") == f"15 of {count} deleted")
    press(browser, "[data-run-stop]")
    wait_for(lambda: browser.execute_script("return Boolean(window.letThrough)"))
    browser.execute_script("window.letThrough()")
    wait_for(lambda: "You stopped before all" in text_of(browser, "[data-toast]"))
    assert "Deleted 30 jobs." in text_of(browser, "[data-toast]")
    wait_for(lambda: not find(browser, "[data-run]").is_displayed())
    assert {json.dumps(each["filter"], sort_keys=True) for each in sent(browser)} == {
        '{"q": "many", "status": "completed,failed,cancelled"}'
    }


def test_it_goes_on_after_a_lost_answer(browser: webdriver.Chrome, served: Running) -> None:
    for number in range(40):
        served.final(served.texts(f"lost {number}", type="noop")["job_id"])
    opened(browser, served, "?q=lost")
    wait_for(lambda: len(ids(browser)) == 30)
    browser.execute_script(IN_SLICES, 3, NEVER)
    press(browser, "[data-select-all]")
    press(browser, "[data-select-more]")
    press(browser, BULK.format("purge"))
    press(browser, "[data-confirm-yes]")
    wait_for(lambda: "No jobs match" in text_of(browser, "[data-empty]"))
    wait_for(lambda: "Deleted at least 25 jobs" in text_of(browser, "[data-toast]"))
    cursors = [each["cursor"] for each in sent(browser)[1:]]
    assert cursors[1] == cursors[2]
    complaints(browser)


# The list, and its counts as of what it knows, are asked for now, and not seconds later.
ASK_NOW = "dispatchEvent(new Event('online'))"


def test_it_leaves_a_filter_and_its_focus_alone_while_jobs_come(
    browser: webdriver.Chrome, served: Running, jobs: dict[str, str]
) -> None:
    opened(browser, served, "?type=bad_input")
    wait_for(lambda: text_of(browser, CHIPS) == "Job type: Bad input")
    before = int(wait_for(lambda: count_of(browser, STATUS.format("failed"))))
    chip = find(browser, "[data-chip=type]")
    browser.execute_script("arguments[0].focus()", chip)
    new = served.texts("one more", type="bad_input")["job_id"]
    served.final(new)
    browser.execute_script(ASK_NOW)
    wait_for(lambda: new in ids(browser))
    browser.execute_script(ASK_NOW)
    wait_for(lambda: count_of(browser, STATUS.format("failed")) == str(before + 1))
    assert find(browser, "[data-chip=type]") == chip == browser.switch_to.active_element
