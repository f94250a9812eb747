"""Reports: what they say, that they need no other file, and that a PDF is one."""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from salmap.analysis.versions import compare_versions
from salmap.areas import Area
from salmap.center_bias import gaussian
from salmap.errors import SalmapError
from salmap.outputs.report.report import (
    Cover,
    Paper,
    Report,
    logo_uri,
    report_file,
    report_html,
    report_pdf,
    versions_report,
)
from salmap.outputs.report.sheets import SIDE_PX, make_sheet
from salmap.outputs.result import Result
from salmap.prediction import Prediction
from salmap.render import Style

SIZE = (60, 90)
BUTTON = Area.box("buy <now>", 30, 20, 60, 40)
CORNER = Area("corner", ((0, 0), (20, 0), (0, 20)))


def result(name: str = "home.png", **changes: object) -> Result:
    image = np.full((*SIZE, 3), 180, np.uint8)
    prediction = Prediction(gaussian(SIZE), "lite")
    return replace(Result(name, image, prediction), **changes)


def report(*results: Result, cover: Cover | None = None) -> Report:
    sheets = [make_sheet(one) for one in results]
    return Report(cover or Cover(), "lite", Style(), sheets, date="1 May 2027")


def unpacked(pdf: bytes) -> bytes:
    """What a PDF holds, its packed parts unpacked where they can be."""
    found = [pdf]
    for part in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.S):
        with suppress(zlib.error):
            found.append(zlib.decompress(part))
    return b"\n".join(found)


def test_a_sheet_has_areas_where_there_are_some_and_regions_otherwise():
    sheet = make_sheet(result(areas=[BUTTON, CORNER]))
    assert [row.name for row in sheet.rows] == ["buy <now>", "corner"]
    assert sheet.strongest.share == pytest.approx(sheet.rows[0].share)
    (share,) = result().prediction.areas([BUTTON])
    assert sheet.rows[0].share == share.share
    assert "Most goes to buy <now> (no. 1)" in sheet.summary
    (region, *_) = make_sheet(result()).rows
    assert region.name == "middle"


def test_a_page_needs_no_other_file_and_takes_no_name_for_html():
    cover = Cover('Q3 "final" <b>', "One\ntwo", logo_uri(np.zeros((9, 9, 3), np.uint8)))
    page = report_html(report(result("<script>.png", areas=[BUTTON]), cover=cover))
    assert set(re.findall(r'src="([^"]{5})', page)) == {"data:"}
    assert not re.search(r"""(https?:)?//[\w.]+\.|url\(|@import""", page.split("<script>\n//")[0])
    assert "&lt;script&gt;.png" in page
    assert "buy &lt;now&gt;" in page
    assert page.count("<b>") == page.count("</b>")
    assert "<style>" in page and "</style>" not in page[: page.index('"Q3')]


def test_pictures_in_a_report_have_a_bounded_size():
    image = np.random.default_rng(0).integers(0, 255, (1200, 1800, 3)).astype(np.uint8)
    large = result(image=image, prediction=Prediction(gaussian((1200, 1800)), "lite"))
    sheet = make_sheet(large)
    assert sheet.size == (1200, 1800)
    assert max(map(len, (sheet.overlay, sheet.focus))) < 2 * SIDE_PX**2


def test_what_is_special_about_a_picture_is_among_the_caveats():
    special = Prediction(gaussian(SIZE), "lite", notes=("It is tall.",))
    assert make_sheet(result(prediction=special)).caveats == ("It is tall.",)
    assert make_sheet(result()).caveats == ()


def test_an_unfamiliar_picture_has_a_caveat_and_wider_intervals():
    strange = replace(result().prediction, unfamiliarity=2.0)
    sheets = [make_sheet(result(areas=[BUTTON], **more)) for more in ({}, {"prediction": strange})]
    assert [len(sheet.caveats) for sheet in sheets] == [0, 1]
    assert sheets[0].rows[0].between != sheets[1].rows[0].between


def test_versions_have_a_table_for_each_area_and_a_verdict():
    results = [result(name, areas=[BUTTON]) for name in ("a.png", "b.png")]
    predictions = {one.name: one.prediction for one in results}
    comparison = compare_versions(predictions, {one.name: one.areas for one in results})
    made = versions_report(results, comparison)
    (table,) = made.versions
    assert not table.is_clear
    assert [row.version for row in table.rows] == ["a.png", "b.png"]
    assert "no clear difference" in table.rows[1].difference
    page = report_html(made)
    assert "no clear difference" in page
    assert "on the safe side" in page
    assert "on the safe side" not in report_html(report(result()))


@pytest.mark.parametrize(("paper", "points"), [(Paper.A4, (595, 842)), (Paper.LETTER, (612, 792))])
def test_a_pdf_has_the_paper_asked_for_a_page_for_each_picture_and_text(paper, points):
    data = report_pdf(report(result("a.png"), result("b.png")), paper)
    assert data.startswith(b"%PDF")
    content = unpacked(data)
    boxes = re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", content)
    assert len(boxes) == 4  # the summary, two pictures, what the numbers mean
    assert {tuple(round(float(side)) for side in box) for box in boxes} == {points}
    assert b"/ToUnicode" in content  # letters that can be selected


def test_the_ending_of_a_name_decides_what_is_written():
    made = report(result())
    assert report_file(made, "r.HTML").startswith(b"<!doctype html>")
    assert report_file(made, "r.pdf").startswith(b"%PDF")
    with pytest.raises(SalmapError, match=r"\.html or \.pdf"):
        report_file(made, "r.docx")
