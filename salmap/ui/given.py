"""The fixations that a visitor has given: kept as long as the tab, whatever page is open."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

import streamlit as st

from salmap.fixations import synthetic as synthetic_viewers
from salmap.ui import state
from salmap.ui.state import Picture

_GIVEN = "given_fixations"


@dataclass(frozen=True)
class Given:
    """A file of fixations as it came, not yet read.

    Attributes:
        name: of the file.
        data: its bytes.
        digest: SHA-256 of name and data, by which everything made of it is cached.
        picture: digest of the picture that it was given for; a table that names images serves
            others too.
        synthetic: whether its viewers are made up.
        settings: what the visitor has said about how it is counted, as
            `salmap.fixations.frame.read_settings` takes it.
    """

    name: str
    data: bytes = field(repr=False)
    digest: str
    picture: str
    synthetic: bool = False
    settings: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Tells it from any other."""
        return f"{self.digest} {self.picture} {self.settings}"


@dataclass(frozen=True)
class Observation:
    """A picture with a visitor's fixations on it.

    Attributes:
        picture: the picture.
        given: the file of fixations.
        sigma_share: one degree of visual angle as a share of the picture's long side.
        others: the visitor's other pictures, on which the same file may have fixations.
    """

    picture: Picture
    given: Given
    sigma_share: float
    others: tuple[Picture, ...]

    @property
    def key(self) -> str:
        """Tells it from any other."""
        names = " ".join(f"{p.digest} {p.name}" for p in (self.picture, *self.others))
        return f"{names} {self.given.key} {self.sigma_share}"


def observe(picture: Picture, given: Given, sigma_share: float) -> Observation:
    """What a visitor has told about a picture."""
    others = tuple(p for p in state.tray() if p.digest != picture.digest)
    return Observation(picture, given, sigma_share, others)


def current() -> Given | None:
    """What the visitor gave last."""
    given: Given | None = st.session_state.get(_GIVEN)
    return given


def give(name: str, data: bytes, picture: Picture, synthetic: bool = False) -> None:
    """Keep a file of fixations on a picture."""
    digest = hashlib.sha256(name.encode() + b"\0" + data).hexdigest()
    st.session_state[_GIVEN] = Given(name, data, digest, picture.digest, synthetic)


def settle(settings: tuple[str, ...]) -> None:
    """Say how the file given last is counted."""
    file = current()
    if file is not None:
        st.session_state[_GIVEN] = replace(file, settings=settings)


def forget() -> None:
    """Compare without fixations again."""
    st.session_state.pop(_GIVEN, None)


def give_example() -> None:
    """Show the example picture that the made-up viewers saw, with their fixations."""
    (example,) = (p for p in state.example_pictures() if p.name == synthetic_viewers.PICTURE)
    if state.current() != example:
        state.add([example])
    give("synthetic_viewers.csv", synthetic_viewers.table().encode(), example, synthetic=True)
