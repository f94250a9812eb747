"""Text for a terminal."""

from __future__ import annotations

import sys

from tqdm import tqdm

from salmap.files import name_as_text


def one_line(message: object) -> str:
    """Text from anywhere without line breaks and without what a terminal might obey.

    Names of files that are no UTF-8 are escaped.
    """
    printable = (char if char.isprintable() else " " for char in name_as_text(str(message)))
    return " ".join("".join(printable).split())


def say(about: object, what: str) -> None:
    """A line on stderr about a file, beside any progress bar."""
    line = what if what.startswith(str(about)) else f"{about}: {what}"
    tqdm.write(one_line(line), file=sys.stderr)
