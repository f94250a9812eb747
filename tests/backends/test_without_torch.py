"""What people do on a CPU never waits for torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

HEAVY = "assert not {'torch', 'timm', 'torchvision', 'onnx'} & set(sys.modules)"


def run(code: str, *arguments: str | Path) -> None:
    """Run Python code in a process of its own; afterwards nothing heavy may be there."""
    command = [sys.executable, "-c", f"import sys\n{code}\n{HEAVY}", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "cup.jpg"
    Image.fromarray(data.coffee()).save(path)
    return path


def test_predicting_does_not_import_torch(picture: Path) -> None:
    run(
        "import salmap\n"
        "for name in ('lite', 'center-bias', 'itti-koch', 'spectral-residual'):\n"
        "    p = salmap.load(name, use_hub=False).predict(sys.argv[1])\n"
        "    assert p.size == (400, 600)\n"
        "    salmap.render.overlay(sys.argv[1], p.density)\n"
        "p.regions()\n"
        "assert not {'scipy', 'skimage'} & set(sys.modules), 'they take as long as the rest'",
        picture,
    )


@pytest.mark.parametrize("arguments", [["models"], ["--help"], ["predict", "--help"]])
def test_the_command_line_does_not_import_torch(arguments: list[str]) -> None:
    run(COMMAND, *arguments)


def test_the_command_that_predicts_does_not_import_torch(picture: Path, tmp_path: Path) -> None:
    run(COMMAND, "predict", picture, "--out", tmp_path / "out")
    assert (tmp_path / "out" / "cup_overlay.png").is_file()


COMMAND = """
from salmap.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


def test_the_list_of_what_is_heavy_is_seen() -> None:
    with pytest.raises(AssertionError):
        run("import onnx")


APP = """
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1], default_timeout=200).run()
assert not app.exception, app.exception
assert 'salmap.backends.onnx_runtime' in sys.modules, 'nothing was analyzed'
assert not {'pandas', 'scipy', 'skimage'} & set(sys.modules), 'they are slow to import'
compare = 'from salmap.ui.pages import compare; compare.page()'
page = AppTest.from_string(compare, default_timeout=200)
page.session_state['compared'] = ['lite', 'center-bias']
page.run()
assert not page.exception, page.exception
"""


@pytest.mark.slow
def test_analyzing_and_comparing_in_the_app_does_not_import_torch() -> None:
    run(APP, Path(__file__).parents[2] / "app.py")
