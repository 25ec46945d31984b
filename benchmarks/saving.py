"""How soon a new job type is there: on an open page after its file is saved, and for `try`."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import serving
from report import Figure, percentile
from selenium import webdriver
from selenium.webdriver.common.by import By

MOST_SAVING_S = 3.0
MOST_TRY_S = 0.5
SEEN_LIMIT_S = 60.0
# The pauses differ so that they cannot fall in step with the page, which asks each second.
PAUSE_S = (0.1, 1.3)
TYPE = (
    "from bellhop import job_type\n\n\n@job_type\ndef {name}(text: str) -> str:\n    return text\n"
)
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


def measure(*, quick: bool) -> list[Figure]:
    """From a saved file to its type in the list of an open page; then `try word_count`."""
    with serving.folder() as home:
        types = home / "types"
        types.mkdir()
        with serving.serving(home, BELLHOP_JOBTYPES_FOLDER=str(types)) as server:
            seen = _seen(types, f"http://{server.address}/", 2 if quick else 20)
        tries = [_try(home) for _ in range(2 if quick else 20)]
    slowest = percentile(seen, 95)
    return [
        Figure(name="saved file on the page, p50", measured=percentile(seen, 50), unit="s"),
        Figure(
            name="saved file on the page, p95", measured=slowest, unit="s", at_most=MOST_SAVING_S
        ),
        Figure(
            name="try word_count, p50", measured=percentile(tries, 50), unit="s",
            at_most=MOST_TRY_S,
        ),
    ]  # fmt: skip


def _seen(types: Path, url: str, count: int) -> list[float]:
    """Seconds from each of `count` saved files to its type in the list of the page."""
    chance, times = random.Random(1), []
    with _page(url) as browser:
        for number in range(count):
            time.sleep(chance.uniform(*PAUSE_S))
            name = f"saved_{number}"
            (types / f"{name}.py").write_text(TYPE.format(name=name))
            times.append(_until_listed(browser, name))
    return times


def _until_listed(browser: webdriver.Chrome, name: str) -> float:
    since = time.monotonic()
    while not browser.find_elements(By.CSS_SELECTOR, f"[data-types] [value={name}]:enabled"):
        if time.monotonic() - since > SEEN_LIMIT_S:
            raise TimeoutError(f"{name} is not on the page after {SEEN_LIMIT_S:g} s")
        time.sleep(0.01)
    return time.monotonic() - since


@contextlib.contextmanager
def _page(url: str) -> Iterator[webdriver.Chrome]:
    """The first page in a Chromium, once it lists job types."""
    options = webdriver.ChromeOptions()
    for flag in FLAGS:
        options.add_argument(flag)
    browser = webdriver.Chrome(options)
    try:
        browser.get(url)
        _until_listed(browser, "word_count")
        yield browser
    finally:
        browser.quit()


def _try(home: Path) -> float:
    """Seconds of one `try word_count`, as a person waits for it."""
    note = home / "note.txt"
    note.write_text("one two three")
    since = time.monotonic()
    subprocess.run(
        [sys.executable, str(serving.ROOT / "app.py"), "try", "word_count", str(note)],
        env=serving.environment(home, {}), capture_output=True, check=True,
    )  # fmt: skip
    return time.monotonic() - since
