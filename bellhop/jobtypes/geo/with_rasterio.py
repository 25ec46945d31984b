"""Georeferencing with rasterio (GDAL): the extra `cog`."""

from __future__ import annotations

import dataclasses
import errno
import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bellhop import BadInput
from bellhop.jobtypes.geo import crs, grid, heads, registry, retag, tiff, with_pillow
from bellhop.jobtypes.geo.model import Box, ControlPoint, Crs, Georeference, Source, Told, Wanted
from bellhop.jobtypes.geo.preview import save_array, shown_size
from bellhop.jobtypes.geo.refusals import (
    bad_gcps,
    check_size,
    corrupt,
    undecodable,
    unknown_crs,
)
from bellhop.jobtypes.geo.with_pillow import FIRST, OPAQUE, ROTATED, check_head

# What the first bytes say decides; a driver that is not named here is never used.
DRIVERS = {"tiff": "GTiff", "png": "PNG", "jpeg": "JPEG", "webp": "WEBP", "bmp": "BMP"}
# Nothing but the file itself is read: no sidecar, no neighbour, no network.
CONFIG = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_GEOREF_SOURCES": "INTERNAL",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_ERROR_ON_LIBJPEG_WARNING": "TRUE",
    "GDAL_TIFF_INTERNAL_MASK": "YES",
    "GDAL_CACHEMAX": 128 << 20,  # bytes, as rasterio takes it
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "PROJ_NETWORK": "OFF",
}
GDAL_NAMES = {
    "uint8": "Byte", "int8": "Int8", "uint16": "UInt16", "int16": "Int16", "uint32": "UInt32",
    "int32": "Int32", "uint64": "UInt64", "int64": "Int64", "float32": "Float32",
    "float64": "Float64", "complex_int16": "CInt16", "complex64": "CFloat32",
    "complex128": "CFloat64",
}  # fmt: skip
# Below this the points fit a geotransform, and no pixel has to be computed anew.
MOST_MISFIT_PIXELS = 1.0
# A bent image needs six points for its curve.
LEAST_POINTS_TO_BEND = 6
# What GDAL says of a compression that it was built without.
MISSING_CODEC = re.compile("missing codec|is not configured")
CONVERTED = "The stored colours are not RGB, such as CMYK; GDAL converted them."
FULL_DISK_BYTES = 16_000_000
LOSSLESS = {"COMPRESS": "DEFLATE", "BIGTIFF": "IF_SAFER", "NUM_THREADS": "2"}
# GDAL's for a definition that is, but for the order of its axes, the one of a code.
LEAST_CONFIDENCE = 90
COMPLEX = ("complex_int16", "complex64", "complex128")


def read_crs(text: str) -> Crs:
    """The system that the parameter names. Raises BadInput unknown_crs."""
    from rasterio.crs import CRS

    code = crs.code_of(text)
    is_definition = code is None and crs.is_definition(text)
    known = text if is_definition else f"EPSG:{code}" if code else registry.find(text)
    if known is None:
        raise unknown_crs(text)
    try:
        with _gdal():
            found = CRS.from_user_input(known)
            system = _named(found) if is_definition else _crs(found)
    except _errors() as error:
        raise unknown_crs(text) from error
    if system is None or not (found.is_geographic or found.is_projected):
        raise unknown_crs(text)
    return system


def _named(found: Any) -> Crs | None:
    """The system of a definition: by its EPSG code where it has the numbers of that one.

    A code that it bears, but does not agree with, is not taken over.
    """
    from rasterio.crs import CRS

    system = _crs(found)
    if system is None or system.epsg is None:
        code = found.to_epsg(confidence_threshold=LEAST_CONFIDENCE)
        return _crs(CRS.from_epsg(code)) if code else system
    registered = CRS.from_epsg(system.epsg)
    if found == registered or _numbers(found) == _numbers(registered):
        return _crs(registered)
    wkt = crs.ROOT_CODE.sub("", found.to_wkt()).rstrip(",") + "]"
    return dataclasses.replace(system, name=wkt, epsg=None)


def _numbers(found: Any) -> dict[str, Any]:
    """What places a system, but for the way to others, which definitions leave out."""
    return {name: value for name, value in found.to_dict().items() if name != "towgs84"}


def _crs(found: Any) -> Crs | None:
    """GDAL's system in our words; only a code that it bears itself, as gdalinfo shows it."""
    if not found:
        return None
    wkt = found.to_wkt()
    match = crs.ROOT_CODE.search(wkt)
    authority, code = match.groups() if match else ("", "")
    title = wkt.partition('"')[2].partition('"')[0]
    return Crs(
        name=f"{authority}:{code}" if match else wkt,
        is_geographic=bool(found.is_geographic),
        epsg=int(code) if authority == "EPSG" else None,
        unit=_unit(found),
        title=title or None,
    )


