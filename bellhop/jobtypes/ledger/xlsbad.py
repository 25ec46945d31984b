"""The cells of an old Excel workbook (.xls) that hold an error instead of a value, and its look.

Called before the library that reads it, which shows such cells as blank, tells no styles, reads a
damaged container for ever and holds every cell between the first and the last.

The file is a container of sectors ([MS-CFB]) whose stream "Workbook" is a list of records
([MS-XLS]).
"""

import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence

from bellhop.jobtypes.ledger.styles import Look, Style

FREE = 0xFFFFFFFC  # from here on, a sector number is a mark and no number
STREAM, ROOT, SMALL = 2, 5, 4096  # a smaller stream is kept in a container of its own
MAX_CELLS = 4_000_000
ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?",
    0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
VALUES = {0x203, 0x204, 0x27E, 0xFD, 0xBD, 0x205, 0x06, 0xD6}  # records of cells
BOF, BOUND_SHEET, BOOL_ERR, FORMULA = 0x809, 0x85, 0x205, 0x06
FORMAT, FONT, XF, SEVERAL, BOLD = 0x41E, 0x31, 0xE0, 0xBD, 600
NO_TEXT, IS_ERROR = 3, 2  # kinds of a formula's result

ErrorCells = dict[str, dict[tuple[int, int], str]]


def read_xls(content: bytes) -> tuple[ErrorCells, dict[str, Look]]:
    """By sheet, what stands in the cells with an error, and what the sheet looks like.

    Raises ValueError for a container that is damaged, which may keep the library busy for ever,
    and OverflowError for a sheet of more cells than `MAX_CELLS`.
    """
    try:
        stream = workbook_stream(content)
        return read_errors(stream), read_looks(stream)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"its container is damaged: {error}") from error


