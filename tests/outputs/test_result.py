import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from salmap import load_image
from salmap.analysis import wording
from salmap.analysis.summary import analyze
from salmap.areas import Area, AreaShare
from salmap.center_bias import gaussian
from salmap.density import resize_log_density
from salmap.errors import TimingError
from salmap.outputs.areas import areas_csv
from salmap.outputs.names import AREA_OUTPUTS, SCANPATH_OUTPUTS, Output
from salmap.outputs.result import Result, zip_files
from salmap.outputs.tables import failed_row, regions_csv, summary_csv, summary_row
from salmap.pictures.made_here import ENDINGS, made_here, marked
from salmap.prediction import GridPrediction, Prediction
from salmap.render import Style, View, draw, encode_png
from salmap.screens import Screens
from tests.test_timing import timing

SIZE = (60, 90)


@pytest.fixture
def result() -> Result:
    image = np.random.default_rng(1).integers(0, 256, (*SIZE, 3), np.uint8)
    return Result("my street.jpg", image, Prediction(gaussian(SIZE), "center-bias"), Style(), 3)


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_overlay_and_heatmap_are_lossless_and_of_full_size(result):
    density = result.prediction.density
    for kind, view in ((Output.OVERLAY, View.OVERLAY), (Output.HEATMAP, View.HEATMAP)):
        pixels = load_image(result.file(kind))
        np.testing.assert_array_equal(pixels, draw(view, result.image, density, result.style))


def test_the_density_survives_the_way(result):
    density = np.load(io.BytesIO(result.file(Output.DENSITY)), allow_pickle=False)
    assert density.dtype == np.float32
    assert density.shape == SIZE
    assert density.sum() == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(density, result.prediction.density, rtol=1e-4)


def test_regions_say_the_same_in_csv_and_json(result):
    table = rows(result.file(Output.REGIONS_CSV))
    document = json.loads(result.file(Output.REGIONS))
    (region,) = result.prediction.regions(3)
    assert document["picture"] == "my street.jpg"
    assert len(table) == len(document["regions"]) == 1
    assert float(table[0]["share"]) == pytest.approx(region.share, abs=1e-6)
    assert (int(table[0]["peak_x"]), int(table[0]["peak_y"])) == region.peak
    assert document["regions"][0]["share"] == pytest.approx(region.share)


def test_areas_say_when_they_are_seen_or_nothing(result):
    (unknown,) = rows(replace(result, areas=[Area.box("a", 0, 0, 9, 9)]).file(Output.AREAS_CSV))
    assert (unknown["seen_1s"], unknown["seen_3s"]) == ("", "")
    known = AreaShare("a", 0.2, 0.1, 2.0, 1, (3, 4), seen=(0.25, 0.5, 0.75))
    (row,) = rows(areas_csv([known]))
    assert [float(row[f"seen_{s}s"]) for s in (1, 2, 3)] == [0.25, 0.5, 0.75]
    assert wording.seen(known) == "25, 50 and 75\u00a0% within 1, 2 and 3\u00a0s"


def test_what_is_special_about_a_picture_is_in_its_json_and_drawn():
    screens = Screens((300, 100), 100)
    image = np.full((300, 100, 3), 128, np.uint8)
    uniform = np.full((300, 100), -np.log(30_000), np.float32)
    area = Area.box("button", 10, 10, 40, 40)
    plain = Result("page.png", image, Prediction(uniform, "lite"), areas=[area])
    long = replace(plain, prediction=Prediction(uniform, "lite", screens, ("It is tall.",)))
    for output in (Output.REGIONS, Output.AREAS):
        record = json.loads(long.file(output))
        assert record["screens"] == {"length": 100, "folds": [100, 200]}
        assert record["notes"] == ["It is tall."]
        assert {"screens", "notes"}.isdisjoint(json.loads(plain.file(output)))
    drawn, undrawn = (
        np.asarray(Image.open(io.BytesIO(one.file(Output.OVERLAY)))).astype(int)
        for one in (long, plain)
    )
    rows = np.flatnonzero(np.abs(drawn - undrawn).max((1, 2)))
    assert {99, 100, 199, 200} <= set(rows.tolist())
    assert rows.min() >= 97  # the first screen begins where the picture does


