"""What the first bytes of an image say about its samples, where a library may read it otherwise."""

from __future__ import annotations

import struct
from pathlib import Path

from bellhop.jobtypes.geo import tiff

# Compressions that every libtiff reads: none, the three of fax, LZW, JPEG, Deflate, PackBits.
COMMON_COMPRESSIONS = (1, 2, 3, 4, 5, 7, 8, 32946, 32773)
# Frames of JPEG that every decoder reads: baseline, extended and progressive, of 8 bits.
COMMON_FRAMES, COMMON_PRECISION = (0xC0, 0xC1, 0xC2), 8
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those are tables and reserved
COMMON_BMP_HEADS, COMMON_BMP_BITS = (12, 40, 52, 56, 64, 108, 124), (1, 4, 8, 16, 24, 32)
COMMON_BMP_COMPRESSIONS = (0, 1, 2, 3)
MOST_JPEG_HEAD_BYTES = 1_000_000


def is_common(image: Path, kind: str) -> bool:
    """Whether each decoder of this kind reads it, so that one that fails proves it damaged."""
    try:
        if kind == "tiff":
            return tiff.read(image).main.number(tiff.COMPRESSION, 1) in COMMON_COMPRESSIONS
        if kind == "jpeg":
            frame, precision = _jpeg_frame(image)
            return frame in COMMON_FRAMES and precision == COMMON_PRECISION
        if kind == "bmp":
            head, bits, compression = _bmp_head(image)
            is_known = head in COMMON_BMP_HEADS and compression in COMMON_BMP_COMPRESSIONS
            return is_known and bits in COMMON_BMP_BITS
    except struct.error:  # it ends within its head
        return True
    return True


def sample_bits(image: Path, kind: str) -> int:
    """Bits of a sample of a PNG, of a pixel of a BMP; 8 of any other kind."""
    if kind == "png":
        return _start(image)[24]
    return _bmp_head(image)[1] if kind == "bmp" else 8


def _bmp_head(image: Path) -> tuple[int, int, int]:
    """Length of the head, bits of a pixel, compression. Raises struct.error at the end."""
    start = _start(image)
    (head,) = struct.unpack_from("<I", start, 14)
    if head == 12:  # the one of OS/2
        return head, struct.unpack_from("<H", start, 24)[0], 0
    return head, *struct.unpack_from("<HI", start, 28)


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


def _start(image: Path) -> bytes:
    with image.open("rb") as stream:
        return stream.read(64)
