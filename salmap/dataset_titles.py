"""What people call each layout of data sets, for places that must not wait for what reads them."""

from __future__ import annotations

from typing import Final

#: by the name that commands take; `salmap.datasets` opens each
TITLES: Final = {
    "folder": "images, with fixations.csv or maps",
    "osie": "OSIE",
    "saliency-in-crowd": "Saliency in Crowd",
    "scene": "Scene Saliency",
    "cat2000": "CAT2000",
    "salicon": "SALICON",
    "mit1003": "MIT1003",
}
