"""Which rows are accounts: groups and totals are told by their sums, headings by what ends them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.trial_balances import HEADER, Told, codes, figures, read_in

Read = Callable[..., dict[str, Any]]
# Safe 310.40, bank 1889.35, van 7420.75; supplier 2118.30, loan 4300.05; capital 2000;
# fares 2950.15; fuel 940.50, wages 807.50.
TOTALS = ("11368.50", "11368.50", "1202.15", "9620.50", "6418.35")


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return partial(read_in, tmp_path)


def names(result: dict[str, Any]) -> list[str]:
    return [account["name"] for account in result["extracted_data"]["accounts"]]


GROUPED = {
    "three levels by spaces, one signed column": """Account;Balance
Assets;9620.50
  Current;2199.75
    Safe;310.40
    Bank;1889.35
  Fixed;7420.75
    Van;7420.75
Liabilities;-6418.35
  Supplier;-2118.30
  Loan;-4300.05
Equity;-2000.00
  Capital;-2000.00
Income;-2950.15
  Fares;-2950.15
Expenses;1748.00
  Fuel;940.50
  Wages;807.50
""",
    "dots, and groups below their accounts": """Account,Debit,Credit
....Safe,310.40,
....Bank,1889.35,
..Current assets,2199.75,
....Van,7420.75,
..Fixed assets,7420.75,
Assets,9620.50,
..Supplier,,2118.30
..Loan,,4300.05
Liabilities,,6418.35
..Capital,,2000.00
Equity,,2000.00
..Fares,,2950.15
Income,,2950.15
..Fuel,940.50,
..Wages,807.50,
Expenses,1748.00,
""",
    "dotted codes, listed from the inside": """Code,Account,Debit,Credit
1.1.01,Safe,310.40,
1.1.02,Bank,1889.35,
1.2.01,Van,7420.75,
1.1,Liquid,2199.75,
1.2,Lasting,7420.75,
1,All we have,9620.50,
2.1.10,Supplier,,2118.30
2.1.2,Loan,,4300.05
2.1,Owed,,6418.35
2,All we owe,,6418.35
3.1,Capital,,2000.00
4.1,Fares,,2950.15
5.1,Fuel,940.50,
5.2,Wages,807.50,
5,Spent,1748.00,
""",
    "codes that end in zeros": """Code,Account,Debit,Credit
1000,All we have,9620.50,
1100,Liquid,2199.75,
1110,Safe,310.40,
1120,Bank,1889.35,
1200,Lasting,7420.75,
1210,Van,7420.75,
2000,All we owe,,6418.35
2110,Supplier,,2118.30
2120,Loan,,4300.05
3010,Capital,,2000.00
4010,Fares,,2950.15
5000,Spent,1748.00,
5010,Fuel,940.50,
5020,Wages,807.50,
""",
    "a column of levels": """Level,Account,Debit,Credit
1,Assets,9620.50,
2,Safe,310.40,
2,Bank,1889.35,
2,Van,7420.75,
1,Liabilities,,6418.35
2,Supplier,,2118.30
2,Loan,,4300.05
1,Equity,,2000.00
2,Capital,,2000.00
1,Income,,2950.15
2,Fares,,2950.15
1,Expenses,1748.00,
2,Fuel,940.50,
2,Wages,807.50,
""",
    "a column of parents": """Account,Under,Debit,Credit
Fuel,Expenses,940.50,
Wages,Expenses,807.50,
Assets,,9620.50,
Expenses,,1748.00,
Current,Assets,2199.75,
Safe,Current,310.40,
Bank,Current,1889.35,
Van,Assets,7420.75,
Liabilities,,,6418.35
Supplier,Liabilities,,2118.30
Loan,Liabilities,,4300.05
Equity,,,2000.00
Capital,Equity,,2000.00
Income,,,2950.15
Fares,Income,,2950.15
""",
    "names that move to the right": """Account,,,Debit,Credit
