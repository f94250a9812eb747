"""The app's logic, without a browser: what tests/browser can't look into."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from salmap.analysis import wording
from salmap.analysis.summary import Analysis
from salmap.areas import Area
from salmap.errors import WeightsError
from salmap.outputs.names import AREA_OUTPUTS, SCANPATH_OUTPUTS, Output
from salmap.render import Style
from salmap.ui import cache, state
from salmap.ui import packing as packing_module
from salmap.ui.components import downloads, source, trust
from salmap.ui.components.controls import Settings
from salmap.weights.registry import DEFAULT_MODEL

APP = str(Path(__file__).parents[2] / "app.py")
MODEL, OTHER = "center-bias", "spectral-residual"


pytestmark = pytest.mark.usefixtures("fresh")


def started(model: str = MODEL) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=120)
    app.session_state["model"] = model
    return app.run()


def picture(size: tuple[int, int] = (60, 90), seed: int = 0, form: str = "PNG") -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, form)
    return stream.getvalue()


def words(app: AppTest) -> str:
    return "\n".join(element.value for element in app.main.markdown)


def shown(app: AppTest) -> dict:
    """What the viewer was given."""
    (viewer,) = [e for e in app.main if getattr(e, "proto", None) and is_viewer(e)]
    return json.loads(viewer.proto.json)[0]


def is_viewer(element) -> bool:
    return getattr(element.proto, "component_name", "") == "salmap_viewer"


def upload(app: AppTest, *files: tuple[str, bytes, str]) -> AppTest:
    (uploader,) = [u for u in app.file_uploader if u.label.startswith("Drop pictures")]
    for file in files:
        uploader.upload(*file)
    return app.run()


def tray(app: AppTest) -> list[str]:
    return [picture.name for picture in app.session_state["tray"]]


def packed(app: AppTest) -> AppTest:
    """The page once packing has ended."""
    app.session_state["packing"].wait()
    return app.run()


def test_a_first_visit_shows_an_example_already_analyzed():
    app = started()
    assert not app.exception
    assert not app.error
    assert "People spend half their attention on" in words(app)
    assert [(m.label, m.value) for m in app.metric] == [
        ("Habit of looking at the middle", "100\u00a0%")
    ]
    assert shown(app)["base"].startswith("data:image/jpeg;base64,")


def test_controls_never_run_a_model_again(runs):
    app = started()
    ran = list(runs)
    before = shown(app)["top"]
    app.slider(key="opacity").set_value(30)
    app.slider(key="threshold").set_value(50)
    app.slider(key="smoothing").set_value(5)
    app.selectbox(key="colormap").set_value("cividis").run()
    assert shown(app)["top"] != before
    for view in ("Overlay", "Heatmap", "Contours", "Focus", "Original"):
        app.button_group(key="view").set_value(view).run()
        assert shown(app)["labels"][0] == view
    app.slider(key="k").set_value(1).run()
    assert not app.exception
    assert runs == ran


def test_each_picture_is_run_once_for_all_visitors(runs):
    started()
    ran = list(runs)
    assert sorted(ran) == sorted(set(ran))
    started()
    assert runs == ran


def test_another_model_says_something_else(runs):
    app = started()
    before = words(app)
    app.selectbox(key="model").set_value(OTHER).run()
    assert words(app) != before
    assert runs.count(OTHER) == 1


def test_the_first_seconds_are_shown_where_a_model_knows_them(runs):
    app = started(DEFAULT_MODEL)
    whole, ran = shown(app), list(runs)
    app.select_slider(key="until").set_value(0.5).run()
    early = shown(app)
    assert early["top"] != whole["top"]
    assert early["regions"] != whole["regions"]
    assert "**In the first 0.5\u00a0s:** People spend" in words(app)
    app.select_slider(key="until").set_value(3.0).run()
    assert shown(app) == whole
    assert runs == ran
    app.selectbox(key="model").set_value(OTHER).run()
    assert not app.exception
    assert not app.select_slider


def test_scanpaths_are_shown_where_they_are_known_and_else_it_is_said_why(runs):
    app = started(DEFAULT_MODEL)
    app.button_group(key="view").set_value("Scanpaths").run()
    ran, whole = list(runs), shown(app)
    assert whole["regions"] is None, "their numbers are those of fixations"
    assert "typical order" in whole["legend"]["meaning"]
    app.select_slider(key="until").set_value(1.0).run()
    assert shown(app)["base"] != whole["base"]
    assert [one for one in app.get("download_button") if "Scanpaths" in one.proto.label]
    assert runs == ran
    app.selectbox(key="model").set_value(OTHER).run()
    assert not app.exception
    assert "does not know when people look where" in app.info[0].value
    assert shown(app)["legend"] is None
    assert shown(app)["labels"][0] == "Original"
    assert not [one for one in app.get("download_button") if "Scanpaths" in one.proto.label]


def test_k_and_the_switch_rule_what_is_numbered():
    app = started(OTHER)
    regions = shown(app)["regions"]
    assert [region["rank"] for region in regions] == [str(i + 1) for i in range(len(regions))]
    assert len(regions) > 1
    app.slider(key="k").set_value(1).run()
    assert [region["rank"] for region in shown(app)["regions"]] == ["1"]
    app.toggle(key="numbered").set_value(False).run()
    assert shown(app)["regions"] is None


def test_an_uploaded_picture_takes_the_place_of_the_example(runs):
    app = upload(started(), ("mine.png", picture((60, 90)), "image/png"))
    assert not app.error
    assert "mine.png" in shown(app)["alt"]
    assert shown(app)["ratio"] == pytest.approx(1.5)
    app.run()
    assert runs.count(MODEL) == 2


@pytest.mark.slow
def test_only_the_model_that_was_chosen_is_run_until_others_are_asked_for(runs):
    app = started(DEFAULT_MODEL)
    assert set(runs) == {DEFAULT_MODEL, MODEL}  # the habit of looking at the middle is measured
    app.session_state["ask_others"] = True
    app.run()
    assert {"large", "resnet50"} <= set(runs)
    assert app.metric[1].value.endswith("%")


def test_a_link_keeps_model_and_view():
    app = AppTest.from_file(APP, default_timeout=600)
    app.query_params["model"], app.query_params["view"] = OTHER, "Heatmap"
    app.run()
    assert not app.exception
    assert app.selectbox(key="model").value == OTHER
    assert shown(app)["labels"][0] == "Heatmap"
    app.button_group(key="view").set_value("Focus").run()
    app.selectbox(key="model").set_value(MODEL).run()
    assert app.query_params == {"model": MODEL, "view": "Focus"}


def test_a_link_to_what_does_not_exist_shows_the_usual():
    app = AppTest.from_file(APP, default_timeout=600)
    app.query_params["model"], app.query_params["view"] = "nothing", "Nowhere"
    app.session_state["model"] = MODEL
    app.run()
    assert not app.exception
    assert app.selectbox(key="model").value == MODEL


def test_networks_come_before_baselines_which_are_called_that():
    options = started().selectbox(key="model").options
    assert options[0] == DEFAULT_MODEL
    baselines = [option for option in options if option.startswith("Baseline: ")]
    assert options[-len(baselines) :] == baselines
    assert "Baseline: spectral-residual" in baselines


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"just words", "not a picture"),
        (picture(form="JPEG")[:-900], "incomplete"),
        (b"", "empty"),
    ],
)
def test_what_is_no_picture_is_named_and_the_rest_stays(data, reason):
    app = started()
    before = shown(app)
    upload(app, ("bad.png", data, "image/png"))
    (error,) = app.error
    assert "bad.png" in error.value
    assert reason in error.value
    assert "Traceback" not in error.value
    assert shown(app) == before


def test_of_several_pictures_the_good_ones_are_shown():
    files = [(f"{i}.png", picture(seed=i), "image/png") for i in range(2)]
    app = upload(started(), *files, ("bad.png", b"no", "image/png"))
    assert len(app.error) == 1
    assert "0.png" in shown(app)["alt"]
    assert tray(app) == ["0.png", "1.png"]


def test_an_error_is_told_once():
    app = upload(started(), ("bad.png", b"no", "image/png"))
    assert len(app.error) == 1
    upload(app, ("good.png", picture(), "image/png"))
    assert not app.error


def test_the_tray_grows_with_every_upload_and_the_latest_is_shown():
    app = started()
    for number in range(3):
        upload(app, (f"{number}.png", picture(seed=number), "image/png"))
        assert f"{number}.png" in shown(app)["alt"]
    upload(app, ("again.png", picture(seed=1), "image/png"))
    assert "1.png" in shown(app)["alt"]
    assert tray(app) == ["0.png", "1.png", "2.png"]


def test_a_tray_has_room_for_so_much(monkeypatch):
    monkeypatch.setattr(source, "MAX_PICTURES", 2)
    files = [(f"{i}.png", picture(seed=i), "image/png") for i in range(3)]
    app = upload(started(), *files)
    assert tray(app) == ["0.png", "1.png"]
    assert "1 picture left out" in app.error[0].value
    app.button(key="clear_tray").click().run()
    assert tray(app) == []
    assert "Astronaut" in shown(app)["alt"]
    assert not app.error


def test_too_large_a_file_is_refused_by_the_server_too(monkeypatch):
    monkeypatch.setattr(source, "_MB", 10)
    app = upload(started(), ("big.png", picture((60, 90)), "image/png"))
    assert "big.png is larger than" in app.error[0].value
    assert "Astronaut" in shown(app)["alt"]


def test_a_photo_from_the_camera_is_analyzed():
    app = started()
    app.toggle(key="use_camera").set_value(True).run()
    app.camera_input(key="camera").upload("shot.jpg", picture(form="JPEG")).run()
    assert not app.error
    assert "photo.jpg" in shown(app)["alt"]


def test_a_model_that_cannot_be_had_is_explained_and_replaced(monkeypatch):
    load = cache.load

    def broken(model, *args, **kwargs):
        if model == OTHER:
            raise WeightsError("Its weights can't be fetched: there is no network.")
        return load(model, *args, **kwargs)

    monkeypatch.setattr(cache, "load", broken)
    app = started(OTHER)
    assert not app.exception
    assert "there is no network" in app.error[0].value
    app.button(key=f"use_{MODEL}").click().run()
    assert not app.error
    assert app.selectbox(key="model").value == MODEL
    assert shown(app)["top"]


def test_a_broken_model_file_is_not_asked_for_its_opinion(tmp_path):
    (tmp_path / "aaa.safetensors").write_bytes(b"not a model")
    assert "aaa" not in trust._well_tested(DEFAULT_MODEL)


def test_of_a_picture_unlike_what_the_model_knows_the_panel_says_so_first():
    app = started(DEFAULT_MODEL)
    assert not app.warning
    upload(app, ("noise.png", picture((300, 400)), "image/png"))
    assert [warning.value for warning in app.warning] == [wording.UNFAMILIAR]
    elements = list(app.main)
    panel = elements.index(next(h for h in app.header if h.value == trust.HEADING))
    assert elements[panel + 1] is app.warning[0]


def test_no_folder_of_the_server_is_shown(monkeypatch, tmp_path):
    (tmp_path / "mine.safetensors").write_bytes(b"not a model")
    app = started("mine")
    assert app.error
    texts = [element.value for element in (*app.error, *app.caption, *app.markdown)]
    assert not [text for text in texts if str(tmp_path.parent) in text.replace("\\", "")]


def test_downloads_hold_what_their_names_say():
    mine = state.picture_from("mine.png", picture((60, 90)))
    settings = Settings(MODEL, Style(), 3, True)
    archive = zipfile.ZipFile(io.BytesIO(downloads._archive(mine, settings, ())()))
    kinds = set(Output) - {*AREA_OUTPUTS, *SCANPATH_OUTPUTS}  # a model that knows no order
    assert set(archive.namelist()) == {f"mine{kind.ending}" for kind in kinds}
    for kind in kinds:
        assert archive.read(f"mine{kind.ending}") == downloads._file(mine, settings, kind)()


def test_several_pictures_are_packed_with_a_summary():
    files = [("a.png", picture(seed=1), "image/png"), ("a.jpg", picture(seed=2), "image/png")]
    app = upload(started(), *files)
    packed(app.button(key="pack").click().run())
    assert not app.exception
    data = app.session_state["packing"].archive()
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert set(archive.namelist()) == {"summary.csv"} | {
        f"{stem}{kind.ending}"
        for stem in ("a-png", "a-jpg")
        for kind in (Output.OVERLAY, Output.REGIONS)
    }
    assert archive.read("summary.csv").decode().count("\n") == 3
    assert app.get("download_button")[-1].proto.label.startswith("Download the ZIP: 2 pictures")
    app.slider(key="opacity").set_value(30).run()
    assert "the earlier ZIP" in app.get("download_button")[-1].proto.label


def test_one_report_on_all_pictures_is_packed_with_the_areas_drawn(monkeypatch):
    app = upload(started(), ("a.png", picture(seed=1), "image/png"))
    app = upload(app, ("b.png", picture(seed=2), "image/png"))
    first = app.session_state["tray"][0]
    app.session_state["drawn_areas"] = {first.digest: (Area.box("button", 1, 2, 30, 40),)}
    app.session_state["archive_kinds"] = ["html"]
    packed(app.run().button(key="pack").click().run())
    archive = zipfile.ZipFile(io.BytesIO(app.session_state["packing"].archive()))
    assert set(archive.namelist()) == {"summary.csv", "report.html"}
    page = archive.read("report.html").decode()
    assert page.count('class="sheet"') == 2
    assert page.count("button</th>") == 1


def test_packing_goes_on_when_something_else_is_clicked_until_it_is_cancelled(monkeypatch):
    going_on = threading.Event()
    analyze = cache.analysis

    def slow(shown: state.Picture, model: cache.ModelVersion) -> Analysis:
        if threading.current_thread() is not threading.main_thread() and shown.name == "1.png":
            assert going_on.wait(60)
        return analyze(shown, model)

    files = [(f"{i}.png", picture(seed=i), "image/png") for i in range(3)]
    app = upload(started(), *files)
    monkeypatch.setattr(
        packing_module, "cache", SimpleNamespace(**vars(cache) | {"analysis": slow})
    )
    app.button(key="pack").click().run()
    app.slider(key="opacity").set_value(30).run()
    running = app.session_state["packing"]
    assert running.is_running
    app.button(key="cancel_pack").click().run()
    going_on.set()
    packed(app)
    assert "cancelled" in app.info[0].value
    assert running.done < 3


def test_too_large_an_archive_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(packing_module, "MAX_ZIP_MB", 0.001)
    files = [(f"{i}.png", picture(seed=i), "image/png") for i in range(2)]
    app = upload(started(), *files)
    packed(app.button(key="pack").click().run())
    assert "larger than" in app.error[0].value


def test_the_examples_need_no_network():
    for example in state.example_pictures():
        assert len(example.data) > 10_000
        assert example.credit
