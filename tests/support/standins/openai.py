"""Chat completions, as OpenAI's API reference describes them."""

from __future__ import annotations

import json
from typing import Any

import fastjsonschema

from tests.support.standins.server import Reply, Request, StandIn

KEY = "sk-test"
REQUEST = fastjsonschema.compile({
    "type": "object",
    "required": ["model", "messages"],
    "additionalProperties": False,
    "properties": {
        "model": {"type": "string", "minLength": 1},
        "messages": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["role", "content"],
                "additionalProperties": False,
                "properties": {
                    "role": {"enum": ["system", "user", "assistant"]},
                    "content": {"type": "string"},
                },
            },
        },
        "temperature": {"type": "number", "minimum": 0, "maximum": 2},
        "response_format": {"enum": [{"type": "json_object"}, {"type": "text"}]},
    },
})  # fmt: skip


def completion(content: str | None) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, "refusal": None}
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }  # fmt: skip


def refused(status: int, message: str) -> Reply:
    return Reply(status, {"error": {"message": message, "type": "invalid_request_error",
                                    "param": None, "code": None}})  # fmt: skip


GOOD = {"summary": "A page about something.", "category": "Article", "tags": ["one", "two"]}


class OpenAI(StandIn):
    """Answers with `content`, a text or the object that was asked for."""

    def __init__(self, content: Any = GOOD):
        super().__init__(self._complete)
        self.content = content

    def __enter__(self) -> OpenAI:
        super().__enter__()
        return self

    def _complete(self, request: Request) -> Reply:
        if (request.method, request.path) != ("POST", "/v1/chat/completions"):
            return refused(404, "Invalid URL")
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return refused(401, "Incorrect API key provided")
        try:
            REQUEST(request.document)
        except (ValueError, fastjsonschema.JsonSchemaValueException) as error:
            return refused(400, str(error))
        content = self.content
        return Reply(200, completion(content if isinstance(content, str) else json.dumps(content)))
