"""The direction of dependencies, as docs/design.md states it."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GROUND = {
    "types",
    "errors",
    "version",
    "files",
    "processes",
    "networks",
    "threads",
    "content",
    "dataset_titles",
}
MATHS = {
    "areas",
    "density",
    "center_bias",
    "metrics",
    "regions",
    "patches",
    "peaks",
    "prediction",
    "screens",
    "timing",
    "moves",
    "scanpaths",
    "hedge",
}
BASE = GROUND | MATHS
RUNNING = {"pictures", "models", "weights", "backends", "predictor"}
READING = {"fixations", "analysis", "render", "datasets"}
#: what each room of `salmap` may import beside itself; rooms are its sub-packages and modules
ARROWS: dict[str, set[str]] = {
    **dict.fromkeys(GROUND, GROUND),
    **dict.fromkeys(MATHS, BASE),
    "pictures": BASE,
    "weights": BASE,
    "models": BASE | {"weights"},
    "backends": BASE | {"models", "weights"},
    "predictor": BASE | {"pictures", "weights", "backends"},
    "fixations": BASE | {"pictures"},
    "analysis": BASE | {"pictures", "weights"},
    "render": BASE | {"pictures"},
    "datasets": BASE | {"pictures", "fixations", "render"},
    "evaluation": BASE | RUNNING | READING,
    "outputs": BASE | RUNNING | READING,
    "publish": BASE | {"weights", "backends"},
    "jobs": BASE | {"pictures", "weights", "fixations", "datasets"},
    "cli": BASE | RUNNING | READING | {"evaluation", "outputs", "publish"},
    "ui": BASE | RUNNING | READING | {"evaluation", "outputs", "publish", "jobs"},
    "__main__": {"cli"},
    "__init__": BASE | {"pictures", "weights", "predictor", "render"},
}
MAY_IMPORT_TORCH = ("salmap/models/", "salmap/backends/", "train/")
#: starts torch only in one of several processes
MAY_IMPORT_TORCH_LATE = (*MAY_IMPORT_TORCH, "salmap/processes.py")
SOURCES = [
    *sorted(path for folder in ("salmap", "train") for path in (ROOT / folder).rglob("*.py")),
    ROOT / "app.py",
]


@cache
def imported(path: Path, late: bool = True) -> frozenset[str]:
    """Modules that a file imports, type-checking blocks left out; `late`: in functions, too."""
    names: set[str] = set()
    pending: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if not late and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{_absolute(path, node)}.{alias.name}" for alias in node.names}
        pending.extend(ast.iter_child_nodes(node))
    return frozenset(names)


def _absolute(path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = path.relative_to(ROOT).parent.parts[: -(node.level - 1) or None]
    return ".".join([*package, *filter(None, [node.module])])


def room(module: str) -> str:
    """The part of `salmap` that a module belongs to."""
    part = [*module.split("."), ""][1]
    return part if part in ARROWS else "__init__"


def uses(path: Path, package: str, late: bool = True) -> bool:
    return any(name == package or name.startswith(f"{package}.") for name in imported(path, late))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_follow_the_arrows(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[0] == "salmap":
        here = parts[1]
        there = {room(name) for name in imported(path) if name.split(".")[0] == "salmap"}
        assert there - {here} <= ARROWS[here], f"{here} must not import these"
    if parts[0] != "train":
        assert not uses(path, "train"), "nothing imports the training package by name"
    else:
        assert not uses(path, "salmap.ui"), "training knows nothing of the app"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_torch_streamlit_and_ray_stay_in_their_rooms(path: Path) -> None:
    name = name_of(path)
    if not name.startswith("salmap/ui/") and name != "app.py":
        assert not uses(path, "streamlit"), "Streamlit belongs in salmap/ui"
    if not name.startswith(MAY_IMPORT_TORCH):
        assert not uses(path, "torch", late=False), "torch belongs to models, backends and training"
    if not name.startswith(MAY_IMPORT_TORCH_LATE):
        assert not uses(path, "torch"), "torch belongs to models, backends and training"
    if not name.startswith("salmap/outputs/cluster/"):
        for package in ("ray", "fsspec", "pyarrow"):
            assert not uses(path, package), f"{package} belongs in salmap/outputs/cluster"
    if name != "salmap/cli/predict_on_ray.py" and not name.startswith("salmap/outputs/cluster/"):
        late_only = imported(path, late=False)
        assert not any(n.startswith("salmap.cli.predict_on_ray") for n in late_only)
        assert not any(n.startswith("salmap.outputs.cluster") for n in late_only)


def test_the_arrows_have_no_circle() -> None:
    TopologicalSorter(
        {here: there - {here} for here, there in ARROWS.items() if here not in GROUND | MATHS}
    ).prepare()


@pytest.mark.parametrize("folder", ["salmap", "train"])
def test_modules_have_no_circle(folder: str) -> None:
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in SOURCES
        if name_of(path).startswith(f"{folder}/")
    }
    graph = {
        module: {
            found
            for name in imported(path)
            for found in (name, name.rpartition(".")[0])
            if found in modules and found != module and path.name != "__init__.py"
        }
        for module, path in modules.items()
    }
    TopologicalSorter(graph).prepare()


def test_every_room_has_its_arrows() -> None:
    rooms = {path.relative_to(ROOT / "salmap").parts[0] for path in (ROOT / "salmap").rglob("*.py")}
    assert {name.removesuffix(".py") for name in rooms} == set(ARROWS)


def test_the_guard_sees_what_it_should() -> None:
    assert uses(ROOT / "salmap/backends/pytorch.py", "torch")
    assert uses(ROOT / "app.py", "streamlit")
    assert uses(ROOT / "salmap/outputs/cluster/pipeline.py", "ray")
    assert room("salmap.weights.hub.fetch") == "weights"
    assert room("salmap.load") == "__init__"
    assert len(SOURCES) > 40


def test_no_file_is_pickled_or_unpickled() -> None:
    for path in SOURCES:
        assert not {name.split(".")[0] for name in imported(path)} & {"pickle", "joblib", "dill"}
