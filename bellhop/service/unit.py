"""The unit with which systemd starts Bellhop (systemd.service(5), systemd.exec(5)).

A service of the machine is kept away from all but its own folders. It keeps what Bellhop needs to
confine its job processes in turn: namespaces of users and mounts, and control groups of its own. A
service of one user has no rights to give up, so that its unit has only the first part.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bellhop.base.errors import StartRefused
from bellhop.base.texts import cleaned, shown

MARK = "# Written by Bellhop: `install-service` replaces it. For changes: systemctl edit"
# How long the parent may be silent; it does nothing that takes a second.
WATCHDOG_S = 60
# A migration of a large database may take long.
START_LIMIT_S = 1800
# Beyond the grace of running items: the parent kills what is left after less.
STOP_MARGIN_S = 30
FIRST_FREE_PORT = 1024
# Folders that `ProtectHome` hides.
HOMES = ("/home", "/root", "/run/user")

SERVICE = """\
{mark}
[Unit]
Description=Bellhop, background jobs for small teams
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
{who}WorkingDirectory={folder}
ExecStart={command}
ExecReload=/bin/kill -HUP $MAINPID
WatchdogSec={watchdog}
TimeoutStartSec={start_limit}
TimeoutStopSec={stop_limit}
KillMode=mixed
Restart=always
RestartSec=5
RestartPreventExitStatus=3
Delegate=yes
UMask=0077
NoNewPrivileges=yes
{hardening}
[Install]
WantedBy={target}
"""
# Each of these was tried with job processes that confine themselves: see tests/whole.
HARDENING = """\
ProtectSystem=strict
ProtectHome={home}
ReadWritePaths={writable}
PrivateTmp=yes
DevicePolicy=closed
DeviceAllow=char-pts rw
DeviceAllow=/dev/ptmx rw
DeviceAllow=char-drm rw
DeviceAllow=char-nvidia-frontend rw
DeviceAllow=char-nvidia-uvm rw
DeviceAllow=char-kfd rw
CapabilityBoundingSet={capabilities}
AmbientCapabilities={capabilities}
KeyringMode=private
LockPersonality=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=user mnt ipc
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=~@clock @cpu-emulation @module @obsolete @raw-io @reboot @swap
"""


@dataclass(frozen=True)
class Service:
    """What a unit says of one installation; all paths are absolute.

    `user` is a name; empty: the unit is for the manager of one user. Of `writable`, what does not
    exist is left out. `used` is what else it reads: where the program lies, its interpreter.
    """

    command: Sequence[str]
    folder: Path
    writable: Sequence[Path]
    used: Sequence[Path]
    user: str
    port: int
    stop_grace_s: float

    def text(self) -> str:
        """The unit as a file. Raises StartRefused for what a unit cannot hold."""
        is_users = not self.user
        for part in map(str, (*self.command, self.folder, *self.writable)):
            _require_that_it_fits(part)
        return SERVICE.format(
            mark=MARK,
            who="" if is_users else f"User={self.user}\n",
            folder=path_of(self.folder),
            command=" ".join(quoted(part).replace("$", "$$") for part in self.command),
            watchdog=WATCHDOG_S,
            start_limit=START_LIMIT_S,
            stop_limit=round(self.stop_grace_s + STOP_MARGIN_S),
            hardening="" if is_users else self._hardening(),
            target="default.target" if is_users else "multi-user.target",
        )

    def _hardening(self) -> str:
        places = (self.folder, *self.writable, *self.used)
        is_in_home = any(path.is_relative_to(home) for path in places for home in HOMES)
        return HARDENING.format(
            home="read-only" if is_in_home else "yes",
            writable=" ".join(quoted(f"-{path}") for path in self.writable),
            capabilities="CAP_NET_BIND_SERVICE" if 0 < self.port < FIRST_FREE_PORT else "",
        )


def _require_that_it_fits(text: str) -> None:
    """A unit ends a line at each newline, joins two at a backslash, and drops blanks at an end.

    Whoever may name a folder must not write a line of a service, which root may install.
    """
    if cleaned(text) != text or text != text.strip() or text.endswith("\\"):
        said = "has a control character, or a blank or backslash at its end"
        raise StartRefused(f"no unit of systemd can name {shown(text)}, which {said}: rename it")


def quoted(text: str) -> str:
    """One word of a command line or list of a unit, whatever it holds ("Quoting" there).

    In a command line alone, a dollar begins a variable.
    """
    escaped = re.sub(r'[\\"]', r"\\\g<0>", text).replace("%", "%%")
    return f'"{escaped}"' if re.search(r"[\s\"'\\;]", text) else escaped


def path_of(path: Path) -> str:
    """A path where a unit takes one, and reads no quotes."""
    return str(path).replace("%", "%%")
