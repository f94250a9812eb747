import dataclasses

import pytest

from salmap.models.network import PRESETS, SaliencyNetwork
from train.recipe import Recipe
from train.stages import _encoder_groups

RECIPE = Recipe(
    name="x", preset="large", finetune_encoder_lr=1e-3, finetune_depth_decay=0.1,
    finetune_encoder_factors={"vit_small_patch14_dinov2": 0.5},
)  # fmt: skip


def test_rates_rise_from_the_first_layer_to_the_last_and_cover_every_parameter_once():
    network = SaliencyNetwork(dataclasses.replace(PRESETS["large"], size=64))
    groups = _encoder_groups(RECIPE, network)
    rates = [group["base_lr"] for group in groups]
    lite, vit = rates[:12], rates[12:]
    assert lite == sorted(lite)
    assert (lite[0], lite[-1]) == (pytest.approx(1e-4), pytest.approx(1e-3))
    assert vit == pytest.approx([rate / 2 for rate in lite])
    covered = [id(parameter) for group in groups for parameter in group["params"]]
    assert len(covered) == len(set(covered)) == len(list(network.encoders.parameters()))


def test_frozen_parameters_are_in_no_group():
    network = SaliencyNetwork(dataclasses.replace(PRESETS["large"], size=64))
    network.encoder_list()[0].requires_grad_(False)
    groups = _encoder_groups(RECIPE, network)
    assert all(parameter.requires_grad for group in groups for parameter in group["params"])
    assert len(groups) == 12