Assets,,,9620.50,
,Current,,2199.75,
,,Safe,310.40,
,,Bank,1889.35,
,Van,,7420.75,
Liabilities,,,,6418.35
,Supplier,,,2118.30
,Loan,,,4300.05
Equity,,,,2000.00
,Capital,,,2000.00
Income,,,,2950.15
,Fares,,,2950.15
Expenses,,,1748.00,
,Fuel,,940.50,
,Wages,,807.50,
""",
    "groups with both sides": """Code,Account,Debit,Credit
1,Balance sheet accounts,9620.50,8418.35
101,Safe,310.40,
102,Bank,1889.35,
103,Van,7420.75,
1201,Supplier,,2118.30
1202,Loan,,4300.05
1301,Capital,,2000.00
4,Result accounts,1748.00,2950.15
401,Fares,,2950.15
4501,Fuel,940.50,
4502,Wages,807.50,
""",
}
LEAVES = ["Safe", "Bank", "Van", "Supplier", "Loan", "Capital", "Fares", "Fuel", "Wages"]


@pytest.mark.parametrize("layout", GROUPED)
def test_it_counts_only_the_accounts_below_groups(read: Read, layout: str) -> None:
    result = read(GROUPED[layout])
    assert sorted(names(result)) == sorted(LEAVES)
    assert figures(result)[:2] == TOTALS[:2]
    assert "error" not in {a["severity"] for a in result["reports"]["anomalies"]}


@pytest.mark.parametrize("layout", [name for name in GROUPED if "level" in name or "right" in name])
def test_it_takes_the_type_of_an_account_from_the_groups_above_it(read: Read, layout: str) -> None:
    assert figures(read(GROUPED[layout])) == TOTALS


def test_it_lists_the_rows_that_are_groups(read: Read) -> None:
    result = read(GROUPED["three levels by spaces, one signed column"])
    assert result["extracted_data"]["skipped"] == {"group": "2-3, 6, 8, 11, 13, 15"}


def test_it_keeps_an_account_that_has_an_amount_and_accounts_below_it(read: Read) -> None:
    """Without roll-up: the parent's amount is its own."""
    content = "Account,Debit,Credit\nAssets,30,\n  Till,5,\n  Safe,7,\nSales,,42\n"
    result = read(content)
    assert figures(result)[:2] == ("42.00", "42.00")
    assert "stated_total_mismatch" not in codes(result)


def test_it_keeps_one_account_with_an_amount_of_its_own_among_groups(read: Read) -> None:
    content = (
        "Account,Debit,Credit\nAssets,12,\n  Till,5,\n  Safe,7,\nSales,,10\n  Fares,,4\n"
        "  Tips,,6\nDeposits,,2\n  Keys,,1\n  Bags,1,\n"
    )
    result = read(content)
    assert figures(result)[:2] == ("13.00", "13.00")
    assert names(result) == ["Till", "Safe", "Fares", "Tips", "Deposits", "Keys", "Bags"]


def test_it_does_not_take_a_sum_by_chance_for_a_group(read: Read) -> None:
    """The books balance with the account, and not without it."""
    content = "Code,Account,Debit,Credit\n10,Till,300,\n101,Safe,100,\n102,Van,200,\n40,Fees,,600\n"
    assert figures(read(content))[:2] == ("600.00", "600.00")


def test_it_takes_groups_of_whole_units_for_sums_though_each_was_rounded(read: Read) -> None:
    content = (
        "Account,Debit,Credit\nAssets,20001,\n  Till,5000,\n  Safe,7000,\n  Bank,8000,\n"
        "Income,,20000\n  Fares,,14000\n  Tips,,6000\n"
    )
    result = read(content)
    assert figures(result)[:2] == ("20000.00", "20000.00")
    assert codes(result) == []


