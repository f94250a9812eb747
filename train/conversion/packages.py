"""Which packages hold encoders, and how each is converted."""

from collections.abc import Callable
from functools import partial

from salmap.networks import LITE0

from . import dinov2, efficientnet_lite2, open_nsfw

#: what `salmap train convert` knows
CONVERSIONS: dict[str, Callable[..., str]] = {
    "dinov2-small": dinov2.convert,
    "efficientnet-lite0": partial(efficientnet_lite2.convert, encoder=LITE0),
    "efficientnet-lite2": efficientnet_lite2.convert,
    "open-nsfw": open_nsfw.convert,
}
