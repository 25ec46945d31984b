"""A server on a port of its own, whose answers a test decides."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Request(NamedTuple):
    """One request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


class Reply(NamedTuple):
    """What is answered; a dict or list as JSON."""

    status: int
    body: Any = b""
    headers: dict[str, str] = {}  # noqa: RUF012 - nobody writes to it


class StandIn:
    """Answers each request by `answer`, after the replies that `next_replies` holds."""

    def __init__(self, answer: Callable[[Request], Reply]):
        self.requests: list[Request] = []
        self.next_replies: list[Reply] = []
        self._answer, self._lock = answer, threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, self.rfile.read(size))
                outer.reply_to(request, self)

            do_GET = do_POST = do_PATCH = handle_any

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05])

    def __enter__(self) -> StandIn:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reply_to(self, request: Request, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self.requests.append(request)
            planned = self.next_replies.pop(0) if self.next_replies else None
            reply = planned or self._answer(request)
        is_json = not isinstance(reply.body, bytes)
        body = json.dumps(reply.body).encode() if is_json else reply.body
        kind = {"Content-Type": "application/json"} if is_json else {}
        handler.send_response(reply.status)
        for name, value in {**kind, **reply.headers, "Content-Length": str(len(body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
