import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from typer.testing import CliRunner

import salmap
from salmap.cli.train import app
from salmap.datasets import FixationDataset, Record
from salmap.errors import TrainingError
from salmap.evaluation.baseline import fit_baseline
from salmap.models.file import save_model
from salmap.models.network import SaliencyNetwork
from salmap.types import Fixations
from salmap.weights.info import ModelInfo
from tests.train.tiny import CONFIG
from train.adapt import measure as adapt_measure
from train.adapt.fit import PictureEvidence, fit, predict
from train.adapt.run import adapt

pytestmark = pytest.mark.slow

SIZE = (48, 64)
PICTURES = 20
FIXATIONS = 40
FEW = 12


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network with random weights that says something of a picture."""
    torch.manual_seed(3)
    network = SaliencyNetwork(CONFIG).eval()
    with torch.no_grad():
        network.decoder.head.weight.normal_(0, 0.2)
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    info = ModelInfo("tiny", network.architecture, network.config(), "MIT", ("some data",),
                     {"some data": {"ig": [9.0]}}, "a test", "Random.")  # fmt: skip
    save_model(network, path, info)
    return path


@pytest.fixture(scope="module")
def images():
    """Noise of a few pixels' grain with a bright square somewhere."""
    rng = np.random.default_rng(5)
    made = []
    for _ in range(PICTURES):
        grain = rng.integers(0, 120, (6, 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        top, left = rng.integers(0, 36), rng.integers(0, 52)
        grain[top : top + 12, left : left + 12] = 240
        made.append(grain)
    return made


def drawn(density, count, rng):
    """Fixations drawn from a density."""
    chance = density.ravel().astype(float)
    pixels = rng.choice(len(chance), count, p=chance / chance.sum())
    y, x = np.unravel_index(pixels, density.shape)
    return Fixations(x, y, np.arange(count) % 4, np.arange(count) // 4)


def dataset(folder, images, densities, count=FIXATIONS):
    rng = np.random.default_rng(9)
    folder.mkdir(exist_ok=True)
    records = []
    for number, (image, density) in enumerate(zip(images, densities, strict=True)):
        path = folder / f"{number}.png"
        Image.fromarray(image).save(path)
        records.append(Record(path.name, path, drawn(density, count, rng)))
    return FixationDataset("made-up", records)


@pytest.fixture(scope="module")
def own(model, images):
    """What the model itself says of each picture."""
    predictor = salmap.load(model)
    return [predictor.predict(image).density for image in images]


@pytest.fixture(scope="module")
def others(own):
    """Viewers who care less about what the model finds, and prefer the left."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    left = np.exp(-(((x - 12) / 9) ** 2 + ((y - 24) / 12) ** 2) / 2)
    return [left / left.sum() * 0.7 + density * 0.3 for density in own]


@pytest.fixture(scope="module")
def gained(tmp_path_factory, model, images, others):
    folder = tmp_path_factory.mktemp("gained")
    data = dataset(folder / "pictures", images, others)
    return adapt(model, data, folder / "mine.safetensors", log=folder / "log"), folder


def events(folder):
    return [json.loads(line) for line in (folder / "progress.jsonl").read_text().splitlines()]


def test_other_viewers_are_a_gain(gained):
    result, folder = gained
    before, after, gain = result.scores["ig"]
    assert result.gained
    assert gain.low > 0.3
    assert gain.mean == pytest.approx(after.mean - before.mean)
    assert result.summary.startswith("Adapting helps.")
    assert result.path == folder / "mine.safetensors"
    assert (result.pictures, result.fixations) == (PICTURES, PICTURES * FIXATIONS)


def test_no_gain_is_claimed_on_doubtful_fixations(gained):
    result, _ = gained
    doubted = replace(result, outside=70, doubt="70 of 800 fixations fall outside.")
    assert not doubted.gained
    assert doubted.summary.startswith("No gain can be claimed: 70 of 800 fixations fall outside.")
    assert "70 fixations fell outside their pictures" in replace(result, outside=70).summary


def test_the_gain_is_there_on_new_fixations(gained, model, images, others):
    """The written file against new fixations of the same viewers."""
    result, _ = gained
    rng = np.random.default_rng(77)
    old, new = salmap.load(model), salmap.load(result.path)
    gains = []
    for image, density in zip(images, others, strict=True):
        fixations = drawn(density, FIXATIONS, rng)
        a, b = (m.predict(image).log_density for m in (old, new))
        gains.append(salmap.metrics.information_gain(b, a, fixations))
    assert np.mean(gains) == pytest.approx(result.gain.mean, abs=0.15)


def test_the_file_says_where_it_comes_from(gained):
    result, _ = gained
    info = salmap.load(result.path).info
    assert info.name == "mine"
    assert info.license == "MIT"
    assert "tiny" in info.source
    assert info.data[0] == "some data"
    assert "made-up" in info.data[1]
    after = result.scores["ig"][1]
    assert info.scores == {
        "made-up": {
            metric: [pytest.approx(v, abs=1e-4) for v in (s.mean, s.low, s.high)]
            for metric, (_, s, _) in result.scores.items()
        }
    }
    assert after.low < after.mean < after.high
    assert result.summary in info.notes


def test_only_the_finalizer_changes(gained, model):
    before, after = load_file(model), load_file(gained[0].path)
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert {"finalizer.center_bias", "finalizer.log_gain"} <= changed
    assert all(name.startswith("finalizer.") for name in changed)
    assert all(before[name].dtype == after[name].dtype for name in before)


def test_weights_in_full_precision_stay_so(tmp_path, model, images, others):
    predictor = salmap.load(model)
    with torch.no_grad():
        predictor.backend.model.decoder.head.weight.add_(1e-6)
    full = tmp_path / "full.safetensors"
    save_model(predictor.backend.model, full, predictor.info, half=False)
    out = tmp_path / "out.safetensors"
    adapt(full, dataset(tmp_path / "p", images[:FEW], others[:FEW]), out, force=True)
    name = "decoder.head.weight"
    assert torch.equal(load_file(full)[name], load_file(out)[name])


def test_the_log_tells_all(gained):
    result, folder = gained
    log = events(folder / "log")
    assert log[0]["event"] == "start"
    assert log[0]["data"] == {"made-up": PICTURES}
    features = [e for e in log if e["event"] == "step" and e["stage"] == "features"]
    assert [e["step"] for e in features] == list(range(1, PICTURES + 1))
    assert features[-1]["time_left_s"] == 0
    assert log[-1]["event"] == "end"
    assert log[-1]["model"] == str(result.path)
    assert log[-1]["summary"] == result.summary
    assert log[-1]["scores"]["ig"][2]["low"] == result.gain.low


def test_viewers_like_the_model_are_no_gain(tmp_path, model, images, own):
    out = tmp_path / "mine.safetensors"
    result = adapt(model, dataset(tmp_path / "p", images, own), out, log=tmp_path)
    assert not result.gained
    assert abs(result.gain.mean) < 0.1
    assert result.path is None
    assert not out.exists()
    assert events(tmp_path)[-1]["model"] is None
    assert not result.summary.startswith("Adapting helps")


def test_no_gain_is_claimed_on_pictures_the_model_was_trained_on(tmp_path, model, images, others):
    predictor = salmap.load(model)
    trained = tmp_path / "trained.safetensors"
    save_model(predictor.backend.model, trained, replace(predictor.info, data=("made-up (MIT)",)))
    records = dataset(tmp_path / "p", images[:FEW], others[:FEW]).records
    names = [record.name for record in records]
    data = FixationDataset("made-up", records, splits={"train": names[:4], "val": names[4:]})
    result = adapt(trained, data, tmp_path / "x.safetensors")
    assert result.gain.low > 0
    assert not result.gained
    assert "trained on 4 of these" in result.summary
    assert result.path is None


def test_no_more_pictures_than_asked_for(tmp_path, model, images, others):
    data = dataset(tmp_path / "p", images, others)
    result = adapt(model, data, tmp_path / "x.safetensors", max_pictures=FEW)
    assert result.pictures == FEW


def test_force_writes_and_says_so(tmp_path, model, images, own):
    out = tmp_path / "mine.safetensors"
    result = adapt(model, dataset(tmp_path / "p", images[:FEW], own[:FEW]), out, force=True)
    assert not result.gained
    assert result.path == out
    assert result.summary in salmap.load(out).info.notes


def without_evidence(densities, fixations, pictures=PICTURES):
    """Pictures without evidence: the finalizer has its prior alone to go by."""
    rng = np.random.default_rng(4)
    return [
        PictureEvidence(str(i), SIZE, drawn(density, fixations, rng), torch.zeros(12, 16))
        for i, density in enumerate(densities[:pictures])
    ]


def test_evidence_and_finalizer_make_the_prediction(model, images):
    predictor = salmap.load(model)
    network = predictor.backend.model
    picture = images[0][:40]  # a side that the encoder has to pad
    evidence = adapt_measure.evidence_of(network, picture, predictor.device)
    nobody = Fixations([], [], [], [])
    ours = predict(network.finalizer, PictureEvidence("", picture.shape[:2], nobody, evidence))
    theirs = predictor.predict(picture).log_density
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-3 * np.ptp(theirs))


def test_few_fixations_move_the_model_little(model, others):
    finalizer = salmap.load(model).backend.model.finalizer
    moved = []
    for count, fixations in ((3, 1), (PICTURES, FIXATIONS)):
        pictures = without_evidence(others, fixations, count)
        baseline = fit_baseline([p.stimulus for p in pictures], "test")
        fitted = fit(finalizer, pictures, baseline)
        a, b = (predict(f, pictures[0]).astype(float) for f in (finalizer, fitted))
        moved.append(float((np.exp(b) * (b - a)).sum()))
    assert moved[0] < 0.25 * moved[1]


def test_fitting_leaves_the_model_it_starts_from(model, others):
    finalizer = salmap.load(model).backend.model.finalizer
    before = {name: value.clone() for name, value in finalizer.state_dict().items()}
    pictures = without_evidence(others, FIXATIONS)
    fit(finalizer, pictures, fit_baseline([p.stimulus for p in pictures], "test"))
    assert all(torch.equal(value, before[n]) for n, value in finalizer.state_dict().items())


def test_too_few_pictures(tmp_path, model, images, own):
    data = dataset(tmp_path / "p", images[:9], own[:9])
    with pytest.raises(TrainingError, match=r"at least 10 pictures.*of the 9 in made-up, 9 have"):
        adapt(model, data, tmp_path / "x.safetensors", log=tmp_path)
    assert events(tmp_path)[-1]["event"] == "failed"


def test_no_fixations(tmp_path, model, images, own):
    data = dataset(tmp_path / "p", images, own, count=0)
    with pytest.raises(TrainingError, match="none have any"):
        adapt(model, data, tmp_path / "x.safetensors")


def test_command_writes_nothing_where_many_fixations_are_outside(tmp_path, model, images, others):
    path = as_folder(tmp_path / "mine", images[:FEW], others[:FEW])
    table = path / "fixations.csv"
    rows = [line.split(",") for line in table.read_text().splitlines()]
    moved = [rows[0], *([*row[:2], str(float(row[2]) - 9), row[3]] for row in rows[1:])]
    moved += [["0.png", "1", "0", "0"]] * 3
    table.write_text("\n".join(map(",".join, moved)))
    out = tmp_path / "x.safetensors"
    result = run("--model", model, "--data", f"folder={path}", "--out", out)
    assert result.exit_code == 3, result.output
    assert "No gain can be claimed" in result.stdout and "fell outside" in result.stdout
    assert "3 rows are 0, 0 or another mark of lost eyes" in result.stderr
    assert not out.exists()


def test_only_networks_can_be_adapted(tmp_path, images, own):
    data = dataset(tmp_path / "p", images, own)
    with pytest.raises(TrainingError, match="'center-bias' has nothing that can be adapted"):
        adapt("center-bias", data, tmp_path / "x.safetensors")


def test_nowhere_to_write(tmp_path, model, images, own):
    data = dataset(tmp_path / "p", images, own)
    with pytest.raises(TrainingError, match=r"ends in \.safetensors"):
        adapt(model, data, tmp_path / "x.pt")
    with pytest.raises(TrainingError, match="no folder"):
        adapt(model, data, tmp_path / "none" / "x.safetensors")
    with pytest.raises(TrainingError, match="to be adapted"):
        adapt(model, data, model)


def test_a_stop_file_ends_it(tmp_path, model, images, others, monkeypatch):
    monkeypatch.setattr(adapt_measure.ProgressLog, "stop_requested", True)
    data = dataset(tmp_path / "p", images, others)
    assert adapt(model, data, tmp_path / "x.safetensors", log=tmp_path) is None
    assert events(tmp_path)[-1]["event"] == "stopped"
    assert not (tmp_path / "x.safetensors").exists()


def as_folder(path, images, densities):
    """The `folder` layout."""
    (path / "images").mkdir(parents=True)
    rng = np.random.default_rng(2)
    lines = ["image,subject,x,y"]
    for number, (image, density) in enumerate(zip(images, densities, strict=True)):
        Image.fromarray(image).save(path / "images" / f"{number}.png")
        fixations = drawn(density, FIXATIONS, rng)
        lines += [f"{number}.png,{v},{x:g},{y:g}" for v, x, y in
                  zip(fixations.viewer, fixations.x, fixations.y, strict=True)]  # fmt: skip
    (path / "fixations.csv").write_text("\n".join(lines) + "\n")
    return path


def run(*arguments):
    return CliRunner().invoke(app, ["adapt", *map(str, arguments)])


def test_command_writes_a_model(tmp_path, model, images, others):
    path = as_folder(tmp_path / "mine", images[:FEW], others[:FEW])
    out = tmp_path / "mine.safetensors"
    result = run("--model", model, "--data", f"folder={path}", "--out", out)
    assert result.exit_code == 0, result.output
    assert "Adapting helps." in result.stdout
    assert salmap.load(out).predict(images[0]).size == SIZE


def test_command_names_pictures_that_cannot_be_read_and_uses_the_others(
    tmp_path, model, images, others
):
    path = as_folder(tmp_path / "mine", images[:FEW], others[:FEW])
    damaged = path / "images" / "7.png"
    damaged.write_bytes(damaged.read_bytes()[:-200])
    out = tmp_path / "mine.safetensors"
    result = run("--model", model, "--data", f"folder={path}", "--out", out)
    assert result.exit_code == 1
    assert sum("7.png:" in line for line in result.stderr.splitlines()) == 1
    assert f"{FEW - 1} pictures" in salmap.load(out).info.data[-1]


def test_command_without_a_gain(tmp_path, model, images, own):
    path = as_folder(tmp_path / "mine", images[:FEW], own[:FEW])
    out = tmp_path / "mine.safetensors"
    result = run("--model", model, "--data", f"folder={path}", "--out", out)
    assert result.exit_code == 3
    assert "--force" in result.stdout
    assert not out.exists()
