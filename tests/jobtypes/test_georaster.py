"""The georaster type, from image to GeoTIFF: with Pillow alone, and with the extra `cog`."""

from __future__ import annotations

import io
import math
import os
import socket
import sqlite3
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy
import pytest
import rasterio
import rasterio.crs
import rasterio.warp
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2
from rasterio.control import GroundControlPoint
from rasterio.transform import Affine
from rio_cogeo.cogeo import cog_validate

from bellhop import BadInput
from bellhop.jobtypes.geo import crs as systems
from bellhop.jobtypes.geo import epsg, grid, tiff
from bellhop.jobtypes.geo.model import ControlPoint
from evaluation import georaster as evaluation
from tests.support.attempts import needs_shared
from tests.support.places import ROOT, SHARED
from tests.support.rasters import (
    BOUNDS,
    HEIGHT,
    PLACED,
    UTM,
    WIDTH,
    Run,
    Told,
    check,
    picture,
    pixels,
    raster,
    saved,
    warnings_of,
    world_file,
)

EXAMPLE = ROOT / "examples" / "island.tif"
STEPS = [(0, "Starting"), (10, "Loading"), (20, "Analysing"),
         (40, "Creating georeferenced file"), (80, "Updating"), (100, "Done")]  # fmt: skip

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


# Ways to say where an image lies, each with Pillow alone and with rasterio.


def test_it_places_an_image_by_its_bounds(way: str, run: Run, tmp_path: Path) -> None:
    check(run(saved(tmp_path, "in.png"), bounds=BOUNDS, crs=UTM), PLACED, 32633)


def test_it_takes_the_world_file_as_that_of_pixel_centres(
    way: str, run: Run, tmp_path: Path
) -> None:
    found = run(saved(tmp_path, "in.png"), world_file(tmp_path), crs=UTM)
    check(found, PLACED, 32633)
    assert found["georeference_source"] == "world_file"


def test_it_takes_the_files_in_any_order(way: str, run: Run, tmp_path: Path) -> None:
    found = run(world_file(tmp_path), saved(tmp_path, "in.png"), crs=UTM)
    assert found["geotransform"] == pytest.approx(PLACED)


def test_it_reads_a_rotated_world_file_with_commas(way: str, run: Run, tmp_path: Path) -> None:
    world = world_file(tmp_path, "\ufeff0,5\r\n0,1\r\n0,2\r\n-0,7\r\n1000\r\n2000\r\n\r\n")
    found = run(saved(tmp_path, "in.png"), world, crs=UTM)
    check(found, (999.65, 0.5, 0.2, 2000.3, 0.1, -0.7), 32633)


def test_it_keeps_the_georeference_of_the_file(way: str, run: Run, tmp_path: Path) -> None:
    found = run(raster(tmp_path))
    check(found, PLACED, 32633)
    assert found["georeference_source"] == "file"


@pytest.mark.parametrize(
    "gt",
    [(1000, 0.5, 0.2, 2000, 0.1, -0.7), (5, 1, 0, 1, 0, 7), (5, -1, 0, 1, 0, -7)],
    ids=["rotated", "south up", "mirrored"],
)
def test_it_keeps_any_geotransform(
    way: str, run: Run, tmp_path: Path, gt: tuple[float, ...]
) -> None:
    check(run(raster(tmp_path, transform=Affine.from_gdal(*gt))), gt, 32633)


def test_it_writes_a_geotransform_that_is_not_north_up(way: str, run: Run, tmp_path: Path) -> None:
    gt = (1000.0, 0.5, 0.2, 2000.0, 0.1, -0.7)
    image = raster(tmp_path, transform=Affine.from_gdal(*gt), crs=None)
    check(run(image, crs="EPSG:3857"), gt, 3857)


def test_it_reads_tie_points_of_pixel_centres(way: str, run: Run, tmp_path: Path) -> None:
    with rasterio.open(raster(tmp_path), "r+") as file:
        file.update_tags(AREA_OR_POINT="Point")
    check(run(tmp_path / "in.tif"), PLACED, 32633)


@pytest.mark.parametrize("options", [{"BIGTIFF": "YES"}, {"ENDIANNESS": "BIG"}, {"tiled": True}])
def test_it_reads_every_build_of_tiff(
    way: str, run: Run, tmp_path: Path, options: dict[str, Any]
) -> None:
    if "tiled" in options:
        options = {"tiled": True, "blockxsize": 16, "blockysize": 16, "compress": "lzw"}
    check(run(raster(tmp_path, **options)), PLACED, 32633)


def test_it_accepts_a_geotransform_without_crs(way: str, run: Run, tmp_path: Path) -> None:
    told: Told = []
    check(run(raster(tmp_path, crs=None), told=told), PLACED, None)
    assert warnings_of(told) == ["no_crs"]


