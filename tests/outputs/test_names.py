"""What files are called: never two the same, and nothing that a file system refuses."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from salmap.outputs.names import Output, distinct, file_name, output_names, safe_place, safe_stem


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (["a.jpg"], ["a"]),
        (["x/a.jpg", "y/b.jpg"], ["a", "b"]),
        (["x/a.jpg", "y/A.jpg"], ["x-a", "y-A"]),
        (["x/a.jpg", "x/a.png"], ["x-a-jpg", "x-a-png"]),
        (["x/a.jpg", "y/a.jpg", "x-a.png"], ["x-a-jpg", "y-a", "x-a"]),
        (["a.b.jpg", "a.jpg"], ["a.b", "a"]),
        (["a.jpg", "a.jpg", "A.jpg", "a-2.png"], ["a", "a-3", "A-4", "a-2"]),
    ],
)
def test_names_of_outputs(places: list[str], expected: list[str]) -> None:
    assert output_names([PurePath(place) for place in places]) == expected


def test_names_of_outputs_never_clash() -> None:
    """Two folders given by hand can hold the same path below them."""
    found = output_names([PurePath("x/a.jpg")] * 3 + [PurePath("x-a-2.png")])
    assert len({name.casefold() for name in found}) == 4


def test_uploads_of_one_name_get_different_names() -> None:
    uploads = ["a.jpg", "a.png", "A.jpg", "a-2.jpg", "b.jpg", "C:\\b.x/y.b", ".."]
    found = output_names([safe_place(name) for name in uploads])
    assert len({name.casefold() for name in found}) == len(uploads)
    assert found[3:5] == ["a-2", "b"]
    assert all(safe_stem(name) == name for name in found)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("street.jpg", "street"),
        ("../../etc/passwd", "passwd"),
        ("C:\\pictures\\cat.PNG", "cat"),
        ("a.b.jpeg", "a.b"),
        ("Größe & Farbe, v2 (neu)! 😀.png", "Größe & Farbe, v2 (neu)! 😀"),
        ("family 👨‍👩‍👧.png", "family 👨‍👩‍👧"),
        ("con.jpg", "con_"),
        ("tab\tand\nline.png", "tab_and_line"),
        ("наша улица.jpg", "наша улица"),
        ("", "picture"),
        ("?*.png", "__"),
        ("x" * 300 + ".png", "x" * 80),
    ],
)
def test_names_of_files_are_safe(name: str, expected: str) -> None:
    assert safe_stem(name) == expected


@pytest.mark.parametrize("output", Output)
def test_every_output_has_an_ending_of_its_own_and_a_media_type(output: Output) -> None:
    assert "/" in output.mime
    assert file_name("a.b/street.jpg", output) == f"street{output.ending}"
    assert [other for other in Output if other.ending == output.ending] == [output]


def test_pictures_are_called_by_their_files_unless_two_share_a_name() -> None:
    assert distinct([Path("a/home.png"), Path("b/new.png")]) == ["home.png", "new.png"]
    assert distinct([Path("a/home.png"), Path("b/home.png")]) == ["a/home.png", "b/home.png"]
    assert distinct([Path("a.png"), Path("a.png")]) == ["a.png", "a.png (2)"]
