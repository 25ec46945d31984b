"""What is HTTP/1.1 and what only resembles it (RFC 9110, RFC 9112).

Where two programs read one request differently, somebody can hide a second one in it. So what the
RFCs call a fault is refused here, before anything of it is used, and the connection ends.
"""

from __future__ import annotations

import re
from typing import Any

from waitress.utilities import BadRequest

from bellhop.base.errors import Problem

# Headers of one request; browsers send about twenty.
MOST_FIELDS = 100
# Of a body in chunks: one line of its framing, and all of its trailer.
MOST_LINE_BYTES = 1024
MOST_TRAILER_BYTES = 8192
REQUEST_LINE = re.compile(
    rb"[!#$%&'*+.^_`|~0-9A-Z-]+ (?P<target>[^\x00-\x20\x7f#]+) HTTP/(?P<version>[0-9]\.[0-9])"
)
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t \x21-\x7e\x80-\xff]*)\r\n")
FIELDS = re.compile(rb"(?:%b)*" % FIELD.pattern)
# Without the comma, which a list of two would have.
HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._~!$&'()*+;=%-]*)(?::[0-9]{0,5})?")
ABSOLUTE = re.compile(rb"https?://(?P<authority>[^/?]+)(?:[/?].*)?", re.IGNORECASE)
# `int` refuses more digits than 4,300.
LENGTH = re.compile(rb"[0-9]{1,1000}")
CHUNK = re.compile(rb"(?P<size>[0-9A-Fa-f]{1,16})(?:[ \t]*;[\t \x21-\x7e\x80-\xff]*)?")


def checked(head: bytes) -> bytes:
    """A request line with its headers, of which each value is without the spaces around it.

    Waitress takes a time for such spaces that grows with their square. Raises the problem of a
    head that is no HTTP.
    """
    line, _, rest = head.removesuffix(b"\r\n").partition(b"\r\n")
    target, version = _request_line(line)
    fields = _fields(rest)
    host = _host([value for name, value in fields if name == b"host"], version)
    _check_target(target, line.startswith(b"OPTIONS "), host)
    _check_framing(fields, version)
    return b"\r\n".join([line, *map(b": ".join, fields), b"", b""])


def _request_line(line: bytes) -> tuple[bytes, bytes]:
    """The target and the version."""
    found = REQUEST_LINE.fullmatch(line)
    if found is None:
        raise _fault("the request line must be a method, an address and a version")
    if found["version"] not in (b"1.0", b"1.1"):
        raise Problem("http-version", "Bellhop speaks HTTP/1.1 and HTTP/1.0.")
    return found["target"], found["version"]


def _fields(lines: bytes) -> list[tuple[bytes, bytes]]:
    """Each name, in small letters, with its value.

    RFC 9112 5 allows no space before the colon and no folded lines.
    """
    if lines.count(b"\r\n") > MOST_FIELDS:
        said = f"A request can have at most {MOST_FIELDS} headers."
        raise Problem("header-too-large", said)
    if not FIELDS.fullmatch(lines):
        raise _fault("a header must be a name, a colon and a value in one line")
    return [(name.lower(), value.strip(b" \t")) for name, value in FIELD.findall(lines)]


def _host(given: list[bytes], version: bytes) -> bytes:
    """The one Host (RFC 9112 3.2); of HTTP/1.0 without one it is empty, which the door refuses."""
    if not given and version == b"1.1":
        raise Problem("bad-host", "A request of HTTP/1.1 needs a Host.")
    if len(given) > 1:
        raise _fault("there must be one Host")
    host = given[0] if given else b""
    if not HOST.fullmatch(host):
        raise _fault("Host must be a name or an address, with a port or without one")
    return host


def _check_target(target: bytes, is_options: bool, host: bytes) -> None:
    """Refuse a target that is no path, and a URL of another host than `host` (RFC 9112 3.2)."""
    if target.startswith(b"/") or (target == b"*" and is_options):
        return
    found = ABSOLUTE.fullmatch(target)
    if found is None:
        raise _fault("the address must begin with a slash")
    if found["authority"].lower() != host.lower():
        raise _fault("the address and Host name different servers")


def _check_framing(fields: list[tuple[bytes, bytes]], version: bytes) -> None:
    """Refuse a body that two programs may end at different places (RFC 9112 6)."""
    lengths = [value for name, value in fields if name == b"content-length"]
    codings = [value for name, value in fields if name == b"transfer-encoding"]
    if lengths and (len(lengths) > 1 or not LENGTH.fullmatch(lengths[0])):
        raise _fault("Content-Length must be one number")
    if codings and (lengths or version == b"1.0"):
        raise _fault("Transfer-Encoding needs HTTP/1.1 and no Content-Length")
    names = [name.strip(b" \t").lower() for coding in codings for name in coding.split(b",")]
    if any(name not in (b"", b"chunked") for name in names):
        raise _fault("Transfer-Encoding requested is not supported.", "not-implemented")
    if codings and names != [b"chunked"]:
        raise _fault("Transfer-Encoding must be chunked")


def _fault(said: str, code: str = "bad-request") -> Problem:
    return Problem(code, f"The request is not valid HTTP: {said}.")


class Chunks:
    """A body in chunks (RFC 9112 7.1), written to `buffer`; as Waitress asks a receiver of it.

    The receiver of Waitress keeps a line without an end in memory, however long it is.
    """

    def __init__(self, buffer: Any):
        self._buffer, self._line = buffer, b""
        self._read = self._read_size
        # What is still to come of the chunk, and how much there was of the trailer.
        self._left_bytes = self._trailer_bytes = 0
        self.completed = False
        self.error: BadRequest | None = None

    def __len__(self) -> int:
        return len(self._buffer)

    def getbuf(self) -> Any:
        return self._buffer

    def getfile(self) -> Any:
        return self._buffer.getfile()

    def received(self, data: bytes) -> int:
        """Take what belongs to the body; the number of its bytes."""
        at = 0
        while at < len(data) and not (self.completed or self.error):
            at = self._take_data(data, at) if self._left_bytes else self._take_line(data, at)
        return at

    def _take_data(self, data: bytes, at: int) -> int:
        piece = data[at : at + self._left_bytes]
        self._buffer.append(piece)
        self._left_bytes -= len(piece)
        return at + len(piece)

    def _take_line(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at, at + MOST_LINE_BYTES) + 1
        piece = data[at : end or at + MOST_LINE_BYTES]
        self._line += piece
        if len(self._line) > MOST_LINE_BYTES:
            self.error = BadRequest("a line between two chunks is too long")
        elif end:
            line, self._line = self._line, b""
            if line.endswith(b"\r\n"):
                self._read(line[:-2])
            else:
                self.error = BadRequest("a line between two chunks has no end")
        return at + len(piece)

    def _read_size(self, line: bytes) -> None:
        found = CHUNK.fullmatch(line)
        if found is None:
            self.error = BadRequest("the size of a chunk is not a number")
            return
        self._left_bytes = int(found["size"], 16)
        self._read = self._read_end if self._left_bytes else self._read_trailer

    def _read_end(self, line: bytes) -> None:
        self._read = self._read_size
        if line:
            self.error = BadRequest("a chunk is longer than its size")

    def _read_trailer(self, line: bytes) -> None:
        self._trailer_bytes += len(line)
        if not line:
            self.completed = True
        elif self._trailer_bytes > MOST_TRAILER_BYTES or not FIELD.fullmatch(line + b"\r\n"):
            self.error = BadRequest("the trailer is too long or holds no headers")
