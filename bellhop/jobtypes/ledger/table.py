"""Find the one table of a file: its header, what each column means, which amounts to read.

Called to choose a delimiter, then once per file before any row is read. Must never pick one of
two readings: where columns, sheets or periods are equally good it raises BadInput and names them.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable

from bellhop import BadInput
from bellhop.jobtypes.ledger.cells import (
    SIDE_MARKS,
    first_match,
    is_amount,
    normal,
    text_of,
    uses_comma,
)
from bellhop.jobtypes.ledger.classify import type_of
from bellhop.jobtypes.ledger.mapping import ROLES, column_of
from bellhop.jobtypes.ledger.model import SIDES, Groups, Key, Meaning, Row, Sheet, Table
from bellhop.jobtypes.ledger.readings import note_amounts
from bellhop.jobtypes.ledger.refusals import refusal, several
from bellhop.jobtypes.ledger.words import (
    BALANCE,
    CREDIT,
    DEBIT,
    LABELS,
    NAMES,
    NET,
    PERIOD,
    RANKS,
    STAGES,
)
from bellhop.jobtypes.reading.refusals import empty_file

HEADER_ROWS = 100
ENTITY = re.compile(r"(legal )?(entity|company|branch|subsidiary)( (code|id|no|number))?")
YEAR = re.compile(r"(19|20)\d\d([-/ ]?\d\d){0,2}|\d{1,2}")
CODE = re.compile(r"[A-Za-z]{0,3}[-. ]?\d[\d.\-/ ]*[A-Za-z]?")

TB_SHEET = re.compile(r"trial|\btb\b|saldenliste|balance (generale|des comptes)")
OTHER_SHEET = re.compile(
    r"balance sheet|statement|profit|income|p l\b|pnl|journal|cash flow|pivot|chart|coa\b|budget|"
    r"bilan\b|guv\b|bilanz|instructions|notes|lists?\b"
)


def best_header(sheet: Sheet) -> tuple[int, int]:
    """(score, row) of the row with the most known columns; the first of equals, 0 if none."""
    scores = [(header_score(sheet, row), -row) for row in range(min(HEADER_ROWS, len(sheet.rows)))]
    score, row = max(scores, default=(0, 0))
    return score, -row


def header_score(sheet: Sheet, row: int) -> int:
    """How many columns a header in `row` explains; 0 if that is no trial balance."""
    cells = sheet.rows[row]
    if filled(cells) < 2:
        return 0
    if any(is_amount(cell) and not PERIOD.search(normal(text_of(cell))) for cell in cells):
        return 0
    known = read_header(sheet, row)
    meanings = {meaning for meaning, _, _ in known.values()}
    named = {stage for meaning, stage, _ in known.values() if meaning == "balance"}
    # Amounts under an unknown name count beside a column that is said to hold accounts.
    accounts = meanings >= {"name", "code"}
    accounts = accounts or any(own[:2] == ("name", "1") for own in known.values())
    single = bool(named - {"other"}) or (bool(named) and accounts)
    if len(known) < 2 or not (meanings >= {"debit", "credit"} or single):
        return 0
    return len(known) if meanings & {"name", "code"} or text_columns(sheet, row, known) else 0


def filled(cells: Row) -> int:
    return sum(bool(text_of(cell)) for cell in cells)


def read_header(sheet: Sheet, row: int, *, stacked: bool = True) -> dict[int, Meaning]:
    """The meaning of each known column of the header in `row`.

    An amount's stage and period may stand in the row above, over several columns.
    """
    above = sheet.rows[row - 1] if row and stacked else []
    if filled(above) == 1 and text_of(above[0]):
        above = []  # a title, not a second header row
    found, over = {}, ""
    for column in range(max(len(sheet.rows[row]), len(above))):
        own, top = sheet.text(row, column), sheet.text(row - 1, column) if above else ""
        over = top or over
        own, over_it = (own, over) if own else (top, "")
        if own and (known := meaning_of(sheet, row, column, normal(own), normal(over_it))):
            found[column] = known
            if known[0] not in SIDES:
                over = ""
    return with_roles(sheet, row, found)


def with_roles(sheet: Sheet, row: int, found: dict[int, Meaning]) -> dict[int, Meaning]:
    """The meanings with what the user says of columns."""
    if not sheet.roles:
        return found
    headers = [sheet.text(row, column) for column in range(len(sheet.rows[row]))]
    for role, wanted in sheet.roles:
        column = column_of(wanted, headers)
        if column is None:
            continue
        own = ROLES[role]
        if own[0] not in SIDES:
            found = {place: known for place, known in found.items() if known[0] != own[0]}
        found[column] = own
    return {place: known for place, known in found.items() if known[0] != "ignored"}


def meaning_of(sheet: Sheet, row: int, column: int, own: str, over: str) -> Meaning | None:
    """What the header `own` of a column under the header `over` says, if anything."""
    in_debit, in_credit = bool(DEBIT.search(own)), bool(CREDIT.search(own))
    if in_debit != in_credit:
        net = bool(NET.search(f"{over} {own}"))
        return "debit" if in_debit else "credit", *stage_of(own, over, net)
    numeric = has_amounts(sheet, row, column)
    texts = [text_of(cell) for cell in sheet.below(row, column)]
    years = sum(bool(YEAR.fullmatch(text)) for text in texts) * 10 >= len(texts) * 9
    for meaning, pattern in LABELS:
        free = meaning in ("code", "serial") or (meaning == "period" and years)
        if (free or ENTITY.fullmatch(own) or not numeric) and pattern.search(own):
            return meaning, "", ""
    staged = first_match(STAGES, own) or PERIOD.search(own)
    if numeric and (BALANCE.search(own) or staged or in_debit):
        return "balance", *stage_of(own, over, False)
    rank = first_match(NAMES, own)
    if rank:
        return "name", rank, ""
    label = f"{over} {sheet.text(row, column)}".strip() if over else sheet.text(row, column)
    return ("balance", "other", label or own) if numeric else None


def stage_of(own: str, over: str, net: bool) -> tuple[str, str]:
    stage = first_match(STAGES, f"{over} {own}") or ""
    period = PERIOD.search(over) or PERIOD.search(own)
    label = (over if PERIOD.search(over) else own) if period else "" if stage else over
    label = " ".join(CREDIT.sub(" ", DEBIT.sub(" ", BALANCE.sub(" ", label))).split())
    return stage or ("net" if net else ""), label


def has_amounts(sheet: Sheet, header: int, column: int) -> bool:
    cells = sheet.below(header, column, 60)
    wrong = any(place[1] == column for place in sheet.bad)
    return bool(cells or wrong) and sum(map(is_amount, cells)) * 2 >= len(cells)


def text_columns(sheet: Sheet, header: int, known: Iterable[int]) -> list[int]:
    """Columns without a known header that hold words."""
    width = max((len(row) for row in sheet.rows[header : header + 60]), default=0)
    return [
        column
        for column in sorted(set(range(width)) - set(known))
        if any(re.search(r"[^\W\d]", text_of(cell)) for cell in sheet.below(header, column))
    ]


def find_table(sheets: list[Sheet], wanted: str, period: str = "") -> Table:
    """The one table of the file, of the sheet called `wanted` or of the one of a `period`.

    Raises BadInput: unknown_sheet, empty_file, not_a_trial_balance, multiple_periods (several
    sheets qualify), ambiguous_columns.
    """
    if wanted and any(sheet.name for sheet in sheets):
        names = ", ".join(sheet.name for sheet in sheets)
        sheets = [s for s in sheets if s.name.casefold() == wanted.strip().casefold()]
        if not sheets:
            raise refusal("unknown_sheet", f'No sheet is called "{wanted}".', names)
    if not any(text_of(cell) for sheet in sheets for row in sheet.rows for cell in row):
        raise empty_file(hint="Choose a file with a trial balance.")
    if sheets[0].roles:
        sheets = [with_letters(sheet) for sheet in sheets]
    best = [(sheet, *best_header(sheet)) for sheet in sheets]
    found = [(sheet, header) for sheet, score, header in best if score]
    if not found:
        raise not_a_trial_balance(sheets)
    return make_table(*choose_sheet(found, normal(period)))


def with_letters(sheet: Sheet) -> Sheet:
    """A sheet without any header gets the letters of its columns, if the user named those."""
    letters = [wanted for _, wanted in sheet.roles]
    if best_header(sheet)[0] or not all(re.fullmatch("[A-Za-z]{1,2}", text) for text in letters):
        return sheet
    width = max((len(row) for row in sheet.rows), default=0)
    names = [f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[n % 26]}{n // 26 or ''}" for n in range(width)]
    bad = {(row + 1, column): text for (row, column), text in sheet.bad.items()}
    return Sheet(sheet.name, [names, *sheet.rows], bad, sheet.roles, added=1)


def choose_sheet(found: list[tuple[Sheet, int]], period: str) -> tuple[Sheet, int]:
    """The one sheet that is the trial balance, by its name. Raises BadInput: multiple_periods."""
    names = [normal(sheet.name) for sheet, _ in found]
    for wanted in (
        [name == period for name in names],
        [bool(period) and period in name for name in names],
        [bool(TB_SHEET.search(name)) for name in names],
        [not OTHER_SHEET.search(name) for name in names],
    ):
        if sum(wanted) == 1:
            return found[wanted.index(True)]
    if len(found) == 1:
        return found[0]
    raise several("sheets", [sheet.name for sheet, _ in found], "sheet")


def not_a_trial_balance(sheets: list[Sheet]) -> BadInput:
    """Name the columns of the row that looks most like a header."""
    rows = [row for sheet in sheets for row in sheet.rows[:HEADER_ROWS]]
    names = max(([text_of(cell)[:40] for cell in row if text_of(cell)] for row in rows), key=len)
    return refusal(
        "not_a_trial_balance",
        f"No table with accounts and amounts was found. Columns found: {', '.join(names)[:500]}.",
    )


def make_table(sheet: Sheet, header: int) -> Table:
    """The meaning of each column. Raises BadInput (ambiguous_columns, unknown_column)."""
    headers = [sheet.text(header, column) for column in range(len(sheet.rows[header]))]
    for _, wanted in sheet.roles:
        if (column_of(wanted, headers) or 0) >= len(headers) or column_of(wanted, headers) is None:
            raise refusal("unknown_column", f'No column is called "{wanted}".', ", ".join(headers))
    known = read_header(sheet, header)
    if not complete(group_amounts(sheet, header, known)):
        known = read_header(sheet, header, stacked=False)
    table = Table(sheet, header, {}, group_amounts(sheet, header, known))
    complete_mapped(table.amounts)
    labels: dict[str, list[int]] = defaultdict(list)
    for column, (meaning, _, _) in known.items():
        if meaning not in SIDES:
            labels[meaning].append(column)
    names = sorted(labels.pop("name", []), key=lambda column: known[column][1])
    table.labels = {meaning: columns[0] for meaning, columns in labels.items()}
    table.sides = labels.get("side", [])
    if "type" in labels:
        table.labels["type"] = max(labels["type"], key=lambda c: share(table, c, type_of))
        marks = {normal(text) for text in table.texts(table.labels["type"])}
        if "side" not in labels and marks and marks <= SIDE_MARKS:
            table.labels["side"] = table.labels.pop("type")
    name_columns(table, names, known)
    cells = [c for column in table.amount_columns() for c in sheet.below(header, column, None)]
    table.decimal_comma = uses_comma([cell for cell in cells if isinstance(cell, str)])
    return table


def complete_mapped(amounts: Groups) -> None:
    """Find the other side where the user named only debit or credit. Raises BadInput."""
    mapped = amounts.get(("mapped", ""), {})
    for own, other in (("debit", "credit"), ("credit", "debit")):
        if own in mapped and not mapped.keys() & {other, "balance"}:
            found = [group[other] for group in amounts.values() if other in group]
            if len(found) != 1:
                text = f"The mapping names a {own} column and no {other} column."
                raise refusal("ambiguous_columns", text, f"Add `{other} = ` and its header.")
            mapped[other] = found[0]


def group_amounts(sheet: Sheet, header: int, known: dict[int, Meaning]) -> Groups:
    """The amount columns by stage and period. Raises BadInput (ambiguous_columns)."""
    if by_name := group_by_name(sheet, header, known):
        return by_name
    amounts: Groups = defaultdict(dict)
    for column, (side, stage, period) in known.items():
        if side not in SIDES or RANKS[stage] < 0:
            continue
        group = amounts[stage, period]
        if side in group:
            first, second = sheet.text(header, group[side]), sheet.text(header, column)
            text = f'The columns "{first}" and "{second}" could both be the amounts.'
            raise refusal("ambiguous_columns", text)
        group[side] = column
    return dict(amounts)


def group_by_name(sheet: Sheet, header: int, known: dict[int, Meaning]) -> Groups:
    """The amounts by what else their headers say ("North debit", "South debit"), where only that
    tells them apart; else nothing."""
    amounts: Groups = defaultdict(dict)
    sides: dict[Key, set[str]] = defaultdict(set)
    clash = False
    for column, (side, stage, period) in known.items():
        if side not in SIDES or RANKS[stage] < 0:
            continue
        name = normal(sheet.text(header, column))
        for pattern in (DEBIT, CREDIT, BALANCE):
            name = pattern.sub(" ", name)
        name = " ".join(name.split())
        clash = clash or side in sides[stage, period]
        sides[stage, period].add(side)
        if side in amounts[stage, period or name]:
            return {}
        amounts[stage, period or name][side] = column
    whole = len(complete(amounts)) == len(amounts) and all(key[1] for key in amounts)
    return dict(amounts) if clash and whole else {}


def complete(amounts: Groups) -> Groups:
    """The groups that can be a trial balance: both sides or one balance."""
    return {key: group for key, group in amounts.items() if "balance" in group or len(group) == 2}


def share(table: Table, column: int, test: Callable[[str], object]) -> float:
    """How much of a column passes a test."""
    texts = table.texts(column)
    return sum(bool(test(text)) for text in texts) / max(1, len(texts))


def name_columns(table: Table, names: list[int], known: dict[int, Meaning]) -> None:
    """Settle which column names the account and which holds its code."""
    codes = [column for column in names if share(table, column, CODE.fullmatch) > 0.6]
    names = [column for column in names if column not in codes]
    if "code" in table.labels:
        texts = table.texts(table.labels["code"])
        if len(texts) > 2 and texts == [str(n) for n in range(1, len(texts) + 1)]:
            del table.labels["code"]  # it only counts the rows
        elif not names and share(table, table.labels["code"], CODE.fullmatch) < 0.4:
            names = [table.labels.pop("code")]
    if codes:
        table.labels.setdefault("code", codes[0])
    if names := names or text_columns(table.sheet, table.header, known):
        table.labels["name"] = names[0]


def choose_amounts(table: Table, period: str) -> None:
    """Pick the amounts that are the trial balance, and name the layout.

    Raises BadInput: multiple_periods, not_a_trial_balance.
    """
    usable = complete(table.amounts)
    if not usable:
        raise not_a_trial_balance([table.sheet])
    names = {key: normal(f"{key[0]} {key[1]}") for key in usable}
    asked = [key for key in usable if period and normal(key[1]) == normal(period)]
    asked = asked or [key for key in usable if period and normal(period) in names[key]]
    stage = max(usable, key=lambda key: RANKS[key[0]])[0]
    best = asked or [key for key in usable if key[0] == stage]
    if len(best) > 1:
        raise several("periods", [key[1] or "(no period)" for key in best], "period")
    table.pick = best[0]
    if asked or PERIOD.search(table.pick[1]):
        table.period = table.pick[1] or period
    mapped = table.pick[0] == "mapped" and any(role == "opening" for role, _ in table.sheet.roles)
    moved = mapped or (not asked and table.pick[0] in ("", "movement"))
    name_layout(table, usable, moved=moved)
    if not asked:
        note_amounts(table, usable)


def name_layout(table: Table, usable: Groups, *, moved: bool) -> None:
    """Name the layout and drop the columns of the chosen group that it does not use.

    `moved`: whether the amounts are movements where there is an opening balance.
    """
    stage, group = table.pick[0], usable[table.pick]
    others = {key[0] for key in usable if key != table.pick}
    pair = {"debit", "credit"} <= group.keys()
    both = pair and "balance" in group
    if not pair or (both and moved and "opening" in others):
        table.amounts[table.pick] = {"balance": group["balance"]}
    table.layout = "debit_credit" if pair else "signed_balance"
    if moved and "opening" in others:
        table.layout = "opening_movement_closing" if both else "opening_movement"
        table.opening = None if both else next(key for key in usable if key[0] == "opening")
    elif stage == "closing" and others & {"opening", "movement", ""}:
        table.layout = "opening_movement_closing"
    elif stage == "ytd" and others:
        table.layout = "period_and_year_to_date"
    elif both:
        turnovers = are_turnovers(table, group)
        table.layout = "totals_and_net" if turnovers else "debit_credit"
        for side in ("debit", "credit") if turnovers else ("balance",):
            del group[side]
    elif pair and stage == "net" and "" in others:
        table.layout = "totals_and_net"
    elif not pair and "side" in table.labels:
        table.layout = "amount_and_side"
    if len(table.sides) > 1 and "balance" in table.amounts[table.pick]:
        # Each amount has its side right after it.
        place = table.amounts[table.pick]["balance"]
        after = [column for column in table.sides if column > place]
        table.labels["side"] = min(after, default=table.sides[-1])


def are_turnovers(table: Table, group: dict[str, int]) -> bool:
    """Whether debit and credit are turnovers and the balance beside them is the net."""
    pairs = [
        (table.sheet.text(row, group["debit"]), table.sheet.text(row, group["credit"]))
        for row in range(table.header + 1, len(table.sheet.rows))
    ]
    filled = [pair for pair in pairs if any(pair)]
    both = sum(all(is_amount(c) and re.search("[1-9]", c) for c in pair) for pair in filled)
    # A few rows with both sides are mistakes to report; many are a way of reporting.
    return both * 4 > len(filled)
