"""What must be true after a storm, asked of the rows, the API, the journal and /proc.

Each check returns findings: plain sentences of what is wrong; none is good. The rules are
written down anew here, from the contract, and use none of Bellhop's code.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from tests.support.running import Running
from tests.whole.chaos.evidence import FINAL, Database, EventRow, ItemRow, JobRow, Line, Records
from tests.whole.chaos.load import JOBS, Ledger, NoAnswer, ask, digest
from tests.whole.chaos.storm import DEATHS, Trouble

# Between the clock of the one who writes the event and that of the one who writes the journal.
CLOCK_S = 0.002
AFTERMATH_S = 1.0
MISSING, OTHERS = "is not there", "are not those that were written"
# The time limit of what hangs, then the longest trouble; the slowest recovery comes on top.
QUIET_LIMIT_S = 1.0 + 2.0
# move: (the states it starts from, the state it leads to).
MOVES = {
    "claimed": (("queued",), "running"),
    "completed": (("running",), "completed"),
    "failed": (("running",), "failed"),
    "requeued": (("running",), "queued"),
    "retry_scheduled": (("running",), "pending"),
    "released": (("pending",), "queued"),
    "hurried": (("pending",), "queued"),
    "deferred": (("queued",), "pending"),
    "reused": (("queued",), "completed"),
    "cancelled": (("pending", "queued", "running"), "cancelled"),
    "retried": (("failed", "cancelled"), "queued"),
    "revived": (("cancelled",), "pending"),
}
# A person wanted it, so what was final is not any more.
ANEW = ("retried", "revived")
# What an item of each kind may be told went wrong, beyond what the storm does to any of them.
OWN_CODES = {
    "failing": {"unexpected_error"},
    "later": {"try_again"},
    "refused": {"refused"},
    "hang": {"timed_out"},
    "hungry": {"out_of_memory"},
}
ALWAYS_FAILS = {"refused": "refused", "hang": "timed_out", "hungry": "out_of_memory"}
STORM_CODES = {"interrupted", "process_crashed", "interrupted_too_often"}
DEPENDENT_CODES = {"dependency_failed"}
# An item that met a full disk, by its own writes or by the copy of its input, waits for room; one
# that could not reach its files waits for these.
PUT_OFF = ("disk full", "files away")
PUT_OFF_CODES = {"try_again"}
# What the API may refuse in a race: the job became final, nothing is left to retry, no room.
FAIR_REFUSALS = {
    "cancel: 409 job-final",
    "retry: 409 nothing-to-retry",
    "submit: 507 disk-full",
    "submit: 409 request-in-progress",
    "cancel: 507 disk-full",
    "retry: 507 disk-full",
}
# What any request may be told while the database is away, also because others wait for it.
AWAY_REFUSALS = ("503 database-unavailable", "503 busy", "429 too-many-requests")


def check_rows(
    records: Records,
    ledger: Ledger,
    troubles: Sequence[Trouble],
    clock_s: float = CLOCK_S,
    *,
    is_away_fair: bool = False,
) -> list[str]:
    """The rows against each other, against the ledger, and against the troubles made.

    The clocks of those who write events differ by `clock_s` at most. `is_away_fair`: a request may
    be refused because a server is away.
    """
    return [
        *lost(records, ledger),
        *doubly_recorded(records),
        *unreleased(records),
        *_too_early(records),
        *_strangers(records, ledger),
        *(finding for item in records.items for finding in _history(item, records, clock_s)),
        *(finding for job in records.jobs for finding in _job(job, records)),
        *(finding for item in records.items for finding in _outcome(item, records)),
        *_unwanted_claims(records),
        *_unexpected_codes(records, troubles),
        *_too_many_crashes(records, troubles),
        *_unfair_refusals(ledger, is_away_fair or any(t.is_of_database for t in troubles)),
    ]


def lost(records: Records, ledger: Ledger) -> list[str]:
    """What was accepted and is not there as it was sent, or not final."""
    found = []
    for submission in ledger.accepted:
        items = [i for i in records.by_job.get(submission.job_id or "", []) if i.step == 0]
        if [item.filename.removesuffix(".txt") for item in items] != submission.names:
            found.append(f"job {submission.job_id} was accepted and is not there as it was sent")
        sent = [digest(content) for content in submission.contents]
        if sent and [item.sha256 for item in items] != sent:
            found.append(f"job {submission.job_id} has other files than those sent")
    # A step stays blocked where the one before it failed; the job tells whether all is over.
    unfinished = [i for i in records.items if i.status not in FINAL and i.waits_for != "step"]
    found += [f"item {item.key} is still {item.status}" for item in unfinished]
    found += [f"job {j.job_id} is still {j.status}" for j in records.jobs if j.status not in FINAL]
    return found


def doubly_recorded(records: Records) -> list[str]:
    """Steps of items with more than one final move between two retries."""
    found = []
    for key, moves in records.moves.items():
        finals = 0
        for event in moves:
            finals = 0 if event.move in ANEW else finals + (MOVES[event.move][1] in FINAL)
            if finals == 2:
                found.append(f"item {key} became final twice (event {event.id})")
    return found


def unreleased(records: Records) -> list[str]:
    """Jobs that still wait for others, all of which have completed."""
    completed = {job.job_id for job in records.jobs if job.status == "completed"}
    return [
        f"job {job.job_id} was never released, although all that it needs completed"
        for job in records.jobs
        if job.status == "pending" and job.needs and completed.issuperset(job.needs)
    ]


def _too_early(records: Records) -> Iterator[str]:
    """Jobs that began before those that they need, and began all the same, had completed."""
    claims: dict[str, int] = {}
    ends: dict[str, int] = {}
    for event in records.events:
        if event.move == "claimed":
            claims.setdefault(event.job_id, event.id)
        elif event.move in ("completed", "reused"):
            ends[event.job_id] = event.id
    completed = {job.job_id for job in records.jobs if job.status == "completed"}
    for job in records.jobs:
        for needed in job.needs if job.job_id in claims else ():
            if needed not in completed or ends[needed] > claims[job.job_id]:
                yield f"job {job.job_id} began before {needed}, which it needs, had completed"


def _unfair_refusals(ledger: Ledger, may_be_away: bool) -> Iterator[str]:
    for words in ledger.refusals:
        is_away = may_be_away and words.partition(": ")[2] in AWAY_REFUSALS
        if words not in FAIR_REFUSALS and not is_away:
            yield f"a request was answered with {words}"


def _strangers(records: Records, ledger: Ledger) -> Iterator[str]:
    """Jobs that nobody can have been promised, or promised twice."""
    times: Counter[int] = Counter()
    for job_id, items in records.by_job.items():
        number = int(items[0].filename.partition("-")[0])
        submission = ledger.submissions[number]
        times[number] += 1
        if submission.refusal:
            yield f"job {job_id} is there although it was refused ({submission.refusal})"
        elif submission.job_id not in (None, job_id):
            yield f"job {job_id} is there although its submission became {submission.job_id}"
    yield from (f"submission {number} is there {n} times" for number, n in times.items() if n > 1)


def _history(item: ItemRow, records: Records, clock_s: float) -> Iterator[str]:
    """The item's events one after the other, each from where the one before led."""
    moves = records.moves.get(item.key, [])
    waits = item.step or (moves and moves[0].move == "released" and records.needs[item.job_id])
    state, attempt = "pending" if waits else "queued", 0
    for event in moves:
        origins, target = MOVES[event.move]
        attempt += event.move in ("claimed", "reused")
        if state not in origins:
            yield f"item {item.key} was {event.move} while {state} (event {event.id})"
        if event.attempt != attempt:
            yield f"item {item.key}: event {event.id} is of attempt {event.attempt}, not {attempt}"
        state = target
    is_never_released = item.step or records.needs[item.job_id]
    if not moves and is_never_released:
        state = "pending"
    if (state, attempt) != (item.status, item.attempt):
        told = f"{state} after {attempt} attempts"
        yield f"item {item.key} is {item.status} after {item.attempt}, its events say {told}"
    for before, after in pairwise(moves):
        if after.at < before.at - clock_s:
            yield f"item {item.key}: event {after.id} is earlier than the one before it"


