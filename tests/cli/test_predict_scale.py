"""`accelerate launch -m salmap predict`: each picture once, and nothing lost when it is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import torch
from PIL import Image

import salmap
from salmap.backends.pytorch import pick_device
from salmap.errors import ModelError
from salmap.outputs.batch import IN_WORK
from salmap.outputs.names import STANDARD_OUTPUTS
from salmap.outputs.plan import remaining
from salmap.outputs.record import RECORD
from salmap.processes import Processes, launched
from tests.launching import ENVIRONMENT, LAUNCH, ROOT, TWO, run

SPIED = str(ROOT / "tests" / "spied_predict.py")


def make_pictures(folder: Path, count: int) -> Path:
    folder.mkdir()
    image = skimage.data.astronaut()
    for number in range(count):
        left = 20 * number
        Image.fromarray(image[:50, left : left + 60]).save(folder / f"{number}.png")
    return folder


def arguments(folder: Path, out: Path) -> list[str]:
    return ["predict", str(folder), "--out", str(out), "--model", "center-bias"]


def wait_until(condition, process: subprocess.Popen) -> None:
    end = time.monotonic() + 1200
    while not condition():
        assert process.poll() is None, "it ended too early"
        assert time.monotonic() < end, "it hangs"
        time.sleep(0.2)


def state(out: Path) -> dict[str, tuple[int, int]]:
    """When and as what each file was written; a file that is replaced becomes another."""
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in out.iterdir()}


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Two processes that were killed once each had begun its third picture, in mid-file."""
    folder = tmp_path_factory.mktemp("killed")
    pictures, out, diary = make_pictures(folder / "in", 9), folder / "out", folder / "diary"
    variables = {"SPY": str(diary), "HANG_AFTER": "2", "WORLD_SIZE": "2"}
    processes = [
        subprocess.Popen(
            [sys.executable, SPIED, *arguments(pictures, out)],
            env=ENVIRONMENT | variables | {"RANK": rank, "LOCAL_RANK": rank},
            stderr=subprocess.DEVNULL,
        )
        for rank in ("0", "1")
    ]
    for rank, process in enumerate(processes):
        wait_until(Path(f"{diary}.{rank}").exists, process)
    for process in processes:
        process.kill()
        process.wait()
    return pictures, out, diary


@pytest.mark.slow
def test_a_killed_run_goes_on_without_doing_anything_twice(killed):
    pictures, out, diary = killed
    before = state(out)
    whole = {name: times for name, times in before.items() if not name.endswith(".part")}
    done = Counter(name.split("_")[0] for name in whole if name != RECORD)
    assert len(before) > len(whole) >= 2 * len(STANDARD_OUTPUTS)
    first_begun = diary.read_text().split()[1::2]
    assert len(first_begun) == len(set(first_begun))
    assert 2 * 3 <= len(first_begun) <= 2 * (3 + IN_WORK - 1)  # others may be in work beside it

    (pictures / "broken.png").write_bytes(b"no picture")
    diary.unlink()
    result = run(*LAUNCH, *TWO, SPIED, *arguments(pictures, out), "--resume", SPY=str(diary))

    assert result.returncode != 0
    assert result.stderr.count(f"{pictures / 'broken.png'} is not a picture") == 1
    assert "9 of 10 done" in result.stdout
    assert result.stdout.count(" done, in ") == 1
    ranks, names = diary.read_text().split()[::2], diary.read_text().split()[1::2]
    assert set(ranks) == {"0", "1"}
    finished = {f"{stem}.png" for stem, files in done.items() if files == len(STANDARD_OUTPUTS)}
    assert len(finished) >= 2
    everything = {path.name for path in pictures.iterdir()}
    assert sorted(names) == sorted(everything - finished)
    after = state(out)
    assert {name: after[name] for name in whole} == whole
    assert set(after) - {RECORD} == {
        f"{n}{output.ending}" for n in range(9) for output in STANDARD_OUTPUTS
    }
    for density in out.glob("*.npy"):
        assert np.load(density).sum(dtype=np.float64) == pytest.approx(1, abs=1e-6)


def test_only_what_is_missing_of_a_picture_is_written(tmp_path):
    outputs = {output: tmp_path / f"a{output.ending}" for output in STANDARD_OUTPUTS}
    others = {output: tmp_path / f"b{output.ending}" for output in STANDARD_OUTPUTS}
    for path in [outputs["overlay"], *others.values()]:
        path.write_bytes(b"")
    half = tmp_path / f".{outputs['density'].name}.x_1.part"
    of_another_process = tmp_path / ".c_density.npy.x_1.part"
    half.write_bytes(b"")
    of_another_process.write_bytes(b"")
    picture = Path("a.png")
    missing = {kind: path for kind, path in outputs.items() if kind != "overlay"}
    assert remaining([(picture, outputs), (Path("b.png"), others)]) == [(picture, missing)]
    assert not half.exists()
    assert of_another_process.exists()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, (0, 1)),
        ({"RANK": "1", "WORLD_SIZE": "3", "LOCAL_RANK": "0"}, (1, 3)),
        ({"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0"}, (0, 1)),
        ({"RANK": "1", "WORLD_SIZE": "3"}, (0, 1)),  # of a cluster, not of a launcher
        ({"PMI_RANK": "2", "PMI_SIZE": "4", "MPI_LOCALRANKID": "0"}, (2, 4)),
    ],
)
def test_a_process_learns_its_place_from_its_launcher(environment, expected):
    place = launched(environment)
    assert (place.rank, place.world) == expected


def test_each_process_of_a_machine_takes_a_gpu_of_its_own(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    found = []
    for rank, local_rank in ((0, 0), (5, 1), (6, 2)):
        for name, value in (("RANK", rank), ("WORLD_SIZE", 8), ("LOCAL_RANK", local_rank)):
            monkeypatch.setenv(name, str(value))
        found.append(str(pick_device()))
    assert found == ["cuda:0", "cuda:1", "cuda:0"]


def test_without_a_gpu_models_run_on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert salmap.load("center-bias", device="auto").device == "cpu"


@pytest.mark.parametrize("device", ["abacus", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(device):
    with pytest.raises(ModelError, match=f"The device '{device}' is not available"):
        salmap.load("lite", device=device)


def test_the_shares_of_all_processes_are_the_whole():
    items = list(range(7))
    shares = [Processes(rank, 3).share(items) for rank in range(3)]
    assert sorted(item for share in shares for item in share) == items
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert list(Processes().share(items)) == items
    assert Processes().total(4) == 4


@pytest.mark.slow
def test_accelerate_says_so_when_it_starts_a_single_process(tmp_path):
    """`accelerate launch --cpu` has no launcher for several processes on one machine."""
    pictures = make_pictures(tmp_path / "in", 2)
    command = [*LAUNCH, "--cpu", "--num_processes", "2", "-m", "salmap"]
    result = run(*command, *arguments(pictures, tmp_path / "out"))
    assert result.returncode == 0, result.stderr
    assert "2 of 2 done" in result.stdout
    assert "Add --multi_gpu" in result.stderr
