"""Handlers of the page: two documents and their modules, read as resources."""

from __future__ import annotations

import mimetypes
import re

from bottle import HTTPResponse

import settings
from access import User
from errors import Problem
from web.answers import etag, is_known
from web.site import Site

NAME = re.compile(r"[a-z0-9_-]+\.(html|js|css|svg)")


def index(site: Site, user: User) -> HTTPResponse:
    """GET /"""
    return static(site, user, "index.html")


def job(site: Site, user: User, name: str) -> HTTPResponse:
    """GET /jobs/ID: the page asks the API for the job."""
    return static(site, user, "job.html")


def queues(site: Site, user: User) -> HTTPResponse:
    """GET /queues: what waits and runs, and the switches."""
    return static(site, user, "queues.html")


def schedules(site: Site, user: User) -> HTTPResponse:
    """GET /schedules"""
    return static(site, user, "schedules.html")


def docs(site: Site, user: User) -> HTTPResponse:
    """GET /docs: the API, read from its OpenAPI document."""
    return static(site, user, "docs.html")


def login(site: Site, user: User | None) -> HTTPResponse:
    """GET /login: asks for a name and a password."""
    return static(site, user, "login.html")


def account(site: Site, user: User) -> HTTPResponse:
    """GET /account: one's own sessions, tokens and password."""
    return static(site, user, "account.html")


def audit(site: Site, user: User) -> HTTPResponse:
    """GET /audit: who did what; the API shows it to admins."""
    return static(site, user, "audit.html")


def static(site: Site, user: User | None, name: str) -> HTTPResponse:
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
