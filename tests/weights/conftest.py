"""An environment without anybody's weights, and a Hub."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from salmap.weights import resolve as resolving
from salmap.weights.registry import Source
from tests.hub_server import Hub, connect, isolate, serve
from tests.weights.resolving import register, write_model


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SALMAP_WEIGHTS_REPO", raising=False)
    monkeypatch.setenv("SALMAP_MODELS_DIR", str(tmp_path / "models"))
    isolate(monkeypatch, tmp_path)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serve() as server:
        connect(monkeypatch, server.url)
        yield server


@pytest.fixture
def model_bytes(tmp_path: Path) -> bytes:
    return write_model(tmp_path / "written.safetensors").read_bytes()


@pytest.fixture
def bundled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "assets"
    path = write_model(folder / "test-net.safetensors")
    monkeypatch.setattr(resolving, "assets_folder", lambda: folder)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    register(monkeypatch, source=Source.BUNDLED, sha256=digest)
    return path
