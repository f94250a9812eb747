"""Which pictures there are in files, folders, patterns and tables."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from salmap.outputs.cluster.picture_tables import read_rows
from salmap.outputs.cluster.plan import plan
from salmap.outputs.cluster.sources import find_sources
from salmap.outputs.cluster.storage import write
from salmap.outputs.cluster.task import Task
from salmap.outputs.names import Output
from salmap.render import Style

OUTPUTS = (Output.REGIONS, Output.DENSITY)
ROOT = "memory://bucket"


def task(out: str = f"{ROOT}/out", column: str | None = None) -> Task:
    return Task("center-bias", "cpu", OUTPUTS, Style(), 5, out, column)


def put_table(address: str, columns: dict, rows_in_group: int = 15) -> None:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, row_group_size=rows_in_group)
    write(address, stream.getvalue())


@pytest.fixture(autouse=True)
def pictures(memory):
    for name in ("cats/1.jpg", "cats/deep/2.PNG", "cats/.hidden/3.jpg", "cats/notes.txt",
                 "dogs/1.jpg", "out/1_overlay.png"):  # fmt: skip
        write(f"{ROOT}/{name}", b"")


def find(*inputs: str, **wanted) -> tuple[list[str], dict[str, str]]:
    failed: dict[str, str] = {}
    sources = find_sources(inputs, task(**wanted), failed.__setitem__)
    return [source.id.removeprefix("memory:///bucket/") for source in sources], failed


def test_folders_are_searched_at_any_depth_and_nothing_is_there_twice():
    assert find(f"{ROOT}/cats", f"{ROOT}/cats/1.jpg") == (["cats/1.jpg", "cats/deep/2.PNG"], {})


def test_a_pattern_names_many():
    assert find(f"{ROOT}/*/1.jpg") == (["cats/1.jpg", "dogs/1.jpg"], {})


def test_a_pattern_may_match_folders_and_tables_that_are_folders():
    put_table(f"{ROOT}/all.parquet/0.parquet", {"image": [b"a"]})
    assert find(f"{ROOT}/cat*")[0] == ["cats/1.jpg", "cats/deep/2.PNG"]
    assert find(f"{ROOT}/*.parquet")[0] == ["all.parquet/0.parquet#0"]


def test_hidden_is_what_is_hidden_below_what_was_named():
    assert find(f"{ROOT}/cats/.hidden/*.jpg")[0] == ["cats/.hidden/3.jpg"]
    assert find(f"{ROOT}/cats/.hidden")[0] == ["cats/.hidden/3.jpg"]
    assert find(f"{ROOT}/cats/*/3.jpg")[0] == []


def test_a_name_with_brackets_is_a_name_where_there_is_such_a_file():
    write(f"{ROOT}/a[1].jpg", b"")
    assert find(f"{ROOT}/a[1].jpg")[0] == ["a[1].jpg"]


def test_outputs_of_an_earlier_run_are_no_pictures():
    found, _ = find(f"{ROOT}/", out="memory:///bucket/out")
    assert "out/1_overlay.png" not in found
    assert "cats/1.jpg" in found


@pytest.mark.parametrize("given", ["nothing.jpg", "cats/*.gif", "nowhere://a"])
def test_an_input_without_pictures_is_named(given):
    address = given if "://" in given else f"{ROOT}/{given}"
    assert list(find(address, f"{ROOT}/dogs")[1]) == [address]
    assert find(address, f"{ROOT}/dogs")[0] == ["dogs/1.jpg"]


def test_a_table_of_addresses_leads_to_files():
    put_table(f"{ROOT}/t.parquet", {"where": ["cats/1.jpg", "s3://b/x.jpg"], "id": [1, 2]})
    assert find(f"{ROOT}/t.parquet") == (["cats/1.jpg", "s3://b/x.jpg"], {})


def test_a_folder_of_tables_is_one_table():
    for part in range(2):
        put_table(f"{ROOT}/all.parquet/{part}.parquet", {"image": [b"a", b"b"]})
    assert find(f"{ROOT}/all.parquet")[0] == [
        f"all.parquet/{part}.parquet#{row}" for part in range(2) for row in range(2)
    ]


def test_which_of_several_columns_must_be_said():
    put_table(f"{ROOT}/t.parquet", {"image": [b"a"], "title": ["A cat"]})
    for column in (None, "picture"):
        _, failed = find(f"{ROOT}/t.parquet", column=column)
        assert "--column: image, title" in failed[f"{ROOT}/t.parquet"]
    assert find(f"{ROOT}/t.parquet", column="image")[0] == ["t.parquet#0"]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [({"n": [1]}, "no column of pictures"), ({"path": ["a.jpg", None]}, "without an address")],
)
def test_a_table_without_pictures_is_named(columns, reason):
    put_table(f"{ROOT}/t.parquet", columns)
    assert reason in find(f"{ROOT}/t.parquet")[1][f"{ROOT}/t.parquet"]


def test_a_damaged_table_is_named():
    write(f"{ROOT}/t.parquet", b"no table")
    assert "is not a Parquet file" in find(f"{ROOT}/t.parquet")[1][f"{ROOT}/t.parquet"]


@pytest.mark.parametrize("structures", [False, True])
def test_rows_are_read_from_any_row_group(structures):
    """Structures as in data sets of Hugging Face, where a row may hold a path instead."""
    contents = [b"%d" % row for row in range(40)]
    images = [{"bytes": data, "path": "x.jpg"} for data in contents] if structures else contents
    put_table(f"{ROOT}/t.parquet", {"image": images, "label": list(range(40))})
    rows = [3, 14, 15, 29, 30, 39]
    assert list(read_rows(f"{ROOT}/t.parquet", None, rows)) == [contents[row] for row in rows]


def test_a_row_may_hold_a_path_or_nothing():
    images = [{"bytes": None, "path": "cats/1.jpg"}, {"bytes": None, "path": None}]
    put_table(f"{ROOT}/t.parquet", {"image": images})
    assert list(read_rows(f"{ROOT}/t.parquet", None, [0, 1])) == [f"{ROOT}/cats/1.jpg", b""]


def test_outputs_have_names_of_their_own_and_only_missing_ones_are_made():
    put_table(f"{ROOT}/t.parquet", {"image": [b"a"] * 11})
    inputs = [f"{ROOT}/*/1.jpg", f"{ROOT}/cats/deep", f"{ROOT}/t.parquet"]
    sources = find_sources(inputs, task(), lambda *_: None)
    items = plan(sources, task(), resume=False)
    assert [item.name for item in items[:3]] == ["cats-1", "dogs-1", "2"]
    assert items[-1].name == "t-10"

    write(f"{ROOT}/out/cats-1_density.npy", b"")
    for output in OUTPUTS:
        write(f"{ROOT}/out/dogs-1{output.ending}", b"")
    left = {item.name: item.outputs for item in plan(sources, task(), resume=True)}
    assert left["cats-1"] == (Output.REGIONS,)
    assert "dogs-1" not in left
    assert left["t-00"] == OUTPUTS
