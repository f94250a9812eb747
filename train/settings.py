"""Settings that know their own rules: a frozen dataclass, each field with what it accepts."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from salmap.errors import TrainingError

#: what a setting may be, by the type of its field
_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "str": (str, "must be text"),
    "int": (int, "must be a whole number"),
    "float": ((int, float), "must be a number"),
    "bool": (bool, "must be true or false"),
    "dict[str, float]": (dict, "must be a table of numbers"),
    "dict[str, str]": (dict, "must be a table of text"),
    "tuple[int, ...]": (tuple, "must be a list of whole numbers"),
}


@dataclass(frozen=True)
class Rule:
    """What a setting must be.

    Attributes:
        holds: value -> whether it is accepted.
        words: the rest of a sentence that begins with the setting's name.
    """

    holds: Callable[[Any], bool]
    words: str


AT_LEAST_0 = Rule(lambda value: 0 <= value < math.inf, "must be at least 0")
AT_LEAST_1 = Rule(lambda value: 1 <= value < math.inf, "must be at least 1")
POSITIVE = Rule(lambda value: 0 < value < math.inf, "must be greater than 0")
SHARE = Rule(lambda value: 0 <= value <= 1, "must be between 0 and 1")
POSITIVE_SHARE = Rule(lambda value: 0 < value <= 1, "must be between 0 and 1, and not 0")
DECAY = Rule(lambda value: 0 <= value < 1, "must be between 0 and 1, and not 1")
RANGE = Rule(
    lambda value: len(value) == 2 and 0.1 <= value[0] <= value[1] <= 10,
    "must be two numbers from 0.1 to 10, the smaller first",
)
SHARES = Rule(
    lambda value: all(0 < v <= 1 for v in value.values()) and sum(value.values()) <= 1 + 1e-9,
    "must be greater than 0 and add up to at most 1",
)


SIZES = Rule(
    lambda value: all(type(size) is int and 32 <= size <= 4096 for size in value),
    "must be whole numbers of pixels, from 32 to 4096",
)


def one_of(*choices: str) -> Rule:
    """The setting must be one of these."""
    return Rule(lambda value: value in choices, f"must be one of {', '.join(choices)}")


def setting(default: Any, *rules: Rule) -> Any:
    """A field with its default and what its values must be."""
    return dataclasses.field(default=default, metadata=obeying(*rules))


def obeying(*rules: Rule) -> dict[str, tuple[Rule, ...]]:
    """The metadata of a field that must obey these rules."""
    return {"rules": rules}


def check(settings: Any, table: str = "") -> None:
    """Refuse settings that break a rule.

    Args:
        settings: an instance of a dataclass; its fields may be made by `setting`.
        table: the name of its table in the recipe, if it is in one.

    Raises:
        TrainingError: naming the setting, its rule and its value.
    """
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        for rule in (_kind(str(field.type)), *field.metadata.get("rules", ())):
            if not rule.holds(value):
                refuse(f"{table}.{field.name}" if table else field.name, rule.words, value)


def _kind(name: str) -> Rule:
    """The rule of a type by its name; true and false are no numbers here, as they are in Python."""
    kind, words = _KINDS.get(name, (object, ""))
    no_flags = name in ("int", "float")
    return Rule(lambda v: isinstance(v, kind) and not (no_flags and isinstance(v, bool)), words)


def refuse(name: str, words: str, value: object) -> None:
    """Raise the error that names a setting, its rule and its value."""
    raise TrainingError(f"The recipe's {name} {words}; it is {value!r}.")
