"""The words that trial balances use, as data: of headers, totals, headings and account types.

All are matched against `normal` text; the first match of a table counts. Must never hold code
beyond what builds the patterns, nor a word that fits one file only.
"""

import re

from bellhop.jobtypes.ledger.cells import word_table

LETTERS = {"a": "asset", "l": "liability", "r": "revenue", "i": "revenue", "x": "expense"}
LETTERS |= dict.fromkeys("qc", "equity")

# --- Headers of columns ---

HEADERS = word_table(r"""
debit: debits?|\w+debits?|dr|\w*debet|debetsaldo|soll|sollsaldo|debe|debitos?|debiti|cargos?|dare|
    wn|winien|debiteure?s?|debitrice|deudore?s?|deudora|devedore?s?|devedora|ma dati?|
    md|duguje|breme|deebet|borc|tartozik|
    debitore?i?|debitoare|χρεωσ\w+|χρεωστικ\w+|дебет\w*|дебит\w*|дт|\w*借方\w*|\w*借\b|
    (ال)?مدين\w*|חובה|\w*차변\w*|\w*เดบิต\w*
credit: credits?|\w+credits?|cr|\w*kredit|creditsaldo|haben|habensaldo|haber|abonos?|avere|
    ma(?! dat)|potrazuje|dobro|kreedit|
    crediteure?s?|creditrice|acreedore?s?|acreedora|credore?s?|credora|creditos?|crediti|avoir|
    dal$|alacak|kovetel|creditore?i?|creditoare|πιστωσ\w+|πιστωτικ\w+|кредит\w*|кт|
    \w*[贷貸]方\w*|\w*[贷貸]\b|(ال)?دائن\w*|זכות|\w*대변\w*|\w*เครดิต\w*
balance: balances?|\w*saldo|saldos|saldi|soldes?|amounts?|net|betrag|montant|importe|importo|total|
    value|valor|wert|\w*bestand|movements?|activity|ytd|year to date|actuals?|bal|amt|
    (current|this) (year|period|month)|net change|sold(uri)?|bakiye|tutar|zustatek|egyenleg|kwota|
    bedrag|belopp?|υπολοιπ\w+|ποσο|сальдо|остат\w+|сумма|\w*(余额|餘額|残高|金额|金額)\w*|
    (ال)?رصيد|(ال)?مبلغ|יתרה|\w*(잔액|금액)\w*
net: balances?|\w*saldo|saldos|saldi\w*|soldes?|net|sold(uri)?|bakiye\w*|zustat\w+|egyenleg|
    υπολοιπ\w+|сальдо|остат\w+|\w*(余额|餘額|残高)\w*|(ال)?(رصيد|ارصده)|יתר\w+|\w*잔액\w*
period: (19|20)\d\d|q[1-4]|fy ?\d\d|jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|
    aug(ust)?|sept?(ember)?|o[ck]t(ober)?|nov(ember)?|de[cz](ember)?|januar|februar|marz|mai|juni|
    juli|p(eriod)? ?\d{1,2}|\d{1,2} \d{1,2} \d{2,4}
""")
DEBIT, CREDIT, BALANCE, NET, PERIOD = (pattern for _, pattern in HEADERS)
STAGES = word_table(r"""
unused: budget|forecast|variance|income statement|balance sheet|profit|adjustments?|adjusting
unadjusted: unadjusted|pre adjustment
opening: opening|beginning|initial\w*|inicia\w+|inizial\w+|anfang\w*|eroffnung\w*|eb|ebwert|
    ouverture|a nouveau|brought forward|b f|bf|apertura|abertura|openings?(balans|saldo)|
    carry ?forward|b fwd|inn?gaende|ing|ib|primo|bo|ps|saldos? anterior(es)?|soldes? precedents?|
    saldo precedente|beginsaldo|poczatk\w+|pocatecn\w+|acilis|devir|devreden|nyito|
    αρχικ\w+|εναρξ\w+|начал\w+|входящ\w+|\w*(期初|年初|期首|前期繰越|前月繰越|前期|기초|이월)\w*|
    (ال)?افتتاح\w*|פתיחה
closing: closing|ending|end|final\w*|schluss\w*|end(saldo|bestand|wert)|cloture|cierre|c f|
    carried forward|chiusura|utgaende|ultimo|bz|slutt?saldo|utg|ub|ks|adjusted|post adjustment|
    nuevo saldo|novo saldo|nuovo saldo|nouveau solde|saldos? (actual|atual)(es)?|saldos? atuais|
    finais|eindsaldo|koncow\w+|konecn\w+|kapanis|donem sonu|zaro|τελικ\w+|
    конеч\w+|конец|исходящ\w+|\w*(期末|年末|次期繰越|当月残高|当期残高|기말)\w*|(ال)?(ختامي\w*|نهائي\w*)|
    סגירה
movement: \w*verkehrszahlen|jvz|mvz|umsatz\w*|obroty?|obraty|rulaj\w*|hareket\w*|оборот\w*|
    \w*(发生|發生)\w*
ytd: ytd|ack|year to date|to date|cumul\w*|kumul\w*|acumulad\w+|accumulated|jahreswert\w*|
    narastajac\w+|нараст\w+|\w*(累计|累計|누계)\w*
prior: prior|prev|previous|last year|comparatives?|vorjahr\w*|precedent\w*|anterior\w*|py|
    прошл\w+|\w*(上年|前年)\w*
movement: movements?|period|activity|mouvements?|movimientos?|movimentos?|movimenti|mutaties?|
    transactions|turnover|change|month|monat|monats\w+|bewegung\w*|mtd|ptd|κινησ\w+|
    (ال)?حرك\w+|forgalom
""")
LABELS = word_table(r"""
side: dr cr|d c|debit credit|soll haben|s h|side|sens|normal balance|balance type|natureza|
    naturaleza
serial: (s|sr|sl|serial|line|row|tax|vat) (no|code)|tax rate|subtype|detail type|notes?|folio|
    l f|lf|page|vat|level|currency rate|exchange rate|percent\w*
type: types?|class|classification|category|kategorie|kontoart|nature|group|tipo|typ|section|
    statement
currency: currency|ccy|curr|wahrung|devise|moneda|moeda|valuta|waluta|mena|para birimi|валюта|
    币种|通貨|(ال)?عمله
entity: entity|company|subsidiary|branch|gesellschaft|societe|empresa|societa|bedrijf|spolka|
    sirket|компания|организация|公司|会社|(ال)?شركه
period: period|month|year|date|fiscal|periode|mois|exercice|fecha|data|datum|tarih|mes|monat|
    miesiac|период|месяц|дата|日期|日付|月份|年月|(ال)?(تاريخ|شهر)
code: codes?|ref|reference|no|nr|num|number|nummer|numer[ao]?|numar|id|\w+nummer|\w*kontonr|
    codigo|codice|cod|clave|kod[eiu]?|classificacao|cislo|szam\w*|код|номер|κωδικ\w+|
    \w*(コード|代码|代碼|编码|編碼|编号|編號|番号|번호|코드)\w*|(ال)?(رقم|رمز|كود)|מספר|קוד
""")
# The amounts of the highest rank are the trial balance; below 0 they never are.
RANKS = {
    "unused": -1, "other": 0, "prior": 1, "opening": 2, "movement": 3, "unadjusted": 4, "": 5,
    "net": 7, "ytd": 8, "closing": 9, "mapped": 10,
}  # fmt: skip
NAMES = word_table(r"""
0: name|title|bezeichnung|kontobezeichnung|beschriftung|libelle|intitule|nombre|naam|nome|nazwa|
    nazev|denumire\w*|denominacion|denominacao|denominazione|adi|megnevezes|benamning|navn|
    наименован\w+|назван\w+|ονομ\w+|\w*(名称|名稱|名|科目|과목)|(ال)?اسم|שם
1: accounts?|konto|comptes?|cuentas?|contas?|conto|cont|rekening|ledger|nominal|gl|particulars|
    line item|hesap|ucet|счета?|λογαριασμ\w+|\w*(账户|帳戶|勘定|계정)\w*|(ال)?حساب|חשבון
2: description|descripcion|descricao|descrizione|omschrijving|details|caption|opis|popis|aciklama|
    περιγραφ\w+|описание|\w*(摘要|説明|说明)\w*|(ال)?(بيان|وصف)|תיאור
""")

