"""Weights by name, in the user's folder, by path, in the package."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

import salmap
from salmap import weights
from salmap.errors import ModelError, WeightsError
from salmap.weights import resolve as resolving
from salmap.weights.registry import REGISTRY, ModelEntry, Source
from tests.hub_server import Hub
from tests.weights.resolving import refused, resolve, write_model


def test_registered_models_are_listed() -> None:
    names = salmap.list_models()
    assert names == sorted(names)
    assert set(REGISTRY) <= set(names)


@pytest.mark.parametrize("entry", REGISTRY.values(), ids=lambda entry: entry.name)
def test_registered_models_are_pinned_and_present(entry: ModelEntry) -> None:
    if entry.source in (Source.BUNDLED, Source.HUB):
        assert len(entry.sha256) == 64
        assert entry.size_bytes > 0
    if entry.source is Source.BUNDLED:
        data = (weights.assets_folder() / entry.file_name).read_bytes()
        assert len(data) == entry.size_bytes
        assert hashlib.sha256(data).hexdigest() == entry.sha256
    if entry.source is Source.HUB:
        assert len(entry.revision) == 40


@pytest.mark.parametrize("name", ["center-bias", "itti-koch", "spectral-residual"])
def test_built_in_models_load_by_name(name: str) -> None:
    predictor = salmap.load(name)
    assert predictor.name == name
    assert predictor.info is not None
    assert predictor.info.architecture == name
    prediction = predictor.predict(np.zeros((40, 60, 3), np.uint8))
    assert prediction.size == (40, 60)


def test_models_in_the_users_folder_have_their_stems_for_names(tmp_path: Path) -> None:
    path = write_model(tmp_path / "models" / "mine.safetensors")
    (tmp_path / "models" / "notes.txt").write_text("no model")
    assert "mine" in salmap.list_models()
    assert "notes" not in salmap.list_models()
    assert resolve("mine") == path
    assert salmap.load("mine").name == "mine"


def test_a_users_model_does_not_replace_a_registered_one(tmp_path: Path) -> None:
    write_model(tmp_path / "models" / "itti-koch.safetensors")
    assert salmap.list_models().count("itti-koch") == 1
    assert resolve("itti-koch") is None


@pytest.mark.parametrize("variable", ["XDG_DATA_HOME", "HOME"])
def test_the_users_folder_by_default(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SALMAP_MODELS_DIR")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    below = tmp_path if variable == "XDG_DATA_HOME" else tmp_path / ".local" / "share"
    assert weights.models_folder() == below / "salmap" / "models"


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_loads(kind: type, tmp_path: Path) -> None:
    path = write_model(tmp_path / "some.model.safetensors", name="inside")
    predictor = salmap.load(kind(path))
    assert predictor.name == "some.model"
    assert predictor.info is not None
    assert predictor.info.name == "inside"


def test_unknown_names(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"Did you mean 'itti-koch'\? Available models: .*lite"):
        salmap.load("itty-koch")
    with pytest.raises(ModelError, match=r"There is no model '\.\./models/x'"):
        salmap.load("../models/x")
    with pytest.raises(WeightsError, match="There is no file"):
        salmap.load(tmp_path / "none.safetensors")


def test_bundled_weights_are_found_and_checked_once(
    bundled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "test-net" in salmap.list_models()
    assert salmap.load("test-net").name == "test-net"
    monkeypatch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("read a second time"))
    assert resolve("test-net") == bundled


def test_changed_bundled_weights_are_refused(bundled: Path) -> None:
    resolve("test-net")
    bundled.write_bytes(bundled.read_bytes() + b" ")
    refused("test-net", str(bundled), "damaged or was changed", "SHA-256", "Delete it")


def test_weights_that_an_installation_lacks(
    bundled: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel carries few weights; of the others a sentence says where to get them."""
    bundled.unlink()
    assert "test-net" not in salmap.list_models()
    refused("test-net", f"no test-net.safetensors in {bundled.parent}", "checkout",
            "SALMAP_WEIGHTS_REPO", "hf://owner/repo")  # fmt: skip
    monkeypatch.setenv("SALMAP_WEIGHTS_REPO", "ann/weights")
    assert "test-net" in salmap.list_models()
    refused("test-net", "ann/weights", "no such repository")
    hub.add("ann/weights", {"test-net.safetensors": b"theirs" * 1000})
    assert resolve("test-net") is not None


def test_a_git_lfs_pointer_in_place_of_weights(bundled: Path) -> None:
    bundled.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    refused("test-net", "Git LFS pointer", "git lfs pull")


@pytest.mark.parametrize("installed", [True, False])
def test_the_assets_of_a_wheel_or_of_a_checkout(
    installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "salmap"
    (package / "assets" if installed else package).mkdir(parents=True)
    monkeypatch.setattr(resolving, "__file__", str(package / "weights" / "resolve.py"))
    expected = package / "assets" if installed else tmp_path / "assets"
    assert weights.assets_folder() == expected
