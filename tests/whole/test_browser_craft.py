"""What holds for each page in each of its states, in a real Chromium: anybody can use it, nothing
shifts, no name breaks it, and nothing comes from another host."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium import webdriver

from bellhop.web.routes import page_routes
from tests.support.axe import findings
from tests.support.browser import chromium, complaints, drop, find, press, text_of
from tests.support.running import Running, wait_for

PAGES = [route.path for route in page_routes() if route.action == "page" and "<" not in route.path]
EVERYWHERE = [*PAGES, "/nothing", "/login", "/welcome", "/jobs/{done}", "/jobs/{failed}",
              "/jobs/{active}", "/jobs/{odd}", "/jobs/0"]  # fmt: skip
# The pages as they are seen most.
WIDTHS = {"desktop": 1280, "phone": 390}
SCHEMES = {"desktop": "light", "phone": "dark"}
ODD = "مرحبا " + "very-long-name-without-a-place-to-break" * 5
# How far things that nobody touched moved since the page was opened (web.dev/cls).
SHIFTS = """
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) window.shifted = (window.shifted ?? 0) + entry.value;
}).observe({type: "layout-shift", buffered: true});"""
SOURCE = {"source": SHIFTS}
MOST_SHIFT = 0.05
STILL = """const done = arguments[0];
requestAnimationFrame(() => requestAnimationFrame(() => done()));"""


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium("performance") as driver:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", SOURCE)
        driver.set_script_timeout(120)  # the reference of the API is long
        yield driver


@pytest.fixture(scope="module")
def jobs(served: Running) -> dict[str, str]:
    """A job in each state, by the name of the state."""
    made = {
        "done": served.texts("a", "b", type="noop"),
        "failed": served.texts("x", type="bad_input"),
        "odd": served.texts(ODD, type="noop"),
    }
    ids = {state: job["job_id"] for state, job in made.items()}
    for job_id in ids.values():
        served.final(job_id)
    return {**ids, "active": served.texts("a", type="slow", seconds=600)["job_id"]}


def opened(browser: webdriver.Chrome, url: str) -> None:
    """Open a page, until it has shown what it asked for."""
    browser.get(url)
    wait_for(
        lambda: browser.execute_script(
            "return ![...document.querySelectorAll('[data-loading]')].some((it) => it.offsetParent)"
        )
    )
    browser.execute_async_script(STILL)


@contextlib.contextmanager
def seen_as(browser: webdriver.Chrome, width: int, **media: str) -> Iterator[None]:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    features = [{"name": f"prefers-{name}", "value": value} for name, value in media.items()]
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    yield
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def requested(browser: webdriver.Chrome) -> set[str]:
    """The hosts that were asked for anything since the last call."""
    events = [json.loads(line["message"])["message"]
              for line in browser.get_log("performance")]  # type: ignore[no-untyped-call]  # fmt: skip
    urls = [event["params"]["request"]["url"] for event in events
            if event["method"] == "Network.requestWillBeSent"]  # fmt: skip
    return {urlsplit(url).netloc for url in urls if not url.startswith("data:")}


@dataclass(frozen=True)
class Visit:
    """What was seen of a page that was opened: how far it shifted, which hosts it asked, and what
    axe found."""

    shifted: float
    hosts: set[str]
    findings: list[str]


@pytest.fixture(scope="module")
def visited(
    browser: webdriver.Chrome, served: Running, jobs: dict[str, str]
) -> Callable[[str, str], Visit]:
    """Opens each page once: on a desktop in the light, on a phone in the dark."""

    @functools.cache
    def visit(path: str, place: str) -> Visit:
        with seen_as(browser, WIDTHS[place], **{"color-scheme": SCHEMES[place]}):
            requested(browser)
            opened(browser, served.url + path.format(**jobs))
            shifted = browser.execute_script("return window.shifted ?? 0")
            return Visit(shifted, requested(browser), findings(browser))

    return visit


@pytest.mark.parametrize("place", WIDTHS)
@pytest.mark.parametrize("path", EVERYWHERE)
class TestEachPage:
    def test_it_can_be_used_by_everybody(
        self, visited: Callable[[str, str], Visit], path: str, place: str
    ) -> None:
        assert visited(path, place).findings == []

    def test_it_moves_nothing_while_it_loads(
        self, visited: Callable[[str, str], Visit], path: str, place: str
    ) -> None:
        assert visited(path, place).shifted < MOST_SHIFT

    def test_it_asks_no_other_host(
        self, visited: Callable[[str, str], Visit], served: Running, path: str, place: str
    ) -> None:
        assert visited(path, place).hosts == {urlsplit(served.url).netloc}


@pytest.mark.parametrize("path", ["/", "/jobs", "/jobs/{odd}"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_is_not_widened_by_a_name(
    browser: webdriver.Chrome, served: Running, jobs: dict[str, str], path: str, width: int
) -> None:
    with seen_as(browser, width):
        opened(browser, served.url + path.format(**jobs))
        wait_for(lambda: ODD[:20] in text_of(browser, "main"))
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_it_moves_nothing_for_who_asked_for_that(
    browser: webdriver.Chrome, served: Running, jobs: dict[str, str]
) -> None:
    with seen_as(browser, 1280, **{"reduced-motion": "reduce"}):
        opened(browser, served.url)
        moving: list[Any] = browser.execute_script(
            "return document.getAnimations().map((it) => String(it.animationName))"
        )
        assert moving == []


def _chosen(browser: webdriver.Chrome) -> None:
    drop(browser, ("a.txt", "some words"))
    press(browser, "[data-more-options] summary")


def _refused(browser: webdriver.Chrome) -> None:
    press(browser, "[data-submit]")


def _with_menu(browser: webdriver.Chrome) -> None:
    press(browser, "[data-who] summary")


@pytest.mark.parametrize("state", [_chosen, _refused, _with_menu])
def test_it_can_be_used_by_everybody_in_each_state(
    browser: webdriver.Chrome, served: Running, jobs: dict[str, str], state: Any
) -> None:
    opened(browser, served.url)
    wait_for(lambda: find(browser, "[data-types] [value=word_count]"))
    state(browser)
    assert findings(browser) == []


def test_it_can_be_used_by_everybody_when_no_job_matches(
    browser: webdriver.Chrome, served: Running, jobs: dict[str, str]
) -> None:
    opened(browser, f"{served.url}/jobs?q=nothing+is+called+so")
    wait_for(lambda: find(browser, "[data-empty]").is_displayed())
    assert findings(browser) == []
    complaints(browser)
