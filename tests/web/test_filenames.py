"""What a file is called, whichever client sends it, and the suffix that its job needs."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote

import pytest

from bellhop.storage.installation import Installation
from tests.support.wsgi import BOUNDARY, Answer, WsgiClient

NAME = "Rapport étude — 日本.pdf"
EXTENDED = f"filename*=utf-8''{quote(NAME)}"


def word(text: str, charset: str = "utf-8") -> str:
    """An encoded word of a mail (RFC 2047)."""
    return f"=?{charset}?B?{b64encode(text.encode(charset)).decode()}?="


def send(web: WsgiClient, said: str) -> Answer:
    """Upload a file whose part says `said` of its name."""
    head = f"Content-Disposition: form-data; name=files; {said}\r\nContent-Type: application/pdf"
    fields = 'Content-Disposition: form-data; name="type"\r\n\r\nupper'
    parts = [fields, f"{head}\r\n\r\ncontent"]
    body = "".join(f"--{BOUNDARY}\r\n{part}\r\n" for part in parts) + f"--{BOUNDARY}--\r\n"
    return web.send_form(body.encode())


def stored(here: Installation, answer: Answer) -> tuple[str, str]:
    """The name that is shown, and the suffix that the job process gets."""
    assert answer.status == 202, answer.body
    (path,) = (here.folder / "uploads" / answer.json["job_id"]).iterdir()
    return answer.json["name"], path.suffix


@pytest.mark.parametrize(
    "said",
    [
        f'filename="{NAME}"',
        f'filename="{word(NAME)}"; {EXTENDED}',  # .NET
        f'{EXTENDED}; filename="{word(NAME)}"',
        f'filename="{word(NAME)}"',
        f'filename="{word(NAME[:9])} {word(NAME[9:])}"',  # a long one in two words
        f'filename="=?UTF-8?q?{quote(NAME).replace("%", "=").replace("=20", "_")}?="',
        f'filename="rapport.pdf"; {EXTENDED}',
        f"FileName=\"rapport.pdf\" ; FileName* = UTF-8'fr'{quote(NAME)}",
        f'filename="_____.pdf"; filename*="utf-8\'\'{quote(NAME)}"',
        EXTENDED,  # without any other
        f"filename*={quote(NAME)}",  # without its charset
        f'filename="C:\\\\docs\\\\{NAME}"',
        f"filename*=utf-8''C%3A%5Cdocs%5C{quote(NAME)}",
        f"filename*=utf-8''..%2F..%2F{quote(NAME)}",
        f"filename*=utf-16le''{quote(NAME.encode('utf-16le'))}",
    ],
)
def test_it_knows_a_name_however_it_is_written(
    web: WsgiClient, here: Installation, said: str
) -> None:
    assert stored(here, send(web, said)) == (NAME, ".pdf")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("filename*=iso-8859-1'en'%A3%20rates.csv; filename=\"EURO rates.csv\"", "£ rates.csv"),
        ("filename=\"a.csv\"; filename*=utf-8''%FF.csv", "a.csv"),  # no UTF-8
        ("filename=\"a.csv\"; filename*=klingon''b.csv", "a.csv"),
        ("filename=\"a.csv\"; filename*=base64''b.csv", "a.csv"),  # no charset
        ("filename=\"a.csv\"; filename*=utf-8''", "a.csv"),
        ("filename=\"a.csv\"; filename*=utf-8''%2F", "a.csv"),  # no name
        ("filename*=utf-8''%FF.csv", "\ufffd.csv"),  # better than none
        ('filename="=?utf-8?B?broken!?=.csv"', "=?utf-8?B?broken!?=.csv"),
        ('filename="=?klingon?Q?a?=.csv"', "=?klingon?Q?a?=.csv"),
        ("filename=\"x; filename*=utf-8''b.exe; y.csv\"", "x; filename*=utf-8''b.exe; y.csv"),
        ('filename="a%22b.csv"', 'a"b.csv'),  # as browsers write a quote
        ('filename="100%.csv"', "100%.csv"),
        ("filename=\"b.csv\"; filename*=utf-8''cod%E2%80%AEexe.csv", "codexe.csv"),
    ],
)
def test_it_believes_the_best_name_that_it_can_read(
    web: WsgiClient, here: Installation, said: str, name: str
) -> None:
    assert stored(here, send(web, said)) == (name, ".csv")


@pytest.mark.parametrize(
    ("said", "suffix"),
    [
        ("filename=\"report.pdf\"; filename*=utf-8''%E6%8A%A5%E5%91%8A", ".pdf"),
        ('filename="日本.PDF"', ".pdf"),
        ('filename="%E6%97%A5.tar.gz"', ".gz"),
        ('filename="\u200b\u200e.csv"', ".csv"),
        ('filename=" a.csv "', ".csv"),
        (f'filename="{"x" * 250}.csv"', ".csv"),
        ('filename="a.geojsonlinedelimited"', ".geojsonlinedelimited"),
        ('filename="no suffix"', ""),
    ],
)
def test_it_never_loses_a_suffix(
    web: WsgiClient, here: Installation, said: str, suffix: str
) -> None:
    assert stored(here, send(web, said))[1] == suffix


@pytest.mark.parametrize("hidden", ["%00", "%0A", "%0D%0AX: y", "%7F"])
@pytest.mark.parametrize("form", ["filename*=utf-8''a{}.csv", 'filename="{}"'])
def test_it_refuses_control_characters_however_they_are_written(
    web: WsgiClient, here: Installation, form: str, hidden: str
) -> None:
    said = form.format(hidden if "*" in form else f"=?utf-8?Q?a{hidden.replace('%', '=')}?=.csv")
    answer = send(web, said)
    assert (answer.status, answer.code) == (422, "invalid-job")
    assert list((here.folder / "uploads").iterdir()) == []


def test_it_refuses_a_name_that_is_too_long_however_it_is_written(web: WsgiClient) -> None:
    answer = send(web, f"filename*=utf-8''{quote('é' * 300)}.csv")
    assert (answer.status, answer.code) == (422, "invalid-job")


def test_it_takes_a_part_without_any_name_for_a_field(web: WsgiClient) -> None:
    answer = send(web, "filenames*=utf-8''a.csv")
    assert answer.json["errors"][0]["field"] == "files"
