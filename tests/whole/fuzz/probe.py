"""One case: a request to the application in this process, and what is wrong with its answer."""

from __future__ import annotations

import io
import json
import logging
import re
import signal
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, unquote_to_bytes
from wsgiref.util import setup_testing_defaults

from bellhop.base.errors import PROBLEMS
from bellhop.web.openapi.document import build
from tests.whole.fuzz.watch import Watch

LIMIT_S = 10.0
PROBLEM_JSON = "application/problem+json"
PAGE = "text/html; charset=utf-8"
# What may be answered although it is above 499; 501 is of the server on the socket.
ALLOWED = {(503, "not-ready"), (507, "disk-full")}
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
MOST_SHOWN = 2000
MOST_REPLAYS = 60
Application = Callable[..., Iterable[bytes]]


@dataclass(frozen=True)
class Identity:
    """Who asks: the headers that say so."""

    name: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A request as it stands on the wire, but for the framing.

    `path` is percent-encoded; `length` is what Content-Length says, None for the truth.
    """

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: int | None = None

    def environ(self) -> dict[str, Any]:
        """As a WSGI server hands it over: bytes of the address and of headers as Latin-1."""
        path, _, query = self.path.partition("?")
        length = len(self.body) if self.length is None else self.length
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "PATH_INFO": unquote_to_bytes(path.encode()).decode("latin-1"),
            "QUERY_STRING": query.encode().decode("latin-1"),
            "CONTENT_LENGTH": str(length),
            "HTTP_HOST": "localhost:8080",
            "wsgi.input": io.BytesIO(self.body),
        }
        setup_testing_defaults(environ)
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        return environ

    @classmethod
    def of(cls, environ: dict[str, Any], body: bytes) -> Request:
        """What a client of WSGI made; None of its own headers is lost."""
        headers = {
            key.removeprefix("HTTP_").replace("_", "-").title(): value
            for key, value in environ.items()
            if key.startswith("HTTP_") or (key == "CONTENT_TYPE" and value)
        }
        path = re.sub(
            r"[^!-$&-;=@-Z_a-z~]",  # anything else goes percent-encoded, also % and ?
            lambda found: f"%{ord(found[0]):02X}",
            environ["PATH_INFO"],
        )
        query = environ["QUERY_STRING"]
        length = environ.get("CONTENT_LENGTH") or ""
        is_true = length in ("", str(len(body)))
        return cls(
            environ["REQUEST_METHOD"],
            f"{path}?{query}" if query else path,
            headers,
            body,
            None if is_true else int(length),
        )

    def shown(self) -> str:
        """A Python literal; of a very long one its beginning."""
        text = f"Request({self.method!r}, {self.path!r}, {self.headers!r}, {self.body!r}"
        text += ")" if self.length is None else f", length={self.length})"
        more = len(text) - MOST_SHOWN
        return text if more <= 0 else f"{text[:MOST_SHOWN]}… and {more} more characters"


@dataclass(frozen=True)
class Answer:
    """An answer as it came, or the words of what came instead of one."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    instead: str = ""

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, with what makes it happen again."""

    what: str
    identity: str
    request: Request
    evidence: str = ""

    def __str__(self) -> str:
        lines = [f"{self.what} (as {self.identity})", self.request.shown(), self.evidence]
        return "\n  ".join(filter(None, lines))


class Hang(BaseException):
    """A request took longer than its ceiling; no handler may take it for a mistake of its own."""


class Probe:
    """Sends cases and checks each answer; `secret` stands only outside the data folder.

    It is a WSGI application itself, for clients that make requests of their own.
    """

    def __init__(self, application: Application, watch: Watch, secret: bytes):
        self._application, self._watch, self._secret = application, watch, secret
        self._log = _Tracebacks()
        self._documented = _Documented()
        self.findings: dict[str, Finding] = {}
        self.sent = 0
        self.slowest_s = 0.0
        self.statuses: Counter[int] = Counter()
        # What is learnt from answers: `listen(request, answer)`.
        self.listen: Callable[[Request, Answer], object] = lambda request, answer: None
        self.identity = Identity("open")
        self.last = Request("GET", "/")

    def send(self, request: Request, identity: Identity) -> Answer:
        """Send a case, and note what is wrong."""
        return self._counted(self.ask(request, identity))

    def ask(self, request: Request, identity: Identity) -> Answer:
        """The same with what is no case, but has to be asked."""
        self.identity = identity
        return self._judged(replace(request, headers={**request.headers, **identity.headers}))

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        """The case of another client, which put the headers of the identity into it."""
        request = Request.of(environ, environ["wsgi.input"].read())
        answer = self._counted(self._judged(request))
        start(f"{answer.status or 599} Answer", list(answer.headers))
        return [answer.body]

    def note(
        self, what: str, request: Request, evidence: str = "", *, shorten: bool = False
    ) -> None:
        """Keep the first finding of its kind, as short as it can be made."""
        name = f"{what} {request.method} {self._documented.template(request)}"
        if name in self.findings:
            return
        if shorten:
            request = _shortened(request, lambda shorter: what in self._wrong(shorter))
        self.findings[name] = Finding(what, self.identity.name, request, evidence)

    def _counted(self, answer: Answer) -> Answer:
        self.sent += 1
        self.statuses[answer.status] += 1
        return answer

    def _judged(self, request: Request) -> Answer:
        self.last = request
        began = time.monotonic()
        answer, wrong = self._asked(request)
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        evidence = "\n  ".join([answer.instead, *self._log.taken()]).strip()
        shown = evidence or f"{answer.status} {dict(answer.headers)} {answer.body[:500]!r}"
        for what in wrong:
            self.note(what, request, shown, shorten="hangs" not in what)
        self.listen(request, answer)
        return answer

    def _wrong(self, request: Request) -> list[str]:
        return self._asked(request)[1]

    def _asked(self, request: Request) -> tuple[Answer, list[str]]:
        """The answer, and what is wrong with it."""
        self._log.taken()
        self._watch.seen.clear()
        with self._watch.watching():
            answer = _called(self._application, request)
        wrong = [f"outside the data folder: {change}" for change in self._watch.seen]
        if answer.instead:
            return answer, [*wrong, answer.instead.splitlines()[0]]
        if self._secret in answer.body:
            wrong.append("it shows a file from outside the data folder")
        wrong += problems_of(
            answer, is_head=request.method == "HEAD", may_be_page=_is_for_person(request)
        )
        wrong += self._documented.problems_of(request, answer)
        if answer.status < 400 and not is_text(request.path):
            wrong.append(f"{answer.status} to an address that cannot be read")
        return answer, wrong


def is_text(path: str) -> bool:
    """Whether the bytes of an address are UTF-8: all else could be read as another address."""
    try:
        unquote_to_bytes(path.partition("?")[0].encode()).decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_for_person(request: Request) -> bool:
    """Whether a browser asks for a page: a missing one is told by a page."""
    is_for_program = unquote(request.path).startswith("/api/")
    return not is_for_program and "text/html" in request.headers.get("Accept", "")


def problems_of(answer: Answer, *, is_head: bool = False, may_be_page: bool = False) -> list[str]:
    """What is wrong with an answer whatever was asked."""
    wrong = []
    is_page = may_be_page and answer.status == 404 and answer.header("content-type") == PAGE
    for name, value in answer.headers:
        try:
            value.encode("latin-1")
        except (UnicodeEncodeError, AttributeError):
            wrong.append(f"the header {name} is no text of HTTP")
        else:
            if CONTROL.search(value) or not re.fullmatch(r"[A-Za-z-]+", name):
                wrong.append(f"the header {name} holds a control character")
    if answer.header("x-content-type-options") != "nosniff":
        wrong.append("the answer goes out without the headers of the door")
    code = ""
    is_told = answer.status >= 400 and not is_page
    if not is_head and (is_told or answer.header("content-type") == PROBLEM_JSON):
        code, said = _problem(answer)
        wrong += said
    if answer.status >= 500 and (answer.status, code) not in ALLOWED:
        wrong.append(f"{answer.status} {code}")
    return wrong


def _problem(answer: Answer) -> tuple[str, list[str]]:
    """(the code of a problem document, what is wrong with it)."""
    try:
        document = json.loads(answer.body)
        code, status = document["code"], document["status"]
        words = document["title"], document["detail"]
    except (ValueError, KeyError, TypeError):
        return "", [f"{answer.status} without a problem document"]
    wrong = []
    if answer.header("content-type") != PROBLEM_JSON:
        wrong.append(f"a problem document of another content type ({code})")
    if code not in PROBLEMS or PROBLEMS[code] != (answer.status, words[0]):
        wrong.append(f"{answer.status} with a code that is not of it ({code})")
    if status != answer.status or not all(isinstance(word, str) and word for word in words):
        wrong.append(f"a problem document that is not well-formed ({code})")
    return str(code), wrong


class _Documented:
    """What the OpenAPI document says may be answered."""

    def __init__(self) -> None:
        self._paths = []
        for path, operations in build()["paths"].items():
            # The name of a file holds slashes, whatever else stands in a path does not.
            pattern = re.escape(path).replace(r"files/\{name\}", "files/.+")
            pattern = re.sub(r"\\{\w+\\}", "[^/]+", pattern)
            statuses = {
                method.upper(): {int(status) for status in operation["responses"]}
                for method, operation in operations.items()
            }
            self._paths.append((re.compile(pattern, re.S), path, statuses))
        # `/jobs/stats` is also a `/jobs/{job_id}`: what is written out comes first.
        self._paths.sort(key=lambda found: found[1].count("{"))

    def template(self, request: Request) -> str:
        """The address as the document writes it, or the first words of one it does not know."""
        return self._found(request)[0]

    def problems_of(self, request: Request, answer: Answer) -> list[str]:
        statuses = self._found(request)[1].get(request.method)
        if statuses is None or answer.status in statuses:
            return []
        return [f"{answer.status}, which the OpenAPI document does not tell"]

    def _found(self, request: Request) -> tuple[str, dict[str, set[int]]]:
        path = unquote_to_bytes(request.path.partition("?")[0].encode()).decode("latin-1")
        for pattern, template, statuses in self._paths:
            if pattern.fullmatch(path):
                return template, statuses
        return f"/{path.strip('/').partition('/')[0]}"[:20], {}


class _Tracebacks(logging.Handler):
    """What Bellhop logs of its mistakes."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._kept: list[str] = []
        logging.getLogger("bellhop.web").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self._kept.append("".join(traceback.format_exception(*record.exc_info)).strip())

    def taken(self) -> list[str]:
        kept, self._kept = self._kept, []
        return kept


