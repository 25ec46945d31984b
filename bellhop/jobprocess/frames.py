"""The frames between a worker and its job process: length (4 bytes, big-endian) and JSON."""

from __future__ import annotations

import json
import os
import struct
from typing import Any

from bellhop.base import documents

HEADER_BYTES = 4
PIPE_BYTES = 1 << 16  # what a pipe holds; a larger buffer is only cleared in vain


class Broken(Exception):
    """What came is no frame, or not one that can be meant."""


def encode(frame: dict[str, Any]) -> bytes:
    """A frame as bytes; dataclasses in it are objects with their members.

    What no text may hold (half a surrogate pair) becomes a "?".
    """
    body = json.dumps(frame, ensure_ascii=False, default=vars).encode("utf-8", "replace")
    return struct.pack(">I", len(body)) + body


def write(descriptor: int, frame: dict[str, Any]) -> None:
    """Write one frame whole; BrokenPipeError when nobody reads."""
    content = memoryview(encode(frame))
    while content:
        content = content[os.write(descriptor, content) :]


def read(descriptor: int) -> dict[str, Any] | None:
    """Wait for the next frame; None at the end of the stream."""
    header = _read_exactly(descriptor, HEADER_BYTES)
    body = header and _read_exactly(descriptor, struct.unpack(">I", header)[0])
    return json.loads(body) if body else None


def take(buffer: bytearray, limit_bytes: int) -> dict[str, Any] | None:
    """Cut the first whole frame out of `buffer`, or None; `Broken` when it is none."""
    if len(buffer) < HEADER_BYTES:
        return None
    end = HEADER_BYTES + struct.unpack_from(">I", buffer)[0]
    if end > limit_bytes:
        raise Broken("a frame is too long")
    if len(buffer) < end:
        return None
    try:
        frame = documents.parsed(buffer[HEADER_BYTES:end].decode())
    except ValueError as error:
        raise Broken(f"a frame is not JSON: {error}") from error
    if not isinstance(frame, dict):
        raise Broken("a frame is not an object")
    del buffer[:end]
    return frame


def _read_exactly(descriptor: int, size: int) -> bytearray | None:
    content = bytearray()
    while len(content) < size:
        chunk = os.read(descriptor, min(size - len(content), PIPE_BYTES))
        if not chunk:
            return None
        content += chunk
    return content
