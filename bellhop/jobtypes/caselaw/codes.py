"""Finds the citations of statutes and regulations: federal, and of every state.

A section of a code is cited in four ways:

- title and initials of a code: "28 USC 1331", "42 Pa.C.S. § 5524", "740 ILCS 10/3";
- initials of a code: "RCW 9A.32.030", "O.C.G.A. § 16-5-1";
- a state and the name of its code: "Tex. Gov't Code § 311.005", "N.Y. Penal Law § 125.25";
- the name of a code without its state: "Code Civ. Proc., § 425.16", "Penal Law § 125.25".

The last needs a section sign. The others do without where the section is divided ("9A.32.030"), or
where the initials are those of nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bellhop.jobtypes.caselaw.model import Citation
from bellhop.jobtypes.caselaw.rules import STATE, court_rules

# The initials of codes without their full stops; those with a title before them, and those without.
TITLED = {
    "USC", "USCA", "USCS", "CFR", "ILCS", "PACS", "PACSA", "VSA", "MRS", "MRSA", "OS", "DELC",
    "GCA", "VIC", "PS", "LPRA", "NYCRR", "CCR", "NJAC", "CMR", "TAC", "VAC", "NCAC", "IAC",
}  # fmt: skip
UNTITLED = {
    "RCW", "OCGA", "NJSA", "ARS", "CRS", "KSA", "KRS", "NRS", "ORS", "HRS", "MCL", "MCLA", "MSA",
    "MCA", "TCA", "NDCC", "SDCL", "NMSA", "NCGS", "RSMO", "RSA", "LARS", "NHRSA", "CPLR", "NYCPLR",
    "CPL", "NYCPL", "EPTL", "UCC", "IRC", "WAC", "OAR", "RC", "IC", "UCA", "WS", "ACA", "AS", "GL",
    "LACC", "LACCP", "SCPA", "RPAPL", "ORC", "FS",
}  # fmt: skip
MARK = (
    r"(?:\u00a7{1,2}|[Ss]ec(?:tion|tions|s)?\b\.?|[Aa]rt(?:icle|icles|s)?\b\.?|[Rr]ules?\b|[Rr]\."
    r"|ss?\.|\u00b6{1,2})"
)
PART = r"(?:[Pp]ts?\b\.?|[Pp]arts?\b)"
NUMBER = (
    r"(?P<section>\d+[A-Za-z]{0,3}(?:[-.:/\u2010-\u2013]?\d+[A-Za-z]{0,2}|,\d{3}(?![\d,]))*)(?![A-Za-z])"
    r"(?P<pin>(?: ?\((?!(?:1[6-9]|20)\d\d\))[A-Za-z0-9]{1,4}\))*(?: et seq\b\.?)?)"
)
TITLE = r"(?<![\w.$\u00a7-])(?P<title>\d{1,3}(?:-?[A-Z](?![A-Za-z.]))?)"
LETTERS = (
    r"(?:(?:[A-Z][a-z]{0,2}\. ?){2,6}(?:[A-Z](?![\w.]))?"
    r"|(?:[A-Z][a-z]{1,2}\. ?)?[A-Z]{2,5}(?:Mo)?\.?)"
)
WITH_TITLE = re.compile(
    rf"(?:\b[Tt]itle )?{TITLE},? ?(?P<code>{LETTERS}|U\.S\. Code|United States Code),?"
    rf" ?(?:Ann\.|App\.)?,? ?(?:(?:19|20)\d\d,? )?(?P<mark>{MARK}|{PART}|ss?\b\.?)? ?{NUMBER}"
)
WITHOUT_TITLE = re.compile(
    rf"(?<![\w.])(?P<code>{LETTERS})(?: ?Ann\.)?,?"
    r"(?: ?(?:19|20)\d\d(?: Supp\.,?|,|(?= \u00a7)))?"
    rf" ?(?P<mark>{MARK})? ?{NUMBER}"
)
WORD = r"(?:(?:,? |(?<=\.))(?:[A-Z][\w.\u2019'-]*|&|and|of))"
NOUN = (
    r"(?:Code\.?|CODE|Stats?\.?|STAT\.|Statutes?|Laws?|LAW|Comp\.|G\. ?L\.|Regs?\.?|Regulations?"
    r"|Proc\.|PROC\.|Rules?)"
)
NOUN_BEFORE = r"(?:,? |(?<=\.))"
DIVISION = r"(?:,? ?(?:tit|ch|c|chap|pt)\. ?[\dA-Z]+[\w.-]*,? ?)?"
OF_STATE = re.compile(
    rf"(?<![\w.])(?:{TITLE} ?)?(?P<code>{STATE}{WORD}{{0,8}}?{NOUN_BEFORE}{NOUN}(?!\w)"
    rf"(?P<more>{WORD}{{0,6}}?)(?:,? (?:19|20)\d\d)?(?:,? ?\([^()]{{1,30}}\))?)"
    rf",? ?(?P<division>{DIVISION})(?P<mark>{MARK})? ?{NUMBER}"
)
MASSACHUSETTS = re.compile(
    r"(?<![\w.])(?P<code>(?:M\. ?)?G\. ?L\.|MGL),? (?P<division>(?:c|ch|chap)\. ?\d+[A-Z]{0,2},? ?)"
    rf"(?P<mark>{MARK}) ?{NUMBER}"
)
OF_NO_STATE = re.compile(
    r"(?<![\w.])(?P<code>(?:(?!(?:The|This|That|Our|Such|Under|See|In|And|A)\b)[A-Z][\w.\u2019'-]*"
    rf"(?:{WORD}{{0,5}}?{NOUN_BEFORE}(?:Code|Stats?\.|Statutes|Law|Proc\.)))|Code)(?: Ann\.)?,? ?"
    rf"(?P<mark>\u00a7{{1,2}}|[Ss]ections?) ?{NUMBER}"
)
CODE_LAST = re.compile(
    rf"(?P<mark>\b[Ss]ections?|\u00a7{{1,2}}) ?{NUMBER},? "
    rf"(?P<code>{STATE} (?:Revised )?(?:Statutes|Code|Stat\.)|{LETTERS}(?!\w))"
)
ENDS_WITH_NOUN = re.compile(r"(?:Code|Stats?|Statutes?|Law|Ann|Annotated|Regs|\d{4})[.,)]*$", re.I)
USUAL = {"USC": "U.S.C.", "USCA": "U.S.C.", "USCS": "U.S.C.", "USCODE": "U.S.C.",
         "UNITEDSTATESCODE": "U.S.C.", "CFR": "C.F.R."}  # fmt: skip


def laws(text: str) -> list[Citation]:
    """The citations of codes and court rules in the order of the text, none over another."""
    kept: list[Citation] = []
    for law in sorted(_all(text), key=lambda law: (law.start, -law.end)):
        if not kept or law.start >= kept[-1].end:
            kept.append(law)
    return kept


def _all(text: str) -> Iterator[Citation]:
    for form in (WITH_TITLE, WITHOUT_TITLE, OF_STATE, MASSACHUSETTS, OF_NO_STATE, CODE_LAST):
        for match in form.finditer(text):
            if _is_law(form, match):
                yield _law(form, match, text)
    yield from court_rules(text)


def _is_law(form: re.Pattern[str], match: re.Match[str]) -> bool:
    """Whether the initials are those of a code, and the section is sure to be one."""
    letters, mark = _letters(match["code"]), match["mark"]
    is_divided = bool(re.search(r"\d[A-Z]?[-.:/]\d", match["section"]))
    if form is WITH_TITLE:
        # Three initials may also be those of a reporter: "44 C.M.R. 1 (1971)".
        is_known = bool(mark or is_divided or len(letters) > 3)
        return letters in USUAL or (letters in TITLED and is_known)
    if form is WITHOUT_TITLE:
        return letters in UNTITLED and bool(mark or is_divided or len(letters) > 2)
    if form is CODE_LAST:
        return " " in match["code"].strip() or (letters in UNTITLED and len(letters) > 2)
    if form is OF_STATE:
        is_last = ENDS_WITH_NOUN.search(match["code"])
        return bool(mark or match["division"] or (is_last and (is_divided or _is_named(match))))
    return match["code"] != "Code" or is_divided


def _is_named(match: re.Match[str]) -> bool:
    """Whether a plain number stands behind the name of one code of many: "Cal. Penal Code 187"."""
    return bool(re.search(r"(?:Code|Law)$", match["code"], re.I)) and match["code"].count(" ") > 1


def _letters(code: str) -> str:
    return re.sub(r"[\s.]", "", code).upper()


def _law(form: re.Pattern[str], match: re.Match[str], text: str) -> Citation:
    given = match.groupdict()
    code = USUAL.get(_letters(given["code"])) or _tidy(given["code"])
    title, section = given.get("title"), given["section"]
    division = _tidy(given.get("division") or "").strip(" ,")
    whole = " ".join(filter(None, (title, code, division)))
    end = match.end("code") if form is CODE_LAST else match.end("section")
    return Citation(
        start=match.start(),
        end=end,
        text=" ".join(text[match.start() : end].split()),
        kind="law",
        normalized=whole + ("," if division else "") + _sign(code, given["mark"]) + section,
        volume=title,
        reporter=code,
        page=section,
        pin_cite=given["pin"].strip() or None,
    )


def _sign(code: str, mark: str | None) -> str:
    """What stands between a code and its section."""
    if mark and re.match("art|r|pt|part", mark, re.I):
        return f" {mark.strip()} "
    is_section = mark or code in USUAL.values() or "." in code
    return " \u00a7 " if is_section else " "


def _tidy(code: str) -> str:
    """A code without spaces between its initials and behind it."""
    return re.sub(r"(?<=\b[A-Z]\.) (?=[A-Z]\.)", "", " ".join(code.split())).strip(" ,")
