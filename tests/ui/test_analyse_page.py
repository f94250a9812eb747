"""The app's logic, without a browser: what tests/browser can't look into."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from salmap import weights
from salmap.errors import WeightsError
from salmap.outputs.names import Output
from salmap.render import Style
from salmap.ui import state
from salmap.ui.components import downloads, source
from salmap.ui.components.controls import Settings

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
    return json.loads(viewer.proto.json)


def is_viewer(element) -> bool:
    return getattr(element.proto, "component_name", "") == "salmap_viewer"


def upload(app: AppTest, *files: tuple[str, bytes, str]) -> AppTest:
    for file in files:
        app.file_uploader(key="upload").upload(*file)
    return app.run()


def test_a_first_visit_shows_an_example_already_analyzed():
    app = started()
    assert not app.exception
    assert not app.error
    assert "Half of all looks" in words(app)
    assert [metric.label for metric in app.metric] == [
        "Mere center bias",
        "Agreement with other models",
        "Usual score",
    ]
    assert app.metric[0].value == "100\u00a0%"
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


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"just words", "not a picture"),
        (picture(form="JPEG")[:-900], "cut short"),
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
    assert [p.name for p in app.session_state["pictures"]] == ["0.png", "1.png"]


def test_the_latest_upload_is_looked_at_until_it_is_removed():
    files = [(f"{i}.png", picture(seed=i), "image/png") for i in range(2)]
    app = upload(started(), files[0])
    upload(app, *files)
    assert "1.png" in shown(app)["alt"]
    assert [p.name for p in app.session_state["pictures"]] == ["0.png", "1.png"]
    upload(app, files[0])
    assert "0.png" in shown(app)["alt"]


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
    load = weights.load

    def broken(model, *args, **kwargs):
        if model == OTHER:
            raise WeightsError("Its weights can't be fetched: there is no network.")
        return load(model, *args, **kwargs)

    monkeypatch.setattr(weights, "load", broken)
    app = started(OTHER)
    assert not app.exception
    assert "there is no network" in app.error[0].value
    app.button(key=f"use_{MODEL}").click().run()
    assert not app.error
    assert app.selectbox(key="model").value == MODEL
    assert shown(app)["top"]


def test_one_broken_model_does_not_spoil_the_panel_of_another(monkeypatch, tmp_path):
    (tmp_path / "aaa.safetensors").write_bytes(b"not a model")
    app = started()
    assert not app.exception
    assert not app.error
    assert app.metric[1].value.endswith("%")


def test_downloads_hold_what_their_names_say():
    mine = state.picture_from("mine.png", picture((60, 90)))
    settings = Settings(MODEL, Style(), 3, True)
    archive = zipfile.ZipFile(io.BytesIO(downloads._archive(mine, settings)()))
    assert set(archive.namelist()) == {f"mine{output.ending}" for output in Output}
    for output in Output:
        assert archive.read(f"mine{output.ending}") == downloads._file(mine, settings, output)()


def test_several_pictures_are_packed_with_a_summary():
    files = [("a.png", picture(seed=1), "image/png"), ("a.jpg", picture(seed=2), "image/png")]
    app = upload(started(), *files)
    app.button(key="pack").click().run()
    assert not app.exception
    _, data = app.session_state["archive"]
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert set(archive.namelist()) == {"summary.csv"} | {
        f"{stem}{output.ending}"
        for stem in ("a-png", "a-jpg")
        for output in (Output.OVERLAY, Output.REGIONS)
    }
    assert archive.read("summary.csv").decode().count("\n") == 3


def test_too_large_an_archive_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(downloads, "MAX_ZIP_MB", 0.001)
    files = [(f"{i}.png", picture(seed=i), "image/png") for i in range(2)]
    app = upload(started(), *files)
    app.button(key="pack").click().run()
    assert "larger than" in app.error[0].value


def test_the_examples_need_no_network():
    for example in state.example_pictures():
        assert len(example.data) > 10_000
        assert example.credit