TOTALLED = {
    "German": "Konto;Soll;Haben\nUmlaufvermögen;;\nKasse;310,40;\nBank;1.889,35;\n"
    "Zusammen Umlaufvermögen;2.199,75;\nAnlagen;;\nWagen;7.420,75;\nZusammen Anlagen;7.420,75;\n"
    "Kapital;;9.620,50\nInsgesamt;9.620,50;9.620,50\n",
    "Japanese": "Account;Debit;Credit\n現金;310.40;\n銀行;1889.35;\n車両;7420.75;\n"
    "資産合計;9620.50;\n資本金;;9620.50\n総計;9620.50;9620.50\n",
    "codes": "Code,Account,Balance\n10,Till,310.40\n11,Bank,1889.35\n,Yhteensä,2199.75\n"
    "12,Van,7420.75\n30,Capital,-9620.50\n,Kaikki yhteensä,0.00\n",
}


@pytest.mark.parametrize("layout", TOTALLED)
def test_it_takes_a_total_by_its_sum_in_any_language(read: Read, layout: str) -> None:
    result = read(TOTALLED[layout])
    assert figures(result)[:2] == ("9620.50", "9620.50")
    assert len(names(result)) == 4
    assert "error" not in {a["severity"] for a in result["reports"]["anomalies"]}


def test_it_keeps_an_account_whose_amount_is_the_sum_of_those_above_it(read: Read) -> None:
    result = read("Account,Balance\nTill,100\nBank,200\nVan,300\nCapital,-600\n")
    assert names(result) == ["Till", "Bank", "Van", "Capital"]


@pytest.mark.parametrize(
    "amounts",
    [
        [900, 500, 900, 300, -1100, -400, -900, -300, -100, 300, 200, 500, 1200, 400, -2300],
        [2, 9, 1, 12, 1, -9, -5, -7, -2, -7, -6, 10, 11, 9, 4, -23],
        [100, 20, 10, -90, -80, -40, -80, -80, -110, 20, 120, 100, 120],
    ],
)
def test_it_does_not_make_books_balance_by_sums_that_are_chance(
    read: Read, amounts: list[int]
) -> None:
    lines = [f"Item {chr(65 + n)},{amount}\n" for n, amount in enumerate(amounts)]
    result = read("Account,Balance\n" + "".join(lines))
    assert result["reports"]["is_balanced"] is (not sum(amounts))
    assert len(names(result)) == len(amounts)


def test_it_names_the_total_of_the_file_in_any_language(read: Read) -> None:
    assert read(TOTALLED["German"])["reports"]["stated_totals"]["row"] == 10


def test_it_reads_groups_from_codes_with_dots_under_any_header(read: Read) -> None:
    content = (
        "Código;Rubro;Cuenta;Debe;Haber;Saldo\n1;1;Activo;85,25;15,00;70,25\n"
        "2;1.1;Corriente;85,25;15,00;70,25\n3;1.1.01;Caja;25,25;5,00;20,25\n"
        "4;1.1.02;Banco;60,00;10,00;50,00\n5;2;Pasivo;9,75;80,00;-70,25\n"
        "6;2.1;Corriente;9,75;80,00;-70,25\n7;2.1.01;Proveedor;0,00;30,00;-30,00\n"
        "8;2.1.02;Capital;9,75;50,00;-40,25\n"
    )
    assert figures(read(content))[:2] == ("70.25", "70.25")


FLAT = [("", "Current Assets", "131.75"), ("101", "Till", "30.50"), ("102", "Bank", "101.25"),
        ("", "Equity", "-90.00"), ("301", "Capital", "-70.00"), ("302", "Surplus", "-20.00"),
        ("", "Income", "-41.75"), ("401", "Sales", "-40.25"),
        ("402", "Interest", "-1.50")]  # fmt: skip


@pytest.mark.parametrize("coded", [True, False])
def test_it_counts_no_group_that_stands_above_its_accounts_without_indent(
    read: Read, coded: bool
) -> None:
    content = "Code,Account,Balance\n" if coded else "Account,Balance\n"
    for code, name, amount in FLAT:
        content += f"{code},{name},{amount}\n" if coded else f"{name},{amount}\n"
    result = read(content)
    assert figures(result)[:2] == ("131.75", "131.75")
    assert len(names(result)) == 6


