"""What the OpenAPI document says of routes: an entry for each of `web/routes.py` that is no page.

Read by `openapi`, which adds the problems that every route may answer. Tests hold the
entries to the routes, to what their handlers read, and to what they answer.
"""

from __future__ import annotations

from bellhop.base.addresses import API
from bellhop.jobs.queries import PERIODS
from bellhop.storage.models import STATUSES
from bellhop.web.handlers.jobs import STATUSES_OF_JOBS
from bellhop.web.handlers.problems import DEFAULT
from bellhop.web.idempotency import MOST_KEY
from bellhop.web.openapi.notices import NOTICE_ROUTES
from bellhop.web.openapi.operation import (
    BODY,
    FORM,
    JOB,
    JSON,
    NEW_JOB,
    NO_JOB,
    NOTHING,
    QUEUE,
    TEXT,
    UNCHANGED,
    Answer,
    Route,
    header,
    in_header,
    in_path,
    in_query,
    shows,
    takes,
)
from bellhop.web.openapi.people import PEOPLE
from bellhop.web.openapi.results import RESULTS
from bellhop.web.openapi.schemas import (
    CRON,
    ZONE,
    Schema,
    count,
    flag,
    list_of,
    named,
    one_of,
    text,
)
from bellhop.web.query import MOST_PER_PAGE, MOST_TEXT

WORD_COUNT = {"type": "word_count", "minimum": "3", "files": ["a.txt", "b.txt"]}
FETCH = {"type": "JOB_TYPE", "items": [{"url": "https://example.org/"}], "priority": 10}
WEEKLY = {"name": "Every Monday", "cron": "30 7 * * 1", "timezone": "Europe/Berlin", "job": FETCH}


def _limit(default: int) -> Schema:
    return in_query("limit", {**count("Maximum number.", 1, MOST_PER_PAGE), "default": default})


