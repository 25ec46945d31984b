"""Who may send a body where, and how much: what the parser asks before a byte of it is kept."""

from __future__ import annotations

from collections.abc import Mapping

from bellhop.base.errors import Problem, disk_full
from bellhop.base.units import MEBIBYTE
from bellhop.jobs.limits import submit_problem
from bellhop.storage.database import database
from bellhop.web import door, gate
from bellhop.web.answers import JSON_BYTES
from bellhop.web.routes import Body, Route
from bellhop.web.site import Site

# Room for the form around the files of a largest upload.
FORM_BYTES = MEBIBYTE
MOST_BYTES = {
    Body.NONE: 16 * 1024,
    Body.LOGIN: 16 * 1024,
    Body.SHORT: MEBIBYTE,
    Body.LONG: JSON_BYTES,
}


class Rules:
    """What is refused by the headers of a request."""

    def __init__(self, site: Site):
        self._settings, self._files = site.settings, site.files
        self._reserve_bytes = site.settings.storage.reserve_mb * MEBIBYTE
        self.upload_bytes = site.settings.server.max_upload_bytes + FORM_BYTES
        # The door's: why a request with a method and headers is refused, wherever it goes.
        self.judge = door.judge(site.settings)

    def limit_bytes(self, route: Route, headers: Mapping[str, str], length: int) -> int:
        """How many bytes whoever sends these headers may send to a route.

        Raises the problem of who may send none. But for uploads the application says who may: it
        knows whose job it is, and what it reads for that is short.
        """
        database.connect(reuse_if_open=True)
        user = gate.user_of(self._settings, headers, is_use=False)
        if user is None and not route.is_for_strangers:
            raise gate.LOGIN
        if user is None or route.body is not Body.UPLOAD:
            return MOST_BYTES[route.body]
        gate.require(user, route.action)
        if problem := submit_problem(self._settings, user.name, max(0, length)):
            raise problem
        return self.upload_bytes

    def room_problem(self, route: Route, length: int) -> Problem | None:
        """Why there is no room for an upload of `length` more bytes."""
        if route.body is not Body.UPLOAD:
            return None
        try:
            free = self._files.free_bytes()
        except OSError:
            return None  # the folder is gone, and whoever asks hears of it from the application
        needed = 2 * length  # the body is kept whole, and then again file by file
        if free >= needed + self._reserve_bytes:
            return None
        return disk_full(free, needed, self._reserve_bytes)
