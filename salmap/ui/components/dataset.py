"""Choosing a data set, and what a check of it found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from salmap.dataset_titles import TITLES
from salmap.datasets.fixations_csv import find_tables
from salmap.datasets.folder import pictures_in
from salmap.datasets.table_preview import preview_in_folder, table_refusal
from salmap.errors import DoubtfulError, SalmapError
from salmap.fixations.frame import read_settings
from salmap.fixations.preview import headings_of
from salmap.jobs import plans as training
from salmap.jobs import uploads
from salmap.jobs.dataset_check import DatasetReport, DataSource, check
from salmap.ui import access
from salmap.ui.components.reading import reading_form, without_options
from salmap.ui.words import plain

#: largest ZIP that is taken, in megabytes
MAX_ZIP_MB = 200
_UPLOAD, _FOLDER = "Upload a ZIP", "A folder on this server"
_KEPT, _UNPACKED, _CHECKED = "kept_data", "unpacked_data", "checked_data"
_SETTLED = "settled_tables"
_SHOWN_PROBLEMS = 8


def data_picker(owner: str) -> tuple[DataSource, DatasetReport] | None:
    """Let people choose a data set and show what it holds; None until one can be used.

    Args:
        owner: whose uploads are offered; administrators may name a folder of the server, too.
    """
    st.header("1. Pictures and where people looked", anchor=False)
    way = _UPLOAD
    if access.is_administrator():
        way = st.pills(
            "Where from", (_UPLOAD, _FOLDER), default=_UPLOAD, required=True, key="data_way",
            label_visibility="collapsed", persist_state="session",
        )  # fmt: skip
    source = _uploaded(owner) if way == _UPLOAD else _on_server()
    if source is None:
        return None
    report = _checked(source, owner, keep=way != _UPLOAD)
    _reading(source, refused=report is None)
    if report is None:
        return None
    _show(report)
    return source, report


def _uploaded(owner: str) -> DataSource | None:
    file = st.file_uploader(
        "A ZIP with a folder `images`, and `fixations.csv` (`image,subject,x,y`, in pixels from "
        "the upper left corner), an export of your eye tracker or a folder `maps` with a gray map "
        "of the same name for each picture",
        "zip",
        key="data_zip",
        max_upload_size=MAX_ZIP_MB,
    )
    if file is not None:
        _unpack(file, owner)
    kept = _kept()
    if not kept:
        return None
    if st.session_state.get(_KEPT) not in kept:
        st.session_state[_KEPT] = next(iter(kept))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Uploaded data", list(kept), key=_KEPT, persist_state="session",
            format_func=lambda key: kept[key].name,
        )  # fmt: skip
        st.button(
            "Remove", key="remove_data", on_click=_remove, args=(kept[name],),
            disabled=training.all_jobs().running() is not None,
            help="Deletes the uploaded pictures from this server.",
        )  # fmt: skip
    return _with_settings(DataSource("folder", kept[name]))


def _kept() -> dict[str, Path]:
    """The uploads that this visitor may see, by a key that no other has."""
    root = training.folder() / "data"
    owners = sorted(path for path in root.glob("*") if path.is_dir())
    paths = [
        path
        for folder in owners
        for path in uploads.kept(folder)
        if folder == training.uploads_folder(access.owner() or "") or access.is_administrator()
    ]
    return {f"{path.parent.name}/{path.name}": path for path in paths}


def _unpack(file: Any, owner: str) -> None:
    """Unpack an uploaded file once in a session, and choose it."""
    done: dict[str, str] = st.session_state.setdefault(_UNPACKED, {})
    if file.file_id not in done:
        done[file.file_id] = ""
        try:
            with st.spinner("Unpacking…"):
                path = uploads.keep(file.name, file, training.uploads_folder(owner))
            st.session_state[_KEPT] = f"{path.parent.name}/{path.name}"
        except SalmapError as error:
            done[file.file_id] = str(error)
    if done[file.file_id]:
        st.error(f"{plain(file.name)}: {access.message(done[file.file_id])}")


def _remove(path: Path) -> None:
    uploads.remove(path)
    st.session_state.pop(_KEPT, None)


def _on_server() -> DataSource | None:
    layout, place = st.columns([1, 2])
    chosen = layout.selectbox(
        "Layout", list(TITLES), format_func=TITLES.__getitem__, key="data_layout",
        persist_state="session",
    )  # fmt: skip
    path = place.text_input(
        "Folder", key="data_path", placeholder="/home/me/gaze", persist_state="session"
    )
    folder = path.strip()
    return _with_settings(DataSource(chosen, Path(folder).expanduser())) if folder else None


def _with_settings(source: DataSource) -> DataSource:
    """The data set with what was said in this session about its table."""
    settled: dict[str, tuple[str, ...]] = st.session_state.get(_SETTLED, {})
    return replace(source, settings=settled.get(source.option, ()))


def _reading(source: DataSource, refused: bool) -> None:
    """Let people say how a table of fixations is read, with where fixations fall."""
    tables = find_tables(source.path) if source.layout == "folder" else []
    if not tables:
        return
    refusal = table_refusal(source.path, read_settings(source.settings)) if refused else None
    try:
        pictures = pictures_in(source.path)
        headings = headings_of(tables[0].name, tables[0].read_bytes())
    except (SalmapError, OSError):  # the check has said so
        return
    with st.expander("How the table of fixations is read", expanded=refusal is not None):
        chosen = reading_form(
            f"reading_{source.path.name}",
            headings,
            getattr(refusal, "guess", ()) or source.settings,
            lambda reading: preview_in_folder(tables[0], pictures, reading),
        )
    if chosen is not None and chosen != source.settings:
        st.session_state[_SETTLED] = st.session_state.get(_SETTLED, {}) | {source.option: chosen}
        st.rerun()


def _checked(source: DataSource, owner: str, keep: bool) -> DatasetReport | None:
    """What the check says, asked once for each data set in a session.

    Args:
        source: the data set.
        owner: who asks.
        keep: whether to leave it where it is if it can't be used at all; an upload is removed,
            unless it has a table of which somebody may say how it is read.
    """
    again = st.button("Check again", key="check_again", help="After you changed its files.")
    wanted, found = st.session_state.get(_CHECKED, (None, None))
    if again or wanted != source:
        with st.spinner("Checking the data…"):
            found = _asked(source, keep)
        st.session_state[_CHECKED] = (source, found)
    if isinstance(found, str):
        st.error(access.message(found))
        return None
    return found


def _asked(source: DataSource, keep: bool) -> DatasetReport | str:
    """The report of a check, or why the data can't be used."""
    try:
        return check(source)
    except SalmapError as error:
        refused = str(error)
    reading = read_settings(source.settings)
    refusal = table_refusal(source.path, reading) if source.layout == "folder" else None
    if isinstance(refusal, DoubtfulError):
        return without_options(refusal)
    if keep or refusal:
        return refused
    _remove(source.path)
    return f"{refused} The upload was removed: mend the ZIP and upload it again."


