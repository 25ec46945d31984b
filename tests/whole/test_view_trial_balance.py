"""The page of a trial balance in a real Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tests.support.browser import complaints, find, is_shown, press, text_of
from tests.support.running import Running, running, wait_for

CONTENT = """Code,Account,Debit,Credit
1000,Cash,700.00,
1900,<b>Suspense</b>,50.00,
4000,"=1+1",,900.00
6000,Rent,250.00,
"""
TWO_READINGS = """Account,Debit - Month,Credit - Month,Debit - YTD,Credit - YTD
Cash,70.00,,700.00,
Loan,,30.00,,300.00
Sales,,40.00,,400.00
"""
TWO_BALANCES = "Account,Debit,Credit,Debit,Credit\nCash,5,,6,\nSales,,5,,6\n"
OUTPUT_NAMES = "[data-result-section] .download-name"
TWO_PERIODS = "Account,Debit 2023,Credit 2023,Debit 2024,Credit 2024\nCash,5,,6,\nSales,,5,,6\n"
TWO_ROWS = """,,Opening,,Closing,
Code,Account,Debit,Credit,Debit,Credit
10,Cash,5,,6,
40,Sales,,5,,6
"""
DECIDES = """
from bellhop import Context, job_type


@job_type(label="Decides")
def decides(text: str, context: Context) -> dict:
    return {"readings": [{"what": "date_order", "chosen": "day first", "others": ["month first"],
                          "why": "A <b>13</b> is no month."}]}
