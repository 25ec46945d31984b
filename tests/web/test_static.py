"""What the browser is given: one shell, and folders of modules that all have a use and a place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from bellhop.catalog import loading, typefiles
from bellhop.jobs.newjob import OWN_TYPES
from bellhop.web.handlers.pages import PIECES
from bellhop.web.routes import page_routes
from tests.support.places import ROOT
from tests.support.wsgi import WsgiClient

STATIC = ROOT / "static"
PAGES = sorted(path.stem for path in STATIC.glob("pages/*.html"))
# From which folders a module may import, as docs/architecture.md says.
USES = {
    "pages": {
        "form",
        "job",
        "jobs",
        "new",
        "people",
        "problems",
        "running",
        "schedules",
        "shared",
        "texts",
    },
    "new": {"form", "jobs", "new", "shared", "texts"},
    "jobs": {"jobs", "shared", "texts"},
    "schedules": {"form", "schedules", "shared", "texts", "uploads"},
    "people": {"people", "shared", "texts"},
    "running": {"running", "shared", "texts"},
    "form": {"form", "shared", "texts"},
    "uploads": {"form", "shared", "texts", "uploads"},
    "job": {"files", "job", "shared", "texts"},
    "problems": {"problems", "shared", "texts"},
    "files": {"files", "shared", "texts"},
    "views": {"views", "shared", "texts"},
    "shared": {"shared", "texts"},
    "texts": {"shared"},
}
# Lines of HTML that two pages may have in common.
MOST_ALIKE = 6
# The addresses that show a page; the former one of a page leads to it.
OWN = [r.path for r in page_routes() if r.action == "page" and r.path != "/queues"]
IMPORT = re.compile(r'^import (?:.* from )?"/static/(.+)";$', re.M)
# In a style sheet, after what ends a rule, up to what begins one.
SELECTOR = re.compile(r"[^{}]+(?={)")
# As many classes of one page may be in the style of all: a file of its own is one more request.
FEW_CLASSES = 3


def modules() -> list[Path]:
    return sorted(STATIC.rglob("*.js"))


def imports_of(path: Path) -> list[str]:
    return IMPORT.findall(path.read_text())


def viewers() -> set[str]:
    """The viewers that the types which come with Bellhop name."""
    paths = typefiles.BUILT_IN.glob("[a-z]*.py")
    types = [job_type for path in paths for job_type in loading.load(path).values()]
    return {job_type.viewer for job_type in types if job_type.viewer}


def reached_from(names: Iterable[str]) -> set[str]:
    """These files of static/ and what they name, and so on."""
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            text = (STATIC / name).read_text()
            waiting += re.findall(r"/static/([a-z]+/[a-z0-9_-]+\.(?:js|css|svg))", text)
    return reached


def test_it_has_one_head_for_all_pages() -> None:
    whole = [
        path
        for path in STATIC.rglob("*.html")
        if re.search(r"<(html|head|body)\b", path.read_text())
    ]
    assert whole == [STATIC / "shell.html"]


@pytest.mark.parametrize("piece", PIECES)
def test_it_has_the_form_of_a_job_once_for_all_its_pages(web: WsgiClient, piece: str) -> None:
    html = (STATIC / f"form/{piece}.html").read_text()
    for path in ("/", "/schedules"):
        assert html in web.get(path).body.decode()


def test_it_has_no_six_lines_of_html_in_two_places() -> None:
    """What several pages have is a piece that `web/handlers/pages.py` puts into each."""
    seen: Counter[tuple[str, ...]] = Counter()
    for path in STATIC.rglob("*.html"):
        lines = [line.strip() for line in path.read_text().splitlines() if line.strip()]
        seen.update(set(zip(*(lines[at:] for at in range(MOST_ALIKE)), strict=False)))
    assert [lines for lines, count in seen.items() if count > 1] == []


def test_it_begins_each_page_with_a_module_of_its_name() -> None:
    assert sorted(path.stem for path in STATIC.glob("pages/*.js")) == PAGES


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(STATIC)))
def test_it_imports_what_is_there_from_where_a_module_may(path: Path) -> None:
    names = imports_of(path)
    assert len(names) == len(re.findall(r"^import\b", path.read_text(), re.M))
    for name in names:
        assert (STATIC / name).is_file(), name
        assert name.split("/")[0] in USES[path.parent.name], name


def test_it_reads_and_writes_json_in_one_module() -> None:
    """In all others, a whole number beyond 2^53 would lose digits."""
    users = {p.name for p in modules() if re.search(r"\bJSON\.|\.json\(\)", p.read_text())}
    assert users == {"json.js"}


def test_it_marks_what_is_wrong_in_one_place() -> None:
    """As an attribute without a value, `aria-invalid` says that nothing is wrong (WAI-ARIA 1.2)."""
    marks = {p.name for p in modules() if 'Attribute("aria-invalid' in p.read_text()}
    assert marks == {"dom.js"}


def test_it_has_words_for_each_type_of_bellhop_itself() -> None:
    """The part Space of the page Running shows what they hold, and has no jobs to lead to."""
    text = (STATIC / "texts/space.js").read_text()
    (words,) = re.findall(r"^  own: \{(.+)\},$", text, re.M)
    assert re.findall(r"(\w+): \"", words) == [*OWN_TYPES]


def test_it_has_no_file_without_a_use() -> None:
    begun = {f"pages/{page}.{kind}" for page in PAGES for kind in ("html", "js")}
    begun |= {f"form/{piece}.html" for piece in PIECES}
    shown = {f"views/{viewer}.{kind}" for viewer in viewers() for kind in ("js", "css")}
    there = {str(path.relative_to(STATIC)) for path in STATIC.rglob("*") if path.is_file()}
    assert reached_from({"shell.html"} | begun | shown) == there


def words_of(page: str) -> set[str]:
    """All words of what a page consists of: who shows an element names its classes in it."""
    html = (STATIC / f"pages/{page}.html").read_text()
    pieces = [f"form/{piece}.html" for piece in PIECES if f"${piece}" in html]
    shown = [f"views/{viewer}.js" for viewer in viewers()] if page == "job" else []
    names = reached_from(["shell.html", f"pages/{page}.js", *pieces, *shown])
    texts = [(STATIC / name).read_text() for name in names if not name.endswith(".css")]
    frame = (ROOT / "bellhop/web/handlers/pages.py").read_text()
    return set(re.findall(r"[a-z][\w-]*", "\n".join([html, frame, *texts])))


def classes_of(path: Path) -> set[str]:
    """The classes that a style sheet names; scripts count `md-h1` to `md-h6`."""
    style = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
    return set(re.findall(r"\.([a-z][\w-]*?)\d?(?![\w-])", "".join(SELECTOR.findall(style))))


@pytest.fixture(scope="module")
def words() -> dict[str, set[str]]:
    return {page: words_of(page) for page in PAGES}


def test_it_styles_nothing_that_no_page_shows(words: dict[str, set[str]]) -> None:
    for path in STATIC.rglob("*.css"):
        pages = [path.stem] if path.parent.name == "pages" else PAGES
        assert classes_of(path) <= set().union(*(words[page] for page in pages)), path


def test_it_sends_the_first_page_no_style_of_another(words: dict[str, set[str]]) -> None:
    """What one page alone needs is in `pages/NAME.css`."""
    classes = classes_of(STATIC / "shared/style.css")
    users = [[page for page in PAGES if name in words[page]] for name in classes]
    alone = Counter(pages[0] for pages in users if len(pages) == 1)
    assert {page for page, count in alone.items() if count > FEW_CLASSES} <= {"new"}


@pytest.mark.parametrize("path", [*OWN, "/login"])
def test_it_serves_all_that_a_page_names(web: WsgiClient, path: str) -> None:
    page = web.get(path.replace("<name>", "0")).body.decode()
    named = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
    assert len(named) in (3, 4)  # the style of all, its own, its module and the bell
    for address in named:
        assert web.get(address).status == 200, address


def test_it_leads_from_the_login_nowhere(web: WsgiClient) -> None:
    page = web.get("/login").body.decode()
    assert '<header class="top" hidden>' in page
    assert '<nav class="pages" aria-label="Pages"></nav>' in page


def test_it_knows_after_a_login_every_page_there_is() -> None:
    text = (STATIC / "shared" / "own-page.js").read_text()
    found = re.search(r"PAGES = /(.+)/;", text)
    assert found
    pages = re.compile(found[1].replace("\\/", "/"))
    paths = [r.path.replace("<name>", "8061915b") for r in page_routes() if r.action == "page"]
    assert [path for path in paths if not pages.search(path)] == []
