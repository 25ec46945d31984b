"""One mail to a mail server: what is sent, and what each answer of the server means."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bellhop import BadInput, Unavailable
from bellhop.jobtypes.sending import mail
from tests.support.certificates import certify
from tests.support.guarded import GuardedFolder
from tests.support.standins.smtp import MailServer

TO = "anna@example.org"


class Pair(NamedTuple):
    certificate: Path
    key: Path
    trusted: str


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with contextlib.closing(GuardedFolder()) as folder:
        certify(folder, folder.path)
        trusted = (folder.path / "ca.crt").read_text()
        yield Pair(folder.path / "server.crt", folder.path / "server.key", trusted)


@pytest.fixture
def server(pair: Pair) -> Iterator[MailServer]:
    with MailServer(pair.certificate, pair.key) as running:
        yield running


def given(server: MailServer, pair: Pair, **more: str) -> dict[str, str]:
    """The settings with which the server takes mail."""
    return {
        "smtp_host": "localhost", "smtp_port": str(server.port), "smtp_security": "starttls",
        "smtp_ca": pair.trusted, "smtp_user": "bellhop", "smtp_password": "correct horse",
        "smtp_from": "bellhop@example.org", **more,
    }  # fmt: skip


def send(settings: dict[str, str], subject: str = "A subject", text: str = "A text") -> str:
    return mail.send(settings, TO, subject, text, "job-0-0", time.time())


def refusal(settings: dict[str, str]) -> BadInput | Unavailable:
    with pytest.raises((BadInput, Unavailable)) as caught:
        send(settings)
    error = caught.value
    assert isinstance(error, BadInput | Unavailable)
    return error


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def test_it_logs_in_only_where_the_connection_is_encrypted(server: MailServer, pair: Pair) -> None:
    assert send(given(server, pair)) == "250 queued as 1"
    said = [command.partition(" ")[0].upper() for command in server.commands]
    assert said.index("STARTTLS") < said.index("AUTH") < said.index("MAIL")


def test_it_speaks_tls_from_the_start_where_the_settings_say_so(
    server: MailServer, pair: Pair
) -> None:
    server.is_tls = True
    assert send(given(server, pair, smtp_security="tls")) == "250 queued as 1"
    assert "STARTTLS" not in server.commands


def test_it_never_goes_on_unencrypted_when_the_server_offers_no_starttls(pair: Pair) -> None:
    """As when somebody on the way takes the offer out."""
    with MailServer() as server:
        error = refusal(given(server, pair))
        assert (error.code, server.mails) == ("mail_tls", [])
        assert not [command for command in server.commands if command.startswith("AUTH")]
        assert "STARTTLS" in error.message


def test_it_sends_plain_text_that_no_absence_note_answers(server: MailServer, pair: Pair) -> None:
    send(given(server, pair), "Füße", "Grüße\n.\nEnd")
    (message,) = server.mails
    assert message["Subject"] == "Füße"
    assert (message["From"], message["To"]) == ("Bellhop <bellhop@example.org>", TO)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n") == "Grüße\n.\nEnd\n"
    assert message["Date"]


def test_it_gives_every_attempt_the_same_message_id(server: MailServer, pair: Pair) -> None:
    send(given(server, pair))
    send(given(server, pair))
    assert [message["Message-ID"] for message in server.mails] == ["<job-0-0@example.org>"] * 2


@pytest.mark.parametrize(
    "name", ["a\nBcc: eve@example.org", "a\r\n\r\nbody", "a\u2028b", "\udcff", "x" * 2000]
)
def test_it_lets_no_name_become_a_header(server: MailServer, pair: Pair, name: str) -> None:
    send(given(server, pair), f"[Bellhop] failed: {name}")
    (message,) = server.mails
    assert {*message} == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type",
        "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert server.receivers == [TO]
    assert message.get_content().strip() == "A text"


@pytest.mark.parametrize("command", ["RCPT", "DATA", "MAIL TAKEN"])
def test_it_tries_again_what_the_server_defers(
    server: MailServer, pair: Pair, command: str
) -> None:
    """Greylisting, a full box, too much mail at once."""
    server.answers[command] = "451 4.7.1 greylisted, come again"
    error = refusal(given(server, pair))
    assert isinstance(error, Unavailable)
    assert "451 4.7.1 greylisted, come again" in error.message


@pytest.mark.parametrize("command", ["RCPT", "MAIL TAKEN"])
def test_it_gives_up_what_the_server_refuses_for_good(
    server: MailServer, pair: Pair, command: str
) -> None:
    server.answers[command] = "550 5.1.1 no such user"
    error = refusal(given(server, pair))
    assert (type(error), error.code) == (BadInput, "mail_refused")
    assert "550 5.1.1 no such user" in error.message


# What whoever runs Bellhop can mend is tried again: it may be mended before the day is over.
@pytest.mark.parametrize(
    ("answers", "more", "code", "said"),
    [
        ({}, {"smtp_password": "wrong"}, "mail_login", "535 5.7.8 wrong name or password"),
        ({}, {"smtp_ca": ""}, "mail_tls", "certificate of the mail server"),
        ({}, {"smtp_ca": "unreadable"}, "mail_tls", "smtp_ca is not a file"),
        ({}, {"smtp_security": "tls"}, "mail_tls", "does not speak TLS"),
        ({}, {"smtp_host": "nowhere.invalid"}, "mail_server", "its name is not known"),
        ({}, {"smtp_host": ""}, "mail_off", "smtp_host is empty"),
        ({}, {"smtp_from": ""}, "mail_off", "smtp_from is empty"),
        ({"MAIL": "550 not your domain"}, {}, "mail_refused", "refused mail from bellhop@exam"),
        ({"GREETING": "421 too many connections"}, {}, "mail_server", "421 too many connections"),
        ({"GREETING": "554 go away"}, {}, "mail_server", "554 go away"),
        ({"RCPT": hang_up}, {}, "mail_server", "closed the connection"),
        ({"GREETING": hang_up}, {}, "mail_server", "closed the connection"),
    ],
)
def test_it_says_what_is_wrong_with_the_way_to_the_mail_server(
    server: MailServer, pair: Pair, answers: dict[str, object], more: dict[str, str], code: str,
    said: str,
) -> None:  # fmt: skip
    server.answers.update(answers)  # type: ignore[arg-type]
    error = refusal(given(server, pair, **more))
    assert (type(error), error.code) == (Unavailable, code)
    assert said in error.message
    assert "correct horse" not in error.message


def test_it_says_that_nobody_listens(server: MailServer, pair: Pair) -> None:
    server.stop()
    error = refusal(given(server, pair))
    assert "Connection refused" in error.message


def test_it_waits_for_no_server_for_ever(
    server: MailServer, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that says nothing, and one whose bytes each come in time."""

    def drip(connection: socket.socket) -> None:
        for _ in range(100):
            connection.sendall(b"2")
            time.sleep(0.02)

    monkeypatch.setattr(mail, "ANSWER_S", 0.1)
    monkeypatch.setattr(mail, "WHOLE_S", 0.3)
    server.answers["GREETING"] = lambda connection: time.sleep(0.5)
    assert refusal(given(server, pair)).code == "mail_server"
    server.answers["GREETING"] = drip
    began = time.monotonic()
    assert refusal(given(server, pair)).code == "mail_server"
    assert time.monotonic() - began < 1.5


