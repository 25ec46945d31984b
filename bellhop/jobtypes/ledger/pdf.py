"""From the pages of a PDF to one sheet of cells, ruled or not.

Called when a PDF is loaded. Columns follow from where the amounts stand, rows from the height of
the lines. Must never lose a piece of text: what stands in no column goes into the nearest.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from bellhop.jobtypes.ledger.model import Sheet
from bellhop.jobtypes.ledger.pdfrows import amount_like, is_note, is_row, joined
from bellhop.jobtypes.ledger.pdftext import WORD_GAP, Line, Piece, Rules, read_page
from bellhop.jobtypes.reading.pdf import open_pdf
from bellhop.jobtypes.reading.refusals import corrupt_file, no_text_layer, too_large

MAX_CHARS = 2_000_000
AMOUNTS = re.compile(
    r"[(\-\u2212+]?\s?[$€£¥₹]?\s?-?\d[\d.,' ]*[.,]\d\d(?!\d)\s?\)?-?(?:\s?(?:dr|cr)\b\.?)?", re.I
)


@dataclass
class Column:
    """The span of one column in points, and whether it holds amounts."""

    x0: float
    x1: float
    amounts: bool
    members: list[tuple[int, Piece]] = field(default_factory=list)


def load_pdf(file: Path) -> list[Sheet]:
    """The text of all pages as one sheet; its rows are the lines of the document.

    Raises BadInput: password_protected, corrupt_file, too_large, no_text_layer.
    """
    lines: list[Line] = []
    chars = 0
    with open_pdf(file) as document:
        for number in range(len(document)):
            found, rules = read_page_of(document, number)
            chars += sum(len(piece.chars) for line in found for piece in line.pieces)
            if chars > MAX_CHARS:
                text = f"The PDF holds more than {MAX_CHARS:,} characters, which is the limit."
                raise too_large(text, "Send the pages with the trial balance.")
            lines += joined(found, rules)
    if not chars:
        raise no_text_layer(
            "Run text recognition (OCR) over it first, or export the trial balance as CSV or XLSX."
        )
    return [Sheet("", to_rows(lines))]


def read_page_of(document: Any, number: int) -> tuple[list[Line], Rules]:
    """The lines and rules of a page. Raises BadInput (corrupt_file)."""
    import pypdfium2  # late: what reads no PDF does without it

    try:
        page = document[number]
        found = read_page(page, number)
        page.close()
    except pypdfium2.PdfiumError as error:
        raise corrupt_file(f"Page {number + 1} cannot be read ({error}).") from error
    return found


def to_rows(lines: list[Line]) -> list[list[str]]:
    """Put every piece into a column."""
    for line in lines:
        line.pieces = [part for piece in line.pieces for part in cut_amounts(piece)]
        glue_currencies(line)
    columns = find_columns(lines)
    for line in lines:
        line.pieces = [part for piece in line.pieces for part in cut_at(piece, columns)]
    columns = find_columns(lines)
    add_bare_columns(lines, columns)
    return [fill(line, following, columns) for line, following in pairwise([*lines, lines[-1]])]


def cut_amounts(piece: Piece) -> list[Piece]:
    """The parts of a piece that is nothing but several amounts with narrow gaps."""
    chars = piece.with_spaces()
    text = "".join(char.text for char in chars)
    found = list(AMOUNTS.finditer(text))
    if len(found) < 2 or AMOUNTS.sub("", text).strip():
        return [piece]
    return [part for match in found if (part := part_of(piece, match.start(), match.end()))]


def part_of(piece: Piece, start: int, end: int) -> Piece | None:
    chars = piece.with_spaces()[start:end]
    while chars and chars[0].text == " ":
        chars.pop(0)
    while chars and chars[-1].text == " ":
        chars.pop()
    return Piece(chars) if chars else None


def glue_currencies(line: Line) -> None:
    """Join a currency sign at the left edge of a cell with its amount."""
    pieces: list[Piece] = []
    for piece in line.pieces:
        if (
            pieces
            and pieces[-1].text in ("$", "€", "£", "¥", "₹", "($", "(")
            and amount_like(Piece([*piece.chars]))
        ):
            first = pieces.pop().chars
            # Where the amount stands counts, not where its sign does.
            shift = [char._replace(x0=piece.x0, x1=piece.x0) for char in first]
            piece = Piece([*shift, *piece.chars])
        elif pieces and piece.text == ")" and amount_like(Piece([*pieces[-1].chars, *piece.chars])):
            piece = Piece([*pieces.pop().chars, *piece.chars])
        pieces.append(piece)
    line.pieces = pieces


def find_columns(lines: list[Line]) -> list[Column]:
    """The columns of the lines that hold an amount beside a text, from left to right."""
    rows = [(n, line) for n, line in enumerate(lines) if is_row(line)]
    numbers = [(n, p) for n, line in rows for p in line.pieces if amount_like(p)]
    columns = cluster(numbers, amounts=True)
    many = max((len(column.members) for column in columns), default=0)
    columns = [c for c in columns if len(c.members) * 50 >= many]
    words = [
        (n, p)
        for n, line in rows
        for p in line.pieces
        if not amount_like(p) and not any(stands_in(p, column) for column in columns)
    ]
    columns += cluster(words, amounts=False)
    return sorted(columns, key=lambda column: column.x0 + column.x1)


def stands_in(piece: Piece, column: Column) -> bool:
    """Whether a text stands where amounts do, such as "n/a"."""
    return column.amounts and column.x0 - 12 < piece.x0 and column.x0 < piece.middle < column.x1


def cluster(pieces: list[tuple[int, Piece]], *, amounts: bool) -> list[Column]:
    """Join the pieces that stand above each other."""
    columns: list[Column] = []
    for number, piece in sorted(pieces, key=lambda entry: (entry[1].x0, entry[1].x1)):
        last = columns[-1] if columns else None
        if last and piece.overlap(last.x0, last.x1) > 0.15 * (piece.x1 - piece.x0):
            last.x1 = max(last.x1, piece.x1)
            last.members.append((number, piece))
        else:
            columns.append(Column(piece.x0, piece.x1, amounts, [(number, piece)]))
    return columns


def cut_at(piece: Piece, columns: list[Column]) -> list[Piece]:
    """Cut off an amount at the end of a text where a column of amounts stands, or a code."""
    if amount_like(piece):
        return [piece]
    text = "".join(char.text for char in piece.with_spaces())
    for match in re.finditer(r"\s(?=\S+$)|(?<=\d)\s(?=\D)", text):
        first, second = part_of(piece, 0, match.start()), part_of(piece, match.end(), len(text))
        if first and second:
            number = second if amount_like(second) else first if amount_like(first) else None
            if number and any(
                c.amounts and number.overlap(c.x0 - 1, c.x1 + 1) >= 0.9 * (number.x1 - number.x0)
                and min(abs(number.x1 - c.x1), abs(number.x0 - c.x0)) < 3
                for c in columns
            ):  # fmt: skip
                return [first, second]
    return [piece]


def add_bare_columns(lines: list[Line], columns: list[Column]) -> None:
    """Add a column for a header that stands over no text at all."""
    for line in lines:
        if len(line.pieces) < 3 or is_row(line):
            continue
        for piece in line.pieces:
            others = [p for p in line.pieces if p is not piece]
            if all(piece.overlap(c.x0, c.x1) < 0 for c in columns):
                close = min(columns, key=lambda c: -piece.overlap(c.x0, c.x1), default=None)
                taken = close and any(p.overlap(close.x0, close.x1) > 0 for p in others)
                if taken:
                    columns.append(Column(piece.x0, piece.x1, False))
                    columns.sort(key=lambda column: column.x0 + column.x1)


def fill(line: Line, following: Line, columns: list[Column]) -> list[str]:
    """The cells of one line."""
    if is_note(line):
        return [" ".join(piece.text for piece in line.pieces)]
    if len(line.pieces) == 1 and not amount_like(line.pieces[0]) and not is_over(line, columns):
        return [line.pieces[0].text]
    cells: list[list[str]] = [[] for _ in columns] or [[]]
    places = over_columns(line, following, columns)
    for piece in line.pieces:
        for part, place in spread(piece, columns) if id(piece) not in places else [
            (piece.text, places[id(piece)])
        ]:  # fmt: skip
            first = not cells[place] and not columns[place].amounts if columns else False
            spaces = indent(piece, columns[place]) if first else ""
            cells[place].append(spaces + part)
    return [" ".join(parts) for parts in cells]


def indent(piece: Piece, column: Column) -> str:
    """How far a text is moved in from the edge of its column, as spaces."""
    width = (piece.chars[0].y1 - piece.chars[0].y0) * WORD_GAP
    return " " * max(0, round((piece.x0 - column.x0) / max(width, 1)))


def is_over(line: Line, columns: list[Column]) -> bool:
    """Whether the one text of a line stands above the amounts and not at the left."""
    first = min((c.x0 for c in columns if c.amounts and c is not columns[0]), default=1e9)
    return line.pieces[0].x0 > first - 20


def over_columns(line: Line, following: Line, columns: list[Column]) -> dict[int, int]:
    """The column of each text that stands over several, as "Opening" over debit and credit."""
    numbers = [n for n, column in enumerate(columns) if column.amounts]
    if is_row(line) or following.page != line.page:
        return {}
    while numbers and any(not c.amounts for c in columns[numbers[0] : numbers[-1]]):
        numbers.pop(0)  # codes stand left of the names
    if not numbers:
        return {}
    left = columns[numbers[0]].x0 - 40

    def above(row: Line) -> list[Piece]:
        return [piece for piece in row.pieces if piece.middle > left]

    own, below = above(line), above(following)
    if not own or len(numbers) % len(own) or len(own) >= len(numbers) or len(below) < len(numbers):
        return {}
    each = len(numbers) // len(own)
    return {id(piece): numbers[place * each] for place, piece in enumerate(own)}


def spread(piece: Piece, columns: list[Column]) -> list[tuple[str, int]]:
    """The text of a piece with its column; word by word where it runs over several headers."""
    if not columns:
        return [(piece.text, 0)]
    numbers = [n for n, c in enumerate(columns) if c.amounts and piece.overlap(c.x0, c.x1) > 0]
    if amount_like(piece) or len(numbers) < 2 or piece.x0 < columns[numbers[0]].x0 - 40:
        return [(piece.text, nearest(piece, columns))]
    words, start = [], 0
    text = "".join(char.text for char in piece.with_spaces())
    for match in re.finditer(r"\S+", text):
        start = match.start()
        if word := part_of(piece, start, match.end()):
            words.append((word.text, nearest(word, columns)))
    return words


def nearest(piece: Piece, columns: list[Column]) -> int:
    """The column a piece stands in, or the closest."""
    kind = amount_like(piece)
    first = [
        n
        for n, c in enumerate(columns)
        if not c.amounts and not kind and c.x0 - 3 <= piece.x0 <= c.x1
    ]
    if first:
        return first[0]
    return max(range(len(columns)), key=lambda n: piece.overlap(columns[n].x0, columns[n].x1))
