"""`salmap export`: a file that any ONNX runtime can run, or a sentence that says why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from typer.testing import CliRunner

import salmap
from salmap.backends import exporting
from salmap.cli.main import app
from salmap.errors import ModelError
from salmap.weights import assets_folder

RUNNER = CliRunner()


def test_the_file_needs_nothing_else_and_gives_the_same(tmp_path: Path) -> None:
    path = tmp_path / "lite.onnx"
    result = RUNNER.invoke(app, ["export", "lite", "--onnx", str(path)])
    assert result.exit_code == 0, result.output
    assert str(path) in result.stdout
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert {entry.key: entry.value for entry in model.metadata_props}["size"] == "576"
    assert len(model.graph.input) == 1
    assert [value.name for value in model.graph.output] == ["log_density", "features"]
    pixels = np.random.default_rng(0).random((1, 3, 92, 576), np.float32)
    grid, _ = onnxruntime.InferenceSession(path).run(None, {"pixels": pixels})
    expected = salmap.load("lite", use_hub=False).backend.run(pixels).log_density
    np.testing.assert_allclose(grid[0], expected, atol=1e-4)


def test_a_file_that_differs_from_torch_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "TOLERANCE", 0.0)
    monkeypatch.setattr(exporting, "CHECKED_SIZES", ((64, 96),))
    path = tmp_path / "lite.onnx"
    with pytest.raises(ModelError, match="was not written: it differs from PyTorch"):
        exporting.export_file(assets_folder() / "lite.safetensors", path)
    assert not path.exists()


def test_a_classical_model_has_nothing_to_export(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["export", "itti-koch", "--onnx", str(tmp_path / "x.onnx")])
    assert isinstance(result.exception, ModelError)
    assert "not a network" in str(result.exception)


def test_without_torch_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = RUNNER.invoke(app, ["export", "lite", "--onnx", str(tmp_path / "x.onnx")])
    assert isinstance(result.exception, ModelError)
    assert "salmap[train]" in str(result.exception)
