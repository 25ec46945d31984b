"""Names of coordinate reference systems, and longitude and latitude where formulas suffice."""

from __future__ import annotations

import math
import re

from bellhop.jobtypes.geo import epsg, grid, names
from bellhop.jobtypes.geo.model import Box, Crs
from bellhop.jobtypes.geo.refusals import missing_cog, unknown_crs

MOST_TEXT = 10_000
CODE = re.compile(
    r"(?:EPSG\s*:{1,2}\s*|urn:ogc:def:crs:EPSG:[\d.]*:|https?://www\.opengis\.net/def/crs/EPSG/"
    r"[\d.]+/)?(\d{4,6})",
    re.IGNORECASE,
)
SPELLINGS = {
    "wgs84": 4326, "crs84": 4326, "ogc:crs84": 4326,
    "urn:ogc:def:crs:ogc:1.3:crs84": 4326, "urn:ogc:def:crs:ogc::crs84": 4326,
    "web mercator": 3857, "esri:102100": 3857, "900913": 3857, "epsg:900913": 3857,
}  # fmt: skip
DEFINITION = re.compile(
    r"(GEOGCS|PROJCS|COMPD_CS|GEOGCRS|GEODCRS|PROJCRS|BOUNDCRS|COMPOUNDCRS|GEODETICCRS|"
    r"GEOGRAPHICCRS|PROJECTEDCRS)\s*\[|\+proj=|(ESRI|IAU_2015|IGNF|OGC):\w+$",
    re.IGNORECASE,
)
# At the end of WKT, old or new.
ROOT_CODE = re.compile(r'(?:AUTHORITY|ID)\["(\w+)",\s*"?(\w+)"?\]\s*\]$')
# The registry divides the names of projected systems with this sign.
NAME = re.compile(r"[^\W\d_][\w .,'()+-]{1,50} / [\w .,'()+-]{1,50}")
# A definition may name files and services; none of them is ours to open.
FOREIGN = re.compile(
    r"(nadgrids|geoidgrids)\s*=(?!@null\b)|grids\s*=\s*\S*[/\\]|init\s*=|://", re.I
)
WEB_MERCATOR_RADIUS_M = 6378137.0
WGS84_FLATTENING = 1 / 298.257223563


def code_of(text: str) -> int | None:
    """The EPSG code that a text names, if it names one."""
    text = " ".join(text.split())
    if found := SPELLINGS.get(text.lower()) or names.code_of(text):
        return found
    match = CODE.fullmatch(text)
    return int(match[1]) if match else None


def is_definition(text: str) -> bool:
    """Whether it is WKT, a PROJ string or a code of another authority, and opens no file."""
    is_one = len(text) <= MOST_TEXT and DEFINITION.match(text.strip())
    return bool(is_one) and not FOREIGN.search(text)


def is_open(text: str) -> bool:
    """Whether WKT goes on behind this."""
    return text.count("[") > text.count("]")


def code_of_wkt(text: str) -> int | None:
    """The EPSG code that WKT bears, or that its name and numbers show."""
    match = ROOT_CODE.search(text.strip())
    if match:
        return int(match[2]) if match[1] == "EPSG" and match[2].isdigit() else None
    return names.code_of_wkt(text.strip())


def by_table(text: str) -> Crs:
    """The system that `text` names, without a projection library.

    Raises BadInput: unknown_crs, missing_extra.
    """
    code = code_of(text)
    if code is None and is_definition(text):
        code = code_of_wkt(text)
        if code is None:
            raise missing_cog("A coordinate reference system without an EPSG code")
    if code is None:
        if NAME.fullmatch(text):
            raise missing_cog(f'The coordinate reference system "{text}"')
        raise unknown_crs(text)
    kind = epsg.kind_of(code)
    if kind == "compound":
        raise missing_cog(f"EPSG:{code}, which has heights,")
    if kind is None:
        raise unknown_crs(text)
    return by_code(code, is_geographic=kind == "geographic")


def by_code(code: int, *, is_geographic: bool) -> Crs:
    """Of a code whose kind is known; unit and title only where they are certain."""
    zone = _utm_zone(code)
    unit = title = None
    if code in (4326, 4979):
        unit, title = "degree", "WGS 84"
    elif code == 3857:
        unit, title = "metre", "WGS 84 / Pseudo-Mercator"
    elif zone:
        unit, title = "metre", f"WGS 84 / UTM zone {abs(zone)}{'N' if zone > 0 else 'S'}"
    return Crs(f"EPSG:{code}", is_geographic, code, unit, title)