# --- Rows ---

BARE_TOTAL = re.compile(
    "(grand |report |overall |column )?(totals?|total general|totaux|summe|gesamt(summe)?|totale|"
    "totaal|suma|trial balance totals?|totais|totali|razem|ogolem|celkem|soucet|toplam|"
    "genel toplam|osszesen|summa|sum|i alt|yhteensa|συνολ\\w+|γενικο συνολο|"
    "итого|всего|合计|合計|总计|總計|計|(ال)?(مجموع|اجمالي)|סה כ)( generale?| geral| ogolem)?"
)
TOTAL = re.compile(
    r"((sub|sous) ?total|totals?|totaux|summe|zwischensumme|sum of)\b|.* (sub ?)?totals?$"
)
TOTAL_WORDS = re.compile(
    r"^((grand |sub |sous )?(totals?|subtotals?|totaux|summe|zwischensumme|sum) "
    r"((for|of|de|des|du|der|von|für|pour|para|voor|per|del|di) )*)|"
    r"((sub )?(totals?|subtotals?) )$"
)
# A whole label; "transport" is an account as well, so only its amount can tell.
CARRIED = re.compile(
    r"(balance |amount |total |saldo |solde |suma |summe )?"
    r"((carried|brought) (forward|over|down)|carry ?forward|[cb] ?/? ?(f|fwd|d|o)|"
    r"c ?f|b ?f|ubertrag|vortrag|a reporter|reports?|da riportare|a riportare|riporto|"
    r"sumas? y siguen?|suma anterior|de la vuelta|a transportar|transporte)"
)
SUMMARY = re.compile(
    r"(net (income|profit|loss|earnings|surplus)|profit|loss|difference|check|"
    r"out of balance|differenz|ecart)\b.*"
)
NOTE = re.compile(
    r"\b(page|seite|pagina|página) *\d+|\w://\S|"
    r"\b(printed|generated|prepared|created|exported|run|report|print|imprimé|gedruckt|édité|unaudited)\b.*(\d|\bby\b|\bon\b)|\d\d:\d\d",
    re.I,
)
HEADING = re.compile(
    r"(\d+ )?((non|current|fixed|long|short|term|other|operating|tangible|intangible|direct|total|"
    r"indirect|and|of|the|owners?|(share|stock)holders?|members?|trading|noncurrent|accounts?) )*"
    r"(assets?|liabilit(y|ies)|equit(y|ies)|capital|revenues?|incomes?|sales|expenses?|expenditures?|"
    r"costs?( of (sales|goods sold|revenue))?|overheads?|net assets|aktiva|passiva|eigenkapital|"
    r"ertrage?|aufwand|aufwendungen|actifs?|passifs?|capitaux propres|produits|charges|activos?|"
    r"pasivos?|patrimonio( neto)?|ingresos|gastos)( accounts?)?( \d+( \d+)?)?"
)
ENDS_SECTION = re.compile(
    r"balance sheet|income statement|profit (and|or) loss|liabilit\w+ and .*equity.*"
)

