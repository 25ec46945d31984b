"""Waitress, set up for uploads: what is refused by its headers is never stored.

Waitress reads a whole body before the application is called. So what can be judged by
the headers (size, path) is refused while they are parsed: the body is read into nothing
and the client gets its problem document instead of a connection that breaks.
"""

from __future__ import annotations

import io
import json
import logging
import resource
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

from waitress.parser import HTTPRequestParser
from waitress.server import create_server
from waitress.utilities import Error

from bellhop.base.errors import Problem, disk_full, too_large
from bellhop.base.units import MEBIBYTE
from bellhop.storage.database import database, is_disk_full
from bellhop.storage.files import write_atomically
from bellhop.system import listener
from bellhop.system.children import cores, stay_on
from bellhop.web import door, gate
from bellhop.web.answers import JSON_BYTES, problem_headers
from bellhop.web.limits import submit_problem
from bellhop.web.server.connections import MOST_CONNECTIONS, Channel, drop_slow
from bellhop.web.site import THREADS, Site

# Room for the form around the files of a largest upload.
FORM_BYTES = MEBIBYTE
SPOOL_BYTES = MEBIBYTE
# Answers stay in memory: on a full disk people must still be able to look.
MOST_ANSWER_BYTES = 32 * MEBIBYTE
ROOM_CHECK_BYTES = 4 * MEBIBYTE
JOBS = "/api/v1/jobs"
LOGIN = "/api/v1/login"
# What lists many jobs or holds a whole one; other bodies are short.
LONG_BODIES = ("/api/v1/jobs/bulk", "/api/v1/schedules")
SHORT_BYTES = MEBIBYTE
LOGIN_BYTES = 16 * 1024
NO_ROOM = Problem("disk-full", "The disk filled up while this came; nothing of it was kept.")
IDLE_CONNECTION_S = 30
STOP_LIMIT_S = 3.0
SWALLOW_LIMIT_S = 20.0
log = logging.getLogger("bellhop.web")
CODES = {
    400: "bad-request",
    413: "upload-too-large",
    431: "header-too-large",
    501: "not-implemented",
}


class Refusal(Error):  # type: ignore[misc]
    """A request that the application never sees, with its problem document."""

    def __init__(self, problem: Problem):
        super().__init__(problem.detail)
        self.code, self.reason, self.problem = problem.status, problem.title, problem

    def to_response(self, ident: Any = None) -> tuple[str, list[tuple[str, str]], bytes]:
        body = json.dumps(self.problem.document()).encode()
        headers = [("Content-Type", "application/problem+json"), ("Connection", "close")]
        headers += [*problem_headers(self.problem).items(), *door.HEADERS]
        return f"{self.code} {self.reason}", headers, body


