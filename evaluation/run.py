"""`make eval`: run the job types over HTTP on test data; print their figures beside the bar."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import evaluation  # noqa: E402
from bellhop.client import Bellhop  # noqa: E402
from evaluation import world  # noqa: E402
from evaluation.serving import serving  # noqa: E402
from evaluation.world import over_http  # noqa: E402

JOB_LIMIT_S = 900.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="one family of types alone, or world, or world/TYPE")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    given = parser.parse_args()
    if not given.data.is_dir():
        sys.exit(f"eval: there is no test data in {given.data}; name it with --data")
    names = [*evaluation.modules(), *(f"world/{name}" for name in world.types(given.data))]
    chosen = [name for name in names if given.only in (None, name, name.partition("/")[0])]
    if not chosen:
        sys.exit(f"eval: --only takes world or one of {', '.join(names)}")
    missed = sum(measure(name, given.data) for name in chosen)
    print(f"\n{missed} below the bar" if missed else "\nevery bar is reached")
    return 1 if missed else 0


def measure(name: str, data: Path) -> int:
    """Print what is found of a family or of `world/TYPE`; how many figures miss their bar."""
    missed = 0
    for line in found(name, data):
        print(f"{name:20} {line}", flush=True)
        missed += isinstance(line, evaluation.Figure) and not line.is_met
    return missed


def found(name: str, data: Path) -> Iterator[evaluation.Figure | world.Judgement]:
    """The figures, and the cases of the world that do not hold."""
    if name.startswith("world/"):
        yield from over_http.measured(name.removeprefix("world/"), data)
        return
    module = importlib.import_module(f"evaluation.{name}")
    with serving(getattr(module, "SETTINGS", {})) as served:
        yield from module.figures(Caller(served.client), data)


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


if __name__ == "__main__":
    sys.exit(main())
