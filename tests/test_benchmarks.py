"""`make bench`: a benchmark that cannot be measured is told, and does not pass."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import pytest

from tests.support.places import ROOT


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`benchmarks/run.py`, with two benchmarks: one that is measured and one that is not."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    for name in ("run", "report"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    module = importlib.import_module("run")
    good, bad = ModuleType("good"), ModuleType("bad")
    figure = module.Figure(name="a good figure", measured=1.0, unit="s")
    monkeypatch.setattr(good, "measure", lambda quick: [figure], raising=False)
    monkeypatch.setitem(sys.modules, "good", good)
    monkeypatch.setitem(sys.modules, "bad", bad)  # it has nothing to measure
    return module


def test_it_names_what_could_not_be_measured(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "BENCHMARKS", ("bad", "good"))
    monkeypatch.setattr(sys, "argv", ["run.py"])
    with pytest.raises(SystemExit) as ended:
        run.main()
    assert ended.value.code == "no figure could be measured: bad"
    assert "a good figure" in capsys.readouterr().out


def test_it_ends_well_when_all_was_measured(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "BENCHMARKS", ("good",))
    monkeypatch.setattr(sys, "argv", ["run.py"])
    run.main()
