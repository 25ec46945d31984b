"""Files as answers: what a browser may show of them, and how; parts of a file."""

from __future__ import annotations

import io
import wave

import pytest
from PIL import Image

from bellhop.consumer.workers import Workers
from bellhop.web.media_types import ALL, shown_type
from tests.support.wsgi import Answer, WsgiClient

JOBS = "/api/v1/jobs"
SCRIPT = "<script>parent.document.title = 'run'</script>"
PAGE = f"<!doctype html><p>größe</p>{SCRIPT}".encode()
DRAWING = f'<svg xmlns="http://www.w3.org/2000/svg">{SCRIPT}</svg>'.encode()


def picture(kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (3, 2)).save(file, kind)
    return file.getvalue()


def sound() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 1, 8000, 8, "NONE", ""))
        written.writeframes(bytes(80))
    return file.getvalue()


def box(brand: bytes) -> bytes:
    """How a file of the MP4 family begins."""
    return b"\0\0\0\x20ftyp" + brand + bytes(20)


def given(web: WsgiClient, name: str, content: bytes, **headers: str) -> Answer:
    """A file that was uploaded, as it is looked at."""
    job = web.upload((name, content)).json["job_id"]
    return web.get(f"{JOBS}/{job}/items/0/input?view=1", **headers)


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        *((f"a.{kind}", picture(kind), f"image/{kind}")
          for kind in ("png", "jpeg", "gif", "webp", "bmp")),
        ("a.ico", picture("ico"), "image/x-icon"),
        ("a.avif", box(b"avif"), "image/avif"),
        ("a.pdf", b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        ("a.wav", sound(), "audio/wav"),
        ("a.mp3", b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
        ("a.mp3", b"\xff\xfb\x90\x64\0", "audio/mpeg"),
        ("a.aac", b"\xff\xf1\x50\x80\0", "audio/aac"),
        ("a.flac", b"fLaC\0\0\0\x22", "audio/flac"),
        ("a.ogg", b"OggS\0\2" + bytes(22) + b"\x01\x1eOpusHead", "audio/ogg"),
        ("a.ogv", b"OggS\0\2" + bytes(22) + b"\x2a\x80theora", "video/ogg"),
        ("a.m4a", box(b"M4A "), "audio/mp4"),
        ("a.mp4", box(b"isom"), "video/mp4"),
        ("a.mov", box(b"qt  "), "video/mp4"),
        ("a.webm", b"\x1aE\xdf\xa3\x9f", "video/webm"),
        ("a.txt", "größe".encode(), "text/plain; charset=utf-8"),
        ("a.txt", "größe".encode("cp1252"), "text/plain"),
        ("a.txt", "größe".encode("utf-16"), "text/plain"),
        ("a.txt", b"a" * 1023 + "ö".encode()[:1], "text/plain; charset=utf-8"),
        ("a.txt", b"\x1b[31mred\x1b[0m", "text/plain; charset=utf-8"),
        ("a.csv", b"a;b\n1;2\n", "text/plain; charset=utf-8"),
        ("a.json", b"{}", "text/plain; charset=utf-8"),
        ("a.js", b"alert(1)", "text/plain; charset=utf-8"),
        ("a.xml", b"<?xml version='1.0'?><a/>", "text/plain; charset=utf-8"),
        ("readme", b"words", "text/plain; charset=utf-8"),
        ("empty", b"", "text/plain; charset=utf-8"),
        ("a.html", PAGE, "text/html; charset=utf-8"),
        ("a.HTM", b"<meta charset=latin1>", "text/html"),
        ("a.svg", DRAWING, "image/svg+xml; charset=utf-8"),
    ],
)  # fmt: skip
def test_it_knows_what_a_browser_can_show(name: str, content: bytes, media_type: str) -> None:
    assert shown_type(name, content) == media_type
    assert media_type.partition(";")[0] in ALL


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("page.html", picture("png"), "image/png"),  # the content, not the name
        ("page.html", b"%PDF-1.4", "application/pdf"),
        ("photo.png", PAGE, "text/plain; charset=utf-8"),
        ("song.mp3", DRAWING, "text/plain; charset=utf-8"),
        ("BMW.txt", b"BMW sells cars", "text/plain; charset=utf-8"),
        ("a.zip", b"PK\3\4\0\0", None),
        ("a.html", b"<p>\0</p>", None),
        ("a.tif", b"II*\0\x08\0\0\0", None),
        ("a.exe", b"MZ\x90\0\3", None),
        ("a.heic", box(b"heic"), None),
    ],
)
def test_it_takes_a_file_for_what_it_holds(
    name: str, content: bytes, media_type: str | None
) -> None:
    assert shown_type(name, content) == media_type


