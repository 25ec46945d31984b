"""The examples of docs/behind-a-proxy.md, run as they are by Caddy and nginx, before real Bellhops.

`make proxies` runs the long form: 2 GB through each, and waits of half a minute.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from selenium import webdriver

from bellhop.base.addresses import API
from bellhop.client import Bellhop
from bellhop.web.handlers import pages
from tests.support.browser import (
    choose,
    chromium,
    complaints,
    drop,
    find,
    press,
    submit,
    text_of,
)
from tests.support.proxies import SECTIONS, Front, fronting
from tests.support.running import Running, free_port, running, wait_for

IS_LONG = os.environ.get("PROXIES") == "long"
PASSWORD = "correct horse"
MIB = 1 << 20
ZEROS = bytes(MIB)
ROOT, UNDER = SECTIONS
# How much goes through each proxy.
UPLOAD_MIB = {"caddy": 2048 if IS_LONG else 100, "nginx": 2048}
WAIT_S = 30 if IS_LONG else 1
# What a process may need with an upload of any size: what it does with a small one, and some room.
MOST_BYTES = 160 * MIB
TABLE = """Code,Account,Debit,Credit
1000,Cash,700.00,
1900,Suspense,50.00,
4000,Sales,,900.00
6000,Rent,250.00,
"""
# Every address that a page shows or loaded.
ADDRESSES = """
const told = [...document.querySelectorAll("[href], [src]")].map((each) => each.href ?? each.src);
return [...told, ...performance.getEntriesByType("resource").map((each) => each.name)];"""
# Fetched as a person downloads it, with the login of the page.
FETCHED = """
const [address, done] = arguments;
fetch(address).then(async (answer) => done([answer.status, await answer.text()]));"""


class Case(NamedTuple):
    """A Bellhop with a token of its admin, and where a proxy serves it."""

    bellhop: Running
    token: str
    front: Front
    url: str


@contextlib.contextmanager
def beginning(folder: Path, section: str) -> Iterator[tuple[Running, str]]:
    """A Bellhop with the settings of a section of the page, and the token of its admin."""
    folder.mkdir()
    settings = {
        "PORT": str(free_port()),
        "PUBLIC_URL": f"https://localhost{SECTIONS[section]}",
        "TRUSTED_PROXY": "127.0.0.1",
        "MAX_UPLOAD_MB": "4096",
    }
    variables = {f"BELLHOP_SERVER_{key}": value for key, value in settings.items()}
    with running(folder, **variables) as bellhop:
        added = ("user", "add", "ada", "--role", "admin", "--password-stdin")
        done = bellhop.run(*added, given=PASSWORD)
        assert done.returncode == 0, done.stderr
        token = bellhop.run("token", "add", "ada").stdout.strip()
        bellhop.serve()
        yield bellhop, token


@pytest.fixture(scope="module")
def bellhops(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, tuple[Running, str]]]:
    folder = tmp_path_factory.mktemp("bellhops")
    with contextlib.ExitStack() as stack, ThreadPoolExecutor() as pool:
        entered = {
            section: pool.submit(stack.enter_context, beginning(folder / str(number), section))
            for number, section in enumerate(SECTIONS)
        }
        yield {section: each.result() for section, each in entered.items()}


@pytest.fixture(scope="module")
def fronts(
    tmp_path_factory: pytest.TempPathFactory, bellhops: dict[str, tuple[Running, str]]
) -> Iterator[dict[str, Front]]:
    folder = tmp_path_factory.mktemp("fronts")
    for above in (folder, *folder.parents[:2]):  # nginx works as nobody
        above.chmod(above.stat().st_mode | 0o055)
    webs = {
        section: int(bellhop.environment["BELLHOP_SERVER_PORT"])
        for section, (bellhop, _) in bellhops.items()
    }
    with contextlib.ExitStack() as stack:
        yield {
            server: stack.enter_context(fronting(server, webs, folder / server))
            for server in UPLOAD_MIB
        }


@pytest.fixture(params=SECTIONS)
def section(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=UPLOAD_MIB)
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def case(
    server: str,
    section: str,
    bellhops: dict[str, tuple[Running, str]],
    fronts: dict[str, Front],
    monkeypatch: pytest.MonkeyPatch,
) -> Case:
    front = fronts[server]
    monkeypatch.setenv("SSL_CERT_FILE", str(front.certificate))
    return Case(*bellhops[section], front, front.url(section))


@pytest.fixture
def client(case: Case) -> Bellhop:
    return Bellhop(case.url, case.token)


@contextlib.contextmanager
def connected(case: Case) -> Iterator[http.client.HTTPSConnection]:
    context = ssl.create_default_context(cafile=str(case.front.certificate))
    host = urlsplit(case.url).netloc
    with contextlib.closing(http.client.HTTPSConnection(host, timeout=60, context=context)) as c:
        yield c


def answer_to(case: Case, method: str, path: str, **headers: str) -> Any:
    """The answer to one request, with its body in `text`."""
    with connected(case) as connection:
        sent = {"Authorization": f"Bearer {case.token}", **headers}
        connection.request(method, path, headers=sent)
        answer = connection.getresponse()
        answer.text = answer.read()  # type: ignore[attr-defined]
        return answer


# Programs.


def test_it_runs_a_job_through_the_proxy(client: Bellhop, case: Case, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    job = client.create("trial_balance", files=[tmp_path / "a.csv"])
    under = urlsplit(case.url).path
    assert job["links"]["self"] == f"{under}{API}/jobs/{job['job_id']}"
    assert client.wait(job["job_id"], 60)["status"] == "completed"
    saved = client.download(job["job_id"], tmp_path / "out")
    assert saved and all(path.stat().st_size for path in saved)
    table = answer_to(case, "GET", f"{job['links']['result']}.csv")
    assert table.status == 200 and b"700" in table.text


@pytest.mark.parametrize("section", [UNDER])
def test_it_takes_the_commands_with_the_whole_address(case: Case, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("two words")
    case.bellhop.environment["SSL_CERT_FILE"] = str(case.front.certificate)
    case.bellhop.environment |= {"BELLHOP_URL": case.url, "BELLHOP_TOKEN": case.token}
    try:
        done = case.bellhop.run("submit", "word_count", str(tmp_path / "a.txt"), "--wait")
        assert (done.returncode, done.stdout.split()[1]) == (0, "completed"), done.stderr
        assert done.stdout.split()[0] in case.bellhop.run("jobs").stdout
    finally:
        del case.bellhop.environment["BELLHOP_URL"]


@pytest.mark.parametrize("section", [UNDER])
def test_it_waits_for_a_job_as_long_as_it_is_asked(client: Bellhop, case: Case) -> None:
    in_a_year = f"{time.gmtime().tm_year + 1}-01-01T00:00:00Z"
    job = client.create("noop", texts=["a"], run_at=in_a_year)
    tag = answer_to(case, "GET", job["links"]["self"]).headers["ETag"]
    began = time.monotonic()
    held = {"Prefer": f"wait={WAIT_S}", "If-None-Match": tag}
    answer = answer_to(case, "GET", job["links"]["self"], **held)
    assert (answer.status, answer.headers["Preference-Applied"]) == (304, f"wait={WAIT_S}")
    assert time.monotonic() - began > WAIT_S - 0.5
    client.cancel(job["job_id"])


@pytest.mark.parametrize("section", [UNDER])
def test_it_keeps_nothing_of_an_upload_in_memory(case: Case, server: str) -> None:
    size = UPLOAD_MIB[server] * MIB
    path, tus = f"{urlsplit(case.url).path}{API}/uploads", {"Tus-Resumable": "1.0.0"}
    begun = answer_to(case, "POST", path, **tus, **{"Upload-Length": str(size)})
    address = begun.headers["Location"]
    headers = {"Authorization": f"Bearer {case.token}", **tus, "Upload-Offset": "0"}
    headers |= {"Content-Type": "application/offset+octet-stream", "Content-Length": str(size)}
    with connected(case) as connection:
        connection.request("PATCH", address, (ZEROS for _ in range(size // MIB)), headers)
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(size)), answer.read()
    assert case.front.peak_bytes() < MOST_BYTES
    (web,) = [pid for pid in case.bellhop.descendants() if "web" in command_of(pid)]
    assert peak_bytes(web) < MOST_BYTES
    assert answer_to(case, "DELETE", address, **tus).status == 204
    assert not list(case.front.folder.glob("*/*0*")), "the proxy kept the upload on its disk"


def command_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def peak_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) << 10


# People.


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium(takes_any_certificate=True) as driver:
        yield driver


def log_in(browser: webdriver.Chrome, url: str) -> None:
    browser.delete_all_cookies()
    browser.get(url)
    press(browser, "#name")
    find(browser, "#name").send_keys("ada")
    find(browser, "#password").send_keys(PASSWORD)
    find(browser, "[data-log-in]").click()
    wait_for(lambda: text_of(browser, ".person-name") == "ada")


@pytest.mark.parametrize("section", [UNDER])
def test_it_works_in_a_browser_under_a_path(browser: webdriver.Chrome, case: Case) -> None:
    """From the login to the downloads: styled, alive, and no address without the path."""
    log_in(browser, f"{case.url}/jobs?status=failed")
    assert browser.current_url == f"{case.url}/jobs?status=failed"
    browser.get(f"{case.url}/")
    choose(browser, "trial_balance")
    drop(browser, ("a.csv", TABLE))
    job_id = submit(browser)
    row = f'[data-job-list] [data-job-id="{job_id}"]'
    wait_for(lambda: "Completed" in text_of(browser, row))  # the page hears of it by itself
    press(browser, f"{row} a")
    wait_for(lambda: browser.current_url == f"{case.url}/jobs/{job_id}")
    wait_for(lambda: text_of(browser, ".tb-accounts"))
    for link in ("[data-download-table]", "[data-download-files]", "[data-download-json]"):
        address = find(browser, link).get_attribute("href")
        status, _ = browser.execute_async_script(FETCHED, address)
        assert status == 200, address
    assert all(told.startswith(f"{case.url}/") for told in browser.execute_script(ADDRESSES))
    assert complaints(browser) == []


@pytest.mark.parametrize("section", [UNDER])
def test_it_leads_from_page_to_page_under_a_path(browser: webdriver.Chrome, case: Case) -> None:
    log_in(browser, case.url)
    for path, *_ in (*pages.LINKS, *pages.OF_PERSON):
        browser.get(f"{case.url}{path}")
        wait_for(lambda: "Loading" not in text_of(browser, "main"))
        told = browser.execute_script(ADDRESSES)
        assert told and all(each.startswith(f"{case.url}/") for each in told), path
        layout = "return getComputedStyle(document.querySelector('header.top')).display"
        assert browser.execute_script(layout) == "flex", path
        assert complaints(browser) == [], path
    press(browser, "[data-who] summary")
    press(browser, "[data-log-out]")
    wait_for(lambda: browser.current_url.startswith(f"{case.url}/login"))


# A restart.


def test_it_is_there_again_after_a_restart_behind_the_proxies(
    bellhops: dict[str, tuple[Running, str]], fronts: dict[str, Front]
) -> None:
    """Caddy keeps who comes meanwhile waiting; nginx says that nobody is there."""
    cases = {
        server: Case(*bellhops[ROOT], front, front.url(ROOT)) for server, front in fronts.items()
    }

    def status(case: Case) -> int:
        return int(answer_to(case, "GET", "/ready").status)

    assert [status(case) for case in cases.values()] == [200, 200]
    bellhop = bellhops[ROOT][0]
    bellhop.stop()
    with ThreadPoolExecutor() as pool:
        during = {server: pool.submit(status, case) for server, case in cases.items()}
        assert during["nginx"].result() == 502
        bellhop.serve()
        assert during["caddy"].result() in (200, 503)
    assert [status(case) for case in cases.values()] == [200, 200]
