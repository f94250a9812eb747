"""What a worker does with a block of pictures, in this process and without Ray."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import skimage.data
from PIL import Image

import salmap
from salmap.errors import SalmapError
from salmap.outputs.cluster.plan import plan
from salmap.outputs.cluster.result_table import pictures_done
from salmap.outputs.cluster.sources import find_sources
from salmap.outputs.cluster.storage import names_in, read, write
from salmap.outputs.cluster.task import Item, Task
from salmap.outputs.cluster.worker import Worker
from salmap.outputs.names import STANDARD_OUTPUTS, Output
from salmap.render import Style

ROOT = "memory://bucket"
FILES = Task("center-bias", "cpu", STANDARD_OUTPUTS, Style(), 5, f"{ROOT}/out")
TABLE = replace(FILES, out=f"{ROOT}/out.parquet")


class Log:
    """A log that gives some pictures up from the start."""

    def __init__(self, *hopeless: str) -> None:
        self.hopeless = set(hopeless)
        self.begun: list[str] = []

    def start(self, block: str) -> set[str]:
        return self.hopeless

    def begin(self, block: str, picture: str) -> None:
        self.begun.append(picture)

    def finish(self, block: str) -> None:
        self.begun.append("")


def picture(width: int = 60) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(skimage.data.astronaut()[:40, :width]).save(stream, "png")
    return stream.getvalue()


def do(task: Task, *inputs: str, resume: bool = False, log: Log | None = None) -> dict[str, str]:
    """What was wrong with each picture."""
    items = plan(find_sources(inputs, task, pytest.fail), task, resume)
    return dict(zip([i.id for i in items], Worker(task, log or Log()).do(items), strict=True))


def test_files_are_those_of_the_ordinary_command():
    write(f"{ROOT}/a.png", picture())
    assert do(FILES, f"{ROOT}/a.png") == {"memory:///bucket/a.png": ""}
    assert names_in(FILES.out) == {f"a{output.ending}" for output in STANDARD_OUTPUTS}
    density = np.load(io.BytesIO(read(f"{FILES.out}/a_density.npy")))
    expected = salmap.load("center-bias").predict(picture())
    np.testing.assert_allclose(density, expected.density, rtol=1e-5)
    assert json.loads(read(f"{FILES.out}/a_regions.json"))["width"] == 60


def test_rows_of_a_table_become_rows_of_a_table():
    contents = [picture(60), b"no picture", picture(80)]
    stream = io.BytesIO()
    pq.write_table(pa.table({"image": contents}), stream)
    write(f"{ROOT}/in.parquet", stream.getvalue())
    problems = do(TABLE, f"{ROOT}/in.parquet")
    name = "memory:///bucket/in.parquet"
    assert {picture for picture, problem in problems.items() if problem} == {f"{name}#1"}
    assert problems[f"{name}#1"].startswith(f"{name}#1 is not a picture")
    (part,) = names_in(TABLE.out)
    rows = pq.read_table(io.BytesIO(read(f"{TABLE.out}/{part}"))).to_pylist()
    assert [row["picture"] for row in rows] == [f"{name}#0", f"{name}#2"]
    assert [(row["height"], row["width"]) for row in rows] == [(40, 60), (40, 80)]
    for row in rows:
        assert np.sum(row["density"], dtype=np.float64) == pytest.approx(1, abs=1e-6)
        assert Image.open(io.BytesIO(row["overlay"])).size == (row["width"], row["height"])
        assert row["regions"][0]["rank"] == 1


def test_a_second_start_adds_to_the_table_what_is_missing():
    write(f"{ROOT}/in/a.png", b"no picture")
    write(f"{ROOT}/in/b.png", picture())
    do(TABLE, f"{ROOT}/in")
    write(f"{ROOT}/in/a.png", picture())
    with pytest.raises(SalmapError, match="--resume"):
        do(TABLE, f"{ROOT}/in")
    assert do(TABLE, f"{ROOT}/in", resume=True) == {"memory:///bucket/in/a.png": ""}
    assert pictures_done(TABLE.out, STANDARD_OUTPUTS) == {
        f"memory:///bucket/in/{name}.png" for name in "ab"
    }


def test_a_block_that_is_done_again_is_in_the_table_once():
    write(f"{ROOT}/in/a.png", picture())
    items = plan(find_sources([f"{ROOT}/in"], TABLE, pytest.fail), TABLE, resume=False)
    worker = Worker(TABLE, Log())
    assert worker.do(items) == worker.do(items) == [""]
    assert len(names_in(TABLE.out)) == 1


def test_a_table_of_other_outputs_is_refused():
    write(f"{ROOT}/in/a.png", picture())
    do(TABLE, f"{ROOT}/in")
    with pytest.raises(SalmapError, match=r"its columns are .*density"):
        do(replace(TABLE, outputs=(Output.REGIONS,)), f"{ROOT}/in", resume=True)


def test_one_bad_picture_costs_only_itself():
    for name in "abcdefg":
        write(f"{ROOT}/in/{name}.png", picture())
    write(f"{ROOT}/in/c.png", b"no picture")
    bad = {name: f"memory:///bucket/in/{name}.png" for name in "ace"}
    gone = Item("x", f"{ROOT}/x.png", -1, "x", STANDARD_OUTPUTS)
    items = [*plan(find_sources([f"{ROOT}/in"], FILES, pytest.fail), FILES, False), gone]
    log = Log(bad["e"])
    worker = Worker(FILES, log)
    predict = worker.predictor.predict

    def unlucky(image, *rest, **more):
        if len(log.begun) == 1:
            raise RuntimeError("out of memory")
        return predict(image, *rest, **more)

    worker.predictor.predict = unlucky  # type: ignore[method-assign]
    problems = dict(zip([item.id for item in items], worker.do(items), strict=True))
    assert {name for name, problem in problems.items() if problem} == {*bad.values(), "x"}
    assert "out of memory" in problems[bad["a"]]
    assert "is not a picture" in problems[bad["c"]]
    assert "died on it" in problems[bad["e"]]
    assert "There is no file" in problems["x"]
    assert len(names_in(FILES.out)) == 5 * len(STANDARD_OUTPUTS) - len(STANDARD_OUTPUTS)


def test_a_model_of_the_user_travels_with_the_work(tmp_path):
    from salmap.weights.resolve import resolve

    bundled = resolve("center-bias")
    assert bundled is not None
    write(f"{ROOT}/a.png", picture())
    elsewhere = str(tmp_path / "not" / "here" / "mine.safetensors")
    task = replace(FILES, model=elsewhere, weights=bundled.path.read_bytes())
    assert do(task, f"{ROOT}/a.png") == {"memory:///bucket/a.png": ""}
    assert json.loads(read(f"{FILES.out}/a_regions.json"))["model"] == "mine"


def test_results_that_cannot_be_written_are_failures(tmp_path):
    write(f"{ROOT}/a.png", picture())
    (tmp_path / "file").write_text("in the way")
    items = plan(find_sources([f"{ROOT}/a.png"], FILES, pytest.fail), FILES, resume=False)
    for out in ("file/out", "file/out.parquet"):
        (problem,) = Worker(replace(FILES, out=str(tmp_path / out)), Log()).do(items)
        assert "file" in problem
    with pytest.raises(SalmapError, match="can't be read"):
        plan([], replace(FILES, out=str(tmp_path / "file/out")), resume=True)
