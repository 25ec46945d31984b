"""The files of an earlier job for a new one, or for a schedule: nobody has to send them again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from bellhop.accounts.access import User
from bellhop.base.documents import stored
from bellhop.base.errors import Problem, invalid_field
from bellhop.functions.signature import FILE_FIELDS
from bellhop.jobs import limits, queries
from bellhop.jobs.items import FILES_OF
from bellhop.storage.models import Item, Job
from bellhop.uploads.parts import sha256_of
from bellhop.web.gate import find, require
from bellhop.web.site import Site


class _File(NamedTuple):
    """A file of a job: the field that it was given in, its stored name, and the one to show.

    `sha256` is None where no row has it.
    """

    field: str
    stored: str
    filename: str
    sha256: str | None = None


@contextlib.contextmanager
def as_uploads(site: Site, user: User, document: Any) -> Iterator[None]:
    """Have the items `{"files.of": …}` of a document be uploads, of which nothing is copied.

    Each names a job, or as `ID/0,3` some of its items. The uploads are the user's, and gone again
    when the block raises.
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
    job, files = _named(user, str(item[FILES_OF]))
    for file in files:
        if len(made) >= site.settings.server.max_items:
            most = f"A job may have at most {site.settings.server.max_items} files."
            raise Problem("too-many-items", most)
        made.append(_upload(site, user, job, file))
        yield {"upload": made[-1], "field": file.field}


def _upload(site: Site, user: User, job: Job, file: _File) -> str:
    """The id of a new upload with the content of a file of a job."""
    try:
        with site.files.local_upload(job.job_id, file.stored) as path:
            size, sha256 = path.stat().st_size, file.sha256 or sha256_of(path)
            admit = partial(limits.require_quota, site.settings, user.name, size)
            known = path, sha256
            return str(site.uploads.add(user.name, file.filename, size, "", admit, known).id)
    except FileNotFoundError:
        raise Problem("expired", "Bellhop has deleted the uploads of this job.") from None


def _named(user: User, given: str) -> tuple[Job, list[_File]]:
    """A job, and its files or those of some of its items."""
    job_id, slash, numbers = given.partition("/")
    job = find(user, job_id)
    require(user, "inspect", job)
    items = queries.first_steps(job, _numbers(numbers) if slash else None)
    return job, [
        file for place, item in enumerate(items) for file in _files_of(item, is_first=place == 0)
    ]


def _numbers(text: str) -> list[int]:
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise invalid_field(FILES_OF, "must be the id of a job, or ID/0,3 for some of its items")
    return [int(part) for part in parts]


def _files_of(item: Item, *, is_first: bool) -> list[_File]:
    """The files of an item; the first has those that go with all."""
    found: dict[str, Any] = stored(item.input, dict, "item", item.id, "input")
    main, files = FILE_FIELDS[0], []
    if "file" in found:  # with others beside it, the hash of the item is that of all
        sha256 = None if "beside" in found else item.input_sha256
        files = [_File(main, str(found["file"]), item.filename, sha256)]
    files += [_File(main, str(name), str(name)) for name in found.get("files", ())]
    beside = found.get("beside", {}) if is_first else {}
    return files + [
        _File(field, str(name), str(name)) for field in beside for name in beside[field]
    ]
