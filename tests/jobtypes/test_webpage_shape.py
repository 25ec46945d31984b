"""All of an article is read: its lists, boxes in them, cells, and parts in several containers."""

from __future__ import annotations

import pytest

from tests.support.webpages import FIRST, MENU, SECOND, THIRD, article, read

ITEMS = [f"Clock number {n} was made in the town of Aubrin" for n in range(1, 7)]


def holds(page: str, *texts: str) -> bool:
    text, _ = read(page)
    return all(wanted in text for wanted in texts)


def listed(item: str, kind: str = "ul") -> str:
    return f"<{kind}>" + "".join(item.format(text) for text in ITEMS) + f"</{kind}>"


@pytest.mark.parametrize(
    "items",
    [
        listed("<li>{}</li>"),
        listed("<li>{}", "ol"),
        listed('<li><a href="/c">{}</a></li>'),
        listed('<li><a href="/c"><b>{}</b></a></li>', "ol"),
        listed('<li><a href="#">{}</a></li>'),
        listed('<dt>Clock<dd><a href="#">{}</a></dd>', "dl"),
        "<h2>Clocks</h2>" + listed('<li><p><a href="/c">{}</a></p></li>'),
        f"<div class=x>{listed('<li><a href=/c>{}</a></li>')}</div>",
        listed("<dt>Clock</dt><dd>{}</dd>", "dl"),
        listed('<dt><a href="/c">{}</a></dt>', "dl"),
        listed("<li><div>{}</div></li>"),
        listed("<li><div><div><p>{}</p></div></div></li>"),
        listed("<li><section><h4>Clock</h4><div>{}</div></section></li>"),
        listed("<li><figure><figcaption>{}</figcaption></figure></li>"),
        f"<ul><li>All<ol>{''.join(f'<li><div><p>{t}</p></div>' for t in ITEMS)}</ol></li></ul>",
        listed("<dt>Clock<dd><div><p>{}</p></div>", "dl"),
        listed("<li>One<br><span><span>{}</span></span></li>"),
    ],
)
def test_it_reads_a_list_in_the_text(items: str) -> None:
    assert holds(article(items), FIRST, *ITEMS, THIRD)


@pytest.mark.parametrize(
    "cell",
    ["<ul><li>{}</ul>", "<ol><li>first</li><li>{}</li></ol>", "<div>{}</div>", "<p>{}</p>",
     "<div><ul><li><p>{}</p></li></ul></div>", "<dl><dt>at<dd>{}</dl>", "<span><b>{}</b></span>"],
)  # fmt: skip
def test_it_reads_all_of_a_cell(cell: str) -> None:
    times = ["9:00 to 17:30", "10:15 to 18:45"]
    rows = "".join(
        f"<tr><td>Day {n}</td><td>{cell.format(t)}</td></tr>" for n, t in enumerate(times)
    )
    table = f"<table><tr><th>Day</th><th>Open</th></tr>{rows}</table>"
    text, _ = read(article(table))
    lines = [line for line in text.split("\n") if "Day 1" in line]
    assert lines and "10:15 to 18:45" in lines[0] and "|" in lines[0]


@pytest.mark.parametrize(
    "table",
    [
        "<table><tr><td>{}</td></tr></table>",
        "<table><tr><td width=10><a href=/>Start</a></td><td>{}</td></tr></table>",
        "<table><tr><td colspan=2>Museum</td></tr><tr><td><a href=/>Start</a></td><td>{}</td></tr>"
        "<tr><td colspan=2>Bottom</td></tr></table>",
        "<table><tr><td><table><tr><td>{}</td></tr></table></td></tr></table>",
        "<center><table role=none><tr><td>1</td><td>2</td></tr><tr><td></td><td>{}</td></tr>"
        "</table></center>",
        "<table><tbody><tr><td>{}</td></tr><tr><td>Bottom</td></tr></tbody></table>",
    ],
)
def test_it_reads_a_table_for_layout_as_text(table: str) -> None:
    inside = f"<h1>Museum</h1><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>"
    text, _ = read(f"<html><body>{table.format(inside)}</body></html>")
    assert FIRST in text and SECOND in text and THIRD in text and "|" not in text


