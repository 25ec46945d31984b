"""Who may send a body where, and how much: what the parser asks before a byte of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bellhop.accounts.access import ANYBODY, User
from bellhop.base.errors import Problem, too_large
from bellhop.base.units import MEBIBYTE
from bellhop.jobs.limits import submit_problem
from bellhop.server.named import Named
from bellhop.server.uploads import COPIES, Upload, Uploads
from bellhop.uploads.room import room_problem
from bellhop.web import door, gate, tus
from bellhop.web.answers import JSON_BYTES
from bellhop.web.landing import Landing
from bellhop.web.routes import Body, Route
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


@dataclass(frozen=True)
class Admitted:
    """What a request may send: so many bytes, its upload, begun, and where a part goes to."""

    most_bytes: int
    upload: Upload | None = None
    landing: Landing | None = None


class Rules:
    """What is refused by the headers of a request."""

    def __init__(self, site: Site):
        self._site, self._settings = site, site.settings
        self._is_behind_proxy = bool(site.settings.server.trusted_proxy)
        self.uploads = Uploads()
        self._named = Named(site.settings.sso)
        # The door's: why a request with a method and headers is refused, wherever it goes.
        self.judge = door.judge(site.settings)

    def named(self, head: bytes, peer: str, is_of_proxy: bool) -> tuple[bytes, dict[str, str]]:
        """A head without the headers that name a person; what they say, of a trusted proxy."""
        head, said = self._named.taken(head)
        if said and not is_of_proxy:
            self._site.note_proxy(peer)
            said = {}
        return head, said

    def admitted(
        self, route: Route, path: str, headers: Mapping[str, str], length: int
    ) -> Admitted:
        """What whoever sends these headers may send to a route.

        Raises the problem of who may send none, or not `length`. But for uploads the application
        says who may: it knows whose job it is, and what it reads for that is short.
        """
        door.connect()
        # Whether the proxy is the one that is believed, the application finds out.
        scheme = headers.get("X_FORWARDED_PROTO", "http") if self._is_behind_proxy else "http"
        user = gate.user_of(self._settings, headers, scheme, is_use=False)
        if user is None and not route.is_for_strangers:
            raise gate.LOGIN
        if user is None or route.body not in (Body.UPLOAD, Body.PART):
            return Admitted(_within(length, MOST_BYTES[route.body]))
        gate.require(user, route.action)
        self._require_few_uploads(user)
        # A part has its quota, and is written once, straight to where it stays.
        is_part = route.body is Body.PART
        copies = 1 if is_part else COPIES
        if not is_part and user is not ANYBODY:
            self._require_quota(user.name, length)
        most = _within(length, self._settings.server.max_upload_bytes + FORM_BYTES)
        if problem := self.room_problem(length, user.name, copies):
            raise problem
        landing = self._landing(user, path, headers, length) if is_part else None
        return Admitted(most, self.uploads.begin(user.name, length, copies), landing)

    def _landing(
        self, user: User, path: str, headers: Mapping[str, str], length: int
    ) -> Landing | None:
        """Where the bytes of a part go; a part with a checksum is kept apart until it is right."""
        if tus.checksum(headers) or "CONTENT_LENGTH" not in headers:
            return None
        upload, part = tus.begun(self._site, user, path.rpartition("/")[2], headers, length)
        return Landing(self._site.uploads, upload, part, length)

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

    def room_problem(
        self, length: int, owner: str | None = None, copies: int = COPIES
    ) -> Problem | None:
        """Why there is no room for `length` more bytes, of an upload that `owner` begins."""

        def coming_bytes(free: int) -> int:
            return 0 if owner is None else self.uploads.coming_bytes(owner, free)

        site = self._site
        return room_problem(site.settings, site.files, copies * length, coming_bytes)

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
