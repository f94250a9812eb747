"""The direction of dependencies, as docs/design.md states it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = [
    *sorted(path for folder in ("salmap", "train") for path in (ROOT / folder).rglob("*.py")),
    ROOT / "app.py",
]
MAY_IMPORT_TORCH = (
    "salmap/models/", "salmap/model_file.py", "salmap/predictor.py", "salmap/processes.py",
    "salmap/weights.py", "train/",
)  # fmt: skip


def imported(path: Path) -> set[str]:
    """Top-level names and salmap modules that a file imports, type-checking blocks left out."""
    names: set[str] = set()
    pending: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        pending.extend(ast.iter_child_nodes(node))
    return names


def uses(path: Path, package: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for name in imported(path))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    in_ui = name.startswith("salmap/ui/") or name == "app.py"
    assert in_ui or not uses(path, "streamlit"), "Streamlit belongs in salmap/ui"
    assert in_ui or not uses(path, "salmap.ui"), "nothing below the UI knows of it"
    assert name.startswith("train/") or not uses(path, "train"), "nothing imports train"
    if not name.startswith(MAY_IMPORT_TORCH):
        assert not uses(path, "torch"), "torch belongs to models, files and training"


def test_the_guard_sees_what_it_should() -> None:
    assert uses(ROOT / "salmap/predictor.py", "torch")
    assert uses(ROOT / "app.py", "streamlit")
    assert len(SOURCES) > 40


def test_no_file_is_pickled_or_unpickled() -> None:
    for path in SOURCES:
        assert not imported(path) & {"pickle", "joblib", "dill"}, path
