import os

import pytest
import torch

from salmap.errors import TrainingError
from train.checkpoint import (
    Position,
    load_checkpoint,
    optimizer_tensors,
    restore_optimizer,
    save_checkpoint,
)

POSITION = Position("f", "frozen", 2, 10, 1.5, {"osie": {"ig": 1.5}})
STATE = {"model": {"a.b": torch.arange(6.0).view(2, 3)}, "average": {"a.b": torch.zeros(2, 3)}}


def test_what_is_saved_is_loaded(tmp_path):
    save_checkpoint(tmp_path / "c.safetensors", POSITION, STATE)
    position, state = load_checkpoint(tmp_path / "c.safetensors")
    assert position == POSITION
    assert torch.equal(state["model"]["a.b"], STATE["model"]["a.b"])
    assert set(state) == {"model", "average"}


@pytest.mark.parametrize("crash_in", ["fsync", "replace"])
def test_a_crash_while_saving_leaves_the_former_checkpoint(tmp_path, monkeypatch, crash_in):
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, POSITION, STATE)

    def crash(*args, **kwargs):
        raise KeyboardInterrupt

    target = os if crash_in == "fsync" else type(path)
    monkeypatch.setattr(target, crash_in, crash)
    newer = Position("f", "frozen", 3, 15, 1.6, {})
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, newer, {"model": {"a.b": torch.ones(2, 3)}})
    monkeypatch.undo()
    position, state = load_checkpoint(path)
    assert position == POSITION
    assert torch.equal(state["model"]["a.b"], STATE["model"]["a.b"])
    assert [p.name for p in tmp_path.iterdir()] == ["c.safetensors"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04junk", b"\x08\0\0\0\0\0\0\0{}      "])
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    path = tmp_path / "c.safetensors"
    path.write_bytes(content)
    with pytest.raises(TrainingError, match="not a valid checkpoint"):
        load_checkpoint(path)


def test_an_optimizer_goes_on_as_if_nothing_had_been(tmp_path):
    def steps(parameter, optimizer, count):
        for _ in range(count):
            optimizer.zero_grad()
            (parameter**2).sum().backward()
            optimizer.step()

    whole = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    first = torch.optim.AdamW([whole], lr=0.1)
    steps(whole, first, 3)
    half = torch.nn.Parameter(whole.detach().clone())
    second = torch.optim.AdamW([half], lr=0.1)
    save_checkpoint(tmp_path / "o.safetensors", POSITION, {"optimizer": optimizer_tensors(first)})
    restore_optimizer(second, load_checkpoint(tmp_path / "o.safetensors")[1]["optimizer"])
    steps(whole, first, 2)
    steps(half, second, 2)
    assert torch.equal(whole, half)
