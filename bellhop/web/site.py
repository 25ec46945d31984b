"""What every handler is given, and the plugin that gives it."""

from __future__ import annotations

import fcntl
import functools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from bottle import HTTPResponse, Route, request

from bellhop.base.documents import Unreadable
from bellhop.base.errors import Problem
from bellhop.bell.bell import Bell
from bellhop.catalog.catalog import Catalog
from bellhop.catalog.watching import watch
from bellhop.database.database import database
from bellhop.jobs import lifecycle
from bellhop.jobs.acceptance import Acceptance
from bellhop.jobs.intake import Intake
from bellhop.machines.looking import Looking
from bellhop.machines.served import Elsewhere, Publisher
from bellhop.metrics.http import Requests
from bellhop.notices.handover import Handover
from bellhop.schedules.schedules import Schedules
from bellhop.settings.sections import Oidc
from bellhop.settings.settings import Settings
from bellhop.sso import login
from bellhop.sso.provider import Provider
from bellhop.storage.files import Files
from bellhop.storage.inspection import Inspection
from bellhop.storage.installation import Installation
from bellhop.system.clock import Clock
from bellhop.system.locks import hold_for_life
from bellhop.uploads.uploads import Uploads
from bellhop.web import gate
from bellhop.web.answers import problem_answer
from bellhop.web.door import CHANGING, database_problem, once_more
from bellhop.web.limits import Rates, Turns
from bellhop.web.query import require_short
from bellhop.web.shown.surroundings import Surroundings

THREADS = 8
MOST_WAITERS = THREADS // 4
MOST_PROXIES = 5
# A longer JSON document takes a while to read, whatever it asks for.
COSTLY_JSON_BYTES = 256 * 1024
log = logging.getLogger("bellhop.web")


@dataclass(frozen=True)
class Site:
    """The parts of Bellhop that handlers use."""

    # As a plugin of Bottle.
    api: ClassVar[int] = 2
    name: ClassVar[str] = "site"

    settings: Settings
    here: Installation
    files: Files
    catalog: Catalog
    bell: Bell
    intake: Intake
    # Idempotency-Keys of requests that are being answered: a crash leaves none behind.
    keys: set[tuple[str, str]] = field(default_factory=set)
    keys_lock: threading.Lock = field(default_factory=threading.Lock)
    # Who waits for a job holds one of the few threads.
    waiters: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(MOST_WAITERS)
    )
    turns: Turns = field(default_factory=Turns)
    stopping: threading.Event = field(default_factory=threading.Event)
    clock: Clock = field(default_factory=Clock)
    requests: Requests = field(default_factory=Requests)
    # The first peers that sent X-Forwarded-For, or named a person, and are not believed.
    untrusted_proxies: list[str] = field(default_factory=list)

    @functools.cached_property
    def surroundings(self) -> Surroundings:
        return Surroundings(self.here, self.files)

    @functools.cached_property
    def inspection(self) -> Inspection:
        return Inspection(self.here)

    @functools.cached_property
    def looking(self) -> Looking:
        return Looking(self.here)

    @functools.cached_property
    def uploads(self) -> Uploads:
        return Uploads(self.here.folder)

    @functools.cached_property
    def _provider_of(self) -> Callable[[Oidc], Provider]:
        return functools.lru_cache(maxsize=1)(Provider)

    @property
    def provider(self) -> Provider:
        """The provider of the settings of now."""
        return self._provider_of(self.settings.oidc)

    @functools.cached_property
    def rates(self) -> Rates:
        return Rates(self.settings)

    @functools.cached_property
    def acceptance(self) -> Acceptance:
        return Acceptance(self.settings, self.catalog, self.files, ring=self.bell.ring)

    @functools.cached_property
    def schedules(self) -> Schedules:
        return Schedules(self.settings, self.files, self.intake, self.acceptance)

    @functools.cached_property
    def handover(self) -> Handover:
        return Handover(self.settings, self.here, self.bell.ring)

    def note_proxy(self, peer: str) -> None:
        """Remember who says that it sends the requests of others."""
        if len(self.untrusted_proxies) < MOST_PROXIES and peer not in self.untrusted_proxies:
            self.untrusted_proxies.append(peer)

    def apply(self, handler: Callable[..., Any], route: Route) -> Callable[..., Any]:
        """Around each handler: a connection for each thread, a user, every error a problem."""
        action, is_costly = route.config["action"], route.config["is_costly"]

        def handled(arguments: dict[str, Any]) -> Any:
            # Opening one costs more than most answers, and there are only so many threads.
            database.connect(reuse_if_open=True)
            if request.method in CHANGING:
                database.make_durable()  # what is answered survives a power cut
            require_short()
            admitted = gate.admitted(self.settings, self.rates, action, arguments)
            turn = self.turns.turn(admitted["user"] if is_costly or _is_long() else None)
            with turn, lifecycle.queued() as queues:
                answer = handler(self, **admitted)
            self.bell.ring(queues)
            return answer

        def answer(**arguments: Any) -> Any:
            try:
                if request.method in CHANGING:
                    return handled(arguments)
                return once_more(lambda: handled(dict(arguments)))
            except HTTPResponse:
                raise
            except Problem as problem:
                return problem_answer(problem)
            except Unreadable as error:
                return problem_answer(Problem("unreadable", f"{error}."))
            except Exception as error:
                database.close()
                if away := database_problem(error):
                    return problem_answer(away)
                log.exception("a request failed")
                return problem_answer(Problem("internal-error", "See Bellhop's log for details."))

        return answer


def _is_long() -> bool:
    """Whether the request holds a long JSON document."""
    is_form = request.content_type.startswith("multipart/")
    return request.content_length > COSTLY_JSON_BYTES and not is_form


def open_site(settings: Settings, here: Installation, bell: Bell) -> Site:
    """The one web of an installation; StartRefused when another lives."""
    login.require_provider(settings.oidc)
    refusal = f"another web already uses {here.folder}"
    hold_for_life(here.folder / "web.lock", fcntl.LOCK_EX, refusal)
    files = Files(here.folder, settings.storage.files)
    catalog = Catalog(settings, here)
    files.remove_incoming()
    tell = Publisher(here).tell if here.machine else None
    threading.Thread(target=watch, args=[catalog, tell], name="types", daemon=True).start()
    # The one that describes belongs to its thread; handlers read another.
    types = Catalog(settings, here, elsewhere=Elsewhere(here))
    return Site(settings, here, files, types, bell, Intake(settings, types))