def to_wgs84(box: Box, code: int | None) -> Box | None:
    """The same box in longitude and latitude, where that is exact; else None.

    Where it crosses the 180th meridian, west is greater than east.
    """
    if code in (4326, 4979):
        return box
    points = list(grid.edge_points(box))
    if code == 3857:
        places = [_from_web_mercator(x, y) for x, y in points]
    elif code and (zone := _utm_zone(code)):
        places = [_from_utm(x, y, zone) for x, y in points]
    else:
        return None
    longitudes, latitudes = [p[0] for p in places], [p[1] for p in places]
    west, east = min(longitudes), max(longitudes)
    if west < -180 <= east or west <= 180 < east:
        west, east = (west + 360 if west < -180 else west), (east - 360 if east > 180 else east)
    return west, min(latitudes), east, max(latitudes)


def _utm_zone(code: int) -> int:
    """The zone of WGS 84 / UTM, negative in the south, 0 for another code."""
    if 32601 <= code <= 32660:
        return code - 32600
    return 32700 - code if 32701 <= code <= 32760 else 0


def _from_web_mercator(x: float, y: float) -> tuple[float, float]:
    longitude = math.degrees(x / WEB_MERCATOR_RADIUS_M)
    return longitude, math.degrees(math.atan(math.sinh(y / WEB_MERCATOR_RADIUS_M)))


def _from_utm(easting: float, northing: float, zone: int) -> tuple[float, float]:
    """Krüger's series to the sixth order in n (Karney 2011): exact to less than a micrometre."""
    n = WGS84_FLATTENING / (2 - WGS84_FLATTENING)
    radius = WEB_MERCATOR_RADIUS_M / (1 + n) * (1 + n**2 / 4 + n**4 / 64 + n**6 / 256)
    beta = (
        n / 2 - n**2 * 2 / 3 + n**3 * 37 / 96 - n**4 / 360 - n**5 * 81 / 512
        + n**6 * 96199 / 604800,
        n**2 / 48 + n**3 / 15 - n**4 * 437 / 1440 + n**5 * 46 / 105 - n**6 * 1118711 / 3870720,
        n**3 * 17 / 480 - n**4 * 37 / 840 - n**5 * 209 / 4480 + n**6 * 5569 / 90720,
        n**4 * 4397 / 161280 - n**5 * 11 / 504 - n**6 * 830251 / 7257600,
        n**5 * 4583 / 161280 - n**6 * 108847 / 3991680,
        n**6 * 20648693 / 638668800,
    )  # fmt: skip
    xi = (northing - (10_000_000 if zone < 0 else 0)) / (0.9996 * radius)
    eta = (easting - 500_000) / (0.9996 * radius)
    xi_c, eta_c = xi, eta
    for j, b in enumerate(beta, 1):
        xi_c -= b * math.sin(2 * j * xi) * math.cosh(2 * j * eta)
        eta_c -= b * math.cos(2 * j * xi) * math.sinh(2 * j * eta)
    chi_sin = math.sin(xi_c) / math.cosh(eta_c)
    longitude = math.atan2(math.sinh(eta_c), math.cos(xi_c))
    latitude = _latitude(chi_sin)
    return abs(zone) * 6 - 183 + math.degrees(longitude), math.degrees(latitude)


def _latitude(conformal_sine: float) -> float:
    """The geographic latitude of a conformal one, by Newton's method on its tangent."""
    e2 = WGS84_FLATTENING * (2 - WGS84_FLATTENING)
    e = math.sqrt(e2)
    goal = conformal_sine / math.sqrt(max(1e-300, 1 - conformal_sine**2))
    tau = goal
    for _ in range(10):
        hypotenuse = math.sqrt(1 + tau**2)
        sigma = math.sinh(e * math.atanh(e * tau / hypotenuse))
        found = tau * math.sqrt(1 + sigma**2) - sigma * hypotenuse
        step = (goal - found) / math.sqrt(1 + found**2)
        step *= (1 + (1 - e2) * tau**2) / ((1 - e2) * hypotenuse)
        tau += step
        if abs(step) < 1e-14 * max(1.0, abs(tau)):
            break
    return math.atan(tau)
