"""How the positions in a table are counted, as far as somebody says: unit, origin, screen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from salmap.errors import FixationsError


class Unit(StrEnum):
    """What x and y are counted in."""

    PIXELS = "pixels"
    SHARES = "shares"  # 0 to 1
    PERCENT = "percent"
    NORM = "norm"  # -1 to 1, as PsychoPy has it
    HEIGHT = "height"  # of the screen or picture, from its middle, as PsychoPy has it


class Origin(StrEnum):
    """Where x and y are 0."""

    TOP_LEFT = "top-left"
    BOTTOM_LEFT = "bottom-left"
    CENTER = "center"


class YAxis(StrEnum):
    """Where y grows."""

    DOWN = "down"
    UP = "up"


#: the scale of pictures that were shown as large as the screen allows
FIT = "fit"


@dataclass(frozen=True)
class Frame:
    """How positions are counted; what is None is not known.

    Attributes:
        unit: of x and y; shares are of the screen where one is given, else of the picture.
        origin: where they are 0; by default the top left, or the middle in `norm` and `height`.
        y_axis: where y grows; by default down, or up where the origin is at the bottom, and in
            `norm` and `height`.
        screen: (width, height) in pixels of the screen on which pictures were shown.
        offset: (x, y) on the screen of the picture's top-left corner; by default pictures are in
            the middle of the screen.
        scale: pixels of the screen for each of the picture, or `FIT`; 1 by default.
    """

    unit: Unit | None = None
    origin: Origin | None = None
    y_axis: YAxis | None = None
    screen: tuple[float, float] | None = None
    offset: tuple[float, float] | None = None
    scale: float | str | None = None

    @property
    def is_centered(self) -> bool:
        """Whether positions are counted from the middle."""
        by_unit = self.origin is None and self.unit in (Unit.NORM, Unit.HEIGHT)
        return by_unit or self.origin is Origin.CENTER

    @property
    def goes_up(self) -> bool:
        """Whether y grows upwards."""
        if self.y_axis is not None:
            return self.y_axis is YAxis.UP
        return self.origin is Origin.BOTTOM_LEFT or self.unit in (Unit.NORM, Unit.HEIGHT)

    @property
    def is_stated(self) -> bool:
        """Whether anything is known."""
        return self != Frame()

    def over(self, other: Frame) -> Frame:
        """This frame, with what it leaves open taken from another."""
        mine = {name: value for name, value in vars(self).items() if value is not None}
        return replace(other, **mine)

    def settings(self) -> list[str]:
        """As `read_settings` takes them."""
        names = {"y_axis": "y-axis"}
        return [
            f"{names.get(name, name)}={_written(name, value)}"
            for name, value in vars(self).items()
            if value is not None
        ]


@dataclass(frozen=True)
class Reading:
    """How a table is to be read, as far as its owner says.

    Attributes:
        columns: role (image, subject, x, y, start, duration) -> heading.
        frame: how positions are counted.
        rate_hz: rows are samples of the eyes at this rate, from which fixations are detected.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    frame: Frame = Frame()
    rate_hz: float | None = None

    def settings(self) -> list[str]:
        """As `read_settings` takes them."""
        rate = [] if self.rate_hz is None else [f"rate={self.rate_hz:g}"]
        return [f"{r}={h}" for r, h in self.columns.items()] + self.frame.settings() + rate


ROLES = ("image", "subject", "x", "y", "start", "duration")
_ENUMS = {"unit": Unit, "origin": Origin, "y-axis": YAxis}
SETTINGS = (*ROLES, *_ENUMS, "screen", "offset", "scale", "rate")


def read_settings(settings: Iterable[str]) -> Reading:
    """How to read a table from SETTING=VALUE each.

    Raises:
        FixationsError: if a setting does not exist or its value makes no sense.
    """
    columns: dict[str, str] = {}
    values: dict[str, Any] = {}
    rate = None
    for setting in settings:
        name, sign, value = (part.strip() for part in setting.partition("="))
        if not sign or not value or name not in SETTINGS:
            raise FixationsError(
                f"'{setting}' is not a way to read a table. Give SETTING=VALUE, with one of "
                f"{', '.join(SETTINGS)}."
            )
        if name in ROLES:
            columns[name] = value
        elif name == "rate":
            rate = _positive(name, value)
        else:
            values[name.replace("-", "_")] = _value(name, value)
    return Reading(columns, Frame(**values), rate)


def _value(name: str, value: str) -> Any:
    if name in _ENUMS:
        if value not in list(_ENUMS[name]):
            raise FixationsError(f"{name}={value}: choose one of {', '.join(_ENUMS[name])}.")
        return _ENUMS[name](value)
    if name == "scale":
        return FIT if value == FIT else _positive(name, value)
    parts = value.lower().replace("x", ",").split(",")
    form = "1920x1080" if name == "screen" else "80,60"
    try:
        first, second = (float(part) for part in parts)
    except ValueError:
        first = second = math.nan
    sound = math.isfinite(first + second) and (name == "offset" or min(first, second) > 0)
    if not sound:
        raise FixationsError(f"{name}={value}: give two numbers, such as {name}={form}.")
    return first, second


def _positive(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise FixationsError(f"{name}={value}: give a number above 0.")
    return number


def _written(name: str, value: Any) -> str:
    if isinstance(value, tuple):
        return ("x" if name == "screen" else ",").join(f"{side:g}" for side in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
