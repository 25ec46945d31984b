"""Georeferencing with Pillow alone: what it can write without changing a pixel."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bellhop import BadInput
from bellhop.jobtypes.geo import crs, geotiff, heads, retag, tiff
from bellhop.jobtypes.geo.model import Box, Crs, Georeference, Source, Told, Wanted
from bellhop.jobtypes.geo.preview import save_picture, to_byte
from bellhop.jobtypes.geo.refusals import check_size, corrupt, missing_cog, too_many_pixels

if TYPE_CHECKING:
    from PIL.Image import Image

# Modes whose samples Pillow reads and writes as they are: type, bits of a sample, bands.
EXACT = {
    "1": ("Byte", 1, 1), "L": ("Byte", 8, 1), "LA": ("Byte", 8, 2), "La": ("Byte", 8, 2),
    "RGB": ("Byte", 8, 3), "RGBA": ("Byte", 8, 4), "I;16": ("UInt16", 16, 1),
    "I;16B": ("UInt16", 16, 1), "I;16L": ("UInt16", 16, 1), "I": ("Int32", 32, 1),
    "F": ("Float32", 32, 1),
}  # fmt: skip
PREDICTED = ("L", "LA", "RGB", "RGBA", "RGBX", "I;16", "I;16L")
# Modes that Pillow gives to BMP images, and bits of a pixel of which they are true.
BMP_BITS = {"1": (1,), "L": (8,), "P": (1, 4, 8), "RGB": (24, 32), "RGBA": (32,)}
PREDICTOR = 317
PALETTE = "P"
ROTATED = (
    "The image says that it is to be shown rotated; its pixels were taken as they are stored, as "
    "GIS programs do."
)
# What Pillow raises at a broken image, next to OSError.
BROKEN = (ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError)
# What undoes the turn that an orientation asks for.
UNTURNED = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_90",
    7: "TRANSVERSE", 8: "ROTATE_270",
}  # fmt: skip
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
    with _seen(image, kind) as picture:
        check_size(*picture.size, len(picture.getbands()))
        told = _tell_frames(picture, kind)
        if kind == "jpeg" and picture.getexif().get(tiff.ORIENTATION, 1) != 1:
            told.append(("orientation_not_applied", ROTATED))
        dtype, bands = _samples(picture, kind, image)
        return Source(
            path=image, kind=kind, width=picture.width, height=picture.height, bands=bands,
            dtype=dtype, nodata=_transparent_value(picture), warnings=tuple(told),
        )  # fmt: skip


@contextmanager
def _seen(image: Path, kind: str) -> Iterator[Image]:
    """The picture, of which only the head is read. Raises BadInput: missing_extra, corrupt_file."""
    try:
        with _opened(image, kind) as picture, _decoding(image, kind):
            yield picture
    except _Unreadable:
        raise missing_cog("An image that is stored like this") from None


def check_head(image: Path, kind: str) -> list[Told]:
    """Refuse what is too large, where Pillow can tell; returns a warning of several images.

    Raises BadInput too_large.
    """
    try:
        with _opened(image, kind) as picture:
            check_size(*picture.size, len(picture.getbands()))
            return _tell_frames(picture, kind)
    except _Unreadable:
        return []
    except BadInput as error:
        if error.code != "corrupt_file":
            raise
        return []


def _tell_frames(picture: Image, kind: str) -> list[Told]:
    has_more = kind != "jpeg" and getattr(picture, "n_frames", 1) > 1
    return [("first_image_only", FIRST)] if has_more else []


def _analyse_tiff(image: Path) -> Source:
    found = tiff.read(image)
    main = found.main
    check_size(*main.size, geotiff.sample_bytes(main))
    found.check_blocks()
    keys = geotiff.keys_of(main)
    told = [("first_image_only", FIRST)] if found.further_images else []
    if main.number(tiff.ORIENTATION, 1) != 1:
        told.append(("orientation_not_applied", ROTATED))
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

    A TIFF is copied with its pixels as they are stored, whatever Pillow would make of them; it
    must only be able to decode them, so that damage does not stay unseen. Raises BadInput:
    missing_extra, corrupt_file.
    """
    if wanted.output == "cog":
        raise missing_cog("Writing a Cloud Optimized GeoTIFF")
    if place.control_points:
        raise missing_cog("Georeferencing by ground control points")
    if place.crs is None or place.geotransform is None:
        raise missing_cog("A coordinate reference system without an EPSG code")
    try:
        told = _write_pixels(source, target)
    except _Unreadable:
        raise _cannot_keep(source) from None
    retag.set_tags(target, geotiff.tags_for(place.geotransform, place.crs), without=geotiff.PLACE)
    written = tiff.read(target).main
    if (geotiff.dtype_of(written), written.number(tiff.SAMPLES, 1)) != (source.dtype, source.bands):
        raise _cannot_keep(source)
    return told


def _write_pixels(source: Source, target: Path) -> list[Told]:
    """A TIFF without its place. Raises _Unreadable, and BadInput corrupt_file."""
    with _opened(source.path, source.kind) as picture, _decoding(source.path, source.kind):
        if not _is_exact(picture, source):
            raise _Unreadable
        picture.load()
        if source.kind != "tiff":
            return _save(picture, source, target)
    shutil.copyfile(source.path, target)
    return []


