"""What every handler is given, and the plugin that gives it."""

from __future__ import annotations

import errno
import fcntl
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import peewee
from bottle import HTTPResponse

import queries
from catalog import LOOK_EVERY_S, TICK_S, Catalog
from errors import Problem
from files import Files
from installation import Installation, hold_for_life, is_held
from models import Consumer, database
from settings import Settings
from tasks import Bell
from web.answers import problem_answer

log = logging.getLogger("bellhop.web")
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Site:
    """The parts of Bellhop that handlers use."""

    settings: Settings
    here: Installation
    files: Files
    catalog: Catalog
    bell: Bell

    def live_consumers(self) -> list[Consumer]:
        """Consumers that live at this moment, by the lock that each holds."""
        folder = self.here.folder / "consumers"
        return [consumer for consumer in queries.consumers() if is_held(folder / consumer.id)]

    def __call__(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """As a Bottle plugin: one connection for each request, every error a problem."""

        def answer(**arguments: Any) -> Any:
            try:
                with database.connection_context():
                    return handler(self, **arguments)
            except HTTPResponse:
                raise
            except Problem as problem:
                return problem_answer(problem)
            except Exception as error:
                if _is_disk_full(error):
                    return problem_answer(Problem("disk-full", "There is no room left for this."))
                log.exception("a request failed")
                return problem_answer(Problem("internal-error", "It is in Bellhop's log."))

        return answer


def _is_disk_full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in NO_SPACE
    is_database = isinstance(error, sqlite3.OperationalError | peewee.OperationalError)
    return is_database and "disk is full" in str(error)


def open_site(settings: Settings, here: Installation) -> Site:
    """The one web of an installation; StartRefused when another lives."""
    refusal = f"another web already serves {here.folder}"
    hold_for_life(here.folder / "web.lock", fcntl.LOCK_EX, refusal)
    files, catalog = Files(here.folder), Catalog(settings, here)
    files.remove_incoming()
    threading.Thread(target=_watch_types, args=[catalog], name="types", daemon=True).start()
    return Site(settings, here, files, Catalog(settings, here), Bell(settings, here, hears=False))


def _watch_types(catalog: Catalog) -> None:
    """Describe files of job types as they change."""
    while True:
        try:
            catalog.step()
        except Exception:
            log.exception("the job types cannot be looked through")
        time.sleep(TICK_S if catalog.is_describing else LOOK_EVERY_S)
