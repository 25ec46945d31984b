"""What is known of a job type: what its file says of it, and what holds for it here.

A file is described by a child (`jobprocess/describing.py`), which writes a `DescribedFile` as JSON
for the catalog, which keeps them all in `types.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bellhop.base import shapes
from bellhop.catalog.signature import ParamsSchema
from bellhop.catalog.typefiles import Stamp


@dataclass(frozen=True, kw_only=True)
class Description:
    """What the file of a job type says of it; where it may be `None`, config.ini decides.

    `cache` may be how many seconds a result may be used again. `settings` says of each whether
    it is a "secret" or "text", `missing` what the type needs and how to install it. `code` is
    the SHA-256 in hex of what it runs.
    """

    type: str
    label: str
    description: str
    input: str
    accepts: tuple[str, ...]
    params: ParamsSchema
    queue: str
    timeout_s: float | None
    memory_mb: int | None
    delays_s: tuple[float, ...] | None
    version: str
    cache: bool | float
    network: bool
    requires: dict[str, str]
    viewer: str | None
    settings: dict[str, str]
    hidden: bool
    missing: str | None
    code: str

    @property
    def has_secrets(self) -> bool:
        return "secret" in self.settings.values()


@dataclass(frozen=True, kw_only=True)
class KnownType(Description):
    """A job type in this installation: its limits and delays are those that hold.

    `reason` says why it is not available, None when it is. `path` and `stamp` are of its file.
    """

    timeout_s: float
    memory_mb: int
    delays_s: tuple[float, ...]
    reason: str | None
    path: str
    stamp: Stamp

    @property
    def available(self) -> bool:
        return self.reason is None


@dataclass(frozen=True)
class DescribedFile:
    """The types of one file, and why it cannot be used, if it cannot.

    `stamp` is of the file when it was described; the child that does it leaves that out.
    """

    types: tuple[Description, ...]
    error: str | None
    stamp: Stamp = ()


def unknown_type(name: str) -> Description:
    """The description of a type of which only the file's name is known."""
    return Description(
        type=name, label=name, description="", input="file", accepts=(),
        params={"type": "object", "properties": {}, "required": [], "additionalProperties": False},
        queue="default", timeout_s=None, memory_mb=None, delays_s=None, version="", cache=False,
        network=False, requires={}, viewer=None, settings={}, hidden=False, missing=None, code="",
    )  # fmt: skip


def to_json(described: DescribedFile | Mapping[str, DescribedFile]) -> bytes:
    """One described file, or many by their paths."""
    return json.dumps(described, default=vars).encode()


def from_json(document: object) -> DescribedFile:
    """One described file, of JSON that was parsed; raises `WrongShape`."""
    return shapes.read(DescribedFile, document)
