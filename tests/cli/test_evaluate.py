"""The whole of evaluation: against pysaliency, and from the command line."""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from salmap.cli.main import app
from salmap.density import fixation_density, log_normalize
from salmap.errors import DatasetError, ImageError
from salmap.evaluation.candidates import Guess, Guesser
from salmap.evaluation.reliability import LEVELS
from salmap.evaluation.saliency_maps import MapFolder
from salmap.evaluation.task import BASELINE, GOLD_STANDARD, calibrated, evaluate, prepare
from salmap.metrics import METRICS, LogDensity
from tests import pysaliency_oracle as oracle
from tests.make_datasets import make_folder, make_folder_of_maps
from tests.train import eyes


class Noise(Guesser):
    """Predicts noise, the same for the same picture; fails where it is told to."""

    def __init__(self, name, strength=1.0, fails=()):
        self.name, self.strength, self.fails = name, strength, fails

    def log_density(self, truth):
        rng = np.random.default_rng(truth.index)
        return log_normalize(self.strength * rng.normal(0, 1, truth.size))

    def guess(self, stimulus, scorer):
        if scorer.truth.name in self.fails:
            raise ImageError("This one is too noisy.")
        assert stimulus.shape == (*scorer.truth.size, 3)
        log_density = self.log_density(scorer.truth)
        return Guess.of(LogDensity(log_density))


@pytest.fixture
def task(tmp_path):
    return prepare(eyes.dataset(tmp_path))


def test_every_metric_of_every_picture_agrees_with_pysaliency(task):
    model = Noise("noise")
    found = evaluate(task, [model])
    sizes = [t.size for t in task.truths]
    stimuli = oracle.stimuli_of(sizes)
    fixations = oracle.fixations_of([t.fixations for t in task.truths])
    log_densities = [model.log_density(t).astype(float) for t in task.truths]
    priors = [task.baseline.log_density(size).astype(float) for size in sizes]
    judge = oracle.LogDensities(stimuli, log_densities)
    maps = oracle.Maps(stimuli, [np.exp(d) for d in log_densities])
    empirical = oracle.pysaliency.FixationMap(stimuli, fixations, kernel_size=3.0)
    expected = {
        "ig": judge.information_gains(stimuli, fixations, oracle.LogDensities(stimuli, priors)),
        "nss": maps.NSSs(stimuli, fixations),
        "auc": maps.AUCs(stimuli, fixations),
        "sauc": maps.AUCs(stimuli, fixations, nonfixations="shuffled"),
        "cc": maps.CCs(stimuli, empirical),
        "sim": maps.SIMs(stimuli, empirical),
        "kl": oracle.kl_divergences(maps, stimuli, empirical),
    }
    for metric, values in expected.items():
        by_fixation = len(values) == len(fixations.x)
        np.testing.assert_allclose(
            found.values("noise", metric),
            oracle.per_picture(values, fixations) if by_fixation else values,
            rtol=1e-6,
            atol=1e-7,  # correlations near zero, in the precision of the prediction
            err_msg=metric,
        )


def test_baseline_and_gold_standard_are_beside_the_candidates(task):
    found = evaluate(task, [Noise("a"), Noise("b", 0.5)])
    assert list(found.rows) == [BASELINE, "a", "b", GOLD_STANDARD]
    assert found.candidates == ["a", "b"]
    assert found.interval(BASELINE, "ig").mean == 0
    assert found.interval(GOLD_STANDARD, "ig").low > found.interval("a", "ig").high
    (test,) = found.paired_tests()
    assert (test.a, test.b, test.metric, test.pictures) == ("a", "b", "ig", len(task.truths))
    means = found.interval("a", "ig").mean - found.interval("b", "ig").mean
    assert test.difference.mean == pytest.approx(means)
    assert GOLD_STANDARD not in evaluate(task, [Noise("a")], with_gold=False).rows


def test_means_by_category_are_those_of_its_pictures(task):
    found = evaluate(task, [Noise("a")])
    assert found.categories == ["a", "b"]
    values = found.values("a", "nss")
    of_a = np.array([t.category == "a" for t in task.truths])
    assert 0 < of_a.sum() < len(of_a)
    assert found.interval("a", "nss", "a").mean == pytest.approx(values[of_a].mean())
    assert found.interval("a", "nss", "b").mean == pytest.approx(values[~of_a].mean())


