"""Certificates that an address names by a path, which is another one on each machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote

from bellhop.base import plainfile
from bellhop.base.errors import StartRefused
from bellhop.storage.files import write_atomically

# The addresses that all machines share, each with its option for the path of the authorities.
OPTIONS = {"database": "sslrootcert", "files": "ca", "redis_url": "ssl_ca_certs"}
OF_SYSTEM = "system"  # of libpq: no path, but what the system trusts


def taken_out(addresses: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The addresses without these paths, and the texts of what they name (PEM).

    StartRefused for one that cannot be read.
    """
    bare, texts = {}, {}
    for name, address in addresses.items():
        bare[name], path = _without(address, OPTIONS[name])
        if path == OF_SYSTEM:
            bare[name] = address
        elif path:
            texts[name] = _text(path)
    return bare, texts


def put_in(addresses: Mapping[str, str], texts: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Write the texts into a folder, and name them in the addresses."""
    named = dict(addresses)
    for name in texts.keys() & OPTIONS.keys():
        path = folder / f"{name}-ca.pem"
        write_atomically(path, texts[name].encode())
        joint = "&" if "?" in named[name] else "?"
        named[name] += f"{joint}{OPTIONS[name]}={quote(str(path))}"
    return named


def _without(address: str, option: str) -> tuple[str, str]:
    """An address without one of its options, and the value of that; "" where there is none."""
    place, mark, options = address.partition("?")
    pairs = [pair.partition("=") for pair in options.split("&")]
    value = next((unquote(value) for name, _, value in pairs if name == option), "")
    left = "&".join("".join(pair) for pair in pairs if pair[0] != option)
    return f"{place}{mark if left else ''}{left}", value


def _text(path: str) -> str:
    try:
        return plainfile.read(path).decode()
    except OSError as error:
        raise StartRefused(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise StartRefused(f"{path} is not a certificate as text (PEM)") from None
