"""Addresses, query strings, headers and bodies as no client of ours writes them."""

from __future__ import annotations

import random
import re
from typing import NamedTuple
from urllib.parse import quote

from hypothesis import strategies as st

from bellhop.web.routes import every_route
from tests.whole.fuzz.probe import Request
from tests.whole.fuzz.world import World

ROUTES = sorted(
    {(route.method, re.sub(r"<(\w+)[^>]*>", r"{\1}", route.path)) for route in every_route()}
)
# What reads a body more often: there is more to get wrong.
ROUTES += [route for route in ROUTES if route[0] in ("POST", "PATCH")] * 3
METHODS = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "get", "BREW", "X-Y",
]  # fmt: skip
SEGMENTS = [
    "", ".", "..", "%2e%2e", "..%2f..", "%2f", "%5c", "%00", "%0d%0aX:%20y", "%ff%fe", "%", "%zz",
    "%u0041", "%ed%a0%80", "%f0%9f%98%80", "é", "\U0001f600", "a b", "a+b", ";x=y", "%3f", "%23",
    "-1", "1e9", "9" * 30, "0" * 10, "\u0663", "x" * 5000, "*", "{job_id}", "<job_id>",
    "index.html", "..%c0%af", "api", "v1", "job.html", "..%2fopenapi.py", "static",
    "%252e%252e%252f", "stats", "bulk", "type:name", "$where",
]  # fmt: skip
NAMES = [
    "limit", "cursor", "since", "status", "type", "queue", "owner", "q", "include", "purge",
    "step", "attempt", "x", "",
]  # fmt: skip
VALUES = [
    *SEGMENTS, "0", "1", "200", "2147483648", "9" * 18, "9" * 19, "1.5", "true", "YzE", "YzE=",
    "====", "Y\u00e9", "completed,,failed", ",", "result", "traceback", "%25", "'", '"', "a" * 201,
    "&", "=", "=%00", "%C3%A9" * 100,
]  # fmt: skip
HEADERS: dict[str, list[str]] = {
    "If-None-Match": ["*", '"x"', "W/", ",", '"' * 1000, "\xff"],
    "If-Modified-Since": [
        "x", "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 99 Foo 9999999 99:99:99 +9999", "",
    ],
    "Range": [
        "bytes=0-", "bytes=-", "bytes=1-0", "bytes=0-0,-1", "bytes=" + "1-2," * 200, "x",
        "bytes=\xb2-\xb3",
    ],
    "If-Range": ['"x"', "x"],
    "Prefer": [
        "wait=", "wait=1", "wait=\xb2", "wait=9999999", "x; wait=3, y", "wait=1e9",
        "respond-async, wait=\"5\"",
    ],
    "Idempotency-Key": ["", "a", "\xe9", "x" * 256, "a\tb", '"a"', "a,b"],
    "Content-Type": [
        "", "application/json", "application/json; charset=utf-16", "text/json",
        "multipart/form-data", "multipart/form-data; boundary", ";", "\xff",
        "application/x-www-form-urlencoded", "a" * 5000, "application/json;;=;",
        "multipart/form-data; boundary*=utf-8''%41",
    ],
    "Host": [
        "", "localhost", "evil.example", "localhost:99999", "[::1]", "[", "a@localhost",
        "localhost.", "\xff", "127.0.0.1", "LOCALHOST:8080", "localhost:8080, x", "//",
        "localhost#x",
    ],
    "Origin": [
        "null", "", "http://localhost:8080", "http://evil.example", "http://[", "\xff", "file://",
    ],
    "Sec-Fetch-Site": ["cross-site", "same-origin", "none", "x"],
    "Authorization": [
        "", "Bearer", "Bearer ", "Bearer x", "Basic Og==", "Bearer \xff", "bearer  a b",
        "Basic \xff",
    ],
    "Cookie": ["", "a", "session=x", "=", "\xff", "a=b; " * 500],
    "Forwarded": ["for=x"],
    "X-Forwarded-For": ["::1"],
    "Via": ["1.1 x"],
    "X-Http-Method-Override": ["DELETE"],
    "Accept": ["", "text/html", "*/*;q=x"],
    "Accept-Encoding": ["gzip", "\xff"],
    "Transfer-Encoding": ["chunked"],
    "Expect": ["100-continue"],
    "Connection": ["close, x"],
    "X": ["y" * 9000],
    "Content-Encoding": ["gzip"],
    "X-Requested-With": ["x"],
    "Proxy": ["http://evil.example"],
}  # fmt: skip
BODIES = [
    b"", b"null", b"{}", b"[]", b"0", b'""', b"{", b"NaN", b"1e999", b"-0", b"[" * 200,
    b"[" * 100_000, b"9" * 5000, b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b"a=b&c=d",
    "{}".encode("utf-32-be"), b"\xff", b"\0", b'{"a":1,"a":2}', b'"\\ud800"', b'{"\\ud800":1}',
    b'{"\\u0000":0}', b"{}" + b" " * 9_000_000, b'{"__class__":{}}',
]  # fmt: skip
LATIN = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, blacklist_characters="\x7f"), max_size=30
)


class Raw(NamedTuple):
    """What a case is made of; `number` chooses what is there for its `{}`."""

    method: str
    route: tuple[str, str]
    segments: list[tuple[int, str]]
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    number: int


@st.composite
def headers(draw: st.DrawFn) -> dict[str, str]:
    chosen = draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=3, unique=True))
    return {name: draw(st.one_of(st.sampled_from(HEADERS[name]), LATIN)) for name in chosen}


TEXTS = st.one_of(
    st.sampled_from(VALUES), st.text(max_size=20).map(lambda text: quote(text, errors="replace"))
)
CASES = st.builds(
    Raw,
    method=st.one_of(st.just(""), st.just(""), st.sampled_from(METHODS)),
    route=st.sampled_from(ROUTES),
    segments=st.lists(st.tuples(st.integers(0, 9), st.sampled_from(SEGMENTS)), max_size=1),
    query=st.lists(st.tuples(st.sampled_from(NAMES), TEXTS), max_size=3),
    headers=headers(),
    body=st.one_of(st.sampled_from(BODIES), st.binary(max_size=30)),
    number=st.integers(0, 2**32 - 1),
)


class RawRequests:
    """The source of these cases."""

    name = "raw requests"
    strategy = CASES

    def __init__(self, world: World):
        self._world = world

    def send(self, case: Raw) -> None:
        rng = random.Random(case.number)
        method, template = case.route
        headers = {**case.headers}
        if method in ("POST", "PATCH") and rng.random() < 0.7:
            headers.setdefault("Content-Type", "application/json")
        names = re.findall(r"{(\w+)}", template)
        place = self._world.known.place(names, rng) if rng.random() < 0.5 else {}
        path = re.sub(r"{(\w+)}", lambda f: place.get(f[1]) or self._part(f[1], rng), template)
        parts = path.split("/")
        for at, segment in case.segments if rng.random() < 0.5 else ():
            parts[min(at, len(parts) - 1)] = segment
        path = "/" + "/".join(parts).lstrip("/") if rng.random() < 0.9 else "/".join(parts)
        query = "&".join(f"{name}={value}" for name, value in case.query)
        body = case.body if case.method or method != "GET" else b""
        request = Request(
            case.method or method, f"{path}?{query}" if query else path, headers, body
        )
        self._world.probe.send(request, rng.choice(self._world.identities))

    def _part(self, name: str, rng: random.Random) -> str:
        value = self._world.known.of(name, rng) if rng.random() < 0.8 else None
        return rng.choice(SEGMENTS) if value is None else quote(value, safe=rng.choice(["", "/"]))
