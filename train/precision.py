"""Mixed precision on a CPU without its slow spots."""

from __future__ import annotations

from functools import partial

import torch
from accelerate import Accelerator
from timm.layers import Attention
from torch import Tensor, nn

_HEADS_AT_ONCE = 2  # one for each of the cores of a small machine; their weights stay in the cache


def is_bfloat16_on_cpu(accelerator: Accelerator) -> bool:
    """Whether what follows is for this run."""
    return accelerator.mixed_precision == "bf16" and accelerator.device.type == "cpu"


def keep_depthwise_float32(model: nn.Module) -> None:
    """Run depthwise convolutions in float32 even under autocast.

    On CPUs the gradient of a bfloat16 depthwise kernel takes about five times as long as that of a
    float32 one, which eats all that bfloat16 wins elsewhere. Values change only by rounding less.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1:
            module.forward = partial(_float32, module)  # type: ignore[method-assign]


def _float32(conv: nn.Conv2d, x: Tensor) -> Tensor:
    with torch.autocast(x.device.type, enabled=False):
        out: Tensor = type(conv).forward(conv, x.float())
    return out


def attend_in_parts(model: nn.Module) -> None:
    """Let timm's attention do a few heads at a time, as plain products of matrices.

    On CPUs PyTorch's fused kernel takes about twice as long in bfloat16, where the weights of all
    heads at once would not fit into the cache. Values change only by rounding.
    """
    for module in model.modules():
        if type(module) is Attention and module.gate is None:
            module.forward = partial(_attend, module)  # type: ignore[method-assign]


def _attend(
    attention: Attention, tokens: Tensor, attn_mask: Tensor | None = None, is_causal: bool = False
) -> Tensor:
    """What `Attention.forward` gives: (B, N, C) -> (B, N, C); with a mask, by that itself."""
    if attn_mask is not None or is_causal:
        return Attention.forward(attention, tokens, attn_mask, is_causal)
    batch, count, _ = tokens.shape
    shape = batch, count, 3, attention.num_heads, attention.head_dim
    query, key, value = attention.qkv(tokens).view(shape).permute(2, 0, 3, 1, 4).unbind(0)
    query, key = attention.q_norm(query) * attention.scale, attention.k_norm(key)
    parts = zip(
        *(heads.flatten(0, 1).split(_HEADS_AT_ONCE) for heads in (query, key, value)), strict=True
    )
    looks = [torch.bmm(torch.bmm(q, k.mT).softmax(-1), v) for q, k, v in parts]
    mixed = torch.cat(looks).view(batch, attention.num_heads, count, attention.head_dim)
    mixed = mixed.transpose(1, 2).reshape(batch, count, attention.attn_dim)
    out: Tensor = attention.proj_drop(attention.proj(attention.norm(mixed)))
    return out
