"""`salmap predict --engine ray` on a real cluster of two nodes, one of which is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image
from typer.testing import CliRunner

import salmap
from salmap.cli.main import app
from tests.launching import ENVIRONMENT, ROOT, run

SPIED = str(ROOT / "tests" / "spied_ray.py")
#: workers of Ray are nice by default, and starve beside other tests
POLITE = {"RAY_worker_niceness": "0"}
SMALL = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}


def make_pictures(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True)
    image = skimage.data.astronaut()
    for number in range(count):
        Image.fromarray(image[:50, 20 * number :][:, :60]).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """One node of one core, and a folder through which its workers are told what to do."""
    utils = pytest.importorskip("ray.cluster_utils", reason="pip install 'salmap[ray]'")
    spy = tmp_path_factory.mktemp("spy")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (ENVIRONMENT | POLITE | {"SPY": str(spy)}).items():
            patch.setenv(name, value)
        running = utils.Cluster(initialize_head=True, head_node_args=SMALL)
        yield running, spy
        running.shutdown()


def wait_until(condition, process: subprocess.Popen) -> None:
    end = time.monotonic() + 600
    while not condition():
        assert process.poll() is None, "it ended too early"
        assert time.monotonic() < end, "it hangs"
        time.sleep(0.1)


def rows(table: Path) -> dict[str, dict]:
    import pyarrow.parquet as pq

    found = pq.read_table(table).to_pylist()
    assert len({row["picture"] for row in found}) == len(found), "a picture is there twice"
    return {row["picture"]: row for row in found}


@pytest.mark.slow
def test_a_node_that_dies_costs_a_retry_and_a_second_start_does_what_is_missing(cluster, tmp_path):
    running, spy = cluster
    folder, out = make_pictures(tmp_path / "in", 16), tmp_path / "out.parquet"
    (folder / "broken.png").write_bytes(b"no picture")
    command = [
        sys.executable, SPIED, "predict", str(folder), "--out", str(out), "--engine", "ray",
        "--model", "center-bias", "--save", "regions,density", "--device", "cpu",
    ]  # fmt: skip
    address = {"RAY_ADDRESS": running.address}
    second = running.add_node(**SMALL)
    (spy / "hang").write_text(second.node_id)
    (spy / "deadly").write_text("7.png")

    process = subprocess.Popen(
        command,
        env=ENVIRONMENT | address,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until((spy / "hanging").exists, process)
    running.remove_node(second, allow_graceful=False)
    stdout, stderr = process.communicate(timeout=600)

    assert process.returncode == 1, stderr
    assert "15 of 17 done" in stdout
    assert stderr.count(f"{folder / 'broken.png'} is not a picture") == 1
    assert stderr.count(f"{folder / '7.png'}: workers died on it again and again") == 1
    done = {str(folder / f"{n}.png") for n in range(16) if n != 7}
    assert set(rows(out)) == done
    nodes: dict[str, set[str]] = {}
    for line in (spy / "diary").read_text().splitlines():
        node, picture = line.split(" ", 1)
        nodes.setdefault(node, set()).add(picture)
    assert len(nodes) == 2
    lost = nodes.pop(second.node_id)
    assert lost & next(iter(nodes.values())), "what was under way is done by the other node"

    (spy / "deadly").unlink()
    (spy / "diary").unlink()
    (folder / "broken.png").unlink()
    again = run(*command, "--resume", **address)
    assert again.returncode == 0, again.stderr
    assert "16 of 16 done" in again.stdout
    diary = (spy / "diary").read_text().splitlines()
    assert Counter(line.split(" ", 1)[1] for line in diary) == {str(folder / "7.png"): 1}
    check(rows(out), folder)


def check(found: dict[str, dict], folder: Path) -> None:
    """Each picture's row says what the model says in this process."""
    model = salmap.load("center-bias")
    assert set(found) == {str(path) for path in folder.iterdir()}
    for path, row in found.items():
        expected = model.predict(path)
        assert (row["height"], row["width"]) == expected.size
        density = np.array(row["density"], np.float32).reshape(row["height"], row["width"])
        np.testing.assert_allclose(density, expected.density, rtol=1e-4)
        assert density.sum(dtype=np.float64) == pytest.approx(1, abs=1e-6)
        assert [tuple(region["box"]) for region in row["regions"]] == [
            region.box for region in expected.regions(5)
        ]


def test_ray_is_never_imported_unless_it_is_asked_for(tmp_path):
    """Neither is what reads tables and storage, by Salmap itself."""
    folder = make_pictures(tmp_path / "in", 1)
    arguments = ["predict", str(folder), "--out", str(tmp_path / "out"), "--model", "center-bias"]
    code = (
        f"import sys\nfrom salmap.cli.main import app\n"
        f"app({arguments!r}, standalone_mode=False)\n"
        "print(*(name for name in sys.modules if name == 'ray' or 'cluster.pipeline' in name))\n"
    )
    result = run(sys.executable, "-c", code)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == ""


def test_without_ray_the_command_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "salmap.cli.predict_on_ray", raising=False)
    monkeypatch.delitem(sys.modules, "salmap.outputs.cluster.pipeline", raising=False)
    folder = make_pictures(tmp_path / "in", 1)
    result = CliRunner().invoke(
        app, ["predict", str(folder), "--out", str(tmp_path / "out"), "--engine", "ray"]
    )
    assert result.exit_code == 1
    assert "needs the package 'ray'" in str(result.exception)
    assert "pip install 'salmap[ray]'" in str(result.exception)


def test_an_address_needs_the_engine(tmp_path):
    for words in (["s3://bucket/a.jpg", "--out", str(tmp_path)], ["a.jpg", "--out", "gs://bucket"]):
        result = CliRunner().invoke(app, ["predict", *words])
        assert result.exit_code == 1
        assert "--engine ray" in str(result.exception)
