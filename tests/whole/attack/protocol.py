"""Requests that are not what they seem: smuggling, redirects, escapes, races, drips, guesses."""

from __future__ import annotations

import http.cookies
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urljoin, urlsplit

from tests.whole.attack.rows import Plan, Row
from tests.whole.attack.stage import CONFIG, PASSWORDS, Caller, Stage, stage

MEBIBYTE = 1 << 20
LOGIN_WITHIN_S = 5.0
STALLED_S = 45.0
HEAD = "GET /health HTTP/1.1\r\nHost: {host}\r\n"
# Each must be refused with 400 (or 421, 501) and the connection closed; what follows is not read.
SMUGGLED = {
    "a length and chunks": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\n"
    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\n"
    "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n"
    "Content-Length: 44\r\n\r\n",
    "two equal lengths": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n"
    "Content-Length: 2\r\n\r\n{{}}",
    "a list of lengths": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2, 2\r\n"
    "\r\n{{}}",
    "a length with a sign": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\nContent-Length: +2\r\n"
    "\r\n{{}}",
    "a length below nothing": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\n"
    "Content-Length: -2\r\n\r\n",
    "a length with an underscore": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\n"
    "Content-Length: 0_2\r\n\r\n{{}}",
    "a length in other digits": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\n"
    "Content-Length: \u0662\r\n\r\n{{}}",
    "an unknown coding": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\n"
    "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two codings": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\n"
    "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a coding behind a tab": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\n"
    "Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n",
    "a coding with a blank before the colon": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\n"
    "Content-Length: 4\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a coding in HTTP/1.0": "POST /api/v1/login HTTP/1.0\r\nHost: {host}\r\n"
    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk without a size": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\n"
    "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\r\n{{}}\r\n0\r\n\r\n",
    "a chunk with a sign": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\n"
    "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n+2\r\n{{}}\r\n0\r\n\r\n",
    "a chunk in 0x": "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\n"
    "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\n{{}}\r\n0\r\n\r\n",
    "two hosts": HEAD + "Host: evil.example\r\n\r\n",
    "two equal hosts": HEAD + "Host: {host}\r\n\r\n",
    "no host": "GET /health HTTP/1.1\r\n\r\n",
    "a name in the host": "GET / HTTP/1.1\r\nHost: user@{host}\r\n\r\n",
    "a path in the host": "GET / HTTP/1.1\r\nHost: {host}/evil\r\n\r\n",
    "a question in the host": "GET / HTTP/1.1\r\nHost: {host}?x\r\n\r\n",
    "a blank in the host": "GET / HTTP/1.1\r\nHost: {host} evil\r\n\r\n",
    "a port that is none": "GET / HTTP/1.1\r\nHost: 127.0.0.1:x\r\n\r\n",
    "a folded line": HEAD + "X-A: b\r\n c\r\n\r\n",
    "a folded first line": "GET /health HTTP/1.1\r\n Host: {host}\r\n\r\n",
    "a name with a blank": HEAD + "X A: b\r\n\r\n",
    "a name that is empty": HEAD + ": b\r\n\r\n",
    "a line without a colon": HEAD + "nonsense\r\n\r\n",
    "a null in a value": HEAD + "X-A: b\0c\r\n\r\n",
    "a return in a value": HEAD + "X-A: b\rContent-Length: 5\r\n\r\n",
    "a whole address of another": "GET http://evil.example/health HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "an address with a name": "GET http://user@{host}/health HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "CONNECT": "CONNECT evil.example:443 HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "another version": "GET /health HTTP/9.9\r\nHost: {host}\r\n\r\n",
    "no version and a header": "GET /health\r\nHost: {host}\r\n\r\n",
    "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}
AFTER = "GET /api/v1/account HTTP/1.1\r\nHost: {host}\r\nX-After: smuggled\r\n\r\n"
# These may also be answered for what they are, and the connection is closed.
ALLOWED = {
    "another version": (200, 400, 505), "no version and a header": (200, 400),
    "CONNECT": (400, 405, 501),
}  # fmt: skip
AWAY = (
    "//evil.example", "/.//evil.example/x", "/..//evil.example", "/%2f/evil.example",
    "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "https:evil.example",
    "https://evil.example", "javascript:alert(1)", "///evil.example", "/%09/evil.example",
    "/.\\/evil.example", "/;//evil.example", "http:/evil.example", "/\x00/evil.example",
    "/@evil.example", "/login?next=//evil.example", "/a/..//evil.example/x", "/././/evil.example",
    "/%2e//evil.example", "/%5cevil.example", "/%2e%2e//evil.example",
)  # fmt: skip


def attack(plan: Plan) -> list[Row]:
    """Rows about the protocol, about a login under attack, and about what is uploaded."""
    config = CONFIG + "[server]\ntrusted_proxy = 127.0.0.1\n"
    with stage(config=config) as on:
        assert on.serve_quietly(), on.log()
        rows = [smuggle(on), lead_away(on), lock_out(on, plan), race()]
    return rows if plan.is_quick else [*rows, drip()]


def exchange(on: Stage, sent: bytes, limit_s: float = 3.0) -> tuple[list[int], bool, bytes]:
    """The statuses that come back, whether the connection ends, and all that came."""
    caller, received = on.caller(), b""
    with socket.create_connection((caller.host, caller.port), limit_s) as connection:
        connection.sendall(sent)
        connection.settimeout(limit_s)
        try:
            while chunk := connection.recv(65536):
                received += chunk
            is_closed = True
        except ConnectionError:
            is_closed = True
        except TimeoutError:
            is_closed = False
    return [int(s) for s in re.findall(rb"HTTP/1\.[01] (\d{3})", received)], is_closed, received


def smuggle(on: Stage) -> Row:
    """Each request with another behind it: one refusal, and no answer to the second."""
    row = Row("HTTP smuggling", "400 and closed; what follows is not read")
    caller = on.caller()
    host = f"{caller.host}:{caller.port}"

    def one(name: str, text: str) -> list[str]:
        sent = (text + AFTER).format(host=host).encode("utf-8")
        statuses, is_closed, _ = exchange(on, sent)
        allowed = ALLOWED.get(name, (400, 421, 501, 505))
        if len(statuses) != 1 or statuses[0] not in allowed:
            return [f"{name}: answers {statuses}"]
        return [] if is_closed else [f"{name}: {statuses} and the connection stays open"]

    with ThreadPoolExecutor(8) as pool:
        for misses in pool.map(lambda case: one(*case), SMUGGLED.items()):
            row.misses += misses
    telling = on.caller(**{"X-Sent": "echoed"})
    for method in ("TRACE", "TRACK", "DEBUG", "OPTIONS", "PROPFIND"):
        answer = telling.ask(method, "//health")
        row.expect(answer.status in (400, 405, 501), f"{method} answers {answer.status}")
        row.expect(b"echoed" not in answer.body, f"{method} tells what it was sent")
    row.found = f"{len(row.misses)} of {len(SMUGGLED) + 5} cases read otherwise"
    return row


def lead_away(on: Stage) -> Row:
    """Pages that lead to a page: never to another site, as a browser reads an address."""
    row = Row("open redirect", "0 addresses of another site")
    caller = on.caller()
    base = f"http://{caller.host}:{caller.port}"
    for path in AWAY:
        for asked in (f"//{path.lstrip('/')}", f"/{path}", f"//login?next={quote(path, safe='')}"):
            try:
                answer = caller.ask("GET", asked.replace("\x00", "%00").replace("\t", "%09"))
            except ValueError:
                continue
            place = answer.headers.get("location", "")
            if leads_away(base, place):
                row.misses.append(f"{asked!r} leads to {place!r}")
    row.found = f"{len(row.misses)} of {3 * len(AWAY)}"
    return row


def leads_away(base: str, place: str) -> bool:
    """Whether a browser at `base` goes to another site for this address (WHATWG URL)."""
    cleaned = re.sub(r"[\0-\x20]", "", place.replace("\\", "/"))
    cleaned = re.sub(r"^(https?:)/*", r"\1//", cleaned)
    return urlsplit(urljoin(base, cleaned)).netloc != urlsplit(base).netloc


def lock_out(on: Stage, plan: Plan) -> Row:
    """A /64 guesses the victim's password; a browser that the victim knows still comes in."""
    row = Row("lockout under 100 wrong tries a minute", "the known browser is in within 5 s")
    tries = 40 if plan.is_quick else 200
    known, cookie = on.caller(**{"X-Forwarded-For": "198.51.100.7"}), ""
    for _ in range(2):  # once in, and once more as one who was there
        cookie = _login(known, cookie)[1]
    known.ask("POST", "/logout", Cookie=cookie)

    def guess(number: int) -> int:
        address = f"2001:db8:1:2:{number:x}:{number * 7919 % 65536:x}::1"
        caller = on.caller(**{"X-Forwarded-For": address})
        wrong = {"name": "victor", "password": f"wrong {number} guess"}
        return caller.ask("POST", "/login", wrong).status

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(guess, range(tries)))
        row.expect(429 in statuses, f"{tries} guesses of a /64 are never slowed: {set(statuses)}")
        more = pool.map(guess, range(tries, tries + 20))
        began = time.monotonic()
        status = 0
        while status != 200 and time.monotonic() - began < 3 * LOGIN_WITHIN_S:
            status, _ = _login(known, cookie)
            time.sleep(0 if status == 200 else 0.3)
        took = time.monotonic() - began
        list(more)
    most_s = 3 * LOGIN_WITHIN_S if plan.is_quick else LOGIN_WITHIN_S
    row.expect(status == 200 and took <= most_s, f"{status} after {took:.1f} s")
    stranger = on.caller(**{"X-Forwarded-For": "203.0.113.9"})
    right = _login(stranger, "")[0]
    row.found = f"in after {took:.1f} s; {statuses.count(401)} guesses judged; elsewhere {right}"
    row.expect(statuses.count(401) < 30, f"{statuses.count(401)} guesses of a /64 were judged")
    return row