def check_pixels(source: Source) -> None:
    """Decode all of a TIFF that Pillow can decode. Raises BadInput corrupt_file."""
    with (
        suppress(_Unreadable),
        _opened(source.path, source.kind) as picture,
        _decoding(source.path, source.kind),
    ):
        picture.load()


def decode(source: Source, target: Path) -> bool:
    """Write the pixels into a plain TIFF, without georeference; false where they would change.

    Raises BadInput corrupt_file.
    """
    with (
        suppress(_Unreadable),
        _opened(source.path, source.kind) as picture,
        _decoding(source.path, source.kind),
    ):
        if _is_exact(picture, source):
            picture.save(target, format="TIFF", exif=b"")
            return True
    return False


def _cannot_keep(source: Source) -> BadInput:
    bands = f"{source.bands} band{'s' if source.bands > 1 else ''} of {source.dtype}"
    return missing_cog(f"Writing an image with {bands} stored like this")


def _is_exact(picture: Image, source: Source) -> bool:
    """Whether Pillow's samples are those of the file."""
    if source.kind == "bmp":
        is_same = heads.bmp_head(source.path).bits in BMP_BITS.get(picture.mode, ())
        return is_same and heads.bmp_has_all_pixels(source.path)
    if picture.mode == PALETTE:
        return source.dtype == "Byte" and source.bands == 1
    dtype, bits, bands = EXACT.get(picture.mode, ("", 0, 0))
    if source.kind == "tiff":
        if tiff.read(source.path).main.number(tiff.BITS, 1) != bits:
            return False
    elif source.kind == "png" and heads.png_bits(source.path) != bits:
        return False
    return (dtype, bands) == (source.dtype, source.bands)


def _samples(picture: Image, kind: str, image: Path) -> tuple[str, int]:
    """Type and number of the bands as they stand in the file."""
    bands = len(picture.getbands())
    if kind == "png" and heads.png_bits(image) == 16:
        return "UInt16", bands
    return "Byte", bands


def _transparent_value(picture: Image) -> float | None:
    """The one grey value or palette entry that is transparent."""
    value = picture.info.get("transparency")
    is_one = picture.mode in ("1", "L", "I", "I;16", "I;16B", PALETTE)
    if not isinstance(value, int) or not is_one:
        return None
    return float(value != 0) if picture.mode == "1" else float(value)  # Pillow says 255 for 1


def _save(picture: Image, source: Source, target: Path) -> list[Told]:
    """Write a decoded picture as TIFF; returns warnings of what it cannot hold."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    directory = ImageFileDirectory_v2()
    if picture.mode in PREDICTED:
        directory[PREDICTOR] = 2
    if source.nodata is not None:
        directory.tagtype[geotiff.NODATA] = tiff.ASCII
        directory[geotiff.NODATA] = f"{source.nodata:.17g}"
    picture.save(
        target, format="TIFF", compression="tiff_adobe_deflate", tiffinfo=directory, exif=b""
    )
    is_lost = picture.info.get("transparency") is not None and source.nodata is None
    return [("transparency_lost", OPAQUE)] if is_lost else []


def make_preview(raster: Source, target: Path) -> bool:
    """Write the picture, as its pixels are stored; false where Pillow cannot read it.

    Raises BadInput corrupt_file.
    """
    from PIL import Image

    try:
        with _opened(raster.path, "tiff") as picture, _decoding(raster.path, "tiff"):
            turn = picture.getexif().get(tiff.ORIENTATION, 1)
            picture.load()  # which turns it
            back = UNTURNED.get(turn)
            stored = picture.transpose(Image.Transpose[back]) if back else picture
            save_picture(_as_shown(stored, raster), target)
    except _Unreadable:
        return False
    return True


def _as_shown(picture: Image, source: Source) -> Image:
    """In colours or grey of 8 bits."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return to_byte(picture, source.nodata)
    if picture.mode in ("LA", "La"):
        return picture.convert("LA")
    if picture.mode == PALETTE:
        return picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    return picture if picture.mode in ("L", "RGB", "RGBA") else picture.convert("RGB")


class _Unreadable(Exception):
    """Pillow knows the format, but not this kind of sample or compression."""


@contextmanager
def _opened(image: Path, kind: str) -> Iterator[Image]:
    """The picture, of which only the head was read.

    Raises _Unreadable, and BadInput: corrupt_file, too_large.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings(), _decoding(image, kind):
            warnings.simplefilter("ignore")  # its own limit is below ours
            picture = Image.open(image, formats=[kind.upper()])
    except Image.DecompressionBombError as error:
        raise too_many_pixels() from error
    with picture:
        yield picture


@contextmanager
def _decoding(image: Path, kind: str) -> Iterator[None]:
    """What Pillow raises at broken pixels, as `corrupt_file`; a full disk stays what it is.

    Raises _Unreadable where not the file may be at fault, but the decoder.
    """
    from PIL import UnidentifiedImageError

    try:
        yield
    except UnidentifiedImageError as error:
        if kind == "tiff" or not heads.is_common(image, kind):
            raise _Unreadable from error
        raise corrupt("The image is damaged: its header cannot be read.") from error
    except (OSError, *BROKEN) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        if not heads.is_common(image, kind):
            raise _Unreadable from error
        raise corrupt(f"The image is damaged ({error}).") from error