def _job(job: JobRow, records: Records) -> Iterator[str]:
    """A job's counters and status follow from its items."""
    items = records.by_job[job.job_id]
    states = Counter(_fates(items))
    expected = (states.total(), *(states[status] for status in FINAL))
    if expected != (job.total_items, job.completed_items, job.failed_items, job.cancelled_items):
        yield f"job {job.job_id}: its counters are not those of its items, {dict(states)}"
    follows = next((s for s in ("cancelled", "failed") if states[s]), "completed")
    if job.status in FINAL and job.status != follows:
        yield f"job {job.job_id} is {job.status}, its items make it {follows}"
    if job.attempt != max(item.attempt for item in items):
        yield f"job {job.job_id}: its attempt is not the highest of its items"
    if (job.started_at is not None) != any(item.attempt for item in items):
        yield f"job {job.job_id}: started_at does not tell whether anything was claimed"
    if job.status in FINAL and job.completed_at is None:
        yield f"job {job.job_id} is final without completed_at"
    if job.status == "completed" and job.progress_points != 100 * job.total_items:
        yield f"job {job.job_id} completed with progress {job.progress_points / job.total_items}"


def _fates(items: Sequence[ItemRow]) -> list[str]:
    """The status of each item of a job: of its last step, or of one that ended otherwise."""
    fates: dict[int, str] = {}
    for item in items:  # step by step
        if fates.get(item.number) not in ("failed", "cancelled"):
            fates[item.number] = item.status
    return list(fates.values())


