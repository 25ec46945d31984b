"""The cases of the world over HTTP, as a user runs them, and what that costs."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from evaluation import Figure
from evaluation.knowledge_base import SETTINGS
from evaluation.serving import Served, serving
from evaluation.world import Case, Judgement, Outcome, cases, figures, given, judge

JOB_LIMIT_S = 300.0
# Run before anything else in each process: there, the extras are not installed.
LIGHT = """import sys
sys.modules.update(dict.fromkeys(("rasterio", "numpy", "rapidocr", "onnxruntime", "cv2")))
"""


def measured(type_name: str, data: Path) -> Iterator[Figure | Judgement]:
    """The figures of one type, what its cases cost, and the cases that do not hold."""
    found: list[Judgement] = []
    cpu_s = largest_mb = 0.0
    every = cases(data, type_name)
    for is_light, is_fresh in sorted({_surroundings(case) for case in every}):
        with (
            tempfile.TemporaryDirectory() as folder,
            _served(Path(folder), is_light=is_light, is_fresh=is_fresh) as served,
        ):
            before_s = served.cpu_s()
            for case in every:
                if _surroundings(case) == (is_light, is_fresh):
                    outcomes = [
                        _outcome(served, case, Path(folder) / f"{len(found)}-{run}")
                        for run in range(case.runs)
                    ]
                    found.append(judge(case, outcomes))
            cpu_s += served.cpu_s() - before_s
        largest_mb = max(largest_mb, served.largest_mb)
    yield from figures(found)
    yield Figure("CPU seconds of all these cases", round(cpu_s, 1))
    yield Figure("MB of the largest process", round(largest_mb))
    yield from (each for each in found if each.differences)


def _surroundings(case: Case) -> tuple[bool, bool]:
    """Whether it runs without the extras, and in a new process each time."""
    return case.is_light, case.runs > 1


@contextlib.contextmanager
def _served(folder: Path, *, is_light: bool, is_fresh: bool) -> Iterator[Served]:
    settings = dict(SETTINGS)
    if is_light:
        (folder / "sitecustomize.py").write_text(LIGHT)
        settings["PYTHONPATH"] = str(folder)
    if is_fresh:
        settings["BELLHOP_JOBTYPES_RECYCLE_AFTER_ITEMS"] = "1"
    with serving(settings) as served:
        yield served


def _outcome(served: Served, case: Case, folder: Path) -> Outcome:
    """One run of a case as a job; its output files are saved in `folder`."""
    client = served.client
    with given(case) as found:
        item = {"urls": [found]} if isinstance(found, str) else {"files": found}
        job = client.create(case.type, **item, params=case.params, use_cache=False)
        client.wait(job["job_id"], JOB_LIMIT_S)
    (ended,) = client.items(job["job_id"])
    if ended["error"]:
        return Outcome(None, ended["error"]["code"])
    files = {path.name: path for path in client.download(job["job_id"], folder)}
    return Outcome(ended["data"], None, tuple(ended["warnings"]), files)