"""


@pytest.fixture(scope="module")
def bellhop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("view")
    (folder / "types").mkdir()
    (folder / "types" / "decides.py").write_text(DECIDES)
    with running(folder, BELLHOP_JOBTYPES_FOLDER=str(folder / "types")) as started:
        started.serve()
        yield started


@pytest.fixture
def show(
    browser: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> Iterator[Callable[..., str]]:
    """Opens the page of a job with a file, and gives its id; no script may complain meanwhile."""

    def opened(content: str, **params: object) -> str:
        path = tmp_path / "a.csv"
        path.write_text(content, "utf-8")
        job = bellhop.client().create("trial_balance", files=[path], params=params)
        bellhop.final(job["job_id"])
        browser.get(f"{bellhop.url}/jobs/{job['job_id']}")
        wait_for(lambda: is_shown(browser, ".tb-accounts"))
        return str(job["job_id"])

    complaints(browser)
    yield opened
    assert complaints(browser) == []


@pytest.fixture
def page(browser: webdriver.Chrome, show: Callable[..., str]) -> webdriver.Chrome:
    """The page of a job with an unbalanced file."""
    show(CONTENT)
    return browser


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
    names = [link.text for link in page.find_elements(By.CSS_SELECTOR, OUTPUT_NAMES)]
    assert names == ["trial_balance.csv", "trial_balance.xlsx"]


def choose(browser: webdriver.Chrome, header: str, role: str) -> None:
    """Say by its menu what the column under a header is."""
    Select(find(browser, f'[aria-label="Column {header} is"]')).select_by_visible_text(role)


def roles(browser: webdriver.Chrome) -> list[str]:
    menus = browser.find_elements(By.CSS_SELECTOR, ".columns-table select")
    return [Select(menu).first_selected_option.text for menu in menus]


def read_again(browser: webdriver.Chrome, bellhop: Running, button: str) -> dict[str, object]:
    """Press a button that reads the file again; the job that this made, once its page shows."""
    before = browser.current_url
    press(browser, button)
    wait_for(lambda: browser.current_url != before)
    wait_for(lambda: is_shown(browser, ".tb-accounts"))
    return dict(bellhop.final(browser.current_url.rpartition("/")[2]))


def test_it_calls_nothing_balanced_of_which_an_amount_was_not_read(
    browser: webdriver.Chrome, show: Callable[..., str]
) -> None:
    show("Code,Account,Debit,Credit\n1000,Cash,700,\n4000,Sales,,700\n6000,Rent,25x0,\n")
    assert text_of(browser, ".tb-verdict").startswith("It is not known whether")


def test_it_says_how_the_file_was_read_and_takes_another_reading(
    browser: webdriver.Chrome, bellhop: Running, show: Callable[..., str]
) -> None:
    show(TWO_READINGS, tolerance=5)
    assert "Amounts: Debit - YTD, Credit - YTD" in text_of(browser, ".readings")
    again = read_again(browser, bellhop, ".readings button")
    assert "are both 70.00" in text_of(browser, ".tb-verdict")
    assert again["name"] == "a.csv"
    assert again["params"]["tolerance"] == 5  # type: ignore[index]


def test_it_reads_again_with_what_the_menus_of_the_headers_say(
    browser: webdriver.Chrome, bellhop: Running, show: Callable[..., str]
) -> None:
    earlier = show(TWO_READINGS, mapping=["Loan = equity"])
    assert roles(browser) == ["Account name", "Not used", "Not used", "Debit", "Credit"]
    choose(browser, "Debit - Month", "Debit")
    choose(browser, "Credit - Month", "Credit")
    assert roles(browser) == ["Account name", "Debit", "Credit", "Not used", "Not used"]
    again = read_again(browser, bellhop, ".columns-form [type=submit]")
    assert again["job_id"] != earlier
    assert again["params"]["mapping"] == [  # type: ignore[index]
        "Loan = equity", "debit = Debit - Month", "credit = Credit - Month",
        "ignore = Debit - YTD", "ignore = Credit - YTD",
    ]  # fmt: skip
    assert "are both 70.00" in text_of(browser, ".tb-verdict")
    press(browser, ".tb-columns summary")
    assert roles(browser)[1:3] == ["Debit", "Credit"]


def test_it_says_why_it_cannot_read_again(
    browser: webdriver.Chrome, bellhop: Running, show: Callable[..., str]
) -> None:
    job_id = show(TWO_READINGS)
    press(browser, ".columns-form [type=submit]")
    assert text_of(browser, ".tb-problem") == "Change what a column is first."
    shutil.rmtree(bellhop.data / "uploads" / job_id)
    choose(browser, "Debit - YTD", "Not used")
    assert text_of(browser, ".tb-problem") == ""
    press(browser, ".columns-form [type=submit]")
    wait_for(lambda: "deleted the uploads" in text_of(browser, ".tb-problem"))
    assert complaints(browser)  # the browser itself writes down a 410


def refuse(browser: webdriver.Chrome, bellhop: Running, path: Path, content: str) -> str:
    """Open the page of a job whose file is refused; what its error says."""
    path.write_text(content, "utf-8")
    job = bellhop.client().create("trial_balance", files=[path], params={"tolerance": 5})
    bellhop.final(job["job_id"])
    browser.get(f"{bellhop.url}/jobs/{job['job_id']}")
    wait_for(lambda: is_shown(browser, ".tb form"))
    return text_of(browser, ".result-item p")


def test_it_lets_the_user_choose_the_columns_of_a_file_that_was_refused(
    browser: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    said = refuse(browser, bellhop, tmp_path / "a.csv", TWO_BALANCES)
    assert said == 'The columns "Debit" and "Debit" could both be the amounts.'
    assert roles(browser) == ["Account name", "Unclear", "Unclear", "Unclear", "Unclear"]
    menus = browser.find_elements(By.CSS_SELECTOR, ".columns-table select")
    Select(menus[3]).select_by_visible_text("Debit")
    Select(menus[4]).select_by_visible_text("Credit")
    again = read_again(browser, bellhop, ".columns-form [type=submit]")
    assert "are both 6.00" in text_of(browser, ".tb-verdict")
    assert again["params"]["mapping"] == ["debit = D", "credit = E"]  # type: ignore[index]
    assert again["params"]["tolerance"] == 5  # type: ignore[index]
    assert complaints(browser) == []


def test_it_lets_the_user_choose_a_period_with_the_keyboard(
    browser: webdriver.Chrome, bellhop: Running, tmp_path: Path
) -> None:
    refuse(browser, bellhop, tmp_path / "a.csv", TWO_PERIODS)
    before = browser.current_url
    menu = find(browser, ".choices-form select")
    menu.send_keys("2024")
    menu.send_keys(Keys.TAB, Keys.NULL)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    wait_for(lambda: browser.current_url != before)
    wait_for(lambda: is_shown(browser, ".tb-accounts"))
    assert "are both 6.00" in text_of(browser, ".tb-verdict")


def test_it_shows_both_rows_of_a_header_above_the_menus(
    browser: webdriver.Chrome, show: Callable[..., str]
) -> None:
    show(TWO_ROWS)
    over = browser.find_elements(By.CSS_SELECTOR, ".columns-over")
    assert [each.text for each in over] == ["Opening", "Opening", "Closing", "Closing"]
    assert find(browser, '[aria-label="Column Closing Debit is"]')


def test_it_counts_an_account_that_is_listed_twice_once(
    browser: webdriver.Chrome, show: Callable[..., str]
) -> None:
    show("Code,Account,Debit,Credit\n10,Cash,7,\n10,Cash,3,\n40,Sales,,10\n")
    assert "2 accounts, 1 of them listed twice" in text_of(browser, ".tb > .quiet")


def test_it_shows_the_readings_of_any_job_type(
    browser: webdriver.Chrome, bellhop: Running, show: Callable[..., str]
) -> None:
    job = bellhop.client().create("decides", texts=["a"])
    bellhop.final(job["job_id"])
    browser.get(f"{bellhop.url}/jobs/{job['job_id']}")
    # What is not shown yet has a text without lines.
    wait_for(lambda: "\n\n" in text_of(browser, ".readings"))
    assert text_of(browser, ".readings").split("\n\n") == [
        "Date order: day first",
        "A <b>13</b> is no month.",
        "It could also be read as:",
        "month first",
    ]
