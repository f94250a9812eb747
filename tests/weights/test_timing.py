"""The file of when people look where, beside a network's weights."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from salmap.errors import WeightsError
from salmap.timing import EDGES_S
from salmap.weights import assets_folder, list_models
from salmap.weights.resolve import SUFFIX, TIMING_SUFFIX
from salmap.weights.timing import read_timing, write_timing

BUNDLED = sorted(assets_folder().glob(f"*{TIMING_SUFFIX}"))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return Path(
        shutil.copy(assets_folder() / "center-bias.safetensors", tmp_path / "m.safetensors")
    )


@pytest.fixture(scope="module")
def timing():
    found = read_timing(assets_folder() / "lite.safetensors")
    assert found is not None
    return found


def test_it_is_read_as_it_was_written_and_only_for_its_own_weights(weights, timing):
    assert read_timing(weights) is None
    assert write_timing(weights, timing).name == "m.timing.safetensors"
    read = read_timing(weights)
    for name in ("powers", "center", "counts", "concentrations"):
        np.testing.assert_array_equal(getattr(read, name), getattr(timing, name))
    for name in ("power", "pulls", "level", "durations_s"):
        np.testing.assert_array_equal(getattr(read.moves, name), getattr(timing.moves, name))
    shutil.copy(assets_folder() / "lite.safetensors", weights)
    assert read_timing(weights) is None


def test_a_file_of_another_form_is_refused(weights, timing):
    moves = replace(timing.moves, pulls=timing.moves.pulls[:, 1:])
    for other in (replace(timing, center=timing.center[:, :2]), replace(timing, moves=moves)):
        write_timing(weights, other)
        with pytest.raises(WeightsError, match="make it anew"):
            read_timing(weights)


def test_it_is_not_taken_for_a_model(weights, timing, monkeypatch):
    write_timing(weights, timing)
    monkeypatch.setenv("SALMAP_MODELS_DIR", str(weights.parent))
    assert [name for name in list_models() if name.startswith("m")] == ["m"]


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.name)
def test_bundled_files_are_those_of_the_weights_beside_them(path):
    found = read_timing(path.with_name(path.name.replace(TIMING_SUFFIX, SUFFIX)))
    assert found is not None
    np.testing.assert_allclose(found.counts.sum(1), 1, atol=1e-5)
    assert (found.rates > 0).all()
    middle = np.zeros((60, 80), np.float32)
    early, late = (np.exp(found.at(middle, seconds)) for seconds in (EDGES_S[1], EDGES_S[-1]))
    assert early[20:40, 27:53].sum() > 1.3 * late[20:40, 27:53].sum()
    assert (found.moves.pulls[0, :6] > 1).all(), "people go to what is near"
    assert (found.moves.pulls[1, :4] < 0).all(), "and seldom back to where they were before"
    assert found.moves.durations_s.min() > 0
