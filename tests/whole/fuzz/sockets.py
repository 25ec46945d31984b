"""Bytes on the socket of a real server: what is no HTTP, or too much of it, or never ends."""

from __future__ import annotations

import contextlib
import io
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from tests.support.running import Running, readline, running
from tests.whole.fuzz.forms import seldom
from tests.whole.fuzz.probe import LIMIT_S, Answer, problems_of
from tests.whole.fuzz.watch import tree
from tests.whole.fuzz.world import API, lay_out

ORDINARY_EVERY = 20
HELD_S = 0.05
# Of the server itself, beside what the application may answer.
SERVER_STATUSES = (501, 505)
METHODS = [
    b"GET",
    b"POST",
    b"PUT",
    b"HEAD",
    b"OPTIONS",
    b"get",
    b"",
    b"G\0T",
    b"\xff",
    b"A" * 9000,
    b"PRI",
    b"CONNECT",
]
TARGETS = [
    b"/health", API.encode() + b"/jobs", b"/", b"", b"*", b"http://localhost/health",
    b"http://evil.example/", b"//evil.example/", b"/%", b"/%00", b"/\xff", b"/a b",
    b"/../../outside/secret.txt", b"/static/..%2fapp.py", b"/" + b"a" * 9000,
    b"/" + b"a" * 300_000, b"localhost:80", b"/?%", b"/#x", b"http://[/", b"/static/%2e%2e/app.py",
]  # fmt: skip
VERSIONS = [
    b" HTTP/1.1",
    b" HTTP/1.0",
    b" HTTP/2.0",
    b" HTTP/0.9",
    b"",
    b" HTTP/1.1 x",
    b" HTTP/",
    b" http/1.1",
    b" HTTP/1.\xff",
]
HEADS = [
    b"Host: evil.example", b"Host: localhost", b"Host:", b"Content-Length: 5",
    b"Content-Length: 6", b"Content-Length: -1", b"Content-Length: +5", b"Content-Length: 5, 5",
    b"Content-Length: 5, 6", b"Content-Length: 0x5", b"Content-Length: \xb2",
    b"Content-Length: 99999999999999999999", b"Content-Length: ", b"Content-Length : 5",
    b"Content-Length:5\x0b", b"Transfer-Encoding: chunked", b"Transfer-Encoding: Chunked",
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, chunked",
    b"Transfer-Encoding: identity", b"Transfer-Encoding : chunked",
    b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding: x", b"Expect: 100-continue",
    b"Expect: x", b"Connection: close", b"Connection: keep-alive", b"Connection: upgrade",
    b"Upgrade: h2c", b"no colon", b": x", b" folded: x", b"\tfolded", b"X: a\0b", b"X: a\rb",
    b"X: a\nb", b"\xff: \xff", b"X: " + b"y" * 70_000, b"X Y: z",
    b"Content-Type: application/json", b"Content-Type: multipart/form-data; boundary=x",
    b"Trailer: X", b"Range: bytes=0-1", b"HOST: localhost", b"Ho_st: x", b"Content_Length: 5",
    b"X-Forwarded-For: ::1", b"Authorization: Bearer \xff",
]  # fmt: skip
BODIES = [
    b"", b"hello", b"{}", b"5\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n", b"x\r\nhello\r\n",
    b"-5\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffffffff\r\n", b"5;a=b\r\nhello\r\n0\r\n\r\n",
    b"5\nhello\n0\n\n", b"5\r\nhelloX\r\n0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"0\r\n\r\n0\r\n\r\n",
    b"0x5\r\nhello\r\n0\r\n\r\n", b"5 \r\nhello\r\n0\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n",
    b"5" + b";" * 9000 + b"\r\nhello\r\n0\r\n\r\n", b"0" * 300_000, b"\xff" * 100,
    b"0\r\n" + b"X: y\r\n" * 60_000 + b"\r\n",
]  # fmt: skip
ENDS = [b"\r\n\r\n"] * 6 + [b"\n\n", b"\r\r", b"\r\n", b"", b"\r\n \r\n", b"\n\r\n"]
JOB = {"type": "fuzzed_text", "items": [{"text": "a"}]}
ORDINARY = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Exchange(NamedTuple):
    """What is sent on one connection, and how: `is_held` leaves it open for a while at the end."""

    requests: list[bytes]
    cut: int | None
    pieces: int
    is_held: bool

    def sent(self) -> bytes:
        return b"".join(self.requests)[: self.cut]


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request that is mostly right."""
    if seldom(draw, 10):
        return draw(st.one_of(st.binary(max_size=200), st.just(ORDINARY), st.sampled_from(ENDS)))

    def mostly(right: bytes, choices: list[bytes]) -> bytes:
        return draw(st.sampled_from(choices)) if seldom(draw, 4) else right

    line = mostly(draw(st.sampled_from(METHODS[:2])), METHODS) + b" "
    line += mostly(draw(st.sampled_from(TARGETS[:2])), TARGETS) + mostly(VERSIONS[0], VERSIONS)
    heads = [b"Host: localhost"] if not seldom(draw, 10) else []
    heads += draw(st.lists(st.sampled_from(HEADS), max_size=4))
    if seldom(draw, 50):
        heads += [b"X-%d: y" % number for number in range(20_000)]
    return b"\r\n".join([line, *heads]) + mostly(b"\r\n\r\n", ENDS) + draw(st.sampled_from(BODIES))


EXCHANGES = st.builds(
    Exchange,
    requests=st.lists(requests(), min_size=1, max_size=4),
    cut=st.one_of(st.none(), st.none(), st.integers(0, 300)),
    pieces=st.sampled_from([1, 1, 1, 2, 5]),
    is_held=st.sampled_from([False, False, False, True]),
)


class Server:
    """A whole Bellhop in processes of its own, asked over its socket."""

    def __init__(self, bellhop: Running, folder: Path):
        self._bellhop, self._folder = bellhop, folder
        self._address = "127.0.0.1", int(bellhop.url.rpartition(":")[2])
        self._outside = tree(folder, bellhop.data)
        self.sent = 0
        self.findings: dict[str, str] = {}
        self.slowest_s = 0.0

    name = "raw HTTP on the socket"
    strategy = EXCHANGES

    def send(self, exchange: Exchange) -> None:
        """Send the bytes, and read all that is answered until the server has had enough."""
        self.sent += 1
        began = time.monotonic()
        received = b""
        try:
            received = self._exchanged(exchange)
        except TimeoutError:
            self._note(f"no end within {LIMIT_S:g} s", exchange, received)
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        for what in wrong_in(received):
            self._note(what, exchange, received)
        if self.sent % ORDINARY_EVERY == 0:
            self._ask_as_usual(exchange)

    def problems(self) -> list[str]:
        """What is wrong now that all was sent: with the server, its log and the folders around."""
        wrong = []
        job = self._bellhop.client().post(f"{API}/jobs", JOB)
        if self._bellhop.final(job["job_id"])["status"] != "completed":
            wrong.append("an ordinary job does not work any more on the server")
        log = self._bellhop.log()
        if "Traceback" in log:
            wrong.append("the server logs a traceback:\n" + log[log.index("Traceback") :][:3000])
        outside = tree(self._folder, self._bellhop.data)
        for path in sorted(outside.keys() | self._outside.keys()):
            # The log of the server lies beside its data.
            if outside.get(path) != self._outside.get(path) and path != str(self._folder / "log"):
                wrong.append(f"{path} outside the data folder is not what it was")
        return wrong

    def _exchanged(self, exchange: Exchange) -> bytes:
        """What comes back; TimeoutError when the server neither reads nor answers nor closes."""
        received = b""
        deadline = time.monotonic() + LIMIT_S
        with socket.create_connection(self._address, LIMIT_S) as connection:
            try:
                self._put(connection, exchange)
                if exchange.is_held:
                    return b""
                connection.shutdown(socket.SHUT_WR)
                while chunk := connection.recv(65536):
                    received += chunk
                    if time.monotonic() > deadline:
                        raise TimeoutError
            except TimeoutError:
                raise
            except OSError:
                pass  # it may close before it has read, or was told, all
        return received

    def _put(self, connection: socket.socket, exchange: Exchange) -> None:
        data = exchange.sent()
        size = max(1, -(-len(data) // exchange.pieces))
        for start in range(0, len(data), size):
            connection.sendall(data[start : start + size])
        if exchange.is_held:
            connection.settimeout(HELD_S)
            with contextlib.suppress(TimeoutError):
                connection.recv(65536)

    def _ask_as_usual(self, exchange: Exchange) -> None:
        try:
            answers = list(answers_in(self._exchanged(Exchange([ORDINARY], None, 1, False))))
            is_fine = [answer.status for answer in answers] == [200]
        except (OSError, ValueError):
            is_fine = False
        if not is_fine:
            self._note("afterwards the server does not answer", exchange, b"")

    def _note(self, what: str, exchange: Exchange, received: bytes) -> None:
        sent = repr(exchange.sent())
        cut = f"… and {len(sent) - 3000} more characters" if len(sent) > 3000 else ""
        said = f"{what}\n  sent {sent[:3000]}{cut} in {exchange.pieces} pieces"
        self.findings.setdefault(what, f"{said}\n  received {received[:1000]!r}")


def wrong_in(received: bytes) -> list[str]:
    """What is wrong with all that came on one connection."""
    wrong = []
    try:
        for answer in answers_in(received):
            if answer.status in SERVER_STATUSES:
                continue
            is_head = not answer.body and answer.header("content-length") not in ("", "0")
            wrong += problems_of(answer, is_head=is_head) if answer.status >= 200 else []
    except ValueError as error:
        wrong.append(f"what comes back is no HTTP: {error}")
    # What the server says before the application is called has no headers of the door.
    return [what for what in wrong if "headers of the door" not in what]


def answers_in(received: bytes) -> Iterator[Answer]:
    """The answers one after the other; ValueError when the bytes are none."""
    stream = io.BytesIO(received)
    while line := stream.readline():
        found = re.fullmatch(rb"HTTP/1\.[01] (\d{3}) [ -~]*\r\n", line)
        if not found:
            raise ValueError(f"{line[:80]!r} begins no answer")
        status, headers = int(found[1]), []
        while (line := stream.readline()) != b"\r\n":
            if not re.fullmatch(rb"[A-Za-z-]+: [\t -~\x80-\xff]*\r\n", line):
                raise ValueError(f"{line[:80]!r} is no header")
            name, _, value = line.decode("latin-1").partition(": ")
            headers.append((name, value.rstrip("\r\n")))
        answer = Answer(status, tuple(headers))
        yield Answer(status, answer.headers, _body(stream, answer))


def _body(stream: io.BytesIO, answer: Answer) -> bytes:
    """The body of an answer; that it is to a HEAD shows in what follows it."""
    if answer.status in (204, 304) or answer.status < 200:
        return b""
    if answer.header("transfer-encoding"):
        raise ValueError("the answer is in chunks")
    length = answer.header("content-length")
    if not length:
        return stream.read()
    at = stream.tell()
    body = stream.read(int(length))
    is_of_head = body.startswith(b"HTTP/1.") or (length != "0" and not body)
    if is_of_head:
        stream.seek(at)
        return b""
    if len(body) < int(length):
        raise ValueError("an answer is cut short")
    return body


@contextlib.contextmanager
def server(folder: Path) -> Iterator[Server]:
    """A `Server` on a data folder in `folder`, until the end of the block."""
    lay_out(folder)
    config = str(folder / "config.ini")
    with running(folder, BELLHOP_JOBTYPES_FOLDER=str(folder / "types")) as bellhop:
        process = bellhop.start("--config", config)
        ready = readline(process)
        assert ready.startswith("Bellhop is ready at "), bellhop.log()
        yield Server(bellhop, folder)
