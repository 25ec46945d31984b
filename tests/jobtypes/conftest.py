"""Runs georaster as a job process does: with Pillow alone, or with rasterio."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from bellhop import BadInput, Context
from bellhop.jobtypes.georaster import georaster
from tests.support.rasters import Run, Told, without_extra


@pytest.fixture(params=["pillow", "rasterio"])
def way(request: pytest.FixtureRequest) -> str:
    """Each way in turn."""
    return str(request.param)


@pytest.fixture
def pillow_alone() -> None:
    """What only Pillow's way does."""


@pytest.fixture
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Runs the type as a job process does, in folders of its own."""
    output, scratch = tmp_path / "output", tmp_path / "scratch"
    output.mkdir()
    scratch.mkdir()
    names = request.fixturenames
    is_alone = "way" in names and request.getfixturevalue("way") == "pillow"
    surroundings = without_extra if is_alone or "pillow_alone" in names else nullcontext

    def run_on(*files: Path, told: Told | None = None, **params: Any) -> dict[str, Any]:
        context = Context(
            filename=files[0].name,
            output_dir=output,
            scratch_dir=scratch,
            item_id="1",
            attempt=1,
            settings={},
            tell=(told if told is not None else []).append,
            cancel_asked=lambda: False,
        )
        with surroundings():
            data = georaster(list(files), context, **params)
        json.dumps(data, allow_nan=False)
        assert not [*scratch.iterdir()]
        return {**data, "path": output / data["file"], "output": output}

    return run_on


@pytest.fixture
def refusal(run: Run, tmp_path: Path) -> Callable[..., BadInput]:
    """Runs the type, which must refuse and leave nothing behind."""

    def refusal_of(*files: Path, **params: Any) -> BadInput:
        with pytest.raises(BadInput) as caught:
            run(*files, **params)
        assert not [*(tmp_path / "output").iterdir(), *(tmp_path / "scratch").iterdir()]
        return caught.value

    return refusal_of
