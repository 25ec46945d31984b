"""The command `try`: run one job type on one input, without server or queue."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bellhop.base.errors import ItemError, Problem, StartRefused, item_error
from bellhop.base.masking import Mask
from bellhop.base.settings import Settings
from bellhop.catalog import params
from bellhop.catalog.catalog import Catalog
from bellhop.jobprocess.process import JobProcess, Outcome
from bellhop.storage.files import Scratch
from bellhop.storage.installation import Installation
from bellhop.system import confine


def run(settings: Settings, name: str, given: str, given_params: Sequence[tuple[str, str]]) -> int:
    """Print the result as JSON; 0 when it completed. Output files stay in a named folder."""
    work = Path(tempfile.mkdtemp(prefix="bellhop-try-"))
    try:
        description = _describe(settings, name, work)
        scratch = Scratch(work / "scratch")
        order = _order(settings, description, given, given_params, scratch)
        bounds = confine.bounds(
            settings, scratch.folder, network=description["network"], is_shared=False
        )
        null = os.open(os.devnull, os.O_RDONLY)
        process = JobProcess("try", scratch, bounds, null)
        limit_s = description["timeout_s"]
        mask = Mask.of_type(description["settings"], order["settings"])
        try:
            outcome = process.run(order, limit_s, _show_progress, _show_printed, lambda: None, mask)
        finally:
            if not process.is_dead:
                process.kill()
        return _report(outcome, scratch.output)
    finally:
        if not any(work.glob("scratch/output/*")):
            shutil.rmtree(work)


def _describe(settings: Settings, name: str, work: Path) -> dict[str, Any]:
    catalog = Catalog(settings, Installation(work, "try", "sqlite", ""))
    catalog.settle()
    types = catalog.types()
    if name not in types:
        raise StartRefused(f"there is no job type {name}; there are {', '.join(sorted(types))}")
    if not types[name]["available"]:
        raise StartRefused(f"{name} is not available: {types[name]['reason']}")
    return types[name]


def _order(
    settings: Settings,
    description: dict[str, Any],
    given: str,
    given_params: Sequence[tuple[str, str]],
    scratch: Scratch,
) -> dict[str, Any]:
    value: Any = given
    kind = description["input"]
    if kind in ("file", "files"):
        if not Path(given).is_file():
            raise StartRefused(f"{given}: there is no such file")
        path = str(Path(given).absolute())
        value = path if kind == "file" else [path]
    elif kind == "data":
        try:
            value = json.loads(given)
        except ValueError as error:
            raise StartRefused(f"{given[:80]}: is not JSON ({error})") from None
    return {
        "of": "try",
        "type": description["type"],
        "path": description["path"],
        "stamp": description["stamp"],
        "input": {kind: value},
        "params": _checked(description, given_params),
        "filename": Path(given).name if kind in ("file", "files") else given[:80],
        "scratch_dir": str(scratch.home),
        "output_dir": str(scratch.output),
        "item_id": "try",
        "attempt": 1,
        "memory_mb": description["memory_mb"],
        "max_file_mb": 0,
        "settings": settings.for_type(description["type"], list(description["settings"])),
    }


def _checked(description: dict[str, Any], given: Sequence[tuple[str, str]]) -> dict[str, Any]:
    texts = params.by_name(given)
    try:
        return params.validated(
            description, {n: params.from_text(description, n, v) for n, v in texts.items()}
        )
    except Problem as problem:
        raise StartRefused(problem.detail) from None


def _show_progress(percent: int, step: str) -> None:
    print(f"{percent:>3}% {step}", file=sys.stderr)


def _show_printed(chunk: bytes) -> None:
    sys.stderr.buffer.write(chunk)
    sys.stderr.flush()


def _report(outcome: Outcome, output: Path) -> int:
    facts = outcome.facts
    if outcome.kind == "completed":
        document = {"data": json.loads(facts["data"]), "warnings": facts["warnings"]}
        print(json.dumps(document, indent=2, ensure_ascii=False))
        if any(output.glob("*")):
            print(f"output files are in {output}", file=sys.stderr)
        return 0
    if outcome.kind in ("bad_input", "unavailable_outside"):
        error = ItemError(**facts["error"])
    elif outcome.kind == "mistake":
        print(facts["traceback"], file=sys.stderr)
        error = replace(item_error(facts["code"], summary=facts["summary"]), hint=None)
    elif outcome.kind == "crashed":
        error = ItemError("process_crashed", f"it ended by {facts['signal']}")
    else:
        error = ItemError(outcome.kind, facts.get("reason", ""))
    print(f"{error.code}: {error.message}", file=sys.stderr)
    if error.hint:
        print(error.hint, file=sys.stderr)
    return 1