def test_it_compares_what_is_carried_forward_below_a_row_without_text(read: Read) -> None:
    """The row stands in a column that is not read, such as the number of a page."""
    content = (
        "Zz;Akun;Debit;Kredit\n7;Kas;310,40;\n9;Bank;1889,35;\n;Dipindahkan;2199,75;\n1 - 2;;;\n"
        ";Pindahan;2199,75;\n5;Mobil;7420,75;\n8;Pemasok;;2118,30\n3;Modal;;7502,20\n"
    )
    assert codes(read(content)).count("stated_total_mismatch") == 0


def test_it_takes_a_german_total_for_that_of_the_account_it_names(read: Read) -> None:
    content = (
        "Konto;Saldo\nAktiva\nKasse;100,00\nForderungen;-\nForderungen Inland;30,00\n"
        "Forderungen Export;20,50\nSumme für Forderungen;50,50\nWaren;40,00\n"
        "Passiva\nDarlehen;-190,50\n"
    )
    assert "stated_total_mismatch" not in codes(read(content))


def test_it_reads_a_name_and_an_amount_under_a_name_that_it_does_not_know(read: Read) -> None:
    content = "Financial Row,Amount\nTill,10.50\nTotal Liquid,10.50\nSales,-10.50\n"
    assert figures(read(content))[:2] == ("10.50", "10.50")


CARRIED = {
    "French": "Compte;Débit;Crédit\nCaisse;310,40;\nBanque;1 889,35;\nÀ reporter;2 199,75;\n"
    "Report;2 199,75;\nCamion;7 420,75;\nFournisseur;;2 118,30\nÀ reporter;9 620,50;2 118,30\n"
    "Report;9 620,50;2 118,30\nCapital;;7 502,20\n",
    "Spanish, signed": "Cuenta;Saldo\nCaja;310,40\nBanco;1889,35\nFurgoneta;7420,75\n"
    "Proveedor;-2118,30\nSuma y sigue;7502,20\nSuma anterior;7502,20\nCapital;-7502,20\n",
    "Polish, one per page": "Konto;Nazwa;Wn;Ma\n100;Kasa;310,40;\n130;Bank;1889,35;\n"
    ";Do przeniesienia;2199,75;\nKonto;Nazwa;Wn;Ma\n010;Auto;7420,75;\n200;Dostawca;;2118,30\n"
    ";Do przeniesienia;9620,50;2118,30\nKonto;Nazwa;Wn;Ma\n800;Kapitał;;7502,20\n",
}


@pytest.mark.parametrize("layout", CARRIED)
def test_it_does_not_count_what_is_carried_forward(read: Read, layout: str) -> None:
    result = read(CARRIED[layout])
    assert figures(result)[:2] == ("9620.50", "9620.50")
    assert len(names(result)) == 5
    assert result["reports"]["is_balanced"]


def test_it_lists_what_was_carried_forward(read: Read) -> None:
    skipped = read(CARRIED["French"])["extracted_data"]["skipped"]
    assert skipped == {"carried_forward": "4-5, 8-9"}


@pytest.mark.parametrize("name", ["Retained earnings brought forward", "Transport", "Report"])
def test_it_keeps_an_account_that_is_called_like_what_is_carried_forward(
    read: Read, name: str
) -> None:
    result = read(HEADER + f"Cash,310.40,\nVan,700.25,\n{name},,1010.65\n")
    assert figures(result)[:2] == ("1010.65", "1010.65")


SECTIONS = (
    "Account,Amount\nOpening rounding,0.50\nAssets,\nTill,40\nFixed assets,\nVan,60\n"
    "Total Fixed assets,60\nTotal Assets,100\nZeta,-70.50\nSales,-30\n",
    "Account,Debit,Credit\nRounding,0.50,\nASSETS,,\nTill,40,\nVan,60,\nASSETS - TOTAL,100,\n"
    "Zeta,,70.50\nSales,,30\n",
)


