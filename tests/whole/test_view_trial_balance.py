"""The page of a trial balance in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.support.browser import (
    complaints,
    text_of,
)
from tests.support.running import Running, running, wait_for

CONTENT = """Code,Account,Debit,Credit
1000,Cash,700.00,
1900,<b>Suspense</b>,50.00,
4000,"=1+1",,900.00
6000,Rent,250.00,
"""


@pytest.fixture(scope="module")
def bellhop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("view")) as started:
        started.serve()
        yield started


@pytest.fixture
def page(browser: webdriver.Chrome, bellhop: Running, tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """The page of a job with an unbalanced file; no script of it may complain."""
    path = tmp_path / "a.csv"
    path.write_text(CONTENT, "utf-8")
    job = bellhop.client().create("trial_balance", files=[path])
    bellhop.final(job["job_id"])
    complaints(browser)
    browser.get(f"{bellhop.url}/jobs/{job['job_id']}")
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, ".tb-accounts"))
    yield browser
    assert complaints(browser) == []


def test_it_shows_what_an_accountant_looks_for(page: webdriver.Chrome) -> None:
    """Whether it balances, both statements, and the anomalies at their accounts, as text."""
    assert text_of(page, ".tb-verdict") == (
        "The trial balance does not balance: debits of 1,000.00 and credits of 900.00 differ by "
        "100.00."
    )
    tables = [table.text for table in page.find_elements(By.CSS_SELECTOR, ".tb-statement")]
    assert "Net income 650.00" in tables[0] and "Total assets 750.00" in tables[1]
    row = next(
        r for r in page.find_elements(By.CSS_SELECTOR, ".tb-accounts tr") if "1900" in r.text
    )
    assert "<b>Suspense</b>" in row.text
    assert "Warning The suspense account still has a balance." in row.text
    links = page.find_elements(By.CSS_SELECTOR, ".tb-findings a")
    links[0].click()
    assert page.find_elements(By.CSS_SELECTOR, ".tb-accounts tr:target")
    names = [link.text for link in page.find_elements(By.CSS_SELECTOR, ".download-name")]
    assert names == ["trial_balance.csv", "trial_balance.xlsx"]
