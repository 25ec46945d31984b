"""The command `try`: run one job type on what is given, without server or queue."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bellhop.accounts.access import LOCAL
from bellhop.base.errors import ItemError, StartRefused
from bellhop.base.masking import Mask
from bellhop.base.texts import shown, shown_json, shown_lines
from bellhop.catalog.catalog import Catalog
from bellhop.catalog.description import KnownType
from bellhop.cli import trygiven
from bellhop.cli.screen import Screen
from bellhop.cli.trygiven import Given, Item
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
from bellhop.settings.settings import Settings
from bellhop.storage.files import Scratch
from bellhop.storage.installation import Installation
from bellhop.stores.folders import remove_tree
from bellhop.system import confine, temporary


def run(
    settings: Settings, name: str, inputs: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> int:
    """Run a type on each input and print each result as JSON; 0 when all completed.

    `pairs` are the parameters, and files by the names of further inputs. Output files stay in a
    folder that is named.
    """
    temporary.settle(settings.data_dir)
    work = Path(tempfile.mkdtemp(prefix="bellhop-try-"))
    try:
        job_type = _find(settings, name, work)
        given = trygiven.read(job_type, inputs, pairs)
        trial = _Trial(settings, job_type, given)
        scratches = (Scratch(work / f"scratch-{number}") for number in range(len(given.items)))
        return max(map(trial.run, given.items, scratches))
    finally:
        if not any(work.glob("scratch-*/output/*")):
            remove_tree(work)


def _find(settings: Settings, name: str, work: Path) -> KnownType:
    """The type of a name; of a name that no file seems to have, all files are asked."""
    types: dict[str, KnownType] = {}
    (work / "incoming").mkdir()  # as a data folder has
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


@dataclass(frozen=True)
class _Trial:
    """A type with what it is given, to run on one item after the other."""

    settings: Settings
    job_type: KnownType
    given: Given

    def run(self, item: Item, scratch: Scratch) -> int:
        """Print what comes of an item; 0 when it completed."""
        name = item.filename if len(self.given.items) > 1 else ""
        screen = Screen(name)
        try:
            outcome = self._outcome(self._order(item, scratch), scratch, screen)
        finally:
            screen.close()
        return _report(outcome, scratch.output, name)

    def _order(self, item: Item, scratch: Scratch) -> Order:
        return order_for(
            self.settings,
            self.job_type,
            scratch,
            item_id="try",
            attempt=1,
            kind="none" if item.value is None else self.job_type.input,
            value=item.value,
            beside=self.given.beside,
            params=self.given.params,
            filename=item.filename,
            free_bytes=scratch.free_bytes(),
        )

    def _outcome(self, order: Order, scratch: Scratch, screen: Screen) -> Outcome:
        network, queue = self.job_type.network, self.job_type.queue
        writable = (scratch.home, scratch.output)
        bounds = confine.bounds(
            self.settings, readable=(), writable=writable, is_shared=False, network=network
        )
        null = os.open(os.devnull, os.O_RDONLY)
        kind = ProcessKind.of(self.job_type, queue, LOCAL, is_shared=False)
        process = JobProcess(kind, scratch, bounds, null, threading.Event())
        mask = Mask.of_type(self.job_type.settings, order.settings)
        try:
            listener = Listener(screen.progress, screen.partial, screen.printed)
            return process.run(order, listener, lambda: None, mask)
        finally:
            if not process.is_dead:
                process.kill()
            os.close(null)


def _report(outcome: Outcome, output: Path, name: str = "") -> int:
    """Print how an attempt ended; 0 when it completed.

    `name` is of one item of several: then its document is one line, as that of each is.
    """
    document: dict[str, Any] = {"input": name} if name else {}
    if isinstance(outcome, Completed):
        document |= {"data": json.loads(outcome.data), "warnings": outcome.warnings}
        print(shown_json(document, None if name else 2), flush=True)
        if any(output.glob("*")):
            print(f"output files are in {output}", file=sys.stderr)
        return 0
    error = _error(outcome)
    if name:
        document["error"] = {"code": error.code, "message": error.message}
        print(shown_json(document, None), flush=True)
    _explain(error, f"{shown(name)}: " if name else "")
    return 1


def _explain(error: ItemError, name: str) -> None:
    if error.traceback:
        print(shown_lines(error.traceback), file=sys.stderr)
        error = replace(error, hint=None)  # it says where the traceback is
    print(f"{name}{error.code}: {shown_lines(error.message)}", file=sys.stderr)
    if error.hint:
        print(shown_lines(error.hint), file=sys.stderr)


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
