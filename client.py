"""The commands that talk to a running Bellhop over HTTP: submit, jobs, result and more."""

from __future__ import annotations

import argparse
import http.client
import json
import mimetypes
import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit

import params
from errors import Problem, StartRefused
from settings import Settings

FINAL = ("completed", "failed", "cancelled")
POLL_S = 0.5
CHUNK_BYTES = 1 << 18
BAR_WIDTH = 30


class RequestFailed(Exception):
    """Bellhop answered with a problem; the text is its detail."""


class Client:
    """Bellhop's API at `url`, with an optional token."""

    def __init__(self, url: str, token: str | None = None):
        self.url = url
        self._parts = urlsplit(url)
        self._token = token

    @classmethod
    def at_home(cls, settings: Settings) -> Client:
        """The Bellhop of `BELLHOP_URL`, else the one that serves the data folder."""
        url = os.environ.get("BELLHOP_URL")
        if not url:
            try:
                url = (settings.data_dir / "address").read_text()
            except OSError:
                raise StartRefused(
                    f"no Bellhop is running on {settings.data_dir}; start it with "
                    "python app.py, or set BELLHOP_URL"
                ) from None
        return cls(url, os.environ.get("BELLHOP_TOKEN"))

    def get(self, path: str) -> Any:
        return self._request("GET", path)

    def post(self, path: str, document: Any) -> Any:
        body = json.dumps(document).encode()
        return self._request("POST", path, body, {"Content-Type": "application/json"})

    def delete(self, path: str) -> None:
        self._request("DELETE", path)

    def submit(self, type_name: str, inputs: list[str], given: dict[str, str]) -> Any:
        """Submit files, or URLs when the first input is one; the job."""
        if inputs and re.match(r"https?://", inputs[0]):
            items = [{"url": url} for url in inputs]
            document = {"type": type_name, "items": items, "params": self._typed(type_name, given)}
            return self.post("/api/v1/jobs", document)
        boundary = secrets.token_hex(16)
        fields = [("type", type_name), *given.items()]
        form = _Form(boundary, fields, [Path(name) for name in inputs])
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(form.length),
        }
        return self._request("POST", "/api/v1/jobs", iter(form), headers)

    def follow(self, job_id: str) -> Iterator[Any]:
        """The job again and again until it is final."""
        while True:
            job = self.get(f"/api/v1/jobs/{quote(job_id)}")
            yield job
            if job["status"] in FINAL:
                return
            time.sleep(POLL_S)

    def _typed(self, type_name: str, given: dict[str, str]) -> dict[str, Any]:
        """Text params as the JSON that the type's schema asks for."""
        types = {t["type"]: t for t in self.get("/api/v1/types")["types"]}
        if type_name not in types:
            return {}  # the server says which there are
        try:
            return {n: params.from_text(types[type_name], n, [v]) for n, v in given.items()}
        except Problem as problem:
            raise RequestFailed(f"{problem.detail} ({problem.code})") from None

    def _request(self, method: str, path: str, body: Any = None, headers: Any = None) -> Any:
        try:
            connection = self._connect()
        except http.client.InvalidURL as error:
            raise RequestFailed(f"BELLHOP_URL is no address: {error}") from None
        headers = dict(headers or {})
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise RequestFailed(f"{self.url} does not answer: {error}") from None
        finally:
            connection.close()
        try:
            document: Any = json.loads(content) if content else None
            if response.status < 400:
                return document
            raise RequestFailed(f"{document['detail']} ({document['code']})")
        except (ValueError, KeyError, TypeError):
            raise RequestFailed(f"{self.url} answered {response.status}, not as Bellhop") from None

    def _connect(self) -> http.client.HTTPConnection:
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(self._parts.netloc, timeout=60)
        return http.client.HTTPConnection(self._parts.netloc, timeout=60)


class _Form:
    """A multipart form whose files are read as they are sent."""

    def __init__(self, boundary: str, fields: list[tuple[str, str]], files: list[Path]):
        heads = [_part(boundary, name) + value.encode() + b"\r\n" for name, value in fields]
        self._parts: list[bytes | IO[bytes]] = [b"".join(heads)]
        self.length = len(self._parts[0])  # type: ignore[arg-type]
        for path in files:
            try:
                file = path.open("rb")
            except OSError as error:
                raise RequestFailed(f"{path}: {error.strerror}") from None
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                file.close()
                raise RequestFailed(f"{path}: is no plain file")
            head = _part(boundary, "files", path.name)
            self._parts += [head, file, b"\r\n"]
            self.length += len(head) + os.fstat(file.fileno()).st_size + 2
        self._parts.append(f"--{boundary}--\r\n".encode())
        self.length += len(self._parts[-1])  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
                continue
            with part:
                while chunk := part.read(CHUNK_BYTES):
                    yield chunk


def _part(boundary: str, name: str, filename: str | None = None) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
    if filename is not None:
        kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        head += f'; filename="{_quoted(filename)}"\r\nContent-Type: {kind}'
    return f"{head}\r\n\r\n".encode("utf-8", "replace")


def _quoted(name: str) -> str:
    # As browsers do it (WHATWG HTML, multipart/form-data encoding algorithm).
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def run(settings: Settings, given: argparse.Namespace) -> int:
    """One of the commands; its exit status."""
    commands = {"submit": _submit, "jobs": _jobs, "result": _result, "cancel": _act, "retry": _act}
    try:
        return commands[given.command](Client.at_home(settings), given)
    except RequestFailed as error:
        print(f"bellhop: {error}", file=sys.stderr)
        return 1


def _submit(client: Client, given: argparse.Namespace) -> int:
    job = client.submit(given.type, given.inputs, dict(given.param))
    if given.wait:
        for state in client.follow(job["job_id"]):
            _show_progress(state)
            job = state
    if given.json:
        _print_json(job)
    else:
        print(job["job_id"] if not given.wait else f"{job['job_id']} {job['status']}")
        if job["error"]:
            print(job["error"]["message"], file=sys.stderr)
    return 0 if not given.wait or job["status"] == "completed" else 1


def _jobs(client: Client, given: argparse.Namespace) -> int:
    page = client.get("/api/v1/jobs?limit=50")
    if given.json:
        _print_json(page["jobs"])
        return 0
    for job in page["jobs"]:
        line = (job["job_id"], f"{job['status']:<9}", f"{job['progress']:>3}%", job["type"])
        print(*line, job["name"], sep="  ")
    return 0


def _result(client: Client, given: argparse.Namespace) -> int:
    _print_json(client.get(f"/api/v1/jobs/{quote(given.job_id)}/result"))
    return 0


def _act(client: Client, given: argparse.Namespace) -> int:
    """Cancel or retry."""
    job = client.post(f"/api/v1/jobs/{quote(given.job_id)}/{given.command}", {})
    if given.json:
        _print_json(job)
    else:
        print(job["job_id"], job["status"])
    return 0


def _show_progress(job: dict[str, Any]) -> None:
    if not sys.stderr.isatty():
        return
    filled = "#" * (job["progress"] * BAR_WIDTH // 100)
    what = job["current_step"] or job["waiting_for"] or job["status"]
    line = f"[{filled:<{BAR_WIDTH}}] {job['progress']:>3}% {what}"
    end = "\n" if job["status"] in FINAL else ""
    print(f"\r\x1b[K{line[:100]}", end=end, file=sys.stderr, flush=True)


def _print_json(document: Any) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False))
