"""Why an image cannot be georeferenced, in words for the one who sent it."""

from __future__ import annotations

from bellhop import BadInput
from bellhop.jobtypes.reading.refusals import (
    corrupt_file,
    missing_extra,
    too_large,
    unsupported_type,
)

MAX_PIXELS = 100_000_000
MOST_POINTS = 10_000
# Four bands of 32 bits at the largest number of pixels.
MAX_BYTES = 16 * MAX_PIXELS
WAYS = (
    "Give `bounds` (min x, min y, max x, max y) with `crs`, or send the image's world file with "
    "its .prj or `crs`, or its .aux.xml or .points file, or give at least 3 `gcps` with `crs`, or "
    "send a GeoTIFF that has a georeference."
)


def missing_cog(what: str) -> BadInput:
    """`what` only the extra can do; the subject of a sentence."""
    return missing_extra(f"{what} needs the extra `cog`.", extra="cog")


def missing_georeference(what: str) -> BadInput:
    return BadInput(what, code="missing_georeference", hint=WAYS)


def unknown_crs(text: str) -> BadInput:
    return BadInput(
        f'"{text[:100]}" is not a known coordinate reference system.',
        code="unknown_crs",
        hint="Give an EPSG code such as EPSG:4326 (longitude and latitude) or EPSG:32633.",
    )


def bad_bounds(what: str) -> BadInput:
    return BadInput(
        what,
        code="bad_bounds",
        hint="Four numbers in the unit of the CRS: min x, min y, max x, max y; in EPSG:4326 "
        "west, south, east, north in degrees.",
    )


def bad_gcps(what: str) -> BadInput:
    return BadInput(
        what,
        code="bad_gcps",
        hint="Give at least 3 points that are not on one line, each as column,row,x,y; column "
        "and row count pixels from the upper left corner of the image.",
    )


def corrupt(what: str) -> BadInput:
    return corrupt_file(what, "Open the image, save it again and retry.")


def undecodable() -> BadInput:
    """It may be whole, but no decoder of this installation knows how it is stored."""
    return unsupported_type(
        "an image that is stored in an unusual way",
        "Save it without compression, as RGB or grey, and retry.",
    )


def too_many_pixels(how_many: str = "too many pixels") -> BadInput:
    return too_large(
        f"The image has {how_many}; the limit is {MAX_PIXELS // 1_000_000} million.",
        "Send it in parts, or at a lower resolution.",
    )


def check_size(width: int, height: int, sample_bytes: int) -> None:
    """Refuse an image that would not fit; `sample_bytes` is that of one pixel in all bands."""
    if width * height > MAX_PIXELS:
        million = f"{width * height / 1e6:,.0f} million"
        raise too_many_pixels(f"{width:,} x {height:,} pixels, {million}")
    if width * height * sample_bytes > MAX_BYTES:
        raise too_large(
            f"The image unpacks to {width * height * sample_bytes:,} bytes; the limit is "
            f"{MAX_BYTES:,}.",
            "Send fewer bands, or at a lower resolution.",
        )
