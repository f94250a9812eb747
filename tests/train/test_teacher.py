import dataclasses
import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from salmap.datasets.unlabeled import open_unlabeled
from salmap.errors import DatasetError, TrainingError
from salmap.models.file import load_model
from salmap.models.network import PRESETS, SaliencyNetwork
from salmap.pictures import load_image
from salmap.weights.info import read_info
from tests.train.tiny import RECIPE, make_dataset, make_encoder
from train.data.mixture import Mixture, collate, plan_epoch
from train.data.pictures import PictureCache, ViewDataset
from train.data.views import random_view
from train.run import fit
from train.steps import FixationLoss
from train.teacher import Teacher, cross_entropy_bits


def network(size=64, seed=0):
    torch.manual_seed(seed)
    made = SaliencyNetwork(dataclasses.replace(PRESETS["lite"], size=size, width=16)).eval()
    torch.nn.init.normal_(made.decoder.head.weight, std=0.1)  # a new one predicts its center bias
    return made


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("teacher")
    encoders = {"tf_efficientnet_lite2": make_encoder(folder / "encoder.safetensors")}
    dataset = make_dataset(folder / "pictures")
    recipe = dataclasses.replace(RECIPE, name="old", finetune_epochs=0)
    return fit(recipe, [dataset], folder / "old", encoders, workers=0), dataset, encoders


@pytest.mark.parametrize("grid", [(12, 16), (6, 8)])
def test_a_teacher_gives_densities_on_the_students_grid(grid):
    teacher = Teacher([network(96), network(seed=1)])
    densities = teacher.densities(torch.rand(2, 3, 48, 64), grid, torch.tensor([False, True]))
    assert densities.shape == (2, *grid)
    assert torch.allclose(densities.sum((1, 2)), torch.ones(2), atol=1e-5)


def test_several_teachers_teach_their_mean_and_see_some_pictures_mirrored():
    images = torch.rand(3, 3, 48, 64)
    one, other = network(), network(seed=1)

    def mean(images):
        return (one(images).exp() + other(images).exp()) / 2

    taught = Teacher([one, other]).densities(images, (12, 16), torch.tensor([True, False, True]))
    straight, mirrored = mean(images), mean(images.flip(3)).flip(2)
    expected = torch.stack([mirrored[0], straight[1], mirrored[2]])
    assert torch.allclose(taught, expected, atol=1e-5)
    assert not torch.allclose(straight, mirrored, atol=1e-5)


def test_a_teacher_sees_pictures_at_its_own_size():
    model = network(96)
    coarse, fine = torch.rand(1, 3, 12, 16), (72, 96)
    smooth = F.interpolate(coarse, fine, mode="bicubic").clamp(0, 1)
    small = F.interpolate(smooth, (48, 64), mode="bicubic", antialias=True)
    with torch.no_grad():
        own = model(smooth).exp()
        unscaled = F.interpolate(model(small).exp()[None], own.shape[1:], mode="bilinear")[0]
    grid = own.shape[1], own.shape[2]
    taught = Teacher([model]).densities(small, grid, torch.tensor([False]))
    assert (taught - own).abs().sum() < 0.5 * (unscaled / unscaled.sum() - own).abs().sum()


@given(st.integers(0, 1000))
def test_nothing_is_cheaper_than_what_the_teacher_says(seed):
    torch.manual_seed(seed)
    taught, other = torch.rand(2, 3, 5, 7).flatten(2).softmax(2).view(2, 3, 5, 7)
    least = cross_entropy_bits(taught.log(), taught)
    assert (cross_entropy_bits(other.log(), taught) >= least - 1e-6).all()


def test_a_uniform_student_is_charged_nothing():
    uniform = torch.full((1, 4, 6), 1 / 24)
    taught = torch.rand(1, 24).softmax(1).view(1, 4, 6)
    assert cross_entropy_bits(uniform.log(), taught).item() == pytest.approx(0, abs=1e-6)


def a_batch(folder, count, mixed):
    """Views of whole pictures for one batch, and the data set that shows them."""
    mixture = Mixture([make_dataset(folder / "pictures").split("train")], {})
    recipe = dataclasses.replace(RECIPE, mixed=mixed, crop=0)
    [views] = plan_epoch(
        mixture, 0, count, count, 1,
        lambda item, rng: random_view(item, mixture.size(item), 64, recipe, rng),
    )  # fmt: skip
    return views, ViewDataset(PictureCache(folder / "cache", mixture, lambda size: size, 0))


def test_a_mixed_view_shows_both_pictures_and_has_no_fixations(tmp_path):
    views, dataset = a_batch(tmp_path, 2, mixed=1.0)
    assert all(0 < view.mixed <= 0.5 for view in views)
    batch = collate([dataset[view] for view in views])
    assert batch["weights"].sum() == 0
    assert batch["views"].tolist() == [1, 1]
    alone = [
        dataset[dataclasses.replace(view, mixed=0.0, other=None)]["images"].float()
        for view in views
    ]
    for place, view in enumerate(views):
        blended = (1 - view.mixed) * alone[place] + view.mixed * alone[place - 1]
        assert torch.allclose(batch["images"][place].float(), blended, atol=0.51)


