"""Multipart bodies as no client makes them."""

from __future__ import annotations

import random
from typing import NamedTuple

from hypothesis import strategies as st

from tests.whole.fuzz.probe import Request
from tests.whole.fuzz.world import API, World

NAMES = [
    b"a.txt", b"a.csv", b"", b".", b"..", b"/etc/passwd", b"../../outside/new.txt", b"a\0b.txt",
    b"a\nb.txt", b"a\r\nX: y", b"a\x7fb", b"C:\\x\\y.txt", b"\\\\host\\share", b"x" * 255,
    b"x" * 256, b"x." + b"y" * 300, b"con", b" ", b"a.txt.", b"a;b.txt", b'a\\"b.txt', b"%00.txt",
    b"%2e%2e%2f", "\U0001f600.txt".encode(), "Ärger.txt".encode(), "Ärger.txt".encode("latin-1"),
    b"\xff\xfe", "\ud800.txt".encode("utf-8", "surrogatepass"), "e\u0301\u202e.txt".encode(),
    b"lost+found", "\ufdfa".encode() * 200, b"a.tar.gz", b"-rf", b"~", b"$(x)", b"types.json",
    b"bellhop.db",
]  # fmt: skip
FIELDS = [
    b"type", b"files", b"files[]", b"file", b"count", b"ratio", b"sure", b"colour", b"day", b"tags",
    b"note", b"priority", b"run_at", b"delay_s", b"depends_on", b"then", b"webhook_url",
    b"webhook_events", b"use_cache", b"params", b"items", b"job_id", b"owner", b"nonsense", b"",
    b"__class__", b"a\0b", b"\xff", b"x" * 5000,
]  # fmt: skip
VALUES = [
    b"", b" ", b"1", b"-1", b"1e400", b"NaN", b"Infinity", b"9" * 400, b"9" * 5000, b"1_000",
    b"0x10", "\u0663".encode(), b"true", b"null", b"[]", b"{}", b'"x"', b"[" * 200, b"[" * 100_000,
    b'["nobody"]', b'[{"type": "fuzzed_data"}]', b'[{"type": "fuzzed_data", "params": null}]',
    b"2100-01-01T00:00:00Z", b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00",
    b"2024-02-30", b"red", b"https://example.org/hook", b"http://[::1", b"http://\xc3\xa9/",
    b"\xff", b"\0", b"\r\n", b'"\\ud800"', b'["\\ud800"]', b"x" * ((1 << 20) + 1), b"1" * 4301,
    b'{"a":' * 50 + b"1" + b"}" * 50,
]  # fmt: skip
# A value that each of some fields takes.
FITTING = [
    (b"count", b"3"), (b"ratio", b"0.25"), (b"sure", b"on"), (b"colour", b"green"),
    (b"day", b"2024-02-29"), (b"tags", b"a"), (b"tags", "\u00e9\0".encode()), (b"note", b"\r\n"),
    (b"priority", b"-100"), (b"delay_s", b"0.1"), (b"then", b'[{"type": "fuzzed_data"}]'),
    (b"use_cache", b"false"), (b"webhook_url", b"https://example.org/"),
    (b"webhook_events", b'["progress"]'), (b"run_at", b"2100-01-01T00:00:00Z"),
    (b"depends_on", b"[]"),
]  # fmt: skip
TYPES = [
    *[b"fuzzed_file"] * 10,
    *[b"fuzzed_files"] * 4,
    b"fuzzed_text",
    b"webhook",
    b"",
    b"\xff",
    b"nonsense",
]
BOUNDARIES = [
    b"x-boundary-x",
    b"a",
    b"a" * 70,
    b"a" * 3000,
    b"--",
    b"x y",
    b"",
    b"'",
    b"\xe9",
    b"a=b",
    b";",
]
HEADS = [
    b"Content-Type: text/plain", b"Content-Type: multipart/mixed; boundary=inner",
    b"Content-Type: \xff", b"Content-Transfer-Encoding: base64", b"Content-Length: 7",
    b"Content-Length: x", b"X: " + b"y" * 9000, b"no colon", b": no name",
    b"Content-Disposition: form-data; name=type", b"\xff: \xff", b" folded", b"A\0B: x",
]  # fmt: skip
A_FILE = b'Content-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nhello'
INNER = b"--inner\r\n" + A_FILE + b"\r\n--inner--\r\n"
KINDS = [
    *[b"multipart/form-data; boundary=%s"] * 40,
    b'multipart/form-data; boundary="%s"',
    b"multipart/form-data",
    b"multipart/mixed; boundary=%s",
    b"MULTIPART/FORM-DATA; BOUNDARY=%s; charset=utf-16",
    b"multipart/form-data; boundary=x; boundary=%s",
]


