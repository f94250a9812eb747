"""What comes first on pages whose parts are known; `python -m benchmarks.order` shows all pairs."""

from __future__ import annotations

from dataclasses import replace

import pytest

import salmap
from benchmarks.order import made_pages, wrong_pairs

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def pages(browser):
    return list(made_pages(browser))


@pytest.mark.parametrize("network", ["lite", "tiny"])
def test_what_is_large_comes_before_what_is_small(pages, network):
    model = salmap.load(network, use_hub=False)
    found = {page.name: model.predict(page.image) for page in pages}
    wrong = [line for page in pages for line in wrong_pairs(page, found[page.name])]
    assert len(wrong) <= 0.1 * sum(len(page.pairs) for page in pages), wrong
    for page in pages:
        shares = {area.name: area.share for area in found[page.name].areas(page.areas)}
        for title, small in page.pairs:
            if title == "title":
                assert shares[title] > shares[small] / 2, (page.name, small)


def test_a_wrong_pair_is_seen(pages):
    turned = [replace(p, pairs=tuple((less, more) for more, less in p.pairs)) for p in pages]
    model = salmap.load("center-bias")
    for page, other in zip(pages, turned, strict=True):
        prediction = model.predict(page.image)
        found = len(wrong_pairs(page, prediction)), len(wrong_pairs(other, prediction))
        assert sum(found) == len(page.pairs)
