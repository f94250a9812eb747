"""Which package the training commands take their code from."""

from __future__ import annotations

import sys

from salmap.cli.train import package


def test_in_a_checkout_it_is_the_one_beside_salmap():
    assert package.training_package() == "train"
    assert package.training("recipe").__name__ == "train.recipe"


def test_somebody_elses_package_is_not_taken_for_it(monkeypatch, tmp_path):
    (tmp_path / "train.py").write_text("raise RuntimeError('not ours')")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "train"]:
        monkeypatch.delitem(sys.modules, name)
    assert package.training_package() == "salmap.train"
