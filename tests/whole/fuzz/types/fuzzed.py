"""Job types of the fuzz run: they take each kind of input, and none harms whatever it is given."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Le

from bellhop import BadInput, Context, job_type


@job_type(label="Fuzzed file", queue="fuzz", delays_s=[])
def fuzzed_file(
    file: Path,
    context: Context,
    *,
    count: Annotated[int, Ge(1), Le(10)] = 3,
    ratio: float = 0.5,
    sure: bool = False,
    colour: Literal["red", "green"] = "red",
    day: date | None = None,
    tags: list[str] = [],  # noqa: B006 - a default of the form, never changed
    note: str = "",
) -> dict:
    """Write the size of the file into a file, with a parameter of each kind."""
    size = file.stat().st_size
    (context.output_dir / "report.csv").write_text(f"size\n{size}\n")
    context.warn("size", f"It has {size} bytes", "line 1")
    print(context.filename)
    return {"size": size, "name": context.filename}


@job_type(label="Fuzzed files", queue="fuzz", delays_s=[])
def fuzzed_files(files: list[Path], context: Context) -> dict:
    return {"sizes": [path.stat().st_size for path in files]}


@job_type(label="Fuzzed text", queue="fuzz", delays_s=[0])
def fuzzed_text(text: str, context: Context, *, end: str = "") -> dict:
    """Complete, or fail as it is told to."""
    context.progress(50, text)
    if end == "refuse":
        raise BadInput(f"This is no good: {text}")
    if end == "mistake":
        raise RuntimeError(text)
    return {"text": text}


@job_type(label="Fuzzed address", queue="fuzz", delays_s=[])
def fuzzed_url(url: str, context: Context) -> dict:
    """Look at an address, and never ask it for anything."""
    return {"url": url}


@job_type(label="Fuzzed data", queue="fuzz", delays_s=[])
def fuzzed_data(data: dict, context: Context) -> dict:
    return {"keys": sorted(data)}
