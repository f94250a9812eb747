"""What tests of the app share."""

from __future__ import annotations

import pytest
import streamlit as st
from hypothesis import settings

from salmap.predictor import Predictor

settings.register_profile("salmap", deadline=None)  # a test says nothing about time
settings.load_profile("salmap")


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """Empty caches, no models but Salmap's own."""
    monkeypatch.setenv("SALMAP_MODELS_DIR", str(tmp_path))
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def runs(monkeypatch) -> list[str]:
    """Names of the models in the order in which they were run."""
    names: list[str] = []
    predict_grid = Predictor.predict_grid

    def counted(self, image, screen_px):
        names.append(self.name)
        return predict_grid(self, image, screen_px)

    monkeypatch.setattr(Predictor, "predict_grid", counted)
    return names
