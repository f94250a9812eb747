"""The example pictures: photographs in the public domain that scikit-image brings along."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Example:
    """A picture of the gallery.

    Attributes:
        title: what people see.
        file: its name in the package `skimage.data`.
        credit: who made it and under which terms.
    """

    title: str
    file: str
    credit: str


EXAMPLES = (
    Example("Astronaut", "astronaut.png", "Eileen Collins; NASA, public domain"),
    Example("Coffee", "coffee.png", "Rachel Michetti, CC0"),
    Example("Cat", "chelsea.png", "Stefan van der Walt, CC0"),
    Example("Rocket", "rocket.jpg", "SpaceX, public domain"),
    Example("Camera", "camera.png", "Lav Varshney, CC0"),
    Example("Galaxies", "hubble_deep_field.jpg", "NASA, ESA; public domain"),
)


@lru_cache
def data(example: Example) -> bytes:
    """The bytes of an example's file."""
    package = find_spec("skimage")  # importing it takes long
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).with_name("data").joinpath(example.file).read_bytes()
