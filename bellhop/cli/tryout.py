"""The command `try`: run one job type on one input, without server or queue."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bellhop.accounts.access import LOCAL
from bellhop.base.errors import ItemError, Problem, StartRefused
from bellhop.base.masking import Mask
from bellhop.base.settings import Settings
from bellhop.base.texts import as_typed, shown, shown_json, shown_lines
from bellhop.catalog import params
from bellhop.catalog.catalog import Catalog
from bellhop.catalog.description import KnownType
from bellhop.jobprocess.order import Order, order_for
from bellhop.jobprocess.outcome import (
    Cancelled,
    Completed,
    Crashed,
    Failed,
    Incomplete,
    Interrupted,
    Later,
    Outcome,
)
from bellhop.jobprocess.process import JobProcess, Listener, ProcessKind
from bellhop.storage.files import Scratch
from bellhop.storage.folders import remove_tree
from bellhop.storage.installation import Installation
from bellhop.system import confine, temporary


def run(settings: Settings, name: str, given: str, given_params: Sequence[tuple[str, str]]) -> int:
    """Print the result as JSON; 0 when it completed. Output files stay in a named folder."""
    temporary.settle(settings.data_dir)
    work = Path(tempfile.mkdtemp(prefix="bellhop-try-"))
    try:
        job_type = _find(settings, name, work)
        scratch = Scratch(work / "scratch")
        order = _order(settings, job_type, given, given_params, scratch)
        bounds = confine.bounds(
            settings,
            readable=(),
            writable=(scratch.home, scratch.output),
            is_shared=False,
            network=job_type.network,
        )
        null = os.open(os.devnull, os.O_RDONLY)
        kind = ProcessKind.of(job_type, job_type.queue, LOCAL, is_shared=False)
        process = JobProcess(kind, scratch, bounds, null, threading.Event())
        mask = Mask.of_type(job_type.settings, order.settings)
        try:
            listener = Listener(_show_progress, _show_partial, _show_printed)
            outcome = process.run(order, listener, lambda: None, mask)
        finally:
            if not process.is_dead:
                process.kill()
        return _report(outcome, scratch.output)
    finally:
        if not any(work.glob("scratch/output/*")):
            remove_tree(work)


def _find(settings: Settings, name: str, work: Path) -> KnownType:
    """The type of a name; of a name that no file seems to have, all files are asked."""
    types: dict[str, KnownType] = {}
    for only in (name, None):
        if name not in types:
            catalog = Catalog(settings, Installation(work, "try", "sqlite", ""), only)
            catalog.settle()
            types = catalog.types()
    if name not in types:
        raise StartRefused(f"there is no job type {name}; there are {', '.join(sorted(types))}")
    if not types[name].available:
        raise StartRefused(f"{name} is not available: {types[name].reason}")
    return types[name]


def _order(
    settings: Settings,
    job_type: KnownType,
    given: str,
    given_params: Sequence[tuple[str, str]],
    scratch: Scratch,
) -> Order:
    is_file = job_type.input in ("file", "files")
    return order_for(
        settings,
        job_type,
        scratch,
        item_id="try",
        attempt=1,
        value=_value(job_type, given),
        beside={},
        params=_checked(job_type, given_params),
        filename=as_typed(Path(given).name if is_file else given[:80]),
        free_bytes=scratch.free_bytes(),
    )


def _value(job_type: KnownType, given: str) -> Any:
    """What was given, as the type takes it."""
    if job_type.input in ("file", "files"):
        if not Path(given).is_file():
            raise StartRefused(f"{given}: there is no such file")
        path = as_typed(str(Path(given).absolute()))
        return path if job_type.input == "file" else [path]
    if job_type.input == "data":
        try:
            return json.loads(as_typed(given))
        except ValueError as error:
            raise StartRefused(f"{given[:80]} is not JSON ({error})") from None
    return as_typed(given)


def _checked(job_type: KnownType, given: Sequence[tuple[str, str]]) -> dict[str, Any]:
    texts, label, schema = params.by_name(given), job_type.label, job_type.params
    try:
        typed = {n: params.from_text(label, schema, n, v) for n, v in texts.items()}
        return params.validated(job_type, typed)
    except Problem as problem:
        raise StartRefused(problem.detail) from None


def _show_progress(percent: int, step: str) -> None:
    print(f"{percent:>3}% {shown(step)}", file=sys.stderr)


def _show_partial(data: str) -> None:
    print(shown_json(json.loads(data)), file=sys.stderr)


def _show_printed(chunk: bytes) -> None:
    print(shown_lines(chunk.decode(errors="backslashreplace")), end="", file=sys.stderr, flush=True)


def _report(outcome: Outcome, output: Path) -> int:
    if isinstance(outcome, Completed):
        document = {"data": json.loads(outcome.data), "warnings": outcome.warnings}
        print(shown_json(document))
        if any(output.glob("*")):
            print(f"output files are in {output}", file=sys.stderr)
        return 0
    error = _error(outcome)
    if error.traceback:
        print(shown_lines(error.traceback), file=sys.stderr)
        error = replace(error, hint=None)  # it says where the traceback is
    print(f"{error.code}: {shown_lines(error.message)}", file=sys.stderr)
    if error.hint:
        print(shown_lines(error.hint), file=sys.stderr)
    return 1


def _error(outcome: Incomplete) -> ItemError:
    """What is said of an attempt that did not complete; here it is the only one."""
    match outcome:
        case Failed():
            return outcome.error
        case Later():
            return ItemError(outcome.kind, outcome.reason)
        case Crashed():
            return ItemError("process_crashed", f"the program crashed ({outcome.signal})")
        case Cancelled() | Interrupted():  # nobody is there to ask for it
            return ItemError(outcome.kind, "Bellhop stopped it")