def test_it_gives_a_crs_to_a_file_that_has_none(way: str, run: Run, tmp_path: Path) -> None:
    check(run(raster(tmp_path, crs=None), crs="25832"), PLACED, 25832)


def test_it_says_when_a_crs_is_replaced(way: str, run: Run, tmp_path: Path) -> None:
    told: Told = []
    check(run(raster(tmp_path), crs="EPSG:32634", told=told), PLACED, 32634)
    assert "crs_replaced" in warnings_of(told)


def test_it_uses_the_crs_of_the_image_for_bounds(way: str, run: Run, tmp_path: Path) -> None:
    image = raster(tmp_path, transform=Affine.identity())
    check(run(image, bounds=BOUNDS), PLACED, 32633)


def test_it_prefers_what_was_given(way: str, run: Run, tmp_path: Path) -> None:
    found = run(raster(tmp_path), bounds=[10, 40, 17, 45], crs="EPSG:4326")
    check(found, (10.0, 0.1, 0.0, 45.0, 0.0, -0.1), 4326)


def test_it_lets_a_box_cross_the_180th_meridian(way: str, run: Run, tmp_path: Path) -> None:
    found = run(saved(tmp_path, "in.png"), bounds=[175, -5, 182, 0], crs="EPSG:4326")
    assert found["bounds"] == (175, -5, 182, 0)


# What a result says.


def test_it_describes_what_it_wrote(way: str, run: Run, tmp_path: Path) -> None:
    found = run(saved(tmp_path, "in.png"), bounds=BOUNDS, crs=UTM)
    facts = [found[name] for name in ("width", "height", "bands", "dtype", "unit", "nodata")]
    assert facts == [WIDTH, HEIGHT, 3, "Byte", "metre", None]
    assert (found["bounds"], found["pixel_size"]) == (tuple(BOUNDS), (2.0, 1.0))


def test_it_gives_the_place_in_wgs84(way: str, run: Run, tmp_path: Path) -> None:
    found = run(saved(tmp_path, "in.png"), bounds=BOUNDS, crs=UTM)
    goal = rasterio.warp.transform_bounds(UTM, "EPSG:4326", *BOUNDS)
    assert found["bounds_wgs84"] == pytest.approx(goal, abs=1e-9)


def test_it_shows_its_steps(way: str, run: Run, tmp_path: Path) -> None:
    told: Told = []
    run(saved(tmp_path, "in.png"), bounds=BOUNDS, crs=UTM, told=told)
    assert [(t["progress"], t["step"]) for t in told if "step" in t] == STEPS


def test_it_draws_a_preview(way: str, run: Run, tmp_path: Path) -> None:
    found = run(saved(tmp_path, "in.png", picture(size=(1500, 300))), bounds=BOUNDS, crs=UTM)
    with Image.open(found["output"] / "preview.png") as preview:
        assert preview.size == (1024, 205)


def test_it_draws_what_is_no_byte_in_grey(way: str, run: Run, tmp_path: Path) -> None:
    nan = float("nan")
    ramp = Image.new("F", (10, 1))
    ramp.putdata([nan, *map(float, range(1000, 1009))])
    found = run(saved(tmp_path, "in.tif", ramp), bounds=BOUNDS, crs=UTM)
    with Image.open(found["output"] / "preview.png") as preview:
        values: list[Any] = list(preview.convert("LA").get_flattened_data())
    assert values[0][1] == 0 and values[1] == (0, 255) and values[9] == (255, 255)


@pytest.mark.parametrize("value", [float("nan"), 7.0])
def test_it_tells_the_value_of_no_data(way: str, run: Run, tmp_path: Path, value: float) -> None:
    found = run(raster(tmp_path, dtype="float32", bands=1, nodata=value), crs="EPSG:32634")
    assert found["nodata"] == ("nan" if math.isnan(value) else value)


@pytest.mark.parametrize(
    ("dtype", "name"),
    [("int16", "Int16"), ("uint32", "UInt32"), ("float64", "Float64"), ("int8", "Int8"),
     ("complex64", "CFloat32"), ("complex_int16", "CInt16")],
)  # fmt: skip
def test_it_calls_the_types_of_pixels_as_gdal_does(
    way: str, run: Run, tmp_path: Path, dtype: str, name: str
) -> None:
    image = tmp_path / "in.tif"
    size = {"width": 4, "height": 4, "count": 2, "dtype": dtype}
    place = {"crs": UTM, "transform": Affine.from_gdal(*PLACED)}
    with rasterio.open(image, "w", driver="GTiff", **size, **place):
        pass
    assert (run(image)["dtype"], run(image)["bands"]) == (name, 2)


# Pixels.

