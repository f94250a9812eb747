"""Who may train, and what visitors of the Train page see of each other."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from salmap.errors import DatasetError
from salmap.jobs import plans as training
from salmap.jobs import runs as jobs
from salmap.jobs import uploads
from salmap.jobs.dataset_check import DatasetReport, DataSource
from salmap.jobs.runs import FIT
from salmap.ui import access
from salmap.ui.access import is_this_computer
from salmap.ui.components import dataset
from tests.gaze import gaze_zip, save_untrained
from tests.jobs.test_runs import wait_for
from tests.ui.train_page import ended_job, keys, page, texts

pytestmark = pytest.mark.usefixtures("folders")


@pytest.mark.parametrize(
    ("variable", "space", "at_the_server", "allowed"),
    [
        ("1", True, False, True), ("on", False, False, True), ("0", False, True, False),
        ("off", False, True, False), ("", False, True, True), ("", False, False, False),
        ("", True, True, False),
    ],
)  # fmt: skip
def test_who_may_train(variable, space, at_the_server, allowed):
    environment = {"SALMAP_TRAINING": variable} | ({"SPACE_ID": "a/b"} if space else {})
    assert training.is_allowed(at_the_server, environment) == allowed


@pytest.mark.parametrize(
    ("address", "is_here"),
    [
        (None, True), ("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True),
        ("192.168.0.7", False), ("::ffff:192.168.0.7", False), ("2001:db8::1", False),
        ("localhost.example.org", False),
    ],
)  # fmt: skip
def test_who_is_at_the_server(address, is_here):
    assert is_this_computer(address) == is_here


def test_where_training_is_closed_a_visitor_finds_no_buttons_and_no_runs_of_others(
    monkeypatch, everything
):
    monkeypatch.setenv("SALMAP_TRAINING", "0")
    monkeypatch.setattr(access, "is_local", lambda: False)
    ended_job(everything, [], FIT, "refuse")
    app = page().run()
    assert not app.exception
    assert "SALMAP_TRAINING=1" in app.info[0].value
    assert keys(app) == set()
    assert len(app.get("file_uploader")) == 0
    assert not app.selectbox


@pytest.fixture
def shared(monkeypatch, everything):
    """A server where visitors from elsewhere may train."""
    monkeypatch.setenv("SALMAP_ADMIN_TOKEN", "open sesame")
    monkeypatch.setattr(access, "is_local", lambda: False)
    return everything


def as_visitor(name: str) -> AppTest:
    found = page()
    found.session_state["visitor"] = name
    return found


def test_a_visitor_sees_only_their_own_runs_and_uploads_and_an_administrator_all(shared):
    def script(folder: Path) -> list[str]:
        return [str(folder), "fail"]

    for owner in ("ann", "bob"):
        job = shared.start(FIT, f"model-of-{owner}", script, {}, owner)
        wait_for(lambda job=job: not shared.state(job).is_running)
        uploads.keep(f"data-of-{owner}.zip", BytesIO(gaze_zip(3)), training.uploads_folder(owner))
    app = as_visitor("ann").run()
    assert not app.exception
    (runs,) = [box for box in app.selectbox if box.key == "past_job"]
    assert [option.partition(":")[0] for option in runs.options] == ["model-of-ann"]
    (data,) = [box for box in app.selectbox if box.key == "kept_data"]
    assert [option.startswith("data-of-ann") for option in data.options] == [True]
    assert "A folder on this server" not in str(app.get("button_group"))
    app.text_input(key="admin_token").set_value("wrong").run()
    app.button(key="become_admin").click().run()
    assert "not this server's" in texts(app, "error")
    app.text_input(key="admin_token").set_value("open sesame").run()
    app.button(key="become_admin").click().run()
    (runs,) = [box for box in app.selectbox if box.key == "past_job"]
    assert len(runs.options) == 2


def test_of_a_strangers_run_only_that_there_is_one_is_said(shared):
    job = shared.start(FIT, "secret", lambda folder: [str(folder), "work"], {}, "bob")
    wait_for(lambda: shared.events_since_launch(job))
    app = as_visitor("ann").run()
    everything_said = texts(app, "markdown") + texts(app, "info") + texts(app, "header")
    assert "secret" not in everything_said
    assert "Another visitor's run" in texts(app, "info")
    assert "stop_job" not in keys(app)


def test_models_of_others_are_not_offered(shared, folders):
    save_untrained(folders / "models" / "theirs.safetensors")
    job = shared.start(FIT, "theirs", lambda folder: [str(folder), "finish"], {}, "bob")
    wait_for(lambda: not shared.state(job).is_running)

    def script() -> None:
        import streamlit as st

        from salmap.ui.components.controls import visible_models

        st.text(" ".join(entry.name for entry in visible_models()))

    app = AppTest.from_function(script, default_timeout=600)
    app.session_state["visitor"] = "ann"
    assert "theirs" not in app.run().text[0].value
    app.session_state["visitor"] = "bob"
    assert "theirs" in app.run().text[0].value


def test_a_message_to_a_visitor_names_no_folder_of_the_server(shared, monkeypatch):
    def refuse(source: DataSource) -> DatasetReport:
        raise DatasetError(f"{source.path}/images has no picture.")

    monkeypatch.setattr(dataset, "check", refuse)
    app = as_visitor("ann").run()
    app.file_uploader(key="data_zip").upload("gaze.zip", gaze_zip(3), "application/zip").run()
    assert "images has no picture" in texts(app, "error")
    assert str(training.folder()) not in texts(app, "error").replace("\\", "")


def test_what_is_missing_for_training_is_said(monkeypatch):
    monkeypatch.setattr(jobs, "SUPPORTED", False)
    assert "Windows" in training.why_impossible()
    app = page().run()
    assert "Windows" in app.warning[0].value
    assert len(app.get("file_uploader")) == 0
