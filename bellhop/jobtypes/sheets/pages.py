"""The pages of a file as upright-by-EXIF RGB pictures, one at a time.

Called by `quiz`. Never decodes what declares more than `MAX_PIXELS`, and never hands on a mode
other than RGB: a palette, transparent or 16-bit picture gives other pixels than a person sees.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy
from PIL import Image, ImageOps, UnidentifiedImageError

from bellhop import BadInput
from bellhop.jobtypes.reading.kinds import require_kind
from bellhop.jobtypes.reading.pdf import open_pdf
from bellhop.jobtypes.reading.refusals import damaged, too_large

KINDS = ("jpeg", "png", "tiff", "webp", "pdf")
MAX_PIXELS = 100_000_000
MAX_PAGES = 50
# Of what is worked on; a text line is read at a height of 48 pixels, so more only costs.
MOST_SIDE = 4000
PDF_SIDE = 2600
# A smaller picture is made as large as this, so that its lines are found and measured as others.
LEAST_SIDE = 1200
# No sheet is smaller.
LEAST_SHEET = 200
FORMATS = ("JPEG", "PNG", "TIFF", "WEBP")
# In the order in which they are preferred; the last is for light and dark ink on one sheet.
GROUNDS = ((255, 255, 255), (0, 0, 0), (128, 128, 128))
HALF_SEEN = 127
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError)


@dataclass(frozen=True)
class Page:
    """One page: `picture` is RGB; `scale` of its pixels make one of the sender's."""

    picture: Image.Image
    scale: float


class Pages:
    """The pages of a file; `count` is known before the first is decoded.

    Raises BadInput: empty_file, unsupported_type, too_large, corrupt_file, password_protected.
    """

    def __init__(self, file: Path):
        self._file = file
        self._kind = require_kind(file, KINDS)
        self.skipped = 0
        self.count = self._count_pdf() if self._kind == "pdf" else self._count_frames()
        if self.count > MAX_PAGES:
            raise too_large(f"The file has {self.count:,} pages; the limit is {MAX_PAGES}.")

    def __iter__(self) -> Iterator[Page]:
        return self._pdf_pages() if self._kind == "pdf" else self._frames()

    def _count_pdf(self) -> int:
        with open_pdf(self._file) as document:
            if not len(document):
                raise damaged("it has no pages")
            return len(document)

    def _pdf_pages(self) -> Iterator[Page]:
        import pypdfium2

        with open_pdf(self._file) as document:
            for index in range(len(document)):
                try:
                    page = document[index]
                    scale = PDF_SIDE / max(*page.get_size(), 1)
                    picture = page.render(scale=scale).to_pil().convert("RGB")
                except (pypdfium2.PdfiumError, *DAMAGE) as error:
                    raise damaged(f"page {index + 1} cannot be drawn") from error
                yield Page(picture, 1.0)

    def _count_frames(self) -> int:
        """How many frames are pages, each checked for its size."""
        with _opened(self._file) as picture:
            try:
                frames = getattr(picture, "n_frames", 1)
                if picture.format != "TIFF":
                    # What is animated or carries a second view is one picture of one sheet.
                    self.skipped, frames = frames - 1, 1
                self._places = []
                for frame in range(min(frames, MAX_PAGES * 3)):
                    picture.seek(frame)
                    _check_size(picture)
                    if not _is_thumbnail(picture):
                        self._places.append(frame)
            except DAMAGE as error:
                raise damaged(error) from error
        return len(self._places)

    def _frames(self) -> Iterator[Page]:
        for frame in self._places:
            # Opened for each frame, so that no pixels are held while one is worked on.
            with _opened(self._file) as picture:
                try:
                    page = _page(picture, frame)
                except DAMAGE as error:
                    raise damaged(error) from error
            yield page


def _page(picture: Image.Image, frame: int) -> Page:
    picture.seek(frame)
    wide, _ = picture.size
    if picture.format == "JPEG":
        picture.draft(None, (MOST_SIDE, MOST_SIDE))
    small = _rgb(picture)
    small.thumbnail((MOST_SIDE, MOST_SIDE))
    if LEAST_SHEET <= max(small.size) < LEAST_SIDE:
        exif = small.info["exif"]
        small = ImageOps.contain(small, (LEAST_SIDE, LEAST_SIDE), Image.Resampling.BICUBIC)
        small.info["exif"] = exif
    scale = small.width / wide
    return Page(ImageOps.exif_transpose(small), scale)


def _opened(file: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # From 89 million pixels on; what is too many is said by `_check_size`.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels("more than 179") from error
    except UnidentifiedImageError as error:
        raise damaged("it cannot be opened") from error
    except DAMAGE as error:
        raise damaged(error) from error


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise _too_many_pixels(f"{width * height / 1e6:,.0f}")


def _is_thumbnail(picture: Image.Image) -> bool:
    """Whether a TIFF frame is a smaller copy or a mask of another (tag NewSubfileType)."""
    tags = getattr(picture, "tag_v2", {})
    return bool(int(tags.get(254, 0) or 0) & 0b101)


def _rgb(picture: Image.Image) -> Image.Image:
    """As a person sees it on paper; EXIF is kept for the orientation."""
    exif = picture.getexif()
    # What is far too large is made smaller before it is copied.
    factor = max(1, max(picture.size) // MOST_SIDE)
    if picture.mode in ("I", "F") or picture.mode.startswith("I;"):
        picture = _eight_bits(picture, factor)
    elif factor > 1 and picture.mode in ("L", "LA", "RGB", "RGBA", "CMYK"):
        transparency = {k: v for k, v in picture.info.items() if k == "transparency"}
        picture = picture.reduce(factor)
        picture.info.update(transparency)
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        picture = Image.new("RGB", layer.size, _ground(layer))
        picture.paste(layer, mask=layer.getchannel("A"))
    picture = picture.convert("RGB")
    picture.info["exif"] = exif.tobytes()
    return picture


def _ground(layer: Image.Image) -> tuple[int, int, int]:
    """What to lay a transparent picture on: white paper, or a ground on which its ink shows.

    The ink is what is not transparent. A ground is as good as the tenth of the ink that differs
    least from it.
    """
    gray = numpy.asarray(layer.convert("L"), "int16")
    ink = gray[numpy.asarray(layer.getchannel("A")) > HALF_SEEN]
    if not ink.size:
        return GROUNDS[0]
    contrast = [float(numpy.percentile(abs(ink - ground[0]), 10)) for ground in GROUNDS]
    return GROUNDS[int(numpy.argmax(contrast))]


def _eight_bits(picture: Image.Image, factor: int) -> Image.Image:
    """Samples of 16 or more bits stretched over 8; Pillow would cut them off."""
    values = numpy.nan_to_num(numpy.asarray(picture)[::factor, ::factor].astype("float32"))
    low, high = float(values.min()), float(values.max())
    return Image.fromarray(((values - low) * (255 / max(high - low, 1e-9))).astype("uint8"))


def _too_many_pixels(millions: str) -> BadInput:
    return too_large(
        f"The picture has {millions} million pixels; the limit is {MAX_PIXELS // 10**6} million.",
        "Scan at 300 dots per inch, or make the picture smaller.",
    )
