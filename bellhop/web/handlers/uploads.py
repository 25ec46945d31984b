"""Handlers of resumable uploads (tus 1.0): files arrive in parts, and outlive every restart."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from bottle import HTTPResponse, request

from bellhop.accounts.access import User
from bellhop.base.errors import Problem, too_large
from bellhop.base.killpoint import die_at
from bellhop.jobs import limits, queries
from bellhop.storage.models import Upload
from bellhop.uploads.metadata import metadata, sha256_in
from bellhop.uploads.parts import Part
from bellhop.uploads.room import room_problem
from bellhop.web import tus
from bellhop.web.landing import Landing
from bellhop.web.site import Site
from bellhop.web.upload import CHUNK_BYTES


def options(site: Site, user: User) -> HTTPResponse:
    """OPTIONS /uploads: what of the protocol Bellhop supports."""
    headers = {
        "Tus-Max-Size": str(site.settings.server.max_upload_bytes),
        "Tus-Extension": ",".join(tus.EXTENSIONS),
        "Tus-Checksum-Algorithm": ",".join(tus.ALGORITHMS),
    }
    return HTTPResponse(status=204, headers=headers)


def create(site: Site, user: User) -> HTTPResponse:
    """POST /uploads: a new one, perhaps with its first bytes; whole if its owner has the file."""
    headers = tus.headers_sent()
    tus.require_version(headers)
    wanted = tus.checksum(headers)
    length = tus.number(headers, "UPLOAD_LENGTH")
    told = metadata(headers.get("UPLOAD_METADATA", ""))
    sent = max(0, request.content_length) if tus.is_part(headers) else 0
    if length > site.settings.server.max_upload_bytes:
        raise too_large(site.settings.server.max_upload_bytes)
    tus.require_fits(0, sent, length)
    if problem := room_problem(site.settings, site.files, length):
        raise problem
    with _known(site, user, told, length) as known:
        upload = site.uploads.add(
            user.name,
            tus.name_in(told),
            length,
            headers.get("UPLOAD_METADATA", ""),
            _admission(site, user, length),
            known,
        )
    if sent and upload.sha256 is None:
        part = site.uploads.begin(upload, 0, unproved=wanted is not None)
        upload = _write(site, upload, part, wanted)
    location = {"Location": tus.path_of(upload)}
    return HTTPResponse(status=201, headers={**location, **tus.shown(upload, upload.stored_bytes)})


def look(site: Site, user: User, upload_id: str) -> HTTPResponse:
    """HEAD /uploads/ID: where it continues."""
    tus.require_version(tus.headers_sent())
    upload = site.uploads.find(user.name, upload_id)
    headers = {
        "Upload-Length": str(upload.length),
        **tus.shown(upload, site.uploads.offset(upload)),
    }
    if upload.metadata:
        headers["Upload-Metadata"] = upload.metadata
    return HTTPResponse(status=200, headers=headers)


def append(site: Site, user: User, upload_id: str) -> HTTPResponse:
    """PATCH /uploads/ID: further bytes, which the server of the web may have written already."""
    headers, landed = tus.headers_sent(), request.environ["wsgi.input"]
    if isinstance(landed, Landing):
        die_at("upload-arrived")
        upload = _kept(site, landed.upload, landed.part)
    else:
        wanted, length = tus.checksum(headers), max(0, request.content_length)
        upload, part = tus.begun(site, user, upload_id, headers, length, unproved=bool(wanted))
        upload = _write(site, upload, part, wanted)
    return HTTPResponse(status=204, headers=tus.shown(upload, upload.stored_bytes))


def remove(site: Site, user: User, upload_id: str) -> HTTPResponse:
    """DELETE /uploads/ID"""
    tus.require_version(tus.headers_sent())
    site.uploads.remove(site.uploads.find(user.name, upload_id).id)
    return HTTPResponse(status=204)


def _admission(site: Site, user: User, length: int) -> Callable[[], None]:
    def admit() -> None:
        if problem := limits.submit_problem(site.settings, user.name, length):
            raise problem

    return admit


@contextlib.contextmanager
def _known(
    site: Site, user: User, told: dict[str, str], length: int
) -> Iterator[tuple[Path, str] | None]:
    """A file of this user with the content that the client announces, and its SHA-256."""
    if not (sha256 := sha256_in(told)):
        yield None
        return
    jobs = queries.own_jobs_with(user.name, sha256)
    with site.uploads.known(user.name, sha256, length, site.files, jobs) as path:
        yield (path, sha256) if path else None


def _write(site: Site, upload: Upload, part: Part, wanted: tus.Checksum | None) -> Upload:
    """Add the body of this request to an upload, if it has the checksum that is wanted."""
    part.seal()
    left, stream = max(0, request.content_length), request.environ["wsgi.input"]
    body = hashlib.new(wanted.algorithm) if wanted else None
    try:
        while chunk := stream.read(min(left, CHUNK_BYTES)):
            left -= len(chunk)
            part.write(chunk)
            if body:
                body.update(chunk)
        if wanted and body and body.digest() != wanted.digest:
            part.withdraw()
            said = "The body does not have this checksum; Bellhop has discarded it."
            raise Problem("checksum-mismatch", said)
    except BaseException:
        site.uploads.end(part)
        raise
    return _kept(site, upload, part)


def _kept(site: Site, upload: Upload, part: Part) -> Upload:
    """The upload with what came of it."""
    try:
        return site.uploads.keep(upload, part)
    finally:
        site.uploads.end(part)
