"""The panel for crops: other shapes of a picture that keep most attention."""

from __future__ import annotations

import streamlit as st

from salmap.analysis.crop import COMMON_RATIOS, Crop
from salmap.analysis.detect import Kind
from salmap.areas import Area
from salmap.errors import AreaError
from salmap.outputs.names import safe_stem
from salmap.outputs.result import zip_files
from salmap.pictures import shrink_image
from salmap.render import encode_png
from salmap.render.web import data_uri
from salmap.ui import cache, drawn, measures, words
from salmap.ui.cache import ModelVersion
from salmap.ui.state import Picture

_PREVIEW_PX = 320


def crops_panel(picture: Picture, model: ModelVersion) -> None:
    """Crops of one picture, in an expander, with a ZIP of them at full size."""
    panel = st.expander("Crop it to other shapes", key="crops_panel", on_change="rerun")
    if not panel.open:
        return
    with panel:
        ratios = st.pills(
            "Shapes, width to height", COMMON_RATIOS, selection_mode="multi",
            default=["1:1", "4:5", "16:9"], key="crop_ratios", persist_state="session",
        )  # fmt: skip
        areas = drawn.areas_of(picture)
        names = [area.name for area in areas]
        kept = st.multiselect("Areas that must stay in", names, key="crop_keep") if areas else []
        keep = tuple(area for area in areas if area.name in kept)
        faces = _faces(picture)
        found: dict[str, Crop] = {}
        for ratio in ratios:
            try:
                found[ratio] = measures.crop(picture, model, ratio, keep, faces)
            except AreaError as error:
                st.error(f"{ratio}: {words.message(error)}")
        if found:
            _show(picture, found)


def _faces(picture: Picture) -> tuple[Area, ...]:
    """The faces that no crop may cut, if a visitor wants that."""
    if not st.checkbox("Keep faces whole", key="crop_faces", persist_state="session"):
        return ()
    try:
        with st.spinner("Finding faces…"):
            faces = measures.detected(picture, Kind.FACES)
    except AreaError as error:
        st.error(words.message(error))
        return ()
    if not faces:
        st.caption("No face was found.")
    return faces


def _show(picture: Picture, found: dict[str, Crop]) -> None:
    image = cache.decoded(picture)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for ratio, one in found.items():
            left, top, right, bottom = one.box
            small = shrink_image(image[top:bottom, left:right], _PREVIEW_PX)
            cuts = ", but cuts a face" if one.cuts else ""
            says = f"{ratio} keeps {words.percent(one.share)} of attention{cuts}"
            st.image(data_uri(small), says, width=small.shape[1] // 2 + 60, alt=says)
    stem = safe_stem(picture.name)

    def archive() -> bytes:
        return zip_files(
            {
                f"{stem}_{ratio.replace(':', 'x')}.png": encode_png(
                    image[one.box[1] : one.box[3], one.box[0] : one.box[2]]
                )
                for ratio, one in found.items()
            }
        )

    st.download_button(
        "Crops, ZIP", archive, f"{stem}_crops.zip", "application/zip", key="crops_zip",
        on_click="ignore",
    )  # fmt: skip