def workbook_stream(content: bytes) -> bytes:
    """The bytes of the stream with the records, after all streams were followed to their end."""
    size = 1 << struct.unpack_from("<H", content, 30)[0]
    if size not in (512, 4096):
        raise ValueError("its sectors have no usual size")
    count, first_directory = struct.unpack_from("<II", content, 44)
    first_small, next_table = struct.unpack_from("<I4xI", content, 60)
    parts = [n for n in struct.unpack_from("<109I", content, 76)[:count] if n < FREE]
    for _ in range(len(content) // size + 1):
        if next_table >= FREE:
            break
        more = sectors(content, [next_table], size)
        parts += [n for n in more[:-1] if n < FREE]
        next_table = more[-1]
    table = sectors(content, parts, size)
    small_table = sectors(content, follow(first_small, table), size)
    found = None
    directory = read(content, follow(first_directory, table), size)
    for place in range(0, len(directory) - 127, 128):
        length, kind = struct.unpack_from("<HB", directory, place + 64)
        start, total = struct.unpack_from("<II", directory, place + 116)
        if kind not in (STREAM, ROOT) or not total:
            continue
        chain = follow(start, small_table if kind == STREAM and total < SMALL else table)
        name = directory[place : place + max(length - 2, 0)].decode("utf-16-le")
        # A workbook is never kept among the small streams.
        if name in ("Workbook", "Book") and total >= SMALL:
            found = read(content, chain, size)[:total]
    if found is None:
        raise ValueError("it holds no workbook")
    return found


def follow(start: int, table: Sequence[int]) -> list[int]:
    """The sectors of a chain. Raises ValueError for one without end."""
    chain: list[int] = []
    while start < FREE:
        if len(chain) > len(table):
            raise ValueError("its sectors go round in a circle")
        chain.append(start)
        start = table[start]
    return chain


def read(content: bytes, chain: Sequence[int], size: int) -> bytes:
    """The bytes of these sectors; the first begins after the header."""
    parts = (content[(n + 1) * size : (n + 2) * size].ljust(size, b"\xff") for n in chain)
    return b"".join(parts)


def sectors(content: bytes, chain: Sequence[int], size: int) -> tuple[int, ...]:
    """The numbers that stand in these sectors."""
    return struct.unpack(f"<{len(chain) * size // 4}I", read(content, chain, size))


def records(stream: bytes, place: int = 0) -> Iterator[tuple[int, int, bytes]]:
    """(place, kind, content) of each record."""
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        yield place, kind, stream[place + 4 : place + 4 + size]
        place += 4 + size


def read_errors(stream: bytes) -> ErrorCells:
    """The cells with an error, by the name of their sheet."""
    names: dict[int, str] = {}
    found: ErrorCells = defaultdict(dict)
    empty: list[tuple[str, int, int]] = []
    sheet, height, width, formulas = "", 0, 0, 0
    for place, kind, data in records(stream):
        if kind == BOUND_SHEET:
            start, name = sheet_name(data)
            names[start] = name
        elif kind == BOF:
            sheet, height, width = names.get(place, sheet), 0, 0
        if kind not in VALUES or len(data) < 6:
            continue
        row, column = struct.unpack_from("<HH", data)
        height, width = max(height, row + 1), max(width, column + 1)
        if height * width > MAX_CELLS:
            raise OverflowError(height * width)
        formulas += kind == FORMULA
        special = kind == FORMULA and data[12:14] == b"\xff\xff"
        if special and data[6] == NO_TEXT:
            empty.append((sheet, row, column))
        elif (special and data[6] == IS_ERROR) or (kind == BOOL_ERR and data[7]):
            code = data[8] if special else data[6]
            found[sheet][row, column] = ERRORS.get(code, "#ERROR")
    # A program that does not calculate leaves all results empty, for Excel to fill in.
    for sheet, row, column in empty if len(empty) == formulas else []:
        found[sheet][row, column] = "a formula that was never calculated"
    return found


def sheet_name(data: bytes) -> tuple[int, str]:
    """Where a sheet begins and what it is called."""
    start, length, wide = struct.unpack_from("<I2xBB", data)
    text = data[8 : 8 + length * (2 if wide & 1 else 1)]
    return start, text.decode("utf-16-le" if wide & 1 else "latin-1")


def read_looks(stream: bytes) -> dict[str, Look]:
    """What each sheet looks like, by its name."""
    styles, names, looks = styles_of(stream), dict[int, str](), dict[str, Look]()
    sheet = ""
    for place, kind, data in records(stream):
        if kind == BOUND_SHEET:
            start, name = sheet_name(data)
            names[start] = name
        elif kind == BOF:
            sheet = names.get(place, sheet)
        elif kind in VALUES and len(data) >= 6:
            row, column = struct.unpack_from("<HH", data)
            # One record may hold several numbers of a row, each with its style.
            places = range(4, len(data) - 2, 6) if kind == SEVERAL else (4,)
            for number, at in enumerate(places):
                style = styles.get(struct.unpack_from("<H", data, at)[0])
                if style:
                    looks.setdefault(sheet, Look()).styles[row, column + number] = style
    return looks


def styles_of(stream: bytes) -> dict[int, Style]:
    """The styles that say something, by the number that cells call them."""
    formats: dict[int, str] = {}
    bold: list[bool] = []
    found: dict[int, Style] = {}
    count = 0
    for _, kind, data in records(stream):
        if kind == FORMAT:
            number, length, wide = struct.unpack_from("<HHB", data)
            text = data[5 : 5 + length * (2 if wide & 1 else 1)]
            formats[number] = text.decode("utf-16-le" if wide & 1 else "latin-1")
        elif kind == FONT:
            bold.append(struct.unpack_from("<H", data, 6)[0] >= BOLD)
            if len(bold) == 4:
                bold.append(False)  # the format counts no font 4
        elif kind == XF:
            font, number = struct.unpack_from("<HH", data)
            style = Style(formats.get(number, ""), data[8] & 15, bold[font : font + 1] == [True])
            if style.says_something:
                found[count] = style
            count += 1
    return found
