"""How a file of fixations is read, if its headings don't say: choices with a live picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from salmap.errors import DoubtfulError, SalmapError
from salmap.fixations.frame import Reading, read_settings
from salmap.fixations.preview import Preview
from salmap.render.fixations import with_fixations
from salmap.render.web import data_uri
from salmap.types import ImageArray
from salmap.ui import words

#: rows drawn at most
_DRAWN = 1000
#: what is shown around the picture, as a share of its sides
_MARGIN = 0.3
_AS_FOUND = "Auto"
_COLUMNS = {"x": "Column of x", "y": "Column of y", "image": "Picture", "subject": "Viewer"}
_CHOICES = {
    "unit": (
        "Unit",
        {
            "pixels": "Pixels",
            "shares": "Shares, 0 to 1",
            "percent": "Per cent",
            "norm": "-1 to 1 (PsychoPy norm)",
            "height": "Heights (PsychoPy height)",
        },
    ),
    "origin": (
        "Counted from",
        {"top-left": "Top left", "bottom-left": "Bottom left", "center": "The middle"},
    ),
    "y-axis": ("y grows", {"down": "Downwards", "up": "Upwards"}),
}
_TEXTS = {
    "screen": ("Screen, pixels", "1920x1080", "If positions are counted on the whole screen."),
    "offset": ("Picture at", "80,60", "Its top left corner on the screen; else in the middle."),
    "scale": (
        "Shown at scale",
        "1.5 or fit",
        "Screen pixels for each pixel; fit fills the screen.",
    ),
    "rate": ("Samples a second", "60", "If rows are samples, fixations are detected in them."),
}


def reading_form(
    key: str,
    headings: Sequence[str],
    settings: Sequence[str],
    show: Callable[[Reading], tuple[ImageArray, Preview]],
) -> tuple[str, ...] | None:
    """Draw the choices and where fixations fall with them.

    Args:
        key: of the widgets; another one for each file.
        headings: of the file, if it is a table.
        settings: what is chosen at first, as `read_settings` takes it.
        show: gives a picture and where fixations fall on it.

    Returns:
        The settings, once somebody has confirmed them.
    """
    first = dict(setting.split("=", 1) for setting in settings)
    left, right = st.columns([3, 2], gap="large")
    with left:
        chosen = _choices(key, headings, first)
        confirmed = st.button("Read it like this", key=f"{key}_confirm", type="primary")
    with right:
        problem = _picture(chosen, show)
        if problem:
            st.caption(words.message(problem))
    return chosen if confirmed and not problem else None


def without_options(error: SalmapError) -> str:
    """What is wrong, without the options of the command line where the form stands for them."""
    if isinstance(error, DoubtfulError):
        return f"{error.cause} Say how the file is read."
    return str(error)


def _choices(key: str, headings: Sequence[str], first: Mapping[str, str]) -> tuple[str, ...]:
    chosen = {}
    if headings:
        for column, (role, label) in zip(st.columns(4), _COLUMNS.items(), strict=True):
            chosen[role] = _pick(column, key, role, label, {h: h for h in headings}, first)
    for column, (name, (label, options)) in zip(st.columns(3), _CHOICES.items(), strict=True):
        chosen[name] = _pick(column, key, name, label, options, first)
    for column, (name, (label, example, tip)) in zip(st.columns(4), _TEXTS.items(), strict=True):
        written = column.text_input(
            label, first.get(name, ""), key=f"{key}_{name}", placeholder=example, help=tip
        )
        chosen[name] = written.strip()
    return tuple(f"{name}={value}" for name, value in chosen.items() if value)


def _pick(
    column: st.delta_generator.DeltaGenerator,
    key: str,
    name: str,
    label: str,
    options: Mapping[str, str],
    first: Mapping[str, str],
) -> str:
    values = ["", *options]
    place = values.index(first[name]) if first.get(name) in values else 0
    picked = column.selectbox(
        label, values, place, key=f"{key}_{name}",
        format_func=lambda value: options.get(value, _AS_FOUND),
    )  # fmt: skip
    return str(picked)


def _picture(
    chosen: Sequence[str], show: Callable[[Reading], tuple[ImageArray, Preview]]
) -> SalmapError | None:
    """Draw where fixations fall; what is wrong with the choices, if anything."""
    try:
        image, found = show(read_settings(chosen))
    except SalmapError as error:
        return error
    total = len(found.fixations)
    st.image(
        data_uri(_surrounded(image, found)),
        caption=f"{words.plain(found.picture)}: {found.inside:,} of "
        f"{words.count(total, 'position')} on it",
        alt=f"{found.picture} with the positions of the file",
        width="stretch",
    )
    return None


def _surrounded(image: ImageArray, found: Preview) -> ImageArray:
    """The picture on gray, with what falls on it and around it."""
    height, width = image.shape[:2]
    down, across = round(height * _MARGIN), round(width * _MARGIN)
    canvas = np.pad(image, ((down, down), (across, across), (0, 0)), constant_values=128)
    drawn = found.fixations.select(np.arange(min(_DRAWN, len(found.fixations))))
    moved = replace(drawn, x=drawn.x + across, y=drawn.y + down)
    return with_fixations(canvas, moved.inside(canvas.shape[:2]))