# Many times a long form would be a test of this machine's memory.
MOST_REPEATED_BYTES = 10_000


class Form(NamedTuple):
    """A body with what the headers say about it."""

    kind: bytes
    body: bytes
    length: int | None
    number: int


def seldom(draw: st.DrawFn, often: int) -> bool:
    """Once in about so many times; a number from the middle, as Hypothesis likes the ends."""
    return draw(st.integers(0, often - 1)) == often // 2


def dispositions(draw: st.DrawFn, name: bytes, filename: bytes | None) -> bytes:
    """The line that names a part, in one of the ways in which clients write it."""
    quoted = draw(st.sampled_from([b'"%s"'] * 9 + [b"%s", b"'%s'", b'"%s']))
    line = b"Content-Disposition: form-data; name=" + quoted % name
    if filename is None:
        return line
    ways = [b'; filename="%s"'] * 9 + [b"; filename=%s", b"; filename*=UTF-8''%s",
            b"; filename*=x'y'%s", b'; filename="a.txt"; filename="%s"', b'; FILENAME="%s"',
            b"; filename*0=%s; filename*1=b", b"; filename*=UTF-8''%%ED%%A0%%80%s"]  # fmt: skip
    return line + draw(st.sampled_from(ways)) % filename


@st.composite
def parts(draw: st.DrawFn) -> bytes:
    """One part: a file, a field, or something else."""
    content = draw(st.one_of(st.sampled_from(VALUES), st.binary(max_size=60), st.just(INNER)))
    name, filename = b"files", None
    match draw(st.integers(0, 5)):
        case 0:
            name = draw(st.sampled_from(FIELDS))
        case 1 | 2:
            name, content = draw(st.sampled_from(FITTING))
        case _:
            filename = draw(st.sampled_from(NAMES))
    if seldom(draw, 20):
        name = draw(st.one_of(st.sampled_from(FIELDS), st.binary(max_size=20)))
        filename = draw(st.one_of(st.none(), st.binary(max_size=40)))
    heads = [dispositions(draw, name, filename)]
    heads += draw(st.lists(st.sampled_from(HEADS), max_size=2)) if seldom(draw, 10) else []
    return b"\r\n".join(heads) + b"\r\n\r\n" + content


@st.composite
def forms(draw: st.DrawFn) -> Form:
    """A form that is mostly right, and wrong in a place or two."""
    boundary = draw(st.sampled_from(BOUNDARIES)) if seldom(draw, 10) else BOUNDARIES[0]
    found = draw(st.lists(parts(), max_size=4))
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=2))
    typed = [b'Content-Disposition: form-data; name="type"\r\n\r\n' + name for name in types]
    found = [*typed, *found, *([A_FILE] if draw(st.booleans()) else [])]
    if seldom(draw, 25) and sum(map(len, found)) < MOST_REPEATED_BYTES:
        found *= draw(st.sampled_from([20, 60, 400]))
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in found)
    body = damaged(draw, body + b"--" + boundary + b"--\r\n")
    said = draw(st.sampled_from(BOUNDARIES)) if seldom(draw, 20) else boundary
    kind = draw(st.sampled_from(KINDS))
    kind = kind % said if b"%s" in kind else kind
    lengths = [None] * 60 + [0, 1, len(body) - 1, len(body) + 1, len(body) + 10**9]
    return Form(kind, body, draw(st.sampled_from(lengths)), draw(st.integers(0, 2**32 - 1)))


def damaged(draw: st.DrawFn, body: bytes) -> bytes:
    """The body, one time in six no longer whole."""
    at = draw(st.integers(0, min(len(body), 2000)))
    match draw(st.integers(0, 29)):
        case 11:
            return body[:at]
        case 12:
            return body[:at] + draw(st.binary(max_size=20)) + body[at + draw(st.integers(0, 30)) :]
        case 13:
            return body.replace(b"\r\n", draw(st.sampled_from([b"\n", b"\r", b"\r\r\n"])))
        case 14:
            before = draw(st.sampled_from([b"preamble\r\n", b"\r\n", b"\0"]))
            return before + body + b"epilogue"
        case 15:
            return body[: -draw(st.integers(1, 8))]
    return body


class Forms:
    """The source of these cases."""

    name = "multipart forms"
    strategy = forms()

    def __init__(self, world: World):
        self._world = world

    def send(self, form: Form) -> None:
        rng = random.Random(form.number)
        headers = {"Content-Type": form.kind.decode("latin-1")}
        if rng.random() < 0.1 and (key := self._world.known.of("Idempotency-Key", rng)):
            headers["Idempotency-Key"] = key
        request = Request("POST", f"{API}/jobs", headers, form.body, form.length)
        self._world.probe.send(request, rng.choice(self._world.identities))
