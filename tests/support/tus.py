"""What a client of tus sends, to the WSGI application."""

from __future__ import annotations

import base64
from typing import Any

from bellhop.base.addresses import API
from tests.support.wsgi import Answer, WsgiClient

UPLOADS = f"{API}/uploads"
VERSION: dict[str, Any] = {"tus_resumable": "1.0.0"}
PART = "application/offset+octet-stream"


def told(**values: str) -> str:
    """Upload-Metadata."""
    encoded = {name: base64.b64encode(text.encode()).decode() for name, text in values.items()}
    return ",".join(f"{name} {value}" for name, value in encoded.items())


def begin(web: WsgiClient, length: int, by: str | None = None, **metadata: str) -> Answer:
    """POST /uploads; `by` is a token."""
    headers = {"upload_length": str(length), "upload_metadata": told(**metadata), **who(by)}
    return web.request("POST", UPLOADS, **VERSION, **headers)


def begun(web: WsgiClient, length: int, by: str | None = None, **metadata: str) -> str:
    """The address of a new upload."""
    return str(begin(web, length, by, **metadata).headers["Location"])


def offset(web: WsgiClient, path: str) -> int:
    """Where an upload continues."""
    return int(str(look(web, path).headers["Upload-Offset"]))


def put(
    web: WsgiClient, path: str, offset: int, body: bytes, by: str | None = None, **more: Any
) -> Answer:
    """PATCH /uploads/ID."""
    headers = {"content_type": PART, "upload_offset": str(offset), **who(by), **more}
    return web.request("PATCH", path, body, **VERSION, **headers)


def look(web: WsgiClient, path: str, by: str | None = None) -> Answer:
    """HEAD /uploads/ID."""
    return web.request("HEAD", path, **VERSION, **who(by))


def uploaded(
    web: WsgiClient, content: bytes, name: str = "a.txt", by: str | None = None, **metadata: str
) -> str:
    """The id of an upload that has arrived."""
    path = begun(web, len(content), by, filename=name, **metadata)
    if content:
        assert put(web, path, 0, content, by).status == 204
    return path.rpartition("/")[2]


def who(token: str | None) -> dict[str, Any]:
    return {"authorization": f"Bearer {token}"} if token else {}
