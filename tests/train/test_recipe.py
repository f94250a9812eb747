"""The committed recipes, settings on the command line, and the reference experiment in small."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file

import train.run
from salmap.errors import TrainingError
from salmap.models.encoders import Encoder, EncoderConfig
from salmap.models.network import PRESETS, SaliencyNetwork
from tests.launching import LAUNCH, ROOT, run
from tests.make_datasets import make_cat2000
from tests.train.tiny import make_encoder
from train.data.views import whole_view
from train.recipe import parse_settings, read_recipe

RECIPES = ROOT / "train" / "recipes"
REFERENCE = RECIPES / "cat2000_resnet50.toml"


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_committed_recipes_are_sound(path):
    recipe = read_recipe(path)
    assert recipe.name == path.stem.replace("_", "-")


def test_settings_are_read_as_toml_and_quotes_may_be_left_out():
    options = ["size=64", " preset = lite", "crop=0", 'name="a=b"', "finetune_checkpoint=true"]
    options += ["shares={osie = 0.5}", "aspect=[0.5, 2]"]
    settings = parse_settings(options)
    assert settings["shares"] == {"osie": 0.5}
    recipe = read_recipe(REFERENCE, **settings)
    assert (recipe.size, recipe.preset, recipe.crop, recipe.name) == (64, "lite", 0, "a=b")
    assert recipe.finetune_checkpoint is True
    assert recipe.aspect == (0.5, 2)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("size", "SETTING=VALUE"),
        ("=3", "SETTING=VALUE"),
        ("sise=64", "unknown settings: sise"),
        ("size=large", "size is a whole number; it is 'large'"),
        ("size=1.5", "size is a whole number"),
        ("finetune_batch=true", "finetune_batch is a whole number"),
        ("finetune_checkpoint=1", "finetune_checkpoint is true or false"),
        ("name=7", "name is a text"),
        ("crop=2", "crop lies between 0 and 1"),
        ("frozen_lr=nan", "frozen_lr is at least 0"),
        ("preset=vgg", "preset is one of"),
        ("finetune_encoder_factors={ vgg16 = 0.5 }", "name some of"),
        ("finetune_depth_decay=0", "0 excluded"),
        ("finetune_precision=fp8", 'is "no" or "bf16"'),
        ("finetune_accumulate=0", "finetune_accumulate is at least 1"),
    ],
)
def test_wrong_settings_are_named(option, words):
    with pytest.raises(TrainingError, match=words):
        read_recipe(REFERENCE, **parse_settings([option]))


def test_the_reference_encoder_is_exactly_the_one_on_the_hub(monkeypatch):
    asked = []
    encoder = Encoder(EncoderConfig("resnet50.tv_in1k", (0,)))

    def create_model(name, pretrained):
        asked.append((name, pretrained))
        return encoder.net

    monkeypatch.setattr(train.run.timm, "create_model", create_model)
    (config,) = PRESETS[read_recipe(REFERENCE).preset].encoders
    train.run._load_pretrained(encoder, config.name, None)
    assert asked == [("resnet50.tv_in1k", True)]


def test_the_reference_shape():
    recipe = read_recipe(REFERENCE)
    network = SaliencyNetwork(train.run.network_config(recipe)).eval()
    with torch.inference_mode():
        probability = network.probability(torch.rand(1, 3, 512, 512))
    assert probability.shape == (1, 1, 512, 512)
    assert float(probability.sum()) == pytest.approx(1, abs=1e-4)
    assert whole_view(0, (1080, 1920), recipe.size).size == (288, 512)


@pytest.mark.slow
def test_the_reference_experiment_from_first_command_to_scores(tmp_path):
    """The recipe as it is, but for a small encoder, small pictures and a short training."""
    data, out = tmp_path / "CAT2000", tmp_path / "run"
    make_cat2000(data, pictures=4)
    encoder = make_encoder(tmp_path / "lite2.safetensors")
    smaller = ("preset=lite", "size=64", "frozen_epochs=1", "finetune_epochs=1")
    python = [LAUNCH[0], "-m", "train"]

    check = run(*python, "check", f"cat2000={data}")
    assert check.returncode == 0, check.stdout + check.stderr
    assert "Action 4, Art 4" in check.stdout

    fit = run(
        *python, "fit", "--recipe", REFERENCE, "--data", f"cat2000={data}", "--out", out,
        "--encoder", f"tf_efficientnet_lite2={encoder}",
        *(word for setting in smaller for word in ("--set", setting)),
    )  # fmt: skip
    assert fit.returncode == 0, fit.stderr
    assert str(out / "model.safetensors") in fit.stdout
    assert load_file(out / "model.safetensors")

    scores = tmp_path / "scores.json"
    evaluate = run(
        *python, "evaluate", "--dataset", "cat2000", "--root", data,
        "--model", out / "model.safetensors", "--json", scores,
    )  # fmt: skip
    assert evaluate.returncode == 0, evaluate.stdout + evaluate.stderr
    assert "model" in evaluate.stdout
    assert "Action" in scores.read_text()
    assert json.loads(scores.read_text())
