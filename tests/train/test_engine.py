import json

import pytest
import torch
from safetensors.torch import load_file

import salmap
from salmap.errors import TrainingError
from tests.train.tiny import ENCODER, NO_WORKERS, RECIPE, changed, make_dataset, make_encoder
from train import run
from train.engine import Trainer
from train.start import Start
from train.step import StageRun, learning_rate_factor

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tiny(small_network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    encoder = make_encoder(folder / "encoder.safetensors")
    return folder, make_dataset(folder / "pictures"), {ENCODER.name: encoder}


def fit(recipe, dataset, out, encoders, start=None, **options):
    start = Start(encoders, start)
    return run.fit(recipe, [dataset], out, start, resources=NO_WORKERS, **options)


@pytest.fixture(scope="module")
def whole_run(tiny):
    folder, dataset, encoders = tiny
    model = fit(RECIPE, dataset, folder / "whole", encoders)
    return model, events(folder / "whole")


def events(out, kind=None):
    lines = (out / "progress.jsonl").read_text().splitlines()
    parsed = [json.loads(line) for line in lines]
    return [event for event in parsed if kind is None or event["event"] == kind]


def losses(all_events):
    return [
        (e["stage"], e["epoch"], e.get("step"), e.get("loss_bits"), e.get("validation"))
        for e in all_events
        if e["event"] in ("step", "epoch")
    ]


class CrashError(Exception):
    pass


@pytest.mark.parametrize("epochs_before", [1, 2, 3])
def test_a_run_that_crashed_goes_on_bit_for_bit(tiny, whole_run, monkeypatch, epochs_before):
    """Killed within the next epoch, in either stage or between them, then resumed."""
    folder, dataset, encoders = tiny
    out = folder / f"crash{epochs_before}"
    done = {"epochs": 0}
    end_epoch, update = Trainer._end_epoch, StageRun._update

    def counting(self, *args):
        end_epoch(self, *args)
        done["epochs"] += 1

    def crashing(self, *args):
        if done["epochs"] == epochs_before:
            raise CrashError
        update(self, *args)

    monkeypatch.setattr(Trainer, "_end_epoch", counting)
    monkeypatch.setattr(StageRun, "_update", crashing)
    with pytest.raises(CrashError):
        fit(RECIPE, dataset, out, encoders)
    monkeypatch.undo()
    model = fit(RECIPE, dataset, out, encoders, resume=True)
    expected_model, expected_events = whole_run
    assert losses(events(out)) == losses(expected_events)
    ours, theirs = load_file(model), load_file(expected_model)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_training_learns(tiny):
    """Even untrained features tell a bright square from noise."""
    folder, dataset, encoders = tiny
    recipe = changed({"frozen.epochs": 12, "frozen.lr": 1e-2, "finetune.epochs": 0})
    fit(recipe, dataset, folder / "learns", encoders)
    bits = [e["train_loss_bits"] for e in events(folder / "learns", "epoch")]
    assert bits[-1] < bits[0] - 0.3


def test_the_model_file_is_whole_and_says_where_it_comes_from(whole_run):
    model, log = whole_run
    predictor = salmap.load(str(model))
    assert predictor.info.name == "tiny"
    best = max(e["mean_ig"] for e in log if e["event"] == "epoch")
    assert predictor.info.scores["tiny"]["ig"] == [pytest.approx(best)]


def test_a_stop_file_ends_the_run_and_keeps_the_last_epoch(tiny, whole_run, monkeypatch):
    folder, dataset, encoders = tiny
    out = folder / "stopped"
    end_epoch = Trainer._end_epoch

    def stop_after_first(self, *args):
        end_epoch(self, *args)
        self.log.stop_path.touch()

    monkeypatch.setattr(Trainer, "_end_epoch", stop_after_first)
    assert fit(RECIPE, dataset, out, encoders) is None
    monkeypatch.undo()
    assert events(out)[-1]["event"] == "stopped"
    fit(RECIPE, dataset, out, encoders, resume=True)
    after = [loss for loss in losses(events(out)) if loss[1:3] != (2, 3)]
    assert after[-1] == losses(whole_run[1])[-1]


#: a stage that changes no weight
STILL = changed(
    {
        "name": "still", "frozen.epochs": 0, "finetune.epochs": 1, "finetune.encoder_lr": 0.0,
        "finetune.decoder_lr": 0.0,
    }
)  # fmt: skip


def test_a_run_goes_on_from_a_trained_model_at_another_size(tiny, whole_run):
    folder, dataset, _ = tiny
    recipe = changed({"size": 96}, STILL)
    model = fit(recipe, dataset, folder / "second", {}, start=whole_run[0])
    before, after = load_file(whole_run[0]), load_file(model)
    for name, value in before.items():
        torch.testing.assert_close(after[name], value, rtol=2e-3, atol=1e-5)
    assert "started from tiny" in salmap.load(model).info.source
    assert salmap.load(model).backend.size == 96


def test_an_encoder_that_is_named_replaces_that_of_the_start(tiny, whole_run):
    folder, dataset, encoders = tiny
    model = fit(STILL, dataset, folder / "third", encoders, start=whole_run[0])
    kernel = "encoders.0.net.conv_stem.weight"
    original = load_file(encoders[ENCODER.name])["conv_stem.weight"]
    torch.testing.assert_close(load_file(model)[kernel].float(), original, rtol=2e-3, atol=1e-5)
    assert not torch.equal(load_file(whole_run[0])[kernel], load_file(model)[kernel])


def test_what_a_run_can_not_start_from_is_refused(tiny, whole_run):
    folder, dataset, _ = tiny
    recipe = changed({"preset": "resnet50"}, STILL)
    with pytest.raises(TrainingError, match="tiny has another network"):
        fit(recipe, dataset, folder / "other", {}, start=whole_run[0])
    with pytest.raises(TrainingError, match="itti-koch has no weights"):
        fit(STILL, dataset, folder / "other", {}, start="itti-koch")


def test_a_folder_with_a_run_is_not_overwritten(tiny, whole_run):
    folder, dataset, encoders = tiny
    with pytest.raises(TrainingError, match="--resume"):
        fit(RECIPE, dataset, folder / "whole", encoders)


def test_another_recipe_does_not_resume(tiny, whole_run):
    folder, dataset, encoders = tiny
    other = changed({"frozen.lr": 0.1})
    with pytest.raises(TrainingError, match="another recipe"):
        fit(other, dataset, folder / "whole", encoders, resume=True)


def test_frozen_parts_stay_as_they_were(tiny):
    folder, dataset, encoders = tiny
    recipe = changed(
        {
            "frozen.epochs": 0, "finetune.epochs": 1, "finetune.freeze_stride": 4,
            "finetune.precision": "bf16",
        }
    )  # fmt: skip
    model = load_file(fit(recipe, dataset, folder / "freeze", encoders))
    before = load_file(encoders[ENCODER.name])
    for name in ("conv_stem.weight", "blocks.1.0.conv_exp.weight"):
        assert torch.equal(model[f"encoders.0.net.{name}"], before[name].half())
    name = "blocks.2.0.conv_exp.weight"
    assert not torch.equal(model[f"encoders.0.net.{name}"], before[name].half())


def test_a_failed_run_says_why_in_its_log(tiny, monkeypatch):
    folder, dataset, encoders = tiny

    def fail(self, *args):
        raise OSError("No space left on device")

    monkeypatch.setattr(StageRun, "_update", fail)
    with pytest.raises(OSError, match="No space"):
        fit(RECIPE, dataset, folder / "failed", encoders)
    assert "No space left" in events(folder / "failed", "failed")[0]["message"]


def test_the_learning_rate_rises_then_falls():
    factors = [learning_rate_factor(step, 100, 0.1) for step in range(100)]
    assert factors[0] == pytest.approx(0.1)
    assert max(factors) == pytest.approx(1)
    assert factors[-1] < 0.02
