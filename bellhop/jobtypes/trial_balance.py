"""Read a trial balance (CSV, TSV, XLSX, XLS, ODS or PDF) and report on it.

A job process calls `trial_balance` once per file; the parts are in `jobtypes/ledger/`. Nothing
may guess an amount or lose a row: what cannot be read becomes an anomaly or a warning, what has
two readings an error.
"""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, MaxLen

from bellhop import Context, job_type
from bellhop.jobtypes.ledger.anomalies import find_anomalies
from bellhop.jobtypes.ledger.choosing import offering
from bellhop.jobtypes.ledger.classify import classify, turn_sides, use_normal_sides
from bellhop.jobtypes.ledger.exports import write_exports
from bellhop.jobtypes.ledger.fitting import fit
from bellhop.jobtypes.ledger.loading import load
from bellhop.jobtypes.ledger.mapping import read_mapping
from bellhop.jobtypes.ledger.model import Book, Table
from bellhop.jobtypes.ledger.readings import note_sides
from bellhop.jobtypes.ledger.refusals import refusal
from bellhop.jobtypes.ledger.reports import extracted_data, make_reports, ranges
from bellhop.jobtypes.ledger.rows import read_rows
from bellhop.jobtypes.ledger.table import choose_amounts, find_mixed, find_table


@job_type(
    label="Trial balance",
    accepts=[".csv", ".tsv", ".xlsx", ".xls", ".ods", ".pdf"],
    queue="document_processing",
    timeout_s=180,
    memory_mb=1024,
    viewer="trial_balance",
    version="2",
)
def trial_balance(
    file: Path,
    context: Context,
    *,
    sheet: Annotated[str, "Sheet of a workbook. Empty: the first with a trial balance."] = "",
    period: Annotated[str, "Period or entity, if the file contains several."] = "",
    mapping: Annotated[
        list[str],
        MaxLen(500),
        "What a column or account is, one per line: `debit = Soll`, `1000-1999 = asset`.",
    ] = [],  # noqa: B006 - a default of the form, never changed
    tolerance: Annotated[float, Ge(0), "Difference that still counts as balanced."] = 0.01,
) -> dict[str, Any]:
    """Read the accounts, check that they balance and draw up both statements.

    `sheet` names the sheet of a workbook, `period` the period or entity to use where a file
    holds several, `mapping` says what columns or accounts are (docs/types/trial_balance.md),
    `tolerance` the difference (in currency) that still counts as balanced.
    """
    period, allowed = period.strip(), Decimal(str(tolerance))
    told = read_mapping(mapping)
    context.progress(5, "Loading")
    sheets = load(file)
    for grid in sheets:
        grid.roles, grid.decimal = told.columns, told.decimal
    with offering(sheets, sheet):
        context.progress(25, "Finding the table")
        table = find_table(sheets, sheet, period)
        context.progress(40, "Reading rows")
        choose_amounts(table, period)
        book = read_rows(table, period)
        require_amounts(book)
        context.progress(70, "Classifying")
        classify(book, told)
        if turn_sides(table, book):
            classify(book, told)
        use_normal_sides(table, book, allowed)
    context.progress(85, "Reports")
    find_anomalies(book, allowed)
    tell_warnings(context, book)
    find_mixed(table, book)
    note_sides(table)
    tell_unused(context, table, sheet=sheet, period=period)
    for which in told.unused():
        context.warn("mapping_not_used", f'No account fits "{which}" in the mapping.')
    result = {"extracted_data": extracted_data(table, book), "reports": make_reports(book, allowed)}
    write_exports(context.output_dir, **result)
    fit(result, context)
    return result


def require_amounts(book: Book) -> None:
    """Raises BadInput (not_a_trial_balance) where not a single amount could be read."""
    if any(account.debit or account.credit for account in book.accounts):
        return
    if unread := [anomaly for anomaly in book.anomalies if anomaly["code"] == "unreadable_amount"]:
        text = (
            f"No amount of the {len(book.accounts)} accounts could be read. {unread[0]['message']}"
        )
        raise refusal("not_a_trial_balance", text, "Write amounts as 1,234.50 or 1.234,50.")


def tell_warnings(context: Context, book: Book) -> None:
    """Send one warning per kind; `where` names every row it is about."""
    for code, rows in book.warnings.items():
        text = rows[0][1] if len(rows) == 1 else f"{len(rows)} rows, the first: {rows[0][1]}"
        context.warn(code, f"Not read as an account: {text}.", row_ranges([r for r, _ in rows]))


def tell_unused(context: Context, table: Table, *, sheet: str, period: str) -> None:
    """Warn of amount columns that were left aside and of parameters that had no effect."""
    groups = [table.amounts[key] for key in (table.pick, table.opening) if key]
    used = {column for group in groups for column in group.values()}
    if left := sorted(table.amount_columns() - used):
        texts = (table.sheet.text(table.header, c) or f"column {c + 1}" for c in left)
        text = f"Amounts not used: {', '.join(texts)}."
        context.warn("columns_not_used", text, f"row {table.sheet.number(table.header)}")
    if sheet and not table.sheet.name:
        context.warn("sheet_ignored", "A text file has no sheets; `sheet` was not used.")
    if period and not table.period:
        text = f'The file has only one period; "{period}" was not used.'
        context.warn("period_not_found", text)


def row_ranges(rows: list[int]) -> str:
    """Rows as "row 3" or "rows 3-5, 9"."""
    return f"row{'s' if len(rows) > 1 else ''} {ranges(rows)}"
