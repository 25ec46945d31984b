"""What the page shows of output files, one kind after the other, in a real Chromium."""

from __future__ import annotations

import io
import json
import wave
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
from openpyxl.styles import PatternFill
from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.support.browser import chromium, complaints, find, is_shown, press, text_of
from tests.support.running import Running, running, wait_for

CONTENT = ".file-content:not([aria-busy])"
PROBLEM = ".file-problem"
SCRIPT = "<script>parent.document.title = 'run'; document.title = 'run'</script>"
HOSTILE = (
    f'<!doctype html><title>x</title><p id=seen>Words</p>{SCRIPT}<img src=x onerror="alert(1)">'
    "<meta http-equiv=refresh content='0;url=/'><form action=/><button>Go</button></form>"
    "<link rel=stylesheet href='/static/shared/style.css'><a href='javascript:alert(1)'>a</a>"
)
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30" onload="alert(1)">'
    f'{SCRIPT}<rect width="40" height="30" fill="green"/></svg>'
)

# The extension that is the viewer of Chromium.
PDF_VIEWER = "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai"
Shown = Callable[..., None]


@pytest.fixture(scope="module")
def bellhop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("files")) as started:
        started.serve()
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    """One that keeps what it asks for."""
    with chromium("performance") as driver:
        yield driver


@pytest.fixture
def show(browser: webdriver.Chrome, bellhop: Running, tmp_path: Path) -> Iterator[Shown]:
    """Opens the page of a job that gave a file; no script or policy of the page may complain."""

    def shown(name: str, content: bytes | str, wait: str = CONTENT) -> None:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        job = bellhop.client().create("copy_file", files=[path], use_cache=False)
        assert bellhop.final(job["job_id"])["status"] == "completed"
        browser.get(f"{bellhop.url}/jobs/{job['job_id']}")
        wait_for(lambda: is_shown(browser, wait))

    complaints(browser)
    yield shown
    assert [line for line in complaints(browser) if "sandbox" not in line] == []


def cells(browser: webdriver.Chrome, column: int) -> list[str]:
    """The texts of a column of the table on view, from 1."""
    found: list[str] = browser.execute_script(
        "return [...document.querySelectorAll(`.sheet tbody td:nth-child(${arguments[0]})`)]"
        ".map((cell) => cell.textContent)",
        column,
    )
    return found


def sort(browser: webdriver.Chrome, column: int) -> None:
    find(browser, f".sheet thead th:nth-child({column}) button").click()


def size_of_picture(browser: webdriver.Chrome) -> list[int]:
    size: list[int] = browser.execute_script(
        "const image = document.querySelector('.picture img');"
        "return [image.naturalWidth, image.naturalHeight]"
    )
    return size


def sound(seconds: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 2, 44100, 0, "NONE", ""))
        written.writeframes(bytes(2 * 44100 * seconds))
    return file.getvalue()


def workbook(*, bomb: int = 0) -> bytes:
    """Two sheets; with `bomb`, the second part of the first unpacks to so many bytes."""
    book = openpyxl.Workbook()
    first = book.active
    first.title = "Sales"
    first.append(["Region", "Units", "Share", "Since", "At"])
    first.append(["North", 9, 0.25, date(2025, 2, 1), datetime(2025, 2, 1, 8, 30)])
    first.append(["South <b>", 10, 0.75, date(2024, 12, 31), datetime(2024, 1, 1, 23, 5)])
    first["C2"].number_format = first["C3"].number_format = "0 %"
    first["A2"].fill = PatternFill("solid", "ffff00")
    other = book.create_sheet("Années")
    other.append(["x", "=1+1", True, "été"])
    file = io.BytesIO()
    book.save(file)
    if not bomb:
        return file.getvalue()
    blown = io.BytesIO()
    with zipfile.ZipFile(file) as read, zipfile.ZipFile(blown, "w", zipfile.ZIP_DEFLATED) as made:
        for name in read.namelist():
            if name == "xl/worksheets/sheet1.xml":
                with made.open(name, "w", force_zip64=False) as part:
                    for _ in range(bomb >> 20):
                        part.write(bytes(1 << 20))
            else:
                made.writestr(name, read.read(name))
    return blown.getvalue()


