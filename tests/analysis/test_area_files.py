"""Files of areas, as people bring them."""

from __future__ import annotations

import json

import pytest

from salmap.analysis.area_files import areas_json, areas_of, read_areas
from salmap.areas import Area
from salmap.errors import AreaError

BUTTON = Area.box("button", 10, 20, 30, 40)
TRIANGLE = Area("tri", ((0.0, 0.0), (9.5, 0.0), (0.0, 9.0)))


def test_what_was_saved_is_read_again():
    areas = {"a.png": [BUTTON, TRIANGLE], "": [BUTTON]}
    assert read_areas("areas.json", areas_json(areas)) == areas


@pytest.mark.parametrize(
    "text",
    [
        "name,left,top,right,bottom\nbutton,10,20,30,40\n",
        "\ufeffName, Left ,Top,right,BOTTOM\n button ,10,20,30.0,40\n",
        "picture,name,left,top,right,bottom\n,button,10,20,30,40\n",
    ],
)
def test_a_table(text):
    assert read_areas("a.csv", text.encode()) == {"": [BUTTON]}


def test_a_table_of_several_pictures():
    text = "name,left,top,right,bottom,picture\nbutton,10,20,30,40,a.png\nbutton,10,20,30,40,b.png"
    assert read_areas("a.csv", text.encode()) == {"a.png": [BUTTON], "b.png": [BUTTON]}


def test_coco():
    content = {
        "images": [{"id": 7, "file_name": "shots/a.png"}],
        "categories": [{"id": 1, "name": "button"}, {"id": 2, "name": "tri"}],
        "annotations": [
            {"image_id": 7, "category_id": 1, "bbox": [10, 20, 20, 20]},
            {"image_id": 7, "category_id": 1, "bbox": [0, 0, 5, 5]},
            {"image_id": 7, "category_id": 2, "bbox": [0, 0, 9, 9],
             "segmentation": [[0, 0, 9.5, 0, 0, 9]]},
        ],
    }  # fmt: skip
    found = read_areas("coco.json", json.dumps(content).encode())
    second = Area.box("button 2", 0, 0, 5, 5)
    assert found == {"shots/a.png": [BUTTON, second, TRIANGLE]}
    assert areas_of("a.png", found) == [BUTTON, second, TRIANGLE]


def test_labelme():
    content = {
        "imagePath": "..\\pictures\\a.png",
        "shapes": [
            {"label": "button", "shape_type": "rectangle", "points": [[30, 20], [10, 40]]},
            {"label": "tri", "points": [[0, 0], [9.5, 0], [0, 9]]},
        ],
    }
    assert read_areas("a.json", json.dumps(content).encode()) == {"a.png": [BUTTON, TRIANGLE]}


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "lacks the columns"),
        (b"name,left,top,right\nx,1,2,3\n", "bottom"),
        (b"name,left,top,right,bottom\n", "no area"),
        (b"name,left,top,right,bottom\nx,1,2,3,four\n", "row 2"),
        (b"name,left,top,right,bottom\nx,1,2,3\n", "row 2"),
        (b"name,left,top,right,bottom\nx,5,2,3,4\n", "'x' is empty"),
        (b"name,left,top,right,bottom\nx,1,2,3,4\nx,1,2,3,4\n", "'x'"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"{", "can't be read"),
        (b"[]", "no area"),
        (b'{"areas": [{"name": "x"}]}', "corners"),
        (b'{"shapes": [{"label": "c", "shape_type": "circle", "points": [[0, 0]]}]}', "circle"),
        (b"[" * 100_000, "can't be read"),
    ],
)
def test_files_that_can_not_be_used_say_why(data, part):
    with pytest.raises(AreaError, match=part):
        read_areas("areas.file", data)


def test_areas_are_found_by_name_and_stem_in_any_case():
    areas = {"Pages/Home.PNG": [BUTTON], "other.png": [TRIANGLE]}
    assert areas_of("home.png", areas) == [BUTTON]
    assert areas_of("HOME.jpg", areas) == [BUTTON]
    with pytest.raises(AreaError, match=r"no areas for away\.png"):
        areas_of("away.png", areas)
    with pytest.raises(AreaError, match="could be"):
        areas_of("a.gif", {"a.png": [BUTTON], "a.jpg": [BUTTON]})
