"""The directories of a TIFF file: what it declares, read before any library decodes it.

Also whether its bytes lie inside the file and in the order of a Cloud Optimized GeoTIFF.
"""

from __future__ import annotations

import html
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from bellhop import BadInput
from bellhop.jobtypes.geo.refusals import MAX_PIXELS, corrupt

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, ORIENTATION = 256, 257, 258, 259, 262, 274
SAMPLES, SAMPLE_FORMAT, EXTRA_SAMPLES = 277, 339, 338
PREMULTIPLIED, SEPARATE_ALPHA = 1, 2  # values of EXTRA_SAMPLES
SUBFILE, PLANES, TILE_WIDTH, TILE_HEIGHT = 254, 284, 322, 323
STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS = 273, 279, 324, 325
MASK, REDUCED, GDAL_METADATA, ASCII = 4, 1, 42112, 2
# Metadata by which GDAL opens further files, or addresses of the network, as part of this one.
LINKS = ("overview_file", "x_dataset", "y_dataset")
MAX_DIRECTORIES, MAX_ENTRIES = 1000, 4096
# Size and struct letter of each type of value.
TYPES = {
    1: "B", 2: "s", 3: "H", 4: "I", 6: "b", 7: "s", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I",
    16: "Q", 17: "q", 18: "Q", 5: "II", 10: "ii",
}  # fmt: skip
COG_UNTILED, COG_FIRST_OFFSET = 512, 300
SPOILT = b"KNOWN_INCOMPATIBLE_EDITION=YES"


@dataclass(frozen=True)
class Layout:
    """How numbers stand in the file: `order` is that of struct, `is_big` true for BigTIFF."""

    order: str
    is_big: bool

    @property
    def long(self) -> str:
        """The struct letter of an offset."""
        return "Q" if self.is_big else "I"

    @property
    def count(self) -> str:
        """The struct letter of the number of entries of a directory."""
        return "Q" if self.is_big else "H"

    @property
    def first(self) -> int:
        """Where the header says where the first directory is."""
        return 8 if self.is_big else 4

    @property
    def entry_size(self) -> int:
        return 20 if self.is_big else 12

    def size(self, letters: str) -> int:
        return struct.calcsize(self.order + letters)

    def unpack(self, letters: str, content: bytes) -> tuple[Any, ...]:
        return struct.unpack(self.order + letters, content)

    def pack(self, letters: str, *values: Any) -> bytes:
        return struct.pack(self.order + letters, *values)


@dataclass(frozen=True)
class Directory:
    """One image of the file: where its directory stands, and its tags."""

    offset: int
    tags: dict[int, tuple[Any, ...]]

    def number(self, tag: int, default: int) -> int:
        value = self.tags.get(tag, (default,))
        return int(value[0]) if value and isinstance(value[0], int) else default

    def text(self, tag: int) -> str:
        """Of an ASCII tag, without its closing zero."""
        value = self.tags.get(tag, (b"",))[0]
        return value.rstrip(b"\0").decode("latin-1") if isinstance(value, bytes) else ""

    @property
    def has_premultiplied_alpha(self) -> bool:
        return PREMULTIPLIED in self.tags.get(EXTRA_SAMPLES, ())

    @property
    def size(self) -> tuple[int, int]:
        return self.number(WIDTH, 0), self.number(HEIGHT, 0)

    @property
    def block_width(self) -> int:
        return self.number(TILE_WIDTH, self.size[0])

    @property
    def is_sparse(self) -> bool:
        """Whether strips or tiles are left out."""
        tag = TILE_OFFSETS if TILE_OFFSETS in self.tags else STRIP_OFFSETS
        return len(list(self.blocks())) < len(self.tags.get(tag, ()))

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Offset and length of each strip or tile that is not left out."""
        is_tiled = TILE_OFFSETS in self.tags
        offsets = self.tags.get(TILE_OFFSETS if is_tiled else STRIP_OFFSETS, ())
        counts = self.tags.get(TILE_COUNTS if is_tiled else STRIP_COUNTS, ())
        # Without lengths, as old files are, all that can be said is where each begins.
        counts = counts or (1,) * len(offsets)
        return ((o, c) for o, c in zip(offsets, counts, strict=False) if o and c)


@dataclass(frozen=True)
class Tiff:
    """The directories of a file, the first one being the image."""

    directories: list[Directory]
    size_bytes: int
    start: bytes
    layout: Layout

    @property
    def main(self) -> Directory:
        return self.directories[0]

    @property
    def overviews(self) -> list[Directory]:
        found = [d for d in self.directories[1:] if d.number(SUBFILE, 0) & (MASK | REDUCED) == 1]
        return [d for d in found if d.number(SAMPLES, 1) == self.main.number(SAMPLES, 1)]

    @property
    def further_images(self) -> int:
        return sum(d.number(SUBFILE, 0) & (MASK | REDUCED) == 0 for d in self.directories[1:])

    def check_blocks(self) -> None:
        """Refuse a file that ends before its image does, and tiles larger than any image."""
        for directory in self.directories:
            if directory.number(TILE_WIDTH, 1) * directory.number(TILE_HEIGHT, 1) > MAX_PIXELS:
                raise corrupt("The TIFF is damaged: its tiles are too large.")
            if any(offset + count > self.size_bytes for offset, count in directory.blocks()):
                raise corrupt("The file ends before its image does.")

    def is_cog(self) -> bool:
        """Whether it is a valid Cloud Optimized GeoTIFF, by the rules of GDAL's validator."""
        main, overviews = self.main, self.overviews
        if main.offset > COG_FIRST_OFFSET or SPOILT in self.start:
            return False
        levels = [main, *overviews]
        for level in levels:
            width, height = level.size
            if max(width, height) > COG_UNTILED and level.block_width == width:
                return False
        widths, offsets = [d.size[0] for d in levels], [d.offset for d in levels]
        if widths != sorted(widths, reverse=True) or offsets != sorted(offsets):
            return False
        # The smallest overview comes first, the full image last.
        data = [next(d.blocks(), (0, 0))[0] for d in levels]
        data = [offset for offset in data if offset]
        return data == sorted(data, reverse=True) and (not data or data[-1] >= offsets[-1])


