"""A page as Notion wants it: properties of its data source, and blocks of bounded text.

The limits are those of "Request limits" in Notion's API reference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

MOST_TEXT = 2000
MOST_OPTION = 100
MOST_RICH_TEXTS = 100
BLOCKS_PER_REQUEST = 100
# A request may hold 500 KB.
MOST_BYTES = 400_000
MOST_BLOCKS = 1000
ID_PROPERTY = "Bellhop ID"


def properties(data: Mapping[str, Any], schema: Mapping[str, Any], item_id: str) -> dict[str, Any]:
    """The properties that the data source has and the data fills.

    `schema` is `properties` of the data source: name to `{"type": …}`.
    """
    title = str(data.get("title") or data.get("url") or "Untitled")
    filled: dict[str, Any] = {}
    for name, described in schema.items():
        kind = described.get("type")
        value = item_id if name == ID_PROPERTY else data.get(name.casefold().replace(" ", "_"))
        if kind == "title":
            filled[name] = {"title": rich_text(title)[:1]}
        elif value and (made := _property(kind, value)):
            filled[name] = made
    return filled


def _property(kind: str | None, value: Any) -> dict[str, Any] | None:
    if kind == "rich_text" and isinstance(value, str | int | float):
        return {"rich_text": rich_text(str(value))[:MOST_RICH_TEXTS]}
    if kind == "url" and isinstance(value, str) and len(value) <= MOST_TEXT:
        return {"url": value}
    if kind == "select" and isinstance(value, str):
        return {"select": {"name": _option(value)}}
    if kind == "multi_select" and isinstance(value, list):
        names = dict.fromkeys(_option(str(entry)) for entry in value[:100])
        return {"multi_select": [{"name": name} for name in names if name]}
    if kind == "number" and isinstance(value, int | float):
        return {"number": value}
    if kind == "date" and isinstance(value, str):
        return {"date": {"start": value[:10]}}
    return None


def _option(text: str) -> str:
    # A comma would divide it.
    return " ".join(text.replace(",", " ").split())[:MOST_OPTION]


def rich_text(text: str) -> list[dict[str, Any]]:
    """A text in pieces that Notion takes; it counts UTF-16 units, and a pair stays together."""
    return [{"type": "text", "text": {"content": piece}} for piece in _pieces(text)]


def _pieces(text: str) -> Iterator[str]:
    piece: list[str] = []
    size = 0
    for character in text:
        width = 2 if ord(character) > 0xFFFF else 1
        if size + width > MOST_TEXT:
            yield "".join(piece)
            piece, size = [], 0
        piece.append(character)
        size += width
    if piece:
        yield "".join(piece)


def blocks(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The summary, the address, and the text by paragraphs; at most `MOST_BLOCKS` and one more."""
    made = []
    if summary := str(data.get("summary") or ""):
        made.append(_block("quote", summary))
    url = data.get("final_url") or data.get("url")
    if isinstance(url, str) and url.startswith(("http://", "https://")) and len(url) <= MOST_TEXT:
        made.append({"object": "block", "type": "bookmark", "bookmark": {"url": url}})
    for paragraph in str(data.get("text") or "").split("\n"):
        if paragraph.strip():
            made.append(_block("paragraph", paragraph.strip()))
        if len(made) > MOST_BLOCKS:
            break
    return made


def portion(children: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many of the first of these blocks as one request may hold."""
    size = 0
    for number, block in enumerate(children[:BLOCKS_PER_REQUEST]):
        size += len(json.dumps(block, ensure_ascii=False).encode("utf-8", "replace"))
        if number and size > MOST_BYTES:
            return children[:number]
    return children[:BLOCKS_PER_REQUEST]


def _block(kind: str, text: str) -> dict[str, Any]:
    return {"object": "block", "type": kind,
            kind: {"rich_text": rich_text(text)[:MOST_RICH_TEXTS]}}  # fmt: skip
