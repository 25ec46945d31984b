"""Web pages of tests: an article of a few paragraphs, with what a test puts between them."""

from __future__ import annotations

from bellhop.jobtypes import webpage

URL = "https://example.org/page"
FIRST = "The museum opens its new hall in spring, after three years of work on the old roof."
SECOND = (
    "Visitors will find the collection of clocks there, and a room where children may try them."
)
THIRD = "Tickets cost the same as before, and members of the society enter without paying at all."
MENU = '<nav><a href="/">Start</a> <a href="/visit">Visit</a> <a href="/shop">Shop</a></nav>'


def article(middle: str, *, head: str = "", before: str = "", after: str = "") -> str:
    """A page whose article has `middle` between its second and its third paragraph."""
    return (
        f"<!doctype html><html><head><title>Museum</title>{head}</head><body>{before}{MENU}"
        f"<main><h1>Museum</h1><p>{FIRST}</p><p>{SECOND}</p>{middle}<p>{THIRD}</p></main>"
        f"{after}<footer>All rights reserved</footer></body></html>"
    )


def read(page: str) -> tuple[str, list[str]]:
    """(text, the codes of the warnings) of a page."""
    codes: list[str] = []
    data = webpage.read(page, URL, lambda code, message: codes.append(code))
    return data["text"], codes
