"""The citations type: what it reads, what it finds, what each citation stands for."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx
import pypdfium2
import pytest

from bellhop.jobtypes.caselaw import finding
from bellhop.jobtypes.citations import citations
from tests.support.attempts import Attempt, attempt, needs_shared, refusal
from tests.support.places import SHARED

Read = Callable[..., Attempt]
ROE = "Roe v. Wade, 410 U.S. 113, 120 (1973)"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run(text: str, suffix: str = ".txt") -> Attempt:
        path = tmp_path / f"file{suffix}"
        path.write_text(text, "utf-8")
        return attempt(citations, path, tmp_path)

    return run


def cases(found: Attempt) -> list[str]:
    """Volume, reporter and page of each case citation, full or short."""
    kinds = ("full_case", "short_case")
    found_cases = [c for c in found.data["citations"] if c["kind"] in kinds]
    return [f"{c['volume']} {c['reporter']} {c['page'] or '___'}" for c in found_cases]


def failed(citation: dict[str, Any]) -> list[str]:
    return [check["code"] for check in citation["checks"] if not check["ok"]]


def pdf(path: Path, *pages: list[str]) -> Path:
    """A PDF with these lines of text, each in its place."""
    document = pypdfium2.PdfDocument.new()
    raw = pypdfium2.raw
    font = raw.FPDFText_LoadStandardFont(document, b"Helvetica")
    for lines in pages:
        page = document.new_page(612, 792)
        for number, line in enumerate(lines):
            text = raw.FPDFPageObj_CreateTextObj(document, font, 11.0)
            encoded = (line + "\0").encode("utf-16-le")
            buffer = (raw.c_ushort * (len(encoded) // 2)).from_buffer_copy(encoded)
            raw.FPDFText_SetText(text, buffer)
            raw.FPDFPageObj_Transform(text, 1, 0, 0, 1, 72, 720 - 16 * number)
            raw.FPDFPage_InsertObject(page, text)
        raw.FPDFPage_GenerateContent(page)
    document.save(path)
    return path


def test_it_says_so_where_a_hyphen_stands_in_a_page(tmp_path: Path) -> None:
    lines = ["Roe v. Wade, 410 U.S. 1-13 (1973); Doe v. Bolton, 410 U.S. 179-99 (1973)."]
    data = attempt(citations, pdf(tmp_path / "a.pdf", lines), tmp_path).data
    assert [failed(citation) for citation in data["citations"]] == [["page"], []]


def test_it_tells_all_about_a_full_citation(read: Read) -> None:
    (found,) = read(f"We follow {ROE}.").data["citations"]
    del found["checks"], found["context"]
    assert found == {
        "text": "410 U.S. 113", "normalized": "410 U.S. 113", "kind": "full_case",
        "volume": "410", "reporter": "U.S.", "page": "113", "pin_cite": "120", "year": 1973,
        "court": "scotus", "plaintiff": "Roe", "defendant": "Wade", "resolves_to": None,
        "cluster": 0, "span": [23, 35], "page_number": None,
    }  # fmt: skip


def test_it_gives_spans_of_its_text(read: Read) -> None:
    data = read(f"First.\n\nSee {ROE}. Roe, 410 U. S., at 125.").data
    texts = [data["text"][slice(*c["span"])] for c in data["citations"]]
    assert texts == ["410 U.S. 113", "410 U. S., at 125"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (ROE, "full_case"),
        ("410 U.S. at 116", "short_case"),
        ("Roe, supra, at 3", "supra"),
        ("Id. at 5", "id"),
        ("28 U.S.C. § 1331", "law"),
        ("John Doe, A Note, 100 Harv. L. Rev. 45 (1986)", "journal"),
    ],
)
def test_it_knows_each_kind(read: Read, text: str, kind: str) -> None:
    assert [c["kind"] for c in read(f"The court cites {text}.").data["citations"]] == [kind]


def test_it_says_the_steps_it_takes(read: Read) -> None:
    steps = read(ROE).steps
    assert steps == ["Loading", "Finding citations", "Resolving", "Checking"]


def test_it_finds_a_citation_that_runs_over_lines_and_pages(read: Read) -> None:
    page = "The court followed what it had said in Grutter v. Bollinger, 539 U.\n"
    rest = "S. 306 (2003), and\nmore."
    assert cases(read(page + rest)) == ["539 U.S. 306"]
    assert cases(read(page + "\f" + rest)) == ["539 U.S. 306"]


PARTIES = ("Adams", "Baker", "Clark", "Davis", "Evans")


def opinion(head: str) -> str:
    """Pages with a head and a page number, each end of a page within a citation."""
    pages = []
    for number, (one, other) in enumerate(pairwise([*PARTIES, "Frank"]), 1):
        goes_on = f"S. 244 (2003), and {one} lost.\n" if number > 1 else ""
        text = f"The Court heard {one} on a day of {one}.\nIt followed {one} v. {other}, 539 U.\n"
        pages.append(f"{head}   {number}\n\n{goes_on}{text}")
    return "\f".join(pages) + "S. 244."


@pytest.mark.parametrize(
    "head",
    ["Cite as: 569 U. S. ____ (2013)", "SMITH v. JONES, 12 F.3d 345", "Opinion of the Court"],
)
def test_it_takes_no_running_head_for_a_citation(read: Read, head: str) -> None:
    assert cases(read(opinion(head))) == 5 * ["539 U.S. 244"]


def test_it_leaves_out_what_a_court_stamps_on_each_page(read: Read) -> None:
    stamp = "Case: 20-16276, 08/05/2020, ID: 11778722, DktEntry: 19, Page 4 of 15"
    text = f"See Dimaya v. Lynch, 803\n{stamp}\nF.3d 1110 (9th Cir. 2015)."
    found = read(text)
    assert cases(found) == ["803 F.3d 1110"]
    assert "DktEntry" not in found.data["text"]


def test_it_leaves_out_the_line_numbers_of_a_pleading(read: Read) -> None:
    lines = ["The rule stands in Roe v. Wade, 410", "U.S. 113 (1973).", *["It is the law."] * 18]
    numbered = "\n".join(f"{number}  {line}" for number, line in enumerate(lines, 1))
    assert cases(read(numbered)) == ["410 U.S. 113"]


@pytest.mark.parametrize(
    "record", ["1 App. 24", "3 R. 45", "2 Add. 3", "1 App. 24, 30 (2013)", "1 PA 7"]
)
def test_it_takes_no_place_in_the_record_for_a_citation(read: Read, record: str) -> None:
    assert cases(read(f"The contract says so. {record}. It was signed.")) == []


@pytest.mark.parametrize(
    "text",
    [
        "3 RT 455; 2 CT 305; 4 ER 105; 2 P.R. 4",
        "Suite 500 Houston 77002",
        "30 Day 60 notice",
        "At 600 S.E. 12 St. the house stands",
        "No. 12 F. 345",
    ],
)
def test_it_takes_no_number_with_a_word_for_a_citation(read: Read, text: str) -> None:
    assert cases(read(f"It says: {text}. It was signed.")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Twombly, 550U.S. 544; Iqbal, 556 U.S.662 (2009)", ["550 U.S. 544", "556 U.S. 662"]),
        ("Guz, supra, 24 Cal.4th at pp. 349-350", ["24 Cal. 4th 349"]),
        ("SMITH V. JONES, 45 F. SUPP. 2D 678 (D. MASS. 1999)", ["45 F. Supp. 2d 678"]),
        ("Crane v. Hyde Park, 135 *355 Mass. 147 (1883)", ["135 Mass. 147"]),
        ("Trump v. Hawaii, 585 U. S. ---- (2018)", ["585 U.S. ___"]),
    ],
)
def test_it_reads_other_ways_of_writing(read: Read, text: str, found: list[str]) -> None:
    data = read(f"See {text}.")
    assert cases(data) == found
    for citation in data.data["citations"]:
        assert (
            data.data["text"][slice(*citation["span"])][0].isdigit() or citation["kind"] == "supra"
        )


def test_it_takes_a_case_of_such_a_reporter_all_the_same(read: Read) -> None:
    assert cases(read("See Smith v. Jones, 10 P. 5 (Cal. 1886).")) == ["10 P. 5"]


def test_it_joins_a_word_that_a_line_end_divides(read: Read) -> None:
    text = "In Grutter v. Bollinger, 539 U. S. 306 (2003), it held. So did Grut-\nter, supra, at 3."
    data = read(text).data
    assert "did Grutter, supra" in data["text"]
    assert data["citations"][1]["resolves_to"] == 0


def test_it_joins_a_word_at_a_soft_hyphen(read: Read) -> None:
    assert "Oklahoma" in read(f"It was Okla\xad\nhoma; {ROE}.").data["text"]


def test_it_keeps_a_hyphen_that_belongs_to_the_word(read: Read) -> None:
    assert "video-gaming" in read(f"A history of video-\ngaming; {ROE}.").data["text"]


# What a citation stands for.


def resolved(found: Attempt) -> list[int | None]:
    return [c["resolves_to"] for c in found.data["citations"]]


def test_it_resolves_short_forms(read: Read) -> None:
    found = read(f"{ROE}. Id. at 125. Later, Roe, 410 U.S. at 116. Roe, supra, at 119.")
    assert resolved(found) == [None, 0, 0, 0]
    (cluster,) = found.data["clusters"]
    assert (cluster["name"], cluster["citations"]) == ("Roe v. Wade", [0, 1, 2, 3])


def test_it_tells_two_cases_of_one_volume_apart_by_the_page(read: Read) -> None:
    two = "Gratz v. Bollinger, 539 U.S. 244 (2003). Grutter v. Bollinger, 539 U.S. 306 (2003)."
    found = read(f"{two} Then 539 U.S., at 328. Id., at 330. And 539 U.S., at 250.")
    assert resolved(found) == [None, None, 1, 1, 0]


def test_it_tells_two_cases_with_a_common_party_apart_by_the_other(read: Read) -> None:
    two = "Gratz v. Bollinger, 539 U.S. 244 (2003). Grutter v. Bollinger, 539 U.S. 306 (2003)."
    assert resolved(read(f"{two} As Grutter v. Bollinger, supra, has it."))[2] == 1


def test_it_says_which_short_form_stands_for_nothing(read: Read) -> None:
    first, second = read("As held, 410 U.S. at 116. Smith, supra, at 4.").data["citations"]
    assert (failed(first), failed(second)) == (["antecedent"], ["antecedent"])


def test_it_does_not_take_the_record_for_what_was_cited_last(read: Read) -> None:
    found = read(f"{ROE}. Brief for Texas. Id., at 9.").data["citations"]
    assert found[1]["resolves_to"] is None


# Checks.


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (ROE, []),
        ("A v. B, 12 F.4th 345 (9th Cir. 1990)", ["year"]),
        ("Roe v. Wade, 410 U.S. 113 (1803)", ["year"]),
        ("Marbury v. Madison, 5 U.S. 137 (1803)", []),
        ("State v. Gupton, 30 N.C. 271 (1848)", []),
    ],
)
def test_it_checks_the_year_against_the_reporter(read: Read, text: str, codes: list[str]) -> None:
    assert failed(read(f"See {text}.").data["citations"][0]) == codes


def test_it_finds_one_citation_under_two_names(read: Read) -> None:
    text = "Roe v. Wade, 410 U.S. 113 (1973). Smith v. Henry, 410 U.S. 113 (1973)."
    assert [failed(c) for c in read(text).data["citations"]] == [["names"], ["names"]]


@pytest.mark.parametrize(
    ("text", "parties"),
    [
        ("It did. Smith v. Henry, 12 F.3d 1 (1999)", ("Smith", "Henry")),
        (
            "In United States v. Smith & Co., Inc., 12 F.3d 1 (1999)",
            ("United States", "Smith & Co., Inc."),
        ),
        (
            "under Acme Corp. v. Dep’t of Labor, No. 12-3, 12 F.3d 1 (1999)",
            ("Acme Corp.", "Dep’t of Labor"),
        ),
        ("The Court in Smith v. Henry, 12 F.3d 1 (1999)", ("Smith", "Henry")),
        ("In re Gault, 387 U.S. 1 (1967)", (None, "In re Gault")),
        ("See also State ex rel. Ohio v. Jones, 12 F.3d 1 (1999)", ("State ex rel. Ohio", "Jones")),
    ],
)
def test_it_names_the_parties_also_behind_another_citation(
    read: Read, text: str, parties: tuple[str | None, str]
) -> None:
    found = read(f"See {ROE}. {text}.").data["citations"][1]
    assert (found["plaintiff"], found["defendant"]) == parties


def test_it_takes_the_year_that_stands_behind_the_citation(read: Read) -> None:
    text = (
        "Dimaya v. Lynch, 803 F.3d 1110, 1112 (9th Cir. 2015), aff'd sub nom. Sessions v. Dimaya,"
    )
    found = read(f"{text} 138 S. Ct. 1204 (2018); Coomes v. Day, 816 F.3d 1255 (2016).")
    assert [c["year"] for c in found.data["citations"]] == [2015, 2018, 2016]


def test_it_takes_no_year_from_the_next_citation(read: Read) -> None:
    text = "570 U. S. ____ (2013). 570 U.S. 595, 600. 12 A.D.2d 34 (N.Y. 1960)."
    assert [c["year"] for c in read(text).data["citations"]] == [2013, None, 1960]


def test_it_gives_citations_in_the_order_of_the_text(read: Read) -> None:
    text = (
        "Chevron U.S.A. Inc. v. Natural Res. Def. Council, Inc., 467 U.S. 837, 842-43, 104 S. Ct. "
        "2778, 81 L. Ed. 2d 694 (1984). Chevron, 467 U.S. at 843 n.9."
    )
    found = read(text).data["citations"]
    assert [c["span"] for c in found] == sorted(c["span"] for c in found)
    assert resolved(read(text)) == [None, None, None, 0]


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("410 U. S., at 116", "410 U.S. 116"),
        ("565 U. S. ____ (2011)", "565 U.S. ___"),
        ("645 F.Supp.2d 587", "645 F. Supp. 2d 587"),
    ],
)
def test_it_writes_a_citation_as_it_is_usually_written(
    read: Read, text: str, normalized: str
) -> None:
    assert read(f"See {text}.").data["citations"][0]["normalized"] == normalized


def test_it_gives_a_parallel_citation_the_same_parties(read: Read) -> None:
    text = "Obergefell v. Hodges, 576 U.S. 644, 135 S. Ct. 2584, 192 L. Ed. 2d 609 (2015)."
    found = read(text).data["citations"]
    assert [(c["plaintiff"], c["defendant"]) for c in found] == 3 * [("Obergefell", "Hodges")]


def test_it_does_not_mind_a_name_that_is_shortened(read: Read) -> None:
    text = "Jane Roe v. Henry Wade, 410 U.S. 113 (1973). Roe v. Wade, 410 U.S. 113 (1973)."
    assert [failed(c) for c in read(text).data["citations"]] == [[], []]


def test_it_says_which_reporter_nobody_knows(read: Read) -> None:
    data = read(f"See {ROE}. See Foo v. Bar, 12 Xyz. Rep. 345, 350 (1999). Id. at 351.").data
    known, unknown, same = data["citations"]
    assert (failed(known), failed(unknown)) == ([], ["reporter"])
    names = ("text", "volume", "reporter", "page", "year", "plaintiff", "defendant")
    told = ("12 Xyz. Rep. 345", "12", "Xyz. Rep.", "345", 1999, "Foo", "Bar")
    assert tuple(unknown[name] for name in names) == told
    assert (same["resolves_to"], same["cluster"]) == (1, unknown["cluster"])
    assert [cluster["citations"] for cluster in data["clusters"]] == [[0], [1, 2]]


def test_it_never_says_valid(read: Read) -> None:
    assert "valid" not in json.dumps(read(f"{ROE}. Id. at 4.").data["citations"])


# Files.


def test_it_reads_a_pdf_with_its_pages(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", ["An order."], ["See Roe v. Wade, 410 U.S. 113 (1973)."])
    found = attempt(citations, path, tmp_path)
    assert [c["page_number"] for c in found.data["citations"]] == [2]
    assert (found.data["pages"], "Extracting text" in found.steps) == (2, True)


def test_it_says_that_a_scan_has_no_text(tmp_path: Path) -> None:
    assert refusal(citations, pdf(tmp_path / "a.pdf", []), tmp_path).code == "no_text_layer"


def test_it_reads_tables_and_footnotes_of_a_word_document(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("In the text: 1 U.S. 11 (1789).")
    document.add_table(1, 1).cell(0, 0).text = "In a table: 2 U.S. 22 (1790)."
    document.save(str(tmp_path / "plain.docx"))
    path = with_footnote(tmp_path / "plain.docx", "In a note: 3 U.S. 33 (1791).")
    found = attempt(citations, path, tmp_path)
    assert cases(found) == ["1 U.S. 11", "2 U.S. 22", "3 U.S. 33"]


def with_footnote(path: Path, text: str) -> Path:
    """The document with a part of footnotes, as Word writes it."""
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    target = path.with_name("notes.docx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            content = (
                source.read(name).decode("utf-8") if name.endswith((".xml", ".rels")) else None
            )
            if name == "[Content_Types].xml":
                part = f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/></Types>'
                content = (content or "").replace("</Types>", part)
            if name == "word/_rels/document.xml.rels":
                link = f'<Relationship Id="rId99" Type="{relation}" Target="footnotes.xml"/>'
                content = (content or "").replace("</Relationships>", f"{link}</Relationships>")
            copy.writestr(name, content if content is not None else source.read(name))
        run = f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"
        note = (
            f'<w:footnotes xmlns:w="{space}"><w:footnote w:id="1">{run}</w:footnote></w:footnotes>'
        )
        copy.writestr("word/footnotes.xml", note)
    return target


def test_it_reads_what_a_page_shows(read: Read) -> None:
    page = (
        "<html><head><title>1 U.S. 11</title><script>2 U.S. 22</script></head><body>"
        "<p>Marbury v. Madison, 5 <i>U.S.</i> 137 (1803)<!-- 3 U.S. 33 --></p>"
        "<style>4 U.S. 44</style></body></html>"
    )
    assert cases(read(page, ".html")) == ["5 U.S. 137"]


def test_it_goes_by_the_content_and_not_by_the_name(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", ["Roe v. Wade, 410 U.S. 113 (1973)."]).rename(tmp_path / "b.txt")
    assert cases(attempt(citations, path, tmp_path)) == ["410 U.S. 113"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b" \n\t ", "empty_file"),
        (b"<html><body></body></html>", "empty_file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "unsupported_type"),
        (bytes(range(256)) * 20, "unsupported_type"),
        (b"%PDF-1.7\nrubbish", "corrupt_file"),
        (b"PK\x03\x04 no archive", "corrupt_file"),
        (b"a " * 1_000_001, "too_large"),
        (b"1 U.S. 1 (1790); " * 20_000, "too_large"),
    ],
)
def test_it_refuses_what_it_cannot_read(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    assert refusal(citations, path, tmp_path).code == code


def test_it_refuses_a_pdf_with_too_many_pages(tmp_path: Path) -> None:
    error = refusal(citations, pdf(tmp_path / "a.pdf", *[[]] * 2001), tmp_path)
    assert (error.code, "2,001 pages" in error.message) == ("too_large", True)


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_it_refuses_half_a_file(tmp_path: Path, part: float) -> None:
    document = docx.Document()
    document.add_paragraph("Roe v. Wade, 410 U.S. 113 (1973)")
    document.save(str(tmp_path / "a.docx"))
    content = (tmp_path / "a.docx").read_bytes()
    (tmp_path / "a.docx").write_bytes(content[: int(part * len(content))])
    assert refusal(citations, tmp_path / "a.docx", tmp_path).code == "corrupt_file"


@pytest.mark.parametrize("text", ["a" * 400_000, "(" * 400_000, "A v. B, " * 40_000])
def test_it_is_not_held_up_by_a_text_made_for_that(read: Read, text: str) -> None:
    assert read(text).data["citations"] == []


def test_it_cuts_a_long_text_between_sentences(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "PIECE", 200)
    text = f"It follows from {ROE} that the order stands. " * 40
    assert cases(read(text)) == 40 * ["410 U.S. 113"]


@needs_shared
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("lol.docx", "corrupt_file"),
        ("xxe.docx", "corrupt_file"),
        ("password.pdf", "password_protected"),
        ("lol.xlsx", "unsupported_type"),
    ],
)
def test_it_refuses_hostile_files(tmp_path: Path, name: str, code: str) -> None:
    assert refusal(citations, SHARED / "hostile" / name, tmp_path).code == code
