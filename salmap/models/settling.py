"""Settling a model where it runs: laid out, and computed, in the way that is quickest there.

On a GPU cuDNN plans each convolution anew for every shape of its input: half a second for a
depthwise one of channels that lie last, a hundredth of one for others, dozens of times over where
pictures and batches are of many sizes. PyTorch's own depthwise kernels plan nothing, nor does a
product of matrices, which is what a 1x1 convolution is. Values change only by rounding.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from timm.layers import Conv2dSame, pad_same
from torch import Tensor, nn
from torch.backends import cudnn
from torch.nn import functional as F


def layout(device: torch.device | str) -> torch.memory_format:
    """How pictures and weights lie in memory: channels last on CPUs, first on GPUs."""
    on_gpu = torch.device(device).type == "cuda"
    return torch.contiguous_format if on_gpu else torch.channels_last


def settle(model: nn.Module, device: torch.device | str) -> None:
    """Move a model to a device and make it quick there; its state dict stays as it is."""
    model.to(device).to(memory_format=layout(device))
    if torch.device(device).type == "cuda":
        spare_plans(model)


def spare_plans(model: nn.Module) -> None:
    """Let cuDNN have only the convolutions that it is needed for."""
    for module in model.modules():
        if not isinstance(module, nn.Conv2d):
            continue
        if module.groups == module.in_channels > 1:
            module.forward = partial(_depthwise, module)  # type: ignore[method-assign]
        elif type(module) is nn.Conv2d and module.kernel_size == (1, 1) and module.groups == 1:
            module.forward = partial(_product, module)  # type: ignore[method-assign]


def _product(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """What a 1x1 convolution gives: (B, C, h, w) -> (B, C', h', w')."""
    rows, columns = conv.stride
    x, weight, bias = _cast(conv, x[..., ::rows, ::columns])
    weights = weight.flatten(1).expand(len(x), -1, -1)
    out = torch.bmm(weights, x.flatten(2)).view(len(x), -1, *x.shape[2:])
    return out if bias is None else out + bias[:, None, None]


def _depthwise(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """What a depthwise convolution gives, without cuDNN."""
    padding: Any = conv.padding
    if isinstance(conv, Conv2dSame):
        x = pad_same(x, list(conv.kernel_size), list(conv.stride), list(conv.dilation))
        padding = (0, 0)
    out: Tensor = _Depthwise.apply(*_cast(conv, x), conv.stride, padding, conv.dilation)
    return out


def _cast(conv: nn.Conv2d, x: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    """Input, weight and bias in the precision that autocast wants of convolutions."""
    kind = x.device.type
    dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
    bias = None if conv.bias is None else conv.bias.to(dtype)
    return x.to(dtype), conv.weight.to(dtype), bias


class _Depthwise(torch.autograd.Function):
    """A function of its own, since a gradient asks for cuDNN only when it is computed."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, stride: Any, padding: Any,
        dilation: Any,
    ) -> Tensor:  # fmt: skip
        ctx.save_for_backward(x, weight)
        ctx.settings = [list(stride), list(padding), list(dilation)]
        ctx.bias_sizes = None if bias is None else list(bias.shape)
        with cudnn.flags(enabled=False):
            return F.conv2d(x, weight, bias, stride, padding, dilation, len(weight))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        x, weight = ctx.saved_tensors
        needed = list(ctx.needs_input_grad[:3])
        with cudnn.flags(enabled=False):
            found = torch.ops.aten.convolution_backward(
                grads[0].contiguous(), x, weight, ctx.bias_sizes, *ctx.settings, False, [0, 0],
                len(weight), needed,
            )  # fmt: skip
        return *found, None, None, None
