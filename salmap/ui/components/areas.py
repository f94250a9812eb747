"""The panel for areas of interest: draw them, load them, take them elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from salmap.analysis.area_files import areas_json, areas_of, own_areas, read_areas
from salmap.analysis.certainty import LEVEL, VIEWERS
from salmap.analysis.detect import Kind
from salmap.areas import Area
from salmap.errors import AreaError
from salmap.outputs.areas import areas_csv
from salmap.outputs.names import Output, file_name, safe_stem
from salmap.pictures import image_size
from salmap.types import Region
from salmap.ui import drawn, measures, state, words
from salmap.ui.cache import ModelVersion
from salmap.ui.components.area_editor import area_editor
from salmap.ui.state import Picture

TITLE = "Measure areas of your own"
_LOADED, _PROBLEM = "areas_loaded", "areas_problem"


def areas_panel(
    picture: Picture, model: ModelVersion, source: str, regions: Sequence[Region]
) -> None:
    """Areas of one picture, in an expander.

    Args:
        picture: the picture.
        model: whose prediction is measured.
        source: what is drawn on, a data URI.
        regions: to start from.
    """
    panel = st.expander(TITLE, key="areas_panel", on_change="rerun")
    if not panel.open:
        return
    with panel:
        area_editor("areas", picture, model, source, drawn.areas_of(picture))
        st.caption(
            f"Interval: the share that {VIEWERS} real viewers would give falls in it about "
            f"{LEVEL:.0%} of the time on test photos."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _start(picture, regions)
            _copy(picture)
            _save(picture, model)
        load_areas([picture])


def _start(picture: Picture, regions: Sequence[Region]) -> None:
    """Boxes of the most viewed areas, of text or of faces, to begin with."""

    def start() -> None:
        boxes = [Area.box(f"Area {region.rank}", *region.box) for region in regions]
        drawn.keep(picture, boxes)

    def find(kind: Kind) -> None:
        try:
            if found := measures.detected(picture, kind):
                drawn.keep(picture, found)
            else:
                st.session_state[_PROBLEM] = f"No {kind} found in this picture."
        except AreaError as error:
            st.session_state[_PROBLEM] = str(error)

    if drawn.areas_of(picture):
        return
    if regions:
        st.button("Start from the most viewed areas", key="areas_start", on_click=start)
    for kind in Kind:
        st.button(f"Start from {kind}", key=f"areas_{kind}", on_click=find, args=(kind,))


def _copy(picture: Picture) -> None:
    """The same areas on every other picture of the tray, scaled to its size."""
    others = [other for other in state.tray() if other.digest != picture.digest]
    areas = drawn.areas_of(picture)

    def copy() -> None:
        size = image_size(picture.data)
        for other in others:
            there = image_size(other.data)
            drawn.keep(other, areas if there == size else [a.scaled(size, there) for a in areas])

    if others and areas:
        label = f"Copy to {words.count(len(others), 'other picture')}"
        st.button(label, key="areas_copy", on_click=copy)


def _save(picture: Picture, model: ModelVersion) -> None:
    areas = drawn.areas_of(picture)
    if not areas:
        return
    st.download_button(
        "Save these areas, JSON",
        areas_json({picture.name: areas}),
        f"{safe_stem(picture.name)}_drawn.json",
        "application/json",
        key="areas_save",
        on_click="ignore",
    )
    st.download_button(
        "Shares, CSV",
        lambda: areas_csv(measures.area_shares(picture, model, areas)),
        file_name(picture.name, Output.AREAS_CSV),
        "text/csv",
        key="areas_csv",
        on_click="ignore",
    )


def load_areas(pictures: Sequence[Picture]) -> None:
    """Take areas from a file for the pictures that it has some for.

    The uploader is emptied once the file was read.
    """
    count = st.session_state.setdefault(_LOADED, 0)
    key = f"areas_file_{count}"

    def load() -> None:
        file = st.session_state[key]
        st.session_state[_LOADED] = count + 1
        try:
            found = read_areas(file.name, file.getvalue())
            own = {p: own_areas(p.name, found) or found.get("") for p in pictures}
            if not any(own.values()):
                areas_of(pictures[0].name, found)  # says what there is
        except AreaError as error:
            st.session_state[_PROBLEM] = str(error)
            return
        for picture, areas in own.items():
            if areas:
                drawn.keep(picture, areas)

    st.file_uploader(
        "Load areas: JSON from here, COCO, LabelMe, or a CSV `name,left,top,right,bottom`",
        ["json", "csv"], key=key, on_change=load, max_upload_size=5,
    )  # fmt: skip
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.error(words.message(problem))
