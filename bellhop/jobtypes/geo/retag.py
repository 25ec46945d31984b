"""Give the image of a TIFF file other tags; the bytes of its pixels stay as they are."""

from __future__ import annotations

import os
import struct
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from bellhop.jobtypes.geo import tiff
from bellhop.jobtypes.reading.refusals import too_large

# A Cloud Optimized GeoTIFF says with these words, which have the same length, that it was changed.
UNCHANGED, CHANGED = b"KNOWN_INCOMPATIBLE_EDITION=NO\n ", b"KNOWN_INCOMPATIBLE_EDITION=YES\n"
ALIGNMENT = 8


def set_tags(
    file: Path, tags: Mapping[int, tuple[int, Any]], *, without: Collection[int] = ()
) -> None:
    """Set `tags`, each as (type, text or numbers), and remove those of `without`.

    Appends a directory to `file` and lets its header point there. Raises BadInput too_large where
    the offsets of a classic TIFF cannot name that place.
    """
    found = tiff.read(file)
    try:
        with file.open("r+b") as stream:
            entries, following = _entries(stream, found)
            stream.seek(0, os.SEEK_END)
            kept = {tag: entry for tag, entry in entries.items() if tag not in without}
            new = {tag: _entry(stream, found.layout, tag, *value) for tag, value in tags.items()}
            _append(stream, found.layout, kept | new, following)
            if (place := found.start.find(UNCHANGED)) >= 0:
                stream.seek(place)
                stream.write(CHANGED)
    except struct.error as error:
        raise too_large(
            "The TIFF has no room for a georeference: it is almost 4 GB long.",
            "Save it as BigTIFF and retry.",
        ) from error


def mark_premultiplied(file: Path) -> None:
    """Say of each alpha band that its colours are multiplied by it; nothing moves in the file."""
    found = tiff.read(file)
    layout = found.layout
    with file.open("r+b") as stream:
        for directory in found.directories:
            values = directory.tags.get(tiff.EXTRA_SAMPLES, ())
            if tiff.SEPARATE_ALPHA not in values:
                continue
            new = [tiff.PREMULTIPLIED if v == tiff.SEPARATE_ALPHA else v for v in values]
            stream.seek(_value_of(stream, layout, directory, tiff.EXTRA_SAMPLES))
            stream.write(layout.pack(f"{len(new)}H", *new))


def _value_of(stream: BinaryIO, layout: tiff.Layout, directory: tiff.Directory, tag: int) -> int:
    """Where the value of a tag of 16 bits stands: in its entry, or where that says."""
    stream.seek(directory.offset)
    (count,) = layout.unpack(layout.count, stream.read(layout.size(layout.count)))
    for _ in range(count):
        place = stream.tell()
        entry = stream.read(layout.entry_size)
        if layout.unpack("H", entry[:2])[0] == tag:
            size = 2 * len(directory.tags[tag])
            room = layout.size(layout.long)
            if size <= room:
                return place + layout.entry_size - room
            return int(layout.unpack(layout.long, entry[-room:])[0])
    raise KeyError(tag)


def _entries(stream: BinaryIO, found: tiff.Tiff) -> tuple[dict[int, bytes], bytes]:
    """The entries of the first directory as they stand there, and where the next one is."""
    layout = found.layout
    stream.seek(found.main.offset)
    (count,) = layout.unpack(layout.count, stream.read(layout.size(layout.count)))
    entries: dict[int, bytes] = {}
    for _ in range(count):
        entry = stream.read(layout.entry_size)
        entries.setdefault(layout.unpack("H", entry[:2])[0], entry)
    return entries, stream.read(layout.size(layout.long))


def _entry(stream: BinaryIO, layout: tiff.Layout, tag: int, kind: int, value: Any) -> bytes:
    """The entry of a tag, whose value is appended to the file where it is too long for it."""
    if isinstance(value, str):
        content = value.encode() + b"\0"
        count = len(content)
    else:
        count = len(value)
        content = layout.pack(f"{count}{tiff.TYPES[kind]}", *value)
    room = layout.size(layout.long)
    if len(content) > room:
        _align(stream)
        place = layout.pack(layout.long, stream.tell())
        stream.write(content)
        content = place
    return layout.pack("HH" + layout.long, tag, kind, count) + content.ljust(room, b"\0")


def _append(
    stream: BinaryIO, layout: tiff.Layout, entries: Mapping[int, bytes], following: bytes
) -> None:
    _align(stream)
    place = stream.tell()
    stream.write(layout.pack(layout.count, len(entries)))
    stream.writelines(entries[tag] for tag in sorted(entries))
    stream.write(following)
    stream.seek(layout.first)
    stream.write(layout.pack(layout.long, place))


def _align(stream: BinaryIO) -> None:
    stream.write(b"\0" * (-stream.tell() % ALIGNMENT))
