"""A real Chromium, and what a person does with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.support.running import wait_for

MIB = 1 << 20
# Half a second for a part of an upload, so that there is a middle.
SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 12 * MIB}
FAST = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
MISSING = "no chromium with chromedriver was found: apt-get install chromium chromium-driver"
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--window-size=1280,1000",
)  # fmt: skip
# A paste as the browser gives it: [[name, text]…] are files of now, then a text.
PASTE = """
const [selector, files, text] = arguments, clipboardData = new DataTransfer();
for (const [name, content] of files) clipboardData.items.add(new File([content], name));
if (text) clipboardData.setData("text/plain", text);
document.querySelector(selector)
    .dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}));
"""
# A real drop: the browser builds the event as it does for files from the desktop.
DROP = """
const [zone, files] = arguments, data = new DataTransfer();
for (const [name, text] of files) data.items.add(new File([text], name));
for (const kind of ["dragenter", "dragover", "drop"])
  zone.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
"""


@contextlib.contextmanager
def chromium(*logs: str, takes_any_certificate: bool = False) -> Iterator[webdriver.Chrome]:
    """A Chromium with a new profile, which keeps these logs beside that of its console.

    Skips the test where there is none, but not in CI.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    driver_path = shutil.which("chromedriver")
    if not (path and driver_path):
        assert not os.environ.get("CI"), MISSING
        warnings.warn(f"The browser tests do not run here: {MISSING}", stacklevel=1)
        pytest.skip(MISSING)
    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = path
        options.accept_insecure_certs = takes_any_certificate
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.add_experimental_option("prefs", {"download.default_directory": profile})
        options.set_capability("goog:loggingPrefs", dict.fromkeys(("browser", *logs), "ALL"))
        driver = webdriver.Chrome(options, webdriver.ChromeService(driver_path))
        driver.downloads = Path(profile)  # type: ignore[attr-defined]
        try:
            yield driver
        finally:
            driver.quit()


def complaints(browser: webdriver.Chrome) -> list[str]:
    """What scripts, policies and missing files wrote to the console since the last call."""
    lines = browser.get_log("browser")  # type: ignore[no-untyped-call]
    return [line["message"] for line in lines if line["level"] == "SEVERE"]


def throttle(browser: webdriver.Chrome, conditions: dict[str, Any]) -> None:
    """How fast the network is from now on: SLOW, FAST."""
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)


def find(browser: webdriver.Chrome, selector: str) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, selector)


def is_shown(browser: webdriver.Chrome, selector: str) -> bool:
    """Whether something is there, and the page has been drawn, until which it shows nothing."""
    return any(e.is_displayed() for e in browser.find_elements(By.CSS_SELECTOR, selector))


def drop(browser: webdriver.Chrome, *files: tuple[str, str]) -> None:
    browser.execute_script(DROP, find(browser, "[data-drop-zone]"), [list(file) for file in files])


def paste(browser: webdriver.Chrome, *files: tuple[str, str], text: str = "", at: str) -> None:
    browser.execute_script(PASTE, at, [list(file) for file in files], text)


def choose(browser: webdriver.Chrome, type_name: str) -> None:
    """Choose a job type by its card, by script: also one that is shown on request only."""
    card = f'[data-types] [value="{type_name}"]'
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, card) and is_shown(browser, "form"))
    browser.execute_script("arguments[0].click()", find(browser, card))
    assert chosen_type(browser) == type_name


def chosen_type(browser: webdriver.Chrome) -> str | None:
    """The name of the chosen job type."""
    name = "return document.querySelector('[data-types] :checked')?.value"
    return browser.execute_script(name)  # type: ignore[no-any-return]


def submit(browser: webdriver.Chrome) -> str:
    """Submit the form; the id of the job that appears on top of the list."""
    # Before the list was read, an older job would count as the new one.
    wait_for(lambda: not find(browser, "[data-loading]").is_displayed())
    before = ids(browser)
    find(browser, "[data-submit]").click()
    wait_for(lambda: ids(browser)[:1] != before[:1])
    return ids(browser)[0]


def ids(browser: webdriver.Chrome) -> list[str]:
    rows: list[str] = browser.execute_script(
        "return [...document.querySelectorAll('[data-job-list] [data-job-id]')]"
        ".map(row => row.dataset.jobId)"
    )
    return rows


# Rows are drawn anew while they are looked at, so each look is one step of the page's own.
PRESS = """
const found = [...document.querySelectorAll(arguments[0])];
const node = found.find((each) => each.offsetParent);
if (node) node.click();
return Boolean(node);"""
TEXT = "return document.querySelector(arguments[0])?.innerText ?? '';"


def press(browser: webdriver.Chrome, selector: str) -> None:
    """Click it as soon as it is there and shown."""
    wait_for(lambda: browser.execute_script(PRESS, selector))


def text_of(browser: webdriver.Chrome, selector: str) -> str:
    """The text of what is there now, or nothing."""
    return str(browser.execute_script(TEXT, selector))
