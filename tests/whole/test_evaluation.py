"""The figures of `make eval` reach their bars; seconds are for `make eval` alone."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

import evaluation
from bellhop import BadInput
from bellhop.catalog import typefiles
from tests.support.attempts import attempt, needs_shared
from tests.support.places import ROOT, SHARED


@pytest.fixture
def run(tmp_path: Path) -> evaluation.Run:
    """Runs job types in this process, allowed to reach this machine."""
    files = (ROOT / "bellhop" / "jobtypes").glob("[a-z]*.py")
    types = {name: found for path in files for name, found in typefiles.load(path).items()}

    def run_all(name: str, inputs: Any, **params: Any) -> list[dict[str, Any]]:
        return [one(name, given, params) for given in inputs]

    def one(name: str, given: Any, params: dict[str, Any]) -> dict[str, Any]:
        settings = {"allowed": "127.0.0.1"}
        is_single = types[name].function.__annotations__.get("files") and isinstance(given, Path)
        try:
            return dict(
                attempt(
                    types[name].function,
                    [given] if is_single else given,
                    tmp_path,
                    settings=settings,  # type: ignore[arg-type]
                    **params,
                ).data
            )
        except BadInput as error:
            return {"error": {"code": error.code}}

    return run_all


@needs_shared
@pytest.mark.parametrize("name", evaluation.modules())
def test_it_reaches_its_bar(run: evaluation.Run, name: str) -> None:
    module = importlib.import_module(f"evaluation.{name}")
    figures = list(module.figures(run, SHARED))
    assert figures
    missed = [str(figure) for figure in figures if not figure.is_met]
    assert [text for text in missed if "seconds" not in text] == []


def test_it_tells_a_figure_that_misses_its_bar() -> None:
    assert evaluation.Figure("a", 0.5, least=0.4).is_met
    assert not evaluation.Figure("a", 0.5, least=0.6).is_met
    assert not evaluation.Figure("a", 0.5, most=0.4).is_met
