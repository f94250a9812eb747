"""What tests of the app share."""

from __future__ import annotations

import pytest
import streamlit as st
from hypothesis import settings

from salmap.predictor import Predictor

settings.register_profile("salmap", deadline=None)  # a test says nothing about time
settings.load_profile("salmap")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take longest come first, so that no worker has one left when the other is done."""

    def rank(item: pytest.Item) -> int:
        return 0 if item.get_closest_marker("browser") else 1 if item.path in slow else 2

    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=rank)


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

    def counted(self, image, *rest):
        names.append(self.name)
        return predict_grid(self, image, *rest)

    monkeypatch.setattr(Predictor, "predict_grid", counted)
    return names
