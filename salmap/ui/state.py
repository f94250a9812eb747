"""What a visitor has chosen: it lasts as long as the browser tab and survives page changes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from salmap.ui import examples

_PICTURES = "pictures"
_CHOSEN = "chosen_picture"
_SEEN = "seen_pictures"


@dataclass(frozen=True)
class Picture:
    """A picture as it came, not yet decoded.

    Attributes:
        name: of its file.
        data: the bytes of the file.
        digest: SHA-256 of `data`, by which everything made of it is cached.
        credit: who made it, for examples.
    """

    name: str
    data: bytes = field(repr=False)
    digest: str
    credit: str = ""


def picture_from(name: str, data: bytes, credit: str = "") -> Picture:
    """A picture from the bytes of its file."""
    return Picture(name, data, hashlib.sha256(data).hexdigest(), credit)


def example_pictures() -> tuple[Picture, ...]:
    """The gallery."""
    return tuple(picture_from(e.title, examples.data(e), e.credit) for e in examples.EXAMPLES)


def pictures() -> tuple[Picture, ...]:
    """The visitor's pictures, at least one; on a first visit, an example."""
    if not st.session_state.get(_PICTURES):
        show(example_pictures()[:1])
    found: tuple[Picture, ...] = st.session_state[_PICTURES]
    return found


def show(new: Sequence[Picture]) -> None:
    """Replace the visitor's pictures, and look at the first that was not among any before.

    Where all are known, the one that was looked at stays chosen if it is there.
    """
    unique = tuple({picture.digest: picture for picture in new}.values())
    digests = [picture.digest for picture in unique]
    seen: set[str] = st.session_state.setdefault(_SEEN, set())
    fresh = [digest for digest in digests if digest not in seen]
    seen.update(digests)
    st.session_state[_PICTURES] = unique
    if digests and (fresh or st.session_state.get(_CHOSEN) not in digests):
        st.session_state[_CHOSEN] = (fresh or digests)[0]


def choose(digest: str) -> None:
    """Look at another of the visitor's pictures."""
    st.session_state[_CHOSEN] = digest


def current() -> Picture:
    """The picture that is looked at."""
    all_pictures = pictures()
    chosen = st.session_state.get(_CHOSEN)
    return next((p for p in all_pictures if p.digest == chosen), all_pictures[0])
