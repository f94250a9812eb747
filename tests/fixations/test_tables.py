"""Tables in every dialect."""

from __future__ import annotations

import numpy as np
import pytest

from salmap.errors import FixationsError
from salmap.fixations.frame import Reading, read_settings
from salmap.fixations.tables import on_pictures, read_gaze
from salmap.types import UNKNOWN_VIEWER


def parsed(text: str | bytes, *settings: str):
    data = text.encode() if isinstance(text, str) else text
    return read_gaze("gaze.csv", data, read_settings(settings)).by_image()


def refused(text: str | bytes) -> str:
    with pytest.raises(FixationsError) as failure:
        parsed(text)
    assert "gaze.csv" in str(failure.value)
    return str(failure.value)


PLAIN = "image,subject,x,y\na.jpg,ann,80.5,67\nb.jpg,bob,71.25,38\n"
SEMICOLONS = PLAIN.replace(",", ";").replace(".5", ",5").replace(".25", ",25")


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        SEMICOLONS,
        f"sep=;\n{SEMICOLONS}",
        f"sep=;\n{PLAIN.replace(',', ';')}".replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", "|"),
        PLAIN.replace(",", " "),
        PLAIN.replace(",", ", "),
        PLAIN.replace("80.5", '"80,5"').replace("71.25", '"71,25"'),
        PLAIN.replace("image,subject,x,y", "Image,Subject,X,Y"),
        PLAIN.replace("image,subject,x,y", "Stimulus,Participant,Fix X,Fix Y"),
        PLAIN.replace("subject", "observer"),
        PLAIN.replace("subject", "user_id"),
        f"\n# made by hand\n{PLAIN}",
        f"{PLAIN},,,\n,,,\n\n",
        PLAIN.replace("\n", ",\n"),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-le"),
        PLAIN.replace(",", "\t").encode("utf-16-be"),
        PLAIN.replace("ann", "än").encode("latin-1"),
    ],
)
def test_a_table_is_read_in_any_dialect(data):
    found = parsed(data)
    assert list(found) == ["a.jpg", "b.jpg"]
    assert [(f.x[0], f.y[0], f.viewer[0]) for f in found.values()] == [
        (80.5, 67, 0),
        (71.25, 38, 1),
    ] or "än".encode("latin-1") in data


def test_two_columns_are_enough():
    (fixations,) = parsed("x,y\n3.5,4\n1,2\n").values()
    np.testing.assert_array_equal(fixations.x, [3.5, 1])
    np.testing.assert_array_equal(fixations.y, [4, 2])
    assert set(fixations.viewer) == {UNKNOWN_VIEWER}
    assert set(fixations.order) == {0}


def test_subjects_are_kept_apart_and_in_order():
    fixations = parsed("y,x,subject\n1,10,zoe\n2,20,ann\n3,30,zoe\n")[""]
    rows = list(zip(fixations.x, fixations.y, fixations.viewer, fixations.order, strict=True))
    assert rows == [(20, 2, 0, 0), (10, 1, 1, 0), (30, 3, 1, 1)]


def test_times_are_kept_and_decide_the_order():
    fixations = parsed(
        "x,y,subject,start [ms],duration_ms\n1,1,a,900,200\n2,2,a,100,300\n3,3,b,5,\n"
    )[""]
    np.testing.assert_array_equal(fixations.x, [2, 1, 3])
    np.testing.assert_array_equal(fixations.order, [0, 1, 0])
    np.testing.assert_allclose(fixations.start_s, [0.1, 0.9, 0.005])
    np.testing.assert_array_equal(fixations.duration_s, [0.3, 0.2, np.nan])
    np.testing.assert_array_equal(fixations.scaled((9, 9), (3, 3)).duration_s, [0.3, 0.2, np.nan])


def test_rows_without_a_position_are_left_out_and_counted():
    text = "x,y\n1,2\n.,.\nn/a,N/A\nNaN,nan\n-,-\n,\n3,4\n"
    gaze = read_gaze("gaze.csv", text.encode())
    np.testing.assert_array_equal(gaze.x, [1, 3])
    assert gaze.notes == ("4 rows are without a position: left out.",)


def test_the_owner_may_name_the_columns():
    fixations = parsed("left,x,y,who\n1,5,7,a\n2,6,8,b\n", "x=Y", "y=left", "subject=who")[""]
    np.testing.assert_array_equal(fixations.x, [7, 8])
    np.testing.assert_array_equal(fixations.y, [1, 2])
    assert fixations.viewers == {0, 1}
    with pytest.raises(FixationsError, match="no column 'top' for y"):
        parsed("a,b\n1,2\n", "x=a", "y=top")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x,y\n1,2\none,2\n", ["1 mistake:", "row 3", "column x", "'one'"]),
        ("x,y\n1,inf\n", ["row 2", "column y", "'inf'"]),
        ("x,y\n1\n", ["row 2", "column y", "''"]),
        ("x,y\n1,.\n", ["row 2", "column y", "'.'"]),
        ("x,y,subject\n1,2,\n", ["row 2", "column subject", "empty"]),
        ("x,y,image\n1,2,\n", ["row 2", "column image", "empty"]),
        ("x,y,duration_ms\n1,2,soon\n", ["row 2", "column duration_ms"]),
        ("x,y\n127,4,113,9\n243,2,143,1\n", ["row 2 has 4 values", "2 headings"]),
        ("image,x,y\na,1,2\na,1,5,2\n", ["row 3 has 4 values", "3 headings", "decimal commas"]),
        ("x;y\n1,024;5\n300;6\n", ["row 2", "'1,024'"]),
        ("x\ty\n1,024.5\t5\n300\t6\n", ["row 2", "'1,024.5'"]),
        ("x,y,X\n1,2,3\n", ["heading x more than once"]),
        ("a,b\n1,2\n", ["lacks the columns x, y", "a,b", "--gaze x=HEADING"]),
        ("", ["lacks the columns x, y", "empty"]),
        ("x,y\n", ["no fixation"]),
        ("x,y\n.,.\n", ["no fixation"]),
        (b"x,y\n\xff\xfe,2\n", ["row 2", "column x"]),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ["not a table of text"]),
    ],
)
def test_mistakes_are_named_by_row_and_column(text, parts):
    message = refused(text)
    assert all(part in message for part in parts), message


def test_rows_on_pictures_that_are_not_at_hand_are_left_out_and_counted():
    gaze = read_gaze("gaze.csv", b"image,x,y\na,1,2\nb,3,4\nb,5,6\nc,7,8\n")
    found = on_pictures("gaze.csv", gaze, ["a.jpg", "c.jpg"])
    assert list(found.by_image()) == ["a.jpg", "c.jpg"]
    assert found.notes == ("2 rows on 1 image that is not among the pictures (b): left out.",)


@pytest.mark.parametrize(
    "setting", ["", "unit", "unit=miles", "scale=0", "screen=9", "offset=a,b", "rate=-3", "z=1"]
)
def test_a_setting_that_makes_no_sense_is_refused(setting):
    with pytest.raises(FixationsError):
        read_settings([setting])


def test_settings_are_written_as_they_are_read():
    settings = (
        "x=Gaze X", "unit=pixels", "origin=bottom-left", "y-axis=down", "screen=1920x1080",
        "offset=-80,60.5", "scale=fit", "rate=60",
    )  # fmt: skip
    assert tuple(read_settings(settings).settings()) == settings
    assert Reading().settings() == []
