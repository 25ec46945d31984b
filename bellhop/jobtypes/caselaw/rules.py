"""Finds the citations of court rules: of evidence, procedure, practice and conduct.

A rule is cited by whose it is, what it is about and its number. The parts stand in these orders:

- whose, "R." or "Rules", about what: "Fed. R. Civ. P. 12(b)(6)", "Tex. R. Evid. 403";
- whose, about what, "R.": "Ohio Evid. R. 403", "Del. Super. Ct. Civ. R. 56", "Md. Rule 5-403";
- initials: "N.J.R.E. 404(b)", "FRCP 12", "C.R.C.P. 56".

Each may also stand behind its number: "Rule 56(c), Ala. R. Civ. P.".

Whose they are is a state of the Bluebook's table T1, or a federal court; what they are about is
told by the words with which the names of sets of rules are made. A rule without its owner
("Rule 12 governs") is a mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bellhop.jobtypes.caselaw.model import Citation

NAMES = (
    r"Ala\.|Alaska|Ariz\.|Ark\.|Cal\.|Calif\.|Colo\.|Conn\.|Del\.|D\. ?C\.|Fla\.|Ga\.|Haw\."
    r"|Idaho|Ill\.|Ind\.|Iowa|Kan\.|Ky\.|La\.|Me\.|Md\.|Mass\.|Mich\.|Minn\.|Miss\.|Mo\."
    r"|Mont\.|Neb\.|Nev\.|N\. ?H\.|N\. ?J\.|N\. ?M\.|N\. ?Y\.|NY|N\. ?C\.|N\. ?D\.|Ohio|Okla\."
    r"|Or\.|Pa\.|P\. ?R\.|R\. ?I\.|S\. ?C\.|S\. ?D\.|Tenn\.|Tex\.|Utah|Vt\.|Va\.|V\. ?I\."
    r"|Wash\.|W\. ?Va\.|Wis\.|Wyo\.|Guam|Alabama|Arizona|Arkansas|California|Colorado"
    r"|Connecticut|Delaware|Florida|Georgia|Hawaii|Illinois|Indiana|Kansas|Kentucky|Louisiana"
    r"|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska"
    r"|Nevada|New Hampshire|New Jersey|New Mexico|New York|North Carolina|North Dakota"
    r"|Oklahoma|Oregon|Pennsylvania|Rhode Island|South Carolina|South Dakota|Tennessee|Texas"
    r"|Vermont|Virginia|Washington|West Virginia|Wisconsin|Wyoming"
)
# Texas and others write the names of codes in capitals.
STATE = f"(?:{NAMES}|{NAMES.upper()})"
FEDERAL = (
    r"(?:Fed\.|Federal|FED\.|Sup\. Ct\.|S\. ?Ct\.|(?:1st|2d|3d|\dth|1\dth|Fed\.) Cir\."
    r"|(?:[NSEWCM]\. ?)?D\. (?:[A-Z][a-z]{0,5}\.|[A-Z]\. ?[A-Z][a-z]{0,2}\.|Utah|Idaho|Alaska))"
)
# The beginnings of words that name sets of rules: of a court, of a subject, of what they are for.
STEMS = (
    "Admin", "Admission", "Adopt", "ADR", "App", "Arb", "Att", "Bankr", "Bar", "Ch", "Child", "Cir",
    "Civ", "Cl", "Code", "Com", "Cond", "Crim", "Cr", "Ct", "Discip", "Dist", "Dom", "Ev", "Evid",
    "Fam", "Gen", "Guard", "Jud", "Juv", "Law", "Loc", "Magis", "Mag", "Med", "Mun", "Orphan",
    "Penal", "Pld", "Pleas", "Post", "Prac", "Pro", "Prob", "Proc", "Prof", "Rel", "Resp", "Small",
    "Spec", "Summ", "Sup", "Super", "Surr", "Traf", "Trial", "Unif", "Workers",
)  # fmt: skip
STEM = (
    rf"(?:(?:(?:{'|'.join(STEMS)})[a-z]*|(?:{'|'.join(STEMS).upper()})[A-Z]*)"
    r"(?:[\u2019'][a-z]{1,2})?|P|L|J|C|S)\.?(?![a-z])"
)
# Nothing stands between initials that are written together: "Pa.R.Crim.P.".
BEFORE = r"(?: |(?<=\.))"
WORD = rf"{BEFORE}(?:{STEM}|of|for|and|&|on|the)(?![a-z])"
ABOUT = rf"(?:(?:{WORD}){{0,6}}{BEFORE}{STEM})"
RULE = r"(?:RR?\.|Rules?|RULES?|RPC|Practice Book|Prac\. Book)"
NUMBER = (
    r"(?P<section>[1-9]\d{0,3}[A-Za-z]{0,2}(?:[-.:]\d{1,5}[a-z]?)*)(?![\w/])"
    r"(?P<pin>(?: ?\((?!(?:1[6-9]|20)\d\d\))[A-Za-z0-9]{1,4}\))*)"
)
MARK = r"(?:,? (?:[Rr]ules?|R\.|Nos?\.|[Aa]rt\.|\u00a7{1,2}))?,? ?"
# The first letters of the owners, with those of what the rules are about.
DOTTED = (
    r"(?:F|A|Ark|Ala|Ariz|C|D|D\.C|Fla|G|H|I|Ind|K|Ky|La|M|Me|Md|Miss|N|N\.C|N\.D|N\.H|N\.J|N\.M"
    r"|O|Ohio|Or|Pa|R\.I|S\.C|S\.D|T|Tenn|Tex|U|V|Va|W|W\.Va|Wis|Wyo)\. ?R\. ?"
    r"(?:Civ\. ?P|Crim\. ?P|Cr\. ?P|App\. ?P|A\. ?P|C\. ?P|J\. ?P|P\. ?C|Evid|Ev|E)\."
)
PLAIN = (
    r"(?:F|A|C|D|H|I|K|M|N|ND|NH|NJ|NM|O|RI|SC|SD|T|U|V|W|WV|WY)"
    r"R(?:CP|CivP|CrP|CrimP|AP|AppP|E|Evid|PC)|NMRA|SCACR"
)
SET = (
    rf"(?P<code>(?:{STATE}|{FEDERAL})(?:{WORD}){{0,5}}{BEFORE}{RULE}{ABOUT}?(?: Ann\.)?"
    rf"|{DOTTED}|{PLAIN})"
)
FORMS = (
    re.compile(rf"(?<![\w.])(?<!\d ){SET}{MARK}{NUMBER}"),
    re.compile(rf"\b(?:Rules?|RULES?) {NUMBER},?(?: of)?(?: the)? {SET}(?![\w(])"),
)
# In capitals, this is also a word.
WORDS = ("ARE",)


def court_rules(text: str) -> Iterator[Citation]:
    """The citations of rules in the order of the forms above."""
    for form in FORMS:
        for match in form.finditer(text):
            if match["code"] not in WORDS:
                yield _rule(match)


def _rule(match: re.Match[str]) -> Citation:
    code = " ".join(match["code"].split())
    end = max(match.end("section"), match.end("code"))
    return Citation(
        start=match.start(),
        end=end,
        text=" ".join(match.string[match.start() : end].split()),
        kind="law",
        normalized=f"{code} {match['section']}",
        reporter=code,
        page=match["section"],
        pin_cite=match["pin"].strip() or None,
        pin_end=match.end(),
    )
