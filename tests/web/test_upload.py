"""Uploads that are wrong: each answered clearly, nothing left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bellhop.base import errors
from bellhop.settings.settings import Settings
from bellhop.storage.files import safe_suffix
from bellhop.storage.installation import Installation
from tests.support.wsgi import BOUNDARY, WsgiClient, form

JOBS = "/api/v1/jobs"


@pytest.fixture
def loaded(config: Callable[[str], Settings]) -> Settings:
    return config("[server]\nmax_upload_mb = 1\nmax_items = 3\n")


@pytest.fixture(autouse=True)
def nothing_left(here: Installation) -> Iterator[None]:
    """After each refusal here: no file of it, no folder, no job."""
    yield
    folders = [path for name in ("incoming", "uploads") for path in (here.folder / name).iterdir()]
    assert folders == []


def test_it_takes_exactly_the_limit(web: WsgiClient, here: Installation) -> None:
    answer = web.upload(("a.txt", b"x" * (1 << 20)))
    assert answer.status == 202
    job_id = answer.json["job_id"]
    assert [path.stat().st_size for path in (here.folder / "uploads" / job_id).iterdir()] == [
        1 << 20
    ]
    web.request("DELETE", f"{JOBS}/{job_id}")
    web.request("DELETE", f"{JOBS}/{job_id}?purge=true")


@pytest.mark.parametrize("sizes", [[(1 << 20) + 1], [1 << 19, 1 << 19, 1]])
def test_it_refuses_what_is_over_the_limit(web: WsgiClient, sizes: list[int]) -> None:
    answer = web.upload(*((f"{n}.txt", b"x" * size) for n, size in enumerate(sizes)))
    assert (answer.status, answer.code) == (413, "upload-too-large")
    assert "1 MiB" in answer.json["detail"]


def test_it_refuses_more_files_than_allowed(web: WsgiClient) -> None:
    answer = web.upload(*((f"{n}.txt", b"x") for n in range(4)))
    assert (answer.status, answer.code) == (422, "too-many-items")


def test_it_refuses_more_links_than_allowed(web: WsgiClient) -> None:
    answer = web.post(JOBS, {"type": "noop", "items": [{"text": "a"}] * 4})
    assert (answer.status, answer.code) == (422, "too-many-items")


def test_it_refuses_a_form_without_files(web: WsgiClient) -> None:
    answer = web.upload()
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "files")


def test_it_takes_an_empty_file_input_for_no_file(web: WsgiClient) -> None:
    """What a browser sends when nobody chose a file."""
    assert web.upload(("", b"")).json["errors"][0]["field"] == "files"


def test_it_refuses_a_file_without_a_name(web: WsgiClient) -> None:
    answer = web.upload(("", b"content"))
    assert (answer.status, answer.code) == (422, "invalid-job")


@pytest.mark.parametrize("name", ["a\0b.txt", "a\x07.txt", "x" * 300 + ".txt", "..", "dir/"])
def test_it_refuses_a_name_that_is_none(web: WsgiClient, name: str) -> None:
    answer = web.upload((name, b"x"))
    assert answer.status in (400, 422)
    assert answer.code in errors.PROBLEMS


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        f"--{BOUNDARY}\r\n".encode(),
        f"--{BOUNDARY}--\r\n".encode(),
        form([("a.txt", b"x" * 1000)], "files", {"type": "upper"})[:-500],
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="type"\r\n'.encode(),
        f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="type"\r\n\r\n\xff\r\n'
        f"--{BOUNDARY}--\r\n".encode("latin-1"),
        b"--" + BOUNDARY.encode() + b"\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
def test_it_refuses_a_broken_form(web: WsgiClient, body: bytes) -> None:
    answer = web.send_form(body)
    assert answer.status in (400, 422)
    assert answer.code in errors.PROBLEMS


def test_it_takes_a_boundary_in_mixed_case(web: WsgiClient, here: Installation) -> None:
    """As every browser sends it."""
    body = form([("a.txt", b"x")], "files", {"type": "upper"})
    boundary = "----WebKitFormBoundarySqF"
    answer = web.send_form(body.replace(BOUNDARY.encode(), boundary.encode()), boundary)
    assert answer.status == 202
    web.request("DELETE", f"{JOBS}/{answer.json['job_id']}")
    web.request("DELETE", f"{JOBS}/{answer.json['job_id']}?purge=true")


@pytest.mark.parametrize("boundary", ["", "\n", "other"])
def test_it_refuses_a_boundary_that_does_not_fit(web: WsgiClient, boundary: str) -> None:
    answer = web.send_form(form([("a.txt", b"x")], "files", {"type": "upper"}), boundary)
    assert answer.status in (400, 422)


def test_it_refuses_more_fields_than_any_form_has(web: WsgiClient) -> None:
    answer = web.upload(("a.txt", b"x"), minimum=["1"] * 1000)
    assert answer.status == 422


def test_it_refuses_a_field_without_end(web: WsgiClient) -> None:
    answer = web.upload(("a.txt", b"x"), minimum="1" * (1 << 21))
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "minimum")


def test_it_refuses_a_file_in_a_field_of_another_name(web: WsgiClient) -> None:
    assert web.upload(("a.txt", b"x"), field="avatar").json["errors"][0]["field"] == "avatar"


def test_it_refuses_files_for_a_type_that_takes_texts(web: WsgiClient) -> None:
    assert web.upload(("a.txt", b"x"), type="noop").status == 422


@pytest.mark.parametrize("fields", [{"nonsense": "1"}, {"priority": "101"}, {"then": "x"}])
def test_it_refuses_fields_it_does_not_know(web: WsgiClient, fields: dict[str, Any]) -> None:
    answer = web.upload(("a.txt", b"x"), **fields)
    assert answer.json["errors"][0]["field"] in fields


@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_it_survives_a_form_damaged_anywhere(web: WsgiClient, data: st.DataObject) -> None:
    """Cut, doubled or overwritten at any place: an answer, never a mistake of ours."""
    body = form([("a.txt", b"hello")], "files", {"type": "nonsense", "minimum": "3"})
    at = data.draw(st.integers(0, len(body)))
    junk = data.draw(st.binary(max_size=20))
    answer = web.send_form(body[:at] + junk + body[at + data.draw(st.integers(0, 30)) :])
    assert 400 <= answer.status < 500


@given(st.text())
def test_it_makes_only_harmless_suffixes(name: str) -> None:
    suffix = safe_suffix(name)
    assert suffix == "" or (suffix[0] == "." and suffix[1:].isascii() and suffix[1:].isalnum())
