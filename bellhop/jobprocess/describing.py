"""What runs in the child that describes a file of job types.

Started by the catalog as the command `describe PATH BOUNDS`: it loads the file, and says on stdout
what types are in it.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bellhop.base import program
from bellhop.catalog import signature, typefiles
from bellhop.catalog.description import DescribedFile, Description, to_json
from bellhop.jobprocess import isolation
from bellhop.jobprocess.runner import start_guard
from bellhop.system import confine, proctree
from bellhop.words import JobType, Secret


def describe(path: str) -> DescribedFile:
    """What a file of job types says of them, or why it cannot be used."""
    try:
        found = typefiles.load(Path(path)).values()
        code = typefiles.code(Path(path))
        types = tuple(_description(t, code=code, missing=_missing(t)) for t in found)
    except SyntaxError as error:
        return DescribedFile((), f"SyntaxError: {error.msg} (line {error.lineno})")
    except BaseException as error:
        return DescribedFile((), f"{type(error).__name__}: {error}")
    return DescribedFile(types, None if types else "the file has no function with @job_type")


def print_description(path: str, bounds: str) -> int:
    """Describe one file to stdout, whatever it prints itself while it is loaded."""
    answer = os.dup(1)
    os.set_inheritable(answer, False)
    proctree.adopt_orphans()  # so that who started it can see them
    start_guard(os.dup(0))
    confine.confine(bounds)
    os.dup2(2, 1)
    isolation.leave_bellhop()
    isolation.make_room_for(Path(path))
    text = to_json(describe(path))
    with os.fdopen(answer, "wb") as file:
        file.write(text)
    return 0


def _description(job_type: JobType, *, code: str, missing: str | None) -> Description:
    """What the web and the consumer need to know of a job type."""
    kind, schema = signature.form(job_type.function)
    cache, delays_s = job_type.cache, job_type.delays_s
    return Description(
        type=job_type.function.__name__,
        label=job_type.label,
        description=_first_paragraph(job_type.function),
        input=kind,
        accepts=tuple(suffix.lower() for suffix in job_type.accepts),
        params=schema,
        queue=job_type.queue,
        timeout_s=job_type.timeout_s,
        memory_mb=job_type.memory_mb,
        delays_s=None if delays_s is None else tuple(delays_s),
        version=str(job_type.version),
        cache=not job_type.network if cache is None else cache,
        network=job_type.network,
        requires=dict(job_type.requires or {}),
        viewer=job_type.viewer,
        hidden=job_type.hidden,
        settings={
            name: "secret" if hint is Secret else "text"
            for name, hint in (job_type.settings or {}).items()
        },
        missing=missing,
        code=code,
    )


def _missing(job_type: JobType) -> str | None:
    for module, extra in (job_type.requires or {}).items():
        if importlib.util.find_spec(module) is None:
            return f"{module} is not installed: {program.pip_line(extra)}"
    return None


def _first_paragraph(function: Callable[..., Any]) -> str:
    return " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
