"""The parser of requests: what is refused by its headers is never stored.

Waitress reads a whole body before the application is called. So what can be judged by
the headers (size, path) is refused while they are parsed: the body is read into nothing
and the client gets its problem document instead of a connection that breaks.
"""

from __future__ import annotations

import io
import json
import logging
import time
from typing import Any

from waitress.parser import HTTPRequestParser
from waitress.utilities import Error

from bellhop.base import prefix
from bellhop.base.errors import Problem, too_large
from bellhop.base.units import MEBIBYTE
from bellhop.database.database import database, is_disk_full
from bellhop.server.rules import Rules
from bellhop.server.syntax import Chunks, checked
from bellhop.server.uploads import Upload
from bellhop.web import door, tus
from bellhop.web.answers import problem_headers
from bellhop.web.routes import find, meant

ROOM_CHECK_BYTES = 4 * MEBIBYTE
# What is read from a connection at once. Of a body in chunks nobody knows where it ends, and what
# follows it is the next request, which waits in memory.
HEAD_BYTES, CHUNK_BYTES, BODY_BYTES = 16 * 1024, 64 * 1024, 256 * 1024
SWALLOW_LIMIT_S = 20.0
NO_ROOM = Problem(
    "disk-full", "The disk filled up during the upload; Bellhop has stored nothing of it."
)
CODES = {
    400: "bad-request",
    413: "upload-too-large",
    431: "header-too-large",
    501: "not-implemented",
}
log = logging.getLogger("bellhop.web")


class Refusal(Error):  # type: ignore[misc]
    """A request that the application never sees, with its problem document."""

    def __init__(self, problem: Problem, path: str = ""):
        super().__init__(problem.detail)
        self.code, self.reason, self.problem = problem.status, problem.title, problem
        self._path = path

    def to_response(self, ident: Any = None) -> tuple[str, list[tuple[str, str]], bytes]:
        body = json.dumps(self.problem.document()).encode()
        headers = [("Content-Type", "application/problem+json"), ("Connection", "close")]
        headers += [*problem_headers(self.problem).items(), *door.headers_of(self._path)]
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
    """Judges a request by its headers, so that nothing of a body that is refused is kept."""

    rules: Rules
    # Of which address the connection is, and whether that is a proxy which is trusted.
    peer, is_of_proxy = "", False
    # Waitress logs it when a client leaves, also of a request that it could not read so far.
    path = ""
    is_refused = False
    upload: Upload | None = None
    unchecked_bytes = 0
    content_length: int
    body_bytes_received: int
    body_rcv: Any
    command: str
    expect_continue: bool
    _limit_bytes = 0

    @property
    def wanted_bytes(self) -> int:
        """How much to read at once: of what is no body, little, for it lies in memory."""
        if self.is_refused:
            return BODY_BYTES
        if self.body_rcv is None or self.completed:
            return HEAD_BYTES
        if self.chunked:
            return CHUNK_BYTES
        return min(BODY_BYTES, self.content_length - self.body_bytes_received)

    @property
    def _meant_path(self) -> str:
        """The address without the path of the public URL."""
        return prefix.within(self._sent_path)

    @property
    def _sent_path(self) -> str:
        """Waitress gives the application an address that begins with one slash."""
        return "/" + self.path.lstrip("/")

    def parse_header(self, header_plus: bytes) -> None:
        try:
            head = checked(header_plus)
            head, named = self.rules.named(head, self.peer, self.is_of_proxy)
            super().parse_header(head)
        except Problem as fault:
            self.error = Refusal(fault)
            return
        self.headers.update(named)
        self.command = tus.method(self.command, self._meant_path, self.headers)
        if self.chunked:
            self.body_rcv = Chunks(self.body_rcv.getbuf())
        problem = self._problem()
        if problem and self.body_rcv is not None:
            self.is_refused = True
            self.error = Refusal(problem, self._meant_path)
            # A client that asks first ("Expect: 100-continue") has sent nothing yet, and
            # how much one sends in chunks nobody knows.
            is_read = not (self.expect_continue or self.chunked)
            self.body_rcv = _Nothing(self.content_length) if is_read else None
            self.content_length, self.expect_continue = 0, False

    def _problem(self) -> Problem | None:
        """Why this request is refused by its headers."""
        if self.body_rcv is None:
            return None  # the application judges it
        if problem := self.rules.judge(self.command, self.headers):
            return problem
        path = meant(self.command, self._sent_path)
        route = find(self.command, path)
        try:
            admitted = door.once_more(
                lambda: self.rules.admitted(route, path, self.headers, self.content_length)
            )
        except Problem as refused:
            return refused
        except Exception as error:
            database.close()
            if unavailable := door.database_problem(error):
                return unavailable
            log.exception("the check of a request failed")
            return Problem("internal-error", "See Bellhop's log for details.")
        self._limit_bytes, self.upload = admitted.most_bytes, admitted.upload
        if admitted.landing is not None:
            self.body_rcv = admitted.landing
        return None

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
        if self.upload is not None and (problem := self._upload_problem(self.upload, taken)):
            return self._stop(problem, taken)
        if self.chunked and self.body_bytes_received > self._limit_bytes and not self.error:
            return self._stop(too_large(self._limit_bytes), taken)
        if isinstance(self.error, Problem):  # of a landing
            self.error = Refusal(self.error, self._meant_path)
        elif self.error is not None and not isinstance(self.error, Refusal):
            # What Waitress says of a request it cannot read, in our words.
            code = CODES.get(self.error.code, "bad-request")
            said = f"The request is not valid HTTP: {self.error.body}."
            self.error = Refusal(Problem(code, said))
        return taken

    def close(self) -> None:
        """Let go of the body, and of what was promised for it."""
        super().close()
        self.settle()

    def settle(self) -> None:
        """An upload has ended: what came of it is in the rows, or is not kept."""
        if self.upload is not None:
            self.rules.uploads.end(self.upload)

    def _upload_problem(self, upload: Upload, taken: int) -> Problem | None:
        """Why an upload is stopped halfway.

        What comes in chunks, or beside other uploads, is not known by its headers.
        """
        upload.received_bytes = self.body_bytes_received
        upload.is_arriving = not self.completed
        self.unchecked_bytes += taken
        if self.unchecked_bytes <= ROOM_CHECK_BYTES:
            return None
        self.unchecked_bytes = 0
        return self.rules.growth_problem(upload) if self.chunked else self.rules.room_problem(0)

    def _stop(self, problem: Problem, taken: int) -> int:
        """Read no more of this request and answer it with `problem`."""
        self.error, self.completed = Refusal(problem, self._meant_path), True
        return taken
