"""An S3 server for the tests: SeaweedFS, which ends with them."""

from __future__ import annotations

import contextlib
import json
import secrets
import ssl
import subprocess
import sysconfig
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, urlencode

from tests.support.certificates import certify
from tests.support.guarded import GuardedFolder
from tests.support.postgres import unused_port
from tests.support.running import wait_for

if TYPE_CHECKING:
    from tests.support.network import Host

WEED = Path(sysconfig.get_path("scripts")) / "weed"
BUCKET = "bellhop"
KEY, SECRET = "KEYOFTESTS", "se/cret+of@tests"
READER, READER_SECRET = "KEYOFREADER", "secret-of-reader"
PORTS = ("master", "volume", "filer", "s3")
IDENTITIES = {
    "identities": [
        {
            "name": name,
            "credentials": [{"accessKey": key, "secretKey": secret}],
            "actions": actions,
        }
        for name, key, secret, actions in (
            ("tests", KEY, SECRET, ["Read", "Write", "List"]),
            ("reader", READER, READER_SECRET, ["Read", "List"]),
        )
    ]
}


class ObjectStore:
    """A store on 127.0.0.1, which keeps its ports and its data over restarts until `close`.

    It has one bucket, `BUCKET`. With `most_mb` it is full after about so many MB. `host` is one of
    a network, on which it runs.
    """

    def __init__(self, *, tls: bool = False, most_mb: int = 0, host: Host | None = None):
        self._host, self._address = host, host.address if host else "127.0.0.1"
        self._folder = GuardedFolder(host)
        self.data = self._folder.path / "data"
        self.certificate = self._folder.path / "ca.crt"
        self._log = self._folder.path / "log"
        self._ports = {name: unused_port() for name in PORTS}
        self._grpc = {name: unused_port() for name in PORTS}
        self.port = self._ports["s3"]
        self._is_tls, self._most_mb = tls, most_mb
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Returns once it accepts requests, after about three seconds."""
        is_new = not self.data.exists()
        if is_new:
            self._create()
        self._process = self._folder.start(*self._command(), cwd=self.data, log=self._log)
        wait_for(self._is_ready)
        if is_new:
            self._ask("filer", f"/buckets/{BUCKET}/", "POST")

    def kill(self) -> None:
        """SIGKILL."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def close(self) -> None:
        """End it, and remove its data."""
        self.kill()
        self._folder.close()
        for port in (*self._ports.values(), *self._grpc.values()):
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                left.unlink()

    @property
    def endpoint(self) -> str:
        return f"{'https' if self._is_tls else 'http'}://{self._address}:{self.port}"

    def url(
        self,
        prefix: str | None = None,
        *,
        key: str = KEY,
        secret: str = SECRET,
        bucket: str = BUCKET,
        port: int = 0,
    ) -> str:
        """The address of a prefix, of a new one where none is given; of a proxy at `port`."""
        prefix = secrets.token_hex(4) if prefix is None else prefix
        endpoint = self.endpoint.replace(str(self.port), str(port or self.port))
        options = {"endpoint": endpoint} | ({"ca": str(self.certificate)} if self._is_tls else {})
        who = f"{quote(key, safe='')}:{quote(secret, safe='')}"
        return f"s3://{who}@{bucket}/{prefix}?{urlencode(options, safe=':/')}"

    def reading_url(self, prefix: str) -> str:
        """The same for a key that must not write."""
        return self.url(prefix, key=READER, secret=READER_SECRET)

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _create(self) -> None:
        self._folder.run("mkdir", str(self.data))
        identities = self._folder.path / "identities.json"
        identities.write_text(json.dumps(IDENTITIES))
        identities.chmod(0o644)
        if self._is_tls:
            certify(self._folder, self._folder.path, self._host.address if self._host else "")

    def _command(self) -> list[str | Path]:
        options: dict[str, str | int | Path] = {
            "dir": self.data,
            "ip": self._address,
            "ip.bind": self._address,
            "master.telemetry": "false",
            "master.electionTimeout": "300ms",
            "master.heartbeatInterval": "100ms",
            "master.volumeSizeLimitMB": self._most_mb or 64,
            "volume.max": 1 if self._most_mb else 100,
            "volume.preStopSeconds": 0,
            "s3.config": self._folder.path / "identities.json",
            "s3.autoCreateBucket": "false",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            **{f"{name}.port": port for name, port in self._ports.items()},
            **{f"{name}.port.grpc": port for name, port in self._grpc.items()},
        }
        if self._is_tls:
            options["s3.cert.file"] = self._folder.path / "server.crt"
            options["s3.key.file"] = self._folder.path / "server.key"
        given = (f"-{name}={value}" for name, value in options.items())
        return [WEED, f"-logdir={self.data}", "server", "-s3", *given]

    def _is_ready(self) -> bool:
        assert self._process and self._process.poll() is None, self.log()
        with contextlib.suppress(OSError):
            self._ask("filer", "/")
            self._ask("s3", "/healthz")
            return b"DataNodes" in self._ask("master", "/dir/status")
        return False

    def _ask(self, part: str, path: str, method: str = "GET") -> bytes:
        is_tls = self._is_tls and part == "s3"
        url = f"{'https' if is_tls else 'http'}://{self._address}:{self._ports[part]}{path}"
        context = ssl.create_default_context(cafile=self.certificate) if is_tls else None
        request = urllib.request.Request(url, method=method)
        with urllib.request.urlopen(request, timeout=5, context=context) as answer:
            return bytes(answer.read())