def test_no_regions_make_a_table_of_nothing_but_its_head():
    assert regions_csv([]) == b"\xef\xbb\xbfrank,share,area,peak_x,peak_y,left,top,right,bottom\n"


def test_scanpaths_are_files_where_they_are_known(result):
    with pytest.raises(TimingError):
        result.file(Output.SCANPATHS)
    grid = resize_log_density(result.prediction.log_density, (30, 40))
    known = GridPrediction(grid, timing=timing()).full(result.prediction.size, "test")
    files = replace(result, prediction=known).files()
    assert set(files) == {f"my street{o.ending}" for o in set(Output) - set(AREA_OUTPUTS)}
    table = rows(files["my street_scanpaths.csv"])
    assert set(table[0]) == {"scanpath", "fixation", "x", "y", "start_s", "duration_s"}
    typical = known.typical_scanpath()
    first = [row for row in table if row["scanpath"] == "typical"]
    assert [row["fixation"] for row in first] == [str(n) for n in range(1, len(typical) + 1)]
    np.testing.assert_allclose([float(row["x"]) for row in first], typical.x_px, atol=0.06)
    assert {row["scanpath"] for row in table} == {"typical", *map(str, range(1, 21))}
    drawn = np.asarray(Image.open(io.BytesIO(files["my street_scanpaths.png"])))
    assert drawn.shape == result.image.shape


def test_everything_in_one_zip(result):
    archive = zipfile.ZipFile(io.BytesIO(zip_files(result.files())))
    assert archive.testzip() is None
    without = set(Output) - set(SCANPATH_OUTPUTS)
    endings = {output.ending for output in without - set(AREA_OUTPUTS)}
    assert set(archive.namelist()) == {f"my street{ending}" for ending in endings}
    with_areas = replace(result, areas=[Area.box("sky", 0, 0, 90, 20)]).files()
    assert set(with_areas) == {f"my street{output.ending}" for output in without}
    assert archive.read("my street_overlay.png") == result.file(Output.OVERLAY)


def test_a_summary_has_a_row_for_each_picture_even_for_failures(result):
    numbers = analyze(result.prediction)
    table = rows(
        summary_csv([summary_row("a.jpg", numbers, 5), failed_row("b.jpg", "m", "cut\n short")])
    )
    assert [row["picture"] for row in table] == ["a.jpg", "b.jpg"]
    assert (table[0]["width"], table[0]["height"]) == ("90", "60")
    assert float(table[0]["first_share"]) == pytest.approx(numbers.regions[0].share, abs=1e-6)
    assert float(table[0]["half_of_attention_on_area"]) == pytest.approx(
        numbers.half_area, abs=1e-6
    )
    assert table[1]["problem"] == "cut short"


def test_the_pictures_that_are_drawn_are_known_by_a_mark(tmp_path: Path) -> None:
    drawn = [output.ending for output in Output if output.ending.endswith(".png")]
    assert sorted(drawn) == sorted(ENDINGS)
    png = encode_png(np.zeros((4, 4, 3), np.uint8))
    for name, data, ours in (
        ("a_overlay.png", marked(png), True),
        ("a_overlay.png", png, False),
        ("a.png", marked(png), False),
    ):
        (tmp_path / name).write_bytes(data)
        assert made_here(tmp_path / name) == ours
        assert (load_image(data) == 0).all()


@pytest.mark.parametrize(
    ("unfamiliarity", "cell", "value"), [(None, "", None), (0.2, "no", False), (1.5, "yes", True)]
)
def test_it_is_said_whether_a_picture_is_unlike_what_the_model_knows(
    result, unfamiliarity, cell, value
):
    known = replace(result, prediction=replace(result.prediction, unfamiliarity=unfamiliarity))
    document = json.loads(known.file(Output.REGIONS))
    said = (document.get("unfamiliarity"), document.get("unfamiliar"))
    assert said == (unfamiliarity, value)
    (row,) = rows(summary_csv([summary_row("a.jpg", analyze(known.prediction), 5)]))
    assert row["unfamiliar"] == cell
