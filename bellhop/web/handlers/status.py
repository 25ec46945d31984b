"""Handlers about Bellhop itself: job types, health, readiness."""

from __future__ import annotations

from bottle import HTTPResponse

from bellhop import __version__
from bellhop.accounts.access import User, may
from bellhop.base.errors import Problem
from bellhop.jobs import queries
from bellhop.web.answers import json_answer, tagged_answer
from bellhop.web.shown import views
from bellhop.web.site import Site


def types(site: Site, user: User) -> HTTPResponse:
    """GET /types: every job type, and the limits of an upload, with a strong ETag."""
    types = site.catalog.types().values()
    shown = [views.type_view(job_type) for job_type in types if not job_type.hidden]
    server = site.settings.server
    limits = {"max_upload_bytes": server.max_upload_bytes, "max_items": server.max_items}
    return tagged_answer({"types": shown, "limits": limits})


def health(site: Site, user: User | None) -> HTTPResponse:
    """GET /health: 200 when the web answers and its database works; to an admin also how."""
    queries.last_change()
    document = {"status": "ok", "version": __version__}
    if user is None or not may(user, "monitor"):
        return json_answer(document)
    consumers = queries.living_consumers(site.here)
    troubles = {"web": site.bell.trouble.reason, **{c.id: c.bell for c in consumers}}
    bell = next((trouble for trouble in troubles.values() if trouble), None)
    storage = {"storage": site.here.bell, "bell": bell or "ok"}
    return json_answer({**document, "queue": storage, "data": str(site.here.folder)})


def ready(site: Site, user: User | None) -> HTTPResponse:
    """GET /ready: 200 only when a consumer runs too."""
    consumers = queries.running_consumers(site.here)
    if not consumers:
        raise Problem("not-ready", "No consumer is running: Bellhop accepts jobs, but they wait.")
    if user is None or not may(user, "monitor"):
        return json_answer({"status": "ready"})
    return json_answer({"status": "ready", "consumers": len(consumers)})