MOST_INDEX, MOST_ID, MOST_NUMBER = 10**9 - 1, 10**15 - 1, 10**18 - 1
PARAMETERS: dict[str, Schema] = {
    "job_id": in_path("job_id", text("The id of a job."), "8061915b5b2cf35ad0b8"),
    "index": in_path("index", count("Number of the item in the job, from 0.", 0, MOST_INDEX), 0),
    "file": in_path("name", text("Name of the file in the result."), "report.csv"),
    "delivery": in_path("number", count("The number of the delivery.", 0, MOST_INDEX), 1),
    "schedule": in_path("number", count("The id of the schedule.", 0, MOST_ID), 1),
    "cron": in_query("cron", CRON, required=True, example="30 7 * * 1-5"),
    "timezone": in_query("timezone", {**ZONE, "default": "UTC"}),
    "queue_name": in_path("name", text("The name of the queue."), "default"),
    "sha256": in_path("sha256", text("SHA-256 of the content.", pattern="^[0-9a-fA-F]{64}$"),
                      "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"),
    "job_status": in_query("status", list_of({"type": "string", "enum": [*STATUSES_OF_JOBS]},
                           "Only these statuses, separated by commas; `partly_failed`: failed, "
                           "with completed items."), style="form", explode=False),
    "status": in_query("status", list_of({"type": "string", "enum": [*STATUSES]}, "Only these "
                       "statuses, separated by commas."), style="form", explode=False),
    "type": in_query("type", text("Only this job type.", maxLength=MOST_TEXT)),
    "queue": in_query("queue", text("Only this queue.", maxLength=MOST_TEXT)),
    "owner": in_query("owner", text("Only this owner.", maxLength=MOST_TEXT)),
    "q": in_query("q", text("Search text for names, parameters and errors.", maxLength=MOST_TEXT)),
    "code": in_query("code", text("Jobs with an item that failed with this error; `type`, `from` "
                     "and `to` then apply to that item.", maxLength=MOST_TEXT)),
    "reason": in_query("reason", text("Of this `code`, only the `reason` of a group of errors.",
                       maxLength=MOST_TEXT)),
    "of_schedule": in_query("schedule", count("Only jobs of this schedule.", 1, MOST_NUMBER)),
    "from": in_query("from", text("Submitted at this time or later.", format="date-time")),
    "to": in_query("to", text("Submitted before this time.", format="date-time")),
    "period": in_query("period", {**one_of(PERIODS, "How far back."), "default": DEFAULT}),
    "limit_50": _limit(50),
    "limit_200": _limit(MOST_PER_PAGE),
    "cursor": in_query("cursor", text("The `next` of the previous page.")),
    "since": in_query("since", count("Jobs that changed after this `change`.", 0, MOST_NUMBER)),
    "include_result": in_query("include", one_of(
        ["result"], "Adds a page of `result`, by `limit` and `cursor`.")),
    "include_traceback": in_query("include", one_of(
        ["traceback"], "Adds the traceback of an unexpected error.")),
    "purge": in_query("purge", flag("`true` deletes a final job and its files.")),
    "step": in_query("step", count("Number of the step in a chain, from 0.", 0, MOST_NUMBER)),
    "attempt": in_query("attempt", count("The attempt; by default the latest.", 0, MOST_NUMBER)),
    "idempotency_key": in_header("Idempotency-Key", text(
        "Makes it safe to repeat the request for 24 hours.", minLength=1,
        maxLength=MOST_KEY, pattern="^[ -~]+$")),
    "if_none_match": in_header("If-None-Match", text("The `ETag` of an earlier answer.")),
    "prefer": in_header("Prefer", text("`wait=N` delays the answer until the job is final, or "
                        "with If-None-Match until it changes; N is at most 30 seconds (RFC 7240)."),
                        example="wait=30"),
    "if_modified_since": in_header("If-Modified-Since", text("Time of an earlier answer.")),
    "link": in_path("number", count("The number of the link.", 0, MOST_ID), 1),
    "session": in_path("number", count("The number of the session.", 0, MOST_ID), 1),
    "token": in_path("number", count("The number of the token.", 0, MOST_ID), 1),
    "account": in_path("account", text("The name of an account."), "anna"),
    "view": in_query("view", one_of(["1"], "Gives a file that is safe to look at with its type, "
                     "for a browser to show without its scripts; any other as a download.")),
    "range": in_header("Range", text("A part of the file (RFC 9110); Bellhop ignores an "
                       "invalid one, and several ranges.")),
    "if_range": in_header("If-Range", text("The `ETag` of an earlier answer; Bellhop ignores "
                          "`Range` if the file has changed since (RFC 9110).")),
}  # fmt: skip
HEADERS: dict[str, Schema] = {
    "Location": header(text("Its URL.", format="uri-reference"), is_sure=True),
    "ETag": header(text("Changes with the answer.", pattern='^"[^"]+"$'), is_sure=True),
    "Link": header(text('The next page, `rel="next"` (RFC 8288).')),
    "Retry-After": header(count("Seconds to wait before the next request.")),
    "Preference-Applied": header(text("Confirms `wait=N`.")),
    "Idempotency-Replayed": header(one_of(["true"], "It is the job of the first request.")),
    "Set-Cookie": header(text("The session, for browsers.")),
    "WWW-Authenticate": header(text("How to authenticate."), is_sure=True),
    "Content-Disposition": header(text("Marks a download and names it."), is_sure=True),
    "Content-Range": header(text("The part in this answer, and the file's size."), is_sure=True),
    "Allow": header(text("The methods that the URL supports."), is_sure=True),
}

FILTERS = ("job_status", "type", "queue", "owner", "q", "code", "reason", "from", "to",
           "of_schedule")  # fmt: skip
ACCEPTED = shows("Job", "The job as it is now.", "Location", status=202)
HEALTH = "200 when the web answers and its database works."
READY = "200 when a consumer runs too, so that jobs run."

