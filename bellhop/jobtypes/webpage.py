"""Fetch a web page and take its text out of it, without menus, notices and comments.

The first step of a knowledge base: its `data` goes on to `summary` and `notion_page`.
"""

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from bellhop import BadInput, Context, Unavailable, job_type
from bellhop.jobtypes import outbound
from bellhop.jobtypes.knowledge.asking import allowed, raise_when_busy
from bellhop.jobtypes.knowledge.languages import language_of
from bellhop.jobtypes.knowledge.nesting import flatten, is_cut_off, parse_deep
from bellhop.jobtypes.knowledge.words import count_words

# What imports other packages comes late, so that the type says what installs them where they are
# not there.
if TYPE_CHECKING:
    from bellhop.jobtypes.knowledge.decoding import Decoded
    from bellhop.jobtypes.knowledge.visible import Removed

TIMEOUT_S = 20.0
MAX_BYTES = 10_000_000
MAX_CHARACTERS = 2_000_000
REDIRECTS = 5
HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Bellhop)",
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1",
    "Accept-Language": "*",
}
LEAST_WORDS = 5
# Less hidden text than this is a label for a machine that reads aloud, or a notice.
HIDDEN_WORDS = 50
HIDDEN_PART = 0.2
# A page that says no more than that it needs a script has no text.
PLEA_WORDS = 40
LICENCE = re.compile(
    r"(?:https?:)?//(?:www\.)?creativecommons\.org/(?:licenses|publicdomain)/[a-z+-]+/[\d.]+"
    r"(?:/[a-z]{2}\b)?/?",
    re.I,
)
HTML_TYPES = ("text/html", "application/xhtml+xml")


@job_type(
    label="Web page",
    queue="parsing",
    timeout_s=60,
    memory_mb=1024,
    network=True,
    requires={"trafilatura": "", "lxml_html_clean": "", "cssselect2": "", "tinycss2": ""},
    settings={"allowed": str},
    viewer="webpage",
)
def webpage(url: str, context: Context) -> dict[str, Any]:
    """Fetch a page and read its text, title, author, date, language and licence.

    At most 10 MB and 20 seconds, over at most five redirects; never from a private network that
    `[outbound] allowed` does not name.
    """
    from bellhop.jobtypes.knowledge.decoding import decode

    context.progress(5, "Fetching")
    answer = fetch(url, context)
    context.progress(60, "Reading")
    page = decode(answer.body, answer.headers.get("content-type", ""))
    data = read(page.text, answer.url, context.warn)
    _warn_of_encoding(page, data["text"], context)
    return {"url": url, "final_url": answer.url, "http_status": answer.status, **data}


def fetch(url: str, context: Context) -> outbound.Answer:
    """The answer with the page.

    Raises BadInput: bad_url, blocked_address, http_404 and the like, not_html, too_large;
    Unavailable: dns_failed, timed_out, not_reached, http_503 and the like; TryAgain for 429.
    """
    try:
        answer = outbound.request(
            "GET", as_uri(url), headers=HEADERS, allowed=allowed(context),
            timeout_s=TIMEOUT_S, max_bytes=MAX_BYTES, redirects=REDIRECTS,
        )  # fmt: skip
    except outbound.NoAddress as error:
        hint = "Give an address like https://example.org/page."
        raise BadInput(str(error), code="bad_url", hint=hint) from None
    except outbound.Refused as error:
        raise BadInput(str(error), code="blocked_address") from None
    except outbound.UnknownName as error:
        raise Unavailable(str(error), code="dns_failed") from None
    except outbound.TooLate as error:
        raise Unavailable(str(error), code="timed_out") from None
    except outbound.Failed as error:
        raise Unavailable(str(error), code="not_reached") from None
    raise_when_busy(answer, urlsplit(answer.url).hostname or "The server")
    _require_page(answer)
    return answer


