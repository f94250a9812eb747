"""Training in several processes, with less memory, and without waiting for pictures."""

from __future__ import annotations

import dataclasses
import json

import pytest
import torch
from accelerate import Accelerator
from safetensors.torch import load_file
from torch.multiprocessing.spawn import ProcessException
from typer.testing import CliRunner

from salmap.cli.train import app
from salmap.models.encoders import Encoder
from salmap.models.network import SaliencyNetwork
from salmap.networks import EncoderConfig, NetworkConfig
from tests.launching import LAUNCH, TWO, run
from tests.make_datasets import make_folder
from tests.train.forks import forking
from tests.train.measured_fit import measured_fit
from tests.train.tiny import ENCODER, NO_WORKERS, changed, make_dataset, make_encoder
from tests.train.troubled_fit import train_in_two
from train.data.crops import whole_crop
from train.machine import Machine
from train.progress import ProgressLog
from train.run import fit
from train.stages import Stages, checkpoint_activations
from train.start import Start
from train.step import StageRun
from train.training_set import TrainingSet

SMALL = (
    "size=64", "frozen.epochs=1", "frozen.batch=4", "frozen.precision=no", "finetune.epochs=1",
    "finetune.batch=4", "finetune.accumulate=2", "finetune.precision=no", "finetune.crop=0.5",
)  # fmt: skip


@pytest.fixture(scope="module")
def tiny(small_network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scale")
    encoder = make_encoder(folder / "encoder.safetensors")
    return folder, make_dataset(folder / "pictures"), {ENCODER.name: encoder}


@pytest.fixture(scope="module")
def command(tiny):
    """What follows `python -m train`, but for --out."""
    folder, _, encoders = tiny
    make_folder(folder / "data", pictures=16)
    words = ["fit", "--recipe", "lite_first", "--workers", "0"]
    words += [
        "--data",
        f"folder={folder / 'data'}",
        "--encoder",
        f"{ENCODER.name}={encoders[ENCODER.name]}",
    ]
    return [*words, *(word for setting in SMALL for word in ("--set", setting))]


def events(out, kind):
    lines = (out / "progress.jsonl").read_text().splitlines()
    return [event for event in map(json.loads, lines) if event["event"] == kind]


@pytest.mark.slow
def test_two_processes_score_as_one(tiny, command):
    """The same batches, each shared by the two, whatever is left over in the last."""
    one, two = tiny[0] / "one", tiny[0] / "two"
    alone = CliRunner().invoke(app, [*command, "--out", str(one)])
    assert alone.exit_code == 0, alone.output
    together = run(*LAUNCH, *TWO, "-m", "tests.train.small_train", *command, "--out", two)
    assert together.returncode == 0, together.stderr
    assert together.stdout.count("The model is") == 1
    expected, found = events(one, "epoch"), events(two, "epoch")
    assert [(e["stage"], e["epoch"]) for e in found] == [("frozen", 1), ("finetune", 1)]
    assert len(events(two, "step")) == len(events(one, "step"))
    for ours, theirs in zip(found, expected, strict=True):
        assert ours["train_loss_bits"] == pytest.approx(theirs["train_loss_bits"], 1e-3, 1e-4)
        for metric, value in theirs["validation"]["folder"].items():
            assert ours["validation"]["folder"][metric] == pytest.approx(value, 1e-3, 1e-4)
    tensors = [load_file(out / "model.safetensors") for out in (one, two)]
    for name, value in tensors[0].items():
        torch.testing.assert_close(tensors[1][name], value, rtol=1e-2, atol=1e-3)


@pytest.mark.slow
def test_an_error_in_one_process_ends_all_and_is_told_once(tiny, command, tmp_path):
    out = tiny[0] / "failing"
    with pytest.raises(ProcessException):
        train_in_two("fail", tmp_path, [*command, "--out", str(out)])
    (failure,) = events(out, "failed")
    assert failure["message"] == "No space left on device"


@pytest.mark.slow
def test_all_processes_stop_at_the_same_step(tiny, command, tmp_path):
    out = tiny[0] / "stopping"
    printed = train_in_two("stop", tmp_path, [*command, "--out", str(out)])
    assert "".join(printed).count("Stopped.") == 1
    assert len(events(out, "stopped")) == 1
    assert [e["step"] for e in events(out, "step")] == [1]


def one_step(tiny, monkeypatch, name, batches, accumulate):
    """The gradients, in one vector, for one step on these batches of pictures."""
    folder, dataset, encoders = tiny
    torch.manual_seed(0)
    network = SaliencyNetwork(NetworkConfig((ENCODER,), size=64))
    network.encoder_list()[0].net.load_state_dict(load_file(encoders[ENCODER.name]), strict=False)
    with torch.no_grad():
        network.decoder.head.weight.normal_()  # so that every parameter has a gradient
    recipe = changed({"weight_decay": 0.0})
    machine = Machine(Accelerator(cpu=True), 0, folder / name, 0)
    stage = Stages(recipe, network, TrainingSet.of([dataset], {}), machine).finetune()
    plan = [[whole_crop(item, (48, 64), 64) for item in items] for items in batches]
    stage = dataclasses.replace(stage, accumulate=accumulate, plans=[plan])
    run, steps = StageRun(stage, recipe, machine, ProgressLog(folder / name)), []
    update = run._update

    def recording():
        steps.append(gradients(network))
        update()

    monkeypatch.setattr(run, "_update", recording)
    run.run_epoch()
    (step,) = steps
    return step


def gradients(network):
    learned = [p.grad.flatten() for p in network.parameters() if p.grad is not None]
    return torch.cat(learned)


def test_accumulated_batches_are_one_larger_batch(tiny, monkeypatch):
    whole = one_step(tiny, monkeypatch, "whole", [[0, 1, 2, 3]], 1)
    parts = one_step(tiny, monkeypatch, "parts", [[0, 1], [2, 3]], 2)
    other = one_step(tiny, monkeypatch, "other", [[0, 1, 2, 4]], 1)
    assert (parts - whole).norm() < 1e-3 * whole.norm()
    assert (other - whole).norm() > 0.1 * whole.norm()


def step_of(encoder, side):
    """(loss, gradients, bytes kept for the backward pass) of one picture."""
    kept = 0

    def pack(tensor):
        nonlocal kept
        kept += tensor.nbytes
        return tensor

    images = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(1))
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = sum(feature.square().mean() for feature in encoder(images))
    encoder.zero_grad()
    loss.backward()
    return loss.detach(), [p.grad for p in encoder.parameters() if p.requires_grad], kept


