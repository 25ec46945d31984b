"""The citations type on text: each way of writing, and what belongs to a citation."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from time import process_time
from typing import Any

import pytest

from bellhop.jobtypes.caselaw.checking import check
from bellhop.jobtypes.caselaw.finding import find
from bellhop.jobtypes.caselaw.model import Citation
from bellhop.jobtypes.caselaw.pages import from_paragraphs
from tests.support.places import ROOT


def found(*paragraphs: str) -> list[Citation]:
    document = from_paragraphs(paragraphs)
    citations = find(document, lambda part: None)
    check(document, citations)
    return citations


def normalized(*paragraphs: str) -> list[str | None]:
    return [citation.normalized for citation in found(*paragraphs)]


def failed(citation: Citation) -> list[str]:
    return [check["code"] for check in citation.checks if not check["ok"]]


# The same in every run.

TIED = (
    "Ames v. Kerr, 77 T.C. 413, 420 (1981). Later, Ames v. Kerr, 77 T.C. at 420. "
    "Poole v. Dane, 5 How. 12 (1847); 3 Hill 45; 2 Ct. Cl. 9 (1942); 14 Or. App. 3 (1973). "
    "Pub. L. No. 111-148, 124 Stat. 119 (2010); 15 Jones 4 (1855); Ash v. Thompson, 563 U.S. 51."
)
PROGRAM = """
import json, sys
from tests.jobtypes.test_citation_finding import told
print(json.dumps(told(sys.argv[1])))
"""


def told(text: str) -> list[Any]:
    return [
        [c.kind, c.text, c.normalized, c.resolves_to, c.cluster, c.plaintiff, c.year]
        for c in found(text)
    ]


def test_it_finds_the_same_whatever_the_hash_seed() -> None:
    def answer(seed: int) -> bytes:
        program = [sys.executable, "-c", PROGRAM, TIED]
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        done = subprocess.run(program, env=environment, cwd=ROOT, capture_output=True, check=True)
        return done.stdout

    with ThreadPoolExecutor(2) as pool:
        answers = set(pool.map(answer, range(6)))
    assert len(answers) == 1
    assert json.loads(answers.pop())[1][0] == "short_case"


def test_it_finds_the_same_whatever_the_order_of_the_patterns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from eyecite.tokenizers import default_tokenizer

    usual, plain = default_tokenizer.get_extractors, told(TIED)
    for seed in range(20):

        def shuffled(text: str, seed: int = seed) -> list[Any]:
            patterns = sorted(usual(text), key=lambda pattern: pattern.regex)
            random.Random(seed).shuffle(patterns)
            return patterns

        monkeypatch.setattr(default_tokenizer, "get_extractors", shuffled)
        assert told(TIED) == plain


def test_it_finds_the_same_in_several_threads() -> None:
    plain = told(TIED)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(told, [TIED] * 12)) == [plain] * 12


# Ways of writing.


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("Pratt v. Lowe, 931F.2d1044 (5th Cir. 1991)", ["931 F.2d 1044"]),
        ("under 18U.S.C.§3553(a) and 93S.Ct.705", ["18 U.S.C. § 3553", "93 S. Ct. 705"]),
        ("Pratt, 477U.S.242, 248; 477 U.S.at 250", ["477 U.S. 242", "477 U.S. 250"]),
        ("61F.Supp.2d1042 (D. Or. 1999), 173Cal.App.4th655", ["61 F. Supp. 2d 1042",
                                                               "173 Cal. App. 4th 655"]),
    ],
)  # fmt: skip
def test_it_needs_no_space_between_the_parts(text: str, reads: list[str]) -> None:
    assert normalized(text) == reads


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("Terry v Ohio, 392 US 1, 88 SCt 1868, 20 LEd2d 889 [1968]",
         ["392 U.S. 1", "88 S. Ct. 1868", "20 L. Ed. 2d 889"]),
        ("Perl v Meher, 18 NY3d 208, 936 NYS2d 655 [2011]", ["18 N.Y.3d 208", "936 N.Y.S.2d 655"]),
        ("Cole v Mandel, 12 Misc 3d 1153 [Sup Ct, Kings County 2006]; 324 Mass 123 [1949]",
         ["12 Misc. 3d 1153", "324 Mass. 123"]),
        ("SMITH V. JONES, 45 F. SUPP. 2D 678 (D. MASS. 1999)", ["45 F. Supp. 2d 678"]),
    ],
)  # fmt: skip
def test_it_needs_no_full_stops_in_the_name_of_a_reporter(text: str, reads: list[str]) -> None:
    assert normalized(text) == reads


@pytest.mark.parametrize("text", ["5 Miss 12 of them", "12 Will 34 come", "aged 12A34 and 7B2"])
def test_it_takes_no_word_between_numbers_for_a_reporter(text: str) -> None:
    assert normalized(text) == []


@pytest.mark.parametrize(
    ("text", "pin"),
    [
        ("12 F.3d 45, 47 n.3 (2d Cir. 1993)", "47 n.3"),
        ("12 F.3d 45, 47 nn. 3–4 (2d Cir. 1993)", "47 nn. 3–4"),
        ("12 F.3d 45, 54-58 & n.2 (2d Cir. 1993)", "54-58 & n.2"),
        ("551 U.S. 701, 720, 725-26, 730 n.4 (2007)", "720, 725-26, 730 n.4"),
        ("18 NY3d 208, 215 n 2 [2011]", "215 n 2"),
        ("551 U.S. 338, 347, 127 S. Ct. 2456 (2007)", "347"),
        ("2012 ND 5, ¶¶ 7-9, 810 N.W.2d 1", "¶¶ 7-9"),
        ("2021 WL 1234567, at *3 (D. Md. 2021)", "*3"),
        ("410 U.S. 113, 93 S. Ct. 705 (1973)", None),
    ],
)
def test_it_reads_the_pages(text: str, pin: str | None) -> None:
    assert found(f"See Hale v. Ford, {text}.")[0].pin_cite == pin


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("People v. Marsh (1984) 36 Cal.3d 134, 140 [202 Cal.Rptr. 92, 679 P.2d 1033].",
         [1984, 1984, 1984]),
        ("(Vo v. Las Virgenes Dist. (2000) 79 Cal.App.4th 440, 446-447; In re Lucas (2004) 33 "
         "Cal.4th 682.)", [2000, 2004]),
        ("(United States v. Cole (9th Cir. 2009) 565 F.3d 1150, 1152.)", [2009]),
        ("Perl v Meher (18 NY3d 208 [2011], revg 74 AD3d 930 [2d Dept 2010])", [2011, 2010]),
        ("Cole v Mandel, 12 Misc 3d 1153 [Sup Ct, Kings County 2006]", [2006]),
        ("Smith v. Jones, 12 F.3d 45. Many (since 1990) agree.", [None]),
        ("Smith v. Jones, 12 F.3d 45 (citing the 1990 Act).", [None]),
        ("347 U.S. 999. The court disagreed. Brown v. Board, 347 U.S. 483 (1954).", [None, 1954]),
        ("Epic Corp. v. Lane (2018) __ U.S. __ [138 S.Ct. 1612].", [2018]),
        ("Lee v. Ott, 783 S.W.2d 697, 701 (Tex. App.—El Paso 1989, writ denied).", [1989]),
        ("Ash v. Orr, 142 S. Ct. 1253, 1259, ---- L. Ed. 2d ---- (2022).", [2022]),
        ("Hale v. Ito, 585 U. S. ___, ___ (2018) (slip op., at 5).", [2018]),
    ],
)  # fmt: skip
def test_it_reads_the_year_where_it_stands(text: str, years: list[int | None]) -> None:
    assert [citation.year for citation in found(text)] == years


@pytest.mark.parametrize(
    ("text", "clusters"),
    [
        ("People v. Marsh (1984) 36 Cal.3d 134, 140 [202 Cal.Rptr. 92, 679 P.2d 1033].", [0, 0, 0]),
        ("Rita v. Lee, 551 U.S. 338, 347, 127 S. Ct. 2456 (2007); Ash v. Orr, 9 F.3d 1 (1993).",
         [0, 0, 1]),
        ("See 347 U.S. 483, 349 U.S. 294 (1955).", [0, 1]),
        ("Ash v. Orr, 9 F.3d 1 (1993), 12 F.3d 4 (1994). Ash v. Orr, 9 F.3d 1 (1993).", [0, 1, 0]),
    ],
)  # fmt: skip
def test_it_takes_parallel_citations_for_one_decision(text: str, clusters: list[int]) -> None:
    assert [citation.cluster for citation in found(text)] == clusters


@pytest.mark.parametrize(
    "law",
    [
        "Cal. Penal Code § 187", "N.Y. Penal Law § 125.25", "Tex. Bus. & Com. Code Ann. § 17.46",
        "Fla. Stat. § 768.28", "Fla. Stat. 768.28", "740 ILCS 10/3", "RCW 9A.32.030",
        "O.C.G.A. § 16-5-1", "28 USC 1331", "29 CFR 1630.2", "42 Pa.C.S. § 5524",
        "Md. Code Ann., Cts. & Jud. Proc. § 5-101", "Mass. Gen. Laws ch. 93A, § 2",
        "G.L. c. 93A, § 11", "Code Civ. Proc., § 425.16", "CPLR 3212", "La. Civ. Code art. 2315",
        "Vt. Stat. Ann. tit. 12, § 511", "12 V.S.A. § 511", "N.J.S.A. 2A:15-5.1", "R.C. 2305.09",
        "Neb. Rev. Stat. § 25-21,185.09", "15 U.S.C. sec. 78j", "Idaho Code § 5-219",
        "Tex. Code Crim. Proc. Ann. art. 38.23", "Cal. Code Regs. tit. 8, § 3203",
        "TEX. GOV'T CODE ANN. § 311.005", "Code § 8.01-380", "§ 537.080, RSMo",
        "section 13-21-111, C.R.S.", "K.S.A. 2019 Supp. 60-513", "G.L. 1956 § 9-1-14",
        "75 P.S. § 3802", "Ill. Rev. Stat. ch. 38, ¶ 9-1", "Vehicle and Traffic Law § 1192",
        "Penal Code section 187", "47 O.S. 1991, § 11-903", "40 U.S.C. s 270b",
        "title 18, United States Code, section 1961", "Fla. Admin. Code R. 64B8-9.003",
    ],
)  # fmt: skip
def test_it_knows_the_codes_of_the_states(law: str) -> None:
    (citation,) = found(f"The claim rests on {law}, which applies here.")
    assert (citation.kind, citation.text) == ("law", law)


@pytest.mark.parametrize(
    "text",
    [
        "The Code of 1950 has 12 parts.", "In Ohio 12-3 was the vote.",
        "Washington Law Review 34-5", "California has 58 counties and Rule 5 days.",
        "He was 28 USC students old.",
    ],
)  # fmt: skip
def test_it_takes_no_sentence_for_a_law(text: str) -> None:
    assert found(text) == []


def test_it_takes_no_reporter_for_a_law() -> None:
    kinds = [c.kind for c in found("44 C.M.R. 1 (1971); 310 CMR 10.02; 28 U.S.C. § 1331 (2012)")]
    assert kinds == ["full_case", "law", "law"]


def test_it_takes_no_year_of_a_code_for_a_subsection() -> None:
    law = found("It rests on 28 U.S.C. § 1331 (2012).")[0]
    assert (law.pin_cite, law.year) == (None, 2012)


# Names.


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Reed v. Ott, 487 U.S. 42, 54-58 (1988), Lund Cty. v. Dean, 454 U.S. 312, 325-26 (1981), "
         "and Moss v. Dep't of Soc. Servs., 436 U.S. 658 (1978).",
         [("Reed", "Ott"), ("Lund Cty.", "Dean"), ("Moss", "Dep't of Soc. Servs.")]),
        ("See Ames v. Kerr, 347 U.S. 999. Citizens Alone v. FEC, 558 U.S. 310 (2010); cf. The "
         "Florida Moon v. B.J.F., 491 U.S. 524 (1989).",
         [("Ames", "Kerr"), ("Citizens Alone", "FEC"), ("Florida Moon", "B.J.F.")]),
        ("Local Union No. 38 v. Pell, 350 F.3d 73 (2d Cir. 2003); Int'l Bhd. of Elec. Workers, "
         "Local No. 1245 v. NLRB, 12 F.3d 5 (1993).",
         [("Local Union No. 38", "Pell"),
          ("Int'l Bhd. of Elec. Workers, Local No. 1245", "NLRB")]),
        ("Gale v. Lane County School Dist. No. 4J, 12 F.3d 5 (1993); In re 650 Sixth Ave. & "
         "Related Props., 830 F.3d 66 (2016).",
         [("Gale", "Lane County School Dist. No. 4J"),
          (None, "In re 650 Sixth Ave. & Related Props.")]),
        ("The Tenth Circuit in Ames v. Kerr, 12 F.3d 45 (1993), and Judge Stone in Lowe v. Pratt, "
         "13 F.3d 46 (1994).", [("Ames", "Kerr"), ("Lowe", "Pratt")]),
        ("However, in 44 Wineshop, Inc. v. Ohio, 517 U.S. 484 (1996), and 3M Co. v. Ott, 9 F.3d 1.",
         [("44 Wineshop, Inc.", "Ohio"), ("3M Co.", "Ott")]),
        ("Perl v Meher (18 NY3d 208 [2011]).", [("Perl", "Meher")]),
        ("As in Kane v Grand Cent. Dist. Mgt. Assn., 158 F3d 92 [2d Cir 1998].",
         [("Kane", "Grand Cent. Dist. Mgt. Assn.")]),
        ("State v. Ames, 9 F.3d 1 (1993). It follows from Ames and Lowe v. Duke Univ., 9 F.3d 5.",
         [("State", "Ames"), ("Lowe", "Duke Univ.")]),
        ("Board of Educ. of Town Schools (Dist. 66) v. Merz, 496 U.S. 226; under Rule 29(c). "
         "State v. Ott, 9 F.3d 5.",
         [("Board of Educ. of Town Schools (Dist. 66)", "Merz"), ("State", "Ott")]),
        ("Ash v. Orr, Case No. 18-724, Docket Entry No. 13 (a stay pending the outcome in Lopez v. "
         "Dane, 930 F.3d 1039 (9th Cir. 2019)).", [("Lopez", "Dane")]),
        ("Hart v. Ohio, — U.S. —, 136 S.Ct. 616 (2016); Epic Corp. v. Lane (2018) __ U.S. __ [138 "
         "S.Ct. 1612].", [("Hart", "Ohio"), ("Epic Corp.", "Lane")]),
    ],
)  # fmt: skip
def test_it_names_the_parties(text: str, named: list[tuple[str | None, str]]) -> None:
    assert [(c.plaintiff, c.defendant) for c in found(text)] == named


@pytest.mark.parametrize(
    "paragraphs",
    [
        ("He left.", "12 Ames v. Kerr, 9 F.3d 1 (1993)."),
        ("The rule is old.", "12Ames v. Kerr, 9 F.3d 1 (1993)."),
        ("The rule is old.12 Ames v. Kerr, 9 F.3d 1 (1993).",),
        ("“It is.” 3 See also Ames v. Kerr, 9 F.3d 1 (1993).",),
        ("The rule is old.", "4Accord Ames v. Kerr, 9 F.3d 1 (1993)."),
        ("The rule is old.", "1. Ames v. Kerr, 9 F.3d 1 (1993)."),
    ],
)
def test_it_takes_no_mark_of_a_footnote_for_a_name(paragraphs: tuple[str, ...]) -> None:
    assert [c.plaintiff for c in found(*paragraphs)] == ["Ames"]


# What "Id." stands for.

ROE = "Roe v. Wade, 410 U.S. 113, 120 (1973)"
DOE = "Doe v. Ray, 11 F.3d 1, 3 (1992)"


@pytest.mark.parametrize(
    ("text", "target"),
    [
        (f"{ROE} (citing {DOE}). Id. at 125.", 0),
        (f"{ROE} (holding that a rule (citing {DOE}) applies). The court said more. Id.", 0),
        (f"{ROE} (quoting {DOE}; id. at 4).", 1),
        (f"{ROE}. (See {DOE}.) Id. at 5.", 1),
        ("Ott v. Day, 9 F.3d 10 (1993), cert. denied, 511 U.S. 1 (1994). Id. at 12.", 0),
        ("Lane v. Fox, 2020 WL 555, at *2 (D. Or. 2020). Id. at *4. Id. at *5–6.", 0),
        ("State v. Lee, 2012 ND 5, ¶ 7, 810 N.W.2d 1. Id. ¶ 9.", 0),
        (f"{ROE}. It arises under 28 U.S.C. § 1331. Id. at 125.", 0),
        ("It rests on 42 U.S.C. § 1983. Id. § 1985.", 0),
        (f"{ROE}. (Id. at 130.)", 0),
        ("Rita v. Lee, 551 U.S. 338, 127 S. Ct. 2456 (2007). Id. at 340. Id.", 0),
        ("Hale v. Ito, 585 U. S. ___, ___ (2018). Id., at ___ (slip op., at 7). Ibid.", 0),
        ("Ott v. Day, 236 F.3d 340 (2014), rev'd, Ott v. Lee, 99 U.S. 9 (2015). Id. at 369.", 0),
        ("The court reversed. See Ott v. Day, 236 F.3d 340 (2014). Id. at 369.", 0),
    ],
)
def test_it_says_what_id_stands_for(text: str, target: int) -> None:
    last = found(text)[-1]
    assert (last.kind, last.resolves_to, failed(last)) == ("id", target, [])


def test_it_goes_by_whole_words_of_a_name() -> None:
    two = "Ash v. Cal, 9 F.3d 1 (1993). Ash v. Orr, 8 F.3d 2 (1994)."
    rest = "The law of the state was another one at that time, as everybody knew who lived there."
    assert found(f"{two} {rest} In California, Orr v. Ash, supra.")[-1].resolves_to == 1


@pytest.mark.parametrize(
    "between",
    [
        "Compl. Claim III ¶¶ 46-53.", "(Dkt. 12 at 3.)", "Tr. 45.", "See Ex. A.", "R. at 12.",
        "App. 24.", "Jones Decl. ¶ 5.", "ECF No. 34.", "Pl.'s Mot. for Summ. J. at 5.", "J.A. 55.",
        "Answer ¶ 12.", "Brief for Texas 12.", "Ash v. Orr, No. 19-55 (D. Md. 2020).",
        "Ash v. Orr, 99 U.S., at 5.", "Under § 5 it is so.",
    ],
)  # fmt: skip
def test_it_takes_id_behind_something_else_for_no_case(between: str) -> None:
    last = found(f"{ROE}. {between} Id. ")[-1]
    assert (last.kind, last.resolves_to, failed(last)) == ("id", None, ["antecedent"])


@pytest.mark.parametrize(
    "text",
    [
        f"{ROE}. Id. at *4.",
        f"{ROE}. Id. at 500.",
        "Ott v. Day, 9 F.3d 10, 12 (1993), aff'd, 515 U.S. 10 (1995). Id. at 30.",
        "Ott v. Day, 9 F.3d 10 (1993). As it said, 9 F.3d at 5.",
        "People v. Ott, 9 F.3d 10 (1993). In People, supra, it held.",
    ],
)
def test_it_says_so_where_it_is_not_sure(text: str) -> None:
    last = found(text)[-1]
    assert (last.resolves_to, failed(last)) == (None, ["antecedent"])


# Years of reporters.


@pytest.mark.parametrize(
    "text",
    [
        "5 F.R.D. 1 (D. Mass. 1945)", "132 F.R.D. 1 (D.D.C. 1990)", "12 Ohio St.3d 20 (1984)",
        "100 Idaho 5 (1979)", "890 F. Supp. 1 (D. Me. 1995)", "50 Ct. Cl. 1 (1915)",
        "100 Pa. Super. 1 (1930)", "3 Ark. App. 1 (1981)", "1 Cal. Rptr. 2d 5 (1991)",
        "1 F.3d 1 (1st Cir. 1992)", "2 Ohio App. 3d 7 (1981)",
    ],
)  # fmt: skip
def test_it_knows_when_a_reporter_began(text: str) -> None:
    assert failed(found(f"Ott v. Day, {text}.")[0]) == []


@pytest.mark.parametrize(
    "text",
    [
        "5 Cal.5th 1 (1995)", "5 N.Y.S.3d 1 (1990)", "700 Ill. 2d 3 (1901)", "132 F.R.D. 5 (1921)",
        "3 Wash. App. 2d 8 (1990)", "40 F. Supp. 2d 1 (1989)",
    ],
)  # fmt: skip
def test_it_doubts_a_year_before_the_series_began(text: str) -> None:
    assert failed(found(f"Ott v. Day, {text}.")[0]) == ["year"]


# Held against briefs of other courts.

TATE = "Tate v. Orr, 901 F.2d 11, 14 (1st Cir. 1990)."


@pytest.mark.parametrize(
    "source",
    [
        "Arb. Award 12.",
        "See Clerk\u2019s Papers at 34.",
        "Plaintiff\u2019s Dep., p. 14, ll. 3-9.",
        "(RP (May 3, 2019) at 15.)",
        "Fed. R. Civ. P. 12(b)(6).",
        "U.S. Const. amend. XIV.",
        "Blake\u2019s Law Dictionary 123 (11th ed. 2019).",
        "Letter from A. Dale to B. Hart (May 3, 2020).",
    ],
)
def test_it_takes_a_sentence_that_is_a_title_and_a_place_for_what_was_cited_last(
    source: str,
) -> None:
    last = found(f"{TATE} {source} Id. at 15.")[-1]
    assert (last.resolves_to, failed(last)) == (None, ["antecedent"])


@pytest.mark.parametrize(
    "sentence",
    [
        "The court agreed in 2003.",
        "Rule 12(b)(6) governs.",
        "Section 1983 applies.",
        "Title VII applies (in part).",
        "Cal. Penal Code § 187.",
    ],
)
def test_it_takes_no_sentence_with_a_verb_for_what_was_cited_last(sentence: str) -> None:
    assert found(f"{TATE} {sentence} Id. at 15.")[-1].resolves_to == 0


def test_it_begins_a_name_behind_an_ampersand() -> None:
    text = "Ames v. Burr, 410 U.S. 113 (1973), & Pike County v. Ford, 597 U.S. 215 (2022)."
    assert found(text)[1].plaintiff == "Pike County"


@pytest.mark.parametrize("pin", ["15 n.*", "15 footnote 7", "15, n.**"])
def test_it_reads_pages_with_notes_in_other_words(pin: str) -> None:
    cited = found(f"Ames v. Gale, 88 F.3d 12, {pin} (3d Cir. 1996).")[0]
    assert (cited.pin_cite, cited.year) == (pin, 1996)


def test_it_reads_a_court_of_several_districts() -> None:
    text = "Doe v Roe, 12 Misc 2d 3 [App Term, 2d Dept, 9th & 10th Jud Dists 1958]."
    assert found(text)[0].year == 1958


@pytest.mark.parametrize(
    ("written", "usual"),
    [
        ("42USC1983", "42 U.S.C. § 1983"),
        ("17-A M.R.S.A. § 201", "17-A M.R.S.A. § 201"),
        ("820 Ill. Comp. Stat. 305/5", "820 Ill. Comp. Stat. § 305/5"),
        ("N.J. Stat. Ann. 2C:11-3", "N.J. Stat. Ann. § 2C:11-3"),
        ("Fla. Stat. s. 90.401", "Fla. Stat. § 90.401"),
        ("Va. Code. Ann. § 8.01-1", "Va. Code. Ann. § 8.01-1"),
        ("O.R.C. § 2305.10", "O.R.C. § 2305.10"),
        ("F.S. § 768.72", "F.S. § 768.72"),
    ],
)
def test_it_reads_codes_as_the_courts_of_each_state_write_them(written: str, usual: str) -> None:
    assert normalized(f"The claim rests on {written}, and fails.") == [usual]


def test_it_reads_a_citation_glued_to_the_name_before_it() -> None:
    cited = found("See Reed v. Stone,912F.2d1213(10thCir.1990).")[0]
    assert (cited.normalized, cited.plaintiff, cited.defendant, cited.year) == (
        "912 F.2d 1213", "Reed", "Stone", 1990,
    )  # fmt: skip


def test_it_reads_a_glued_citation_of_a_database() -> None:
    assert normalized("Ash v. Elm, 2015WL12345, at *3 (D. Kan. 2015).") == ["2015 WL 12345"]


@pytest.mark.parametrize("mark", ["2/", "3:", "FN4.", "n.5"])
def test_it_takes_no_mark_of_another_form_for_a_name(mark: str) -> None:
    assert found(f"It was so. {mark} Hoyt v. Dale, 12 F.4th 10 (2021).")[0].plaintiff == "Hoyt"


def test_it_keeps_the_number_of_a_name_in_a_list() -> None:
    text = "Ash v. Elm, 380 U.S. 693 (1965); 44 Lantern, Inc. v. Maine, 517 U.S. 484 (1996)."
    assert found(text)[1].plaintiff == "44 Lantern, Inc."


@pytest.mark.parametrize(
    "text",
    [
        "See Marlow v. Crest, 812 F.3d 405 (5th Cir. 2016) [citing Steel v. Dunn, 530 U.S. 238 "
        "(2000)]. Id. at 410.",
        "In Marlow v. Crest (2016) 62 Cal.4th 5, 9 [citing Steel v. Dunn (2000) 24 Cal.4th 1], it "
        "was so. (Id. at p. 10.)",
        "(see Matter of Doe, 44 AD3d 98 [1st Dept 2007] [citing Ash v Elm, 12 NY3d 4 (2009)]; id. "
        "at 102)",
    ],
)
def test_it_passes_over_what_is_cited_in_brackets_about_a_citation(text: str) -> None:
    assert found(text)[-1].resolves_to == 0


def test_it_reads_a_court_with_its_district_in_brackets() -> None:
    text = "Ash v. Elm, 88 S.W.3d 4 (Tex. App.—Houston [1st Dist.] Nov. 4, 2002, no pet.)."
    assert found(text)[0].year == 2002


def test_it_begins_a_name_behind_a_remark_on_the_citation_before() -> None:
    text = "Hickman v. Taylor, 329 U.S. 495 (1947) (Hickman II), Nash v. Nobles, 422 U.S. 225."
    assert found(text)[1].plaintiff == "Nash"


def test_it_gives_a_name_over_two_lines_in_one() -> None:
    cited = found("Gray v. City of", "Elgin, 44 F.3d 1 (1st Cir. 1995).")[0]
    assert cited.defendant == "City of Elgin"


def test_it_checks_the_names_of_a_place_that_is_cited_often_once() -> None:
    text = "Ash v. Elm, 12 F.3d 4 (1999). " * 3000 + "Oak v. Fir, 12 F.3d 4 (1999)."
    start = process_time()
    citations = found(text)
    assert process_time() - start < 10
    assert failed(citations[0]) == failed(citations[-1]) == ["names"]


# Rules of courts.


@pytest.mark.parametrize(
    ("written", "usual"),
    [
        ("Tex. R. Evid. 403", "Tex. R. Evid. 403"),
        ("TEX. R. APP. P. 38.1", "TEX. R. APP. P. 38.1"),
        ("Fla. R. Civ. P. 1.510", "Fla. R. Civ. P. 1.510"),
        ("Fed. R. Civ. P. 12(b)(6)", "Fed. R. Civ. P. 12"),
        ("Ohio Civ.R. 56(C)", "Ohio Civ.R. 56"),
        ("Pa.R.Crim.P. 600", "Pa.R.Crim.P. 600"),
        ("Md. Rule 5-403", "Md. Rule 5-403"),
        ("N.J.R.E. 404(b)", "N.J.R.E. 404"),
        ("NRCP 56", "NRCP 56"),
        ("Haw. R. Penal P. 40", "Haw. R. Penal P. 40"),
        ("Mass. R. Dom. Rel. P. 60", "Mass. R. Dom. Rel. P. 60"),
        ("Ga. Unif. Super. Ct. R. 24", "Ga. Unif. Super. Ct. R. 24"),
        ("Rule 56(c), Ala. R. Civ. P.", "Ala. R. Civ. P. 56"),
        ("Rule 801 of the Federal Rules of Evidence", "Federal Rules of Evidence 801"),
        ("Cal. Rules of Court, rule 8.1115(a)", "Cal. Rules of Court rule 8.1115"),
    ],
)
def test_it_reads_the_rules_of_all_courts(written: str, usual: str) -> None:
    assert normalized(f"The motion rests on {written}, and fails.") == [usual]


@pytest.mark.parametrize(
    "text",
    [
        "Rule 12(b)(6) governs.", "The Ga. R. Co. 5 was late.", "THERE ARE 403 PEOPLE.",
        "In Texas Rule the 5 lords.", "It was heard by 12 Cal. R. 5.",
    ],
)  # fmt: skip
def test_it_takes_nothing_else_for_the_rule_of_a_court(text: str) -> None:
    assert normalized(text) == []


def test_it_takes_a_rule_for_what_was_cited_last() -> None:
    last = found(f"{TATE} Under Tex. R. Evid. 403, it is out. Id.")[-1]
    assert last.resolves_to == 1


# Short forms that were found by their surroundings, or lost.


@pytest.mark.parametrize(
    "text",
    ["{}. Ibid. Id.", "{}. Id. Ibid.", "{}; id.; id.", "{}. Ibid. Ibid. Id. at 12", "{}. Id.at 12",
     "{}. Id . at 12", "{}. ID. AT 12", "{} (id.)", "{}. Id., p. 12", "{}. Id. pp. 12-13"],
)  # fmt: skip
def test_it_finds_each_of_several_short_forms(text: str) -> None:
    citations = found(text.format("Tate v. Orr, 901 F.2d 11 (1st Cir. 1990)"))
    assert len(citations) == 1 + len(re.findall("ibid|id", text, re.I))
    assert {citation.resolves_to for citation in citations[1:]} == {0}


def test_it_takes_no_card_for_a_short_form() -> None:
    assert len(found(f"{TATE} He showed his voter ID. The clerk saw it.")) == 1


@pytest.mark.parametrize(
    ("text", "pin"),
    [("Tate, supra p. 13", "13"), ("Tate, supra note 5, at 12", "12"), ("Tate, supra, 12", "12")],
)
def test_it_reads_the_pages_of_a_supra(text: str, pin: str) -> None:
    last = found(f"{TATE} So says {text}.")[-1]
    assert (last.pin_cite, last.resolves_to) == (pin, 0)


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("4 Hill 12 (N.Y. 1842)", "4 Hill at 14"),
        ("2 Gray 45 (Mass. 1854)", "2 Gray at 47"),
        ("5 Day 23 (Conn. 1811)", "5 Day, at 25"),
        ("22 U.S. (9 Wheat.) 1 (1824)", "9 Wheat. at 96"),
        ("10 Barr 3 (Pa. 1849)", "10 Barr at 4"),
    ],
)
def test_it_finds_the_short_form_of_a_reporter_that_is_also_a_word(full: str, short: str) -> None:
    last = found(f"Doe v. Stone, {full}. So it was in Stone, {short}.")[-1]
    assert (last.kind, last.resolves_to) == ("short_case", 0)


def test_it_takes_no_count_of_things_before_a_case_for_one() -> None:
    assert normalized(f"Give 30 Day 60 notice. See {TATE}") == ["901 F.2d 11"]


def test_it_reads_the_page_of_a_law_that_has_pages() -> None:
    citations = found(f"{TATE} 75 Fed. Reg. 10 (Mar. 5, 2010). Id. at 15.")
    assert citations[-1].resolves_to == 1


# What was cited last, and is no citation.


@pytest.mark.parametrize(
    "source",
    [
        "He wrote so. Bates No. DEF000123.", "It is in DEF000123, as he wrote.", "SMITH_0001234.",
        "See ABC-00012345.", "See Declaration of John Smith.", "See Hearing, 10:05 a.m.",
        "Plea Agreement.", "Indictment.", "(3RR45.)", "JA45.", "1T45-6.", "PageID.123.",
        "Reply at iv.", "Exhibit \u201cA\u201d.", "4 Wigmore, Evidence 123.",
        "Exec. Order No. 13,000.",
        "N.Y. Times, May 4, 2001, at A1.", "http://www.example.com/page.", "It is shown in PX-45.",
    ],
)  # fmt: skip
def test_it_takes_id_behind_any_source_for_no_case(source: str) -> None:
    last = found(f"{ROE}. {source} Id. ")[-1]
    assert (last.kind, last.resolves_to, failed(last)) == ("id", None, ["antecedent"])


@pytest.mark.parametrize(
    "sentence",
    [
        "It was decided by the U.S. Supreme Court.", "So said Mr. John Smith.", "Not so. No.",
        "It was the time of COVID19, on I-95.", "(Emphasis added.)", "See 42 U.S.C. \xa7 1983.",
    ],
)  # fmt: skip
def test_it_takes_no_name_in_a_sentence_for_what_was_cited_last(sentence: str) -> None:
    assert found(f"{TATE} {sentence} Id. at 15.")[-1].resolves_to == 0
