"""Write a page into a data source of Notion, once, however often it is tried (API 2025-09-03)."""

from __future__ import annotations

from typing import Any

from bellhop import BadInput, Context, Secret, TryAgain, job_type
from bellhop.jobtypes.knowledge.asking import ask_json, setting
from bellhop.jobtypes.knowledge.notion_blocks import (
    BLOCKS_PER_REQUEST,
    ID_PROPERTY,
    MOST_BLOCKS,
    blocks,
    portion,
    properties,
)

BASE_URL = "https://api.notion.com"
VERSION = "2025-09-03"
TIMEOUT_S = 30.0
CONFLICT_PAUSE_S = 2.0


@job_type(
    label="Notion page",
    queue="notion",
    timeout_s=180,
    network=True,
    settings={"token": Secret, "data_source_id": str, "base_url": str, "allowed": str},
    viewer="notion_page",
)
def notion_page(data: dict, context: Context) -> dict[str, Any]:
    """Make a page in a Notion data source, from title, url, summary, category, tags and text.

    The data source needs a text property "Bellhop ID", by which a retry finds the page that an
    earlier attempt made; other properties are filled where their name is that of a member.
    """
    if not (data.get("title") or data.get("url") or data.get("text")):
        raise BadInput("There is nothing to write.", code="no_text",
                       hint="Send a JSON object with a title, url or text.")  # fmt: skip
    notion = Notion(context)
    context.progress(10, "Looking at the data source")
    schema = notion.schema()
    context.progress(25, "Looking for the page")
    page = notion.find(context.item_id)
    children = blocks(data)
    if len(children) > MOST_BLOCKS:
        children = children[:MOST_BLOCKS]
        said = f"Only the first {MOST_BLOCKS:,} paragraphs were written to Notion."
        context.warn("text_cut", said)
    is_new = page is None
    if page is None:
        context.progress(40, "Creating the page")
        filled = properties(data, schema, context.item_id)
        first = portion(children)
        page = notion.create(filled, first)
        written = len(first)
    else:
        written = notion.count_children(page["id"])
    while written < len(children):
        context.progress(50 + 50 * written / len(children), "Writing the text")
        more = portion(children[written:])
        notion.append(page["id"], more)
        written += len(more)
    return {
        "page_id": page["id"], "page_url": page.get("url"), "created": is_new, "blocks": written,
        **{name: data.get(name) for name in ("title", "url", "summary", "category", "tags")},
    }  # fmt: skip


class Notion:
    """The requests of the Notion API that one page needs."""

    def __init__(self, context: Context):
        self._context = context
        self._source = setting(context, "notion_page", "data_source_id")
        self._base = (context.settings.get("base_url") or BASE_URL).rstrip("/")
        self._headers = {
            "Authorization": f"Bearer {setting(context, 'notion_page', 'token')}",
            "Notion-Version": VERSION,
        }

    def schema(self) -> dict[str, Any]:
        """The properties of the data source. Raises BadInput without "Bellhop ID"."""
        found = self._ask("GET", f"/v1/data_sources/{self._source}")
        schema = dict(found.get("properties") or {})
        if schema.get(ID_PROPERTY, {}).get("type") != "rich_text":
            raise BadInput(
                f'The data source has no text property "{ID_PROPERTY}".',
                code="notion_validation",
                hint=f'Add a property "{ID_PROPERTY}" of the type text to it and retry.',
            )
        return schema

    def find(self, item_id: str) -> dict[str, Any] | None:
        """The page that an earlier attempt made."""
        where = {"property": ID_PROPERTY, "rich_text": {"equals": item_id}}
        query = {"filter": where, "page_size": 1}
        found = self._ask("POST", f"/v1/data_sources/{self._source}/query", query)
        return next(iter(found.get("results") or []), None)

    def create(self, filled: dict[str, Any], children: list[dict[str, Any]]) -> dict[str, Any]:
        parent = {"type": "data_source_id", "data_source_id": self._source}
        page = {"parent": parent, "properties": filled, "children": children}
        return self._ask("POST", "/v1/pages", page)

    def count_children(self, page_id: str) -> int:
        """How many blocks the page has."""
        count, cursor = 0, ""
        while True:
            more = f"&start_cursor={cursor}" if cursor else ""
            path = f"/v1/blocks/{page_id}/children?page_size={BLOCKS_PER_REQUEST}{more}"
            found = self._ask("GET", path)
            count += len(found.get("results") or [])
            cursor = found.get("next_cursor") or ""
            if not cursor:
                return count

    def append(self, page_id: str, children: list[dict[str, Any]]) -> None:
        self._ask("PATCH", f"/v1/blocks/{page_id}/children", {"children": children})

    def _ask(self, method: str, path: str, document: Any = None) -> dict[str, Any]:
        """The answer of Notion; its errors as those of the item."""
        status, answer = ask_json(
            self._context, method, f"{self._base}{path}", who="Notion", document=document,
            headers=self._headers, timeout_s=TIMEOUT_S,
        )  # fmt: skip
        if 200 <= status < 300 and isinstance(answer, dict):
            return answer
        said = answer.get("message") if isinstance(answer, dict) else None
        message = f"Notion refused: {said or status}"[:500]
        if status in (401, 403):
            hint = "Check token in [type:notion_page], and the rights of the integration."
            raise BadInput(message, code="notion_unauthorized", hint=hint)
        if status == 404:
            hint = "Check data_source_id, and share the database with the integration."
            raise BadInput(message, code="notion_not_found", hint=hint)
        if status == 409:  # somebody else writes at the same time
            raise TryAgain(CONFLICT_PAUSE_S, message)
        raise BadInput(message, code="notion_validation")
