"""Turn an image into a georeferenced one: GeoTIFF, or Cloud Optimized GeoTIFF.

A job process calls `georaster` once per image; the parts are in `jobtypes/geo/`. The image is
opened by the driver that its first bytes name and by no other, so that no file can make
requests or read further files.
"""

from __future__ import annotations

import importlib.util
import math
import os
import shutil
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

from bellhop import BadInput, Context, job_type
from bellhop.jobtypes.geo import grid, inputs, places
from bellhop.jobtypes.geo.model import Georeference, Source, Wanted

OUTPUT, PREVIEW = "georeferenced.tif", "preview.png"
HAS_EXTRA = importlib.util.find_spec("rasterio") is not None


@job_type(
    label="Georeferenced image",
    accepts=[
        ".tif", ".tiff", ".png", ".jpg", ".jpeg", ".webp", ".bmp",
        ".tfw", ".tifw", ".pgw", ".pngw", ".jgw", ".jpgw", ".jpegw", ".wpw", ".bpw", ".wld",
        ".prj", ".qpj", ".xml", ".points",
    ],
    queue="geo_processing",
    timeout_s=600,
    memory_mb=2048,
    viewer="georaster",
    version="1 with rasterio" if HAS_EXTRA else "1",
)  # fmt: skip
def georaster(
    files: list[Path],
    context: Context,
    *,
    crs: Annotated[
        str, "A code such as EPSG:4326, or a name. Empty: the one of the image or its files."
    ] = "",
    bounds: Annotated[
        list[float] | None, "Outer edges: min x, min y, max x, max y (west, south, east, north)."
    ] = None,
    gcps: Annotated[
        list[str] | None, "Ground control points, each column,row,x,y; with the extra `cog`."
    ] = None,
    output: Annotated[
        Literal["geotiff", "cog"], "Cloud Optimized GeoTIFF with the extra `cog`."
    ] = "geotiff",
    resampling: Annotated[
        Literal["auto", "nearest", "bilinear", "cubic", "average"],
        "For overviews, and for images that control points warp.",
    ] = "auto",
) -> dict[str, Any]:
    """Place an image on the map: by its own georeference, bounds, points, or files next to it.

    `files` is one image (TIFF, PNG, JPEG, WebP, BMP) and at most one world file, .prj, .aux.xml
    and .points. Coordinates are in the unit of `crs`, x before y. Writes georeferenced.tif and
    preview.png.
    """
    context.progress(0, "Starting")
    image, kind, beside = inputs.choose(files)
    wanted = Wanted(
        bounds=tuple(bounds) if bounds else None,
        crs=crs.strip(),
        control_points=inputs.read_points(gcps or []),
        sidecars=beside,
        output=output,
        resampling=resampling,
    )
    way = way_for()
    context.progress(10, "Loading")
    source = way.analyse(image, kind)
    context.progress(20, "Analysing")
    place = places.georeference(source, wanted, way.read_crs)
    tell_warnings(context, source, place, wanted)
    result = produce(way, context, source, place, wanted)
    context.progress(100, "Done")
    return result


def way_for() -> ModuleType:
    """The module that does the work: with rasterio where it is installed, else with Pillow."""
    if importlib.util.find_spec("rasterio"):
        from bellhop.jobtypes.geo import with_rasterio

        return with_rasterio
    from bellhop.jobtypes.geo import with_pillow

    return with_pillow


def produce(
    way: ModuleType, context: Context, source: Source, place: Georeference, wanted: Wanted
) -> dict[str, Any]:
    """Write the files under temporary names, and put them in place when all is well."""
    raster, picture = context.scratch_dir / "raster.part", context.scratch_dir / "preview.part"
    is_done = source.is_cog and source.has_crs and not place.is_new
    try:
        context.progress(40, "Creating georeferenced file")
        if is_done or (wanted.output == "geotiff" and not place.is_new):
            shutil.copyfile(source.path, raster)
        else:
            for code, message in way.create(source, place, wanted, raster):
                context.warn(code, message)
        context.progress(80, "Updating")
        written = way.analyse(raster, "tiff")
        if not is_done:
            way.check_pixels(written)
        has_preview = draw(way, context, written, picture)
        result = describe(way, context, written) | {
            "georeference_source": place.source,
            "already_georeferenced": is_done,
        }
        named = {raster: OUTPUT} | ({picture: PREVIEW} if has_preview else {})
        publish(named, context.output_dir)
        return result
    finally:
        raster.unlink(missing_ok=True)
        picture.unlink(missing_ok=True)


def draw(way: ModuleType, context: Context, raster: Source, picture: Path) -> bool:
    """Whether there is a preview. That none can be drawn says nothing against readable pixels."""
    try:
        if way.make_preview(raster, picture):
            return True
        reason = "the pixel format needs the extra `cog`"
    except BadInput:
        way.check_pixels(raster)
        reason = "the pixels can be read, but not drawn"
    context.warn("no_preview", f"There is no preview: {reason}.")
    return False


def describe(way: ModuleType, context: Context, raster: Source) -> dict[str, Any]:
    """The result about the file that was written, with a warning for what nobody can tell."""
    gt, system = raster.geotransform, raster.crs
    box = grid.bounds(gt, raster.width, raster.height) if gt else None
    degrees = way.to_wgs84(box, system) if box and system else None
    if system and box and degrees is None:
        text = f"The position in WGS 84 needs the extra `cog` for {system.name}."
        context.warn("bounds_wgs84_unknown", text)
    return {
        "file": OUTPUT,
        "width": raster.width,
        "height": raster.height,
        "bands": raster.bands,
        "dtype": raster.dtype,
        "crs": system.name if system else None,
        "crs_title": system.title if system else None,
        "unit": system.unit if system else None,
        "geotransform": gt,
        "bounds": box,
        "bounds_wgs84": degrees,
        "pixel_size": grid.pixel_size(gt) if gt else None,
        "nodata": as_json(raster.nodata),
        "is_cog": raster.is_cog,
    }


def as_json(number: float | None) -> float | str | None:
    """JSON has no words for `nan` and `inf`."""
    return number if number is None or math.isfinite(number) else str(number)


def tell_warnings(context: Context, source: Source, place: Georeference, wanted: Wanted) -> None:
    """Send what was noticed about the image and where it shall lie."""
    for code, message in (*source.warnings, *place.warnings):
        context.warn(code, message)
    if place.crs is None:
        if source.has_crs:
            text = "Its coordinate reference system has no EPSG code; see the file itself."
            context.warn("crs_without_code", text)
        else:
            text = "The file gives its position, but not its coordinate reference system."
            context.warn("no_crs", f"{text} Give `crs` to set it.")
    elif source.crs and place.is_new and source.crs.name != place.crs.name:
        context.warn("crs_replaced", f"{place.crs.name} was set in place of {source.crs.name}; the "
                     "image was not reprojected.")  # fmt: skip
    box = wanted.bounds
    if box and place.crs and not place.crs.is_geographic and max(map(abs, box)) <= 360:
        context.warn("bounds_in_degrees", f"The bounds look like degrees, but {place.crs.name} has "
                     "another unit. For longitude and latitude the CRS is EPSG:4326.")  # fmt: skip


def publish(files: dict[Path, str], folder: Path) -> None:
    """Give the files their names; after an error none of them is there."""
    try:
        for file, name in files.items():
            os.replace(file, folder / name)
    except BaseException:
        for name in files.values():
            (folder / name).unlink(missing_ok=True)
        raise
