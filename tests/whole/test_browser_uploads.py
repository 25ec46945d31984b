"""Uploads of the page: in parts, and going on after whatever interrupts them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.support.browser import choose, find, press, text_of
from tests.support.running import Family, Running, running, wait_for

MIB = 1 << 20
SIZE = 24 * MIB
# Half a second for a part of 8 MiB, so that there is a middle.
SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 12 * MIB}
FAST = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
# Entries of folders, as a drop from the desktop has them: [path, text].
DROP_FOLDERS = """
const entryOf = (path, text) => {
  const [name, ...below] = path.split("/").slice(-1);
  return {isFile: true, isDirectory: false, fullPath: "/" + path,
          file: (done) => done(new File([text], name, {lastModified: 1}))};
};
const folder = (entries) => {
  let left = [entries];
  return {isFile: false, isDirectory: true,
          createReader: () => ({readEntries: (done) => done(left.pop() ?? [])})};
};
const entries = arguments[0].map(([path, text]) => entryOf(path, text));
const transfer = {types: ["Files"], files: [],
  items: [{webkitGetAsEntry: () => folder(entries)}]};
const event = new Event("drop", {bubbles: true, cancelable: true});
event.dataTransfer = transfer;
document.body.dispatchEvent(event);
"""


@pytest.fixture
def bellhop(tmp_path: Path) -> Iterator[Running]:
    port = {"BELLHOP_SERVER_PORT": "0"}
    with running(tmp_path, **port) as found:
        found.serve()
        yield found


@pytest.fixture
def page(browser: webdriver.Chrome, bellhop: Running) -> webdriver.Chrome:
    opened(browser, bellhop.url)
    browser.execute_script("localStorage.clear()")
    opened(browser, bellhop.url)
    return browser


def opened(browser: webdriver.Chrome, url: str) -> None:
    browser.get(url)
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, "[data-types] [value=word_count]"))


def throttle(browser: webdriver.Chrome, conditions: dict[str, Any]) -> None:
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)


def large_file(folder: Path) -> Path:
    path = folder / "big.txt"
    path.write_bytes(b"0123456789abcde\n" * (SIZE // 16))
    return path


def send(browser: webdriver.Chrome, path: Path) -> None:
    find(browser, "[data-file-input]").send_keys(str(path))
    choose(browser, "upper")
    find(browser, "[data-submit]").click()


def arrived(bellhop: Running) -> int:
    folder = bellhop.data / "uploads" / ".parts"
    return sum(path.stat().st_size for path in folder.iterdir()) if folder.exists() else 0


def jobs(bellhop: Running) -> list[dict[str, Any]]:
    return list(bellhop.client().get("/api/v1/jobs")["jobs"])


def has_jobs(bellhop: Running, count: int) -> bool:
    return len(jobs(bellhop)) == count


def stored(bellhop: Running) -> dict[str, bytes]:
    """The files of the only job, by their names in it."""
    (job,) = wait_for(lambda: jobs(bellhop))
    folder = bellhop.data / "uploads" / job["job_id"]
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_goes_on_after_the_server_was_killed(
    page: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    path = large_file(tmp_path)
    bellhop.environment["BELLHOP_SERVER_PORT"] = bellhop.url.rpartition(":")[2]
    throttle(page, SLOW)
    send(page, path)
    wait_for(lambda: arrived(bellhop) > SIZE // 3)
    Family(bellhop.processes[0].pid).kill()
    bellhop.processes[0].wait()
    wait_for(lambda: "Waiting for Bellhop" in text_of(page, "[data-upload-text]"))
    before = arrived(bellhop)
    bellhop.serve()
    wait_for(lambda: arrived(bellhop) > before or jobs(bellhop))
    throttle(page, FAST)
    assert stored(bellhop) == {"0.txt": path.read_bytes()}


def test_it_goes_on_after_a_reload_with_the_same_file(
    page: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    path = large_file(tmp_path)
    throttle(page, SLOW)
    send(page, path)
    wait_for(lambda: arrived(bellhop) > SIZE // 3)
    page.get("about:blank")
    throttle(page, FAST)
    opened(page, bellhop.url)
    assert "“big.txt” was not submitted" in text_of(page, "[data-unfinished]")
    send(page, path)
    assert stored(bellhop) == {"0.txt": path.read_bytes()}
    # One upload, and not two.
    assert arrived(bellhop) == 0


def test_it_pauses_and_continues(page: webdriver.Chrome, bellhop: Running, tmp_path: Path) -> None:
    throttle(page, SLOW)
    send(page, large_file(tmp_path))
    wait_for(lambda: arrived(bellhop) > SIZE // 4)
    press(page, "[data-pause-upload]")
    assert "Paused" in text_of(page, "[data-upload-text]")
    assert find(page, "[data-file-progress]").is_displayed()
    throttle(page, FAST)
    assert not jobs(bellhop)
    press(page, "[data-pause-upload]")
    assert len(stored(bellhop)["0.txt"]) == SIZE


def test_it_sends_nothing_of_a_file_that_was_sent_before(
    page: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    path = large_file(tmp_path)
    for count in (1, 2):
        send(page, path)
        wait_for(partial(has_jobs, bellhop, count))
        wait_for(lambda: find(page, "[data-submit]").is_enabled())
    sent = page.execute_script(
        "return performance.getEntriesByType('resource').filter("
        "(each) => /uploads\\/./.test(each.name)).length"
    )
    assert sent == SIZE // (8 * MIB)  # the parts of the first


def test_it_takes_two_files_of_one_name_and_size_from_two_folders(
    page: webdriver.Chrome, bellhop: Running
) -> None:
    files = [["a/x.txt", "one"], ["b/x.txt", "two"], ["a/.DS_Store", "?"], ["Thumbs.db", "?"]]
    page.execute_script(DROP_FOLDERS, files)
    wait_for(lambda: "b/x.txt" in text_of(page, "[data-file-list]"))
    assert "Left out 2 system files: .DS_Store, Thumbs.db" in text_of(page, "[data-toast]")
    choose(page, "upper")
    find(page, "[data-submit]").click()
    assert sorted(stored(bellhop).values()) == [b"one", b"two"]
    (job,) = jobs(bellhop)
    items = bellhop.client().get(f"/api/v1/jobs/{job['job_id']}/items")["items"]
    assert [item["filename"] for item in items] == ["a/x.txt", "b/x.txt"]


def test_it_keeps_a_file_that_is_dropped_during_an_upload(
    page: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    throttle(page, SLOW)
    send(page, large_file(tmp_path))
    wait_for(lambda: arrived(bellhop) > SIZE // 4)
    page.execute_script(DROP_FOLDERS, [["later.txt", "later"]])
    throttle(page, FAST)
    wait_for(lambda: jobs(bellhop))
    wait_for(lambda: "big.txt" not in text_of(page, "[data-file-list]"))
    assert "later.txt" in text_of(page, "[data-file-list]")
