"""Which picture a written name means."""

from __future__ import annotations

import pytest

from salmap.pictures.names import match_names

PICTURES = ("a.jpg", "birds/1.jpg", "cats/1.jpg", "scene.v2.png", "B.PNG", "cafe\u0301.jpg")


@pytest.mark.parametrize(
    ("written", "picture"),
    [
        ("a.jpg", "a.jpg"),
        ("A.JPG", "a.jpg"),
        ("a", "a.jpg"),
        ("images/a.jpg", "a.jpg"),
        (r"C:\study\images\A.jpg", "a.jpg"),
        ("./a.jpg", "a.jpg"),
        ("a.png", "a.jpg"),
        ("b", "B.PNG"),
        ("scene.v2", "scene.v2.png"),
        ("stimuli/Birds/1.jpg", "birds/1.jpg"),
        ("cats/1", "cats/1.jpg"),
        ("caf\u00e9.jpg", "cafe\u0301.jpg"),
        ("c.jpg", None),
        ("scene", None),
        ("", None),
    ],
)
def test_a_name_means_one_picture_or_none(written, picture):
    assert match_names([written], PICTURES).found.get(written) == picture


def test_a_name_that_could_mean_several_pictures_means_none():
    matches = match_names(["1.jpg", "dogs/1"], PICTURES)
    assert not matches.found
    assert matches.several["1.jpg"] == ("birds/1.jpg", "cats/1.jpg")
    assert "dogs/1" in matches.several


def test_several_names_for_one_picture_are_rivals_unless_one_is_exact():
    matches = match_names(["x/a.jpg", "y/a.jpg"], PICTURES)
    assert matches.rivals == {"a.jpg": ("x/a.jpg", "y/a.jpg")}
    assert match_names(["a.jpg", "y/a.jpg"], PICTURES).found == {"a.jpg": "a.jpg"}


def test_of_several_names_for_one_picture_the_one_in_its_folder_counts():
    matches = match_names(["cats/1.jpg", "dogs/1.jpg"], ["/photos/pets/cats/1.jpg"])
    assert matches.found == {"cats/1.jpg": "/photos/pets/cats/1.jpg"}


def test_capitals_alone_make_no_rivals():
    assert match_names(["A", "a"], PICTURES).found == {"A": "a.jpg", "a": "a.jpg"}
