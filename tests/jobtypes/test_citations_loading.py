"""What the citations type takes for the text of a file, and what it leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bellhop.jobtypes.citations import citations
from tests.support.attempts import Attempt, attempt, refusal
from tests.support.papers import SCAN, Image, Row, Run, pdf, rows, word

FILLER = "The court has said this in a number of cases that are named elsewhere in the brief"
Page = Sequence[Row | Image]
STAMP = Row(780, (Run("Case 1:21-cv-04567-XYZ   Document 33-2   Filed 05/06/21   Page 1 of 9", 8),))


def read(path: Path) -> Attempt:
    return attempt(citations, path, path.parent)


def text_of(path: Path) -> str:
    return str(read(path).data["text"])


def found(result: Attempt) -> list[str]:
    return [citation["normalized"] for citation in result.data["citations"]]


@pytest.fixture
def html(tmp_path: Path) -> Any:
    """The text of an HTML page with this body."""

    def text(body: str) -> str:
        path = tmp_path / "a.html"
        path.write_text(f"<!doctype html><html><body>{body}</body></html>", "utf-8")
        return text_of(path)

    return text


@pytest.fixture
def docx(tmp_path: Path) -> Any:
    """The text of a Word document with this XML as its body."""
    return lambda body, **notes: text_of(word(tmp_path / "a.docx", body, **notes))


def paragraph(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


# Characters that show nothing.


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Hill v. Dale, 77 F.\xad2d 12 (1980)", "Hill v. Dale, 77 F.2d 12 (1980)"),
        ("Hill v. Dale, 77 F.\u200b2d\u2060 12 (1980)", "Hill v. Dale, 77 F.2d 12 (1980)"),
        ("Hill v. Dale, 77\xa0F.2d\u202f12\u2009(1980)", "Hill v. Dale, 77 F.2d 12 (1980)"),
        ("Hill v. Dale, 77 F.2d 12, 15\xad16 (1980)", "Hill v. Dale, 77 F.2d 12, 15-16 (1980)"),
        ("Hill v. Dale, 77 F.2d 1\xad2 (1980)", "Hill v. Dale, 77 F.2d 12 (1980)"),
        ("Hill v. Dale, 7\xad7 F.2d 12 (1980)", "Hill v. Dale, 77 F.2d 12 (1980)"),
        ("Hill v. Dale, 77 F.2d at 1\xad12 (19\xad80)", "Hill v. Dale, 77 F.2d at 112 (1980)"),
        ("Hill v. Dale, 77 F.2d at 99\xad101 (1980)", "Hill v. Dale, 77 F.2d at 99-101 (1980)"),
        ("See 42 U.S.C. \xa7 19\xad83", "See 42 U.S.C. \xa7 1983"),
        ("Hill v. Dale, \uff17\uff17 F.2d \uff11\uff12", "Hill v. Dale, 77 F.2d 12"),
        ("Gri\ufb03n v. O\ufb03ce, \U0001d7d5\U0001d7d5 F.2d 12", "Griffin v. Office, 77 F.2d 12"),
        ("Hill v. Dale, 77 F.2d 12, 15\u201116 (1980)", "Hill v. Dale, 77 F.2d 12, 15-16 (1980)"),
        ("Hill v. Dale, 77 F.2d 12\u2074 (1980)", "Hill v. Dale, 77 F.2d 12 (1980)"),
        ("\ufeffHill v. Dale, 77 F.2d 12\u200e (1980)", "Hill v. Dale, 77 F.2d 12 (1980)"),
    ],
)
@pytest.mark.parametrize("suffix", [".txt", ".html"])
def test_it_reads_what_shows(tmp_path: Path, suffix: str, written: str, shown: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text(f"<html><p>{written}</p>" if suffix == ".html" else written, "utf-8")
    assert text_of(path) == shown


def test_it_joins_a_line_of_text_at_the_hyphen_that_pdfium_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("The appel\ufffelant lost; an appellant may lose.", "utf-8")
    assert text_of(path) == "The appellant lost; an appellant may lose."


# HTML.


@pytest.mark.parametrize(
    "mark",
    [
        "<sup>7</sup>", "<sup>[7]</sup>", '<sup><a href="#fn7">7</a></sup>', "<sup>7, 8</sup>",
        "<sup>*</sup>", "<sup> n7 </sup>", '<a href="#note7">[7]</a>', "<sup><b>1</b>2</sup>",
        '<span style="vertical-align: super; font-size:70%">7</span>', "<sup>note 7</sup>",
        "<sup>7/</sup>", "<sup>iv</sup>", "[FN7]", '<a href="a.html#n7">7</a>',
        '<span class="MsoFootnoteReference">7</span>', '<a class="fnref">7</a>',
        "<footnotemark>7</footnotemark>", '<a role="doc-noteref">7</a>',
        "<style>b.up { font-size: 7pt; vertical-align: super }</style><b class='up'>7</b>",
    ],
)  # fmt: skip
def test_it_takes_no_mark_of_a_footnote_for_a_digit(html: Any, mark: str) -> None:
    assert html(f"<p>Oak v. Ash, 33 F.3d 21{mark} (1994)</p>") == "Oak v. Ash, 33 F.3d 21 (1994)"


def test_it_keeps_what_is_raised_and_no_mark(html: Any) -> None:
    text = "<p>Oak v. Ash, 33 F.2<sup>d</sup> 21 (4<sup>th</sup> Cir. 1929)</p>"
    assert html(text) == "Oak v. Ash, 33 F.2d 21 (4th Cir. 1929)"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('33 F.3d <span class="page">*188</span> 21', "33 F.3d 21"),
        ("33 F.3d <a>*188</a>21", "33 F.3d 21"),
        ("33 F.3d [*188] 21", "33 F.3d 21"),
        ("2020 WL 12345, at <span>*4</span>", "2020 WL 12345, at *4"),
        ("2020 WL 12345, at *3, <i>*4</i>", "2020 WL 12345, at *3, *4"),
    ],
)
def test_it_leaves_out_a_star_page_unless_it_is_cited(html: Any, written: str, shown: str) -> None:
    assert html(f"<p>{written}</p>") == shown


def test_it_keeps_the_number_in_a_cell(html: Any) -> None:
    cells = "".join(f'<td style="vertical-align: {at}">5</td>' for at in ("top", "super"))
    assert html(f"<table><tr>{cells}</tr></table>") == "5\n5"


def test_it_keeps_a_page_in_a_note(html: Any) -> None:
    assert html('<p>33 F.3d <i class="footnote">21 (1994)</i></p>') == "33 F.3d 21 (1994)"


def test_it_keeps_a_link_that_is_a_page(html: Any) -> None:
    assert html('<p>33 F.3d <a href="#p21">21</a></p>') == "33 F.3d 21"


@pytest.mark.parametrize(
    "unseen",
    [
        "<p hidden>{}</p>", '<div style="display:none"><p>{}</p></div>', "<template>{}</template>",
        '<p style="Visibility: hidden">{}</p>', '<p aria-hidden="true">{}</p>',
        "<style>.x p {{ display: none }}</style><div class='x'><p>{}</p></div>",
    ],
)  # fmt: skip
def test_it_does_not_read_what_a_page_hides(html: Any, unseen: str) -> None:
    hidden = unseen.format("Oak v. Ash, 33 F.3d 21")
    assert html(f"<p>{FILLER}.</p>{hidden}<p>Two.</p>") == f"{FILLER}.\nTwo."


def test_it_joins_the_lines_of_text_that_was_typed(html: Any) -> None:
    lines = "The court in Gorman held so. See Oak v. Gor-\nman, 33 F.3d\n  21 (1994)."
    assert html(f"<pre>{lines}</pre>").endswith("See Oak v. Gorman, 33 F.3d 21 (1994).")


def test_it_reads_entities_and_the_ends_of_lines(html: Any) -> None:
    text = html("<div>Oak &amp; Co. v. Ash,<br>33&nbsp;F.3d 21</div>Then &sect;&#8239;5.")
    assert text == "Oak & Co. v. Ash,\n33 F.3d 21\nThen § 5."


# Word documents.


def test_it_reads_the_text_of_a_box_once(docx: Any) -> None:
    inner = f"<w:txbxContent>{paragraph(run('Oak v. Ash, 33 F.3d 21 (1994)'))}</w:txbxContent>"
    new = f"<mc:Choice Requires='wps'><wps:txbx>{inner}</wps:txbx></mc:Choice>"
    old = f"<mc:Fallback><w:pict><v:textbox>{inner}</v:textbox></w:pict></mc:Fallback>"
    box = f"<w:r><mc:AlternateContent>{new}{old}</mc:AlternateContent></w:r>"
    assert docx(paragraph(run("A brief."), box)) == "A brief.\nOak v. Ash, 33 F.3d 21 (1994)"


def test_it_reads_a_box_that_only_older_versions_show(docx: Any) -> None:
    inner = f"<w:txbxContent>{paragraph(run('Oak v. Ash'))}</w:txbxContent>"
    old = f"<mc:Fallback><w:pict><v:textbox>{inner}</v:textbox></w:pict></mc:Fallback>"
    new = "<mc:Choice Requires='wps'/>"
    box = f"<w:r><mc:AlternateContent>{new}{old}</mc:AlternateContent></w:r>"
    assert docx(paragraph(box)) == "Oak v. Ash"


def test_it_reads_moved_text_where_it_is_now(docx: Any) -> None:
    moved = run("Oak v. Ash, 33 F.3d 21 (1994)")
    source = paragraph(
        "<w:pPr><w:rPr><w:moveFrom w:id='1'/></w:rPr></w:pPr>",
        f"<w:moveFrom w:id='2'>{moved}</w:moveFrom>",
    )
    target = paragraph(f"<w:moveTo w:id='3'>{moved}</w:moveTo>")
    text = docx(source + paragraph(run("One.")) + target)
    assert text == "One.\nOak v. Ash, 33 F.3d 21 (1994)"


def test_it_reads_a_table_row_and_an_insertion_with_all_changes_accepted(docx: Any) -> None:
    cell = paragraph(
        run("Oak v. "), f"<w:ins w:id='1'>{run('Ash')}</w:ins>",
        "<w:del w:id='2'><w:r><w:delText>Elm</w:delText></w:r></w:del>",
        f"<w:moveFrom w:id='3'>{run('Fir')}</w:moveFrom>", run(", 33 F.3d 21"),
    )  # fmt: skip
    table = f"<w:tbl><w:tr><w:tc>{cell}</w:tc></w:tr></w:tbl>"
    assert docx(table) == "Oak v. Ash, 33 F.3d 21"


def test_it_goes_on_over_a_deleted_end_of_a_paragraph(docx: Any) -> None:
    first = paragraph("<w:pPr><w:rPr><w:del w:id='1'/></w:rPr></w:pPr>", run("Oak v. Ash, 33 F."))
    assert docx(first + paragraph(run("3d 21 (1994)"))) == "Oak v. Ash, 33 F.3d 21 (1994)"


def test_it_reads_the_result_of_a_field_and_not_its_instruction(docx: Any) -> None:
    def at(kind: str) -> str:
        return f"<w:r><w:fldChar w:fldCharType='{kind}'/></w:r>"

    inner = at("begin") + at("separate") + run("hidden") + at("end")
    code = "<w:r><w:instrText>TA \\l Elm v. Fir, 1 F.3d 1</w:instrText></w:r>"
    field = at("begin") + code + inner + at("separate") + run("Ash") + at("end")
    simple = f"<w:fldSimple w:instr='PAGE'>{run('21')}</w:fldSimple>"
    assert docx(paragraph(run("Oak v. "), field, run(", 33 F.3d "), simple)) == (
        "Oak v. Ash, 33 F.3d 21"
    )


@pytest.mark.parametrize(
    "properties",
    ["<w:vertAlign w:val='superscript'/>", "<w:rStyle w:val='Mark'/>", "<w:vanish/>"],
)
def test_it_leaves_out_marks_of_footnotes_and_hidden_text(
    tmp_path: Path, properties: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import docx as library
    from docx.enum.style import WD_STYLE_TYPE

    template = library.Document()
    style = template.styles.add_style("Mark", WD_STYLE_TYPE.CHARACTER)
    style.font.superscript = True
    template.save(str(tmp_path / "template.docx"))
    make = library.Document
    monkeypatch.setattr(library, "Document", lambda: make(str(tmp_path / "template.docx")))
    body = paragraph(run("Oak v. Ash, 33 F.3d 21"), run("7", properties), run(" (1994)"))
    path = word(tmp_path / "a.docx", body)
    monkeypatch.undo()
    assert text_of(path) == "Oak v. Ash, 33 F.3d 21 (1994)"


def test_it_keeps_the_raised_end_of_an_ordinal_number(docx: Any) -> None:
    raised = "<w:vertAlign w:val='superscript'/>"
    assert docx(paragraph(run("33 F.4"), run("th", raised), run(" 21"))) == "33 F.4th 21"


def test_it_reads_hyphens_and_controls_of_word(docx: Any) -> None:
    hyphens = (
        "<w:r><w:t>21, 25</w:t><w:noBreakHyphen/><w:t>2</w:t><w:softHyphen/><w:t>6</w:t></w:r>"
    )
    control = f"<w:sdt><w:sdtContent>{run('33 F.3d ')}{hyphens}</w:sdtContent></w:sdt>"
    assert docx(paragraph(control)) == "33 F.3d 21, 25-26"


def test_it_reads_notes_but_not_those_whose_mark_was_deleted(docx: Any) -> None:
    body = paragraph(
        run("Text."), "<w:r><w:footnoteReference w:id='2'/></w:r>",
        "<w:del w:id='9'><w:r><w:footnoteReference w:id='3'/></w:r></w:del>",
        "<w:r><w:endnoteReference w:id='1'/></w:r>",
    )  # fmt: skip
    foot = "".join(
        f"<w:footnote w:id='{n}'>{paragraph(run(text))}</w:footnote>"
        for n, text in ((2, "Kept."), (3, "Deleted."))
    )
    end = f"<w:endnote w:id='1'>{paragraph(run('At the end.'))}</w:endnote>"
    assert docx(body, footnotes=foot, endnotes=end) == "Text.\nKept.\nAt the end."


# PDF: marks and notes.


@pytest.mark.parametrize(
    "runs",
    [
        (Run("Oak v. Ash, 33 F.3d 21"), Run("7", 7, 4), Run(" (1994)")),
        (Run("Oak v. Ash, 33 F.3d 21"), Run("*", 8, 3), Run(" (1994)")),
        (Run("Oak v. Ash, 33 F.3d 21", 14), Run("12", 9, 6), Run(" (1994)", 14)),
        (Run("12", 7, 4), Run("Oak v. Ash, 33 F.3d 21 (1994)")),
    ],
)
def test_it_leaves_out_raised_marks_of_a_pdf(tmp_path: Path, runs: tuple[Run, ...]) -> None:
    path = pdf(tmp_path / "a.pdf", [Row(700, runs)])
    assert text_of(path) == "Oak v. Ash, 33 F.3d 21 (1994)"


def test_it_keeps_a_number_that_is_raised_and_as_large(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [Row(700, (Run("33 F.3d 21"), Run("7", 12, 1)))])
    assert text_of(path) == "33 F.3d 217"


def test_it_reads_a_citation_over_the_footnotes_of_a_page(tmp_path: Path) -> None:
    text = [FILLER] * 12 + ["and so the rule is that of Oak v. Ash, 33"]
    note = Row(120, (Run("4", 6, 3), Run(" But see Elm v. Fir, 44 F.2d 10 (1930),", 9)))
    first = [*rows(text, 720), note, *rows(["which nobody follows."], 106, 9)]
    second = rows(["F.3d 21 (1994). It is the law.", *[FILLER] * 5], 720)
    result = read(pdf(tmp_path / "a.pdf", first, second))
    assert found(result) == ["33 F.3d 21", "44 F.2d 10"]
    pages = [citation["page_number"] for citation in result.data["citations"]]
    assert (pages, result.data["pages"]) == ([1, 1], 2)
    assert "But see Elm v. Fir, 44 F.2d 10 (1930), which nobody follows." in result.data["text"]


def test_it_reads_notes_that_go_on_at_the_foot_of_the_next_page(tmp_path: Path) -> None:
    first = [
        *rows([*[FILLER] * 12, "as Oak v. Ash, 33"], 740, 11),
        *rows(["17. The first note is short.", "18. The other cites Elm v. Fir, 44"], 110, 9),
    ]
    second = [
        *rows(["[*88]", "F.3d 21 (1994), says.", *[FILLER] * 9], 740, 11),
        *rows(["F.2d 10 (1930), and ends."], 110, 9),
    ]
    third = rows([f"{FILLER}."] * 3, 740, 11)
    result = read(pdf(tmp_path / "a.pdf", first, second, third))
    assert found(result) == ["33 F.3d 21", "44 F.2d 10"]
    assert "17. The first note is short.\n18. The other" in result.data["text"]


def test_it_reads_over_notes_below_a_drawn_line(tmp_path: Path) -> None:
    first = "\n".join([*[FILLER] * 9, "Oak v. Ash, 33", "", "_________", "", "3 A note of it."])
    path = tmp_path / "a.txt"
    path.write_text(f"{first}\f   12\n\n*12\n\nF.3d 21 (1994), says.\n", "utf-8")
    assert "Oak v. Ash, 33 F.3d 21 (1994), says.\n3 A note of it." in text_of(path)


def test_it_takes_no_quotation_in_small_type_for_a_note(tmp_path: Path) -> None:
    first = [*rows([f"{FILLER}."] * 20, 740), *rows(["5 Years on it is Oak v. Ash, 33"], 200, 10)]
    second = [*rows(["F.3d 21 (1994) that rules."], 740, 10), *rows([f"{FILLER}."] * 9, 700)]
    path = pdf(tmp_path / "a.pdf", first, second)
    assert "5 Years on it is Oak v. Ash, 33 F.3d 21 (1994) that rules." in text_of(path)


NOTES = [
    ["6 A note of it."], ["6. A note of it."], ["(6) A note of it."], ["[6] A note of it."],
    ["FN6. A note of it."], ["* A note of it."], ["a A note of it."], ["6 “A note” of it."],
    ["6A note of it."], ["6 26 U.S.C. § 162 is a note."], ["A note without a mark."],
    ["6 A note of it,", "   in two lines.", "7 Another note."],
]  # fmt: skip
UNFINISHED = [*[FILLER] * 9, "as in Oak v. Ash, 33"]
GOES_ON = ["F.3d 21 (1994). It is the law.", *[FILLER] * 6]


@pytest.mark.parametrize("note", NOTES)
@pytest.mark.parametrize("size", [9, 11])
def test_it_reads_over_notes_of_every_form(tmp_path: Path, note: list[str], size: float) -> None:
    first = [*rows(UNFINISHED, 740), *rows(note, 130, size)]
    text = text_of(pdf(tmp_path / "a.pdf", first, rows(GOES_ON, 740)))
    assert "Oak v. Ash, 33 F.3d 21 (1994). It is" in text
    assert "note" in text


@pytest.mark.parametrize(
    ("first", "second"),
    [("44 U.S.", "10"), ("44 U.", "S. 10"), ("44 F.", "2d 10"), ("44 F. Supp.", "2d 10"),
     ("44 F.2d", "10"), ("44", "Cal. App. 4th 10"), ("44 Cal. App.", "4th 10")],
)  # fmt: skip
@pytest.mark.parametrize("note", [["6 A note of it."], ["A note without a mark."]])
def test_it_reads_over_notes_wherever_a_citation_is_divided(
    tmp_path: Path, first: str, second: str, note: list[str]
) -> None:
    one = [*rows([*[FILLER] * 9, f"So Elm v. Fir, {first}"], 740), *rows(note, 130, 9)]
    two = rows([f"{second} (1960), has it.", *[FILLER] * 6], 740)
    text = text_of(pdf(tmp_path / "a.pdf", one, two))
    assert f"So Elm v. Fir, {first} {second} (1960), has it." in text


@pytest.mark.parametrize("below", ["16", "Page 16 of 20", "Brief for the Appellant"])
@pytest.mark.parametrize("above", ["17", f"{' ' * 40}OAK v. ASH"])
def test_it_reads_over_a_running_head_and_foot(tmp_path: Path, below: str, above: str) -> None:
    note = rows(["6 A note of it."], 130, 9)
    first: Page = [*rows(UNFINISHED, 740), *note, *rows([below], 40)]
    second: Page = [*rows([above], 770), *rows(GOES_ON, 730)]
    path = pdf(tmp_path / "a.pdf", first, second)
    assert "Oak v. Ash, 33 F.3d 21 (1994). It is" in text_of(path)


def test_it_reads_over_a_running_head_in_small_type(tmp_path: Path) -> None:
    second: Page = [*rows(["17   Oak v. Ash"], 770, 9), *rows(GOES_ON, 740)]
    text = text_of(pdf(tmp_path / "a.pdf", rows(UNFINISHED, 740), second))
    assert "Oak v. Ash, 33 F.3d 21 (1994). It is" in text
    assert "\n17 Oak v. Ash" in text


def test_it_keeps_the_end_of_a_paragraph_that_stands_alone_at_the_top(tmp_path: Path) -> None:
    second = [*rows(["F.3d 21 (1994)."], 740), *rows([f"{FILLER}."] * 6, 700)]
    text = text_of(pdf(tmp_path / "a.pdf", rows(UNFINISHED, 740), second))
    assert "as in Oak v. Ash, 33 F.3d 21 (1994)." in text


@pytest.mark.parametrize("star", ["[*17] ", "[* 17] ", "[**17] ", "*17 "])
def test_it_leaves_out_a_star_page_at_the_top(tmp_path: Path, star: str) -> None:
    first = rows([*[FILLER] * 9, "Oak v. Ash, 33 F.3d"], 740)
    path = pdf(tmp_path / "a.pdf", first, rows([f"{star}21 (1994).", *[FILLER] * 9], 740))
    assert "Oak v. Ash, 33 F.3d 21 (1994)." in text_of(path)


def test_it_keeps_a_star_page_at_the_top_that_is_cited(tmp_path: Path) -> None:
    first = rows([*[FILLER] * 9, "Oak v. Ash, 2020 WL 123, at"], 740)
    path = pdf(tmp_path / "a.pdf", first, rows(["*3 (D. Mass. 2020).", *[FILLER] * 9], 740))
    assert "Oak v. Ash, 2020 WL 123, at *3 (D. Mass. 2020)." in text_of(path)


# PDF: pictures of pages.


FILED = ["ELECTRONICALLY FILED", "Superior Court of Grayfield", "05/06/2021 at 10:11 AM",
         "Clerk of the Court", "By A. Deputy, Deputy Clerk"]  # fmt: skip


@pytest.mark.parametrize(
    "page",
    [
        [SCAN],
        [SCAN, STAMP],
        [SCAN, *rows(["GRAY-000123"], 30, 9)],
        [Image(20, 20, 592, 770), STAMP, *rows(FILED, 760, 8)],
        [*(Image(0, at, 612, at + 99) for at in range(0, 792, 99)), *rows(["- 3 -"], 30)],
    ],
)
def test_it_says_that_pictures_with_stamps_have_no_text(tmp_path: Path, page: Any) -> None:
    error = refusal(citations, pdf(tmp_path / "a.pdf", page, page), tmp_path)
    assert error.code == "no_text_layer"


def test_it_says_so_where_a_page_between_has_only_its_number(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [SCAN, STAMP], rows(["2"], 30), [SCAN, STAMP])
    assert refusal(citations, path, tmp_path).code == "no_text_layer"


def test_it_reads_the_text_that_was_recognised_under_a_picture(tmp_path: Path) -> None:
    layer = Row(700, (Run("Oak v. Ash, 33 F.3d 21 (1994)", is_unseen=True),))
    assert found(read(pdf(tmp_path / "a.pdf", [SCAN, layer]))) == ["33 F.3d 21"]


def test_it_reads_a_page_with_a_picture_behind_its_text(tmp_path: Path) -> None:
    page: Page = [SCAN, *rows([*[FILLER] * 9, "Oak v. Ash, 33 F.3d 21 (1994)"], 740)]
    result = read(pdf(tmp_path / "a.pdf", page))
    assert (found(result), result.warnings) == (["33 F.3d 21"], [])


def test_it_reads_a_page_with_a_small_picture(tmp_path: Path) -> None:
    page: Page = [Image(250, 650, 362, 780), *rows(["Oak v. Ash, 33 F.3d 21 (1994)"], 600)]
    assert read(pdf(tmp_path / "a.pdf", page)).warnings == []


def test_it_names_the_pages_without_text(tmp_path: Path) -> None:
    typed: Page = rows([f"{FILLER}."] * 9, 740)
    scan: Page = [SCAN, STAMP]
    path = pdf(tmp_path / "a.pdf", typed, scan, [], scan, scan, [SCAN])
    (warning,) = read(path).warnings
    assert (warning["code"], warning["where"]) == ("pages_without_text", "pages 2, 4–6")
    assert "not read: 2, 4–6." in warning["message"]


@pytest.mark.parametrize("mark", ["11 ", "11"])
def test_it_begins_a_note_where_a_number_stands_before_a_name(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "brief.txt"
    path.write_text(f"The text of the page\n{mark}McGee v. Harker, 88 T.C. 63, 75 (1987).\n")
    assert read(path)[0]["citations"][0]["plaintiff"] == "McGee"


def test_it_keeps_a_volume_at_the_start_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "brief.txt"
    path.write_text(
        "The rule is that of Ash v. Elm, now found at\n12 F.3d 45 (1993), in Roe v. Doe"
    )
    assert "\n" not in text_of(path)


def test_it_reads_a_number_of_a_word_document_whole(docx: Any) -> None:
    body = paragraph("<w:r><w:t>Oak v. Ash, 33 F.3d 2</w:t><w:softHyphen/><w:t>1</w:t></w:r>")
    assert docx(body) == "Oak v. Ash, 33 F.3d 21"
