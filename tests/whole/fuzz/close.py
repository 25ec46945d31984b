"""JSON bodies that come close: whole, but for one thing that somebody may not have thought of."""

from __future__ import annotations

import random
import re

from hypothesis import strategies as st

from tests.whole.fuzz.probe import Request
from tests.whole.fuzz.world import API, World

TEXT_JOB = '{"type": "fuzzed_text", "items": [{"text": "a"}]'
OFTEN = '{"name": "x", "cron": "* * * * *", "job": ' + TEXT_JOB + "}"
# By the request that reads such.
CLOSE: dict[str, list[str]] = {
    "POST /jobs": [
        '{"type": "\\u0000", "items": []}', '{"type": {}, "items": [{"text": "a"}]}',
        '{"type": "fuzzed_text", "items": [{"text": "\\u0000"}]}',
        '{"type": "fuzzed_text", "items": [{"text": "\\ud800"}]}',
        '{"type": "fuzzed_url", "items": [{"url": "http://[x"}]}',
        '{"type": "fuzzed_url", "items": [{"url": "\\u0000"}, {"url": "//[v1.x]:99999"}]}',
        '{"type": "fuzzed_data", "items": [{"json": {"a": 1e-400, "\\u0000": null}}]}',
        '{"type": "fuzzed_text", "items": [' + '{"text": "a"},' * 60 + '{"text": "b"}]}',
        *(
            f"{TEXT_JOB}, {more}}}"
            for more in (
                '"delay_s": 1e308', '"delay_s": 1e-320', '"delay_s": -0.0', '"delay_s": true',
                '"run_at": "9999-12-31T23:59:59-14:00"', '"run_at": "0001-01-01T00:00:00+14:00"',
                '"run_at": "2100-01-01"', '"run_at": "2100-W01-1T00:00Z"', '"run_at": 1e18',
                '"priority": 1e2', '"priority": true', '"priority": 99999999999999999999',
                '"webhook_events": [{}]', '"webhook_events": "progress"',
                '"webhook_url": "http://x:99999/"', '"webhook_url": "http://[::1"',
                '"webhook_url": "https://a\\u0000b/"', '"webhook_url": {}', '"webhook_url": [""]',
                '"then": [{"type": ["x"]}]', '"then": [{"type": "fuzzed_data", "params": []}]',
                '"then": [null]', '"then": {}', '"depends_on": ["\\u0000"]', '"depends_on": [[]]',
                '"depends_on": {"a": 1}', '"params": {"end": {"a": []}}',
                '"params": {"\\u0000": 1}',
                '"params": [["end", "refuse"]]', '"params": null', '"use_cache": 0',
            )
        ),
    ],
    "POST /jobs/bulk": [
        '{"ids": [""], "action": "purge"}', '{"action": ["purge"], "ids": []}',
        '{"ids": ["..", "/", "\\u0000", "' + "x" * 300 + '"], "action": "purge"}',
        '{"action": "retry", "filter": {"q": "\\u0000"}, "expected": 0}',
        '{"action": "cancel", "filter": {"status": "queued"}, "dry_run": true}',
        '{"action": "cancel", "filter": {"q": "%"}, "expected": ' + "9" * 30 + "}",
        '{"action": "purge", "filter": {"type": ["x"]}, "dry_run": true}',
        '{"action": "purge", "filter": {"status": {}}, "dry_run": true}',
        '{"action": {}, "ids": []}', '{"action": "cancel", "ids": {"a": 1}}',
        '{"action": "retry", "filter": [], "expected": 1}',
    ],
    "PATCH /schedules/1": [
        '{"paused": "x"}', '{"paused": null}', '{"cron": null}', '{"timezone": []}', '{"job": 1}',
        '{"name": "\\u0000"}', '{"cron": "* * * * *", "timezone": "../x"}', "[]", "{}",
    ],
    "POST /schedules": [
        OFTEN + "}", '{"name": "x", "cron": 5, "job": {}}', '{"name": [], "cron": []}',
        *(
            f'{OFTEN}, "timezone": "{zone}"}}'
            for zone in ("/etc/passwd", "..", "\\u0000", "x" * 300, "Europe", "utc", "posixrules")
        ),
        *(
            OFTEN.replace("* * * * *", cron) + "}"
            for cron in (
                "0 0 31 2 *", "0 0 29 2 1#5", "*/0 * * * *", "60 * * * *", "0-0/9 * * * *",
                "@daily", "* * * * * *", "9" * 30 + " * * * *", "0 0 L * *", "0 0 * * 7-1",
                "\\u0663 0 1 1 *",
            )
        ),
    ],
    "POST /jobs/{job_id}/retry": [
        '{"items": [0, true]}', '{"use_cache": null}', '{"items": {}}', '{"items": [1e0]}',
        '{"items": [0], "use_cache": false}', '{"items": [' + "0," * 5000 + "0]}", '{"items": []}',
    ],
    "PATCH /jobs/{job_id}": [
        '{"priority": 1e2}', '{"priority": null, "front": true}', '{"front": 1}', '{"keep": null}',
        '{"priority": 99999999999999999999}', '{"priority": 5, "keep": true}', '{"front": true}',
    ],
    "PATCH /queues/{name}": ['{"workers": 1e400}', '{"workers": 3}', '{"workers": null}',
    '{"workers": 2.0}'],
}  # fmt: skip


class CloseBodies:
    """The source of these cases: each body as it is, or with a piece of another in it."""

    name = "bodies that come close"
    strategy = st.tuples(
        st.sampled_from([(where, body) for where, found in CLOSE.items() for body in found]),
        st.integers(0, 2**32 - 1),
    )

    def __init__(self, world: World):
        self._world = world

    def send(self, case: tuple[tuple[str, str], int]) -> None:
        (where, body), number = case
        rng = random.Random(number)
        if rng.random() < 0.3:  # one value in the place of another
            values = re.findall(r": ([^,{}\[\]]+)", "".join(CLOSE[where]))
            spots = list(re.finditer(r"(?<=: )[^,{}\[\]]+", body))
            if spots:
                spot = rng.choice(spots)
                body = body[: spot.start()] + rng.choice(values) + body[spot.end() :]
        method, _, template = where.partition(" ")
        path = re.sub(r"{(\w+)}", lambda f: self._world.known.of(f[1], rng) or "x", template)
        headers = {"Content-Type": "application/json"}
        request = Request(method, API + path, headers, body.encode())
        self._world.probe.send(request, rng.choice(self._world.identities))
