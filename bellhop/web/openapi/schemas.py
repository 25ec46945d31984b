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
from bellhop.jobs.bounds import MOST_JOB_ID
from bellhop.jobs.intake import EVENTS, MOST_DELAY_S, MOST_DEPENDENCIES, MOST_STEPS
from bellhop.jobs.items import MOST_URL
from bellhop.jobs.queries import FACETS
from bellhop.schedules.schedules import MOST_NAME
from bellhop.storage.models import FINAL, STATUSES
from bellhop.web.handlers.bulk import ACTIONS, MOST_IN_SLICE, MOST_JOBS
from bellhop.web.query import MOST_TEXT

Schema = dict[str, Any]
BACKLOG = ("ok", "warn", "critical")
INPUTS = ("file", "files", "url", "text", "data", "none")
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


STATUS = one_of(STATUSES, "`completed`, `failed` and `cancelled` are final.")
PRIORITY = count("Higher first; only admins can set one above 0.", -100, 100)
PARAMS = map_of({}, "Values by parameter name, as `GET /types` says; 64 KiB in all at most.")
NEXT = or_null(text("The `cursor` of the next page; null when this is the last."))
CHANGE = count("Grows with each change of any job; the value for `since`.")
STEP_NUMBER = count("Number of the step in a chain, from 0.")
INDEX = count("Number of the item in the job, from 0.")
ATTEMPT = count("How often a worker started it.")
NOTIFY = named("ScheduleNotices", "null: as the owner wants it for all of their jobs.")
CRON = text(
    "Five fields: minute, hour, day, month, weekday; or `@daily` and the like.",
    examples=["30 7 * * 1-5"],
)
ZONE = text("Time zone of `cron`.", examples=["Europe/Berlin"])
PER_STATUS = map_of(count(), "Number of jobs by status.", propertyNames={"enum": [*STATUSES]})
ADDRESS = text("Bellhop sends a POST to it when the job is final.", maxLength=MOST_URL)
TIME = {"type": "string", "format": "date-time"}
RUN_AT = time("The earliest start; not in the past.")
DELAY = number("The earliest start in seconds from now.", maximum=MOST_DELAY_S)
JOB_ID: Schema = {"type": "string", "maxLength": MOST_JOB_ID}
NEEDED_JOBS = list_of(JOB_ID, "Ids of jobs that must complete first.")
NEEDED_JOBS["maxItems"] = MOST_DEPENDENCIES
THEN = list_of(named("Step"), "Job types that run in this order on the result.")
THEN["maxItems"] = MOST_STEPS - 1
USE_CACHE = flag("false runs the job even if there is an equal result.")
TOLD = list_of({"type": "string", "enum": [*EVENTS]}, "`progress`: also send the progress.")
TOKEN = {
    "id": count("Number of the token."), "name": text("Its purpose."),
    "scope": one_of(TOKEN_SCOPES, "What it allows."), "created_at": time("Creation time."),
    "expires_at": or_null(time("When it expires; null means never.")),
    "used_at": or_null(time("Time of the last use.")),
}  # fmt: skip
FIGURES = {
    "entries": count("Reusable results."),
    "bytes": count("Size of these results."),
    "hits": count("How often Bellhop has reused a result."),
    "misses": count("How often there was no result to reuse."),
}
JOB = record(
    "A job. `result` is there only on request.",
    job_id=text("Id of the job."),
    type=text("The job type; in a chain, that of the first step."),
    name=text("The first file, URL or text, and the number of further ones."),
    params=PARAMS,
    owner=text("Account that owns the job; `local` while there are no accounts."),
    queue=text("Queue of the job type."),
    status=STATUS,
    progress=count("Percent of the whole chain.", 0, 100),
    current_step=or_null(text("The current step of the work.")),
    cached=flag("Bellhop reused an earlier result for every item."),
    priority=PRIORITY,
    change=CHANGE,
    total_items=count("Number of items.", 1),
    completed_items=count("Number of completed items."),
    failed_items=count("Number of failed items."),
    attempt=count("The highest attempt of its items."),
    max_attempts=count("Number of attempts after which an item with errors fails.", 1),
    created_at=time("When Bellhop accepted the job."),
    started_at=or_null(time("When a worker first started an item.")),
    completed_at=or_null(time("When the job became final.")),
    run_at=or_null(RUN_AT),
    expires_at=or_null(time("When Bellhop deletes the job and its results.")),
    position=or_null(count("Position in the queue; null above 100.", 1, 100)),
    eta_s=or_null(count("Estimated seconds until the job is final; null if unknown.")),
    waiting_for=or_null(text("Why the job is waiting, in words.")),
    cancel_requested=flag("Somebody has cancelled the job."),
    error=or_null(named("Error", "Why the job failed, was cancelled or runs again.")),
    links=named("Links"),
    keep=flag("Bellhop does not delete the job because of its age."),
    steps=count("Number of steps in the chain.", 1, MOST_STEPS),
    then=THEN,
    depends_on=NEEDED_JOBS,
    webhook_url=or_null(ADDRESS),
    schedule=or_null(count("The schedule that submitted the job.")),
    watch=or_null(text("The watch folder that the job came from.")),
    result=or_null(named("ResultPage", "With `include=result`; null while there is no result.")),
)
JOB["required"].remove("result")

