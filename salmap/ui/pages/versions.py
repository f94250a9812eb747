"""The page for versions of a design: the same areas in each, and where the difference is clear."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from salmap.analysis import wording
from salmap.analysis.certainty import interval_of
from salmap.analysis.versions import (
    FEWEST,
    MOST,
    Comparison,
    areas_of_versions,
    compare_versions,
)
from salmap.areas import Area
from salmap.errors import AreaError, SalmapError
from salmap.outputs.names import distinct, safe_place
from salmap.outputs.report.report import Cover, Report, version_tables
from salmap.render import Style, View
from salmap.ui import cache, drawn, measures, state, words
from salmap.ui.cache import ModelVersion
from salmap.ui.components.area_editor import area_editor
from salmap.ui.components.areas import load_areas
from salmap.ui.components.controls import model_picker, style_controls
from salmap.ui.components.loading import load_model
from salmap.ui.components.numbers import Column, Row, numbers
from salmap.ui.components.report import report_buttons
from salmap.ui.components.source import picture_source
from salmap.ui.components.version_pair import version_pair
from salmap.ui.state import Picture

logger = logging.getLogger(__name__)

_CHOSEN, _DRAWN_ON = "versions_chosen", "versions_drawn_on"
_COLUMNS = (
    Column("Share of attention", "How much of all attention falls into the area."),
    Column("Interval", "The share that ten real viewers would give falls in it, mostly."),
    Column("Difference from the first", "In percentage points, with an interval on the safe side."),
    Column("In words", "A difference is clear if its interval leaves out zero."),
)


def page() -> None:
    """Draw the page."""
    with st.sidebar:
        model = cache.model_version(model_picker())
        style = style_controls()
    st.title("Which version draws more attention?", anchor=False)
    picture_source()
    pictures = _versions()
    if len(pictures) < FEWEST:
        st.info(f"Drop {FEWEST} to {MOST} versions of a design above, then draw an area.")
        return
    try:
        load_model(model)
        _compare(_seen_alike(pictures, model), model, style)
    except SalmapError as error:
        st.error(words.message(error))
    except MemoryError:
        logger.exception("Out of memory")
        st.error("These pictures are too large for this server right now. Use smaller copies.")


def _seen_alike(pictures: dict[str, Picture], model: ModelVersion) -> dict[str, Picture]:
    """All versions as photos, or all as pages: as pages if one of them is."""
    found = {cache.grid_prediction(p, model).prediction.content for p in pictures.values()}
    if len(found) < 2:
        return pictures
    return {
        name: replace(p, viewing=replace(p.viewing, content="page")) for name, p in pictures.items()
    }


def _versions() -> dict[str, Picture]:
    """The versions chosen from the tray, by a name of their own."""
    tray = state.tray()
    names = dict(zip(distinct([safe_place(p.name) for p in tray]), tray, strict=True))
    if len(names) <= FEWEST:
        return names
    before = [name for name in st.session_state.get(_CHOSEN, ()) if name in names]
    st.session_state[_CHOSEN] = before or list(names)[:MOST]
    chosen = st.multiselect(
        "Versions", list(names), key=_CHOSEN, max_selections=MOST, persist_state="session"
    )
    return {name: names[name] for name in chosen}


def _compare(pictures: dict[str, Picture], model: ModelVersion, style: Style) -> None:
    with st.spinner("Analyzing the versions…"):
        sizes = {n: cache.grid_prediction(p, model).size for n, p in pictures.items()}
    areas, problem = _matched(pictures, sizes)
    st.header("1. Draw what you want to compare", anchor=False)
    _draw(pictures, model, style, areas)
    with st.expander("Load areas from a file"):
        load_areas(list(pictures.values()))
    if problem:
        st.error(words.message(problem))
    elif areas:
        st.header("2. Compare", anchor=False)
        _result(pictures, model, style, areas)
    st.header("Two at a time", anchor=False)
    version_pair(pictures, model, style)


def _matched(
    pictures: dict[str, Picture], sizes: dict[str, tuple[int, int]]
) -> tuple[dict[str, Sequence[Area]], str]:
    """The areas of each version, and what is wrong with them."""
    found = {name: drawn.areas_of(picture) for name, picture in pictures.items()}
    own = {name: list(areas) for name, areas in found.items() if areas}
    try:
        return (areas_of_versions(sizes, own), "") if own else ({}, "")
    except AreaError as error:
        return {}, str(error)


def _draw(
    pictures: dict[str, Picture],
    model: ModelVersion,
    style: Style,
    areas: dict[str, Sequence[Area]],
) -> None:
    names = list(pictures)
    if st.session_state.get(_DRAWN_ON) not in names:
        st.session_state[_DRAWN_ON] = names[0]
    name = st.pills(
        "Draw on", names, key=_DRAWN_ON, required=True, format_func=words.plain,
        help="Versions of the same shape share their areas. One of another shape needs its own, "
        "with the same names.",
    )  # fmt: skip
    picture = pictures[str(name)]
    source = cache.drawing(picture, model, View.OVERLAY, style)
    shared = tuple(areas.get(str(name), ()))
    area_editor("version_areas", picture, model, source, drawn.areas_of(picture) or shared)


def _result(
    pictures: dict[str, Picture],
    model: ModelVersion,
    style: Style,
    areas: dict[str, Sequence[Area]],
) -> None:
    comparison = compare_versions(
        {name: cache.prediction(picture, model) for name, picture in pictures.items()}, areas
    )
    for place, area in enumerate(comparison.shares):
        clear = comparison.winner(area).is_clear
        say = st.success if clear else st.info
        say(words.plain(wording.winner(comparison, area)))
        numbers(f"version_numbers_{place}", area, "Version", _COLUMNS, _rows(comparison, area))

    def make(cover: Cover) -> Report:
        sheets = [
            measures.sheet(picture, name, model, style, 5, tuple(areas[name]))
            for name, picture in pictures.items()
        ]
        return Report(cover, model.name, style, sheets, version_tables(comparison))

    report_buttons("versions_report", "versions", make)


def _rows(comparison: Comparison, area: str) -> list[Row]:
    between = {found.second: found for found in comparison.differences(area)}
    return [
        Row(
            version,
            "",
            (
                wording.percent(found.share),
                wording.between(interval_of(found)),
                wording.difference(between[version]) if version in between else "",
                wording.verdict(between[version]) if version in between else "",
            ),
        )
        for version, found in comparison.shares[area].items()
    ]
