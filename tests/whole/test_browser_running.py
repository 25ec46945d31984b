"""The page of the running work in a real Chromium: queues in words, items that run, switches."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from bellhop.base.times import timestamp
from tests.support.axe import findings
from tests.support.browser import complaints, find, ids, press, text_of
from tests.support.running import Running, wait_for

PRINTS = f"start {sys.executable} -uc print('page_12');__import__('time').sleep(60)"


@pytest.fixture(autouse=True)
def no_complaints(browser: webdriver.Chrome) -> Iterator[None]:
    complaints(browser)
    yield
    assert complaints(browser) == []


@pytest.fixture(autouse=True)
def nothing_runs(served: Running) -> Iterator[None]:
    """What a test left unfinished does not run into the next."""
    yield
    for status in ("running", "queued", "pending"):
        for job in served.client().jobs(status=status):
            served.client().cancel(job["job_id"])
            served.final(job["job_id"])


def open_page(browser: webdriver.Chrome, served: Running) -> None:
    browser.get(f"{served.url}/running")
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, "[data-queue=parsing]"))


def row(job_id: str) -> str:
    return f'[data-running] [data-job-id="{job_id}"]'


def is_there(browser: webdriver.Chrome, selector: str) -> bool:
    return bool(browser.find_elements(By.CSS_SELECTOR, selector))


def test_it_shows_what_runs_with_its_time_memory_and_last_line(
    browser: webdriver.Chrome, served: Running
) -> None:
    job = served.texts(PRINTS, type="as_told")
    open_page(browser, served)
    wait_for(lambda: is_there(browser, row(job["job_id"])))
    wait_for(lambda: "page_12" in text_of(browser, row(job["job_id"])))
    wait_for(lambda: " MB of 2 GB" in text_of(browser, row(job["job_id"])))
    assert " s of 1 min" in text_of(browser, row(job["job_id"]))
    assert "As told · parsing" in text_of(browser, row(job["job_id"]))
    press(browser, "[data-queue=parsing] h3 a")
    wait_for(lambda: job["job_id"] in ids(browser))
    assert browser.current_url.endswith("?status=pending,queued,running&queue=parsing")


def test_it_cancels_what_runs(browser: webdriver.Chrome, served: Running) -> None:
    job = served.texts("a", type="slow", seconds=60)
    open_page(browser, served)
    wait_for(lambda: is_there(browser, row(job["job_id"])))
    press(browser, row(job["job_id"]) + " [data-action=cancel]")
    assert served.final(job["job_id"])["status"] == "cancelled"
    wait_for(lambda: "Cancelled a." in text_of(browser, "[data-toasts]"))


def test_it_keeps_the_place_of_what_ended_while_the_pointer_is_on_the_list(
    browser: webdriver.Chrome, served: Running
) -> None:
    first, second = (served.texts(text, type="slow", seconds=60) for text in "xy")
    open_page(browser, served)
    wait_for(
        lambda: is_there(browser, row(first["job_id"])) and is_there(browser, row(second["job_id"]))
    )
    under = find(browser, row(second["job_id"]))
    ActionChains(browser).move_to_element(under).perform()
    top = under.rect["y"]
    served.client().cancel(first["job_id"])
    wait_for(lambda: "Ended" in text_of(browser, row(first["job_id"])))
    assert under.rect["y"] == top
    ActionChains(browser).move_to_element(find(browser, "#queues-title")).perform()
    wait_for(lambda: not is_there(browser, row(first["job_id"])))


def test_it_says_that_nothing_runs(browser: webdriver.Chrome, served: Running) -> None:
    open_page(browser, served)
    wait_for(lambda: text_of(browser, "[data-running-rest]") == "No items are running.")


def test_it_says_in_words_that_a_queue_is_behind(
    browser: webdriver.Chrome, served: Running
) -> None:
    served.query("INSERT INTO duration (type, slot, seconds) VALUES ('slow', 0, 3600)")
    served.texts(*map(str, range(6)), type="slow", seconds=60)
    served.query(f"UPDATE item SET queued_at = '{timestamp(-3 * 3600 - 60)}'")
    open_page(browser, served)
    # How long items take is looked up twice a second at most.
    said = "3 items waiting, oldest 3 h, done about "
    wait_for(lambda: said in text_of(browser, "[data-queue=parsing] .queue-sentence"))
    assert "Behind" in text_of(browser, "[data-queue=parsing]")
    assert " out per minute" in text_of(browser, "[data-queue=parsing]")
    assert "3 of 3 workers busy" in text_of(browser, "[data-queue=parsing]")


def test_it_says_since_when_a_queue_is_paused(browser: webdriver.Chrome, served: Running) -> None:
    open_page(browser, served)
    find(browser, '[data-queue=ocr] button[aria-label="Pause ocr"]').send_keys(Keys.ENTER)
    wait_for(lambda: "Paused since " in text_of(browser, "[data-queue=ocr]"))
    again = browser.switch_to.active_element
    assert again.get_attribute("aria-label") == "Resume ocr"  # the focus stayed
    again.send_keys(Keys.ENTER)
    wait_for(lambda: "Keeps up" in text_of(browser, "[data-queue=ocr]"))


def test_it_brings_the_workers_back_to_the_settings(
    browser: webdriver.Chrome, served: Running
) -> None:
    open_page(browser, served)
    press(browser, '[data-queue=notion] button[aria-label="More workers for notion"]')
    wait_for(lambda: text_of(browser, "[data-queue=notion] .workers-count") == "3")
    press(browser, '[data-queue=notion] button[aria-label^="Reset workers of notion"]')
    wait_for(lambda: text_of(browser, "[data-queue=notion] .workers-count") == "2")


def test_it_asks_before_it_clears_the_saved_results(
    browser: webdriver.Chrome, served: Running
) -> None:
    served.final(served.texts("saved", type="noop")["job_id"])
    open_page(browser, served)
    wait_for(lambda: "result" in text_of(browser, "[data-cache]"))
    press(browser, "[data-clear-cache]")
    wait_for(lambda: text_of(browser, "#confirm-title").startswith("Clear "))
    press(browser, "[data-confirm-no]")
    assert not text_of(browser, "[data-cache]").startswith("0 ")
    press(browser, "[data-clear-cache]")
    press(browser, "[data-confirm-yes]")
    wait_for(lambda: text_of(browser, "[data-cache]").startswith("0 results"))


AT_ONCE = """
for (const name of ["clear-cache", "confirm-no", "clear-cache"])
  document.querySelector(`[data-${name}]`).click();"""


def test_it_takes_the_answer_to_one_question_for_no_other(
    browser: webdriver.Chrome, served: Running
) -> None:
    """A dialog says that it was closed some time later, when the next one may be open."""
    served.final(served.texts("kept", type="noop")["job_id"])
    open_page(browser, served)
    wait_for(lambda: "result" in text_of(browser, "[data-cache]"))
    browser.execute_script(AT_ONCE)
    wait_for(lambda: find(browser, "[data-confirm]").get_attribute("open"))
    press(browser, "[data-confirm-yes]")
    wait_for(lambda: text_of(browser, "[data-cache]").startswith("0 results"))


MACHINE = {
    "is_home": False, "state": "works", "version": "0.2.0", "consumers": ["c"], "warnings": [],
    "queues": [{"name": "ai", "workers": 2, "running": 1}], "round_trip_ms": 0.4,
    "types": [{"type": "read", "problem": None}, {"type": "train", "problem": "torch is missing"}],
    "seen_at": "2026-11-29T21:00:00.000000Z",
}  # fmt: skip
MACHINES = [
    {**MACHINE, "name": "home", "is_home": True, "types": []},
    {**MACHINE, "name": "gpu-1", "warnings": ["its clock is 9.0 s behind that of the database"]},
    {**MACHINE, "name": "gpu-2", "state": "has not been seen since …", "consumers": []},
    {**MACHINE, "name": "ocr", "state": "takes no new items until it is restarted"},
    {**MACHINE, "name": "new", "state": "has not started yet", "version": None, "queues": []},
]
DRAW = """
    const [machines, done] = arguments;
    import("/static/running/machine-rows.js").then(({ drawMachines }) => {
        drawMachines(machines);
        done();
    });"""


@pytest.mark.parametrize(("width", "is_dark"), [(390, True), (1920, False)])
def test_it_shows_several_machines(
    browser: webdriver.Chrome, served: Running, width: int, is_dark: bool
) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    open_page(browser, served)
    assert not find(browser, "[data-machines-part]").is_displayed()
    browser.execute_async_script(DRAW, MACHINES)
    said = {name: text_of(browser, f"[data-machine={name}]") for name in ("home", "gpu-1", "gpu-2")}
    assert "1 of 2 workers busy" in said["home"] and "Works" in said["home"]
    assert "Its clock is 9.0 s behind" in said["gpu-1"]
    assert "1 job type, 1 not available" in said["gpu-1"]
    assert "train does not run there" not in said["gpu-1"]
    press(browser, "[data-machine=gpu-1] summary")
    told = text_of(browser, "[data-machine=gpu-1] .machine-types")
    assert told.split("\n") == ["read", "train does not run there: torch is missing"]
    assert "Not seen since" in said["gpu-2"]
    commands = find(browser, "[data-machine-commands]").get_attribute("innerHTML") or ""
    assert "machine add NAME" in commands
    assert findings(browser) == []
    if folder := os.environ.get("SHOTS"):
        find(browser, "[data-machines-part]").screenshot(f"{folder}/machines-{width}.png")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


QUEUE = {
    "name": "ai", "depth": 3, "pending": 0, "oldest_age_s": 4.0, "running": 2, "failed": 0,
    "paused": False, "paused_by": None, "paused_at": None, "backlog": "ok", "keeps_up": True,
    "in_per_minute": 1.0, "out_per_minute": 1.0, "done_at": None, "workers": 4,
    "workers_configured": 0, "workers_changed": False, "workers_total": 6, "consumers": 2,
    "machines": ["gpu-1", "gpu-2"],
}  # fmt: skip
SERVE: list[dict[str, Any]] = [
    {**MACHINE, "name": name, "queues": [{"name": "ai", "workers": workers, "running": 1}]}
    for name, workers in (("gpu-1", 2), ("gpu-2", 4))
]
AWAY = {**QUEUE, "workers_total": 0, "consumers": 0, "machines": [], "running": 0}
DRAW_QUEUE = """
    const [queue, machines, done] = arguments;
    import("/static/running/queue-rows.js").then(({ drawQueues }) => {
        drawQueues([queue], machines, () => null);
        done(document.querySelector(`[data-queue=${queue.name}]`).innerText);
    });"""
SWITCHES = "[data-queue=ai] .workers-control"


def test_it_shows_how_several_machines_serve_a_queue(
    browser: webdriver.Chrome, served: Running
) -> None:
    open_page(browser, served)
    said = browser.execute_async_script(DRAW_QUEUE, QUEUE, SERVE)
    assert "2 of 6 workers busy" in said and "on gpu-1, gpu-2" in said
    assert text_of(browser, f"{SWITCHES} .workers-count") == "2–4"
    assert "Reset" not in said
    alike = [{**one, "queues": [{"name": "ai", "workers": 4, "running": 1}]} for one in SERVE]
    said = browser.execute_async_script(DRAW_QUEUE, {**QUEUE, "workers_changed": True}, alike)
    assert text_of(browser, f"{SWITCHES} .workers-count") == "4" and "Reset" in said


@pytest.mark.parametrize(
    ("machines", "words"),
    [
        (SERVE[:1], "gpu-1 serves it, and takes no items now."),
        (SERVE, "gpu-1, gpu-2 serve it, and take no items now."),
        ([{**MACHINE, "name": "home", "queues": []}], "No machine serves it."),
    ],
)
def test_it_says_which_machine_a_queue_waits_for(
    browser: webdriver.Chrome, served: Running, machines: list[object], words: str
) -> None:
    open_page(browser, served)
    said = browser.execute_async_script(DRAW_QUEUE, AWAY, machines)
    assert words in said and "No worker running" in said
    assert not find(browser, SWITCHES).is_displayed()


@pytest.mark.parametrize("width", [390, 640, 1000, 1920])
def test_it_fits_every_screen(browser: webdriver.Chrome, served: Running, width: int) -> None:
    served.texts("a very long name " * 20, type="slow", seconds=60)
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    open_page(browser, served)
    wait_for(lambda: is_there(browser, "[data-running] [data-action=cancel]"))
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wide <= width


def test_it_leads_from_the_former_address(browser: webdriver.Chrome, served: Running) -> None:
    browser.get(f"{served.url}/queues")
    wait_for(lambda: browser.current_url == f"{served.url}/running")


def test_it_says_what_takes_room_and_leads_to_those_jobs(
    browser: webdriver.Chrome, served: Running
) -> None:
    job_id = served.texts("a", type="noop")["job_id"]
    served.final(job_id)
    browser.get(f"{served.url}/running")
    wait_for(lambda: text_of(browser, "[data-space-types] tr"))
    assert "[storage] reserve_mb" in text_of(browser, "[data-space-kinds]")
    assert "Deleted after 30 days" in text_of(browser, "[data-space-types]")
    links = browser.find_elements(By.CSS_SELECTOR, "[data-space-largest] a")
    assert all("/jobs/" in str(link.get_attribute("href")) for link in links)
    press(browser, "[data-space-types] a")
    wait_for(lambda: "/jobs?type=" in browser.current_url)
