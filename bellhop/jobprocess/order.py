"""The order to a job process: what it shall run, on what, and within which limits.

Made here for the workers of a consumer and for `try`, so that a type that was tried gets the same
settings and limits when it runs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bellhop.base.times import clock_offset_s
from bellhop.base.units import MEBIBYTE

if TYPE_CHECKING:  # a job process, which makes no orders, shall start quickly
    from bellhop.catalog.description import KnownType
    from bellhop.catalog.typefiles import Stamp
    from bellhop.settings.settings import Settings
    from bellhop.storage.files import Scratch

# What a job may write even when the disk has less left beside the reserve.
LEAST_FILE_MB = 64
# The frame that asks an attempt to end by itself.
CANCEL = {"cancel": True}


@dataclass(frozen=True, kw_only=True)
class Order:
    """One attempt at one item.

    `kind` is that of the item, "none" without one. `value` is the item as its kind has it: for
    files their paths, which the process may read; None without one. `beside` are the paths for
    each other input. `settings` are the type's own. A `memory_mb` of 0 is no limit. While the
    disk has `least_free_mb` left, the attempt has not written too much.
    """

    type: str
    path: str
    stamp: Stamp
    kind: str
    value: Any
    beside: Mapping[str, Sequence[str]]
    params: Mapping[str, Any]
    filename: str
    scratch_dir: str
    output_dir: str
    item_id: str
    attempt: int
    timeout_s: float
    memory_mb: int
    max_file_mb: int
    least_free_mb: int
    settings: Mapping[str, str | None]

    @property
    def of(self) -> str:
        """What names the attempt in each frame about it."""
        return f"{self.item_id}-{self.attempt}"


def frame_of(orders: Sequence[Order]) -> dict[str, Any]:
    """The frame that hands over orders: the first for now, the others ahead."""
    return {"orders": [vars(order) for order in orders]}


def orders_in(frame: Mapping[str, Any]) -> deque[Order]:
    """The orders of a frame; none of a cancel, which came too late for its attempt."""
    return deque(Order(**order) for order in frame.get("orders", ()))


def order_for(
    settings: Settings,
    job_type: KnownType,
    scratch: Scratch,
    *,
    item_id: str,
    attempt: int,
    kind: str,
    value: Any,
    beside: Mapping[str, Sequence[str]],
    params: Mapping[str, Any],
    filename: str,
    free_bytes: int,
    own_settings: Mapping[str, str] | None = None,
) -> Order:
    """The order for an attempt with a type, in the folders of `scratch`.

    `free_bytes` is what the disk of `scratch` has left. Only types of Bellhop itself are given
    `own_settings`; they date what they send by the clock of the rows, which no process sees.
    """
    max_file_mb = _max_file_mb(settings, free_bytes)
    return Order(
        type=job_type.type,
        path=job_type.path,
        stamp=job_type.stamp,
        kind=kind,
        value=value,
        beside=beside,
        params=params,
        filename=filename,
        scratch_dir=str(scratch.home),
        output_dir=str(scratch.output),
        item_id=item_id,
        attempt=attempt,
        timeout_s=job_type.timeout_s,
        memory_mb=job_type.memory_mb,
        max_file_mb=max_file_mb,
        least_free_mb=free_bytes // MEBIBYTE - max_file_mb,
        settings=_settings_for(settings, job_type, own_settings),
    )


def _max_file_mb(settings: Settings, free_bytes: int) -> int:
    """How large a file of a job may grow: what the disk has left, without the reserve."""
    return max(free_bytes // MEBIBYTE - settings.storage.reserve_mb, LEAST_FILE_MB)


def _settings_for(
    settings: Settings, job_type: KnownType, own_settings: Mapping[str, str] | None
) -> dict[str, str | None]:
    """What the job type declared that it needs, and nothing else."""
    given = settings.for_type(job_type.type, list(job_type.settings))
    if own_settings is not None:
        given |= {**own_settings, "clock_offset_s": str(clock_offset_s())}
    if job_type.network and "allowed" in job_type.settings:
        given["allowed"] = ",".join(settings.outbound.allowed)
    return given
