"""Asks one address again and again over open connections, as plainly as Python can.

Run as a program, so that the client neither waits for the measuring nor disturbs it:
`asking.py HOST:PORT PATH SECONDS CONNECTIONS PAUSE_S` prints `{"rate", "p50_ms", "p99_ms",
"longest_ms"}`. With a pause each connection asks in that rhythm, else as fast as it can.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time

from report import percentile

# The first answers of a run warm connections, threads and caches.
WARM_UP_S = 0.5


def ask(address: str, path: str, seconds: float, connections: int, pause_s: float) -> list[float]:
    """The time of each answer in ms."""
    host, _, port = address.partition(":")
    request = f"GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode()
    sockets = [socket.create_connection((host, int(port))) for _ in range(connections)]
    times: list[float] = []
    began = time.perf_counter()
    # Spread over the rhythm, as pages that were opened at different times.
    due = {s: began + pause_s * place / connections for place, s in enumerate(sockets)}
    asked: dict[socket.socket, float] = {}
    while (now := time.perf_counter()) < began + WARM_UP_S + seconds:
        for connection, at in list(due.items()):
            if at <= now:
                del due[connection]
                asked[connection] = time.perf_counter()
                connection.sendall(request)
        wait_s = max(0.0, min(due.values(), default=now + 0.5) - now)
        for connection in select.select(list(asked), [], [], min(wait_s, 0.5))[0]:
            _read(connection)
            ended = time.perf_counter()
            if ended > began + WARM_UP_S:
                times.append((ended - asked[connection]) * 1000)
            due[connection] = asked.pop(connection) + pause_s
    return times


def _read(connection: socket.socket) -> None:
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head[:20]:
        raise RuntimeError(head.decode())
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)


def main() -> None:
    address, path, seconds, connections, pause_s = sys.argv[1:]
    times = ask(address, path, float(seconds), int(connections), float(pause_s))
    document = {
        "rate": len(times) / float(seconds),
        "p50_ms": percentile(times, 50),
        "p99_ms": percentile(times, 99),
        "longest_ms": max(times),
    }
    print(json.dumps(document))


if __name__ == "__main__":
    main()
