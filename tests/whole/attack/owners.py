"""Two owners apart: what one's code finds of the other, and what it can make of the other's."""

from __future__ import annotations

import random
import time

from tests.whole.attack.rows import Plan, Row
from tests.whole.attack.stage import stage


def attack(plan: Plan) -> list[Row]:
    """A victim and a spy take turns in one queue."""
    row = Row("owners apart", "code of A sees 0 bytes of B; a published result never changes")
    turns = 3 if plan.is_quick else 40
    order = random.Random(plan.seed)
    with stage() as on:
        assert on.serve_quietly(), on.log()
        victim, spy = on.caller("victor"), on.caller("mallory")
        published: dict[str, bytes] = {}
        seen = 0
        for turn in range(turns):
            secret = on.mark(f"turn {turn}")
            if order.random() < 0.5:
                job = victim.submit("honest", secret, kind="text")
            else:
                answer = victim.upload("honest_file", "a.txt", secret.encode())
                job = str(answer.json()["job_id"])
            status = victim.final(job)
            kept = victim.get(f"/jobs/{job}/items/0/files/kept.txt").body
            row.expect(status == "completed" and kept == secret.encode(), f"{job}: {kept[:60]!r}")
            published[job] = victim.get(f"/jobs/{job}/result").body + kept
            for data in spy.done("spy", {"data": str(on.data)}):
                row.expect(isinstance(data, dict), f"turn {turn}: the spy fails: {data}")
                # Others on this machine may have secrets that look the same.
                found = [
                    what
                    for what in (data["found"] if isinstance(data, dict) else [])
                    if on.leaked(what)
                ]
                seen += len(found)
                row.misses += [f"turn {turn}: {what}"[:160] for what in found]
            act = order.choice(("replaces what its process runs with", "publishes a file and keeps"
                                " it open", "changes what an earlier item published"))  # fmt: skip
            spy.done("patch", {"name": act, "token": "x"})
        own = spy.submit("patch", {"name": "publishes a file and keeps it open"})
        spy.final(own)
        for _ in range(3):
            spy.done("patch", {"name": "changes what an earlier item published"})
        time.sleep(0.1)
        content = spy.get(f"/jobs/{own}/items/0/files/kept.txt").body
        row.expect(content == b"published", f"a published file became {content[:20]!r}")
        for job, before in published.items():
            kept = victim.get(f"/jobs/{job}/items/0/files/kept.txt").body
            after = victim.get(f"/jobs/{job}/result").body + kept
            row.expect(after == before, f"{job} is not what it was")
    row.found = f"{seen} finds in {turns} turns"
    return [row]
