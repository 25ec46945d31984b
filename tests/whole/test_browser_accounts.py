"""Accounts in a real browser: logging in, what each role is shown, sharing, tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from bellhop.accounts import totp
from bellhop.client import Bellhop
from tests.support.axe import findings
from tests.support.browser import (
    FAST,
    MIB,
    SLOW,
    choose,
    complaints,
    find,
    is_shown,
    press,
    text_of,
    throttle,
)
from tests.support.running import Running, running, wait_for

PASSWORD, CHOSEN = "correct horse", "battery staple"
# How often the page read something of the API but the account, and how many answers it waited for
# at once.
READS = """
const reads = performance.getEntriesByType("resource")
    .filter((each) => each.name.includes("/api/v1/") && each.initiatorType === "fetch")
    .filter((each) => !each.name.endsWith("/account"));
const begun = (at) => reads.filter((each) => each.startTime <= at && at < each.responseEnd).length;
return [reads.length, Math.max(0, ...reads.map((each) => begun(each.startTime)))];
"""
# Another account in the same browser, while a page is open.
LOG_IN = """
const [name, password, done] = arguments;
fetch("/api/v1/login", {method: "POST", headers: {"Content-Type": "application/json"},
  body: JSON.stringify({name, password})}).then((answer) => done(answer.status));