def _show(report: DatasetReport) -> None:
    total = sum(report.fixations)
    mean = total / max(len(report.fixations), 1)
    numbers = (
        ("Pictures", f"{report.pictures:,}", None),
        ("To learn from", f"{report.splits.get('train', 0):,}", None),
        ("Held out", f"{report.splits.get('val', 0):,}", "Scores are measured on these."),
        ("Fixations", f"{total:,}", f"{mean:.1f} on a picture, on average."),
        ("Viewers", "unknown" if report.viewers is None else f"{report.viewers}", None),
    )
    with st.container(horizontal=True, gap="medium"):
        for label, value, tip in numbers:
            st.metric(label, value, help=tip, width="content")
    _show_problems(report)
    for column, sample in zip(st.columns(4), report.samples, strict=False):
        column.image(
            sample.jpeg, caption=f"{plain(sample.name)}, {sample.fixations} fixations",
            alt=f"{sample.name} with its fixations", width="stretch",
        )  # fmt: skip


def _show_problems(report: DatasetReport) -> None:
    lines = [
        f"- {problem.count} × {plain(problem.what)} {plain(problem.fix)}  \n  "
        f"{plain(', '.join(problem.files[:3]))}{'…' if problem.count > 3 else ''}"
        for problem in report.problems[:_SHOWN_PROBLEMS]
    ]
    more = len(report.problems) - _SHOWN_PROBLEMS
    if lines:
        lines.append(f"- and {more} more kinds" if more > 0 else "")
        st.warning(
            "\n".join(["**Problems found.** Fitting to viewers leaves these out.", "", *lines])
        )
    notes = list(report.notes)
    if report.outside:
        notes.append(f"{report.outside} fixations fell outside their picture and are left out.")
    for note in notes:
        st.caption(plain(note))
