"""Bellhop from Python: submit jobs, follow them, get their results.

The commands use this module (`commands.py`), and other programs can: it needs only Python 3.11, so
you can copy this one file. It must never import another module of Bellhop, print, or submit a job
twice.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import math
import mimetypes
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlencode, urlsplit

FINAL = ("completed", "failed", "cancelled")
JOBS = "/api/v1/jobs"
TIMEOUT_S = 60
CONNECT_S = 10
PATIENCE_S = 60
HELD_S = 10  # how long Bellhop is asked to hold an answer that has no news
PAUSE_S = 0.3  # before the next look, where no answer was held
MOST_PER_PAGE = 200
CHUNK_BYTES = 1 << 18
# Problems that go away by themselves.
PASSING = ("request-in-progress", "busy", "too-many-requests")

_T = TypeVar("_T")


class BellhopError(Exception):
    """A request did not work; one of the two classes below."""


class RequestFailed(BellhopError):
    """Bellhop refused. `code` is the stable code of the problem; None from another server."""

    def __init__(self, status: int, code: str | None, detail: str, document: Any = None):
        super().__init__(f"{detail} ({code})" if code else detail)
        self.status, self.code, self.detail, self.document = status, code, detail, document


class NoAnswer(BellhopError):
    """No server answered, or the connection broke."""


class Bellhop:
    """The Bellhop at `url`, which may have a path; threads can share it.

    When the connection breaks, for example during a restart, it repeats requests that are safe to
    repeat for `patience_s`. It does not wait for a Bellhop that it has never reached.
    """

    def __init__(self, url: str, token: str | None = None, *, patience_s: float = PATIENCE_S):
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        if not is_address or parts.port == 0:
            raise ValueError(f"an address must look like http://127.0.0.1:8080, not {url!r}")
        if token and not (token.isascii() and token.isprintable()):
            raise ValueError("a token contains only plain characters")
        self._base = parts.path.rstrip("/")
        self.url = f"{parts.scheme}://{parts.netloc}{self._base}"
        self._is_secure, self._netloc = parts.scheme == "https", parts.netloc
        self._always = {"Authorization": f"Bearer {token}"} if token else {}
        self._patience_s = patience_s
        self._was_reached = False

    def create(
        self,
        type_name: str,
        *,
        files: Sequence[str | Path] = (),
        beside: Mapping[str, Sequence[str | Path]] | None = None,
        urls: Sequence[str] = (),
        texts: Sequence[str] = (),
        data: Sequence[Mapping[str, Any]] = (),
        params: Mapping[str, Any] | None = None,
        key: str | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Submit a job with the input that its type takes, if it takes any, and return the job.

        `beside` are files for further file parameters, by their names; every item gets them.
        `options` are the fields of the API: priority, run_at, depends_on, then and so on. For 24
        hours, the same `key` returns the same job; without a key, each call submits a new job.
        """
        given = {name: value for name, value in options.items() if value is not None}
        items: list[dict[str, Any]] = [{"url": url} for url in urls] + [
            {"text": text} for text in texts
        ]
        items += [{"json": dict(each)} for each in data]
        named = [("files", Path(path)) for path in files]
        named += [(name, Path(path)) for name, each in (beside or {}).items() for path in each]
        if named and items:
            raise ValueError("a job takes either files, or urls, texts and data")
        body: _Form | bytes
        if named:
            fields = [("type", type_name), *_fields(params or {}), *_options(given)]
            body = _Form(fields, named)
            kind = f"multipart/form-data; boundary={body.boundary}"
        else:
            document = {"type": type_name, "items": items, "params": params or {}, **given}
            body, kind = json.dumps(document).encode(), "application/json"
        headers = {"Content-Type": kind, "Idempotency-Key": key or secrets.token_urlsafe(24)}
        return dict(self._patiently(lambda: self._request("POST", JOBS, body, headers)).document)

    def job(self, job_id: str) -> dict[str, Any]:
        """The job as it is now."""
        return dict(self.get(_path(job_id)))

    def jobs(self, *, limit: int | None = None, **filters: str | None) -> Iterator[dict[str, Any]]:
        """Jobs, newest first, page by page; `filters` are status, type, queue, owner and q."""
        per_page = min(limit or MOST_PER_PAGE, MOST_PER_PAGE)
        pages = self._pages(JOBS, limit=per_page, **filters)
        return itertools.islice((job for page in pages for job in page["jobs"]), limit)

    def follow(self, job_id: str, timeout_s: float | None = None) -> Iterator[dict[str, Any]]:
        """The job now and after each change until it is final; TimeoutError after `timeout_s`."""
        until = math.inf if timeout_s is None else time.monotonic() + timeout_s
        tag: str | None = None
        while True:
            held_s = math.ceil(max(0.0, min(HELD_S, until - time.monotonic())))
            news = {"If-None-Match": tag, "Prefer": f"wait={held_s}"} if tag and held_s else {}
            answer = self._get(_path(job_id), news)
            if answer.status != 304:
                yield answer.document
                if answer.document["status"] in FINAL:
                    return
            if time.monotonic() >= until:
                raise TimeoutError(f"job {job_id} is not final after {timeout_s:g} seconds")
            if tag and "Preference-Applied" not in answer.headers:
                time.sleep(min(PAUSE_S, max(0, until - time.monotonic())))
            tag = answer.headers.get("ETag", "none")

    def wait(self, job_id: str, timeout_s: float | None = None) -> dict[str, Any]:
        """Wait until the job is final and return it; TimeoutError after `timeout_s`."""
        *_, job = self.follow(job_id, timeout_s)
        return job

    def result(self, job_id: str) -> dict[str, Any]:
        """The result of a final job with all its items."""
        pages = list(self._pages(f"{_path(job_id)}/result"))
        return {**pages[-1], "items": [item for page in pages for item in page["items"]]}

    def items(self, job_id: str) -> list[dict[str, Any]]:
        """All items of a job, including failed ones, with their data and errors."""
        pages = self._pages(f"{_path(job_id)}/items")
        return [item for page in pages for item in page["items"]]

    def download(self, job_id: str, folder: str | Path, *, overwrite: bool = False) -> list[Path]:
        """Save the output files of a job in `folder`, with a subfolder for each of several items.

        Before it writes a file, it raises FileExistsError for an existing file and ValueError for a
        name that is outside of the folder.
        """
        items = self.result(job_id)["items"]
        folder = Path(folder)
        wanted: dict[Path, Any] = {}
        for item in items:
            own = folder / _folder_name(item) if len(items) > 1 else folder
            wanted |= {_inside(folder, own, file["name"]): file for file in item["files"]}
        if not overwrite and (there := [path for path in wanted if path.exists()]):
            raise FileExistsError(f"{there[0]} already exists")
        for path, file in wanted.items():
            self._patiently(lambda path=path, file=file: self._save(file, path))  # type: ignore[misc]
        return list(wanted)

    def cancel(self, job_id: str) -> dict[str, Any]:
        """Cancel a job and return it; it may still run for a moment."""
        return dict(self.post(f"{_path(job_id)}/cancel", {}))

    def retry(self, job_id: str, items: Sequence[int] | None = None) -> dict[str, Any]:
        """Run the failed and cancelled items again, or only `items`, and return the job.

        Items that wait for a retry run at once.
        """
        asked = {} if items is None else {"items": list(items)}
        return dict(self.post(f"{_path(job_id)}/retry", asked))

    def stats(self) -> dict[str, Any]:
        """The number of jobs and how long they take."""
        return dict(self.get(f"{JOBS}/stats"))

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Any:
        """The answer of any URL of the API."""
        return self._get(path, headers or {}).document

    def post(self, path: str, document: Any) -> Any:
        body, headers = json.dumps(document).encode(), {"Content-Type": "application/json"}
        return self._request("POST", path, body, headers).document

    def delete(self, path: str) -> None:
        self._request("DELETE", path)

    def _get(self, path: str, headers: Mapping[str, str]) -> _Answer:
        return self._patiently(lambda: self._request("GET", path, headers=headers))

    def _pages(self, path: str, **query: Any) -> Iterator[Any]:
        """The pages of a list, from the first to the last."""
        cursor = None
        while True:
            asked = {**query, "cursor": cursor}
            known = {name: value for name, value in asked.items() if value is not None}
            page = self.get(f"{path}?{urlencode(known)}")
            yield page
            cursor = page["next"]
            if cursor is None:
                return

    def _patiently(self, ask: Callable[[], _T]) -> _T:
        """What `ask` returns, asked again while what went wrong may pass."""
        until = None
        while True:
            try:
                return ask()
            except NoAnswer:
                if not self._was_reached or (until and time.monotonic() > until):
                    raise
            except RequestFailed as failure:
                if failure.code not in PASSING or (until and time.monotonic() > until):
                    raise
            until = until or time.monotonic() + self._patience_s
            time.sleep(PAUSE_S)

    def _request(
        self,
        method: str,
        path: str,
        body: bytes | _Form = b"",
        headers: Mapping[str, str] | None = None,
    ) -> _Answer:
        with self._connected() as connection:
            response = self._answer_to(connection, method, path, body, headers or {})
            content = response.read()
        try:
            document = json.loads(content) if content else None
        except ValueError:
            raise self._stranger(response.status) from None
        return _Answer(response.status, dict(response.headers.items()), document)

    def _content(self, path: str) -> Iterator[bytes]:
        """A download, piece by piece."""
        with self._connected() as connection:
            response = self._answer_to(connection, "GET", path, b"", {})
            while chunk := response.read(CHUNK_BYTES):
                yield chunk

    @contextlib.contextmanager
    def _connected(self) -> Iterator[http.client.HTTPConnection]:
        try:
            with contextlib.closing(self._connect()) as connection:
                self._was_reached = True
                yield connection
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{self.url} does not answer: {error or repr(error)}") from None

    def _connect(self) -> http.client.HTTPConnection:
        """A connection, asked for anew while it is neither made nor refused: nothing was sent."""
        kind = http.client.HTTPSConnection if self._is_secure else http.client.HTTPConnection
        until = time.monotonic() + TIMEOUT_S
        while True:
            connection = kind(self._netloc, timeout=CONNECT_S)
            try:
                connection.connect()
            except OSError as error:
                connection.close()
                if not isinstance(error, TimeoutError) or time.monotonic() > until:
                    raise
            else:
                connection.sock.settimeout(TIMEOUT_S)
                return connection

    def _answer_to(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | _Form,
        headers: Mapping[str, str],
    ) -> http.client.HTTPResponse:
        """The answer before its body is read; raises the problem of a refusal."""
        length = {"Content-Length": str(len(body))} if body else {}
        sent = body if isinstance(body, bytes) else iter(body)
        # A server that refuses by the headers may close before it has read the body.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, self._at(path), sent, {**headers, **length, **self._always})
        response = connection.getresponse()
        if response.status < 400:
            return response
        try:
            problem = json.loads(response.read())
            raise RequestFailed(response.status, problem["code"], problem["detail"], problem)
        except (ValueError, KeyError, TypeError):
            raise self._stranger(response.status) from None

    def _at(self, path: str) -> str:
        """An address of the API under the path of the URL, which those in answers have already."""
        return path if path.startswith(f"{self._base}/") else self._base + path

    def _stranger(self, status: int) -> RequestFailed:
        return RequestFailed(
            status, None, f"{self.url} answered {status}; it does not seem to be Bellhop"
        )

    def _save(self, file: Mapping[str, Any], path: Path) -> None:
        """Download beside and then into place, so that `path` is never half a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.parent / f".{secrets.token_hex(8)}.part"
        try:
            with draft.open("xb") as out:
                for chunk in self._content(file["url"]):
                    out.write(chunk)
            if draft.stat().st_size != file["size"]:
                raise NoAnswer(f"{self.url} closed the connection in the middle of {file['name']}")
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    document: Any


class _Form:
    """A multipart form whose files are read as they are sent, each time it is sent."""

    def __init__(self, fields: Iterable[tuple[str, str]], files: Iterable[tuple[str, Path]]):
        self.boundary = secrets.token_hex(16)
        heads = [_part(self.boundary, name) + value.encode() + b"\r\n" for name, value in fields]
        self._fields = b"".join(heads)
        self._files = [(_part(self.boundary, n, p.name), p, _size(p)) for n, p in files]
        self._end = f"--{self.boundary}--\r\n".encode()

    def __len__(self) -> int:
        files = sum(len(head) + size + 2 for head, _, size in self._files)
        return len(self._fields) + files + len(self._end)

    def __iter__(self) -> Iterator[bytes]:
        yield self._fields
        for head, path, size in self._files:
            yield head
            yield from _read(path, size)
            yield b"\r\n"
        yield self._end


def _path(job_id: str) -> str:
    return f"{JOBS}/{quote(job_id, safe='')}"


def _fields(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Parameters as fields of a form: a list as one field for each value."""
    for name, value in params.items():
        values = list(value) if isinstance(value, list | tuple) else [value]
        for each in values or [""]:
            text = "" if each is None else json.dumps(each)
            yield name, each if isinstance(each, str) else text


