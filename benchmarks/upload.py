"""How long a large upload takes, and how much memory the web needs for it.

Next to the least that could be done with the same bytes on the same disk: copy them,
force them to the disk, compute their hash. The client is a process of its own (this
file, run as a program), so that it neither waits for the measuring nor disturbs it.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import processes
import serving
from report import Figure, of_rounds
from serving import Server

ROUNDS = 3
BLOCK_BYTES = 1 << 20
SAMPLE_S = 0.05
MOST_TIMES = 3.0
MOST_GROWTH_MB = 40.0
BOUNDARY = "bellhop-benchmark"
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="type"\r\n\r\nkeep\r\n'
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="random.bin"\r\n'
    "Content-Type: application/octet-stream\r\n\r\n"
).encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()


def measure(*, quick: bool) -> list[Figure]:
    """Both in turns; the ratio of each round, and the web's largest growth in any."""
    size_mb, rounds = (10, 1) if quick else (500, ROUNDS)
    with serving.folder() as home, serving.serving(home) as server:
        source = _random_file(home / "random.bin", size_mb * 1_000_000)
        copies, uploads, growths = [], [], []
        for _ in range(rounds):
            copies.append(_copy(source, home / "copy.bin"))
            took_s, growth_mb = _upload(server, source)
            uploads.append(took_s)
            growths.append(growth_mb)
    ratios = [up / copy for up, copy in zip(uploads, copies, strict=True)]
    growth = max(growths)
    return [
        of_rounds(
            f"upload of {size_mb} MB / cp + fsync + sha256", ratios, "times", at_most=MOST_TIMES
        ),
        of_rounds("  upload", uploads, "s"),
        of_rounds("  cp + fsync + sha256", copies, "s"),
        Figure(name="  web's growth", measured=growth, unit="MB", at_most=MOST_GROWTH_MB),
    ]


def _random_file(path: Path, size_bytes: int) -> Path:
    """Bytes that nothing on the way can compress or leave out."""
    with path.open("wb") as file:
        while left := size_bytes - file.tell():
            file.write(os.urandom(min(left, BLOCK_BYTES)))
    return path


def _copy(source: Path, target: Path) -> float:
    """Seconds of cp, fsync and SHA-256."""
    os.sync()  # neither side pays for the other's bytes
    started = time.perf_counter()
    subprocess.run(["cp", str(source), str(target)], check=True)
    with target.open("rb") as file:
        os.fsync(file.fileno())
        hashlib.file_digest(file, "sha256")
    took_s = time.perf_counter() - started
    target.unlink()
    return took_s


def _upload(server: Server, source: Path) -> tuple[float, float]:
    """(seconds from the first byte to the answer, growth of the web in MB)."""
    os.sync()
    web = server.pids["web"]
    before = peak = processes.pss_mb(web)
    command = [sys.executable, __file__, server.address, str(source)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        while client.poll() is None:
            peak = max(peak, processes.pss_mb(web))
            time.sleep(SAMPLE_S)
        assert client.stdout is not None
        answer = json.loads(client.stdout.read())
    server.final(answer["job_id"])
    server.call("DELETE", f"/jobs/{answer['job_id']}?purge=true")
    return answer["took_s"], peak - before


def _body(source: Path) -> Iterator[bytes]:
    yield HEAD
    with source.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block
    yield TAIL


def send(address: str, source: Path) -> None:
    """Upload one file and print what came of it as JSON."""
    length = len(HEAD) + source.stat().st_size + len(TAIL)
    headers = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(length),
    }
    connection = http.client.HTTPConnection(address)
    started = time.perf_counter()
    connection.request("POST", "/api/v1/jobs", _body(source), headers)
    answer = connection.getresponse()
    job = json.loads(answer.read())
    took_s = time.perf_counter() - started
    if answer.status != 202:
        sys.exit(f"the upload was refused: {job}")
    print(json.dumps({"job_id": job["job_id"], "took_s": took_s}))


if __name__ == "__main__":
    send(sys.argv[1], Path(sys.argv[2]))