def test_what_is_taught_does_not_depend_on_how_a_batch_is_shared_out(tmp_path):
    views, dataset = a_batch(tmp_path, 8, mixed=0.5)
    assert {view.taught_mirrored for view in views} == {True, False}
    assert {view.mixed > 0 for view in views} == {True, False}
    loss = FixationLoss(network(), Teacher([network(seed=1)]), 0.5)
    whole, parts = torch.empty(8), torch.empty(8)
    with torch.no_grad():
        whole[:] = loss(collate([dataset[view] for view in views]))
        for rank in range(3):
            parts[rank::3] = loss(collate([dataset[view] for view in views[rank::3]]))
    assert torch.allclose(whole, parts, atol=1e-5)


def test_a_view_of_no_weight_teaches_nothing(tmp_path):
    mixture = Mixture([make_dataset(tmp_path / "pictures").split("train")], {})
    cache = PictureCache(tmp_path / "cache", mixture, lambda size: size, 0)
    view = random_view(0, mixture.size(0), 64, RECIPE, np.random.default_rng(0))
    batch = collate([ViewDataset(cache)[dataclasses.replace(view, weight=0.0)]])
    assert FixationLoss(network(), Teacher([network(seed=1)]), 0.5)(batch).tolist() == [0]


def test_a_student_comes_closer_to_its_teacher_on_pictures_without_fixations(trained, tmp_path):
    teacher_file, dataset, encoders = trained
    folder = tmp_path / "unlabeled"
    make_dataset(folder, pictures=8, size=(40, 64))
    recipe = dataclasses.replace(
        RECIPE, name="student", teacher_weight=1.0, frozen_epochs=0, finetune_epochs=3, mixed=0.3,
        finetune_decoder_lr=5e-3,
    )  # fmt: skip
    student_file = fit(
        recipe, [dataset], tmp_path / "run", encoders, workers=0, teachers=[teacher_file],
        unlabeled=folder,
    )  # fmt: skip
    info = read_info(student_file)
    assert info.source.endswith("taught by old")
    assert not any("unlabeled" in name for name in info.scores)
    start = json.loads((tmp_path / "run" / "progress.jsonl").read_text().splitlines()[0])
    assert start["data"] == {"tiny": 9, "unlabeled": 8}
    teacher, student = (load_model(path)[0].eval() for path in (teacher_file, student_file))
    blank = SaliencyNetwork(student.network_config).eval()
    blank.load_state_dict(student.state_dict() | _head_of(blank))
    images = torch.stack([_picture(folder, number) for number in range(8)])
    with torch.no_grad():
        taught = (teacher(images).exp() + teacher(images.flip(3)).exp().flip(2)) / 2
        cost = cross_entropy_bits(student(images), taught).mean()
        cost_untaught = cross_entropy_bits(blank(images), taught).mean()
    assert cost < cost_untaught


def _head_of(blank):
    return {f"decoder.head.{k}": v for k, v in blank.decoder.head.state_dict().items()}


def _picture(folder, number):
    image = load_image(folder / f"{number:03d}.png")
    return torch.from_numpy(image).permute(2, 0, 1).float() / 255


def test_a_teacher_without_weights_is_refused():
    with pytest.raises(TrainingError, match="name trained networks"):
        Teacher.load(["itti-koch"])


def test_unlabeled_pictures_are_all_for_training(tmp_path):
    make_dataset(tmp_path / "more" / "inside", pictures=3)
    dataset = open_unlabeled(tmp_path / "more", [])
    assert len(dataset.split("train")) == 3
    assert all(len(dataset.fixations(index)) == 0 for index in range(3))


def test_pictures_held_out_are_refused_wherever_they_lie(tmp_path):
    dataset = make_dataset(tmp_path / "pictures")
    held_out = [dataset.path(index) for index in range(len(dataset)) if not index % 4]
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "renamed.png").write_bytes(held_out[1].read_bytes())
    with pytest.raises(DatasetError, match=r"held out for validation: renamed\.png"):
        open_unlabeled(tmp_path / "more", held_out)


@pytest.mark.parametrize("content", ["missing", "empty"])
def test_a_folder_without_pictures_is_refused(tmp_path, content):
    folder = tmp_path / content
    if content == "empty":
        folder.mkdir()
    with pytest.raises(DatasetError, match=content if content == "missing" else "no picture"):
        open_unlabeled(folder, [])


@pytest.mark.parametrize("setting", ["mixed", "unlabeled"])
def test_what_only_a_teacher_can_answer_needs_one(trained, tmp_path, setting):
    _, dataset, encoders = trained
    recipe = dataclasses.replace(RECIPE, mixed=0.5 if setting == "mixed" else 0)
    folder = tmp_path if setting == "unlabeled" else None
    with pytest.raises(TrainingError, match="--teacher FILE"):
        fit(recipe, [dataset], tmp_path / "run", encoders, unlabeled=folder)


def test_unlabeled_pictures_take_their_share_of_an_epoch(tmp_path):
    mixture = Mixture([make_dataset(tmp_path / "pictures").split("train")], {"tiny": 1.0})
    make_dataset(tmp_path / "more", pictures=3)
    both = mixture.beside(open_unlabeled(tmp_path / "more", []))
    plan = plan_epoch(
        both, 0, len(both), 4, 1,
        lambda item, rng: random_view(item, both.size(item), 64, RECIPE, rng),
    )  # fmt: skip
    items = [view.item for batch in plan for view in batch]
    assert sorted(items) == list(range(12))
