"""What a picture shows: a photograph, or a page or design, of which networks know less."""

from __future__ import annotations

from typing import Final, Literal, get_args

from salmap.errors import ImageError

Content = Literal["auto", "photo", "page"]
#: how a picture can be analyzed; "auto" decides by whether it is like the photographs learned from
CONTENTS: Final[tuple[Content, ...]] = get_args(Content)
NOTE = (
    "Analyzed as a page or design: at a larger size, and with more caution than a photo. "
    "If it is a photo, say so."
)


def check_content(name: str) -> None:
    """Refuse what is not one of `CONTENTS`.

    Raises:
        ImageError: naming them.
    """
    if name not in CONTENTS:
        raise ImageError(f"There is no content '{name}'. Use one of: {', '.join(CONTENTS)}.")
