"""A job type that looks for what other items left."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from pathlib import Path

from bellhop import Context, job_type

MARK = "sEcReT"


@job_type(label="Spy", queue="honest", delays_s=[], cache=False)
def spy(data: dict, context: Context) -> dict:
    """Every place in which something of another owner holds the mark of a secret."""
    found = []
    for module in list(sys.modules.values()):
        with contextlib.suppress(Exception):
            if MARK in repr(vars(module).get("KEPT")):
                found.append(f"the memory of {module.__name__}")
    for thing in gc.get_objects():
        with contextlib.suppress(Exception):
            if isinstance(thing, dict | list) and len(thing) < 50 and has(thing):
                found.append(f"an object: {thing!r:.80}")
    if MARK in str(dict(os.environ)):
        found.append("the environment")
    found += in_memory()
    data_folder = Path(data["data"])
    places = (data_folder, Path("/dev/shm"), Path("/tmp"), Path("/var/tmp"), context.scratch_dir)
    for place in places:
        found += in_files(place)
    return {"found": found[:20], "pid": os.getpid()}


def has(thing: dict | list) -> bool:
    values = thing.values() if isinstance(thing, dict) else thing
    return any(isinstance(v, str) and v > MARK + "0" and MARK in v for v in values)


def in_memory() -> list[str]:
    """Copies in its own memory, other than of this text."""
    found = []
    wanted = (MARK[:3] + MARK[3:]).encode()
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            start, end = (int(part, 16) for part in span.split("-"))
            if rights.startswith("rw") and end - start < 1 << 28:
                with contextlib.suppress(OSError, ValueError, OverflowError):
                    memory.seek(start)
                    content = memory.read(end - start)
                    at = content.find(wanted)
                    while at >= 0:
                        text = content[at : at + 22].decode("latin-1")
                        if text[6:].isalnum():
                            found.append(f"memory: {text}")
                        at = content.find(wanted, at + 1)
    return sorted(set(found))


def in_files(place: Path) -> list[str]:
    found = []
    for folder, _, names in os.walk(place):
        for name in names:
            path = Path(folder, name)
            with contextlib.suppress(OSError):
                if (
                    path.is_file()
                    and path.stat().st_size < 1 << 20
                    and MARK.encode() in path.read_bytes()
                ):
                    found.append(str(path))
    return found
