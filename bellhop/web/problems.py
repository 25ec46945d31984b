"""The Bottle application whose own errors are problem documents too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bottle import Bottle, HTTPError, response

from bellhop.base.errors import Problem
from bellhop.web.answers import problem_answer

# What Bottle itself answers with; everything else is a mistake of ours.
CODES = {400: "bad-request", 404: "not-found", 405: "method-not-allowed", 413: "upload-too-large"}
DETAILS = {
    400: "The address cannot be read.",
    404: "There is nothing at this URL.",
    405: "This URL does not support that method.",
    413: "The request is too large.",
}


class Application(Bottle):  # type: ignore[misc]
    """Bottle with one plugin around each handler and one check before each request."""

    def __init__(self, plugin: Any, before: Callable[[], None]):
        super().__init__()
        self.config["json.enable"] = False  # answers are made by web.answers
        self.install(plugin)
        self.add_hook("before_request", before)

    def default_error_handler(self, error: HTTPError) -> bytes:
        code = CODES.get(error.status_code, "internal-error")
        detail = DETAILS.get(error.status_code, "See Bellhop's log for details.")
        answer = problem_answer(Problem(code, detail))
        response.status = answer.status
        response.content_type = "application/problem+json"
        body: bytes = answer.body
        return body