def test_the_baseline_is_fitted_to_the_training_split_alone(tmp_path):
    dataset = eyes.dataset(tmp_path)
    task = prepare(dataset)
    less_training = prepare(dataset.select([*range(3), *range(6, 10)]))
    less_validation = prepare(dataset.select([*range(6), 9]))
    assert not np.array_equal(task.baseline.grid, less_training.baseline.grid)
    np.testing.assert_array_equal(task.baseline.grid, less_validation.baseline.grid)
    assert task.notes == []
    assert prepare(dataset, "all").notes == [
        "The center bias was fitted to some of the evaluated pictures."
    ]


def test_without_a_training_split_a_baseline_must_be_given(tmp_path, task):
    dataset = eyes.dataset(tmp_path).select(range(6, 10))
    with pytest.raises(DatasetError, match="--baseline"):
        prepare(dataset)
    found = evaluate(prepare(dataset, baseline=task.baseline), [])
    assert "The gold standard was tuned on the evaluated pictures." in found.notes


def test_a_picture_that_fails_is_named_and_the_rest_is_scored(task):
    bad, worse = task.truths[0].name, task.truths[1]
    task.dataset.path(worse.index + 6).write_bytes(b"no picture")
    found = evaluate(task, [Noise("a", fails={bad}), Noise("b")])
    assert [(f.row, f.picture) for f in found.failures] == [("a", bad), (None, worse.name)]
    assert "too noisy" in found.failures[0].message
    assert worse.name in found.failures[1].message
    assert np.isnan(found.values("a", "ig")).tolist() == [True, True, False, False]
    assert np.isnan(found.values("b", "ig")).tolist() == [False, True, False, False]
    assert found.paired_tests()[0].pictures == 2


def test_leaving_first_fixations_out_reaches_everything(tmp_path):
    dataset = eyes.dataset(tmp_path)
    whole, rest = prepare(dataset), prepare(dataset, drop_first=True)
    assert len(rest.truths[0].fixations) < len(whole.truths[0].fixations)
    assert len(rest.training[0].fixations) < len(whole.training[0].fixations)
    assert not np.array_equal(rest.baseline.grid, whole.baseline.grid)
    scores = [evaluate(t, [Noise("a")]) for t in (whole, rest)]
    for row, metric in (("a", "sauc"), ("a", "cc"), (BASELINE, "nss"), (GOLD_STANDARD, "ig")):
        values = [s.interval(row, metric).mean for s in scores]
        assert values[0] != values[1]


def test_calibration_gives_maps_an_information_gain_and_changes_nothing_else(tmp_path, task):
    folder = tmp_path / "maps"
    folder.mkdir()
    for truth in task.truths:
        density = fixation_density(truth.fixations, truth.size, 4)
        gray = np.round(density / density.max() * 255).astype(np.uint8)
        Image.fromarray(gray).save(folder / truth.name)
    maps = MapFolder(folder)
    found = evaluate(task, [calibrated("maps", maps, task)])
    assert found.interval("maps", "ig").mean > found.interval(GOLD_STANDARD, "ig").mean
    assert found.interval("maps", "cc").mean > 0.9


SPLITS = {
    "train": {"folder": ["left/0.png", "left/1.png", "left/2.png", "left/3.png"]},
    "val": {"folder": ["4.png", "5.png", "6.png", "7.png"]},
}


@pytest.fixture
def root(tmp_path):
    """A data set of eight pictures in a folder, with saliency maps of those for validation."""
    make_folder(tmp_path / "data", pictures=8)
    (tmp_path / "splits.json").write_text(json.dumps(SPLITS))
    (tmp_path / "maps").mkdir()
    rng = np.random.default_rng(0)
    for name in SPLITS["val"]["folder"]:
        values = rng.integers(0, 255, (24, 32), np.uint8)
        Image.fromarray(values).save(tmp_path / "maps" / name)
    return tmp_path


def run(root, *options):
    data = ["--dataset", "folder", "--root", root / "data", "--splits", root / "splits.json"]
    return CliRunner().invoke(app, ["evaluate", *map(str, [*data, *options])])


