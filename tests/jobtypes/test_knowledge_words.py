"""Words, languages, categories and summaries of texts in any script."""

# ruff: noqa: RUF001 - letters of other scripts are what it is about

from __future__ import annotations

from pathlib import Path

import pytest

from bellhop.jobtypes.knowledge.extractive import summarize, tags
from bellhop.jobtypes.knowledge.languages import language_of
from bellhop.jobtypes.knowledge.words import count_words, words
from bellhop.jobtypes.summary import CATEGORIES, summary
from tests.support.attempts import attempt
from tests.support.webpages import article, read

CHINESE = (
    "潮汐是海水每天两次的涨落。月亮吸引海水，所以潮汐随着月亮变化。"
    "水手很早就知道潮汐的时间。今天天气很好。新月和满月的时候潮汐最高。"
)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The sea rises 2 times a day.", 7),
        ("don't", 2),
        ("潮汐是海水的涨落。", 8),
        ("海は上がる", 5),
        ("コンピューターを使う", 4),
        ("Windows 11 を使う", 5),
        ("हिन्दी में लिखा", 3),
        ("שָׁלוֹם עולם", 2),
        ("مُحَمَّد كتب", 2),
        ("바다는 오르내립니다", 2),
        ("ภาษาไทย", 2),
        ("ฉันรักประเทศไทย", 4),
        ("မြန်မာဘာသာစကား", 3),
        ("é cafe\u0301", 2),
        ("𠮷野家", 3),
        ("", 0),
    ],
)
def test_it_counts_words_in_any_script(text: str, count: int) -> None:
    assert count_words(text) == count


def test_it_counts_the_words_of_a_page_without_spaces() -> None:
    page = f'<html lang="zh"><body><article><p>{CHINESE}</p></article></body></html>'
    text, _ = read(page)
    assert "潮汐" in text and count_words(text) == 58


def test_it_compares_texts_without_spaces_by_pairs() -> None:
    assert words("海水的 Sea") == ["海水", "水的", "sea"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (CHINESE, "zh"),
        ("Море поднимается и опускается, и это луна, которая притягивает воду.", "ru"),
        ("Море піднімається і опускається, і це місяць, який притягує воду землі.", "uk"),
        ("Το νερό της θάλασσας ανεβαίνει και πέφτει δύο φορές την ημέρα.", "el"),
        ("바다는 하루에 두 번 오르내립니다.", "ko"),
        ("น้ำทะเลขึ้นและลงวันละสองครั้ง", "th"),
        ("يرتفع البحر وينخفض مرتين في اليوم لأن القمر يجذب الماء من الأرض.", "ar"),
        ("Deniz günde iki kez yükselir ve alçalır, çünkü ay bu suyu kendine çeker.", "tr"),
        ("Havet stiger og falder to gange om dagen, fordi det er månen der trækker.", "da"),
        ("Moře stoupá a klesá dvakrát za den, protože je to měsíc, který přitahuje vodu.", "cs"),
        ("El mar sube y baja dos veces al día, porque la luna atrae el agua de la tierra.", "es"),
        ("O mar sobe e desce duas vezes por dia, porque a lua atrai a água da terra.", "pt"),
        ("Xyzzy plugh qwop frobnicate.", None),
    ],
)
def test_it_knows_the_language_of_a_text(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_it_divides_a_text_at_the_marks_of_its_script() -> None:
    chosen = summarize(CHINESE * 20, "zh")
    assert chosen.count("。") == 4 and "天气" not in chosen


def test_it_finds_tags_in_chinese() -> None:
    found = tags(CHINESE, "潮汐", "zh")
    assert found[0] == "潮汐" and "月亮" in found


def test_it_finds_tags_in_japanese_and_korean() -> None:
    text = "潮汐は海水の動きです。潮汐とコンピューターとコンピューター。"
    assert set(tags(text, None, "ja")) == {"潮汐", "コンピューター"}
    assert tags("고양이 고양이 그리고 달", None, "ko") == ["고양이"]


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Le ministre a annoncé hier que le gouvernement change la loi.", "News"),
        ("Schritt 1: Klicken Sie. Schritt 2: ein Beispiel. Diese Anleitung hilft.", "Tutorial"),
        ("El precio incluye el envío; comprar es fácil y la garantía dura dos años.", "Product"),
        ("Установите пакет, настройте параметры, см. документацию.", "Documentation"),
        ("摘要：本研究的方法使用新的数据集和样本。", "Research"),
        ("首相は昨日、政府の方針を発表した。", "News"),
        ("The step by step tutorial: click here, for example.", "Tutorial"),
        ("La mer monte et descend deux fois par jour.", "Other"),
    ],
)
def test_it_chooses_a_category_in_many_languages(tmp_path: Path, text: str, category: str) -> None:
    data = attempt(summary, {"text": text}, tmp_path).data
    assert (data["category"], CATEGORIES[-1]) == (category, "Other")


def test_it_reads_a_page_in_hindi_by_words() -> None:
    sentence = "समुद्र दिन में दो बार चढ़ता और उतरता है क्योंकि चंद्रमा पानी खींचता है।"
    text, _ = read(article(f"<p>{sentence}</p>"))
    assert "चंद्रमा" in text
    assert words("चंद्रमा पानी") == ["चंद्रमा", "पानी"]
