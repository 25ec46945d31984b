"""What a machine tells the others of its job types: read by their catalogs, kept in `served`."""

from __future__ import annotations

from typing import NamedTuple


class Offer(NamedTuple):
    """A job type as a machine tells of it, a row of `served` without its machine.

    `code` tells whether two machines have the same code under a name, "" where nobody knows;
    `description` is JSON; `problem` says why the machine runs no items of it.
    """

    type: str
    code: str
    description: str
    problem: str | None