def _unit(found: Any) -> str | None:
    try:
        return str(found.units_factor[0]) or None
    except _errors():
        return None


def to_wgs84(box: Box, system: Crs) -> Box | None:
    """The same box in longitude and latitude; None where the system has no relation to them."""
    from rasterio.warp import transform_bounds

    try:
        with _gdal():
            found: Box = transform_bounds(_native(system), "EPSG:4326", *box)
    except _errors():
        return None
    return found if all(abs(value) <= 1e4 for value in found) else None


def _native(system: Crs) -> Any:
    from rasterio.crs import CRS

    return CRS.from_epsg(system.epsg) if system.epsg else CRS.from_user_input(system.name)


def analyse(image: Path, kind: str) -> Source:
    """What the image is, from its head.

    Raises BadInput: corrupt_file, too_large, unsupported_type.
    """
    try:
        return _analyse(image, kind)
    except BadInput as error:
        if kind == "tiff" or error.code != "corrupt_file":
            raise
    try:
        return with_pillow.analyse(image, kind)
    except BadInput as error:
        raise undecodable() if error.code == "missing_extra" else error from None


def _analyse(image: Path, kind: str) -> Source:
    found = tiff.read(image) if kind == "tiff" else None
    if found:
        found.check_blocks()
    more = bool(found and found.further_images)
    told = [("first_image_only", FIRST)] if more else [] if found else check_head(image, kind)
    with _opened(image, kind) as raster:
        size = sum(_bytes_of(dtype) for dtype in raster.dtypes)
        check_size(raster.width, raster.height, size)
        orientation = found.main.number(tiff.ORIENTATION, 1) if found else 1
        if orientation != 1 or raster.tags().get("EXIF_Orientation", "1") != "1":
            told.append(("orientation_not_applied", ROTATED))
        if (found and found.main.number(tiff.SAMPLES, 1) != raster.count) or _is_cmyk(raster):
            told.append(("colours_converted", CONVERTED))
        gt = raster.transform.to_gdal()
        points, points_crs = raster.gcps
        is_placed = not raster.transform.is_identity and not grid.is_degenerate(gt)
        system = raster.crs or points_crs
        return Source(
            path=image, kind=kind, width=raster.width, height=raster.height, bands=raster.count,
            dtype=GDAL_NAMES.get(raster.dtypes[0], raster.dtypes[0]), nodata=raster.nodata,
            geotransform=gt if is_placed else None, crs=_crs(system), has_crs=bool(system),
            control_points=tuple(ControlPoint(p.col, p.row, p.x, p.y) for p in points),
            is_cog=bool(found and found.is_cog()), warnings=tuple(told),
        )  # fmt: skip


def _is_cmyk(raster: Any) -> bool:
    """Whether GDAL shows as RGB what is stored as amounts of ink."""
    stored = raster.tags(ns="IMAGE_STRUCTURE").get("SOURCE_COLOR_SPACE")
    return stored in ("CMYK", "YCCK") and raster.count == 3


def _bytes_of(dtype: str) -> int:
    digits = "".join(filter(str.isdigit, dtype)) or "64"
    return int(digits) // (4 if dtype == "complex_int16" else 8)


def check_pixels(source: Source) -> None:
    """Read all pixels. Raises BadInput corrupt_file."""
    with _opened(source.path, source.kind) as raster:
        for band in raster.indexes:
            raster.checksum(band)


def create(source: Source, place: Georeference, wanted: Wanted, target: Path) -> list[Told]:
    """Write the raster to `target`; returns warnings as (code, message).

    Raises BadInput: corrupt_file, bad_gcps, too_large.
    """
    gt, told = place.geotransform, []
    draft, plain = target.with_suffix(".draft"), target.with_suffix(".plain")
    try:
        is_plain = _is_for_pillow(source) and with_pillow.decode(source, plain)
        if source.kind == "bmp" and not is_plain and not _is_for_gdal(source.path):
            raise undecodable()
        image, kind = (plain, "tiff") if is_plain else (source.path, source.kind)
        with _opened(image, kind) as raster:
            one_nodata = len({str(value) for value in raster.nodatavals}) == 1
            is_translucent = _has_translucent_colors(raster)
            if place.control_points:
                gt = grid.fit(place.control_points)
                misfit = grid.misfit_pixels(gt, place.control_points)
                if misfit > MOST_MISFIT_PIXELS:
                    told.append(_tell_misfit(misfit, place))
                    if len(place.control_points) >= LEAST_POINTS_TO_BEND:
                        gt = None
            if gt is None:
                _bend(raster, place, wanted, draft)
            else:
                # The draft takes the georeference; a finished COG could not be changed.
                _copy(raster, draft, "GTiff", {"TILED": "YES", "BIGTIFF": "IF_SAFER"})
        if gt is not None:
            _place(draft, gt, place.crs, keep_nodata=one_nodata)
        if not one_nodata or is_translucent:
            told.append(("transparency_lost", OPAQUE))
        with _opened(draft, "tiff") as raster:
            driver = "COG" if wanted.output == "cog" else "GTiff"
            _copy(raster, target, driver, _options(raster, driver, wanted))
        if source.kind == "tiff" and tiff.read(source.path).main.has_premultiplied_alpha:
            retag.mark_premultiplied(target)  # GDAL has not kept this
    finally:
        draft.unlink(missing_ok=True)
        plain.unlink(missing_ok=True)
    return told


