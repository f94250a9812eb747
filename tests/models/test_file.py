"""Model files: what is written comes back; what is damaged or hostile is refused in words."""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from salmap.backends.choice import open_model
from salmap.errors import WeightsError
from salmap.models import CLASSICAL
from salmap.models import file as model_file
from salmap.models.file import load_model, save_model
from salmap.models.network import SaliencyNetwork
from salmap.networks import NetworkConfig
from salmap.version import __version__
from salmap.weights.file import write_tensors
from salmap.weights.info import FORMAT, ModelInfo, read_info

NETWORK = {
    "encoders": [{"name": "test_efficientnet", "levels": [2, 3, 4]}],
    "size": 64,
    "width": 8,
}


def describe(model: Any, **changes: Any) -> ModelInfo:
    info = ModelInfo(
        name="tiny",
        architecture=model.architecture,
        config=model.config(),
        license="MIT",
        data=("OSIE (MIT)",),
        scores={"osie": {"nss": [2.5, 2.4, 2.6]}},
        source="a test",
        notes="Näh.",
    )
    return dataclasses.replace(info, **changes)


@pytest.fixture(scope="module")
def network() -> SaliencyNetwork:
    torch.manual_seed(0)
    model = SaliencyNetwork.from_config(NETWORK).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return model


@pytest.fixture
def file(network: SaliencyNetwork, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.safetensors"
    save_model(network, path, describe(network))
    return path


def rewritten(
    path: Path,
    tensors: dict[str, torch.Tensor] | None = None,
    text: str | None = None,
    **fields: Any,
) -> Path:
    """The same file with tensors, the whole metadata text or single metadata fields replaced."""
    values = json.loads(header(path)["__metadata__"]["salmap"]) | fields
    values = {key: value for key, value in values.items() if value != "LEFT OUT"}
    stored = load_file(path) if tensors is None else tensors
    save_file(stored, path, {"salmap": json.dumps(values) if text is None else text})
    return path


def header(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    return json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])


@pytest.mark.parametrize("half", [True, False])
def test_a_saved_network_predicts_the_same(
    network: SaliencyNetwork, tmp_path: Path, half: bool
) -> None:
    path = tmp_path / "new folder" / "tiny.safetensors"
    info = describe(network)
    save_model(network, path, info, half=half)
    loaded, read = load_model(path)
    images = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        difference = (loaded(images) - network(images)).abs().max()
    assert difference < (2e-2 if half else 1e-6)
    assert difference > 0 or not half
    assert read == info
    assert read_info(path) == info
    types = {entry["dtype"] for name, entry in header(path).items() if name != "__metadata__"}
    assert types - {"I64"} == {"F16" if half else "F32"}


@pytest.mark.parametrize("architecture", sorted(CLASSICAL))
def test_every_classical_model_can_be_saved(architecture: str, tmp_path: Path) -> None:
    model = CLASSICAL[architecture]()
    path = tmp_path / "classical.safetensors"
    write_tensors(path, model.tensors(), describe(model), half=False)
    loaded, info = open_model(path, "", "cpu")
    pixels = np.random.default_rng(0).random((1, 3, 64, 64), np.float32)
    assert info == describe(model)
    np.testing.assert_array_equal(loaded.run(pixels).log_density, model.run(pixels).log_density)


def test_a_loaded_model_is_float32_frozen_and_in_eval_mode(file: Path) -> None:
    model, _ = load_model(file)
    assert not model.training
    assert all(p.dtype == torch.float32 and not p.requires_grad for p in model.parameters())


def test_saving_leaves_the_model_as_it_was(network: SaliencyNetwork, tmp_path: Path) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    save_model(network, tmp_path / "tiny.safetensors", describe(network))
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_a_failed_write_keeps_the_old_file(
    file: Path, network: SaliencyNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_bytes()

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        save_model(network, file, describe(network), half=False)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": "center-bias"}, "another model"),
        ({"config": {**NETWORK, "width": 16}}, "another model"),
        ({"scores": {"osie": {"nss": [float("nan")]}}}, "not valid JSON"),
        ({"notes": Path("x")}, "not valid JSON"),
        ({"license": None}, "'license'"),
    ],
)
def test_wrong_information_is_not_written(
    network: SaliencyNetwork, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = tmp_path / "tiny.safetensors"
    with pytest.raises(WeightsError, match=message):
        save_model(network, path, describe(network, **changes))
    assert not path.exists()


@pytest.mark.parametrize(("value", "message"), [(float("nan"), "NaN"), (1e6, "half=False")])
def test_values_that_would_be_lost_are_not_written(
    tmp_path: Path, value: float, message: str
) -> None:
    model = SaliencyNetwork.from_config(NETWORK).eval()
    torch.nn.init.constant_(next(model.parameters()), value)
    with pytest.raises(WeightsError, match=message):
        save_model(model, tmp_path / "tiny.safetensors", describe(model))
    assert not list(tmp_path.iterdir())


def refused(path: Path, message: str) -> None:
    with pytest.raises(WeightsError, match=message) as caught:
        load_model(path)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    refused(tmp_path / "none.safetensors", "There is no file")


def test_a_folder(tmp_path: Path) -> None:
    refused(tmp_path, "There is no file")


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "exploded",))

    path = tmp_path / "old.safetensors"
    path.write_bytes(pickle.dumps(Bomb()))
    refused(path, "PyTorch pickle.*only safetensors: convert it")
    assert not (tmp_path / "exploded").exists()


