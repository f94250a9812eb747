"""Encoder weights from other packages, rewritten as safetensors in timm's names."""

from train.conversion import dinov2, efficientnet_lite2

#: what `python -m train convert` knows
CONVERSIONS = {
    "dinov2-small": dinov2.convert,
    "efficientnet-lite2": efficientnet_lite2.convert,
}
