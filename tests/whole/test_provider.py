"""A login at a real provider of OpenID Connect, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException

from tests.support.axe import findings
from tests.support.browser import complaints, find, is_shown, text_of
from tests.support.provider import SECRET, provider
from tests.support.running import Running, free_port, running, wait_for


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Bellhop with an admin, and a provider that knows everybody else."""
    port = free_port()
    with provider(f"http://127.0.0.1:{port}/login/sso/callback") as issuer:
        settings = {
            "BELLHOP_SERVER_PORT": str(port),
            "BELLHOP_OIDC_ISSUER": issuer,
            "BELLHOP_OIDC_CLIENT_ID": "bellhop",
            "BELLHOP_OIDC_CLIENT_SECRET": SECRET,
            "BELLHOP_OIDC_LABEL": "Example & Co",
            "BELLHOP_SSO_ROLES": "staff:member, ops:admin",
            "BELLHOP_SSO_ROLE": "none",
        }
        with running(tmp_path_factory.mktemp("provider"), **settings) as bellhop:
            added = bellhop.run("user", "add", "ada", "--role", "admin")
            assert added.returncode == 0, added.stderr
            bellhop.serve()
            yield bellhop


@pytest.fixture(autouse=True)
def stranger(browser: webdriver.Chrome) -> None:
    """Nobody has logged in before, here or there."""
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})


def begin(browser: webdriver.Chrome, served: Running, path: str = "/login") -> None:
    browser.get(f"{served.url}{path}")
    wait_for(lambda: is_shown(browser, "[data-sso]"))
    find(browser, "[data-sso]").click()


def say_who(browser: webdriver.Chrome, name: str) -> None:
    """At the provider: a name with groups, and the consent."""
    wait_for(lambda: is_shown(browser, "[name=login]"))
    find(browser, "[name=login]").send_keys(name)
    find(browser, "[name=password]").send_keys("any")
    find(browser, "[type=submit]").click()
    wait_for(lambda: asks_for_consent(browser))
    find(browser, "[type=submit]").click()


def asks_for_consent(browser: webdriver.Chrome) -> bool:
    try:
        return not is_shown(browser, "[name=login]") and is_shown(browser, "[type=submit]")
    except StaleElementReferenceException:  # the page before is about to go
        return False


def test_it_logs_somebody_in_at_a_real_provider(served: Running, browser: webdriver.Chrome) -> None:
    """And leads to the page that they wanted."""
    begin(browser, served, "/jobs?status=failed")
    say_who(browser, "vera+staff")
    wait_for(lambda: browser.current_url == f"{served.url}/jobs?status=failed")
    wait_for(lambda: is_shown(browser, "[data-who]"))
    assert "vera" in text_of(browser, "[data-who] summary")
    complaints(browser)  # of the pages of the provider
    browser.refresh()
    wait_for(lambda: is_shown(browser, "[data-who]"))
    assert complaints(browser) == []
    accounts = served.query("SELECT name, role FROM account ORDER BY name")
    assert accounts == [("ada", "admin"), ("vera", "member")]
    assert SECRET not in served.log()


def test_it_says_what_to_do_after_a_login_that_was_cancelled(
    served: Running, browser: webdriver.Chrome
) -> None:
    begin(browser, served)
    wait_for(lambda: is_shown(browser, "[name=login]"))
    find(browser, "a[href*=abort]").click()
    wait_for(lambda: is_shown(browser, "[role=alert]"))
    assert browser.current_url == f"{served.url}/login?refused=refused"
    assert "cancelled or refused" in text_of(browser, "[role=alert]")
    assert is_shown(browser, "[data-sso]") and is_shown(browser, "[name=password]")
    assert findings(browser) == []


def test_it_lets_nobody_in_who_is_in_no_group(served: Running, browser: webdriver.Chrome) -> None:
    begin(browser, served)
    say_who(browser, "otto+others")
    wait_for(lambda: is_shown(browser, "[role=alert]"))
    assert "You are in no group" in text_of(browser, "[role=alert]")
    assert served.query("SELECT 1 FROM account WHERE name = 'otto'") == []
