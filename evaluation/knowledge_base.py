"""Web pages: how well their text is told from what stands around it, on annotated pages."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from evaluation import Figure, Run

SETTINGS = {"BELLHOP_OUTBOUND_ALLOWED": "127.0.0.1"}


def figures(run: Run, data: Path) -> Iterator[Figure]:
    folder = data / "webpages"
    expected = json.loads((folder / "expected.json").read_text())
    with Pages(folder) as address:
        results = run("webpage", [f"{address}/{name}" for name in expected])
    found = missed = wrong = licences = 0
    for result, page in zip(results, expected.values(), strict=True):
        text = _plain(result.get("text", ""))
        found += sum(_plain(snippet) in text for snippet in page["with"])
        missed += sum(_plain(snippet) not in text for snippet in page["with"])
        wrong += sum(_plain(snippet) in text for snippet in page["without"])
        licences += _licence(result.get("licence")) in map(_licence, page["licence_found_in_page"])
    precision, recall = found / (found + wrong), found / (found + missed)
    yield Figure("snippet F1", 2 * precision * recall / (precision + recall), least=0.97)
    yield Figure("licence found", licences / len(expected), least=1)
    blocked = run("webpage", ["http://169.254.169.254/", "http://[::ffff:10.0.0.1]/"])
    refused = [result.get("error", {}).get("code") == "blocked_address" for result in blocked]
    yield Figure("private addresses refused", sum(refused) / len(refused), least=1)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _licence(address: str | None) -> str:
    """What two addresses of one licence have in common."""
    found = re.search(r"creativecommons\.org/\w+/[a-z-]+/[\d.]+", address or "")
    return found[0] if found else ""


class Pages:
    """Serves the files of a folder on this machine."""

    def __init__(self, folder: Path):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = (folder / Path(self.path).name).read_bytes()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        # The argument is how long its end takes at most.
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
