"""Where pictures come from: dropped, pasted, taken with the camera, or an example."""

from __future__ import annotations

import base64
import binascii

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from salmap.errors import SalmapError
from salmap.pictures import IMAGE_SUFFIXES
from salmap.ui import cache, state, words
from salmap.ui.components.browser import component
from salmap.ui.components.tray import gallery, tray
from salmap.ui.state import Picture

#: largest file that is taken, in megabytes
MAX_FILE_MB = 50
#: how many pictures a tray holds, and their files' megabytes together
MAX_PICTURES, MAX_TRAY_MB = 100, 400

_MB = 1_000_000
_USUAL = ("jpg", "png", "jpeg", "webp", "heic", "gif")  # told first
_TYPES = (*_USUAL, *sorted({suffix.removeprefix(".") for suffix in IMAGE_SUFFIXES} - {*_USUAL}))
_CAMERA, _PASTE = "camera", "paste"
_INCOMING, _PROBLEMS, _UPLOADS = "incoming_pictures", "picture_problems", "uploads_taken"


def picture_source() -> None:
    """Draw the ways to bring a picture, and the tray that keeps what came."""
    check_incoming(st.empty())
    left, right = st.columns([1, 1], gap="medium")
    with left:
        st.file_uploader(
            "Drop pictures here, or paste one",
            _TYPES,
            accept_multiple_files=True,
            key=upload_key(),
            max_upload_size=MAX_FILE_MB,
            on_change=_uploaded,
        )
    with right:
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(":small[Or try an example]", width="content")
            camera = st.toggle("Use the camera", key="use_camera")
        gallery(_example_picked)
    component("paste")(key=_PASTE, data={"max_bytes": MAX_FILE_MB * _MB}, on_picture_change=_pasted)
    if camera:
        st.camera_input("Take a photo", key=_CAMERA, on_change=_photographed, width=480)
    with st.container():
        show_problems()
    tray(on_change=forget_problems)


def upload_key() -> str:
    """The uploader's key: a new one each time its files were taken, which empties it.

    So what is in the tray is listed once, a file's error is told once, and the server does not
    keep every upload twice.
    """
    return f"upload_{st.session_state.get(_UPLOADS, 0)}"


def show_problems() -> None:
    """Say what was wrong with the last pictures that came."""
    for problem in st.session_state.get(_PROBLEMS, ()):
        st.error(problem)


def forget_problems() -> None:
    """Take away what was said about the last pictures that came."""
    st.session_state[_PROBLEMS] = []


def _uploaded() -> None:
    """Take what can be read of the files dropped; name the others."""
    files = st.session_state[upload_key()] or []
    st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1
    take([state.picture_from(file.name, file.getvalue()) for file in files])


def _photographed() -> None:
    photo = st.session_state[_CAMERA]
    if photo is not None:
        take([state.picture_from("photo.jpg", photo.getvalue())])


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
        take([state.picture_from(name, data)])


def _example_picked(digest: str) -> None:
    take([picture for picture in state.example_pictures() if picture.digest == digest])


def take(pictures: list[Picture]) -> None:
    """Have pictures checked, after any that came a moment before and wait for it.

    Of those that can be read, the first that came now is then shown.
    """
    st.session_state[_INCOMING] = [*st.session_state.get(_INCOMING, ()), pictures]


def check_incoming(progress: DeltaGenerator) -> None:
    """Put those of the pictures that came which can be read into the tray; name the others.

    Args:
        progress: where to show how far that is; it is there in every run of the page, so that
            nothing below it is taken for something new.
    """
    came = st.session_state.get(_INCOMING)
    if not came:
        return
    pictures, latest = [picture for together in came for picture in together], came[-1]
    problems = [_too_large(p.name) for p in pictures if len(p.data) > MAX_FILE_MB * _MB]
    pictures, left_out = _fitting([p for p in pictures if len(p.data) <= MAX_FILE_MB * _MB])
    good = []
    if left_out:
        problems.append(
            f"The tray holds at most {MAX_PICTURES} pictures and {MAX_TRAY_MB} MB: "
            f"{words.count(left_out, 'picture')} left out. Remove some first."
        )
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
    state.add(good, next((picture for picture in good if picture in latest), None))
    del st.session_state[_INCOMING]  # last, for a click may end this run at any moment


def _fitting(pictures: list[Picture]) -> tuple[list[Picture], int]:
    """Those that there is room for, and how many there is none for."""
    known = {picture.digest for picture in state.tray()}
    room = MAX_PICTURES - len(known)
    megabytes = sum(len(picture.data) for picture in state.tray()) / _MB
    taken = []
    for picture in pictures:
        if picture.digest not in known:
            room -= 1
            megabytes += len(picture.data) / _MB
            if room < 0 or megabytes > MAX_TRAY_MB:
                break
        taken.append(picture)
    return taken, len(pictures) - len(taken)


def _problem(picture: Picture) -> str:
    """Why a picture can't be used; empty if it can."""
    try:
        cache.thumbnail(picture)
    except SalmapError as error:
        return words.message(error)
    return ""


def _too_large(name: str) -> str:
    return f"{words.plain(name)} is larger than {MAX_FILE_MB} MB. Save it smaller, say as JPEG."