def test_it_reads_text_of_a_cell_that_has_no_paragraphs() -> None:
    cell = f"{FIRST}<br><br>{SECOND}<br><br>{THIRD}"
    table = f"<table><tr><td><a href=/>Start</a></td><td>{cell}</td></tr></table>"
    text, _ = read(f"<html><body>{table}</body></html>")
    assert FIRST in text and SECOND in text and THIRD in text and "|" not in text


@pytest.mark.parametrize(
    "row",
    ["<tr><td><img src=dot.gif></td><td>{}</td></tr>", "<tr><td>{}</td><td>&nbsp;</td><td></tr>",
     "<tr><td>In spring</td><td><p>{}</p></td></tr>"],
)  # fmt: skip
def test_it_reads_rows_that_only_place_text_as_text(row: str) -> None:
    rows = "".join(map(row.format, (FIRST, SECOND, THIRD)))
    text, _ = read(f"<html><body><table>{rows}</table></body></html>")
    assert FIRST in text and SECOND in text and THIRD in text and "|" not in text


def test_it_reads_a_page_that_stands_in_a_form() -> None:
    items = listed('<li><a href="/c">{}</a></li>')
    page = article(items, before="<form action=/page method=post>", after="</form>")
    assert holds(page, FIRST, *ITEMS, THIRD)


def test_it_reads_no_form_below_the_text() -> None:
    form = f"<form><p>{ITEMS[0]}, which is required of all who write here.</p><input></form>"
    text, _ = read(article("", after=form))
    assert THIRD in text and ITEMS[0] not in text


def test_it_keeps_a_table_of_data() -> None:
    rows = "<tr><td>Adults</td><td>7.50</td></tr><tr><td>Children</td><td>3.00</td></tr>"
    text, _ = read(article(f"<table>{rows}</table>"))
    assert "Adults | 7.50" in text and "Children | 3.00" in text


@pytest.mark.parametrize(
    "body",
    [
        "<p>{0}</p><ul><li>{3}</li></ul><p>{1}</p><p>{2}</p>",
        "<p>{0}</p><p>{1}</p><ol><li>{3}</ol><p>{2}</p>",
        "<h1>Museum</h1><dl><dt>Clock<dd>{3}</dl><p>{0}</p><p>{1}</p><p>{2}</p>",
        "<div class=zq><p>{0}</p><ul><li>{3}</li></ul><p>{1}</p><p>{2}</p></div>",
        "<div><div><p>{0}</p><p>{1}</p></div><ul><li>{3}</li></ul><div><p>{2}</p></div></div>",
        "<center><p>{0}</p><table><tr><th>A<th>B<tr><td>1<td>{3}</table><p>{1}<p>{2}",
    ],
)
def test_it_reads_the_lists_of_a_page_without_containers(body: str) -> None:
    page = f"<html><head><title>M</title></head><body>{body}</body></html>"
    assert holds(page.format(FIRST, SECOND, THIRD, ITEMS[0]), FIRST, SECOND, THIRD, ITEMS[0])


ADVERT = '<div class="ad"><span>Advertisement</span></div>'


@pytest.mark.parametrize(
    ("part", "between", "around"),
    [
        ('<div class="article-body">{}</div>', ADVERT, "<main>{}</main>"),
        ('<section class="chunk post-content">{}</section>', ADVERT, '<div class="page">{}</div>'),
        ('<div class="row"><div class="story-content">{}</div></div>', ADVERT, "<main>{}</main>"),
        ('<div class="text">{}</div>', ADVERT * 2, "<body>{}</body>"),
        ('<article class="part">{}</article>', ADVERT, "<div>{}</div>"),
        ('<div class="entry-content p{n}">{}</div>', f"<aside>{SECOND}</aside>", "<main>{}</main>"),
        ('<div><div><div class="body-text">{}</div></div></div>', ADVERT, "<article>{}</article>"),
        ('<article>{}</article>', ADVERT, "<main>{}</main>"),
        ('<div class="quark">{}</div>', ADVERT, '<div class="zig">{}</div>'),
    ],
)  # fmt: skip
def test_it_joins_the_parts_of_an_article(part: str, between: str, around: str) -> None:
    texts = [f"<p>{FIRST} Part {n}.</p><p>{THIRD} End {n}.</p>" for n in range(4)]
    parts = [part.replace("{n}", str(n)).format(text) for n, text in enumerate(texts)]
    comments = '<div class="comments"><p>I like this museum more than all others here.</p></div>'
    inside = around.format(between.join(parts))
    text, _ = read(f"<html><body>{MENU}<h1>Museum</h1>{inside}{comments}</body></html>")
    assert [n for n in range(4) if f"Part {n}." in text and f"End {n}." in text] == [0, 1, 2, 3]
    assert text.index("End 0.") < text.index("Part 1.") < text.index("End 3.")
    assert "Advertisement" not in text and "I like" not in text


