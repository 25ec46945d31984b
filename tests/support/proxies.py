"""The proxies of docs/behind-a-proxy.md: the real servers, with the examples as the page has them.

Only what must differ on a machine of the tests is replaced: names, ports, certificates.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from tests.support.certificates import KEY, NAMES
from tests.support.pages import blocks
from tests.support.places import ROOT
from tests.support.running import free_port, wait_for

PAGE = ROOT / "docs" / "behind-a-proxy.md"
# The sections with examples, and the path that Bellhop is served under in each.
SECTIONS = {"At a separate host name": "", "Under a path": "/bellhop"}
LANGUAGES = {"caddy": "caddyfile", "nginx": "nginx"}
WEB = "127.0.0.1:8080"
# Around the blocks of the page: a server that has all that it writes in one folder.
CADDY = (
    "{{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system {folder}\n}}\n{block}"
)
NGINX = """daemon off; pid {folder}/pid; error_log stderr;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
    fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
{block}}}
"""


def example(section: str, language: str) -> str:
    """The one block of a language in a section of the page."""
    text = PAGE.read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    (block,) = blocks(text, language)
    return f"{block}\n"


def certified(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine, which nobody vouches for, and its key."""
    pair = folder / "tls.crt", folder / "tls.key"
    command = ["openssl", "req", "-x509", *KEY, "-subj", "/CN=localhost", "-addext", NAMES]
    out = ["-out", str(pair[0]), "-keyout", str(pair[1])]
    subprocess.run([*command, *out], check=True, capture_output=True)
    return pair


def caddy(block: str, port: int, web: int, pair: tuple[Path, Path]) -> str:
    """A block of Caddy that serves this port with a certificate that is there."""
    block, count = re.subn(
        r"^[a-z.]+ \{$",
        f"https://localhost:{port} {{\n\ttls {pair[0]} {pair[1]}",
        block,
        flags=re.M,
    )
    assert count == 1
    return replaced(block, {WEB: f"127.0.0.1:{web}"})


def nginx(block: str, port: int, web: int, pair: tuple[Path, Path]) -> str:
    """A block of nginx that serves this port with a certificate that is there."""
    block = re.sub(r"server_name \S+;", "server_name localhost;", block)
    block = re.sub(r"(ssl_certificate) \S+;", rf"\1 {pair[0]};", block)
    block = re.sub(r"(ssl_certificate_key) \S+;", rf"\1 {pair[1]};", block)
    return replaced(block, {WEB: f"127.0.0.1:{web}", "listen 443 ": f"listen 127.0.0.1:{port} "})


def replaced(text: str, others: dict[str, str]) -> str:
    for known, other in others.items():
        assert text.count(known) == 1, known
        text = text.replace(known, other)
    return text


class Front:
    """A running proxy: where it serves each section of the page, and its process."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, ports: dict[str, int]):
        self._process = process
        self.folder, self.ports = folder, ports
        self.certificate = folder / "tls.crt"

    def url(self, section: str) -> str:
        """Where Bellhop is, without a slash at its end."""
        return f"https://localhost:{self.ports[section]}{SECTIONS[section]}"

    def peak_bytes(self) -> int:
        """The most memory that a process of it had at once."""
        tasks = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        pids = [self._process.pid, *map(int, tasks.read_text().split())]
        texts = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
        return max(int(re.findall(r"VmHWM:\s+(\d+) kB", text)[0]) << 10 for text in texts)


@contextlib.contextmanager
def fronting(server: str, webs: dict[str, int], folder: Path) -> Iterator[Front]:
    """Caddy or nginx with the examples of the page, before a web on a port for each section."""
    path = shutil.which(server, path="/usr/bin:/usr/sbin")
    assert path, f"no {server} was found: apt-get install caddy nginx"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    pair, ports = certified(folder), {section: free_port() for section in webs}
    write = {"caddy": caddy, "nginx": nginx}[server]
    blocks = [
        write(example(section, LANGUAGES[server]), ports[section], web, pair)
        for section, web in webs.items()
    ]
    around = {"caddy": CADDY, "nginx": NGINX}[server]
    settings = folder / "settings"
    settings.write_text(around.format(folder=folder, block="\n".join(blocks)))
    commands = {
        "caddy": [path, "run", "--adapter", "caddyfile", "--config", str(settings)],
        "nginx": [path, "-c", str(settings), "-p", str(folder)],
    }
    with _started(commands[server], folder, list(ports.values())) as process:
        yield Front(process, folder, ports)


@contextlib.contextmanager
def _started(
    command: Sequence[str], folder: Path, ports: Sequence[int]
) -> Iterator[subprocess.Popen[bytes]]:
    surroundings = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "PATH": "/usr/bin:/bin"}
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=surroundings, stdout=output, stderr=output)

    def answers(port: int) -> bool:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    try:
        for port in ports:
            wait_for(partial(answers, port))
        yield process
    finally:
        process.terminate()
        process.wait(10)
