"""Handlers of a whole job as one download: all files as a zip, all data as a table."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from bottle import HTTPResponse, request

from bellhop.accounts.access import User
from bellhop.base.documents import stored
from bellhop.base.errors import Problem
from bellhop.jobs import queries
from bellhop.storage.models import Job
from bellhop.stores.contents import Stream
from bellhop.web import downloads
from bellhop.web.archive import Archive, Entry, safe_name
from bellhop.web.handlers.items import require_result
from bellhop.web.shown import table, views
from bellhop.web.site import Site


def files(site: Site, user: User, job: Job) -> HTTPResponse:
    """GET /jobs/ID/files.zip: every output file of the last steps, in a folder for each item."""
    require_result(site, job)
    entries = [*_entries(site, job)]
    if not entries:
        raise Problem("not-found", "The result of this job has no files.")
    archive = Archive(entries, datetime.fromisoformat(job.created_at))
    headers = downloads.named(f"{safe_name(job.name)}.zip", "application/zip")
    headers["Content-Length"] = str(archive.length)
    if request.method == "HEAD":
        return HTTPResponse("", 200, headers)
    # The server may wait for a disk of its own, but for no other machine.
    is_near = site.files.is_own
    return HTTPResponse(archive if is_near else Stream(archive.length, archive.all()), 200, headers)


def data(site: Site, user: User, job: Job) -> HTTPResponse:
    """GET /jobs/ID/result.csv: the data of every item, also those that failed."""
    require_result(site, job)
    spool = site.files.spool
    # With a mark of its encoding, which Excel needs.
    with tempfile.TemporaryFile("w", encoding="utf-8-sig", newline="", dir=spool) as file:
        table.write(file, lambda: (views.result_view(job, *row) for row in queries.ends(job)))
        file.flush()
        descriptor = os.dup(file.fileno())
    return downloads.download(descriptor, f"{safe_name(job.name)}.csv")


def _entries(site: Site, job: Job) -> Iterator[Entry]:
    """The output files; those of one item stand at the top."""
    width = len(str(job.total_items))
    for index, filename, listed in queries.outputs(job):
        folder = f"{index + 1:0{width}} {safe_name(filename)}/" if job.total_items > 1 else ""
        for file in stored(listed, list, "result of job", job.job_id, "files"):
            opened = partial(site.files.open_result, job.job_id, str(file["path"]))
            yield Entry(f"{folder}{file['name']}", int(file["size"]), opened)
