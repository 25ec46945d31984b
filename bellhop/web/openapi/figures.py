"""What the OpenAPI document says of queues, workers, and the figures for monitoring."""

from __future__ import annotations

from bellhop.database.condition import MODES
from bellhop.jobs.queries import PERIODS
from bellhop.storage.models import STATUSES
from bellhop.web.handlers.monitoring import MOST_WORKERS
from bellhop.web.openapi.schemas import (
    ATTEMPT,
    BACKLOG,
    INDEX,
    STEP_NUMBER,
    Schema,
    count,
    flag,
    list_of,
    map_of,
    named,
    number,
    one_of,
    or_null,
    record,
    text,
    time,
)

HELD = {
    "jobs": count("Jobs, without deliveries of webhooks."),
    "bytes": count("Bytes of their uploads, output files and rows, also of deliveries. A file that "
                   "several jobs share counts for each."),
    "kept_bytes": count("Bytes of jobs that somebody keeps."),
    "oldest_at": time("When the oldest came."),
}  # fmt: skip
FIGURES: dict[str, Schema] = {
    "Queue": record(
        "A queue.", name=text("Its name."), depth=count("Items that wait for a worker."),
        pending=count("Items that wait for a time or for other items."),
        oldest_age_s=or_null(number("Age of the oldest waiting job, in seconds.")),
        running=count("Running items."), failed=count("Failed items of failed jobs."),
        paused=flag("Whether it is paused."), backlog=one_of(BACKLOG, "How long the queue is."),
        paused_by=or_null(text("Who paused it.")), paused_at=or_null(time("Since when.")),
        behind_since=or_null(time("Since when an item waits for longer than `backlog_s`.")),
        in_per_minute=number("Items that arrived, per minute, lately."),
        out_per_minute=number("Items that ended, per minute, lately."),
        keeps_up=flag("Whether no item waits for more than a minute."),
        done_at=or_null(time("When the items that wait now are done, approximately.")),
        workers=count("Workers in each consumer; where they differ, the most."),
        consumers=count("Consumers that take items of it, or still run one."),
        workers_total=count("Workers in all of them."),
        machines=list_of(text(), "The machines on which they run; empty on SQLite."),
        workers_configured=count("Workers in config.ini, of the home."),
        workers_changed=flag("Whether somebody set `workers` for all consumers.")),
    "QueueList": record("Every queue.", queues=list_of(named("Queue"))),
    "QueuePatch": record("What to change.", workers=or_null(
        count("Workers in each consumer; null restores config.ini.", 1, MOST_WORKERS))),
    "Worker": record(
        "A live consumer.", consumer=text("Its id."),
        machine=or_null(text("The machine on which it runs; null on SQLite.")),
        pid=count("Its process id.", 1),
        started_at=time("Start time."), queues=list_of({"type": "string"}, "Its queues."),
        draining=flag("Whether it takes no more items."), bell=text("`ok`, or the problem."),
        running=list_of(named("RunningItem"))),
    "RunningItem": record(
        "The current work of a worker.", worker=text("The worker."), job_id=text("The job."),
        name=text("Name of the job."), owner=text("Who submitted it."),
        total_items=count("Items of the job.", 1),
        cancel_requested=flag("Whether somebody cancelled the job."), index=INDEX,
        filename=text("File or URL of the item."), step=STEP_NUMBER,
        type=text("The job type."), queue=text("The queue."),
        progress=count("Percent.", 0, 100), current_step=or_null(text("The current step.")),
        attempt=ATTEMPT, elapsed_s=or_null(number("Seconds since this attempt started.")),
        memory_bytes=or_null(count("Its memory; null until a consumer reports it.")),
        memory_limit_bytes=or_null(count("The most memory that it is allowed to use.")),
        last_line=or_null(text("The last line of its output; null until a consumer reports it."))),
    "WorkerList": record("The live consumers.", workers=list_of(named("Worker"))),
    "MachineList": record("The home first; none on SQLite.", machines=list_of(named("Machine"))),
    "Machine": record(
        "A machine that runs jobs.", name=text("Its name."),
        is_home=flag("Whether it is the home."),
        state=text("`works`, or in words why it takes no items now."),
        version=or_null(text("Its version of Bellhop; null before its first start.")),
        queues=list_of(record("A queue that it serves.", name=text("Its name."),
                              workers=count("Workers."),
                              running=count("Workers that run an item."))),
        types=list_of(record("A job type that it has.", type=text("Its name."),
                             problem=or_null(text("Why it runs no items of it.")))),
        consumers=list_of(text(), "Its live consumers."),
        round_trip_ms=or_null(number("Milliseconds to the database and back.")),
        clock_offset_s=or_null(number("Seconds by which its clock is ahead of the database.")),
        warnings=list_of(text(), "Its problems, in words."),
        joined_at=time("When it joined."), seen_at=or_null(time("When it told this."))),
    "Monitor": record(
        "Figures for monitoring.", status=one_of(("ok", "degraded"), "The state of Bellhop."),
        problems=list_of({"type": "string"}, "Problems in words."),
        consumers=count("Live consumers."),
        queue=named("Bell"), disk=record(free_bytes=count("Free space for data."),
                                         database_bytes=count("Size of the database.")),
        queues=map_of(one_of(BACKLOG), "The backlog of each queue."),
        paused=list_of({"type": "string"}, "Paused queues."),
        watches=map_of(record(
            "A watch folder.", waiting=count("Files in it that are not jobs yet."),
            held=or_null(text("Why none of them becomes a job.")),
            problems=list_of(text(), "What is wrong with some of them."),
            more=count("Problems that are not listed."),
        ), "Watch folders, by name."),
        unavailable_types=map_of(text(), "Job types that cannot run, and why."),
        untrusted_proxies=list_of({"type": "string"}, "The first that sent X-Forwarded-For and are "
                                  "not in `[server] trusted_proxy`."),
        cache=named("CacheFigures"),
        postgresql=or_null(named("Server", "The server of the database; null means SQLite."))),
    "Problems": record(
        "What failed in a period and why, and how the job types did.",
        period=one_of(PERIODS, "How far back."),
        **{"from": time("When the period begins.")}, slot_s=count("Seconds in a slot.", 1),
        counted_since=or_null(time("When the oldest counts begin; null before the first.")),
        runs=list_of(record("Items that ended in a slot.", at=time("When it begins."),
                            completed=count("Completed."), failed=count("Failed.")),
                     "Every slot of the period."),
        errors=list_of(named("ErrorGroup"), "The most frequent first, at most 100."),
        more_errors=flag("Whether there are more."),
        behind=list_of(record("A queue that is behind.", queue=text("Its name."),
                              since=time("Since when."),
                              backlog_s=number("Seconds that an item of it may wait."))),
        types=list_of(named("TypeFigures"), "Every job type that ran.")),
    "ErrorGroup": record(
        "Items that failed for the same reason.", type=text("Job type of the items."),
        code=text("Code of the error."),
        reason=text("Where the code is a general one, the message without numbers and quoted "
                    "parts; else empty."),
        count=count("How many.", 1), first_at=time("The first in the period."),
        last_at=time("The last in the period."), message=text("Message of the last."),
        job_id=or_null(text("Job of the last; null if it was deleted.")),
        trend=list_of(count(), "How many in each slot.")),
    "TypeFigures": record(
        "How the items of a job type did.", type=text("Its name."), completed=count("Completed."),
        failed=count("Failed."), **{
            f"{name}_p{percent}_s": or_null(number(f"{words}, {percent}th percentile in seconds."))
            for name, words in (("wait", "From submit to start"), ("run", "From start to end"))
            for percent in (50, 95)},
        peak_bytes=or_null(count("The most memory that one was seen to use.")),
        memory_limit_bytes=or_null(count("What one can use; null without a limit."))),
    "Space": record(
        "What takes room.",
        types=list_of(record(
            "Jobs of a type.", type=text("The job type."), **HELD,
            results_days=number("Days after their end until Bellhop deletes them; 0: never."),
            uploads_days=number("The same of their uploads."),
            next_at=or_null(time("When the next one is old enough; it may be past.")),
            soon_jobs=count("How many of them are old enough within 7 days."),
            soon_bytes=count("Bytes of these.")), "Those that hold most first."),
        owners=list_of(record(
            "Jobs and uploads of an account, as for its quota.", owner=text("The account."),
            **{**HELD, "oldest_at": or_null(time("When the oldest came."))}),
            "Those that hold most first."),
        largest=list_of(record(
            "A job.", job_id=text("Its ID."), name=text("Its name."), type=text("Its job type."),
            owner=text("Its owner."), status=one_of(STATUSES, "Its status."),
            bytes=count("What it holds."), created_at=time("When it came."),
            completed_at=or_null(time("When it ended.")),
            keep=flag("Whether Bellhop never deletes it because of its age.")),
            "The 20 that hold most."),
        installation=or_null(named("InstallationSpace", "Null for users who are no admins."))),
    "InstallationSpace": record(
        "What takes room, without a look at each file.",
        disk=record("The disk of the data folder.", free_bytes=count("Free."),
                    used_bytes=count("Used, by everything."),
                    reserve_bytes=count("`[storage] reserve_mb`.")),
        database_bytes=count("Size of the database."),
        unused_bytes=count("What of it is free for new rows."),
        log_bytes=count("Size of its write-ahead log."),
        jobs_bytes=count("What all jobs hold."),
        uploads=count("Uploads in parts, and files of schedules."),
        uploads_bytes=count("What has arrived of them."),
        other_bytes=count("The rest of the used disk: logs, packages, backups, other programs.")),
    "Server": record(
        "A PostgreSQL server.", address=text("Hosts and name of the database."),
        version=text("Its version."),
        encryption=text("The version of TLS; empty without."),
        round_trip_ms=number("Milliseconds for the shortest statement."),
        free_connections=count("Connections that Bellhop can still open."),
        standby=one_of(MODES, "Which standbys a commit waits for; `missing`: it waits for one that "
                       "is not connected; `unknown`: the role of Bellhop cannot see it."),
        standbys=list_of({"type": "string"}, "Names of these standbys."),
        warnings=list_of({"type": "string"}, "In words, what can lose jobs or is slow."),
        problems=list_of({"type": "string"}, "In words, what stops Bellhop now.")),
}  # fmt: skip
