"""Downloads, made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from salmap.errors import SalmapError
from salmap.outputs import tables
from salmap.outputs.names import Output, file_name, output_names, safe_place, safe_stem
from salmap.outputs.result import Result, zip_files
from salmap.ui import cache, words
from salmap.ui.components.controls import Settings
from salmap.ui.state import Picture

#: largest ZIP that is made of several pictures, in megabytes
MAX_ZIP_MB = 200

_LABELS = {
    Output.OVERLAY: "Overlay, PNG",
    Output.HEATMAP: "Heatmap, PNG",
    Output.DENSITY: "Density, NPY",
    Output.REGIONS_CSV: "Regions, CSV",
    Output.REGIONS: "Regions, JSON",
}
_ARCHIVE = "archive"


def downloads(picture: Picture, settings: Settings) -> None:
    """Buttons for the files of one picture, at full size, and for all of them in one ZIP."""
    st.subheader("Take it with you", anchor=False)
    with st.container(horizontal=True):
        st.download_button(
            "Everything, ZIP",
            _archive(picture, settings),
            f"{safe_stem(picture.name)}_salmap.zip",
            "application/zip",
            key="download_all",
            on_click="ignore",
            type="primary",
        )
        for kind, label in _LABELS.items():
            st.download_button(
                label,
                _file(picture, settings, kind),
                file_name(picture.name, kind),
                kind.mime,
                key=f"download_{kind}",
                on_click="ignore",
            )


def _result(picture: Picture, settings: Settings) -> Result:
    return Result(
        picture.name,
        cache.decoded(picture),
        cache.prediction(picture, settings.model),
        settings.look,
        settings.k,
    )


def _file(picture: Picture, settings: Settings, kind: Output) -> Callable[[], bytes]:
    return lambda: _result(picture, settings).file(kind)


def _archive(picture: Picture, settings: Settings) -> Callable[[], bytes]:
    return lambda: zip_files(_result(picture, settings).files())


def batch_downloads(pictures: Sequence[Picture], settings: Settings) -> None:
    """One ZIP of all pictures with a summary, made on demand with its progress shown."""
    st.subheader(f"All {len(pictures)} pictures", anchor=False)
    chosen = st.pills(
        "In the ZIP, beside a summary of all",
        list(_LABELS),
        selection_mode="multi",
        default=[Output.OVERLAY, Output.REGIONS],
        format_func=_LABELS.__getitem__,
        key="archive_kinds",
        persist_state="session",
    )
    wanted = (tuple(picture.digest for picture in pictures), settings, tuple(chosen))
    if st.button("Analyse all and pack", type="primary", key="pack"):
        st.session_state[_ARCHIVE] = (wanted, _pack(pictures, settings, chosen))
    made_for, archive = st.session_state.get(_ARCHIVE, (None, b""))
    if made_for != wanted:
        return
    if not archive:
        st.error(f"The ZIP would be larger than {MAX_ZIP_MB} MB. Choose less, or fewer pictures.")
        return
    st.download_button(
        f"Download the ZIP, {len(archive) / 1e6:.1f} MB",
        archive,
        "salmap.zip",
        "application/zip",
        key="download_pack",
        on_click="ignore",
    )


def _pack(pictures: Sequence[Picture], settings: Settings, kinds: Sequence[Output]) -> bytes:
    """The ZIP of all pictures; empty if it would be too large. What fails is in the summary."""
    bar = st.progress(0.0)
    files: dict[str, bytes] = {}
    rows: list[dict[str, object]] = []
    stems = output_names([safe_place(picture.name) for picture in pictures])
    for done, (picture, stem) in enumerate(zip(pictures, stems, strict=True)):
        name = words.plain(picture.name)
        bar.progress(done / len(pictures), f"{name}, {done + 1} of {len(pictures)}")
        try:
            numbers = cache.analysis(picture, settings.model)
            files |= _result(picture, settings).files(kinds, stem)
        except SalmapError as error:
            rows.append(tables.failed_row(picture.name, settings.model, str(error)))
            continue
        rows.append(tables.summary_row(picture.name, numbers, settings.k))
        if sum(map(len, files.values())) > MAX_ZIP_MB * 1_000_000:
            bar.empty()
            return b""
    bar.empty()
    return zip_files({"summary.csv": tables.summary_csv(rows), **files})