def test_the_command_writes_table_json_csv_and_a_report_that_stands_alone(root):
    files = {kind: root / f"out.{kind}" for kind in ("json", "csv", "html")}
    outputs = [x for kind, path in files.items() for x in (f"--{kind}", path)]
    models = ["--model", "center-bias", "--model", "spectral-residual"]
    result = run(root, *models, "--predictions", root / "maps", *outputs)
    assert result.exit_code == 0, result.output
    maps = str(root / "maps")
    rows = [BASELINE, "center-bias", "spectral-residual", maps, GOLD_STANDARD]

    content = json.loads(files["json"].read_text())
    assert list(content["rows"]) == rows
    assert (content["dataset"], content["split"], content["pictures"]) == ("folder", "val", 4)
    assert {"salmap", "numpy", "torch"} <= content["versions"].keys()
    assert content["command"].startswith("salmap")
    assert content["failures"] == []
    assert len(content["paired_tests"]) == 3
    row = content["rows"]["center-bias"]
    assert list(row["pictures"]) == SPLITS["val"]["folder"]
    values = [scores["nss"] for scores in row["pictures"].values()]
    assert row["scores"]["nss"]["mean"] == pytest.approx(np.mean(values))
    assert content["rows"][maps]["scores"]["ig"]["mean"] is None
    assert content["rows"][GOLD_STANDARD]["scores"]["cc"]["mean"] is None
    regions = row["reliability"]["regions"]
    assert [r["predicted"] for r in regions] == list(LEVELS)
    assert regions[0]["observed"]["mean"] < regions[-1]["observed"]["mean"] <= 1
    tenths = row["reliability"]["tenths_of_the_area"]
    assert sum(t["predicted"] for t in tenths) == pytest.approx(1)
    assert sum(t["observed"]["mean"] for t in tenths) == pytest.approx(1)
    assert content["rows"][maps]["reliability"] is content["rows"][GOLD_STANDARD]["reliability"]
    assert content["rows"][maps]["reliability"] is None

    lines = list(csv.DictReader(files["csv"].open()))
    assert len(lines) == len(rows) * 4
    assert float(lines[4]["nss"]) == row["pictures"]["4.png"]["nss"]
    assert lines[-1]["kl"] == ""

    html = files["html"].read_text()
    assert len(re.findall(r'src="data:image/jpeg;base64,/9j/', html)) == 3 * 3 * 2
    assert not re.search(r'(?:src|href)="(?!data:)', html)
    assert f"<td>{100 * regions[3]['observed']['mean']:.1f}<small>" in html
    assert "center-bias, observed" in html and f"{maps}, observed" not in html
    for text in ("best", "median", "worst", "gold standard", "center-bias minus"):
        assert text in html
    for metric in METRICS.values():
        assert metric.title in result.output


def test_the_command_names_what_fails_and_says_so_by_its_exit_status(root):
    (root / "maps" / "5.png").unlink()
    result = run(root, "--predictions", root / "maps", "--json", root / "out.json")
    assert result.exit_code == 1
    assert "5.png" in result.stderr
    assert "There is no map of this picture" in result.stderr
    content = json.loads((root / "out.json").read_text())
    assert [f["picture"] for f in content["failures"]] == ["5.png"]
    assert len(content["rows"][str(root / "maps")]["pictures"]) == 3


def test_maps_that_fail_alike_are_one_line(root):
    for path in (root / "maps").iterdir():
        Image.fromarray(np.full((24, 32, 3), (250, 9, 9), np.uint8)).save(path)
    result = run(root, "--predictions", root / "maps", "--json", root / "out.json")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"4 pictures ({root / 'maps'}): The map is in color.")
    assert line.endswith("4.png, 5.png, 6.png, and 1 more")
    assert len(json.loads((root / "out.json").read_text())["failures"]) == 4


def test_the_command_calibrates_maps_and_takes_a_given_baseline(root):
    np.save(root / "flat.npy", np.ones((2, 2)))
    options = ["--predictions", root / "maps", "--calibrate", "--baseline", root / "flat.npy"]
    result = run(root, *options, "--json", root / "out.json", "--no-gold-standard")
    assert result.exit_code == 0, result.output
    content = json.loads((root / "out.json").read_text())
    assert content["baseline"]["source"].endswith("flat.npy")
    assert content["gold_standard"] is None
    assert content["rows"][BASELINE]["scores"]["auc"]["mean"] == 0.5
    assert np.isfinite(content["rows"][str(root / "maps")]["scores"]["ig"]["mean"])


def test_fixations_of_unknown_viewers_have_no_gold_standard(tmp_path):
    make_folder_of_maps(tmp_path / "data", pictures=8)
    names = [f"{i}.jpg" for i in range(8)]
    splits = {"train": {"folder": names[:4]}, "val": {"folder": names[4:]}}
    (tmp_path / "splits.json").write_text(json.dumps(splits))
    result = run(tmp_path, "--model", "center-bias", "--json", tmp_path / "out.json")
    assert result.exit_code == 0, result.output
    content = json.loads((tmp_path / "out.json").read_text())
    assert list(content["rows"]) == [BASELINE, "center-bias"]
    assert any("No gold standard" in note for note in content["notes"])


def test_a_folder_that_is_not_there_is_said_before_the_work(root):
    result = run(root, "--model", "center-bias", "--json", root / "nowhere" / "out.json")
    assert result.exit_code == 1
    assert isinstance(result.exception, DatasetError)
    assert "nowhere" in str(result.exception)
