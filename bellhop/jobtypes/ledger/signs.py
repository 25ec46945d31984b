"""The marks that may stand beside a number, as data: sides and currencies.

Source of the currencies: Unicode CLDR 47 (Babel 2.18), all locales: the codes in use today, and
each sign of more than one character, or of the Unicode category Sc, that names one currency.
Must never hold code beyond what builds the tables.
"""

import unicodedata


def _plain(mark: str) -> str:
    """A mark as `cells.normal` has it."""
    text = unicodedata.normalize("NFKD", mark.replace("_", " "))
    return "".join(char for char in text if unicodedata.category(char) != "Mn").casefold()


# Debit and credit. The marks of a file are read by the first pair that has them all: "D" is debit
# beside "C", and credit beside "MD".
_PAIRS = """
    dr/cr d/c db/cr deb/cred debit/credit debet/credit debet/kredit débito/crédito
    débit/crédit d/k dt/ct dt/kt s/h soll/haben d/h debe/haber d/a dare/avere deudor/acreedor
    devedor/credor deudora/acreedora devedora/credora naam/jama d/p duguje/potražuje
    débiteur/créditeur md/d má_dáti/dal wn/ma b/a borç/alacak t/k
    tartozik/követel д/к дт/кт дебет/кредит дебит/кредит χ/π χρ/πι χρέωση/πίστωση 借/贷 借/貸
    借方/贷方 借方/貸方 차/대 차변/대변 مدين/دائن م/د חובה/זכות ח/ז nợ/có
"""
SIDE_PAIRS = [
    (_plain(debit), _plain(credit))
    for debit, credit in (pair.split("/") for pair in _PAIRS.split())
]
# Letters and words that are a side only next to the other one of their pair.
AMBIGUOUS = {"a", "b", "t", "md", "ma", "wn", "no", "co", "deb", "cred", "dal", "dare", "p"}

_CODES = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP
    BYN BZD CAD CDF CHF CLP CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP
    GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES
    KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR
    MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB
    RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY
    TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL
"""
CURRENCIES = frozenset(_CODES.split())
# The codes that are words too.
WORDS = {"ALL", "ANG", "BAM", "BOB", "COP", "CUP", "GEL", "MAD", "MOP", "PEN", "SOS", "TOP", "TRY"}
# The code that each sign stands for, in lower case; none where it stands for several.
_SIGNS = """
    $:USD $a:AUD $ar:ARS $au:AUD $bm:BMD $bn:BND $bz:BZD $ca:CAD $cl:CLP $co:COP $ec:XCD $fj:FJD
    $hk:HKD $mx:MXN $na:NAD $nz:NZD $sb:SBD $sg:SGD $sr:SRD $tt:TTD $us:USD $uy:UYU $ws:WST
    a$:AUD afl:AWG au$:AUD aud$:AUD b/:PAB bds$:BBD bm$:BMD br:ETB br$:BRL bs$:BSD bs.s:VES
    bz$:BZD c$: ca$:CAD cfp:XPF cfpf:XPF cg:XCG cn¥:CNY den:MKD din:RSD dkr:DKK ec$:XCD
    eg£:EGP fbu:BIF fc:CDF fcfa: fcfp:XPF fdj:DJF fj$:FJD gb£:GBP gh₵:GHS hk$:HKD ikr:ISK
    jm$:JMD jp¥:JPY ka$:CAD km:BAM kr: kr₩:KRW ksh:KES kč:CZK lekë:ALL mop$:MOP mtn:MZN mx$:MXN
    nfk:ERN nis:ILS nkr:NOK nt$:TWD nz$:NZD nzd$:NZD r$:BRL rd$:DOP rm:MYR rp:IDR rs: s$:SGD
    s/:PEN si$:SBD t$:TOP th฿:THB tsh:TZS uk£:GBP us$:USD ush:UGX ws$:WST zł:PLN £:GBP
    £fk:FKP £gb:GBP £gi:GIP £lb:LBP ¥:JPY ¥cn:CNY ден:MKD дин:RSD зл:PLN км:BAM кч:CZK лв:BGN
    лсл:LSL сом:KGS сўм:UZS тл:TRY тмт:TMT щ.д:USD ֏:AMD ؋:AFN أ.م:MRU ج.س:SDG ج.م:EGP د.أ:JOD
    د.إ:AED د.ب:BHD د.ت:TND د.ج:DZD د.ع:IQD د.ك:KWD د.ل:LYD د.م:MAD ر.إ:IRR ر.س:SAR ر.ع:OMR
    ر.ق:QAR ر.ي:YER ریال:IRR ل.س:SYP ل.ل:LBP ৳:BDT ฿:THB ብር:ETB ៛:KHR ₡:CRC ₦:NGN
    ₩:KRW ₪:ILS ₫:VND €:EUR ₭:LAK ₮:MNT ₱:PHP ₲:PYG ₴:UAH ₸:KZT ₹:INR ₺:TRY ₼:AZN ₽:RUB ₾:GEL
"""
CURRENCY_SIGNS = dict(entry.split(":") for entry in _SIGNS.split())
