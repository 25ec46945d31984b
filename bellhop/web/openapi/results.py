"""What the OpenAPI document says of results: the routes, and the schemas of items and events."""

from __future__ import annotations

from bellhop.jobs.lifecycle import MOVES
from bellhop.web import media_types
from bellhop.web.openapi.operation import (
    BYTES,
    JOB,
    NO_FILE,
    NO_JOB,
    TEXT,
    UNCHANGED,
    ZIP,
    Answer,
    Route,
    shows,
)
from bellhop.web.openapi.schemas import (
    ATTEMPT,
    INDEX,
    NEXT,
    STATUS,
    STEP_NUMBER,
    Schema,
    count,
    flag,
    list_of,
    map_of,
    named,
    one_of,
    or_null,
    record,
    text,
    time,
)

ANY: Schema = {"description": "Any JSON: what the job type returned."}
GIVEN = {
    "data": ANY,
    "files": list_of(named("File")),
    "warnings": list_of(named("Warning")),
    "error": or_null(named("Error", "Why the item failed or runs again.")),
}
EVENT = record(
    "One move of an item, or of the job when `item` is null.",
    at=time("Time of the event."),
    item=or_null(INDEX),
    step=or_null(STEP_NUMBER),
    attempt=or_null(ATTEMPT),
    move=one_of([*MOVES, "cancel_asked"], "The move."),
    code=or_null(text("The code of the error.")),
    text=or_null(text("The error in words.")),
    traceback=or_null(text("With `include=traceback`: the traceback of an unexpected error.")),
)
EVENT["required"].remove("traceback")
RESULT_SCHEMAS: dict[str, Schema] = {
    "Error": record("What went wrong; with `failures` and `retry_at` until the end.",
                    needs=("code", "message", "hint"), message=text("For the user."),
                    code=text("A stable code: kebab-case for a job, snake_case for an item."),
                    hint=or_null(text("What the user can do about it.")),
                    failures=count("Failed attempts."), retry_at=or_null(time("The next one.")),
                    data=map_of({}, "What the job type says for its viewer; only of an item."),
                    reasons=list_of(record(
                        "A reason.", code=text("Its code."), message=text("The first message."),
                        count=count("Items.", 1)), "Of a failed job with several failed items: "
                        "the most frequent reasons.")),
    "ReasonList": record("Why items failed.", reasons=list_of(record(
        "A reason.", code=text("Its code."), message=text("That of the first item."),
        hint=or_null(text("What the user can do about it.")), items=list_of(INDEX, "The items."),
        filenames=list_of({"type": "string"}, "Files, URLs or texts of the first ten.")))),
    "Item": record(
        "An item of a job in one step.", index=INDEX, step=STEP_NUMBER,
        filename=text("The file, URL or text."), type=text("The job type."),
        queue=text("The queue."), status=STATUS, progress=count("Percent.", 0, 100),
        current_step=or_null(text("The current step of the work.")), attempt=ATTEMPT,
        cached=flag("Bellhop reused an earlier result."),
        cached_from=or_null(text("The job with that result.")), **GIVEN,
        input=or_null(named("Input", "The file, text or data of the item. null for a URL, nothing "
                            "or several files, in a later step, once Bellhop has deleted it, and "
                            "if you may not read it."))),
    "ItemPage": record("A page of items.", items=list_of(named("Item")), next=NEXT),
    "ResultItem": record("The result of an item.", index=INDEX, step=STEP_NUMBER, status=STATUS,
                         type=text("The job type."), filename=text("The file, URL or text."),
                         **GIVEN),
    "ResultPage": record("A page of results.", job_id=text("The job."), type=text("The job type."),
                         items=list_of(named("ResultItem")), next=NEXT),
    "File": record("An output file.", name=text("Its path and name."),
                   size=count("Bytes."), url=text("URL of the file.", format="uri-reference")),
    "Input": record("What an item was given.", filename=text("Its name."), size=count("Bytes."),
                    url=text("URL of the file.", format="uri-reference")),
    "Warning": record("A warning.", code=text("A stable code."), message=text("The text."),
                      where=or_null(text("The row, page or cell."))),
    "Event": EVENT,
    "EventPage": record("A page of the timeline.", events=list_of(named("Event")), next=NEXT),
}  # fmt: skip

