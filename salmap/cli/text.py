"""Text for a terminal."""

from __future__ import annotations


def one_line(message: object) -> str:
    """Text from anywhere without line breaks and without what a terminal might obey."""
    printable = (char if char.isprintable() else " " for char in str(message))
    return " ".join("".join(printable).split())
