"""Requests that arrive: their parsers, once the headers are there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from waitress.adjustments import Adjustments

from bellhop.server.parser import Parser
from bellhop.server.rules import Rules
from bellhop.web.site import Site

Arrive = Callable[..., Parser]


@contextlib.contextmanager
def arriving(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Arrive]:
    """What has the headers of a request (method, path, {name: value}) arrive at a site."""
    monkeypatch.setattr(Parser, "rules", Rules(site), raising=False)
    with contextlib.ExitStack() as after:

        def arrive(method: str, path: str, headers: dict[str, object]) -> Parser:
            parser = Parser(Adjustments(max_request_body_size=1 << 40))
            after.callback(parser.close)
            named = {"Host": "localhost", **headers}
            lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in named.items())]
            parser.received(("\r\n".join(lines) + "\r\n\r\n").encode())
            return parser

        yield arrive


def code(parser: Parser) -> str | None:
    """Why a request is refused."""
    error: Any = parser.error
    return error.problem.code if error else None
