"""Certificates for the servers of the tests."""

from __future__ import annotations

from pathlib import Path

from tests.support.guarded import GuardedFolder

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650")
NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"
NO_AUTHORITY = "basicConstraints=critical,CA:FALSE"


def certify(folder: GuardedFolder, place: Path, address: str = "") -> None:
    """Make `server.crt` and `server.key` in `place`, and `ca.crt`, which clients verify it by.

    The server has a further address, if one is given.
    """
    names = f"{NAMES},IP:{address}" if address else NAMES
    new = ("openssl", "req", "-x509", *KEY)
    pair = (place / "ca.key", place / "ca.crt")
    folder.run(*new, "-subj", "/CN=tests", "-keyout", pair[0], "-out", pair[1])
    by = ("-CAkey", pair[0], "-CA", pair[1], "-addext", names, "-addext", NO_AUTHORITY)
    to = ("-keyout", place / "server.key", "-out", place / "server.crt")
    folder.run(*new, "-subj", "/CN=localhost", *by, *to)
