"""The files of an earlier job for a new one, or for a schedule: nobody has to send them again."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bellhop.accounts.access import User
from bellhop.base.documents import stored
from bellhop.base.errors import Problem, invalid_field, too_large
from bellhop.functions.signature import FILE_FIELDS
from bellhop.jobs import limits, queries
from bellhop.storage.files import IncomingFile, safe_suffix
from bellhop.storage.models import Item, Job
from bellhop.web.gate import find, require
from bellhop.web.room import room_problem
from bellhop.web.site import Site
from bellhop.web.upload import CHUNK_BYTES, Form

# No parameter has a name with a dot.
FIELD = "files.of"
# Of an item of a JSON document.
FILES_OF = "files_of"


def add_files(site: Site, user: User, form: Form) -> None:
    """Add to a form what its field `files.of` names: a job, or `ID/0,3` for some of its items."""
    for given in form.fields.pop(FIELD, ()):
        for job, field, name, filename in _named(user, given):
            _add(site, form, job, IncomingFile(_place(form, name), filename, field), name)


@contextlib.contextmanager
def as_uploads(site: Site, user: User, document: Any) -> Iterator[None]:
    """Have the items `{"files_of": …}` of a JSON document be uploads, of which nothing is copied.

    They are the user's, and gone again when the block raises.
    """
    listed = document.get("items") if isinstance(document, dict) else None
    made: list[str] = []
    try:
        if isinstance(listed, list):
            listed[:] = [each for item in listed for each in _resolved(site, user, item, made)]
        yield
    except BaseException:
        for upload_id in made:
            with contextlib.suppress(Problem):  # a job has taken it
                site.uploads.remove(upload_id)
        raise


def _resolved(site: Site, user: User, item: Any, made: list[str]) -> Iterator[Any]:
    """An item, or the uploads that it stands for, whose ids are added to `made`."""
    if not isinstance(item, dict) or item.keys() != {FILES_OF}:
        yield item
        return
    for job, field, name, filename in _named(user, str(item[FILES_OF])):
        if len(made) >= site.settings.server.max_items:
            most = f"A job may have at most {site.settings.server.max_items} files."
            raise Problem("too-many-items", most)
        with os.fdopen(_open(site, job, name), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            known = (
                site.files.upload(job.job_id, name),
                hashlib.file_digest(file, "sha256").hexdigest(),
            )
        admit = partial(limits.require_quota, site.settings, user.name, size)
        upload = site.uploads.add(user.name, filename, size, "", admit, known)
        made.append(upload.id)
        yield {"upload": upload.id, "field": field}


def _named(user: User, given: str) -> Iterator[tuple[Job, str, str, str]]:
    """(job, field, stored name, name to show) of the files of a job, or of some of its items."""
    job_id, slash, numbers = given.partition("/")
    job = find(user, job_id)
    require(user, "inspect", job)
    items = queries.first_steps(job, _numbers(numbers) if slash else None)
    for place, item in enumerate(items):
        for field, name, filename in _files_of(item, is_first=place == 0):
            yield job, field, name, filename


def _numbers(text: str) -> list[int]:
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise invalid_field(FIELD, "must be the id of a job, or ID/0,3 for some of its items")
    return [int(part) for part in parts]


def _files_of(item: Item, *, is_first: bool) -> list[tuple[str, str, str]]:
    """(field, stored name, name to show) of the files of an item; the first has those of all."""
    found: dict[str, Any] = stored(item.input, dict, "item", item.id, "input")
    files = [(FILE_FIELDS[0], str(found["file"]), item.filename)] if "file" in found else []
    files += [(FILE_FIELDS[0], str(name), str(name)) for name in found.get("files", ())]
    beside = found.get("beside", {}) if is_first else {}
    return files + [(field, str(name), str(name)) for field in beside for name in beside[field]]


def _place(form: Form, name: str) -> Path:
    return form.folder / f"{len(form.files)}{safe_suffix(name)}"


def _add(site: Site, form: Form, job: Job, file: IncomingFile, name: str) -> None:
    """Copy an upload of a job into the folder of a form."""
    try:
        source = _open(site, job, name)
    except Problem:
        file.close()
        raise
    try:
        _require_room(site, form, os.fstat(source).st_size)
        while chunk := os.read(source, CHUNK_BYTES):
            file.write(chunk)
        form.files.append((file, file.finish()))
    finally:
        os.close(source)
        file.close()


def _open(site: Site, job: Job, name: str) -> int:
    try:
        return site.files.open_upload(job.job_id, name)
    except FileNotFoundError:
        raise Problem("expired", "Bellhop has deleted the uploads of this job.") from None


def _require_room(site: Site, form: Form, size: int) -> None:
    """Hold a copy to the limits of an upload."""
    most = site.settings.server.max_upload_bytes
    if size + sum(file.size for file, _ in form.files) > most:
        raise too_large(most)
    if problem := room_problem(site, size):
        raise problem