@pytest.mark.parametrize(
    ("name", "content"), [("page.html", PAGE), ("a.svg", DRAWING), ("a.txt", PAGE)]
)
def test_it_lets_a_file_that_is_shown_run_nothing(
    web: WsgiClient, name: str, content: bytes
) -> None:
    answer = given(web, name, content)
    policy = dict.fromkeys(answer.headers.get_all("Content-Security-Policy"))
    (rules,) = (text.split("; ") for text in policy)
    assert rules[:2] == ["sandbox", "default-src 'none'"]
    assert not [rule for rule in rules if rule.startswith(("script-src", "connect-src"))]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert (answer.status, answer.body) == (200, content)


@pytest.mark.parametrize(
    ("name", "content"), [("page.html", PAGE), ("a.pdf", b"%PDF-1.7"), ("a.png", picture("png"))]
)
def test_it_lets_only_its_own_pages_frame_a_file(
    web: WsgiClient, name: str, content: bytes
) -> None:
    answer = given(web, name, content)
    assert answer.headers.get_all("X-Frame-Options") == ["SAMEORIGIN"]
    assert "frame-ancestors 'self'" in (answer.headers["Content-Security-Policy"] or "")
    assert (answer.headers["Content-Disposition"] or "").startswith(f'inline; filename="{name}"')


def test_it_lets_nobody_frame_a_page_of_its_own(web: WsgiClient) -> None:
    answer = web.get("/jobs/abc")
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in (answer.headers["Content-Security-Policy"] or "")


@pytest.mark.parametrize("view", ["", "?view=0", "?view="])
def test_it_gives_a_page_as_a_download_unless_it_is_looked_at(web: WsgiClient, view: str) -> None:
    job = web.upload(("page.html", PAGE)).json["job_id"]
    answer = web.get(f"{JOBS}/{job}/items/0/input{view}")
    assert (answer.headers["Content-Disposition"] or "").startswith("attachment")
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_it_gives_what_no_browser_shows_as_a_download(web: WsgiClient) -> None:
    answer = given(web, "a.zip", b"PK\3\4\0\0")
    assert (answer.headers["Content-Disposition"] or "").startswith("attachment")
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_it_shows_an_output_file_by_the_same_rule(web: WsgiClient, workers: Workers) -> None:
    job = web.post(JOBS, {"type": "wrap", "items": [{"text": "hello"}]}).json["job_id"]
    while workers.run_next():
        pass
    answer = web.get(f"{JOBS}/{job}/items/0/files/text.txt?view=1")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert (answer.headers["Content-Disposition"] or "").startswith("inline")


def test_it_gives_a_part_of_what_is_looked_at(web: WsgiClient) -> None:
    answer = given(web, "a.wav", sound(), range="bytes=4-7")
    assert (answer.status, answer.body) == (206, sound()[4:8])
    assert answer.headers["Content-Range"] == f"bytes 4-7/{len(sound())}"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Type"] == "audio/wav"


def test_it_says_of_an_unchanged_file_how_it_may_be_shown(web: WsgiClient) -> None:
    """A browser takes the headers of a 304 in place of those that it has kept."""
    job = web.upload(("page.html", PAGE)).json["job_id"]
    path = f"{JOBS}/{job}/items/0/input?view=1"
    answer = web.get(path, if_none_match=web.get(path).headers["ETag"] or "")
    assert answer.status == 304
    assert (answer.headers["Content-Security-Policy"] or "").startswith("sandbox; ")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("asked", ["bytes=5-", "bytes=99-100", "bytes=-0"])
def test_it_says_how_large_the_file_is_whose_part_is_not_there(
    web: WsgiClient, method: str, asked: str
) -> None:
    job = web.upload(("a.txt", b"hello")).json["job_id"]
    answer = web.request(method, f"{JOBS}/{job}/items/0/input", range=asked)
    assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */5")
    if method == "GET":
        assert answer.code == "range-not-satisfiable"


@pytest.mark.parametrize(
    ("asked", "status"),
    [("bytes=0-", 416), ("bytes=0-9", 416), ("bytes=-0", 416), ("bytes=-5", 200)],
)
def test_it_has_no_part_of_an_empty_file_but_its_end(
    web: WsgiClient, asked: str, status: int
) -> None:
    job = web.upload(("a.txt", b"")).json["job_id"]
    assert web.get(f"{JOBS}/{job}/items/0/input", range=asked).status == status


def test_it_gives_the_whole_file_for_a_part_of_another_version(web: WsgiClient) -> None:
    job = web.upload(("a.txt", b"hello")).json["job_id"]
    answer = web.get(f"{JOBS}/{job}/items/0/input", range="bytes=9-", if_range='"another"')
    assert (answer.status, answer.body) == (200, b"hello")
