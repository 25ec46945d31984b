"""How many no-ops per second with the rows on PostgreSQL, and what moves in groups gain there.

The other side claims and completes items as one consumer of eight workers would with one move in
each transaction: without HTTP, job processes or files, so it does less than Bellhop.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import serving
from report import Figure, of_rounds
from serving import Server

sys.path.insert(0, str(serving.ROOT))
from tests.support import single
from tests.support.postgres import Postgres

ROUNDS = 5
WORKERS = 8
LEAST_RATIO = 5.0


def measure(*, quick: bool) -> list[Figure]:
    """Both in turns, on one PostgreSQL with its defaults and TLS; every commit is on its disk."""
    count, rounds = (100, 1) if quick else (2000, ROUNDS)
    most = {"BELLHOP_SERVER_MAX_ITEMS": str(count), "BELLHOP_QUEUE_PARSING_WORKERS": str(WORKERS)}
    with serving.folder() as home, Postgres() as database:
        url, alone = database.new_database("bellhop"), database.new_database("alone")
        with serving.serving(home, **most, BELLHOP_STORAGE_DATABASE=url) as server:
            _one_job(server, 100)  # everything is imported and connected
            times = [(_one_job(server, count), _moves(alone, count)) for _ in range(rounds)]
    ours, single = ([count / s for s in column] for column in zip(*times, strict=True))
    ratios = [mine / its for mine, its in zip(ours, single, strict=True)]
    return [
        of_rounds("PostgreSQL: Bellhop / one move a transaction", ratios, "times",
                  at_least=LEAST_RATIO),
        of_rounds(f"  Bellhop, one job, {WORKERS} workers", ours, "items/s"),
        of_rounds(f"  one move a transaction, {WORKERS} threads", single, "items/s"),
    ]  # fmt: skip


def _one_job(server: Server, count: int) -> float:
    """Seconds from sending a job of `count` items until it is final."""
    sent = time.time()
    job = server.final(server.submit(count)["job_id"])
    return serving.seconds(job["completed_at"]) - sent


def _moves(url: str, count: int) -> float:
    """Seconds for claiming and completing `count` items in a process of its own."""
    words = [sys.executable, str(Path(__file__)), url, str(count // 4)]
    said = subprocess.run(words, capture_output=True, text=True, check=True)
    return 4 * float(json.loads(said.stdout))


def moves(url: str, count: int) -> float:
    """The same of `count` items in this process."""
    from bellhop.database import server
    from bellhop.database.database import database
    from bellhop.jobs import lifecycle
    from bellhop.jobs.newjob import NewItem, NewJob

    def work(number: int) -> None:
        with database.connection_context():
            while claim := single.claim("parsing", f"c1/{number}"):
                single.complete(claim, data="{}", files="[]", warnings="[]")

    server.migrate(url, alone=True)
    items = [NewItem(str(number), {"text": "a"}) for number in range(count)]
    with database.connection_context():
        lifecycle.submit(
            NewJob(type="noop", name="moves", params={}, queue="parsing", max_attempts=1,
                   items=items)
        )  # fmt: skip
    threads = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


if __name__ == "__main__":
    print(json.dumps(moves(sys.argv[1], int(sys.argv[2]))))