def _login(caller: Caller, cookie: str) -> tuple[int, str]:
    """The status of a right login, and the cookies of the browser afterwards."""
    right = {"name": "victor", "password": PASSWORDS["victor"]}
    answer = caller.ask("POST", "/login", right, Cookie=cookie)
    jar = http.cookies.SimpleCookie(cookie)
    for line in answer.headers.get("set-cookie", "").split("\n"):
        jar.load(line)
    return answer.status, "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())


def race() -> Row:
    """Sixteen uploads at once, each of which alone would fit."""
    limit, parallel = 50, 16
    row = Row("quota race", f"16 uploads of 10 MiB at once: at most {limit} MiB kept")
    config = CONFIG.replace("[limits]", f"[limits]\nmb_per_account = {limit}")
    with stage(config=config) as on:
        assert on.serve_quietly(), on.log()
        are_there = threading.Barrier(parallel)
        with ThreadPoolExecutor(parallel) as pool:
            statuses = list(pool.map(lambda n: _upload(on, n, are_there), range(parallel)))
        kept = sum(p.stat().st_size for p in (on.data / "uploads").rglob("*") if p.is_file())
        accepted = statuses.count(202)
        row.found = f"{accepted} accepted, {kept / MEBIBYTE:.0f} MiB kept"
        row.expect(kept <= limit * MEBIBYTE, f"{kept / MEBIBYTE:.0f} MiB are kept")
        row.expect(accepted > 0, f"none was accepted: {statuses}")
    return row


