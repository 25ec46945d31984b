"""What an item was given: named by the items, and given as a file."""

from __future__ import annotations

from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.database.database import database
from bellhop.storage.installation import Installation
from tests.support.wsgi import WsgiClient

JOBS = "/api/v1/jobs"


def inputs(web: WsgiClient, job_id: str, **headers: str) -> list[Any]:
    items = web.get(f"{JOBS}/{job_id}/items", **headers).json["items"]
    return [item["input"] for item in items]


def test_it_names_the_file_of_each_item(web: WsgiClient) -> None:
    job_id = web.upload(("größe.txt", b"abc"), ("b.txt", b"")).json["job_id"]
    first, second = inputs(web, job_id)
    url = f"{JOBS}/{job_id}/items/0/input"
    assert first == {"filename": "größe.txt", "size": 3, "url": url}
    assert (second["filename"], second["size"]) == ("b.txt", 0)
    assert web.get(first["url"]).body == b"abc"


@pytest.mark.parametrize(
    ("job", "filename", "body"),
    [
        ({"type": "noop", "items": [{"text": "größe"}]}, "text.txt", "größe"),
        (
            {"type": "extend", "items": [{"json": {"text": "ß"}}]},
            "data.json",
            '{\n  "text": "ß"\n}',
        ),
    ],
)
def test_it_gives_a_text_and_data_as_files(
    web: WsgiClient, job: dict[str, Any], filename: str, body: str
) -> None:
    (found,) = inputs(web, web.post(JOBS, job).json["job_id"])
    assert (found["filename"], found["size"]) == (filename, len(body.encode()))
    answer = web.get(f"{found['url']}?view=1")
    assert (answer.body.decode(), answer.headers["Content-Type"]) == (
        body,
        "text/plain; charset=utf-8",
    )


def test_it_names_no_input_of_a_later_step(web: WsgiClient) -> None:
    job = {"type": "wrap", "items": [{"text": "a"}], "then": [{"type": "extend"}]}
    first, second = inputs(web, web.post(JOBS, job).json["job_id"])
    assert (first["filename"], second) == ("text.txt", None)


def test_it_names_no_input_that_is_gone(web: WsgiClient, here: Installation) -> None:
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    (found,) = inputs(web, job_id)
    (here.folder / "uploads" / job_id / "0.txt").unlink()
    assert inputs(web, job_id) == [None]
    assert web.get(found["url"]).code == "expired"


def test_it_names_the_input_to_nobody_who_may_not_read_it(web: WsgiClient) -> None:
    for name, role in (("anna", "admin"), ("otto", "member"), ("vera", "viewer")):
        accounts.add(name, role, None)
    tokens = {name: accounts.add_token(name) for name in ("otto", "vera")}
    database.close()
    headers = {name: {"authorization": f"Bearer {token}"} for name, token in tokens.items()}
    job = {"type": "noop", "items": [{"text": "secret"}]}
    job_id = web.post(JOBS, job, **headers["otto"]).json["job_id"]
    web.post(f"{JOBS}/{job_id}/shares", {"account": "vera"}, **headers["otto"])
    assert inputs(web, job_id, **headers["vera"]) == [None]
    assert inputs(web, job_id, **headers["otto"])[0]["size"] == 6
