"""What people read is plain English: subject first, and it says who does what.

`ODD` is a list of phrases that puzzled readers, each with better words. It is searched in the
documents, in config.ini, and in the texts of the program and of the page: a phrase that puzzles
somebody is added.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.support.places import ROOT
from tests.support.scripts import literals

# {a regular expression: what to write instead}
ODD = {
    # Nobody is named who does it.
    r"\bwaited out\b": "Bellhop survives it",
    r"\b(?:is|are|be|was|were) told\b": "gets, receives, is notified",
    r"\btold (?:of|when|apart|again|too|alone)\b": "sends, shows",
    r"\bused again\b": "Bellhop reuses",
    r"\btried again\b": "Bellhop tries again",
    r"\bmade anew\b|\banew\b": "again, a new one",
    r"\bheld against\b": "counts against",
    r"\blooked (?:through|for|at)\b": "checks, searches",
    r"\bcome about\b": "happen",
    r"\bis put off\b": "defers",
    # What has to be read twice: a clause as the subject, the verb at its end.
    r"(?:^|[.;:,|] )[Ww]hat (?:is|are|was|were|may|can|cannot|must) [^.;:|?]{1,60}, ": "name it",
    r"\b[Ww]hat (?:runs|waits|ran|comes|came|goes|went|belongs|is over)\b(?! wrong)": "name it",
    r"\bwhat (?:is|are) (?:no|none|not|over|theirs|another's|up|there)\b": "name it",
    r"\b[Ww]hoever\b": "a person who, anybody who",
    r"\bfor who\b": "for users who",
    r"\bwho (?:\w+ )?(?:not|nothing)\b": "name them",
    r"\bwhat one\b": "what you, what a user",
    r"\b[Oo]ne's (?!own\b|webhooks\b)": "your",
    r"\bnobody's\b|\bsomebody else's\b|\banother's (?!job\b|`|\|)": "other users'",
    # Nothing and none in the place of not.
    r"(?<!here )\b(?:is|are) no (?:plain )?(?:text|file|address|number|id|job|list)\b": "is not a",
    r"\bis no (?:command|module|setting|filter|type)\b": "is not a",
    r"\bis none of\b": "is not one of",
    r"\bis no (?:JSON|XML|HTTP|PDF|ZIP|GeoJSON|Excel|Python)\b": "is not",
    r"\band [^,.;:]{1,40} (?:is|are) none\b": "not for a class",
    r"\bthan none\b|\bwhat is none\b": "an invalid one",
    r"\b(?:in|come|comes|lets?|shows?|show a job|is) no more\b": "no longer, stops",
    r"\bnothing (?:is|was) (?:done|kept|counted|built|used|recorded)\b": "Bellhop does not",
    r"\bnothing (?:runs|waits|leaves)\b": "nothing is running",
    r"\bmay (?:submit|do|see|hold) nothing\b": "is not allowed to",
    # Words in another sense than readers expect.
    r"\bof (?:its|their|your|her|his|one's) own\b": "your own, separate; or leave it out",
    r"\bof (?:yours|theirs)\b": "your",
    r"\bbeside\b": "next to, besides, apart from",
    r"\bgo(?:es)? (?:before|after|with|when|alone|past)\b": "overrides; Bellhop deletes",
    r"\bruns, runs on\b|\b(?:goes|go|going) on\b": "continues",
    r"\bcom(?:e|es|ing) (?:back|in|by|once|again|round)\b": "returns, repeats, logs in",
    r"\bcame in\b": "arrived",
    r"\bgive[sn]? (?:back|up\b(?! after)|all|it all|the rest)\b": "requeues",
    r"\b(?:hand|hands|handed) (?:on|in)\b": "passes on, submits",
    r"\bst(?:ands?|ood) (?:in|at|under|twice|after|without|there|for|on|still|before)\b": "is in",
    r"\bst(?:ands?|ood) behind\b": "follows",
    r"\b(?:lies?|lay) (?:in (?!one plane\b)|under|with|there|on (?!a side\b|one line\b))": "is in",
    r"\b(?:dwells?|harms? nothing|hurts? nothing)\b": "has no effect on",
    r"\b(?:days|time) (?:is|are|were) over\b|\bits days\b|\bbeyond its\b|\bwhat is over\b": (
        "Bellhop deletes it after 30 days"
    ),
    r"\bis (?:there|here) (?:already|twice|more than once)\b": "already exists, is given twice",
    r"\b(?:gave|gives?|given) (?:it|them|one) back\b": "requeued, returned",
    r"\bto (?:them|him|her|it)sel(?:f|ves)\b: ": "locks it",
    r"\blets? (?:everybody|anybody|nobody) in\b": "is open to everybody",
    r"\bcomes? to (?:nothing|rest)\b": "its sum is zero",
    r"\b(?:too deep in|deep into) each other\b": "nested too deeply",
    r"\bdoes not die\b": "does not end",
    r"\b[Cc]ancel asked\b": "Cancel requested",
    r"\b(?:of|are) no (?:question|account|job)\b": "outside the questions",
    r"\bwhen left out\b": "default",
    r"\bare told\b|\btells of\b": "shows, reports",
    r"\bmay hold\b|\bholds? (?:at most|as much)\b": "can have at most",
    r"\bfirst account on\b": "once the first account exists",
    r"\bway back\b": "restart to resume",
    r"\bin small\b": "a short run",
    r"(?<=.)\bjust now\b": "has just",
    r"\bas (?:said|asked|told) above\b": "as described above",
    r"\bpoints at\b": "marks, shows",
    r"\bdraws up\b": "creates",
    r"\bsums it up\b|\bsums up\b": "summarises",
    r"\bodd request": "unusual requests",
    r"\bmakes? (?:a |the )?mistakes?\b|\bmade a mistake\b": "fails with an error",
    r"\b(?:by|through) mistake\b": "after an error",
    r"\bkeeps? (?:to a|anybody|everybody|nobody|somebody)\b": "stays within, blocks",
    r"\bas far as\b": "if",
    r"\bis whole\b|\bbe whole\b": "complete",
    r"\bfor ever\b": "forever",
    r"\bin vain\b": "without a result",
    r"\bmended\b": "fixed",
    r"\blets? it go\b|\bgoes when\b": "stop keeping, Bellhop deletes",
    r"\bcome in with\b|\bit may$|\bit ends$": "use, access, expires",
    r"\b(?:left|stays?|stayed) as it is\b": "skips",
    r"\b[Nn]obody serves\b": "no worker is running",
    r"\bTold that\b": "name the notice",
    # Fragments for whole sentences.
    r"(?:^|\| )(?:It|They) (?:is|do|are)\.(?:$| \|)": "say what is or does",
    r"\bas in config\.ini\b": "the number in config.ini",
    r"\bworks on\b": "input",
    r"\bmay be (?:used|read|reached|opened|run|forgotten|deleted)\b": "you can delete",
}

DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "config.ini",
    ROOT / "Makefile",
]
CODE = sorted((ROOT / "bellhop").rglob("*.py"))
PAGE = sorted(p for p in (ROOT / "static").rglob("*") if p.suffix in (".js", ".html"))
# What looks like a text and is read by a program.
SQL = re.compile(r"\b(?:SELECT|UPDATE|INSERT|DELETE FROM|WHERE|coalesce|NOT NULL)\b|= :\w")


def sentences(text: str) -> str:
    """A document without its code, and with each paragraph on one line."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    text = re.sub(r"`[^`\n]*`", "`…`", text)
    text = re.sub(r"^# ?", "", text, flags=re.M)
    return re.sub(r"(?<![|\n])\n(?![\n|])", " ", text)


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a module for people: its strings of several words, but no docstring."""
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inside = {id(part) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for part in n.values}
    for node in ast.walk(tree):
        if id(node) in docstrings | inside:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(
                str(p.value) if isinstance(p, ast.Constant) else "…" for p in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if len(re.findall(r"[A-Za-z]{2,}", text)) > 1 and not SQL.search(text):
            yield node.lineno, sentences(text)


class Markup(HTMLParser):
    """The texts of an HTML page, also those that only a screen reader says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.texts.append(" ".join(data.split()))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        shown = ("aria-label", "title", "placeholder")
        self.texts += [text for name, text in attrs if text and name in shown]


def texts_of_page(path: Path) -> list[str]:
    if path.suffix == ".html":
        return Markup(path.read_text()).texts
    texts = [literal.text for literal in literals(path.read_text())]
    return [text for text in texts if not text.startswith("[") and (" " in text or text.istitle())]


def odd_in(text: str) -> list[str]:
    return [
        f"{found[0]!r} in …{line[max(0, found.start() - 40) : found.end() + 40]}… ({better})"
        for line in text.split("\n")
        for phrase, better in ODD.items()
        for found in re.finditer(phrase, line)
    ]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_it_writes_plain_english_in_the_documents(path: Path) -> None:
    assert odd_in(sentences(path.read_text())) == []


def test_it_speaks_plain_english() -> None:
    said = [
        f"{path.relative_to(ROOT)}:{line}: {odd}"
        for path in CODE
        for line, text in texts_of(path)
        for odd in odd_in(text)
    ]
    assert said == []


def test_it_speaks_plain_english_on_the_page() -> None:
    said = [
        f"{path.relative_to(ROOT)}: {odd}"
        for path in PAGE
        for text in texts_of_page(path)
        for odd in odd_in(text)
    ]
    assert said == []


def test_it_reads_the_texts_of_the_page() -> None:
    found = [text for path in PAGE for text in texts_of_page(path)]
    assert {"No jobs match", "Audit log", "Pause"} <= {*found}


def test_it_reads_the_texts_of_the_program_and_no_docstrings() -> None:
    found = [text for _, text in texts_of(ROOT / "bellhop" / "base" / "errors.py")]
    assert "The job failed" in found
    assert not any("a code, the words and" in text for text in found)
