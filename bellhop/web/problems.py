"""The Bottle application whose own errors are problem documents too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bottle import Bottle, HTTPError, HTTPResponse, Route, request, response

from bellhop.base import prefix
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
    """Bottle with one plugin around each handler and one check before each request.

    `missing` is the handler of the page that a browser is shown where nothing is.
    """

    def __init__(
        self, plugin: Any, before: Callable[[], None], missing: Callable[..., HTTPResponse]
    ):
        super().__init__()
        # A route without an address: an address that takes no GET is still told so.
        self._missing = Route(self, "", "GET", missing, action="open", is_costly=False)
        self.config["json.enable"] = False  # answers are made by web.answers
        self.install(plugin)
        self.add_hook("before_request", before)

    def default_error_handler(self, error: HTTPError) -> bytes:
        if error.status_code == 404 and _is_for_person():
            answer = self._missing.call()
        else:
            code = CODES.get(error.status_code, "internal-error")
            detail = DETAILS.get(error.status_code, "See Bellhop's log for details.")
            if error.status_code == 404 and (path := prefix.current()):
                detail = f"{detail} This Bellhop is served under {path}/."
            answer = problem_answer(Problem(code, detail))
        response.status = answer.status
        response.content_type = answer.content_type
        body: bytes = answer.body
        return body


def _is_for_person() -> bool:
    """Whether a browser asks for a page, which the API has none of."""
    is_for_program = request.path.startswith("/api/")
    return not is_for_program and "text/html" in request.environ.get("HTTP_ACCEPT", "")
