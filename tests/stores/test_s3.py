"""Objects of a bucket: what goes in comes out, and each trouble is told from the others."""

from __future__ import annotations

import errno
import importlib
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import obstore
import pytest

from bellhop.base.errors import StartRefused, StoreAway, StoreRefused
from bellhop.database.database import will_pass
from bellhop.stores import s3
from bellhop.stores.s3 import Objects
from tests.support.conversation import Unknown
from tests.support.objects import KEY, SECRET, ObjectStore
from tests.support.proxy import Proxy
from tests.support.suspending import suspended

# More than one part.
LARGE = os.urandom(s3.PART_BYTES * 2 + 12345)


@pytest.fixture
def objects(object_store: ObjectStore) -> Objects:
    return Objects(object_store.url())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "given"
    path.write_bytes(b"0123456789")
    return path


def content(objects: Objects, key: str) -> bytes:
    return b"".join(objects.read(key))


def keys(objects: Objects, prefix: str = "") -> list[str]:
    return sorted(key for key, _, _ in objects.list(prefix))


@pytest.mark.parametrize("given", [b"", b"one", LARGE], ids=["nothing", "little", "several parts"])
def test_it_gives_back_what_it_was_given(objects: Objects, tmp_path: Path, given: bytes) -> None:
    (tmp_path / "given").write_bytes(given)
    objects.put(tmp_path / "given", "a/b")
    assert content(objects, "a/b") == given
    assert objects.stat("a/b")[0] == len(given)


def test_it_stores_what_is_in_no_file(objects: Objects) -> None:
    objects.put_bytes(b"log", "a")
    objects.put_bytes(b"longer log", "a")
    assert content(objects, "a") == b"longer log"


def test_it_takes_a_file_that_is_only_known_by_its_descriptor(objects: Objects, file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    file.unlink()
    objects.put(Path(f"/proc/self/fd/{descriptor}"), "a")
    os.close(descriptor)
    assert content(objects, "a") == b"0123456789"


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, None, b"0123456789"), (3, None, b"3456789"), (0, 4, b"0123"), (3, 4, b"3"), (4, 4, b""),
     (8, 99, b"89"), (10, None, b""), (10, 12, b""), (99, None, b"")],
)  # fmt: skip
def test_it_reads_a_part(
    objects: Objects, file: Path, start: int, end: int | None, expected: bytes
) -> None:
    objects.put(file, "a")
    assert b"".join(objects.read("a", start, end)) == expected