def test_it_joins_a_short_last_part() -> None:
    texts = (f"<p>{FIRST}</p>", f"<p>{SECOND}</p>", f"<p>{THIRD}</p>", "<p>So it ends.</p>")
    parts = ADVERT.join(f'<div class="article-body">{text}</div>' for text in texts)
    assert holds(f"<html><body>{parts}</body></html>", FIRST, SECOND, THIRD, "So it ends.")


def test_it_joins_no_teasers_of_other_articles() -> None:
    other = THIRD.replace("Tickets", "Maps")
    teaser = f'<div class="text"><h2><a href="/b">Other</a></h2><p>{other}</p></div>'
    main = f'<div class="text"><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></div>'
    text, _ = read(f"<html><body><main>{main}</main>{teaser * 4}</body></html>")
    assert FIRST in text and "Maps" not in text


def test_it_joins_no_comments() -> None:
    comment = f'<div class="comment text"><p>{THIRD.replace("Tickets", "Maps")}</p></div>'
    main = f'<div class="post-content text"><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></div>'
    text, _ = read(f"<html><body>{main}<div id=c>{comment * 4}</div></body></html>")
    assert FIRST in text and "Maps" not in text


def test_it_reads_code_with_all_its_signs() -> None:
    code = (
        '<pre class="x"><span>print</span><span class="br0">(</span>"a"<span>)</span>\nrun()</pre>'
    )
    assert 'print("a")' in read(article(code))[0]


@pytest.mark.parametrize("where", ["first", "last"])
def test_it_reads_a_list_of_links_at_either_end_of_the_text(where: str) -> None:
    items = listed('<li><a href="/c">{}</a></li>')
    text = f"<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>"
    inside = items + text if where == "first" else text + items
    page = f"<html><body>{MENU}<div id=x><h1>Museum</h1>{inside}</div></body></html>"
    assert holds(page, FIRST, *ITEMS, THIRD)


def test_it_reads_no_table_of_contents_and_no_menu() -> None:
    contents = listed('<li><a href="#{}">{}</a></li>'.replace("#{}", "#x"))
    menu = f"<nav>{listed('<li><a href=/c>{}</a></li>')}</nav>"
    assert not holds(article(contents), ITEMS[0]) and not holds(article(menu), ITEMS[0])


def test_it_says_that_text_was_left_out() -> None:
    parts = (f"<p>{FIRST}</p><p>{SECOND}</p>", listed("<li><a href=/c>{}</a></li>"), f"<p>{THIRD}")
    sections = "".join(f"<section>{part}</section>" for part in parts)
    text, codes = read(f"<html><body>{sections}</body></html>")
    assert ITEMS[0] not in text and codes == ["text_left_out"]


@pytest.mark.parametrize(
    "middle",
    [
        f"<figure><ul><li>{ITEMS[0]}</ul></figure>",
        f"<table><tr><th>A<th>B<tr><td>1<td><ol><li><a href=/c>{ITEMS[0]}</a></ol></table>",
        f"<ul><li><label><input type=checkbox>{ITEMS[0]}</label></ul>",
        f"<ul><li><img src=c><p class=caption>{ITEMS[0]}</p></ul>",
        f"<ul><li>Clock<aside><p>{ITEMS[0]}</p></aside></ul>",
        f"<ul><li>Clock<li><aside>{ITEMS[0]}</aside></ul>",
    ],
)
def test_it_reads_lists_wherever_they_stand(middle: str) -> None:
    assert holds(article(middle), ITEMS[0])


def test_it_reads_a_page_that_begins_with_its_table() -> None:
    page = f"<table><tr><td>{MENU}</td><td><p>{FIRST}</p><p>{SECOND}</p></td></tr></table>"
    assert holds(page, FIRST, SECOND)


def test_it_says_nothing_of_menus_and_comments() -> None:
    around = f'<aside><p>{SECOND * 9}</p></aside><div id="comments"><p>{SECOND * 9} No</p></div>'
    assert read(article("", after=around))[1] == []
