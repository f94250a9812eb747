"""What a visitor has chosen: it lasts as long as the browser tab and survives page changes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import streamlit as st

from salmap.pictures.viewing import USUAL, Viewing
from salmap.ui import examples

_TRAY = "tray"
_CHOSEN = "chosen_picture"


@dataclass(frozen=True)
class Picture:
    """A picture as it came, not yet decoded.

    Attributes:
        name: of its file.
        data: the bytes of the file.
        digest: SHA-256 of `data`, by which everything made of it is cached.
        credit: who made it, for examples.
        viewing: how it is put before models.
    """

    name: str
    data: bytes = field(repr=False)
    digest: str
    credit: str = ""
    viewing: Viewing = USUAL

    @property
    def key(self) -> str:
        """Tells it from any other, and from itself put before models in another way."""
        return f"{self.digest} {self.viewing}"


def picture_from(name: str, data: bytes, credit: str = "") -> Picture:
    """A picture from the bytes of its file."""
    return Picture(name, data, hashlib.sha256(data).hexdigest(), credit)


@lru_cache
def example_pictures() -> tuple[Picture, ...]:
    """The gallery."""
    return tuple(picture_from(e.title, examples.data(e), e.credit) for e in examples.EXAMPLES)


def tray() -> tuple[Picture, ...]:
    """The visitor's pictures, in the order in which they came; only the visitor removes them."""
    found: tuple[Picture, ...] = st.session_state.get(_TRAY, ())
    return found


def add(new: Sequence[Picture], shown: Picture | None = None) -> None:
    """Put pictures into the tray, each content once, and show one of them, by default the first."""
    if not new:
        return
    known = {picture.digest for picture in tray()}
    fresh = {picture.digest: picture for picture in new if picture.digest not in known}
    st.session_state[_TRAY] = (*tray(), *fresh.values())
    choose((shown or new[0]).digest)


def remove(digest: str) -> None:
    """Take one picture out of the tray; the one beside it is shown in its place."""
    before = tray()
    places = [number for number, picture in enumerate(before) if picture.digest == digest]
    if not places:
        return
    after = tuple(picture for picture in before if picture.digest != digest)
    shown = current().digest
    st.session_state[_TRAY] = after
    if shown == digest and after:
        choose(after[min(places[0], len(after) - 1)].digest)


def clear() -> None:
    """Empty the tray."""
    st.session_state[_TRAY] = ()


def view(picture: Picture, viewing: Viewing) -> None:
    """Have one of the visitor's pictures put before models in another way."""
    st.session_state[_TRAY] = tuple(
        replace(kept, viewing=viewing) if kept.digest == picture.digest else kept for kept in tray()
    )


def choose(digest: str) -> None:
    """Show another picture of the tray."""
    st.session_state[_CHOSEN] = digest


def current() -> Picture:
    """The picture that is shown: one of the tray, or the first example while that is empty."""
    pictures = tray() or example_pictures()[:1]
    chosen = st.session_state.get(_CHOSEN)
    return next((p for p in pictures if p.digest == chosen), pictures[-1])
