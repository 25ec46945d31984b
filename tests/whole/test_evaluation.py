"""The figures of `make eval` reach their bars; seconds are for `make eval` alone."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import evaluation
from bellhop import BadInput
from bellhop.catalog import loading
from evaluation import world
from evaluation.world import Case, Outcome, Work
from tests.support.attempts import attempt, needs_shared
from tests.support.places import ROOT, SHARED

LIGHT = ("rasterio", "numpy")
# One run in a process of its own, as text that is the same only for the same result.
FRESH = """
import json, sys
from pathlib import Path
from tests.whole.test_evaluation import outcome_of
print(json.dumps(outcome_of(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
"""


@cache
def types() -> dict[str, Callable[..., Any]]:
    """The functions of the job types, as a job process loads them."""
    files = (ROOT / "bellhop" / "jobtypes").glob("[a-z]*.py")
    loaded = (loading.load(path) for path in files)
    return {name: found.function for types in loaded for name, found in types.items()}


def outcome_of(name: str, given: Any, folder: Path, **params: Any) -> Outcome:
    """A job type run in this process, allowed to reach this machine."""
    function, settings = types()[name], {"allowed": "127.0.0.1"}
    is_single = function.__annotations__.get("files") and isinstance(given, Path)
    given = [given] if is_single else given
    try:
        ended = attempt(function, given, folder, settings=settings, **params)  # type: ignore[arg-type]
    except BadInput as error:
        return Outcome(None, error.code)
    files = {path.name: path for path in ended.output_dir.iterdir()}
    return Outcome(dict(ended.data), None, tuple(ended.warnings), files)


@pytest.fixture
def run(tmp_path: Path) -> evaluation.Run:
    """Runs job types in this process."""

    def run_all(name: str, inputs: Any, **params: Any) -> list[dict[str, Any]]:
        outcomes = [outcome_of(name, given, tmp_path, **params) for given in inputs]
        return [each.data or {"error": {"code": each.error}} for each in outcomes]

    return run_all


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """Runs a case of the world in this process, or as often as it asks in new ones."""

    def runs(case: Case) -> list[Outcome]:
        if case.runs > 1:
            return in_new_processes(case, tmp_path)
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        with pytest.MonkeyPatch.context() as patch, world.given(case) as found:
            for module in LIGHT if case.is_light else ():
                patch.setitem(sys.modules, module, None)
            return [outcome_of(case.type, item_of(case, found), folder, **case.params)]

    return runs


def item_of(case: Case, found: str | tuple[Path, ...]) -> Any:
    """What was given, as the type of the case takes it."""
    if isinstance(found, str):
        return found
    return list(found) if "files" in types()[case.type].__annotations__ else found[0]


def in_new_processes(case: Case, folder: Path) -> list[Outcome]:
    """A run with each hash seed, all at once."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", FRESH, case.type, case.files[0], tempfile.mkdtemp(dir=folder)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            stdout=subprocess.PIPE,
        )
        for seed in range(case.runs)
    ]
    texts = [process.communicate()[0] for process in started]
    return [Outcome(*json.loads(text)[:3]) for text in texts]


@needs_shared
@pytest.mark.parametrize("name", evaluation.modules())
def test_it_reaches_its_bar(run: evaluation.Run, name: str) -> None:
    module = importlib.import_module(f"evaluation.{name}")
    figures = list(module.figures(run, SHARED))
    assert figures
    missed = [str(figure) for figure in figures if not figure.is_met]
    assert [text for text in missed if "seconds" not in text] == []


@needs_shared
@pytest.mark.parametrize("name", ["citations", "georaster", "quiz", "trial_balance", "webpage"])
def test_it_holds_on_the_files_of_the_world(work: Work, name: str) -> None:
    judgements = [world.judge(case, work(case)) for case in world.cases(SHARED, name)]
    missed = [str(figure) for figure in world.figures(judgements) if not figure.is_met]
    assert not missed, "\n".join([*missed, *(str(each) for each in judgements if each.differences)])


def test_it_tells_a_figure_that_misses_its_bar() -> None:
    assert evaluation.Figure("a", 0.5, least=0.4).is_met
    assert not evaluation.Figure("a", 0.5, least=0.6).is_met
    assert not evaluation.Figure("a", 0.5, most=0.4).is_met


def case_of(type_name: str, **expected: Any) -> Case:
    return Case(type_name, "a", (Path("a"),), {}, expected)


def test_it_counts_what_is_wrong_without_a_word() -> None:
    case = case_of("webpage", **{"with": ["bees"], "without": []})
    silent = world.judge(case, [Outcome({"text": "wasps"})])
    warned = world.judge(case, [Outcome({"text": "wasps"}, None, ({"code": "left_out"},))])
    right = world.judge(case, [Outcome({"text": "some bees"})])
    assert [figure.value for figure in world.figures([silent, warned, right])] == [1 / 3, 1]


def test_it_takes_a_doubt_of_the_result_for_a_word() -> None:
    doubts = {"citations": [{"checks": [{"code": "year", "ok": False}]}]}
    anomalies = [{"code": "unbalanced", "severity": "error"}, {"code": "x", "severity": "info"}]
    assert Outcome(doubts).words == ["year"]
    assert Outcome({"reports": {"anomalies": anomalies}}).words == ["unbalanced"]


def test_it_sees_a_result_that_differs_from_run_to_run() -> None:
    case = case_of("webpage", **{"with": [], "without": []})
    judgement = world.judge(case, [Outcome({"text": "a"}), Outcome({"text": "b"})])
    assert judgement.differences == ["another result in another run"]


def test_it_takes_any_of_several_right_answers() -> None:
    case = case_of("georaster", either=["pixels identical to the input", "error missing_extra"])
    assert not world.judge(case, [Outcome(None, "missing_extra")]).differences
    assert world.judge(case, [Outcome(None, "corrupt_file")]).differences
