"""Batch normalization folded into the convolution before it: the same numbers, in less time."""

from __future__ import annotations

import copy
from itertools import chain, pairwise
from typing import TypeVar

from timm.layers import BatchNormAct2d
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

Module = TypeVar("Module", bound=nn.Module)


def folded(model: Module) -> Module:
    """A copy of a model, for inference only, that gives the same outputs but for rounding.

    In eval mode batch normalization is one factor and one offset for each channel, which the
    convolution before it can apply at no cost. The copy shares all other tensors with the original
    and can't be loaded from a weight file; keep the original for that.
    """
    shared = {id(tensor): tensor for tensor in chain(model.parameters(), model.buffers())}
    model = copy.deepcopy(model, shared).eval()
    for parent in list(model.modules()):
        for (_, conv), (name, norm) in pairwise(list(parent.named_children())):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                _fold(conv, norm)
                setattr(parent, name, _without_norm(norm))
    return model


def _fold(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None  # batch normalization without statistics has no eval mode
    assert variance is not None
    conv.weight, conv.bias = fuse_conv_bn_weights(
        conv.weight, conv.bias, mean, variance, norm.eps, norm.weight, norm.bias
    )


def _without_norm(norm: nn.BatchNorm2d) -> nn.Module:
    return norm.act if isinstance(norm, BatchNormAct2d) else nn.Identity()
