"""Images for the tests of georaster, and what is to be found in its files."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy
import pytest
import rasterio
from PIL import Image
from rasterio.transform import Affine

WIDTH, HEIGHT = 70, 50
BOUNDS = [500000.0, 5000000.0, 500140.0, 5000050.0]
PLACED = (500000.0, 2.0, 0.0, 5000050.0, 0.0, -1.0)
UTM = "EPSG:32633"
Told = list[dict[str, Any]]
Run = Callable[..., dict[str, Any]]


@contextmanager
def without_extra() -> Iterator[None]:
    """Where neither rasterio nor numpy can be imported."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("rasterio", "numpy"):
            patch.setitem(sys.modules, name, None)
        assert importlib.util.find_spec("rasterio") is None
        yield


def picture(mode: str = "RGB", size: tuple[int, int] = (WIDTH, HEIGHT)) -> Image.Image:
    noise = numpy.random.default_rng(1).integers(0, 256, (size[1], size[0], 4), dtype="uint8")
    return Image.fromarray(noise).convert(mode)


def saved(folder: Path, name: str, image: Image.Image | None = None, **options: Any) -> Path:
    (image or picture()).save(folder / name, **options)
    return folder / name


def raster(
    folder: Path, name: str = "in.tif", dtype: str = "uint8", bands: int = 3, **profile: Any
) -> Path:
    """A GeoTIFF as GDAL writes it."""
    values = numpy.random.default_rng(2).integers(0, 100, (bands, HEIGHT, WIDTH))
    kept = {"transform": Affine.from_gdal(*PLACED), "crs": UTM, **profile}
    kept = {key: value for key, value in kept.items() if value is not None}
    with rasterio.open(
        folder / name, "w", driver="GTiff", width=WIDTH, height=HEIGHT, count=bands, dtype=dtype,
        **kept,
    ) as file:  # fmt: skip
        file.write(values.astype(dtype))
    return folder / name


def world_file(folder: Path, text: str = "2\n0\n0\n-1\n500001\n5000049.5\n") -> Path:
    (folder / "in.tfw").write_text(text, "utf-8")
    return folder / "in.tfw"


def pixels(path: Path) -> Any:
    with rasterio.open(path) as file:
        return file.read()


def warnings_of(told: Told) -> list[str]:
    return [message["warning"]["code"] for message in told if "warning" in message]


def check(found: dict[str, Any], gt: tuple[float, ...], code: int | None) -> None:
    """The result and the file tell the same, which is what was to come out."""
    assert found["geotransform"] == pytest.approx(gt, abs=1e-6)
    assert found["crs"] == (f"EPSG:{code}" if code else None)
    with rasterio.open(found["path"]) as file:
        assert file.transform.to_gdal() == pytest.approx(gt, abs=1e-6)
        assert (file.crs.to_epsg() if file.crs else None) == code
