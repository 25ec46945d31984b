"""A shared Bellhop on real sockets: strangers at the door, hostile files, a proxy in front."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.attempts import needs_shared
from tests.support.places import SHARED
from tests.support.running import Running, running
from tests.support.wsgi import BOUNDARY, form

JOBS = "/api/v1/jobs"
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
PASSWORD = "correct horse"
PUBLIC = "jobs.example.org"
HOSTILE: dict[str, bytes] = {
    "page.html": b"<script>alert(document.cookie)</script>",
    "picture.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "../../../../tmp/bellhop-was-here": b"x",
    "/etc/bellhop-was-here": b"x",
    "..\\..\\bellhop-was-here": b"x",
    "a\x00b.txt": b"x",
    "x" * 5000: b"x",
    "<img src=x onerror=alert(1)>.txt": b"x",
    "CON": b"x",
    ".htaccess": b"x",
    "a.py": b"import os; os.abort()",
    "empty": b"",
}


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Team(NamedTuple):
    """A Bellhop with accounts, and a token of each."""

    bellhop: Running
    tokens: dict[str, str]

    def ask(
        self, method: str, path: str, who: str | None, body: bytes = b"", **headers: str
    ) -> Answer:
        port = int(self.bellhop.url.rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        known = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {**known, **sent})
        found = connection.getresponse()
        answer = Answer(found.status, found.headers, found.read())
        connection.close()
        return answer

    def upload(self, who: str | None, name: str, content: bytes, type: str = "upper") -> Answer:
        body = form([(name, content)], "files", {"type": type})
        return self.ask("POST", JOBS, who, body, **MULTIPART)


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("team")
    settings = {
        "BELLHOP_SERVER_TRUSTED_PROXY": "127.0.0.1",
        "BELLHOP_SERVER_PUBLIC_URL": f"https://{PUBLIC}",
    }
    with running(folder, **settings) as bellhop:
        tokens = {}
        for name, role in (("ada", "admin"), ("otto", "member"), ("vera", "viewer")):
            add = ("user", "add", name, "--role", role, "--password-stdin")
            assert bellhop.run(*add, given=PASSWORD).returncode == 0
            tokens[name] = bellhop.run("token", "add", name).stdout.strip()
        bellhop.serve()
        yield Team(bellhop, tokens)


def kept(team: Team) -> set[Path]:
    """What there is of uploads, arrived or on their way."""
    folders = [team.bellhop.data / name for name in ("incoming", "uploads")]
    return {path for folder in folders for path in folder.rglob("*")}


@pytest.mark.parametrize(
    ("who", "status", "code"), [(None, 401, "login-needed"), ("vera", 403, "forbidden")]
)
def test_it_refuses_an_upload_of_who_may_not_before_it_is_read(
    team: Team, who: str | None, status: int, code: str
) -> None:
    before = kept(team)
    port = int(team.bellhop.url.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    known = {"Authorization": f"Bearer {team.tokens[who]}"} if who else {}
    expecting = {**MULTIPART, **known, "Content-Length": str(1 << 30), "Expect": "100-continue"}
    connection.putrequest("POST", JOBS)
    for name, value in expecting.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()  # of the gigabyte not one byte was sent
    assert (answer.status, json.loads(answer.read())["code"]) == (status, code)
    connection.close()
    assert kept(team) == before


@pytest.mark.parametrize("path", ["/api/v1/login", "/api/v1/schedules", "/static/shared/style.css"])
def test_it_reads_no_long_body_of_a_stranger(team: Team, path: str) -> None:
    answer = team.ask("POST", path, None, b"x" * 100_000, Content_Type="application/json")
    assert answer.status in (401, 413)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    ("who", "statuses"), [(None, {401}), ("vera", {403}), ("otto", {202, 400, 422})]
)
def test_it_takes_a_hostile_file_as_a_file_or_not_at_all(
    team: Team, name: str, who: str | None, statuses: set[int]
) -> None:
    before = {*team.bellhop.data.parent.iterdir()}
    answer = team.upload(who, name, HOSTILE[name])
    assert answer.status in statuses
    assert {*team.bellhop.data.parent.iterdir()} == before
    assert not Path("/tmp/bellhop-was-here").exists()
    assert not Path("/etc/bellhop-was-here").exists()


@pytest.mark.parametrize("name", ["page.html", "picture.svg"])
def test_it_gives_back_a_page_as_a_download_only(team: Team, name: str) -> None:
    job = team.upload("otto", name, HOSTILE[name], type="copy_file").json
    final = wait(team, job["job_id"])
    assert final["status"] == "completed"
    (item,) = team.ask("GET", f"{JOBS}/{job['job_id']}/result", "otto").json["items"]
    answer = team.ask("GET", item["files"][0]["url"], "otto")
    assert answer.body == HOSTILE[name]
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def wait(team: Team, job_id: str) -> Any:
    answer = team.ask("GET", f"{JOBS}/{job_id}", "otto", Prefer="wait=30")
    return answer.json


@needs_shared
@pytest.mark.parametrize("type_name", ["trial_balance", "georaster", "citations"])
def test_it_survives_every_hostile_file_of_the_shared_data(team: Team, type_name: str) -> None:
    for path in sorted((SHARED / "hostile").iterdir()):
        answer = team.upload("otto", path.name, path.read_bytes(), type=type_name)
        assert answer.status == 202
        job = wait(team, answer.json["job_id"])
        assert job["status"] in ("completed", "failed"), (path.name, job)
    assert team.ask("GET", "/health", None).json["status"] == "ok"


def test_it_believes_its_own_proxy(team: Team) -> None:
    login = json.dumps({"name": "otto", "password": PASSWORD}).encode()
    proxied = {"Host": PUBLIC, "X_Forwarded_For": "192.0.2.7", "X_Forwarded_Proto": "https"}
    answer = team.ask(
        "POST", "/api/v1/login", None, login, Content_Type="application/json",
        Origin=f"https://{PUBLIC}", **proxied,
    )  # fmt: skip
    assert answer.status == 200
    assert answer.headers["Set-Cookie"].endswith("; Secure")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    notes = team.ask("GET", "/api/v1/audit", "ada").json["notes"]
    assert (notes[0]["action"], notes[0]["address"]) == ("login", "192.0.2.7")


def test_it_takes_changes_from_its_public_page_whatever_host_the_proxy_sends(team: Team) -> None:
    document = json.dumps({"type": "noop", "items": [{"text": "a"}]}).encode()
    kind = {"Content_Type": "application/json"}
    ours, foreign = (
        team.ask("POST", JOBS, "otto", document, Origin=origin, **kind)
        for origin in (f"https://{PUBLIC}", f"http://{PUBLIC}")
    )
    assert (ours.status, foreign.status) == (202, 403)


def test_it_keeps_answers_out_of_caches_that_others_share(team: Team) -> None:
    for path in (JOBS, "/api/v1/account", "/api/v1/types"):
        assert "no-store" in (team.ask("GET", path, "otto").headers["Cache-Control"] or ""), path


def test_it_checks_itself_with_the_token_of_an_admin(team: Team) -> None:
    environment = team.bellhop.environment
    environment["BELLHOP_TOKEN"] = team.tokens["ada"]
    checked = team.bellhop.run("check", limit_s=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    environment["BELLHOP_TOKEN"] = team.tokens["otto"]
    assert "token of an admin" in team.bellhop.run("check", limit_s=60).stdout
    del environment["BELLHOP_TOKEN"]
