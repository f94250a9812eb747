"""Which packages hold encoders, and how each is converted."""

from train.conversion import dinov2, efficientnet_lite2, open_nsfw

#: what `python -m train convert` knows
CONVERSIONS = {
    "dinov2-small": dinov2.convert,
    "efficientnet-lite2": efficientnet_lite2.convert,
    "open-nsfw": open_nsfw.convert,
}
