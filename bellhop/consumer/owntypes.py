"""Which items a consumer may claim, by their job types."""

from __future__ import annotations

from bellhop.catalog.catalog import Catalog
from bellhop.machines import served
from bellhop.storage.installation import Installation


class OwnTypes:
    """The job types of which a consumer claims items: those that its machine runs.

    Where there is one machine, it claims all: an item that it cannot run fails, as nobody else can.
    """

    def __init__(self, here: Installation, catalog: Catalog):
        self._machine, self._catalog = here.machine, catalog
        self._told: frozenset[str] | None = None
        self.look()

    def look(self) -> None:
        """See what this machine tells the others that it runs; once a second, by the keeper."""
        if self._machine:
            self._told = served.run_by(self._machine)

    def names(self) -> list[str] | None:
        """Those that can be used at this moment; None for all there are."""
        told = self._told
        if told is None:
            return None
        known = self._catalog.types().items()
        return [name for name, job_type in known if name in told and job_type.available]
