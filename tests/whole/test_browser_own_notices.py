"""Notices by mail on the pages Account and Schedules, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium import webdriver

from tests.support.axe import findings
from tests.support.browser import complaints, find, is_shown, press, text_of
from tests.support.running import Running, running, wait_for
from tests.support.standins.smtp import MailServer

ERROR, LAST, ADDRESS = "[data-notices-error]", "[data-notices-last]", "#notify-address"


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with MailServer() as started:
        yield started


@pytest.fixture(scope="module")
def mailing(tmp_path_factory: pytest.TempPathFactory, server: MailServer) -> Iterator[Running]:
    """A Bellhop with a mail server."""
    mail = {
        "HOST": "127.0.0.1", "PORT": str(server.port), "SECURITY": "none", "USER": "bellhop",
        "PASSWORD": "correct horse", "FROM": "bellhop@example.org",
    }  # fmt: skip
    given = {f"BELLHOP_NOTICES_SMTP_{name}": value for name, value in mail.items()}
    given["BELLHOP_NOTICES_DOMAINS"] = "example.org"
    with running(tmp_path_factory.mktemp("mailing"), **given) as bellhop:
        bellhop.serve()
        yield bellhop


@pytest.fixture
def form(browser: webdriver.Chrome, mailing: Running) -> webdriver.Chrome:
    """The page Account, with the form of notices as it is stored."""
    browser.get(f"{mailing.url}/account")
    wait_for(lambda: is_shown(browser, "#notices-address"))
    complaints(browser)
    return browser


def enter(browser: webdriver.Chrome, address: str) -> None:
    find(browser, "#notices-address").clear()
    find(browser, "#notices-address").send_keys(address)


def test_it_saves_an_address_and_sends_a_test_to_it(
    form: webdriver.Chrome, server: MailServer
) -> None:
    enter(form, "anna@example.org")
    find(form, "#notices-wants").send_keys("for each of your jobs that fails")
    press(form, "[data-notices-test]")
    wait_for(lambda: "took the test" in text_of(form, "[data-toast-text]"))
    assert server.receivers == ["anna@example.org"]
    assert "The mail server took it" in text_of(form, LAST)
    form.refresh()
    wait_for(lambda: is_shown(form, "#notices-address"))
    assert find(form, "#notices-address").get_property("value") == "anna@example.org"
    assert find(form, "#notices-wants").get_property("value") == "failures"
    assert complaints(form) == []


def test_it_says_why_a_new_address_gets_nothing(form: webdriver.Chrome, server: MailServer) -> None:
    server.answers["RCPT"] = "550 5.1.1 nobody of this name"
    enter(form, "anan@example.org")
    press(form, "[data-notices-form] [type=submit]")
    wait_for(lambda: "nobody of this name" in text_of(form, ERROR))
    assert findings(form) == []
    form.refresh()
    wait_for(lambda: "Not delivered: The mail server" in text_of(form, LAST))
    assert complaints(form) == []


def test_it_says_why_an_address_is_refused(form: webdriver.Chrome) -> None:
    assert "in example.org" in text_of(form, "[data-notices-help]")
    enter(form, "anna@example.com")
    press(form, "[data-notices-form] [type=submit]")
    wait_for(lambda: "must be in example.org" in text_of(form, ERROR))
    complaints(form)  # the browser notes the 422


def test_it_sets_who_is_told_of_the_jobs_of_a_schedule(
    browser: webdriver.Chrome, mailing: Running
) -> None:
    nightly = {
        "name": "Nightly",
        "cron": "0 0 1 1 *",
        "job": {"type": "noop", "items": [{"text": "a"}]},
    }
    mailing.client().post("/api/v1/schedules", nightly)
    browser.get(f"{mailing.url}/schedules")
    wait_for(lambda: is_shown(browser, "[data-do=edit]"))
    complaints(browser)
    press(browser, "[data-do=edit]")
    assert not is_shown(browser, ADDRESS)
    find(browser, "#notify-wants").send_keys("when a job of this schedule fails")
    find(browser, ADDRESS).send_keys("ops@example.com")
    press(browser, "[data-save]")
    wait_for(lambda: text_of(browser, "#notify-address-error") == "must be in example.org")
    assert findings(browser) == []
    complaints(browser)  # the browser notes the 422
    find(browser, ADDRESS).clear()
    find(browser, ADDRESS).send_keys("ops@example.org")
    press(browser, "[data-save]")
    wait_for(
        lambda: "Mail to ops@example.org when a job fails" in text_of(browser, "[data-schedules]")
    )
    press(browser, "[data-do=edit]")
    assert find(browser, ADDRESS).get_property("value") == "ops@example.org"
    assert complaints(browser) == []


def test_it_says_that_there_is_no_mail_server(browser: webdriver.Chrome, served: Running) -> None:
    browser.get(f"{served.url}/account")
    wait_for(lambda: "smtp_host" in text_of(browser, "[data-notices-help]"))
    assert not find(browser, "[data-notices-test]").is_enabled()
    assert findings(browser) == []
    assert complaints(browser) == []
