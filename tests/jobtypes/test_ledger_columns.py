# ruff: noqa: RUF001 - headers in other scripts are what is tested
"""What columns are by their numbers: pairs, balances, movements, sides; words only confirm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.trial_balances import Told, codes, figures, read_in, refused

Read = Callable[..., dict[str, Any]]
# Code, name, opening balance, debit and credit of the period.
BOOK = [
    ("1010", "Cash at bank", "310.00", "905.50", "640.25"),
    ("1200", "Trade receivables", "150.00", "420.00", "395.10"),
    ("1500", "Machinery", "800.00", "0.00", "0.00"),
    ("2010", "Trade payables", "-260.00", "301.25", "377.40"),
    ("3010", "Share capital", "-1000.00", "0.00", "0.00"),
    ("4010", "Sales", "0.00", "15.00", "844.75"),
    ("5010", "Purchases", "0.00", "377.40", "0.00"),
    ("6010", "Rent", "0.00", "120.00", "0.00"),
    ("6020", "Wages", "0.00", "133.35", "15.00"),
]
SHEET = ("2165.90", "2165.90", "214.00", "1550.15", "336.15")


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return partial(read_in, tmp_path)


def two(amount: Decimal) -> tuple[str, str]:
    """An amount as a debit and a credit."""
    return (f"{amount:.2f}", "") if amount >= 0 else ("", f"{-amount:.2f}")


def table(head: str, cells: Callable[..., Sequence[str]]) -> str:
    """A file with a header and what `cells` makes of opening, debit, credit and closing."""
    lines = [head]
    for code, name, *texts in BOOK:
        opening, debit, credit = map(Decimal, texts)
        closing = opening + debit - credit
        lines.append(",".join([code, name, *cells(opening, debit, credit, closing)]))
    return "\n".join(lines) + "\n"


def closing_pair(_o: Decimal, _d: Decimal, _c: Decimal, closing: Decimal) -> Sequence[str]:
    return two(closing)


@pytest.mark.parametrize(
    "head",
    [
        "Compte,Intitulé,Débiteur,Créditeur",
        "Konto,Kontobezeichnung,Sollsaldo,Habensaldo",
        "Cuenta,Nombre,Saldo deudor,Saldo acreedor",
        "Conta,Descrição,Saldo devedor,Saldo credor",
        "Conto,Denominazione,Dare,Avere",
        "Rekening,Naam,Debetsaldo,Creditsaldo",
        "Numer,Nazwa konta,Saldo Wn,Saldo Ma",
        "Číslo,Název účtu,MD,D",
        "Cont,Denumire cont,Sold debitor,Sold creditor",
        "Hesap No,Hesap Adı,Borç Bakiyesi,Alacak Bakiyesi",
        "Κωδ.,Περιγραφή,Χρεωστικό υπόλοιπο,Πιστωτικό υπόλοιπο",
        "Номер,Название счёта,Дебетовый остаток,Кредитовый остаток",
        "رمز,البيان,المدين,الدائن",
        "科目代码,会计科目,期末借方,期末贷方",
        "番号,科目名,借方残高,貸方残高",
        "קוד,שם חשבון,חובה,זכות",
        "코드,계정과목,차변,대변",
        "Szám,Megnevezés,Tartozik,Követel",
        "Konto,Benämning,Debet,Kredit",
        "Nr,Nomi,Saldo D,Saldo C",
        "Nr,Nomi,T,K",
        "รหัส,ชื่อบัญชี,เดบิต,เครดิต",
        "Qqq,Www,Eee,Rrr",
        "ꙮ,ꙮꙮ,ꙮꙮꙮ,ꙮꙮꙮꙮ",
    ],
)
def test_it_reads_two_columns_under_any_header(read: Read, head: str) -> None:
    result = read(table(head, closing_pair))
    assert figures(result) == SHEET
    assert codes(result) == []
    assert result["extracted_data"]["accounts"][0]["code"] == "1010"
    assert result["extracted_data"]["accounts"][0]["name"] == "Cash at bank"


@pytest.mark.parametrize(
    "head",
    ["Code,Account,Opening,Debit,Credit,Closing", "Conto,Nome,Saldo iniziale,Dare,Avere,Saldo",
     "Счёт,Имя,Сальдо на начало,Дт,Кт,Сальдо на конец", "科目,名称,期初余额,借方,贷方,期末余额",
     "Konto,Bez,Vortrag,Soll,Haben,Stand", "Aa,Bb,Cc,Dd,Ee,Ff"],
)  # fmt: skip
def test_it_takes_what_the_others_come_to_for_the_balance(read: Read, head: str) -> None:
    result = read(table(head, lambda *amounts: [f"{amount:.2f}" for amount in amounts]))
    assert figures(result) == SHEET
    assert result["extracted_data"]["layout"] == "opening_movement_closing"


@pytest.mark.parametrize(
    "head",
    [
        "Code,Name,Opening Dr,Opening Cr,Debit,Credit,Closing Dr,Closing Cr",
        "Konto,Nazwa,BO Wn,BO Ma,Obroty Wn,Obroty Ma,Saldo Wn,Saldo Ma",
        "Kod,Ad,Açılış Borç,Açılış Alacak,Dönem Borç,Dönem Alacak,Kapanış Borç,Kapanış Alacak",
        "Konto,Name,S1,H1,S2,H2,S3,H3",
        "编号,名称,甲,乙,丙,丁,戊,己",
    ],
)
def test_it_takes_a_pair_for_the_balance_too(read: Read, head: str) -> None:
    def cells(opening: Decimal, debit: Decimal, credit: Decimal, closing: Decimal) -> list[str]:
        return [*two(opening), f"{debit}", f"{credit}", *two(closing)]

    assert figures(read(table(head, cells))) == SHEET


@pytest.mark.parametrize(
    "head",
    ["Cta,Nombre,Debe,Haber,Deudor,Acreedor", "Rek,Naam,Proef D,Proef C,Saldi D,Saldi C",
     "Код,Имя,Оборот Дт,Оборот Кт,Сальдо Дт,Сальдо Кт", "C,N,P,Q,R,S"],
)  # fmt: skip
def test_it_takes_the_net_pair_and_not_the_totals(read: Read, head: str) -> None:
    def cells(opening: Decimal, debit: Decimal, credit: Decimal, closing: Decimal) -> list[str]:
        debit, credit = debit + max(opening, Decimal(0)), credit + max(-opening, Decimal(0))
        return [f"{debit}", f"{credit}", *two(closing)]

    assert figures(read(table(head, cells))) == SHEET


def test_it_takes_the_movement_that_leads_to_the_balance(read: Read) -> None:
    """Month and year to date have the same words; only the year leads to the balance."""

    def cells(opening: Decimal, debit: Decimal, credit: Decimal, closing: Decimal) -> list[str]:
        sides = ["S" if amount >= 0 else "H" for amount in (opening, closing)]
        months = [f"{debit / 4:.2f}", f"{credit / 5:.2f}"]
        return [f"{abs(opening)}", sides[0], *months, f"{debit}", f"{credit}",
                f"{abs(closing)}", sides[1]]  # fmt: skip

    result = read(table("Nr,Text,EB,S/H,MM Soll,MM Haben,JJ Soll,JJ Haben,Stand,S/H", cells))
    assert figures(result) == SHEET
    assert result["extracted_data"]["columns"]["balance"] == "Stand"


def test_it_adds_one_column_of_movements(read: Read) -> None:
    def cells(opening: Decimal, debit: Decimal, credit: Decimal, closing: Decimal) -> list[str]:
        return [f"{opening}", f"{debit - credit}", f"{closing}"]

    for head in ("Code,Account,Start,Change,End", "Konto,Namn,IB,Rörelse,UB", "C,N,Xa,Xb,Xc"):
        assert figures(read(table(head, cells))) == SHEET


def test_it_reads_balances_that_are_positive_on_their_usual_side(read: Read) -> None:
    def cells(opening: Decimal, debit: Decimal, credit: Decimal, closing: Decimal) -> list[str]:
        return [f"{abs(opening)}", f"{debit}", f"{credit}", f"{abs(closing)}"]

    for head in ("Cuenta,Nombre,Saldo inicial,Cargos,Abonos,Saldo final", "Kod,Ad,Xa,Xb,Xc,Xd"):
        result = read(table(head, cells))
        assert figures(result) == SHEET
        assert result["extracted_data"]["layout"] == "unsigned_balance"


@pytest.mark.parametrize(
    "head",
    ["Code,Account,Qqq,Debit,Credit", "Счёт,Имя,Ккк,Дебет,Кредит", "Konto,Namn,Xx,Debet,Kredit"],
)
def test_it_does_not_guess_what_stands_before_movements(read: Read, head: str) -> None:
    """A balance under an unknown header may be the opening one, or that of another year."""
    content = table(head, lambda *amounts: [f"{amount}" for amount in amounts[:3]])
    error = refused(read, content)
    assert error.code == "ambiguous_columns" and head.split(",")[2] in error.message
    assert figures(read(content, mapping=[f"opening = {head.split(',')[2]}"])) == SHEET


def test_it_does_not_guess_the_order_of_columns_without_words(read: Read) -> None:
    """As in a script written from right to left: closing, credit, debit, opening."""
    content = table("Aa,Bb,Cc,Dd,Ee,Ff", lambda o, d, c, z: [f"{z}", f"{c}", f"{d}", f"{o}"])
    assert refused(read, content).code in ("ambiguous_columns", "not_a_trial_balance")


def test_it_does_not_leave_a_column_aside_that_it_cannot_read(read: Read) -> None:
    def cells(_opening: Decimal, debit: Decimal, credit: Decimal, closing: Decimal) -> list[str]:
        return [f"{debit}", f"{credit}", f"{closing} {'x' if closing > 0 else 'y'}"]

    content = table("Code,Account,Debit,Credit,Qqq", cells)
    error = refused(read, content)
    assert error.code == "ambiguous_columns" and "Qqq" in error.message


def test_it_takes_the_balance_and_not_the_sums_beside_it(read: Read) -> None:
    def cells(opening: Decimal, debit: Decimal, credit: Decimal, closing: Decimal) -> list[str]:
        debit, credit = debit + max(opening, Decimal(0)), credit + max(-opening, Decimal(0))
        return [f"{debit}", f"{credit}", f"{closing}"]

    for head in ("Code,Account,Debit,Credit,Balance", "Kod,Ad,Xa,Xb,Xc"):
        assert figures(read(table(head, cells))) == SHEET


def test_it_leaves_the_dates_of_the_last_use_aside(read: Read) -> None:
    dates = iter(("2024-03-01", "2024-01-09", "2023-12-30", "2024-02-02", "2019-05-05",
                  "2024-03-31", "2024-02-29", "2024-03-02", "2024-03-15"))  # fmt: skip
    content = table("Code,Account,Last entry,Debit,Credit", lambda *a: [next(dates), *two(a[3])])
    assert figures(read(content)) == SHEET


def test_it_reads_one_signed_column_under_any_header(read: Read) -> None:
    content = table("Αα,Ββ,Γγ", lambda *amounts: [f"{amounts[3]:.2f}"])
    assert figures(read(content)) == SHEET


def test_it_is_not_misled_by_one_wrong_row(read: Read) -> None:
    content = table("Aa,Bb,Cc,Dd,Ee,Ff", lambda *amounts: [f"{amount:.2f}" for amount in amounts])
    result = read(content.replace("133.35,15.00,118.35", "133.35,15.00,181.35"))
    assert result["reports"]["difference"] == "63.00"
    assert "suspected_transposition" in codes(result)


def test_it_turns_two_columns_that_stand_the_other_way_round(read: Read) -> None:
    """As in scripts that are written from right to left, where no word is known."""
    result = read(table("Aa,Bb,Cc,Dd", lambda *amounts: two(-amounts[3])))
    assert figures(result) == SHEET
    reading = next(r for r in result["extracted_data"]["readings"] if r["what"] == "sides")
    assert reading["chosen"] == "Dd, Cc"


def test_it_says_that_it_chose_the_sides_and_takes_the_other_choice(read: Read) -> None:
    content = table("Aa,Bb,Cc,Dd", closing_pair)
    readings = read(content)["extracted_data"]["readings"]
    assert [reading["what"] for reading in readings] == ["sides"]
    other = read(content, mapping=readings[0]["others"][0]["mapping"])
    assert figures(other)[3] == "-1550.15"


@pytest.mark.parametrize(
    "content",
    [
        "Artikel,Preis\nApfel,1.20\nBirne,2.30\nKirsche,3.40\n",
        "Ware,Menge,Preis\nA b c,10,1.20\nD e f,20,2.30\nG h i,5,3.40\n",
    ],
)
def test_it_does_not_take_another_table_for_a_trial_balance(read: Read, content: str) -> None:
    assert refused(read, content).code in ("not_a_trial_balance", "multiple_periods")


def test_it_reads_signed_amounts_in_the_debit_column(read: Read) -> None:
    content = table("Code,Account,Debit,Credit", lambda *amounts: [f"{amounts[3]}", ""])
    result = read(content + "Total,,0.00,\n")
    assert figures(result) == SHEET
    assert codes(result) == []


def test_it_reads_signed_amounts_in_the_credit_column(read: Read) -> None:
    content = table("Code,Account,Debit,Credit", lambda *amounts: ["", f"{-amounts[3]}"])
    result = read(content + "Total,,,0.00\n")
    assert figures(result) == SHEET
    assert codes(result) == []


@pytest.mark.parametrize("head", ["Normal Balance", "D/C", "Nature"])
def test_it_turns_no_amount_twice(read: Read, head: str) -> None:
    """A column of usual sides next to amounts that have their own signs."""
    content = table(f"Code,Account,{head},Balance",
                    lambda *a: ["D" if a[3] > 0 else "C", f"{a[3]:.2f}"])  # fmt: skip
    assert figures(read(content)) == SHEET


@pytest.mark.parametrize("marks", ["D/C", "S/H", "Dr/Cr", "借/贷", "Д/К", "B/A", "MD/D"])
def test_it_reads_a_column_of_sides_under_any_header(read: Read, marks: str) -> None:
    debit, credit = marks.split("/")
    content = table("Code,Account,Amount,Zz",
                    lambda *a: [f"{abs(a[3]):.2f}", debit if a[3] > 0 else credit])  # fmt: skip
    assert figures(read(content)) == SHEET


def test_it_takes_glued_abbreviations_apart(read: Read) -> None:
    content = table("AcctCode,AcctName,PTDDr,PTDCr,YTDDr,YTDCr",
                    lambda *a: [f"{a[1]}", f"{a[2]}", *two(a[3])])  # fmt: skip
    assert figures(read(content)) == SHEET


def test_it_takes_the_codes_of_accounts_and_not_their_ids(read: Read) -> None:
    head = "AccountID,AccountCode,AccountName,Debit,Credit"
    content = table("Code,Account,Debit,Credit", closing_pair).splitlines()[1:]
    rows = [f"8f0e1c2a-0000-4000-8000-{n:012},{line}" for n, line in enumerate(content)]
    accounts = read("\n".join([head, *rows]) + "\n")["extracted_data"]["accounts"]
    assert accounts[0]["code"] == "1010"


def test_it_is_mapped_by_headers_of_any_script(read: Read) -> None:
    content = table("代码,名字,甲,乙", closing_pair)
    mapping = ["code = 代码", "account = 名字", "debit = 甲", "credit = 乙"]
    assert figures(read(content, mapping=mapping)) == SHEET
    assert refused(read, content, mapping=["debit = 丙"]).code == "unknown_column"


def test_it_takes_the_decimal_mark_that_it_is_told(read: Read) -> None:
    content = "Account;Debit;Credit\nCash;1.250;\nVan;2.000;\nLoan;;1.250\nSales;;2.000\n"
    result = read(content)
    assert figures(result)[0] == "3250.00"
    (reading,) = result["extracted_data"]["readings"]
    assert (reading["what"], reading["chosen"]) == ("decimal_mark", ",")
    told = read(content, mapping=reading["others"][0]["mapping"])
    assert figures(told)[0] == "3.25"
    assert told["extracted_data"]["readings"] == []


def test_it_reports_amounts_of_several_currencies(read: Read) -> None:
    content = "Account,Debit,Credit\nCash,USD 5.00,\nBank,EUR 2.00,\nLoan,,USD 7.00\n"
    found = read(content)["reports"]["anomalies"]
    assert ("mixed_currencies", "error") in [(a["code"], a["severity"]) for a in found]


JOURNAL = (
    "Date,Description,Debit,Credit\n2024-01-02,Opening,100,\n2024-01-03,Rent,,40\n"
    "2024-01-05,Fees,,10\n2024-01-09,Refund,5,\n2024-01-11,Rent back,,55\n",
    "日付,摘要,借方,貸方\n2024/01/02,現金,100,\n2024/01/02,売上,,100\n2024/01/03,家賃,40,\n"
    "2024/01/03,預金,,40\n",
    "Datum;Konto;Soll;Haben\n02.01.2024;1000;50,00;\n02.01.2024;8400;;50,00\n"
    "05.01.2024;1200;70,00;\n05.01.2024;1000;;70,00\n09.01.2024;4210;10,00;\n"
    "09.01.2024;1200;;10,00\n",
    "Wann;Was;Aa;Bb\n02.01.2024;Miete;50,00;\n03.01.2024;Bar;;50,00\n"
    "04.01.2024;Strom;20,00;\n05.01.2024;Giro;;20,00\n",
)  # fmt: skip


@pytest.mark.parametrize("content", JOURNAL)
def test_it_refuses_a_list_of_transactions(read: Read, content: str) -> None:
    assert refused(read, content).code == "not_a_trial_balance"


def days(count: int, column: str) -> str:
    rows = [f"{2000 + n}-03-31,{name},{two(Decimal(amount))[0]},{two(Decimal(amount))[1]}\n"
            for n in range(count)
            for name, amount in (("Cash", n + 9), ("Bank", 5), ("Sales", -n - 14))]  # fmt: skip
    return f"{column},Account,Debit,Credit\n" + "".join(rows)


@pytest.mark.parametrize(("count", "column"), [(2, "Date"), (30, "As of"), (280, "Zz")])
def test_it_asks_which_of_many_days(read: Read, count: int, column: str) -> None:
    error = refused(read, days(count, column))
    assert error.code == "multiple_periods"
    assert "2001-03-31" in error.message and len(error.message) < 800
    assert figures(read(days(count, column), period="2001-03-31"))[:2] == ("15.00", "15.00")


@pytest.mark.parametrize(
    ("column", "first", "second"),
    [("Zz", "North", "South"), ("Tenant", "T 1", "T 2"), ("Quartal", "2025 Q4", "2026 Q1"),
     ("Monat", "01.2025", "02.2025")],
)  # fmt: skip
def test_it_asks_which_part_of_a_column_under_any_header(
    read: Read, column: str, first: str, second: str
) -> None:
    rows = [f"{part},{name},{debit},{credit}\n"
            for part, factor in ((first, 1), (second, 3))
            for name, debit, credit in (("Cash", 9 * factor, ""), ("Bank", 5 * factor, ""),
                                        ("Sales", "", 14 * factor))]  # fmt: skip
    content = f"{column},Account,Debit,Credit\n" + "".join(rows)
    assert refused(read, content).code == "multiple_periods"
    assert figures(read(content, period=second))[:2] == ("42.00", "42.00")


def test_it_adds_up_accounts_of_departments_that_do_not_balance_by_themselves(read: Read) -> None:
    content = "Zz,Account,Debit,Credit\nNorth,Cash,9,\nSouth,Cash,5,\nSouth,Sales,,14\n"
    assert figures(read(content))[:2] == ("14.00", "14.00")


def test_it_does_not_add_the_opening_to_a_closing_balance_under_an_unknown_header(
    read: Read,
) -> None:
    content = (
        "Konto;Name;EB-Wert;S/H;JVZ Soll;JVZ Haben;Saldo;S/H\n"
        "1000;Kasse;100,50;S;40,25;10,00;130,75;S\n1200;Bank;300,00;S;5,00;65,50;239,50;S\n"
        "2000;Kapital;400,50;H;0,00;0,00;400,50;H\n4000;Umsatz;0,00;S;9,75;40,00;30,25;H\n"
        "6000;Miete;0,00;S;60,50;0,00;60,50;S\n"
    )
    assert figures(read(content))[:2] == ("430.75", "430.75")


@pytest.mark.parametrize(
    ("head", "pairs"),
    [("Tili;Nimi;Alkusaldo;Debet;Kredit", False), ("Kode;Akun;Saldo Awal;Debit;Kredit", False),
     ("Счет;Название;Нач. Дт;Нач. Кт;Обор. Дт;Обор. Кт", True), ("Aa;Bb;Cc;Dd;Ee;Ff", True)],
)  # fmt: skip
def test_it_takes_no_balance_before_movements_that_may_be_their_opening(
    read: Read, head: str, pairs: bool
) -> None:
    rows = [("1000", "Cash", "90.50", "40.25", "10.50"), ("1100", "Bank", "-30.25", "8.00", "9.75"),
            ("3000", "Capital", "-60.25", "", ""), ("4000", "Sales", "", "2.50", "60.50"),
            ("6000", "Rent", "", "30.00", "")]  # fmt: skip
    content = head + "\n"
    for code, name, opening, debit, credit in rows:
        left = opening if not pairs else ";".join(two(Decimal(opening))) if opening else ";"
        content += f"{code};{name};{left};{debit};{credit}\n"
    assert refused(read, content).code == "ambiguous_columns"


def test_it_reads_whole_amounts_with_groups_under_any_header(read: Read) -> None:
    content = (
        "Số hiệu;Tên;Nợ;Có\n1111;Tiền mặt;79.334.000;\n1121;Ngân hàng;52.443.000;\n"
        "3311;Phải trả;;31.777.000\n4111;Vốn;;100.000.000\n"
    )
    assert figures(read(content))[:2] == ("131777000.00", "131777000.00")


def test_it_asks_which_of_many_companies(read: Read) -> None:
    rows = [f"Branch {n} Ltd,{name},{amount}\n" for n in range(278)
            for name, amount in (("Cash", n + 1), ("Sales", -n - 1))]  # fmt: skip
    content = "Company,Account,Balance\n" + "".join(rows)
    error = refused(read, content)
    assert error.code == "multiple_periods" and "238 more" in error.message
    assert figures(read(content, period="Branch 9 Ltd"))[:2] == ("10.00", "10.00")


def test_it_warns_of_the_columns_that_have_no_part(read: Read) -> None:
    told: Told = []
    content = table("Aa,Bb,Cc,Dd,Ee,Ff", lambda *amounts: [f"{amount:.2f}" for amount in amounts])
    read(content, told)
    messages = [entry["warning"]["message"] for entry in told if "warning" in entry]
    assert messages == ["Amounts not used: Cc, Dd, Ee."]
