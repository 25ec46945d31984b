"""The log: its two forms, what its records are about, and its file."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper

import pytest

from bellhop.base.errors import StartRefused
from bellhop.base.masking import MARK, Mask
from bellhop.consumer.workers import Workers
from bellhop.jobs import lifecycle
from bellhop.logs.about import about, extra, fields_of
from bellhop.logs.forms import JsonForm, LineForm
from bellhop.logs.output import LogFile
from bellhop.server import server
from bellhop.settings.settings import Settings
from bellhop.storage.models import Job
from bellhop.web import requestlog, routes
from bellhop.web.site import Site
from tests.support import single
from tests.support.wsgi import WsgiClient

Submit = Callable[..., Job]
JOBS = "/api/v1/jobs"


def record(message: object, *arguments: object, failed: bool = False, **fields: object) -> Any:
    failure: Any = None
    if failed:
        try:
            raise ValueError(message)
        except ValueError:
            failure, message = sys.exc_info(), "a request failed"
    made = logging.LogRecord("bellhop.web", 40, "", 0, str(message), arguments, failure)
    made.__dict__.update(extra(fields))
    return made


def line(made: Any, *secrets: str) -> str:
    return LineForm(Mask(secrets)).format(made)


def document(made: Any, *secrets: str) -> dict[str, Any]:
    """The one line of JSON that a record is."""
    text = JsonForm(Mask(secrets)).format(made)
    assert "\n" not in text and text.isprintable()
    return dict(json.loads(text))


FORGED = "x\n2026-01-01 00:00:00,000 INFO bellhop all is well\x1b]0;title\x07\u202e"


@pytest.mark.parametrize("made", [record("%s", FORGED), record(FORGED, failed=True)])
def test_it_lets_nobody_write_a_line_of_the_log(made: Any) -> None:
    text = line(made)
    first, *others = text.split("\n")
    assert re.match(r"\d{4}-\d\d-\d\d ", first)
    assert others and all(line.startswith("  | ") for line in others)
    assert all(line.isprintable() for line in (first, *others))
    assert r"\x1b]0;title\x07\u202e" in text


@pytest.mark.parametrize("text", [FORGED, '"}\n{"level": "info', "a\0b", "\ud800", "\u2028"])
def test_it_writes_each_record_as_one_object_that_means_the_same(text: str) -> None:
    assert document(record("%s", text))["message"] == text


def test_it_writes_time_level_and_logger() -> None:
    made = record("hello")
    made.created = 1790000000.25
    assert document(made) == {
        "time": "2026-09-21T14:13:20.250000Z", "level": "error", "logger": "bellhop.web",
        "message": "hello",
    }  # fmt: skip


def test_it_writes_a_traceback_as_one_member() -> None:
    found = document(record("oh", failed=True))
    assert found["message"] == "a request failed"
    assert found["exception"].startswith("Traceback") and "ValueError: oh" in found["exception"]


def test_it_masks_secrets_in_every_member() -> None:
    found = document(record("geheim1", failed=True, path="/geheim1"), "geheim1")
    assert "geheim1" not in json.dumps(found) and found["path"] == f"/{MARK}"


def test_it_says_behind_the_first_line_what_a_record_is_about() -> None:
    first, *_ = line(record("oh", failed=True, job_id="j", item=2)).split("\n")
    assert first.endswith("a request failed job=j item=2")


def test_it_says_nothing_twice_in_a_line() -> None:
    assert line(record("job=j item=2 move=ended", job_id="j", item=2)).count("job=j") == 1


def test_it_says_a_request_also_where_a_text_of_others_has_said_it() -> None:
    made = record("no file %s", "x request=r job=j", request_id="r", job_id="j")
    assert line(made).endswith("no file x request=r job=j request=r job=j")


def test_it_tells_a_number_from_one_that_begins_like_it() -> None:
    assert line(record("waits for %s", "item=12", item=1)).endswith("waits for item=12 item=1")


def test_it_knows_what_the_thread_works_on() -> None:
    with about({"request_id": "r"}), about({"job_id": "j"}):
        assert line(record("hello")).endswith("hello request=r job=j")
    assert line(record("hello")).endswith("hello")


# Records of requests and items.


class Kept(logging.Handler):
    """Records as JSON has them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, Any]] = []

    def emit(self, made: logging.LogRecord) -> None:
        self.found.append(document(made))


