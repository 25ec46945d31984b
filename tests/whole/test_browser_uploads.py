"""Uploads: in a tray on every page, in parts, and continuing after whatever interrupts them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.support.axe import findings
from tests.support.browser import (
    FAST,
    MIB,
    SLOW,
    choose,
    drop,
    find,
    is_shown,
    press,
    text_of,
    throttle,
)
from tests.support.running import Family, Running, running, wait_for

NO_JOB = "0" * 20
SIZE = 24 * MIB
# A browser without room for files.
NO_FILES = """
const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function (value, ...key) {
  if (value instanceof File) throw new DOMException("no room", "QuotaExceededError");
  return put.call(this, value, ...key);
};
"""
# Whether the browser would ask before the page is left.
IS_ASKED = "return !dispatchEvent(new Event('beforeunload', {cancelable: true}))"
IS_FREE = """
const box = document.querySelector("[data-submit]").getBoundingClientRect();
const at = document.elementFromPoint(box.x + box.width / 2, box.bottom - 2);
return Boolean(at?.closest("[data-submit]"));
"""
FITS = """
const {scrollWidth, clientWidth} = document.querySelector(".tray-rows");
return scrollWidth <= clientWidth;
"""
SEND_SECRET = """
const [size, done] = arguments;
const file = new File([new Uint8Array(size)], "secret.txt");
const job = {type: {type: "upper"}, params: {}, options: {}, hasSecret: true};
import("/static/uploads/tray.js").then((tray) => tray.addEntry(job, [{file}], [])).then(done);
"""
KEPT = """
const [done] = arguments;
indexedDB.open("bellhop-uploads").onsuccess = ({target: {result}}) => {
  const stores = ["entries", "files"].map((name) => result.transaction(name).objectStore(name));
  let left = 2, count = 0;
  for (const store of stores) store.count().onsuccess = ({target}) => {
    count += target.result;
    if (!(left -= 1)) done(count);
  };
};
"""
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


@pytest.fixture(scope="module")
def bellhop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("uploads")) as found:
        found.serve()
        # A restart has the same address.
        found.environment["BELLHOP_SERVER_PORT"] = found.url.rpartition(":")[2]
        yield found


@pytest.fixture
def page(browser: webdriver.Chrome, bellhop: Running) -> webdriver.Chrome:
    throttle(browser, FAST)
    forget(browser, bellhop.url)
    opened(browser, bellhop.url)
    return browser


def forget(browser: webdriver.Chrome, url: str) -> None:
    """Remove all that the browser keeps of Bellhop."""
    browser.get("about:blank")
    kept = {"origin": url, "storageTypes": "all"}
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", kept)


def opened(browser: webdriver.Chrome, url: str) -> None:
    browser.get(url)
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, "[data-types] [value=word_count]"))


def large_file(folder: Path, name: str) -> Path:
    path = folder / f"{name}.txt"
    path.write_bytes((f"{name:15}\n" * (SIZE // 16)).encode())
    return path


def send(browser: webdriver.Chrome, path: Path) -> None:
    find(browser, "[data-file-input]").send_keys(str(path))
    choose(browser, "upper")
    press(browser, "[data-submit]")


def sending(browser: webdriver.Chrome, bellhop: Running, path: Path) -> None:
    """Send a file slowly, and come back when a third of it has arrived."""
    throttle(browser, SLOW)
    send(browser, path)
    wait_for(lambda: arrived(bellhop) > SIZE // 3)


def arrived(bellhop: Running) -> int:
    folder = bellhop.data / "uploads" / ".parts"
    return sum(path.stat().st_size for path in folder.iterdir()) if folder.exists() else 0


def named(bellhop: Running, name: str) -> list[dict[str, Any]]:
    """The jobs of this name."""
    jobs = bellhop.client().get("/api/v1/jobs")["jobs"]
    return [job for job in jobs if job["name"] == name]


def stored(bellhop: Running, name: str) -> list[bytes]:
    """The files of the only job of this name."""
    (job,) = wait_for(lambda: named(bellhop, name))
    folder = bellhop.data / "uploads" / job["job_id"]
    return sorted(path.read_bytes() for path in folder.iterdir())


def row(browser: webdriver.Chrome) -> str:
    return text_of(browser, "[data-entry]")


def wait_for_row(browser: webdriver.Chrome, text: str) -> None:
    wait_for(lambda: text in row(browser))


def wait_for_more(bellhop: Running, before: int, name: str) -> None:
    """Wait until more has arrived, or a job of this name has all."""
    wait_for(lambda: arrived(bellhop) > before or named(bellhop, name))


def wait_for_jobs(bellhop: Running, name: str, count: int) -> None:
    wait_for(lambda: len(named(bellhop, name)) == count)


def test_the_form_is_free_while_a_job_is_uploaded(
    page: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    path = large_file(tmp_path, "first")
    sending(page, bellhop, path)
    assert not is_shown(page, "[data-chosen]")
    drop(page, ("second.txt", "second"))
    press(page, "[data-submit]")
    wait_for(lambda: "second.txt" in text_of(page, "[data-job-list]"))
    assert not named(bellhop, "first.txt")
    wait_for_row(page, "left")
    assert "1 upload" in text_of(page, "[data-tray-line]")
    assert page.execute_script(IS_FREE)
    throttle(page, FAST)
    assert stored(bellhop, "first.txt") == [path.read_bytes()]
    wait_for_row(page, "Submitted: first.txt")
    wait_for(lambda: "first.txt" in text_of(page, "[data-job-list]"))
    press(page, "[data-act=close]")
    wait_for(lambda: not is_shown(page, "[data-tray]"))


def test_it_goes_on_from_page_to_page_and_after_a_reload(
    page: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    path = large_file(tmp_path, "walk")
    content = path.read_bytes()
    sending(page, bellhop, path)
    wait_for(lambda: not page.execute_script(IS_ASKED))
    # The browser has its own copy.
    path.unlink()
    for address in ("/running", "/running", "/jobs"):
        before = arrived(bellhop)
        page.get(f"{bellhop.url}{address}")
        wait_for_row(page, "walk.txt")
        wait_for_more(bellhop, before, "walk.txt")
    throttle(page, FAST)
    assert stored(bellhop, "walk.txt") == [content]
    wait_for_row(page, "Submitted: walk.txt")
    # One upload, and not two.
    assert arrived(bellhop) == 0


def test_it_goes_on_after_the_server_was_killed(
    page: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    path = large_file(tmp_path, "killed")
    sending(page, bellhop, path)
    Family(bellhop.processes[-1].pid).kill()
    bellhop.processes[-1].wait()
    wait_for_row(page, "Waiting for Bellhop")
    before = arrived(bellhop)
    bellhop.serve()
    wait_for(lambda: arrived(bellhop) > before or named(bellhop, "killed.txt"))
    throttle(page, FAST)
    assert stored(bellhop, "killed.txt") == [path.read_bytes()]


def test_it_goes_on_with_what_arrived_whole_as_the_web_was_killed(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    """Nobody could be told of it: neither the page nor the row of the upload."""
    throttle(browser, FAST)
    with running(tmp_path, BELLHOP_DIE_AT="upload-arrived") as bellhop:
        bellhop.serve()
        opened(browser, bellhop.url)
        drop(browser, ("whole.txt", "words"))
        choose(browser, "upper")
        press(browser, "[data-submit]")
        wait_for_row(browser, "Submitted: whole.txt")
        assert stored(bellhop, "whole.txt") == [b"words"]
        (job,) = named(bellhop, "whole.txt")
        assert bellhop.final(job["job_id"])["status"] == "completed"
        assert bellhop.log().count("web ended with status -9") == 1
        browser.get("about:blank")


def test_it_pauses_on_one_page_and_continues_on_another(
    page: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    path = large_file(tmp_path, "paused")
    sending(page, bellhop, path)
    wait_for(lambda: is_shown(page, "[data-act=pause]"))
    find(page, "[data-act=pause]").send_keys(Keys.ENTER)
    wait_for_row(page, "Paused at")
    # The keyboard is where it was.
    assert page.switch_to.active_element.get_attribute("data-act") == "goOn"
    throttle(page, FAST)
    page.get(f"{bellhop.url}/schedules")
    wait_for_row(page, "Paused at")
    assert findings(page) == []
    assert not named(bellhop, "paused.txt")
    press(page, "[data-act=goOn]")
    assert stored(bellhop, "paused.txt") == [path.read_bytes()]


def test_it_stops_and_deletes_what_has_arrived(
    page: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    sending(page, bellhop, large_file(tmp_path, "stopped"))
    press(page, "[data-act=stop]")
    assert "submits nothing" in text_of(page, "[data-confirm]")
    assert text_of(page, "[data-confirm-no]") == "Continue upload"
    press(page, "[data-confirm-yes]")
    wait_for(lambda: not is_shown(page, "[data-tray]"))
    wait_for(lambda: arrived(bellhop) == 0)
    page.refresh()
    wait_for(lambda: page.execute_script("return localStorage.getItem('bellhop.tray')") is None)
    assert not named(bellhop, "stopped.txt")


def test_one_of_two_pages_sends_it_and_both_show_it(
    page: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    path = large_file(tmp_path, "shared")
    sending(page, bellhop, path)
    press(page, "[data-act=pause]")
    first = page.current_window_handle
    page.switch_to.new_window("tab")
    page.get(f"{bellhop.url}/jobs")
    wait_for_row(page, "Paused at")
    press(page, "[data-act=goOn]")
    wait_for(lambda: "Paused" not in row(page))
    second = page.current_window_handle
    page.switch_to.window(first)
    page.close()
    page.switch_to.window(second)
    assert stored(bellhop, "shared.txt") == [path.read_bytes()]
    wait_for(lambda: arrived(bellhop) == 0)


def test_what_the_server_refuses_goes_back_to_the_form(
    page: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    drop(page, ("refused.txt", "words"))
    choose(page, "upper")
    press(page, "[data-more-options] summary")
    find(page, "#option-depends_on").send_keys(NO_JOB)
    press(page, "[data-submit]")
    # At once, for nobody has touched the form.
    wait_for(lambda: NO_JOB in text_of(page, "#option-depends_on-error"))
    assert "refused.txt" in text_of(page, "[data-file-list]")
    press(page, "[data-submit]")
    page.get(f"{bellhop.url}/jobs")
    wait_for_row(page, NO_JOB)
    press(page, "[data-act=back]")
    wait_for(lambda: NO_JOB in text_of(page, "#option-depends_on-error"))
    assert "refused.txt" in text_of(page, "[data-file-list]")
    assert text_of(page, ".chip span") == NO_JOB
    press(page, ".chip button")
    press(page, "[data-submit]")
    assert stored(bellhop, "refused.txt") == [b"words"]


def test_a_file_that_the_browser_cannot_keep_is_chosen_again(
    page: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    path = large_file(tmp_path, "unkept")
    page.execute_script(NO_FILES)
    sending(page, bellhop, path)
    assert page.execute_script(IS_ASKED)
    before = arrived(bellhop)
    opened(page, f"{bellhop.url}/")
    wait_for_row(page, "Choose it again")
    assert page.execute_script(FITS)
    assert not page.execute_script(IS_ASKED)
    throttle(page, FAST)
    assert arrived(bellhop) >= before
    find(page, "[data-act=choose] input").send_keys(str(path))
    assert stored(bellhop, "unkept.txt") == [path.read_bytes()]
    assert arrived(bellhop) == 0


def test_a_job_with_a_secret_is_kept_nowhere_but_in_its_page(
    page: webdriver.Chrome, bellhop: Running
) -> None:
    throttle(page, SLOW)
    page.execute_async_script(SEND_SECRET, SIZE)
    wait_for_row(page, "left")
    assert page.execute_async_script(KEPT) == 0
    assert page.execute_script(IS_ASKED)
    throttle(page, FAST)
    assert stored(bellhop, "secret.txt") == [bytes(SIZE)]


def test_a_file_that_has_changed_since_is_chosen_again(
    page: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    path = large_file(tmp_path, "changed")
    page.execute_script(NO_FILES)
    sending(page, bellhop, path)
    path.write_bytes(b"something else")
    wait_for_row(page, "Choose it again")
    find(page, "[data-act=choose] input").send_keys(str(path))
    assert stored(bellhop, "changed.txt") == [b"something else"]


def test_an_upload_that_has_expired_begins_again(
    page: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    path = large_file(tmp_path, "expired")
    sending(page, bellhop, path)
    press(page, "[data-act=pause]")
    wait_for_row(page, "Paused at")
    for (upload,) in bellhop.query("SELECT id FROM upload"):
        bellhop.query(f"DELETE FROM upload WHERE id = '{upload}'")
    throttle(page, FAST)
    press(page, "[data-act=goOn]")
    assert stored(bellhop, "expired.txt") == [path.read_bytes()]


def test_it_sends_nothing_of_a_file_that_was_sent_before(
    page: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    path = large_file(tmp_path, "again")
    for count in (1, 2):
        send(page, path)
        wait_for_jobs(bellhop, "again.txt", count)
    sent = page.execute_script(
        "return performance.getEntriesByType('resource').filter("
        "(each) => /api.*uploads\\/./.test(each.name)).length"
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
    press(page, "[data-submit]")
    name = "a/x.txt and 1 more"
    assert stored(bellhop, name) == [b"one", b"two"]
    (job,) = named(bellhop, name)
    items = bellhop.client().get(f"/api/v1/jobs/{job['job_id']}/items")["items"]
    assert [item["filename"] for item in items] == ["a/x.txt", "b/x.txt"]
