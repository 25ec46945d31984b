"""A client that calls the WSGI application directly, as a browser on the same page would."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from wsgiref.headers import Headers
from wsgiref.util import setup_testing_defaults

BOUNDARY = "x-boundary-x"


@dataclass
class Answer:
    status: int
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a problem; fails when the answer is none."""
        assert self.headers["Content-Type"] == "application/problem+json", self.body
        assert self.json["status"] == self.status
        return str(self.json["code"])


class WsgiClient:
    def __init__(self, app: Callable[..., Iterable[bytes]]):
        self._app = app

    def request(
        self, method: str, path: str, body: bytes = b"", scheme: str = "http", **headers: str
    ) -> Answer:
        path, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "HTTP_HOST": "localhost:8080",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.url_scheme": scheme,
        }
        setup_testing_defaults(environ)
        for name, value in headers.items():
            key = name.upper()
            environ[key if key in ("CONTENT_TYPE", "REMOTE_ADDR") else f"HTTP_{key}"] = value
        told: list[Any] = []
        answer = self._app(environ, lambda *arguments: told.extend(arguments))
        try:
            content = b"".join(answer)
        finally:
            getattr(answer, "close", lambda: None)()
        return Answer(int(told[0].split()[0]), Headers(told[1]), content)

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, b"", **headers)

    def post(self, path: str, document: Any, **headers: str) -> Answer:
        body = json.dumps(document).encode()
        return self.request("POST", path, body, **{"content_type": "application/json", **headers})

    def upload(
        self,
        *files: tuple[str, bytes],
        type: str = "upper",
        field: str = "files",
        **fields: str | list[str],
    ) -> Answer:
        """POST /jobs with files (name, content) and form fields."""
        return self.send_form(form(files, field, {"type": type, **fields}))

    def send_form(self, body: bytes, boundary: str = BOUNDARY) -> Answer:
        kind = f"multipart/form-data; boundary={boundary}"
        return self.request("POST", "/api/v1/jobs", body, content_type=kind)


def form(
    files: Iterable[tuple[str, bytes]], field: str, fields: dict[str, str | list[str]]
) -> bytes:
    """The bytes of a multipart form; file names go in as they are."""
    parts = []
    for name, value in fields.items():
        for text in value if isinstance(value, list) else [value]:
            parts.append(f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}'.encode())
    for filename, content in files:
        head = f'Content-Disposition: form-data; name="{field}"; filename="{filename}"\r\n'
        parts.append(head.encode() + b"Content-Type: text/plain\r\n\r\n" + content)
    body = b"".join(f"--{BOUNDARY}\r\n".encode() + part + b"\r\n" for part in parts)
    return body + f"--{BOUNDARY}--\r\n".encode()


def parts_form(parts: Iterable[tuple[str, str, bytes | None]]) -> bytes:
    """The bytes of a form of (field, text or file name, content of a file)."""
    body = b""
    for field, text, content in parts:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"'
        head += "" if content is None else f'; filename="{text}"'
        value = text.encode() if content is None else content
        body += head.encode() + b"\r\n\r\n" + value + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()
