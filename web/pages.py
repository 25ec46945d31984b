"""Handlers of the page: two documents and their modules, read as resources."""

from __future__ import annotations

import mimetypes
import re

from bottle import HTTPResponse

import settings
from errors import Problem
from web.answers import etag, is_known
from web.site import Site

NAME = re.compile(r"[a-z0-9_-]+\.(html|js|css|svg)")


def index(site: Site) -> HTTPResponse:
    """GET /"""
    return static(site, "index.html")


def job(site: Site, job_id: str) -> HTTPResponse:
    """GET /jobs/ID: the page asks the API for the job."""
    return static(site, "job.html")


def queues(site: Site) -> HTTPResponse:
    """GET /queues: what waits and runs, and the switches."""
    return static(site, "queues.html")


def schedules(site: Site) -> HTTPResponse:
    """GET /schedules"""
    return static(site, "schedules.html")


def docs(site: Site) -> HTTPResponse:
    """GET /docs: the API, read from its OpenAPI document."""
    return static(site, "docs.html")


def static(site: Site, name: str) -> HTTPResponse:
    """GET /static/NAME"""
    try:
        if not NAME.fullmatch(name):
            raise FileNotFoundError
        body = settings.asset(f"static/{name}")
    except FileNotFoundError:
        raise Problem("not-found", "There is no such page.") from None
    tag = etag(body)
    # no-cache: the browser asks each time, so an update shows at once.
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if is_known(tag):
        return HTTPResponse("", 304, headers)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    kind = f"{kind}; charset=utf-8" if not kind.startswith("image/") else kind
    return HTTPResponse(body, 200, {**headers, "Content-Type": kind})