# {tag: (what it is about, its routes)}
ROUTES: dict[str, tuple[str, tuple[Route, ...]]] = {
    "Jobs": ("Submit, read and change jobs.", (
        Route("POST", f"{API}/jobs", name="submitJob", summary="Submit a job",
              words="Send files as a form with one field for each parameter, and URLs, texts and "
              "data as JSON. In a form, write lists as JSON. After the answer, the job survives a "
              "power cut. If you repeat a request with the same `Idempotency-Key`, you get the "
              "first job.",
              parameters=("idempotency_key",),
              body={FORM: (named("JobForm"), WORD_COUNT), **takes("JobRequest", FETCH)},
              answers=shows("Job", "The accepted job.", "Location", "Idempotency-Replayed",
                            status=202),
              problems=(*NEW_JOB, *NO_JOB, "unreadable", "bad-multipart", "key-reused",
                        "invalid-request", "request-in-progress", "too-many-jobs", "quota-full")),
        Route("GET", f"{API}/jobs", name="listJobs", summary="List jobs",
              words="A page, newest first; with `since`, the jobs that changed after that "
              "change. A search looks through all jobs.",
              parameters=(*FILTERS, "limit_50", "cursor", "since"),
              answers={200: Answer("A page of jobs; with `since`, the changes.", {
                  JSON: {"oneOf": [named("JobPage"), named("JobChanges")]}}, ("Link",))},
              problems=("invalid-parameter",)),
        Route("GET", f"{API}/jobs/facets", name="countJobs", summary="Count jobs by filter",
              words="How many jobs match, and how many each value of a filter would leave: those "
              "that match this value and all other filters. `partly_failed` jobs also count as "
              "`failed`.",
              parameters=FILTERS, answers=shows("JobFacets", "The numbers."),
              problems=("invalid-parameter",)),
        Route("GET", f"{API}/jobs/stats", name="getStats", summary="Count jobs",
              words="Numbers of jobs by status and type, run times, and the cache.",
              answers=shows("Stats", "The figures.")),
        Route("POST", f"{API}/jobs/bulk", name="changeManyJobs", summary="Cancel, retry or purge "
              "many jobs",
              words="`give_up` fails items that wait for a retry. `filter` requires `expected`: if "
              "another number of jobs matches, Bellhop does nothing. It refuses an empty filter. "
              "`dry_run` only counts. With `limit`, a request acts on a slice of the jobs, and "
              "`next` is the `cursor` of the following one.",
              body=takes("BulkRequest", {"action": "retry", "filter": {"status": "failed"},
                                         "expected": 3}),
              answers=shows("BulkAnswer", "The number of changed jobs, and why others are not."),
              problems=(*BODY, "invalid-job", "invalid-parameter", "count-changed")),
        Route("GET", JOB, name="getJob", summary="Show a job",
              words="`Prefer: wait=N` delays the answer until the job is final. At most a "
              "quarter of the server's threads wait; further requests return immediately.",
              parameters=("job_id", "include_result", "limit_200", "cursor", "if_none_match",
                          "prefer"),
              answers={**shows("Job", "The job.", "ETag", "Retry-After", "Preference-Applied"),
                       304: Answer("The job has not changed.", headers=(
                           "ETag", "Retry-After", "Preference-Applied"))},
              problems=(*NO_JOB, "invalid-parameter")),
        Route("PATCH", JOB, name="changeJob", summary="Change a job",
              words="Set the priority, move it ahead of all waiting jobs, or keep it forever.",
              parameters=("job_id",), body=takes("JobPatch", {"front": True}), needs_body=False,
              answers=shows("Job", "The job as it is now.", "Location"),
              problems=(*NO_JOB, *BODY, "job-final", "invalid-job")),
        Route("DELETE", JOB, name="deleteJob", summary="Cancel or delete a job",
              words="Cancels an unfinished job. With `purge=true`, deletes a final job and its "
              "files.",
              parameters=("job_id", "purge"), answers={**ACCEPTED, **NOTHING},
              problems=(*NO_JOB, "job-final", "job-not-finished")),
        Route("POST", f"{JOB}/cancel", name="cancelJob", summary="Cancel a job",
              words="Cancels waiting items at once and stops running items within seconds.",
              parameters=("job_id",), answers=ACCEPTED, problems=(*NO_JOB, "job-final")),
        Route("POST", f"{JOB}/retry", name="retryJob", summary="Retry a job",
              words="Runs the failed and cancelled items again, and those that wait for a retry "
              "now, or only the given ones.",
              parameters=("job_id",), body=takes("RetryRequest", {"items": [0, 3]}),
              needs_body=False, answers=ACCEPTED,
              problems=(*NO_JOB, *BODY, "invalid-job", "nothing-to-retry", "unreadable")),
        Route("POST", f"{JOB}/give-up", name="endRetries", summary="End the retries of a job",
              words="Fails the items that wait for a retry, with the error they have, or only the "
              "given ones.",
              parameters=("job_id",), body=takes("GiveUpRequest", {"items": [0, 3]}),
              needs_body=False, answers=ACCEPTED,
              problems=(*NO_JOB, *BODY, "invalid-job", "nothing-to-retry")),
    )),
    "Shares": ("Share jobs with other accounts.", (
        Route("GET", f"{JOB}/shares", name="listShares", summary="List who may read a job",
              words="Besides its owner and admins; with `[access] jobs = team`, everybody may.",
              parameters=("job_id",), answers=shows("Shares", "Their names, and the link."),
              problems=NO_JOB),
        Route("POST", f"{JOB}/shares", name="shareJob", summary="Share a job with an account",
              words="The account sees the job in its list and may read it, but not change it.",
              parameters=("job_id",), body=takes("ShareRequest", {"account": "anna"}),
              answers=shows("Shares", "Their names, and the link."),
              problems=(*NO_JOB, *BODY, "invalid-job")),
        Route("DELETE", f"{JOB}/shares/{{account}}", name="unshareJob",
              summary="Stop sharing a job", words="Takes effect with the account's next request.",
              parameters=("job_id", "account"), answers=NOTHING, problems=NO_JOB),
    )),
    **RESULTS,
    "Accounts": ("Log in, manage sessions, tokens and accounts, read the audit log.", (
        Route("POST", f"{API}/login", name="logIn", summary="Log in",
              words="Sets the session cookie of a browser, and one by which the account knows the "
              "browser later. After several failures, the next try must wait. Where the account "
              "has two-factor login, `code-needed` asks for a `code` too.",
              body=takes("Login", {"name": "anna", "password": "correct horse"}),
              answers=shows("LoggedIn", "Welcome.", "Set-Cookie"),
              problems=(*BODY, "login-failed", "code-needed", "forbidden", "invalid-job")),
        Route("POST", f"{API}/logout", name="logOut", summary="Log out",
              words="Ends the session of this browser.",
              answers={204: Answer("Logged out.", headers=("Set-Cookie",))}),
        Route("GET", f"{API}/account", name="getAccount", summary="Show your account",
              words="The account of the request and its rights.",
              answers=shows("Account", "The account.")),
        Route("POST", f"{API}/account/password", name="changePassword",
              summary="Change your password",
              words="Ends all other sessions and all tokens of the account.",
              body=takes("PasswordChange", {"password": "correct horse",
                                            "new_password": "battery staple"}),
              answers={204: Answer("Done.", headers=("Set-Cookie",))},
              problems=(*BODY, "login-failed", "invalid-job")),
        Route("GET", f"{API}/account/sessions", name="listSessions",
              summary="List your sessions", words="The browsers where you are logged in.",
              answers=shows("SessionList", "The sessions.")),
        Route("DELETE", f"{API}/account/sessions/{{number}}", name="endSession",
              summary="End a session", words="Logs that browser out.",
              parameters=("session",), answers=NOTHING, problems=("not-found",)),
        Route("GET", f"{API}/account/tokens", name="listTokens", summary="List your tokens",
              words="Without the secrets.", answers=shows("TokenList", "The tokens.")),
        Route("POST", f"{API}/account/tokens", name="addToken", summary="Create a token",
              words="For a program. Bellhop shows the token only once. Without the password, only "
              "within 15 minutes after a login, and for at most 365 days.",
              body=takes("TokenRequest", {"name": "scanner", "scope": "submit"}),
              needs_body=False, answers=shows("NewToken", "The token.", status=201),
              problems=(*BODY, "login-failed", "forbidden", "invalid-job")),
        Route("DELETE", f"{API}/account/tokens/{{number}}", name="revokeToken",
              summary="Revoke a token", words="Bellhop refuses the token from now on.",
              parameters=("token",), answers=NOTHING, problems=("not-found",)),
        *NOTICE_ROUTES,
        *PEOPLE,
        Route("GET", f"{API}/audit", name="listAudit", summary="Read the audit log",
              words="For admins: logins, submits, cancels and more of one year, newest first.",
              parameters=("limit_50", "cursor"), answers=shows("NotePage", "The log.", "Link"),
              problems=("invalid-parameter",)),
    )),
    "Job types": ("List job types, and find jobs by file.", (
        Route("GET", f"{API}/types", name="listTypes", summary="List the job types",
              words="Job types with the JSON Schema of their parameters, and the upload limits.",
              parameters=("if_none_match",),
              answers={**shows("TypeList", "All job types, including unavailable ones.", "ETag"),
                       **UNCHANGED}),
        Route("GET", f"{API}/files/{{sha256}}/jobs", name="listJobsOfContent",
              summary="List the jobs of a file",
              words="Shows whether a job has processed a file with this content, under any name.",
              parameters=("sha256", "type", "limit_50"),
              answers=shows("JobList", "The jobs, newest first."),
              problems=("not-found", "invalid-parameter")),
    )),
    "Schedules": ("Submit jobs repeatedly.", (
        Route("GET", f"{API}/schedules", name="listSchedules", summary="List the schedules",
              words="The next one first.",
              answers=shows("ScheduleList", "All schedules.")),
        Route("POST", f"{API}/schedules", name="addSchedule", summary="Add a schedule",
              words="Bellhop checks the job now and submits it at the times of `cron`. The "
              "schedule keeps the uploads that the job names, and gives them to each job.",
              body=takes("ScheduleRequest", WEEKLY),
              answers=shows("Schedule", "The schedule.", "Location", status=201),
              problems=(*NEW_JOB, *NO_JOB, "unreadable", "quota-full")),
        Route("GET", f"{API}/schedules/next-runs", name="nextRuns",
              summary="Try a cron expression", words="Shows when a schedule would run. A problem "
              "names what is wrong with the expression or the time zone.",
              parameters=("cron", "timezone"),
              answers=shows("NextRuns", "The times."),
              problems=("invalid-job", "invalid-parameter")),
        Route("PATCH", f"{API}/schedules/{{number}}", name="changeSchedule",
              summary="Change a schedule", words="Changes the fields that you send. After a pause, "
              "Bellhop skips the times that passed. A job keeps the files of the schedule that it "
              "names, takes new uploads, and Bellhop deletes the others.",
              parameters=("schedule",), body=takes("SchedulePatch", {"paused": True}),
              answers=shows("Schedule", "The schedule."),
              problems=(*NEW_JOB, *NO_JOB, "unreadable", "quota-full")),
        Route("POST", f"{API}/schedules/{{number}}/run", name="runSchedule",
              summary="Run a schedule now", words="Submits its job, and does not change its times.",
              parameters=("schedule",), answers=shows("Job", "The job.", "Location", status=202),
              problems=(*NEW_JOB[len(BODY) :], "not-found", "too-many-jobs", "quota-full",
                        "expired", "unreadable")),
        Route("DELETE", f"{API}/schedules/{{number}}", name="removeSchedule",
              summary="Remove a schedule",
              words="Removes the files of the schedule too, and keeps its jobs.",
              parameters=("schedule",), answers=NOTHING, problems=("not-found",)),
    )),
    "Webhooks": ("Notify other programs when a job is final.", (
        Route("GET", f"{JOB}/deliveries", name="listDeliveries", summary="List the deliveries of "
              "a job", words="The webhook requests of the job and their answers.",
              parameters=("job_id",),
              answers=shows("DeliveryList", f"The latest {MOST_PER_PAGE}, oldest first."),
              problems=NO_JOB),
        Route("POST", f"{JOB}/deliveries/{{number}}/redeliver", name="repeatDelivery",
              summary="Repeat a delivery",
              words="Sends it again with the same message id, even after an answer of 410.",
              parameters=("job_id", "delivery"),
              answers=shows("Job", "The job that delivers it.", "Location", status=202),
              problems=(*NO_JOB, "job-not-finished", "unreadable", "too-many-jobs", "quota-full")),
        Route("GET", f"{API}/webhooks/secret", name="getWebhookSecret",
              summary="Show the secret", words="Receivers use it to check signatures as "
              "Standard Webhooks describes. Bellhop creates it on the first request.",
              answers=shows("Secret", "The secret."), problems=("disk-full",)),
        Route("POST", f"{API}/webhooks/secret", name="renewWebhookSecret",
              summary="Create a new secret", words="Bellhop signs further deliveries with it.",
              answers=shows("Secret", "The new secret.")),
    )),
    "Queues": ("Watch, pause and resume queues, and change their workers.", (
        Route("GET", f"{API}/monitoring/queues", name="listQueues", summary="List the queues",
              words="Waiting, running and failed items of each queue, and its backlog.",
              answers=shows("QueueList", "All queues.")),
        Route("PATCH", QUEUE, name="changeQueue", summary="Change the workers of a queue",
              words="Sets the number for each consumer; `null` restores config.ini.",
              parameters=("queue_name",), body=takes("QueuePatch", {"workers": 4}),
              answers=shows("Queue", "The queue as it is now."),
              problems=(*BODY, "not-found", "invalid-job")),
        Route("POST", f"{QUEUE}/pause", name="pauseQueue", summary="Pause a queue",
              words="No further item of it starts; running items continue.",
              parameters=("queue_name",), answers=shows("Queue", "The queue as it is now."),
              problems=("not-found",)),
        Route("POST", f"{QUEUE}/resume", name="resumeQueue", summary="Resume a queue",
              words="Waiting items can start again.",
              parameters=("queue_name",), answers=shows("Queue", "The queue as it is now."),
              problems=("not-found",)),
        Route("GET", f"{API}/monitoring/workers", name="listWorkers", summary="List the workers",
              words="The live consumers and the current work of their workers.",
              answers=shows("WorkerList", "The live consumers.")),
    )),
    "Cache": ("Results that Bellhop reuses for equal items.", (
        Route("GET", f"{API}/cache", name="getCache", summary="Show the cache",
              words="How many results Bellhop can reuse, and how often it has.",
              answers=shows("Cache", "The cache.")),
        Route("DELETE", f"{API}/cache", name="clearCache", summary="Clear the cache",
              words="Clears the results of one `type`, or all; the jobs keep their results.",
              parameters=("type",), answers=shows("Removed", "The number of cleared results.")),
    )),
    "Monitoring": ("Check the health of Bellhop.", (
        Route("GET", f"{API}/monitoring/health", name="getMonitor", summary="Show the figures for "
              "monitoring", words="The answer is always 200: read `status`.",
              answers=shows("Monitor", "The figures.")),
        Route("GET", f"{API}/monitoring/machines", name="listMachines", summary="List the machines",
              words="What each of several machines serves and runs, and how it is.",
              answers=shows("MachineList", "The machines.")),
        Route("GET", f"{API}/monitoring/problems", name="getProblems",
              summary="Show what failed, and how job types did",
              words="Of your items, or of all items if you can read all jobs. Bellhop counts each "
              "item that completes or fails, each step of a chain by itself. The counts stay when "
              "jobs are deleted. Days are those of UTC.",
              parameters=("period",), answers=shows("Problems", "The figures."),
              problems=("invalid-parameter",)),
        Route("GET", f"{API}/monitoring/space", name="getSpace", summary="Show what takes room",
              words="Of your jobs, or of all jobs if you can read them; for admins also of the "
              "installation. Rows tell it: Bellhop looks at no file.",
              answers=shows("Space", "The figures.")),
        Route("GET", "/health", name="getHealth", summary="Is the web alive?", words=HEALTH,
              answers=shows("Health", "It is alive.")),
        Route("GET", f"{API}/health", name="getApiHealth", summary=f"The same, under {API}",
              words=HEALTH, answers=shows("Health", "It is alive.")),
        Route("GET", "/ready", name="getReadiness", summary="Do jobs run?", words=READY,
              answers=shows("Readiness", "Jobs run."), problems=("not-ready",)),
        Route("GET", f"{API}/ready", name="getApiReadiness", summary=f"The same, under {API}",
              words=READY, answers=shows("Readiness", "Jobs run."), problems=("not-ready",)),
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
