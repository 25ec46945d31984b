"""The .aux.xml beside an image: GDAL's PAM, and what ArcGIS writes into it.

The rules, as GDAL has them: SRS and GeoTransform of the dataset count, then its GCPList. Without
them the GeodataXform of ArcGIS counts, with its system and its points; there y is negative below
the upper edge. Statistics and other metadata are left out.
"""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

from bellhop import BadInput
from bellhop.jobtypes.geo import crs, epsg, grid
from bellhop.jobtypes.geo.model import ControlPoint, Geotransform, Sidecar
from bellhop.jobtypes.geo.refusals import MOST_POINTS

START = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:PAMDataset|GeodataXform)\b", re.S
)
AXES = re.compile(r'AXIS\["[^"]*",\s*(north|south|east|west)\b', re.IGNORECASE)
ORDER_OF_SYSTEM = "1,2"


def is_pam(text: str) -> bool:
    return bool(START.match(text))


def read(text: str, name: str) -> Sidecar:
    """Raises BadInput bad_aux_xml."""
    root = _parsed(text)
    system = _system(root.find("SRS"))
    gt = _geotransform(root.findtext("GeoTransform", ""))
    points, points_system = _gcp_list(root.find("GCPList"))
    form = root if root.tag == "GeodataXform" else _esri_form(root)
    if form is not None and not system:
        system = _esri_system(form)
        points = points or (() if gt else _esri_points(form))
    return Sidecar(
        kind="aux_xml", name=name, geotransform=gt, control_points=() if gt else points,
        crs=system if gt else points_system or system,
    )  # fmt: skip


def _system(element: ElementTree.Element | None) -> str:
    """The text of a system. Raises BadInput bad_aux_xml where its coordinates are exchanged."""
    if element is None:
        return ""
    return _in_order(element.text or "", element.get("dataAxisToSRSAxisMapping", ""))


def _in_order(text: str, mapping: str) -> str:
    """The text of a system whose coordinates are east before north. Raises BadInput bad_aux_xml."""
    if mapping.replace(" ", "") == ORDER_OF_SYSTEM and _is_north_first(text):
        raise _bad("its coordinates are north before east")
    return " ".join(text.split())


def _is_north_first(text: str) -> bool:
    """Of the two axes that the whole system has, which stand behind those of its parts."""
    axes = [axis.lower() for axis in AXES.findall(text)][-2:]
    if len(axes) == 2:
        return axes[0] in ("north", "south") and axes[1] in ("east", "west")
    code = crs.code_of(text)
    return code is not None and epsg.kind_of(code) == "geographic"


def _geotransform(text: str) -> Geotransform | None:
    if not text.strip():
        return None
    numbers = _numbers(text.split(","))
    if len(numbers) != 6:
        raise _bad("its GeoTransform has not six numbers")
    a, b, c, d, e, f = numbers
    gt = (a, b, c, d, e, f)
    if grid.is_degenerate(gt):
        raise _bad("the pixels of its GeoTransform have no size")
    return gt


def _gcp_list(element: ElementTree.Element | None) -> tuple[tuple[ControlPoint, ...], str]:
    """The points of GDAL and their system."""
    if element is None:
        return (), ""
    mapping = element.get("dataAxisToSRSAxisMapping", "")
    system = _in_order(element.get("Projection", ""), mapping) or _system(element.find("SRS"))
    rows = [
        _numbers([gcp.get(name, "") for name in ("Pixel", "Line", "X", "Y")])
        for gcp in element.findall("GCP")
    ]
    return _limited([ControlPoint(*row) for row in rows]), system


def _esri_form(root: ElementTree.Element) -> ElementTree.Element | None:
    """Which stands in the metadata as XML, or as its text."""
    for metadata in root.findall("Metadata"):
        if metadata.get("domain") == "xml:ESRI":
            found = metadata.find(".//GeodataXform")
            if found is None and "<GeodataXform" in (metadata.text or ""):
                return _parsed((metadata.text or "").strip())
            return found
    return None


def _parsed(text: str) -> ElementTree.Element:
    if "<!DOCTYPE" in text:  # which could define texts that grow without end
        raise _bad("it has a document type")
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise _bad(f"it is not XML ({error})") from error


def _esri_system(form: ElementTree.Element) -> str:
    """WKT, or the number of the system, which is one of EPSG or else one of ESRI."""
    place = form.find(".//SpatialReference")
    if place is None:
        return ""
    if text := place.findtext("WKT", ""):
        return " ".join(text.split())
    code = place.findtext("LatestWKID", "") or place.findtext("WKID", "")
    if not code.isdigit():
        return ""
    return f"EPSG:{code}" if epsg.kind_of(int(code)) else f"ESRI:{code}"


def _esri_points(form: ElementTree.Element) -> tuple[ControlPoint, ...]:
    lists = [form.find(f".//{name}") for name in ("SourceGCPs", "TargetGCPs")]
    source, target = (
        _numbers([d.text or "" for d in element.findall("Double")]) if element is not None else []
        for element in lists
    )
    if len(source) != len(target) or len(source) % 2:
        raise _bad("its control points are not pairs")
    sign = -1.0 if all(y <= 0 for y in source[1::2]) else 1.0
    pairs = zip(source[::2], source[1::2], target[::2], target[1::2], strict=True)
    return _limited([ControlPoint(column, sign * row, x, y) for column, row, x, y in pairs])


def _limited(points: list[ControlPoint]) -> tuple[ControlPoint, ...]:
    if len(points) > MOST_POINTS:
        raise _bad(f"it has {len(points):,} control points, and the limit is {MOST_POINTS:,}")
    return tuple(points)


def _numbers(texts: list[str]) -> list[float]:
    try:
        numbers = [float(text) for text in texts]
    except ValueError as error:
        raise _bad("one of its coordinates is not a number") from error
    if not all(map(math.isfinite, numbers)):
        raise _bad("one of its coordinates is not a number")
    return numbers


def _bad(why: str) -> BadInput:
    return BadInput(
        f"The .aux.xml cannot be read: {why}.",
        code="bad_aux_xml",
        hint="Send the image without it, and give `bounds` or a world file with `crs`.",
    )
