"""Where the type decided between readings of a file: what it chose, what else there was, and why.

Called when something is decided. Each other reading has the entries of `mapping` that choose it,
so that a user can run the file again with them. Must never decide anything itself.
"""

from collections import Counter
from typing import Any

from bellhop.jobtypes.ledger.cells import normal
from bellhop.jobtypes.ledger.headers import title_of, tops_of
from bellhop.jobtypes.ledger.model import Groups, Sheet, Table

STAGES = {"ytd": "year to date", "": "nothing about the time", "other": "other amounts"}
Option = dict[str, Any]  # {"text": what a person sees, "mapping": the entries that choose it}


def note(table: Table, what: str, chosen: str, others: list[Option], why: str) -> None:
    """Add a decision to the table: `what` is "amounts", "sides" or "decimal_mark"."""
    decision = {"what": what, "chosen": chosen, "others": others, "why": why}
    table.readings.append(decision)


def note_amounts(table: Table, usable: Groups) -> None:
    """Note which of the `usable` amounts were chosen, unless the user said so."""
    others = [option(table, group) for key, group in usable.items() if key != table.pick]
    if others and table.pick[0] != "mapped":
        chosen = option(table, table.amounts[table.pick])["text"]
        stage = STAGES.get(table.pick[0], table.pick[0])
        why = table.why or f"their headers say: {stage}"
        note(table, "amounts", chosen, others, f"{why[0].upper()}{why[1:]}.")


def note_sides(table: Table) -> None:
    """Note which of two columns was taken for debit where no word says so."""
    group = table.amounts[table.pick]
    if not table.sides_open or "debit" not in group:
        return
    turned = option(table, {"debit": group["credit"], "credit": group["debit"]})
    why = "No header says which is debit; the types of the accounts or the order decide."
    note(table, "sides", option(table, group)["text"], [turned], why)


def note_decimal(table: Table, votes: Counter[bool]) -> None:
    """Note the decimal mark where the amounts do not tell it, or tell both."""
    if table.sheet.decimal or len(votes) == 1:
        return
    chosen, other = (",", ".") if table.decimal_comma else (".", ",")
    others = [{"text": other, "mapping": [f"decimal = {other}"]}]
    why = f"{max(votes.values())} amounts show it." if votes else "No amount shows it for certain."
    note(table, "decimal_mark", chosen, others, why)


def option(table: Table, group: dict[str, int], text: str = "") -> Option:
    """The reading of columns by their side; its text is their headers."""
    tops = tops_of(table.sheet, table.header, table.labels.values())
    names = [f"{tops.get(column, '')} {title_of(table.sheet, table.header, column)}".strip()
             for column in group.values()]  # fmt: skip
    entries = [f"{side} = {name_of(table.sheet, table.header, column)}"
               for side, column in group.items()]  # fmt: skip
    return {"text": text or ", ".join(names), "mapping": entries}


def name_of(sheet: Sheet, header: int, column: int) -> str:
    """What `mapping` calls a column: its header, or its letter where others are called the same."""
    texts = [sheet.text(header, place) for place in range(len(sheet.rows[header]))]
    own = texts[column] if column < len(texts) else ""
    same = [text for text in texts if normal(text) == normal(own)]
    if own and len(same) == 1 and not set(own) & set("=;"):
        return own
    return letters_of(column)


def letters_of(column: int) -> str:
    """What a spreadsheet calls a column."""
    first, second = divmod(column, 26)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return (letters[first - 1] if first else "") + letters[second]
