"""Bellhop's web as a WSGI application, for whoever serves it with a server of their own."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from bellhop.base.errors import Problem, StartRefused
from bellhop.cli.run import start_log
from bellhop.settings import configuration
from bellhop.settings.settings import Settings

if TYPE_CHECKING:
    from bellhop.bell.bell import Bell
    from bellhop.storage.installation import Installation

StartResponse = Callable[..., Any]
log = logging.getLogger("bellhop.web")


class Application:
    """Joins the installation as its one web at the first request; until then it is nothing.

    So it can be imported anywhere, and a server that forks does so before anything is open.
    """

    def __init__(self, open_bell: Callable[[Settings, Installation], Bell]):
        self._open_bell = open_bell
        self._lock = threading.Lock()
        self._joined: tuple[Settings, Installation] | None = None
        self._app: Callable[..., Iterable[bytes]] | None = None

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        try:
            app = self._app or self._opened()
        except StartRefused as refusal:
            log.error("%s", refusal)
            return _refused(start_response)
        return app(environ, start_response)

    def _opened(self) -> Callable[..., Iterable[bytes]]:
        with self._lock:
            self._app = self._app or self._open()
            return self._app

    def _open(self) -> Callable[..., Iterable[bytes]]:
        """What `python app.py web` does, without the socket."""
        from bellhop.cli import start
        from bellhop.web.routes import make_app
        from bellhop.web.site import open_site

        if self._joined is None:
            loaded = configuration.load()
            start_log(loaded, alone=True)
            self._joined = loaded, start.join_home(loaded)
        loaded, here = self._joined
        start.require_account(loaded)
        return make_app(open_site(loaded, here, self._open_bell(loaded, here)))


def _refused(start_response: StartResponse) -> Iterable[bytes]:
    # Anybody may be asking, and why is for the operator alone.
    problem = Problem("not-ready", "Bellhop cannot start; see its log.")
    headers = [("Content-Type", "application/problem+json"), ("Cache-Control", "no-store")]
    start_response(f"{problem.status} {problem.title}", headers)
    return [json.dumps(problem.document()).encode()]
