"""Data for training: uploads, folders, and what is wrong with them."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from salmap.errors import DatasetError
from salmap.jobs import plans as training
from salmap.jobs import uploads
from salmap.jobs.dataset_check import DatasetReport, DataSource
from salmap.ui.components import dataset
from tests.gaze import gaze_zip, save_untrained
from tests.ui.train_page import BROKEN, REPORT, keys, page, texts, with_data

pytestmark = pytest.mark.usefixtures("folders")


def test_an_upload_that_can_not_be_used_is_not_kept(everything, monkeypatch):
    def refuse(source: DataSource) -> DatasetReport:
        raise DatasetError("It has no fixations.")

    monkeypatch.setattr(dataset, "check", refuse)
    app = page().run()
    app.file_uploader(key="data_zip").upload("gaze.zip", gaze_zip(3), "application/zip").run()
    assert "It has no fixations." in texts(app, "error")
    assert "removed" in texts(app, "error")
    assert uploads.kept(training.uploads_folder("")) == []


def test_a_table_that_is_refused_is_kept_until_somebody_says_how_it_is_read(
    everything, monkeypatch
):
    asked = []

    def check(source: DataSource) -> DatasetReport:
        asked.append(source.gaze)
        if not source.settings:
            raise DatasetError("x and y lie between 0 and 1.")
        return REPORT

    monkeypatch.setattr(dataset, "check", check)
    app = page().run()
    data = gaze_zip(12, scale=(1 / 96, 1 / 72))
    app.file_uploader(key="data_zip").upload("gaze.zip", data, "application/zip").run()
    assert "removed" not in texts(app, "error")
    (confirm,) = [button for button in app.button if button.label == "Read it like this"]
    confirm.click().run()
    assert not app.exception
    assert asked == [[], ["--gaze", "unit=shares"]]


def test_a_data_set_that_can_not_be_used_is_explained(folders, monkeypatch):
    def refuse(source: DataSource) -> DatasetReport:
        raise DatasetError(f"There is no folder {source.path}/images. Check the path.")

    monkeypatch.setattr(dataset, "check", refuse)
    app = with_data(folders)
    assert "There is no folder" in app.error[0].value
    assert "fit_start" not in keys(app)


def test_problems_of_a_data_set_are_shown(folders, monkeypatch):
    splits = {"train": 2, "val": 1}
    report = DatasetReport(3, splits, (1, 2, 3), None, 2, ("A note.",), (BROKEN,), ())
    monkeypatch.setattr(dataset, "check", lambda source: report)
    save_untrained(folders / "models" / "start.safetensors")
    app = with_data(folders)
    assert "It has no fixations or map." in app.warning[0].value
    assert "images/a.png" in app.warning[0].value
    assert "2 fixations fell outside" in texts(app, "caption")
    assert app.button(key="fit_start").disabled
    assert "only data without problems" in app.warning[1].value
    assert app.button(key="adapt_start").disabled
    assert "at least 10 are needed" in app.warning[2].value


def test_one_picture_is_not_enough(folders, monkeypatch):
    report = DatasetReport(1, {"train": 1}, (5,), 2, 0, (), (), ())
    monkeypatch.setattr(dataset, "check", lambda source: report)
    app = with_data(folders)
    assert app.button(key="fit_start").disabled
    assert "at least two pictures" in texts(app, "warning")


def test_a_zip_is_unpacked_and_can_be_removed(everything):
    app = page().run()
    app.file_uploader(key="data_zip").upload("gaze.zip", gaze_zip(3), "application/zip")
    app.run()
    assert not app.error
    (path,) = training.uploads_folder("").iterdir()
    assert app.selectbox(key="kept_data").value == f"{path.parent.name}/{path.name}"
    assert (path / "fixations.csv").is_file()
    app.file_uploader(key="data_zip").set_value(None)
    app.button(key="remove_data").click().run()
    assert not path.exists()


def test_a_bad_zip_is_refused_in_words(everything):
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("../evil.png", b"x")
    app = page().run()
    app.file_uploader(key="data_zip").upload("evil.zip", stream.getvalue(), "application/zip")
    app.run()
    assert not app.exception
    assert "leads outside" in app.error[0].value
    assert "fit_start" not in keys(app)
