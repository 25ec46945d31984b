"""Job types of an attacker."""

from __future__ import annotations

import _acts
import _changes  # noqa: F401 - they note their probes
import _reach
import _reads  # noqa: F401

from bellhop import Context, job_type


@job_type(label="Probes", queue="attack", delays_s=[], cache=False)
def probes(data: dict, context: Context) -> dict:
    """Try each probe of `names`; say what each said."""
    return _reach.every(data["names"])


@job_type(label="Acts", queue="attack", delays_s=[], cache=False)
def act(data: dict, context: Context) -> object:
    """Do the one act of this `name`."""
    return _acts.ACTS[data["name"]](data, context)


@job_type(label="Brief acts", queue="attack", delays_s=[], cache=False, timeout_s=2)
def brief_act(data: dict, context: Context) -> object:
    return _acts.ACTS[data["name"]](data, context)


@job_type(label="Acts in everybody's queue", queue="honest", delays_s=[], cache=False)
def patch(data: dict, context: Context) -> object:
    return _acts.ACTS[data["name"]](data, context)


@job_type(label="Heavy", queue="attack", delays_s=[], cache=False)
def heavy(text: str, context: Context, *, padding: str = "") -> dict:
    """A result and a file that take long to send."""
    with (context.output_dir / "large.bin").open("wb") as file:
        for _ in range(24):
            file.write(bytes(range(256)) * 4096)
    return {"data": "d" * (4 << 20), "padding": len(padding)}