@pytest.mark.parametrize("content", SECTIONS)
def test_it_ends_a_heading_at_the_total_that_has_its_name(read: Read, content: str) -> None:
    accounts = read(content)["extracted_data"]["accounts"]
    assert {a["name"]: a["type"] for a in accounts}["Zeta"] is None
    assert {a["name"]: a["type"] for a in accounts}["Till"] == "asset"


@pytest.mark.parametrize("content", SECTIONS)
def test_it_compares_a_total_with_the_rows_since_its_heading(read: Read, content: str) -> None:
    assert "stated_total_mismatch" not in codes(read(content))
    changed = content.replace("Till,40", "Till,41")
    assert codes(read(changed)).count("stated_total_mismatch") == 1


def test_it_compares_a_total_with_the_rows_since_the_account_it_names(read: Read) -> None:
    content = (
        "Account,Debit,Credit\nTill,40,\nVans,0.00,\nVan north,7,\nVan south,8,\n"
        "Total for Vans,15,\nSales,,55\n"
    )
    assert "stated_total_mismatch" not in codes(read(content))
    changed = content.replace("south,8", "south,9")
    assert "stated_total_mismatch" in codes(read(changed))


@pytest.mark.parametrize(
    "content",
    [
        HEADER + "Assets,,\nTill,100,\nTotal assets,100,\nSales,,90\nProfit on exchange,,10\n",
        HEADER + "Till,70,\nVan,30,\nTotal,100,\nSales,,110\nLoss on disposal,10,\nTotal,110,110\n",
        "Account,Balance\nTill,100\nVan,30\nTotal things,130\nLoss b/f,20\nCapital,-150\n",
    ],
)
def test_it_keeps_an_account_called_profit_or_loss_after_a_total(read: Read, content: str) -> None:
    result = read(content)
    assert any(name.startswith(("Profit", "Loss")) for name in names(result))
    assert result["reports"]["is_balanced"]


@pytest.mark.parametrize(
    "content",
    [
        HEADER + "Till,100,\nSales,,100\nTotal,100,100\nNet profit,,100\n",
        HEADER + "Till,100,\nSales,,100\nNet profit,,100\n",
        HEADER + "Till,100,\nSales,,90\nTotal,100,90\nDifference,,10\n",
        HEADER + "Till,100,\nSales,,100\nTotal,100,100\nNet profit,,100\nCheck,0,\n",
    ],
)
def test_it_does_not_count_a_result_below_the_accounts(read: Read, content: str) -> None:
    result = read(content)
    assert names(result) == ["Till", "Sales"]
    assert result["extracted_data"]["skipped"]["result"]


def test_it_tells_a_result_from_the_account_called_loss_above_it(read: Read) -> None:
    result = read(HEADER + "Till,60,\nSales,,100\nLoss on vans,40,\nNet profit,60,\n")
    assert names(result) == ["Till", "Sales", "Loss on vans"]


def test_it_does_not_call_books_balanced_of_which_an_amount_is_unreadable(read: Read) -> None:
    result = read(HEADER + "Till,100,\nVan,1o,\nSales,,100\n")
    assert not result["reports"]["is_balanced"]


def test_it_does_not_call_books_balanced_of_which_nothing_was_read(read: Read) -> None:
    result = read(HEADER + "Till,0.00,\nSales,,0.00\n")
    assert not result["reports"]["is_balanced"]
    assert "no_amounts" in codes(result)


def test_it_warns_of_a_total_that_cannot_be_read(read: Read) -> None:
    told: Told = []
    read(HEADER + "Till,100,\nSales,,100\nTotal,1o0,100\n", told)
    assert [t["warning"]["where"] for t in told if "warning" in t] == ["row 4"]
