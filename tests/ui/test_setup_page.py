"""The Train page where what training needs is missing; tests/jobs/test_setup.py has pip itself."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from salmap.jobs import gpus, setup
from salmap.ui import access
from tests.jobs.test_runs import wait_for


@pytest.fixture(autouse=True)
def lacking(monkeypatch, tmp_path) -> list[str]:
    """Packages that are not there; pip is a program that takes its time."""
    names = ["torch"]
    monkeypatch.setenv("SALMAP_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("SALMAP_TRAINING_DIR", str(tmp_path / "training"))
    monkeypatch.setenv("SALMAP_TRAINING", "1")
    monkeypatch.setattr(access, "is_local", lambda: True)
    monkeypatch.setattr(setup, "lacking", lambda: list(names))
    monkeypatch.setattr(setup, "_command", lambda folder: ["sleep", "600"])
    yield names
    for job in setup.all_setups().all():
        setup.cancel(job)


def page() -> AppTest:
    def app() -> None:
        from salmap.ui.pages.train import page

        page()

    return AppTest.from_function(app, default_timeout=120)


def keys(app: AppTest) -> set[str]:
    return {button.key for button in app.button}


def test_one_button_sets_training_up_and_the_page_goes_on_by_itself(lacking):
    app = page().run()
    assert keys(app) == {"start_setup"}
    assert not app.get("file_uploader")
    app.button(key="start_setup").click().run()
    assert not app.exception
    assert keys(app) == {"cancel_setup"}
    lacking.clear()
    assert len(app.run().get("file_uploader")) == 1


def test_cancel_ends_it_and_the_button_is_back():
    app = page().run()
    app.button(key="start_setup").click().run()
    job = setup.all_setups().running()
    assert job is not None
    app.button(key="cancel_setup").click().run()
    wait_for(lambda: setup.all_setups().running() is None)
    assert keys(app.run()) == {"start_setup"}
    assert not app.error


def test_why_it_failed_is_said_and_it_can_be_tried_again(monkeypatch):
    monkeypatch.setattr(setup, "_command", lambda folder: ["echo", "ERROR: No space left"])
    app = page().run()
    app.button(key="start_setup").click().run()
    wait_for(lambda: setup.all_setups().running() is None)
    app.run()
    assert "No space left" in app.error[0].value
    assert app.button(key="start_setup").label == "Try again"
    assert "No space left" in app.code[0].value


@pytest.mark.parametrize(("token", "word", "may"), [("", "", False), ("sesame", "sesame", True)])
def test_of_visitors_from_elsewhere_only_administrators_may(monkeypatch, token, word, may):
    monkeypatch.setattr(access, "is_local", lambda: False)
    monkeypatch.setenv("SALMAP_ADMIN_TOKEN", token)
    app = page()
    app.session_state["visitor"] = "ann"
    app.run()
    assert "start_setup" not in keys(app)
    assert "Whoever runs this server" in app.info[0].value
    if may:
        app.text_input(key="admin_token").set_value(word).run()
        app.button(key="become_admin").click().run()
        assert "start_setup" in keys(app)


@pytest.mark.parametrize(("able", "kind"), [(True, "caption"), (False, "warning")])
def test_on_what_training_runs_is_said(monkeypatch, able, kind):
    monkeypatch.setattr(gpus, "gpus", lambda: ("NVIDIA L4, 24 GB",))
    monkeypatch.setattr(gpus, "torch_uses_gpus", lambda: able)

    def script() -> None:
        from salmap.ui.components.setup import machine

        machine()

    (said,) = AppTest.from_function(script).run().get(kind)
    assert "NVIDIA L4, 24 GB" in said.value
