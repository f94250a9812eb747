"""An environment without anybody's weights."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SALMAP_WEIGHTS_REPO", raising=False)
    monkeypatch.setenv("SALMAP_MODELS_DIR", str(tmp_path / "models"))