def _is_for_pillow(source: Source) -> bool:
    """Decoders of JPEG differ; one alone, so that both ways give the same pixels.

    GDAL does not know newer kinds of BMP, and reads no animations.
    """
    if source.kind != "webp":
        return source.kind in ("jpeg", "bmp")
    try:
        check_pixels(source)
    except BadInput:
        return True
    return False


def _is_for_gdal(bmp: Path) -> bool:
    """Whether it is a BMP without runs and with an old head; GDAL reads others wrongly."""
    head = heads.bmp_head(bmp)
    palette = 4 * (head.colors or 1 << head.bits) if head.bits <= 8 else 0
    is_old = head.size in (12, 40) and head.start >= 14 + head.size + palette * 3 // 4
    return is_old and head.compression == heads.UNCOMPRESSED


def _has_translucent_colors(raster: Any) -> bool:
    """Whether a palette has colours, next to "no data", that a TIFF would make opaque."""
    colors = _colors(raster) if raster.colorinterp[0].name == "palette" else None
    return any(color[3] < 255 and index != raster.nodata for index, color in (colors or {}).items())


def _tell_misfit(misfit: float, place: Georeference) -> Told:
    text = f"The control points do not lie in one plane: one is {misfit:.1f} pixels away"
    if len(place.control_points) < LEAST_POINTS_TO_BEND:
        more = f"with {LEAST_POINTS_TO_BEND} or more the image would be bent to fit them"
        return "gcps_inexact", f"{text}; {more}."
    return "gcps_bent", f"{text}; the image was bent to fit them, so its pixels were resampled."


def _options(raster: Any, driver: str, wanted: Wanted) -> dict[str, str]:
    """Of the file that stays: compressed in tiles, without loss."""
    if driver == "GTiff":
        return {"TILED": "YES", **LOSSLESS, **_predictor(raster, "2", "3")}
    options = {**LOSSLESS, **_predictor(raster, "STANDARD", "FLOATING_POINT")}
    if wanted.resampling != "auto":
        options["OVERVIEW_RESAMPLING"] = wanted.resampling.upper()
    return options


def _predictor(raster: Any, of_integers: str, of_floats: str) -> dict[str, str]:
    dtype = raster.dtypes[0]
    has_parts = raster.tags(1, ns="IMAGE_STRUCTURE").get("NBITS") or dtype in COMPLEX
    if has_parts:
        return {}
    return {"PREDICTOR": of_floats if dtype.startswith("float") else of_integers}


def _copy(raster: Any, target: Path, driver: str, options: dict[str, str]) -> None:
    import rasterio.shutil

    rasterio.shutil.copy(raster, str(target), driver=driver, strict=False, **options)


def _place(draft: Path, gt: tuple[float, ...], system: Crs | None, *, keep_nodata: bool) -> None:
    """Write geotransform and CRS into a GeoTIFF, which has one "no data" value for all bands."""
    from rasterio.transform import Affine

    with _opened(draft, "tiff", mode="r+") as raster:
        raster.transform = Affine.from_gdal(*gt)
        if system:
            raster.crs = _native(system)
        if not keep_nodata:
            raster.nodata = None


