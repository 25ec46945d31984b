"""A job of many items in a real Chromium: why some failed, and what all of them gave."""

from __future__ import annotations

import base64
import io
import os
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from tests.support.browser import chosen_type, complaints, find, press, submit, text_of
from tests.support.running import Running, wait_for

# Where to keep a picture of each page that was looked at; none: nowhere.
PICTURES = os.environ.get("PICTURES", "")
BOTTOM = "return document.querySelector(arguments[0]).getBoundingClientRect().bottom;"
SHOWN = """
return [...document.querySelectorAll("[data-items] [data-item-name]")]
    .filter((each) => each.offsetParent).map((each) => each.innerText);"""


@pytest.fixture
def page(browser: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    yield browser
    assert complaints(browser) == []


def keep(browser: webdriver.Chrome, name: str) -> None:
    if PICTURES:
        size = browser.get_window_size()
        for width in (1280, 390, 1920):
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 400,
            })  # fmt: skip
            for scheme in ("light", "dark"):
                feature = {"name": "prefers-color-scheme", "value": scheme}
                browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
                path = Path(PICTURES) / f"{name}-{width}-{scheme}.png"
                height = browser.execute_script("return document.documentElement.scrollHeight")
                view = {"x": 0, "y": 0, "width": width, "height": min(height, 2400), "scale": 1}
                shot = browser.execute_cdp_cmd(
                    "Page.captureScreenshot", {"captureBeyondViewport": True, "clip": view}
                )
                path.write_bytes(base64.b64decode(shot["data"]))
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        browser.set_window_size(size["width"], size["height"])


def batch(served: Running, *texts: str, **options: Any) -> str:
    """A final job of these invoices."""
    items = [{"text": text} for text in texts]
    job = served.client().post("/api/v1/jobs", {"type": "invoice", "items": items, **options})
    served.final(job["job_id"])
    return str(job["job_id"])


def texts_of(served: Running, job_id: str) -> list[str]:
    """What was sent as the items of a job."""
    found = []
    for item in served.client().items(job_id):
        with urllib.request.urlopen(served.url + item["input"]["url"]) as answer:
            found.append(answer.read().decode())
    return found


def shown_items(browser: webdriver.Chrome) -> list[str]:
    names: list[str] = browser.execute_script(SHOWN)
    return names


@pytest.fixture(scope="module")
def mixed(served: Running) -> str:
    """20 invoices of which 6 failed, for two reasons."""
    good = [f"bill Vendor {number}" for number in range(14)]
    return batch(served, *good[:7], "scan a.txt", "scan b.txt", "scan c.txt", "draft 7",
                 "draft 8", "draft 9", *good[7:])  # fmt: skip


def test_it_shows_each_reason_with_its_count(
    page: webdriver.Chrome, served: Running, mixed: str
) -> None:
    page.get(f"{served.url}/jobs/{mixed}")
    wait_for(lambda: "Why 6 items failed" in text_of(page, "[data-reasons-section]"))
    keep(page, "mixed")
    assert "Partly failed" in text_of(page, ".state")
    assert "14 of 20 items completed, 6 failed" in text_of(page, ".state")
    said = text_of(page, '[data-reason="bad_input"]')
    assert "'a.txt' is not a PDF." in said and "Export the invoice as PDF." in said
    assert "scan a.txt, scan b.txt, scan c.txt" in said and "Retry these 3" in said
    assert "There is no total" in text_of(page, '[data-reason="no_total"]')
    assert not find(page, "[data-error]").is_displayed()


def test_it_retries_the_items_of_one_reason(page: webdriver.Chrome, served: Running) -> None:
    job_id = batch(served, "bill a", "scan b", "draft c", "draft d")
    page.get(f"{served.url}/jobs/{job_id}")
    wait_for(lambda: "Why 3 items failed" in text_of(page, "[data-reasons-section]"))
    press(page, '[data-reason="no_total"] [data-retry-reason]')
    wait_for(lambda: [a["attempt"] for a in items_of(served, job_id)] == [1, 1, 2, 2])
    served.final(job_id)
    wait_for(lambda: "Why 3 items failed" in text_of(page, "[data-reasons-section]"))


