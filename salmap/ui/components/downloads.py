"""Downloads, made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from salmap.areas import Area
from salmap.outputs.names import SCANPATH_OUTPUTS, Output, file_name, safe_stem
from salmap.outputs.result import zip_files
from salmap.ui import cache, drawn, words
from salmap.ui.components.controls import Settings
from salmap.ui.packing import Order, Packing, result
from salmap.ui.state import Picture

_LABELS = {
    Output.OVERLAY: "Overlay, PNG",
    Output.HEATMAP: "Heatmap, PNG",
    Output.DENSITY: "Density, NPY",
    Output.REGIONS_CSV: "Areas, CSV",
    Output.REGIONS: "Areas, JSON",
    Output.SCANPATHS: "Scanpaths, PNG",
    Output.SCANPATHS_CSV: "Scanpaths, CSV",
}
_REPORTS = {"pdf": "Report, PDF", "html": "Report, HTML"}
_CHOICES: dict[str, str] = {
    kind.value: label for kind, label in _LABELS.items() if kind not in SCANPATH_OUTPUTS
} | _REPORTS
_PACKING = "packing"
_TICK_S = 0.5


def downloads(picture: Picture, settings: Settings) -> None:
    """Buttons for the files of one picture, at full size, and for all of them in one ZIP."""
    st.header("Download", anchor=False)
    model = cache.model_version(settings.model)
    has_scanpaths = cache.grid_prediction(picture, model).prediction.has_scanpaths
    with st.container(horizontal=True):
        st.download_button(
            "Everything, ZIP",
            _archive(picture, settings, drawn.areas_of(picture)),
            f"{safe_stem(picture.name)}_salmap.zip",
            "application/zip",
            key="download_all",
            on_click="ignore",
            type="primary",
        )
        for kind, label in _LABELS.items():
            if kind in SCANPATH_OUTPUTS and not has_scanpaths:
                continue
            st.download_button(
                label,
                _file(picture, settings, kind),
                file_name(picture.name, kind),
                kind.mime,
                key=f"download_{kind}",
                on_click="ignore",
            )


def _file(picture: Picture, settings: Settings, kind: Output) -> Callable[[], bytes]:
    return lambda: result(picture, settings).file(kind)


def _archive(picture: Picture, settings: Settings, areas: tuple[Area, ...]) -> Callable[[], bytes]:
    return lambda: zip_files(replace(result(picture, settings), areas=areas).files())


def batch_downloads(pictures: Sequence[Picture], settings: Settings) -> None:
    """One ZIP of all pictures with a summary, made in the background."""
    st.header(f"All {len(pictures)} pictures", anchor=False)
    chosen = st.pills(
        "In the ZIP, beside a summary of all",
        list(_CHOICES),
        selection_mode="multi",
        default=[Output.OVERLAY.value, Output.REGIONS.value],
        format_func=_CHOICES.__getitem__,
        key="archive_kinds",
        persist_state="session",
    )
    kinds = tuple(kind for kind in _LABELS if kind in chosen)
    reports = tuple(ending for ending in _REPORTS if ending in chosen)
    areas = {picture.digest: drawn.areas_of(picture) for picture in pictures}
    order = Order(tuple(pictures), settings, kinds, reports, areas)
    packing: Packing | None = st.session_state.get(_PACKING)
    running = packing is not None and packing.is_running
    st.button(
        "Analyse all and pack", type="primary", key="pack", disabled=running, on_click=_start,
        args=(order,),
    )  # fmt: skip
    if packing is not None and running:
        st.fragment(_progress, run_every=_TICK_S)(packing)
    elif packing is not None:
        _packed(packing, order)


def _start(order: Order) -> None:
    st.session_state[_PACKING] = Packing(order)


def _progress(packing: Packing) -> None:
    """How far it is, and a way out; at the end, the whole page is drawn anew."""
    if not packing.is_running:
        st.rerun()
    total = len(packing.order.pictures)
    number = min(packing.done + 1, total)
    name = words.plain(packing.order.pictures[number - 1].name)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(packing.done / total, f"{name}, {number} of {total}")
        st.button(
            "Cancel", key="cancel_pack", on_click=packing.cancel, disabled=packing.is_cancelled
        )


def _packed(packing: Packing, order: Order) -> None:
    if packing.is_cancelled:
        st.info("Packing was cancelled.")
    elif packing.problem:
        st.error(packing.problem)
    else:
        pictures = words.count(len(packing.order.pictures), "picture")
        which = "" if packing.order.key == order.key else "earlier "
        if which:
            st.caption("The pictures or settings have changed since: pack again for the new ones.")
        if packing.failed:
            st.warning(
                f"{words.count(packing.failed, 'picture')} could not be analyzed: see summary.csv."
            )
        st.download_button(
            f"Download the {which}ZIP: {pictures}, {packing.size_bytes / 1e6:.1f} MB",
            packing.archive,
            "salmap.zip",
            "application/zip",
            key="download_pack",
            on_click="ignore",
        )
