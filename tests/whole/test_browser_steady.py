"""The list under a pointer: a click lands on the job that a person saw, in a real Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains

from tests.support.browser import complaints, find, ids, press, text_of
from tests.support.running import Running, wait_for

ROW = "[data-job-list] [data-job-id='{}']"
NEWS = "[data-news]"


def rest_on(browser: webdriver.Chrome, selector: str) -> None:
    ActionChains(browser).move_to_element(find(browser, selector)).perform()


def place_of(browser: webdriver.Chrome, job_id: str) -> float:
    return float(find(browser, ROW.format(job_id)).rect["y"])


def submitted(served: Running, text: str, **more: Any) -> str:
    job_id: str = served.texts(text, **more)["job_id"]
    return job_id


@pytest.fixture
def old(browser: webdriver.Chrome, served: Running, request: pytest.FixtureRequest) -> str:
    """A job in the open list, on which the pointer rests."""
    job_id = submitted(served, f"old {request.node.name}", type="noop")
    served.final(job_id)
    browser.get(f"{served.url}/jobs")
    wait_for(lambda: job_id in ids(browser))
    rest_on(browser, ROW.format(job_id))
    return job_id


def test_it_moves_no_row_that_the_pointer_is_on(
    browser: webdriver.Chrome, served: Running, old: str
) -> None:
    before = place_of(browser, old)
    new = {submitted(served, f"new {number} {old}", type="noop") for number in range(2)}
    wait_for(lambda: text_of(browser, NEWS) == "2 new jobs")
    assert place_of(browser, old) == before and not new & {*ids(browser)}
    press(browser, NEWS)
    wait_for(lambda: new <= {*ids(browser)})
    assert text_of(browser, NEWS) in ("", "0 new jobs")
    assert complaints(browser) == []


def test_it_shows_what_came_once_the_pointer_is_elsewhere(
    browser: webdriver.Chrome, served: Running, old: str
) -> None:
    new = submitted(served, f"new {old}", type="noop")
    wait_for(lambda: text_of(browser, NEWS) == "1 new job")
    rest_on(browser, "h1")
    wait_for(lambda: new in ids(browser))


def test_it_keeps_a_row_in_its_place_that_no_longer_belongs_to_the_list(
    browser: webdriver.Chrome, served: Running
) -> None:
    running_job = submitted(served, "runs", type="slow", seconds=60)
    below = submitted(served, "runs as well", type="slow", seconds=60)
    browser.get(f"{served.url}/jobs?show=active")
    wait_for(lambda: {running_job, below} <= {*ids(browser)})
    wait_for(lambda: "Running" in text_of(browser, ROW.format(below)))
    rest_on(browser, ROW.format(running_job))
    served.client().post(f"/api/v1/jobs/{below}/cancel", {})
    wait_for(lambda: "Cancelled" in text_of(browser, ROW.format(below)))
    rest_on(browser, "h1")
    wait_for(lambda: below not in ids(browser))
    served.client().post(f"/api/v1/jobs/{running_job}/cancel", {})


def test_it_passes_the_focus_on_from_a_row_that_is_gone_and_stays_in_its_place(
    browser: webdriver.Chrome, served: Running, old: str
) -> None:
    new = submitted(served, f"new {old}", type="noop")
    served.final(new)
    browser.get(f"{served.url}/jobs")
    wait_for(lambda: new in ids(browser))
    rest_on(browser, ROW.format(old))
    browser.execute_script(
        "document.querySelector(arguments[0]).focus()", f"{ROW.format(new)} [data-job-link]"
    )
    served.client().delete(f"/api/v1/jobs/{new}?purge=true")
    wait_for(lambda: find(browser, ROW.format(new)).get_property("inert"))
    assert browser.switch_to.active_element.get_attribute("data-job-link") is not None


def test_it_takes_no_click_on_a_row_that_came_under_the_pointer_just_before(
    browser: webdriver.Chrome, served: Running, old: str
) -> None:
    """A row above may still shrink or grow with what it says."""
    script = """
        const row = document.querySelector(arguments[0]);
        const { keepSteady } = await import("/static/shared/steady.js");
        const list = document.querySelector("[data-job-list]");
        const steady = keepSteady(list, () => {});
        const box = row.getBoundingClientRect();
        const at = { clientX: box.x + 20, clientY: box.y + 5, bubbles: true };
        list.dispatchEvent(new PointerEvent("pointerenter", at));
        list.dispatchEvent(new PointerEvent("pointermove", at));
        steady.change(() => (row.hidden = true));
        const click = new MouseEvent("click", { ...at, detail: 1, cancelable: true });
        const target = document.elementFromPoint(at.clientX, at.clientY);
        const isSame = target.closest("[data-job-id]") === row;
        return [list.contains(target), isSame, target.dispatchEvent(click)];
    """
    above = submitted(served, f"above {old}", type="noop")
    served.final(above)
    browser.get(f"{served.url}/jobs")
    wait_for(lambda: {old, above} <= {*ids(browser)})
    run = f"return (async () => {{{script}}})()"
    assert browser.execute_script(run, ROW.format(above)) == [True, False, False]
    wait_for(lambda: "Please click again" in text_of(browser, "[data-toast]"))


def test_it_shows_another_list_whatever_the_pointer_is_on(
    browser: webdriver.Chrome, served: Running, old: str
) -> None:
    browser.execute_script("""
        const search = document.querySelector("[data-search]");
        search.value = "no such job";
        search.dispatchEvent(new Event("input"));
    """)
    wait_for(lambda: "No jobs match" in text_of(browser, "[data-empty]"))
    assert ids(browser) == []


def test_it_says_the_day_of_a_start_that_is_not_today(
    browser: webdriver.Chrome, served: Running
) -> None:
    browser.get(f"{served.url}/jobs")
    said = browser.execute_async_script(
        """const done = arguments[0];
        import("/static/shared/words.js").then((words) =>
          done(words.withLocalTimes("its start time, 2031-03-14T12:00:00Z")));"""
    )
    assert "14" in said and "2031" in said
