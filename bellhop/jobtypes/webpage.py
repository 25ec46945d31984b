"""Fetch a web page and take its text out of it, without menus, notices and comments.

The first step of a knowledge base: its `data` goes on to `summary` and `notion_page`.
"""

import re
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from bellhop import BadInput, Context, Unavailable, job_type
from bellhop.jobtypes import outbound
from bellhop.jobtypes.knowledge.asking import allowed, raise_when_busy
from bellhop.jobtypes.knowledge.decoding import decode
from bellhop.jobtypes.knowledge.words import language_of

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
    requires={"trafilatura": "", "lxml_html_clean": ""},
    settings={"allowed": str},
    viewer="webpage",
)
def webpage(url: str, context: Context) -> dict[str, Any]:
    """Fetch a page and read its text, title, author, date, language and licence.

    At most 10 MB and 20 seconds, over at most five redirects; never from a private network that
    `[outbound] allowed` does not name.
    """
    context.progress(5, "Fetching")
    answer = fetch(url, context)
    context.progress(60, "Reading")
    page = read(decode(answer.body, answer.headers.get("content-type", "")), answer.url)
    return {"url": url, "final_url": answer.url, "http_status": answer.status, **page}


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


def read(page: str, url: str) -> dict[str, Any]:
    """What the page says. Raises BadInput no_main_content."""
    import trafilatura

    # lxml takes no text that names an encoding of its own, nor what no XML may hold.
    page = re.sub(r"^\s*<\?xml[^>]*\?>", "", page).replace("\0", "")
    try:
        found: Any = trafilatura.bare_extraction(
            page, url=url, with_metadata=True, include_comments=False, include_tables=True
        )
    except RecursionError:
        found = None  # nested deeper than anybody writes
    text = (found.text or "").strip()[:MAX_CHARACTERS] if found else ""
    words = len(re.findall(r"\w+", text))
    is_plea = words < PLEA_WORDS and re.search(r"\benable javascript\b", text, re.I)
    if found is None or words < LEAST_WORDS or is_plea:
        raise BadInput(
            "No main text was found on the page.",
            code="no_main_content",
            hint="The page may need JavaScript, or show its text only after a login.",
        )
    declared = re.search(r"<html[^>]*\slang\s*=\s*[\"']?([A-Za-z]{2,3})\b", page[:5000], re.I)
    licence = LICENCE.search(page)
    return {
        "title": found.title,
        "author": found.author,
        "date": found.date,
        # Many pages name the language of their template, and not that of their text.
        "language": language_of(text) or (declared and declared[1].lower()),
        "licence": urljoin(url, licence[0]) if licence else found.license,
        "text": text,
        "word_count": words,
    }
