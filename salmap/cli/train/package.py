"""Where the training code is: a package beside `salmap` in a checkout, inside it if installed."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

#: of the training package in a checkout
_BESIDE = Path(__file__).parents[3] / "train" / "__init__.py"


def training_package() -> str:
    """Name of the training package: `train` of this checkout if there is one, or `salmap.train`.

    Another package named `train`, of somebody else or of another checkout, is not taken for it.
    """
    found = find_spec("train")
    is_ours = found is not None and found.origin is not None and Path(found.origin) == _BESIDE
    return "train" if is_ours else "salmap.train"


def training(module: str) -> Any:
    """A module of the training package, such as "run". Torch comes with it."""
    return import_module(f"{training_package()}.{module}")
