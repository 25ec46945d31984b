"""The handler of machines: one that joins."""

from __future__ import annotations

from bottle import HTTPResponse

from bellhop.accounts import audit, guessing
from bellhop.accounts.access import User
from bellhop.base.addresses import network
from bellhop.base.errors import Problem, StartRefused, invalid_field
from bellhop.machines import joining
from bellhop.web.answers import json_answer, read_object
from bellhop.web.gate import address
from bellhop.web.site import Site

MOST_TOKEN = 200


def join(site: Site, user: User | None) -> HTTPResponse:
    """POST /machines/join: what a new machine needs to know; its token is good for one."""
    body = read_object()
    token, key = body.get("token"), body.get("key")
    if not isinstance(token, str) or len(token) > MOST_TOKEN:
        raise invalid_field("token", "must be the token of `bellhop machine add`")
    if not isinstance(key, str) or not joining.KEY.fullmatch(key):
        raise invalid_field("key", "must be 32 random bytes, as base64url without padding")
    counted = [guessing.of_network("join", network(address()))]
    guessing.count(counted)
    try:
        name = joining.name_of(token, key)
        with audit.noted(f"machine {name}", address(), "join", name):
            welcome = joining.welcome(site.settings, site.here, token, key)
    except (joining.Refused, StartRefused) as refusal:
        audit.note_refused("a machine", address(), "join refused")
        raise Problem("join-refused", str(refusal)) from None
    guessing.take_back(counted, is_right=True)
    return json_answer(welcome)
