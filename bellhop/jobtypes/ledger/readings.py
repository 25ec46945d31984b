"""Where the type decided between readings of a file: what it chose, what else there was, and why.

Called when something is decided. Each other reading has the entries of `mapping` that choose it,
so that a user can run the file again with them. Must never decide anything itself.
"""

from typing import Any

from bellhop.jobtypes.ledger.cells import normal
from bellhop.jobtypes.ledger.model import Groups, Sheet, Table

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
        stage = table.pick[0] or "no stage"
        note(table, "amounts", chosen, others, f"Their headers say: {stage}.")


def option(table: Table, group: dict[str, int], text: str = "") -> Option:
    """The reading of columns by their side; its text is their headers."""
    names = [table.sheet.text(table.header, column) for column in group.values()]
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
    first, second = divmod(column, 26)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return (letters[first - 1] if first else "") + letters[second]