"""
IS_LOSING = """
const [done] = arguments;
import("/static/uploads/entries.js").then((entries) => done(entries.isLosing()));
"""
# What a page keeps that is left while all of its last part is on the way.
OVERSTATE = """
const [done] = arguments;
indexedDB.open("bellhop-uploads").onsuccess = ({target: {result: database}}) => {
    const entries = database.transaction("entries", "readwrite").objectStore("entries");
    entries.getAll().onsuccess = ({target: {result: [entry]}}) => {
        entry.files[0].sent = entry.files[0].size;
        entries.put(entry).onsuccess = () => { database.close(); done(true); };
    };
};
"""
# What a page does that is left while it looks for uploads: the browser ends what it asks its disk.
LOOK_IN_VAIN = """
const [done] = arguments;
localStorage.setItem("bellhop.tray", "1");
IDBDatabase.prototype.transaction = () => { throw new DOMException("left", "AbortError"); };
import("/static/uploads/entries.js").then((entries) => entries.scan())
    .then(() => done(localStorage.getItem("bellhop.tray")));
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Bellhop with three accounts."""
    with running(tmp_path_factory.mktemp("accounts")) as bellhop:
        for name, role in (("ada", "admin"), ("otto", "member"), ("vera", "viewer")):
            added = bellhop.run(
                "user", "add", name, "--role", role, "--password-stdin", given=f"{PASSWORD}\n"
            )
            assert added.returncode == 0, added.stderr
        bellhop.serve()
        yield bellhop


@pytest.fixture
def otto(served: Running) -> Bellhop:
    return Bellhop(served.url, served.run("token", "add", "otto").stdout.strip())


def shown(browser: webdriver.Chrome, selector: str) -> Any:
    """The first element of a selector, once it is shown."""

    def visible() -> Any:
        found = browser.find_elements(By.CSS_SELECTOR, selector)
        return found[0] if found and found[0].is_displayed() else None

    return wait_for(visible)


def log_in(browser: webdriver.Chrome, url: str, name: str, password: str = PASSWORD) -> None:
    """As `name`, on the page `url`, which asks for it."""
    browser.delete_all_cookies()
    browser.get(url)
    shown(browser, "#name").send_keys(name)
    shown(browser, "#password").send_keys(password)
    shown(browser, "[data-log-in]").click()


def test_it_goes_back_to_where_one_was_sent_from(
    browser: webdriver.Chrome, served: Running
) -> None:
    log_in(browser, f"{served.url}/running?x=1", "otto")
    wait_for(lambda: browser.current_url == f"{served.url}/running?x=1")
    assert shown(browser, "[data-who] .person-name").text == "otto"
    assert complaints(browser) == []


@pytest.mark.parametrize("target", ["//evil.example/", "/\\evil.example", "/.//evil.example/x"])
def test_it_goes_to_no_other_site_after_a_login(
    browser: webdriver.Chrome, served: Running, target: str
) -> None:
    log_in(browser, f"{served.url}/login?next={target}", "otto")
    shown(browser, "[data-who] summary")
    assert browser.current_url == f"{served.url}/"


def test_it_knows_its_own_pages_from_all_other_addresses(
    browser: webdriver.Chrome, served: Running
) -> None:
    ours = ["/", "/running?x=//evil.example", "/jobs/8061915b5b2cf35ad0b8", "/audit", "/jobs/"]
    others = [
        "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil",
        "/.//evil.example/x", "/./\\evil.example", "/x/..//evil.example", "/%2e//evil.example",
        "/%2e%2e//evil.example", "/\t/evil.example", "\t//evil.example", "/\n/evil.example",
        " //evil.example", "/jobs/..//evil.example", "//%5B", "/jobs/a/b", "//",
        "/static/pages/login.js", "/api/v1/logout", "/login?next=/", "javascript:alert(1)",
        "data:text/html,x", "\0//evil.example", "http://evil.example@localhost", "x",
    ]  # fmt: skip
    browser.get(f"{served.url}/login")
    script = """const [all, done] = arguments;
        import("/static/shared/own-page.js").then((own) => done(all.map(own.ownPage)));"""
    found = browser.execute_async_script(script, [*ours, *others])
    assert found == [*ours, *["/"] * len(others)]


def test_it_says_that_a_login_failed(browser: webdriver.Chrome, served: Running) -> None:
    log_in(browser, served.url, "otto", "a wrong one")
    assert "Wrong name or password" in shown(browser, "[data-form-error]").text
    complaints(browser)  # the browser notes the 401


def test_it_shows_a_viewer_what_is_shared_and_nothing_to_change(
    browser: webdriver.Chrome, served: Running, otto: Bellhop, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("three short words")
    job = otto.create("word_count", files=[tmp_path / "a.txt"])
    otto.wait(job["job_id"])
    log_in(browser, f"{served.url}/jobs/{job['job_id']}", "otto")
    shown(browser, "#share-account").send_keys("vera")
    shown(browser, "[data-share-form] button").click()
    wait_for(lambda: "vera" in shown(browser, "[data-shares]").text)
    log_in(browser, served.url, "vera")
    assert "of otto" in shown(browser, ".job").text
    assert not browser.find_element(By.CSS_SELECTOR, "[data-submit-card]").is_displayed()
    shown(browser, "[data-job-link]").click()
    assert "3" in shown(browser, "[data-result]").text
    visible = [b for b in browser.find_elements(By.CSS_SELECTOR, "button") if b.is_displayed()]
    assert {button.text for button in visible} <= {"Log out", "Output"}
    browser.get(f"{served.url}/jobs")
    assert shown(browser, ".job-row [data-job-owner]").text == "otto"
    assert not browser.find_element(By.CSS_SELECTOR, ".job-row [data-select]").is_displayed()
    assert complaints(browser) == []


def test_it_shows_a_member_no_switches(browser: webdriver.Chrome, served: Running) -> None:
    log_in(browser, f"{served.url}/running", "otto")
    assert "Pause" not in shown(browser, "[data-queues]").text
    assert not browser.find_element(By.CSS_SELECTOR, "[data-installation]").is_displayed()
    log_in(browser, f"{served.url}/running", "ada")
    assert "Pause" in shown(browser, "[data-queues]").text
    assert complaints(browser) == []


def test_the_page_running_asks_for_no_more_than_two_things_at_once(
    browser: webdriver.Chrome, served: Running, otto: Bellhop
) -> None:
    """The server refuses an account more than two costly requests at a time."""
    job = otto.create("noop", texts=["a"])
    otto.wait(job["job_id"])
    log_in(browser, f"{served.url}/running", "ada")
    wait_for(lambda: browser.execute_script(READS)[0] > 4)
    assert browser.execute_script(READS)[1] <= 2
    assert complaints(browser) == []


def test_it_makes_a_token_and_shows_it_once(browser: webdriver.Chrome, served: Running) -> None:
    log_in(browser, f"{served.url}/account", "otto")
    shown(browser, "#token-name").send_keys("scanner")
    shown(browser, "#token-password").send_keys(PASSWORD)
    shown(browser, "[data-token-form] button").click()
    token = shown(browser, "[data-new-token-text]").text
    assert list(Bellhop(served.url, token).jobs(limit=1)) is not None
    browser.refresh()
    assert "scanner" in shown(browser, "[data-tokens] li").text
    assert token not in browser.page_source
    assert complaints(browser) == []


def test_it_says_how_many_tokens_end_with_a_password(
    browser: webdriver.Chrome, served: Running, otto: Bellhop
) -> None:
    log_in(browser, f"{served.url}/account", "otto")
    shown(browser, "[data-tokens] li strong")
    tokens = len(browser.find_elements(By.CSS_SELECTOR, "[data-tokens] li strong"))
    shown(browser, "#old-password").send_keys(PASSWORD)
    shown(browser, "#new-password").send_keys("password")
    shown(browser, "[data-password-form] button").click()
    assert "most common" in shown(browser, "[data-password-error]").text
    complaints(browser)  # the browser notes the 422
    browser.find_element(By.ID, "new-password").clear()
    shown(browser, "#new-password").send_keys("battery staple")
    shown(browser, "[data-password-form] button").click()
    wait_for(lambda: f"{tokens} tokens stopped working." in browser.page_source)
    wait_for(lambda: shown(browser, "[data-tokens]").text == "You have no tokens.")
    assert complaints(browser) == []
    given = ("user", "password", "otto", "--password-stdin")
    assert served.run(*given, given=PASSWORD).returncode == 0


def test_it_shows_an_admin_who_did_what(browser: webdriver.Chrome, served: Running) -> None:
    log_in(browser, f"{served.url}/audit", "ada")
    assert "login" in shown(browser, "[data-notes] tr").text
    log_in(browser, f"{served.url}/audit", "otto")
    assert "may not" in shown(browser, "[data-audit-error]").text
    complaints(browser)  # the browser notes the 403


def test_it_shows_a_page_among_the_files_to_who_is_logged_in(
    browser: webdriver.Chrome, served: Running, otto: Bellhop, tmp_path: Path
) -> None:
    """The request for the frame brings the session along, although its page is in a sandbox."""
    (tmp_path / "page.html").write_text("<p id=seen>Words</p>")
    job = otto.create("copy_file", files=[tmp_path / "page.html"])["job_id"]
    wait_for(lambda: otto.get(f"/api/v1/jobs/{job}")["status"] == "completed")
    log_in(browser, f"{served.url}/jobs/{job}", "otto")
    browser.switch_to.frame(shown(browser, ".file-content iframe"))
    assert shown(browser, "#seen").text == "Words"
    browser.switch_to.default_content()
    complaints(browser)


@pytest.mark.parametrize("path", ["/", "/account", "/audit"])
@pytest.mark.parametrize("name", ["vera", "ada"])
def test_it_can_be_used_by_everybody(
    browser: webdriver.Chrome, served: Running, path: str, name: str
) -> None:
    log_in(browser, served.url + path, name)
    shown(browser, ".person-name")
    wait_for(lambda: not any(n.is_displayed() for n in loading(browser)))
    assert findings(browser) == []
    complaints(browser)


def loading(browser: webdriver.Chrome) -> list[Any]:
    return browser.find_elements(By.CSS_SELECTOR, "[data-loading]")


def jobs_of(client: Bellhop) -> list[dict[str, Any]]:
    return list(client.get("/api/v1/jobs")["jobs"])


def test_an_upload_waits_until_its_owner_is_logged_in(
    browser: webdriver.Chrome, served: Running, otto: Bellhop, tmp_path: Path
) -> None:
    path = tmp_path / "mine.txt"
    path.write_bytes(b"0123456789abcde\n" * MIB)
    log_in(browser, served.url, "otto")
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, "[data-types] [value=upper]"))
    find(browser, "[data-file-input]").send_keys(str(path))
    choose(browser, "upper")
    throttle(browser, {**SLOW, "uploadThroughput": 3 * MIB})
    press(browser, "[data-submit]")
    wait_for(lambda: "left" in text_of(browser, "[data-entry]"))
    assert browser.execute_async_script(LOG_IN, "ada", PASSWORD) == 200
    wait_for(lambda: "uploads of otto wait" in text_of(browser, "[data-toast]"))
    wait_for(lambda: not is_shown(browser, "[data-tray]"))
    wait_for(lambda: not browser.execute_async_script(IS_LOSING))
    browser.get(f"{served.url}/jobs")
    wait_for(lambda: not any(n.is_displayed() for n in loading(browser)))
    throttle(browser, FAST)
    assert not is_shown(browser, "[data-tray]")
    assert browser.execute_async_script(OVERSTATE)
    log_in(browser, f"{served.url}/jobs", "otto")
    (job,) = wait_for(lambda: [j for j in jobs_of(otto) if j["name"] == "mine.txt"])
    assert job["owner"] == "otto"


def test_it_still_knows_of_uploads_when_a_page_is_left_while_it_looks_for_them(
    browser: webdriver.Chrome, served: Running
) -> None:
    log_in(browser, f"{served.url}/jobs", "otto")
    shown(browser, "[data-who] .person-name")
    assert browser.execute_async_script(LOOK_IN_VAIN) == "1"
    browser.execute_script("localStorage.clear()")


def test_a_logout_asks_before_it_ends_uploads(
    browser: webdriver.Chrome, served: Running, tmp_path: Path
) -> None:
    path = tmp_path / "paused.txt"
    path.write_bytes(b"0123456789abcde\n" * MIB)
    log_in(browser, served.url, "ada")
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, "[data-types] [value=upper]"))
    find(browser, "[data-file-input]").send_keys(str(path))
    choose(browser, "upper")
    throttle(browser, SLOW)
    press(browser, "[data-submit]")
    press(browser, "[data-act=pause]")
    wait_for(lambda: "Paused at" in text_of(browser, "[data-entry]"))
    throttle(browser, FAST)
    press(browser, "[data-who] summary")
    press(browser, "[data-log-out]")
    wait_for(lambda: "1 upload is not submitted" in text_of(browser, "[data-confirm]"))
    press(browser, "[data-confirm-yes]")
    shown(browser, "#name")
    assert list((served.data / "uploads" / ".parts").iterdir()) == []


def test_it_logs_out_and_forgets_the_draft(browser: webdriver.Chrome, served: Running) -> None:
    log_in(browser, served.url, "otto")
    shown(browser, "[data-types]")
    choose(browser, "noop")
    shown(browser, "[data-text-input]").send_keys("of otto")
    browser.refresh()
    assert shown(browser, "[data-text-input]").get_property("value") == "of otto"
    shown(browser, "[data-who] summary").click()
    shown(browser, "[data-log-out]").click()
    shown(browser, "#name")
    assert browser.execute_script("return sessionStorage.length + localStorage.length") == 0
    browser.get(served.url)
    assert "/login" in browser.current_url


def test_it_adds_a_person_and_says_what_each_change_does(
    browser: webdriver.Chrome, served: Running
) -> None:
    log_in(browser, f"{served.url}/people", "ada")
    shown(browser, "#new-name").send_keys("Eve")
    add = shown(browser, "[data-invite] button")
    add.click()
    assert "Type your own password" in shown(browser, "[data-own-error]").text
    assert browser.switch_to.active_element.get_attribute("id") == "own-password"
    shown(browser, "#own-password").send_keys(PASSWORD)
    add.click()
    told = shown(browser, "[data-new-link-text]").text
    assert "Invited as a member" in shown(browser, "[data-link=eve]").text
    assert quiet_findings(browser) == []
    accept(browser, told)
    log_in(browser, f"{served.url}/people", "ada")
    shown(browser, "#own-password").send_keys(PASSWORD)
    shown(browser, "[data-account=eve] [data-act=role]").send_keys("Viewer")
    assert "Sees jobs that others share" in shown(browser, "[data-confirm-text]").text
    shown(browser, "[data-confirm-yes]").click()
    wait_for(lambda: "now a viewer" in shown(browser, "[data-toast-text]").text)
    assert let_in_or_out(browser, "eve", "Disable") == "Enable"
    assert quiet_findings(browser) == []
    assert let_in_or_out(browser, "eve", "Enable") == "Disable"
    shown(browser, "[data-account=ada] [data-act=access]").click()
    shown(browser, "[data-confirm-yes]").click()
    wait_for(lambda: "No other admin" in shown(browser, "[data-toast-text]").text)
    complaints(browser)  # the browser notes the 403
    shown(browser, "[data-account=eve] [data-act=password]").click()
    shown(browser, "[data-confirm-yes]").click()
    told = shown(browser, "[data-new-link-text]").text
    accept(browser, told)
    assert "password is changed" in shown(browser, "[data-title]").text
    log_in(browser, f"{served.url}/people", "eve", CHOSEN)
    assert "may not" in shown(browser, "[data-people-error]").text
    browser.get(told)
    assert "was used" in shown(browser, "[data-link-error]").text
    complaints(browser)  # the browser notes the 403


def accept(browser: webdriver.Chrome, link: str) -> None:
    """Open a link in a browser of nobody, and choose a password."""
    browser.delete_all_cookies()
    browser.get("about:blank")
    browser.get(link)
    shown(browser, "#password").send_keys(CHOSEN)
    press(browser, "[data-submit]")
    assert "differ" in shown(browser, "[data-error-of=again]").text
    shown(browser, "#again").send_keys(CHOSEN)
    assert findings(browser) == []
    press(browser, "[data-submit]")
    wait_for(lambda: "#" not in browser.current_url)


def let_in_or_out(browser: webdriver.Chrome, name: str, act: str) -> str:
    """Disable or enable an account; what has the focus then, which is to stay where it was."""
    button = f"[data-account={name}] [data-act=access]"
    shown(browser, button).click()
    assert f"{act} {name}?" in shown(browser, "[data-confirm-title]").text
    shown(browser, "[data-confirm-yes]").click()
    words = "return document.querySelector(arguments[0]).textContent"  # the row is replaced
    wait_for(lambda: browser.execute_script(words, button) != act)
    return browser.switch_to.active_element.text


def quiet_findings(browser: webdriver.Chrome) -> list[str]:
    """What axe finds without the message of the last change."""
    shown(browser, "[data-toast-close]").click()
    return findings(browser)


def test_it_makes_the_first_account_with_the_link_of_the_start(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    with running(tmp_path) as bellhop:
        bellhop.serve()
        told = re.search(r"private, open (\S+)", bellhop.log())
        assert told
        browser.get("about:blank")
        browser.get(told[1])
        shown(browser, "#name").send_keys("Mia")
        shown(browser, "#password").send_keys(CHOSEN)
        shown(browser, "#again").send_keys(CHOSEN)
        press(browser, "[data-submit]")
        wait_for(lambda: text_of(browser, "[data-title]") == "Bellhop is private now")
        assert findings(browser) == []
        press(browser, "[data-ways] a")
        assert "Invite somebody" in shown(browser, "#invite-title").text
        browser.delete_all_cookies()
        browser.get(f"{bellhop.url}/jobs")
        assert "/login" in browser.current_url


def test_it_asks_for_a_code_once_two_factor_login_is_on(
    browser: webdriver.Chrome, served: Running
) -> None:
    served.run("user", "add", "tina", "--password-stdin", given=f"{PASSWORD}\n")
    log_in(browser, f"{served.url}/account", "tina")
    shown(browser, "#totp-password").send_keys(PASSWORD)
    press(browser, "[data-totp-button]")
    key = shown(browser, "[data-totp-secret]").text.replace(" ", "")
    is_drawn = "const qr = arguments[0]; return qr.complete && qr.naturalWidth > 0"
    wait_for(lambda: browser.execute_script(is_drawn, find(browser, "[data-totp-qr]")))
    assert "otpauth://" in str(find(browser, "[data-totp-address]").get_attribute("href"))
    assert findings(browser) == []
    shown(browser, "#totp-code").send_keys(totp.code_at(key, totp.step_now()))
    press(browser, "[data-totp-code-form] [type=submit]")
    codes = shown(browser, "[data-recovery-codes]").text.split()
    assert len(codes) == 10
    assert "10 recovery codes" in text_of(browser, "[data-totp-words]")
    assert quiet_findings(browser) == []
    browser.delete_all_cookies()
    browser.get(f"{served.url}/login?next=/account")
    shown(browser, "#name").send_keys("tina")
    shown(browser, "#password").send_keys(PASSWORD)
    press(browser, "[data-log-in]")
    shown(browser, "#code").send_keys("000000")
    press(browser, "[data-log-in]")
    wait_for(lambda: "Wrong code" in text_of(browser, "[data-form-error]"))
    assert findings(browser) == []
    shown(browser, "#code").clear()
    shown(browser, "#code").send_keys(codes[0])
    press(browser, "[data-log-in]")
    wait_for(lambda: "9 recovery codes" in text_of(browser, "[data-totp-words]"))
    complaints(browser)  # the browser notes the 401
