"""Whether a Bellhop with a million jobs is as quick as one with a thousand.

The rows are made by SQL, true to the constraints of the schema; as many wait in
the one as in the other. Lists and the status are asked over HTTP, claims are made in this process.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import api
import serving
from report import Figure

ROOT = Path(__file__).resolve().parents[1]
LEAST = 0.7
CLAIMS = 80
LISTS = {
    "list": "/api/v1/jobs?limit=30",
    "list of the failed": "/api/v1/jobs?limit=30&status=failed",
    "list of the unfinished": "/api/v1/jobs?limit=30&status=pending,queued,running",
    "list of a type": "/api/v1/jobs?limit=30&type=noop",
    "list of a queue": "/api/v1/jobs?limit=30&queue=ai",
}
# The same number waits in either, one in ten failed, the others completed.
WAITING = 200
STATUS = (
    f"CASE WHEN n <= {WAITING} THEN 'queued' WHEN n % 10 = 3 THEN 'failed' ELSE 'completed' END"
)
AT = "strftime('%Y-%m-%dT%H:%M:%S.000000Z', 'now', '-' || (n % 600) || ' seconds')"
ENDED = f"CASE WHEN n > {WAITING} THEN {AT} END"
JOBS = f"""
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
    INSERT INTO job (job_id, type, name, params, owner, queue, status, change, total_items,
        completed_items, failed_items, progress_points, attempt, max_attempts, error, created_at,
        started_at, completed_at)
    SELECT printf('%020x', n), CASE n % 3 WHEN 0 THEN 'noop' WHEN 1 THEN 'other' ELSE 'third' END,
        'file ' || n || '.csv', '{{}}', 'local', CASE n % 2 WHEN 0 THEN 'parsing' ELSE 'ai' END,
        {STATUS}, n, 1, {STATUS} = 'completed', {STATUS} = 'failed',
        100 * ({STATUS} = 'completed'), n > {WAITING}, 4,
        CASE WHEN {STATUS} = 'failed' THEN '{{"code": "x", "message": "no", "hint": null}}' END,
        {AT}, {ENDED}, {ENDED}
    FROM numbers"""
ITEMS = """
    INSERT INTO item (job, "index", type, queue, owner, turn, status, filename, input, progress,
        attempt, error, started_at, completed_at, code, reason)
    SELECT id, 0, type, queue, owner, id, status, name, '{"text": "a"}', progress_points, attempt,
        error, started_at, completed_at, json_extract(error, '$.code'),
        CASE WHEN error IS NOT NULL THEN '' END
    FROM job"""
EVENTS = """
    INSERT INTO event (job, at, item, step, attempt, move)
    SELECT id, created_at, 0, 0, 1, 'claimed' FROM job"""

TEXTS = """
    INSERT INTO search (job, item, text)
    SELECT id, 0, name || char(10) || params || char(10) || 'page ' || (id * 7919 % 100003) FROM job
    UNION ALL SELECT job, id, 'x no' FROM item WHERE status = 'failed'"""


def measure(*, quick: bool) -> list[Figure]:
    """Rates with many rows next to those with a thousand, in turns of one server each."""
    many = 5_000 if quick else 1_000_000
    seconds = 0.2 if quick else 2.0
    few_rates, many_rates = _rates(1000, seconds), _rates(many, seconds)
    return [
        Figure(
            name=f"{name}, {many:,} jobs / 1,000",
            measured=many_rates[name] / few_rates[name],
            unit="times",
            at_least=LEAST,
        )
        for name in few_rates
    ]


def fill(database: Path, count: int) -> None:
    """Put `count` jobs with their items and events into an empty database."""
    connection = sqlite3.connect(database)
    with connection:
        connection.execute(JOBS, {"count": count})
        connection.execute(ITEMS)
        connection.execute(EVENTS)
        connection.execute(TEXTS)
        connection.execute(
            "UPDATE counter SET value = :count WHERE name = 'change'", {"count": count}
        )
    connection.execute("PRAGMA wal_checkpoint(truncate)")
    connection.close()


def _rates(count: int, seconds: float) -> dict[str, float]:
    """Answers and claims per second with `count` jobs in the table."""
    with serving.folder() as home:
        with api.web(home):
            pass  # makes the database
        database = home / "data" / "bellhop.db"
        fill(database, count)
        with api.web(home) as server:
            status = f"/api/v1/jobs/{count // 2:020x}"
            found = {
                name: api.asked(server, path, seconds)["rate"]
                for name, path in {"status": status, **LISTS}.items()
            }
        words = [sys.executable, str(Path(__file__)), str(database)]
        said = subprocess.run(words, capture_output=True, text=True, check=True)
        return {**found, "claim": json.loads(said.stdout)}


def claim_rate(path: Path) -> float:
    """Claims per second; none may need more because there are more rows."""
    sys.path.insert(0, str(ROOT))
    from bellhop.database.database import bind, database
    from tests.support import single

    bind(path)
    with database.connection_context():
        single.claim("ai", "c1/1")
        began = time.perf_counter()
        done = 0
        while done < CLAIMS and single.claim("ai", "c1/1"):
            done += 1
        return done / (time.perf_counter() - began)


if __name__ == "__main__":
    print(json.dumps(claim_rate(Path(sys.argv[1]))))