def _outcome(item: ItemRow, records: Records) -> Iterator[str]:
    """A result exactly where an item completed, from the attempt that did; failures in kind."""
    moves = records.moves.get(item.key, [])
    if (item.data is not None) != (item.status == "completed"):
        yield f"item {item.key} is {item.status} and its result says otherwise"
    if item.worker is not None and item.status in FINAL:
        yield f"item {item.key} is final and still in the hands of {item.worker}"
    if not moves or item.status == "cancelled":
        return
    last = moves[-1]
    told = item.data and (item.data["item_id"], item.data["attempt"])
    if item.data and item.cached_from:
        yield from _taken(item, item.data["item_id"], records)
    elif item.data and told != (item.key, last.attempt):
        yield f"item {item.key} has the result of {told}, not of attempt {last.attempt}"
    if item.data and item.step and item.data["before"] != f"{item.job_id}-{item.number}-0":
        yield f"item {item.key} went on from {item.data['before']}"
    expected = ALWAYS_FAILS.get(item.kind)
    if item.status == "completed" and expected:
        yield f"item {item.key} of kind {item.kind} completed"
    if item.status == "failed" and last.code not in {expected, *STORM_CODES}:
        yield f"item {item.key} of kind {item.kind} failed with {last.code}: {last.text}"


def _taken(item: ItemRow, source: str, records: Records) -> Iterator[str]:
    """An earlier result is of an equal item, that ran itself."""
    other = records.by_key.get(source)
    if other is None or other.cached_from:
        yield f"item {item.key} took the result of {source}, which never ran"
    elif (other.kind, other.sha256) != (item.kind, item.sha256) or item.kind != "cached":
        yield f"item {item.key} took the result of {source}, which is not its equal"


def _unwanted_claims(records: Records) -> Iterator[str]:
    """Between a recorded wish to cancel and a retry, nothing of the job may start."""
    unwanted: set[str] = set()
    for event in records.events:
        if event.move == "cancel_asked":
            unwanted.add(event.job_id)
        elif event.move in ANEW:
            unwanted.discard(event.job_id)
        elif event.move == "claimed" and event.job_id in unwanted:
            yield f"item {event.key} was claimed after its cancel was recorded (event {event.id})"


def _unexpected_codes(records: Records, troubles: Sequence[Trouble]) -> Iterator[str]:
    """What went wrong is what the kind does, or what the storm did at that time."""
    kinds = {item.key: item.kind for item in records.items}
    put_off = [trouble for trouble in troubles if trouble.kind in PUT_OFF]
    for event in records.events:
        if event.code is None or event.key is None:
            continue
        kind = kinds[event.key]
        fair = OWN_CODES.get(kind, set()) | STORM_CODES
        if records.needs[event.job_id]:
            fair |= DEPENDENT_CODES
        if any(t.overlaps(event.at - AFTERMATH_S, event.at) for t in put_off):
            fair |= PUT_OFF_CODES
        if event.code not in fair:
            yield f"item {event.key} of kind {kind} met {event.code}: {event.text}"


