"""A real provider of OpenID Connect: the program `oidc-provider` of npm, which `oidc/` pins."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.running import free_port, readline

HERE = Path(__file__).parent / "oidc"
SECRET = "the secret of the client, with :/+ in it"
MISSING = "no node with npm was found: apt-get install nodejs npm"


@contextlib.contextmanager
def provider(redirect_uri: str) -> Iterator[str]:
    """The address of a provider that knows Bellhop at this address."""
    port = free_port()
    command = ["node", "provider.mjs", str(port), redirect_uri]
    process = subprocess.Popen(
        command,
        cwd=_installed(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert readline(process).startswith("ready at "), "the provider does not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def _installed() -> Path:
    """The folder of the program, which the first of all tests installs for each lock."""
    assert shutil.which("node") and shutil.which("npm"), MISSING
    files = ("package.json", "package-lock.json", "provider.mjs")
    known = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in files)).hexdigest()
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "bellhop-tests"
    folder = cache / f"oidc-{known[:16]}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=cache))
    for name in files:
        shutil.copy(HERE / name, made / name)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--silent"], cwd=made, check=True)
    try:
        made.rename(folder)
    except OSError:  # another one was the first
        shutil.rmtree(made)
    return folder
