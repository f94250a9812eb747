"""A ResNet's strides, moved from the first convolution of a stage, Caffe's place, to the 3x3."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import timm
import torch
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from timm.models.resnet import Bottleneck
from torch import Tensor
from torch.nn import functional as F

from salmap.backends.pytorch import to_tensor
from salmap.datasets import FixationDataset
from salmap.pictures import fit_size, resize

#: how strongly the weights are held where they are, as a share of their inputs' mean square
RIDGE = 0.1
_LONG_SIDE = 512
_STAGES = ("layer2", "layer3", "layer4")


def training_pictures(datasets: Iterable[FixationDataset], count: int) -> list[Tensor]:
    """Pictures of the training splits, `count` of each data set, evenly spaced in its list.

    Returns:
        float32 (1, 3, h, w) tensors, normalized with ImageNet's mean and standard deviation, with a
        long side of 512.

    Raises:
        DatasetError: if a data set has no training split or a picture can't be read.
    """
    mean, std = (
        torch.tensor(value).view(1, 3, 1, 1)
        for value in (IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD)
    )
    pictures = []
    for dataset in datasets:
        training = dataset.split("train")
        step = max(1, len(training) // count)
        for index in range(0, len(training), step)[:count]:
            stimulus = training[index].stimulus
            size = fit_size(training.size(index), _LONG_SIDE, 32)
            pictures.append((to_tensor(resize(stimulus, size)) - mean) / std)
    return pictures


@torch.no_grad()
def fit_moved_strides(
    state: dict[str, Tensor], channels: tuple[int, ...], pictures: Sequence[Tensor]
) -> dict[str, Tensor]:
    """Make up for strides that were moved.

    With its stride on the first 1x1 convolution of a stage, the 3x3 after it sees every other cell;
    with the stride on the 3x3 itself, it sees cells half as far apart. No weights make the two the
    same. Ridge regression finds those that come nearest on pictures: what the 3x3 gave is predicted
    from what it sees now, one stage after the other. Only the first 3x3 of each stage changes.

    Args:
        state: a ResNet-50 encoder in timm's names whose weights belong to strides that sit on the
            first convolution of a stage.
        channels: of the bottlenecks in each stage.
        pictures: what `training_pictures` gives.

    Returns:
        The state to be used with strides on the 3x3.
    """
    caffe, ours = (_network(state, channels) for _ in range(2))
    for stage in _STAGES:
        first = getattr(caffe, stage)[0]
        first.conv1.stride, first.conv2.stride = (2, 2), (1, 1)
    wanted = [caffe.layer1(_stem(caffe, picture)) for picture in pictures]
    present = wanted
    for stage in _STAGES:
        theirs, our = getattr(caffe, stage), getattr(ours, stage)
        targets = [theirs[0].conv2(_before_second(theirs[0], x)) for x in wanted]
        _fit_second(our[0], [_before_second(our[0], x) for x in present], targets)
        wanted = [theirs(x) for x in wanted]
        present = [our(x) for x in present]
    fitted = ours.state_dict()
    return {name: fitted[name] for name in state}


def _network(state: dict[str, Tensor], channels: tuple[int, ...]) -> Any:
    network = timm.create_model("resnet50", channels=channels, num_classes=0).eval()
    network.load_state_dict(state, strict=False)
    return network


def _stem(network: Any, picture: Tensor) -> Tensor:
    out: Tensor = network.maxpool(network.act1(network.bn1(network.conv1(picture))))
    return out


def _before_second(block: Bottleneck, x: Tensor) -> Tensor:
    out: Tensor = block.act1(block.bn1(block.conv1(x)))
    return out


def _fit_second(block: Bottleneck, inputs: Sequence[Tensor], targets: Sequence[Tensor]) -> None:
    """Change the weights of conv2 and the bias of bn2 so that conv2 gives the targets."""
    weight = block.conv2.weight
    rows = weight[0].numel() + 1  # the last one is the intercept
    products = torch.zeros(rows, rows, dtype=torch.float64)
    moments = torch.zeros(rows, len(weight), dtype=torch.float64)
    for x, target in zip(inputs, targets, strict=True):
        error = (target - block.conv2(x)).flatten(2)[0].T  # (cells, out)
        seen = F.unfold(x, 3, padding=1, stride=2)[0].T  # (cells, in * 9)
        seen = torch.cat([seen, torch.ones(len(seen), 1)], dim=1)
        products += (seen.T @ seen).double()
        moments += (seen.T @ error).double()
    hold = RIDGE * products.diagonal()[:-1].mean() * torch.ones(rows, dtype=torch.float64)
    hold[-1] = 0
    change = torch.linalg.solve(products + hold.diag(), moments).float()
    weight += change[:-1].T.reshape(weight.shape)
    block.bn2.bias += block.bn2.weight * change[-1]