JOB_REQUEST = record(
    "A job to submit.",
    needs=("type",),
    type=text("The name of a job type."),
    items=or_null(list_of(named("NewItem"), "The input; none for a type that takes none.")),
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
FILES_OF = {
    "files.of": text("An earlier job whose files the job takes, or `ID/0,3` for some of its items.")
}
JOB_FORM = record(
    "A job to submit with its files. There is one field for each parameter.",
    needs=("type",),
    type=text("The name of a job type."),
    files=list_of(
        {"type": "string", "contentMediaType": "application/octet-stream"},
        "The files; the field names `files[]` and `file` also work.",
        minItems=1,
    ),
    upload=list_of(text(), "Ids of uploads; `upload.NAME` is for the file parameter NAME."),
    **FILES_OF,
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
    "Selects jobs; at least one member.",
    needs=(),
    status=or_null(text("Statuses, separated by commas; also `partly_failed`.")),
    type=or_null(text("A job type.", maxLength=MOST_TEXT)),
    queue=or_null(text("A queue.")),
    owner=or_null(text("An owner.", maxLength=MOST_TEXT)),
    q=or_null(text("Search text for names, parameters and errors.", maxLength=MOST_TEXT)),
    code=or_null(text("The code of an error that an item failed with.", maxLength=MOST_TEXT)),
    reason=or_null(text("Of this code, the `reason` of a group of errors.", maxLength=MOST_TEXT)),
    schedule=or_null(text("The number of a schedule.", pattern="^[0-9]*$")),
    **{
        "from": or_null(time("Submitted at this time or later; with `code`, failed.")),
        "to": or_null(time("Submitted before this time; with `code`, failed.")),
    },
)
JOB_FILTER["minProperties"] = 1
BULK_REQUEST = record(
    "An action and its jobs: `ids`, or `filter` with `expected` or `limit`.",
    needs=("action",),
    action=one_of(ACTIONS, "`purge` deletes final jobs and their files."),
    ids=or_null(list_of(JOB_ID, "Ids of jobs.", maxItems=MOST_JOBS)),
    filter=or_null(named("JobFilter")),
    expected=count("Number of jobs that the filter must match."),
    limit=count("Act only on the newest jobs, at most this many.", 1, MOST_IN_SLICE),
    cursor=text("With `limit`: the `next` of the previous slice, or the `cursor` of `dry_run`."),
    dry_run=flag("Only count."),
)
BULK_REQUEST["anyOf"] = [{"required": ["ids"]}, {"required": ["filter"]}]

NEW_ITEM = record(
    "One of these members, as the job type requires.",
    needs=(),
    url=text("A URL.", pattern=r"\S", maxLength=MOST_URL),
    text=text("A text.", pattern=r"\S"),
    json=map_of({}, "Data."),
    upload=text("The id of an upload, which the job takes."),
    field=text("With `upload`: the file parameter of the job type that it is for."),
    **FILES_OF,
)
NEW_ITEM |= {"minProperties": 1, "maxProperties": 2, "dependentRequired": {"field": ["upload"]}}

PROBLEM = record(
    "An error (RFC 9457).",
    needs=("type", "title", "status", "code", "detail"),
    type=text("Always `about:blank`.", const="about:blank"),
    title=text("The same for each problem with this code."),
    status=count("The HTTP status.", 400, 599),
    code=one_of(PROBLEMS, "A stable code for programs."),
    detail=text("An explanation of this problem."),
    errors=list_of(named("FieldError"), "The wrong fields."),
    count=count("With `count-changed`: the number of jobs that match now."),
)

SCHEMAS: dict[str, Schema] = {
    "Job": JOB,
    "JobPage": record(
        "A page of jobs, newest first.", jobs=list_of(named("Job")), next=NEXT, change=CHANGE
    ),
    "JobChanges": record(
        "The changes since then, oldest first. Use `change` for the next request.",
        jobs=list_of(named("Job")),
        unmatched=list_of({"type": "string"}, "Ids of changed jobs that do not match the filters."),
        gone=list_of({"type": "string"}, "Ids of jobs that were deleted."),
        change=CHANGE,
        latest=count("The number of the newest change; above `change` if there are more."),
    ),
    "JobList": record("Jobs, newest first.", jobs=list_of(named("Job"))),
    "JobRequest": JOB_REQUEST, "JobForm": JOB_FORM, "NewItem": NEW_ITEM,
    "Step": record("A later step of a chain.", needs=("type",),
                   type=text("A job type that takes `data`."), params=PARAMS),
    "JobPatch": record("What to change; missing members stay the same.", needs=(),
                       priority=or_null(PRIORITY), front=flag("Move ahead of all waiting jobs."),
                       keep=flag("Keep the job forever.")),
    "GiveUpRequest": record("What to fail; by default all items that wait for a retry.",
                            needs=(), items=or_null(list_of(INDEX, "Only these items."))),
    "RetryRequest": record("What to run again; by default all failed and cancelled items.",
                           needs=(), items=or_null(list_of(INDEX, "Only these items.")),
                           use_cache=flag("false also runs items with a reused result.")),
    "JobFilter": JOB_FILTER, "BulkRequest": BULK_REQUEST,
    "JobFacets": record(
        "Numbers of jobs.", change=CHANGE, count=count("Jobs that match all filters."),
        facets=record("The values of each filter, the most frequent first, at most 50.", **{
            name: list_of(named("FacetValue")) for name in FACETS})),
    "FacetValue": record(
        "A value of a filter.", needs=("value", "count"), value=text("The value."),
        count=count("Jobs that match it and all other filters.", 1),
        name=or_null(text("Of a schedule; null if it was removed."))),
    "BulkAnswer": record("What was done.", needs=("action", "count", "done", "refused"),
                         action=one_of(ACTIONS, "The action."),
                         count=count("Jobs that match."), done=count("Changed jobs."),
                         refused=list_of(named("Refusal")),
                         next=or_null(text("With `limit`: the `cursor` of the next slice; null "
                                           "when this is the last.")),
                         cursor=text("With `dry_run` and `filter`: the `cursor` of the first "
                                     "slice, which leaves out jobs submitted later.")),
    "Refusal": record("A job that was not changed.", job_id=text("Id of the job."),
                      code=one_of(PROBLEMS, "The code of the problem."), detail=text("Why.")),
    "Links": record("URLs of the job.", **{
        name: text(format="uri-reference")
        for name in ("self", "result", "items", "deliveries", "events")}),
    "Delivery": record(
        "A webhook delivery.", number=count("Number of the delivery in the job.", 1),
        delivery_id=text("Id of the job that delivers it."),
        message_id=text("`webhook-id`, the same in each repetition."), url=text("The URL."),
        event=one_of(DELIVERY_EVENTS, "The event."), status=STATUS, attempt=ATTEMPT,
        created_at=time("Creation time."), completed_at=or_null(time("When it became final.")),
        error=or_null(named("Error")), answer=or_null(named("DeliveryAnswer")),
        links=record(self=text("The job that delivers it.", format="uri-reference"))),
    "DeliveryAnswer": record("The answer of the receiver.", status=count("HTTP status.", 100, 599),
                             answer=text("The first kilobyte.")),
    "DeliveryList": record("Deliveries, oldest first.", deliveries=list_of(named("Delivery"))),
    "Secret": record("The secret that signs deliveries.", secret=text(pattern="^whsec_")),
    "Type": record(
        "A job type.", type=text("Its name."), label=text("Its name for people."),
        description=text("What it does."), input=one_of(INPUTS, "The kind of an item."),
        inputs=list_of(record("An input.", name=text("The field of its files."),
                              kind=one_of(INPUTS[:-1], "What it takes."),
                              required=flag("Whether it must be given."),
                              schema=map_of({}, "JSON Schema of data; empty for all others.")),
                       "What it takes: the items first, then the files for every item."),
        accepts=list_of({"type": "string"}, "File suffixes that it accepts; empty means any."),
        params=map_of({}, "JSON Schema of its parameters."), queue=text("The queue."),
        timeout_s=number("Time limit of an item."), available=flag("Whether it can run."),
        reason=or_null(text("Why it cannot run.")), viewer=or_null(text("Its result viewer."))),
    "TypeList": record("Every job type.", types=list_of(named("Type")), limits=named("Limits")),
    "Limits": record("Limits of one request.", max_upload_bytes=count("Size of all files."),
                     max_items=count("Number of items.", 1)),
    "Schedule": record(
        "A job that Bellhop submits repeatedly.", id=count("Its id."), name=text("Its name."),
        owner=text("The owner of its jobs."), cron=CRON, timezone=ZONE,
        job=or_null(named("JobRequest", "null where it is too large to show.")),
        files=list_of(named("KeptFile"), "The uploads that its job names, which it keeps."),
        next_at=time("Time of the next job."), last_at=or_null(time("Time of the last job.")),
        last_job_id=or_null(text("The last job.")), created_at=time("Creation time."),
        error=or_null(text("Why Bellhop could not submit the last job.")),
        paused=flag("Whether it is paused."), paused_by=or_null(text("Who paused it.")),
        paused_at=or_null(time("Since when.")), notify=or_null(NOTIFY),
        next_runs=list_of(TIME, "Times of the next three jobs; empty while it is paused."),
        runs=list_of(named("ScheduleRun"), "The latest ten jobs, newest first.")),
    "NextRuns": record("Times of a schedule.", next_runs=list_of(TIME, "The next three.")),
    "KeptFile": record(
        "A file of a schedule.", upload=text("The id of the upload."),
        field=text("The parameter of the job type, or `files`."),
        filename=or_null(text("Its name; null if the file is gone.")),
        size=or_null(count("Its bytes."))),
    "ScheduleRun": record(
        "A job of a schedule.", job_id=text("Its id."), status=one_of(STATUSES, "Its status."),
        created_at=time("When it was submitted."), completed_items=count("Completed items."),
        failed_items=count("Failed items."), total_items=count("Items.", 1)),
    "SchedulePatch": record(
        "What to change of a schedule.", needs=(),
        name=text("A name.", pattern=r"\S", maxLength=MOST_NAME), cron=CRON,
        timezone=or_null(ZONE), job=named("JobRequest", "Without `run_at`, `delay_s` and "
                                          "`depends_on`."),
        paused=flag("Whether it is paused."), notify=or_null(NOTIFY)),
    "ScheduleRequest": record(
        "A schedule to add.", needs=("name", "cron", "job"),
        name=text("A name.", pattern=r"\S", maxLength=MOST_NAME), cron=CRON,
        timezone=or_null(ZONE), job=named("JobRequest", "Without `run_at`, `delay_s` and "
                                          "`depends_on`."), notify=or_null(NOTIFY)),
    "ScheduleList": record("Schedules, next one first.", schedules=list_of(named("Schedule"))),
    "Stats": record(
        "Figures of all jobs.", total=count("Jobs."),
        by_status={**PER_STATUS, "required": [*STATUSES]},
        by_type=map_of(PER_STATUS, "The same for each job type."),
        durations=map_of(named("Duration"), "Run times of items by type; empty if you cannot "
                         "read all jobs."),
        cache=or_null(named("CacheFigures", "null if you cannot read all jobs."))),
    "Duration": record("Recent run times.", count=count("Items.", 1), median_s=number("Seconds."),
                       p90_s=number("Seconds."), longest_s=number("Seconds.")),
    "CacheFigures": record("The cache.", **FIGURES, hit_ratio=or_null(
        number("Share of hits; null before the first lookup.", maximum=1))),
    "CacheOfType": record("The cache of a job type.", type=text("Its name."), **FIGURES),
    "Cache": record("The cache, as a whole and by type.", **FIGURES, hit_ratio=or_null(
        number("Share of hits; null before the first lookup.", maximum=1)),
        types=list_of(named("CacheOfType"))),
    "Removed": record("The number of cleared results.", removed=count("Results.")),
    "Bell": record("The bell that wakes workers.",
                   storage=one_of(("sqlite", "redis", "postgresql"), "Where it is."),
                   bell=text("`ok`, or the problem.")),
    "Health": record("The web answers and its database works.", needs=("status", "version"),
                     status=text(const="ok"), version=text("Version of Bellhop."),
                     queue=named("Bell", "For admins."), data=text("The data folder, for admins.")),
    "Readiness": record("A consumer runs too.", needs=("status",), status=text(const="ready"),
                        consumers=count("Live consumers, for admins.", 1)),
    "Login": record("Name and password.", needs=("name", "password"),
                    name=text("The name of the account."), password=text("The password."),
                    code=text("Of an authenticator app, or a recovery code.")),
    "LoggedIn": record("A login.", name=text("The account."), role=one_of(ROLES, "Its role.")),
    "Account": record(
        "The account of the request.", name=text("Its name; `local` while there are no accounts."),
        role=one_of(ROLES, "The role."), scope=one_of(SCOPES, "What the request may do."),
        jobs=one_of(("own", "team"), "Which jobs members see."),
        is_open=flag("Whether there are no accounts, so that everybody may do everything.")),
    "PasswordChange": record("A new password.", password=text("The current password."),
                             new_password=text("The new password.", minLength=LEAST_LENGTH)),
    "Session": record("A browser that is logged in.", id=count("Number of the session."),
                      address=text("Its address."), agent=text("Its User-Agent."),
                      created_at=time("Time of the login."), used_at=time("Time of the last use."),
                      is_this=flag("Whether it is the session of this request.")),
    "SessionList": record("Sessions, last used first.", sessions=list_of(named("Session"))),
    "Token": record("A token for a program.", **TOKEN),
    "TokenList": record("Tokens, newest first.", tokens=list_of(named("Token"))),
    "NewToken": record("A token; Bellhop shows it only once.", token=text(
        "Send it as `Authorization: Bearer`.", pattern="^[A-Za-z0-9_-]{32,}$"), **TOKEN),
    "TokenRequest": record(
        "A token to create.", needs=(), name=text("Its purpose.", maxLength=MOST_TOKEN_NAME),
        scope=one_of(TOKEN_SCOPES, "Read only, read and submit, or all rights of the account."),
        days=count("Days until it expires; 0 means never.", 0, MOST_TOKEN_DAYS),
        password=text("The password of the account, except just after a login.")),
    "ShareRequest": record("Who can read the job.", account=text("The name of an account.")),
    "Shares": record("Accounts that may read a job besides its owner.",
                     accounts=list_of({"type": "string"}, "Their names."),
                     link=text("A link to the job; it requires a login.")),
    "Note": record("An entry of the audit log.", id=count("Its number."), at=time("Time."),
                   who=text("The account, or `console`."),
                   address=text("Its address; `schedule N` for a job of a schedule."),
                   action=text("The action."), target=text("The target.")),
    "NotePage": record("The audit log, newest first.", notes=list_of(named("Note")), next=NEXT),
    "FieldError": record("A wrong field.", field=text("Its name."), message=text("Why.")),
    "Problem": PROBLEM,
}  # fmt: skip
