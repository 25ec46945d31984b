"""What the pages cost with 100,000 jobs, on SQLite and on PostgreSQL.

A real Chromium opens each page with an empty cache and again: the requests and bytes of its network
log, and the time until it shows what it asked for. Then what one open list asks is asked as thirty
open ones would: bytes a second, and the share of a core that the web takes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import api
import million
import processes
import serving
from report import Figure
from serving import Server

sys.path.insert(0, str(serving.ROOT))
from selenium import webdriver

from tests.support.browser import chromium
from tests.support.postgres import Postgres

JOBS, FEW_JOBS = 100_000, 2_000
PAGES = ("/", "/jobs", "/jobs/{job}", "/problems", "/schedules", "/running", "/docs")
REQUESTS = {"list": "/jobs?limit=30", "search": "/jobs?limit=30&q=file+77", "status": "/jobs/{job}",
            "counts": "/jobs/stats", "queues": "/monitoring/queues",
            "problems of 30 days": "/monitoring/problems?period=30d"}  # fmt: skip
# What a page asks on opening and every half a minute, so seldom at the same time as another.
SELDOM = {"facets": "/jobs/facets", "facets of the failed": "/jobs/facets?status=failed",
          "facets of a search": "/jobs/facets?q=file+77"}  # fmt: skip
# As long as what a list asks most rarely takes to come again: every page asks it once.
OPEN, OBSERVED_S = 30, 30.0
SETTLED_S = 0.7
MOST_COLD_KB, MOST_COLD, MOST_WARM = 60.0, 12, 4
MOST_KB_S, MOST_CORE = 20.0, 2.0
LOADING = """return document.readyState === "complete"
&& ![...document.querySelectorAll("[data-loading]")].some((it) => it.offsetParent)"""


@dataclass(frozen=True)
class Asked:
    """A request of a page: when (monotonic, in s), what, and how many bytes came back."""

    at_s: float
    path: str
    headers: dict[str, str]
    received: int


def measure(*, quick: bool) -> list[Figure]:
    """All figures on each database; in small on SQLite alone."""
    with serving.folder() as home:
        _fill(home, FEW_JOBS if quick else JOBS)
        figures = _of_store("SQLite", home, "", quick)
        if not quick:
            with Postgres() as postgres:
                url = postgres.new_database("pages")
                _move(home, url)
                figures += _of_store("PostgreSQL", home, url, quick)
    return figures


def _fill(home: Path, count: int) -> None:
    with api.web(home):
        pass  # makes the database
    million.fill(home / "data" / "bellhop.db", count)
    with api.web(home) as server:  # a list in which something waits is not at rest
        ended = {"action": "cancel", "filter": {"status": "queued"}, "expected": million.WAITING}
        server.call("POST", "/jobs/bulk", ended)


def _move(home: Path, url: str) -> None:
    words = [sys.executable, str(serving.ROOT / "app.py"), "move-to", url]
    subprocess.run(words, env=serving.environment(home, {}), check=True, stdout=subprocess.DEVNULL)


def _of_store(store: str, home: Path, url: str, quick: bool) -> list[Figure]:
    settings = {"BELLHOP_STORAGE_DATABASE": url} if url else {}
    with api.web(home, **settings) as server, chromium("performance") as browser:
        job = server.call("GET", "/jobs?limit=1")["jobs"][0]["job_id"]
        pages = PAGES[:1] if quick else PAGES
        figures = [figure for page in pages for figure in _weighed(browser, server, page, job)]
        for requests, connections in ((REQUESTS, api.CONNECTIONS), (SELDOM, 1)):
            for name, path in requests.items():
                asked = api.asked(
                    server, f"/api/v1{path.format(job=job)}", 0.3 if quick else 2.0, connections
                )
                figures.append(Figure(name=f"{name}, median", measured=asked["p50_ms"], unit="ms"))
        figures += _open_lists(browser, server, 6.0 if quick else OBSERVED_S)
    return [_renamed(figure, f"{store}: {figure.name}") for figure in figures]


def _weighed(browser: webdriver.Chrome, server: Server, page: str, job: str) -> list[Figure]:
    """A page with an empty cache, and once more."""
    url = f"http://{server.address}{page.format(job=job)}"
    name = page.format(job="ID")
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    cold, shown_ms = _opened(browser, url)
    warm, again_ms = _opened(browser, url)
    is_first = page == "/"
    return [
        Figure(name=f"{name} cold", measured=sum(a.received for a in cold) / 1024, unit="KB",
               at_most=MOST_COLD_KB if is_first else None),
        Figure(name="  requests", measured=len(cold), unit="",
               at_most=MOST_COLD if is_first else None),
        Figure(name="  until it is shown", measured=shown_ms, unit="ms"),
        Figure(name=f"{name} warm, requests", measured=len(warm), unit="",
               at_most=MOST_WARM if is_first else None),
        Figure(name="  until it is shown", measured=again_ms, unit="ms"),
    ]  # fmt: skip


def _opened(browser: webdriver.Chrome, url: str) -> tuple[list[Asked], float]:
    """What a page asks until it shows all it asked for, and how long that takes."""
    browser.get("about:blank")
    _log(browser)
    began = time.perf_counter()
    browser.get(url)
    while not browser.execute_script(LOADING):
        time.sleep(0.01)
    shown_s = time.perf_counter() - began
    time.sleep(SETTLED_S)
    asked = _log(browser)
    first_s = min(each.at_s for each in asked)
    # Not what it asks again and again from then on.
    return [each for each in asked if each.at_s <= first_s + shown_s], 1000 * shown_s


def _log(browser: webdriver.Chrome) -> list[Asked]:
    """What went over the network since the last call."""
    begun: dict[str, dict[str, Any]] = {}
    asked = []
    for line in browser.get_log("performance"):  # type: ignore[no-untyped-call]
        event = json.loads(line["message"])["message"]
        params = event["params"]
        if event["method"] == "Network.requestWillBeSent":
            begun[params["requestId"]] = params
        elif event["method"] == "Network.requestServedFromCache":
            begun.pop(params["requestId"], None)
        elif event["method"] == "Network.loadingFinished" and params["requestId"] in begun:
            asked.append(_asked(begun[params["requestId"]], params["encodedDataLength"]))
    return [each for each in asked if each.received]  # a file on the disk of the browser is none


def _asked(begun: dict[str, Any], received: int) -> Asked:
    request = begun["request"]
    path = "/" + request["url"].split("/", 3)[3]
    headers = {"Accept-Encoding": "gzip", **request["headers"]}
    return Asked(begun["timestamp"], path, headers, int(received))


def _open_lists(browser: webdriver.Chrome, server: Server, seconds: float) -> list[Figure]:
    """Thirty lists that are open and at rest; their tabs are in front."""
    browser.get(f"http://{server.address}/jobs")
    time.sleep(SETTLED_S)
    _log(browser)
    time.sleep(seconds)
    asked = _log(browser)
    begun = asked[0].at_s if asked else 0.0
    spent_s = processes.cpu_s(server.pids["web"])
    threads = [
        threading.Thread(target=_repeat, args=(server, asked, begun, number * seconds / OPEN))
        for number in range(OPEN)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent_s = processes.cpu_s(server.pids["web"]) - spent_s
    sent = OPEN * sum(each.received for each in asked) / seconds / 1024
    return [
        Figure(name=f"{OPEN} open lists", measured=sent, unit="KB/s", at_most=MOST_KB_S),
        Figure(name="  requests", measured=OPEN * len(asked) / seconds, unit="per s"),
        Figure(name="  of the web", measured=100 * spent_s / seconds, unit="% of a core",
               at_most=MOST_CORE),
    ]  # fmt: skip


def _repeat(server: Server, asked: list[Asked], begun: float, later_s: float) -> None:
    """Ask what a page asked, at the same distances, on one connection."""
    time.sleep(later_s)
    began = time.perf_counter()
    with contextlib.closing(server.connect()) as connection:
        for each in asked:
            time.sleep(max(0.0, began + each.at_s - begun - time.perf_counter()))
            connection.request("GET", each.path, headers=each.headers)
            connection.getresponse().read()


def _renamed(figure: Figure, name: str) -> Figure:
    return figure if figure.name.startswith("  ") else dataclasses.replace(figure, name=name)
