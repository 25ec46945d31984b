"""A job type that looks for what other items left."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from bellhop import Context, job_type

MARK = "sEcReT"
MOST_BYTES = 1 << 20


@job_type(label="Spy", queue="honest", delays_s=[], cache=False)
def spy(data: dict, context: Context) -> dict:
    """Each place that holds the mark of a secret, with the text that begins with it."""
    places = [*in_modules(), ("the environment", str(dict(os.environ))), *in_memory()]
    for folder in (data["data"], "/dev/shm", context.scratch_dir):
        places += [file for found, _, names in os.walk(folder) for file in files(found, names)]
    for folder in ("/tmp", "/var/tmp"):
        with contextlib.suppress(PermissionError):
            places += files(folder, os.listdir(folder))
    found = {f"{where}: {text}" for where, text in places for text in marked(text)}
    return {"found": sorted(found)[:200], "pid": os.getpid()}


def marked(text: str) -> list[str]:
    return re.findall(rf"{MARK}\w{{16}}", text)


def in_modules() -> Iterator[tuple[str, str]]:
    """What types remember from item to item."""
    for module in list(sys.modules.values()):
        with contextlib.suppress(Exception):
            yield f"the memory of {module.__name__}", repr(vars(module).get("KEPT"))


def in_memory() -> Iterator[tuple[str, str]]:
    """Everything that the process may write to."""
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            start, end = (int(part, 16) for part in span.split("-"))
            if rights.startswith("rw") and end - start < 1 << 28:
                with contextlib.suppress(OSError, ValueError, OverflowError):
                    memory.seek(start)
                    yield "memory", memory.read(end - start).decode("latin-1")


def files(folder: str, names: list[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        path = Path(folder, name)
        with contextlib.suppress(OSError):
            if path.is_file() and path.stat().st_size < MOST_BYTES:
                yield str(path), path.read_bytes().decode("latin-1")
