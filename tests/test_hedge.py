"""More caution on pages and designs than on photographs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax, logsumexp
from skimage import data

import salmap
from salmap.content import CONTENTS, NOTE
from salmap.errors import ImageError
from salmap.hedge import Hedge

RNG = np.random.default_rng(0)
PRIOR = RNG.normal(0, 1, (64, 64)).astype(np.float32)


def said(evidence, hedge, gain):
    """What a readout makes of evidence on a grid as large as the prior."""
    density = np.exp(log_softmax(gain * evidence + hedge.prior))
    return np.log((1 - hedge.uniform) * density + hedge.uniform / density.size)


@given(st.floats(0.1, 1.5), st.floats(0, 0.2))
def test_flattening_is_as_if_the_evidence_had_counted_for_less(gain, uniform):
    hedge = Hedge(PRIOR, uniform, gain)
    evidence = np.random.default_rng(1).normal(0, 1, PRIOR.shape)
    grid = (said(evidence, hedge, 1) + 3).astype(np.float32)  # up to a constant
    flat = hedge.flatten(grid)
    assert logsumexp(flat.astype(float)) == pytest.approx(0, abs=1e-4)
    np.testing.assert_allclose(flat, said(evidence, hedge, gain), atol=1e-3)


@pytest.fixture(scope="module")
def lite():
    return salmap.load("lite", use_hub=False)


def web_page():
    """A heading, a small line, and nothing else."""
    page = np.full((600, 800, 3), 255, np.uint8)
    for text, at, size, weight in (
        ("Summer sale", (40, 150), 4, 10),
        ("by Ann", (50, 480), 0.7, 1),
    ):
        cv2.putText(page, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, (20, 20, 20), weight)
    return page


def entropy(prediction):
    return -float((prediction.density * prediction.log_density).sum())


def test_a_page_is_analyzed_as_one_unless_told_otherwise(lite):
    found = {content: lite.predict(web_page(), content=content) for content in CONTENTS}
    assert {name: p.content for name, p in found.items()} == {
        "auto": "page", "photo": "photo", "page": "page"
    }  # fmt: skip
    assert [NOTE in found[name].notes for name in CONTENTS] == [True, False, False]
    np.testing.assert_array_equal(found["auto"].log_density, found["page"].log_density)
    assert entropy(found["page"]) > entropy(found["photo"]) + 0.05


def test_a_photo_is_not_analyzed_as_a_page(lite):
    found = lite.predict(data.astronaut())
    assert found.content == "photo"
    assert found.notes == ()


def test_a_large_title_draws_more_than_a_small_line(lite):
    density = lite.predict(web_page()).density
    assert density[50:170].sum() > 3 * density[460:500].sum()


def test_other_content_is_refused_by_name(lite):
    with pytest.raises(ImageError, match="'poster'"):
        lite.predict(web_page(), content="poster")
