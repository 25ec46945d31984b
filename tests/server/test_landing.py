"""Parts of uploads that the server of the web writes straight to where they stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bellhop.base import prefix
from bellhop.base.units import MEBIBYTE
from bellhop.database.database import database
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.web.site import Site
from tests.support.arriving import Arrive, arriving, code
from tests.support.tus import PART, begun, offset
from tests.support.wsgi import WsgiClient


@pytest.fixture
def loaded(config: Callable[[str], Settings]) -> Settings:
    return config("[storage]\nreserve_mb = 0\n")


@pytest.fixture
def patch(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Arrive]:
    """The parser of a PATCH whose headers have arrived."""
    with arriving(site, monkeypatch) as arrive:

        def started(path: str, offset: int, length: int, method: str = "PATCH", **more: str) -> Any:
            headers = {
                "Tus-Resumable": "1.0.0", "Content-Type": PART,
                "Upload-Offset": offset, "Content-Length": length,
                **{name.replace("_", "-"): value for name, value in more.items()},
            }  # fmt: skip
            return arrive(method, path, headers)

        yield started


@pytest.fixture
def path(web: WsgiClient) -> str:
    """An upload of a MiB."""
    return begun(web, MEBIBYTE)


def test_it_has_each_byte_as_soon_as_it_arrives(web: WsgiClient, patch: Arrive, path: str) -> None:
    parser = patch(path, 0, MEBIBYTE)
    parser.received(b"x" * 1000)
    assert offset(web, path) == 1000


def test_it_takes_the_path_of_the_public_url_off_once(
    web: WsgiClient, patch: Arrive, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The application finds nothing at such an address."""
    monkeypatch.setattr(prefix, "_under", ["/bellhop"])
    patch(f"/bellhop/bellhop{path}", 0, MEBIBYTE).received(b"x" * 1000)
    assert offset(web, path) == 0
    patch(f"/bellhop{path}", 0, MEBIBYTE).received(b"x" * 1000)
    assert offset(web, path) == 1000


def test_it_keeps_what_arrived_of_a_broken_connection(
    web: WsgiClient, patch: Arrive, path: str
) -> None:
    parser = patch(path, 0, MEBIBYTE)
    parser.received(b"x" * 1000)
    parser.close()
    assert offset(web, path) == 1000
    again = patch(path, 1000, MEBIBYTE - 1000)
    again.received(b"y" * (MEBIBYTE - 1000))
    assert again.completed and not again.error


def test_it_ends_a_request_that_another_has_taken_over(
    web: WsgiClient, patch: Arrive, path: str
) -> None:
    old = patch(path, 0, MEBIBYTE)
    old.received(b"x" * 1000)
    patch(path, 1000, 10).received(b"y" * 5)
    old.received(b"x")
    assert code(old) == "upload-locked"
    assert offset(web, path) == 1005


def test_it_writes_no_byte_of_what_is_refused(web: WsgiClient, patch: Arrive, path: str) -> None:
    for parser, found in (
        (patch(path, 5, 10), "offset-conflict"),
        (patch(path, 0, MEBIBYTE + 1), "upload-too-large"),
        (patch(f"{path[:-1]}x", 0, 10), None),
        (patch(f"{path[:-4]}0000", 0, 10), "not-found"),
        (patch(path, 0, 10, Content_Type="text/plain"), "unsupported-media-type"),
        (patch(path, 0, 10, Tus_Resumable="0.2"), "unsupported-version"),
    ):
        assert code(parser) == found
        parser.received(b"x" * 10)
    assert offset(web, path) == 0


def test_it_says_its_version_when_it_refuses(patch: Arrive, path: str) -> None:
    error: Any = patch(path, 5, 10).error
    assert ("Tus-Resumable", "1.0.0") in error.to_response()[1]


def test_it_keeps_a_part_apart_until_its_checksum_is_right(
    web: WsgiClient, patch: Arrive, path: str
) -> None:
    parser = patch(path, 0, MEBIBYTE, Upload_Checksum="sha1 AAAA")
    parser.received(b"x" * 1000)
    assert offset(web, path) == 0


def test_it_takes_the_method_that_is_meant(web: WsgiClient, patch: Arrive, path: str) -> None:
    parser = patch(path, 0, MEBIBYTE, "POST", X_HTTP_Method_Override="PATCH")
    parser.received(b"x" * 1000)
    assert (parser.command, offset(web, path)) == ("PATCH", 1000)
    assert patch("/api/v1/jobs", 0, 10, "POST", X_HTTP_Method_Override="DELETE").command == "POST"


def test_it_needs_the_room_of_a_part_once(
    patch: Arrive, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Files, "free_bytes", lambda self: MEBIBYTE * 3 // 2)
    monkeypatch.setattr(type(database.obj), "unused_bytes", lambda self: 0)
    assert code(patch(path, 0, MEBIBYTE)) is None
    assert code(patch(path, 0, MEBIBYTE)) == "disk-full"