def _too_many_crashes(records: Records, troubles: Sequence[Trouble]) -> Iterator[str]:
    """Job processes crash because the storm killed one, or at a first attempt by design."""
    kinds = {item.key: item.kind for item in records.items}
    crashes = [event for event in records.events if event.code == "process_crashed"]
    own = sum(kinds[event.key or ""] == "crash_once" and event.attempt == 1 for event in crashes)
    killed = sum(trouble.kind == "job process" for trouble in troubles)
    if len(crashes) - own > killed:
        yield f"{len(crashes) - own} job processes crashed, the storm killed {killed}"


def check_journal(
    records: Records,
    lines: Sequence[Line],
    troubles: Sequence[Trouble] = (),
    recovery_s: float = 2.0,
) -> list[str]:
    """Code ran only while its attempt was running, and one attempt at a time."""
    heard: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        heard[line.key].append(line)
    away = [(trouble.began, trouble.ended) for trouble in troubles if trouble.is_of_database]
    found = [f"{key} ran and is no item" for key in heard.keys() - records.moves.keys()]
    for key, moves in records.moves.items():
        found += _outside_of_attempts(key, moves, heard[key])
        found += _overlaps(key, heard[key])
        found += _forgotten(key, moves, heard[key], away, QUIET_LIMIT_S + recovery_s)
        found += _unprovoked(key, moves, heard[key], troubles, QUIET_LIMIT_S + recovery_s)
    for item in records.items:
        ends = {line.attempt for line in heard[item.key] if line.what == "end"}
        ran = item.status == "completed" and not item.cached_from
        if ran and item.attempt not in ends:
            found.append(f"item {item.key} is completed and its last attempt never ended")
    return found


def _outside_of_attempts(
    key: str, moves: Sequence[EventRow], lines: Sequence[Line]
) -> Iterator[str]:
    begins = {event.attempt: event.at for event in moves if event.move == "claimed"}
    ends: dict[int, EventRow] = {}
    for event in moves:
        if event.attempt in begins and event.move not in ("claimed", "released", "retried"):
            ends.setdefault(event.attempt, event)
    for line in lines:
        begin, end = begins.get(line.attempt), ends.get(line.attempt)
        if begin is None or line.at < begin - CLOCK_S:
            yield f"item {key}: attempt {line.attempt} ran before it was claimed"
        elif end and line.at > end.at + CLOCK_S:
            late_ms = 1000 * (line.at - end.at)
            what = f"ran on ({line.what}) {late_ms:.0f} ms after it was {end.move}"
            yield f"item {key}: attempt {line.attempt} {what} {end.code or ''}".rstrip()


def _forgotten(
    key: str,
    moves: Sequence[EventRow],
    lines: Sequence[Line],
    away: Sequence[tuple[float, float]],
    limit_s: float,
) -> Iterator[str]:
    """What runs no more is soon recorded as such, whoever was killed; no item hangs on a lease.

    `away` are the times in which nothing could be recorded.
    """
    last_line = {line.attempt: line.at for line in lines}
    for claimed, ended in pairwise(moves):
        if claimed.move == "claimed":
            heard = max(claimed.at, last_line.get(claimed.attempt, 0))
            lost_s = sum(max(0, min(end, ended.at) - max(begin, heard)) for begin, end in away)
            quiet_s = ended.at - heard - lost_s
            if quiet_s > limit_s:
                yield f"item {key}: attempt {claimed.attempt} was forgotten for {quiet_s:.1f} s"


def _unprovoked(
    key: str,
    moves: Sequence[EventRow],
    lines: Sequence[Line],
    troubles: Sequence[Trouble],
    limit_s: float,
) -> Iterator[str]:
    """What ran was interrupted by a death alone; a database that is away is waited out."""
    ran = {line.attempt for line in lines}
    deaths = [t for t in troubles if t.kind in DEATHS]
    for event in moves:
        is_after_death = any(t.overlaps(event.at - limit_s, event.at) for t in deaths)
        if event.code == "interrupted" and event.attempt in ran and not is_after_death:
            yield f"item {key}: attempt {event.attempt} was interrupted, and nothing had died"


def _overlaps(key: str, lines: Sequence[Line]) -> Iterator[str]:
    starts = {line.attempt: line.at for line in lines if line.what == "start"}
    for line in lines:
        later = [n for n, at in starts.items() if n > line.attempt and at < line.at]
        if later:
            yield f"item {key}: attempt {line.attempt} ran on beside attempt {later[0]}"