def _bend(raster: Any, place: Georeference, wanted: Wanted, draft: Path) -> None:
    """Compute the image anew on a north-up grid through a curve of the control points.

    What lies outside of the image is masked.
    """
    import numpy
    from rasterio.control import GroundControlPoint
    from rasterio.enums import Resampling
    from rasterio.warp import calculate_default_transform, reproject

    points = [GroundControlPoint(p.row, p.column, p.x, p.y, 0.0) for p in place.control_points]
    system = _native(place.crs) if place.crs else None
    if system is None:
        raise bad_gcps("The control points need `crs`.")
    if raster.dtypes[0] in COMPLEX:
        raise bad_gcps("An image of complex numbers cannot be bent to fit the control points.")
    try:
        transform, width, height = calculate_default_transform(
            system, system, raster.width, raster.height, gcps=points
        )
    except _errors() as error:
        raise bad_gcps("No curve goes through the control points.") from error
    check_size(width, height, sum(map(_bytes_of, raster.dtypes)))
    is_indexed = raster.colorinterp[0].name == "palette"
    method = "nearest" if is_indexed else wanted.resampling
    method = "bilinear" if method == "auto" else method
    how = {
        "gcps": points, "src_crs": system, "dst_transform": transform, "dst_crs": system,
    }  # fmt: skip
    profile = {"width": width, "height": height, "count": raster.count, "nodata": raster.nodata,
               "dtype": raster.dtypes[0], "transform": transform, "crs": system,
               "photometric": "RGB" if raster.count in (3, 4) else None}  # fmt: skip
    profile = {name: value for name, value in profile.items() if value is not None}
    with _new(draft, profile) as bent:
        for band in raster.indexes:
            pixels = numpy.zeros((height, width), raster.dtypes[0])
            reproject(raster.read(band), pixels, resampling=Resampling[method],
                      src_nodata=raster.nodata, dst_nodata=raster.nodata, **how)  # fmt: skip
            bent.write(pixels, band)
            del pixels
        if is_indexed:
            bent.write_colormap(1, raster.colormap(1))
        mask = numpy.zeros((height, width), "uint8")
        reproject(raster.dataset_mask(), mask, resampling=Resampling.nearest, **how)
        if raster.nodata is None:
            bent.write_mask(mask)


@contextmanager
def _new(file: Path, profile: dict[str, Any]) -> Iterator[Any]:
    import rasterio

    options = {"tiled": True, **LOSSLESS, **profile}
    with _gdal(), _decoding(), rasterio.open(file, "w", driver="GTiff", **options) as raster:
        yield raster


def make_preview(raster: Source, target: Path) -> bool:
    """Write the picture. Raises BadInput corrupt_file."""
    import numpy
    from rasterio.enums import Resampling

    with _opened(raster.path, "tiff") as image:
        width, height = shown_size(image.width, image.height)
        names = [color.name for color in image.colorinterp]
        colors = [names.index(name) + 1 for name in ("red", "green", "blue") if name in names]
        bands = colors if len(colors) == 3 else [1]
        is_indexed = names[0] == "palette"
        method = Resampling.nearest if is_indexed else Resampling.average
        shape = height, width
        pixels = image.read(bands, out_shape=(len(bands), *shape), resampling=method)
        pixels = numpy.abs(pixels) if numpy.iscomplexobj(pixels) else pixels
        mask = image.dataset_mask(out_shape=shape)
        save_array(pixels, mask, _colors(image) if is_indexed else None, target)
    return True


def _colors(image: Any) -> dict[int, Any] | None:
    """The colours of an indexed band; None where the file lacks them."""
    try:
        found: dict[int, Any] = image.colormap(1)
    except ValueError:
        return None
    return found


@contextmanager
def _opened(file: Path, kind: str, mode: str = "r") -> Iterator[Any]:
    """The raster, opened by the one driver of its kind. Raises BadInput corrupt_file."""
    import rasterio

    with _gdal(), _decoding(), rasterio.open(file, mode, driver=DRIVERS[kind]) as raster:
        yield raster


@contextmanager
def _decoding() -> Iterator[None]:
    """What GDAL finds wrong with a file, as `corrupt_file`; a full disk stays what it is."""
    try:
        yield
    except _errors() as error:
        if type(error).__name__ == "CPLE_OutOfMemoryError":
            raise MemoryError from error
        if shutil.disk_usage(Path.cwd()).free < FULL_DISK_BYTES:
            raise OSError(errno.ENOSPC, "the disk is full") from error
        if MISSING_CODEC.search(str(error)):
            raise undecodable() from error
        raise corrupt("The image is damaged: its pixels cannot be read.") from error


def _errors() -> tuple[type[Exception], ...]:
    """What rasterio raises where GDAL fails, or does not take a value."""
    from rasterio._err import CPLE_BaseError  # of functions that pass GDAL's errors on
    from rasterio.errors import RasterioError

    return RasterioError, CPLE_BaseError, SystemError, ValueError


@contextmanager
def _gdal() -> Iterator[None]:
    """GDAL with our settings."""
    import rasterio

    with warnings.catch_warnings(), rasterio.Env(**CONFIG):
        warnings.simplefilter("ignore")  # of an image that has no georeference yet
        yield
