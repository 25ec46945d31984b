"""The category of a text where no model says it: by words that tell of one, in many languages."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

# The beginnings of words, `_` for a space; in scripts without spaces they may stand anywhere.
TELLING = {
    "Documentation": """api configur install paramet documentation paramètr einstellung
        dokumentation handbuch documentación parámetro documentazione instalação documentação
        parâmetro instelling documentatie установ настро параметр документац instalac
        konfigurac dokumentac instalar 安装 安裝 配置 参数 參數 文档 文件 接口 インストール
        設定 パラメータ ドキュメント 설치 설정 매개변수 문서 تثبيت إعداد kurulum yapılandır
        belge""",  # noqa: RUF001 - Turkish
    "News": """announced yesterday today reported minister police government aujourd hier
        ministre gouvernement annonc porte-parole gestern heute regierung polizei sprecher
        mitgeteilt berichtet ayer hoy ministr gobierno anunció policía portavoz ieri oggi
        governo annunciato polizia ontem hoje anunciou polícia gisteren vandaag regering
        politie вчера сегодня министр правительств полици сообщил заявил wczoraj dzisiaj rząd
        policj 记者 記者 报道 報導 昨日 今日 发言人 發言人 政府 警方 発表 首相 報道 警察 기자
        정부 경찰 발표 أعلن اليوم أمس وزير الحكومة الشرطة dün bugün bakan hükümet polis""",
    "Product": """price buy shipping order customers warranty prix acheter livraison commande
        panier garantie preis kaufen versand lieferung bestell warenkorb precio comprar envío
        pedido garantía prezzo acquist spedizione ordine garanzia preço frete entrega garantia
        prijs kopen verzend цена купить доставка заказ гаранти cena kupić dostawa zamów
        gwarancj 价格 價格 购买 購買 运费 订单 訂單 保修 価格 購入 配送 注文 送料 保証 가격
        구매 배송 주문 보증 سعر شراء شحن fiyat satın kargo sipariş garanti""",  # noqa: RUF001 - Turkish
    "Reference": """encyclopedia isbn references see_also bibliograph encyclopéd références
        enzyklopäd einzelnachweise weblinks enciclopedia referencias riferimenti enciclopédia
        referências encyclopedie bronnen энциклопед примечания литература encyklopedia przypisy
        百科 参考文献 參考文獻 参考资料 脚注 출처 각주 موسوعة مراجع ansiklopedi kaynakça""",
    "Research": """abstract hypothes method dataset algorithm et_al résumé hypothèse méthode
        échantillon étude stichprobe studie datensatz hipótesis método muestra estudio ipotesi
        metodo campione hipótese amostra estudo onderzoek steekproef гипотез метод выборк
        исследован hipotez metod badani 摘要 假设 假說 方法 数据集 數據 样本 樣本 研究 実験
        仮説 手法 가설 방법 연구 표본 فرضية منهج دراسة عينة yöntem örneklem araştırma""",  # noqa: RUF001 - Turkish
    "Tutorial": """step tutorial how_to example click étape tutoriel exemple cliqu schritt
        anleitung beispiel klick paso ejemplo clic passo passaggio esempio exemplo clique stap
        handleiding voorbeeld klik шаг пример нажмите инструкц krok przykład 步骤 步驟 教程
        教學 例如 点击 點擊 手順 クリック 例えば 단계 예제 클릭 خطوة مثال انقر adım örnek tıkla""",  # noqa: RUF001 - Turkish
}
LEAST = 3
WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")


def guess(text: str, categories: Sequence[str]) -> str:
    """The category whose words the text has most; the last one, where it has too few of any."""
    small = text.casefold()
    known = {name: len(_telling(name).findall(small)) for name in categories if name in TELLING}
    best = max(known, key=lambda name: known[name], default=categories[-1])
    return best if known.get(best, 0) >= LEAST else categories[-1]


@functools.cache
def _telling(category: str) -> re.Pattern[str]:
    words = [word.casefold().replace("_", " ") for word in TELLING[category].split()]
    beginnings = "|".join(re.escape(word) for word in words if not WITHOUT_SPACES.search(word))
    anywhere = "|".join(word for word in words if WITHOUT_SPACES.search(word))
    return re.compile(rf"(?<!\w)(?:{beginnings})|{anywhere}")
