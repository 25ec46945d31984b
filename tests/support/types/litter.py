"""Job types that leave in their folders what nobody should trip over."""

import os
import shutil
from pathlib import Path

from bellhop import Context, job_type


def folder_named(name: str, context: Context) -> Path:
    folders = {"output": context.output_dir, "home": context.scratch_dir}
    return folders.get(name, context.scratch_dir.parent)


@job_type(label="Replace", queue="parsing", cache=False)
def replace(text: str, context: Context, *, by: str, outside: str) -> dict:
    """Put something else in the place of the folder `text`."""
    folder = folder_named(text, context)
    os.chdir("/")
    shutil.rmtree(folder)
    if by == "link":
        folder.symlink_to(outside)
    elif by == "pipe":
        os.mkfifo(folder)
    return {}


@job_type(label="Nest", queue="parsing", cache=False)
def nest(text: str, context: Context) -> dict:
    """Make folders in each other, `text` of them."""
    os.chdir(context.scratch_dir)
    for _ in range(int(text)):
        os.mkdir("d")
        os.chdir("d")
    os.chdir("/")
    return {}


@job_type(label="Close", queue="parsing", cache=False)
def close(text: str, context: Context) -> dict:
    """Take all rights from a folder, and leave a file beside the two folders."""
    (context.scratch_dir.parent / "beside").write_text("x")
    folder_named(text, context).chmod(0)
    return {}


@job_type(label="Look", queue="parsing", cache=False)
def look(text: str, context: Context) -> dict:
    """What is there when an attempt begins, and whether its folders can be written to."""
    found = [str(path.name) for path in context.scratch_dir.parent.rglob("*")]
    (context.output_dir / "file").write_text("x")
    (context.scratch_dir / "file").write_text("x")
    return {"found": sorted(found)}
