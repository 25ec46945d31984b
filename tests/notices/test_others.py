"""A notice through Apprise: what reaches the service, and what is said when nothing does."""

from __future__ import annotations

import http.server
import json
import sys
import threading
from collections.abc import Iterator

import pytest

from bellhop import BadInput, Unavailable
from bellhop.jobtypes.sending import others


class Service(http.server.ThreadingHTTPServer):
    """What Apprise calls json://: it keeps what it was told, and answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.told: list[dict[str, str]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"json://bellhop:s3cret@127.0.0.1:{self.server_port}/trouble"


class Answer(http.server.BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.told.append(json.loads(self.rfile.read(length)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the output of tests is theirs."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as started:
        threading.Thread(target=started.serve_forever, args=[0.01], daemon=True).start()
        yield started
        started.shutdown()


def refusal(url: str | None) -> BadInput | Unavailable:
    with pytest.raises((BadInput, Unavailable)) as caught:
        others.send(url, "A subject", "A text")
    error = caught.value
    assert isinstance(error, BadInput | Unavailable)
    assert "s3cret" not in f"{error.message} {error.hint}"
    return error


def test_it_tells_the_service_of_an_apprise_url(service: Service) -> None:
    text = "The disk is *nearly* full <b>\nand more"
    assert others.send(service.url, "A subject", text) == "json:// took it"
    (told,) = service.told
    assert (told["title"], told["message"]) == ("A subject", text)


def test_it_tries_again_what_a_service_did_not_take(service: Service) -> None:
    service.status = 500
    error = refusal(service.url)
    assert isinstance(error, Unavailable)
    assert error.code == "apprise_failed"


def test_it_says_which_url_apprise_does_not_know_without_its_secrets(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    error = refusal("nonsense://bellhop:s3cret@127.0.0.1")
    assert error.code == "apprise_unknown"
    assert "nonsense://" in error.message
    assert "s3cret" not in f"{caplog.text}{capfd.readouterr()}"


def test_it_says_that_a_url_left_the_settings() -> None:
    assert refusal(None).code == "apprise_gone"


def test_it_says_which_extra_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    error = refusal("json://bellhop:s3cret@127.0.0.1")
    assert isinstance(error, BadInput)
    assert (error.code, error.extra) == ("missing_extra", "notices")


def test_it_tries_a_url_without_a_word_to_the_service(service: Service) -> None:
    assert others.try_out(service.url) == "Apprise knows json://"
    assert service.told == []
