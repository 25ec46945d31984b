"""Bring a page into the plain form that the extraction of its text reads well.

What stands in a list item or in a cell of a table is text there, however many boxes are around it;
a table that only places things is none; an article in several containers is one; and an article
without a container gets one. Structure decides: where running text stands, and what stands between.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from lxml import etree

from bellhop.jobtypes.knowledge.words import length

Element = Any
BLOCKS = {
    "address", "article", "aside", "blockquote", "center", "details", "dd", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody",
    "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
LISTS = frozenset(("ul", "ol", "dl"))
BOXES = {
    "p", "div", "section", "figure", "figcaption", "center", "article", "aside", "span", "header",
    "address",
}  # fmt: skip
# Of a cell of data, all but tables inside of it.
OF_CELL = BLOCKS - {"table", "tbody", "thead", "tfoot", "tr", "td", "th", "hr"}
CONTAINERS = frozenset(("div", "section", "article", "main"))
SMALL_BOXES = CONTAINERS | LISTS | {"li"}
# What stands around an article, and what others write below it.
AROUND = frozenset(("nav", "aside", "footer", "form", "menu"))
ROLES_AROUND = ("navigation", "complementary", "contentinfo")
COMMENTS = re.compile(r"comment|repl(?:y|ies)|respon[sd]|discuss|disqus|guestbook", re.I)
RUNNING_WORDS = 8
PARAGRAPH_WORDS = 30
# What is smaller than this, in words or beside the largest part, is a notice and no part.
PART_WORDS = 15
PART_OF_PART = 0.1
PART_OF_PAGE = 0.5
MOST_OF_PAGE = 0.9


def shape(tree: Element) -> None:
    """Bring the tree of a page into the plain form, in place."""
    paragraphs = [p for p in tree.iter("p") if is_running(p)]
    for form in tree.xpath("//form"):
        if 2 * _held(form, paragraphs) > len(paragraphs):  # some systems put one around the page
            form.tag = "div"
    for dialog in tree.xpath("//dialog"):  # one that is left is open, and so part of the page
        dialog.tag = "div"
    for table in tree.xpath("//table"):
        if is_layout(table, paragraphs):
            _unfold(table)
    for table in tree.xpath("//table"):
        _flatten_cells(table)
    for code in tree.xpath("//pre"):
        for line_break in code.iter("br"):
            line_break.tail = f"\n{line_break.tail or ''}"
        etree.strip_tags(code, "*")
    for figure in tree.xpath("//figure[.//ul or .//ol or .//dl]"):
        figure.tag = "div"
    names = discarded(tree)
    for item in tree.xpath("//li | //dd | //dt"):
        _unwrap_boxes(item, names)
    for links in tree.xpath("//ul | //ol | //dl | //table"):
        if _is_in_text(links) and links not in names:
            etree.strip_tags(links, "a")
    _join_parts(tree)
    _contain(tree)


def words_of(element: Element) -> int:
    """About the number of words in an element."""
    return length("".join(element.itertext()))


def is_running(element: Element) -> bool:
    """Whether an element is a paragraph of sentences and not of links."""
    words = words_of(element)
    if words < RUNNING_WORDS or next(element.iterancestors("a"), None) is not None:
        return False
    return 2 * sum(map(words_of, element.iter("a"))) < words


def _held(box: Element, paragraphs: list[Element]) -> int:
    """How many of the paragraphs stand in a box."""
    inner = set(box.iter("p"))
    return sum(paragraph in inner for paragraph in paragraphs)


# Tables.


def is_layout(table: Element, paragraphs: list[Element]) -> bool:
    """Whether a table only places things: text stands in one row or one column of it, it holds a
    table or a heading, a cell of several paragraphs or a long one, or all `paragraphs` of the page,
    and no row of headers says what columns are."""
    if table.get("role") in ("presentation", "none"):
        return True
    rows = list(_rows(table))
    cells = [cell for row in rows for cell in row]
    if len(rows) < 2 or max(map(_texts, rows)) < 2:
        return True
    if any(cell.tag == "th" for cell in cells) or table.find("caption") is not None:
        return False
    is_page = bool(paragraphs) and _held(table, paragraphs) == len(paragraphs)
    return is_page or any(map(_is_page_like, cells))


def _rows(table: Element) -> Iterator[list[Element]]:
    """The cells of each row of this table, without those of tables inside of it."""
    for row in table.iter("tr"):
        if next(row.iterancestors("table"), None) is table:
            cells = [cell for cell in row if cell.tag in ("td", "th")]
            if cells:
                yield cells


def _texts(cells: list[Element]) -> int:
    return sum(any(map(str.strip, cell.itertext())) for cell in cells)


def _is_page_like(cell: Element) -> bool:
    if next(cell.iter("table", *HEADINGS), None) is not None:
        return True
    paragraphs = [words for p in cell.iter("p") if (words := words_of(p)) >= RUNNING_WORDS]
    return len(paragraphs) > 1 or any(words >= PARAGRAPH_WORDS for words in paragraphs)


def _unfold(table: Element) -> None:
    """Make boxes of a table for layout; text that stands in a cell as it is becomes a paragraph."""
    for cells in list(_rows(table)):
        for cell in cells:
            cell.tag = "div"
            _wrap_runs(cell)
    for part in list(table.iter("tr", "tbody", "thead", "tfoot", "caption")):
        if next(part.iterancestors("table"), None) is table:
            part.tag = "div"
    table.tag = "div"
    for name in ("role", "width", "border"):
        table.attrib.pop(name, None)


def _wrap_runs(box: Element) -> None:
    """Put text and inline elements that stand beside blocks into paragraphs of their own."""
    first = etree.Element("p")
    first.text, box.text = box.text, None
    box.insert(0, first)
    current = first
    for child in list(box)[1:]:
        if child.tag in BLOCKS:
            tail, child.tail = child.tail, None
            current = etree.Element("p")
            current.text = tail
            child.addnext(current)
        else:
            current.append(child)
    for paragraph in box.findall("p"):
        if not len(paragraph) and not (paragraph.text or "").strip():
            box.remove(paragraph)


def _flatten_cells(table: Element) -> None:
    """Make inline text of what stands in the cells of a table of data, all of it."""
    for cells in _rows(table):
        for cell in cells:
            for inner in list(
                cell.iterdescendants(*BLOCKS - {"table", "tbody", "tr", "td", "th", "hr"})
            ):
                _open(inner, "; " if inner.tag in ("li", "dd") else " ")


def _open(element: Element, separator: str) -> None:
    """Take an element away and leave what it holds, apart from what stands before and after it."""
    before = element.getprevious()
    text = element.text or ""
    has_before = (before is not None and (before.tail or "").strip()) or (
        before is None and (element.getparent().text or "").strip()
    )
    element.text = f"{separator if has_before else ' '}{text}"
    element.tail = f" {element.tail or ''}"
    element.drop_tag()


# Lists.


def discarded(tree: Element) -> set[Element]:
    """What the extraction takes for buttons, menus and the like by its name."""
    from trafilatura.xpaths import OVERALL_DISCARD_XPATH

    return {found for expression in OVERALL_DISCARD_XPATH for found in expression(tree)}


def _unwrap_boxes(item: Element, names: set[Element]) -> None:
    """Make the boxes in a list item its own text, where it is an item of text."""
    if _is_around(item) or not len(item) or _is_gallery(item.getparent()):
        return
    etree.strip_tags(item, "label")
    for box in list(item.iterdescendants(*BOXES)):
        if next(box.iterancestors("li", "dd", "dt", "table", "pre"), None) is not item:
            continue
        if box not in names and (box.tag in BLOCKS or len(box)):
            _open(box, " ")


def _is_gallery(around: Element) -> bool:
    """Whether a list apart from the text has a picture in every item: it holds captions."""
    items = around.findall("li") if around is not None else []
    has_pictures = all(next(item.iter("img"), None) is not None for item in items)
    return bool(items) and has_pictures and not _is_beside_text(around)


def _is_around(element: Element) -> bool:
    return any(
        outer.tag in AROUND or outer.get("role") in ROLES_AROUND
        for outer in (element, *element.iterancestors())
    )


def _is_in_text(links: Element) -> bool:
    """Whether a list or table stands beside paragraphs of text, and is no table of contents."""
    if _is_around(links) or next(links.iterancestors(*LISTS, "table"), None) is not None:
        return False
    targets = [a.get("href") or "" for a in links.iter("a")]
    is_contents = all(target.startswith("#") and target != "#" for target in targets)
    return not is_contents and _is_beside_text(links)


def _is_beside_text(box: Element) -> bool:
    """Whether a paragraph of sentences stands beside it, or beside a box that holds only it."""
    outer = box.getparent()
    while outer is not None and outer.tag in SMALL_BOXES and words_of(outer) == words_of(box):
        box, outer = outer, outer.getparent()
    return outer is not None and any(map(is_running, outer.iterchildren("p")))


# Articles.


def _picked(tree: Element) -> Element | None:
    """The container that the extraction takes for that of the article."""
    from trafilatura.xpaths import BODY_XPATH

    return next((found[0] for expression in BODY_XPATH if (found := expression(tree))), None)


def _join_parts(tree: Element) -> None:
    """Make one container of an article that stands in several of one class."""
    parts = _parts(tree, _picked(tree))
    if not parts:
        return
    around = _common(parts)
    _cut(around, parts)
    # What is left of them is no container of its own.
    for part in parts:
        for inner in (part, *part.iterancestors()):
            if inner is around:
                break
            inner.tag = "div"
            for name in ("class", "id", "itemprop", "role"):
                inner.attrib.pop(name, None)
    if around.tag == "body":
        around = _within_body(around)
    around.tag = "article"
    around.set("itemprop", "articleBody")


def _parts(tree: Element, picked: Element | None) -> list[Element]:
    """The containers of the article; none where one holds it all, or each is one of its own."""
    groups: dict[tuple[str, str], list[Element]] = defaultdict(list)
    for box in tree.iter(*CONTAINERS):
        if box.find("p") is not None and not _is_around(box):
            for name in set((box.get("class") or "").split()) or {""}:
                groups[box.tag, name].append(box)
    whole = sum(_own_words(box) for box in tree.iter(*CONTAINERS) if not _is_around(box))
    best: list[Element] = []
    for (_, name), boxes in groups.items():
        found = _parts_of(boxes, has_class=bool(name))
        held = sum(map(_own_words, found))
        if held > sum(map(_own_words, best)) and held >= PART_OF_PAGE * whole:
            best = found
    if picked is None or not best:
        return best
    above = [picked in (box, *box.iterancestors()) for box in best]
    is_within = any(box in picked.iterancestors() for box in best)
    return best if (any(above) or is_within) and not all(above) else []


def _parts_of(boxes: list[Element], *, has_class: bool) -> list[Element]:
    """Those of one class that are parts of one article: large ones, and small ones among them."""
    group = set(boxes)
    boxes = [box for box in boxes if not group.intersection(box.iterancestors())]
    if not has_class:
        boxes = [box for box in boxes if box.getparent() is boxes[0].getparent()]
    least = max(PART_WORDS, PART_OF_PART * max(map(_own_words, boxes)))
    large = [box for box in boxes if _own_words(box) >= least]
    if len(large) < 2 or any(_is_entry(box) or _is_comment(box) for box in large):
        return []
    around = _common(large)
    small = {box for box in boxes if around in box.iterancestors() and not _is_entry(box)}
    return [box for box in boxes if box in small or box in large]


def _own_words(box: Element) -> int:
    """The running words of the paragraphs right below a container."""
    return sum(words_of(p) for p in box.iterchildren("p") if is_running(p))


def _is_entry(box: Element) -> bool:
    """Whether a container is an entry of a list of articles: one with a heading that is a link."""
    if next(box.iterancestors("li"), None) is not None:
        return True
    return any(heading.find(".//a[@href]") is not None for heading in box.iter(*HEADINGS))


def _is_comment(box: Element) -> bool:
    names = (f"{e.get('class', '')} {e.get('id', '')}" for e in (box, *box.iterancestors()))
    return any(COMMENTS.search(name) for name in names)


def _common(parts: list[Element]) -> Element:
    """The innermost element around all of them."""
    shared = list(parts[0].iterancestors())
    for part in parts[1:]:
        above = set(part.iterancestors())
        shared = [element for element in shared if element in above]
    return shared[0]


def _cut(around: Element, parts: list[Element]) -> None:
    """Remove what stands before and after the parts, but headings and paragraphs; and between them
    what has no sentence, such as the label of an advert."""
    branches = {element for part in parts for element in (part, *part.iterancestors())}
    first, last = parts[0], parts[-1]
    while first is not around:
        for beside in list(first.itersiblings(preceding=True)):
            _drop(beside, branches, is_between=False)
        first = first.getparent()
    while last is not around:
        for beside in list(last.itersiblings()):
            _drop(beside, branches, is_between=False)
        last = last.getparent()
    for element in list(around.iterdescendants(*CONTAINERS, "aside")):
        if element.getparent() in branches and element.getparent() not in parts:
            _drop(element, branches, is_between=True)


def _drop(element: Element, branches: set[Element], *, is_between: bool) -> None:
    is_text = element.tag in HEADINGS | {"p"} or next(element.iter("h1"), None) is not None
    if is_between:
        is_text = words_of(element) >= RUNNING_WORDS or any(True for _ in element.iter(*HEADINGS))
    if not is_text and element not in branches and element.getparent() is not None:
        element.drop_tree()


def _contain(tree: Element) -> None:
    """Give an article a container, where nothing that the extraction knows is around it."""
    if _picked(tree) is not None:
        return
    paragraphs = [p for p in tree.iter("p") if is_running(p) and not _is_around(p)]
    whole = sum(map(words_of, paragraphs))
    held: Counter[Element] = Counter()
    for paragraph in paragraphs:
        held.update(dict.fromkeys(paragraph.iterancestors(), words_of(paragraph)))
    enough = [box for box, words in held.items() if words >= MOST_OF_PAGE * whole]
    best: Element = max(enough, key=lambda box: sum(1 for _ in box.iterancestors()), default=None)
    if best is not None and best.tag not in ("html", "table", "tr", "tbody", "td"):
        (_within_body(best) if best.tag == "body" else best).tag = "article"


def _within_body(body: Element) -> Element:
    box = etree.SubElement(body, "article")
    box.text, body.text = body.text, None
    for child in list(body)[:-1]:
        box.append(child)
    return box
