import dataclasses
import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from salmap.datasets.unlabeled import open_unlabeled
from salmap.errors import DatasetError, TrainingError
from salmap.models.file import load_model
from salmap.models.network import SaliencyNetwork
from salmap.pictures import load_image
from salmap.weights.info import read_info
from tests.train.tiny import (
    CONFIG,
    ENCODER,
    NO_WORKERS,
    RECIPE,
    changed,
    make_dataset,
    make_encoder,
)
from train.data.answers import Answers
from train.data.crops import random_crop
from train.data.mixture import Mixture, plan_epoch
from train.data.pictures import PictureCache, PixelSource
from train.losses import TrainingLoss, cross_entropy_bits, fixation_nll_bits
from train.run import Teaching, fit
from train.start import Start
from train.teacher import Teacher, resized


def network(size=64, seed=0):
    torch.manual_seed(seed)
    made = SaliencyNetwork(dataclasses.replace(CONFIG, size=size)).eval()
    torch.nn.init.normal_(made.decoder.head.weight, std=0.1)  # a new one predicts its center bias
    return made


@pytest.fixture(scope="module")
def trained(small_network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("teacher")
    encoders = {ENCODER.name: make_encoder(folder / "encoder.safetensors")}
    dataset = make_dataset(folder / "pictures")
    recipe = changed({"name": "old", "finetune.epochs": 0})
    model = fit(recipe, [dataset], folder / "old", Start(encoders), resources=NO_WORKERS)
    return model, dataset, Start(encoders)


@pytest.mark.parametrize("grid", [(12, 16), (6, 8)])
def test_a_teacher_gives_densities_on_the_students_grid(grid):
    teacher = Teacher([network(96), network(seed=1)])
    densities = teacher.densities(torch.rand(2, 3, 48, 64), grid, torch.tensor([False, True]))
    assert densities.shape == (2, *grid)
    assert torch.allclose(densities.sum((1, 2)), torch.ones(2), rtol=1e-4)


@pytest.mark.parametrize(("draw", "which"), [(0.0, 0), (0.49, 0), (0.5, 1), (0.999, 1)])
def test_one_of_several_teachers_explains_a_batch_and_sees_some_pictures_mirrored(draw, which):
    images = torch.rand(3, 3, 48, 64)
    models = [network(), network(seed=1)]
    mirror = torch.tensor([True, False, True])
    taught = Teacher(models).densities(images, (12, 16), mirror, draw)
    straight, mirrored = models[which](images).exp(), models[which](images.flip(3)).exp().flip(2)
    expected = torch.stack([mirrored[0], straight[1], mirrored[2]])
    assert torch.allclose(taught, expected, rtol=1e-2, atol=1e-6)
    assert not torch.allclose(straight, mirrored, rtol=1e-2, atol=1e-6)


def test_every_teacher_and_size_has_its_turn_on_unlabeled_pictures():
    """And only there do they hedge: a lower gain on their evidence, as if adapted."""
    images, mirror = torch.rand(2, 3, 48, 64), torch.tensor([False, False])
    models = [network(), network(seed=1)]
    teacher = Teacher(models, sizes=(64, 96), gain=0.5)
    for place, (model, size) in enumerate((m, s) for m in models for s in (64, 96)):
        taught = teacher.densities(images, (12, 16), mirror, place / 4 + 0.1, unlabeled=True)
        with torch.no_grad():
            model.finalizer.log_gain += math.log(0.5)
            said = model(resized(images, size, 4)).exp()
            model.finalizer.log_gain -= math.log(0.5)
        said = F.interpolate(said[:, None], (12, 16), mode="bilinear")[:, 0]
        assert torch.allclose(taught, said / said.sum((1, 2), keepdim=True), rtol=1e-2, atol=1e-6)
    sure = teacher.densities(images, (12, 16), mirror, 0.1)
    assert torch.allclose(sure, models[0](images).exp(), rtol=1e-2, atol=1e-6)


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
    """Crops of whole pictures for one batch, and what shows them."""
    mixture = Mixture([make_dataset(folder / "pictures").split("train")], {})
    recipe = changed({"finetune.mixed": mixed, "finetune.crop": 0})
    [crops] = plan_epoch(
        mixture, 0, count, count, 1,
        lambda item, rng: random_crop(item, mixture.size(item), 64, recipe, rng),
    )  # fmt: skip
    return crops, PixelSource(PictureCache(folder / "cache", mixture, lambda size: size, 0))


def test_a_mixed_crop_shows_both_pictures_and_has_no_fixations(tmp_path):
    crops, source = a_batch(tmp_path, 2, mixed=1.0)
    assert all(0 < crop.mixed <= 0.5 for crop in crops)
    batch = source[crops]
    assert batch.targets.weights.sum() == 0
    assert batch.crop_weights.tolist() == [1, 1]
    alone = source[[dataclasses.replace(crop, mixed=0.0, other=None) for crop in crops]]
    images = alone.images.float()
    for place, crop in enumerate(crops):
        blended = (1 - crop.mixed) * images[place] + crop.mixed * images[place - 1]
        assert torch.allclose(batch.images[place].float(), blended, atol=0.51)


def test_a_student_sees_a_large_crop_at_its_own_size(tmp_path):
    """Its teacher sees all of it, and fixations stay where they are."""
    crops, source = a_batch(tmp_path, 4, mixed=0.0)
    batch = source[crops]
    student, teacher = network(32), network(64, seed=1)
    with torch.no_grad():
        loss = TrainingLoss(student, Teacher([teacher]), 0.5)(batch)
        images = batch.images.float() / 255
        said = student(F.interpolate(images, (32, 32), mode="bicubic", antialias=True).clamp(0, 1))
        taught = Teacher([teacher]).densities(images, (8, 8), batch.taught_mirrored)
    bits = fixation_nll_bits(said, batch.targets)
    expected = (bits + cross_entropy_bits(said, taught)) / 2
    assert tuple(batch.images.shape[2:]) == (48, 64)
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=1e-4)