def check_api(url: str, records: Records) -> list[str]:
    """The API shows what the rows say, and gives every file that a result names."""
    try:
        return _compared(url, records)
    except NoAnswer as error:
        return [f"the web gave no answer although the storm was over: {error}"]


def _compared(url: str, records: Records) -> list[str]:
    found: list[str] = []
    shown, cursor = {}, ""
    while cursor is not None:
        page = ask(url, "GET", f"{JOBS}?limit=200{cursor and f'&cursor={cursor}'}").document
        shown.update({job["job_id"]: job for job in page["jobs"]})
        cursor = page["next"]
    for job in records.jobs:
        there = shown.pop(job.job_id, None)
        names = ("status", "total_items", "completed_items", "failed_items", "attempt")
        if there is None:
            found.append(f"job {job.job_id} is not in the list of the API")
        elif wrong := [name for name in names if there[name] != getattr(job, name)]:
            found.append(f"job {job.job_id}: the API shows another {', '.join(wrong)}")
        items = records.by_job[job.job_id]
        found += [*_inputs(url, items), *_result(url, job, items)]
    return found + [f"job {job_id} is listed and has no row" for job_id in shown]


def _inputs(url: str, items: Sequence[ItemRow]) -> Iterator[str]:
    """The uploads of a job are those that were sent."""
    for item in items:
        if item.sha256:
            upload = ask(url, "GET", f"{JOBS}/{item.job_id}/items/{item.number}/input")
            if upload.status != 200:
                yield f"item {item.key}: its upload {MISSING}"
            elif digest(upload.body) != item.sha256:
                yield f"item {item.key}: its files {[item.filename]} {OTHERS}"


def _result(url: str, job: JobRow, steps: Sequence[ItemRow]) -> Iterator[str]:
    """The result is that of the last step."""
    last = max(item.step for item in steps)
    items = [item for item in steps if item.step == last]
    answer = ask(url, "GET", f"{JOBS}/{job.job_id}/result")
    if not job.completed_items:
        if (answer.status, answer.document.get("code")) != (409, f"job-{job.status}"):
            yield f"job {job.job_id} is {job.status}, its result answers {answer.status}"
        return
    if answer.status != 200:
        yield f"job {job.job_id} has results and answers {answer.status}"
        return
    for item, shown in zip(items, answer.document["items"], strict=True):
        is_shown = item.status == "completed" or not last
        if is_shown and (shown["status"], shown["data"]) != (item.status, item.data):
            yield f"item {item.key}: the API shows another result than the row"
        contents = {file["name"]: ask(url, "GET", file["url"]) for file in shown["files"]}
        if any(file.status != 200 for file in contents.values()):
            yield f"item {item.key}: a file of its result {MISSING}"
        yield from _files(item, {name: file.body for name, file in contents.items()})


def _files(item: ItemRow, contents: dict[str, bytes]) -> Iterator[str]:
    """The files of an item are those that its job type wrote, whole."""
    written: dict[str, str] = {}
    if item.status == "completed" and item.kind == "writing":
        names = ("one.txt", "sub/two.txt")
        written = {name: digest(f"{item.key} {name}".encode()) for name in names}
    if item.status == "completed" and item.kind in ("copying", "cached"):
        written = {"copy.txt": item.sha256 or ""}
        if item.data and item.data["sha256"] != item.sha256:
            yield f"item {item.key} read another file than the one that was sent"
    if {name: digest(content) for name, content in contents.items()} != written:
        yield f"item {item.key}: its files {sorted(contents)} {OTHERS}"


def missing_files(findings: Sequence[str]) -> int:
    """How many findings of `check_api` say that a file is not there, or is another one."""
    return sum(finding.endswith((MISSING, OTHERS)) for finding in findings)


def check_leftovers(bellhop: Running, database: Database) -> list[str]:
    """After a stop: no process, no scratch, no lock, no half upload, a sound database."""
    found = [f"process {pid} is left ({_command(pid)})" for pid in bellhop.descendants()]
    for name in ("scratch", "incoming", "consumers"):
        found += [f"{name}/{entry} is left" for entry in os.listdir(bellhop.data / name)]
    found += [f"{count} consumers are left in the table"
              for (count,) in database.query("SELECT count(*) FROM consumer") if count]  # fmt: skip
    return found + database.unsound()


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return "it ended meanwhile"
