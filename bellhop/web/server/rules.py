"""Who may send a body where, and how much: what the parser asks before a byte of it is kept."""

from __future__ import annotations

from collections.abc import Mapping

from bellhop.accounts.access import ANYBODY, User
from bellhop.base.errors import Problem, disk_full, too_large
from bellhop.base.units import MEBIBYTE
from bellhop.database.database import database
from bellhop.jobs.limits import submit_problem
from bellhop.web import door, gate
from bellhop.web.answers import JSON_BYTES
from bellhop.web.routes import Body, Route
from bellhop.web.server.uploads import Upload, Uploads
from bellhop.web.site import Site

# Room for the form around the files of a largest upload.
FORM_BYTES = MEBIBYTE
# Uploads of one account that arrive at the same time.
MOST_UPLOADS = 16
UPLOAD_AGAIN_S = 5
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
        self._is_behind_proxy = bool(site.settings.server.trusted_proxy)
        self._reserve_bytes = site.settings.storage.reserve_mb * MEBIBYTE
        self.upload_bytes = site.settings.server.max_upload_bytes + FORM_BYTES
        self.uploads = Uploads()
        # The door's: why a request with a method and headers is refused, wherever it goes.
        self.judge = door.judge(site.settings)

    def admitted(
        self, route: Route, headers: Mapping[str, str], length: int
    ) -> tuple[int, Upload | None]:
        """How many bytes whoever sends these headers may send to a route, and their upload, begun.

        Raises the problem of who may send none, or not `length`. But for uploads the application
        says who may: it knows whose job it is, and what it reads for that is short.
        """
        door.connect()
        # Whether the proxy is the one that is believed, the application finds out.
        scheme = headers.get("X_FORWARDED_PROTO", "http") if self._is_behind_proxy else "http"
        user = gate.user_of(self._settings, headers, scheme, is_use=False)
        if user is None and not route.is_for_strangers:
            raise gate.LOGIN
        if user is None or route.body is not Body.UPLOAD:
            return _within(length, MOST_BYTES[route.body]), None
        gate.require(user, route.action)
        self._require_few_uploads(user)
        self._require_quota(user.name, length)
        most = _within(length, self.upload_bytes)
        if problem := self.room_problem(length, user.name):
            raise problem
        return most, self.uploads.begin(user.name, length)

    def growth_problem(self, upload: Upload) -> Problem | None:
        """Why an upload must not grow further, of which nobody knew the length."""
        try:
            self._require_quota(upload.owner, 0)
        except Problem as problem:
            return problem
        except Exception as error:
            if away := door.database_problem(error):
                return away
            raise
        return self.room_problem(0)

    def room_problem(self, length: int, owner: str | None = None) -> Problem | None:
        """Why there is no room for `length` more bytes, of an upload that `owner` begins."""
        try:
            free, room = self._files.free_bytes(), self._files.upload_bytes_left()
        except OSError:
            return None  # the folder is gone, and whoever asks hears of it from the application
        if owner is not None:
            free = max(0, free - self.uploads.coming_bytes(owner, free))
        needed = 2 * length  # the body is kept whole, and then again file by file
        room, missing = min(free, room), needed + self._reserve_bytes - free
        # Running jobs need room for rows too, and the database may have it already.
        if needed <= room and (missing <= 0 or missing <= database.unused_bytes()):
            return None
        return disk_full(room, needed, self._reserve_bytes)

    def _require_few_uploads(self, user: User) -> None:
        arriving = sum(upload.is_arriving for upload in self.uploads.of(user.name))
        if user is not ANYBODY and arriving >= MOST_UPLOADS:
            said = f"{user.name} sends {arriving} uploads already; wait until one has arrived."
            raise Problem("too-many-requests", said, retry_after_s=UPLOAD_AGAIN_S)

    def _require_quota(self, owner: str, length: int) -> None:
        """Refuse what `owner` has no quota for, beside the uploads that they have begun."""
        if problem := submit_problem(self._settings, owner, length):
            raise problem
        begun = sum(upload.bytes for upload in self.uploads.of(owner))
        if begun and submit_problem(self._settings, owner, begun + length):
            said = (
                f"The uploads of {owner} that have not ended yet hold {begun >> 20} MiB, and with "
                "this one they exceed the limit."
            )
            raise Problem("quota-full", said, retry_after_s=UPLOAD_AGAIN_S)


def _within(length: int, most_bytes: int) -> int:
    """`most_bytes`; raises the problem of a body that is longer."""
    if length > most_bytes:
        raise too_large(most_bytes)
    return most_bytes