def read(file: Path) -> Tiff:
    """Raises BadInput: corrupt_file, unsupported_type."""
    try:
        with file.open("rb") as stream:
            return _Reader(stream).read()
    except (struct.error, OverflowError, ValueError) as error:
        raise corrupt("The TIFF is damaged: a directory cannot be read.") from error


class _Reader:
    """Reads classic TIFF and BigTIFF of both byte orders."""

    def __init__(self, stream: BinaryIO):
        self._stream = stream
        self._size = os.fstat(stream.fileno()).st_size
        self._start = self._at(0, min(self._size, 1024))
        order = "<" if self._start[:2] == b"II" else ">"
        self._layout = Layout(order, struct.unpack(order + "H", self._start[2:4])[0] == 43)

    def read(self) -> Tiff:
        found: list[Directory] = []
        seen: set[int] = set()
        offset = self._long_at(self._layout.first)
        # Some files end with a directory that points to one before it.
        while offset and offset not in seen and len(found) < MAX_DIRECTORIES:
            seen.add(offset)
            directory, offset = self._directory(offset)
            found.append(directory)
        if not found or min(found[0].size) < 1:
            raise corrupt("The TIFF is damaged: it has no image.")
        return Tiff(found, self._size, self._start, self._layout)

    def _directory(self, offset: int) -> tuple[Directory, int]:
        """The directory at `offset` and where the next one stands."""
        layout = self._layout
        start = offset + layout.size(layout.count)
        (count,) = layout.unpack(layout.count, self._at(offset, start - offset))
        if count > MAX_ENTRIES:
            raise corrupt("The TIFF is damaged: a directory is too long.")
        entries = self._at(start, count * layout.entry_size)
        tags: dict[int, tuple[Any, ...]] = {}
        for n in range(count):
            entry = entries[n * layout.entry_size : (n + 1) * layout.entry_size]
            tag, kind = layout.unpack("HH", entry[:4])
            if tag == GDAL_METADATA:
                self._check_metadata(kind, entry[4:])
            if kind in TYPES and tag not in tags:
                tags[tag] = self._values(kind, entry[4:])
        return Directory(offset, tags), self._long_at(start + len(entries))

    def _check_metadata(self, kind: int, rest: bytes) -> None:
        """Refuse what would make GDAL open another file, however it is spelled."""
        if kind != ASCII:
            raise corrupt("The TIFF is damaged: its metadata is not text.")
        text = self._values(kind, rest)[0].decode("latin-1")
        if any(link in html.unescape(text).casefold() for link in LINKS):
            raise BadInput(
                "The TIFF refers to other files, which Bellhop does not open.",
                code="unsupported_type",
                hint="Write it into one file, for example with gdal_translate.",
            )

    def _values(self, kind: int, rest: bytes) -> tuple[Any, ...]:
        layout = self._layout
        width = layout.size(layout.long)
        (count,) = layout.unpack(layout.long, rest[:width])
        letters = TYPES[kind]
        size = count * struct.calcsize("=" + letters)
        value = rest[width:]
        if size > len(value):
            (offset,) = layout.unpack(layout.long, value)
            value = self._at(offset, size)
        if letters == "s":
            return (value[:size],)
        return layout.unpack(f"{count * len(letters)}{letters[0]}", value[:size])

    def _long_at(self, offset: int) -> int:
        (value,) = self._layout.unpack(
            self._layout.long, self._at(offset, self._layout.size(self._layout.long))
        )
        return int(value)

    def _at(self, offset: int, size: int) -> bytes:
        # Before reading, so that a length of terabytes is not asked for.
        if offset < 0 or offset + size > self._size:
            raise corrupt("The file ends before its image does.")
        self._stream.seek(offset)
        return self._stream.read(size)
