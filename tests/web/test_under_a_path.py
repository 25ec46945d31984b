"""Bellhop under a path, as https://host/bellhop: every address that leaves it begins with the path.

The rule: a script takes each address from `at` of `shared/address.js`, a handler from `at` of
`base/prefix.py`; in HTML, an address stands alone in its attribute.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.base import prefix
from bellhop.base.addresses import API
from bellhop.database.database import database
from bellhop.jobs import webhooks
from bellhop.jobs.newjob import NewJob
from bellhop.settings.settings import Settings
from bellhop.storage.models import Job
from bellhop.web import bundles, routes
from bellhop.web.handlers import pages
from bellhop.web.site import Site
from tests.support import cast
from tests.support.modules import CORE, name_of
from tests.support.places import ROOT
from tests.support.wsgi import Answer, WsgiClient

UNDER = "/bellhop"
BROWSER = "text/html"
STATIC = ROOT / "static"
FILLED = {
    "/files/<name:path>": "/files/report.csv",
    "<name>": cast.IDS["completed"],
    "<name:path>": "pages/jobs.js",
    "<job_id>": cast.IDS["completed"],
    "<index:re:[0-9]{1,9}>": "0",
    "<sha256:re:[0-9a-fA-F]{64}>": cast.SHA256,
}
# Where nothing is without a provider of logins.
ABSENT = ("/login/sso", "/login/sso/callback")
# An address of Bellhop: at the beginning of a text, or behind a quote or an angle bracket.
ADDRESS = re.compile(rf"""(?:^|["'`<(])(/(?:{"|".join(sorted(prefix.OWN))})(?![\w-])[^"'`>]*)""")
# Texts of answers that describe addresses, below the `servers` of the document.
DESCRIBING = f"{API}/openapi.json"


@pytest.fixture
def loaded(config: Callable[[str], Settings]) -> Settings:
    return config(f"[server]\npublic_url = https://example.org{UNDER}\n")


@pytest.fixture
def played(site: Site) -> Iterator[None]:
    with cast.every_state(site):
        yield


def filled(path: str) -> str:
    for part, value in FILLED.items():
        path = path.replace(part, value)
    return path


def getting() -> list[str]:
    paths = [filled(route.path) for route in routes.every_route() if route.method == "GET"]
    return [path for path in paths if "<" not in path and path not in ABSENT]


def addresses_in(answer: Answer) -> list[str]:
    """Each address of Bellhop that an answer holds."""
    texts = [value for name, value in answer.headers.items() if name in ("Location", "Link")]
    kind = str(answer.headers["Content-Type"])
    if "json" in kind:
        texts += strings(answer.json)
    elif kind.startswith("text/html"):
        texts.append(answer.body.decode())
    elif "javascript" in kind:  # whose other addresses are looked at below
        texts += re.findall(r"[\"`]/static/", answer.body.decode())
    return [address for text in texts for address in ADDRESS.findall(text)]


def strings(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        for each in document:
            yield from strings(each)
    elif isinstance(document, str):
        yield document


# What arrives.


@pytest.mark.parametrize("path", getting())
def test_it_answers_with_the_path_as_without(web: WsgiClient, played: None, path: str) -> None:
    """A proxy may strip the path, or not."""
    with_path, without = web.get(f"{UNDER}{path}"), web.get(path)
    assert with_path.status == without.status != 404
    assert with_path.headers["Content-Type"] == without.headers["Content-Type"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_it_leads_from_the_path_alone_to_the_start_page(web: WsgiClient, method: str) -> None:
    answer = web.request(method, f"{UNDER}?upload=1")
    assert (answer.status, answer.headers["Location"]) == (308, f"{UNDER}/?upload=1")


def test_it_leads_nowhere_from_the_root_of_an_address(web: WsgiClient) -> None:
    assert web.get("/").status == web.get(f"{UNDER}/").status == web.get("").status == 200


@pytest.mark.parametrize(
    "path", ["/other/jobs", "/bellhopper", "/Bellhop/jobs", "/bellhop/bellhop/"]
)
def test_it_says_where_it_is_under_another_path(web: WsgiClient, path: str) -> None:
    answer = web.get(path)
    assert (answer.status, answer.code) == (404, "not-found")
    assert answer.json["detail"].endswith("This Bellhop is served under /bellhop/.")
    page = web.get(path, accept=BROWSER)
    assert page.status == 404
    assert "All its pages are under /bellhop/." in page.body.decode()


def test_it_knows_how_each_address_of_its_own_begins() -> None:
    """A path that begins so would mean two things: the settings refuse it."""
    first = {route.path[1:].partition("/")[0] for route in routes.every_route()}
    assert first - {""} == prefix.OWN


def test_it_takes_a_change_of_its_own_page(web: WsgiClient) -> None:
    document = {"type": "noop", "items": [{"text": "a"}]}
    answer = web.post(f"{UNDER}{API}/jobs", document, origin="https://example.org")
    assert answer.status == 202
    refused = web.post(f"{UNDER}{API}/jobs", document, origin="https://example.org.evil.example")
    assert refused.code == "cross-site"


# What leaves.


@pytest.mark.parametrize("path", [path for path in getting() if path != DESCRIBING])
def test_it_tells_no_address_without_the_path(web: WsgiClient, played: None, path: str) -> None:
    for accept in ("application/json", BROWSER):
        answer = web.get(f"{UNDER}{path}", accept=accept)
        assert addresses_in(answer) == []


def test_it_tells_addresses_that_it_serves(web: WsgiClient, played: None) -> None:
    job = web.get(f"{API}/jobs/{cast.IDS['completed']}?include=result").json
    told = [*job["links"].values(), job["result"]["items"][0]["files"][0]["url"]]
    assert all(address.startswith(f"{UNDER}{API}/") for address in told)
    assert [web.get(address).status for address in told] == [200] * len(told)


def test_it_describes_its_routes_below_the_path(web: WsgiClient) -> None:
    document = web.get(f"{UNDER}{DESCRIBING}").json
    assert document["servers"] == [{"url": UNDER}]
    assert f"{API}/jobs" in document["paths"]


def test_it_tells_where_what_it_accepted_is(web: WsgiClient) -> None:
    document = {"type": "noop", "items": [{"text": "a"}]}
    job = web.post(f"{API}/jobs", document)
    assert job.headers["Location"] == f"{UNDER}{API}/jobs/{job.json['job_id']}"
    schedule = {"name": "a", "cron": "0 7 * * 1", "job": document}
    made = web.post(f"{API}/schedules", schedule)
    assert made.headers["Location"] == f"{UNDER}{API}/schedules/{made.json['id']}"
    uploads = f"{UNDER}{API}/uploads"
    upload = web.request("POST", uploads, tus_resumable="1.0.0", upload_length="3")
    assert str(upload.headers["Location"]).startswith(f"{uploads}/")
    page = web.get(f"{API}/jobs?limit=1")
    web.post(f"{API}/jobs", document)
    assert f"<{UNDER}{API}/jobs?" in str(web.get(f"{API}/jobs?limit=1").headers["Link"]), page


def test_it_tells_webhooks_the_path(web: WsgiClient, submit: Callable[..., Job]) -> None:
    delivery = webhooks.delivery_of(1, "8061915b", "local", "completed", "http://a", is_final=True)
    assert isinstance(delivery, NewJob)
    links = delivery.items[0].input["data"]["data"]["links"]
    assert links == {
        "self": f"{UNDER}{API}/jobs/8061915b",
        "result": f"{UNDER}{API}/jobs/8061915b/result",
    }


def test_it_sends_to_the_login_and_back_under_the_path(web: WsgiClient) -> None:
    accounts.add("ada", "admin", accounts.hashed("a good password", "ada"))
    database.close()
    answer = web.get(f"{UNDER}/jobs?status=failed")
    assert answer.headers["Location"] == f"{UNDER}/login?next=/bellhop/jobs%3Fstatus%3Dfailed"


def test_it_keeps_its_cookies_to_the_path(web: WsgiClient) -> None:
    """So that they go to nothing else of the host, and two Bellhops there have one each."""
    accounts.add("ada", "admin", accounts.hashed("a good password", "ada"))
    database.close()
    given = {"name": "ada", "password": "a good password"}
    answer = web.post(f"{UNDER}{API}/login", given)
    sent = answer.headers.get_all("Set-Cookie")
    assert len(sent) == 2
    for text in sent:
        assert text.startswith("__Secure-") and "; Path=/bellhop; " in text
        assert text.endswith("; Secure")
    session = sent[0].partition(";")[0]
    assert web.get(f"{UNDER}{API}/account", cookie=session).json["name"] == "ada"
    left = web.request("POST", f"{UNDER}{API}/logout", cookie=session)
    assert left.headers["Clear-Site-Data"] == '"cache"'
    assert "; Path=/bellhop; " in str(left.headers["Set-Cookie"])


def test_it_serves_other_bytes_at_another_address_of_its_scripts(web: WsgiClient) -> None:
    """A browser keeps them for ever, and they name others by their addresses."""
    page = web.get(f"{UNDER}/jobs").body.decode()
    scripts = re.findall(r'src="(/bellhop/static/[0-9a-f]{12}/pages/jobs.js)"', page)
    assert len(scripts) == 1
    assert "max-age=31536000" in str(web.get(scripts[0]).headers["Cache-Control"])
    release = bundles.release()
    prefix.serve_under("")
    assert bundles.release() != release


# What people write.

TOLD = re.compile(r"""["'`](?=/[A-Za-z?$]|/["'`])""")
# Of paths in names, and of other things that begin with a slash.
NO_PLACE = re.compile(r"""\b(?:split|join|startsWith|endsWith|replaceAll|includes)\(["']/["']""")
ANY_FOLDER = 'const ANY = "/";'  # in form/last-used.js: what no suffix is
REQUESTS = "api.js"  # in which an address is one below BASE, which has been through `at`


def without_calls(text: str, name: str) -> str:
    """A script without the calls of a function."""
    while found := re.search(rf"\b{name}\(", text):
        end, depth = found.end(), 1
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        text = text[: found.start()] + text[end:]
    return text


@pytest.mark.parametrize(
    "path", sorted(STATIC.rglob("*.js")), ids=lambda path: str(path.relative_to(STATIC))
)
def test_it_makes_each_address_of_a_script_in_one_place(path: Path) -> None:
    """`at("/jobs")`; the server itself completes what begins with /static/."""
    text = NO_PLACE.sub("", without_calls(path.read_text(), "at")).replace('"/static/', '"')
    text = text.replace("`/static/", "`").replace(ANY_FOLDER, "")
    if path.name == REQUESTS:
        assert re.findall(r"\b(?:fetch|open)\((?!url|path|BASE|`\$\{BASE)[^)]*", text) == [
            'open("POST", `${BASE}/jobs`',
            'open("PATCH", url',
        ]
        return
    found = [text[at.start() : at.start() + 60].split("\n")[0] for at in TOLD.finditer(text)]
    assert found == []


def test_it_writes_an_address_in_html_as_a_whole_attribute() -> None:
    """`="/jobs"`, which the server completes; a style sheet names none."""
    for path in STATIC.rglob("*.html"):
        assert re.findall(r"""[^=]["'`]/\w|='/|url=/|, /\w""", path.read_text()) == [], path
    for path in STATIC.rglob("*.css"):
        assert "url(" not in path.read_text(), path


# What ask by an address instead of telling one.
ASKING = ("client", "cli.", "checks.", "machines.arrival")
# What reads an address, or holds those that others complete.
TABLES = ("web.routes", "web.door", "web.openapi", "web.bundles", "base.addresses")
READS = {
    "web.handlers.sso": ["/login/sso/callback"],
    "web.problems": ["/api/"],
    "web.tus": [f"{API}/"],
}


def told(path: Path) -> Iterator[str]:
    """The addresses in a file that are not given to `prefix.at`."""
    tree = ast.parse(path.read_text())
    given = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "prefix.at"
        for inner in ast.walk(node)
    }
    inner = {id(part) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for part in n.values}
    for node in ast.walk(tree):
        if id(node) in given or id(node) in inner:
            continue
        if isinstance(node, ast.JoinedStr):
            text = ast.unparse(node)[2:-1].replace("{API}", API).replace("{UPLOADS}", API)
        else:
            text = str(getattr(node, "value", "")) if isinstance(node, ast.Constant) else ""
        if ADDRESS.match(text):
            yield text


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_it_makes_each_address_of_an_answer_in_one_place(path: Path) -> None:
    module = name_of(path).removeprefix("bellhop.")
    if module.startswith((*ASKING, *TABLES)):
        return
    links = [address for address, *_ in (*pages.LINKS, *pages.OF_PERSON)]
    known = READS.get(module, links if module == "web.handlers.pages" else [])
    assert [text for text in told(path) if text not in known] == []