@pytest.fixture
def kept() -> Iterator[list[dict[str, Any]]]:
    handler, of_all = Kept(), logging.getLogger("bellhop")
    level = of_all.level
    of_all.addHandler(handler)
    of_all.setLevel(logging.INFO)
    yield handler.found
    of_all.removeHandler(handler)
    of_all.setLevel(level)


def test_it_gives_each_request_an_id_that_its_records_have(
    web: WsgiClient, kept: list[dict[str, Any]]
) -> None:
    answer = web.post(JOBS, {"type": "noop", "items": [{"text": "a"}]})
    found = [each for each in kept if "move=submitted" in each["message"]]
    assert answer.headers["X-Request-ID"]
    assert [each["request_id"] for each in found] == [answer.headers["X-Request-ID"]]
    assert [each["job_id"] for each in found] == [answer.json["job_id"]]


def told_by(app: Callable[..., Any], *, reads: bool = True) -> list[str]:
    """How records end that a thread makes: in a request, while its answer is sent, and after it."""
    found = []

    def telling(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        found.append(line(record("hello")).rpartition(" ")[2])
        return app(environ, start)

    with suppress(RuntimeError):
        answer: Any = requestlog.told(telling, lambda: False)({}, lambda *given: None)
        with closing(answer):
            found += [line(record(chunk)).rpartition(" ")[2] for chunk in answer if reads]
    return [*found, line(record("hello")).rpartition(" ")[2]]


def streaming(environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[str]:
    start("200 OK", [])
    yield from ("a", "b")


def cut_off(environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[str]:
    yield "a"
    raise RuntimeError("the disk is gone")


def broken(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
    raise RuntimeError


@pytest.mark.parametrize(
    ("app", "reads", "count"),
    [(streaming, True, 3), (streaming, False, 1), (cut_off, True, 1), (broken, True, 1)],
)
def test_it_says_no_request_once_that_has_ended(
    app: Callable[..., Any], reads: bool, count: int
) -> None:
    *during, after = told_by(app, reads=reads)
    assert (len(during), after) == (count, "hello")
    assert all(each.startswith("request=") for each in during)


def test_it_says_which_request_had_an_answer_that_was_cut_off(kept: list[dict[str, Any]]) -> None:
    told_by(cut_off)
    (found,) = [each for each in kept if "cut off" in each["message"]]
    assert found["message"] == "an answer was cut off: RuntimeError: the disk is gone"
    assert found["request_id"]


def test_it_gives_requests_different_ids(web: WsgiClient) -> None:
    first, second = (web.get("/health").headers["X-Request-ID"] for _ in range(2))
    assert first != second


def test_it_takes_the_id_that_a_proxy_gave(web: WsgiClient) -> None:
    assert web.get("/health", x_request_id="a-1.b_2").headers["X-Request-ID"] == "a-1.b_2"


@pytest.mark.parametrize("given", ["", "a b", "a\nb", "x" * 129, "é"])
def test_it_takes_no_id_that_is_not_well_formed(web: WsgiClient, given: str) -> None:
    assert web.get("/health", x_request_id=given).headers["X-Request-ID"] != given


@pytest.mark.parametrize(("proxies", "is_taken"), [((), False), (("10.0.0.1/32",), True)])
def test_it_takes_an_id_from_trusted_proxies_alone(
    site: Site, proxies: tuple[str, ...], is_taken: bool
) -> None:
    trusting = replace(site.settings.server, trusted_proxy=proxies)
    site = replace(site, settings=replace(site.settings, server=trusting))
    web = WsgiClient(server._behind(routes.make_app(site), site))
    answer = web.get("/health", x_request_id="of-a-proxy", remote_addr="10.0.0.1")
    assert (answer.headers["X-Request-ID"] == "of-a-proxy") == is_taken


def test_it_leaves_a_file_to_the_server_that_knows_how_to_send_it() -> None:
    def app(environ: dict[str, Any], start_response: object) -> Iterable[bytes]:
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](io.BytesIO(b"all of it"))
        return wrapped

    environ = {"wsgi.file_wrapper": FileWrapper}
    answer = requestlog.told(app, lambda: False)(environ, lambda *_: None)
    assert type(answer) is FileWrapper
    assert fields_of(logging.makeLogRecord({})) == {}


def test_it_logs_each_request_where_that_is_wanted(site: Site, kept: list[dict[str, Any]]) -> None:
    wanted = replace(site.settings.server, access_log="yes")
    web = WsgiClient(routes.make_app(replace(site, settings=replace(site.settings, server=wanted))))
    web.get("/no where%0Astatus=200?q=name")
    (found,) = [each for each in kept if each["logger"] == "bellhop.access"]
    assert (found["method"], found["status"]) == ("GET", 404)
    assert found["path"] == "/no%20where%250Astatus=200" and "name" not in found["message"]
    assert found["request_id"]


def test_it_logs_no_request_unless_that_is_wanted(
    web: WsgiClient, kept: list[dict[str, Any]]
) -> None:
    web.get("/health")
    assert kept == []


def test_it_says_of_each_record_about_an_item_which_it_is(
    workers: Workers, submit: Submit, kept: list[dict[str, Any]]
) -> None:
    job = submit("a", type="mistake")
    workers.run_next()
    about_items = [each for each in kept if each["logger"] != "bellhop.access" and "item" in each]
    moves = [each["message"].split("move=")[-1].split()[0] for each in about_items]
    assert moves[0] == "claimed" and any("Traceback" in each["message"] for each in about_items)
    for each in about_items:
        assert (each["job_id"], each["item"], each["step"]) == (job.job_id, 0, 0)
        assert (each["type"], each["queue"]) == ("mistake", "parsing")
        assert each["worker"]


def test_it_names_the_worker_that_lost_an_item(submit: Submit, kept: list[dict[str, Any]]) -> None:
    submit("a")
    single.claim("parsing", "c1/1")
    lifecycle.adopt("c1")
    (found,) = [each for each in kept if "move=requeued" in each["message"]]
    assert found["worker"] == "c1/1"


# Its file.


def test_it_begins_another_file_once_it_was_moved_away(tmp_path: Path) -> None:
    path, handler = tmp_path / "log", LogFile(tmp_path / "log")
    handler.emit(record("before"))
    path.rename(tmp_path / "log.1")
    handler.emit(record("after"))
    assert (tmp_path / "log.1").read_text() == "before\n"
    assert path.read_text() == "after\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_goes_on_in_a_file_that_was_cut(tmp_path: Path) -> None:
    path, handler = tmp_path / "log", LogFile(tmp_path / "log")
    handler.emit(record("before"))
    path.write_text("")
    handler.emit(record("after"))
    assert path.read_text() == "after\n"


def test_it_appends_to_what_other_processes_write(tmp_path: Path) -> None:
    first, second = LogFile(tmp_path / "log"), LogFile(tmp_path / "log")
    for handler in (first, second, first):
        handler.emit(record("x"))
    assert (tmp_path / "log").read_text() == "x\n" * 3


def test_it_says_on_standard_error_what_it_cannot_write(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    handler = LogFile(folder / "log")
    (folder / "log").unlink()
    folder.rmdir()
    handler.emit(record("oh"))
    assert capsysbinary.readouterr().err == b"oh\n"


def test_it_does_not_start_without_its_file(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match=r"log_file cannot be written: .*No such file"):
        LogFile(tmp_path / "none" / "log")


def test_it_waits_for_nobody_who_would_read_the_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log")
    with pytest.raises(StartRefused, match=r"log_file cannot be written: .*No such device"):
        LogFile(tmp_path / "log")


def test_it_finds_its_file_from_the_folder_of_the_config(
    config: Callable[[str], Settings], tmp_path: Path
) -> None:
    settings = config("[server]\nlog_file = logs/bellhop.log\n")
    assert settings.log_file == settings.config_path.parent / "logs" / "bellhop.log"
    assert str(settings.log_file) in settings.private_places
