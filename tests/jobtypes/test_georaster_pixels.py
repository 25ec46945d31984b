"""That no pixel changes: each way to store one that some decoder turns into other numbers."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy
import pytest
import rasterio
from PIL import Image
from rasterio.transform import Affine

from bellhop import BadInput
from bellhop.jobtypes.geo import preview, retag, tiff
from tests.support.rasters import (
    BOUNDS,
    HEIGHT,
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
)

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

ELSEWHERE = {"bounds": [10, 40, 17, 45], "crs": "EPSG:4326"}
COLORMAP = 320
ELSEWHERE_GT = (10.0, 0.1, 0.0, 45.0, 0.0, -0.1)


def blocks(path: Path) -> list[bytes]:
    """The stored bytes of each strip or tile of the first image."""
    content = path.read_bytes()
    return [content[start : start + size] for start, size in tiff.read(path).main.blocks()]


# Ways to build a TIFF, each as GDAL reads it before and after.
BUILDS: dict[str, dict[str, Any]] = {
    "premultiplied": {"bands": 4, "photometric": "RGB", "alpha": "PREMULTIPLIED"},
    "premultiplied grey": {"bands": 2, "alpha": "PREMULTIPLIED", "compress": "lzw"},
    "alpha": {"bands": 4, "photometric": "RGB", "alpha": "YES", "compress": "deflate"},
    "planes": {"bands": 3, "photometric": "RGB", "interleave": "band"},
    "planes lzw": {"bands": 3, "photometric": "RGB", "interleave": "band", "compress": "lzw"},
    "jpeg": {"bands": 3, "photometric": "YCBCR", "compress": "jpeg"},
    "jpeg rgb": {"bands": 3, "photometric": "RGB", "compress": "jpeg"},
    "tiles": {"bands": 3, "photometric": "RGB", "tiled": True, "blockxsize": 16, "blockysize": 16},
    "float": {"dtype": "float32", "bands": 1, "compress": "deflate", "predictor": 3},
    "big endian": {"dtype": "uint16", "bands": 1, "ENDIANNESS": "BIG", "compress": "lzw",
                   "predictor": 2},
    "big": {"dtype": "int32", "bands": 1, "BIGTIFF": "YES"},
}  # fmt: skip


@pytest.mark.parametrize("build", BUILDS)
def test_it_changes_no_pixel_of_a_tiff(way: str, run: Run, tmp_path: Path, build: str) -> None:
    image = raster(tmp_path, **BUILDS[build])
    found = run(image, **ELSEWHERE)
    check(found, ELSEWHERE_GT, 4326)
    assert numpy.array_equal(pixels(found["path"]), pixels(image))


@pytest.mark.parametrize("build", BUILDS)
def test_it_keeps_the_stored_bytes_without_the_extra(
    pillow_alone: None, run: Run, tmp_path: Path, build: str
) -> None:
    image = raster(tmp_path, **BUILDS[build])
    assert blocks(run(image, **ELSEWHERE)["path"]) == blocks(image)


# What only GDAL reads; without it nobody can tell whether these are whole.
MORE: dict[str, dict[str, Any]] = {
    "planes of 16 bits": {"dtype": "uint16", "bands": 3, "interleave": "band"},
    "cmyk": {"bands": 4, "photometric": "CMYK"}, "int8": {"dtype": "int8", "bands": 2},
    "complex": {"dtype": "complex64", "bands": 1}, "float64": {"dtype": "float64", "bands": 2},
    "16 bits premultiplied": {"dtype": "uint16", "bands": 4, "photometric": "RGB",
                              "alpha": "PREMULTIPLIED"},
    "no alpha": {"bands": 4, "photometric": "RGB", "alpha": "NO"},
    "few bits": {"bands": 1, "NBITS": 7},
    "bits of 16": {"dtype": "uint16", "bands": 1, "NBITS": 12},
    "lerc": {"dtype": "float32", "bands": 1, "compress": "lerc"},
    "webp": {"bands": 3, "compress": "webp", "WEBP_LOSSLESS": "YES"},
}  # fmt: skip


@pytest.mark.parametrize("output", ["geotiff", "cog"])
@pytest.mark.parametrize("build", [*BUILDS, *MORE])
def test_it_changes_no_pixel_with_the_extra(
    run: Run, tmp_path: Path, build: str, output: str
) -> None:
    image = raster(tmp_path, **{**BUILDS, **MORE}[build])
    found = run(image, **ELSEWHERE, output=output)
    assert numpy.array_equal(pixels(found["path"]), pixels(image))


@pytest.mark.parametrize("build", MORE)
def test_it_names_the_extra_for_what_it_cannot_decode(
    pillow_alone: None, refusal: Any, tmp_path: Path, build: str
) -> None:
    error = refusal(raster(tmp_path, **MORE[build]), **ELSEWHERE)
    assert (error.code, error.extra) == ("missing_extra", "cog")


def test_it_copies_a_placed_tiff_that_it_cannot_decode(
    pillow_alone: None, run: Run, tmp_path: Path
) -> None:
    told: Told = []
    image = raster(tmp_path, compress="webp")
    assert run(image, told=told)["path"].read_bytes() == image.read_bytes()
    assert warnings_of(told) == ["no_preview"]


@pytest.mark.parametrize("kind", ["alpha", "premultiplied"])
def test_it_keeps_what_alpha_means(way: str, run: Run, tmp_path: Path, kind: str) -> None:
    def alpha_of(path: Path) -> Any:
        return tiff.read(path).main.tags[338]

    image = raster(tmp_path, **BUILDS[kind])
    assert alpha_of(run(image, **ELSEWHERE)["path"]) == alpha_of(image)


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_it_takes_a_rotated_tiff_as_it_is_stored(
    way: str, run: Run, tmp_path: Path, orientation: int, compression: str
) -> None:
    told: Told = []
    options = {"compression": compression, "tiffinfo": {274: orientation}}
    image = saved(tmp_path, "in.tif", picture(), **options)
    found = run(image, bounds=BOUNDS, crs=UTM, told=told)
    stored = numpy.asarray(picture()).transpose(2, 0, 1)
    assert numpy.array_equal(pixels(found["path"]), stored)
    with Image.open(found["output"] / "preview.png") as drawn:
        assert drawn.size == (WIDTH, HEIGHT)
        assert numpy.array_equal(numpy.asarray(drawn)[..., :3].transpose(2, 0, 1), stored)
    assert warnings_of(told) == ["orientation_not_applied"]


def test_it_keeps_mask_and_overviews_of_a_tiff(way: str, run: Run, tmp_path: Path) -> None:
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"):
        image = raster(tmp_path)
        with rasterio.open(image, "r+") as file:
            file.write_mask(numpy.eye(HEIGHT, WIDTH, dtype=bool))
    with rasterio.open(run(image, **ELSEWHERE)["path"]) as file:
        assert numpy.array_equal(file.dataset_mask() > 0, numpy.eye(HEIGHT, WIDTH, dtype=bool))


def test_it_marks_a_cog_as_changed(pillow_alone: None, run: Run, tmp_path: Path) -> None:
    """GDAL would warn of a file that breaks its layout without a word."""
    values = numpy.ones((1, 700, 700), "uint8")
    size = {"width": 700, "height": 700, "count": 1, "dtype": "uint8", "crs": UTM}
    with rasterio.open(
        tmp_path / "in.tif", "w", driver="COG", transform=Affine.from_gdal(0, 1, 0, 0, 0, -1),
        **size,
    ) as file:  # fmt: skip
        file.write(values)
    found = run(tmp_path / "in.tif", **ELSEWHERE)
    assert b"KNOWN_INCOMPATIBLE_EDITION=YES\n" in found["path"].read_bytes()
    assert not found["is_cog"] and numpy.array_equal(pixels(found["path"]), values)


# Other formats.


@pytest.mark.parametrize("bits", [2, 4])
def test_it_does_not_stretch_few_bits(way: str, run: Run, tmp_path: Path, bits: int) -> None:
    """Of a palette each number is a colour."""
    image = saved(tmp_path, "in.png", picture().quantize(2**bits), bits=bits)
    found = run(image, bounds=BOUNDS, crs=UTM)
    assert numpy.array_equal(pixels(found["path"]), pixels(image))


def test_it_reads_16_bits_of_grey(way: str, run: Run, tmp_path: Path) -> None:
    grey = Image.fromarray(numpy.arange(HEIGHT * WIDTH, dtype="uint16").reshape(HEIGHT, WIDTH) * 18)
    image = saved(tmp_path, "in.png", grey)
    found = run(image, bounds=BOUNDS, crs=UTM)
    assert (found["dtype"], pixels(found["path"]).max()) == ("UInt16", (HEIGHT * WIDTH - 1) * 18)


def bmp(
    folder: Path, bits: int, data: bytes, compression: int = 0, colors: int = 0, start: int = 0
) -> Path:
    """A BMP of 4 x 2 pixels; `start` is where it says that they begin, by default the right one."""
    palette = bytes(index * 50 % 256 for index in range(4 * colors))
    size = 40
    head = struct.pack("<IiiHHIIiiII", size, 4, 2, 1, bits, compression, 0, 0, 0, colors, 0)
    place = start or 14 + size + len(palette)
    content = b"BM" + struct.pack("<IHHI", 0, 0, 0, place) + head + palette + data
    (folder / "in.bmp").write_bytes(content)
    return folder / "in.bmp"


RUNS = b"\4\1\0\0\0\4\1\2\1\0\0\0\0\1"


def test_it_reads_the_runs_of_a_bmp(way: str, run: Run, tmp_path: Path) -> None:
    found = run(bmp(tmp_path, 8, RUNS, 1, 3), bounds=BOUNDS, crs=UTM)
    assert pixels(found["path"])[0].tolist() == [[1, 2, 1, 0], [1, 1, 1, 1]]


@pytest.mark.parametrize("data", [
    b"\3\1\0\0\4\1\0\1", b"\4\1\0\0\0\2\1\0\3\1\0\1", b"\4\1\0\1", b"\4\1\0\0\4\1",
])  # fmt: skip
def test_it_refuses_runs_that_leave_pixels_out(
    way: str, refusal: Any, tmp_path: Path, data: bytes
) -> None:
    error = refusal(bmp(tmp_path, 8, data, 1, 3), bounds=BOUNDS, crs=UTM)
    assert error.code in ("missing_extra", "unsupported_type", "corrupt_file")


def test_it_refuses_a_bmp_whose_pixels_lie_in_its_palette(
    way: str, refusal: Any, tmp_path: Path
) -> None:
    image = bmp(tmp_path, 8, bytes(8), colors=256, start=54)
    error = refusal(image, bounds=BOUNDS, crs=UTM)
    assert error.code in ("missing_extra", "unsupported_type")


def test_it_does_not_take_16_bits_of_a_bmp_for_24(
    pillow_alone: None, refusal: Any, tmp_path: Path
) -> None:
    assert refusal(bmp(tmp_path, 16, bytes(16)), bounds=BOUNDS, crs=UTM).code == "missing_extra"


def test_it_tells_a_transparent_bit(way: str, run: Run, tmp_path: Path) -> None:
    image = saved(tmp_path, "in.png", picture("1"), transparency=1)
    found = run(image, bounds=BOUNDS, crs=UTM)
    assert found["nodata"] in (1, None)


# Damage, and what only this installation cannot decode.


def test_it_calls_nothing_damaged_that_it_has_no_decoder_for(
    way: str, refusal: Any, tmp_path: Path
) -> None:
    image = raster(tmp_path)
    retag.set_tags(image, {tiff.COMPRESSION: (3, (50002,))})  # JPEG XL
    goal = {"pillow": "missing_extra", "rasterio": "unsupported_type"}
    assert refusal(image, **ELSEWHERE).code == goal[way]


@pytest.mark.parametrize("options", [{"compress": "lzw", "tiled": True, "SPARSE_OK": True}])
def test_it_calls_no_sparse_tiff_damaged(
    way: str, run: Run, tmp_path: Path, options: dict[str, Any]
) -> None:
    image = tmp_path / "in.tif"
    size = {"width": 300, "height": 300, "count": 1, "dtype": "uint8"}
    with rasterio.open(image, "w", driver="GTiff", **size, **options):
        pass
    try:
        assert not pixels(run(image, bounds=BOUNDS, crs=UTM)["path"]).any()
    except BadInput as error:
        assert (way, error.code) == ("pillow", "missing_extra")


def test_it_reads_directories_that_go_round_in_a_circle(way: str, run: Run, tmp_path: Path) -> None:
    image = saved(tmp_path, "in.tif")
    content = bytearray(image.read_bytes())
    main = tiff.read(image).main
    (count,) = struct.unpack_from("<H", content, main.offset)
    struct.pack_into("<I", content, main.offset + 2 + 12 * count, main.offset)
    image.write_bytes(content)
    assert numpy.array_equal(
        pixels(run(image, bounds=BOUNDS, crs=UTM)["path"]),
        numpy.asarray(picture()).transpose(2, 0, 1),
    )


@pytest.mark.parametrize("name", ["in.webp", "in.png"])
def test_it_takes_the_first_picture_of_an_animation(
    way: str, run: Run, tmp_path: Path, name: str
) -> None:
    told: Told = []
    more: dict[str, Any] = {"save_all": True, "append_images": [picture().rotate(180)]}
    if name == "in.webp":
        more["lossless"] = True
    image = saved(tmp_path, name, **more)
    found = run(image, bounds=BOUNDS, crs=UTM, told=told)
    first = numpy.asarray(picture()).transpose(2, 0, 1)
    assert numpy.array_equal(pixels(found["path"])[:3], first)
    assert warnings_of(told) == ["first_image_only"]


def test_it_says_that_colours_of_a_palette_become_opaque(
    way: str, run: Run, tmp_path: Path
) -> None:
    told: Told = []
    image = saved(tmp_path, "in.png", picture().quantize(4), transparency=bytes([255, 100, 255]))
    run(image, bounds=BOUNDS, crs=UTM, told=told)
    assert warnings_of(told) == ["transparency_lost"]


def test_it_says_that_inks_become_rgb(run: Run, tmp_path: Path) -> None:
    told: Told = []
    found = run(saved(tmp_path, "in.jpg", picture("CMYK")), bounds=BOUNDS, crs=UTM, told=told)
    assert (found["bands"], warnings_of(told)) == (3, ["colours_converted"])


# Previews.


def test_it_draws_a_palette_without_colours_in_grey(run: Run, tmp_path: Path) -> None:
    image = raster(tmp_path, bands=1, photometric="palette")
    retag.set_tags(image, {}, without=[COLORMAP])
    with Image.open(run(image)["output"] / "preview.png") as drawn:
        assert drawn.mode == "LA"
        assert numpy.array_equal(numpy.asarray(drawn)[..., 0], pixels(image)[0])


def test_it_warns_where_only_the_preview_fails(
    way: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(size: int, other: int) -> tuple[int, int]:
        raise ValueError("no room")

    monkeypatch.setattr(preview, "shown_size", fail)
    monkeypatch.setattr("bellhop.jobtypes.geo.with_rasterio.shown_size", fail)
    told: Told = []
    image = raster(tmp_path)
    found = run(image, crs=UTM, bounds=BOUNDS, told=told)
    assert numpy.array_equal(pixels(found["path"]), pixels(image))
    assert warnings_of(told) == ["no_preview"]
