"""`make eval`: run the job types over HTTP on test data; print their figures beside the bar."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import evaluation  # noqa: E402
from bellhop.client import Bellhop  # noqa: E402

READY = "Bellhop is ready at "
JOB_LIMIT_S = 900.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=evaluation.modules(), help="one family of types alone")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    given = parser.parse_args()
    if not given.data.is_dir():
        sys.exit(f"eval: there is no test data in {given.data}; name it with --data")
    missed = 0
    for name in [given.only] if given.only else evaluation.modules():
        module = importlib.import_module(f"evaluation.{name}")
        with serving(getattr(module, "SETTINGS", {})) as client:
            for figure in module.figures(Caller(client), given.data):
                print(f"{name:16} {figure}", flush=True)
                missed += not figure.is_met
    print(f"\n{missed} below the bar" if missed else "\nevery bar is reached")
    return 1 if missed else 0


class Caller:
    """Runs job types as a user does: each call is a job, or one for each input of many files."""

    def __init__(self, client: Bellhop):
        self._client = client
        self._kinds = {t["type"]: t["input"] for t in client.get("/api/v1/types")["types"]}

    def __call__(
        self, type_name: str, inputs: evaluation.Inputs, **params: Any
    ) -> list[dict[str, Any]]:
        kind = self._kinds[type_name]
        jobs: list[dict[str, Any]]
        if kind == "files":
            jobs = [{"files": one if isinstance(one, list | tuple) else [one]} for one in inputs]
        else:
            jobs = [{{"file": "files", "url": "urls", "text": "texts"}.get(kind, kind): inputs}]
        return [item for job in jobs for item in self._run(type_name, job, params)]

    def _run(
        self, type_name: str, given: dict[str, Any], params: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        job = self._client.create(type_name, **given, params=params, use_cache=False)
        self._client.wait(job["job_id"], JOB_LIMIT_S)
        items = self._client.items(job["job_id"])
        return [{"error": item["error"]} if item["error"] else item["data"] for item in items]


@contextlib.contextmanager
def serving(settings: Mapping[str, str]) -> Iterator[Bellhop]:
    """A Bellhop of its own with an empty data folder."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        (Path(folder) / "log").open("w+") as log,
    ):
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py")],
            stdout=subprocess.PIPE,
            stderr=log,
            env={
                **{name: value for name, value in os.environ.items() if "BELLHOP_" not in name},
                "BELLHOP_SERVER_PORT": "0",
                "BELLHOP_HUEY_STORAGE": "sqlite",
                "BELLHOP_STORAGE_DATA_DIR": str(Path(folder) / "data"),
                **settings,
            },
            text=True,
        )
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith(READY):
                sys.exit(f"eval: Bellhop did not start:\n{(Path(folder) / 'log').read_text()}")
            yield Bellhop(line.removeprefix(READY).split()[0])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
