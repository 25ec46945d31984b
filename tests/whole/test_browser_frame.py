"""The frame around each page, in a real Chromium: narrow screens, the menu, wrong addresses."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from bellhop.web.routes import page_routes
from tests.support.browser import complaints, drop, find, text_of
from tests.support.running import Running, wait_for

PAGES = [route.path for route in page_routes() if route.action == "page" and "<" not in route.path]
# A phone, the smallest that WCAG asks for (1.4.10), and a window of 1,280 px at 200 %.
WIDTHS = [390, 320, 640]


@contextlib.contextmanager
def width(browser: webdriver.Chrome, pixels: int) -> Iterator[None]:
    size = {"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": pixels < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    yield
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def loaded(browser: webdriver.Chrome, url: str) -> None:
    """Open a page, until it has shown what it asked for."""
    browser.get(url)
    wait_for(
        lambda: browser.execute_script(
            "return ![...document.querySelectorAll('[data-loading]')].some((it) => it.offsetParent)"
        )
    )


@pytest.mark.parametrize("pixels", WIDTHS)
@pytest.mark.parametrize("path", [*PAGES, "/nothing"])
def test_it_is_no_wider_than_its_window(
    browser: webdriver.Chrome, served: Running, path: str, pixels: int
) -> None:
    with width(browser, pixels):
        loaded(browser, served.url + path)
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= pixels


@pytest.mark.parametrize("path", ["/", "/jobs", "/problems", "/schedules", "/running"])
def test_it_has_its_navigation_in_one_row_on_a_phone(
    browser: webdriver.Chrome, served: Running, path: str
) -> None:
    with width(browser, 390):
        loaded(browser, served.url + path)
        assert find(browser, ".top").rect["height"] < 60
        row = browser.execute_script(
            "const nav = document.querySelector('nav.pages');"
            "return [nav.scrollWidth, nav.clientWidth]"
        )
        assert row[0] <= row[1]


def test_it_closes_the_menu_with_escape_and_gives_the_focus_back(
    browser: webdriver.Chrome, served: Running
) -> None:
    loaded(browser, f"{served.url}/schedules")
    menu = find(browser, "[data-who] summary")
    menu.send_keys(Keys.ENTER)
    ActionChains(browser).send_keys(Keys.TAB).perform()
    assert browser.switch_to.active_element.text == "Account"
    ActionChains(browser).send_keys(Keys.ESCAPE).perform()
    assert not find(browser, "[data-who] a").is_displayed()
    assert browser.switch_to.active_element == menu


def test_it_closes_the_menu_when_the_focus_leaves_it(
    browser: webdriver.Chrome, served: Running
) -> None:
    loaded(browser, f"{served.url}/schedules")
    find(browser, "[data-who] summary").send_keys(Keys.ENTER)
    find(browser, "#name").click()
    assert not find(browser, "[data-who] a").is_displayed()


def test_it_leads_back_from_a_wrong_address(browser: webdriver.Chrome, served: Running) -> None:
    complaints(browser)
    browser.get(f"{served.url}/no/such/page")
    assert text_of(browser, "h1") == "Page not found"
    find(browser, "main a").click()
    wait_for(lambda: browser.current_url == f"{served.url}/")
    complaints(browser)  # the browser notes the 404


def test_it_shows_what_reorders_a_name(browser: webdriver.Chrome, served: Running) -> None:
    loaded(browser, served.url)
    drop(browser, ("invoice\u202egnp.exe", "x"))  # looks like invoiceexe.png
    wait_for(lambda: text_of(browser, "[data-file-name]") == r"invoice\u202egnp.exe")


def test_it_gives_the_exact_time_on_focus_and_touch(
    browser: webdriver.Chrome, served: Running
) -> None:
    job_id = served.texts("a", type="noop")["job_id"]
    served.final(job_id)
    row = f"[data-job-id='{job_id}']"
    browser.get(f"{served.url}/jobs")
    wait_for(lambda: "ago" in text_of(browser, f"{row} time") or "now" in text_of(browser, row))
    exact = find(browser, f"{row} time").get_attribute("title")
    find(browser, f"{row} time").click()
    assert text_of(browser, f"{row} time") == exact
    find(browser, f"{row} time").click()
    assert text_of(browser, f"{row} time") != exact
    find(browser, f"{row} [data-action=delete]").send_keys("")
    find(browser, "[data-search]").send_keys(Keys.TAB)
    browser.execute_script("document.querySelector(arguments[0]).focus()", f"{row} a")
    assert text_of(browser, f"{row} time") == exact
