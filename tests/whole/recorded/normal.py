"""What differs from one run to the next, replaced by what it is: `<time>`, `<token>`, `{shout}`."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from tests.support.places import ROOT
from tests.support.running import FINAL
from tests.whole.recorded.caller import Answer, Caller, Exchange

# Headers that mean something to a client, beside those that stand on every answer.
HEADERS = (
    "content-type", "location", "link", "retry-after", "allow", "etag", "www-authenticate",
    "content-disposition", "content-range", "set-cookie", "preference-applied",
    "idempotency-replayed", "upload-offset", "upload-length",
)  # fmt: skip
USUAL = (
    "cache-control", "content-security-policy", "cross-origin-opener-policy",
    "cross-origin-resource-policy", "permissions-policy", "referrer-policy",
    "strict-transport-security", "x-content-type-options", "x-frame-options",
)  # fmt: skip
EVERY_ANSWER = "headers of every answer"
# Job types of the recording; of others only the name is told.
OWN = ("shout", "report", "bundle", "look", "count", "fleeting", "hold", "picky", "mistake",
       "later", "needs")  # fmt: skip
PATTERNS = [
    (re.compile(pattern), words)
    for pattern, words in (
        (r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
        (r"\b\d\d:\d\d:\d\dZ", "<clock>"),
        (r"\b20\d\d-\d\d-\d\d at \d\d:\d\dZ", "<time>"),
        (r"\b[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}\b", "<recovery code>"),
        (r"\b[0-9a-f]{20}\b", "<job>"),
        (r'"[0-9a-f]{32}"', '"<tag>"'),
        (r'"[0-9a-f]+-[0-9a-f]+"', '"<tag of a file>"'),
        (r"\bmsg_[0-9a-f]{24}\b", "<message>"),
        (r"\bbellhop_session=[\w-]{43}", "bellhop_session=<secret>"),
        (r"\bbellhop_[\w-]{43}", "<token>"),
        (r"\bwhsec_[\w+/]{43}=", "<secret>"),
        (r"#[\w-]{43}\b", "#<secret>"),
        (r"\bsecret=[A-Z2-7]{16,}", "secret=<secret>"),
        (r"\bcursor=[\w-]+", "cursor=<cursor>"),
    )
]
# Members whose value, where there is one, is another in each run.
VARYING = {
    "change": "<number>", "latest": "<number>", "pid": "<number>",
    "median_s": "<seconds>", "p90_s": "<seconds>", "longest_s": "<seconds>",
    "oldest_age_s": "<seconds>", "elapsed_s": "<seconds>",
    "run_p50_s": "<seconds>", "run_p95_s": "<seconds>",
    "wait_p50_s": "<seconds>", "wait_p95_s": "<seconds>",
    "in_per_minute": "<number>", "out_per_minute": "<number>",
    "free_bytes": "<bytes>", "database_bytes": "<bytes>",
    "consumer": "<consumer>", "worker": "<worker>", "next": "<cursor>", "cursor": "<cursor>",
    "version": "<version>", "secret": "<secret>", "qr": "<image>",
}  # fmt: skip
# Members that tell how far something has come.
MOVING = (
    "attempt", "cached", "change", "completed_at", "completed_items", "current_step", "depth",
    "error", "eta_s", "expires_at", "failed_items", "oldest_age_s", "pending", "position",
    "progress", "running", "started_at", "status", "waiting_for",
)  # fmt: skip
LIVE = ("done_at", "keeps_up", "last_line", "memory_bytes", "memory_limit_bytes", "peak_bytes")
FIGURE = re.compile(r"^(bellhop_(?:disk_free|database)_bytes|\w+_age_seconds\{.*\}) \S+$")
# Samples that differ in every run, and those that are 0 from the start: the family alone is told.
UNSTEADY = re.compile(
    r"process_|bellhop_(?:http|job_wait|job_run|item_run|consumer|build)_"
    r"|bellhop_\w+_total.* 0\.0$"
    r"|bellhop_(?:workers_busy|disk_used_bytes|database_wal_bytes|stored_bytes|cache_bytes)"
)
# Of what is read by browsers only, the kind is told: the words may change.
FOR_BROWSERS = ("text/html", "text/javascript", "text/css", "image/svg+xml")
# A name that is shorter could stand in an answer by chance.
SHORTEST_NAME = 20


def recorded(caller: Caller) -> dict[str, Any]:
    """All that a caller was answered, as it is kept in a file."""
    first = next(exchange for group in caller.groups.values() for exchange in group)
    usual, names = _usual(first.answer), _names(caller)
    groups = {
        name: [{**exchange.request, **_answer(exchange, names, usual)} for exchange in group]
        for name, group in caller.groups.items()
    }
    return {EVERY_ANSWER: usual, "groups": groups}


def _names(caller: Caller) -> dict[str, str]:
    """What stands for each value that only this run knows."""
    names = {value: f"{{{name}}}" for name, value in caller.names.items()}
    names |= {str(caller.bellhop.data): "<data>", caller.bellhop.url: "<address>"}
    names |= {str(ROOT): "<program>"}
    return {value: words for value, words in names.items() if len(value) >= SHORTEST_NAME}


def _answer(exchange: Exchange, names: dict[str, str], usual: dict[str, str]) -> dict[str, Any]:
    answer = exchange.answer
    if exchange.is_brief:
        code = answer.json["code"] if "problem" in answer.header("content-type") else ""
        where = _text(answer.header("location"), names)
        return {"answer": f"{answer.status} {code or where}".strip()}
    headers = {name: _text(value, names) for name in HEADERS if (value := answer.header(name))}
    body = _body(answer, names)
    if exchange.moves and answer.status < 400:
        body = {name: "<moving>" if name in MOVING else body[name] for name in body}
    if answer.status == 429 and body["code"] == "too-many-requests":
        headers["retry-after"] = "<seconds>"
    own = _usual(answer)
    other = {n: own.get(n) for n in USUAL if own.get(n) != usual.get(n)}
    return {
        "status": answer.status,
        "headers": headers,
        **({EVERY_ANSWER: other} if other else {}),
        **({} if body is None else {"answer": body}),
    }


def _usual(answer: Answer) -> dict[str, str]:
    return {name: value for name in USUAL if (value := answer.header(name))}


def _body(answer: Answer, names: dict[str, str]) -> Any:
    """A body as it is kept: JSON, or the lines of a text; None where there is none to keep."""
    kind = answer.header("content-type").partition(";")[0]
    if not answer.body or kind in FOR_BROWSERS:
        return None
    if kind.endswith("json"):
        return _value("", answer.json, names)
    if kind.endswith("zip"):
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            return {name: archive.read(name).decode().splitlines() for name in archive.namelist()}
    lines = [line for line in answer.body.decode().splitlines() if not UNSTEADY.match(line)]
    return [FIGURE.sub(r"\1 <number>", _text(line, names)) for line in lines]


def _value(key: str, value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return _members(value, names)
    if isinstance(value, list):
        return [_value("", each, names) for each in value]
    if value is not None and key in VARYING:
        return VARYING[key]
    if key == "traceback" and value:
        value = value.strip().splitlines()[-1]
    return _text(value, names) if isinstance(value, str) else value


def _members(given: dict[str, Any], names: dict[str, str]) -> Any:
    if "openapi" in given:
        return {"openapi": given["openapi"], "operations": _operations(given["paths"])}
    if "accepts" in given and given["type"] not in OWN:
        return given["type"]
    found = {name: _value(name, given[name], names) for name in sorted(given)}
    if "eta_s" in found and found["status"] not in FINAL:
        found["eta_s"] = "<seconds or null>"  # whether it is known depends on what was looked at
    # Whether it is known depends on when a consumer last told.
    found |= {name: "<live, or null>" for name in LIVE if name in found}
    if found.get("postgresql"):  # tests/whole/test_postgresql_condition.py tells what it says
        found["postgresql"] = None
    if "durations" in found:
        measured = found["durations"]
        found["durations"] = {name: dict.fromkeys(measured[name], "<number>") for name in measured}
    if "trend" in found:
        found["trend"] = _at_the_end(found["trend"])
    if "runs" in found and "slot_s" in found:
        counts = {name: [run[name] for run in found["runs"]] for name in ("completed", "failed")}
        ends = {name: _at_the_end(counts[name]) for name in counts}
        found["runs"] = [
            {**run, **{name: ends[name][place] for name in ends}}
            for place, run in enumerate(found["runs"])
        ]
    if "unavailable_types" in found:
        types = found["unavailable_types"]
        found["unavailable_types"] = {name: types[name] for name in types if name in OWN}
    return found


def _at_the_end(counts: list[int]) -> list[int]:
    """Counts of slots of time as if all had come in the last: a slot may end in the middle."""
    return [0] * (len(counts) - 1) + [sum(counts)]


def _operations(paths: dict[str, Any]) -> list[str]:
    """What an OpenAPI document tells of, as `GET /path`."""
    return sorted(f"{method.upper()} {path}" for path in paths for method in paths[path])


def _text(text: str, names: dict[str, str]) -> str:
    for value, words in names.items():
        text = text.replace(value, words)
    for pattern, words in PATTERNS:
        text = pattern.sub(words, text)
    return text
