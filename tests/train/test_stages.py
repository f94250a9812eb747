import dataclasses

import pytest

from salmap.models.network import SaliencyNetwork
from salmap.networks import PRESETS
from train.recipe import FinetuneSettings, FrozenSettings
from train.stages import encoder_groups, frozen_groups

SETTINGS = FinetuneSettings(
    encoder_lr=1e-3, depth_decay=0.1, encoder_factors={"vit_small_patch14_dinov2": 0.5}
)


def test_rates_rise_from_the_first_layer_to_the_last_and_cover_every_parameter_once():
    network = SaliencyNetwork(dataclasses.replace(PRESETS["large"].config, size=64))
    groups = encoder_groups(network, SETTINGS)
    rates = [group["base_lr"] for group in groups]
    lite, vit = rates[:12], rates[12:]
    assert lite == sorted(lite)
    assert (lite[0], lite[-1]) == (pytest.approx(1e-4), pytest.approx(1e-3))
    assert vit == pytest.approx([rate / 2 for rate in lite])
    covered = [id(parameter) for group in groups for parameter in group["params"]]
    assert len(covered) == len(set(covered)) == len(list(network.encoders.parameters()))


def test_frozen_parameters_are_in_no_group():
    network = SaliencyNetwork(dataclasses.replace(PRESETS["large"].config, size=64))
    network.encoder_list()[0].requires_grad_(False)
    groups = encoder_groups(network, SETTINGS)
    assert all(parameter.requires_grad for group in groups for parameter in group["params"])
    assert len(groups) == 12


def test_the_readout_has_a_rate_of_its_own_and_is_not_pulled_to_0():
    network = SaliencyNetwork(dataclasses.replace(PRESETS["lite"].config, size=64))
    network.encoders.requires_grad_(False)
    decoder, readout = frozen_groups(network, FrozenSettings(lr=1e-3, readout_factor=20))
    assert (decoder["base_lr"], readout["base_lr"]) == (1e-3, pytest.approx(0.02))
    assert "weight_decay" not in decoder
    assert readout["weight_decay"] == 0
    assert {id(p) for p in readout["params"]} == {id(p) for p in network.finalizer.parameters()}
    assert len(decoder["params"]) == len(list(network.decoder.parameters()))
