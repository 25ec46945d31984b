"""The unit of this installation, for whom it is, and where it lies."""

from __future__ import annotations

import os
import pwd
import shlex
import subprocess
import sys
from pathlib import Path

from bellhop.base.errors import StartRefused, said_of
from bellhop.base.program import AS_STARTED, HOME, ROOT, TYPED, home_as_started
from bellhop.service.unit import MARK, Service
from bellhop.settings.settings import Settings

OF_MACHINE = Path("/etc/systemd/system")
# Who stays when they log out (loginctl(1)).
LINGERING = Path("/var/lib/systemd/linger")


def install(settings: Settings, service: Service, name: str) -> Path:
    """Write the unit `name` where systemd reads it; StartRefused, and then nothing changed."""
    text = service.text()
    account = pwd.getpwnam(service.user) if service.user else _of_uid(os.geteuid())
    _require_that_it_runs(account)
    _give_data_folder(settings.data_dir, account)
    path = _folder() / f"{name}.service"
    _write(path, text)
    return path


def steps(unit: str) -> list[list[str]]:
    """The commands after which systemd runs a unit, now and from every start of the machine."""
    scope = [] if os.geteuid() == 0 else ["--user"]
    found = [["systemctl", *scope, "daemon-reload"], ["systemctl", *scope, "enable", "--now", unit]]
    if scope and not (LINGERING / pwd.getpwuid(os.geteuid()).pw_name).exists():
        found.append(["loginctl", "enable-linger"])
    return found


def service_of(settings: Settings, user: str | None) -> Service:
    """What its unit says, to run as `user`, or else the owner of the data folder; StartRefused."""
    account = _account(settings, user)
    home, file = home_as_started(), settings.config_path
    file = home / file.name if file.parent == HOME else file
    config = ["--config", str(file)] if file.exists() else []
    files, log = settings.storage.files, settings.log_file
    more = [settings.backup_folder, log and log.parent, Path(files) if files[:1] == "/" else None]
    watched = [Path(watch.folder) for watch in settings.watches.values()]
    python = sys.executable, os.path.realpath(sys.executable), sys.base_prefix
    certificates = settings.config_path.parent / settings.notices.smtp_ca
    types = settings.jobtypes_folder or ROOT
    is_of_machine = os.geteuid() == 0
    return Service(
        command=[*AS_STARTED, *config, "serve"],
        folder=file.parent if config else home,
        used=[*map(Path, (*AS_STARTED, *python)), ROOT, types, certificates],
        writable=[settings.data_dir, *settings.writable, *watched, *filter(None, more)],
        user=account.pw_name if is_of_machine else "",
        port=settings.server.port,
        stop_grace_s=settings.server.stop_grace_s,
    )


def _account(settings: Settings, user: str | None) -> pwd.struct_passwd:
    """Who Bellhop runs as: by name, else whose folder it is; root alone may choose another."""
    if os.geteuid() and user not in (None, _of_uid(os.geteuid()).pw_name):
        raise StartRefused(f"only root can install a service that runs as {user}")
    if user is not None:
        return _named(user)
    place = settings.data_dir if settings.data_dir.exists() else settings.config_path.parent
    found = _of_uid(os.geteuid() or place.stat().st_uid)
    if found.pw_uid == 0:
        raise StartRefused(
            f"root owns {place}; name the user that Bellhop runs as, such as one that `adduser "
            f"--system --group bellhop` adds: {TYPED} install-service --user bellhop"
        )
    return found


def _named(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user)
    except KeyError:
        said = f"there is no user {user}: adduser --system --group {user}"
        raise StartRefused(said) from None


def _of_uid(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise StartRefused(f"user {uid} has no name, and a unit names its user") from None


def _require_that_it_runs(account: pwd.struct_passwd) -> None:
    """Ask the program its version as this user: it may lie in a folder that only root can read."""
    own: dict[str, int | list[int]] = {}
    if os.geteuid() == 0:
        groups = os.getgrouplist(account.pw_name, account.pw_gid)
        own = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": groups}
    command = [*AS_STARTED, "--version"]
    try:
        ended = subprocess.run(command, capture_output=True, cwd="/", **own)  # type: ignore[call-overload]
        said = ended.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    except OSError as error:
        said = said_of(error)
    else:
        if ended.returncode == 0:
            return
    raise StartRefused(f"{account.pw_name} cannot run {shlex.join(command)}: {said}")


def _give_data_folder(folder: Path, account: pwd.struct_passwd) -> None:
    """Make the data folder of this user, who may not write beside it; StartRefused if another's."""
    try:
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            _make_theirs(folder, account)
        owner = folder.stat().st_uid
    except OSError as error:
        raise StartRefused(f"{folder} cannot be made: {said_of(error)}") from None
    if owner != account.pw_uid:
        mend = f"chown -R {account.pw_name}: {shlex.quote(str(folder))}"
        raise StartRefused(f"{folder} does not belong to {account.pw_name}: {mend}")


def _make_theirs(folder: Path, account: pwd.struct_passwd) -> None:
    """Make a folder of this user, who may write above it and put a link to another one there."""
    above = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.mkdir(folder.name, 0o700, dir_fd=above)
        made = os.open(folder.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
        try:
            os.fchown(made, account.pw_uid, account.pw_gid)
        finally:
            os.close(made)
    finally:
        os.close(above)


def _folder() -> Path:
    if os.geteuid() == 0:
        return OF_MACHINE
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return Path(base) / "systemd" / "user"


def _write(path: Path, text: str) -> None:
    """Put a unit at its place at once; what somebody else has put there stays."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.read_text(errors="replace").startswith(MARK):
            raise StartRefused(f"{path} is not from Bellhop; choose another name with --name")
        draft = path.with_suffix(".draft")
        try:
            draft.write_text(text)
            draft.chmod(0o644)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise StartRefused(f"{path} cannot be written: {said_of(error)}") from None