# --- Accounts ---

KINDS = word_table(r"""
suspense: suspense|unallocated|uncategori[sz]ed|unidentified|ask my accountant|plug|
    to be (allocated|classified|determined|confirmed)|compte d ?attente
either side: accum\w*|acc dep|allowances?|provisions?|contra|returns?|discounts?|rebates?|drawings?|
    draws?|dividends?|distributions?|withdrawals?|treasury|deficit|loss|losses|gains?|opening|
    amorti\w+|vat|gst|tax|overdraft|reserves?|impairment|clearing|revaluation|differences?|summary
reduces: accumulated|allowance|drawings?|draws?|dividends?|returns?|treasury|contra
asset in credit: acc(um(ulated)?)? (dep\w*|amorti[sz]ation|impairment)|allowance for
equity in debit: drawings?|withdrawals?
""")
SUSPENSE, EITHER_SIDE, REDUCES, CREDIT_ASSET, DEBIT_EQUITY = (pattern for _, pattern in KINDS)
TYPE_WORDS = word_table(r"""
asset: accumulated \w+|prepaid|prepay\w*|receivables?|deferred tax assets?|assets?
liability: liabilit\w+|payables?|accru\w+|deferred (revenue|income)|unearned|credit ?cards?|loans?|
    creditors?|passifs?|pasivos?|passiv\w*|passivo|duties|provisions?|schulden|verbindlich\w*|
    mortgages?|borrowings?
equity: equit(y|ies)|capital|net assets|eigenkapital|capitaux|patrimon\w+|(share|stock)holders?|
    owners?|reserves?|retained|dividends?|draw(ings|s)?|distributions?
expense: cost|costs|cogs|expenses?|expenditures?|overheads?|aufwand|aufwendungen|charges?|gastos|
    costi|kosten|depreciation|purchases|income tax|lasten
asset: bank|cash|inventor\w+|debtors?|actifs?|activos?|aktiv\w*|attiv\w+|activa|stock|investments?|
    property|plant|equipment
revenue: revenues?|incomes?|sales|turnover|ertrag|ertrage|erlose|produits|ingresos|ricavi|
    opbrengsten|gains?
""")
# A name with "a|b" is an account of type a when in debit and of type b when in credit.
NAME_TYPES = word_table(r"""
equity: net assets|other comprehensive|
    profit( and| or)? loss( a c| account)?( b f| brought forward)?$
asset: (staff|employees?|suppliers?|vendors?) advances?|acc(um)? dep\w*|
    (construction|capital work|work|assets?) in (progress|construction)|
    (vehicles?|equipment|plant|machinery|buildings?|furniture|computers?|fixtures?)( at)? cost
liability: customers? advances?|(share|stock)holders? loans?
revenue: expense income
expense|liability: corporation tax|national insurance|paye|ni|hire purchase|
    provision for (?!(income )?tax|doubtful|bad|depreciation)\w+
asset: receivables?|prepaid|prepayments?|accrued (income|revenues?)|deferred tax assets?|
    accumulated (depreciation|amorti[sz]ation|impairment)|allowance for|
    provision for (doubtful|bad|depreciation)|reserve for (doubtful|bad)|due from|advances? to|
    (loans?|advances?) to|treasury bills?|deposits? paid|investments? in|capital work in progress|
    original cost|at cost|assets?|supplies on hand|closing (stock|inventory)
liability: payables?|unearned|deferred|in advance|customer deposits?|due to|liabilit\w+|overdraft|
    accrued|accruals?|loans? from|current portion|credit cards? ?\w*(?<!fees)(?<!charges)$
revenue: sales (returns?|discounts?|allowances?)|returns? inwards?|
    (fees?|commissions?|interest|rent|dividends?|discounts?) (earned|received)|capital gains?|
    gains? (on|from)
expense: expenses?|costs?|cogs|interest (on|paid)|(bank|card|merchant) (service )?(charges?|fees?)|
    (loan|mortgage) (interest|fees?)|discounts? allowed|income tax(es)?|bad debts?|doubtful debts?|
    loss(es)? (on|from)|wages|salar(y|ies)|payroll tax(es)?|
    (purchases?|purchase) (returns?|discounts?)|(equipment|vehicles?|trucks?|cars?|office|property|
    buildings?|machinery|computers?) (rent|rentals?|leas\w+|hire|repairs?|maintenance|insurance|
    tax(es)?|fuel)(?! (income|revenue))|returns? outwards?|sales (commissions?|salar\w+|promotion)|
    depreciation|amorti[sz]ation|impairment|write offs?|freight|carriage|opening (stock|inventory)
liability: creditors|mortgages?|debentures?|borrowings?|
    (bank|term|long term|short term|car|vehicle) loans?|mastercard|visa|amex|american express|
    lines? of credit|obligations?|long term debt|sales tax|output (vat|tax)|gst collected|
    verbindlichkeiten|fournisseurs|emprunts?|proveedores|withholdings?|gift cards?|
    provision for (income )?tax\w*
revenue: income|revenues?|sales|turnover|service fees?|ventes|umsatz\w*|erlose|ertrage|ventas|
    ingresos|gains?|grants|donations received|subscriptions? received
expense|revenue: bank interest
equity: retained|capital|(share|stock)holders?|equity|
    (common|preferred|ordinary|treasury) (stock|shares?)|ordinary shares|paid in|drawings?|draws?|
    withdrawals?|dividends?|distributions?|reserves?|opening balances?|
    accumulated (deficit|loss(es)?|profits?|surplus)|partners?|fund balance|net assets|
    share premium|owners?|eigenkapital|stammkapital|kapital
asset: cash|banks?|checking|savings|debtors|inventor(y|ies)|stocks?|equipment|machinery|machines?|
    vehicles?|trucks?|cars|furniture|fixtures?|fittings|buildings?|land|property|plant|premises|
    computers?|goodwill|patents?|copyrights?|trademarks?|investments?|securities|undeposited funds|
    work in progress|wip|input (vat|tax)|gst paid|raw materials|finished goods|merchandise|
    leasehold improvements?|right of use|petty cash|kasse|forderungen|banque|caisse|clients|bancos?|
    caja|clientes|vorrate|money market|intangibles?|tools|supplies
asset|liability: loans?|deposits?|vat|gst|tax control|intercompany|notes?|bonds?|current account|
    clearing
expense|revenue: rent|rentals?|interest|commissions?|discounts?|fees?|royalt\w+|subscriptions?|
    foreign exchange|exchange (gain|loss|difference)\w*|grants?|donations?|services?|consulting|
    miete|loyers?|zinsen
expense: purchases?|payroll|utilit(y|ies)|electricity|gas|water|heating|insurance|advertising|
    marketing|repairs?|maintenance|telephone|phone|internet|travel|entertainment|meals|postage|
    printing|stationery|professional|legal|audit\w*|accounting|tax(es)?|training|fuel|cleaning|
    licen[cs]es?|fines|penalt\w+|sundr(y|ies)|miscellaneous|superannuation|pensions?|delivery|motor|
    office|software|hosting|charges|loss(es)?|labou?r|overheads?|general|administrat\w+|research|
    light|heat|power|electric|staff|employees?|employers?|officers?|welfare|compensation|benefits|
    (sub)?contract\w*|materials?|security|contributions?|automobile|rates|gehalter|lohne|aufwand|werbung|salaires|achats|wareneinkauf|wareneinsatz|sueldos|compras|
    alquiler|suministros
asset: paypal|stripe|automobiles|websites?
""")

