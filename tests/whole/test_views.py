"""What each job type shows of its result, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.support.browser import complaints, is_shown, press, text_of
from tests.support.places import ROOT
from tests.support.running import Running, running, wait_for
from tests.support.standins.server import Reply, StandIn

EXAMPLES = ROOT / "examples"
PAGE = b"""<!doctype html><html lang="en"><head><title>A <b>page</b></title></head><body><article>
<p>The sea rises and falls twice a day, because the moon pulls at the water of the earth.</p>
<p>&lt;script&gt;document.title = "run"&lt;/script&gt; is a text that nobody runs, and so be it.</p>
</article></body></html>"""


@pytest.fixture(scope="module")
def bellhop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("views")
    with running(folder, BELLHOP_OUTBOUND_ALLOWED="127.0.0.1") as started:
        started.serve()
        yield started


@pytest.fixture(autouse=True)
def no_complaints(browser: webdriver.Chrome) -> Iterator[None]:
    complaints(browser)
    yield
    assert complaints(browser) == []


def show(browser: webdriver.Chrome, bellhop: Running, type_name: str, **given: Any) -> None:
    """Run a job to its end and open its page."""
    job = bellhop.client().create(type_name, **given)
    assert bellhop.final(job["job_id"])["status"] == "completed"
    browser.get(f"{bellhop.url}/jobs/{job['job_id']}")
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, "[data-view] > :not(.raw)"))


def marked(browser: webdriver.Chrome) -> list[str]:
    return [node.text for node in browser.find_elements(By.CSS_SELECTOR, ".cite")]


def test_it_marks_citations_in_their_text(browser: webdriver.Chrome, bellhop: Running) -> None:
    show(browser, bellhop, "citations", files=[EXAMPLES / "brief.txt"])
    # What is not shown yet, as the styles of the view arrive, has no text.
    wait_for(lambda: marked(browser)[:3] == ["339 U.S. 306", "Id. at 315", "534 U.S. 161"])
    assert "2 are worth a look" in text_of(browser, ".cite-summary")
    press(browser, '.cite[data-kind="id"]')
    panel = text_of(browser, ".cite-panel")
    assert "Stands for" in panel and "339 U.S. 306" in panel
    press(browser, ".cite-panel button")
    assert "Mullane v. Central Hanover Bank & Trust Co." in text_of(browser, ".cite-panel")


def test_it_leads_from_what_is_cited_to_each_place(
    browser: webdriver.Chrome, bellhop: Running
) -> None:
    show(browser, bellhop, "citations", files=[EXAMPLES / "brief.txt"])
    press(browser, ".cite-sources summary")
    press(browser, ".cite-sources details[open] li:last-child button")
    current = browser.find_element(By.CSS_SELECTOR, ".cite[aria-current]")
    assert current.text == "Id. at 315"
    assert browser.switch_to.active_element == current


def test_it_shows_an_image_where_it_lies(browser: webdriver.Chrome, bellhop: Running) -> None:
    show(browser, bellhop, "georaster", files=[EXAMPLES / "island.tif"])
    is_loaded = "return document.querySelector('[data-view=georaster] img')?.naturalWidth > 0"
    wait_for(lambda: browser.execute_script(is_loaded))
    assert "EPSG" in text_of(browser, "[data-view=georaster]")


def test_it_shows_a_page_as_text_and_its_summary(
    browser: webdriver.Chrome, bellhop: Running
) -> None:
    with StandIn(lambda request: Reply(200, PAGE, {"Content-Type": "text/html"})) as server:
        show(browser, bellhop, "webpage", urls=[f"{server.url}/a"])
        assert "nobody runs" in text_of(browser, "[data-view=webpage]")
        assert not browser.title.startswith("run")
        link = browser.find_element(By.CSS_SELECTOR, "[data-view=webpage] a")
        assert link.get_attribute("rel") == "noopener noreferrer"
        show(browser, bellhop, "webpage", urls=[f"{server.url}/b"], then=[{"type": "summary"}])
    assert "Sentences taken from the text" in text_of(browser, "[data-view=summary]")


def test_it_keeps_all_data_within_reach(browser: webdriver.Chrome, bellhop: Running) -> None:
    show(browser, bellhop, "citations", files=[EXAMPLES / "brief.txt"])
    press(browser, "[data-view] .raw > summary")
    wait_for(lambda: "Clusters" in text_of(browser, "[data-view] .raw"))


def test_it_takes_corrections_of_a_quiz_and_grades_them(
    browser: webdriver.Chrome, bellhop: Running
) -> None:
    show(browser, bellhop, "quiz", files=[EXAMPLES / "quiz.png"])
    answer = browser.find_element(By.CSS_SELECTOR, ".quiz-answer")
    answer.clear()
    answer.send_keys("paris")
    assert len(browser.find_elements(By.CSS_SELECTOR, ".quiz-box[data-lit]")) == 2
    browser.refresh()
    wait_for(lambda: is_shown(browser, ".quiz-answer"))
    kept = browser.find_element(By.CSS_SELECTOR, ".quiz-answer")
    assert kept.get_attribute("value") == "paris"
    browser.find_element(By.CSS_SELECTOR, ".quiz-key").send_keys(
        "1: Paris\n2: Nilo\n3: <b>Alps</b>"
    )
    press(browser, ".quiz-grade button")
    wait_for(lambda: is_shown(browser, ".grades tbody tr"))
    first, *rest = browser.find_elements(By.CSS_SELECTOR, ".grades tbody tr")
    assert "look at this" in first.text and "Nile" in first.text
    assert ["Correct" in row.text for row in rest] == [True, False]
    assert "<b>Alps</b>" in rest[1].text


def test_it_leads_from_a_box_of_a_quiz_to_its_question(
    browser: webdriver.Chrome, bellhop: Running
) -> None:
    show(browser, bellhop, "quiz", files=[EXAMPLES / "quiz.png"])
    is_loaded = "return document.querySelector('.quiz-picture img')?.naturalWidth > 0"
    wait_for(lambda: browser.execute_script(is_loaded))
    boxes = browser.find_elements(By.CSS_SELECTOR, ".quiz-box")
    box = next(b for b in boxes if b.get_attribute("textContent") == "Venice")
    box.click()
    assert browser.switch_to.active_element.get_attribute("value") == "Venice"
    press(browser, ".quiz-question:focus-within .button")
    assert "Venice" not in [
        node.get_attribute("value")
        for node in browser.find_elements(By.CSS_SELECTOR, ".quiz-answer")
    ]
