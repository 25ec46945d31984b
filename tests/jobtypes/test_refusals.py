"""What the job types say of a file that none of them can read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bellhop import BadInput
from bellhop.jobtypes.citations import citations
from bellhop.jobtypes.georaster import georaster
from bellhop.jobtypes.quiz import quiz
from bellhop.jobtypes.reading import refusals
from bellhop.jobtypes.trial_balance import trial_balance
from tests.support.attempts import refusal
from tests.support.modules import JOBTYPES

OLD_OFFICE = b"\xd0\xcf\x11\xe0"
BLANK = (b"\xef\xbb\xbf \r\n", refusals.empty_file())
ENCRYPTED = (
    OLD_OFFICE + "EncryptedPackage".encode("utf-16-le"),
    refusals.password_protected(),
)
CUT_OFF = (b"PK\x03\x04 and no more", refusals.damaged("File is not a zip file"))


@pytest.mark.parametrize("job_type", [citations, georaster, quiz, trial_balance])
@pytest.mark.parametrize(
    ("content", "usual"), [BLANK, ENCRYPTED, CUT_OFF], ids=["blank", "encrypted", "cut off"]
)
def test_it_refuses_the_same_file_in_the_same_words(
    tmp_path: Path, job_type: Callable[..., Any], content: bytes, usual: BadInput
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    said = refusal(job_type, [file] if job_type is georaster else file, tmp_path)
    assert (said.code, said.message, said.hint) == (usual.code, usual.message, usual.hint)


def test_it_tells_the_start_of_a_long_reason() -> None:
    assert refusals.damaged("x" * 5000).message == f"The file is damaged ({'x' * 200})."


@pytest.mark.parametrize(
    "code", ["corrupt_file", "missing_extra", "no_text_layer", "password_protected"]
)
def test_it_writes_the_code_of_an_unreadable_file_in_one_place(code: str) -> None:
    raised = re.compile(rf'code="{code}"|refusal\(\s*"{code}"')
    assert [path for path in JOBTYPES if raised.search(path.read_text())] == [
        Path(refusals.__file__)
    ]