def _upload(on: Stage, number: int, are_there: threading.Barrier) -> int:
    """Send 10 MiB, its last bytes only when all others have been let in too; the status."""
    caller, size = on.caller("mallory"), 10 * MEBIBYTE
    part = '--b\r\nContent-Disposition: form-data; name="'
    form = f'{part}type"\r\n\r\nhonest_file\r\n{part}files"; filename="{number}.txt"\r\n\r\n'
    body = form.encode() + b"x" * size + b"\r\n--b--\r\n"
    head = (
        f"POST /api/v1/jobs HTTP/1.1\r\nHost: {caller.host}:{caller.port}\r\n"
        f"Authorization: Bearer {on.token_of['mallory']}\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    received = b""
    with socket.create_connection((caller.host, caller.port), 30) as connection:
        try:
            connection.sendall(head.encode() + body[:1000])
            time.sleep(0.3)
            are_there.wait(10)
            connection.sendall(body[1000:])
        except OSError:
            pass  # refused by its headers; the answer is there
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except OSError:
            pass
    return int(received[9:12]) if received.startswith(b"HTTP/1.") else 0


def drip() -> Row:
    """An upload that stands still: it is ended, and holds nothing that others need."""
    row = Row("an upload that stalls", f"closed within {STALLED_S:.0f} s, nothing kept")
    with stage() as on:
        assert on.serve_quietly(), on.log()
        caller = on.caller("mallory")
        head = (
            f"POST /api/v1/jobs HTTP/1.1\r\nHost: {caller.host}:{caller.port}\r\n"
            f"Authorization: Bearer {on.token_of['mallory']}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n"
            f"Content-Length: {100 * MEBIBYTE}\r\n\r\n"
        )
        began, ended = time.monotonic(), 0.0
        with socket.create_connection((caller.host, caller.port), 5) as connection:
            # Fast at first, so that its average stays above any least rate for hours.
            connection.sendall(head.encode() + b"x" * (8 * MEBIBYTE))
            connection.settimeout(1)
            while time.monotonic() - began < STALLED_S:
                try:
                    connection.sendall(b"x")
                    if not connection.recv(100):
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
            ended = time.monotonic() - began
        row.expect(ended < STALLED_S, f"still open after {ended:.0f} s")
        row.found = f"closed after {ended:.0f} s"
        row.expect(not any((on.data / "incoming").iterdir()), "its bytes are kept")
    return row