SHOWN: dict[str, Schema] = {media_type: {} for media_type in (BYTES, *media_types.ALL)}
FILE = {
    200: Answer("The file.", SHOWN, ("Content-Disposition", "ETag")),
    206: Answer("The part that Range names.", SHOWN,
                ("Content-Disposition", "ETag", "Content-Range")),
    **UNCHANGED,
}  # fmt: skip
DOWNLOAD = {
    status: Answer(answer.words, {BYTES: {}} if answer.content else {}, answer.headers)
    for status, answer in FILE.items()
}

RESULTS: dict[str, tuple[str, tuple[Route, ...]]] = {
    "Results": ("Read results, items and events.", (
        Route("GET", f"{JOB}/result", name="getResult", summary="Get the result of a job",
              words="Available when the job is final and an item has completed. For a chain, the "
              "result of the last step.",
              parameters=("job_id", "limit_200", "cursor"),
              answers=shows("ResultPage", "A page of results.", "Link"),
              problems=(*NO_JOB, "job-not-finished", "job-failed", "job-cancelled",
                        "invalid-parameter")),
        Route("GET", f"{JOB}/result.csv", name="getTable",
              summary="Download the data of all items as a table",
              words="CSV with a row for each item, or for each entry of a list of objects. Members "
              "of objects are columns such as `total.net`, lists are JSON. A text that a "
              "spreadsheet takes for a formula begins with an apostrophe.",
              parameters=("job_id", "range", "if_range", "if_none_match", "if_modified_since"),
              answers=DOWNLOAD,
              problems=(*NO_FILE, "job-not-finished", "job-failed", "job-cancelled")),
        Route("GET", f"{JOB}/files.zip", name="getFiles", summary="Download all output files",
              words="A zip with a folder for each item, if there are several.",
              parameters=("job_id",),
              answers={200: Answer("The files.", {ZIP: {}}, ("Content-Disposition",))},
              problems=(*NO_JOB, "unreadable", "job-not-finished", "job-failed", "job-cancelled")),
        Route("GET", f"{JOB}/items", name="listItems", summary="List the items of a job",
              words="Each item with its state, and every step of a chain, even while it runs.",
              parameters=("job_id", "status", "limit_200", "cursor"),
              answers=shows("ItemPage", "A page of items.", "Link"),
              problems=(*NO_JOB, "invalid-parameter")),
        Route("GET", f"{JOB}/reasons", name="listReasons", summary="List why items failed",
              words="Each reason once, the most frequent first. Items with the same code failed "
              "for the same reason; where the code is general, such as `bad_input`, those with "
              "the same message except for numbers and quoted text.",
              parameters=("job_id",), answers=shows("ReasonList", "The reasons."),
              problems=NO_JOB),
        Route("GET", f"{JOB}/events", name="listEvents", summary="Show the timeline of a job",
              words="Each move of its items, in order.",
              parameters=("job_id", "include_traceback", "limit_200", "cursor"),
              answers=shows("EventPage", "A page of events.", "Link"),
              problems=(*NO_JOB, "invalid-parameter")),
        Route("GET", f"{JOB}/items/{{index}}/files/{{name}}", name="getFile",
              summary="Download an output file",
              words="A file of the last step of a chain, or of `step`.",
              parameters=("job_id", "index", "file", "step", "range", "if_range",
                          "if_none_match", "if_modified_since", "view"),
              answers=FILE, problems=(*NO_FILE, "invalid-parameter")),
        Route("GET", f"{JOB}/items/{{index}}/input", name="getInput",
              summary="Download the input of an item",
              words="The file that was uploaded, until Bellhop deletes the uploads of the job; a "
              "text or data as a file.",
              parameters=("job_id", "index", "range", "if_range", "if_none_match",
                          "if_modified_since", "view"),
              answers=FILE, problems=(*NO_FILE, "invalid-parameter")),
        Route("GET", f"{JOB}/items/{{index}}/log", name="getLog",
              summary="Read the output of an item",
              words="At most 256 KiB and one line; of the latest attempt, or of `attempt`.",
              parameters=("job_id", "index", "step", "attempt"),
              answers={200: Answer("The output.", {TEXT: {"type": "string"}})},
              problems=(*NO_JOB, "invalid-parameter")),
    )),
}  # fmt: skip
