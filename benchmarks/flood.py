"""How far an open list is behind while 5,000 jobs come in a minute, and how long its tasks take.

The page Jobs is open in a real Chromium, which notes when each row appears and each task of more
than 50 ms. For a job, the list is up to date once it shows that job or a newer one.
"""

from __future__ import annotations

import bisect
import contextlib
import sys
import time

import serving
from report import Figure, percentile
from serving import Server

sys.path.insert(0, str(serving.ROOT))
from selenium import webdriver

from tests.support.browser import chromium

JOBS, SECONDS = 5_000, 60.0
FEW_JOBS, FEW_SECONDS = 400, 5.0
MOST_BEHIND_S, MOST_TASK_MS = 3.0, 100.0
# What comes after the last job may take its time as well.
SETTLED_S = 4.0
WATCH = """
window.rows = new Map();
window.tasks = [];
const note = () => document.querySelectorAll("[data-job-id]").forEach((row) => {
  if (!window.rows.has(row.dataset.jobId)) window.rows.set(row.dataset.jobId, Date.now() / 1000);
});
new MutationObserver(note).observe(document.body, {childList: true, subtree: true});
new PerformanceObserver((list) => list.getEntries().forEach((it) => window.tasks.push(it.duration)))
  .observe({type: "longtask"});"""


def measure(*, quick: bool) -> list[Figure]:
    """How old the newest row was at most, and the longest task of the page."""
    count, lasts_s = (FEW_JOBS, FEW_SECONDS) if quick else (JOBS, SECONDS)
    with serving.folder() as home, serving.serving(home) as server, chromium() as browser:
        browser.get(f"http://{server.address}/jobs")
        time.sleep(1.0)
        browser.execute_script(WATCH)
        accepted = _submitted(server, count, lasts_s)
        time.sleep(SETTLED_S)
        behind = _behind(accepted, _shown(browser))
        tasks = browser.execute_script("return window.tasks") or [0.0]
    took_s = accepted[-1][0] - accepted[0][0]
    return [
        Figure(name=f"{count:,} jobs with the list open", measured=took_s, unit="s"),
        Figure(name="  newest row behind, p50", measured=percentile(behind, 50), unit="s"),
        Figure(name="  at most", measured=max(behind), unit="s", at_most=MOST_BEHIND_S),
        Figure(name="  longest task", measured=max(tasks), unit="ms", at_most=MOST_TASK_MS),
    ]


def _submitted(server: Server, count: int, lasts_s: float) -> list[tuple[float, str]]:
    """(when it was accepted, id) of each job, which come evenly, as far as Bellhop accepts them."""
    accepted = []
    began = time.perf_counter()
    with contextlib.closing(server.connect()) as connection:
        for number in range(count):
            time.sleep(max(0.0, began + number * lasts_s / count - time.perf_counter()))
            job = server.submit(1, over=connection)
            accepted.append((time.time(), job["job_id"]))
    return accepted


def _shown(browser: webdriver.Chrome) -> dict[str, float]:
    """When the page showed each job that it had a row for."""
    return dict(browser.execute_script("return [...window.rows]"))


def _behind(accepted: list[tuple[float, str]], shown: dict[str, float]) -> list[float]:
    """For each job, how long it took until a row of it or of a newer one was there."""
    numbers = {job_id: number for number, (_, job_id) in enumerate(accepted)}
    seen = sorted((at, numbers[job_id]) for job_id, at in shown.items() if job_id in numbers)
    newest: list[tuple[int, float]] = []  # ever newer jobs, and when each was there
    for at, number in seen:
        if not newest or number > newest[-1][0]:
            newest.append((number, at))
    found = []
    for number, (at, _) in enumerate(accepted):
        place = bisect.bisect_left(newest, (number, 0.0))
        found.append(newest[place][1] - at if place < len(newest) else float("inf"))
    return found