LOSSLESS: dict[str, tuple[str, dict[str, Any]]] = {
    "rgb.png": ("RGB", {}), "rgba.png": ("RGBA", {}), "grey.png": ("L", {}), "la.png": ("LA", {}),
    "bit.png": ("1", {}), "palette.png": ("P", {}), "rgb.bmp": ("RGB", {}),
    "rgb.webp": ("RGBA", {"lossless": True, "exact": True}), "rgb.tif": ("RGB", {}),
    "lzw.tif": ("RGB", {"compression": "tiff_lzw"}), "grey.tif": ("L", {}),
    "fax.tif": ("1", {"compression": "group4"}),
    "palette.tif": ("P", {}), "white.tif": ("L", {"tiffinfo": {262: 0}}), "photo.jpg": ("RGB", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSLESS)
def test_it_changes_no_pixel(way: str, run: Run, tmp_path: Path, name: str) -> None:
    mode, options = LOSSLESS[name]
    image = saved(tmp_path, name, picture(mode), **options)
    before = pixels(image) if name != "photo.jpg" else numpy.asarray(Image.open(image))
    if name == "photo.jpg":
        before = before.transpose(2, 0, 1)
    after = pixels(run(image, bounds=BOUNDS, crs=UTM)["path"])
    assert after.dtype == before.dtype and numpy.array_equal(before, after)


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float32"])
def test_it_changes_no_sample(way: str, run: Run, tmp_path: Path, dtype: str) -> None:
    image = raster(tmp_path, dtype=dtype, bands=1)
    found = run(image, bounds=[10, 40, 17, 45], crs="EPSG:4326")
    assert numpy.array_equal(pixels(found["path"]), pixels(image))


def test_it_keeps_colours_of_a_palette(way: str, run: Run, tmp_path: Path) -> None:
    image = saved(tmp_path, "in.png", picture().quantize(40))
    found = run(image, bounds=BOUNDS, crs=UTM)
    with Image.open(image) as before, Image.open(found["path"]) as after:
        assert before.convert("RGB").tobytes() == after.convert("RGB").tobytes()


def test_it_takes_a_rotated_photo_as_it_is_stored(way: str, run: Run, tmp_path: Path) -> None:
    told: Told = []
    exif = Image.Exif()
    exif[0x0112] = 6
    found = run(saved(tmp_path, "in.jpg", exif=exif), bounds=BOUNDS, crs=UTM, told=told)
    assert (found["width"], found["height"]) == (WIDTH, HEIGHT)
    assert warnings_of(told) == ["orientation_not_applied"]


def test_it_takes_the_first_of_several_images(way: str, run: Run, tmp_path: Path) -> None:
    told: Told = []
    image = saved(tmp_path, "in.tif", save_all=True, append_images=[picture()])
    run(image, bounds=BOUNDS, crs=UTM, told=told)
    assert warnings_of(told) == ["first_image_only"]


def test_it_says_that_a_transparent_colour_is_lost(way: str, run: Run, tmp_path: Path) -> None:
    told: Told = []
    image = saved(tmp_path, "in.png", transparency=(1, 2, 3))
    found = run(image, bounds=BOUNDS, crs=UTM, told=told)
    assert warnings_of(told) == ["transparency_lost"] and found["nodata"] is None


# Cloud Optimized GeoTIFF.


@pytest.mark.parametrize("size", [(1300, 700), (WIDTH, HEIGHT)])
@pytest.mark.parametrize("mode", ["RGB", "P", "I;16"])
def test_it_writes_a_cog_that_passes_the_validator(
    run: Run, tmp_path: Path, size: tuple[int, int], mode: str
) -> None:
    image = picture("L", size).convert("I;16") if mode == "I;16" else picture(mode, size)
    found = run(saved(tmp_path, "in.png", image), bounds=BOUNDS, crs=UTM, output="cog")
    assert found["is_cog"]
    assert cog_validate(found["path"], strict=True, quiet=True) == (True, [], [])


def test_it_changes_no_pixel_of_a_cog(run: Run, tmp_path: Path) -> None:
    image = saved(tmp_path, "in.png", picture(size=(1300, 700)))
    found = run(image, bounds=BOUNDS, crs=UTM, output="cog", resampling="average")
    assert numpy.array_equal(pixels(found["path"]), pixels(image))


@pytest.fixture(scope="session")
def cog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cog")
    plain = raster(folder)
    with rasterio.open(plain) as file:
        big = numpy.kron(file.read(), numpy.ones((1, 20, 20), "uint8"))
        profile = {**file.profile, "width": WIDTH * 20, "height": HEIGHT * 20, "driver": "COG"}
    profile = {name: profile[name] for name in ("width", "height", "count", "dtype", "crs",
                                                "transform", "driver")}  # fmt: skip
    with rasterio.open(folder / "cog.tif", "w", **profile, compress="deflate") as file:
        file.write(big)
    return folder / "cog.tif"


def test_it_leaves_a_cog_that_has_its_place_as_it_is(way: str, run: Run, cog: Path) -> None:
    found = run(cog, output="cog")
    assert found["already_georeferenced"] and found["is_cog"]
    assert found["path"].read_bytes() == cog.read_bytes()


def test_it_places_a_cog_anew_when_asked(way: str, run: Run, cog: Path) -> None:
    found = run(cog, bounds=[10, 40, 17, 45], crs="EPSG:4326")
    assert not found["already_georeferenced"]
    check(found, (10.0, 0.005, 0.0, 45.0, 0.0, -0.005), 4326)


@pytest.mark.parametrize("options", [
    {}, {"tiled": True, "blockxsize": 256, "blockysize": 256}, {"compress": "jpeg"},
])  # fmt: skip
@pytest.mark.parametrize("with_overviews", [False, True])
def test_it_knows_a_cog_as_the_validator_does(
    tmp_path: Path, options: dict[str, Any], with_overviews: bool
) -> None:
    image = tmp_path / "in.tif"
    size = {"width": 700, "height": 600, "count": 1, "dtype": "uint8"}
    with rasterio.open(image, "w", driver="GTiff", **size, **options) as file:
        file.write(numpy.ones((1, 600, 700), "uint8"))
    if with_overviews:
        with rasterio.open(image, "r+") as file:
            file.build_overviews([2])
    assert tiff.read(image).is_cog() == cog_validate(image, quiet=True)[0]


def test_it_sees_when_a_cog_was_spoilt(cog: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "cog.tif"
    spoilt.write_bytes(cog.read_bytes())
    with rasterio.open(spoilt, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file:
        file.update_tags(note="long " * 500)
    assert (cog_validate(cog, quiet=True)[0], cog_validate(spoilt, quiet=True)[0]) == (True, False)
    assert (tiff.read(cog).is_cog(), tiff.read(spoilt).is_cog()) == (True, False)


# Ground control points.

CORNERS = ["0,0,1000,2000", "70 0 1035 2007", "0;50;1010;1965"]


def test_it_places_an_image_by_three_control_points(run: Run, tmp_path: Path) -> None:
    image = saved(tmp_path, "in.png")
    found = run(image, gcps=CORNERS, crs=UTM)
    check(found, (1000.0, 0.5, 0.2, 2000.0, 0.1, -0.7), 32633)
    assert numpy.array_equal(pixels(found["path"]), pixels(image))


def test_it_uses_the_control_points_of_the_file(run: Run, tmp_path: Path) -> None:
    image = raster(tmp_path, crs=None, transform=None)
    points = [GroundControlPoint(r, c, 1000 + c, 2000 - r, 0.0)
              for r, c in ((0, 0), (0, 70), (50, 0), (50, 70))]  # fmt: skip
    with rasterio.open(image, "r+") as file:
        file.gcps = points, rasterio.crs.CRS.from_epsg(32633)
    found = run(image)
    check(found, (1000.0, 1.0, 0.0, 2000.0, 0.0, -1.0), 32633)
    assert found["georeference_source"] == "file"


def test_it_fits_points_that_do_not_lie_in_one_plane(run: Run, tmp_path: Path) -> None:
    told: Told = []
    run(saved(tmp_path, "in.png"), gcps=[*CORNERS, "70,50,1049,1972"], crs=UTM, told=told)
    assert warnings_of(told) == ["gcps_inexact"]


def test_it_bends_an_image_to_six_points(run: Run, tmp_path: Path) -> None:
    """A white dot of the image comes to where the curve of the points puts it."""

    def place(column: float, row: float) -> tuple[float, float]:
        return 1000 + column + 0.004 * column * row, 2000 - row - 0.003 * column * column

    dot = Image.new("L", (WIDTH, HEIGHT))
    dot.paste(255, (39, 29, 42, 32))
    corners = [(column, row) for column in (0, 35, 70) for row in (0, 25, 50)]
    gcps = [",".join(map(str, (*corner, *place(*corner)))) for corner in corners]
    told: Told = []
    found = run(saved(tmp_path, "in.png", dot), gcps=gcps, crs=UTM, told=told)
    assert warnings_of(told) == ["gcps_bent"]
    with rasterio.open(found["path"]) as file:
        row, column = file.index(*place(40.5, 30.5))
        assert file.read(1)[row, column] > 200 and file.dataset_mask()[-1, 0] == 0


@pytest.mark.parametrize("gcps", [
    CORNERS[:2], ["0,0,0,0", "1,1,1,1", "2,2,2,2"], ["0,0,5,5", "9,0,5,5", "0,9,5,5"], ["1,2,3"],
    ["a,b,c,d"], ["nan,0,0,0", *CORNERS], ["0,0,1e308,0", "9,0,-1e308,0", "0,9,0,1e308"],
])  # fmt: skip
def test_it_refuses_points_without_a_plane(
    way: str, refusal: Any, tmp_path: Path, gcps: list[str]
) -> None:
    assert refusal(saved(tmp_path, "in.png"), gcps=gcps, crs=UTM).code == "bad_gcps"


def test_it_loses_no_digit_to_large_coordinates() -> None:
    gt = (4500000.125, 0.25, 0.0, 5900000.5, 0.0, -0.25)
    places = [(0, 0), (5000, 10), (20, 4000), (5000, 4000)]
    points = [ControlPoint(c, r, *grid.at(gt, c, r)) for c, r in places]
    assert grid.fit(points) == pytest.approx(gt, abs=1e-8)


# Without the extra.


@pytest.mark.parametrize("params", [
    {"bounds": BOUNDS, "crs": UTM, "output": "cog"}, {"gcps": CORNERS, "crs": UTM},
    {"bounds": BOUNDS, "crs": "ESRI:54009"}, {"bounds": BOUNDS, "crs": "EPSG:7415"},
    {"bounds": BOUNDS, "crs": "+proj=utm +zone=33 +datum=WGS84"},
])  # fmt: skip
def test_it_names_the_extra(
    pillow_alone: None, refusal: Any, tmp_path: Path, params: dict[str, Any]
) -> None:
    error = refusal(saved(tmp_path, "in.png"), **params)
    assert (error.code, error.extra) == ("missing_extra", "cog")


@pytest.mark.parametrize(("dtype", "bands"), [("uint16", 3), ("float64", 1), ("int16", 1)])
def test_it_does_not_write_pixels_that_pillow_would_change(
    pillow_alone: None, refusal: Any, tmp_path: Path, dtype: str, bands: int
) -> None:
    image = raster(tmp_path, dtype=dtype, bands=bands)
    assert refusal(image, crs="EPSG:32634").code == "missing_extra"


def test_it_copies_pixels_that_pillow_cannot_read(
    pillow_alone: None, run: Run, tmp_path: Path
) -> None:
    told: Told = []
    image = raster(tmp_path, dtype="uint16", bands=5)
    found = run(image, told=told)
    assert found["path"].read_bytes() == image.read_bytes()
    assert warnings_of(told) == ["no_preview"]
    assert [path.name for path in found["output"].iterdir()] == ["georeferenced.tif"]


def test_it_is_no_less_true_where_the_place_in_wgs84_is_not_known(
    pillow_alone: None, run: Run, tmp_path: Path
) -> None:
    told: Told = []
    found = run(saved(tmp_path, "in.png"), bounds=BOUNDS, crs="EPSG:2154", told=told)
    check(found, PLACED, 2154)
    assert found["bounds_wgs84"] is None and warnings_of(told) == ["bounds_wgs84_unknown"]


def test_it_says_that_a_crs_has_no_code(pillow_alone: None, run: Run, tmp_path: Path) -> None:
    told: Told = []
    image = raster(tmp_path, crs="+proj=tmerc +lat_0=1 +lon_0=3 +k=0.9 +datum=WGS84")
    assert run(image, told=told)["crs"] is None
    assert warnings_of(told) == ["crs_without_code"]


# Coordinate reference systems.


def test_it_knows_each_code_of_epsg() -> None:
    """Against the database of PROJ; a code that is new there is missing here."""
    database = Path(rasterio.__file__).parent / "proj_data" / "proj.db"
    kinds = {
        "geographic": "geodetic_crs WHERE type LIKE 'geographic%' AND",
        "projected": "projected_crs WHERE",
        "compound": "compound_crs WHERE",
    }
    with sqlite3.connect(f"file:{database}?mode=ro&immutable=1", uri=True) as connection:
        for kind, table in kinds.items():
            rows = connection.execute(f"SELECT code FROM {table} auth_name = 'EPSG'")
            codes = {int(code) for (code,) in rows}
            # 900913 is none of EPSG's; a GeoTIFF could not hold it.
            known = {code for code in range(1 << 16) if epsg.kind_of(code) == kind}
            assert known == codes - {900913}
    connection.close()


@pytest.mark.parametrize(
    ("code", "box"),
    [(32633, (166000, 0, 834000, 9300000)), (32756, (300000, 1200000, 700000, 9900000)),
     (32601, (166000, 7000000, 500000, 7100000)), (3857, (-2e7, -2e7, 2e7, 1.9e7)),
     (32660, (700000, 900000, 900000, 1000000))],
)  # fmt: skip
def test_its_formulas_agree_with_proj(code: int, box: tuple[float, float, float, float]) -> None:
    goal = rasterio.warp.transform_bounds(f"EPSG:{code}", "EPSG:4326", *box)
    assert systems.to_wgs84(box, code) == pytest.approx(goal, abs=1e-7)


@pytest.mark.parametrize("text", [
    "EPSG:4326", "epsg:4326", "4326", " EPSG: 4326 ", "urn:ogc:def:crs:EPSG::4326", "WGS 84",
    "http://www.opengis.net/def/crs/EPSG/0/4326", "OGC:CRS84",
])  # fmt: skip
def test_it_understands_the_spellings_of_a_code(
    way: str, run: Run, tmp_path: Path, text: str
) -> None:
    found = run(saved(tmp_path, "in.png"), bounds=[10, 40, 17, 45], crs=text)
    check(found, (10.0, 0.1, 0.0, 45.0, 0.0, -0.1), 4326)


@pytest.mark.parametrize("text", [
    "EPSG:999999", "EPSG:32767", "EPSG:4978", "nowhere", "GPS", "/etc/passwd", "+init=epsg:4326",
    "http://127.0.0.1:9/crs", "+proj=utm +zone=33 +nadgrids=/etc/passwd", "EPSG:5703",
    "+proj=longlat +nadgrids=@null,http://127.0.0.1:9/x.gsb",
])  # fmt: skip
def test_it_refuses_what_is_no_crs(way: str, refusal: Any, tmp_path: Path, text: str) -> None:
    error = refusal(saved(tmp_path, "in.png"), bounds=BOUNDS, crs=text)
    assert error.code == "unknown_crs"


@pytest.mark.parametrize(("text", "name"), [
    ("ESRI:54009", "World_Mollweide"), ("+proj=tmerc +lat_0=1 +lon_0=3 +datum=WGS84", "unknown"),
])  # fmt: skip
def test_it_takes_any_crs_with_the_extra(run: Run, tmp_path: Path, text: str, name: str) -> None:
    found = run(saved(tmp_path, "in.png"), bounds=BOUNDS, crs=text)
    assert found["crs_title"] == name and found["bounds_wgs84"]


# Refusals.


@pytest.mark.parametrize("bounds", [
    [1, 0, 0, 1], [0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 1], [0, 0, 1, 2, 3], [0, 0, 1, 95],
    [float("nan"), 0, 1, 1], [0, 0, float("inf"), 1], [500000, 0, 500001, 1], [-200, 0, 200, 1],
    [10, 0, 10.00000000000001, 1],
])  # fmt: skip
def test_it_refuses_bounds_that_are_none(
    way: str, refusal: Any, tmp_path: Path, bounds: list[float]
) -> None:
    error = refusal(saved(tmp_path, "in.png"), bounds=bounds, crs="EPSG:4326")
    assert error.code == "bad_bounds"


def test_it_warns_of_degrees_in_metres(way: str, run: Run, tmp_path: Path) -> None:
    told: Told = []
    run(saved(tmp_path, "in.png"), bounds=[10, 40, 17, 45], crs=UTM, told=told)
    assert warnings_of(told) == ["bounds_in_degrees"]


def test_it_explains_the_ways_to_give_a_georeference(
    way: str, refusal: Any, tmp_path: Path
) -> None:
    error = refusal(saved(tmp_path, "in.jpg"))
    assert error.code == "missing_georeference"
    assert all(word in error.hint for word in ("bounds", "crs", "world file", "gcps", "GeoTIFF"))


@pytest.mark.parametrize("given", [{"bounds": BOUNDS}, {"gcps": CORNERS}])
def test_it_needs_the_crs_of_what_is_given(
    way: str, refusal: Any, tmp_path: Path, given: dict[str, Any]
) -> None:
    assert refusal(saved(tmp_path, "in.png"), **given).code == "missing_georeference"


def test_it_needs_the_crs_of_a_world_file(way: str, refusal: Any, tmp_path: Path) -> None:
    error = refusal(saved(tmp_path, "in.png"), world_file(tmp_path))
    assert error.code == "missing_georeference"


def test_it_takes_one_way_at_a_time(way: str, refusal: Any, tmp_path: Path) -> None:
    files = saved(tmp_path, "in.png"), world_file(tmp_path)
    assert refusal(*files, bounds=BOUNDS, crs=UTM).code == "ambiguous_georeference"


@pytest.mark.parametrize("text", [
    "0\n0\n0\n0\n1\n1", "1\n2\n3", "a\nb\nc\nd\ne\nf", "1\n0\n0\n-1\n0\n0\n0",
    "nan\n0\n0\n-1\n0\n0", "1\n" * 9000, "<VRTDataset/>",
])  # fmt: skip
def test_it_refuses_a_text_that_is_no_world_file(
    way: str, refusal: Any, tmp_path: Path, text: str
) -> None:
    error = refusal(saved(tmp_path, "in.png"), world_file(tmp_path, text), crs=UTM)
    assert error.code == "bad_world_file"


def test_it_takes_one_image_at_a_time(refusal: Any, tmp_path: Path) -> None:
    two = saved(tmp_path, "a.png"), saved(tmp_path, "b.png")
    assert refusal(*two, bounds=BOUNDS, crs=UTM).code == "too_many_files"


def test_it_looks_at_the_content_and_not_at_the_name(way: str, run: Run, tmp_path: Path) -> None:
    image = saved(tmp_path, "in.png")
    image.rename(tmp_path / "photo.tif")
    check(run(tmp_path / "photo.tif", bounds=BOUNDS, crs=UTM), PLACED, 32633)


VRT = """<VRTDataset rasterXSize="9" rasterYSize="9"><VRTRasterBand dataType="Byte" band="1">
<SimpleSource><SourceFilename>{}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"""


@pytest.mark.parametrize("start", ["", "<?xml version='1.0'?>\n", " \n", "\ufeff"])
def test_it_opens_no_virtual_raster(way: str, refusal: Any, tmp_path: Path, start: str) -> None:
    secret = saved(tmp_path, "secret.png")
    vrt = tmp_path / "in.tif"
    vrt.write_text(start + VRT.format(secret), "utf-8")
    assert refusal(vrt, bounds=BOUNDS, crs=UTM).code == "unsupported_type"


LINK = '<GDALMetadata><Item name="{}" domain="OVERVIEWS">{}</Item></GDALMetadata>'


@pytest.mark.parametrize("name", ["OVERVIEW_FILE", "overview_file", "OVERVIEW&#95;FILE",
                                  "OVERVIEW&#x5F;FILE"])  # fmt: skip
@pytest.mark.parametrize("kind", [2, 1, 7])
def test_it_opens_no_overviews_elsewhere(
    way: str, refusal: Any, tmp_path: Path, name: str, kind: int
) -> None:
    """GDAL would request the address with the first look at the overviews."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        link = LINK.format(name, f"/vsicurl/http://127.0.0.1:{server.getsockname()[1]}/a.tif")
        tags = ImageFileDirectory_v2()
        tags.tagtype[42112] = kind
        tags[42112] = link if kind == 2 else link.encode()
        image = saved(tmp_path, "in.tif", picture(size=(1500, 1500)), tiffinfo=tags)
        assert link.encode() in image.read_bytes()
        error = refusal(image, bounds=BOUNDS, crs=UTM)
        assert error.code == ("unsupported_type" if kind == 2 else "corrupt_file")
        with pytest.raises(BlockingIOError):
            server.accept()


def test_it_reads_no_file_beside_the_image(run: Run, tmp_path: Path) -> None:
    """GDAL would take world files, .aux.xml, .ovr and .msk of its own accord."""
    image = raster(tmp_path, crs=None, transform=Affine.from_gdal(7, 1, 0, 9, 0, -1))
    world_file(tmp_path)
    (tmp_path / "in.tif.aux.xml").write_text(
        "<PAMDataset><SRS>EPSG:3857</SRS><GeoTransform>1,1,1,1,1,2</GeoTransform></PAMDataset>"
    )
    (tmp_path / "in.prj").write_text('GEOGCS["x"]')
    check(run(image), (7, 1, 0, 9, 0, -1), None)


def test_it_writes_no_file_beside_the_image(run: Run, tmp_path: Path) -> None:
    run(saved(tmp_path, "in.png"), bounds=BOUNDS, crs=UTM, output="cog")
    names = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert names == {"in.png", "georeferenced.tif", "preview.png"}


@pytest.mark.parametrize("kept", [0.95, 0.5, 0.05])
@pytest.mark.parametrize("name", ["in.png", "in.jpg", "in.webp", "in.bmp", "in.tif", "lzw.tif"])
def test_it_refuses_a_file_that_ends_too_early(
    way: str, refusal: Any, tmp_path: Path, name: str, kept: float
) -> None:
    whole = saved(tmp_path, name, picture(size=(300, 200)),
                  **({"compression": "tiff_lzw"} if "lzw" in name else {}))  # fmt: skip
    whole.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * kept)])
    assert refusal(whole, bounds=BOUNDS, crs=UTM).code == "corrupt_file"


@pytest.mark.parametrize("params", [{}, {"crs": "EPSG:32634"}])
def test_it_refuses_pixels_that_cannot_be_decoded(
    way: str, refusal: Any, tmp_path: Path, params: dict[str, Any]
) -> None:
    image = raster(tmp_path, compress="deflate")
    content = bytearray(image.read_bytes())
    offset, length = next(tiff.read(image).main.blocks())
    content[offset + length // 3 : offset + length] = os.urandom(length - length // 3)
    image.write_bytes(content)
    assert refusal(image, **params).code == "corrupt_file"


@pytest.mark.parametrize("content", [b"", b"\0" * 50, b" \n"])
def test_it_says_that_a_file_is_empty(refusal: Any, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.tif").write_bytes(content)
    assert refusal(tmp_path / "in.tif").code == "empty_file"


@pytest.mark.parametrize("head", [
    b"II*\0\x08\0\0\0", b"II*\0\x08\0\0\0\xff\xff" + b"\1" * 99, b"MM\0*\0\0\0\0junk",
    b"II+\0\x08\0\0\0" + b"\xff" * 40, b"II*\0\x08\0\0\0\0\0\x08\0\0\0", b"\x89PNG\r\n\x1a\n1234",
    b"\xff\xd8\xff\xe0abc", b"BM123456789", b"RIFF1234WEBPVP8 ",
])  # fmt: skip
def test_it_refuses_heads_without_an_image(
    way: str, refusal: Any, tmp_path: Path, head: bytes
) -> None:
    (tmp_path / "in.tif").write_bytes(head)
    assert refusal(tmp_path / "in.tif", bounds=BOUNDS, crs=UTM).code == "corrupt_file"


def bomb(width: int, height: int) -> bytes:
    """A PNG that declares a size, with no pixels."""
    small = io.BytesIO()
    Image.new("1", (1, 1)).save(small, "PNG")
    content = bytearray(small.getvalue())
    content[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


@pytest.mark.parametrize("size", [(10001, 10001), (30000, 30000), (2**30, 2)])
def test_it_refuses_too_many_pixels_before_it_decodes(
    way: str, refusal: Any, tmp_path: Path, size: tuple[int, int]
) -> None:
    (tmp_path / "in.png").write_bytes(bomb(*size))
    error = refusal(tmp_path / "in.png", bounds=BOUNDS, crs=UTM)
    assert error.code == "too_large" and "100 million" in error.message


def test_it_refuses_a_sparse_file_of_many_bands(way: str, refusal: Any, tmp_path: Path) -> None:
    image = tmp_path / "in.tif"
    size = {"width": 9000, "height": 9000, "count": 30, "dtype": "uint8"}
    with rasterio.open(image, "w", driver="GTiff", SPARSE_OK=True, tiled=True, **size):
        pass
    assert refusal(image, bounds=BOUNDS, crs=UTM).code == "too_large"


def test_it_refuses_tiles_larger_than_any_image(way: str, refusal: Any, tmp_path: Path) -> None:
    image = raster(tmp_path, tiled=True, blockxsize=16, blockysize=16)
    content = image.read_bytes()
    for tag in (322, 323):
        entry = struct.pack("<HHIHH", tag, 3, 1, 16, 0)
        assert content.count(entry) == 1
        content = content.replace(entry, struct.pack("<HHIHH", tag, 3, 1, 60_000, 0))
    image.write_bytes(content)
    assert tiff.read(image).main.number(322, 0) == 60_000
    assert refusal(image, bounds=BOUNDS, crs=UTM).code == "corrupt_file"


def test_it_leaves_nothing_when_the_files_cannot_be_put_in_place(
    way: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def fail_at_the_second(source: Path, target: Path) -> None:
        if target.name == "preview.png":
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr("os.replace", fail_at_the_second)
    with pytest.raises(OSError, match="No space"):
        run(saved(tmp_path, "in.png"), bounds=BOUNDS, crs=UTM)
    assert not [*(tmp_path / "output").iterdir(), *(tmp_path / "scratch").iterdir()]


# Real files.


def test_it_reads_the_example(way: str, run: Run) -> None:
    check(run(EXAMPLE), (500000.0, 25.0, 0.0, 5200000.0, 0.0, -25.0), 32633)


@needs_shared
def test_it_meets_the_bar_on_shared_files(way: str, run: Run) -> None:
    def run_all(name: str, inputs: list[Path], **params: Any) -> list[dict[str, Any]]:
        found = []
        for path in inputs:
            try:
                found.append(run(path, **params))
            except BadInput as error:
                found.append({"error": {"code": error.code}})
        return found

    figures = evaluation.figures(run_all, SHARED)
    assert figures and not [figure for figure in figures if not figure.is_met]


@needs_shared
@pytest.mark.parametrize(
    "name", ["bomb_30000x30000.png", "vrt_named.tif", "password.pdf", "lol.docx", "xxe.xlsx"]
)
def test_it_refuses_shared_hostile_files(way: str, refusal: Any, name: str) -> None:
    error = refusal(SHARED / "hostile" / name, bounds=BOUNDS, crs=UTM)
    assert error.code == ("too_large" if name.startswith("bomb") else "unsupported_type")
