"""Systems by the name that EPSG gives them, as far as they are known without a projection library.

Also by the spelling of ESRI, whose WKT has no code: there the numbers of the projection must agree
with the name. A test compares the names with the database of PROJ.
"""

from __future__ import annotations

import re

# A name with the number of its zone, what is added to the zone to get the code, and the zones.
FAMILIES = (
    ("WGS 84 / UTM zone {}N", 32600, range(1, 61)),
    ("WGS 84 / UTM zone {}S", 32700, range(1, 61)),
    ("WGS 72 / UTM zone {}N", 32200, range(1, 61)),
    ("WGS 72 / UTM zone {}S", 32300, range(1, 61)),
    ("ETRS89 / UTM zone {}N", 25800, range(28, 38)),
    ("ED50 / UTM zone {}N", 23000, range(28, 39)),
    ("NAD83 / UTM zone {}N", 26900, range(1, 24)),
    ("NAD27 / UTM zone {}N", 26700, range(1, 23)),
    ("NAD83(2011) / UTM zone {}N", 6329, range(1, 20)),
    ("SIRGAS 2000 / UTM zone {}S", 31960, range(17, 26)),
    ("GDA94 / MGA zone {}", 28300, range(48, 59)),
    ("GDA2020 / MGA zone {}", 7800, range(46, 60)),
    ("DHDN / 3-degree Gauss-Kruger zone {}", 31464, range(2, 6)),
    ("Pulkovo 1942 / Gauss-Kruger zone {}", 28400, range(4, 33)),
    ("CGCS2000 / 3-degree Gauss-Kruger zone {}", 4488, range(25, 46)),
    ("CGCS2000 / Gauss-Kruger zone {}", 4478, range(13, 24)),
)
SINGLE = {
    "WGS 84": 4326, "WGS 84 / Pseudo-Mercator": 3857, "WGS 84 / World Mercator": 3395,
    "WGS 84 / Arctic Polar Stereographic": 3995, "WGS 84 / Antarctic Polar Stereographic": 3031,
    "WGS 84 / NSIDC Sea Ice Polar Stereographic North": 3413, "WGS 72": 4322, "ETRS89": 4258,
    "ETRS89 / LAEA Europe": 3035, "ETRS89 / LCC Europe": 3034, "NAD83": 4269, "NAD27": 4267,
    "NAD83(2011)": 6318, "NAD83 / Conus Albers": 5070, "ED50": 4230, "CGCS2000": 4490,
    "GDA94": 4283, "GDA2020": 7844, "SIRGAS 2000": 4674, "Tokyo": 4301, "JGD2000": 4612,
    "JGD2011": 6668, "DHDN": 4314, "Pulkovo 1942": 4284, "Amersfoort": 4289,
    "Amersfoort / RD New": 28992, "OSGB36": 4277, "OSGB36 / British National Grid": 27700,
    "TM65 / Irish Grid": 29902, "IRENET95 / Irish Transverse Mercator": 2157,
    "RGF93 v1 / Lambert-93": 2154, "BD72 / Belgian Lambert 72": 31370,
    "ETRS89 / Belgian Lambert 2008": 3812, "CH1903 / LV03": 21781, "CH1903+ / LV95": 2056,
    "MGI / Austria Lambert": 31287, "Monte Mario / Italy zone 1": 3003,
    "Monte Mario / Italy zone 2": 3004, "ETRS89 / Poland CS92": 2180,
    "S-JTSK / Krovak East North": 5514, "SWEREF99 TM": 3006, "SWEREF99": 4619,
    "ETRS89 / TM35FIN(E,N)": 3067, "Estonian Coordinate System of 1997": 3301,
    "LKS94 / Lithuania TM": 3346, "LKS-92 / Latvia TM": 3059, "HD72 / EOV": 23700,
    "GGRS87 / Greek Grid": 2100, "NZGD2000": 4167,
    "NZGD2000 / New Zealand Transverse Mercator 2000": 2193, "SVY21 / Singapore TM": 3414,
    "Hong Kong 1980 Grid System": 2326,
}  # fmt: skip
# Of ESRI: the beginning of a name, and that of EPSG.
ESRI = (
    ("WGS_1984_UTM_Zone_", "WGS 84 / UTM zone "), ("ETRS_1989_UTM_Zone_", "ETRS89 / UTM zone "),
    ("NAD_1983_UTM_Zone_", "NAD83 / UTM zone "), ("GCS_WGS_1984", "WGS 84"),
    ("GCS_ETRS_1989", "ETRS89"), ("GCS_North_American_1983", "NAD83"),
)  # fmt: skip
UTM = re.compile(r".* / UTM zone (\d+)([NS])")
ROOT = re.compile(r'(PROJCS|PROJCRS|GEOGCS|GEOGCRS)\["([^"]+)"', re.IGNORECASE)
PARAMETER = re.compile(r'PARAMETER\["([^"]+)",\s*([-+.\deE]+)', re.IGNORECASE)
DATUM = re.compile(r'(?:DATUM|ENSEMBLE)\["(?:D_)?([^"]+)"', re.IGNORECASE)
MERIDIAN = re.compile(r'PRIMEM\["([^"]+)",\s*([-+.\deE]+)', re.IGNORECASE)
UNIT = re.compile(r'UNIT\["[^"]+",\s*([-+.\deE]+)', re.IGNORECASE)
DATUMS = {
    "WGS 84": ("wgs1984", "worldgeodeticsystem1984ensemble", "worldgeodeticsystem1984"),
    "ETRS89": ("etrs1989", "europeanterrestrialreferencesystem1989",
               "europeanterrestrialreferencesystem1989ensemble"),
    "NAD83": ("northamerican1983", "northamericandatum1983"),
}  # fmt: skip
DEGREE = 0.0174532925199433
CLOSE = 1e-9


