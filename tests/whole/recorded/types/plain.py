"""Job types of the recording that do as they are told."""

import time
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Le

from bellhop import Context, job_type


@job_type(label="Shout", accepts=[".txt"])
def shout(
    text: str,
    context: Context,
    *,
    times: Annotated[int, Ge(1), Le(3)] = 1,
    end: Literal["!", "?"] = "!",
    api_token: str = "",
) -> dict:
    """Give a text back in capitals."""
    context.progress(50, "Shouting")
    context.log(f"heard {text!r}")
    if times > 1:
        context.warn("echo", "It is said more than once.", "line 1")
    return {"said": (text.upper() + end) * times}


@job_type(label="Report", accepts=[".txt", ".csv"])
def report(file: Path, context: Context, *, title: str = "") -> dict:
    """Write two files about a file."""
    words = file.read_text().split()
    (context.output_dir / "words.csv").write_text("word\n" + "".join(f"{w}\n" for w in words))
    folder = context.output_dir / "more"
    folder.mkdir()
    (folder / "größe.txt").write_text(f"{title or context.filename}: {len(words)}\n")
    return {"words": len(words)}


@job_type(label="Bundle")
def bundle(files: list[Path], context: Context) -> dict:
    """Take all files of a job as one item."""
    return {"files": len(files), "bytes": sum(path.stat().st_size for path in files)}


@job_type(label="Look")
def look(url: str, context: Context) -> dict:
    """Say how long an address is; nobody is asked."""
    return {"characters": len(url)}


@job_type(label="Count", queue="parsing")
def count(data: dict, context: Context, *, more: int = 0) -> dict:
    """Count the members of the data; a later step of a chain."""
    context.log(f"{len(data)} members")
    (context.output_dir / "count.txt").write_text(f"{len(data) + more}\n")
    return {"members": len(data) + more}


@job_type(label="Fleeting")
def fleeting(text: str, context: Context) -> dict:
    """Leave a result whose time is over at once, by a setting of the recording."""
    (context.output_dir / "note.txt").write_text(text)
    return {}


@job_type(label="Hold", queue="ai")
def hold(text: str, context: Context) -> dict:
    """Run until it is killed; the second attempt ends at once."""
    if context.attempt == 1:
        context.progress(40, "Holding")
        time.sleep(600)
    return {"text": text}
