"""A recipe: everything that decides what a training run gives, in one flat TOML file."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from salmap.errors import TrainingError
from salmap.models.network import PRESETS

#: what a setting may be, by the type of its field
_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "str": (str, "is a text"),
    "int": (int, "is a whole number"),
    "float": ((int, float), "is a number"),
    "bool": (bool, "is true or false"),
}
#: least and largest value of settings, and what to say of others
_RANGES = {
    "teacher_weight mixed flip crop crop_area brightness contrast saturation": (
        0,
        1,
        "lies between 0 and 1",
    ),
    "finetune_depth_decay": (1e-6, 1, "lies between 0 and 1, 0 excluded"),
    "ema": (0, 1 - 1e-9, "lies between 0 and 1, 1 excluded"),
    "frozen_lr finetune_encoder_lr finetune_decoder_lr weight_decay": (0, 1e6, "is at least 0"),
    "size epoch_pictures frozen_epochs finetune_epochs": (0, 1e12, "is at least 0"),
    "frozen_batch finetune_batch finetune_accumulate": (1, 1e6, "is at least 1"),
}


@dataclass(frozen=True)
class Recipe:
    """The settings of a run; each field is a key of the TOML file.

    Attributes:
        name: what the trained model is called.
        preset: which network (a key of `salmap.models.network.PRESETS`).
        license: license of the weights, written into their file.
        notes: what the model can and cannot do, written into its file and card.
        seed: seeds everything; the same seed and data give the same weights on the same machine.
        shares: for each data set, its share of the training pictures in an epoch; data sets that
            are not named share the rest by their number of pictures.
        size: long side in pixels; 0 keeps the preset's.
        epoch_pictures: pictures in an epoch; 0 means as many as there are.
        frozen_*: the first stage: readout and decoder on cached features of the frozen encoder.
        finetune_*: the second stage: everything, end to end.
        finetune_encoder_factors: for encoders by timm's name, a factor on finetune_encoder_lr; 1
            for those that are not named.
        finetune_depth_decay: what the learning rate of an encoder's first layer is of that of its
            last; in between it rises geometrically.
        finetune_freeze_stride: encoder parts up to this stride stay frozen in the second stage
            (0 trains all).
        finetune_freeze: for encoders by timm's name, the part up to which they stay frozen, such as
            "blocks.5".
        finetune_accumulate: batches for one step of the optimizer, for batches larger than memory.
        finetune_precision: "no" or "bf16".
        finetune_checkpoint: compute the encoder's activations again instead of keeping them: less
            memory, more time, the same results.
        teacher_weight: share of the teachers' densities in the loss, the rest is the fixations', in
            a second stage that is given teachers.
        mixed: probability of a view that is blended with another of its batch, which only a teacher
            knows the answer to (second stage).
        ema: decay per step of the moving average of the weights that is validated and exported.
        flip: probability of a mirrored view (both stages).
        crop, crop_area, aspect: probability of a cropped view, its least share of the picture,
            and the range of its width / height (second stage).
        brightness, contrast, saturation: largest relative change of each (second stage).
    """

    name: str
    preset: str
    license: str = "Apache-2.0"
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
    finetune_encoder_factors: dict[str, float] = dataclasses.field(default_factory=dict)
    finetune_depth_decay: float = 1.0
    finetune_warmup: float = 0.05
    finetune_freeze_stride: int = 0
    finetune_freeze: dict[str, str] = dataclasses.field(default_factory=dict)
    finetune_precision: str = "no"
    finetune_checkpoint: bool = False
    teacher_weight: float = 0.5
    mixed: float = 0.0
    ema: float = 0.99
    flip: float = 0.5
    crop: float = 0.2
    crop_area: float = 0.5
    aspect: tuple[float, float] = (9 / 16, 16 / 9)
    brightness: float = 0.1
    contrast: float = 0.1
    saturation: float = 0.1

    def __post_init__(self) -> None:
        self._check_kinds()
        if self.preset not in PRESETS:
            self._refuse("preset", f"is one of {', '.join(sorted(PRESETS))}")
        if self.finetune_precision not in ("no", "bf16"):
            self._refuse("finetune_precision", 'is "no" or "bf16"')
        for names, (low, high, rule) in _RANGES.items():
            for name in names.split():
                if not low <= getattr(self, name) <= high:
                    self._refuse(name, rule)
        if self.frozen_epochs + self.finetune_epochs == 0:
            self._refuse("frozen_epochs / finetune_epochs", "can't both be 0")
        if len(self.aspect) != 2 or not 0.1 <= self.aspect[0] <= self.aspect[1] <= 10:
            self._refuse("aspect", "is two numbers, the smaller first, from 0.1 to 10")
        if any(not 0 < share <= 1 for share in self.shares.values()):
            self._refuse("shares", "lie between 0 and 1")
        if sum(self.shares.values()) > 1 + 1e-9:
            self._refuse("shares", "add up to at most 1")

        encoders = {encoder.name for encoder in PRESETS[self.preset].encoders}
        for field in ("finetune_encoder_factors", "finetune_freeze"):
            if not encoders.issuperset(getattr(self, field)):
                self._refuse(field, f"name some of {', '.join(sorted(encoders))}")

    def _check_kinds(self) -> None:
        for field in dataclasses.fields(self):
            kind, rule = _KINDS.get(str(field.type), (object, ""))
            value = getattr(self, field.name)
            number_wanted = str(field.type) in ("int", "float")
            if not isinstance(value, kind) or (number_wanted and isinstance(value, bool)):
                self._refuse(field.name, rule)

    def _refuse(self, field: str, rule: str) -> None:
        value = getattr(self, field, None)
        raise TrainingError(f"The recipe's {field} {rule}; it is {value!r}.")


def parse_settings(options: Iterable[str]) -> dict[str, object]:
    """Settings from options such as "size=256", "preset=lite" and "shares={osie = 0.5}".

    Values are written as in TOML; what is no TOML is a text, so quotes may be left out.

    Raises:
        TrainingError: if an option has another form.
    """
    settings: dict[str, object] = {}
    for option in options:
        name, sign, text = (part.strip() for part in option.partition("="))
        if not sign or not name or not text:
            raise TrainingError(f"--set wants SETTING=VALUE, such as size=256, not '{option}'.")
        try:
            settings[name] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            settings[name] = text
    return settings


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
