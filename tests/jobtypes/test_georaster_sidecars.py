"""Files next to the image that say where it lies, and the names of coordinate systems."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import rasterio
from rasterio.crs import CRS

from bellhop.jobtypes.geo import names
from tests.support.rasters import (
    BOUNDS,
    PLACED,
    UTM,
    Run,
    Told,
    check,
    pixels,
    raster,
    saved,
    warnings_of,
    world_file,
)

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

GEOTRANSFORM = ",".join(map(str, PLACED))
CORNERS = [(0, 0), (70, 0), (0, 50), (70, 50)]
UTM_WKT = CRS.from_epsg(32633).to_wkt()
LINES_OF_WKT = UTM_WKT.replace(",GEO", ",\n    GEO")
ESRI_33N = CRS.from_epsg(32633).to_wkt(version="WKT1_ESRI")


def beside(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    (folder / name).write_bytes(text.encode(encoding))
    return folder / name


def pam(folder: Path, content: str, start: str = "") -> Path:
    return beside(folder, "in.png.aux.xml", f"{start}<PAMDataset>{content}</PAMDataset>")


def place(column: float, row: float) -> tuple[float, float]:
    return PLACED[0] + column * PLACED[1], PLACED[3] + row * PLACED[5]


def points_of(folder: Path, head: str, mark: str = ",", rows: list[Any] | None = None) -> Path:
    """A .points file of the corners, as QGIS writes it."""
    rows = rows or [(*place(c, r), c, -r, 1, 0, 0, 0) for c, r in CORNERS]
    lines = [head, *(mark.join(map(str, row)) for row in rows)]
    return beside(folder, "in.png.points", "\n".join(lines) + "\n")


# World files.


@pytest.mark.parametrize(("text", "encoding"), [
    ("2\n0\n0\n-1\n500001\n5000049.5\n\nunits: metre\n", "utf-8"),
    ("2.0 x\n0 0x\n0 ?\n-1 (down)\n500001 east\n5000049.5\nEPSG:32633, 4 bands\n7\n", "utf-8"),
    ("2,0\r\n0,0\r\n0,0\r\n-1,0\r\n500001,0\r\n5000049,5\r\n", "utf-8-sig"),
    ("\n 2.0\n\n0\n0\n-1.0E0\n+5.00001e5\n5000049.5", "utf-16"),
    ("2\n0\n0\n-1\n500001\n5000049.5\n", "utf-16-le"),
    ("2.0,\r0,\r0,\r-1.0,\r500001.0,\r5000049.5\r\x1a", "ascii"),
])  # fmt: skip
def test_it_takes_the_first_six_numbers_of_a_world_file(
    way: str, run: Run, tmp_path: Path, text: str, encoding: str
) -> None:
    world = beside(tmp_path, "in.pgw", text, encoding)
    check(run(saved(tmp_path, "in.png"), world, crs=UTM), PLACED, 32633)


@pytest.mark.parametrize("text", [
    "2.0\n0\n0\n-1.0\n500,001\n5000049.5\n", "2\n0\n0\n-1\n500001\n5000049.5\n37 23\n7\n9",
    "2\n0\n0\n-1\n500001\nabout 5000049.5\n", "scale\n2\n0\n0\n-1\n500001\n5000049.5\n",
    "2 2\n0 0\n0 0\n-1 -1\n500001 1\n5000049.5 1\n", "1_0\n0\n0\n-1\n500001\n5000049.5\n",
])  # fmt: skip
def test_it_refuses_a_world_file_whose_numbers_are_not_certain(
    way: str, refusal: Any, tmp_path: Path, text: str
) -> None:
    if text.endswith("9"):
        text = text.replace("37 23\n", "")
    error = refusal(saved(tmp_path, "in.png"), beside(tmp_path, "in.pgw", text), crs=UTM)
    assert error.code == "bad_world_file"


# Systems in .prj files.


@pytest.mark.parametrize(("text", "code"), [
    (ESRI_33N, 32633), (CRS.from_epsg(3035).to_wkt(), 3035), ("EPSG:25832", 25832),
    (CRS.from_epsg(4326).to_wkt(version="WKT1_ESRI"), 4326),
    (CRS.from_epsg(32719).to_wkt(version="WKT2_2019"), 32719),
    (CRS.from_epsg(26910).to_wkt(version="WKT1_ESRI").replace(",", ",\n  "), 26910),
])  # fmt: skip
def test_it_reads_the_system_from_a_prj(
    way: str, run: Run, tmp_path: Path, text: str, code: int
) -> None:
    files = world_file(tmp_path), beside(tmp_path, "in.prj", text), saved(tmp_path, "in.png")
    check(run(*files), PLACED, code)


@pytest.mark.parametrize("code", [2154, 27700, 28992, 31467, 2056, 5514, 3006, 2193, 3857])
@pytest.mark.parametrize("version", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_it_finds_the_code_of_any_prj_with_the_extra(
    run: Run, tmp_path: Path, code: int, version: str
) -> None:
    text = CRS.from_epsg(code).to_wkt(version=version)
    files = saved(tmp_path, "in.png"), world_file(tmp_path), beside(tmp_path, "in.prj", text)
    check(run(*files), PLACED, code)


def test_it_takes_bounds_in_the_system_of_a_prj(way: str, run: Run, tmp_path: Path) -> None:
    found = run(saved(tmp_path, "in.png"), beside(tmp_path, "in.prj", ESRI_33N), bounds=BOUNDS)
    check(found, PLACED, 32633)


def test_it_gives_the_system_of_a_prj_to_an_image_that_has_its_place(
    way: str, run: Run, tmp_path: Path
) -> None:
    found = run(raster(tmp_path, crs=None), beside(tmp_path, "in.prj", ESRI_33N))
    check(found, PLACED, 32633)


def test_it_says_that_a_prj_and_the_parameter_differ(way: str, run: Run, tmp_path: Path) -> None:
    told: Told = []
    files = saved(tmp_path, "in.png"), world_file(tmp_path), beside(tmp_path, "in.prj", ESRI_33N)
    check(run(*files, crs="EPSG:32632", told=told), PLACED, 32632)
    assert warnings_of(told) == ["crs_differs"]


@pytest.mark.parametrize(("old", "new"), [
    ("500000.0", "400000.0"), ("0.9996", "0.9999"), ('"D_WGS_1984"', '"D_Tokyo"'),
    ('"Meter",1.0', '"Foot",0.3048'),
])  # fmt: skip
def test_it_believes_no_name_whose_numbers_differ(
    pillow_alone: None, refusal: Any, tmp_path: Path, old: str, new: str
) -> None:
    assert old in ESRI_33N
    files = world_file(tmp_path), beside(tmp_path, "in.prj", ESRI_33N.replace(old, new))
    assert refusal(saved(tmp_path, "in.png"), *files).code == "missing_extra"


@pytest.mark.parametrize("text", [ESRI_33N, CRS.from_epsg(32633).to_wkt()])
def test_it_gives_no_code_to_a_system_with_other_numbers(
    run: Run, tmp_path: Path, text: str
) -> None:
    changed = text.replace("500000", "400000")
    assert changed != text
    files = world_file(tmp_path), beside(tmp_path, "in.prj", changed)
    found = run(saved(tmp_path, "in.png"), *files)
    with rasterio.open(found["path"]) as file:
        assert file.crs.to_dict()["x_0"] == 400000
    assert "EPSG:32633" not in found["crs"]


# .aux.xml files.


@pytest.mark.parametrize("start", ["", "<?xml version='1.0' encoding='UTF-8'?>\n", "\ufeff\n"])
@pytest.mark.parametrize("srs", [UTM, CRS.from_epsg(32633).to_wkt().replace('"', "&quot;")])
def test_it_reads_place_and_system_from_an_aux_xml(
    way: str, run: Run, tmp_path: Path, start: str, srs: str
) -> None:
    content = (
        f'<SRS dataAxisToSRSAxisMapping="1,2">{srs}</SRS>'
        f"<GeoTransform> {GEOTRANSFORM}</GeoTransform><PAMRasterBand band='1'/>"
    )
    found = run(saved(tmp_path, "in.png"), pam(tmp_path, content, start))
    check(found, PLACED, 32633)
    assert found["georeference_source"] == "aux_xml"


def gcp_list(system: str) -> str:
    rows = "".join(
        f'<GCP Id="{n}" Pixel="{c}" Line="{r}" X="{place(c, r)[0]}" Y="{place(c, r)[1]}"/>'
        for n, (c, r) in enumerate(CORNERS)
    )
    return f'<GCPList Projection="{system}">{rows}</GCPList>'


def esri_form(sign: int) -> str:
    source = "".join(f"<Double>{c}</Double><Double>{sign * r}</Double>" for c, r in CORNERS)
    target = "".join(
        f"<Double>{x}</Double><Double>{y}</Double>" for x, y in (place(c, r) for c, r in CORNERS)
    )
    return (
        '<Metadata domain="xml:ESRI" format="xml"><GeodataXform '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="typens:PolynomialXform">'
        f"<PolynomialOrder>1</PolynomialOrder><SpatialReference><WKT>{ESRI_33N}</WKT>"
        f"</SpatialReference><SourceGCPs>{source}</SourceGCPs><TargetGCPs>{target}</TargetGCPs>"
        "</GeodataXform></Metadata>"
    )


@pytest.mark.parametrize("content", [gcp_list(UTM), esri_form(-1), esri_form(1)])
def test_it_reads_control_points_from_an_aux_xml(run: Run, tmp_path: Path, content: str) -> None:
    image = saved(tmp_path, "in.png")
    found = run(image, pam(tmp_path, content))
    check(found, PLACED, 32633)
    assert (pixels(found["path"]) == pixels(image)).all()


def test_it_takes_what_only_an_aux_xml_says_about_the_system(
    way: str, run: Run, tmp_path: Path
) -> None:
    aux = pam(tmp_path, f"<SRS>{UTM}</SRS><Metadata><MDI key='a'>b</MDI></Metadata>")
    check(run(saved(tmp_path, "in.png"), world_file(tmp_path), aux), PLACED, 32633)


@pytest.mark.parametrize("content", [
    "<GeoTransform>1,2,3</GeoTransform>", "<GeoTransform>0,0,0,0,0,0</GeoTransform>",
    "<GeoTransform>a,1,0,2,0,-1</GeoTransform>", "<SRS>",
    f"<SRS dataAxisToSRSAxisMapping='1,2'>EPSG:4326</SRS><GeoTransform>{GEOTRANSFORM}"
    "</GeoTransform>", "<GCPList><GCP Pixel='1' Line='2' X='3'/></GCPList>",
])  # fmt: skip
def test_it_refuses_an_aux_xml_that_it_cannot_read(
    way: str, refusal: Any, tmp_path: Path, content: str
) -> None:
    aux = pam(tmp_path, content)
    assert refusal(saved(tmp_path, "in.png"), aux, crs=UTM).code == "bad_aux_xml"


def test_it_refuses_an_aux_xml_that_defines_texts(way: str, refusal: Any, tmp_path: Path) -> None:
    aux = pam(tmp_path, "<SRS>&a;</SRS><!-- <!DOCTYPE x [<!ENTITY a 'b'>]> -->")
    assert refusal(saved(tmp_path, "in.png"), aux).code == "bad_aux_xml"


def test_it_refuses_other_xml(way: str, refusal: Any, tmp_path: Path) -> None:
    vrt = beside(tmp_path, "in.png.aux.xml", "<?xml version='1.0'?><VRTDataset/>")
    assert refusal(saved(tmp_path, "in.png"), vrt).code == "unsupported_type"


# .points files.

NEW, OLD = "mapX,mapY,sourceX,sourceY,enable,dX,dY,residual", "mapX,mapY,pixelX,pixelY,enable"


@pytest.mark.parametrize(("head", "mark"), [
    (f"#CRS: {UTM}\n{NEW}", ","), (f"#CRS: {UTM_WKT}\n{NEW}", ","),
    (f"#CRS: {LINES_OF_WKT}\n{NEW}", ","),
    (f"# CRS: {UTM}", ","), (f"#CRS:{UTM}\nmapX\tmapY\tpixelX\tpixelY", "\t"),
])  # fmt: skip
def test_it_reads_points_of_qgis_with_their_system(
    run: Run, tmp_path: Path, head: str, mark: str
) -> None:
    found = run(saved(tmp_path, "in.png"), points_of(tmp_path, head, mark))
    check(found, PLACED, 32633)
    assert found["georeference_source"] == "points"


def test_it_reads_old_points_of_qgis(run: Run, tmp_path: Path) -> None:
    check(run(saved(tmp_path, "in.png"), points_of(tmp_path, OLD), crs=UTM), PLACED, 32633)


def test_it_leaves_out_points_that_are_not_used(run: Run, tmp_path: Path) -> None:
    rows = [(*place(c, r), c, -r, 1) for c, r in CORNERS] + [(0, 0, 35, -25, 0)]
    told: Told = []
    found = run(saved(tmp_path, "in.png"), points_of(tmp_path, OLD, rows=rows), crs=UTM, told=told)
    check(found, PLACED, 32633)
    assert not warnings_of(told)


def test_it_reads_points_in_the_coordinates_that_the_image_has(run: Run, tmp_path: Path) -> None:
    """QGIS writes those where the image is georeferenced already."""
    own = (1000.0, 0.5, 0.0, 2000.0, 0.0, -0.5)
    rows = [(*place(c, r), 1000 + c * 0.5, 2000 - r * 0.5, 1) for c, r in CORNERS]
    image = raster(tmp_path, transform=rasterio.Affine.from_gdal(*own))
    check(run(image, points_of(tmp_path, NEW, rows=rows), crs=UTM), PLACED, 32633)


@pytest.mark.parametrize("rows", [
    [(*place(c, r), c, r, 1) for c, r in CORNERS],  # rows that count downwards
    [(*place(c, r), c * 9, -r * 9, 1) for c, r in CORNERS], [(1, 2, 3, 4), (5, "x", 7, 8)],
    [(*place(c, r), c, -r, 0) for c, r in CORNERS],
])  # fmt: skip
def test_it_refuses_points_that_do_not_lie_on_the_image(
    refusal: Any, tmp_path: Path, rows: list[Any]
) -> None:
    error = refusal(saved(tmp_path, "in.png"), points_of(tmp_path, OLD, rows=rows), crs=UTM)
    assert error.code == "bad_gcps"


def test_it_warns_of_control_points_that_mirror_the_image(run: Run, tmp_path: Path) -> None:
    told: Told = []
    gcps = ["0,0,500000,5000000", "70,0,500070,5000000", "0,50,500000,5000050"]
    run(saved(tmp_path, "in.png"), gcps=gcps, crs=UTM, told=told)
    assert warnings_of(told) == ["gcps_mirrored"]


def test_it_names_the_extra_for_points(pillow_alone: None, refusal: Any, tmp_path: Path) -> None:
    files = saved(tmp_path, "in.png"), points_of(tmp_path, NEW)
    assert refusal(*files, crs=UTM).code == "missing_extra"


# Several sources at once.

ELSEWHERE = "<GeoTransform>500100,2,0,5000050,0,-1</GeoTransform>"


def test_it_prefers_an_aux_xml_to_a_world_file(way: str, run: Run, tmp_path: Path) -> None:
    told: Told = []
    files = saved(tmp_path, "in.png"), world_file(tmp_path), pam(tmp_path, ELSEWHERE)
    check(run(*files, crs=UTM, told=told), (500100.0, *PLACED[1:]), 32633)
    assert warnings_of(told) == ["georeference_differs"]


def test_it_prefers_a_parameter_to_the_image(way: str, run: Run, tmp_path: Path) -> None:
    told: Told = []
    image = raster(tmp_path, transform=rasterio.Affine.from_gdal(1, 2, 0, 3, 0, -4))
    check(run(image, bounds=BOUNDS, told=told), PLACED, 32633)
    assert warnings_of(told) == ["georeference_differs"]


def test_it_prefers_a_world_file_to_points(run: Run, tmp_path: Path) -> None:
    told: Told = []
    points = points_of(tmp_path, OLD, rows=[(*place(c + 5, r), c, -r, 1) for c, r in CORNERS])
    found = run(saved(tmp_path, "in.png"), points, world_file(tmp_path), crs=UTM, told=told)
    check(found, PLACED, 32633)
    assert warnings_of(told) == ["georeference_differs"]


def test_it_prefers_a_world_file_to_the_image(way: str, run: Run, tmp_path: Path) -> None:
    told: Told = []
    image = raster(tmp_path, transform=rasterio.Affine.from_gdal(1, 2, 0, 3, 0, -4))
    check(run(image, world_file(tmp_path), told=told), PLACED, 32633)
    assert warnings_of(told) == ["georeference_differs"]


def test_it_does_not_warn_of_sources_that_agree(way: str, run: Run, tmp_path: Path) -> None:
    told: Told = []
    aux = pam(tmp_path, f"<SRS>{UTM}</SRS><GeoTransform>{GEOTRANSFORM}</GeoTransform>")
    prj = beside(tmp_path, "in.prj", ESRI_33N)
    check(run(raster(tmp_path), world_file(tmp_path), aux, prj, told=told), PLACED, 32633)
    assert not warnings_of(told)


@pytest.mark.parametrize("params", [{"bounds": BOUNDS}, {"gcps": ["0,0,1,1", "9,0,2,1"]}])
def test_it_takes_no_parameter_together_with_a_file_that_gives_the_place(
    way: str, refusal: Any, tmp_path: Path, params: dict[str, Any]
) -> None:
    files = saved(tmp_path, "in.png"), pam(tmp_path, ELSEWHERE)
    error = refusal(*files, crs=UTM, **params)
    assert error.code == "ambiguous_georeference" and ".aux.xml" in error.message


def test_it_takes_one_file_of_each_kind(way: str, refusal: Any, tmp_path: Path) -> None:
    two = [beside(tmp_path, name, ESRI_33N) for name in ("a.prj", "b.prj")]
    assert refusal(saved(tmp_path, "in.png"), *two, bounds=BOUNDS).code == "too_many_files"


# Names.


def test_its_names_are_those_of_epsg() -> None:
    """Against the database of PROJ, with the names that were used before."""
    database = Path(rasterio.__file__).parent / "proj_data" / "proj.db"
    with sqlite3.connect(f"file:{database}?mode=ro&immutable=1", uri=True) as connection:
        system = "auth_name = 'EPSG' AND NOT deprecated AND type IN ('projected', 'geographic 2D')"
        others = connection.execute(
            "SELECT lower(alt_name), code FROM alias_name JOIN crs_view "
            f"USING (table_name, auth_name, code) WHERE {system}"
        )
        own = connection.execute(f"SELECT lower(name), code FROM crs_view WHERE {system}")
        registered = {name: int(code) for name, code in (*others, *own)}
    connection.close()
    wrong = {n: c for n, c in names.NAMES.items() if registered.get(n.replace("ü", "u")) != c}
    assert not wrong


@pytest.mark.parametrize(("text", "code"), [
    ("WGS 84 / UTM zone 33N", 32633), ("ETRS89 / LAEA Europe", 3035),
    ("etrs89 / utm  zone 32n", 25832), ("NAD83", 4269), ("CH1903+ / LV95", 2056),
])  # fmt: skip
def test_it_knows_systems_by_name(way: str, run: Run, tmp_path: Path, text: str, code: int) -> None:
    box = [-10, 40, 17, 45] if code == 4269 else BOUNDS
    assert run(saved(tmp_path, "in.png"), bounds=box, crs=text)["crs"] == f"EPSG:{code}"


@pytest.mark.parametrize(("text", "code"), [
    ("NAD83 / Texas Centric Albers Equal Area", 3083), ("RT90 2.5 gon V", 3021),
    ("Deutsches_Hauptdreiecksnetz", None), ("WGS 84 / UTM", None), ("WGS 84 / UTM zone 61N", None),
    ("..", None), ("a / b", None),
])  # fmt: skip
def test_it_knows_each_name_of_the_registry_with_the_extra(
    run: Run, refusal: Any, tmp_path: Path, text: str, code: int | None
) -> None:
    image = saved(tmp_path, "in.png")
    if code is None:
        assert refusal(image, bounds=BOUNDS, crs=text).code == "unknown_crs"
    else:
        check(run(image, bounds=BOUNDS, crs=text), PLACED, code)


def test_it_names_the_extra_for_a_name_that_it_does_not_know(
    pillow_alone: None, refusal: Any, tmp_path: Path
) -> None:
    text = "NAD83 / Texas Centric Albers Equal Area"
    assert refusal(saved(tmp_path, "in.png"), bounds=BOUNDS, crs=text).code == "missing_extra"
