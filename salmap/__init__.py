"""Predict where people look in a picture.

>>> import salmap
>>> model = salmap.load("lite")
>>> prediction = model.predict("street.jpg")
>>> overlay = salmap.render.overlay("street.jpg", prediction.density)

What takes long to import (torch, OpenCV) is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from salmap import errors
from salmap.errors import SalmapError
from salmap.version import __version__
from salmap.weights import list_models

if TYPE_CHECKING:
    import salmap.density
    import salmap.metrics
    import salmap.render  # noqa: F401  (as an attribute of the package)
    from salmap.areas import Area
    from salmap.pictures import load_image
    from salmap.prediction import Prediction
    from salmap.predictor import Predictor, load
    from salmap.scanpaths import Scanpath
    from salmap.types import Fixations, Region
    from salmap.weights.info import ModelInfo

_LAZY_NAMES = {
    "Area": "salmap.areas",
    "Fixations": "salmap.types",
    "ModelInfo": "salmap.weights.info",
    "Prediction": "salmap.prediction",
    "Predictor": "salmap.predictor",
    "Region": "salmap.types",
    "Scanpath": "salmap.scanpaths",
    "load": "salmap.predictor",
    "load_image": "salmap.pictures",
}
_LAZY_MODULES = ("density", "metrics", "render")

__all__ = [
    "Area",
    "Fixations",
    "ModelInfo",
    "Prediction",
    "Predictor",
    "Region",
    "SalmapError",
    "Scanpath",
    "__version__",
    "density",
    "errors",
    "list_models",
    "load",
    "load_image",
    "metrics",
    "render",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY_MODULES:
        return import_module(f"salmap.{name}")
    if name in _LAZY_NAMES:
        return getattr(import_module(_LAZY_NAMES[name]), name)
    raise AttributeError(f"module 'salmap' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