def test_a_torch_checkpoint_is_refused(network: SaliencyNetwork, tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.save(network.state_dict(), path)
    assert zipfile.is_zipfile(path)
    refused(path, "PyTorch pickle.*only safetensors: convert it")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "its end is missing"),
        (b"abc", "its end is missing"),
        (struct.pack("<Q", 2**62) + b"{}", "its end is missing"),
        (struct.pack("<Q", 9 * 2**20) + b" " * 9 * 2**20, "header of 9 MB"),
        (struct.pack("<Q", 2) + b"{}", "no Salmap metadata"),
        (struct.pack("<Q", 4) + b"oops", "damaged"),
        (struct.pack("<Q", 20_000) + b'{"a":' * 4_000, "damaged"),
        (b"<!DOCTYPE html><html></html>", "its end is missing"),
    ],
)
def test_what_is_no_safetensors_file(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "bad.safetensors"
    path.write_bytes(data)
    refused(path, message)


@pytest.mark.parametrize("share", [0.001, 0.3, 0.999])
def test_a_truncated_file(file: Path, share: float) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    refused(file, "copy it again")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"format": FORMAT + 1}, "Upgrade Salmap"),
        ({"format": "1"}, "not say which format"),
        ({"format": True}, "not say which format"),
        ({"format": "LEFT OUT"}, "not say which format"),
        ({"name": "LEFT OUT"}, "'name'.*missing"),
        ({"config": []}, "'config'.*wrong"),
        ({"data": "OSIE"}, "'data'.*wrong"),
        ({"scores": {"osie": {"nss": ["high"]}}}, "'scores'.*wrong"),
        ({"scores": {"osie": {"nss": [10**400]}}}, "'scores'.*wrong"),
        ({"architecture": "transformer-9000"}, "transformer-9000.*Upgrade"),
        ({"config": {}}, "describes no model"),
        ({"config": {**NETWORK, "encoders": [{"name": "hf-hub:a/b", "levels": [1]}]}}, "hf-hub"),
        ({"config": {**NETWORK, "encoders": NETWORK["encoders"] * 5000}}, "1 to 4 encoders"),
        ({"config": {**NETWORK, "encoders": [{"name": 5, "levels": None}]}}, "describes no model"),
        ({"config": {**NETWORK, "width": 1024}}, "another model"),
    ],
)
def test_wrong_metadata(file: Path, fields: dict[str, Any], message: str) -> None:
    refused(rewritten(file, **fields), message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not json", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('{"format": NaN}', "not valid JSON"),
        ("[1]", "not say which format"),
        ('{"format": 1, "name": "' + "x" * 2**20 + '"}', "larger than 1 MB"),
    ],
)
def test_metadata_that_is_no_record(file: Path, text: str, message: str) -> None:
    refused(rewritten(file, text=text), message)


def test_a_giant_network_costs_no_memory(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration that asks for does not hold there are is refused before it is built."""
    devices = []

    class Spied(SaliencyNetwork):
        def __init__(self, config: NetworkConfig) -> None:
            super().__init__(config)
            devices.append({p.device.type for p in self.parameters()})

    monkeypatch.setattr(model_file, "SaliencyNetwork", Spied)
    encoders = [{"name": "vit_giant_patch14_dinov2", "levels": [1, 2]}]
    refused(rewritten(file, config={**NETWORK, "encoders": encoders}), "another model")
    assert devices == [{"meta"}]


def test_unknown_metadata_fields_are_left_for_later_versions(file: Path) -> None:
    assert read_info(rewritten(file, color="blue")).created_with == __version__


def first(tensors: dict[str, torch.Tensor]) -> str:
    return next(name for name, value in tensors.items() if value.ndim == 4)


def test_missing_and_additional_tensors(file: Path) -> None:
    tensors = load_file(file)
    tensors["stranger"] = tensors.pop(first(tensors))
    refused(rewritten(file, tensors), r"1 missing .* and 1 too many \(stranger\)")


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t[:1].contiguous(),
        lambda t: t[None],
        lambda t: t.to(torch.int64),
        lambda t: t.to(torch.float64),
        lambda t: t.to(torch.float8_e5m2),
    ],
)
def test_tensors_of_another_shape_or_type(file: Path, change: Any) -> None:
    tensors = load_file(file)
    name = first(tensors)
    tensors[name] = change(tensors[name])
    refused(rewritten(file, tensors), f"tensor {name} is .* asks for")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_values_that_are_no_numbers(file: Path, value: float) -> None:
    tensors = load_file(file)
    name = first(tensors)
    tensors[name][0, 0, 0, 0] = value
    refused(rewritten(file, tensors), f"tensor {name} has NaN or infinite")


@pytest.mark.parametrize("position", range(0, 60, 7))
def test_a_flipped_byte_in_the_header_is_refused_or_harmless(file: Path, position: int) -> None:
    """Whatever is damaged, a reader gets a sentence or a whole model, never another exception."""
    data = bytearray(file.read_bytes())
    data[position] ^= 0x15
    file.write_bytes(data)
    try:
        model, _ = load_model(file)
    except WeightsError as error:
        assert file.name in str(error)
    else:
        assert set(model.state_dict()) == set(load_file(file))
