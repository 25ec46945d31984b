"""The commands that talk to a running Bellhop: submit, jobs, result, cancel, retry, stats.

Exit status: 0 it worked, and with --wait the job completed; 1 Bellhop said no, or the job ended
otherwise; 2 the command was not understood; 130 it was stopped by Ctrl-C, and the job goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from bellhop.base.addresses import API
from bellhop.base.errors import Problem, StartRefused, said_of
from bellhop.base.program import TYPED
from bellhop.base.texts import shown, shown_json
from bellhop.catalog import params
from bellhop.cli import screen
from bellhop.client import FINAL, Bellhop, BellhopError, RequestFailed
from bellhop.functions.signature import FILES
from bellhop.settings.settings import Settings
from bellhop.storage.installation import read_record


def at_home(settings: Settings, kind: type[Bellhop] = Bellhop) -> Bellhop:
    """The Bellhop of `BELLHOP_URL`, else the one that serves the data folder, or its home."""
    recorded = read_record(settings.data_dir)
    url = os.environ.get("BELLHOP_URL") or (recorded and recorded.home)
    if not url:
        try:
            url = (settings.data_dir / "address").read_text()
        except OSError:
            raise StartRefused(
                f"no Bellhop is running on {settings.data_dir}; start it with "
                f"{TYPED}, or set BELLHOP_URL"
            ) from None
    return kind(url, os.environ.get("BELLHOP_TOKEN"))


def run(settings: Settings, given: argparse.Namespace) -> int:
    """One of the commands; its exit status."""
    commands = {
        "submit": _submit,
        "jobs": _jobs,
        "result": _result,
        "cancel": _act,
        "retry": _act,
        "stats": _stats,
    }
    try:
        return commands[given.command](at_home(settings), given)
    except Problem as problem:
        print(f"bellhop: {shown(problem.detail)} ({problem.code})", file=sys.stderr)
    except (BellhopError, ValueError) as error:
        print(f"bellhop: {shown(error)}", file=sys.stderr)
        if isinstance(error, RequestFailed) and error.code == "login-needed":
            said = f"create a token with {TYPED} token add USER, and set BELLHOP_TOKEN to it"
            print(f"bellhop: {said}", file=sys.stderr)
    except BrokenPipeError:  # nobody reads what was printed
        raise
    except OSError as error:
        print(f"bellhop: {shown(said_of(error))}", file=sys.stderr)
    return 1


def _submit(bellhop: Bellhop, given: argparse.Namespace) -> int:
    job = bellhop.create(given.type, **_inputs(bellhop, given), **_options(given))
    if given.wait:
        job = _follow(bellhop, job)
    if given.json:
        _print_json(job)
    else:
        print(job["job_id"] if not given.wait else f"{job['job_id']} {job['status']}")
        if job["error"]:
            print(shown(job["error"]["message"]), file=sys.stderr)
    return 0 if not given.wait or job["status"] == "completed" else 1


def _inputs(bellhop: Bellhop, given: argparse.Namespace) -> dict[str, Any]:
    """What the job works on and with which parameters, typed where JSON needs it."""
    texts = params.by_name(given.param)
    may_name_files = any(text.startswith("@") for each in texts.values() for text in each)
    has_files = bool(given.inputs) and not _is_url(given.inputs[0])
    if has_files and not may_name_files:
        return {"files": given.inputs, "params": texts}
    types = {job_type["type"]: job_type for job_type in bellhop.get(f"{API}/types")["types"]}
    # Of an unknown type the server says which there are.
    job_type = types.get(given.type)
    takes = (
        {each["name"] for each in job_type["inputs"] if each["kind"] in FILES} if job_type else ()
    )
    beside = {n: [text.removeprefix("@") for text in texts.pop(n)] for n in takes if n in texts}
    if has_files or beside:
        return {"files": given.inputs, "beside": beside, "params": texts}
    typed = {}
    if job_type:
        label, schema = job_type["label"], job_type["params"]
        typed = {n: params.from_text(label, schema, n, v) for n, v in texts.items()}
    data = [json.loads(text) for text in given.data]
    return {"urls": given.inputs, "texts": given.text, "data": data, "params": typed}


def _options(given: argparse.Namespace) -> dict[str, Any]:
    return {
        "priority": given.priority,
        "run_at": given.run_at,
        "then": [{"type": name} for name in given.then] or None,
        "depends_on": given.after or None,
        "use_cache": False if given.run_anyway else None,
    }


def _is_url(text: str) -> bool:
    return bool(re.match(r"https?://", text))


def _follow(bellhop: Bellhop, job: dict[str, Any]) -> dict[str, Any]:
    """Show the job until it is final."""
    try:
        for state in bellhop.follow(job["job_id"]):
            _show_progress(state)
    except KeyboardInterrupt:
        print(f"\nthe job keeps running: {TYPED} result {job['job_id']}", file=sys.stderr)
        raise
    return state


def _show_progress(job: dict[str, Any]) -> None:
    if not sys.stderr.isatty():
        return
    waits = job["waiting_for"] and f"waiting: {job['waiting_for']}"
    what = job["current_step"] or waits or job["status"]
    left = f", about {job['eta_s']} s left" if job["eta_s"] else ""
    end = "\n" if job["status"] in FINAL else ""
    line = screen.bar(job["progress"], f"{shown(what)}{left}")
    print(f"{screen.CLEAR}{line}", end=end, file=sys.stderr, flush=True)


def _jobs(bellhop: Bellhop, given: argparse.Namespace) -> int:
    wanted = {"status": given.status, "type": given.type, "q": given.search}
    jobs = list(bellhop.jobs(limit=given.limit, **wanted))
    if given.json:
        _print_json(jobs)
        return 0
    for job in jobs:
        line = (job["job_id"], f"{job['status']:<9}", f"{job['progress']:>3}%", job["type"])
        print(*line, shown(job["name"]), sep="  ")
    return 0


def _result(bellhop: Bellhop, given: argparse.Namespace) -> int:
    if given.files is None:
        _print_json(bellhop.result(given.job_id))
        return 0
    saved = bellhop.download(given.job_id, Path(given.files), overwrite=given.force)
    if given.json:
        _print_json([str(path) for path in saved])
    else:
        for path in saved:
            print(shown(path))
    return 0


def _act(bellhop: Bellhop, given: argparse.Namespace) -> int:
    """Cancel or retry."""
    job = getattr(bellhop, given.command)(given.job_id)
    if given.json:
        _print_json(job)
    else:
        print(job["job_id"], job["status"])
    return 0


def _stats(bellhop: Bellhop, given: argparse.Namespace) -> int:
    stats = bellhop.stats()
    if given.json:
        _print_json(stats)
        return 0
    counts = ", ".join(f"{count} {status}" for status, count in stats["by_status"].items() if count)
    print(f"{stats['total']} jobs: {counts or 'none yet'}")
    for name, by_status in stats["by_type"].items():
        counts = ", ".join(f"{count} {status}" for status, count in by_status.items())
        took = stats["durations"].get(name)  # of a type that never completed there is none
        pace = took and f"; {took['median_s']:.1f} s median, {took['longest_s']:.1f} s at most"
        print(f"  {name}: {counts}{pace or ''}")
    cache = stats["cache"]
    print(f"saved results: {cache['entries']}, reused {cache['hits']} times")
    return 0


def _print_json(document: Any) -> None:
    print(shown_json(document))