def _options(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        yield name, value if isinstance(value, str) else json.dumps(value)


def _part(boundary: str, name: str, filename: str | None = None) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
    if filename is not None:
        # What a locale that does not know its letters made of a name in UTF-8.
        filename = filename.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        head += f'; filename="{_quoted(filename)}"\r\nContent-Type: {kind}'
    return f"{head}\r\n\r\n".encode("utf-8", "replace")


def _quoted(name: str) -> str:
    # As browsers do it (WHATWG HTML, multipart/form-data encoding algorithm).
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _size(path: Path) -> int:
    """In bytes. Opening first would wait for ever at a pipe that nobody writes to."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError(f"{path}: not a regular file")
    with path.open("rb") as file:
        return os.fstat(file.fileno()).st_size


def _read(path: Path, size: int) -> Iterator[bytes]:
    """The file, which must still have `size` bytes: the length of the request is announced."""
    left = size
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                left -= len(chunk)
                if left < 0:
                    break
                yield chunk
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    if left:
        raise ValueError(f"{path}: the file changed while it was sent")


def _folder_name(item: Mapping[str, Any]) -> str:
    """Unlike that of any other item, and readable: 3-notes.txt."""
    name = re.split(r"[/\\]", str(item["filename"]).rstrip("/\\"))[-1]
    return f"{int(item['index'])}-" + re.sub(r"[^\w.-]", "_", name)[:60]


def _inside(root: Path, folder: Path, name: str) -> Path:
    """Where the file goes, which is in `folder` and nowhere else, whatever links are there."""
    top = root.resolve()
    meant = top / folder.relative_to(root)
    found = (meant / os.fsdecode(name.encode())).resolve()
    if found == meant or not found.is_relative_to(meant):
        raise ValueError(f"the name {name!r} is outside of {folder}; nothing was saved")
    return root / found.relative_to(top)
