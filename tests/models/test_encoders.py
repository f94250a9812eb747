import dataclasses

import pytest
import timm
import torch

from salmap.errors import ModelError
from salmap.models.encoders import Encoder, load_encoder_weights
from salmap.models.network import SaliencyNetwork
from salmap.networks import PRESETS, EncoderConfig, NetworkConfig

VIT = "vit_small_patch14_dinov2"


@pytest.fixture(scope="module")
def large():
    torch.manual_seed(0)
    return SaliencyNetwork(dataclasses.replace(PRESETS["large"].config, size=160)).eval()


@pytest.mark.parametrize("size", [(160, 160), (120, 160), (36, 160), (160, 4)])
def test_grids_of_one_stride_have_one_shape(large, size):
    with torch.inference_mode():
        features = large.encode(torch.rand(1, 3, *size))
    strides = [stride for encoder in large.encoder_list() for stride in encoder.strides]
    assert strides == [8, 16, 32, 16, 16, 16]
    shapes = {tuple(f.shape[-2:]) for f, stride in zip(features, strides, strict=True)
              if stride == 16}  # fmt: skip
    assert len(shapes) == 1


def test_a_scaled_encoder_sees_what_lies_in_its_cells():
    """A change of one cell's pixels changes the patch embedding of that cell most."""
    torch.manual_seed(0)
    encoder = Encoder(EncoderConfig(VIT, (0,), stride=16)).eval()
    embed = encoder.net.model.patch_embed
    seen = []
    embed.register_forward_hook(lambda _m, _i, out: seen.append(out.flatten(0, -2)))
    images = torch.full((1, 3, 64, 96), 0.5)
    changed = images.clone()
    changed[..., 32:48, 64:80] = 1.0  # row 2, column 4 of a grid of 4 x 6
    with torch.inference_mode():
        encoder(images)
        encoder(changed)
    change = (seen[1] - seen[0]).norm(dim=1)
    assert int(change.argmax()) == 2 * 6 + 4


def test_the_stride_of_a_pyramid_is_its_own():
    with pytest.raises(ModelError, match="several strides"):
        Encoder(EncoderConfig("tf_efficientnet_lite2", (2, 3), stride=16))


@pytest.mark.parametrize("stride", [1, 1000, -16])
def test_a_stride_out_of_range_is_refused(stride):
    with pytest.raises(ModelError, match="stride is 4 to 64"):
        EncoderConfig(VIT, (5,), stride=stride)


def test_a_configuration_without_strides_keeps_the_encoders_own():
    config = {"encoders": [{"name": "tf_efficientnet_lite2", "levels": [2]}], "size": 64}
    assert NetworkConfig.from_json(config).encoders[0].stride == 0


def test_a_transformer_takes_the_weights_of_the_whole_classifier():
    torch.manual_seed(1)
    state = timm.create_model(VIT, pretrained=False).state_dict()
    encoder = Encoder(EncoderConfig(VIT, (5, 8, 11), stride=16))
    load_encoder_weights(encoder, state)
    assert torch.equal(encoder.net.model.blocks[3].mlp.fc1.weight, state["blocks.3.mlp.fc1.weight"])
    del state["pos_embed"]
    with pytest.raises(ModelError, match="first 'pos_embed'"):
        load_encoder_weights(encoder, state)
