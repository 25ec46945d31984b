"""Who follows the list of jobs all the time, as a page does; what it was never told is found."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tests.whole.chaos.evidence import Database
from tests.whole.chaos.load import JOBS, Ledger, NoAnswer, ask

LISTED = """
    SELECT job_id, change, status, attempt, completed_items, failed_items
    FROM job WHERE delivery_of IS NULL AND change > ? ORDER BY change"""


class Known(NamedTuple):
    """A job at its latest change, as the rows have it, or as the follower was told."""

    job_id: str
    change: int
    status: str
    attempt: int
    completed_items: int
    failed_items: int


class Follower:
    """Asks `since=` the last change again and again, until `stop`.

    What the rows said before it asked, it must have been told after it has. `judged` counts the
    changes that were compared so, `missed` says which it never heard of. Between two questions it
    waits for the middle of `look_pause_s`.
    """

    def __init__(
        self, url: str, database: Database, ledger: Ledger, look_pause_s: tuple[float, float]
    ):
        self._pause_s = sum(look_pause_s) / 2
        self.judged = 0
        self.missed: list[str] = []
        self.failure: BaseException | None = None
        self._url, self._database, self._ledger = url, database, ledger
        self._heard: dict[str, Known] = {}
        self._cursor = self._sampled = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop, and compare once more all that there is."""
        self._over.set()
        self._thread.join()
        if self.failure:
            raise self.failure
        self._sampled = 0
        if not self._judge():
            self.missed.append("the list gave no answer although the storm was over")

    def _follow(self) -> None:
        try:
            while not self._over.wait(self._pause_s):
                self._judge()
        except BaseException as error:
            self.failure = error

    def _judge(self) -> bool:
        """Look at the rows, ask, and compare; False when there was no answer yet."""
        rows = [Known(*row) for row in self._database.query(LISTED, self._sampled)]
        if not self._hear():
            return False
        self.judged += len(rows)
        self.missed += missed(self._heard, rows)
        self._sampled = max([self._sampled, *(row.change for row in rows)])
        return True

    def _hear(self) -> bool:
        """Follow the list to its end; False when it cannot be asked now."""
        while True:
            try:
                answer = ask(self._url, "GET", f"{JOBS}?since={self._cursor}&limit=200")
            except NoAnswer:
                return False
            if answer.status != 200:
                self._ledger.refuse("follow", answer)
                return False
            document = answer.document
            for job in document["jobs"]:
                self._heard[job["job_id"]] = Known(*(job[name] for name in Known._fields))
            if document["change"] == self._cursor:
                return True
            self._cursor = document["change"]


def missed(heard: Mapping[str, Known], rows: Iterable[Known]) -> list[str]:
    """What of these changes was never heard, or heard otherwise; a later one makes up for it."""
    found = []
    for row in rows:
        known = heard.get(row.job_id)
        if known is None or known.change < row.change:
            found.append(f"change {row.change} of job {row.job_id} was never heard of")
        elif known.change == row.change and known != row:
            found.append(f"change {row.change} of job {row.job_id} was heard of as {known}")
    return found
