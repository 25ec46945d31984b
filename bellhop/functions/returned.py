"""What a function returns, as the JSON of a result and its files.

Values are known by what they can do, not by their class, so no library of a job type is imported
here: what has `savefig` is a figure, what has `to_csv` and `columns` a table. The shapes that the
page draws are `{"table": {"columns", "rows", "total_rows"}}` and `{"markdown": text}`; what became
a file of the result stands there as `{"file": name}`.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import enum
import json
import math
import re
import shutil
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path, PurePath
from typing import Any

from bellhop.base import documents
from bellhop.functions import formats
from bellhop.words import Markdown, Table

# Rows of a table that a page shows; its file has all of them.
MOST_ROWS = 1000
# Warnings about numbers that JSON has no word for; the rest is counted.
MOST_WARNINGS = 20
MOST_DEPTH = 100
# How files begin, and their suffixes (https://en.wikipedia.org/wiki/List_of_file_signatures).
SIGNATURES = (
    (b"\x89PNG\r\n", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"GIF8", ".gif"), (b"%PDF-", ".pdf"),
    (b"PK\x03\x04", ".zip"), (b"\x1f\x8b", ".gz"), (b"ID3", ".mp3"), (b"OggS", ".ogg"),
    (b"fLaC", ".flac"), (b"II*\0", ".tif"), (b"MM\0*", ".tif"), (b"SQLite format 3\0", ".sqlite"),
)  # fmt: skip
OF_RIFF = {b"WAVE": ".wav", b"WEBP": ".webp", b"AVI ": ".avi"}
OF_FORMATS = (datetime.date, datetime.time, datetime.timedelta, Decimal)
# No pixel is lost as PNG (PNG specification, 3rd edition, table 8).
MODES_OF_PNG = ("1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16")


# What is no single thing.
PARTS = object()


class BadResult(TypeError):
    """A result holds what cannot be recorded; the text names where."""


class Returned:
    """Reads what one function returns; `output` is the folder of its files."""

    def __init__(self, output: Path):
        self._output = output
        self.warnings: list[Any] = []
        self._unknown_numbers = 0
        # Files that this has put into the outputs, and the places that they were copied from.
        self._made: list[Path] = []
        self.copied: set[Path] = set()

    def text(self, value: Any) -> str:
        """The value as JSON text; raises BadResult for what has no word in it.

        The files of the value before, which was a partial result, go.
        """
        self.warnings, self._unknown_numbers = [], 0
        self._drop_made()
        try:
            text = _encoded(value)  # which most values are already
        except (TypeError, ValueError, RecursionError):
            value = self.data(value)
            text = _encoded(value)
        documents.require_shallow(value)  # who reads it has a stack of its own
        return text

    def data(self, value: Any) -> Any:
        """The value as what JSON has words for; raises BadResult for what it has none for."""
        found = self._json(value, "", 0)
        if self._unknown_numbers > MOST_WARNINGS:
            more = self._unknown_numbers - MOST_WARNINGS
            self._warn("not_a_number", f"{more} more numbers are not finite.", None)
        return found

    def _json(self, value: Any, where: str, depth: int) -> Any:
        if depth > MOST_DEPTH:
            raise BadResult(f"{where[:60]}…: the nesting is deeper than {MOST_DEPTH} levels")
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            return self._number(value, where)
        if (found := self._single(value, where)) is not PARTS:
            return found
        return self._nested(value, where, depth)

    def _number(self, value: float, where: str) -> float | None:
        if math.isfinite(value):
            return value
        self._unknown_numbers += 1
        if self._unknown_numbers <= MOST_WARNINGS:
            self._warn("not_a_number", f"{value} is not a number in JSON; it became null.", where)
        return None

    def _single(self, value: Any, where: str) -> Any:
        """A single thing as JSON; PARTS for what has some."""
        if isinstance(value, Markdown):
            return {"markdown": value.text}
        if isinstance(value, Table):
            return self._table(value.columns, value.rows, where)
        if isinstance(value, enum.Enum):
            return self._json(value.value, where, 0)
        if isinstance(value, OF_FORMATS):
            return formats.written(value)
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, int | float):
            return self._number(float(value), where) if isinstance(value, float) else int(value)
        if isinstance(value, Path):
            return self._path(value, where)
        if isinstance(value, bytes | bytearray | memoryview):
            return self._bytes(bytes(value), where)
        for is_one, read in LIBRARIES:
            if is_one(value):
                return read(self, value, where)
        return PARTS

    def _nested(self, value: Any, where: str, depth: int) -> Any:
        value = _members(value)
        if isinstance(value, Mapping) and not _has_everything(value):
            return {
                name: self._json(each, f"{where}.{name}" if where else name, depth + 1)
                for name, each in self._named(value, where)
            }
        is_many = isinstance(value, Iterable) and not isinstance(value, type)
        if is_many and not _has_everything(value):
            listed = sorted(value, key=_shown) if isinstance(value, set | frozenset) else value
            return [self._json(v, f"{where}[{n}]", depth + 1) for n, v in enumerate(listed)]
        kind = type(value).__name__
        name = (
            f" {value.__name__}" if _can(value, "__name__") and not _has_everything(value) else ""
        )
        raise BadResult(
            f"{where or 'the result'} is a {kind}{name}, which cannot be recorded; return text, "
            "numbers, lists, dicts, dataclasses, tables, images or paths of files."
        )

    def _named(self, value: Mapping[Any, Any], where: str) -> Iterator[tuple[str, Any]]:
        for key, each in value.items():
            is_plain = key is None or type(key) in (str, bool, int)
            plain = key if is_plain else self._single(key, where)
            if isinstance(plain, dict | list) or plain is PARTS:
                raise BadResult(
                    f"{where or 'the result'} has the key {_shown(key):.80}, which is not a text; "
                    "write it as one, or return a list of pairs"
                )
            # As json.dumps writes them.
            yield plain if isinstance(plain, str) else json.dumps(plain), each

    def _warn(self, code: str, message: str, where: str | None) -> None:
        self.warnings.append({"code": code, "message": message, "where": where or None})

    def _path(self, path: Path, where: str) -> dict[str, Any]:
        """A file or folder of the function, copied to the outputs unless it is there."""
        if not path.exists():
            raise BadResult(f"{where or 'the result'} is the path {path}, where there is no file")
        if not (path.is_file() or path.is_dir()):
            raise BadResult(f"{where or 'the result'} is {path}, neither a file nor a folder")
        place, output = path.resolve(), self._output.resolve()
        if place.is_relative_to(output):
            return {"file": str(place.relative_to(output))}
        if output.is_relative_to(place):
            raise BadResult(f"{where or 'the result'} is {path}, which has all outputs in it")
        target = self._free(path.name or "files")
        self.copied.add(place)
        if place.is_dir():
            shutil.copytree(place, target, symlinks=True)
        else:
            shutil.copyfile(place, target)
        return {"file": target.name}

    def _bytes(self, content: bytes, where: str) -> dict[str, Any]:
        target = self._free(_file_name(where, _suffix_of(content)))
        target.write_bytes(content)
        return {"file": target.name}

    def _free(self, name: str) -> Path:
        """A place in the outputs that nothing has, called as asked or with a number."""
        target, number = self._output / name, 1
        while target.exists():
            number += 1
            target = self._output / f"{Path(name).stem}-{number}{Path(name).suffix}"
        self._made.append(target)
        return target

    def _drop_made(self) -> None:
        for path in self._made:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        self._made.clear()

    def _saved(self, where: str, suffix: str, save: Callable[[Path], object]) -> dict[str, Any]:
        target = self._free(_file_name(where, suffix))
        save(target)
        return {"file": target.name}

    def _table(
        self, columns: Sequence[str], rows: Iterable[Sequence[Any]], where: str
    ) -> dict[str, Any]:
        """The first rows as JSON, and all of them as CSV."""
        target = self._free(_file_name(where, ".csv"))
        shown: list[list[Any]] = []
        count = 0
        with target.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            rows = iter(rows)
            for row in islice(rows, MOST_ROWS):
                place = f"{where}.rows[{count}]" if where else f"rows[{count}]"
                cells = [self._cell(cell, place) for cell in row]
                shown.append(cells)
                writer.writerow(_as_text(cell) for cell in cells)
                count += 1
            for row in rows:
                writer.writerow(_as_text(self._cell(cell, "")) for cell in row)
                count += 1
        return {"table": {"columns": list(columns), "rows": shown, "total_rows": count}}

    def _cell(self, value: Any, where: str) -> Any:
        """A cell; what a table has no value for is null there without a word."""
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return None
        if type(value).__name__ in ("NaTType", "NAType"):  # what pandas calls nothing
            return None
        return self._json(value, where, 1)

    def _frame(self, frame: Any, where: str) -> dict[str, Any]:
        """A table of pandas, whose index counts only where it says something, or of polars."""
        if hasattr(frame, "iter_rows"):
            return self._table(list(map(str, frame.columns)), frame.iter_rows(), where)
        if hasattr(frame, "to_frame") and not hasattr(frame, "itertuples"):
            frame = frame.to_frame()
        if type(frame.index).__name__ != "RangeIndex":
            frame = frame.reset_index()
        columns = [" ".join(map(str, c)) if isinstance(c, tuple) else str(c) for c in frame.columns]
        return self._table(columns, frame.itertuples(index=False, name=None), where)

    def _array(self, array: Any, where: str) -> Any:
        return self._json(array.tolist(), where, 1)

    def _image(self, image: Any, where: str) -> dict[str, Any]:
        image = image if image.mode in MODES_OF_PNG else image.convert("RGB")
        return self._saved(where, ".png", lambda place: image.save(place, format="PNG"))

    def _figure(self, figure: Any, where: str) -> dict[str, Any]:
        return self._saved(
            where, ".png", lambda place: figure.savefig(place, format="png", bbox_inches="tight")
        )

    def _plotly(self, figure: Any, where: str) -> dict[str, Any]:
        """A picture where plotly can draw one, else a page to download, which draws itself."""
        try:
            return self._saved(where, ".svg", lambda place: figure.write_image(place))
        except Exception:  # what draws it, kaleido, is missing or finds no browser
            why = "The page cannot show this figure, as kaleido is not installed; its file is HTML."
            self._warn("figure_not_drawn", why, where)
            return self._saved(where, ".html", lambda place: figure.write_html(place))

    def _sparse(self, matrix: Any, where: str) -> Any:
        return self._json(matrix.toarray(), where, 1)

    def _text(self, value: Any, where: str) -> str:
        return str(value)

    def _open_file(self, file: Any, where: str) -> Any:
        """An open file: the one on the disk that has its name, or what can be read from it."""
        if isinstance(name := getattr(file, "name", None), str) and Path(name).is_file():
            with contextlib.suppress(ValueError):  # it is closed
                file.flush()
            return self._path(Path(name), where)
        content = file.read()
        return self._bytes(content.encode() if isinstance(content, str) else content, where)

    def _buffer(self, buffer: Any, where: str) -> dict[str, Any]:
        content = buffer.getvalue()
        return self._bytes(content.encode() if isinstance(content, str) else content, where)


def _encoded(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def _has(*names: str) -> Callable[[Any], bool]:
    """What is true of instances that have all of these, but not of those that have everything."""

    def has(value: Any) -> bool:
        if isinstance(value, type) or not all(_can(value, name) for name in names):
            return False
        return not _has_everything(value)

    return has


def _has_everything(value: Any) -> bool:
    """Whether a value answers whatever it is asked for, as mocks do; it says nothing then."""
    return _can(value, "has_whatever_it_is_asked_for")


def _can(value: Any, name: str) -> bool:
    try:
        return hasattr(value, name)
    except Exception:  # it answers with an error of its own
        return False


def _members(value: Any) -> Any:
    """What has members with names as a mapping of them; all else as it is."""
    if _can(type(value), "model_fields") and _can(value, "model_dump"):
        return value.model_dump()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if _has("__attrs_attrs__")(value):
        return {field.name: getattr(value, field.name) for field in value.__attrs_attrs__}
    if isinstance(value, types.SimpleNamespace):
        return vars(value)
    if not isinstance(value, Mapping) and _has("keys", "__getitem__")(value):
        return dict(value)  # rows of sqlite3 and others that dict() takes
    return value


def _shown(key: Any) -> str:
    try:
        return repr(key)
    except Exception:  # its class cannot show it
        return f"of the class {type(key).__name__}"


# How the things of libraries are known, and what reads each.
LIBRARIES: tuple[tuple[Callable[[Any], bool], Callable[[Returned, Any, str], Any]], ...] = (
    (_has("iter_rows", "columns", "write_csv"), Returned._frame),
    (_has("itertuples", "columns", "to_csv"), Returned._frame),
    (_has("to_frame", "to_csv", "index"), Returned._frame),
    (_has("dtype", "tolist"), Returned._array),
    (_has("savefig"), Returned._figure),
    (_has("get_figure", "plot"), lambda self, axes, where: self._figure(axes.get_figure(), where)),
    (_has("to_plotly_json", "write_html"), Returned._plotly),
    (_has("getbbox", "convert", "mode", "save"), Returned._image),
    (_has("getvalue"), Returned._buffer),
    (_has("read", "seek", "close"), Returned._open_file),
    (_has("toarray", "shape"), Returned._sparse),
    (_has("compressed", "exploded"), Returned._text),  # an address of ipaddress
    (_has("unicode_string"), Returned._text),  # a URL of pydantic
    (_has("hex", "urn", "fields"), Returned._text),  # a UUID
    (_has("numerator", "denominator"), Returned._text),  # a fraction
    (lambda value: isinstance(value, PurePath), Returned._text),
)


def _file_name(where: str, suffix: str) -> str:
    """What a file of this part of the result is called."""
    name = re.sub(r"[^\w-]+", "-", where).strip("-")[:80]
    return f"{name or 'result'}{suffix}"


def _suffix_of(content: bytes) -> str:
    for start, suffix in SIGNATURES:
        if content.startswith(start):
            return suffix
    if content[:4] == b"RIFF" and content[8:12] in OF_RIFF:
        return OF_RIFF[content[8:12]]
    if content[4:8] == b"ftyp":
        return ".mp4"
    try:
        content[:4096].decode()
    except UnicodeDecodeError as error:
        return ".txt" if error.start > 4090 else ".bin"
    return ".txt" if b"\0" not in content[:4096] else ".bin"


def _as_text(cell: Any) -> Any:
    return "" if cell is None else cell
