"""Which lines of a page are rows of its table, and which belong to one row.

Called for each page before columns are found. Must never join two rows: amounts of the same
column stay in rows of their own.
"""

import re
from collections import Counter
from itertools import pairwise
from statistics import median

from bellhop.jobtypes.ledger.cells import DASHES, is_amount
from bellhop.jobtypes.ledger.pdftext import Line, Piece, Rules
from bellhop.jobtypes.ledger.words import NOTE

YEAR = re.compile(r"(19|20)\d\d")
PAGE = re.compile(r"(\d{1,3}) ?/ ?(\d{1,3})")
OPEN_END = re.compile(r"([-\u2013,&(/]|\b(and|of|for|on|to|the|et|de|und))$", re.I)


def amount_like(piece: Piece) -> bool:
    text = piece.text
    return text in DASHES or (is_amount(text) and any(map(str.isdigit, text)))


def is_row(line: Line) -> bool:
    """Whether a line has an amount beside something else; years alone make a header."""
    numbers = [piece.text for piece in line.pieces if amount_like(piece)]
    several = len(line.pieces) > 1 and bool(numbers)
    return several and not all(YEAR.fullmatch(text) for text in numbers) and not is_note(line)


def is_note(line: Line) -> bool:
    """Whether a line is the head or foot of a page, such as "Printed on …      Page 2 of 3"."""
    texts = [piece.text for piece in line.pieces]
    if any(NOTE.search(text) for text in texts):
        return True
    # "1/3" is the number of a page where it stands alone or beside a date; "12/24" may be a header.
    page = PAGE.fullmatch(texts[-1])
    others = "".join(texts[:-1])
    alone = not others or (len(texts) == 2 and bool(re.search(r"\d", others)))
    return page is not None and int(page[1]) <= int(page[2]) and alone


def joined(lines: list[Line], rules: Rules) -> list[Line]:
    """The lines of a page, those of one wrapped cell joined."""
    lines = join_touching(lines)
    rows = [line for line in lines if is_row(line)]
    boxed = [between(a, b, rules) for a, b in pairwise(rows)]
    if boxed and sum(boxed) * 10 >= len(boxed) * 8:
        return join_boxes(lines, rules)
    pitches = [a.y - b.y for a, b in pairwise(rows)]
    pitch = median(pitches) if pitches else 0.0
    common = Counter(round(p) for p in pitches).most_common(1)
    pitch = max(pitch, float(common[0][0])) if common else pitch
    return join_wrapped(lines, pitch)


def join_touching(lines: list[Line]) -> list[Line]:
    """Join lines that are closer than text can be: cells of a row with other numbers of lines."""
    found: list[Line] = []
    last = 0.0
    for line in lines:
        near = bool(found) and last - line.y < 0.65 * min(found[-1].height, line.height)
        last = line.y
        apart = near and all(
            piece.overlap(other.x0, other.x1) <= 0 or last < found[-1].y
            for piece in line.pieces
            for other in found[-1].pieces
        )
        if near and apart and not is_note(line):
            merge(found[-1], line)
        else:
            found.append(line)
    return found


def between(first: Line, second: Line, rules: Rules) -> bool:
    """Whether a rule is drawn between two lines."""
    x0, x1 = first.pieces[0].x0, first.pieces[-1].x1
    return any(
        second.y < y < first.y and left < x1 and right > x0 for y, left, right in rules.level
    )


def join_boxes(lines: list[Line], rules: Rules) -> list[Line]:
    """Join the lines between the same two rules of a ruled table."""
    found: list[Line] = []
    inside = False
    for line in lines:
        above = bool(found) and between(found[-1], line, rules)
        below_top = any(y > line.y and left < line.pieces[-1].x1 for y, left, _ in rules.level)
        foot = any(y < line.y and left < line.pieces[-1].x1 for y, left, _ in rules.level)
        if found and inside and not above and foot and found[-1].y - line.y < 2.2 * line.height:
            merge(found[-1], line)
        else:
            found.append(line)
        inside = below_top and foot
    return found


def join_wrapped(lines: list[Line], pitch: float) -> list[Line]:
    """Join the lines of a name that goes on below: closer than rows are, or open at its end."""
    found: list[Line] = []
    for line in lines:
        last = found[-1] if found else None
        if (last and is_row(last) and goes_on(last, line, pitch)) or (
            last and is_row(line) and begun(last, line, pitch)
        ):
            merge(last, line)
        else:
            found.append(line)
    return found


def is_words(line: Line) -> bool:
    """Whether a line is one text, and neither an amount nor a ruler."""
    return len(line.pieces) == 1 and any(map(str.isalpha, line.pieces[0].text))


def goes_on(row: Line, line: Line, pitch: float) -> bool:
    """Whether the one text of `line` ends the name of the row above it."""
    if not is_words(line) or row.y - line.y > 1.7 * line.height:
        return False
    names = [p for p in row.pieces if not amount_like(p)]
    piece = line.pieces[0]
    if not names or piece.x0 < row.pieces[0].x0 - 2:
        return False
    name = next((p for p in names if p.overlap(piece.x0, piece.x1) > 0), None)
    if not name:
        return False
    close = pitch and row.y - line.y < 0.8 * pitch
    return bool(close or OPEN_END.search(name.text) or piece.text[0].islower())


def begun(line: Line, row: Line, pitch: float) -> bool:
    """Whether the one text of `line` begins the name of the row below it."""
    if not is_words(line) or line.y - row.y > 1.7 * line.height:
        return False
    piece = line.pieces[0]
    close = bool(pitch) and line.y - row.y < 0.8 * pitch
    names = [p for p in row.pieces if not amount_like(p) and p.overlap(piece.x0, piece.x1) > 0]
    if not names:
        # The name has lines above and below the amounts, and none beside them.
        return close and all(p.overlap(piece.x0, piece.x1) <= 0 for p in row.pieces)
    if abs(names[0].x0 - piece.x0) > 3:
        return False
    goes_on_below = OPEN_END.search(piece.text) or names[0].text[0].islower()
    return close or bool(goes_on_below)


def merge(line: Line, more: Line) -> None:
    """Put the pieces of `more` into `line`, those above each other into one."""
    for piece in more.pieces:
        mate = next((p for p in line.pieces if p.overlap(piece.x0, piece.x1) > 0), None)
        if mate and not (amount_like(mate) and amount_like(piece)):
            # The second line stands behind the first, without being any wider.
            end = mate.chars[-1]
            gap = end._replace(text=" ", x0=end.x1, x1=end.x1)
            mate.chars += [gap, *(gap._replace(text=c.text) for c in piece.with_spaces())]
        else:
            line.pieces.append(piece)
    line.pieces.sort(key=lambda piece: piece.x0)
    line.y = min(line.y, more.y)
