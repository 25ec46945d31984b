"""Find the legal citations of a document, what each stands for, and whether it is well formed.

A job process calls `citations` once per file; the parts are in `jobtypes/caselaw/`. Nothing is
looked up: "well formed" never means that a case exists or says what it is cited for.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from bellhop import Context, job_type
from bellhop.jobtypes.caselaw.checking import check
from bellhop.jobtypes.caselaw.finding import find
from bellhop.jobtypes.caselaw.loading import load
from bellhop.jobtypes.caselaw.model import Citation, Document

CONTEXT_CHARACTERS = 80


@job_type(
    label="Legal citations",
    accepts=[".pdf", ".docx", ".txt", ".html", ".htm"],
    queue="document_processing",
    timeout_s=180,
    memory_mb=1024,
    requires=dict.fromkeys(("eyecite", "pypdfium2", "docx", "lxml", "cssselect2", "tinycss2"), ""),
    viewer="citations",
)
def citations(file: Path, context: Context) -> dict[str, Any]:
    """Find the citations of US law in a court document and check how they are written.

    Takes TXT, PDF, DOCX and HTML up to 2 million characters. `span` are places in `text`.
    """
    context.progress(0, "Loading")
    document = load(
        file,
        lambda page, of: context.progress(5 + 35 * page / of, "Extracting text"),
        context.warn,
    )
    context.progress(40, "Finding citations")
    found = find(document, lambda part: context.progress(40 + 50 * part, "Finding citations"))
    context.progress(90, "Resolving")
    groups = clusters(found)
    context.progress(95, "Checking")
    check(document, found)
    return {
        "citations": [shown(citation, document) for citation in found],
        "clusters": groups,
        "counts": counts(found, groups),
        "pages": len(document.page_starts) or None,
        "text": document.text,
    }


def shown(citation: Citation, document: Document) -> dict[str, Any]:
    """A citation as JSON."""
    first = max(0, citation.start - CONTEXT_CHARACTERS)
    around = document.text[first : citation.end + CONTEXT_CHARACTERS]
    names = (
        "text", "normalized", "kind", "volume", "reporter", "page", "pin_cite", "year", "court",
        "plaintiff", "defendant", "resolves_to", "cluster", "checks",
    )  # fmt: skip
    return {name: getattr(citation, name) for name in names} | {
        "span": [citation.start, citation.end],
        "page_number": document.page_of(citation.start),
        "context": " ".join(around.split()),
    }


def clusters(found: list[Citation]) -> list[dict[str, Any]]:
    """What is cited, in the order of its first citation, with the indexes of all of them."""
    members: dict[int, list[int]] = {}
    for index, citation in enumerate(found):
        if citation.cluster is not None:
            members.setdefault(citation.cluster, []).append(index)
    groups = []
    for number, indexes in sorted(members.items()):
        first = found[indexes[0]]
        parties = [name for name in (first.plaintiff, first.defendant) if name]
        groups.append({
            "cluster": number, "name": " v. ".join(parties) or first.normalized or first.text,
            "citation": first.normalized or first.text, "kind": first.kind, "year": first.year,
            "citations": indexes,
        })  # fmt: skip
    return groups


def counts(found: list[Citation], groups: list[dict[str, Any]]) -> dict[str, Any]:
    """How many there are of each kind, and how many have a check that says no."""
    kinds = Counter(citation.kind for citation in found)
    doubtful = [c for c in found if any(not check["ok"] for check in c.checks)]
    return {"citations": len(found), **dict(sorted(kinds.items())), "clusters": len(groups),
            "to_check": len(doubtful)}  # fmt: skip
