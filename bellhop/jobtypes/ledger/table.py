"""Find the one table of a file: its header, what each column means, which amounts to read.

Called to choose a delimiter, then once per file before any row is read. Must never pick one of
two readings: where columns, sheets or periods are equally good it raises BadInput and names them.
"""

import re
from collections import defaultdict
from collections.abc import Callable

from bellhop import BadInput
from bellhop.jobtypes.ledger.cells import (
    affixes,
    currency_of,
    normal,
    text_of,
)
from bellhop.jobtypes.ledger.classify import type_of
from bellhop.jobtypes.ledger.columns import learn_notation, settle_sides, values_of, with_shape
from bellhop.jobtypes.ledger.headers import (
    CODE,
    HEADER_ROWS,
    best_header,
    header_score,
    read_header,
    text_columns,
)
from bellhop.jobtypes.ledger.journals import is_journal, without_last_use
from bellhop.jobtypes.ledger.mapping import column_of
from bellhop.jobtypes.ledger.model import SIDES, Book, Groups, Key, Meaning, Sheet, Table
from bellhop.jobtypes.ledger.readings import letters_of, note_amounts
from bellhop.jobtypes.ledger.refusals import asked_for, refusal, several
from bellhop.jobtypes.ledger.words import BALANCE, CREDIT, DEBIT, PERIOD, RANKS
from bellhop.jobtypes.reading.refusals import empty_file

PLAIN = re.compile(r"[\d.,\s]*")
TB_SHEET = re.compile(r"trial|\btb\b|saldenliste|balance (generale|des comptes)")
OTHER_SHEET = re.compile(
    r"balance sheet|statement|profit|income|p l\b|pnl|journal|cash flow|pivot|chart|coa\b|budget|"
    r"bilan\b|guv\b|bilanz|instructions|notes|lists?\b"
)


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
    journals = [place for place in found if is_journal(*place)]
    found = [place for place in found if place not in journals]
    if not found:
        raise transactions(*journals[0]) if journals else not_a_trial_balance(sheets)
    sheet, header = choose_sheet(found, normal(period))
    table = make_table(sheet, header)
    if not table.why and not header_score(sheet, header):
        raise not_a_trial_balance([sheet])  # neither words nor numbers say that it is one
    return table


def with_letters(sheet: Sheet) -> Sheet:
    """A sheet without any header gets the letters of its columns, if the user named those."""
    letters = [wanted for _, wanted in sheet.roles]
    if best_header(sheet)[0] or not all(re.fullmatch("[A-Za-z]{1,2}", text) for text in letters):
        return sheet
    return lettered(sheet)


def lettered(sheet: Sheet) -> Sheet:
    """A sheet with the letters of its columns as the header."""
    names = [letters_of(n) for n in range(max((len(row) for row in sheet.rows), default=0))]
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


def transactions(sheet: Sheet, header: int) -> BadInput:
    """The error of a list of transactions."""
    names = [text[:40] for c in range(len(sheet.rows[header])) if (text := sheet.text(header, c))]
    return refusal(
        "not_a_trial_balance",
        "The rows are transactions, not the balances of accounts. "
        f"Columns found: {', '.join(names)[:500]}.",
        "Export the trial balance. If each row is one account, add `ignore = ` and the header of "
        "the column of dates or entries to `mapping`.",
    )


def make_table(sheet: Sheet, header: int) -> Table:
    """The meaning of each column. Raises BadInput (ambiguous_columns, unknown_column)."""
    headers = [sheet.text(header, column) for column in range(len(sheet.rows[header]))]
    for _, wanted in sheet.roles:
        if (column_of(wanted, headers) or 0) >= len(headers) or column_of(wanted, headers) is None:
            raise refusal("unknown_column", f'No column is called "{wanted}".', ", ".join(headers))
    known = read_header(sheet, header)
    if not is_complete(known):
        known = read_header(sheet, header, stacked=False)
    known = without_last_use(sheet, header, known)
    table = Table(sheet, header, {}, {})
    learn_notation(table, known)
    known = with_shape(table, known)
    table.amounts = group_amounts(sheet, header, known)
    complete_mapped(table.amounts)
    label_columns(table, known)
    return table


def is_complete(known: dict[int, Meaning]) -> bool:
    """Whether the meanings have a balance, or a debit and a credit of one stage and period."""
    sides: dict[Key, set[str]] = defaultdict(set)
    for side, stage, period in known.values():
        if side in SIDES and RANKS[stage] >= 0:
            sides[stage, period].add(side)
    return any("balance" in own or len(own) == 2 for own in sides.values())


def label_columns(table: Table, known: dict[int, Meaning]) -> None:
    """Settle the columns that hold no amounts."""
    labels: dict[str, list[int]] = defaultdict(list)
    for column, (meaning, _, _) in known.items():
        if meaning not in SIDES:
            labels[meaning].append(column)
    names = sorted(labels.pop("name", []), key=lambda column: known[column][1])
    table.labels = {meaning: own[0] for meaning, own in labels.items() if meaning != "type"}
    if "code" in labels:
        table.labels["code"] = best_code(table, labels["code"])
    if table.sides:
        table.labels.setdefault("side", table.sides[-1])
    if types := [column for column in labels["type"] if column not in table.sides]:
        table.labels["type"] = max(types, key=lambda c: share(table, c, type_of))
    name_columns(table, names, known)


def best_code(table: Table, columns: list[int]) -> int:
    """Of several columns of codes the one that looks most like a code of accounts: it does not
    only count the rows, and dots in it show the levels."""

    def rank(column: int) -> tuple[bool, float, bool, int]:
        texts = table.texts(column)
        counts = texts == [str(n) for n in range(1, len(texts) + 1)]
        levels = share(
            table, column, lambda text: re.fullmatch(r"\d+(\.\d+)*", text) and "." in text
        )
        return not counts, round(share(table, column, CODE.fullmatch), 1), levels > 0.5, -column

    return max(columns, key=rank)


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
    keys = list(usable)
    exact = [n for n in asked_for(period, [key[1] for key in keys]) if keys[n][1]]
    asked = [keys[n] for n in exact or asked_for(period, [f"{key[0]} {key[1]}" for key in keys])]
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
    settle_sides(table)
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
    place = table.side_of.get(table.amounts[table.pick].get("balance", -1))
    if place is not None:
        table.labels["side"] = place


def are_turnovers(table: Table, group: dict[str, int]) -> bool:
    """Whether debit and credit are turnovers and the balance beside them is the net."""
    values = values_of(table, [group["debit"], group["credit"]], len(table.sheet.rows))
    pairs = list(zip(*values.values(), strict=True))
    both = sum(bool(debit and credit) for debit, credit in pairs)
    # A few rows with both sides are mistakes to report; many are a way of reporting, and so are
    # some where the balance is their net.
    return both * 4 > len(pairs) or (both > 0 and bool(table.why))


def find_mixed(table: Table, book: Book) -> None:
    """Report amounts of several currencies, which say nothing when they are added."""
    columns = table.amounts[table.pick].values()
    cells = (cell for c in columns for cell in table.sheet.below(table.header, c, None))
    marked = (cell for cell in cells if isinstance(cell, str) and not PLAIN.fullmatch(cell))
    found = {code for marks in affixes(marked) for mark in marks if (code := currency_of(mark))}
    if len(found) > 1:
        text = f"The amounts are in several currencies: {', '.join(sorted(found))}."
        book.add("mixed_currencies", text, None)
