"""The command line as a whole: how it starts, its errors, the list of models."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import salmap
from salmap.cli import main as cli
from tests.cli.commands import ENDINGS, RUNNER, names, picture, predict, start, write_model


def run_main(monkeypatch: pytest.MonkeyPatch, *words: str) -> str | int | None:
    monkeypatch.setattr(sys, "argv", ["salmap", *words])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return caught.value.code


def test_expected_errors_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    street = str(picture(tmp_path / "a.png"))
    code = run_main(monkeypatch, "predict", street, "--out", str(tmp_path / "o"), "--model", "no")
    assert isinstance(code, str)  # Python prints it on stderr and exits with status 1
    assert code.startswith("salmap: There is no model 'no'.")
    assert "\n" not in code
    code = run_main(monkeypatch, "predict", street, "--out", street)
    assert (
        code == f"salmap: {street} can't be created: File exists. Choose another folder for --out."
    )


def test_the_list_of_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(tmp_path / "models" / "mine.safetensors")
    (tmp_path / "models" / "broken.safetensors").write_bytes(b"PK\x03\x04 an old checkpoint")
    text = RUNNER.invoke(cli.app, ["models"]).stdout
    for name in salmap.list_models():
        assert f"\n{name}" in f"\n{text}"
    mine = text[text.index("\nmine") :]
    assert f"weights: {tmp_path / 'models'}" in mine
    assert "license: MIT" in mine
    assert "trained on: OSIE (MIT)" in mine
    assert "osie: nss 2.500 (2.250 to 2.750), cc 0.500" in mine
    assert "problem: broken.safetensors: this is a PyTorch pickle" in text

    rows = {
        row["name"]: row for row in json.loads(RUNNER.invoke(cli.app, ["models", "--json"]).stdout)
    }
    assert rows["mine"]["scores"]["osie"]["cc"] == [0.5]
    assert rows["broken"]["problem"]


def test_what_a_file_says_can_not_command_the_terminal(tmp_path: Path) -> None:
    write_model(tmp_path / "models" / "mine.safetensors", data="OSIE\x1b[2J\nlite (default)")
    text = RUNNER.invoke(cli.app, ["models"], color=True).stdout
    assert "trained on: OSIE [2J lite (default)\n" in text
    assert "\x1b" not in text


def test_a_users_model_predicts_by_its_name(tmp_path: Path) -> None:
    write_model(tmp_path / "models" / "mine.safetensors")
    result = predict(picture(tmp_path / "a.png"), out=tmp_path / "out", model="mine")
    assert result.exit_code == 0
    assert json.loads((tmp_path / "out" / "a_regions.json").read_text())["model"] == "mine"


def test_as_people_start_it(tmp_path: Path) -> None:
    street = picture(tmp_path / "street.png")
    words = ("--out", str(tmp_path / "out"), "--model", "spectral-residual")
    done = start("predict", str(street), str(tmp_path / "none.png"), *words)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"{tmp_path / 'none.png'}: there is no such file or folder. Check the path."
    ]
    assert names(tmp_path / "out") == sorted("street" + ending for ending in ENDINGS)


def test_help_is_quick_and_says_how_names_are_kept_apart() -> None:
    assert start("--version").stdout.strip() == salmap.__version__
    text = " ".join(start("predict", "--help").stdout.split())
    assert "cats/1.jpg and dogs/1.jpg become cats-1 and dogs-1" in text
    code = (
        "import sys, contextlib\nsys.argv = ['salmap', '--help']\n"
        "from salmap.cli.main import main\n"
        "with contextlib.suppress(SystemExit): main()\n"
        "sys.exit('torch' in sys.modules or 'cv2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
