"""A web as `app.py web` makes it, with one more route that only says hello: what to compare with.

Started by the benchmarks in a process of its own; prints its address on stdout.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from inspect import getclosurevars
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bottle import Bottle, HTTPResponse

from bellhop.bell.bell import Bell
from bellhop.cli import start
from bellhop.cli.run import start_log
from bellhop.server import server
from bellhop.settings import configuration
from bellhop.system import listener
from bellhop.system.passage import Passage
from bellhop.web.routes import make_app
from bellhop.web.site import open_site

PLAIN = {"Content-Type": "text/plain"}


def _inside(wsgi: Callable[..., Any]) -> Bottle:
    """The Bottle application inside all that is around it."""
    while not isinstance(wsgi, Bottle):
        wsgi = getclosurevars(wsgi).nonlocals["app"]
    return wsgi


def main() -> None:
    loaded = configuration.load()
    start_log(replace(loaded, server=replace(loaded.server, log_level="warning")))
    bound = listener.bind(loaded)
    here = start.join(loaded)
    site = open_site(loaded, here, Bell(loaded, here))
    wsgi = make_app(site)
    bottle_app = _inside(wsgi)
    # As plain as Bottle can: no plugin, so no database.
    bottle_app.route("/hello", "GET", lambda: HTTPResponse(b"hello", 200, PLAIN), skip=True)
    said = lambda: print(listener.address(bound), flush=True)  # noqa: E731
    server.serve(wsgi, bound, site, said, Passage())


if __name__ == "__main__":
    main()