def _called(application: Application, request: Request) -> Answer:
    """The whole answer, read and closed as a server does."""
    told: list[Any] = []
    environ = request.environ()
    errors = environ["wsgi.errors"] = io.StringIO()
    body = b""
    try:
        with _ceiling():
            parts = application(environ, lambda *arguments: told.extend(arguments))
            try:
                body = b"".join(parts)
            finally:
                if hasattr(parts, "close"):
                    parts.close()
    except Hang:
        return Answer(instead=f"it hangs for more than {LIMIT_S:g} s\n{traceback.format_exc()}")
    except Exception as error:
        said = f"the application raises {type(error).__name__}"
        return Answer(instead=f"{said}\n{traceback.format_exc()}")
    if errors.getvalue():
        return Answer(instead=f"the application writes to wsgi.errors\n{errors.getvalue()}")
    return Answer(int(told[0].split()[0]), tuple(told[1]), body)


@contextmanager
def _ceiling() -> Iterator[None]:
    """Raise `Hang` in a block that takes longer than `LIMIT_S`."""

    def stop(number: int, frame: Any) -> None:
        raise Hang

    assert threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _shortened(request: Request, is_still_wrong: Callable[[Request], bool]) -> Request:
    """The request without what the finding does not need, as far as some tries tell."""
    tries = 0

    def is_enough(shorter: Request) -> bool:
        nonlocal tries
        tries += 1
        return tries <= MOST_REPLAYS and is_still_wrong(shorter)

    for name in list(request.headers):
        headers = {key: value for key, value in request.headers.items() if key != name}
        if is_enough(shorter := replace(request, headers=headers)):
            request = shorter
    if is_enough(shorter := replace(request, path=request.path.partition("?")[0])):
        request = shorter
    size = len(request.body) // 2
    while size and tries < MOST_REPLAYS:
        for start in range(0, len(request.body), size):
            body = request.body[:start] + request.body[start + size :]
            if is_enough(shorter := replace(request, body=body)):
                request = shorter
                break
        else:
            size //= 2
    return request
