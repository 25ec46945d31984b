"""What runs in the child that describes a file of job types.

Started by the catalog as the command `describe PATH BOUNDS`: it loads the file, and says on stdout
what types are in it.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from bellhop.base import program
from bellhop.base.shapes import WrongShape
from bellhop.catalog import loading, sources, typefiles
from bellhop.catalog.description import (
    DescribedFile,
    Description,
    as_text,
    described,
    to_json,
    unknown_type,
)
from bellhop.functions import docstrings, signature
from bellhop.jobprocess import failures, isolation
from bellhop.jobprocess.runner import start_guard
from bellhop.jobprocess.stops import Stop
from bellhop.system import confine, proctree
from bellhop.words import JobType, Secret


def describe(path: str) -> DescribedFile:
    """What a file of job types says of them, or why it cannot be used."""
    try:
        limit_s = _limit_s(Path(path))
        found = loading.load(Path(path))
        code = typefiles.code(Path(path))
    except BaseException as error:
        return DescribedFile((), _why(error))
    types: list[Description] = []
    wrong: dict[str, str] = {}
    for name, job_type in found.items():
        try:
            _require_read(job_type, limit_s)
            types.append(_description(job_type, code))
        except BaseException as error:
            wrong[name] = _why(error)
    if not types:  # who reads this goes on to show what it knew of the file
        reasons = [*wrong.values(), "the file has no function with @job_type"]
        return DescribedFile((), reasons[0])
    types += [replace(unknown_type(n), code=code, missing=reason) for n, reason in wrong.items()]
    return DescribedFile(tuple(types), None)


def _limit_s(path: Path) -> float | None:
    """The time for describing a file that its text asks for; ValueError when that cannot be."""
    if not path.is_file():  # of those in a single file none asks
        return None
    source = sources.of(path)
    if source.wrong:
        raise ValueError(source.wrong)
    return source.limit_s


def _require_read(job_type: JobType, limit_s: float | None) -> None:
    """Raise ValueError for a limit that Bellhop did not find before the file was run."""
    own = job_type.describe_timeout_s
    if own is not None and (limit_s is None or own > limit_s):
        raise ValueError(sources.WRONG_LIMIT)


def _why(error: BaseException) -> str:
    """Why a file or a type cannot be described."""
    if isinstance(error, WrongShape):
        return as_text(f"its description is not valid: {error}")
    return as_text(failures.why_unloaded(error))


def print_description(path: str, bounds: str) -> NoReturn:
    """Describe one file to stdout, whatever it prints itself while it is loaded."""
    # It ends with its parent, and what a stop cut short would be an answer.
    Stop(os.open(os.devnull, os.O_RDONLY))
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
    os._exit(0)  # a thread that the file started, or what it registered, would hold it up


def _description(job_type: JobType, code: str) -> Description:
    """What is known of a job type; raises what says why nobody can use it."""
    found = described({**_members(job_type), "code": code})
    accepts = tuple(suffix.lower() for suffix in found.accepts)
    return replace(found, accepts=accepts, missing=_missing(found.requires))


def _members(job_type: JobType) -> dict[str, object]:
    """What the web and the consumer need to know of a job type, as it says it."""
    found = signature.read(job_type.function)
    # What is given nothing reads a clock, a folder or a service, if anything.
    may_reuse = bool(found.inputs) and not job_type.network
    return {
        "type": job_type.function.__name__,
        "label": job_type.label,
        "description": docstrings.summary(job_type.function),
        "inputs": [vars(each) for each in found.inputs],
        "accepts": job_type.accepts,
        "params": found.schema(),
        "queue": job_type.queue,
        "timeout_s": job_type.timeout_s,
        "memory_mb": job_type.memory_mb,
        "delays_s": job_type.delays_s,
        "version": str(job_type.version),
        "cache": may_reuse if job_type.cache is None else job_type.cache,
        "network": job_type.network,
        "requires": job_type.requires or {},
        "viewer": job_type.viewer,
        "hidden": job_type.hidden,
        "settings": _settings(job_type.settings or {}),
        "missing": None,
    }


def _settings(declared: object) -> object:
    """Whether each setting is a "secret" or "text"."""
    if not isinstance(declared, Mapping):
        return declared
    return {name: "secret" if hint is Secret else "text" for name, hint in declared.items()}


def _missing(requires: Mapping[str, str]) -> str | None:
    for module, extra in requires.items():
        if importlib.util.find_spec(module) is None:
            return f"{module} is not installed: {program.pip_line(extra)}"
    return None
