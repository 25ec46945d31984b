"""The files of jobs in a bucket of S3, or of a store that speaks as S3 does.

The only module that knows obstore, which is an extra (`requirements-machines.txt`).
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import math
import os
import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bellhop.base import plainfile
from bellhop.base.buckets import Bucket, bucket
from bellhop.base.errors import StartRefused, StoreAway, StoreRefused
from bellhop.base.program import pip_line

try:
    import obstore
except ImportError:
    raise StartRefused(
        f"[storage] files needs obstore, which is not installed: {pip_line('machines')}"
    ) from None
from obstore.exceptions import BaseError
from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore import GetOptions

CONNECT_S, SILENT_S = 3.0, 30.0
# A store that answers "slow down" is asked again for a while; whoever asks has to wait longer than
# that tries again later, as after any other trouble.
MOST_RETRIES, RETRY_FOR_S = 3, 4.0
# A file is sent in parts, of which so many are in memory; S3 takes 10,000 of them.
PART_BYTES, PARTS_AT_ONCE, MOST_PARTS = 8 << 20, 2, 9000
CHUNK_BYTES = 1 << 20
REMOVED_AT_ONCE = 1000  # which S3 takes in one request
FULL = {
    "InsufficientStorage", "QuotaExceeded", "StorageFull",
    "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded",
}  # fmt: skip
# What is wrong for as long as the clocks of two machines differ, and not for longer.
CLOCK = {"RequestTimeTooSkewed", "RequestExpired"}
# What a store says for good, and what its operator can do about it.
KEY, REGION = "check the key and its secret", "check region in its address"
REFUSED = {
    "AccessDenied": "the key must be allowed to list, read, write and delete",
    "AuthorizationHeaderMalformed": REGION,
    "InvalidAccessKeyId": KEY,
    "NoSuchBucket": "there is no such bucket",
    "PermanentRedirect": REGION,
    "SignatureDoesNotMatch": KEY,
}


class _PastEnd(OSError):
    """A part was asked for that begins where an object ends, or later."""


class Objects:
    """The objects of one bucket below its prefix, by keys such as `results/JOB/0-0-1/a.csv`.

    A key may hold whatever the name of a result may; ValueError for one that is no path or leads
    elsewhere. FileNotFoundError where there is no object, StoreAway while the store does not
    answer, StoreRefused for what it will not do. It is full: OSError with ENOSPC; the key and the
    prefix have more than 1,024 bytes: ENAMETOOLONG.
    """

    def __init__(self, address: str):
        """Nothing is asked yet; StartRefused for what is no address."""
        place = bucket(address)
        self._where = f"the store {place.location}"
        self._store = _opened(place)

    def put(self, path: Path, key: str) -> None:
        """Store a file whole, or nothing of it; it is there for good when this returns."""
        size = path.stat().st_size
        _require_key(key)
        with self._asked(key):
            obstore.put(
                self._store,
                key,
                path,
                chunk_size=max(PART_BYTES, math.ceil(size / MOST_PARTS)),
                max_concurrency=PARTS_AT_ONCE,
            )

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes of an object from `start` up to, without, `end`; it is there at the call."""
        _require_key(key)
        if end is not None and start >= end:
            return iter(())
        options: GetOptions = {}
        if start or end is not None:
            options["range"] = {"offset": start} if end is None else (start, end)
        try:
            with self._asked(key):
                found = obstore.get(self._store, key, options=options)
        except _PastEnd:
            return iter(())
        return self._each(key, map(bytes, found.stream(CHUNK_BYTES)))

    def stat(self, key: str) -> tuple[int, float]:
        """(bytes, seconds since the epoch when it was stored) of an object."""
        _require_key(key)
        with self._asked(key):
            found = obstore.head(self._store, key)
            return int(found["size"]), found["last_modified"].timestamp()

    def put_bytes(self, content: bytes, key: str) -> None:
        """Store a little content whole, or nothing of it."""
        _require_key(key)
        with self._asked(key):
            obstore.put(self._store, key, content)

    def copy(self, key: str, to: str) -> None:
        """Give an object a second key; its bytes stay in the store."""
        _require_key(key)
        _require_key(to)
        with self._asked(key):
            obstore.copy(self._store, key, to)

    def remove(self, *keys: str) -> None:
        """Remove objects and all that are below `key/`; where there is none, nothing happens.

        That is a request for each key, and one for every `REMOVED_AT_ONCE` objects.
        """
        for key in keys:
            _require_key(key)
        found = itertools.chain.from_iterable(map(self._with_below, keys))
        while batch := list(itertools.islice(found, REMOVED_AT_ONCE)):
            with self._asked(batch[0]):
                obstore.delete(self._store, batch)

    def _with_below(self, key: str) -> Iterator[str]:
        yield key
        yield from (found for found, _, _ in self.list(key))

    def list(self, prefix: str = "") -> Iterator[tuple[str, int, float]]:
        """(key, bytes, seconds since the epoch when it was stored) of all below `prefix/`."""
        with self._asked(prefix):
            batches = obstore.list(self._store, prefix or None)
        for batch in self._each(prefix, batches):
            for found in batch:
                yield found["path"], found["size"], found["last_modified"].timestamp()

    def probe(self) -> None:
        """Do all that is needed with one small object, once."""
        key, content = f"probe/{secrets.token_hex(8)}", secrets.token_bytes(64)
        self.put_bytes(content, key)
        try:
            if b"".join(self.read(key)) != content:
                raise StoreRefused(f"{self._where} answers with other bytes than it was given")
        finally:
            self.remove(key)

    def _each(self, key: str, found: Iterator[Any]) -> Iterator[Any]:
        with self._asked(key):
            yield from found

    @contextlib.contextmanager
    def _asked(self, key: str) -> Iterator[None]:
        try:
            yield
        except (BaseError, FileNotFoundError) as error:
            raise self._fault(str(error), key) from None

    def _fault(self, said: str, key: str) -> OSError:
        """What an error of obstore means; of its text only what cannot be a secret is told."""
        if "configured region" in said:  # a redirect that does not say where to
            return StoreRefused(f"{self._where} refuses: {REGION}")
        status = int(_found(r"status code: (\d{3})", said) or 0)
        code = _found(r"<Code>(\w+)</Code>", said) or _found(r"\(code: (\w+)\)", said)
        answer = " ".join(filter(None, (str(status or ""), code)))
        if code in FULL or status == 507:
            return OSError(errno.ENOSPC, f"{self._where} is full ({answer})")
        if code in CLOCK:
            return StoreAway(f"{self._where} has another time than this machine ({answer})")
        if status == 404 and code != "NoSuchBucket":
            return FileNotFoundError(errno.ENOENT, "there is no such object in the store", key)
        if code == "KeyTooLongError":
            return OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), key)
        if status == 416:
            return _PastEnd(errno.EINVAL, "the object ends before that", key)
        if "InvalidCertificate" in said:
            return StoreRefused(
                f"{self._where} cannot be verified: name the certificate of its authority as "
                "ca=/path in its address"
            )
        if code in REFUSED or (300 <= status < 500 and status not in (408, 429)):
            return StoreRefused(f"{self._where} refuses ({answer}): {REFUSED.get(code, KEY)}")
        return StoreAway(f"{self._where} " + (f"says {answer}" if answer else "does not answer"))


