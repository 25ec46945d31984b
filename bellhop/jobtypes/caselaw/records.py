"""Places in the record of the case itself, and what else is cited and is no citation here.

Briefs and opinions name the papers of a case by short names ("Compl. ¶ 5", "ECF No. 12 at 3",
"Tr. 45"). A short name counts with a number or a letter behind it, and not behind another
abbreviation, which would make it part of the name of a court or reporter ("Ct. App. 1990").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Names of nothing else; between them and their number a few words may stand.
PAPERS = (
    r"Compl|Complaint|FAC|SAC|Countercl|Dkt|ECF|Decl|Declaration|Depo?|Deposition|Aff|Affidavit"
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
    rf"|(?P<short>(?:{NUMBERED})\b\.?,? ?{NUMBER}"
    rf"|(?:{LETTERED})\b\.?,? ?(?:{NUMBER}|[A-Z]{{1,2}}\b(?![\u2019'-]))"
    rf"|(?:{TITLED})\b\.?(?: (?:[A-Z][\w\u2019']*\.?|for|of|to|in|the)){{0,6}},? {NUMBER})"
    r"|Brief (?:for|of) [^.;()\n]{1,60}|[Ss]lip op\.,? at \d+)"
)
# A decision that is cited by its number only.
DOCKET = re.compile(
    r"\bNos?\. ?[\w:.-]*\d[-:][\w:.-]*\d[^();\n]{0,60}\([^()\n]{0,60}(?:19|20)\d\d\)"
)
ABBREVIATION = re.compile(r"[A-Z][\w\u2019']{0,7}\. ?$")


def records(text: str) -> Iterator[tuple[int, str]]:
    """(place in the text, what it is called there) of each that is cited."""
    for match in RECORD.finditer(text):
        before = text[max(0, match.start() - 10) : match.start()]
        if not (match["short"] and ABBREVIATION.search(before)):
            yield match.start(), " ".join(match[0].split())
    for match in DOCKET.finditer(text):
        yield match.start(), " ".join(match[0].split())