def as_uri(url: str) -> str:
    """An address with letters of any script as one of plain characters (RFC 3987, 3.1)."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").encode("idna").decode() if not url.isascii() else ""
    except (ValueError, UnicodeError):
        return url
    where = f"{host}:{parts.port}" if host and parts.port else host or parts.netloc
    path, query = (quote(part, safe="/%:@!$&'()*+,;=~?") for part in (parts.path, parts.query))
    return urlunsplit((parts.scheme, where, path, query, ""))


def _require_page(answer: outbound.Answer) -> None:
    status = answer.status
    if status >= 500:
        raise Unavailable(f"The server answered {status}.", code=f"http_{status}")
    if not 200 <= status < 300:
        said = {404: "There is no such page (404).", 410: "The page is gone (410)."}
        hint = "Open the address in a browser: does it need a login?" if status < 404 else None
        message = said.get(status, f"The server answered {status}.")
        raise BadInput(message, code=f"http_{status}", hint=hint)
    if not answer.is_whole:
        raise BadInput(f"The page is larger than {MAX_BYTES:,} bytes.", code="too_large")
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    start = answer.body[:1024].lstrip().lower()
    is_file = start.startswith(b"%pdf-")  # whatever the server calls it
    if is_file or (
        media_type not in HTML_TYPES and not start.startswith((b"<!doctype html", b"<html"))
    ):
        name = PurePosixPath(urlsplit(answer.url).path).name
        what = "a PDF" if is_file else media_type or "content of an unknown type"
        raise BadInput(
            f"This is {what}, not a web page.",
            code="not_html",
            hint=f"Download {name or 'it'} and send the file." if name else None,
        )


def read(page: str, url: str, warn: Callable[[str, str], None]) -> dict[str, Any]:
    """What the page says to a reader. Raises BadInput no_main_content."""
    from trafilatura.metadata import extract_metadata

    from bellhop.jobtypes.knowledge.completeness import words_left_out
    from bellhop.jobtypes.knowledge.visible import remove_hidden

    tree, is_all = _parse(page)
    removed = remove_hidden(tree)
    flatten(tree)
    known = extract_metadata(tree, url)
    text = _text_of(tree, url)
    words = count_words(text)
    is_plea = words < PLEA_WORDS and re.search(r"\benable javascript\b", text, re.I)
    if words < LEAST_WORDS or is_plea:
        raise _nothing_found()
    if not is_all:
        warn(
            "nested_too_deep",
            "The page nests its boxes too deeply; only a part of it was read.",
        )
    _warn_of_hidden(removed, words, warn)
    if left_out := words_left_out(tree, text):
        warn("text_left_out", f"About {left_out:,} words that the page shows are not in the text.")
    declared = re.search(r"<html[^>]*\slang\s*=\s*[\"']?([A-Za-z]{2,3})\b", page[:5000], re.I)
    licence = LICENCE.search(page)
    return {
        "title": known.title,
        "author": known.author,
        "date": known.date,
        # Many pages name the language of their template, and not that of their text.
        "language": language_of(text) or (declared and declared[1].lower()),
        "licence": urljoin(url, licence[0]) if licence else known.license,
        "text": text,
        "word_count": words,
    }


def _parse(page: str) -> tuple[Any, bool]:
    """(the tree of a page, whether all of it is there). Raises BadInput no_main_content."""
    from trafilatura import load_html
    from trafilatura.utils import HTML_PARSER

    # lxml takes no text that names an encoding of its own, nor what no XML may hold.
    page = re.sub(r"^\s*<\?xml[^>]*\?>", "", page).replace("\0", "")
    is_whole = re.search(r"<html\b", page, re.I)
    tree = load_html(page if is_whole else f"<html>{page}")
    if tree is None:
        raise _nothing_found()
    return parse_deep(page) if is_cut_off(HTML_PARSER) else (tree, True)


def _text_of(tree: Any, url: str) -> str:
    """The text of the article; "" where there is none."""
    from trafilatura import bare_extraction

    from bellhop.jobtypes.knowledge.shape import shape

    # What only scripts hold, no reader has seen.
    for script in tree.xpath("//script"):
        script.drop_tree()
    shape(tree)
    try:
        found: Any = bare_extraction(tree, url=url, include_comments=False, include_tables=True)
    except RecursionError:
        return ""  # nested deeper than anybody writes
    return (found.text or "").strip()[:MAX_CHARACTERS] if found else ""


def _nothing_found() -> BadInput:
    return BadInput(
        "No main text was found on the page.",
        code="no_main_content",
        hint="The page may need JavaScript, or show its text only after a login.",
    )


def _warn_of_hidden(removed: "Removed", words: int, warn: Callable[[str, str], None]) -> None:
    if removed.words >= max(HIDDEN_WORDS, HIDDEN_PART * words):
        said = f"The page hides {removed.words:,} words from its readers; they were left out."
        warn("hidden_text_left_out", said)
    if removed.fades_in:
        said = "The page shows its text only after a script has run; it was read as if one had."
        warn("hidden_until_script", said)
    if not removed.is_whole:
        said = "The style sheet of the page is too long or too unusual; it was read in part."
        warn("style_not_read", said)


def _warn_of_encoding(page: "Decoded", text: str, context: Context) -> None:
    if not page.is_named:
        said = f"The page does not name its encoding; it was read as {page.encoding}."
        context.warn("encoding_guessed", said)
    if lost := text.count("\ufffd"):
        said = f"{lost:,} characters of the text are not in {page.encoding}, the page's encoding."
        context.warn("unreadable_characters", said)