# Images.


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp", "bmp", "ico"])
def test_it_shows_an_image_with_its_size(browser: webdriver.Chrome, show: Shown, kind: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (48, 48), "red").save(file, kind)
    show(f"a.{kind}", file.getvalue())
    assert size_of_picture(browser) == [48, 48]
    assert "48 \N{MULTIPLICATION SIGN} 48 pixels" in text_of(browser, CONTENT)
    link = find(browser, ".picture")
    assert "view=1" in (link.get_attribute("href") or "")
    assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener")


def test_it_says_that_an_image_is_broken(browser: webdriver.Chrome, show: Shown) -> None:
    show("a.png", b"\x89PNG\r\n\x1a\n and no more", PROBLEM)
    assert "The browser cannot read this image." in text_of(browser, PROBLEM)
    assert find(browser, f"{PROBLEM} a").get_attribute("download") == "a.png"


def test_it_runs_nothing_of_a_drawing(browser: webdriver.Chrome, show: Shown) -> None:
    show("a.svg", DRAWING)
    assert size_of_picture(browser) == [40, 30]
    assert browser.title.startswith("Completed")
    browser.get(find(browser, ".picture").get_attribute("href") or "")
    assert browser.title != "run"
    complaints(browser)


# Pages and papers.


def test_it_runs_nothing_of_a_page(
    browser: webdriver.Chrome, show: Shown, bellhop: Running
) -> None:
    show("report.html", HOSTILE)
    frame = find(browser, ".file-content iframe")
    address = frame.get_attribute("src") or ""
    assert frame.get_attribute("sandbox") == ""
    browser.switch_to.frame(frame)
    wait_for(lambda: browser.find_elements(By.ID, "seen"))
    browser.switch_to.default_content()
    assert browser.title.startswith("Completed")
    browser.get(address)
    assert find(browser, "#seen").text == "Words"
    find(browser, "button").click()
    assert (browser.title, browser.current_url) == ("x", address)
    complaints(browser)


def test_it_shows_a_pdf_in_the_viewer_of_the_browser(
    browser: webdriver.Chrome, show: Shown
) -> None:
    document = pypdfium2.PdfDocument.new()
    document.new_page(300, 200)
    file = io.BytesIO()
    document.save(file)
    show("a.pdf", file.getvalue())
    frame = find(browser, ".file-content iframe")
    assert "view=1" in (frame.get_attribute("src") or "")
    targets = partial(browser.execute_cdp_cmd, "Target.getTargets", {})
    wait_for(lambda: PDF_VIEWER in json.dumps(targets()))


# Texts.


def test_it_shows_the_beginning_of_a_long_text(browser: webdriver.Chrome, show: Shown) -> None:
    show("a.log", "größe\n" * 50_000, "[data-show]")
    press(browser, "[data-show]")
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, CONTENT))
    text = find(browser, ".file-text").get_property("textContent")
    assert str(text).startswith("größe\ngröße\n") and len(str(text).encode()) <= 200 * 1024
    assert "The first 200 KB of 391 KB." in text_of(browser, CONTENT)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_it_reads_a_text_in_its_encoding(
    browser: webdriver.Chrome, show: Shown, encoding: str
) -> None:
    show("a.txt", "Größe <b>0,5</b> €".encode(encoding))
    assert text_of(browser, ".file-text") == "Größe <b>0,5</b> €"


@pytest.mark.parametrize(
    ("name", "words"), [("a.txt", "is not a text"), ("b.csv", "is not a text")]
)
def test_it_says_what_is_no_text(
    browser: webdriver.Chrome, show: Shown, name: str, words: str
) -> None:
    show(name, b"\0\1\2\3" * 100, PROBLEM)
    assert words in text_of(browser, PROBLEM)


def test_it_says_that_a_file_is_empty(browser: webdriver.Chrome, show: Shown) -> None:
    show("a.csv", b"", PROBLEM)
    assert "This file is empty." in text_of(browser, PROBLEM)


