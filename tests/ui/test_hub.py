"""Weights from the Hub as a visitor of the app sees them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from salmap.predictor import Predictor
from salmap.ui import cache
from salmap.ui.components import loading
from salmap.weights.hub import ProgressCallback
from tests.hub_server import connect, isolate

APP = Path(__file__).parents[2] / "app.py"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)
    monkeypatch.setenv("SALMAP_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.delenv("SALMAP_WEIGHTS_REPO", raising=False)
    st.cache_data.clear()
    st.cache_resource.clear()


def test_a_download_is_shown_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[float, str]] = []
    seen = threading.Event()

    class Place:
        """Where the bar is drawn."""

        def progress(self, value: float, text: str) -> None:
            shown.append((value, text))
            if "Fetching" in text:
                seen.set()

        def empty(self) -> None:
            shown.append((1.0, "gone"))

    load = cache.load

    def fetch(model: str, progress: ProgressCallback) -> Predictor:
        progress(3_000_000, 12_000_000)
        assert seen.wait(600)
        return load(model)

    monkeypatch.setattr(cache, "load", fetch)
    monkeypatch.setattr(st, "empty", Place)
    loading.load_model(cache.ModelVersion("center-bias"))
    assert (0.25, "Fetching the model center-bias, 3 of 12 MB") in shown
    assert shown[-1] == (1.0, "gone")


def test_without_the_hub_the_bundled_weights_serve_and_the_page_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SALMAP_WEIGHTS_REPO", "ann/weights")
    connect(monkeypatch, "http://127.0.0.1:9")
    app = AppTest.from_file(str(APP), default_timeout=900)
    app.session_state["model"] = "center-bias"
    app.run()
    assert not app.exception
    assert not app.error
    (warning,) = app.warning
    assert "can't be reached. Check your network" in warning.value
    assert "The bundled weights of 'center-bias' are used." in warning.value
    assert app.metric
