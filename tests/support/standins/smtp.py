"""A mail server with STARTTLS and AUTH, which answers each command as a test says."""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy
import io
import socket
import ssl
import threading
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any


class MailServer:
    """A real server on 127.0.0.1 that keeps the mail it took.

    `answers` maps a command, such as "RCPT", to what is said instead of its usual answer; a
    function in its place is given the connection. `user` and `password` are what it lets in.
    """

    def __init__(self, certificate: Path | None = None, key: Path | None = None):
        self.mails: list[EmailMessage] = []
        self.receivers: list[str] = []
        self.commands: list[str] = []
        self.answers: dict[str, str | Callable[[socket.socket], None]] = {}
        self.user, self.password = "bellhop", "correct horse"
        self.is_tls = False  # from the start
        self.after_mail: Callable[[], object] = lambda: None
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate, key)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        # A thread in accept() holds the socket open.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def __enter__(self) -> MailServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = self._socket.accept()[0]
                threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        conversation = _Conversation(self, connection, self._context)
        try:
            with contextlib.suppress(OSError):  # of TLS too
                conversation.hold()
        finally:
            conversation.close()


class _Conversation:
    """With one client."""

    def __init__(self, server: MailServer, connection: Any, context: ssl.SSLContext | None):
        self._server, self._connection, self._context = server, connection, context
        self._lines: Any = io.BytesIO()
        self._to = ""

    def close(self) -> None:
        self._lines.close()
        self._connection.close()

    def hold(self) -> None:
        if self._server.is_tls:
            self._encrypt()
        self._lines = self._connection.makefile("rb")
        self._answer("GREETING", "220 ready")
        while line := self._lines.readline():
            text = line.decode(errors="replace").strip()
            self._server.commands.append(text)
            command = text.partition(" ")[0].upper()
            if command == "QUIT":
                self._answer(command, "221 bye")
                return
            getattr(self, f"_{command.lower()}", self._unknown)(text)

    def _answer(self, command: str, usual: str) -> bool:
        """Say what a test wants, or what is usual; whether it was that."""
        said = self._server.answers.get(command, usual)
        if callable(said):
            said(self._connection)
        else:
            self._connection.sendall(f"{said}\r\n".encode())
        return said == usual

    def _ehlo(self, text: str) -> None:
        is_plain = not isinstance(self._connection, ssl.SSLSocket)
        able = ["250-mail.example"]
        able += ["250-STARTTLS"] if self._context and is_plain else []
        able += ["250-AUTH PLAIN LOGIN"] if self._server.user else []
        self._answer("EHLO", "\r\n".join([*able, "250 SIZE 1000000"]))

    def _starttls(self, text: str) -> None:
        if self._answer("STARTTLS", "220 go ahead"):
            self._lines.close()
            self._encrypt()
            self._lines = self._connection.makefile("rb")

    def _encrypt(self) -> None:
        assert self._context
        self._connection = self._context.wrap_socket(self._connection, server_side=True)

    def _auth(self, text: str) -> None:
        given = base64.b64decode(text.split()[-1]) if " PLAIN " in text else b""
        right = f"\0{self._server.user}\0{self._server.password}".encode()
        self._answer(
            "AUTH", "235 welcome" if given == right else "535 5.7.8 wrong name or password"
        )

    def _mail(self, text: str) -> None:
        self._answer("MAIL", "250 ok")

    def _rcpt(self, text: str) -> None:
        self._to = text.partition("<")[2].partition(">")[0]
        self._answer("RCPT", "250 ok")

    def _rset(self, text: str) -> None:
        self._answer("RSET", "250 ok")

    def _data(self, text: str) -> None:
        if not self._answer("DATA", "354 go on"):
            return
        lines = []
        while (line := self._lines.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        taken = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        if "MAIL TAKEN" not in self._server.answers:
            self._server.mails.append(taken)
            self._server.receivers.append(self._to)
        self._server.after_mail()
        self._answer("MAIL TAKEN", "250 queued as 1")

    def _unknown(self, text: str) -> None:
        self._answer("?", "502 unknown")