MARKDOWN = """# Report *one*

Some **bold**, `code <b>` ~~gone~~ and [a link](https://example.org/a "t"), https://example.org/b.
Not [this](javascript:alert(1)) <script>document.title = 'run'</script> &lt;i&gt; ![no](https://example.org/x.png)

1. one
2. two
   - inner
   - [x] done

> quoted
> more

| name | size |
|:-----|-----:|
| a\\|b | 12 |

```python
if a < b: pass
```

---
Last_word_here with snake_case
"""


def test_it_shows_markdown_as_nodes(browser: webdriver.Chrome, show: Shown) -> None:
    show("a.md", MARKDOWN)
    counted = browser.execute_script(
        "const names = arguments[0]; const root = document.querySelector('.markdown');"
        "return names.map((name) => root.querySelectorAll(name).length)",
        ["h4.md-h1 > em", "strong", "code", "del", "ol > li", "ol ul > li", "blockquote",
         "tbody tr", "pre", "hr", "script, img, b, i", "input[type=checkbox]:checked"],
    )  # fmt: skip
    assert counted == [1, 1, 2, 1, 2, 2, 1, 1, 1, 1, 0, 1]
    assert browser.title.startswith("Completed")
    links = browser.find_elements(By.CSS_SELECTOR, ".markdown a")
    found = {str(link.get_attribute("href")) for link in links}
    assert found == {f"https://example.org/{name}" for name in ("a", "b", "x.png")}
    assert {link.get_attribute("rel") for link in links} == {"noopener noreferrer"}
    text = text_of(browser, ".markdown")
    assert "<script>document.title = 'run'</script> <i>" in text and "a|b" in text
    assert "Last_word_here with snake_case" in text


@pytest.mark.parametrize(
    "text",
    ["*" * 20_000, "[" * 20_000, "> " * 5000, "- " * 3000, "`" * 9999 + " a" * 9999,
     "[a](" * 5000, "**a_" * 5000, "|" * 9999, "\n".join(" " * n + "- a" for n in range(200))],
)  # fmt: skip
def test_it_shows_odd_markdown_soon(browser: webdriver.Chrome, show: Shown, text: str) -> None:
    show("a.md", text)
    assert browser.find_elements(By.CSS_SELECTOR, ".markdown")


# Tables.


@pytest.mark.parametrize(
    "text",
    [
        'name,size\nb,10\na,9\n"c, d",-1.5\n',
        'name;size\nb;10\na;9\n"c, d";-1,5\n',
        'name\tsize\nb\t10\na\t9\n"c, d"\t-1.5\n',
        "name|size\nb|10\na|9\nc, d|-1.5\n",
        "'name','size'\n'b','10'\n'a','9'\n'c, d','-1.5'\n",
        "sep=;\r\nname;size\r\nb;10\r\na;9\r\nc, d;-1.5\r\n",
    ],
    ids=["comma", "semicolon", "tab", "bar", "single quotes", "said"],
)
def test_it_shows_csv_as_a_table_to_sort(browser: webdriver.Chrome, show: Shown, text: str) -> None:
    show("a.csv", text)
    assert text_of(browser, ".sheet thead").split() == ["name", "size"]
    assert text_of(browser, ".table-count") == "3 rows"
    sort(browser, 2)
    assert cells(browser, 1) == ["c, d", "a", "b"]
    assert find(browser, ".sheet th:nth-child(2)").get_attribute("aria-sort") == "ascending"
    sort(browser, 2)
    assert cells(browser, 1) == ["b", "a", "c, d"]
    sort(browser, 2)
    assert cells(browser, 1) == ["b", "a", "c, d"]