def _require_key(key: str) -> None:
    """Refuse what obstore would take for another key, and some stores too (backslashes)."""
    if not key or key.strip("/") != key or "\\" in key:
        raise ValueError(f"{key!r} is no key of an object")


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""


def _opened(place: Bucket) -> S3Store:
    """What is said here counts for more than the variables that obstore reads (AWS_…)."""
    more: dict[str, Any] = {}
    if place.key:
        credential = {"access_key_id": place.key, "secret_access_key": place.secret}
        more["credential_provider"] = lambda: {**credential, "token": None, "expires_at": None}
    return S3Store(
        place.name,
        prefix=place.prefix or None,
        aws_endpoint_url_s3=place.endpoint,
        region=place.region,
        # The one way that every store takes, AWS too, and for names with dots.
        virtual_hosted_style_request=False,
        skip_signature=False,
        client_options=_client(place),
        retry_config={
            "max_retries": MOST_RETRIES,
            "retry_timeout": timedelta(seconds=RETRY_FOR_S),
            "backoff": {
                "init_backoff": timedelta(seconds=0.2),
                "max_backoff": timedelta(seconds=2),
            },
        },
        **more,
    )


def _client(place: Bucket) -> Any:
    options: dict[str, Any] = {
        "allow_http": place.endpoint.startswith("http:"),
        "connect_timeout": timedelta(seconds=CONNECT_S),
        "read_timeout": timedelta(seconds=SILENT_S),
        # Of a whole request, however large: only silence means that nobody answers.
        "timeout": timedelta(days=1),
    }
    if place.ca:
        try:
            options["root_certificate"] = plainfile.read(place.ca)
        except OSError as error:
            raise StartRefused(f"[storage] files: ca={place.ca}: {error.strerror}") from None
    return options
