"""A recipe: everything that decides what a training run gives, in one flat TOML file."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path

from salmap.errors import TrainingError
from salmap.models.network import PRESETS


@dataclass(frozen=True)
class Recipe:
    """The settings of a run; each field is a key of the TOML file.

    Attributes:
        name: what the trained model is called.
        preset: which network (a key of `salmap.models.network.PRESETS`).
        licence: licence of the weights, written into their file.
        notes: what the model can and cannot do, written into its file and card.
        seed: seeds everything; the same seed and data give the same weights on the same machine.
        shares: for each data set, its share of the training pictures in an epoch; data sets that
            are not named share the rest by their number of pictures.
        size: long side in pixels; 0 keeps the preset's.
        epoch_pictures: pictures in an epoch; 0 means as many as there are.
        frozen_*: the first stage: readout and decoder on cached features of the frozen encoder.
        finetune_*: the second stage: everything, end to end.
        finetune_freeze_stride: encoder parts up to this stride stay frozen in the second stage
            (0 trains all).
        finetune_precision: "no" or "bf16".
        ema: decay per step of the moving average of the weights that is validated and exported.
        flip: probability of a mirrored view (both stages).
        crop, crop_area, aspect: probability of a cropped view, its least share of the picture,
            and the range of its width / height (second stage).
        brightness, contrast, saturation: largest relative change of each (second stage).
    """

    name: str
    preset: str
    licence: str = "Apache-2.0"
    notes: str = ""
    seed: int = 1
    shares: dict[str, float] = dataclasses.field(default_factory=dict)
    size: int = 0
    epoch_pictures: int = 0
    weight_decay: float = 1e-4
    clip_norm: float = 1.0
    frozen_epochs: int = 3
    frozen_batch: int = 16
    frozen_lr: float = 1e-3
    finetune_epochs: int = 7
    finetune_batch: int = 8
    finetune_accumulate: int = 1
    finetune_encoder_lr: float = 2e-4
    finetune_decoder_lr: float = 5e-4
    finetune_warmup: float = 0.05
    finetune_freeze_stride: int = 0
    finetune_precision: str = "no"
    ema: float = 0.99
    flip: float = 0.5
    crop: float = 0.2
    crop_area: float = 0.5
    aspect: tuple[float, float] = (9 / 16, 16 / 9)
    brightness: float = 0.1
    contrast: float = 0.1
    saturation: float = 0.1

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            self._refuse("preset", f"is one of {', '.join(sorted(PRESETS))}")
        for field in ("flip", "crop", "brightness", "contrast", "saturation", "crop_area"):
            if not 0 <= getattr(self, field) <= 1:
                self._refuse(field, "lies between 0 and 1")
        if not 0 <= self.ema < 1:
            self._refuse("ema", "lies between 0 and 1, 1 excluded")
        if self.finetune_precision not in ("no", "bf16"):
            self._refuse("finetune_precision", 'is "no" or "bf16"')
        for field in ("frozen_batch", "finetune_batch", "finetune_accumulate"):
            if getattr(self, field) < 1:
                self._refuse(field, "is at least 1")
        if self.frozen_epochs < 0 or self.finetune_epochs < 0:
            self._refuse("frozen_epochs / finetune_epochs", "are at least 0")
        if self.frozen_epochs + self.finetune_epochs == 0:
            self._refuse("frozen_epochs / finetune_epochs", "can't both be 0")
        if len(self.aspect) != 2 or not 0.1 <= self.aspect[0] <= self.aspect[1] <= 10:
            self._refuse("aspect", "is two numbers, the smaller first, from 0.1 to 10")
        if any(not 0 < share <= 1 for share in self.shares.values()):
            self._refuse("shares", "lie between 0 and 1")
        if sum(self.shares.values()) > 1 + 1e-9:
            self._refuse("shares", "add up to at most 1")

    def _refuse(self, field: str, rule: str) -> None:
        value = getattr(self, field, None)
        raise TrainingError(f"The recipe's {field} {rule}; it is {value!r}.")


def read_recipe(path: Path, **overrides: object) -> Recipe:
    """Read a recipe from a TOML file; `overrides` that are not None replace its settings.

    Raises:
        TrainingError: naming the file and the field that is missing, unknown or out of range.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainingError(f"The recipe {path} can't be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"The recipe {path} is no valid TOML: {error}.") from error
    values |= {key: value for key, value in overrides.items() if value is not None}
    known = {field.name for field in dataclasses.fields(Recipe)}
    if unknown := sorted(set(values) - known):
        raise TrainingError(f"The recipe {path} has unknown settings: {', '.join(unknown)}.")
    if "aspect" in values and isinstance(values["aspect"], list):
        values["aspect"] = tuple(values["aspect"])
    try:
        return Recipe(**values)
    except TypeError as error:
        raise TrainingError(f"The recipe {path} is wrong: {error}.") from error
