import hashlib
from pathlib import Path

import pytest

import salmap
from salmap.evaluation.task import BASELINE, GOLD_STANDARD
from salmap.metrics import GOLD_STANDARD_KEY, METRICS
from salmap.networks import NetworkConfig
from salmap.weights.info import read_info
from tests.train.tiny import ENCODER, NO_WORKERS, changed, make_dataset, make_encoder
from train.release import release
from train.run import fit
from train.start import Start

TOML = Path(__file__).parents[2] / "train" / "recipes" / "lite_second.toml"


@pytest.fixture(scope="module")
def released(small_network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("release")
    encoders = {ENCODER.name: make_encoder(folder / "encoder.safetensors")}
    dataset = make_dataset(folder / "pictures")
    recipe = changed({"frozen.epochs": 1, "finetune.epochs": 0})
    model = fit(recipe, [dataset], folder / "run", Start(encoders), resources=NO_WORKERS)
    return release(model, [dataset], folder / "out", TOML, "python -m train fit --teacher large")


def test_the_file_holds_scores_with_their_intervals(released):
    info = read_info(released)
    assert released.name == "tiny.safetensors"
    assert info.scores["tiny"].keys() == {*METRICS, GOLD_STANDARD_KEY}
    for mean, low, high in info.scores["tiny"].values():
        assert low <= mean <= high
    assert "three seconds on a screen" in info.notes  # of the recipe that it is said to come from


def test_the_card_says_what_a_user_must_know(released):
    text = released.with_suffix(".md").read_text()
    assert f"`{hashlib.sha256(released.read_bytes()).hexdigest()}`" in text
    assert "### tiny, 3 pictures" in text
    scores = {row.split(" | ")[0].strip("| "): row for row in text.splitlines() if row[:1] == "|"}
    assert {"tiny", BASELINE, GOLD_STANDARD, "itti-koch"} <= scores.keys()
    assert "## Reliability" in text
    assert "python -m train fit --teacher large" in text
    assert TOML.read_text().strip() in text


def test_reliability_is_in_per_cent_and_rises_with_what_is_said(released):
    text = released.with_suffix(".md").read_text()
    table = text.split("## Reliability")[1].split("\n## ")[0]
    row = next(line for line in table.splitlines() if line.startswith("| tiny"))
    shares = [float(cell.split("<br>")[0]) for cell in row.strip("| ").split(" | ")[1:]]
    assert len(shares) == 10
    assert shares == sorted(shares)
    assert 1 < shares[-1] <= 100


def test_a_released_model_has_the_size_and_the_gain_of_the_recipe(released, tmp_path):
    larger = tmp_path / "larger.toml"
    larger.write_text(
        TOML.read_text().replace("[frozen]", "released_size = 96\npage_gain = 0.9\n[frozen]", 1)
    )
    data = make_dataset(tmp_path / "pictures")
    again = release(released, [data], tmp_path / "out", larger, "python -m train fit")
    assert (read_info(released).config["size"], read_info(again).config["size"]) == (64, 96)
    assert salmap.load(str(released)).hedge.gain == NetworkConfig.page_gain
    assert salmap.load(str(again)).hedge.gain == 0.9
    assert read_info(again).scores["tiny"]["ig"] != read_info(released).scores["tiny"]["ig"]