@pytest.mark.parametrize(
    ("name", "levels", "side"),
    [
        ("tf_efficientnet_lite2", (2, 3, 4), 64),
        ("resnet50", (2, 3, 4), 64),
        ("vit_tiny_patch16_224", (11,), 224),
    ],
)
def test_checkpointed_activations_need_less_memory_for_the_same_gradients(name, levels, side):
    torch.manual_seed(0)
    encoder = Encoder(EncoderConfig(name, levels)).eval()
    encoder.freeze_up_to(2)
    loss, gradients, kept = step_of(encoder, side)
    checkpoint_activations(encoder)
    same_loss, same_gradients, kept_now = step_of(encoder, side)
    assert torch.equal(same_loss, loss)
    for ours, theirs in zip(same_gradients, gradients, strict=True):
        torch.testing.assert_close(ours, theirs)
    assert kept_now < 0.6 * kept


def test_checkpointed_activations_change_no_loss_of_a_run(tiny):
    folder, dataset, encoders = tiny
    losses = {}
    for checkpoint in (False, True):
        out = folder / f"checkpoint-{checkpoint}"
        settings = {"frozen.epochs": 0, "finetune.epochs": 1, "finetune.checkpoint": checkpoint}
        fit(changed(settings), [dataset], out, Start(encoders), resources=NO_WORKERS)
        losses[checkpoint] = [e["loss_bits"] for e in events(out, "step")]
    assert losses[True] == pytest.approx(losses[False], 1e-4)


@pytest.mark.slow
def test_all_that_saves_memory_together_still_learns_and_memory_stays_flat(tiny):
    folder, _, encoders = tiny
    process = forking().Process(
        target=measured_fit, args=(folder / "savers", encoders[ENCODER.name])
    )
    process.start()
    process.join()
    assert process.exitcode == 0
    out = folder / "savers/run"
    memory = json.loads((out / "memory.json").read_text())
    bits = [e["train_loss_bits"] for e in events(out, "epoch")]
    assert len(memory) == len(bits) == 8
    assert min(bits[-3:]) < bits[0] - 0.1  # so few pictures: an epoch says little
    assert memory[-1] - memory[2] < 25, memory  # MB; one copy of the network alone has 20
