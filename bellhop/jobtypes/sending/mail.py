"""One mail to one address over SMTP (RFC 5321), and what each answer means.

Every failure is one line for whoever can mend it, with what the mail server said.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bellhop import BadInput, Unavailable

PORTS = {"starttls": 587, "tls": 465, "none": 25}
# For each answer, and for all of it: a server may drip for ever, and others wait for the worker.
ANSWER_S, WHOLE_S = 10.0, 30.0
MOST_SAID = 300
SETTINGS = "An admin sets [notices] in config.ini."
ADDRESS = "Change the address on the page Account."


def send(
    given: Mapping[str, str], to: str, subject: str, text: str, known_as: str, now_s: float
) -> str:
    """Hand a mail to the mail server of the settings; what it answered.

    `known_as` makes its Message-ID. Raises BadInput for what it refuses for good, else Unavailable.
    """
    sender = _sender(given)
    message = written(sender, to, subject, text, known_as, now_s)
    with _told(given, to), _connected(given) as server:
        return server.hand_over(sender, to, message.as_bytes())


def try_out(given: Mapping[str, str], to: str) -> str:
    """Go as far as the mail itself, which is not sent; "" is for no receiver.

    Raises as `send` does, but for a receiver that is only deferred: greylisting is no fault.
    """
    sender = _sender(given)
    with _told(given, to), _connected(given) as server:
        server.begin(sender)
        code, said = server.rcpt(to) if to else (250, b"ok")
        if code >= 500:
            raise smtplib.SMTPRecipientsRefused({to: (code, said)})
        server.rset()
        return _said(code, said)


def _sender(given: Mapping[str, str]) -> str:
    """The address that mail comes from; raises Unavailable where Bellhop can send none."""
    if not given["smtp_host"]:
        raise Unavailable(
            "Bellhop sends no mail: [notices] smtp_host is empty.", code="mail_off", hint=SETTINGS
        )
    sender = given["smtp_from"] or given["smtp_user"]
    if "@" not in sender:
        said = "Bellhop has no address to send mail from: [notices] smtp_from is empty."
        raise Unavailable(said, code="mail_off", hint=SETTINGS)
    return sender


def written(
    sender: str, to: str, subject: str, text: str, known_as: str, now_s: float
) -> EmailMessage:
    """The mail: plain text in UTF-8, which any server can take, and no answer is asked for."""
    message = EmailMessage(policy=SMTP)
    message["From"] = f"Bellhop <{sender}>"
    message["To"] = to
    message["Subject"] = _one_line(subject)
    message["Date"] = format_datetime(datetime.fromtimestamp(now_s, UTC))
    message["Message-ID"] = f"<{known_as}@{sender.rpartition('@')[2]}>"
    # No absence note answers it (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_sendable(text), charset="utf-8", cte="quoted-printable")
    return message


def _one_line(text: str) -> str:
    return " ".join(_sendable(text).split())


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


class Connection(smtplib.SMTP):
    """A connection whose every answer is waited for, and not for ever."""

    raw: socket.socket | None = None

    def __init__(self, security: ssl.SSLContext | None):
        super().__init__(timeout=ANSWER_S)
        self._security = security

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        self.raw = socket.create_connection((host, port), timeout)
        if self._security is None:
            return self.raw
        return self._security.wrap_socket(self.raw, server_hostname=host)

    def close_now(self) -> None:
        """End it, whoever waits for an answer."""
        for end in (self.sock, self.raw):
            with contextlib.suppress(OSError):
                if end:
                    end.shutdown(socket.SHUT_RDWR)

    def begin(self, sender: str) -> None:
        """A mail from an address."""
        self.ehlo_or_helo_if_needed()
        code, said = self.mail(sender)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, said, sender)

    def hand_over(self, sender: str, to: str, message: bytes) -> str:
        """One mail to one receiver; what the server answered to it."""
        self.begin(sender)
        code, said = self.rcpt(to)
        if code not in (250, 251):
            raise smtplib.SMTPRecipientsRefused({to: (code, said)})
        code, said = self.data(message)
        if code != 250:
            raise smtplib.SMTPDataError(code, said)
        return _said(code, said)


@contextlib.contextmanager
def _connected(given: Mapping[str, str]) -> Iterator[Connection]:
    """A login at the mail server, encrypted as the settings say, or none at all."""
    security = given["smtp_security"]
    context = None if security == "none" else _context(given["smtp_ca"])
    server = Connection(context if security == "tls" else None)
    timer = threading.Timer(WHOLE_S, server.close_now)
    timer.daemon = True
    timer.start()
    try:
        host = given["smtp_host"]
        # What `starttls` compares the certificate with.
        server._host = host  # type: ignore[attr-defined]
        code, said = server.connect(host, int(given["smtp_port"]) or PORTS[security])
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)
        if security == "starttls":
            server.starttls(context=context)
        if given["smtp_user"]:
            server.login(given["smtp_user"], given["smtp_password"])
        yield server
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()  # it has the mail already
    finally:
        timer.cancel()
        server.close()


def _context(certificates: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cadata=certificates or None)
    except ssl.SSLError:
        said = "[notices] smtp_ca is not a file of certificates (PEM) that Bellhop can read."
        raise Unavailable(said, code="mail_tls", hint=SETTINGS) from None


@contextlib.contextmanager
def _told(given: Mapping[str, str], to: str) -> Iterator[None]:
    """Errors of the way to the mail server, as whoever can mend them reads them."""
    at = f"{given['smtp_host']}:{int(given['smtp_port']) or PORTS[given['smtp_security']]}"
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        said = f"The mail server {at} refused Bellhop's name or password: {_answer(error)}"
        raise Unavailable(said, code="mail_login", hint=SETTINGS) from None
    except smtplib.SMTPRecipientsRefused as error:
        said = f"The mail server {at} refused the address {to}"
        raise _refused(said, *error.recipients[to], ADDRESS) from None
    except smtplib.SMTPSenderRefused as error:
        said = f"The mail server {at} refused mail from {error.sender}: {_answer(error)}"
        raise Unavailable(said, code="mail_refused", hint=SETTINGS) from None
    except smtplib.SMTPDataError as error:
        said = f"The mail server {at} refused the mail"
        raise _refused(said, error.smtp_code, error.smtp_error, None) from None
    except smtplib.SMTPResponseException as error:
        said = f"The mail server {at} takes no mail now: {_answer(error)}"
        raise Unavailable(said, code="mail_server") from None
    except smtplib.SMTPNotSupportedError as error:
        said = f"The mail server {at} cannot do what [notices] asks for: {error}"
        raise Unavailable(said, code="mail_tls", hint=SETTINGS) from None
    except ssl.SSLCertVerificationError as error:
        said = f"The certificate of the mail server {at} is not trusted: {error.verify_message}."
        raise Unavailable(said, code="mail_tls", hint=SETTINGS) from None
    except ssl.SSLError as error:
        said = f"The mail server {at} does not speak TLS as [notices] says: {error.reason}."
        raise Unavailable(said, code="mail_tls", hint=SETTINGS) from None
    except (OSError, smtplib.SMTPException) as error:
        said = f"Bellhop cannot reach the mail server {at}: {_why(error)}."
        raise Unavailable(said, code="mail_server", hint=SETTINGS) from None


def _refused(said: str, code: int, answer: bytes | str, hint: str | None) -> Exception:
    """What a receiver's answer means: 4xx may pass (greylisting, a full box), 5xx is for good."""
    error = Unavailable if code < 500 else BadInput
    return error(f"{said}: {_said(code, answer)}", code="mail_refused", hint=hint)


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"it did not answer within {ANSWER_S:g} s"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "it closed the connection, or answered too slowly"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    return str(getattr(error, "strerror", None) or error)


def _answer(error: smtplib.SMTPResponseException) -> str:
    return _said(error.smtp_code, error.smtp_error)


def _said(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(text.split())}"[:MOST_SAID]
