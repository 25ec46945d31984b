"""How true the georasters are: each fact against what gdalinfo says of the same file.

That no pixel is changed needs the output files, which `run` does not give: the tests check it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evaluation import Figure, Run

MOST_DIFFERENCE = 1e-6
# For an image that has no georeference.
BOUNDS, CRS = [-10.5, 40.25, -9.25, 41.5], "EPSG:4326"
HOSTILE = {"bomb_30000x30000.png": "too_large", "vrt_named.tif": "unsupported_type"}


def figures(run: Run, data: Path) -> list[Figure]:
    """`data` holds `rasters/expected.json` with its files, and `hostile/`."""
    folder = data / "rasters"
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    placed = [name for name, facts in expected.items() if facts["geotransform"]]
    unplaced = [name for name in expected if name not in placed]
    equal = [
        _is_equal(result, expected[name])
        for name, result in zip(
            placed, run("georaster", [folder / name for name in placed]), strict=True
        )
    ]
    for name, result in zip(unplaced, _by_bounds(run, folder, unplaced), strict=True):
        equal.append(_is_equal(result, _with_bounds(expected[name])))
    refused = run("georaster", [folder / name for name in unplaced])
    hostile = run(
        "georaster", [data / "hostile" / name for name in HOSTILE], bounds=BOUNDS, crs=CRS
    )
    codes = [result.get("error", {}).get("code") for result in (*refused, *hostile)]
    goal = [*("missing_georeference" for _ in refused), *HOSTILE.values()]
    return [
        Figure("files equal to gdalinfo (share)", sum(equal) / len(equal), least=1),
        Figure("refused with the right code (share)", _share(codes, goal), least=1),
        *_cogs(run, folder, placed),
    ]


def _cogs(run: Run, folder: Path, placed: list[str]) -> list[Figure]:
    """Valid Cloud Optimized GeoTIFFs, where the extra is installed."""
    results = run("georaster", [folder / name for name in placed], output="cog")
    if any(result.get("error", {}).get("code") == "missing_extra" for result in results):
        return []
    valid = [result.get("is_cog", False) for result in results]
    return [Figure("valid Cloud Optimized GeoTIFFs (share)", sum(valid) / len(valid), least=1)]


def _by_bounds(run: Run, folder: Path, names: list[str]) -> list[dict[str, Any]]:
    return run("georaster", [folder / name for name in names], bounds=BOUNDS, crs=CRS)


def _with_bounds(facts: dict[str, Any]) -> dict[str, Any]:
    """What gdalinfo says of the image once it has the bounds."""
    west, south, east, north = BOUNDS
    x, y = (east - west) / facts["width"], (south - north) / facts["height"]
    return {**facts, "epsg": 4326, "geotransform": [west, x, 0, north, 0, y], "bounds": BOUNDS}


def _is_equal(result: dict[str, Any], facts: dict[str, Any]) -> bool:
    if "error" in result:
        return False
    code = facts["epsg"]
    goal = {**facts, "crs": f"EPSG:{code}" if code else None}
    same = all(result[name] == goal[name] for name in ("width", "height", "bands", "dtype", "crs"))
    return bool(same) and all(
        abs(found - wanted) <= MOST_DIFFERENCE
        for name in ("geotransform", "bounds")
        for found, wanted in zip(result[name], facts[name], strict=True)
    )


def _share(found: list[Any], goal: list[str]) -> float:
    return sum(bool(a == b) for a, b in zip(found, goal, strict=True)) / len(goal)