@pytest.mark.parametrize(
    ("values", "ordered"),
    [
        (["10", "9", "", "-2"], ["-2", "9", "10", ""]),
        (["1.000,5", "2,25", "900"], ["2,25", "900", "1.000,5"]),
        (["$1,200", "($5)", "n/a", "30"], ["($5)", "30", "$1,200", "n/a"]),
        (["2025-01-02", "2024-12-31T10:00", "2025-01-01"],
         ["2024-12-31T10:00", "2025-01-01", "2025-01-02"]),
        (["2.1.2025", "31.12.2024", "1.1.2025"], ["31.12.2024", "1.1.2025", "2.1.2025"]),
        (["1/2/2025", "12/31/2024", "1/1/2025"], ["12/31/2024", "1/1/2025", "1/2/2025"]),
        (["item 10", "Item 9", "äpfel", "zoo"], ["äpfel", "Item 9", "item 10", "zoo"]),
    ],
)  # fmt: skip
def test_it_sorts_a_column_as_what_it_is(
    browser: webdriver.Chrome, show: Shown, values: list[str], ordered: list[str]
) -> None:
    show("a.csv", "key;other\n" + "".join(f"{value};x\n" for value in values))
    sort(browser, 1)
    assert cells(browser, 1) == ordered


def test_it_filters_the_rows_of_a_table(browser: webdriver.Chrome, show: Shown) -> None:
    show("a.csv", "n,word\n" + "".join(f"{n},{'Öl' if n % 10 else 'Brot'}\n" for n in range(2000)))
    assert text_of(browser, ".table-count") == "The first 100 of 2,000 rows"
    press(browser, ".table-block > .button")
    assert len(cells(browser, 1)) == 500
    find(browser, ".table-filter").send_keys("brot 199")
    wait_for(lambda: text_of(browser, ".table-count") == "1 of 2,000 rows match")
    assert cells(browser, 1) == ["1990"]
    find(browser, ".table-filter").send_keys("xyz")
    wait_for(lambda: text_of(browser, ".table-count") == "No row matches.")


def test_it_reads_the_first_rows_of_a_large_table(browser: webdriver.Chrome, show: Shown) -> None:
    show("a.csv", "a,b\n" + "1234567,words and words\n" * 300_000, "[data-show]")
    press(browser, "[data-show]")
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, CONTENT))
    assert "The page reads the first 5 MB of 7 MB" in text_of(browser, CONTENT).replace("6.9", "7")
    assert len(cells(browser, 1)) == 100


def test_it_names_the_columns_of_a_table_without_a_head(
    browser: webdriver.Chrome, show: Shown
) -> None:
    show("a.csv", "1,2\n3,4\n")
    assert text_of(browser, ".sheet thead").split() == ["A", "B"]
    assert cells(browser, 1) == ["1", "3"]


def test_it_shows_a_workbook_with_its_sheets(browser: webdriver.Chrome, show: Shown) -> None:
    show("a.xlsx", workbook())
    assert text_of(browser, ".sheet thead").split() == ["Region", "Units", "Share", "Since", "At"]
    assert [cells(browser, n) for n in range(1, 6)] == [
        ["North", "South <b>"], ["9", "10"], ["25%", "75%"], ["2025-02-01", "2024-12-31"],
        ["2025-02-01 08:30", "2024-01-01 23:05"],
    ]  # fmt: skip
    sort(browser, 4)
    assert cells(browser, 1) == ["South <b>", "North"]
    first, second = browser.find_elements(By.CSS_SELECTOR, "[role=tab]")
    first.send_keys(Keys.ARROW_RIGHT)
    wait_for(lambda: "été" in text_of(browser, ".sheet"))
    assert second.get_attribute("aria-selected") == "true"
    assert browser.switch_to.active_element == second


def test_it_unpacks_no_bomb(browser: webdriver.Chrome, show: Shown) -> None:
    content = workbook(bomb=300 << 20)
    assert len(content) < 1 << 20
    show("a.xlsx", content, PROBLEM)
    assert "to 300 MB; the page unpacks up to 256 MB" in text_of(browser, PROBLEM)


