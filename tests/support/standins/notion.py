"""Data sources, pages and blocks, as Notion's API reference of 2025-09-03 describes them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import fastjsonschema

from tests.support.standins.server import Reply, Request, StandIn

TOKEN, SOURCE = "ntn_test", "0123456789abcdef0123456789abcdef"
SCHEMA = {
    "Name": {"type": "title"}, "Bellhop ID": {"type": "rich_text"}, "URL": {"type": "url"},
    "Summary": {"type": "rich_text"}, "Category": {"type": "select"},
    "Tags": {"type": "multi_select"},
}  # fmt: skip
RICH_TEXT = {
    "type": "array",
    "maxItems": 100,
    "items": {
        "type": "object",
        "required": ["text"],
        "additionalProperties": False,
        "properties": {
            "type": {"const": "text"},
            "text": {
                "type": "object",
                "required": ["content"],
                "properties": {"content": {"type": "string", "maxLength": 2000}},
            },
        },
    },
}
NAME = {"type": "string", "maxLength": 100, "pattern": "^[^,]+$"}
OPTION = {"type": "object", "required": ["name"], "additionalProperties": False,
          "properties": {"name": NAME}}  # fmt: skip
VALUES: dict[str, Any] = {
    "title": RICH_TEXT, "rich_text": RICH_TEXT, "url": {"type": "string", "maxLength": 2000},
    "select": OPTION, "multi_select": {"type": "array", "maxItems": 100, "items": OPTION},
}  # fmt: skip
TEXT_BLOCK = {"type": "object", "required": ["rich_text"], "additionalProperties": False,
              "properties": {"rich_text": RICH_TEXT}}  # fmt: skip
CHILDREN: dict[str, Any] = {
    "type": "array",
    "maxItems": 100,
    "items": {
        "type": "object",
        "required": ["type"],
        "additionalProperties": False,
        "properties": {
            "object": {"const": "block"},
            "type": {"enum": ["paragraph", "quote", "bookmark"]},
            "paragraph": TEXT_BLOCK,
            "quote": TEXT_BLOCK,
            "bookmark": {"type": "object", "required": ["url"],
                         "properties": {"url": {"type": "string", "maxLength": 2000}}},
        },
    },
}  # fmt: skip
PAGE = fastjsonschema.compile({
    "type": "object",
    "required": ["parent", "properties"],
    "additionalProperties": False,
    "properties": {
        "parent": {"const": {"type": "data_source_id", "data_source_id": SOURCE}},
        "properties": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                name: {"type": "object", "required": [of["type"]], "additionalProperties": False,
                       "properties": {of["type"]: VALUES[of["type"]]}}
                for name, of in SCHEMA.items()
            },
        },
        "children": CHILDREN,
    },
})  # fmt: skip
APPEND = fastjsonschema.compile({
    "type": "object", "required": ["children"], "additionalProperties": False,
    "properties": {"children": CHILDREN},
})  # fmt: skip


def error(status: int, code: str, message: str, **headers: str) -> Reply:
    document = {"object": "error", "status": status, "code": code, "message": message,
                "request_id": "r"}  # fmt: skip
    return Reply(status, document, headers)


def listed(results: list[Any], cursor: str | None = None) -> Reply:
    return Reply(200, {"object": "list", "results": results, "next_cursor": cursor,
                       "has_more": cursor is not None})  # fmt: skip


class Notion(StandIn):
    """One data source; `pages` are what was made, in order, with their `children`."""

    def __init__(self, schema: dict[str, Any] | None = None):
        super().__init__(self._serve)
        self.schema = SCHEMA if schema is None else schema
        self.pages: list[dict[str, Any]] = []

    def __enter__(self) -> Notion:
        super().__enter__()
        return self

    def _serve(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(401, "unauthorized", "API token is invalid.")
        if request.headers.get("notion-version") != "2025-09-03":
            return error(400, "missing_version", "Notion-Version header failed validation")
        parts = urlsplit(request.path)
        try:
            return self._route(request, parts.path, parse_qs(parts.query))
        except fastjsonschema.JsonSchemaValueException as wrong:
            return error(400, "validation_error", f"body failed validation: {wrong.message}")

    def _route(self, request: Request, path: str, query: dict[str, list[str]]) -> Reply:
        source = f"/v1/data_sources/{SOURCE}"
        if (request.method, path) == ("GET", source):
            return Reply(200, {"object": "data_source", "id": SOURCE, "properties": self.schema})
        if (request.method, path) == ("POST", f"{source}/query"):
            wanted = request.document["filter"]["rich_text"]["equals"]
            return listed([page for page in self.pages if page["bellhop_id"] == wanted][:1])
        if (request.method, path) == ("POST", "/v1/pages"):
            return self._create(request.document)
        if found := re.fullmatch(r"/v1/blocks/(page-\d+)/children", path):
            page = next(page for page in self.pages if page["id"] == found[1])
            if request.method == "PATCH":
                APPEND(request.document)
                page["children"] += request.document["children"]
                return listed(request.document["children"])
            start = int(query.get("start_cursor", ["0"])[0])
            end = start + int(query.get("page_size", ["100"])[0])
            more = str(end) if end < len(page["children"]) else None
            return listed(page["children"][start:end], more)
        return error(404, "object_not_found", "Could not find it. Share it with your integration.")

    def _create(self, document: dict[str, Any]) -> Reply:
        PAGE(document)
        (text,) = document["properties"]["Bellhop ID"]["rich_text"]
        number = len(self.pages) + 1
        page = {"object": "page", "id": f"page-{number}", "url": f"https://notion.test/page-{number}",
                "bellhop_id": text["text"]["content"], "properties": document["properties"],
                "children": document.get("children", [])}  # fmt: skip
        self.pages.append(page)
        return Reply(200, page)
