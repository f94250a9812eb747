"""Where the training code is: a package beside `salmap` in a checkout, inside it if installed."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any


def training_package() -> str:
    """Name of the training package: `salmap.train` where it is installed, `train` in a checkout."""
    return "salmap.train" if find_spec("salmap.train") else "train"


def training(module: str) -> Any:
    """A module of the training package, such as "run". Torch comes with it."""
    return import_module(f"{training_package()}.{module}")
