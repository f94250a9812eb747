"""The committed recipes, settings on the command line, and the reference experiment in small."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from salmap.cli.main import app
from salmap.errors import TrainingError
from salmap.models.encoders import Encoder
from salmap.models.network import SaliencyNetwork
from salmap.networks import EncoderConfig
from tests.make_datasets import make_cat2000
from tests.train.tiny import make_encoder
from train import start
from train.data.crops import whole_crop
from train.recipe_file import FOLDER, parse_settings, read_recipe

REFERENCE = FOLDER / "cat2000_resnet50.toml"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_committed_recipes_are_sound(path):
    recipe = read_recipe(path)
    assert recipe.name == path.stem.replace("_", "-")


def test_settings_are_read_as_toml_and_quotes_may_be_left_out():
    options = ["size=64", " preset = lite", "finetune.crop=0", 'name="a=b"']
    options += ["shares={osie = 0.5}", "finetune.aspect=[0.5, 2]", "finetune.checkpoint=true"]
    settings = parse_settings(options)
    assert settings["shares"] == {"osie": 0.5}
    recipe = read_recipe(REFERENCE, settings)
    assert (recipe.size, recipe.preset, recipe.name) == (64, "lite", "a=b")
    assert recipe.finetune.crop == 0
    assert recipe.finetune.checkpoint is True
    assert recipe.finetune.aspect == (0.5, 2)
    assert recipe.finetune.freeze_stride == 4  # of the file, which --set does not mention


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("size", "SETTING=VALUE"),
        ("=3", "SETTING=VALUE"),
        ("sise=64", "unknown settings: sise"),
        ("finetune.sise=64", r"unknown settings: finetune\.sise"),
        ("frozen=3", r"table \[frozen\], not 3"),
        ("size=large", "size must be a whole number; it is 'large'"),
        ("size=1.5", "size must be a whole number"),
        ("finetune.batch=true", r"finetune\.batch must be a whole number"),
        ("finetune.checkpoint=1", r"finetune\.checkpoint must be true or false"),
        ("name=7", "name must be text"),
        ("shares=7", "shares must be a table of numbers"),
        ("shares={ a = 0.7, b = 0.5 }", "shares must be greater than 0 and add up to at most 1"),
        ("finetune.crop=2", r"finetune\.crop must be between 0 and 1"),
        ("finetune.aspect=[2, 0.5]", r"finetune\.aspect must be two numbers"),
        ("frozen.lr=nan", r"frozen\.lr must be at least 0"),
        ("frozen.readout_factor=0", r"frozen\.readout_factor must be greater than 0"),
        ("ema=1", "ema must be between 0 and 1, and not 1"),
        ("preset=vgg", "preset must be one of lite"),
        ("finetune.encoder_factors={ vgg16 = 0.5 }", "must name some of resnet50"),
        ("finetune.depth_decay=0", "between 0 and 1, and not 0"),
        ("frozen.precision=fp8", r"frozen\.precision must be one of no, bf16"),
        ("finetune.accumulate=0", r"finetune\.accumulate must be at least 1"),
        ("frozen_lr=0.1", r"frozen_lr has moved: write --set frozen\.lr=0\.1\."),
        ("crop=0.1", r"crop has moved: write --set finetune\.crop=0\.1\."),
        ("finetune.validate_every=0", r"finetune\.validate_every must be at least 1"),
        ("finetune.unlabeled_sizes=640", r"unlabeled_sizes must be a list of whole numbers"),
        ("finetune.unlabeled_sizes=[8]", r"unlabeled_sizes must be whole numbers of pixels"),
        ("finetune.unlabeled_gain=0", r"unlabeled_gain must be greater than 0"),
        ("finetune.unlabeled_share=1", r"unlabeled_share must be between 0 and 1, and not 1"),
        ("finetune_precision=no", r"frozen\.precision=no and --set finetune\.precision=no\."),
        ("finetune_warmup=0.1", r"has moved: write --set warmup=0\.1\."),
    ],
)
def test_wrong_settings_are_named(option, words):
    with pytest.raises(TrainingError, match=words):
        read_recipe(REFERENCE, parse_settings([option]))


def test_settings_of_one_table_add_up():
    settings = parse_settings(["finetune.batch=4", "size=64", "finetune={ crop = 0 }"])
    assert settings == {"finetune": {"batch": 4, "crop": 0}, "size": 64}


def test_both_stages_can_not_be_left_out():
    with pytest.raises(TrainingError, match="can't both be 0"):
        read_recipe(REFERENCE, parse_settings(["frozen.epochs=0", "finetune.epochs=0"]))


def test_an_old_flat_recipe_says_what_to_write_instead(tmp_path):
    path = tmp_path / "old.toml"
    path.write_text(
        'name = "x"\npreset = "lite"\nsize = 64\nfrozen_lr = 1e-3\nfinetune_encoder_lr = 1e-4\n'
        'finetune_precision = "bf16"\nfinetune_warmup = 0.1\nmixed = 0.2\n'
    )
    with pytest.raises(TrainingError) as caught:
        read_recipe(path)
    assert str(caught.value).endswith(
        "write: frozen_lr -> [frozen] lr, finetune_encoder_lr -> [finetune] encoder_lr, "
        "finetune_precision -> [frozen] precision and [finetune] precision, "
        "finetune_warmup -> warmup, mixed -> [finetune] mixed."
    )


def test_what_a_recipe_must_set(tmp_path):
    path = tmp_path / "empty.toml"
    path.write_text("size = 64\n")
    with pytest.raises(TrainingError, match="must also set name and preset"):
        read_recipe(path)


def test_recipes_of_salmap_are_found_by_name():
    assert read_recipe("lite_first") == read_recipe(FOLDER / "lite_first.toml")
    with pytest.raises(TrainingError, match=r"no recipe lite_frist\. .*, lite_first, "):
        read_recipe("lite_frist")


def test_the_reference_encoder_is_exactly_the_one_on_the_hub(monkeypatch):
    asked = []
    encoder = Encoder(EncoderConfig("resnet50.tv_in1k", (0,)))

    def create_model(name, pretrained):
        asked.append((name, pretrained))
        return encoder.net

    monkeypatch.setattr(start.timm, "create_model", create_model)
    assert [config.name for config in read_recipe(REFERENCE).network.encoders] == [encoder.name]
    start.load_pretrained(encoder, None)
    assert asked == [("resnet50.tv_in1k", True)]


def test_the_reference_shape():
    recipe = read_recipe(REFERENCE)
    network = SaliencyNetwork(recipe.network).eval()
    with torch.inference_mode():
        probability = network.probability(torch.rand(1, 3, 512, 512))
    assert probability.shape == (1, 1, 512, 512)
    assert float(probability.sum()) == pytest.approx(1, rel=1e-4)
    assert whole_crop(0, (1080, 1920), recipe.size).size == (288, 512)


@pytest.mark.slow
def test_the_reference_experiment_from_first_command_to_scores(tmp_path):
    """The recipe as it is, but for a small encoder, small pictures and a short training."""
    data, out = tmp_path / "CAT2000", tmp_path / "run"
    make_cat2000(data, pictures=4)
    encoder = make_encoder(tmp_path / "lite2.safetensors", "tf_efficientnet_lite2")
    smaller = ("preset=lite", "size=64", "frozen.epochs=1", "finetune.epochs=1")

    check = CliRunner().invoke(app, ["train", "check", f"cat2000={data}"])
    assert check.exit_code == 0, check.output
    assert "Action 4, Art 4" in check.stdout

    settings = [word for setting in smaller for word in ("--set", setting)]
    fit = CliRunner().invoke(app, [
        "train", "fit", "--recipe", str(REFERENCE), "--data", f"cat2000={data}", "--out", str(out),
        "--encoder", f"tf_efficientnet_lite2={encoder}", "--workers", "0", *settings,
    ])  # fmt: skip
    assert fit.exit_code == 0, fit.output
    assert str(out / "model.safetensors") in fit.stdout
    assert load_file(out / "model.safetensors")

    scores = tmp_path / "scores.json"
    evaluate = CliRunner().invoke(app, [
        "evaluate", "--dataset", "cat2000", "--root", str(data),
        "--model", str(out / "model.safetensors"), "--json", str(scores),
    ])  # fmt: skip
    assert evaluate.exit_code == 0, evaluate.output
    assert "model" in evaluate.stdout
    assert "Action" in scores.read_text()
    assert json.loads(scores.read_text())
