"""Arrays and tensors in place of files."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from salmap.errors import ImageError
from salmap.pictures import (
    image_size,
    load_image,
)
from tests.pictures.making import photo


def test_arrays():
    pixels = photo()
    assert np.array_equal(load_image(pixels), pixels)
    assert np.array_equal(load_image(pixels[:, ::-1]), pixels[:, ::-1])
    assert load_image(pixels[:, ::-1]).flags.c_contiguous
    assert np.array_equal(load_image(pixels.astype(np.float32) / 255), pixels)
    assert np.array_equal(load_image(pixels.astype(np.float64) / 255), pixels)
    assert load_image(pixels[..., 0])[5, 6].tolist() == [pixels[5, 6, 0]] * 3
    assert np.array_equal(load_image(pixels[..., :1]), load_image(pixels[..., 0]))
    assert np.array_equal(load_image(torch.from_numpy(pixels)), pixels)
    clear = np.dstack([pixels, np.zeros(pixels.shape[:2], np.uint8)])
    assert load_image(clear).min() == 255
    assert image_size(pixels) == (48, 64)


def test_what_rounding_carries_a_hair_beyond_the_range_is_clipped():
    shares = photo().astype(np.float32) / 255
    shares[0, 0] = -0.0000002, 1.0000002, 1.004
    assert load_image(shares)[0, 0].tolist() == [0, 255, 255]
    assert np.array_equal(load_image(shares)[1:], photo()[1:])


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((4, 4, 3), np.nan), "finite values in"),
        (np.full((4, 4, 3), np.inf), "finite values in"),
        (np.full((4, 4, 3), -0.1), "finite values in .*undo a normalization"),
        (np.full((4, 4, 3), 200.0), "Divide by 255"),
        (np.full((4, 4, 3), 1.2), "clip"),
        (np.zeros((4, 4, 3), np.int64), "int64"),
        (np.zeros((4, 4, 3), np.uint16), "uint16"),
        (np.zeros((4, 4, 3), bool), "bool"),
        (np.zeros((4, 4, 3), complex), "complex"),
        (np.array([["a"]]), "<U1"),
        (np.zeros((3, 4, 5), np.uint8), r"channels last: array\.transpose"),
        (torch.zeros((3, 4, 5)), r"channels last: .*tensor\.permute"),
        (torch.zeros((4, 5, 3), requires_grad=True), r"tensor\.detach"),
        (np.zeros((2, 4, 4, 3), np.uint8), r"\(2, 4, 4, 3\)"),
        (np.zeros((0, 4, 3), np.uint8), "no pixels"),
        (np.zeros(4, np.uint8), r"\(4,\)"),
    ],
)
def test_arrays_that_are_no_picture_are_refused(array, message):
    with pytest.raises(ImageError, match=message):
        load_image(array)
