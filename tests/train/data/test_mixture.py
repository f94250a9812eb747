from collections import Counter

import pytest

from salmap.errors import TrainingError
from tests.train.tiny import make_dataset
from train.data.answers import batch_name
from train.data.crops import whole_crop
from train.data.mixture import Mixture, plan_epoch, seen_again


@pytest.fixture
def two(tmp_path):
    return [
        make_dataset(tmp_path / "a", 12, "a"),
        make_dataset(tmp_path / "b", 8, "b", size=(64, 48)),
    ]


def whole(mixture):
    return lambda item, rng: whole_crop(item, mixture.size(item), 64)


def test_shares_are_kept_whatever_the_sizes(two):
    mixture = Mixture(two, {"b": 0.75})
    items = mixture.draw(0, 40, seed=1)
    assert Counter(mixture.locate(item)[0].name for item in items) == {"a": 10, "b": 30}


def test_no_picture_is_seen_twice_before_all_were_seen_once(two):
    mixture = Mixture(two, {"a": 0.5})
    drawn = [item for epoch in range(6) for item in mixture.draw(epoch, 4, seed=1)]
    of_a = [item for item in drawn if item < 12]
    assert sorted(of_a) == list(range(12))


def test_batches_have_one_shape_and_every_picture_once(two):
    mixture = Mixture(two, {})
    plan = plan_epoch(mixture, 0, 20, 3, 1, whole(mixture))
    assert all(len({crop.size for crop in batch}) == 1 for batch in plan)
    assert sorted(crop.item for batch in plan for crop in batch) == list(range(20))


def test_an_epoch_can_be_planned_again_and_epochs_differ(two):
    mixture = Mixture(two, {})
    first, again, other = (plan_epoch(mixture, e, 20, 3, 1, whole(mixture)) for e in (0, 0, 1))
    assert first == again
    assert first != other


@pytest.mark.parametrize("turn", [1, 2])
def test_the_same_batches_come_again_in_another_order(two, turn):
    mixture = Mixture(two, {})
    plan = plan_epoch(mixture, 0, 20, 3, 1, whole(mixture))
    again = seen_again(plan, turn, seed=1)
    names = [batch_name(batch) for batch in again]
    assert names != [batch_name(batch) for batch in plan]
    assert sorted(names) == sorted(batch_name(batch) for batch in plan)
    assert {crop.flip for batch in again for crop in batch} == {turn == 1}


@pytest.mark.parametrize("shares", [{"c": 0.5}, {"a": 0.5, "b": 0.2}, {"a": 1.0}])
def test_shares_that_make_no_sense_are_refused(two, shares):
    with pytest.raises(TrainingError):
        Mixture(two, shares)
