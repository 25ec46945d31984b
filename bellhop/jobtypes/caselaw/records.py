"""Places in the record of the case itself, and what else is cited and is no citation here.

Briefs and opinions name the papers of a case by short names ("Compl. ¶ 5", "ECF No. 12 at 3",
"Tr. 45"). A short name counts with a number or a letter behind it, and not behind another
abbreviation, which would make it part of the name of a court or reporter ("Ct. App. 1990").

No list has all papers, books and rules. What has no verb cites something, whatever that is called:
a sentence that is only a title and a place ("Arb. Award 12.", "Clerk's Papers at 34."), or only a
title ("Plea Agreement."). So does a signal ("See"), behind which an unknown thing is cited where no
citation stands. A number with the letters of a party before it is what is stamped on each page of
what parties hand over ("Bates No. DEF000123").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bellhop.jobtypes.caselaw.parties import begins_sentence

# Names of nothing else; between them and their number a few words may stand.
PAPERS = (
    r"Bates|Compl|Complaint|FAC|SAC|Countercl|Dkt|ECF|Decl|Declaration|Depo?|Deposition|Aff|Affidavit"
    r"|Opp[\u2019']?n|Hr[\u2019']?g Tr|Tr|Stip|PSR|SOF|SUF|SUMF|AOB|ROA|VRP"
)
# These are common words or initials, so a number follows at once; or a letter.
NUMBERED = (
    r"Answer|Ans|Docs?|Docket|D\.E|DE|J\.A|JA|A\.R|AR|R|RR|C\.R|CR|Rec|Record|R\. & R|R&R|RT|CT|ER"
    r"|SER|RE|CP|RP|NT"
)
LETTERED = r"Exs?|Exh|Exhibits?|App|App[\u2019']x|Appx|Appendix|Attach"
# What is moved, argued and ordered has a longer name: "Mot. for Summ. J. at 5".
TITLED = r"Br|Brief|Mot|Motion|Mem|Memo|Reply|Resp|Pet|Petition|Op|Opinion|Order|Report|Stmt"
NUMBER = r"(?:at \d+|pp?\. ?\d+|\u00b6+ ?\d*|Nos?\. ?\d+|# ?\d+|\d+)"
RECORD = re.compile(
    rf"(?<![\w.\u2019'])(?:(?:{PAPERS})\b\.?(?: Nos?\.)?[^.;()\n]{{0,30}}?"
    r"(?:[\u00b6\u00a7]+ ?\d*|\d+)"
    rf"|(?P<short>(?:\d{{1,3}} ?)?(?:{NUMBERED})(?:(?![A-Za-z])\.?,? ?{NUMBER}|\d+)"
    rf"|(?:{LETTERED})\b\.?,? ?(?:{NUMBER}|[\u201c\"]?[A-Z]{{1,2}}\b(?![\u2019'-]))"
    rf"|(?:{TITLED})\b\.?(?: (?:[A-Z][\w\u2019']*\.?|for|of|to|in|the)){{0,6}},? {NUMBER})"
    r"|Brief (?:for|of) [^.;()\n]{1,60}|[Ss]lip op\.,? at \d+)"
)
# What is stamped on pages: "DEF000123", "SMITH_0001234", "ABC-00012345", "PageID.123".
STAMPED = re.compile(
    r"(?<![\w.-])(?:[A-Z][A-Z\d]*(?:[_.-][A-Z\d]+){0,3}?[_.-]?0\d{3,9}|[A-Z]{2,12}[_-]?\d{5,10}"
    r"|[A-Z]{2,12} 0\d{5,9}|[A-Z]{1,5}-0\d{2,9}"
    r"|PageID(?: ?[#.:]{1,2} ?)?\d+|(?:[PDGJT]X|JA|JT)-?\d+)"
    r"(?![\w/])"
)
ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+")
# A decision that is cited by its number only.
DOCKET = re.compile(
    r"\bNos?\. ?[\w:.-]*\d[-:][\w:.-]*\d[^();\n]{0,60}\([^()\n]{0,60}(?:19|20)\d\d\)"
)
SIGNALS = re.compile(
    r"(?:(?<=[.;)(\]\[\n\u201d\"] )|(?<=[(\[\n])|\A)(?:[Bb]ut )?(?:[Ss]ee|[Cc]f\.|Accord)"
    r"(?:,? (?:also|generally|e\.g\.),?)? (?=[A-Z\d\u00a7\u00b6\u201c\"])"
)
SIGNALLED = "something else"
SIGNAL = r"(?:(?:See|Cf\.|Accord|E\.g\.,)(?:,? (?:also|generally|e\.g\.),?)? )?"
WORD = r"[A-Z][\w.\u2019'&-]{0,30}|&|of|to|for|from|on|the|and"
LABEL = r"at|pp?\.|ll?\.|vols?\.|nos?\.|\u00b6{1,2}|amend\.|art\.|para\.|lines?|pages?"
WHERE = (
    r"(?:(?:#|\u00b6{1,2})?[A-Z]?\d+(?:,\d{3})*[\w:./\u2010-\u2015-]{0,15}(?:\(\w{1,4}\)){0,4}"
    r"|(?<=at )[ivxlc]{1,8})"
)
DATE = r"\([^()\n]{0,40}(?:19|20)\d\d\)"
LETTER = (
    r"(?:Exs?\.|Exhibits?|Attach\.|App\.|Counts?|Claims?|amend\.|art\.)"
    r" [\u201c\"]?[A-Z]{1,4}[\u201d\"]?"
)
# A sentence, or what stands between brackets or semicolons, that is a title and a place in it.
TITLE_ONLY = re.compile(
    rf"(?:(?<=[.;)\]\u201d\"] )|(?<=[(\[\n])){SIGNAL}"
    rf"(?!Id\.|Ibid)(?P<title>(?:\d{{1,3}} )?[A-Z][\w.\u2019'&-]{{0,30}}"
    rf"(?:,? (?:{WORD}|{LABEL}|{DATE}|{WHERE})){{0,12}}?"
    rf"(?:,? {WHERE}(?: {DATE})?|,? {LETTER}| {DATE}))(?=[.;)\]])"
)
# The same without a place; letters that are glued to a number are one.
BARE = re.compile(
    r"(?:(?<=[.;)\]\u201d\"] )|(?<=[(\[\n]))(?!Id\.|Ibid)(?P<title>"
    r"[A-Z][\w\u2019'&-]{0,30}"
    r"(?: (?:[A-Z](?:[\w\u2019'&-]|\.(?=\w)){0,30}|&|of|to|for|from|on|the|and|\d{1,2})){1,8}"
    r"|Indictment|Information|Verdict|Judgment|Transcript|Warrant|Opinion|Order|Agreement|Contract"
    r"|\d{0,2}[A-Z][a-z]{0,3}\d{1,5}(?:[:-]\d+)*|\d{1,2}[A-Z]{1,3} \d+[:-]\d+"
    r")(?=[.;)\]])"
)
ABBREVIATION = re.compile(r"[A-Z][\w\u2019']{0,7}\. ?$")


def records(text: str) -> Iterator[tuple[int, str]]:
    """(place in the text, what is cited there) of each that is cited."""
    for match in RECORD.finditer(text):
        before = text[max(0, match.start() - 10) : match.start()]
        if not (match["short"] and ABBREVIATION.search(before)):
            yield match.start(), f"a place in the record ({_named(match[0])})"
    for form in (DOCKET, STAMPED):
        for match in form.finditer(text):
            yield match.start(), f"a place in the record ({_named(match[0])})"
    for match in ADDRESS.finditer(text):
        yield match.start(), f"another source ({_named(match[0])})"
    for match in SIGNALS.finditer(text):
        yield match.start(), SIGNALLED
    for match in TITLE_ONLY.finditer(text):
        # Where a citation ends with it, that is what is cited.
        yield match.end() - 1, f"another source ({_named(match['title'])})"
    for match in BARE.finditer(text):
        before = text[max(0, match.start() - 40) : match.start()].rstrip()
        if text[match.end()] != "." or begins_sentence(before, match["title"]):
            yield match.end() - 1, f"another source ({_named(match['title'])})"


def _named(written: str) -> str:
    return " ".join(written.split())
