"""Job types of everybody else."""

from __future__ import annotations

import time
from pathlib import Path

from bellhop import Context, job_type

KEPT: list[str] = []


@job_type(label="Honest", queue="honest", delays_s=[], cache=False)
def honest(text: str, context: Context) -> dict:
    """Keep a text: in memory, in a file and in the log."""
    KEPT.append(f"in memory: {text}")
    (context.output_dir / "kept.txt").write_text(text)
    context.log(text)
    return {"text": text}


@job_type(label="Honest file", queue="honest", delays_s=[], cache=False)
def honest_file(file: Path, context: Context) -> dict:
    (context.output_dir / "kept.txt").write_bytes(file.read_bytes())
    return {"size": file.stat().st_size}


@job_type(label="Busy", queue="attack", delays_s=[], cache=False)
def busy(text: str, context: Context) -> dict:
    """Hold a process for some time."""
    (context.scratch_dir / "held.txt").write_text(text)
    time.sleep(30)
    return {"text": text}
