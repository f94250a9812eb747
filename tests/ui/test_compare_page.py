"""The Compare page's logic, without a browser."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

import salmap
from salmap.analysis.agreement import MOST
from salmap.errors import WeightsError
from salmap.ui import cache, state
from salmap.ui.components import fixations
from salmap.ui.components.numbers import Column, Row, _is_best, _text
from salmap.weights.registry import DEFAULT_MODEL

BASELINES = ["center-bias", "itti-koch", "spectral-residual"]
SIZE = (60, 90)


pytestmark = pytest.mark.usefixtures("fresh")


def started(*models: str) -> AppTest:
    """The page on a small picture of noise."""

    def script() -> None:
        from salmap.ui.pages import compare

        compare.page()

    app = AppTest.from_function(script, default_timeout=120)
    app.session_state["compared"] = list(models or BASELINES)
    app.session_state["tray"] = (picture(0), picture(1))
    app.session_state["chosen_picture"] = picture(0).digest
    return app.run()


def picture(seed: int) -> state.Picture:
    pixels = np.random.default_rng(seed).integers(0, 256, (*SIZE, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return state.picture_from(f"{seed}.png", stream.getvalue())


def parts(app: AppTest, name: str) -> list[dict]:
    """What the browser parts of this name were given."""
    protos = [getattr(element, "proto", None) for element in app.main]
    full = f"salmap_{name}"
    return [json.loads(p.json)[0] for p in protos if getattr(p, "component_name", "") == full]


def table(app: AppTest, caption: str) -> dict[str, list[str]]:
    """Row -> the texts of its cells."""
    (found,) = [t for t in parts(app, "numbers") if t["caption"] == caption]
    return {row["name"]: [cell["text"] for cell in row["cells"]] for row in found["rows"]}


def names(app: AppTest) -> list[str]:
    (tiles,) = parts(app, "tiles")
    return [item["name"] for item in tiles["items"]]


def text(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.main.markdown, *app.main.caption))


def give(app: AppTest, name: str, data: bytes | str) -> AppTest:
    data = data.encode() if isinstance(data, str) else data
    return app.file_uploader(key="fixations_upload").upload(name, data, "text/csv").run()


SCORES = "How well each model predicts these fixations"


def test_models_stand_side_by_side_with_baselines_named(runs):
    app = started()
    assert not app.exception
    assert not app.error
    assert names(app) == BASELINES
    assert {item["note"] for item in parts(app, "tiles")[0]["items"]} == {"baseline"}
    assert sorted(runs) == BASELINES


@pytest.mark.slow
def test_a_first_visit_compares_networks_and_baselines():
    def script() -> None:
        from salmap.ui.pages import compare

        compare.page()

    app = AppTest.from_function(script, default_timeout=120).run()
    assert not app.exception
    assert len(names(app)) == MOST
    assert names(app)[0] == DEFAULT_MODEL
    assert 0 < len(set(names(app)) & set(BASELINES)) < MOST


def test_every_pair_is_in_the_table_and_its_numbers_are_right():
    app = started()
    pairs = table(app, "Agreement between models")
    assert list(pairs) == [
        "center-bias → itti-koch",
        "center-bias → spectral-residual",
        "itti-koch → spectral-residual",
    ]
    from salmap import metrics

    a, b = (salmap.load(model).predict(picture(0).data).density for model in BASELINES[1:])
    sim, cc, kl_of_b, kl_of_a = map(float, pairs["itti-koch → spectral-residual"])
    assert sim == pytest.approx(metrics.sim(a, b), abs=0.006)
    assert cc == pytest.approx(metrics.cc(a, b), abs=0.006)
    assert kl_of_b == pytest.approx(metrics.kl_divergence(a, b), abs=0.006)
    assert kl_of_a == pytest.approx(metrics.kl_divergence(b, a), abs=0.006)


def test_time_is_that_of_the_run_and_parameters_are_counted(monkeypatch):
    ticks = iter(range(0, 100, 2))
    monkeypatch.setattr(cache, "time", SimpleNamespace(perf_counter=lambda: float(next(ticks))))
    costs = table(started(), "Speed and size")
    assert costs == {model: ["2000", "none"] for model in BASELINES}


def test_one_set_of_controls_redraws_all_and_runs_nothing(runs):
    app = started()
    ran = list(runs)
    for change in (
        lambda: app.slider(key="opacity").set_value(30),
        lambda: app.slider(key="threshold").set_value(60),
        lambda: app.slider(key="smoothing").set_value(5),
        lambda: app.selectbox(key="colormap").set_value("cividis"),
        lambda: app.button_group(key="compared_view").set_value("Focus"),
    ):
        before = [item["src"] for item in parts(app, "tiles")[0]["items"]]
        change().run()
        after = [item["src"] for item in parts(app, "tiles")[0]["items"]]
        assert all(old != new for old, new in zip(before, after, strict=True))
    assert not app.exception
    assert runs == ran


def test_any_two_can_be_swiped_and_a_model_is_never_compared_with_itself():
    app = started()
    app.selectbox(key="compared_left").set_value("spectral-residual").run()
    app.selectbox(key="compared_right").set_value("itti-koch").run()
    swipe, signed = parts(app, "viewer")
    assert swipe["labels"] == ["spectral-residual", "itti-koch"]
    assert signed["labels"] == ["Original", "Difference"]
    assert app.selectbox(key="compared_right").options == ["center-bias", "itti-koch"]
    app.selectbox(key="compared_left").set_value("itti-koch").run()
    assert parts(app, "viewer")[0]["labels"] == ["itti-koch", "center-bias"]


def test_the_difference_is_amplified_with_its_scale():
    app = started()
    before = parts(app, "viewer")[1]["top"]
    app.segmented_control(key="compared_gain").set_value(10).run()
    assert parts(app, "viewer")[1]["top"] != before
    assert not app.exception


def test_one_model_is_too_few():
    app = started("center-bias")
    assert not app.exception
    assert "Choose 2 to 4" in app.info[0].value
    assert not parts(app, "tiles")


def test_a_model_that_cannot_be_had_is_named_and_the_others_are_compared(monkeypatch):
    load = cache.load

    def broken(model, *args, **kwargs):
        if model == "itti-koch":
            raise WeightsError("Its weights can't be fetched: there is no network.")
        return load(model, *args, **kwargs)

    monkeypatch.setattr(cache, "load", broken)
    app = started()
    assert not app.exception
    assert "itti-koch" in app.error[0].value
    assert "there is no network" in app.error[0].value
    assert names(app) == ["center-bias", "spectral-residual"]


def test_a_damaged_model_file_is_named(tmp_path):
    (tmp_path / "mine.safetensors").write_bytes(b"not a model")
    app = started("mine", *BASELINES[:2])
    assert not app.exception
    assert "mine" in app.error[0].value
    assert names(app) == BASELINES[:2]


def test_made_up_viewers_show_how_it_works_and_are_called_that():
    app = started()
    app.button(key="try_fixations").click().run()
    assert not app.exception
    assert not app.error
    assert names(app)[0] == "Synthetic viewers"
    assert "Nobody looked" in text(app)
    assert "80 fixations of 10 viewers" in text(app)
    scores = table(app, SCORES)
    assert list(scores) == BASELINES
    assert scores["center-bias"][0] == "0.00"
    assert "10,000 places drawn from the center bias (fixed seed 0)" in text(app)
    assert len(parts(app, "tiles")[0]["dots"]) == 80
    app.toggle(key="compared_dots").set_value(False).run()
    assert parts(app, "tiles")[0]["dots"] == []
    app.button(key="forget_fixations").click().run()
    assert "Synthetic viewers" not in names(app)
    assert not [t for t in parts(app, "numbers") if t["caption"] == SCORES]


def test_given_fixations_are_scored_on_every_model():
    app = give(started(), "fixations.csv", "x,y,subject\n10,20,a\n30,40,b\n31,40,b\n300,1,a\n")
    assert not app.error
    assert names(app) == ["People", *BASELINES]
    assert "3 fixations of 2 viewers; 1 more outside the picture left out." in text(app)
    from salmap import metrics
    from salmap.types import Fixations

    looked = Fixations(*np.array([[10, 30, 31], [20, 40, 40], [0, 0, 0], [0, 0, 0]]))
    density = salmap.load("itti-koch").predict(picture(0).data).density
    assert float(table(app, SCORES)["itti-koch"][1]) == pytest.approx(
        metrics.nss(density, looked), abs=0.006
    )
    before = table(app, SCORES)["itti-koch"]
    app.slider(key="sigma").set_value(10.0).run()
    after = table(app, SCORES)["itti-koch"]
    assert after[:4] == before[:4]
    assert after[4:] != before[4:]


def test_shares_are_refused_until_the_visitor_says_so():
    rows = "".join(f"0.{i}5,0.{9 - i}1\n" for i in range(10)) * 4
    app = give(started(), "fixations.csv", f"x,y\n{rows}0.5,1.03\n")
    (error,) = app.error
    assert "shares" in error.value
    assert names(app) == BASELINES
    (unit,) = [box for box in app.selectbox if box.label == "Unit"]
    assert unit.value == "shares"
    (confirm,) = [button for button in app.button if button.label == "Read it like this"]
    confirm.click().run()
    assert not app.error
    assert "40 fixations; 1 more outside" in text(app).replace(
        "1 more outside the picture left", "1 more outside"
    )
    assert "unit=shares" in text(app)


def test_a_fixation_map_will_do():
    pixels = np.zeros(SIZE, np.uint8)
    pixels[20, 10] = pixels[40, 30] = 255
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    app = give(started(), "map.png", stream.getvalue())
    assert not app.error
    assert "2 fixations." in text(app)


def test_one_table_serves_several_pictures_and_the_others_are_the_nonfixations():
    rows = "image,x,y\n0.png,10,20\n1.png,30,40\n1.png,50,10\n"
    app = give(started(), "fixations.csv", rows)
    assert "1 fixation." in text(app)
    assert "sAUC compares with 2 fixations on 1 other picture of yours." in text(app)
    app.session_state["chosen_picture"] = picture(1).digest
    app.run()
    assert "2 fixations." in text(app)


def test_fixations_without_a_picture_belong_to_the_one_shown():
    app = give(started(), "fixations.csv", "x,y\n10,20\n")
    assert not app.error
    app.session_state["chosen_picture"] = picture(1).digest
    app.run()
    assert "was given for another picture" in app.error[0].value
    assert names(app) == BASELINES


@pytest.mark.parametrize(
    ("name", "data", "part"),
    [
        ("fixations.csv", "x,y\n1,2\none,2\n", "row 3, column x"),
        ("fixations.csv", "a,b\n", "lacks the columns x, y"),
        ("fixations.csv", "x,y\n5000,2\n", "1 of 1 fixations fall outside their pictures"),
        ("fixations.csv", "image,x,y\ncat.jpg,1,2\n", "its column image has cat"),
        ("fixations.csv", b"\xff\xfe\x00", "UTF-8"),
        ("map.png", b"words", "is not a picture"),
        ("map.png", picture(0).data, "shows no points"),
    ],
)
def test_what_is_wrong_with_given_fixations_is_said_and_the_rest_stays(name, data, part):
    app = give(started(), name, data)
    assert not app.exception
    (error,) = app.error
    assert part in error.value.replace("\\", "")
    assert name in error.value.replace("\\", "") or "fixations" in error.value
    assert names(app) == BASELINES
    assert table(app, "Agreement between models")


def test_too_large_a_file_is_refused_by_the_server_too(monkeypatch):
    monkeypatch.setattr(fixations, "_MB", 0)
    app = give(started(), "fixations.csv", "x,y\n1,2\n")
    assert "larger than" in app.error[0].value
    assert names(app) == BASELINES


def test_a_picture_too_large_for_memory_is_named(monkeypatch):
    app = started()

    def full(*args):
        raise MemoryError

    monkeypatch.setattr("salmap.ui.compare_cache.tile", full)
    app.run()
    assert not app.exception
    assert "too large for this server" in app.error[0].value


def test_a_link_keeps_models_and_view():
    def script() -> None:
        from salmap.ui.pages import compare

        compare.page()

    app = AppTest.from_function(script, default_timeout=600)
    app.query_params["models"] = "itti-koch,nothing,center-bias"
    app.query_params["view"] = "Focus"
    app.run()
    assert not app.exception
    assert names(app) == ["itti-koch", "center-bias"]
    assert app.query_params == {"models": "itti-koch,center-bias", "view": "Focus"}


def test_the_scores_can_be_downloaded():
    app = started()
    app.button(key="try_fixations").click().run()
    labels = [button.proto.label for button in app.get("download_button")]
    assert "Download the scores, CSV" in labels


def test_numbers_are_written_as_people_write_them():
    column = Column("", digits=2)
    written = [_text(v, column) for v in (-0.001, -1.5, float("-inf"), 0.005)]
    assert written == ["0.00", "−1.50", "−∞", "0.01"]


@pytest.mark.parametrize(
    ("best", "expected"),
    [(1, [False, True, True]), (-1, [True, False, False]), (0, [False] * 3)],
)
def test_the_best_of_a_column_is_marked(best, expected):
    column = Column("", best=best)
    rows = [Row("", "", [value]) for value in (-2.0, 1.001, 1.002)]
    assert [_is_best(row, 0, column, rows) for row in rows] == expected
    same = [Row("", "", [value]) for value in (1.001, 1.002)]
    assert not _is_best(same[0], 0, column, same)


def test_sources_are_shared_with_the_other_pages():
    app = started()
    app.file_uploader(key="upload_0").upload("mine.png", picture(5).data, "image/png").run()
    assert "mine.png" in parts(app, "tiles")[0]["items"][0]["alt"]
