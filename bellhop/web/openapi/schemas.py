"""What the OpenAPI document says of data: every schema, by its name.

Read by `openapi` and `openapi_routes`. What another module knows already is taken from
there, so it cannot part from it. The parameters of single job types are no part of this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bellhop.accounts.access import ROLES, SCOPES, TOKEN_SCOPES
from bellhop.accounts.accounts import MOST_TOKEN_DAYS, MOST_TOKEN_NAME
from bellhop.accounts.passwords import LEAST_LENGTH
from bellhop.base.errors import PROBLEMS
from bellhop.jobs.intake import EVENTS, MOST_DELAY_S, MOST_DEPENDENCIES, MOST_STEPS, MOST_URL
from bellhop.jobs.lifecycle import MOVES
from bellhop.jobs.schedules import MOST_NAME
from bellhop.storage.models import FINAL, STATUSES
from bellhop.web.handlers.bulk import ACTIONS, MOST_JOBS
from bellhop.web.handlers.jobs import MOST_QUERY
from bellhop.web.handlers.monitoring import MOST_WORKERS

Schema = dict[str, Any]
BACKLOG = ("ok", "warn", "critical")
INPUTS = ("file", "files", "url", "text", "data")
DELIVERY_EVENTS = (*(f"job.{status}" for status in FINAL), "job.progress")


def named(name: str, words: str = "") -> Schema:
    """The component schema of this name."""
    return _said(words, {"$ref": f"#/components/schemas/{name}"})


def text(words: str = "", **more: Any) -> Schema:
    return _said(words, {"type": "string", **more})


def one_of(choices: Iterable[str], words: str = "") -> Schema:
    return text(words, enum=list(choices))


def time(words: str) -> Schema:
    return text(words, format="date-time")


def flag(words: str) -> Schema:
    return _said(words, {"type": "boolean"})


def count(words: str = "", least: int = 0, most: int | None = None) -> Schema:
    """A whole number."""
    upwards = {"type": "integer", "minimum": least}
    return _said(words, upwards if most is None else {**upwards, "maximum": most})


def number(words: str, **more: Any) -> Schema:
    return _said(words, {"type": "number", "minimum": 0, **more})


def list_of(items: Schema, words: str = "", **more: Any) -> Schema:
    return _said(words, {"type": "array", "items": items, **more})


def map_of(values: Schema, words: str, **more: Any) -> Schema:
    return _said(words, {"type": "object", "additionalProperties": values, **more})


def or_null(schema: Schema) -> Schema:
    if "$ref" in schema:
        choices = [{"$ref": schema["$ref"]}, {"type": "null"}]
        return _said(schema.get("description", ""), {"oneOf": choices})
    return {**schema, "type": [schema["type"], "null"]}


def record(words: str = "", /, *, needs: Iterable[str] | None = None, **members: Schema) -> Schema:
    """An object of exactly these members; all are there unless `needs` names those that are."""
    required = list(members if needs is None else needs)
    closed = {"type": "object", "properties": members, "additionalProperties": False}
    return _said(words, {**closed, "required": required} if required else closed)


def _said(words: str, schema: Schema) -> Schema:
    return {**schema, "description": words} if words else schema


ANY: Schema = {"description": "Any JSON: what the job type returned."}
STATUS = one_of(STATUSES, "Final are `completed`, `failed` and `cancelled`.")
PRIORITY = count("Higher first.", -100, 100)
PARAMS = map_of({}, "By the name of each parameter, as `GET /types` describes them.")
NEXT = or_null(text("The `cursor` of the next page; null when this is the last."))
CHANGE = count("Grows with each change of any job; what `since` asks from.")
STEP_NUMBER = count("Which job type of a chain, from 0.")
INDEX = count("Which item of the job, from 0.")
ATTEMPT = count("How often it was started.")
CRON = text("Five fields: minute, hour, day, month, weekday.", examples=["30 7 * * 1-5"])
ZONE = text("Name of the time zone of `cron`.", examples=["Europe/Berlin"])
PER_STATUS = map_of(count(), "How many jobs, by status.", propertyNames={"enum": [*STATUSES]})
ADDRESS = text("Told by a POST when the job is final.", maxLength=MOST_URL)
RUN_AT = time("The first time it may run; not in the past.")
DELAY = number("The same as seconds from now.", maximum=MOST_DELAY_S)
NEEDED_JOBS = list_of({"type": "string"}, "Ids of jobs that must complete first.")
NEEDED_JOBS["maxItems"] = MOST_DEPENDENCIES
THEN = list_of(named("Step"), "Job types that run one after the other on what the first gives.")
THEN["maxItems"] = MOST_STEPS - 1
USE_CACHE = flag("false runs it although an equal result is there.")
TOLD = list_of({"type": "string", "enum": [*EVENTS]}, "`progress`: told of progress too.")
TOKEN = {
    "id": count("Its number."), "name": text("What it is for."),
    "scope": one_of(TOKEN_SCOPES, "What it is good for."), "created_at": time("When it was made."),
    "expires_at": or_null(time("When it ends; null is never.")),
    "used_at": or_null(time("When it was used last.")),
}  # fmt: skip
FIGURES = {
    "entries": count("Results that may be used again."),
    "bytes": count("Their size."),
    "hits": count("How often one was used again, since ever."),
    "misses": count("How often there was none."),
}
GIVEN = {
    "data": ANY,
    "files": list_of(named("File")),
    "warnings": list_of(named("Warning")),
    "error": or_null(named("Error", "Why it failed, or runs again.")),
}

JOB = record(
    "A job. `result` is there only when it was asked for.",
    job_id=text("Its id."),
    type=text("Its job type; of a chain the first."),
    name=text("Its first file, URL or text, and how many more."),
    params=PARAMS,
    owner=text("`local` while there are no accounts."),
    queue=text("The queue of its job type."),
    status=STATUS,
    progress=count("Percent, of the whole chain.", 0, 100),
    current_step=or_null(text("What is being done right now.")),
    cached=flag("Every item was taken from an earlier result."),
    priority=PRIORITY,
    change=CHANGE,
    total_items=count("How many items it has.", 1),
    completed_items=count("How many of them completed."),
    failed_items=count("How many of them failed."),
    attempt=count("The highest of its items."),
    max_attempts=count("Starts before an item that makes mistakes fails.", 1),
    created_at=time("When it was accepted."),
    started_at=or_null(time("When its first item was first started.")),
    completed_at=or_null(time("When it became final.")),
    run_at=or_null(RUN_AT),
    expires_at=or_null(time("When it goes with its results.")),
    position=or_null(count("Its place in its queue; null above 100.", 1, 100)),
    eta_s=or_null(count("Seconds until it is final; null is not known.")),
    waiting_for=or_null(text("Why it does not run, in words.")),
    cancel_requested=flag("A cancel was asked for."),
    error=or_null(named("Error", "Why the job failed or was cancelled.")),
    links=named("Links"),
    keep=flag("It stays beyond its days."),
    steps=count("How many job types it runs through.", 1, MOST_STEPS),
    then=THEN,
    depends_on=NEEDED_JOBS,
    webhook_url=or_null(ADDRESS),
    schedule=or_null(count("The schedule that made it.")),
    result=or_null(named("ResultPage", "With `include=result`; null while there is none.")),
)
JOB["required"].remove("result")

EVENT = record(
    "One move of an item, or of the job when `item` is null.",
    at=time("When it happened."),
    item=or_null(INDEX),
    step=or_null(STEP_NUMBER),
    attempt=or_null(ATTEMPT),
    move=one_of([*MOVES, "cancel_asked"], "What happened."),
    code=or_null(text("The code of the error.")),
    text=or_null(text("The error in words.")),
    traceback=or_null(text("With `include=traceback`: what a mistake looked like.")),
)
EVENT["required"].remove("traceback")

JOB_REQUEST = record(
    "A job to submit.",
    needs=("type", "items"),
    type=text("The name of a job type."),
    items=list_of(named("NewItem"), "What it works on.", minItems=1),
    params=PARAMS,
    priority=or_null(PRIORITY),
    run_at=or_null(RUN_AT),
    delay_s=or_null(DELAY),
    depends_on=or_null(NEEDED_JOBS),
    then=or_null(THEN),
    use_cache=or_null(USE_CACHE),
    webhook_url=or_null(ADDRESS),
    webhook_events=or_null(TOLD),
)
JOB_FORM = record(
    "A job to submit with its files. Each parameter is a field of its own name.",
    needs=("type", "files"),
    type=text("The name of a job type."),
    files=list_of(
        {"type": "string", "contentMediaType": "application/octet-stream"},
        "The files; fields named `files[]` and `file` are read too.",
        minItems=1,
    ),
    priority=PRIORITY,
    run_at=RUN_AT,
    delay_s=DELAY,
    depends_on=text("As in a JSON request.", contentMediaType="application/json"),
    then=text("As in a JSON request.", contentMediaType="application/json"),
    use_cache=USE_CACHE,
    webhook_url=ADDRESS,
    webhook_events=text("As in a JSON request.", contentMediaType="application/json"),
)
JOB_FORM["additionalProperties"] = {"anyOf": [{"type": "string"}, list_of({"type": "string"})]}

JOB_FILTER = record(
    "Which jobs; at least one member.",
    needs=(),
    status=or_null(text("Statuses with commas between them.")),
    type=or_null(text("A job type.")),
    queue=or_null(text("A queue.")),
    owner=or_null(text("An owner.")),
    q=or_null(text("Searched for in names, parameters and errors.", maxLength=MOST_QUERY)),
)
JOB_FILTER["minProperties"] = 1
BULK_REQUEST = record(
    "What to do with which jobs: `ids`, or `filter` with the number `expected`.",
    needs=("action",),
    action=one_of(ACTIONS, "`purge` deletes final jobs and their files."),
    ids=or_null(list_of({"type": "string"}, "Ids of jobs.", maxItems=MOST_JOBS)),
    filter=or_null(named("JobFilter")),
    expected=count("How many jobs the filter is meant to match."),
    dry_run=flag("Only count."),
)
BULK_REQUEST["anyOf"] = [{"required": ["ids"]}, {"required": ["filter"]}]

NEW_ITEM = record(
    "One of these, whichever the job type takes.",
    needs=(),
    url=text("An address.", pattern=r"\S", maxLength=MOST_URL),
    text=text("A text.", pattern=r"\S"),
    json=map_of({}, "Data."),
)
NEW_ITEM |= {"minProperties": 1, "maxProperties": 1}

PROBLEM = record(
    "Why a request was not done (RFC 9457).",
    needs=("type", "title", "status", "code", "detail"),
    type=text("Says nothing more: `about:blank`.", const="about:blank"),
    title=text("The same for each occurrence of the code."),
    status=count("The status of the answer.", 400, 599),
    code=one_of(PROBLEMS, "Stable; what a program compares with."),
    detail=text("What happened this time."),
    errors=list_of(named("FieldError"), "Which fields are wrong."),
    count=count("With `count-changed`: how many jobs match now."),
)

SCHEMAS: dict[str, Schema] = {
    "Job": JOB,
    "JobPage": record(
        "A page of jobs, newest first.", jobs=list_of(named("Job")), next=NEXT, change=CHANGE
    ),
    "JobChanges": record(
        "What changed since, oldest change first. Ask again from `change`.",
        jobs=list_of(named("Job")),
        gone=list_of({"type": "string"}, "Ids of jobs that were deleted."),
        change=CHANGE,
    ),
    "JobList": record("Jobs, newest first.", jobs=list_of(named("Job"))),
    "JobRequest": JOB_REQUEST,
    "JobForm": JOB_FORM,
    "NewItem": NEW_ITEM,
    "Step": record("A later step of a chain.", needs=("type",),
                   type=text("A job type that takes `data`."), params=PARAMS),
    "JobPatch": record("What to change; a member that is missing stays.", needs=(),
                       priority=or_null(PRIORITY), front=flag("Before everything that waits."),
                       keep=flag("Keep it beyond its days.")),
    "RetryRequest": record("What to run again; everything that did not complete when empty.",
                           needs=(), items=or_null(list_of(INDEX, "Only these items.")),
                           use_cache=flag("false also runs what was an earlier result.")),
    "JobFilter": JOB_FILTER,
    "BulkRequest": BULK_REQUEST,
    "BulkAnswer": record("What was done.", action=one_of(ACTIONS, "What was asked for."),
                         count=count("Jobs that match."), done=count("Jobs it was done to."),
                         refused=list_of(named("Refusal"))),
    "Refusal": record("A job that it was not done to.", job_id=text("Its id."),
                      code=one_of(PROBLEMS, "The code of the problem."), detail=text("Why.")),
    "Links": record("Addresses of the job.", **{
        name: text(format="uri-reference")
        for name in ("self", "result", "items", "deliveries", "events")}),
    "Error": record("What went wrong.", code=text("Stable; of a job kebab-case, of an item "
                    "snake_case."), message=text("For the user."),
                    hint=or_null(text("What the user can do about it."))),
    "Item": record(
        "An item of a job, in one step of it.", index=INDEX, step=STEP_NUMBER,
        filename=text("Its file, URL or text."), type=text("Its job type."),
        queue=text("Its queue."), status=STATUS, progress=count("Percent.", 0, 100),
        current_step=or_null(text("What is being done right now.")), attempt=ATTEMPT,
        cached=flag("It was taken from an earlier result."),
        cached_from=or_null(text("The job that has that result.")), **GIVEN),
    "ItemPage": record("A page of items.", items=list_of(named("Item")), next=NEXT),
    "ResultItem": record("What became of an item.", index=INDEX, step=STEP_NUMBER, status=STATUS,
                         type=text("Its job type."), filename=text("Its file, URL or text."),
                         **GIVEN),
    "ResultPage": record("A page of results.", job_id=text("The job."), type=text("Its job type."),
                         items=list_of(named("ResultItem")), next=NEXT),
    "File": record("An output file.", name=text("Its name, with folders."),
                   size=count("Bytes."), url=text("Where it is.", format="uri-reference")),
    "Warning": record("Something to look at.", code=text("Stable."), message=text("In words."),
                      where=or_null(text("The row, page or cell."))),
    "Event": EVENT,
    "EventPage": record("A page of the timeline.", events=list_of(named("Event")), next=NEXT),
    "Delivery": record(
        "What an address was told.", number=count("Its number among those of the job.", 1),
        delivery_id=text("The id of the job that delivers it."),
        message_id=text("`webhook-id`, the same when it is repeated."), url=text("The address."),
        event=one_of(DELIVERY_EVENTS, "What it was told of."), status=STATUS, attempt=ATTEMPT,
        created_at=time("When it was made."), completed_at=or_null(time("When it was final.")),
        error=or_null(named("Error")), answer=or_null(named("DeliveryAnswer")),
        links=record(self=text("The job that delivers it.", format="uri-reference"))),
    "DeliveryAnswer": record("What the address answered.", status=count("Its status.", 100, 599),
                             answer=text("Its first kilobyte.")),
    "DeliveryList": record("Deliveries, oldest first.", deliveries=list_of(named("Delivery"))),
    "Secret": record("What deliveries are signed with.", secret=text(pattern="^whsec_")),
    "Type": record(
        "A job type.", type=text("Its name."), label=text("Its name for people."),
        description=text("What it does."), input=one_of(INPUTS, "What an item of it is."),
        accepts=list_of({"type": "string"}, "Suffixes of the files it takes; empty is any."),
        params=map_of({}, "JSON Schema of its parameters."), queue=text("Where it runs."),
        timeout_s=number("Seconds an item may run."), available=flag("Whether it can run."),
        reason=or_null(text("Why it cannot.")), viewer=or_null(text("How its result is shown."))),
    "TypeList": record("Every job type.", types=list_of(named("Type")), limits=named("Limits")),
    "Limits": record("Of one request.", max_upload_bytes=count("Of all files together."),
                     max_items=count("Items of one job.", 1)),
    "Schedule": record(
        "A job that is submitted again and again.", id=count("Its id."), name=text("Its name."),
        owner=text("Whose jobs it makes."), cron=CRON, timezone=ZONE, job=named("JobRequest"),
        next_at=time("When it is submitted next."), last_at=or_null(time("When it was last.")),
        last_job_id=or_null(text("The job that this made.")), created_at=time("When it was added."),
        error=or_null(text("Why no job could be made at the last time."))),
    "ScheduleRequest": record(
        "A schedule to add.", needs=("name", "cron", "job"),
        name=text("For people.", pattern=r"\S", maxLength=MOST_NAME), cron=CRON,
        timezone=or_null(ZONE), job=named("JobRequest", "Without `run_at`, `delay_s` and "
                                          "`depends_on`.")),
    "ScheduleList": record("Those due next first.", schedules=list_of(named("Schedule"))),
    "Queue": record(
        "A queue.", name=text("Its name."), depth=count("Items that wait for a worker."),
        pending=count("Items that wait for a time or for others."),
        oldest_age_s=or_null(number("Age of the oldest job that waits, in seconds.")),
        running=count("Items that run."), failed=count("Failed items of failed jobs."),
        paused=flag("Nothing of it starts."), backlog=one_of(BACKLOG, "How far behind it is."),
        workers=count("Of each consumer that serves it."), consumers=count("That serve it."),
        workers_configured=count("As in config.ini.")),
    "QueueList": record("Every queue.", queues=list_of(named("Queue"))),
    "QueuePatch": record("What to change.", workers=or_null(
        count("Of each consumer that serves it; null is as in config.ini.", 1, MOST_WORKERS))),
    "Worker": record(
        "A live consumer.", consumer=text("Its id."), pid=count("Its process.", 1),
        started_at=time("When it was started."), queues=list_of({"type": "string"}, "It serves."),
        draining=flag("It takes no more items."), bell=text("`ok`, or what is wrong with it."),
        running=list_of(named("RunningItem"))),
    "RunningItem": record(
        "What a worker does.", worker=text("Its name."), job_id=text("The job."),
        name=text("Its name."), index=INDEX, step=STEP_NUMBER, type=text("The job type."),
        queue=text("The queue."), progress=count("Percent.", 0, 100), attempt=ATTEMPT),
    "WorkerList": record("The live consumers.", workers=list_of(named("Worker"))),
    "Stats": record(
        "Figures of all jobs.", total=count("Jobs."),
        by_status={**PER_STATUS, "required": [*STATUSES]},
        by_type=map_of(PER_STATUS, "The same of each job type."),
        durations=map_of(named("Duration"), "How long items of each type ran; empty for who does "
                         "not read all jobs."),
        cache=or_null(named("CacheFigures", "null for who does not read all jobs."))),
    "Duration": record("Of the last items.", count=count("Items.", 1), median_s=number("Seconds."),
                       p90_s=number("Seconds."), longest_s=number("Seconds.")),
    "CacheFigures": record("The cache.", **FIGURES, hit_ratio=or_null(
        number("Hits of all; null before the first.", maximum=1))),
    "CacheOfType": record("The cache of a job type.", type=text("Its name."), **FIGURES),
    "Cache": record("The cache, as a whole and by type.", **FIGURES, hit_ratio=or_null(
        number("Hits of all; null before the first.", maximum=1)),
        types=list_of(named("CacheOfType"))),
    "Removed": record("What was forgotten.", removed=count("Results.")),
    "Bell": record("The bell that wakes workers.", storage=one_of(("sqlite", "redis"), "Where."),
                   bell=text("`ok`, or what is wrong with it.")),
    "Health": record("The web answers and its database works.", needs=("status", "version"),
                     status=text(const="ok"), version=text("Of this Bellhop."),
                     queue=named("Bell", "For admins."), data=text("The data folder, for admins.")),
    "Readiness": record("A consumer is alive too.", needs=("status",), status=text(const="ready"),
                        consumers=count("That live, for admins.", 1)),
    "Login": record("Who wants to come in.", name=text("The name of the account."),
                    password=text("Its password.")),
    "LoggedIn": record("Who came in.", name=text("The account."), role=one_of(ROLES, "What for.")),
    "Account": record(
        "Who asks.", name=text("The account; `local` while there are none."),
        role=one_of(ROLES, "What they may do."), scope=one_of(SCOPES, "And with what they come."),
        jobs=one_of(("own", "team"), "Whose jobs members see."),
        is_open=flag("Whether everybody may do everything, as there is no account.")),
    "PasswordChange": record("Another password.", password=text("The one of today."),
                             new_password=text("The new one.", minLength=LEAST_LENGTH)),
    "Session": record("A browser that is logged in.", id=count("Its number."),
                      address=text("Where it came from."), agent=text("What it calls itself."),
                      created_at=time("When it logged in."), used_at=time("When it was used last."),
                      is_this=flag("Whether it is the one that asks.")),
    "SessionList": record("The one that was used last first.", sessions=list_of(named("Session"))),
    "Token": record("What a program comes in with.", **TOKEN),
    "TokenList": record("The newest first.", tokens=list_of(named("Token"))),
    "NewToken": record("A token, the only time that it is shown.", token=text(
        "Send it as `Authorization: Bearer`.", pattern="^[A-Za-z0-9_-]{32,}$"), **TOKEN),
    "TokenRequest": record(
        "A token to make.", needs=(), name=text("What it is for.", maxLength=MOST_TOKEN_NAME),
        scope=one_of(TOKEN_SCOPES, "Only look, submit too, or all that the account may."),
        days=count("Until it ends; 0 is never.", 0, MOST_TOKEN_DAYS)),
    "ShareRequest": record("Whom to show the job.", account=text("The name of an account.")),
    "Shares": record("Who may read a job beside its owner.",
                     accounts=list_of({"type": "string"}, "Their names."),
                     link=text("What to send them: they log in to see the job.")),
    "Note": record("What somebody did.", id=count("Its number."), at=time("When."),
                   who=text("The account, or `console`."),
                   address=text("Where from; `schedule N` for what a schedule submitted."),
                   action=text("What."), target=text("To what.")),
    "NotePage": record("The newest first.", notes=list_of(named("Note")), next=NEXT),
    "Monitor": record(
        "Everything a monitor asks.", status=one_of(("ok", "degraded"), "How it is."),
        problems=list_of({"type": "string"}, "In words."), consumers=count("That live."),
        queue=named("Bell"), disk=record(free_bytes=count("Room for data."),
                                         database_bytes=count("Size of the database.")),
        queues=map_of(one_of(BACKLOG), "How far behind each queue is."),
        paused=list_of({"type": "string"}, "Queues that are paused."),
        unavailable_types=map_of(text(), "Job types that cannot run, and why."),
        cache=named("CacheFigures")),
    "FieldError": record("A wrong field.", field=text("Its name."), message=text("Why.")),
    "Problem": PROBLEM,
}  # fmt: skip
