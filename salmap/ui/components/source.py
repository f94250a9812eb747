"""Where pictures come from: dropped, pasted, taken with the camera, or an example."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable

import streamlit as st

from salmap.errors import SalmapError
from salmap.ui import cache, state, words
from salmap.ui.components.browser import component
from salmap.ui.state import Picture

#: largest file that is taken, in megabytes
MAX_FILE_MB = 50
#: how many pictures are taken at once
MAX_PICTURES = 50

_MB = 1_000_000
_TYPES = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic")
_UPLOAD, _CAMERA, _PASTE, _GALLERY, _STRIP = "upload", "camera", "paste", "gallery", "strip"
_INCOMING, _PROBLEMS = "incoming_pictures", "picture_problems"


def picture_source() -> None:
    """Draw the ways to bring a picture; what comes is kept in `salmap.ui.state`."""
    _check_incoming()
    left, right = st.columns([1, 1], gap="medium")
    with left:
        st.file_uploader(
            "Drop pictures here, or paste one",
            list(_TYPES),
            accept_multiple_files=True,
            key=_UPLOAD,
            max_upload_size=MAX_FILE_MB,
            on_change=_uploaded,
        )
    with right:
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(":small[Or try an example]", width="content")
            camera = st.toggle("Use the camera", key="use_camera")
        strip(_GALLERY, "Examples", state.example_pictures(), _example_picked)
    component("paste")(key=_PASTE, data={"max_bytes": MAX_FILE_MB * _MB}, on_picture_change=_pasted)
    if camera:
        st.camera_input("Take a photo", key=_CAMERA, on_change=_photographed, width=480)
    for problem in st.session_state.get(_PROBLEMS, ()):
        st.error(problem)
    if len(state.pictures()) > 1:
        strip(_STRIP, "Your pictures", state.pictures(), _picture_picked)


def strip(key: str, label: str, pictures: Iterable[Picture], on_pick: Callable[[], None]) -> None:
    """A row of small pictures of which one is chosen."""
    items = [
        {"id": picture.digest, "name": picture.name, "src": cache.thumbnail(picture)}
        for picture in pictures
    ]
    component("strip")(
        key=key,
        data={"label": label, "chosen": state.current().digest, "items": items},
        on_pick_change=on_pick,
    )


def _uploaded() -> None:
    """Take what can be read of the files dropped; name the others."""
    files = st.session_state[_UPLOAD] or []
    _take([state.picture_from(file.name, file.getvalue()) for file in files])


def _photographed() -> None:
    photo = st.session_state[_CAMERA]
    if photo is not None:
        _take([state.picture_from("photo.jpg", photo.getvalue())])


def _pasted() -> None:
    pasted = st.session_state[_PASTE].picture or {}
    name = str(pasted.get("name", "pasted.png"))
    try:
        data = base64.b64decode(pasted.get("base64", ""), validate=True)
    except (binascii.Error, TypeError, ValueError):
        data = b""
    if pasted.get("too_large"):
        st.session_state[_PROBLEMS] = [_too_large(name)]
    elif data:
        _take([state.picture_from(name, data)])


def _example_picked() -> None:
    chosen = st.session_state[_GALLERY].pick
    _take([picture for picture in state.example_pictures() if picture.digest == chosen])


def _picture_picked() -> None:
    state.choose(st.session_state[_STRIP].pick)


def _take(pictures: list[Picture]) -> None:
    st.session_state[_INCOMING] = pictures


def _check_incoming() -> None:
    """Show those of the pictures that came which can be read; say what is wrong with the rest."""
    pictures = st.session_state.get(_INCOMING)
    if not pictures:
        return
    problems, good = [], []
    if len(pictures) > MAX_PICTURES:
        problems.append(f"At most {MAX_PICTURES} pictures at once: the others were left out.")
    pictures = pictures[:MAX_PICTURES]
    progress = st.empty()
    for done, picture in enumerate(pictures):
        if len(pictures) > 1:
            progress.progress(done / len(pictures), f"Reading {words.plain(picture.name)}")
        problem = _problem(picture)
        if problem:
            problems.append(problem)
        else:
            good.append(picture)
    progress.empty()
    st.session_state[_PROBLEMS] = problems
    if good:
        state.show(good)
    del st.session_state[_INCOMING]  # last, for a click may end this run at any moment


def _problem(picture: Picture) -> str:
    """Why a picture can't be used; empty if it can."""
    if len(picture.data) > MAX_FILE_MB * _MB:
        return _too_large(picture.name)
    try:
        cache.thumbnail(picture)
    except SalmapError as error:
        return words.plain(str(error))
    return ""


def _too_large(name: str) -> str:
    return f"{words.plain(name)} is larger than {MAX_FILE_MB} MB. Save it smaller, say as JPEG."
