"""Everything that clients see is as it was recorded; a difference is shown with its request."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from tests.whole.recorded.normal import EVERY_ANSWER
from tests.whole.recorded.passes import PASSES, asked, path_of, text_of

HINT = (
    "If the contract is meant to change: run `python -m tests.whole.recorded`, read what it "
    "changed in `git diff tests/whole/recorded/answers`, and commit it with the change."
)
GROUPS = [(name, group.__name__) for name in PASSES for group in PASSES[name].GROUPS]
Answers = Callable[[str], dict[str, Any]]


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path_of(name).read_text())
    return found


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What each pass is answered now; it is asked once."""

    @cache
    def ask(name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(text_of(asked(name, tmp_path_factory.mktemp(name))))
        return found

    return ask


def differences(was: list[dict[str, Any]], now: list[dict[str, Any]]) -> Iterator[str]:
    """Each request whose answer is another one, with what is."""
    for number in range(max(len(was), len(now))):
        before, after = was[number : number + 1], now[number : number + 1]
        if before != after:
            either = (before or after)[0]
            old, new = (text_of(exchange).splitlines() for exchange in (before, after))
            shown = difflib.unified_diff(old, new, "recorded", "now", n=2, lineterm="")
            yield "\n".join([f"{number + 1}. {either['request']}", *shown])


@pytest.mark.parametrize(("name", "group"), GROUPS)
def test_it_answers_as_recorded(answers: Answers, name: str, group: str) -> None:
    was, now = recorded(name)["groups"].get(group, []), answers(name)["groups"][group]
    if found := list(differences(was, now)):
        pytest.fail("\n\n".join([*found, HINT]), pytrace=False)


@pytest.mark.parametrize("name", PASSES)
def test_it_sends_the_same_headers_with_every_answer(answers: Answers, name: str) -> None:
    assert answers(name)[EVERY_ANSWER] == recorded(name)[EVERY_ANSWER], HINT


@pytest.mark.parametrize("name", PASSES)
def test_it_keeps_no_answer_that_nobody_asks_for(name: str) -> None:
    assert [*recorded(name)["groups"]] == [group for known, group in GROUPS if known == name], HINT


# What needs a server: of the rows, which tests/machines asks, or of mail, as tests/web does.
ON_A_SERVER = (
    "POST /api/v1/machines/join",
    "POST /api/v1/account/notices/test",
    "POST /api/v1/monitoring/notices/trial",
)


def test_it_asks_every_route_to_an_answer_that_is_no_refusal() -> None:
    exchanges = [e for name in PASSES for group in recorded(name)["groups"].values() for e in group]
    whole = [e for e in exchanges if "status" in e]  # of a brief one, only the status is kept
    documents = [e for e in whole if e["request"] == "GET openapi.json"]
    taken = {e["request"].partition("?")[0] for e in whole if e["status"] < 400}
    for operation in documents[0]["answer"]["operations"]:
        if operation in ON_A_SERVER:
            continue
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(operation.replace("/api/v1/", "")))
        assert any(re.fullmatch(pattern, request) for request in taken), operation
