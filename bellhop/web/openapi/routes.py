"""What the OpenAPI document says of routes: an entry for each of `web/routes.py` that is no page.

Read by `openapi`, which adds the problems that every route may answer. Tests hold the
entries to the routes, to what their handlers read, and to what they answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from bellhop.base.addresses import API
from bellhop.storage.models import STATUSES
from bellhop.web.answers import MOST_PER_PAGE
from bellhop.web.handlers.jobs import MOST_QUERY
from bellhop.web.idempotency import MOST_KEY
from bellhop.web.openapi.schemas import Schema, count, flag, list_of, named, one_of, text

JOB, QUEUE = f"{API}/jobs/{{job_id}}", f"{API}/queues/{{name}}"
JSON, FORM, TEXT = "application/json", "multipart/form-data", "text/plain"
BYTES = "application/octet-stream"
# Problems of a job that is not there, of a JSON body, of a job that is submitted.
NO_JOB = ("not-found", "expired")
BODY = ("bad-json", "unsupported-media-type")
NEW_JOB = (*BODY, "invalid-job", "unknown-type", "type-unavailable", "too-many-items")
WORD_COUNT = {"type": "word_count", "minimum": "3", "files": ["a.txt", "b.txt"]}
FETCH = {"type": "JOB_TYPE", "items": [{"url": "https://example.org/"}], "priority": 10}
WEEKLY = {"name": "Every Monday", "cron": "30 7 * * 1", "timezone": "Europe/Berlin", "job": FETCH}


@dataclass(frozen=True)
class Answer:
    """What a route says when it did what was asked; `content` is {media type: schema}."""

    words: str
    content: Mapping[str, Schema] = field(default_factory=dict)
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Route:
    """One operation.

    `parameters` are keys of `PARAMETERS`, `problems` codes beside those of
    every route; `body` is {media type: (schema, example)}.
    """

    method: str
    path: str
    _: KW_ONLY
    name: str
    summary: str
    words: str
    answers: Mapping[int, Answer]
    parameters: tuple[str, ...] = ()
    body: Mapping[str, tuple[Schema, Any]] = field(default_factory=dict)
    needs_body: bool = True
    problems: tuple[str, ...] = ()


def shows(schema: str, words: str, *headers: str, status: int = 200) -> dict[int, Answer]:
    """An answer in JSON."""
    return {status: Answer(words, {JSON: named(schema)}, headers)}


def takes(schema: str, example: Any) -> dict[str, tuple[Schema, Any]]:
    """A body in JSON."""
    return {JSON: (named(schema), example)}


def _in(place: str, name: str, schema: Schema, **more: Any) -> Schema:
    words, of_value = schema["description"], {**schema}
    del of_value["description"]
    return {"name": name, "in": place, "description": words, "schema": of_value, **more}


def _path(name: str, schema: Schema, example: Any) -> Schema:
    return _in("path", name, schema, required=True, example=example)


def _query(name: str, schema: Schema, **more: Any) -> Schema:
    return _in("query", name, schema, **more)


def _limit(default: int) -> Schema:
    return _query("limit", {**count("How many at most.", 1, MOST_PER_PAGE), "default": default})


def _header(schema: Schema, *, is_sure: bool = False) -> Schema:
    words, of_value = schema["description"], {**schema}
    del of_value["description"]
    return {"description": words, "required": is_sure, "schema": of_value}


MOST_INDEX, MOST_ID, MOST_NUMBER = 10**9 - 1, 10**15 - 1, 10**18 - 1
PARAMETERS: dict[str, Schema] = {
    "job_id": _path("job_id", text("The id of a job."), "8061915b5b2cf35ad0b8"),
    "index": _path("index", count("Which item of the job, from 0.", 0, MOST_INDEX), 0),
    "file": _path("name", text("The name of the file, as the result lists it."), "report.csv"),
    "delivery": _path("number", count("The number of the delivery.", 0, MOST_INDEX), 1),
    "schedule": _path("number", count("The id of the schedule.", 0, MOST_ID), 1),
    "queue_name": _path("name", text("The name of the queue."), "default"),
    "sha256": _path("sha256", text("Of the content of a file.", pattern="^[0-9a-fA-F]{64}$"),
                    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"),
    "status": _query("status", list_of({"type": "string", "enum": [*STATUSES]}, "Only with these "
                     "statuses, with commas between them."), style="form", explode=False),
    "type": _query("type", text("Only of this job type.")),
    "queue": _query("queue", text("Only of this queue.")),
    "owner": _query("owner", text("Only of this owner.")),
    "q": _query("q", text("Searched for in names, parameters and errors.", maxLength=MOST_QUERY)),
    "limit_50": _limit(50),
    "limit_200": _limit(MOST_PER_PAGE),
    "cursor": _query("cursor", text("The `next` of the page before.")),
    "since": _query("since", count("What changed after this `change`.", 0, MOST_NUMBER)),
    "include_result": _query("include", one_of(["result"], "Adds `result`, a page that `limit` and "
                             "`cursor` cut.")),
    "include_traceback": _query("include", one_of(["traceback"], "Adds what a mistake of a job "
                                "type looked like.")),
    "purge": _query("purge", flag("`true` deletes a final job and its files.")),
    "step": _query("step", count("Of a chain which job type, from 0.", 0, MOST_NUMBER)),
    "attempt": _query("attempt", count("Which attempt; without it the latest.", 0, MOST_NUMBER)),
    "idempotency_key": _in("header", "Idempotency-Key", text(
        "Makes it safe to send the same request again, for 24 hours.", minLength=1,
        maxLength=MOST_KEY, pattern="^[ -~]+$")),
    "if_none_match": _in("header", "If-None-Match", text("The `ETag` of what is there already.")),
    "prefer": _in("header", "Prefer", text("`wait=N` holds the answer until the job is final, with "
                  "If-None-Match until it changes; N seconds, and 30 at most (RFC 7240)."),
                  example="wait=30"),
    "if_modified_since": _in("header", "If-Modified-Since", text("When it was taken last.")),
    "session": _path("number", count("The number of the session.", 0, MOST_ID), 1),
    "token": _path("number", count("The number of the token.", 0, MOST_ID), 1),
    "account": _path("account", text("The name of an account."), "anna"),
    "range": _in("header", "Range", text("A part of the file (RFC 9110); what is none counts as "
                 "not given.")),
}  # fmt: skip
HEADERS: dict[str, Schema] = {
    "Location": _header(text("Where it is.", format="uri-reference"), is_sure=True),
    "ETag": _header(text("Another one when the answer is.", pattern='^"[^"]+"$'), is_sure=True),
    "Link": _header(text('The next page, `rel="next"` (RFC 8288).')),
    "Retry-After": _header(count("Seconds after which to ask again.")),
    "Preference-Applied": _header(text("That the answer was held, `wait=N`.")),
    "Idempotency-Replayed": _header(one_of(["true"], "It is the job of the first request.")),
    "Set-Cookie": _header(text("The session, for browsers.")),
    "WWW-Authenticate": _header(text("How to come in."), is_sure=True),
    "Content-Disposition": _header(text("It is a download, and its name."), is_sure=True),
    "Content-Range": _header(text("Which part it is."), is_sure=True),
    "Allow": _header(text("The methods of the address."), is_sure=True),
}

UNCHANGED = {304: Answer("It is still the same.", headers=("ETag",))}
NOTHING = {204: Answer("It is gone.")}
ACCEPTED = shows("Job", "The job as it is now.", "Location", status=202)
HEALTH = "200 when the web answers and its database works."
READY = "200 when a consumer is alive too: what is accepted also runs."

# {tag: (what it is about, its routes)}
ROUTES: dict[str, tuple[str, tuple[Route, ...]]] = {
    "Jobs": ("Submit jobs, look at them, and decide what becomes of them.", (
        Route("POST", f"{API}/jobs", name="submitJob", summary="Submit a job",
              words="Files go as a form, with each parameter as a field of its own name; URLs, "
              "texts and data go as JSON. From the answer on the job survives a power cut. In a "
              "form, lists are JSON. With `Idempotency-Key` the same request again gives the first "
              "job again.",
              parameters=("idempotency_key",),
              body={FORM: (named("JobForm"), WORD_COUNT), **takes("JobRequest", FETCH)},
              answers=shows("Job", "The job, accepted.", "Location", "Idempotency-Replayed",
                            status=202),
              problems=(*NEW_JOB, "bad-multipart", "key-reused", "invalid-request",
                        "request-in-progress", "too-many-jobs", "quota-full")),
        Route("GET", f"{API}/jobs", name="listJobs", summary="List jobs",
              words="A page, newest first; or with `since` what changed after that change, which "
              "no filter narrows. A search looks through 10,000 jobs and then answers with what it "
              "has found: go on while there is a `next`.",
              parameters=("status", "type", "queue", "owner", "q", "limit_50", "cursor", "since"),
              answers={200: Answer("A page of jobs, or with `since` what changed.", {
                  JSON: {"oneOf": [named("JobPage"), named("JobChanges")]}}, ("Link",))},
              problems=("invalid-parameter",)),
        Route("GET", f"{API}/jobs/stats", name="getStats", summary="Count jobs",
              words="How many by status and by type, how long items take, and the cache.",
              answers=shows("Stats", "The figures.")),
        Route("POST", f"{API}/jobs/bulk", name="changeManyJobs", summary="Cancel, retry or purge "
              "many jobs",
              words="With `filter`, `expected` is needed: when another number of jobs matches, "
              "nothing is done. An empty filter is refused. `dry_run` only counts.",
              body=takes("BulkRequest", {"action": "retry", "filter": {"status": "failed"},
                                         "expected": 3}),
              answers=shows("BulkAnswer", "What was done, and to which jobs it was not."),
              problems=(*BODY, "invalid-job", "invalid-parameter", "count-changed")),
        Route("GET", JOB, name="getJob", summary="Show a job",
              words="`Prefer: wait=N` holds the answer until the job is final. A quarter of the "
              "server's threads may wait; who comes then is answered at once.",
              parameters=("job_id", "include_result", "limit_200", "cursor", "if_none_match",
                          "prefer"),
              answers={**shows("Job", "The job.", "ETag", "Retry-After", "Preference-Applied"),
                       304: Answer("It is still what If-None-Match names.", headers=(
                           "ETag", "Retry-After", "Preference-Applied"))},
              problems=(*NO_JOB, "invalid-parameter")),
        Route("PATCH", JOB, name="changeJob", summary="Change a job",
              words="Another priority, before everything that waits, or kept beyond its days.",
              parameters=("job_id",), body=takes("JobPatch", {"front": True}), needs_body=False,
              answers=shows("Job", "The job as it is now.", "Location"),
              problems=(*NO_JOB, *BODY, "job-final", "invalid-job")),
        Route("DELETE", JOB, name="deleteJob", summary="Cancel or delete a job",
              words="Cancels an unfinished job. A final one is deleted with its files, but only "
              "with `purge=true`.",
              parameters=("job_id", "purge"), answers={**ACCEPTED, **NOTHING},
              problems=(*NO_JOB, "job-final", "job-not-finished")),
        Route("POST", f"{JOB}/cancel", name="cancelJob", summary="Cancel a job",
              words="What waits is cancelled at once, what runs is stopped within seconds.",
              parameters=("job_id",), answers=ACCEPTED, problems=(*NO_JOB, "job-final")),
        Route("POST", f"{JOB}/retry", name="retryJob", summary="Retry a job",
              words="Runs what did not complete, or of it only the given items.",
              parameters=("job_id",), body=takes("RetryRequest", {"items": [0, 3]}),
              needs_body=False, answers=ACCEPTED,
              problems=(*NO_JOB, *BODY, "invalid-job", "nothing-to-retry")),
    )),
    "Shares": ("A job that its owner shows to others.", (
        Route("GET", f"{JOB}/shares", name="listShares", summary="List who may read a job",
              words="Beside its owner, admins, and with `[access] jobs = team` everybody.",
              parameters=("job_id",), answers=shows("Shares", "Their names, and the link."),
              problems=NO_JOB),
        Route("POST", f"{JOB}/shares", name="shareJob", summary="Show a job to an account",
              words="They see it in their list and may read all of it, and do nothing to it.",
              parameters=("job_id",), body=takes("ShareRequest", {"account": "anna"}),
              answers=shows("Shares", "Their names, and the link."),
              problems=(*NO_JOB, *BODY, "invalid-job")),
        Route("DELETE", f"{JOB}/shares/{{account}}", name="unshareJob",
              summary="Show a job no more", words="From their next request on.",
              parameters=("job_id", "account"), answers=NOTHING, problems=NO_JOB),
    )),
    "Results": ("What jobs gave, item by item, and how they got there.", (
        Route("GET", f"{JOB}/result", name="getResult", summary="Take the result of a job",
              words="There when the job is final and an item of it completed; of a chain what the "
              "last step gave.",
              parameters=("job_id", "limit_200", "cursor"),
              answers=shows("ResultPage", "A page of results.", "Link"),
              problems=(*NO_JOB, "job-not-finished", "job-failed", "job-cancelled",
                        "invalid-parameter")),
        Route("GET", f"{JOB}/items", name="listItems", summary="List the items of a job",
              words="Each item with its state, of a chain every step of it, also while it runs.",
              parameters=("job_id", "status", "limit_200", "cursor"),
              answers=shows("ItemPage", "A page of items.", "Link"),
              problems=(*NO_JOB, "invalid-parameter")),
        Route("GET", f"{JOB}/events", name="listEvents", summary="Tell the timeline of a job",
              words="Each move of its items, in the order they happened.",
              parameters=("job_id", "include_traceback", "limit_200", "cursor"),
              answers=shows("EventPage", "A page of events.", "Link"),
              problems=(*NO_JOB, "invalid-parameter")),
        Route("GET", f"{JOB}/items/{{index}}/files/{{name}}", name="getFile",
              summary="Download an output file",
              words="Of the last step of a chain, or of `step`.",
              parameters=("job_id", "index", "file", "step", "range", "if_none_match",
                          "if_modified_since"),
              answers={200: Answer("The file.", {BYTES: {}}, ("Content-Disposition", "ETag")),
                       206: Answer("The part of it that Range asks for.", {BYTES: {}},
                                   ("Content-Disposition", "ETag", "Content-Range")),
                       **UNCHANGED},
              problems=(*NO_JOB, "invalid-parameter")),
        Route("GET", f"{JOB}/items/{{index}}/log", name="getLog",
              summary="Read what an item printed",
              words="At most 256 KiB and a line, of the latest attempt or of `attempt`.",
              parameters=("job_id", "index", "step", "attempt"),
              answers={200: Answer("What it printed.", {TEXT: {"type": "string"}})},
              problems=(*NO_JOB, "invalid-parameter")),
    )),
    "Accounts": ("Who comes in, with what, and what they did.", (
        Route("POST", f"{API}/login", name="logIn", summary="Log in",
              words="Gives a browser its session cookie. After some failures the next try of the "
              "account, or of the address, has to wait.",
              body=takes("Login", {"name": "anna", "password": "correct horse"}),
              answers=shows("LoggedIn", "Welcome.", "Set-Cookie"),
              problems=(*BODY, "login-failed", "forbidden", "invalid-job")),
        Route("POST", f"{API}/logout", name="logOut", summary="Log out",
              words="Ends the session of this browser.",
              answers={204: Answer("It is over.", headers=("Set-Cookie",))}),
        Route("GET", f"{API}/account", name="getAccount", summary="Who am I?",
              words="The account of who asks, and what it may see.",
              answers=shows("Account", "The account.")),
        Route("POST", f"{API}/account/password", name="changePassword",
              summary="Change one's password", words="Every other session of the account ends.",
              body=takes("PasswordChange", {"password": "correct horse",
                                            "new_password": "battery staple"}),
              answers=NOTHING, problems=(*BODY, "login-failed", "invalid-job")),
        Route("GET", f"{API}/account/sessions", name="listSessions",
              summary="List one's sessions", words="Where one is logged in.",
              answers=shows("SessionList", "The sessions.")),
        Route("DELETE", f"{API}/account/sessions/{{number}}", name="endSession",
              summary="End a session", words="That browser is logged out.",
              parameters=("session",), answers=NOTHING, problems=("not-found",)),
        Route("GET", f"{API}/account/tokens", name="listTokens", summary="List one's tokens",
              words="None shows what it is sent as.", answers=shows("TokenList", "The tokens.")),
        Route("POST", f"{API}/account/tokens", name="addToken", summary="Make a token",
              words="For a program. It is shown this once.",
              body=takes("TokenRequest", {"name": "scanner", "scope": "submit"}),
              needs_body=False, answers=shows("NewToken", "The token.", status=201),
              problems=(*BODY, "invalid-job")),
        Route("DELETE", f"{API}/account/tokens/{{number}}", name="revokeToken",
              summary="Revoke a token", words="It is refused from now on.",
              parameters=("token",), answers=NOTHING, problems=("not-found",)),
        Route("GET", f"{API}/audit", name="listAudit", summary="Who did what?",
              words="For admins: logins, submits, cancels and so on of a year, newest first.",
              parameters=("limit_50", "cursor"), answers=shows("NotePage", "A page of it.", "Link"),
              problems=("invalid-parameter",)),
    )),
    "Job types": ("What can be run, and what was run on a file.", (
        Route("GET", f"{API}/types", name="listTypes", summary="List the job types",
              words="Each with the JSON Schema of its parameters, and the limits of an upload.",
              answers=shows("TypeList", "Every job type, also what cannot run.")),
        Route("GET", f"{API}/files/{{sha256}}/jobs", name="listJobsOfContent",
              summary="List the jobs over a file",
              words="Whether a file with this content is converted already, whatever its name.",
              parameters=("sha256", "type", "limit_50"),
              answers=shows("JobList", "The jobs, newest first."),
              problems=("not-found", "invalid-parameter")),
    )),
    "Schedules": ("Jobs that are submitted again and again.", (
        Route("GET", f"{API}/schedules", name="listSchedules", summary="List the schedules",
              words="The one that is due next comes first.",
              answers=shows("ScheduleList", "Every schedule.")),
        Route("POST", f"{API}/schedules", name="addSchedule", summary="Add a schedule",
              words="Its job is checked now and submitted at each time of its cron.",
              body=takes("ScheduleRequest", WEEKLY),
              answers=shows("Schedule", "The schedule.", "Location", status=201),
              problems=NEW_JOB),
        Route("DELETE", f"{API}/schedules/{{number}}", name="removeSchedule",
              summary="Remove a schedule", words="The jobs it made stay.",
              parameters=("schedule",), answers=NOTHING, problems=("not-found",)),
    )),
    "Webhooks": ("Who is told when a job is final.", (
        Route("GET", f"{JOB}/deliveries", name="listDeliveries", summary="List the deliveries of "
              "a job", words="What its webhook was told, and what it answered.",
              parameters=("job_id",),
              answers=shows("DeliveryList", "The deliveries, oldest first."), problems=NO_JOB),
        Route("POST", f"{JOB}/deliveries/{{number}}/redeliver", name="repeatDelivery",
              summary="Repeat a delivery",
              words="Tells it again under the same message id, also to an address that was gone.",
              parameters=("job_id", "delivery"),
              answers=shows("Job", "The job that delivers it.", "Location", status=202),
              problems=(*NO_JOB, "job-not-finished", "too-many-jobs", "quota-full")),
        Route("GET", f"{API}/webhooks/secret", name="getWebhookSecret",
              summary="Show the secret", words="What a receiver checks signatures with, as "
              "Standard Webhooks say; made when it is first asked for.",
              answers=shows("Secret", "The secret."), problems=("disk-full",)),
        Route("POST", f"{API}/webhooks/secret", name="renewWebhookSecret",
              summary="Make a new secret", words="Deliveries from now on are signed with it.",
              answers=shows("Secret", "The new secret.")),
    )),
    "Queues": ("What waits, what runs, and the switches.", (
        Route("GET", f"{API}/monitoring/queues", name="listQueues", summary="List the queues",
              words="What waits, runs and failed in each, and how far behind it is.",
              answers=shows("QueueList", "Every queue.")),
        Route("PATCH", QUEUE, name="changeQueue", summary="Change the workers of a queue",
              words="Of each consumer that serves it; `null` is as in config.ini.",
              parameters=("queue_name",), body=takes("QueuePatch", {"workers": 4}),
              answers=shows("Queue", "The queue as it is now."),
              problems=(*BODY, "not-found", "invalid-job")),
        Route("POST", f"{QUEUE}/pause", name="pauseQueue", summary="Pause a queue",
              words="Nothing of it starts any more; what runs, runs on.",
              parameters=("queue_name",), answers=shows("Queue", "The queue as it is now."),
              problems=("not-found",)),
        Route("POST", f"{QUEUE}/resume", name="resumeQueue", summary="Resume a queue",
              words="It goes on.",
              parameters=("queue_name",), answers=shows("Queue", "The queue as it is now."),
              problems=("not-found",)),
        Route("GET", f"{API}/monitoring/workers", name="listWorkers", summary="List the workers",
              words="The live consumers, and what each of their workers does.",
              answers=shows("WorkerList", "The live consumers.")),
    )),
    "Cache": ("Results that are used again when the same comes in once more.", (
        Route("GET", f"{API}/cache", name="getCache", summary="Show the cache",
              words="What may be used again, and how often it was.",
              answers=shows("Cache", "The cache.")),
        Route("DELETE", f"{API}/cache", name="clearCache", summary="Clear the cache",
              words="Forgets results, of one `type` or all; the jobs keep theirs.",
              parameters=("type",), answers=shows("Removed", "How many were forgotten.")),
    )),
    "Monitoring": ("Whether Bellhop is well.", (
        Route("GET", f"{API}/monitoring/health", name="getMonitor", summary="Show everything a "
              "monitor asks", words="200 also when something is wrong: read `status`.",
              answers=shows("Monitor", "How Bellhop is.")),
        Route("GET", "/health", name="getHealth", summary="Is the web alive?", words=HEALTH,
              answers=shows("Health", "It is.")),
        Route("GET", f"{API}/health", name="getApiHealth", summary=f"The same, under {API}",
              words=HEALTH, answers=shows("Health", "It is.")),
        Route("GET", "/ready", name="getReadiness", summary="Do jobs run?", words=READY,
              answers=shows("Readiness", "They do."), problems=("not-ready",)),
        Route("GET", f"{API}/ready", name="getApiReadiness", summary=f"The same, under {API}",
              words=READY, answers=shows("Readiness", "They do."), problems=("not-ready",)),
        Route("GET", "/metrics", name="getMetrics", summary="Figures for Prometheus",
              words="In the text format of Prometheus.",
              answers={200: Answer("The figures.", {TEXT: {"type": "string"}})}),
        Route("GET", f"{API}/openapi.json", name="getDocument", summary="This document",
              words=f"OpenAPI 3.1; job types describe themselves at `GET {API}/types`.",
              parameters=("if_none_match",),
              answers={200: Answer("The document.", {JSON: {"type": "object"}}, ("ETag",)),
                       **UNCHANGED}),
    )),
}  # fmt: skip
