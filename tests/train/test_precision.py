"""What training in bfloat16 on a CPU does otherwise gives the same."""

import copy

import pytest
import timm
import torch

from train.precision import attend_in_parts, keep_depthwise_float32


@pytest.fixture
def transformer():
    torch.manual_seed(0)
    model = timm.create_model("vit_small_patch14_dinov2", img_size=56, dynamic_img_size=True)
    return model.double()  # so that rounding can't be taken for a difference


@pytest.mark.parametrize("batch", [1, 3])
def test_attention_in_parts_gives_the_same_values_and_gradients(transformer, batch):
    in_parts = copy.deepcopy(transformer)
    attend_in_parts(in_parts)
    images = torch.rand(batch, 3, 56, 84, dtype=torch.float64)
    results = []
    for network in (transformer, in_parts):
        out = network.forward_features(images)
        out.square().mean().backward()
        results.append((out, network.blocks[0].attn.qkv.weight.grad))
    for whole, parts in zip(*results, strict=True):
        torch.testing.assert_close(parts, whole)


def test_masks_go_to_timm(transformer):
    in_parts = copy.deepcopy(transformer)
    attend_in_parts(in_parts)
    tokens = torch.rand(1, 4, 384, dtype=torch.float64)
    mask = torch.tensor([[True, True, False, False]] * 4)
    ours, theirs = (n.blocks[0].attn(tokens, attn_mask=mask) for n in (in_parts, transformer))
    torch.testing.assert_close(ours, theirs)
    assert not torch.allclose(ours, in_parts.blocks[0].attn(tokens))


def test_depthwise_convolutions_stay_float32():
    torch.manual_seed(0)
    depthwise = torch.nn.Conv2d(8, 8, 3, groups=8)
    rounded, exact = copy.deepcopy(depthwise), copy.deepcopy(depthwise)
    keep_depthwise_float32(exact)
    maps = torch.rand(2, 8, 9, 9)
    expected = depthwise(maps)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert rounded(maps).dtype == torch.bfloat16
        torch.testing.assert_close(exact(maps), expected)