def items_of(served: Running, job_id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = served.client().get(f"/api/v1/jobs/{job_id}/items")["items"]
    return items


def test_it_shows_the_result_of_the_chosen_item(
    page: webdriver.Chrome, served: Running, mixed: str
) -> None:
    page.get(f"{served.url}/jobs/{mixed}")
    wait_for(lambda: "Vendor 0" in text_of(page, "[data-result]"))
    press(page, '[data-result-row="17"] button')
    wait_for(lambda: "Vendor 11" in text_of(page, "[data-result]"))
    assert "Vendor 0" not in text_of(page, "[data-result]")
    chosen = find(page, '[data-result-row="17"] button')
    assert chosen == page.switch_to.active_element or chosen.get_attribute("aria-current") == "true"
    heads = text_of(page, "[data-result-head]").split("\t")
    assert heads == ["#", "Item", "Vendor", "Total", "Paid", "Output"]


def test_it_links_to_all_files_and_all_data(
    page: webdriver.Chrome, served: Running, mixed: str
) -> None:
    page.get(f"{served.url}/jobs/{mixed}")
    wait_for(lambda: find(page, "[data-download-files]").is_displayed())
    with zipfile.ZipFile(io.BytesIO(linked(page, "[data-download-files]"))) as archive:
        assert archive.namelist()[:2] == [
            "01 bill Vendor 0/lines.csv",
            "02 bill Vendor 1/lines.csv",
        ]
    assert b"18,bill Vendor 11,completed" in linked(page, "[data-download-table]")


def linked(browser: webdriver.Chrome, selector: str) -> bytes:
    """What the address of a link answers."""
    with urllib.request.urlopen(str(find(browser, selector).get_attribute("href"))) as answer:
        found: bytes = answer.read()
        return found


def test_it_shows_the_items_of_one_status(
    page: webdriver.Chrome, served: Running, mixed: str
) -> None:
    page.get(f"{served.url}/jobs/{mixed}")
    wait_for(lambda: len(shown_items(page)) == 20)
    find(page, '[data-item-filter] [value="failed"]').click()
    wait_for(lambda: len(shown_items(page)) == 6)
    assert shown_items(page)[0] == "scan a.txt"
    find(page, '[data-item-filter] [value="active"]').click()
    wait_for(lambda: "No item has this status." in text_of(page, ".job-main"))
    find(page, '[data-item-filter] [value="all"]').click()
    wait_for(lambda: len(shown_items(page)) == 20)


def test_it_shows_the_input_of_an_item(page: webdriver.Chrome, served: Running, mixed: str) -> None:
    page.get(f"{served.url}/jobs/{mixed}")
    press(page, "[data-items] tr:nth-child(8) [data-input-button]")
    press(page, "[data-item-input] [data-show]")
    wait_for(lambda: "scan a.txt" in text_of(page, "[data-item-input] .file-content"))


def test_it_folds_the_timeline_of_each_item(
    page: webdriver.Chrome, served: Running, mixed: str
) -> None:
    page.get(f"{served.url}/jobs/{mixed}")
    fold = '[data-timeline-item="7"]'
    wait_for(lambda: "8. scan a.txt: Failed" in text_of(page, fold))
    assert "Started" not in text_of(page, fold)
    press(page, f"{fold} summary")
    wait_for(lambda: "Started" in text_of(page, fold))
    assert "Submitted" in text_of(page, "[data-timeline]")


def test_it_says_which_step_failed_before_one_that_is_not_run(
    page: webdriver.Chrome, served: Running
) -> None:
    job_id = batch(served, "bill a", "scan b", then=[{"type": "extend"}])
    page.get(f"{served.url}/jobs/{job_id}")
    wait_for(lambda: "Not run: step 1 failed" in text_of(page, "[data-items]"))
    keep(page, "chain")
    states = {(i["index"], i["step"]): i["status"] for i in items_of(served, job_id)}
    assert states[1, 1] == "pending"


def test_it_shows_two_failures_of_a_thousand_in_the_first_screen(
    page: webdriver.Chrome, served: Running
) -> None:
    texts = [f"bill Vendor {number}" for number in range(1000)]
    texts[333], texts[777] = "scan a.txt", "draft b.txt"
    job_id = batch(served, *texts)
    page.get(f"{served.url}/jobs/{job_id}")
    wait_for(lambda: "scan a.txt" in text_of(page, "[data-reasons]"))
    wait_for(lambda: "Vendor 0" in text_of(page, "[data-result]"))
    keep(page, "thousand")
    assert "draft b.txt" in text_of(page, "[data-reasons]")
    assert "998 of 1,000 items completed, 2 failed" in text_of(page, ".state")
    height = page.execute_script("return innerHeight")
    assert page.execute_script(BOTTOM, "[data-reasons]") < height


# Once more, with changes.


def test_it_changes_a_job_and_runs_it_again_without_an_upload(
    page: webdriver.Chrome, served: Running, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("a b c")
    (tmp_path / "b.txt").write_text("d e")
    files = [tmp_path / "a.txt", tmp_path / "b.txt"]
    job = served.client().create("word_count", files=files, params={"minimum": 2})["job_id"]
    served.final(job)
    page.get(f"{served.url}/jobs/{job}")
    press(page, "[data-again]")
    wait_for(lambda: "a.txt" in text_of(page, "[data-file-list]"))
    assert chosen_type(page) == "word_count"
    minimum = find(page, '[data-field="minimum"] input')
    assert minimum.get_property("value") == "2"
    keep(page, "again")
    minimum.clear()
    minimum.send_keys("1")
    new = served.final(submit(page))
    assert (new["params"]["minimum"], new["total_items"]) == (1, 2)


def test_it_takes_every_text_of_a_job_into_the_form(
    page: webdriver.Chrome, served: Running
) -> None:
    given = ["bill a\r\nand more", "draft b", "draft c"]
    page.get(f"{served.url}/jobs/{batch(served, *given)}")
    press(page, "[data-again]")
    box = find(page, "[data-text-input]")
    wait_for(lambda: box.get_property("value") == "bill a\nand more\ndraft b\ndraft c")
    several = "3 texts, an item each; if you change something here, they become one text."
    assert text_of(page, "[data-text-help]") == several
    keep(page, "again-texts")
    box.send_keys("x")
    assert text_of(page, "[data-text-help]") == "The whole text is one item."
    box.send_keys(Keys.BACKSPACE)
    page.refresh()
    wait_for(lambda: text_of(page, "[data-text-help]") == several)
    find(page, '[data-field="strict"] input').click()
    new = served.final(submit(page))
    assert (new["status"], new["total_items"]) == ("completed", 3)
    assert texts_of(served, new["job_id"]) == given


def test_it_takes_several_data_into_the_form_as_far_as_it_holds_them(
    page: webdriver.Chrome, served: Running
) -> None:
    given = {
        "echo_data": [{"json": {"name": "a"}}, {"json": {"name": "b"}}],
        "ship": [{"json": {"number": 7}}, {"json": {"number": 8}}],
    }
    for type_name, items in given.items():
        document = {"type": type_name, "items": items}
        job = served.client().post("/api/v1/jobs", document)["job_id"]
        served.final(job)
        page.get(f"{served.url}/jobs/{job}")
        press(page, "[data-again]")
        if type_name == "echo_data":
            wait_for(lambda: "2 JSON objects, an item each" in text_of(page, "[data-text-help]"))
            assert served.final(submit(page))["total_items"] == 2
    said = "The form has 1 of the 2 inputs of this job; it holds 1 at a time."
    wait_for(lambda: text_of(page, "[data-toast-text]") == said)
    number = '[data-input-form] [data-field="number"] input'
    wait_for(lambda: find(page, number).get_property("value") == "7")


def test_it_runs_the_items_of_one_reason_again_with_changes(
    page: webdriver.Chrome, served: Running
) -> None:
    job_id = batch(served, "bill a", "scan b")
    page.get(f"{served.url}/jobs/{job_id}")
    press(page, '[data-reason="bad_input"] .reason-actions a')
    wait_for(lambda: find(page, "[data-text-input]").get_property("value") == "scan b")
    find(page, '[data-field="strict"] input').click()
    new = served.final(submit(page))
    assert (new["status"], new["params"]["strict"]) == ("completed", False)
