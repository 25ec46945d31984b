"""What is promised to uploads on their way, before a job holds their bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bellhop.accounts import accounts
from bellhop.base.units import MEBIBYTE
from bellhop.server.parser import ROOM_CHECK_BYTES, Parser
from bellhop.server.rules import MOST_UPLOADS
from bellhop.server.uploads import Upload
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.web.site import Site
from tests.support.arriving import Arrive, arriving, code

QUOTA_MB = 50


@pytest.fixture
def loaded(config: Callable[[str], Settings]) -> Settings:
    return config(f"[limits]\nmb_per_account = {QUOTA_MB}\n[storage]\nreserve_mb = 0\n")


@pytest.fixture
def begin(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Arrive]:
    """The parser of an upload of `who` whose headers have arrived; without `length`, in chunks."""
    tokens = {}
    for name in ("ada", "otto"):
        accounts.add(name, "member", None)
        tokens[name] = accounts.add_token(name)
    with arriving(site, monkeypatch) as arrive:

        def started(who: str, length: int | None) -> Parser:
            chunked = {"Transfer-Encoding": "chunked"}
            framing = chunked if length is None else {"Content-Length": length}
            headers = {**framing, "Authorization": f"Bearer {tokens[who]}"}
            return arrive("POST", "/api/v1/jobs", headers)

        yield started


def test_it_promises_the_quota_of_an_account_once(begin: Arrive) -> None:
    found = [code(begin("otto", 10 * MEBIBYTE)) for _ in range(8)]
    assert found == [None] * 5 + ["quota-full"] * 3
    assert code(begin("ada", 40 * MEBIBYTE)) is None


@pytest.mark.parametrize("received", [0, MEBIBYTE])
def test_it_gives_back_what_an_upload_that_ends_was_promised(begin: Arrive, received: int) -> None:
    first = begin("otto", 40 * MEBIBYTE)
    first.received(b"x" * received)
    assert code(begin("otto", 40 * MEBIBYTE)) == "quota-full"
    first.close()  # as it is for a client that leaves
    assert code(begin("otto", 40 * MEBIBYTE)) is None


def test_it_counts_an_upload_in_chunks_as_it_grows(begin: Arrive) -> None:
    chunk = b"%x\r\n%s\r\n" % (MEBIBYTE, b"x" * MEBIBYTE)
    uploads = [begin("otto", None) for _ in range(3)]
    for _ in range(40):
        for upload in uploads:
            if not upload.error:
                upload.received(chunk)
    total = sum(upload.body_bytes_received for upload in uploads)
    assert [code(upload) for upload in uploads] == ["quota-full"] * 3
    assert QUOTA_MB * MEBIBYTE < total < QUOTA_MB * MEBIBYTE + 4 * (ROOM_CHECK_BYTES + MEBIBYTE)


def test_it_bounds_the_uploads_of_an_account_that_arrive_at_once(begin: Arrive) -> None:
    arriving = [begin("otto", 1000) for _ in range(MOST_UPLOADS)]
    assert code(begin("otto", 1000)) == "too-many-requests"
    assert code(begin("ada", 1000)) is None
    arriving[0].received(b"x" * 1000)
    assert code(begin("otto", 1000)) is None


def test_it_promises_the_room_on_the_disk_once(
    begin: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Files, "free_bytes", lambda self: 45 * MEBIBYTE)
    assert code(begin("otto", 20 * MEBIBYTE)) is None
    assert code(begin("otto", 20 * MEBIBYTE)) == "disk-full"


def test_it_lets_no_account_keep_the_disk_from_the_others(
    begin: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Files, "free_bytes", lambda self: 80 * MEBIBYTE)
    assert code(begin("otto", 40 * MEBIBYTE)) is None
    assert code(begin("ada", 31 * MEBIBYTE)) == "disk-full"
    assert code(begin("ada", 29 * MEBIBYTE)) is None


def test_it_counts_what_has_arrived_as_stored_already() -> None:
    upload = Upload("otto", 10)
    assert upload.coming_bytes == 20
    upload.received_bytes = 10
    assert upload.coming_bytes == 10