@pytest.mark.parametrize("lie", [1000, 50_000])
def test_it_unpacks_no_more_than_a_workbook_says(
    browser: webdriver.Chrome, show: Shown, lie: int
) -> None:
    content = bytearray(workbook(bomb=8 << 20))
    place = content.rfind((8 << 20).to_bytes(4, "little"))
    content[place : place + 4] = lie.to_bytes(4, "little")
    show("a.xlsx", bytes(content), PROBLEM)
    assert "unpacks to more than it says" in text_of(browser, PROBLEM)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no workbook", "is damaged"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "protected with a password"),
        (workbook()[:-200], "is damaged"),
    ],
)
def test_it_says_what_is_wrong_with_a_workbook(
    browser: webdriver.Chrome, show: Shown, content: bytes, words: str
) -> None:
    show("a.xlsx", content, PROBLEM)
    assert words in text_of(browser, PROBLEM)


# Data.


def test_it_shows_json_as_a_tree(browser: webdriver.Chrome, show: Shown) -> None:
    show("a.json", json.dumps({"first_name": "<b>A</b>", "big": 2**60 + 1, "list": [1, 2]}))
    text = text_of(browser, CONTENT)
    assert "First name" in text and "<b>A</b>" in text and str(2**60 + 1) in text


def test_it_shows_json_lines_as_a_table(browser: webdriver.Chrome, show: Shown) -> None:
    show("a.jsonl", '{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n')
    assert len(browser.find_elements(By.CSS_SELECTOR, f"{CONTENT} tbody tr")) == 2


def test_it_says_where_json_is_broken(browser: webdriver.Chrome, show: Shown) -> None:
    show("a.json", '{"a": ', PROBLEM)
    assert "This file is damaged: it is not JSON" in text_of(browser, PROBLEM)


def features() -> dict[str, Any]:
    square = [[7.0, 51.0], [8.0, 51.0], [8.0, 52.0], [7.0, 52.0], [7.0, 51.0]]
    geometries: list[Any] = [
        {"type": "Polygon", "coordinates": [square]},
        {"type": "Point", "coordinates": [7.5, 51.5]},
        {"type": "LineString", "coordinates": [[7, 51], [8, 52]]},
        None,
    ]
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": geometry, "properties": {"name": f"Place {number}"}}
            for number, geometry in enumerate(geometries)
        ],
    }


@pytest.mark.parametrize("name", ["a.geojson", "a.json"])
def test_it_draws_a_map_with_the_properties_of_a_feature(
    browser: webdriver.Chrome, show: Shown, name: str
) -> None:
    show(name, json.dumps(features()))
    assert len(browser.find_elements(By.CSS_SELECTOR, ".map g")) == 3
    assert "1 feature of 4 is not drawn" in text_of(browser, CONTENT)
    press(browser, "[aria-label='Next feature']")
    assert "Feature 1 of 3: Polygon" in text_of(browser, ".map-tools")
    assert "Place 0" in text_of(browser, ".map-properties")
    press(browser, "[aria-label='Previous feature']")
    assert "Place 2" in text_of(browser, ".map-properties")


def test_it_moves_a_map_by_keys_and_buttons(browser: webdriver.Chrome, show: Shown) -> None:
    show("a.geojson", json.dumps(features()))
    part = partial(find(browser, ".map").get_dom_attribute, "viewBox")
    whole = part()
    find(browser, ".map").send_keys("+", Keys.ARROW_LEFT)
    assert part() != whole
    press(browser, "[aria-label='Show all of it']")
    assert part() == whole


@pytest.mark.parametrize(
    "text",
    ['{"type": "FeatureCollection", "features": []}', '{"a": 1}',
     '{"type": "Point", "coordinates": ["a", null]}',
     '{"type": "Polygon", "coordinates": 5}'],
)  # fmt: skip
def test_it_says_that_a_map_is_broken(browser: webdriver.Chrome, show: Shown, text: str) -> None:
    show("a.geojson", text, PROBLEM)
    assert "Download the file" in text_of(browser, PROBLEM)


# Sound.