# --- Codes: the letter of the type by the start of the code; the longest start counts ---

SCHEMES = {
    name: {start[:-1]: LETTERS[start[-1]] for start in starts.split()}
    for name, starts in {
        "standard": "0a 1a 2l 3q 4r 5x 6x 7x 8x 9x",
        "xero": "0a 2r 3x 4x 5x 6a 7a 8l 9q",
        "pcg": "10q 11q 12q 13q 14q 15l 16l 17l 18l 2a 3a 40l 409a 41a 419l 42l 43l 44l 4456a "
        "45l 46l 467a 48l 486a 5a 519l 6x 7r",
        "pgc": "10q 11q 12q 13q 14l 15l 16l 17l 18l 2a 3a 40l 407a 41l 43a 438l 44a 46a 465l 466l "
        "47a 475l 476l 477l 479l 480a 485l 50l 51l 52l 53a 54a 55a 56l 565a 566a 57a 58a 6x 7r",
        "pcmn": "10q 11q 12q 13q 14q 15q 16l 17l 2a 3a 40a 41a 42l 43l 44l 45l 46l 47l 48l 490a "
        "491a 492l 493l 5a 6x 7r",
        "bas": "1a 20q 21l 22l 23l 24l 25l 26l 27l 28l 29l 3r 4x 5x 6x 7x 80r 81r 82r 83r 84x 88x "
        "89x",
        "kmu": "1a 2l 28q 29q 3r 4x 5x 6x 7x 8x",
        "ekr": "0a 1a 2a 3l 4r 5x 6x 7x 80r 81r 82x 83x 84x 85x 9q",
        "skr03": "0a 08q 07l 1a 16l 17l 18q 2x 26r 27r 3x 4x 8r",
        "skr04": "0a 1a 2q 3l 4r 5x 6x 7x 70r 71r",
    }.items()
}
