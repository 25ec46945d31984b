"""Trial balances for the tests: the job type run over them, and what is asked of its result."""

import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bellhop import BadInput, Context
from bellhop.jobtypes.trial_balance import trial_balance
from tests.support.sheets import Rows

FIRST = "xl/worksheets/sheet1.xml"
HEADER = "Account,Debit,Credit\n"
Told = list[dict[str, Any]]


def run(path: Path, told: Told | None = None, **params: Any) -> dict[str, Any]:
    """Run the job type; the files that it writes are thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        return run_in(Path(folder), path, told, **params)


def run_in(output: Path, path: Path, told: Told | None, **params: Any) -> dict[str, Any]:
    context = Context(
        filename=path.name,
        output_dir=output,
        scratch_dir=output,
        item_id="1",
        attempt=1,
        settings={},
        tell=(told if told is not None else []).append,
        cancel_asked=lambda: False,
    )
    return trial_balance(path, context, **params)


def read_in(folder: Path, content: Any, told: Told | None = None, **params: Any) -> dict[str, Any]:
    """Run the job type over text, bytes, or rows (written as a workbook)."""
    path = folder / "file.csv"
    if isinstance(content, list):
        path = workbook(folder, {"TB": content})
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content, "utf-8")
    return run(path, told, **params)


def workbook(folder: Path, sheets: dict[str, Rows]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = folder / "file.xlsx"
    book.save(path)
    return path


def figures(result: dict[str, Any]) -> tuple[str, ...]:
    """Debit, credit, net income, assets, liabilities."""
    reports = result["reports"]
    return (
        reports["total_debit"],
        reports["total_credit"],
        reports["income_statement"]["net_income"],
        reports["balance_sheet"]["total_assets"],
        reports["balance_sheet"]["total_liabilities"],
    )


def codes(result: dict[str, Any]) -> list[str]:
    return [anomaly["code"] for anomaly in result["reports"]["anomalies"]]


def sources(result: dict[str, Any]) -> set[str]:
    return {account["type_source"] for account in result["extracted_data"]["accounts"]}


def refused(read: Callable[..., Any], content: Any, **params: Any) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read(content, **params)
    return caught.value


# Cash 700, machine 500, supplier 300, capital 400, sales 900, rent 250, wages 150.
FIGURES = ("1600.00", "1600.00", "500.00", "1200.00", "300.00")
SOUND = "Code,Account,Debit,Credit\n1000,Cash,735,\n2000,Loan,,250\n4000,Sales,,485\n"
TB: Rows = [["Account", "Debit", "Credit"], ["Cash", 5, None], ["Sales", None, 5]]


def change_part(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """Rewrite one part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts.get(part, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


FIRST = "xl/worksheets/sheet1.xml"
