"""Pictures side by side; the spot that is pointed at in one is marked in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from salmap.ui.components.browser import component


@dataclass(frozen=True)
class Tile:
    """One of the pictures.

    Attributes:
        name: what it is called.
        note: a word on it.
        source: its data URI.
        alt: what it is, for those who can't see it.
    """

    name: str
    note: str
    source: str
    alt: str


def tiles(
    key: str,
    label: str,
    size: tuple[int, int],
    items: Sequence[Tile],
    dots: Sequence[tuple[float, float]] = (),
) -> None:
    """Show pictures of one size side by side.

    Args:
        key: the same for the same place on a page.
        label: what they are together.
        size: (height, width) of all.
        items: the pictures.
        dots: (x, y) in per cent of width and height, drawn on every picture.
    """
    component("tiles")(
        key=key,
        data={
            "ratio": size[1] / size[0],
            "label": label,
            "dots": [list(dot) for dot in dots],
            "items": [
                {"name": t.name, "note": t.note, "src": t.source, "alt": t.alt} for t in items
            ],
        },
    )
