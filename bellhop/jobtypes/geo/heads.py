"""What an image says about its samples, where a library may read it otherwise than it is meant."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from bellhop.jobtypes.geo import tiff

# Compressions that every libtiff reads: the three of fax, LZW, JPEG, Deflate, PackBits. What is not
# compressed at all cannot be damaged: where it ends too early is found without a decoder.
COMMON_COMPRESSIONS = (2, 3, 4, 5, 7, 8, 32946, 32773)
# Frames of JPEG that every decoder reads: baseline, extended and progressive, of 8 bits.
COMMON_FRAMES, COMMON_PRECISION = (0xC0, 0xC1, 0xC2), 8
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those are tables and reserved
MOST_JPEG_HEAD_BYTES = 1_000_000
BMP_HEADS = (12, 40, 52, 56, 64, 108, 124)
UNCOMPRESSED, RLE8, RLE4, MASKS = 0, 1, 2, 3
END_OF_LINE, END_OF_IMAGE, MOVE = 0, 1, 2


def is_common(image: Path, kind: str) -> bool:
    """Whether each decoder of this kind reads it, so that one that fails proves it damaged."""
    try:
        if kind == "tiff":
            return _is_common_tiff(tiff.read(image).main)
        if kind == "jpeg":
            frame, precision = _jpeg_frame(image)
            return frame in COMMON_FRAMES and precision == COMMON_PRECISION
        if kind == "bmp":
            head = bmp_head(image)
            return head.is_plain and head.compression != MASKS
    except struct.error:  # it ends within its head
        return True
    return True


def png_bits(image: Path) -> int:
    """Bits of a sample."""
    with image.open("rb") as stream:
        return stream.read(25)[24]


@dataclass(frozen=True)
class BmpHead:
    """The head of a BMP; `height` is negative where the first row is the uppermost."""

    size: int
    start: int
    width: int
    height: int
    bits: int
    compression: int
    colors: int

    @property
    def is_plain(self) -> bool:
        """Whether the pixels follow head and colours, and are not packed into parts of bytes."""
        entry = 3 if self.size == 12 else 4
        palette = entry * (self.colors or 1 << self.bits) if self.bits <= 8 else 0
        if self.size not in BMP_HEADS or self.start < 14 + self.size + palette:
            return False
        allowed = {8: (UNCOMPRESSED, RLE8), 4: (UNCOMPRESSED, RLE4), 32: (UNCOMPRESSED, MASKS)}
        return self.compression in allowed.get(self.bits, (UNCOMPRESSED,)) and self.bits != 16


def bmp_head(image: Path) -> BmpHead:
    """Raises struct.error where the file ends within it."""
    with image.open("rb") as stream:
        head = stream.read(64)
    start, size = struct.unpack_from("<II", head, 10)
    if size == 12:  # the one of OS/2
        width, height, _, bits = struct.unpack_from("<HHHH", head, 18)
        return BmpHead(size, start, width, height, bits, UNCOMPRESSED, 0)
    width, height, _, bits, compression = struct.unpack_from("<iiHHI", head, 18)
    (colors,) = struct.unpack_from("<I", head, 46)
    return BmpHead(size, start, width, height, bits, compression, colors)


def bmp_has_all_pixels(image: Path) -> bool:
    """Whether it is a plain BMP, whose runs, if it has any, set each pixel once, row by row."""
    head = bmp_head(image)
    if not head.is_plain or head.compression not in (RLE8, RLE4):
        return head.is_plain
    data = image.read_bytes()[head.start :]
    column = row = place = 0
    while place + 1 < len(data):
        length, value = data[place], data[place + 1]
        place += 2
        if length:
            column += length
        elif value == END_OF_LINE and column == head.width:
            column, row = 0, row + 1
        elif value == END_OF_IMAGE:
            rows = row + (column == head.width)
            return rows == head.height and column in (0, head.width)
        elif value <= MOVE:
            return False
        else:  # that many pixels, filled up to an even number of bytes
            column += value
            place += (value * head.bits // 8 + value * head.bits % 8 // 4 + 1) // 2 * 2
        if column > head.width:
            return False
    return False


def _is_common_tiff(main: tiff.Directory) -> bool:
    is_known = main.number(tiff.COMPRESSION, 1) in COMMON_COMPRESSIONS
    return is_known and not main.is_sparse and main.number(tiff.PLANES, 1) == 1


def _jpeg_frame(image: Path) -> tuple[int, int]:
    """The marker of the frame and the bits of a sample. Raises struct.error at the end."""
    with image.open("rb") as stream:
        content = stream.read(MOST_JPEG_HEAD_BYTES)
    place = 2
    while True:
        mark, marker, length = struct.unpack_from(">BBH", content, place)
        if mark != 0xFF:
            raise struct.error("no marker")
        if marker == 0xFF:  # a byte of padding
            place += 1
        elif marker in FRAMES:
            return marker, struct.unpack_from("B", content, place + 4)[0]
        else:
            place += 2 + length
