"""What is no file, where the settings name one, is refused at once."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from bellhop.base import plainfile


def large(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 30)


def bound_to(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(path))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (os.mkfifo, plainfile.NO_FILE),
        (lambda path: path.symlink_to("/dev/zero"), plainfile.NO_FILE),
        (bound_to, plainfile.NO_FILE),
        (os.mkdir, "Is a directory"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
        (large, "it is larger than 1 MiB"),
    ],
)
def test_it_waits_for_nothing_in_the_place_of_a_file(
    tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    make(path := tmp_path / "file")
    with pytest.raises(OSError) as refused:
        plainfile.read(path)
    assert refused.value.strerror == said


def test_it_reads_a_file_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a\r\n")
    (tmp_path / "link").symlink_to("file")
    assert plainfile.read(tmp_path / "link") == b"a\r\n"


def test_it_takes_dev_null_for_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(os.devnull)
    assert plainfile.read(os.devnull) == plainfile.read(tmp_path / "link") == b""
