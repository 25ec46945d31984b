"""Asks a running Bellhop what a pass says, and keeps each answer with its request.

A request is written as `GET jobs/{shout}`: a path without a slash at its beginning lies under
`/api/v1`, and a name in braces stands for what an earlier answer gave. Nothing here knows what
the answers should be.
"""

from __future__ import annotations

import contextlib
import http.client
import json as json_module
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from tests.support.running import FINAL, Running, wait_for

API = "/api/v1/"
BOUNDARY = "recorded"
# How long an answer may take that is held until a job is final.
LIMIT_S = 30


@dataclass(frozen=True)
class Answer:
    """What came back; the headers in the order in which they were sent."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for known, value in self.headers if known.lower() == name), "")

    @property
    def json(self) -> Any:
        return json_module.loads(self.body)


@dataclass(frozen=True)
class Exchange:
    """A request as the script writes it, and its answer.

    `is_brief`: one of many alike, of which only how it ended is recorded. `moves`: what it shows
    is worked on meanwhile, so how far that has come is not recorded.
    """

    request: dict[str, Any]
    answer: Answer
    is_brief: bool
    moves: bool


@dataclass
class Caller:
    """Asks one Bellhop; `names` are what answers gave, `logins` the headers that people send."""

    bellhop: Running
    names: dict[str, str] = field(default_factory=dict)
    logins: dict[str, dict[str, str]] = field(default_factory=dict)
    groups: dict[str, list[Exchange]] = field(default_factory=dict)

    def run(self, groups: Sequence[Callable[[Caller], None]]) -> None:
        """Ask group by group; each is known by the name of its function."""
        for group in groups:
            self.groups[group.__name__] = []
            group(self)

    def __call__(
        self,
        request: str,
        *,
        json: Any = None,
        form: Sequence[tuple[str, str]] = (),
        files: Sequence[tuple[str, str]] = (),
        body: str = "",
        headers: Mapping[str, str] | None = None,
        by: str | None = None,
        name: str | None = None,
        is_brief: bool = False,
        moves: bool | None = None,
    ) -> Answer:
        """Ask and record; `by` says who asks, `name` what the job in the answer is called.

        What is accepted `moves`, if it is not said otherwise.
        """
        written = {"by": by, "json": json, "form": [*form], "files": [*files], "body": body}
        written |= {"headers": {**headers} if headers else None}
        kind, sent = self._encoded(json, form, files, body)
        answer = self.send(request, sent, {**kind, **(headers or {})}, by)
        shown = {key: value for key, value in written.items() if value not in (None, [], "")}
        moves = answer.status == 202 if moves is None else moves
        exchange = Exchange({"request": request, **shown}, answer, is_brief, moves)
        next(reversed(self.groups.values())).append(exchange)
        if name is not None:
            self.names[name] = answer.json["job_id"]
        return answer

    def send(
        self,
        request: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        by: str | None = None,
    ) -> Answer:
        """Ask without recording."""
        method, _, path = self.filled(request).partition(" ")
        known = {name: self.filled(value) for name, value in (headers or {}).items()}
        known = {**self.logins.get(by or "", {}), **known}
        host = self.bellhop.url.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=LIMIT_S)
        with contextlib.closing(connection):
            address = path if path.startswith("/") else API + path
            connection.request(method, address, body or None, known)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())

    def final(self, name: str, by: str | None = None) -> dict[str, Any]:
        """Wait until a job is final."""
        return dict(self.until(f"GET jobs/{{{name}}}", lambda job: job["status"] in FINAL, by))

    def until(self, request: str, condition: Callable[[Any], object], by: str | None = None) -> Any:
        """What an address answers once it is as `condition` wants it; nothing is recorded."""

        def look() -> Any:
            found = self.send(request, by=by).json
            return found if condition(found) else None

        return wait_for(look)

    def filled(self, text: str) -> str:
        """A text with what its names stand for."""
        for name, value in self.names.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def _encoded(
        self,
        json: Any,
        form: Sequence[tuple[str, str]],
        files: Sequence[tuple[str, str]],
        body: str,
    ) -> tuple[dict[str, str], bytes]:
        """The Content-Type and the body of a request."""
        if json is not None:
            return {"Content-Type": "application/json"}, self.filled(
                json_module.dumps(json)
            ).encode()
        if form or files:
            parts = [(f'name="{name}"', value) for name, value in form]
            parts += [(f'name="files"; filename="{name}"', content) for name, content in files]
            kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
            return kind, self.filled(multipart(parts)).encode()
        return {}, body.encode()


def multipart(parts: Sequence[tuple[str, str]]) -> str:
    """The body of a form; a part is what follows `form-data; `, and its value."""
    heads = [f"Content-Disposition: form-data; {head}\r\n\r\n{value}" for head, value in parts]
    return "".join(f"--{BOUNDARY}\r\n{head}\r\n" for head in heads) + f"--{BOUNDARY}--\r\n"


@contextlib.contextmanager
def receiver() -> Iterator[str]:
    """The address of something that takes webhooks: `/gone` and `/busy` answer what they say."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response({"/gone": 410, "/busy": 503}.get(self.path, 200))
            self.send_header("Retry-After", "3600")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
