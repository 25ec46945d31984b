"""Georeferencing with Pillow alone: what it can write without changing a pixel."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bellhop import BadInput
from bellhop.jobtypes.geo import crs, geotiff, tiff
from bellhop.jobtypes.geo.model import Box, Crs, Georeference, Source, Wanted
from bellhop.jobtypes.geo.preview import save_picture, to_byte
from bellhop.jobtypes.geo.refusals import check_size, corrupt, missing_cog, too_many_pixels

if TYPE_CHECKING:
    from PIL.Image import Image

# Modes whose samples Pillow reads and writes as they are: type, bits of a sample, bands.
EXACT = {
    "1": ("Byte", 1, 1), "L": ("Byte", 8, 1), "LA": ("Byte", 8, 2), "RGB": ("Byte", 8, 3),
    "RGBA": ("Byte", 8, 4), "RGBX": ("Byte", 8, 4), "I;16": ("UInt16", 16, 1),
    "I;16B": ("UInt16", 16, 1), "I;16L": ("UInt16", 16, 1), "I": ("Int32", 32, 1),
    "F": ("Float32", 32, 1),
}  # fmt: skip
PREDICTED = ("L", "LA", "RGB", "RGBA", "RGBX", "I;16", "I;16L")
ORIENTATION = 0x0112
PREDICTOR, MIN_IS_WHITE = 317, 0
PALETTE = "P"
Told = tuple[str, str]
ROTATED = (
    "The photo says in its EXIF data that it is to be shown rotated; its pixels were taken as they "
    "are stored, as GIS programs do."
)
OPAQUE = "Transparent colours became opaque."
FIRST = "The file has several images; the first one was taken."


def read_crs(text: str) -> Crs:
    """The system that the parameter names. Raises BadInput: unknown_crs, missing_extra."""
    return crs.by_table(text)


def to_wgs84(box: Box, system: Crs) -> Box | None:
    return crs.to_wgs84(box, system.epsg)


def analyse(image: Path, kind: str) -> Source:
    """What the image is, from its head. Raises BadInput: corrupt_file, too_large."""
    if kind == "tiff":
        return _analyse_tiff(image)
    check_head(image, kind)
    with _opened(image, kind) as picture, _decoding():
        told = []
        if kind == "jpeg" and picture.getexif().get(ORIENTATION, 1) != 1:
            told.append(("orientation_not_applied", ROTATED))
        if kind != "jpeg" and getattr(picture, "n_frames", 1) > 1:
            told.append(("first_image_only", FIRST))
        dtype, bands = _samples(picture, kind, image)
        return Source(
            path=image, kind=kind, width=picture.width, height=picture.height, bands=bands,
            dtype=dtype, nodata=_transparent_value(picture), warnings=tuple(told),
        )  # fmt: skip


def check_head(image: Path, kind: str) -> None:
    """Refuse what is too large, or has no head. Raises BadInput: corrupt_file, too_large."""
    with _opened(image, kind) as picture:
        check_size(*picture.size, len(picture.getbands()))


def _analyse_tiff(image: Path) -> Source:
    found = tiff.read(image)
    main = found.main
    check_size(*main.size, geotiff.sample_bytes(main))
    found.check_blocks()
    keys = geotiff.keys_of(main)
    told = [("first_image_only", FIRST)] if found.further_images else []
    return Source(
        path=image, kind="tiff", width=main.size[0], height=main.size[1],
        bands=main.number(tiff.SAMPLES, 1), dtype=geotiff.dtype_of(main),
        nodata=geotiff.nodata_of(main), geotransform=geotiff.geotransform_of(main),
        crs=geotiff.crs_of(keys), has_crs=geotiff.has_crs(keys),
        control_points=geotiff.control_points_of(main), is_cog=found.is_cog(),
        warnings=tuple(told),
    )  # fmt: skip


def create(source: Source, place: Georeference, wanted: Wanted, target: Path) -> list[Told]:
    """Write the GeoTIFF to `target`; returns warnings as (code, message).

    Raises BadInput: missing_extra, corrupt_file.
    """
    if wanted.output == "cog":
        raise missing_cog("Writing a Cloud Optimized GeoTIFF")
    if place.control_points:
        raise missing_cog("Georeferencing by ground control points")
    if place.crs is None or place.geotransform is None:
        raise missing_cog("A coordinate reference system without an EPSG code")
    try:
        with _opened(source.path, source.kind) as picture, _decoding():
            tags = geotiff.tags_for(place.geotransform, place.crs)
            told = _kept(picture, source, tags)
            _save(picture, tags, target)
    except _Unreadable:
        raise _cannot_keep(source) from None
    written = tiff.read(target).main
    if (geotiff.dtype_of(written), written.number(tiff.SAMPLES, 1)) != (source.dtype, source.bands):
        raise _cannot_keep(source)
    return told


def check_pixels(source: Source) -> None:
    """Decode all of a TIFF that Pillow can decode. Raises BadInput corrupt_file."""
    with suppress(_Unreadable), _opened(source.path, source.kind) as picture, _decoding():
        picture.load()


def decode_jpeg(source: Source, target: Path) -> bool:
    """Write the pixels into a plain TIFF, without georeference; false for other than grey and RGB.

    Raises BadInput corrupt_file.
    """
    with _opened(source.path, "jpeg") as picture, _decoding():
        if picture.mode not in ("L", "RGB"):
            return False
        picture.save(target, format="TIFF", exif=b"")
    return True


def _cannot_keep(source: Source) -> BadInput:
    bands = f"{source.bands} band{'s' if source.bands > 1 else ''} of {source.dtype}"
    return missing_cog(f"Writing an image with {bands} stored like this")


def _kept(picture: Image, source: Source, tags: dict[int, tuple[int, Any]]) -> list[Told]:
    """Add the tags that keep what the pixels mean; returns warnings of what is lost.

    Raises BadInput missing_extra for samples that Pillow would change.
    """
    if not _is_exact(picture, source):
        raise _cannot_keep(source)
    if source.nodata is not None:
        tags[geotiff.NODATA] = tiff.ASCII, f"{source.nodata:.17g}"
    if source.kind != "tiff":
        value = picture.info.get("transparency")
        is_lost = value is not None and _transparent_value(picture) is None
        return [("transparency_lost", OPAQUE)] if is_lost else []
    found = tiff.read(source.path)
    if text := found.main.text(tiff.GDAL_METADATA):
        tags[tiff.GDAL_METADATA] = tiff.ASCII, text
    if found.main.number(tiff.PHOTOMETRIC, 1) == MIN_IS_WHITE:
        tags[tiff.PHOTOMETRIC] = geotiff.SHORT, MIN_IS_WHITE
    has_mask = any(d.number(tiff.SUBFILE, 0) & tiff.MASK for d in found.directories[1:])
    return [("mask_lost", "The mask of the image was not kept.")] if has_mask else []


def _is_exact(picture: Image, source: Source) -> bool:
    """Whether Pillow's samples are those of the file."""
    if picture.mode == PALETTE:
        return source.dtype == "Byte" and source.bands == 1
    dtype, bits, bands = EXACT.get(picture.mode, ("", 0, 0))
    if source.kind == "tiff":
        main = tiff.read(source.path).main
        if main.number(tiff.BITS, 1) != bits:
            return False
    elif source.kind == "png" and _png_bits(source.path) != bits:
        return False
    return (dtype, bands) == (source.dtype, source.bands)


