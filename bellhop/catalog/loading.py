"""How a file of job types is loaded: by the job process that runs one, and to describe it.

A file is loaded by its path under a private module name, so a file of a user can be called like
any module without hiding it.
"""

from __future__ import annotations

import sys
import types
from dataclasses import replace
from pathlib import Path

import bellhop
from bellhop.base import program
from bellhop.words import JobType

# Of the private names of loaded type files.
MODULE_PREFIX = "bellhop_type_"


def read(path: Path) -> bytes:
    """The source of a file."""
    is_packed = program.IS_SINGLE_FILE and path.is_relative_to(program.ROOT)
    return program.asset(f"jobtypes/{path.name}") if is_packed else path.read_bytes()


def module_name(path: Path) -> str:
    """What the module of a file is called."""
    return f"{MODULE_PREFIX}{path.stem}"


def load(path: Path) -> dict[str, JobType]:
    """The job types of one file by name; whatever the file raises passes through."""
    source = read(path)
    # What types said before there was the package, and still may.
    sys.modules["jobtypes"] = bellhop
    module = types.ModuleType(module_name(path))
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    exec(compile(source, str(path), "exec"), module.__dict__)
    found = [(value, getattr(value, "job_type", None)) for value in vars(module).values()]
    # What another decorator made of the function is what its file calls by that name.
    return {
        t.function.__name__: replace(t, function=value)
        for value, t in found
        if isinstance(t, JobType) and t.function.__module__ == module.__name__
    }