NAMES = (
    "a b", " a ", "a%b", "a%20b", "a+b", "ü/ß.txt", "e\u0301", "日本.csv", "\U0001f600", "a&b<c>",
    "'\"", "a?b#c;d=e", "~*!()|^`{}[]$,@:", ".hidden", "...", "a..b", "\u2028", "x" * 255,
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_it_keeps_every_name_that_a_result_may_have(
    objects: Objects, file: Path, name: str
) -> None:
    objects.put(file, f"a/{name}")
    objects.copy(f"a/{name}", f"b/{name}")
    assert keys(objects) == [f"a/{name}", f"b/{name}"]
    assert content(objects, f"b/{name}") == b"0123456789"
    objects.remove(f"a/{name}")
    objects.remove("b")
    assert keys(objects) == []


@pytest.mark.parametrize(
    "key", ["", ".", "..", "../a", "a/../b", "a/./b", "a//b", "/a", "a/", "a\\b", "a\nb", "a\0b"]
)
def test_it_refuses_a_key_that_is_no_path(objects: Objects, file: Path, key: str) -> None:
    for ask in (objects.stat, objects.read, objects.remove):
        with pytest.raises(ValueError):
            ask(key)
    with pytest.raises(ValueError):
        objects.put(file, key)
    with pytest.raises(ValueError):
        objects.put_bytes(b"a", key)
    with pytest.raises(ValueError):
        objects.copy("a", key)


def test_it_says_that_a_name_is_too_long_as_a_file_system_does(
    objects: Objects, file: Path
) -> None:
    with pytest.raises(OSError) as caught:
        objects.put(file, "/".join(["x" * 100] * 11))
    assert caught.value.errno == errno.ENAMETOOLONG
    assert not will_pass(caught.value)


def test_it_lists_size_and_time(objects: Objects, file: Path) -> None:
    objects.put(file, "a/b")
    [(key, size, stored_at)] = objects.list()
    assert (key, size) == ("a/b", 10)
    assert objects.stat("a/b") == (size, stored_at)
    assert abs(stored_at - time.time()) < 60


def test_it_takes_a_prefix_for_a_folder(objects: Objects, file: Path) -> None:
    for key in ("a/1", "a/b/2", "ab/3", "c"):
        objects.put(file, key)
    assert keys(objects, "a") == ["a/1", "a/b/2"]
    objects.remove("a")
    assert keys(objects) == ["ab/3", "c"]
    objects.remove("c")
    assert keys(objects) == ["ab/3"]


def test_it_removes_more_than_fit_into_one_request(
    objects: Objects, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "REMOVED_AT_ONCE", 3)
    for number in range(8):
        objects.put(file, f"a/{number}")
    objects.remove("a")
    assert keys(objects) == []


def test_it_removes_several_with_one_request_for_all_their_objects(
    objects: Objects, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("a/1", "a/2", "b", "c/1", "d/1"):
        objects.put(file, key)
    asked = []
    delete = obstore.delete

    def ask(store: Any, batch: list[str]) -> None:
        asked.append(batch)
        delete(store, batch)

    monkeypatch.setattr(obstore, "delete", ask)
    objects.remove("a", "b", "c", "nothing")
    assert keys(objects) == ["d/1"]
    assert asked == [["a", "a/1", "a/2", "b", "c", "c/1", "nothing"]]


def test_it_removes_what_is_not_there(objects: Objects) -> None:
    objects.remove("a")


def test_it_keeps_two_prefixes_apart(object_store: ObjectStore, file: Path) -> None:
    one, other = Objects(object_store.url("one")), Objects(object_store.url("one-more"))
    other.put(file, "a")
    one.remove("a")
    assert (keys(one), keys(other)) == ([], ["a"])


def test_it_uses_a_bucket_without_a_prefix(object_store: ObjectStore, file: Path) -> None:
    whole = Objects(object_store.url(""))
    whole.put(file, "whole/a")
    assert keys(whole, "whole") == ["whole/a"]


def test_it_says_what_is_not_there(objects: Objects) -> None:
    asks: list[Callable[[], object]] = [
        lambda: objects.stat("a"),
        lambda: objects.read("a"),
        lambda: objects.copy("a", "b"),
    ]
    for ask in asks:
        with pytest.raises(FileNotFoundError):
            ask()


def test_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    monkeypatch.delitem(sys.modules, "bellhop.stores.s3")
    with pytest.raises(StartRefused, match=r"pip install -r requirements-machines\.txt"):
        importlib.import_module("bellhop.stores.s3")


def test_it_leaves_nothing_behind_when_it_probes(objects: Objects) -> None:
    objects.probe()
    assert keys(objects) == []


def refusal(objects: Objects) -> str:
    """The line of a probe that is refused, and that is over at once."""
    began = time.monotonic()
    with pytest.raises(StoreRefused) as caught:
        objects.probe()
    assert time.monotonic() - began < 5
    line = caught.value.strerror or ""
    assert "\n" not in line
    assert SECRET not in line
    assert not will_pass(caught.value)
    return line


def test_it_says_that_a_key_must_not_write(object_store: ObjectStore, file: Path) -> None:
    Objects(object_store.url("read")).put(file, "a")
    reader = Objects(object_store.reading_url("read"))
    assert content(reader, "a") == b"0123456789"
    assert "must be allowed to list, read, write and delete" in refusal(reader)
    with pytest.raises(StoreRefused):
        reader.remove("a")


@pytest.mark.parametrize(("key", "secret"), [("NOBODY", SECRET), (KEY, "wrong")])
def test_it_says_that_a_key_is_wrong(object_store: ObjectStore, key: str, secret: str) -> None:
    wrong_key = Objects(object_store.url("a", key=key, secret=secret))
    assert "check the key and its secret" in refusal(wrong_key)
    with pytest.raises(StoreRefused):
        wrong_key.stat("a")


def test_it_says_that_there_is_no_such_bucket(object_store: ObjectStore) -> None:
    nowhere = Objects(object_store.url("a", bucket="nowhere"))
    assert "there is no such bucket" in refusal(nowhere)
    with pytest.raises(StoreRefused):
        list(nowhere.list())


@pytest.fixture(scope="module")
def small_store() -> Iterator[ObjectStore]:
    """With TLS, and soon full."""
    with ObjectStore(tls=True, most_mb=32) as running:
        yield running


def test_it_verifies_who_it_speaks_to(small_store: ObjectStore, file: Path) -> None:
    secure = Objects(small_store.url("secure"))
    secure.put(file, "a")
    assert content(secure, "a") == b"0123456789"
    unverified = small_store.url("secure").partition("&ca=")[0]
    assert "cannot be verified" in refusal(Objects(unverified))


def test_it_stores_a_file_whole_or_not_at_all_when_the_store_is_full(
    small_store: ObjectStore, tmp_path: Path
) -> None:
    """SeaweedFS says that it has an error of its own; others say what it is, see below."""
    (tmp_path / "large").write_bytes(LARGE)
    objects, stored = Objects(small_store.url("full")), 0
    with pytest.raises(OSError) as caught:
        for stored in range(9):
            objects.put(tmp_path / "large", str(stored))
    assert will_pass(caught.value)
    assert keys(objects) == [str(number) for number in range(stored)]


def test_it_continues_when_a_killed_store_is_back(
    object_store: ObjectStore, objects: Objects, file: Path
) -> None:
    objects.put(file, "a")
    object_store.kill()
    try:
        with pytest.raises(StoreAway) as caught:
            objects.put(file, "b")
        assert will_pass(caught.value)
    finally:
        object_store.start()
    assert content(objects, "a") == b"0123456789"


def test_it_reads_on_after_a_lost_connection(object_store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(LARGE)
    with Proxy(object_store.port, Unknown) as proxy:
        objects = Objects(object_store.url(port=proxy.port))
        objects.put(tmp_path / "large", "a")
        chunks = objects.read("a")
        begun = next(chunks)
        proxy.reset()
        assert begun + b"".join(chunks) == LARGE


def test_it_says_that_the_store_went_away_while_it_reads(
    object_store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "MOST_RETRIES", 1)
    (tmp_path / "large").write_bytes(LARGE)
    with Proxy(object_store.port, Unknown) as proxy:
        objects = Objects(object_store.url(port=proxy.port))
        objects.put(tmp_path / "large", "a")
        chunks = objects.read("a")
        next(chunks)
    with pytest.raises(StoreAway):
        list(chunks)


def test_it_waits_for_no_store_that_is_silent(
    object_store: ObjectStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "SILENT_S", 0.5)
    monkeypatch.setattr(s3, "RETRY_FOR_S", 0.2)
    objects = Objects(object_store.url())
    objects.put(file, "a")
    with suspended(object_store.pid):
        for ask in (lambda: objects.put(file, "b"), lambda: content(objects, "a")):
            began = time.monotonic()
            with pytest.raises(StoreAway, match="does not answer"):
                ask()
            assert time.monotonic() - began < 5
    assert content(objects, "a") == b"0123456789"


def test_it_waits_for_no_store_that_takes_no_connection(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "CONNECT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        first = socket.create_connection(full.getsockname())  # the next one waits for ever
        url = object_store.url("a", port=full.getsockname()[1])
        began = time.monotonic()
        with pytest.raises(StoreAway):
            Objects(url).stat("a")
        first.close()
        assert time.monotonic() - began < s3.RETRY_FOR_S


class Answer(BaseHTTPRequestHandler):
    """What a store says that SeaweedFS does not."""

    status, body = 200, b""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_PUT = do_GET = answer

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def answering() -> Iterator[int]:
    """The port of a store that answers so."""
    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def said(answering: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, str], OSError]:
    """What becomes of an answer to a PUT: of a status, and a code."""
    monkeypatch.setattr(s3, "MOST_RETRIES", 1)
    objects = Objects(f"s3://k:s@bucket?endpoint=http://127.0.0.1:{answering}")

    def put(status: int, code: str) -> OSError:
        Answer.status, Answer.body = status, f"<Error><Code>{code}</Code></Error>".encode()
        with pytest.raises(OSError) as caught:
            objects.probe()
        return caught.value

    return put


@pytest.mark.parametrize(
    ("status", "code"),
    [(503, "SlowDown"), (500, "InternalError"), (429, "TooManyRequests"),
     (403, "RequestTimeTooSkewed"), (504, "")],
)  # fmt: skip
def test_it_knows_what_passes(said: Callable[[int, str], OSError], status: int, code: str) -> None:
    error = said(status, code)
    assert isinstance(error, StoreAway)
    assert str(status) in str(error)
    assert will_pass(error)


@pytest.mark.parametrize(
    ("status", "code"),
    [(507, "InsufficientStorage"), (507, ""), (403, "QuotaExceeded"), (507, "XMinioStorageFull")],
)
def test_it_knows_a_full_store(said: Callable[[int, str], OSError], status: int, code: str) -> None:
    assert said(status, code).errno == errno.ENOSPC


@pytest.mark.parametrize(
    ("status", "code"),
    [(301, "PermanentRedirect"), (400, "AuthorizationHeaderMalformed"), (400, "InvalidArgument"),
     (403, ""), (405, "MethodNotAllowed")],
)  # fmt: skip
def test_it_knows_what_does_not_pass(
    said: Callable[[int, str], OSError], status: int, code: str
) -> None:
    assert isinstance(said(status, code), StoreRefused)
