"""Idempotency-Key: the same submission twice makes one job (draft-ietf-httpapi-07).

A key is kept with the fingerprint of what was asked for, in the transaction of its job. That a
request is being answered is known to the web's memory alone, so a crash leaves no key behind.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bottle import request

from bellhop.accounts.access import User
from bellhop.base.errors import Problem
from bellhop.base.times import timestamp
from bellhop.base.units import DAY_S
from bellhop.functions.signature import FILE_FIELDS
from bellhop.jobs import queries
from bellhop.jobs.newjob import Key
from bellhop.stores.incoming import IncomingFile
from bellhop.web.site import Site

MOST_KEY = 255


@contextlib.contextmanager
def held(site: Site, user: User) -> Iterator[str | None]:
    """The request's key, which no other request of the owner has until the block ends."""
    text = request.environ.get("HTTP_IDEMPOTENCY_KEY")
    if text is None:
        yield None
        return
    if not 0 < len(text) <= MOST_KEY or not text.isascii() or not text.isprintable():
        said = f"Idempotency-Key must have 1 to {MOST_KEY} plain characters."
        raise Problem("invalid-request", said)
    known_as = (user.name, text)
    with site.keys_lock:
        if known_as in site.keys:
            said = "Bellhop has not answered the first request with this key yet."
            raise Problem("request-in-progress", said)
        site.keys.add(known_as)
    try:
        yield text
    finally:
        site.keys.discard(known_as)


def earlier_job(user: User, key: Key | None) -> str | None:
    """The id of the job that this key was given for; the problem when it stood for another."""
    if key is None:
        return None
    found = queries.submitted_under(key.text, user.name, since=timestamp(-DAY_S))
    if found and found[1] != key.fingerprint:
        said = "You sent this key with another job within the last 24 hours; use a new key."
        raise Problem("key-reused", said)
    return found[0] if found else None


def of_form(
    text: str | None,
    fields: Mapping[str, Sequence[str]],
    files: Sequence[tuple[IncomingFile, str]],
) -> Key | None:
    """The key of a form: its files count by name, content and what they are given for."""
    listed = [[file.filename, sha256, *_given_for(file.field)] for file, sha256 in files]
    return _key(text, [fields, listed])


def _given_for(field: str) -> list[str]:
    """The input that a file is named for; nothing where it is one of the items."""
    return [] if field in FILE_FIELDS else [field]


def of_json(text: str | None, document: Any) -> Key | None:
    """The key of a JSON document; what is null counts as not given."""
    if isinstance(document, dict):
        document = {name: value for name, value in document.items() if value is not None}
    return _key(text, document)


def _key(text: str | None, asked: Any) -> Key | None:
    if text is None:
        return None
    canonical = json.dumps(asked, sort_keys=True).encode()
    return Key(text, hashlib.sha256(canonical).hexdigest())
