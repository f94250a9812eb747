"""A report to send: its cover, and the two files that can be made of it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from salmap.errors import ImageError
from salmap.outputs.report.report import Cover, Paper, Report, logo_uri, report_file
from salmap.ui import words

_LABELS = {Paper.A4: "A4", Paper.LETTER: "Letter"}


def report_buttons(key: str, stem: str, make: Callable[[Cover], Report]) -> None:
    """Buttons for a report in HTML and PDF, and what its maker can add.

    Args:
        key: the same for the same place on a page.
        stem: what the files' names begin with.
        make: makes the report, when it is asked for.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("Title, note and logo", key=f"{key}_cover"):
            cover = _cover(key)
            paper = st.segmented_control(
                "Paper", list(Paper), default=Paper.A4, required=True, key=f"{key}_paper",
                format_func=_LABELS.__getitem__, persist_state="session",
            )  # fmt: skip
        for ending, mime in (("pdf", "application/pdf"), ("html", "text/html")):
            name = f"{stem}_report.{ending}"
            st.download_button(
                f"Report, {ending.upper()}",
                _file(make, cover, name, Paper(paper)),
                name,
                mime,
                key=f"{key}_{ending}",
                on_click="ignore",
            )


def _file(
    make: Callable[[Cover], Report], cover: Cover, name: str, paper: Paper
) -> Callable[[], bytes]:
    return lambda: report_file(make(cover), name, paper)


def _cover(key: str) -> Cover:
    title = st.text_input(
        "Title", Cover.title, max_chars=120, key=f"{key}_title", persist_state="session"
    )
    note = st.text_area("Note", max_chars=2000, key=f"{key}_note", persist_state="session")
    file = st.file_uploader("Logo", ["png", "jpg", "webp"], key=f"{key}_logo", max_upload_size=5)
    logo = ""
    if file is not None:
        try:
            logo = logo_uri(file)
        except ImageError as error:
            st.error(words.message(error))
    return Cover(title or Cover.title, note, logo)