def test_it_asks_for_the_part_of_a_sound_that_it_plays(
    browser: webdriver.Chrome, show: Shown
) -> None:
    show("a.wav", sound(120))
    player = "document.querySelector('audio.player')"
    assert browser.execute_script(f"return {player}.duration") == pytest.approx(120, abs=1)
    address = browser.execute_script(f"return {player}.src")
    ranges(browser, address)
    browser.execute_script(f"{player}.currentTime = 110")
    is_there = f"return !{player}.seeking && {player}.readyState >= 2"
    wait_for(lambda: browser.execute_script(is_there))
    parts = [part.removeprefix("bytes ").split("/") for part in ranges(browser, address)]
    assert any(int(part.split("-")[0]) > int(size) * 0.9 for part, size in parts)


def ranges(browser: webdriver.Chrome, address: str) -> list[str]:
    """The Content-Range of each answer from `address` since the last call; fails for no part."""
    found = []
    for line in browser.get_log("performance"):  # type: ignore[no-untyped-call]
        message = json.loads(line["message"])["message"]
        answer = message["params"].get("response", {})
        if message["method"] == "Network.responseReceived" and answer["url"] == address:
            assert answer["status"] == 206
            headers = {name.lower(): value for name, value in answer["headers"].items()}
            found.append(str(headers["content-range"]))
    return found


def test_it_says_that_a_sound_cannot_be_played(browser: webdriver.Chrome, show: Shown) -> None:
    show("a.mp3", b"ID3\x04\0\0\0\0\0\0 and no sound", PROBLEM)
    assert "The browser cannot play this file." in text_of(browser, PROBLEM)


# The list of files.


def test_it_shows_and_hides_a_file_by_keyboard(browser: webdriver.Chrome, show: Shown) -> None:
    show("a.txt", "words")
    button = find(browser, "[data-show]")
    assert button.get_attribute("aria-label") == "Hide a.txt, 5 bytes"
    button.send_keys(Keys.ENTER)
    assert not browser.find_elements(By.CSS_SELECTOR, ".file-panel")
    assert button.get_attribute("aria-expanded") == "false"
    button.send_keys(Keys.ENTER)
    assert find(browser, ".file-panel h4") == browser.switch_to.active_element
    find(browser, ".file-head button").send_keys(Keys.ENTER)
    assert browser.switch_to.active_element == button


@pytest.mark.parametrize("name", ["a.zip", "a.tif", "a.exe"])
def test_it_offers_what_nobody_looks_at_as_a_download_only(
    browser: webdriver.Chrome, show: Shown, name: str
) -> None:
    show(name, b"words", f"[data-download='{name}']")
    assert not browser.find_elements(By.CSS_SELECTOR, "[data-show]")


TABLE = {"columns": ["name", "n"], "rows": [["b", 2], ["a", None], ["<b>", 1.5]], "total_rows": 900}


@pytest.mark.parametrize("data", [{"table": TABLE}, {"rows": {"table": TABLE}, "more": 1}])
def test_it_shows_a_result_that_is_a_table(
    browser: webdriver.Chrome, bellhop: Running, data: dict[str, Any]
) -> None:
    open_data(browser, bellhop, data)
    assert text_of(browser, ".table-count") == "The first 3 of 900 rows"
    sort(browser, 2)
    assert cells(browser, 1) == ["<b>", "b", "a"]


@pytest.mark.parametrize(
    "data", [{"markdown": "# Title\n<i>x</i>"}, {"words": {"markdown": "# Title\n<i>x</i>"}}]
)
def test_it_shows_a_result_that_is_markdown(
    browser: webdriver.Chrome, bellhop: Running, data: dict[str, Any]
) -> None:
    open_data(browser, bellhop, data)
    assert find(browser, ".markdown .md-h1").text == "Title"
    assert "<i>x</i>" in text_of(browser, ".markdown")


def open_data(browser: webdriver.Chrome, bellhop: Running, data: dict[str, Any]) -> None:
    document = {"type": "echo_data", "items": [{"json": data}]}
    job = bellhop.client().post("/api/v1/jobs", document)
    assert bellhop.final(job["job_id"])["status"] == "completed"
    browser.get(f"{bellhop.url}/jobs/{job['job_id']}")
    wait_for(lambda: is_shown(browser, "[data-view] > *"))