def _samples(picture: Image, kind: str, image: Path) -> tuple[str, int]:
    """Type and number of the bands as they stand in the file."""
    bands = len(picture.getbands())
    if kind == "png" and _png_bits(image) == 16:
        return "UInt16", bands
    return "Byte", bands


def _png_bits(image: Path) -> int:
    """Bits of a sample, which the head of a PNG says behind width and height."""
    with image.open("rb") as stream:
        return stream.read(25)[24]


def _transparent_value(picture: Image) -> float | None:
    """The one grey value or palette entry that is transparent."""
    value = picture.info.get("transparency")
    is_one = isinstance(value, int) and picture.mode in ("1", "L", "I", "I;16", "I;16B", PALETTE)
    return float(value) if is_one and isinstance(value, int) else None


def _save(picture: Image, tags: dict[int, tuple[int, Any]], target: Path) -> None:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    directory = ImageFileDirectory_v2()
    for tag, (kind, value) in tags.items():
        directory.tagtype[tag] = kind
        directory[tag] = value
    if picture.mode in PREDICTED:
        directory[PREDICTOR] = 2
    picture.save(
        target, format="TIFF", compression="tiff_adobe_deflate", tiffinfo=directory, exif=b""
    )


def make_preview(raster: Source, target: Path) -> bool:
    """Write the picture; false where Pillow cannot read it. Raises BadInput corrupt_file."""
    try:
        with _opened(raster.path, "tiff") as picture, _decoding():
            picture.load()
            save_picture(_as_shown(picture, raster), target)
    except _Unreadable:
        return False
    return True


def _as_shown(picture: Image, source: Source) -> Image:
    """In colours or grey of 8 bits."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return to_byte(picture, source.nodata)
    if picture.mode == "LA":
        return picture
    if picture.mode == PALETTE:
        return picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    return picture if picture.mode in ("L", "RGB", "RGBA") else picture.convert("RGB")


class _Unreadable(Exception):
    """Pillow knows the format, but not this kind of sample or compression."""


@contextmanager
def _opened(image: Path, kind: str) -> Iterator[Image]:
    """The picture, of which only the head was read. Raises BadInput: corrupt_file, too_large."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own limit is below ours
            picture = Image.open(image, formats=[kind.upper()])
    except Image.DecompressionBombError as error:
        raise too_many_pixels() from error
    except UnidentifiedImageError as error:
        if kind == "tiff":
            raise _Unreadable from error
        raise corrupt("The image is damaged: its header cannot be read.") from error
    except (OSError, ValueError, SyntaxError, KeyError, TypeError) as error:
        raise corrupt(f"The image is damaged ({error}).") from error
    with picture:
        yield picture


@contextmanager
def _decoding() -> Iterator[None]:
    """What Pillow raises at broken pixels, as `corrupt_file`; a full disk stays what it is."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            raise
        raise corrupt(f"The image is damaged ({error}).") from error
    except (ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError) as error:
        raise corrupt(f"The image is damaged ({error}).") from error
