"""What a client and PostgreSQL say to each other, as far as a COMMIT and its answer go.

The messages: https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

import re
import struct
from collections import deque
from collections.abc import Callable

# What a client may ask before it starts; the server answers with one byte.
ASKS_FOR_ENCRYPTION = (80877103, 80877104)
# What may contain a semicolon or the word: texts, quoted names, comments.
NO_STATEMENT = re.compile(
    rb"""'(?:[^']|'')*' | "[^"]*" | \$((?:[a-z_]\w*)?)\$.*?\$\1\$ | --[^\n]* | /\*.*?\*/""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
COMMIT = re.compile(rb"\s*(?:commit|end)\b", re.IGNORECASE)


class Unknown:
    """A connection of which nothing is understood, such as one of another server."""

    is_answer_lost = False

    def client_says(self, data: bytes, is_chosen: Callable[[], bool]) -> None:
        pass

    def server_says(self, data: bytes) -> bytes:
        return data


class Turns(Unknown):
    """Connections of which `count` says how often a client spoke after its server had."""

    def __init__(self) -> None:
        self.count = 0
        self._has_answered = False

    def client_says(self, data: bytes, is_chosen: Callable[[], bool]) -> None:
        self.count += self._has_answered
        self._has_answered = False

    def server_says(self, data: bytes) -> bytes:
        self._has_answered = True
        return data


class Conversation(Unknown):
    """One connection. `is_answer_lost` says that the answer to a chosen COMMIT is there."""

    def __init__(self) -> None:
        self.is_answer_lost = False
        self._of_client = self._of_server = b""  # the beginning of a message
        self._is_starting = True  # the client's next message has no type
        self._bytes_due = 0
        self._is_encrypted = False
        self._statements: dict[bytes, int] = {}  # the COMMITs in each that is prepared
        self._portals: dict[bytes, int] = {}
        # For each COMMIT sent, whether it was chosen; None where the server will be ready again.
        self._due: deque[bool | None] = deque()

    def client_says(self, data: bytes, is_chosen: Callable[[], bool]) -> None:
        """Ask `is_chosen` once for each COMMIT in what the client sends."""
        if self._is_encrypted:
            return
        self._of_client += data
        while self._is_starting and len(self._of_client) >= 8:
            length, code = struct.unpack("!II", self._of_client[:8])
            if len(self._of_client) < length:
                return
            self._of_client = self._of_client[length:]
            if code in ASKS_FOR_ENCRYPTION:
                self._bytes_due += 1
            else:
                self._is_starting = False
        if self._is_starting:
            return
        messages, self._of_client = _split(self._of_client)
        for kind, body in messages:
            for _ in range(self._commits_in(kind, body)):
                self._due.append(is_chosen())
            if kind in b"QSF":  # a query, a sync, a function call
                self._due.append(None)

    def server_says(self, data: bytes) -> bytes:
        """The part to forward now: whole messages, and those before an answer that is lost."""
        forwarded = b""
        if self._bytes_due and data:
            forwarded, data = data[:1], data[1:]
            self._bytes_due -= 1
            self._is_encrypted = forwarded != b"N"
        if self._is_encrypted:
            return forwarded + data
        messages, self._of_server = _split(self._of_server + data)
        for kind, body in messages:
            self._hear(kind, body)
            if self.is_answer_lost:
                break
            forwarded += kind + struct.pack("!I", len(body) + 4) + body
        return forwarded

    def _commits_in(self, kind: bytes, body: bytes) -> int:
        """How many COMMITs the server executes because of a message."""
        first, _, rest = body.partition(b"\0")
        second = rest.partition(b"\0")[0]
        if kind == b"P":  # parse: a name, a statement
            self._statements[first] = _commits(second)
        elif kind == b"B":  # bind: a portal, the name of its statement
            self._portals[first] = self._statements.get(second, 0)
        elif kind == b"E":  # execute: a portal
            return self._portals.get(first, 0)
        elif kind == b"Q":
            return _commits(first)
        return 0

    def _hear(self, kind: bytes, body: bytes) -> None:
        if kind == b"C" and body.startswith((b"COMMIT", b"ROLLBACK")):
            if self._due and self._due[0] is not None:
                self.is_answer_lost = bool(self._due.popleft())
        elif kind == b"E":  # the COMMITs until the server is ready again are not executed
            pending = list(self._due)
            until = pending.index(None) if None in pending else len(pending)
            self.is_answer_lost = any(pending[:until])
        elif kind == b"Z":
            while self._due and self._due.popleft() is not None:
                pass


def _split(data: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The complete messages as (type, body), and the rest."""
    messages = []
    while len(data) >= 5 and len(data) > (length := struct.unpack("!I", data[1:5])[0]):
        messages.append((data[:1], data[5 : length + 1]))
        data = data[length + 1 :]
    return messages, data


def _commits(sql: bytes) -> int:
    return sum(bool(COMMIT.match(part)) for part in NO_STATEMENT.sub(b"''", sql).split(b";"))
