"""Mixed precision, and how to avoid its slow spots on a CPU."""

from __future__ import annotations

from functools import partial

import torch
from timm.layers import Attention
from torch import Tensor, nn

_HEADS_AT_ONCE = 2  # one for each core of a small machine; their weights stay in the cache


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Run what follows in a recipe's precision, "no" (float32) or "bf16"."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")


def is_bfloat16_on_cpu(device: torch.device, precision: str) -> bool:
    """Whether the slow spots are in the way."""
    return precision == "bf16" and device.type == "cpu"


def keep_depthwise_float32(model: nn.Module) -> None:
    """Run depthwise convolutions in float32 even under autocast.

    On CPUs the gradient of a bfloat16 depthwise kernel takes about five times as long as that of a
    float32 one, which costs more than bfloat16 saves elsewhere. Values change only by rounding.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1:
            module.forward = partial(_float32, module)  # type: ignore[method-assign]


def _float32(conv: nn.Conv2d, x: Tensor) -> Tensor:
    with torch.autocast(x.device.type, enabled=False):
        out: Tensor = type(conv).forward(conv, x.float())
    return out


def attend_in_parts(model: nn.Module) -> None:
    """Let timm's attention process a few heads at a time, as plain matrix products.

    On CPUs PyTorch's fused kernel takes about twice as long in bfloat16, where the weights of all
    heads at once would not fit into the cache. Values change only by rounding.
    """
    for module in model.modules():
        if type(module) is Attention and module.gate is None:
            module.forward = partial(_attend, module)  # type: ignore[method-assign]


def _attend(
    attention: Attention, tokens: Tensor, attn_mask: Tensor | None = None, is_causal: bool = False
) -> Tensor:
    """What `Attention.forward` gives: (B, N, C) -> (B, N, C); with a mask, it is called itself."""
    if attn_mask is not None or is_causal:
        return Attention.forward(attention, tokens, attn_mask, is_causal)
    batch, count, _ = tokens.shape
    shape = batch, count, 3, attention.num_heads, attention.head_dim
    query, key, value = attention.qkv(tokens).view(shape).permute(2, 0, 3, 1, 4).unbind(0)
    query, key = attention.q_norm(query) * attention.scale, attention.k_norm(key)
    parts = zip(
        *(heads.flatten(0, 1).split(_HEADS_AT_ONCE) for heads in (query, key, value)), strict=True
    )
    attended = [torch.bmm(torch.bmm(q, k.mT).softmax(-1), v) for q, k, v in parts]
    mixed = torch.cat(attended).view(batch, attention.num_heads, count, attention.head_dim)
    mixed = mixed.transpose(1, 2).reshape(batch, count, attention.attn_dim)
    out: Tensor = attention.proj_drop(attention.proj(attention.norm(mixed)))
    return out