class _Nothing:
    """A body that is read and forgotten, for as long as it or `SWALLOW_LIMIT_S` lasts.

    Closing at once would reset most clients before they read the answer.
    """

    def __init__(self, length: int):
        self._left = length
        self._until = time.monotonic() + SWALLOW_LIMIT_S

    def received(self, data: bytes) -> int:
        taken = min(len(data), self._left)
        self._left -= taken
        return taken

    @property
    def completed(self) -> bool:
        return self._left == 0 or time.monotonic() > self._until

    def getbuf(self) -> io.BytesIO:
        return io.BytesIO()


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Judges a request by its headers, so that nothing of a body that is refused is kept.

    `judge(method, headers)` is the door's. `limit_for(method, path, headers, bytes)` says how
    many bytes whoever sends them may send there, or raises the problem of who may not.
    `room_problem(method, path, bytes)` is asked too.
    """

    limit_for: Callable[[str, str, Mapping[str, str], int], int]
    judge: Callable[[str, Mapping[str, str]], Problem | None]
    room_problem: Callable[[str, str, int], Problem | None]
    # Waitress logs it when a client leaves, also of a request that it could not read so far.
    path = ""
    is_refused = False
    unchecked_bytes = 0
    content_length: int
    body_rcv: Any
    expect_continue: bool

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        problem = self._problem()
        if problem and self.body_rcv is not None:
            self.is_refused = True
            self.error = Refusal(problem)
            # A client that asks first ("Expect: 100-continue") has sent nothing yet, and
            # how much one sends in chunks nobody knows.
            is_read = not (self.expect_continue or self.chunked)
            self.body_rcv = _Nothing(self.content_length) if is_read else None
            self.content_length, self.expect_continue = 0, False

    def _problem(self) -> Problem | None:
        """Why this request is refused by its headers."""
        self._limit_bytes = 0
        if self.body_rcv is None:
            return None  # the application judges it
        if problem := self.judge(self.command, self.headers):
            return problem
        asked = self.command, self.path
        try:
            self._limit_bytes = self.limit_for(*asked, self.headers, self.content_length)
        except Problem as problem:
            return problem
        except Exception:
            log.exception("nobody could be asked whether a request may come in")
            return Problem("internal-error", "It is in Bellhop's log.")
        if self.content_length > self._limit_bytes:
            return too_large(self._limit_bytes)
        return self.room_problem(*asked, self.content_length)

    def received(self, data: bytes) -> int:
        if self.is_refused and self.body_rcv is not None:
            swallowed: int = self.body_rcv.received(data)
            self.completed = self.body_rcv.completed
            return swallowed
        try:
            taken: int = super().received(data)
        except OSError as error:
            if not is_disk_full(error):
                raise
            return self._stop(NO_ROOM, len(data))
        self.unchecked_bytes += taken
        if self.unchecked_bytes > ROOM_CHECK_BYTES:
            # What comes in chunks, or beside other uploads, is not known by its headers.
            self.unchecked_bytes = 0
            if problem := self.room_problem(self.command, self.path, 0):
                return self._stop(problem, taken)
        if self.chunked and self.body_bytes_received > self._limit_bytes and not self.error:
            return self._stop(too_large(self._limit_bytes), taken)
        if self.error is not None and not isinstance(self.error, Refusal):
            # What Waitress says of a request it cannot read, in our words.
            code = CODES.get(self.error.code, "bad-request")
            said = f"The request is not valid HTTP: {self.error.body}."
            self.error = Refusal(Problem(code, said))
        return taken

    def _stop(self, problem: Problem, taken: int) -> int:
        """Read no more of this request and answer it with `problem`."""
        self.error, self.completed = Refusal(problem), True
        return taken


def serve(
    app: Callable[..., Any],
    bound: socket.socket,
    site: Site,
    on_ready: Callable[[], object],
) -> None:
    """Answer requests until SIGTERM; then finish those under way, `STOP_LIMIT_S` at most."""
    upload_bytes = site.settings.server.max_upload_bytes + FORM_BYTES
    tempfile.tempdir = str(site.files.spool)  # bodies belong on the disk of the data, not on /tmp

    _set_rules(site, upload_bytes)
    stay_on(*sorted(cores())[-1:])
    server = create_server(
        app,
        sockets=[bound],
        threads=THREADS,
        max_request_body_size=upload_bytes + 1,
        connection_limit=2 * MOST_CONNECTIONS,  # it is never reached: see web/connections.py
        channel_timeout=IDLE_CONNECTION_S,
        asyncore_use_poll=True,
        recv_bytes=262144,
        inbuf_overflow=SPOOL_BYTES,
        outbuf_overflow=MOST_ANSWER_BYTES,
        ident=None,
        clear_untrusted_proxy_headers=False,
        **_behind(site.settings.server.trusted_proxy),
    )
    Channel.parser_class, Channel.exempt = Parser, site.settings.server.trusted_proxy
    server.channel_class = Channel
    _allow_descriptors()
    stopping: list[int] = []

    def stop(number: int, frame: Any) -> None:
        stopping.append(number)
        site.stopping.set()
        server.pull_trigger()

    signal.signal(signal.SIGTERM, stop)
    address_file, address = site.here.address_file, listener.address(bound).encode()
    if not address_file.exists() or address_file.read_bytes() != address:
        write_atomically(address_file, address)  # a restart on a full disk need not
    on_ready()
    looked_at = time.monotonic()
    while not stopping:
        server.asyncore.loop(timeout=1, map=server._map, use_poll=True, count=1)
        if time.monotonic() > looked_at + 1:
            looked_at = time.monotonic()
            drop_slow(server)
    address_file.unlink(missing_ok=True)
    _finish(server)


def _allow_descriptors() -> None:
    """Each connection is a descriptor, and the usual soft limit of 1,024 is too close."""
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most_files, 4 * MOST_CONNECTIONS), most_files))


def _behind(proxy: str) -> dict[str, Any]:
    """What Waitress needs to know of the proxy in front; of any other it believes nothing."""
    if not proxy:
        return {}
    believed = {"x-forwarded-for", "x-forwarded-proto"}
    return {"trusted_proxy": proxy, "trusted_proxy_count": 1, "trusted_proxy_headers": believed}


def _set_rules(site: Site, upload_bytes: int) -> None:
    """Tell the parser what is refused by the headers of a request."""

    def limit_for(method: str, path: str, headers: Mapping[str, str], length: int) -> int:
        database.connect(reuse_if_open=True)
        user = gate.user_of(site.settings, headers, is_use=False)
        if user is None:
            if path != LOGIN:
                raise gate.LOGIN
            return LOGIN_BYTES
        if (method, path) != ("POST", JOBS):
            return JSON_BYTES if path in LONG_BODIES else SHORT_BYTES
        gate.require(user, "submit")
        if problem := submit_problem(site.settings, user, max(0, length)):
            raise problem
        return upload_bytes

    reserve_bytes = site.settings.storage.reserve_mb * MEBIBYTE

    def room_problem(method: str, path: str, length: int) -> Problem | None:
        if (method, path) != ("POST", JOBS):
            return None
        try:
            free = site.files.free_bytes()
        except OSError:
            return None  # the folder is gone, and whoever asks hears of it from the application
        needed = 2 * length  # the body is kept whole, and then again file by file
        if free >= needed + reserve_bytes:
            return None
        return disk_full(free, needed, reserve_bytes)

    Parser.limit_for = staticmethod(limit_for)
    Parser.room_problem = staticmethod(room_problem)
    Parser.judge = staticmethod(door.judge(site.settings))


def _finish(server: Any) -> None:
    """Answer what has begun to arrive; a client that drips is not waited for."""
    deadline = time.monotonic() + STOP_LIMIT_S
    is_busy = True
    while is_busy and time.monotonic() < deadline:
        server.asyncore.loop(timeout=0.05, map=server._map, use_poll=True, count=1)
        channels = list(server.active_channels.values())
        is_busy = any(c.request or c.requests or c.total_outbufs_len for c in channels)
