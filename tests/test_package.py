"""What the package offers, and what it does not import."""

from __future__ import annotations

import subprocess
import sys

import pytest

import salmap


def test_the_package_imports_neither_torch_nor_the_hub_client() -> None:
    code = (
        "import sys, salmap; salmap.list_models(); import salmap.cli; "
        "print([m for m in ('torch', 'cv2', 'huggingface_hub') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=900
    )
    assert done.stdout.strip() == "[]"


def test_a_predictor_and_its_outputs_need_no_torch() -> None:
    """Torch takes seconds to import: only a backend that runs on it may do so."""
    code = (
        "import sys, salmap.predictor, salmap.outputs.batch, salmap.weights.file; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=900).returncode == 0


def test_the_public_names_exist() -> None:
    for name in salmap.__all__:
        assert getattr(salmap, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        salmap.lode  # noqa: B018
