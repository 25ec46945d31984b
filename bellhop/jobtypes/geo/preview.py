"""preview.png: the image at 1024 pixels at most, in 8 bits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 1024
# What is left out at both ends, so that one stray value does not make all others black.
CUT = 0.02


def shown_size(width: int, height: int) -> tuple[int, int]:
    """The size of the preview: no larger than the image, at least one pixel."""
    scale = min(1.0, MOST_PIXELS / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def save_picture(picture: Image, target: Path) -> None:
    """Write a picture of 8 bits, shrunk."""
    from PIL.Image import Resampling

    size = shown_size(*picture.size)
    if size != picture.size:
        picture = picture.resize(size, Resampling.BOX, reducing_gap=2.0)
    picture.save(target, format="PNG", optimize=False)


def to_byte(picture: Image, nodata: float | None) -> Image:
    """Numbers as grey; those without a value transparent."""
    from PIL import Image

    small = picture.resize(shown_size(*picture.size), Image.Resampling.NEAREST)
    values = [float(value) for value in small.get_flattened_data()]  # type: ignore[arg-type]
    is_value = [math.isfinite(value) and value != nodata for value in values]
    low, high = span([value for value, is_one in zip(values, is_value, strict=True) if is_one])
    scale = 255 / (high - low) if high > low else 0.0
    grey = bytes(
        max(0, min(255, round((value - low) * scale))) if is_one else 0
        for value, is_one in zip(values, is_value, strict=True)
    )
    mask = bytes(255 if is_one else 0 for is_one in is_value)
    layers = [Image.frombytes("L", small.size, layer) for layer in (grey, mask)]
    return Image.merge("LA", layers)


def span(values: Sequence[float]) -> tuple[float, float]:
    """The values shown black and white."""
    if len(values) == 0:
        return 0.0, 0.0
    ordered = sorted(values)
    cut = int(len(ordered) * CUT)
    return ordered[cut], ordered[-1 - cut]


def save_array(pixels: Any, mask: Any, palette: Mapping[int, Any] | None, target: Path) -> None:
    """Write an array (bands, rows, columns) that has one or three bands, already shrunk.

    `mask` is 0 where there is no value; `palette` has the colours of an indexed band.
    """
    import numpy
    from PIL import Image

    if palette:
        table = numpy.zeros((256, 4), "uint8")
        for index, color in palette.items():
            if 0 <= index < len(table):
                table[index] = color
        colors = table[numpy.clip(pixels[0], 0, 255).astype("uint8")]
        colors[..., 3] = numpy.minimum(colors[..., 3], mask)
        Image.fromarray(colors).save(target, format="PNG")
        return
    if pixels.dtype != numpy.uint8:
        is_value = (mask != 0) & numpy.isfinite(pixels).all(axis=0)
        pixels, mask = _stretched(pixels, is_value), numpy.where(is_value, 255, 0)
    layers = [*pixels, mask.astype("uint8")]
    picture = Image.merge(
        "LA" if len(pixels) == 1 else "RGBA",
        [Image.fromarray(numpy.ascontiguousarray(layer)) for layer in layers],
    )
    picture.save(target, format="PNG")


def _stretched(pixels: Any, is_value: Any) -> Any:
    """Each band from black to white, but for the `CUT` at both ends."""
    import numpy

    bands = []
    for band in pixels:
        values = numpy.sort(band[is_value].astype("float64"))
        low, high = span(values.tolist()) if len(values) else (0.0, 0.0)
        scale = 255 / (high - low) if high > low else 0.0
        grey = numpy.where(is_value, (band.astype("float64") - low) * scale, 0.0)
        bands.append(numpy.clip(numpy.nan_to_num(grey), 0, 255).round().astype("uint8"))
    return numpy.stack(bands)