def test_teachers_are_asked_once_for_all_students_about_crops_that_come_again(tmp_path):
    """Even if they come again mirrored."""
    crops, source = a_batch(tmp_path, 8, mixed=0.5)
    first, again = source[crops], source[[crop.mirrored() for crop in crops]]
    assert torch.equal(again.images, first.images.flip(3))

    def taught(teacher, batch, grid=(12, 16)):
        images = batch.images.float() / 255
        return teacher.densities(images, grid, batch.taught_mirrored, name=batch.name)

    said, smaller = (taught(Teacher([network(seed=1)]), first, g) for g in ((12, 16), (6, 8)))
    teacher = Teacher([network(seed=1)])
    teacher.answers = Answers(tmp_path / "answers")
    torch.testing.assert_close(taught(teacher, first), said, rtol=1e-2, atol=1e-6)
    teacher.models = []
    torch.testing.assert_close(taught(teacher, again), said.flip(2), rtol=1e-2, atol=1e-6)
    torch.testing.assert_close(taught(teacher, first, (6, 8)), smaller, rtol=1e-2, atol=1e-6)


def test_what_is_taught_does_not_depend_on_how_a_batch_is_shared_out(tmp_path):
    crops, source = a_batch(tmp_path, 8, mixed=0.5)
    assert {crop.taught_mirrored for crop in crops} == {True, False}
    assert {crop.mixed > 0 for crop in crops} == {True, False}
    loss = TrainingLoss(network(), Teacher([network(seed=1)]), 0.5)
    whole, parts = torch.empty(8), torch.empty(8)
    with torch.no_grad():
        whole[:] = loss(source[crops])
        for rank in range(3):
            parts[rank::3] = loss(source[crops[rank::3]])
    torch.testing.assert_close(parts, whole, rtol=1e-4, atol=1e-4)  # bits, of about 1


def test_a_crop_of_no_weight_teaches_nothing(tmp_path):
    mixture = Mixture([make_dataset(tmp_path / "pictures").split("train")], {})
    cache = PictureCache(tmp_path / "cache", mixture, lambda size: size, 0)
    crop = random_crop(0, mixture.size(0), 64, RECIPE, np.random.default_rng(0))
    batch = PixelSource(cache)[[dataclasses.replace(crop, weight=0.0)]]
    loss = TrainingLoss(network(), Teacher([network(seed=1)]), 0.5)
    assert loss(batch).tolist() == [0]
    assert loss.learns_from(batch).tolist() == [False]


@pytest.mark.slow
def test_a_student_comes_closer_to_its_teacher_on_pictures_without_fixations(trained, tmp_path):
    teacher_file, dataset, start = trained
    folder = tmp_path / "unlabeled"
    make_dataset(folder, pictures=8, size=(40, 64))
    recipe = changed(
        {
            "name": "student", "frozen.epochs": 0, "finetune.epochs": 3, "finetune.mixed": 0.3,
            "finetune.teacher_weight": 1.0, "finetune.decoder_lr": 5e-3,
        }
    )  # fmt: skip
    teaching = Teaching([teacher_file], folder)
    student_file = fit(recipe, [dataset], tmp_path / "run", start, teaching, NO_WORKERS)
    info = read_info(student_file)
    assert info.source.endswith("taught by old")
    assert not any("unlabeled" in name for name in info.scores)
    first = json.loads((tmp_path / "run" / "progress.jsonl").read_text().splitlines()[0])
    assert first["data"] == {"tiny": 9, "unlabeled": 8}
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
    with pytest.raises(TrainingError, match="Only trained networks can teach"):
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
    _, dataset, start = trained
    recipe = changed({"finetune.mixed": 0.5 if setting == "mixed" else 0.0})
    folder = tmp_path if setting == "unlabeled" else None
    with pytest.raises(TrainingError, match="--teacher FILE"):
        fit(recipe, [dataset], tmp_path / "run", start, Teaching(unlabeled=folder))


def test_a_batch_is_of_one_kind_and_told_by_one_teacher(tmp_path):
    labeled = Mixture([make_dataset(tmp_path / "pictures").split("train")], {})
    make_dataset(tmp_path / "more", pictures=9)
    mixture = labeled.beside(open_unlabeled(tmp_path / "more", []), share=0.5)

    def draw(item, rng):
        crop = random_crop(item, mixture.size(item), 64, RECIPE, rng)
        return dataclasses.replace(crop, unlabeled=mixture.is_unlabeled(item))

    plan = plan_epoch(mixture, 0, 60, 3, 1, draw)
    assert all(len({(crop.unlabeled, crop.teacher) for crop in batch}) == 1 for batch in plan)
    assert len({batch[0].teacher for batch in plan}) == len(plan)
    crops = [crop for batch in plan for crop in batch]
    assert sum(crop.unlabeled for crop in crops) == 30
    assert all(crop.unlabeled == (crop.item >= 9) for crop in crops)


def test_unlabeled_pictures_take_their_share_of_an_epoch(tmp_path):
    mixture = Mixture([make_dataset(tmp_path / "pictures").split("train")], {"tiny": 1.0})
    make_dataset(tmp_path / "more", pictures=3)
    both = mixture.beside(open_unlabeled(tmp_path / "more", []))
    plan = plan_epoch(
        both, 0, len(both), 4, 1,
        lambda item, rng: random_crop(item, both.size(item), 64, RECIPE, rng),
    )  # fmt: skip
    items = [crop.item for batch in plan for crop in batch]
    assert sorted(items) == list(range(12))