def code_of(name: str) -> int | None:
    """The EPSG code of a name, in any case; None for one that is not known here."""
    return NAMES.get(_plain(name))


def code_of_wkt(wkt: str) -> int | None:
    """The EPSG code of WKT that has none: of a geographic system or a UTM zone without change.

    Name, datum, unit and the numbers of the projection must all be those of the system.
    """
    root = ROOT.match(wkt)
    if root is None:
        return None
    name = root[2]
    for start, ours in ESRI:
        if name.lower().startswith(start.lower()):
            name = ours + name[len(start) :]
    code = code_of(name)
    zone = UTM.fullmatch(name)
    is_known = _is_datum(wkt, name.partition(" / ")[0]) and (
        _is_utm(wkt, int(zone[1]), zone[2]) if zone else "/" not in name
    )
    return code if is_known else None


def _is_datum(wkt: str, name: str) -> bool:
    datum, meridian, units = DATUM.search(wkt), MERIDIAN.search(wkt), UNIT.findall(wkt)
    if datum is None or re.sub(r"[^a-z0-9]", "", datum[1].lower()) not in DATUMS.get(name, ()):
        return False
    is_degree = bool(units) and any(abs(float(unit) - DEGREE) < CLOSE for unit in units)
    return is_degree and (meridian is None or float(meridian[2]) == 0)


def _is_utm(wkt: str, zone: int, side: str) -> bool:
    goal = {
        "falseeasting": 500_000, "falsenorthing": 0 if side == "N" else 10_000_000,
        "scalefactor": 0.9996, "latitudeoforigin": 0, "centralmeridian": 6 * zone - 183,
    }  # fmt: skip
    found = {re.sub("[^a-z]", "", n.lower()): float(v) for n, v in PARAMETER.findall(wkt)}
    unit = UNIT.findall(wkt)[-1]
    return found == goal and float(unit) == 1 and "transverse" in wkt.lower()


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


NAMES = {_plain(name): code for name, code in SINGLE.items()} | {
    _plain(form.format(zone)): offset + zone for form, offset, zones in FAMILIES for zone in zones
}
