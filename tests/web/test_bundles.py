"""The files of the pages as browsers get them: few, small, and kept for as long as they fit."""

from __future__ import annotations

import gzip
import re

import pytest

from bellhop.web import bundles
from tests.support.places import ROOT
from tests.support.wsgi import WsgiClient

STATIC = ROOT / "static"
MODULES = sorted(str(path.relative_to(STATIC)) for path in STATIC.rglob("*.js"))
PAGES = [name for name in MODULES if name.startswith("pages/")]
OLD = "0123456789ab"
FOREVER = "public, max-age=31536000, immutable"


@pytest.mark.parametrize("name", MODULES)
def test_it_exports_only_what_it_declares_with_it(name: str) -> None:
    """Else a bundle would lack a name, or keep the first value of one that changes."""
    text = (STATIC / name).read_text()
    assert len(bundles.EXPORT.findall(text)) == len(re.findall(r"^export\b", text, re.M))
    assert len(bundles.IMPORT.findall(text)) == len(re.findall(r"^import\b", text, re.M))


@pytest.mark.parametrize("name", MODULES)
def test_it_imports_in_no_circle(name: str) -> None:
    def walk(module: str, way: tuple[str, ...]) -> None:
        assert module not in way
        for _, imported in bundles.IMPORT.findall((STATIC / module).read_text()):
            walk(imported, (*way, module))

    walk(name, ())


@pytest.mark.parametrize("name", MODULES)
def test_it_waits_for_nothing_but_in_a_page(name: str) -> None:
    waits = re.search(r"^(?:const .* = )?await\b", (STATIC / name).read_text(), re.M)
    assert not waits or name in PAGES


@pytest.mark.parametrize("name", MODULES)
def test_it_bundles_each_module_once_with_all_that_it_imports(name: str) -> None:
    script = bundles.content(name).decode()
    assert not re.search(r"^import\b", script, re.M)
    parts = re.findall(r'^__modules\["(.+)"\] \?\?= ', script, re.M)
    taken = re.findall(r'= __modules\["(.+)"\];$', script, re.M)
    assert len(parts) == len({*parts}) and {*taken} <= {*parts}


def test_it_gives_an_old_page_the_parts_of_today(web: WsgiClient) -> None:
    now = web.get(f"/static/{bundles.release()}/views/quiz.js")
    old = web.get(f"/static/{OLD}/views/quiz.js")
    assert old.body == now.body
    assert now.headers["Cache-Control"] == FOREVER
    assert old.headers["Cache-Control"] == "no-cache"


def test_it_names_in_a_page_only_what_stays_the_same(web: WsgiClient) -> None:
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', web.get("/").body.decode()):
        assert web.get(address).headers["Cache-Control"] == FOREVER


def test_it_changes_each_address_with_any_file(monkeypatch: pytest.MonkeyPatch) -> None:
    files = dict(bundles._files())
    before = bundles._release.__wrapped__("")
    monkeypatch.setattr(bundles, "_files", lambda: {**files, "shared/dom.js": b"x"})
    assert bundles._release.__wrapped__("") != before


@pytest.mark.parametrize("path", ["/", "/static/shared/style.css", "/api/v1/openapi.json"])
def test_it_compresses_for_who_takes_it(web: WsgiClient, path: str) -> None:
    plain, small = web.get(path), web.get(path, accept_encoding="br, gzip;q=0.5")
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.body) == plain.body
    assert len(small.body) < len(plain.body) / 2
    assert "Content-Encoding" not in plain.headers


@pytest.mark.parametrize("codings", ["", "br", "identity", "gzip;q=0", "br, gzip; q=0.00", "xgzip"])
def test_it_compresses_for_nobody_else(web: WsgiClient, codings: str) -> None:
    assert "Content-Encoding" not in web.get("/", accept_encoding=codings).headers


def test_it_compresses_no_short_answer(web: WsgiClient) -> None:
    answer = web.get("/api/v1/account", accept_encoding="gzip")
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/static/shared/style.css", "/api/v1/types"])
def test_it_tags_compressed_bytes_with_a_tag_of_their_own(web: WsgiClient, path: str) -> None:
    plain, small = (web.get(path, accept_encoding=coding) for coding in ("", "gzip"))
    tags = [answer.headers["ETag"] or "" for answer in (plain, small)]
    assert tags[0] != tags[1]
    assert web.get(path, accept_encoding="gzip", if_none_match=tags[1]).status == 304
    assert web.get(path, accept_encoding="gzip", if_none_match=tags[0]).status == 200