# As far as the mail itself.


def test_it_tries_a_receiver_without_a_mail(server: MailServer, pair: Pair) -> None:
    assert mail.try_out(given(server, pair), TO) == "250 ok"
    assert server.mails == []
    assert [command.partition(" ")[0] for command in server.commands[-4:]] == [
        "mail", "rcpt", "rset", "quit",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"AUTH": "535 wrong"}, "mail_login"),
        ({"MAIL": "550 not your domain"}, "mail_refused"),
        ({"RCPT": "550 no such user"}, "mail_refused"),
    ],
)
def test_it_says_why_a_receiver_gets_no_mail(
    server: MailServer, pair: Pair, answers: dict[str, str], code: str
) -> None:
    server.answers.update(answers)
    with pytest.raises((BadInput, Unavailable)) as caught:
        mail.try_out(given(server, pair), TO)
    assert getattr(caught.value, "code", None) == code


def test_it_takes_greylisting_for_no_fault(server: MailServer, pair: Pair) -> None:
    server.answers["RCPT"] = "451 greylisted"
    assert mail.try_out(given(server, pair), TO) == "451 greylisted"


def test_it_tries_the_mail_server_without_a_receiver(server: MailServer, pair: Pair) -> None:
    assert mail.try_out(given(server, pair), "") == "250 ok"
    assert not [command for command in server.commands if command.startswith("rcpt")]
